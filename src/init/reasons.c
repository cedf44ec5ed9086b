#include "init/reasons.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/text.h"
#include "base/utc.h"
#include "init/file.h"
#include "init/textfile.h"

static char lines[REASONS_KEPT][REASON_MAX]; /* oldest first */
static unsigned count, added;
static char file[REASONS_KEPT * REASON_MAX + 1];

static void keep(const char *text, size_t bytes)
{
    if (count == REASONS_KEPT) {
        memmove(lines[0], lines[1], sizeof lines - sizeof lines[0]);
        count--;
    }
    td_text_copy(lines[count++], REASON_MAX, text, bytes);
}

void reasons_load(const char *path)
{
    static char mine[REASONS_KEPT][REASON_MAX];
    unsigned here = count;
    memcpy(mine, lines, sizeof mine);
    int64_t bytes = textfile_read(path, file, sizeof file);
    count = 0;
    for (char *at = file, *end = file + (bytes > 0 ? bytes : 0); at < end;) {
        size_t length = strcspn(at, "\n");
        if (length > 0)
            keep(at, length);
        at += length + 1;
    }
    for (unsigned i = 0; i < here; i++)
        keep(mine[i], strlen(mine[i]));
}

void reasons_add(const char *format, ...)
{
    char text[REASON_MAX], stamp[TD_UTC_TEXT_MAX];
    const struct td_clock *clock = &td_os_linux()->clock;
    va_list list;
    td_utc_iso(clock->wall_ns(clock->ctx) / 1000000000 * 1000000000, stamp);
    struct td_str str = td_str_on(text, sizeof text);
    td_str_add_format(&str, "%.19sZ ", stamp);
    va_start(list, format);
    vsnprintf(text + str.bytes, sizeof text - str.bytes, format, list);
    va_end(list);
    keep(text, strlen(text));
    added++;
}

const char *reasons_at(unsigned back)
{
    return back < count ? lines[count - 1 - back] : "";
}

bool reasons_unsaved(void)
{
    return added > 0;
}

void reasons_saved(void)
{
    added = 0;
}

td_err reasons_save(const char *path)
{
    struct td_str str = td_str_on(file, sizeof file);
    for (unsigned i = 0; i < count; i++)
        td_str_add_format(&str, "%s\n", lines[i]);
    return file_replace(path, file, str.bytes, NULL);
}
