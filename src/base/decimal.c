#include "base/decimal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Two readers of the same grammar. Nearly every number of a feed is at most 16 characters of digits
   and one point: those are taken as one 16-byte word, the point squeezed out by shifts, and turned
   into an integer by six multiplications, without a loop and without a division. Whatever does not
   fit that form goes to the careful reader below. */

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first character of a text is expected in the lowest byte of a word"
#endif

typedef unsigned __int128 u128;

#define EVERY_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static const int64_t powers[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* All exact: 10^22 is the last power of ten that a double holds. */
static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

int64_t td_pow10(int n)
{
    TD_ASSERT(n >= 0 && n <= TD_SCALE_MAX, "power of ten within int64");
    return powers[n];
}

/* ---- the 16-byte form ---- */

static uint64_t load64(const char *at)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static uint64_t load32(const char *at)
{
    uint32_t word;
    memcpy(&word, at, 4);
    return word;
}

/* A word whose bytes are the characters less '0' (by exclusive or), the text's last character in
   byte 15 and zeros before its first. `bytes` is 1..16; nothing outside the text is read: two loads
   overlap instead. */
struct word {
    uint64_t low, high;
};

static inline struct word load_right(const char *text, size_t bytes)
{
    if (bytes > 8)
        return (struct word){(load64(text) ^ EVERY_BYTE('0')) << (8 * (16 - bytes)),
                             load64(text + bytes - 8) ^ EVERY_BYTE('0')};
    uint64_t characters;
    if (bytes >= 4)
        characters = load32(text) | load32(text + bytes - 4) << (8 * (bytes - 4));
    else
        characters = (uint64_t)(uint8_t)text[0] |
                     (uint64_t)(uint8_t)text[bytes / 2] << (8 * (bytes / 2)) |
                     (uint64_t)(uint8_t)text[bytes - 1] << (8 * (bytes - 1));
    return (struct word){0, (characters ^ EVERY_BYTE('0')) << (8 * (8 - bytes))};
}

/* 0x80 in every byte that is not 0..9. */
static inline uint64_t not_digits(uint64_t x)
{
    return (((x & EVERY_BYTE(0x7F)) + EVERY_BYTE(0x76)) | x) & EVERY_BYTE(0x80);
}

/* Eight digit bytes, most significant in the lowest byte: neighbours are joined to pairs, then all
   four pairs by two multiplications that drop their sums into the upper half. */
static inline uint64_t eight_digits(uint64_t x)
{
    x = x * 10 + (x >> 8);
    uint64_t first_third = (x & UINT64_C(0x000000FF000000FF)) * (100 + (UINT64_C(1000000) << 32));
    uint64_t second_fourth =
        ((x >> 16) & UINT64_C(0x000000FF000000FF)) * (1 + (UINT64_C(10000) << 32));
    return (first_third + second_fourth) >> 32;
}

/* Moves what stands before the point at bit `at` up over it. */
static inline uint64_t close_up(uint64_t x, int at)
{
    uint64_t before = (UINT64_C(1) << at) - 1;
    return (x & ~before << 8) | (x & before) << 8;
}

/* The one mark of x is a point, with a digit behind it and one before it (the text starts at bit
 * `start`). */
static inline bool is_inner_point(uint64_t x, uint64_t marks, int at, int start)
{
    return (marks & (marks - 1)) == 0 && (x >> at & 0xFF) == ('.' ^ '0') && at > start;
}

/* Takes the point out of the word; returns the digits that followed it, -1 when the word is not of
 * the short form. */
static inline int squeeze_point(struct word *word, size_t bytes)
{
    uint64_t low_marks = not_digits(word->low), high_marks = not_digits(word->high);
    int start = 8 * (16 - (int)bytes);
    if (high_marks) {
        int at = __builtin_ctzll(high_marks) - 7;
        if (low_marks || at == 56 || !is_inner_point(word->high, high_marks, at, start - 64))
            return -1;
        word->high = close_up(word->high, at) | word->low >> 56;
        word->low <<= 8;
        return 7 - at / 8;
    }
    if (low_marks) {
        int at = __builtin_ctzll(low_marks) - 7;
        if (!is_inner_point(word->low, low_marks, at, start))
            return -1;
        word->low = close_up(word->low, at);
        return 15 - at / 8;
    }
    return 0;
}

