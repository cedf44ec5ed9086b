/* The messages of Bybit's connections, alike for all kinds of instruments; bybit.c draws them. Core thread. */
#ifndef TD_VENUE_BYBIT_FEED_H
#define TD_VENUE_BYBIT_FEED_H

#include "venue/emit.h"

struct bybit_market {
    td_err (*unify)(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
    const char *category; /* "spot": of the connection's and the lists' addresses */
    unsigned symbols_a_message;
    bool linear;
};

int bybit_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                const struct bybit_market *market);

#endif
