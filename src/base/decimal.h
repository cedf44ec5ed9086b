/* Exact decimal text <-> int64 steps of 10^-scale. Never through a double.
   Accepted text: JSON numbers (optional '-', digits, optional fraction, optional exponent e/E with sign); leading zeros are
   tolerated. Any thread, no memory. */
#ifndef TD_BASE_DECIMAL_H
#define TD_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* text[0..bytes) -> steps of 10^-scale. Trailing zeros beyond the scale are fine ("1.500" at scale 1 is 15).
   0, or TD_E_SYNTAX; TD_E_OFF_GRID when nonzero digits lie below the step; TD_E_OVERFLOW beyond int64. */
td_err td_decimal_to_steps(const char *text, size_t bytes, int scale, int64_t *steps);

/* Digits after the point that the value needs (trailing zeros do not count, exponents do): "0.0500" -> 2, "9.1E-7" -> 8,
   "100" -> 0. Negative error: TD_E_SYNTAX; more than TD_SCALE_MAX: TD_E_RANGE. */
int td_decimal_scale(const char *text, size_t bytes);

/* Steps -> plain decimal text without exponent and without trailing zeros ("0" for zero). `out` holds TD_DECIMAL_TEXT_MAX.
   Returns the length; NUL-terminated. */
enum { TD_DECIMAL_TEXT_MAX = 48 };
size_t td_decimal_from_steps(int64_t steps, int scale, char out[TD_DECIMAL_TEXT_MAX]);

/* The double nearest to steps * 10^-scale (one correctly rounded division while |steps| < 2^53). */
double td_steps_to_double(int64_t steps, int scale);

/* Nearest steps of a stored double: value * 10^scale rounded once (halves away from zero); gives every digit back below
   2^52 steps. Beyond int64: the nearest end of its range; NaN: 0. */
int64_t td_double_to_steps(double value, int scale);

/* Text -> correctly rounded double (statistics of tickers; never prices of a book). TD_E_SYNTAX; TD_E_OVERFLOW when no
   finite double is near. */
td_err td_decimal_to_double(const char *text, size_t bytes, double *value);

/* Plain unsigned/signed integer text -> int64. TD_E_SYNTAX (empty, other characters), TD_E_OVERFLOW. */
td_err td_integer_parse(const char *text, size_t bytes, int64_t *value);

/* 10^n for n in 0..18. */
int64_t td_pow10(int n);

#endif
