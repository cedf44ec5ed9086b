/* One Parquet file of a lake table: rows are gathered by column in memory and written by the recorder's own encoder (segment/column.h), a row
   group at a time. The file stands under a name of its own (`_<name>.tmp`) until table_writer_close. One thread. */
#ifndef TD_LAKE_TABLE_WRITER_H
#define TD_LAKE_TABLE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "segment/schema.h"

struct table_writer;

struct table_writer_params {
    const struct table *
        table; /* columns whose `from` is one of FROM_DECK, FROM_EXCHANGE, FROM_SYMBOL, FROM_SCHEMA_VERSION are filled by
                                  themselves; FROM_FEATURE_WORD and FROM_ROW_ENUM take the number of a word of the list `aux` */
    const char *folder, *name; /* made when it is not there; "x.parquet" */
    const char *deck, *exchange, *symbol;
    const char *config_hash; /* "" where nothing was configured */
    int price_scale, size_scale;
    uint64_t memory; /* bytes for the rows of a group: decides how many it has */
};

/* TD_E_IO (errno says why), TD_E_NO_MEMORY, TD_E_RANGE (a path too long). *out is NULL then. */
td_err table_writer_open(struct table_writer **out, const struct table_writer_params *params);

/* Values of the row that is open; what is not put is null. A double that is not finite is null. Integers: INT32, INT64, BOOLEAN, words. */
void table_put_real(struct table_writer *w, unsigned column, double value);
void table_put_whole(struct table_writer *w, unsigned column, int64_t value);
void table_put_text(struct table_writer *w, unsigned column, const char *text, size_t bytes);
/* Ends the row, which came from that frame. TD_E_IO; TD_E_NO_ROOM: more row groups than a file may have. */
td_err table_end_row(struct table_writer *w, uint64_t frame);

uint64_t table_rows(const struct table_writer *w);
/* Footer, sync, rename. The writer is gone, also on an error (the file is too then). *bytes may be NULL. */
td_err table_writer_close(struct table_writer *w, int64_t *bytes);
/* Gone, and nothing of it stays. NULL is fine. */
void table_writer_drop(struct table_writer *w);

#endif
