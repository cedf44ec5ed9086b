/* The wire that Binance's markets share: spot, Binance.US, USD-M and COIN-M futures. What differs is a binance_market. binance.c and
   binance_futures.c say what the messages hold. Core thread (texts for the wire: wire thread, pure). */
#ifndef TD_VENUE_BINANCE_WIRE_H
#define TD_VENUE_BINANCE_WIRE_H

#include "base/text.h"
#include "venue/emit.h"

struct binance_stream {
    const char *name; /* behind the symbol: "@trade" */
    uint8_t channel;  /* enum td_channel */
    uint8_t endpoint; /* index in venue.endpoint; 0 where there is one */
};

struct binance_market {
    td_err (*unify)(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
    const char *rest_path;   /* "/api/v3" */
    const char *trades_path; /* behind it: "/trades" */
    uint16_t base_depth;
    bool futures; /* depth updates name the one before; trades are gathered ones */
};

int binance_parse(struct venue_ctx *ctx, const struct td_frame *frame,
                  const struct binance_market *market);
int binance_parse_base(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text body,
                       const struct binance_market *market);
int binance_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                       const struct td_frame *frame, const struct binance_market *market);

/* "SUBSCRIBE" or "UNSUBSCRIBE"; `put` writes the streams of one instrument with binance_put_streams(). */
size_t
binance_put_subscription(const struct venue_subscription *sub, unsigned n, const char *method,
                         void (*put)(const struct venue_subscription *sub,
                                     const struct instrument *instrument, struct td_str *out),
                         char *buffer, size_t cap);
/* Those of `streams` (ended by one without a name) that the connection carries. */
void binance_put_streams(const struct venue_subscription *sub, const struct instrument *instrument,
                         const struct binance_stream *streams, struct td_str *out);

/* rest_url, the market's path, and what stands behind it. */
size_t binance_base_url(const char *rest_url, const struct instrument *instrument,
                        const struct binance_market *market, char *buffer, size_t cap);
size_t binance_list_url(const char *rest_url, unsigned n, const struct binance_market *market,
                        char *buffer, size_t cap);
size_t binance_volume_url(const char *rest_url, const struct binance_market *market, char *buffer,
                          size_t cap);
size_t binance_trades_url(const char *rest_url, const struct instrument *instrument,
                          int64_t first_id, int64_t last_id, const struct binance_market *market,
                          char *buffer, size_t cap);

#endif
