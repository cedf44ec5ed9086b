/* Forms that several venues share: how a level is written, a side of a book, what of a message stands within a fixed depth. */
#ifndef EXCHANGE_SHAPE_H
#define EXCHANGE_SHAPE_H

#include "exchange/house.h"

/* One level; the lists below put commas between. Size 0: it is gone. */
typedef void shape_level(struct td_str *out, const struct market *market, bool ask,
                         struct level level);
/* ["101.40","2.5"] and [101.40,2.5]: prices with all their decimals, sizes without zeros at the end. ["101.4","2.5"]: both without. */
shape_level shape_strings, shape_numbers, shape_short_strings;

/* The touched levels of one side with the sizes they have now. Levels put. */
unsigned shape_touched(struct td_str *out, const struct market *market,
                       const struct market_batch *batch, bool ask, shape_level *put);
/* A side, best first, at most `levels`. */
unsigned shape_side(struct td_str *out, const struct market *market, bool ask, uint32_t levels,
                    shape_level *put);

/* A feed of fixed depth: market->bound[depth] keeps what it showed. */
struct shape_view {
    unsigned depth;  /* index */
    uint32_t levels; /* shown a side */
    bool tells_lost; /* a level that is pushed out is told as gone */
};
/* What was touched within the old or the new view, what is new in it, and what is no longer. */
unsigned shape_view_side(struct td_str *out, const struct market *market,
                         const struct market_batch *batch, bool ask, struct shape_view view,
                         shape_level *put);
/* The view is told: to be called behind each message, in feed.after_book. */
void shape_view_note(struct market *market, struct shape_view view);

/* BTC-USD -> BTC_USD by '_'; '\0' joins. */
void shape_spell(char separator, const char *symbol, char raw[TD_SYMBOL_MAX]);
/* "BTC" and "USD" of BTC-USD and of BTC-USD-PERP. */
struct td_text shape_base(const struct market_params *is);
struct td_text shape_quote(const struct market_params *is);

/* BTC-USD of BTC-USD-PERP, any other symbol as it is. */
void shape_pair(const char *symbol, char pair[TD_SYMBOL_MAX]);
bool shape_is_perpetual(const struct market_params *is);

/* Price with all decimals; size and other values without zeros at the end. */
void shape_price(struct td_str *out, const struct market *market, int64_t steps);
void shape_size(struct td_str *out, const struct market *market, int64_t steps);
/* ,"key":"101.40" */
void shape_price_member(struct td_str *out, const struct market *market, const char *key,
                        int64_t steps);
void shape_size_member(struct td_str *out, const struct market *market, const char *key,
                       int64_t steps);
/* "2026-01-02T03:04:05.678901234Z" */
void shape_utc_ns(struct td_str *out, int64_t time_us);
/* A text of the client's, or of the venue, as it stands. */
static inline void shape_text(struct td_str *out, struct td_text text)
{
    td_str_add_bytes(out, text.at, text.bytes);
}
/* Smallest step of a scale: 0.01 of 2. */
void shape_step(struct td_str *out, int scale);
/* A value in 10^-8 of either sign: -0.00001 */
void shape_signed_e8(struct td_str *out, int64_t value_e8);

/* Value of a query's key up to the next & ; bytes 0: absent. */
struct td_text shape_query(const char *target, const char *key);
/* The path of a target is this one, whatever query follows. */
bool shape_is_path(const char *target, const char *path);

#endif
