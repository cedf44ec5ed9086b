/* Notes that one run leaves to the next: the text of a START frame, and the file of frames set aside. What is read is written and read
   to the same. The first byte picks. */
#include <stdlib.h>
#include <string.h>

#include "../unit/journal/memdisk.h"
#include "app/aside.h"
#include "app/start.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_note(const struct start_note *note)
{
    TD_ASSERT((unsigned)note->cause < START_CAUSES, "a cause that is one");
    TD_ASSERT(note->aside_count <= START_ASIDE_MAX, "as many as there is room for");
    for (unsigned i = 1; i < note->aside_count; i++)
        TD_ASSERT(note->aside[i - 1] < note->aside[i], "rising");
}

static void check_start(const char *text, size_t bytes)
{
    char out[START_TEXT_MAX];
    struct start_note first = start_read(text, bytes);
    check_note(&first);
    size_t length = start_text(&first, "tapedeck", out);
    struct start_note second = start_read(out, length);
    TD_ASSERT(first.cause == second.cause && first.aside_count == second.aside_count &&
                  memcmp(first.aside, second.aside, first.aside_count * sizeof *first.aside) == 0,
              "what was written is read");
}

/* A suspicion twice at one frame sets it aside, whatever the file held. */
static void check_aside(const uint8_t *data, size_t bytes)
{
    struct memdisk *m = memdisk_new();
    struct start_note note = {.cause = START_STOP};
    int file = memdisk_open(m, "j/aside", O_CREAT, 0644);
    memdisk_write_at(m, file, data, (uint32_t)bytes, 0);
    aside_read(&m->disk, "j", &note);
    check_note(&note);
    TD_ASSERT(note.cause == START_STOP, "the cause stays");
    aside_suspect(&m->disk, "j", 0, 1);
    aside_suspect(&m->disk, "j", UINT64_MAX, 2);
    aside_suspect(&m->disk, "j", UINT64_MAX, 3);
    aside_read(&m->disk, "j", &note);
    check_note(&note);
    TD_ASSERT(note.aside_count > 0 && note.aside[note.aside_count - 1] == UINT64_MAX,
              "twice sets aside");
    memdisk_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    td_log_setup(2, TD_LOG_OFF, NULL);
    if (bytes < 1)
        return 0;
    if (data[0] & 1)
        check_start((const char *)data + 1, bytes - 1);
    else
        check_aside(data + 1, bytes - 1);
    return 0;
}
