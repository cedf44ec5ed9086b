#include <fcntl.h>
#include <ini.h>
#include <string.h>

#include "app/config_loader.h"
#include "base/os.h"
#include "base/text.h"

/* inih cuts a line into name and value; which lines there are and the section are kept here, because an error shows the
   line it stands in, and every error of a file is shown, not the first alone. */

static size_t spaces(const char *text, size_t bytes)
{
    size_t count = 0;
    while (count < bytes && (text[count] == ' ' || text[count] == '\t'))
        count++;
    return count;
}

static void read_section_line(struct config_loader *in, size_t at)
{
    const char *close = memchr(in->line + at, ']', in->line_bytes - at);
    if (!close) {
        config_complain(in, at, "a section is written [name]");
        in->section = SECTION_SKIPPED;
        return;
    }
    const char *name = in->line + at + 1;
    size_t bytes = (size_t)(close - name), lead = spaces(name, bytes);
    char text[64];
    while (bytes > lead && (name[bytes - 1] == ' ' || name[bytes - 1] == '\t'))
        bytes--;
    td_text_copy(text, sizeof text, name + lead, bytes - lead);
    config_enter_section(in, text, at + 1 + lead);
}

static void check_last_line(struct config_loader *in)
{
    if (in->line_pending)
        config_complain(in, spaces(in->line, in->line_bytes), "a setting is written name = value");
    in->line_pending = false;
}

static void look_at_line(struct config_loader *in)
{
    size_t at = spaces(in->line, in->line_bytes);
    char first = at < in->line_bytes ? in->line[at] : 0;
    if (first == 0 || first == ';' || first == '#')
        return;
    if (!config_letters_fine(in)) {
        bool section = memchr(in->line, '[', in->line_bytes) != NULL &&
                       memchr(in->line, '=', in->line_bytes) == NULL;
        in->section = section ? SECTION_SKIPPED : in->section;
        in->line_bytes = 0; /* inih sees an empty line */
    } else if (first == '[')
        read_section_line(in, at);
    else
        in->line_pending = true;
}

/* Lines end in LF, CRLF, or CR alone. */
static size_t line_length(const struct config_loader *in)
{
    size_t bytes = 0, most = (size_t)(in->end - in->next);
    while (bytes < most && in->next[bytes] != '\n' && in->next[bytes] != '\r')
        bytes++;
    return bytes;
}

/* inih's reader: hands out one line a call, like fgets. */
static char *next_line(char *out, int cap, void *stream)
{
    struct config_loader *in = stream;
    check_last_line(in);
    if (in->next == in->end)
        return NULL;
    in->line = in->next;
    in->line_bytes = line_length(in);
    in->next += in->line_bytes;
    in->next += in->end - in->next >= 2 && memcmp(in->next, "\r\n", 2) == 0 ? 2
                : in->next < in->end                                        ? 1
                                                                            : 0;
    in->line_number++;
    if (in->line_bytes + 2 > (size_t)cap) {
        config_complain(in, 0, "a line has at most %d bytes", cap - 2);
        in->line_bytes = 0;
    }
    look_at_line(in);
    struct td_str str = td_str_on(out, (size_t)cap);
    td_str_add_bytes(&str, in->line, in->line_bytes);
    td_str_add_char(&str, '\n');
    return out;
}

size_t config_value_place(const struct config_loader *in)
{
    size_t at = 0;
    while (at < in->line_bytes && in->line[at] != '=' && in->line[at] != ':')
        at++;
    at += at < in->line_bytes;
    return at + spaces(in->line + at, in->line_bytes - at);
}

static int on_setting(void *user, const char *section, const char *name, const char *value,
                      int line)
{
    struct config_loader *in = user;
    (void)section; /* cut at 50 bytes by inih; ours is whole */
    (void)line;
    in->line_pending = false;
    size_t at = spaces(in->line, in->line_bytes);
    if (in->section == SECTION_NONE)
        config_complain(in, at, "\"%s\" stands before the first [section]", name);
    else if (in->section != SECTION_SKIPPED)
        config_apply(in, name, value, at, config_value_place(in));
    return 1;
}

