#include "app/aside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum { ASIDE_PATH_MAX = 512, ASIDE_TEXT_MAX = (START_ASIDE_MAX + 2) * 32 };

struct list {
    uint64_t suspect, run;
    struct start_note note;
};

static td_err path_of(const char *folder, const char *name, char out[ASIDE_PATH_MAX])
{
    struct td_str path = td_str_on(out, ASIDE_PATH_MAX);
    td_str_add_format(&path, "%s/%s", folder, name);
    return path.bytes + 1 < ASIDE_PATH_MAX ? 0 : TD_E_RANGE;
}

static void add(struct list *list, uint64_t frame)
{
    struct start_note *note = &list->note;
    unsigned at = note->aside_count;
    for (unsigned i = 0; i < note->aside_count; i++)
        if (note->aside[i] == frame)
            return;
    if (at == START_ASIDE_MAX) {
        memmove(note->aside, note->aside + 1, (START_ASIDE_MAX - 1) * sizeof note->aside[0]);
        at--;
    }
    while (at > 0 && note->aside[at - 1] > frame) {
        note->aside[at] = note->aside[at - 1];
        at--;
    }
    note->aside[at] = frame;
    if (note->aside_count < START_ASIDE_MAX)
        note->aside_count++;
}

static void parse(struct list *list, const char *text)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        char *end;
        if (strncmp(line, "suspect ", 8) == 0) {
            list->suspect = strtoull(line + 8, &end, 10);
            list->run = strncmp(end, " run ", 5) == 0 ? strtoull(end + 5, &end, 10) : 0;
        } else if (strncmp(line, "aside ", 6) == 0 && strtoull(line + 6, &end, 10) != 0)
            add(list, strtoull(line + 6, &end, 10));
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
}

static td_err load(const struct td_disk *disk, const char *folder, struct list *list)
{
    char path[ASIDE_PATH_MAX], text[ASIDE_TEXT_MAX];
    memset(list, 0, sizeof *list);
    TD_TRY(path_of(folder, "aside", path));
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_FAIL_IF(file < 0, file == TD_E_MISSING ? 0 : file);
    int64_t got = disk->read_at(disk->ctx, file, text, sizeof text - 1, 0);
    disk->close(disk->ctx, file);
    TD_FAIL_IF(got < 0, (td_err)got);
    text[got] = '\0';
    parse(list, text);
    return 0;
}

static size_t text_of(const struct list *list, char out[ASIDE_TEXT_MAX])
{
    struct td_str text = td_str_on(out, ASIDE_TEXT_MAX);
    for (unsigned i = 0; i < list->note.aside_count; i++)
        td_str_add_format(&text, "aside %llu\n", (unsigned long long)list->note.aside[i]);
    if (list->suspect != 0)
        td_str_add_format(&text, "suspect %llu run %llu\n", (unsigned long long)list->suspect,
                          (unsigned long long)list->run);
    return text.bytes;
}

/* Beside, synced, renamed, synced. */
static td_err store(const struct td_disk *disk, const char *folder, const struct list *list)
{
    char path[ASIDE_PATH_MAX], beside[ASIDE_PATH_MAX], text[ASIDE_TEXT_MAX];
    size_t bytes = text_of(list, text);
    TD_TRY(path_of(folder, "aside", path));
    TD_TRY(path_of(folder, "aside.new", beside));
    int file = disk->open(disk->ctx, beside, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    TD_TRY(file);
    int64_t put = disk->write_at(disk->ctx, file, text, bytes, 0);
    int err = put < 0 ? (int)put : disk->sync_data(disk->ctx, file);
    if (err >= 0)
        err = disk->rename(disk->ctx, beside, path);
    if (err >= 0)
        err = disk->sync_all(disk->ctx, file);
    disk->close(disk->ctx, file);
    return err < 0 ? err : 0;
}

td_err aside_suspect(const struct td_disk *disk, const char *folder, uint64_t frame, uint64_t run)
{
    struct list list;
    if (load(disk, folder, &list) < 0)
        memset(&list, 0, sizeof list);
    if (frame == list.suspect && (frame == 0 || run == list.run))
        return 0;
    if (frame != 0 && frame == list.suspect) {
        TD_ERROR("deck", "event=set_aside frame=%llu reason=\"the recorder died at it twice\"",
                 (unsigned long long)frame);
        add(&list, frame);
        list.suspect = 0;
    } else
        list.suspect = frame;
    list.run = run;
    return store(disk, folder, &list);
}

td_err aside_read(const struct td_disk *disk, const char *folder, struct start_note *note)
{
    struct list list;
    enum start_cause cause = note->cause;
    td_err err = load(disk, folder, &list);
    if (err < 0)
        TD_WARN("deck", "event=aside_unreadable error=%s", td_err_name(err));
    *note = list.note;
    note->cause = cause;
    return 0;
}
