/* 256-bit two's complement, as far as exact sums of squares and products need it. Wraps around like every unsigned number: what leaves a
   sum is subtracted again and nothing remains. Pure, any thread. */
#ifndef TD_FEATURES_WIDE_H
#define TD_FEATURES_WIDE_H

#include <stdbool.h>
#include <stdint.h>

struct wide {
    unsigned __int128 low, high;
};

static inline struct wide wide_of(__int128 value)
{
    return (struct wide){(unsigned __int128)value, value < 0 ? ~(unsigned __int128)0 : 0};
}

static inline struct wide wide_add(struct wide a, struct wide b)
{
    unsigned __int128 low = a.low + b.low;
    return (struct wide){low, a.high + b.high + (low < a.low)};
}

static inline struct wide wide_minus(struct wide a, struct wide b)
{
    return (struct wide){a.low - b.low, a.high - b.high - (a.low < b.low)};
}

static inline bool wide_negative(struct wide a)
{
    return a.high >> 127 != 0;
}

/* Product of two unsigned numbers, whole. */
static inline struct wide wide_product(unsigned __int128 a, unsigned __int128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64), b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    unsigned __int128 low = (unsigned __int128)a0 * b0;
    if ((a1 | b1) == 0)
        return (struct wide){low, 0};
    unsigned __int128 cross = (unsigned __int128)a0 * b1, other = (unsigned __int128)a1 * b0;
    unsigned __int128 middle = (low >> 64) + (uint64_t)cross + (uint64_t)other;
    return (struct wide){(middle << 64) | (uint64_t)low, (unsigned __int128)a1 * b1 +
                                                             (cross >> 64) + (other >> 64) +
                                                             (middle >> 64)};
}

static inline unsigned __int128 wide_magnitude(__int128 value)
{
    return value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
}

/* a * b, signed. */
static inline struct wide wide_signed_product(__int128 a, __int128 b)
{
    struct wide product = wide_product(wide_magnitude(a), wide_magnitude(b));
    return (a < 0) != (b < 0) ? wide_minus((struct wide){0, 0}, product) : product;
}

/* a * count, wrapping; a may be negative. */
static inline struct wide wide_times(struct wide a, uint64_t count)
{
    struct wide product = wide_product(a.low, count);
    product.high += a.high * count;
    return product;
}

/* Nearest double of an int128, without the library's detour where 64 bits hold it. */
static inline double wide_narrow(__int128 value)
{
    int64_t small = (int64_t)value;
    return small == value ? (double)small : (double)value;
}

/* Within 2 units of the last place. */
static inline double wide_double(struct wide a)
{
    bool negative = wide_negative(a);
    if (negative)
        a = wide_minus((struct wide){0, 0}, a);
    double value = (double)a.low;
    if (a.high != 0)
        value += (double)a.high * 0x1p128;
    return negative ? -value : value;
}

#endif
