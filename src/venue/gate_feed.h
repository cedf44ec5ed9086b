/* What both sources of Gate read: the form of the wire and of the answers stands in gate_feed.c. Core thread. */
#ifndef TD_VENUE_GATE_FEED_H
#define TD_VENUE_GATE_FEED_H

#include "venue/venue.h"

/* Of every order book that is asked for, and how its topic begins: "ob.BTC_USDT.400". */
#define GATE_BOOK_DEPTH "400"
#define GATE_BOOK_NAME "ob."

td_err gate_spot_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
td_err gate_futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
int gate_parse(struct venue_ctx *ctx, const struct td_frame *frame);
int gate_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                    const struct td_frame *frame);

#endif
