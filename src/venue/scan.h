/* Fixed-form scanning of hot frames: a cursor that accepts one spelling and nothing else. A scanner
   that does not fit says so, and the frame goes to jsmn; it never decides that a frame is bad. What
   it accepts is JSON, so both ways agree. Any thread, no memory. Texts that come out point into the
   frame. */
#ifndef TD_VENUE_SCAN_H
#define TD_VENUE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/event.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "eight digits are read as one word");

struct scan {
    const char *at, *end;
};

/* One whole JSON document (grammar, nesting of at most SCAN_DEPTH_MAX), white space around it
 * allowed. */
bool scan_document(const char *text, size_t bytes);
enum { SCAN_DEPTH_MAX = 64 };

/* One JSON value of any kind; false leaves the cursor anywhere. For walks over lists too long for a
 * token arena. */
bool scan_value(struct scan *scan, struct td_text *value);
void scan_space(struct scan *scan);

/* "2026-09-21T04:00:00.123456Z", all 27 bytes -> ns; false for any other form (then ask
 * td_utc_parse). */
enum { SCAN_UTC_BYTES = 27 };
bool scan_utc_us(const char *text, int64_t *ns);

/* An id as scan_integer() takes it, as text. */
bool scan_integer_text(struct scan *scan, struct td_text *number);

/* Milliseconds as 13 digits, 2001 to 2099: what td_epoch_parse would make of them, in ns. */
bool scan_epoch_ms(struct scan *scan, int64_t *ns);

/* A JSON number as text, not beyond the cursor's end. */
bool scan_number_text(struct scan *scan, struct td_text *number);

/* Values of those members of an object that `name` lists, in any order: strings without their quotes, all else as it stands; absent
   (at == NULL) when there is none. The cursor goes from the opening brace behind the closing one. False: no object, white space in it, an
   escape in a name, or a listed name twice: ask jsmn. */
enum { SCAN_MEMBERS_MAX = 24 };
bool scan_members(struct scan *scan, const char *const *name, unsigned count, struct td_text *out);

/* A number that scan_fixed() does not take, up to 17 digits and with an exponent, on the grid of `scale` (0..18) -> steps and printed
   decimals. False, and the cursor stays: negative, longer, off the grid, too large, or no number. */
bool scan_decimal(struct scan *scan, int scale, int64_t *steps, unsigned *decimals);

/* ---- inline: what is done several times a level ---- */

#define SCAN(scan, literal) scan_literal((scan), (literal), sizeof(literal) - 1)

static inline uint64_t scan_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t scan_half(const char *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof half);
    return half;
}

/* memcmp for a literal whose length the compiler knows: a few words instead of a call. The last word overlaps. */
static inline __attribute__((always_inline)) bool scan_same(const char *at, const char *literal,
                                                            size_t bytes)
{
    uint64_t differ = 0;
#pragma GCC unroll 16
    for (size_t i = 0; i + 8 <= bytes; i += 8)
        differ |= scan_word(at + i) ^ scan_word(literal + i);
    if (bytes > 8 && bytes % 8)
        differ |= scan_word(at + bytes - 8) ^ scan_word(literal + bytes - 8);
    if (bytes >= 4 && bytes < 8)
        differ |= (scan_half(at) ^ scan_half(literal)) |
                  (scan_half(at + bytes - 4) ^ scan_half(literal + bytes - 4));
    for (size_t i = 0; bytes < 4 && i < bytes; i++)
        differ |= (unsigned char)(at[i] ^ literal[i]);
    return differ == 0;
}

static inline __attribute__((always_inline)) bool scan_literal(struct scan *scan,
                                                               const char *literal, size_t bytes)
{
    if ((size_t)(scan->end - scan->at) < bytes || !scan_same(scan->at, literal, bytes))
        return false;
    scan->at += bytes;
    return true;
}

/* Each byte's value repeated eight times. */
#define SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* High bit set in each byte that ends or spoils a plain string: quote, backslash, control. The
 * lowest set bit is exact. */
static inline uint64_t scan_string_stops(uint64_t word)
{
    uint64_t quote = word ^ SCAN_EACH('"'), slash = word ^ SCAN_EACH('\\');
    uint64_t stops = (quote - SCAN_EACH(1)) & ~quote;
    stops |= (slash - SCAN_EACH(1)) & ~slash;
    stops |= (word - SCAN_EACH(0x20)) & ~word;
    return stops & SCAN_EACH(0x80);
}

