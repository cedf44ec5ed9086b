/* Rows of one table of one stream, file after file, a row group in memory at a time. One thread. */
#ifndef TD_LAKE_CURSOR_H
#define TD_LAKE_CURSOR_H

#include "lake/reader.h"
#include "lake/streams.h"

enum { CURSOR_COLUMNS_MAX = 32 };

struct cursor {
    const struct lake_stream *stream;
    const struct stream_file *file;
    uint32_t files_left;
    const char *const *name; /* of the columns, as asked for */
    unsigned columns;
    struct reader *reader;       /* of the file before `file`, NULL: none is open */
    int price_scale, size_scale; /* of that file */
    int at[CURSOR_COLUMNS_MAX];  /* which of the batch's, -1: the file lacks it */
    uint32_t wanted[CURSOR_COLUMNS_MAX];
    struct pq_values values[CURSOR_COLUMNS_MAX];
    struct reader_batch batch;
    size_t row;    /* the current one */
    int64_t bytes; /* of files that are read */
    int code;      /* exit code, sticky; the complaint is made */
};

/* names: NULL ends the list; it outlives the cursor. */
void cursor_open(struct cursor *cursor, const struct lake_stream *stream, enum stream_table table,
                 const char *const *names);
/* To the next row, the first included. False: no more, or cursor->code says that reading failed. */
bool cursor_next(struct cursor *cursor);
void cursor_close(struct cursor *cursor);

/* The current row's value of the column of that place in `names`; false: null. */
bool cursor_whole(const struct cursor *cursor, unsigned column, int64_t *value);
bool cursor_real(const struct cursor *cursor, unsigned column, double *value);
bool cursor_text(const struct cursor *cursor, unsigned column, const char **text, size_t *bytes);
/* Number of the word in a list that ends with NULL; -1: null or none of them. */
int cursor_word(const struct cursor *cursor, unsigned column, const char *const *words);

/* A price or size of the current row in steps of 10^-scale (not coarser than the file's), from its digits where the row has them. False:
   it does not fit; complained of, cursor->code is set. */
bool cursor_steps(struct cursor *cursor, unsigned column, unsigned text_column, bool is_price,
                  int64_t *steps);

#endif
