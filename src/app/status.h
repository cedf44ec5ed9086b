/* `tapedeck status`: the state page as one screen: is it recording, is anything missing, how long will the disk last. */
#ifndef TD_APP_STATUS_H
#define TD_APP_STATUS_H

#include <stdio.h>

#include "app/page.h"
#include "sync/status.h"

int status_main(int argc, char **argv);

/* What the screen is made of. */
struct status {
    const struct page_view *view;
    enum page_life life;
    uint32_t pid;
    int64_t mono_ns; /* now, on the recorder's monotonic clock */
    bool colour;
    const struct sync_status
        *uploads; /* as `tape sync` left it in the data folder; NULL: it never ran there */
};

enum status_lamp { STATUS_GOOD, STATUS_WAIT, STATUS_BAD };
/* Of a stream: bad when nothing comes or its book is broken, wait while it syncs or a hole is open. */
enum status_lamp status_lamp_of(const struct status *status, const struct page_book *book);
/* EXIT_FINE, EXIT_PROBLEMS, EXIT_DISK (no recorder is running). What is missing since an hour ago and good again is no problem of now:
   `tape gaps` has an exit code for that. */
int status_code(const struct status *status);
void status_text(const struct status *status, FILE *out);
void status_json(const struct status *status, FILE *out);

/* Milliseconds since a moment of the monotonic clock; -1: never. */
int64_t status_age_ms(const struct status *status, int64_t since_mono_ns);

#endif
