/* Symbol lists on disk: <data_dir>/lists/<venue>.list, the venue's answers in the form of capture files (time TAB h TAB URL TAB body; line
   ends inside a body became blanks, which means the same in JSON). A file appears whole or not at all, and only when it reads as a list.
   Any one thread. */
#ifndef TD_APP_LIST_CACHE_H
#define TD_APP_LIST_CACHE_H

#include "app/catalogue.h"
#include "app/config.h"
#include "base/os.h"

enum { LIST_PATH_MAX = TD_CONFIG_PATH_MAX + 64 };

/* One file being written. */
struct list_writer {
    const struct td_disk *disk;
    int file; /* -1: none */
    int64_t at;
    td_err err; /* of the first write that failed */
    char path[LIST_PATH_MAX], part[LIST_PATH_MAX + 8];
};

/* Begins anew beside the file that stands; what an earlier one left unfinished is replaced. 0 or TD_E_IO, TD_E_DISK_FULL ...; then nothing
   is open. */
td_err list_writer_open(struct list_writer *writer, const struct td_disk *disk,
                        const char *data_dir, const char *venue);
/* One answer: URL, tab, body. Errors are told at the end. */
void list_writer_add(struct list_writer *writer, int64_t wall_ns, const char *payload,
                     size_t bytes);
/* Reads back what was written, into `catalogue` (initialised for the venue), and puts it in the place of the file that stood. Any error leaves
   that one: TD_E_SYNTAX where the answers are no list of symbols. */
td_err list_writer_end(struct list_writer *writer, struct catalogue *catalogue);
void list_writer_drop(struct list_writer *writer);

/* Into `catalogue`, finished. written_ns: wall clock of its last answer. TD_E_MISSING, TD_E_SYNTAX (damaged, or no list), TD_E_IO. */
td_err list_cache_load(const char *data_dir, struct catalogue *catalogue, int64_t *written_ns);

/* "3 days", "2 h", "5 min" of an age; static text is not used: `out` holds it. */
void list_age_text(int64_t age_ns, char out[32]);

#endif
