/* Count, sum and sum of squares of what is in a window, exact (SPEC 2.7): the mean and the deviation come from them without cancellation and
   do not depend on what left. Values are fixed point below 2^107, at most 2^20 of them. Pure, any thread. */
#ifndef TD_FEATURES_MOMENTS_H
#define TD_FEATURES_MOMENTS_H

#include <math.h>
#include <string.h>

#include "features/wide.h"

struct moments {
    struct wide squares;
    __int128 sum;
    uint64_t count;
};

/* Fixed point of a double: units of 2^-52, cut to +-2^55. */
enum { MOMENTS_SHIFT = 52 };
#define MOMENTS_MOST 0x1p55

/* The double's own digits moved into place: what lies below the unit is cut off. value: not beyond MOMENTS_MOST, not NAN. */
static inline __int128 moments_fixed(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7FF), shift = exponent - 1023;
    uint64_t digits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    if (shift < -52)
        return 0;
    __int128 fixed = shift >= 0 ? (__int128)digits << shift : (__int128)(digits >> -shift);
    return bits >> 63 ? -fixed : fixed;
}

static inline void moments_add(struct moments *m, __int128 value)
{
    unsigned __int128 magnitude = wide_magnitude(value);
    m->squares = wide_add(m->squares, wide_product(magnitude, magnitude));
    m->sum += value;
    m->count++;
}

static inline void moments_remove(struct moments *m, __int128 value)
{
    unsigned __int128 magnitude = wide_magnitude(value);
    m->squares = wide_minus(m->squares, wide_product(magnitude, magnitude));
    m->sum -= value;
    m->count--;
}

/* What is in `all` and not in `part`. */
static inline struct moments moments_minus(const struct moments *all, const struct moments *part)
{
    return (struct moments){wide_minus(all->squares, part->squares), all->sum - part->sum,
                            all->count - part->count};
}

/* n sum x^2 - (sum x)^2, exact. */
static inline struct wide moments_spread(const struct moments *m)
{
    unsigned __int128 sum = wide_magnitude(m->sum);
    return wide_minus(wide_times(m->squares, m->count), wide_product(sum, sum));
}

/* In units of the values; null when empty. */
static inline double moments_mean(const struct moments *m)
{
    return m->count ? wide_narrow(m->sum) / (double)m->count : NAN;
}

/* Sample deviation in units of the values; null below two. */
static inline double moments_deviation(const struct moments *m)
{
    if (m->count < 2)
        return NAN;
    double n = (double)m->count;
    return sqrt(wide_double(moments_spread(m)) / (n * (n - 1)));
}

#endif
