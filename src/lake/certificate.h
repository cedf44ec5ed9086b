/* The completeness certificate of one exchange and day: what was recorded, what is missing, and the hashes of the segments that hold it,
   made of table gaps, table clock and receipts alone. Equal inputs give equal bytes. Layout: docs/FORMAT.md. */
#ifndef TD_LAKE_CERTIFICATE_H
#define TD_LAKE_CERTIFICATE_H

#include "lake/inventory.h"

enum { CERTIFICATE_DATE_MAX = 11, CERTIFICATE_SHA_MAX = 65, CERTIFICATE_PATH_MAX = 4096 };

/* The certificate before this one in its folder; date "": there is none. */
struct certificate_link {
    char date[CERTIFICATE_DATE_MAX], sha256[CERTIFICATE_SHA_MAX];
    bool later; /* certificates of later days stand in the folder too */
};

struct certificate_order {
    const struct file_list *list;
    const char *deck, *exchange;
    int64_t day_us;
    struct certificate_link previous;
    /* Text that is to be made again, NULL: a new one. Segments of earlier days may be gone since: a stream was covered from no later
       than it says there. */
    const char *stored;
};

/* Adds the text to `out`. Exit code; complaints on stderr unless it is EXIT_FINE. EXIT_USAGE: nothing was recorded that day, or nothing
   after it, so that its end is not known yet. */
int certificate_make(const struct certificate_order *order, struct lake_buffer *out);

/* ---- files: <folder>/exchange=X/date=YYYY-MM-DD.json ---- */

void certificate_date(int64_t day_us, char out[CERTIFICATE_DATE_MAX]);
/* Newest one with an earlier date, hashed. TD_E_IO; none is no error. */
td_err certificate_previous(const char *folder, const char *exchange, const char *date,
                            struct certificate_link *previous);
/* "<folder>/exchange=X/date=D.json"; TD_E_RANGE. */
td_err certificate_path(const char *folder, const char *exchange, const char *date,
                        char path[CERTIFICATE_PATH_MAX]);
/* Beside, synced, renamed; folders are made. TD_E_IO (errno), TD_E_RANGE. */
td_err certificate_write(const char *path, const struct lake_buffer *text);
td_err certificate_read(const char *path, struct lake_buffer *text); /* NUL-terminated */
/* Hex of the text's hash. */
void certificate_sha256(const void *text, size_t bytes, char out[CERTIFICATE_SHA_MAX]);

#endif
