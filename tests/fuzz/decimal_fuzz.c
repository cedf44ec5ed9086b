/* Number texts against plain readers that share no code: exact steps by digits in a wide integer, doubles by strtod, the scanner's
   fixed form, and the way back from steps to text. The first byte is the scale. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "venue/scan.h"

enum { DECIMAL_TEXT_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef unsigned __int128 wide;

/* Significant digits and the power of ten of the last one. */
struct plain {
    bool negative;
    char digit[DECIMAL_TEXT_MAX];
    int count, power;
};

static int plain_digits(const char **at, struct plain *plain)
{
    int seen = 0;
    for (; **at >= '0' && **at <= '9'; ++*at, seen++)
        plain->digit[plain->count++] = **at;
    return seen;
}

static bool plain_exponent(const char **at, struct plain *plain)
{
    int sign = 1, value = 0, seen = 0;
    if (**at != 'e' && **at != 'E')
        return true;
    ++*at;
    if (**at == '-' || **at == '+')
        sign = *(*at)++ == '-' ? -1 : 1;
    for (; **at >= '0' && **at <= '9'; ++*at, seen++)
        value = value < 100000 ? value * 10 + (**at - '0') : value;
    plain->power += sign * value;
    return seen > 0;
}

/* text ends in a NUL and holds no other. */
static bool plain_read(const char *text, struct plain *plain)
{
    memset(plain, 0, sizeof *plain);
    plain->negative = *text == '-';
    text += plain->negative;
    if (plain_digits(&text, plain) == 0)
        return false;
    if (*text == '.') {
        text++;
        plain->power = -plain_digits(&text, plain);
        if (plain->power == 0)
            return false;
    }
    if (!plain_exponent(&text, plain) || *text != 0)
        return false;
    while (plain->count > 0 && plain->digit[plain->count - 1] == '0') {
        plain->count--;
        plain->power++;
    }
    return true;
}

static td_err plain_steps(const struct plain *plain, int scale, int64_t *steps)
{
    wide value = 0;
    int power = plain->power + scale;
    *steps = 0;
    if (plain->count == 0)
        return 0;
    if (power < 0)
        return TD_E_OFF_GRID;
    for (int i = 0; i < plain->count + power; i++) {
        value = value * 10 + (wide)(i < plain->count ? plain->digit[i] - '0' : 0);
        if (value > (wide)INT64_MAX + plain->negative)
            return TD_E_OVERFLOW;
        if (value == 0 && i >= plain->count)
            break;
    }
    *steps = (int64_t)(plain->negative ? 0 - (uint64_t)value : (uint64_t)value);
    return 0;
}

static void check_steps(const char *text, size_t bytes, int scale)
{
    struct plain plain;
    int64_t ours = 0, theirs = 0, back = 0;
    char out[TD_DECIMAL_TEXT_MAX];
    bool is = plain_read(text, &plain);
    td_err wanted = is ? plain_steps(&plain, scale, &theirs) : TD_E_SYNTAX;
    td_err got = td_decimal_to_steps(text, bytes, scale, &ours);
    TD_ASSERT(got == wanted && (got < 0 || ours == theirs), "steps as by hand");
    int needs = td_decimal_scale(text, bytes);
    int power = plain.count > 0 && plain.power < 0 ? -plain.power : 0;
    TD_ASSERT(needs == (!is                    ? TD_E_SYNTAX
                        : power > TD_SCALE_MAX ? TD_E_RANGE
                                               : power),
              "decimals as by hand");
    if (got < 0)
        return;
    size_t length = td_decimal_from_steps(ours, scale, out);
    TD_ASSERT(length < sizeof out && out[length] == 0, "the text ends");
    TD_ASSERT(td_decimal_to_steps(out, length, scale, &back) == 0 && back == ours,
              "and leads back");
    double stored = td_steps_to_double(ours, scale);
    if (ours > -(INT64_C(1) << 52) && ours < INT64_C(1) << 52)
        TD_ASSERT(td_double_to_steps(stored, scale) == ours, "as a double it keeps every digit");
}

static void check_double(const char *text, size_t bytes)
{
    struct plain plain;
    double ours = 0;
    td_err err = td_decimal_to_double(text, bytes, &ours);
    if (!plain_read(text, &plain)) {
        TD_ASSERT(err == TD_E_SYNTAX, "no number");
        return;
    }
    double theirs = strtod(text, NULL);
    TD_ASSERT(isfinite(theirs) ? err == 0 && ours == theirs : err == TD_E_OVERFLOW,
              "the nearest double");
}

static void check_integer(const char *text, size_t bytes)
{
    struct plain plain;
    int64_t ours = 0, theirs = 0;
    bool is = strpbrk(text, ".eE") == NULL && plain_read(text, &plain);
    td_err wanted = is ? plain_steps(&plain, 0, &theirs) : TD_E_SYNTAX;
    td_err got = td_integer_parse(text, bytes, &ours);
    TD_ASSERT(got == wanted && (got < 0 || ours == theirs), "integers as by hand");
}

/* What the fixed form takes, the general way takes too. */
static void check_fixed(const char *text, int scale)
{
    char padded[DECIMAL_TEXT_MAX + SCAN_FIXED_REACH] = {0};
    int64_t ours, theirs;
    unsigned decimals;
    memcpy(padded, text, strlen(text));
    const char *end = scan_fixed(padded, scale % 9, &ours, &decimals);
    if (end == NULL)
        return;
    size_t bytes = (size_t)(end - padded);
    TD_ASSERT(td_decimal_to_steps(padded, bytes, scale % 9, &theirs) == 0 && ours == theirs,
              "the fixed form gives the same steps");
    const char *point = memchr(padded, '.', bytes);
    TD_ASSERT(decimals == (point ? (unsigned)(end - point - 1) : 0), "and counts its decimals");
}

static void check_long(const char *text, size_t bytes, int scale)
{
    struct scan scan = {text, text + bytes};
    int64_t ours, theirs;
    unsigned decimals;
    if (!scan_decimal(&scan, scale, &ours, &decimals))
        return;
    size_t taken = (size_t)(scan.at - text);
    TD_ASSERT(td_decimal_to_steps(text, taken, scale, &theirs) == 0 && ours == theirs,
              "the long form gives the same steps");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char text[DECIMAL_TEXT_MAX];
    if (bytes < 1 || bytes > sizeof text || memchr(data + 1, 0, bytes - 1) != NULL)
        return 0;
    int scale = data[0] % (TD_SCALE_MAX + 1);
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = 0;
    check_steps(text, bytes - 1, scale);
    check_double(text, bytes - 1);
    check_integer(text, bytes - 1);
    check_fixed(text, scale);
    check_long(text, bytes - 1, scale);
    return 0;
}