static bool is_utf16(const unsigned char *text, size_t bytes)
{
    return bytes >= 2 &&
           ((text[0] == 0xFF && text[1] == 0xFE) || (text[0] == 0xFE && text[1] == 0xFF));
}

void config_read_text(struct config_loader *in, const char *label, const char *text, size_t bytes)
{
    config_at_line(in, label, NULL, 0);
    if (is_utf16((const unsigned char *)text, bytes)) {
        config_complain(in, 0, "the file is UTF-16 (\"Unicode\" in Notepad): save it as UTF-8");
        return;
    }
    if (memchr(text, 0, bytes)) {
        config_complain(
            in, 0,
            "the file holds NUL bytes: it is not plain text, or UTF-16 without its mark; save "
            "it as UTF-8");
        return;
    }
    if (bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        bytes -= 3;
    }
    in->next = text;
    in->end = text + bytes;
    in->section = SECTION_NONE;
    in->origin = TD_FROM_FILE;
    ini_parse_stream(next_line, in, on_setting, in);
    config_at_line(in, label, NULL, 0);
}

/* 0, TD_E_MISSING, or another error that has been said. */
static td_err read_file(struct config_loader *in, const char *path)
{
    static char text[TD_CONFIG_FILE_MAX + 1];
    const struct td_disk *disk = &td_os_linux()->disk;
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_FAIL_IF(file == TD_E_MISSING, TD_E_MISSING);
    int64_t bytes = file < 0 ? file : disk->read_at(disk->ctx, file, text, sizeof text, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    config_at_line(in, path, NULL, 0);
    td_text_copy(in->config->file, sizeof in->config->file, path, strlen(path));
    if (bytes < 0)
        config_complain(in, 0, "cannot be read: %s", strerror(td_os_errno()));
    else if (bytes > TD_CONFIG_FILE_MAX)
        config_complain(in, 0, "is larger than %d KiB", TD_CONFIG_FILE_MAX >> 10);
    else
        config_read_text(in, path, text, (size_t)bytes);
    return 0;
}

static const char *environment_value(const struct td_config_input *input, const char *name)
{
    size_t bytes = strlen(name);
    for (char *const *at = input->environment; at && *at; at++)
        if (strncmp(*at, name, bytes) == 0 && (*at)[bytes] == '=' && (*at)[bytes + 1])
            return *at + bytes + 1;
    return NULL;
}

static td_err read_named_file(struct config_loader *in, const char *path, const char *who)
{
    td_err err = read_file(in, path);
    if (err != TD_E_MISSING)
        return err;
    config_at_line(in, path, NULL, 0);
    config_complain(in, 0, "there is no such file (named by %s)", who);
    return TD_E_MISSING;
}

td_err config_find_file(struct config_loader *in)
{
    const char *named = environment_value(in->input, "TAPEDECK_CONFIG");
    if (in->input->path)
        return read_named_file(in, in->input->path, "--config");
    if (named)
        return read_named_file(in, named, "TAPEDECK_CONFIG");
    if (read_file(in, "./tapedeck.ini") == 0)
        return 0;
    const char *folder = environment_value(in->input, "XDG_CONFIG_HOME");
    const char *home = environment_value(in->input, "HOME");
    char path[TD_CONFIG_PATH_MAX];
    struct td_str str = td_str_on(path, sizeof path);
    if (folder)
        td_str_add_format(&str, "%s/tapedeck/tapedeck.ini", folder);
    else if (home)
        td_str_add_format(&str, "%s/.config/tapedeck/tapedeck.ini", home);
    if (str.bytes && !str.cut && read_file(in, path) == 0)
        return 0;
    read_file(in, "/etc/tapedeck/tapedeck.ini"); /* the service's: `tapedeck status` finds it */
    return 0;
}
