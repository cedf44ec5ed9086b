/* Exact sums for bars and windows: fixed point in 128 bits, so that neither the order of values nor what left a window shows in the result.
   Null is NAN on both ways. Pure, any thread. */
#ifndef TD_FEATURES_EXACT_H
#define TD_FEATURES_EXACT_H

#include <math.h>
#include <stdint.h>

/* ---- plain sums: 2^-64, values below 2^60 ---------------------------------------------------- */

struct exact_sum {
    __int128 sum;
    uint64_t count;
};

static inline __int128 exact_fixed(double value)
{
    double most = 0x1p60;
    double cut = value > most ? most : value < -most ? -most : value;
    return (__int128)rint(cut * 0x1p64);
}

/* A null is skipped. */
static inline void exact_add(struct exact_sum *sum, double value)
{
    if (isnan(value))
        return;
    sum->sum += exact_fixed(value);
    sum->count++;
}

static inline void exact_remove(struct exact_sum *sum, double value)
{
    if (isnan(value))
        return;
    sum->sum -= exact_fixed(value);
    sum->count--;
}

static inline double exact_total(const struct exact_sum *sum)
{
    return (double)sum->sum * 0x1p-64;
}

/* Null when nothing was added. */
static inline double exact_mean(const struct exact_sum *sum)
{
    return sum->count ? exact_total(sum) / (double)sum->count : NAN;
}

/* ---- moments of int64 values ----------------------------------------------------------------- */

/* Sum and sum of squares; the squares may wrap around, deviations come out right as long as they fit themselves. */
struct exact_moments {
    __int128 sum;
    unsigned __int128 squares;
    uint64_t count;
};

static inline void exact_moments_add(struct exact_moments *m, int64_t value)
{
    m->sum += value;
    m->squares += (unsigned __int128)((__int128)value * value);
    m->count++;
}

static inline void exact_moments_remove(struct exact_moments *m, int64_t value)
{
    m->sum -= value;
    m->squares -= (unsigned __int128)((__int128)value * value);
    m->count--;
}

/* Sample variance in squared units of the values; null below two. Squares are taken around the whole part of the mean, so nothing cancels. */
static inline double exact_variance(const struct exact_moments *m)
{
    if (m->count < 2)
        return NAN;
    __int128 n = (__int128)m->count, whole = m->sum / n, rest = m->sum % n;
    unsigned __int128 around =
        m->squares - 2 * (unsigned __int128)whole * (unsigned __int128)m->sum +
        (unsigned __int128)n * (unsigned __int128)whole * (unsigned __int128)whole;
    double spare = (double)rest * (double)rest / (double)n;
    double variance = ((double)around - spare) / (double)(n - 1);
    return variance > 0 ? variance : 0;
}

/* ---- log returns: 2^-56 ---------------------------------------------------------------------- */

/* Beyond +-64 (no market) a return is cut. */
static inline int64_t exact_return(double log_return)
{
    double cut = log_return > 64 ? 64 : log_return < -64 ? -64 : log_return;
    return (int64_t)rint(cut * 0x1p56);
}

static inline double exact_return_variance(const struct exact_moments *m)
{
    return exact_variance(m) * 0x1p-112;
}

/* sqrt of the sum of squares; null without a return. */
static inline double exact_return_volatility(const struct exact_moments *m)
{
    return m->count ? sqrt((double)m->squares) * 0x1p-56 : NAN;
}

/* ln(now / before) of whole steps: the difference is exact, so tiny moves keep their digits. Null unless both are positive. */
static inline double exact_log_ratio(int64_t now, int64_t before)
{
    if (now <= 0 || before <= 0)
        return NAN;
    return log1p((double)(now - before) / (double)before);
}

/* a / b, null when b is not positive or either is null. */
static inline double exact_ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

#endif
