/* Book checksums of venues. Pure, core thread. */
#ifndef TD_BOOK_CHECKSUM_H
#define TD_BOOK_CHECKSUM_H

#include <stdint.h>

#include "book/book.h"

/* Kraken's CRC32 (VENUES, Kraken v1/v2): top 10 asks rising, then top 10 bids falling; of each price then size the printed
   token without its point and without leading zeros. *_decimals: how many decimals the venue prints; *_scale: the instrument's
   scale (steps are 10^-scale); tokens are rebuilt from steps. */
enum { CHECKSUM_KRAKEN_DEPTH = 10 };
uint32_t book_checksum_kraken(const struct book *book, int price_scale, int size_scale,
                              int price_decimals, int size_decimals);

/* OKX and Bitget: CRC32 of "price:size" of bid 1, ask 1, bid 2 ... of up to 25 levels a side, joined by ":"; a side that ends earlier is
   left out. *_decimals: how many decimals the venue prints (Bitget), or CHECKSUM_SHORTEST where it leaves out what is zero at the end (OKX).
   The wire tells the sum as a signed number. */
enum { CHECKSUM_SHORTEST = TD_DECIMALS_SHORTEST, CHECKSUM_PAIRS_DEPTH = 25 };
uint32_t book_checksum_okx(const struct book *book, int price_scale, int size_scale,
                           int price_decimals, int size_decimals);

/* Bitfinex [D]: the same, with the sizes of asks negative and numbers as JavaScript prints them: shortest, below 0.000001 with an exponent
   (2e-8). */
uint32_t book_checksum_bitfinex(const struct book *book, int price_scale, int size_scale);

#endif
