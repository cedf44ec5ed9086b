/* Bitfinex's spelling of names: tBTCUSD, tAVAX:USD, tBTCF0:USTF0 for a perpetual. Pure, any thread. */
#ifndef TD_VENUE_BITFINEX_NAMES_H
#define TD_VENUE_BITFINEX_NAMES_H

#include <stddef.h>

#include "base/err.h"
#include "base/limits.h"

/* As in the descriptor (venue.h). */
td_err bitfinex_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);
td_err bitfinex_spell(const char *symbol, char raw[TD_SYMBOL_MAX]);

#endif
