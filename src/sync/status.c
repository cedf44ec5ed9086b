#include "sync/status.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include <jsmn.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"

enum { TOKENS_MAX = 160, PATH_BYTES = 1024 };

const char *const sync_phase_words[SYNC_PHASES] = {"pass", "wait", "quiet", "ended"};

/* ---- its keys --------------------------------------------------------------------------------- */

enum kind { COUNT, TIME, TEXT, PHASE, HEALTH };

#define FIELD(name, member, kind)                                                                  \
    {                                                                                              \
        name, kind, offsetof(struct sync_status, member),                                          \
            sizeof(((struct sync_status *)0)->member)                                              \
    }
static const struct field {
    const char *name;
    enum kind kind;
    size_t offset, bytes;
} fields[] = {
    FIELD("health", health, HEALTH),
    FIELD("words", words, TEXT),
    FIELD("advice", advice, TEXT),
    FIELD("phase", phase, PHASE),
    FIELD("from", from, TEXT),
    FIELD("to", to, TEXT),
    FIELD("pid", pid, COUNT),
    FIELD("started_utc", started_ns, TIME),
    FIELD("updated_utc", updated_ns, TIME),
    FIELD("next_pass_utc", next_ns, TIME),
    FIELD("backlog_segments", backlog_segments, COUNT),
    FIELD("backlog_bytes", backlog_bytes, COUNT),
    FIELD("oldest_backlog_utc", oldest_backlog_ns, TIME),
    FIELD("last_verified_utc", last_verified_ns, TIME),
    FIELD("failed", failed, COUNT),
    FIELD("blocked", blocked, COUNT),
    FIELD("conflicts", conflicts, COUNT),
    FIELD("passes_total", passes, COUNT),
    FIELD("sent_total", sent_total, COUNT),
    FIELD("sent_bytes_total", sent_bytes_total, COUNT),
    FIELD("removed_total", removed_total, COUNT),
};
enum { FIELDS = sizeof fields / sizeof *fields };

static const char *word_of(const struct field *field, const void *member)
{
    return field->kind == PHASE ? sync_phase_words[*(const enum sync_phase *)member]
                                : sync_health_words[*(const enum sync_health *)member];
}

/* ---- written ---------------------------------------------------------------------------------- */

bool sync_status_path(const char *state_dir, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    td_str_add_format(&str, "%s/status.json", state_dir);
    return !str.cut;
}

static void add_text(struct td_str *str, const char *text)
{
    td_str_add_char(str, '"');
    td_str_add_json(str, text, strlen(text));
    td_str_add_char(str, '"');
}

static void add_time(struct td_str *str, int64_t ns)
{
    char text[TD_UTC_TEXT_MAX];
    if (!td_utc_plausible(ns)) {
        td_str_add(str, "null");
        return;
    }
    td_utc_iso(ns, text);
    add_text(str, text);
}

static void add_value(struct td_str *str, const struct field *field, const void *member)
{
    if (field->kind == COUNT)
        td_str_add_i64(str, *(const int64_t *)member);
    else if (field->kind == TIME)
        add_time(str, *(const int64_t *)member);
    else
        add_text(str, field->kind == TEXT ? member : word_of(field, member));
}

size_t sync_status_text(const struct sync_status *status, char out[STATUS_BYTES_MAX])
{
    struct td_str str = td_str_on(out, STATUS_BYTES_MAX);
    td_str_add_format(&str, "{\n\"version\": %d", STATUS_VERSION);
    for (unsigned i = 0; i < FIELDS; i++) {
        td_str_add_format(&str, ",\n\"%s\": ", fields[i].name);
        add_value(&str, &fields[i], (const char *)status + fields[i].offset);
    }
    td_str_add(&str, "\n}\n");
    return str.bytes;
}

