/* Book checksums of venues. Pure, core thread. */
#ifndef TD_BOOK_CHECKSUM_H
#define TD_BOOK_CHECKSUM_H

#include <stdint.h>

#include "book/book.h"

/* Kraken's CRC32 (VENUES, Kraken v1/v2): top 10 asks rising, then top 10 bids falling; of each price then size the printed
   token without its point and without leading zeros. *_decimals: how many decimals the venue prints; *_scale: the instrument's
   scale (steps are 10^-scale); tokens are rebuilt from steps. */
uint32_t book_checksum_kraken(const struct book *book, int price_scale, int size_scale,
                              int price_decimals, int size_decimals);

#endif
