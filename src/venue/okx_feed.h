/* OKX's messages; okx.c draws them. Core thread. */
#ifndef TD_VENUE_OKX_FEED_H
#define TD_VENUE_OKX_FEED_H

#include "venue/venue.h"

int okx_parse(struct venue_ctx *ctx, const struct td_frame *frame);

#endif
