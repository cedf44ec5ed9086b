/* Phemex's tickers: one message of all inverse contracts each, one list of all linear ones. Core thread. */
#ifndef TD_VENUE_PHEMEX_TICKER_H
#define TD_VENUE_PHEMEX_TICKER_H

#include "venue/emit.h"

/* Digits behind the point of prices and of rates in scaled integers. */
enum { PHEMEX_PRICE_SCALE = 4, PHEMEX_RATIO_SCALE = 8 };

td_err phemex_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);

bool phemex_is_spot(const char *raw);
bool phemex_is_linear(const char *raw);

/* The n-th text for the tickers of what the connection holds; 0 = no more, then *n counts on behind them. */
size_t phemex_ticker_text(const struct venue_subscription *sub, unsigned *n, char *out, size_t cap);

/* The tokens of a message that has "market24h", and of one whose method is PHEMEX_PACK: a bucket. */
#define PHEMEX_PACK "perp_market24h_pack_p.update"
int phemex_read_inverse(struct emit *emit);
int phemex_read_pack(struct emit *emit);

#endif
