#include "book/checksum.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/crc.h"

enum { TOKEN_DIGITS_MAX = 20 + TD_SCALE_MAX };

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
    struct td_level level[2 * CHECKSUM_KRAKEN_DEPTH];
    char text[2 * CHECKSUM_KRAKEN_DEPTH * 2 * TOKEN_DIGITS_MAX];
    size_t bytes = 0;
    uint32_t levels = book_top(book, TD_SIDE_ASK, CHECKSUM_KRAKEN_DEPTH, level);

    levels += book_top(book, TD_SIDE_BID, CHECKSUM_KRAKEN_DEPTH, level + levels);
    for (uint32_t i = 0; i < levels; i++) {
        bytes += token_put(text + bytes, level[i].price_steps, price_scale, price_decimals);
        bytes += token_put(text + bytes, level[i].size_steps, size_scale, size_decimals);
    }
    return td_crc32(0, text, bytes);
}

/* ---- "price:size" pairs -------------------------------------------------------------------- */

enum {
    PAIR_TOKEN_MAX = TOKEN_DIGITS_MAX + 8, /* sign, "0.", exponent, ":" */
    SMALLEST_PLAIN = 6,                    /* decimals at which JavaScript begins to print 1e-7 */
};

struct number {
    char digits[TOKEN_DIGITS_MAX]; /* no zeros before them */
    int count, scale;              /* value: digits * 10^-scale */
};

static struct number number_of(uint64_t steps, int scale)
{
    char back[TOKEN_DIGITS_MAX];
    struct number number = {.scale = scale};
    for (; steps != 0; steps /= 10)
        back[number.count++] = (char)('0' + steps % 10);
    for (int i = 0; i < number.count; i++)
        number.digits[i] = back[number.count - 1 - i];
    return number;
}

static void shorten(struct number *number)
{
    while (number->scale > 0 && number->count > 0 && number->digits[number->count - 1] == '0') {
        number->count--;
        number->scale--;
    }
}

/* Digits behind the last printed one can only be zeros. */
static void set_decimals(struct number *number, int decimals)
{
    for (; number->scale > decimals; number->scale--)
        number->count -= number->count > 0;
    for (; number->scale < decimals && number->count < TOKEN_DIGITS_MAX; number->scale++)
        number->digits[number->count++] = '0';
}

static size_t plain_put(char *out, const struct number *number)
{
    size_t bytes = 0;
    int whole = number->count - number->scale;
    if (whole <= 0)
        out[bytes++] = '0';
    for (int i = 0; i < whole; i++)
        out[bytes++] = number->digits[i];
    if (number->scale > 0)
        out[bytes++] = '.';
    for (int i = whole; i < number->count; i++)
        out[bytes++] = i < 0 ? '0' : number->digits[i];
    return bytes;
}

static size_t exponent_put(char *out, const struct number *number)
{
    size_t bytes = 0;
    int exponent = number->scale - number->count + 1;
    out[bytes++] = number->digits[0];
    if (number->count > 1)
        out[bytes++] = '.';
    for (int i = 1; i < number->count; i++)
        out[bytes++] = number->digits[i];
    out[bytes++] = 'e';
    out[bytes++] = '-';
    if (exponent >= 10)
        out[bytes++] = (char)('0' + exponent / 10);
    out[bytes++] = (char)('0' + exponent % 10);
    return bytes;
}

struct pair_form {
    int price_scale, size_scale, price_decimals, size_decimals;
    bool bitfinex;
};

static size_t number_put(char *out, int64_t steps, int scale, int decimals, bool exponents)
{
    struct number number = number_of(steps < 0 ? -(uint64_t)steps : (uint64_t)steps, scale);
    if (decimals == CHECKSUM_SHORTEST)
        shorten(&number);
    else
        set_decimals(&number, decimals);
    if (exponents && number.count > 0 && number.scale - number.count >= SMALLEST_PLAIN)
        return exponent_put(out, &number);
    return plain_put(out, &number);
}

static size_t pair_put(char *out, const struct td_level *level, const struct pair_form *form)
{
    size_t bytes = number_put(out, level->price_steps, form->price_scale, form->price_decimals,
                              form->bitfinex);
    out[bytes++] = ':';
    if (form->bitfinex && level->side == TD_SIDE_ASK)
        out[bytes++] = '-';
    bytes += number_put(out + bytes, level->size_steps, form->size_scale, form->size_decimals,
                        form->bitfinex);
    out[bytes++] = ':';
    return bytes;
}

static uint32_t pairs_checksum(const struct book *book, const struct pair_form *form)
{
    struct td_level bid[CHECKSUM_PAIRS_DEPTH], ask[CHECKSUM_PAIRS_DEPTH];
    char text[2 * CHECKSUM_PAIRS_DEPTH * 2 * PAIR_TOKEN_MAX];
    uint32_t bids = book_top(book, TD_SIDE_BID, CHECKSUM_PAIRS_DEPTH, bid);
    uint32_t asks = book_top(book, TD_SIDE_ASK, CHECKSUM_PAIRS_DEPTH, ask);
    size_t bytes = 0;
    for (uint32_t i = 0; i < bids || i < asks; i++) {
        if (i < bids)
            bytes += pair_put(text + bytes, &bid[i], form);
        if (i < asks)
            bytes += pair_put(text + bytes, &ask[i], form);
    }
    return td_crc32(0, text, bytes > 0 ? bytes - 1 : 0); /* without the last ":" */
}

uint32_t book_checksum_okx(const struct book *book, int price_scale, int size_scale,
                           int price_decimals, int size_decimals)
{
    struct pair_form form = {price_scale, size_scale, price_decimals, size_decimals, false};
    return pairs_checksum(book, &form);
}

uint32_t book_checksum_bitfinex(const struct book *book, int price_scale, int size_scale)
{
    struct pair_form form = {price_scale, size_scale, CHECKSUM_SHORTEST, CHECKSUM_SHORTEST, true};
    return pairs_checksum(book, &form);
}
