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

/* The table's fixed columns, then those of each window. Ids of 60, 300 and 900 s are 101, 121, 141 and what follows, of another window
   2000 + 8 x its seconds. each: at most 8. */
void window_columns_set(struct window_columns *out, const struct table *table,
                        const struct window_column *each, unsigned each_count, const int *window_s,
                        unsigned windows);

/* --rolling-windows: up to three, the rest of window_s repeats the last. Count; 0: complaint printed. */
unsigned window_seconds(const struct verb_args *args, int window_s[ROW_WINDOWS]);

#endif