/* "text" with no escapes; the cursor stands on the opening quote. */
static inline bool scan_string(struct scan *scan, struct td_text *text)
{
    const char *at = scan->at;
    if (at == scan->end || *at != '"')
        return false;
    const char *first = ++at;
    for (;; at += 8) {
        if (scan->end - at < 8)
            break;
        uint64_t stops = scan_string_stops(scan_word(at));
        if (stops) {
            at += __builtin_ctzll(stops) >> 3;
            break;
        }
    }
    while (at < scan->end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    if (at == scan->end || *at != '"')
        return false;
    *text = (struct td_text){first, (uint32_t)(at - first)};
    scan->at = at + 1;
    return true;
}

/* Bytes that are not '0'..'9' get their high bit set; `digits` is the word with '0' taken off each
 * byte. */
static inline uint64_t scan_not_digits(uint64_t digits)
{
    return (((digits & SCAN_EACH(0x7F)) + SCAN_EACH(0x76)) | digits) & SCAN_EACH(0x80);
}

/* Eight digit values, the first in the lowest byte, to their number: neighbours join to pairs,
 * pairs to the whole. */
static inline uint64_t scan_eight(uint64_t digits)
{
    uint64_t pairs = digits * 10 + (digits >> 8);
    uint64_t odd = (pairs & UINT64_C(0x000000FF000000FF)) * (100 + (UINT64_C(1000000) << 32));
    uint64_t even = (pairs >> 16 & UINT64_C(0x000000FF000000FF)) * (1 + (UINT64_C(10000) << 32));
    return (odd + even) >> 32;
}

extern const int64_t scan_pow10[9];

/* Most digits before and after the point that scan_fixed() takes, and the bytes it may look at. */
enum { SCAN_FIXED_DIGITS = 8, SCAN_FIXED_REACH = 24 };

/* A plain number of at most 7 digits before and 8 after the point, on the grid of `scale` (0..8) ->
   steps, printed decimals, and the byte behind it. NULL: not of that form; the general conversion
   decides. SCAN_FIXED_REACH bytes must be readable. */
static inline __attribute__((always_inline)) const char *
scan_fixed(const char *at, int scale, int64_t *steps, unsigned *decimals)
{
    uint64_t whole = scan_word(at) ^ SCAN_EACH('0');
    uint64_t stops = scan_not_digits(whole);
    if (!stops || (stops & 0x80))
        return NULL;
    unsigned count = (unsigned)__builtin_ctzll(stops) >> 3;
    if (count > 1 && !(whole & 0xFF))
        return NULL;
    whole = scan_eight(whole << (64 - 8 * count));
    at += count;
    if (*at != '.') {
        *steps = (int64_t)whole * scan_pow10[scale];
        *decimals = 0;
        return at;
    }
    uint64_t fraction = scan_word(++at) ^ SCAN_EACH('0');
    stops = scan_not_digits(fraction);
    if (stops & 0x80)
        return NULL;
    count = stops ? (unsigned)__builtin_ctzll(stops) >> 3 : 8;
    at += count;
    if (!stops && (unsigned char)(*at - '0') <= 9)
        return NULL;
    fraction &= ((stops & -stops) >> 7) - 1;
    if (scale < 8 && fraction >> (8 * scale))
        return NULL;
    /* Cut or filled with zeros to `scale` digits; two shifts because one by 64 has no meaning. */
    fraction = scan_eight(fraction << (63 - 8 * scale + (scale == 8)) << (scale != 8));
    *steps = (int64_t)(whole * (uint64_t)scan_pow10[scale] + fraction);
    *decimals = count;
    return at;
}

/* Plain non-negative integer of at most 18 digits. */
static inline bool scan_integer(struct scan *scan, int64_t *value)
{
    const char *at = scan->at;
    int64_t sum = 0;
    while (at < scan->end && (unsigned char)(*at - '0') <= 9)
        sum = (int64_t)((uint64_t)sum * 10 + (uint64_t)(*at++ - '0'));
    ptrdiff_t digits = at - scan->at;
    if (digits < 1 || digits > 18 || (digits > 1 && *scan->at == '0'))
        return false;
    *value = sum;
    scan->at = at;
    return true;
}

#endif
