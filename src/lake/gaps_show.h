/* What `tape gaps` prints of a stretch of time. */
#ifndef TD_LAKE_GAPS_SHOW_H
#define TD_LAKE_GAPS_SHOW_H

#include "lake/inventory.h"
#include "lake/proof.h"

struct gaps_show {
    const struct holes *holes;
    const struct inventory *inventory; /* with its streams */
    int64_t from_us, to_us;            /* the stretch that was asked for */
    int64_t begin_us, end_us;          /* what of it was recorded */
    bool one_day, hourly, colour;
    const char *exchange, *symbol; /* NULL: any */
    struct lake_buffer scratch;    /* free with lake_buffer_free */
};

/* Both: TD_E_NO_MEMORY. */
td_err gaps_show_text(struct gaps_show *show);
td_err gaps_show_json(struct gaps_show *show);
/* How many gaps there are to show. */
size_t gaps_show_count(const struct gaps_show *show);

#endif
