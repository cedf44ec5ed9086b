/* Columns of tables whose windows are chosen on the command line: vwap_60s and its like, with ids that follow from the window alone. One thread. */
#ifndef TD_LAKE_WINDOW_COLUMNS_H
#define TD_LAKE_WINDOW_COLUMNS_H

#include "features/trade_features.h"
#include "lake/derive.h"

enum { WINDOW_COLUMNS_MAX = 64, WINDOW_NAME_MAX = 32, WINDOW_S_MAX = 3600 };

struct window_columns {
    struct table table;
    struct column column[WINDOW_COLUMNS_MAX];
    char name[WINDOW_COLUMNS_MAX][WINDOW_NAME_MAX];
};

/* What each window has: "vwap_" becomes vwap_60s. */
struct window_column {
    const char *name;
    enum column_physical physical; /* COLUMN_DOUBLE, COLUMN_INT64 */
};

/* The table's fixed columns, then `each` of each window. Out keeps pointers into itself and must not move. */
void window_columns_set(struct window_columns *out, const struct table *table,
                        const struct window_column *each, unsigned each_count, const int *window_s,
                        unsigned windows);

/* minute, day_of_week, is_weekend of event time: three columns from `at` on. */
void window_calendar(struct table_writer *w, unsigned at, int64_t ns);

/* What a verb with --rolling-windows works with, and what it is. */
struct window_work {
    struct derive *derive;
    struct window_columns columns;
    int window_s[ROW_WINDOWS]; /* those behind the last given repeat it */
    unsigned windows;
    struct lake_buffer memory; /* of the windows; reused from stream to stream */
};
struct window_verb {
    const struct table *table;
    /* At most 8. Ids of 60, 300 and 900 s are 101, 121, 141 and what follows, of another window 2000 + 8 x its seconds. */
    const struct window_column *each;
    unsigned each_count;
    int stream;       /* STREAM_TRADES ... */
    const char *note; /* what the count of notes is of */
    int (*run_stream)(struct window_work *work, const struct lake_stream *stream); /* exit code */
};
/* The verb's whole run over the streams of its input; exit code. Once a process. */
int window_run(const struct verb_args *args, const struct window_verb *verb);

#endif