/* TD_E_AGAIN: not of the short form. */
static inline td_err short_to_steps(const char *text, size_t bytes, int scale, int64_t *steps)
{
    struct word word = load_right(text, bytes);
    int decimals = squeeze_point(&word, bytes);
    TD_FAIL_IF(decimals < 0, TD_E_AGAIN);
    int excess = decimals - scale;
    if (excess > 0) {
        u128 x = (u128)word.high << 64 | word.low;
        TD_FAIL_IF(x >> (128 - 8 * excess), TD_E_OFF_GRID);
        x <<= 8 * excess;
        word = (struct word){(uint64_t)x, (uint64_t)(x >> 64)};
        excess = 0;
    }
    uint64_t digits = eight_digits(word.low) * 100000000 + eight_digits(word.high);
    int64_t product;
    TD_FAIL_IF(__builtin_mul_overflow((int64_t)digits, powers[-excess], &product), TD_E_OVERFLOW);
    *steps = product;
    return 0;
}

/* ---- the careful reader ---------------------------------------------------------------------- */

/* A number as its significant digits (first and last are not zero) and the power of ten of the last
 * one. */
struct number {
    bool negative;
    const char *first; /* first significant digit in the text, a point may follow within */
    int64_t count;     /* significant digits; 0: the number is zero */
    int64_t exponent;
};

enum { EXPONENT_MAX = 1000000 };

static bool is_digit(char c)
{
    return (unsigned)(c - '0') <= 9;
}

/* Runs over digits from *at; keeps the first and last significant one. `index` counts digits of the
 * whole number. */
static const char *scan_digits(const char *at, const char *end, int64_t *index, int64_t *first,
                               int64_t *last, const char **first_at)
{
    for (; at < end && is_digit(*at); at++, ++*index) {
        if (*at == '0')
            continue;
        if (*first < 0) {
            *first = *index;
            *first_at = at;
        }
        *last = *index;
    }
    return at;
}

/* "e-7" and the like at `at`; an absurd exponent is clipped, it is out of every range either way.
 */
