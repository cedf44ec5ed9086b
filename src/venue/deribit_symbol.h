/* Deribit's names and lists of instruments:

   BTC-PERPETUAL, BTC-25DEC26 and BTC-25DEC26-50000-C are inverse or settled in their base; BTC_USDC-PERPETUAL and the like name
   their quote; BTC_USDC is spot
   list (HTTP) {"result":[{"kind":"option","instrument_name":"BTC-24SEP21-40000-P","base_currency":"BTC","quote_currency":"BTC",
                "tick_size":0.0005,"min_trade_amount":0.1,"strike":40000.0,"option_type":"put","settlement_period":"month",
                "expiration_timestamp":1632470400000,"is_active":true,...},...]}, one of each currency

   Any thread but for deribit_parse_list (core). */
#ifndef TD_VENUE_DERIBIT_SYMBOL_H
#define TD_VENUE_DERIBIT_SYMBOL_H

#include "venue/venue.h"

td_err deribit_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
td_err deribit_spell(const char *symbol, char raw[TD_SYMBOL_MAX]);

size_t deribit_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                        char *out, size_t cap);
int deribit_parse_list(struct venue_ctx *ctx, struct td_text url, struct td_text body);

#endif
