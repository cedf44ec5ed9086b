/* Top-of-book view: the one conversion from steps to doubles. Undefined is flagged, never NaN. Pure, any thread. */
#ifndef TD_BOOK_VIEW_H
#define TD_BOOK_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "book/book.h"

struct book_view {
    bool has_bid, has_ask; /* a side is not empty */
    bool has_mid;          /* both: mid, spread, microprice are defined */
    int64_t bid_steps, bid_size_steps, ask_steps, ask_size_steps;
    double bid, bid_size, ask, ask_size;
    double mid;    /* (bid + ask) / 2, exact until the last step: from the int sum */
    double spread; /* ask - bid */
    double
        microprice; /* (bid*ask_size + ask*bid_size) / (bid_size + ask_size); mid when both sizes are 0 (SPEC 2.6) */
};

struct book_view book_view_of(const struct book *book, int price_scale, int size_scale);

#endif
