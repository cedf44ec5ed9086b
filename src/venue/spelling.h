/* Unified symbols and venues' spellings of them: the forms that several venues share. BTC-USD is a spot pair, BTC-USD-PERP a perpetual,
   BTC-USD-20261225 a dated future, BTC-20261225-50000-C an option. Pure, any thread. */
#ifndef TD_VENUE_SPELLING_H
#define TD_VENUE_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/event.h"
#include "base/limits.h"

/* BTC-USD -> BTC_USD by '_', BTC/USD by '/', BTCUSD by '\0'; upper case. 0 or TD_E_VENUE_SYMBOL (empty, too long). */
td_err spelling_to(char separator, const char *symbol, char raw[TD_SYMBOL_MAX]);
/* The way back, upper case. By '\0' the quote is known by its ending; a name with none of the known quotes stays as it is. What may not
   stand in paths becomes a dash. 0 or TD_E_VENUE_SYMBOL. */
td_err spelling_from(char separator, const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX]);

/* BTCUSD -> BTC-USD, upper case, by the first of the venue's own quotes ("USDT USD BTC", longer ones before their endings) that it ends
   in; without one it stays as it is. For venues where the common list would be wrong (BATUSD is no pair with TUSD). */
td_err spelling_split(const char *quotes, const char *raw, size_t raw_bytes,
                      char symbol[TD_SYMBOL_MAX]);

/* BTC-USD of BTC-USD-PERP into `pair`; false: no perpetual, and pair is the symbol as it is. */
bool spelling_perp(const char *symbol, char pair[TD_SYMBOL_MAX]);
/* BTC-USD -> BTC-USD-PERP in place. 0 or TD_E_VENUE_SYMBOL when it does not fit. */
td_err spelling_add(char symbol[TD_SYMBOL_MAX], const char *ending);

/* 20261225 of 261225. False: no date of that form. */
enum { SPELLING_DATE_BYTES = 9 };
bool spelling_long_date(const char *text, size_t bytes, char date[SPELLING_DATE_BYTES]);
/* 20261225 of 25DEC26 and 20260105 of 5JAN26, and the way back, which drops the zero of a day below ten. False: no date of that form. */
bool spelling_date_of_month(const char *text, size_t bytes, char date[SPELLING_DATE_BYTES]);
bool spelling_month_of_date(const char *date, size_t bytes, char text[SPELLING_DATE_BYTES]);
/* BTC-USD and 20261225 of BTC-USD-20261225. False: no dated future, and nothing is written. */
bool spelling_dated(const char *symbol, char pair[TD_SYMBOL_MAX], char date[SPELLING_DATE_BYTES]);

/* Parts of a name between dashes, none of them empty: how many, 0 for any other name or one of more than `max` parts. */
unsigned spelling_parts(const char *name, size_t bytes, struct td_text *part, unsigned max);
bool spelling_is(struct td_text part, const char *word);

void spelling_lower(char *text);
void spelling_upper(char *text);

#endif
