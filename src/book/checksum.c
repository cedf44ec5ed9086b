#include "book/checksum.h"

#include <stddef.h>

#include "base/crc.h"

enum { KRAKEN_DEPTH = 10, TOKEN_DIGITS_MAX = 20 + TD_SCALE_MAX };

/* The printed token without point and leading zeros is the value in steps of the printed decimals.
   Digits, last first, so that zeros the venue prints beyond our scale come first and digits beyond
   its decimals (they can only be zeros) are left out. */
static size_t token_put(char *out, int64_t steps, int scale, int decimals)
{
    char digits[TOKEN_DIGITS_MAX];
    size_t at = sizeof(digits), bytes;
    uint64_t left = steps < 0 ? -(uint64_t)steps : (uint64_t)steps;

    for (int i = decimals; i < scale; i++)
        left /= 10;
    for (int i = scale; left != 0 && i < decimals; i++)
        digits[--at] = '0';
    for (; left != 0; left /= 10)
        digits[--at] = (char)('0' + left % 10);
    bytes = sizeof(digits) - at;
    for (size_t i = 0; i < bytes; i++)
        out[i] = digits[at + i];
    return bytes;
}

uint32_t book_checksum_kraken(const struct book *book, int price_scale, int size_scale,
                              int price_decimals, int size_decimals)
{
    struct td_level level[2 * KRAKEN_DEPTH];
    char text[2 * KRAKEN_DEPTH * 2 * TOKEN_DIGITS_MAX];
    size_t bytes = 0;
    uint32_t levels = book_top(book, TD_SIDE_ASK, KRAKEN_DEPTH, level);

    levels += book_top(book, TD_SIDE_BID, KRAKEN_DEPTH, level + levels);
    for (uint32_t i = 0; i < levels; i++) {
        bytes += token_put(text + bytes, level[i].price_steps, price_scale, price_decimals);
        bytes += token_put(text + bytes, level[i].size_steps, size_scale, size_decimals);
    }
    return td_crc32(0, text, bytes);
}