static td_err scan_exponent(const char *at, const char *end, int64_t *exponent)
{
    *exponent = 0;
    if (at == end)
        return 0;
    TD_FAIL_IF(*at != 'e' && *at != 'E', TD_E_SYNTAX);
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    TD_FAIL_IF(at == end, TD_E_SYNTAX);
    for (; at < end; at++) {
        TD_FAIL_IF(!is_digit(*at), TD_E_SYNTAX);
        if (*exponent < EXPONENT_MAX)
            *exponent = *exponent * 10 + (*at - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return 0;
}

static td_err scan_number(const char *text, size_t bytes, struct number *number)
{
    const char *at = text, *end = text + bytes;
    *number = (struct number){.first = text};
    if (at < end && *at == '-') {
        number->negative = true;
        at++;
    }
    int64_t index = 0, first = -1, last = -1;
    at = scan_digits(at, end, &index, &first, &last, &number->first);
    int64_t whole = index;
    TD_FAIL_IF(whole == 0, TD_E_SYNTAX);
    if (at < end && *at == '.') {
        at = scan_digits(at + 1, end, &index, &first, &last, &number->first);
        TD_FAIL_IF(index == whole, TD_E_SYNTAX);
    }
    TD_TRY(scan_exponent(at, end, &number->exponent));
    if (first < 0) {
        number->exponent = 0;
        return 0;
    }
    number->count = last - first + 1;
    number->exponent += whole - 1 - last;
    return 0;
}

/* The first `count` (at most 19) significant digits as an integer. */
static uint64_t significant_digits(const struct number *number, int64_t count)
{
    uint64_t value = 0;
    for (const char *at = number->first; count; at++) {
        if (*at == '.')
            continue;
        value = value * 10 + (uint64_t)(*at - '0');
        count--;
    }
    return value;
}

static td_err with_sign(uint64_t magnitude, bool negative, int64_t *value)
{
    TD_FAIL_IF(magnitude > (uint64_t)INT64_MAX + negative, TD_E_OVERFLOW);
    *value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return 0;
}

/* Kept out of line: its registers would be saved on every short call too. */
__attribute__((noinline)) static td_err long_to_steps(const char *text, size_t bytes, int scale,
                                                      int64_t *steps)
{
    struct number number;
    TD_TRY(scan_number(text, bytes, &number));
    if (number.count == 0) {
        *steps = 0;
        return 0;
    }
    int64_t power = number.exponent + scale;
    TD_FAIL_IF(power < 0, TD_E_OFF_GRID);
    TD_FAIL_IF(number.count > 19 || power > 18, TD_E_OVERFLOW);
    uint64_t magnitude;
    TD_FAIL_IF(__builtin_mul_overflow(significant_digits(&number, number.count),
                                      (uint64_t)powers[power], &magnitude),
               TD_E_OVERFLOW);
    return with_sign(magnitude, number.negative, steps);
}

/* ---- the contract ---------------------------------------------------------------------------- */

td_err td_decimal_to_steps(const char *text, size_t bytes, int scale, int64_t *steps)
{
    TD_ASSERT((unsigned)scale <= TD_SCALE_MAX, "scale of an instrument");
    if (bytes - 1 < 16) {
        td_err err = short_to_steps(text, bytes, scale, steps);
        if (__builtin_expect(err != TD_E_AGAIN, 1))
            return err;
    }
    return long_to_steps(text, bytes, scale, steps);
}

int td_decimal_scale(const char *text, size_t bytes)
{
    struct number number;
    TD_TRY(scan_number(text, bytes, &number));
    TD_FAIL_IF(number.exponent < -TD_SCALE_MAX, TD_E_RANGE);
    return number.exponent < 0 ? (int)-number.exponent : 0;
}

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Digits from the right; the point falls where `scale` digits stand, zeros at the very end are left
 * out. */
size_t td_decimal_from_steps(int64_t steps, int scale, char out[TD_DECIMAL_TEXT_MAX])
{
    TD_ASSERT((unsigned)scale <= TD_SCALE_MAX, "scale of an instrument");
    char reversed[TD_DECIMAL_TEXT_MAX];
    size_t used = 0;
    uint64_t left = magnitude_of(steps);
    for (int place = 0; place < scale; place++, left /= 10)
        if (used || left % 10)
            reversed[used++] = (char)('0' + left % 10);
    if (used)
        reversed[used++] = '.';
    do {
        reversed[used++] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (steps < 0)
        reversed[used++] = '-';
    for (size_t i = 0; i < used; i++)
        out[i] = reversed[used - 1 - i];
    out[used] = 0;
    return used;
}

/* Beyond 2^53 the steps themselves would be rounded before the division rounds again. There the
   quotient is taken with 64 fraction bits in integers; it has 57 bits at least, so a remainder is
   told to the final rounding by the lowest bit. */
double td_steps_to_double(int64_t steps, int scale)
{
    TD_ASSERT((unsigned)scale <= TD_SCALE_MAX, "scale of an instrument");
    uint64_t magnitude = magnitude_of(steps);
    if (magnitude <= UINT64_C(1) << 53)
        return (double)steps / exact_powers[scale];
    u128 dividend = (u128)magnitude << 64;
    u128 quotient = dividend / (uint64_t)powers[scale];
    u128 sticky = quotient * (uint64_t)powers[scale] != dividend;
    double value = (double)(quotient | sticky) * 0x1p-64;
    return steps < 0 ? -value : value;
}

/* Exact in integers: value * 10^scale has at most 113 bits before the shift. Rounding the product
   to a double first would lose the last digit of some values above 2^51 steps. */
int64_t td_double_to_steps(double value, int scale)
{
    TD_ASSERT((unsigned)scale <= TD_SCALE_MAX, "scale of an instrument");
    uint64_t bits;
    memcpy(&bits, &value, 8);
    bool negative = bits >> 63;
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    if (exponent == 0x7FF && fraction)
        return 0;
    u128 product =
        (u128)(exponent ? fraction | UINT64_C(1) << 52 : fraction) * (uint64_t)powers[scale];
    int shift = (exponent ? exponent : 1) - 1075;
    if (shift < -120)
        return 0;
    if (shift < 0)
        product = ((product >> (-shift - 1)) + 1) >> 1;
    else if (product && shift >= 64)
        product = (u128)1 << 64;
    else if (product && product >> 64 == 0) /* shift is below 64 here */
        product <<= shift;
    if (product > (u128)INT64_MAX + negative)
        return negative ? INT64_MIN : INT64_MAX;
    return (int64_t)(negative ? 0 - (uint64_t)product : (uint64_t)product);
}

/* Digits and exponent without a point, so that no locale has a say; past 800 digits only their
 * being there matters. */
static double by_strtod(const struct number *number)
{
    enum { DIGITS_MAX = 800 };
    char text[DIGITS_MAX + 32];
    int64_t taken = 0, exponent = number->exponent;
    const char *at = number->first;
    for (; taken < number->count && taken < DIGITS_MAX; at++)
        if (*at != '.')
            text[taken++] = *at;
    if (taken < number->count) {
        exponent += number->count - taken - 1;
        text[taken++] = '1';
    }
    snprintf(text + taken, 32, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

/* Digits that a double holds exactly, so that one division rounds once. */
static bool short_to_double(const char *text, size_t bytes, double *value)
{
    struct word word = load_right(text, bytes);
    int decimals = squeeze_point(&word, bytes);
    if (decimals < 0)
        return false;
    uint64_t digits = eight_digits(word.low) * 100000000 + eight_digits(word.high);
    *value = (double)digits / exact_powers[decimals];
    return digits <= UINT64_C(1) << 53;
}

td_err td_decimal_to_double(const char *text, size_t bytes, double *value)
{
    bool negative = bytes && *text == '-';
    double magnitude;
    if (bytes - negative - 1 < 16 &&
        short_to_double(text + negative, bytes - negative, &magnitude)) {
        *value = negative ? -magnitude : magnitude;
        return 0;
    }
    struct number number;
    TD_TRY(scan_number(text, bytes, &number));
    double result;
    uint64_t digits = number.count <= 19 ? significant_digits(&number, number.count) : UINT64_MAX;
    if (digits <= UINT64_C(1) << 53 && number.exponent >= -22 && number.exponent <= 22)
        result = number.exponent < 0 ? (double)digits / exact_powers[-number.exponent]
                                     : (double)digits * exact_powers[number.exponent];
    else
        result = by_strtod(&number);
    TD_FAIL_IF(result > 1.7976931348623157e308, TD_E_OVERFLOW);
    *value = number.negative ? -result : result;
    return 0;
}

td_err td_integer_parse(const char *text, size_t bytes, int64_t *value)
{
    bool negative = bytes && text[0] == '-';
    text += negative;
    bytes -= negative;
    TD_FAIL_IF(bytes == 0, TD_E_SYNTAX);
    uint64_t magnitude = 0;
    if (bytes <= 16) {
        struct word word = load_right(text, bytes);
        TD_FAIL_IF(not_digits(word.low) | not_digits(word.high), TD_E_SYNTAX);
        magnitude = eight_digits(word.low) * 100000000 + eight_digits(word.high);
        return with_sign(magnitude, negative, value);
    }
    bool beyond = false;
    for (size_t i = 0; i < bytes; i++) {
        TD_FAIL_IF(!is_digit(text[i]), TD_E_SYNTAX);
        beyond |= __builtin_mul_overflow(magnitude, 10, &magnitude);
        beyond |= __builtin_add_overflow(magnitude, (uint64_t)(text[i] - '0'), &magnitude);
    }
    TD_FAIL_IF(beyond, TD_E_OVERFLOW);
    return with_sign(magnitude, negative, value);
}
