/* OKX's names and symbol lists:

   BTC-USDT spot, BTC-USD-SWAP perpetual, BTC-USD-261225 dated, BTC-USD-261225-50000-C option
   list (HTTP) {"code":"0","data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","uly":"BTC-USD","baseCcy":"","quoteCcy":"",
                "tickSz":"0.1","lotSz":"1","ctVal":"100","ctMult":"1","ctValCcy":"USD","expTime":"","stk":"","optType":"",
                "state":"live",...},...]}
                 one of each type; a contract is worth ctVal * ctMult of ctValCcy

   Any thread but for okx_parse_http (core). */
#ifndef TD_VENUE_OKX_SYMBOL_H
#define TD_VENUE_OKX_SYMBOL_H

#include "venue/venue.h"

td_err okx_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
td_err okx_spell(const char *symbol, char raw[TD_SYMBOL_MAX]);
/* Of a name in the venue's spelling. */
enum instrument_kind okx_kind(const char *raw);

size_t okx_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                    char *out, size_t cap);
size_t okx_volume_url(const char *rest_url, char *out, size_t cap);
int okx_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                   const struct td_frame *frame);

#endif
