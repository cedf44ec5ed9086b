/* The wire that both sources of Bitget read; its form stands in bitget_feed.c. Core thread. */
#ifndef TD_VENUE_BITGET_FEED_H
#define TD_VENUE_BITGET_FEED_H

#include "venue/venue.h"

/* What a source has of its own. */
struct bitget_market {
    const char *inst_type;
    td_err (*unify)(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
};

int bitget_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                 const struct bitget_market *market);

#endif