static td_err write_beside(const struct td_disk *disk, const char *path, const char *text,
                           size_t bytes)
{
    int file = disk->open(disk->ctx, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    TD_TRY(file);
    int64_t err = disk->write_at(disk->ctx, file, text, bytes, 0);
    int closed = disk->close(disk->ctx, file);
    return err < 0 ? (td_err)err : closed;
}

td_err sync_status_write(const struct td_disk *disk, const char *path,
                         const struct sync_status *status)
{
    char text[STATUS_BYTES_MAX], beside[PATH_BYTES];
    struct td_str str = td_str_on(beside, sizeof beside);
    td_str_add_format(&str, "%s.new", path);
    TD_FAIL_IF(str.cut, TD_E_RANGE);
    TD_TRY(write_beside(disk, beside, text, sync_status_text(status, text)));
    return disk->rename(disk->ctx, beside, path);
}

/* ---- read ------------------------------------------------------------------------------------- */

static int place_of(const char *const *words, int count, const char *text, size_t bytes)
{
    for (int i = 0; i < count; i++)
        if (strlen(words[i]) == bytes && memcmp(words[i], text, bytes) == 0)
            return i;
    return -1;
}

/* One letter of the inside of a JSON string; *used: bytes of the text it took. Of \u only the control characters that the writer escapes; bare ones are
   no JSON, and would speak to the terminal of whoever asks for the state. */
static char letter(const char *text, size_t bytes, size_t *used)
{
    static const char escaped[] = "nrtbf", meant[] = "\n\r\t\b\f";
    *used = text[0] == '\\' && bytes > 1 ? 2 : 1;
    if (*used == 1)
        return (unsigned char)text[0] < ' ' || text[0] == 127 ? '?' : text[0];
    const char *known = memchr(escaped, text[1], sizeof escaped - 1);
    if (known != NULL)
        return meant[known - escaped];
    if (text[1] != 'u' || bytes < 6)
        return text[1];
    *used = 6;
    return '?';
}

static void take_text(char *out, size_t cap, const char *text, size_t bytes)
{
    struct td_str str = td_str_on(out, cap);
    for (size_t at = 0, used = 0; at < bytes; at += used)
        td_str_add_char(&str, letter(text + at, bytes - at, &used));
}

static td_err take_value(const struct field *field, struct sync_status *out, const char *text,
                         size_t bytes, bool null)
{
    char *member = (char *)out + field->offset;
    int place;
    switch (field->kind) {
    case COUNT:
        return null ? TD_E_SYNTAX : td_integer_parse(text, bytes, (int64_t *)member);
    case TIME:
        return null ? 0 : td_utc_parse(text, bytes, (int64_t *)member);
    case TEXT:
        take_text(member, field->bytes, text, bytes);
        return 0;
    case PHASE:
        place = place_of(sync_phase_words, SYNC_PHASES, text, bytes);
        TD_FAIL_IF(place < 0, TD_E_SYNTAX);
        *(enum sync_phase *)member = (enum sync_phase)place;
        return 0;
    case HEALTH:
        place = place_of(sync_health_words, SYNC_HEALTHS, text, bytes);
        TD_FAIL_IF(place < 0, TD_E_SYNTAX);
        *(enum sync_health *)member = (enum sync_health)place;
        return 0;
    }
    return TD_E_SYNTAX;
}

static td_err take(struct sync_status *out, const char *text, const jsmntok_t *key,
                   const jsmntok_t *value)
{
    const char *name = text + key->start, *at = text + value->start;
    size_t name_bytes = (size_t)(key->end - key->start);
    size_t bytes = (size_t)(value->end - value->start);
    int64_t version;
    if (name_bytes == 7 && memcmp(name, "version", 7) == 0) {
        TD_TRY(td_integer_parse(at, bytes, &version));
        return version > STATUS_VERSION ? TD_E_UNSUPPORTED : 0;
    }
    for (unsigned i = 0; i < FIELDS; i++) {
        if (strlen(fields[i].name) != name_bytes || memcmp(fields[i].name, name, name_bytes) != 0)
            continue;
        TD_FAIL_IF(value->type != JSMN_STRING && value->type != JSMN_PRIMITIVE, TD_E_SYNTAX);
        return take_value(&fields[i], out, at, bytes, value->type == JSMN_PRIMITIVE && *at == 'n');
    }
    return 0;
}

td_err sync_status_parse(const char *text, size_t bytes, struct sync_status *out)
{
    jsmntok_t token[TOKENS_MAX];
    jsmn_parser parser;
    *out = (struct sync_status){.backlog_segments = -1, .backlog_bytes = -1};
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, bytes, token, TOKENS_MAX);
    TD_FAIL_IF(count < 1 || token[0].type != JSMN_OBJECT, TD_E_SYNTAX);
    for (int i = 1; i + 1 < count; i++)
        if (token[i].parent == 0 && token[i].type == JSMN_STRING && token[i].size == 1)
            TD_TRY(take(out, text, &token[i], &token[i + 1]));
    return 0;
}

td_err sync_status_read(const struct td_disk *disk, const char *path, struct sync_status *out)
{
    char text[STATUS_BYTES_MAX];
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    int64_t bytes = disk->read_at(disk->ctx, file, text, sizeof text, 0);
    disk->close(disk->ctx, file);
    TD_TRY(bytes);
    return sync_status_parse(text, (size_t)bytes, out);
}
