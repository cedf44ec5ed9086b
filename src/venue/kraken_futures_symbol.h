/* Kraken Futures' names and list of instruments:

   PF_XBTUSD, FF_XBTUSD_261225: perpetual and dated contracts that any collateral carries; PI_, FI_: the inverse ones
   list (HTTP) {"instruments":[{"symbol":"pi_xbtusd","type":"futures_inverse","tickSize":0.5,"contractSize":1,"tradeable":true,
                "contractValueTradePrecision":0,"lastTradingTime":"2021-09-24T15:00:00.000Z",...},...]}, indices between them

   Any thread but for kraken_futures_parse_http (core). */
#ifndef TD_VENUE_KRAKEN_FUTURES_SYMBOL_H
#define TD_VENUE_KRAKEN_FUTURES_SYMBOL_H

#include "venue/venue.h"

td_err kraken_futures_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
td_err kraken_futures_spell(const char *symbol, char raw[TD_SYMBOL_MAX]);

size_t kraken_futures_list_url(const char *rest_url, const struct venue_subscription *sub,
                               unsigned n, char *out, size_t cap);
size_t kraken_futures_volume_url(const char *rest_url, char *out, size_t cap);
int kraken_futures_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                              const struct td_frame *frame);

#endif
