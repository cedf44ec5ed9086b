/* Trades of Kraken's history, after a hole: an HTTP page that still speaks the names of v1. Core thread, pure. */
#ifndef TD_VENUE_KRAKEN_TRADES_H
#define TD_VENUE_KRAKEN_TRADES_H

#include "venue/venue.h"

/* What the pages of v1 call an asset, and what it is called now. */
struct kraken_asset {
    const char *old, *now;
};
enum { KRAKEN_RENAMED = 2 };
extern const struct kraken_asset kraken_renamed[KRAKEN_RENAMED];

/* As venue.trades_url. */
size_t kraken_trades_url(const char *rest_url, const struct instrument *instrument,
                         int64_t first_id, int64_t last_id, char *out, size_t cap);
bool kraken_is_trades(struct td_text url);
/* As venue.parse_http. */
int kraken_parse_trades(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                        const struct td_frame *frame);

#endif
