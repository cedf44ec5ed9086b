#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/limits.h"

typedef unsigned __int128 u128;

static uint64_t next_random(void)
{
    static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* A copy on the heap of exactly its size, so that the sanitizer sees any read outside. */
static td_err steps_of(const char *text, int scale, int64_t *steps)
{
    size_t bytes = strlen(text);
    char *copy = malloc(bytes ? bytes : 1);
    memcpy(copy, text, bytes);
    td_err err = td_decimal_to_steps(copy, bytes, scale, steps);
    free(copy);
    return err;
}

static void expect(const char *text, int scale, int64_t wanted)
{
    int64_t steps = 1234567;
    td_err err = steps_of(text, scale, &steps);
    if (err || steps != wanted)
        FAIL("\"%s\" at scale %d: %s, %" PRId64 ", wanted %" PRId64, text, scale, td_err_name(err),
             steps, wanted);
}

static void expect_error(const char *text, int scale, td_err wanted)
{
    int64_t steps = 1234567;
    td_err err = steps_of(text, scale, &steps);
    if (err != wanted || steps != 1234567)
        FAIL("\"%s\" at scale %d: %s, %" PRId64 ", wanted %s", text, scale, td_err_name(err), steps,
             td_err_name(wanted));
}

TEST(edges)
{
    expect("0", 0, 0);
    expect("0", 18, 0);
    expect("0.0", 0, 0);
    expect("0.00000000", 2, 0);
    expect("-0", 8, 0);
    expect("-0.0", 8, 0);
    expect("0e99", 3, 0);
    expect("000000000000000000000000000", 3, 0);
    expect("1e-9", 9, 1);
    expect("1E-9", 18, 1000000000);
    expect("1e+3", 2, 100000);
    expect("9.1E-7", 8, 91);
    expect("2.01815370169E7", 4, 201815370169);
    expect("2.01815370169E7", 8, 2018153701690000);
    expect("01.5", 1, 15);
    expect("00000001.50000000", 1, 15);
    expect("1.500", 1, 15);
    expect("98123.45", 2, 9812345);
    expect("-98123.45", 2, -9812345);
    expect("12345678912.34", 2, 1234567891234);
    expect("6000000000000", 0, 6000000000000);
    expect("0.00000000001", 11, 1);
    expect("1", 18, 1000000000000000000);
    expect("1234567890.123456", 6, 1234567890123456);
    expect("12345678901234.5", 1, 123456789012345);
    expect("1.5000000000000000000000000000000000000000", 1, 15);
    expect("0.0000000000000000000000000000000000000000e10", 1, 0);
    expect("1000000000000000000000000000000000000000e-39", 0, 1);
}

TEST(int64_extremes)
{
    expect("9223372036854775807", 0, INT64_MAX);
    expect("-9223372036854775808", 0, INT64_MIN);
    expect("9.223372036854775807", 18, INT64_MAX);
    expect("-9.223372036854775808", 18, INT64_MIN);
    expect("922337203685477580.7", 1, INT64_MAX);
    expect_error("9223372036854775808", 0, TD_E_OVERFLOW);
    expect_error("-9223372036854775809", 0, TD_E_OVERFLOW);
    expect_error("9.223372036854775808", 18, TD_E_OVERFLOW);
    expect_error("10", 18, TD_E_OVERFLOW);
    expect_error("123456789012.345", 9, TD_E_OVERFLOW);
    expect_error("1e19", 0, TD_E_OVERFLOW);
    expect_error("1e999999999999999999999999", 0, TD_E_OVERFLOW);
    expect_error("-1e40", 2, TD_E_OVERFLOW);
    expect_error("1234567890123456789012345678901234567890", 0, TD_E_OVERFLOW);
    expect_error("12345678901234567890", 0, TD_E_OVERFLOW);
}

TEST(off_the_grid)
{
    expect_error("0.1", 0, TD_E_OFF_GRID);
    expect_error("1.05", 1, TD_E_OFF_GRID);
    expect_error("1e-9", 8, TD_E_OFF_GRID);
    expect_error("1e-999999999999999999999999", 18, TD_E_OFF_GRID);
    expect_error("98123.00000001", 7, TD_E_OFF_GRID);
    expect_error("98123456789.00000001", 7, TD_E_OFF_GRID);
    expect_error("0.1234567890123456789012345678901234567890", 18, TD_E_OFF_GRID);
    expect_error("-0.5", 0, TD_E_OFF_GRID);
}

TEST(refused)
{
    static const char *const bad[] = {
        "",
        "-",
        "+",
        ".",
        "+1",
        ".5",
        "-.5",
        "1.",
        "-1.",
        "1.e5",
        "1..2",
        "1.2.3",
        "--1",
        "1-",
        "1 ",
        " 1",
        "1,5",
        "0x10",
        "1e",
        "1e+",
        "1e-",
        "e5",
        "1e5.0",
        "1e5e5",
        "NaN",
        "Infinity",
        "null",
        "\"1\"",
        "1\n",
        "1/2",
        "12:3",
        "1_000",
        "1.2345678901234567890x",
        "12345678901234567890.",
        ".12345678901234567890",
        "123456789012345.",
        ".123456789012345",
        "1234567.",
        ".1234567",
        "12345678.",
        ".12345678",
        "123456789.",
        "1.234567.",
        ".",
        "..",
        "1\x80",
        "\xB0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int scale = 0; scale <= 18; scale += 9)
            expect_error(bad[i], scale, TD_E_SYNTAX);
    int64_t steps;
    CHECK_EQ_I64(td_decimal_to_steps("1\0002", 3, 0, &steps), TD_E_SYNTAX);
}

/* Whether one wrong byte at any place of a number of any length is noticed. */
TEST(any_wrong_byte_is_noticed)
{
    for (size_t bytes = 1; bytes <= 20; bytes++)
        for (size_t at = 0; at < bytes; at++)
            for (int c = 0; c < 256; c++) {
                char text[24];
                memset(text, '1', sizeof text);
                text[at] = (char)c;
                int64_t steps;
                td_err err = td_decimal_to_steps(text, bytes, 18, &steps);
                bool inner = at > 0 && at + 1 < bytes;
                bool form = (c >= '0' && c <= '9') || (c == '-' && at == 0 && bytes > 1) ||
                            ((c == '.' || c == 'e' || c == 'E') && inner);
                if ((err != TD_E_SYNTAX) != form)
                    FAIL("byte %d at %zu of %zu: %s", c, at, bytes, td_err_name(err));
            }
}

/* ---- properties ------------------------------------------------------------------------------ */

/* Text from parts, and its steps by plain arithmetic in 128 bits: whole and fraction of at most 9
 * digits each. */
static void random_plain(char *text, size_t cap, int *decimals, u128 *digits)
{
    uint64_t limits[] = {1, 10, 1000, 100000, 1000000000};
    uint64_t whole = next_random() % limits[next_random() % 5];
    int zeros = next_random() % 8 == 0 ? (int)(next_random() % 6) : 0;
    *decimals = (int)(next_random() % 10);
    uint64_t unit = (uint64_t)td_pow10(*decimals);
    uint64_t fraction = next_random() % unit;
    if (next_random() % 4 == 0)
        fraction -= fraction % (uint64_t)td_pow10((int)(next_random() % (uint64_t)(*decimals + 1)));
    *digits = (u128)whole * unit + fraction;
    if (*decimals)
        snprintf(text, cap, "%.*s%" PRIu64 ".%0*" PRIu64, zeros, "00000", whole, *decimals,
                 fraction);
    else
        snprintf(text, cap, "%.*s%" PRIu64, zeros, "00000", whole);
}

TEST(random_numbers_against_128_bit_arithmetic)
{
    for (int i = 0; i < 300000; i++) {
        char text[40];
        int decimals, scale = (int)(next_random() % 19);
        u128 digits;
        bool negative = next_random() % 4 == 0;
        text[0] = '-';
        random_plain(text + negative, sizeof text - 1, &decimals, &digits);
        int up = scale - decimals;
        u128 wanted = up >= 0 ? digits * (uint64_t)td_pow10(up) : digits / (uint64_t)td_pow10(-up);
        if (up < 0 && digits % (uint64_t)td_pow10(-up) != 0)
            expect_error(text, scale, TD_E_OFF_GRID);
        else if (wanted > (u128)INT64_MAX + negative)
            expect_error(text, scale, TD_E_OVERFLOW);
        else
            expect(text, scale, (int64_t)(negative ? 0 - (uint64_t)wanted : (uint64_t)wanted));
    }
}

/* The same value with its point moved by an exponent, which takes the careful reader. */
TEST(exponent_form_equals_plain_form)
{
    for (int i = 0; i < 100000; i++) {
        char plain[40], moved[64];
        int decimals, scale = (int)(next_random() % 19);
        u128 digits;
        random_plain(plain, sizeof plain, &decimals, &digits);
        snprintf(moved, sizeof moved, "%" PRIu64 "e%d", (uint64_t)digits, -decimals);
        int64_t a = -7, b = -7;
        td_err plain_err = steps_of(plain, scale, &a), moved_err = steps_of(moved, scale, &b);
        if (plain_err != moved_err || a != b)
            FAIL("%s and %s at scale %d: %s, %s", plain, moved, scale, td_err_name(plain_err),
                 td_err_name(moved_err));
    }
}

static int64_t random_steps(void)
{
    return (int64_t)next_random() >> next_random() % 64;
}

TEST(steps_to_text_to_steps)
{
    static const int64_t ends[] = {0,  1,         -1,        9,
                                   10, INT64_MAX, INT64_MIN, INT64_C(1000000000000000000)};
    for (int i = 0; i < 200000; i++) {
        int64_t steps = i < 8 * 19 ? ends[i % 8] : random_steps(), back;
        int scale = i < 8 * 19 ? i / 8 : (int)(next_random() % 19);
        char text[TD_DECIMAL_TEXT_MAX];
        size_t bytes = td_decimal_from_steps(steps, scale, text);
        CHECK_EQ_U64(bytes, strlen(text));
        CHECK(strchr(text, '.') == NULL || text[bytes - 1] != '0');
        CHECK_EQ_I64(td_decimal_to_steps(text, bytes, scale, &back), 0);
        CHECK_EQ_I64(back, steps);
    }
}

TEST(text_of_steps)
{
    static const struct {
        int64_t steps;
        int scale;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {0, 8, "0"},
        {15, 1, "1.5"},
        {150, 1, "15"},
        {-5, 2, "-0.05"},
        {100, 2, "1"},
        {1, 18, "0.000000000000000001"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MAX, 9, "9223372036.854775807"},
        {1000, 0, "1000"},
        {9812345, 2, "98123.45"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TD_DECIMAL_TEXT_MAX];
        td_decimal_from_steps(rows[i].steps, rows[i].scale, text);
        CHECK_EQ_STR(text, rows[i].text);
    }
}

static int scale_of(const char *text)
{
    return td_decimal_scale(text, strlen(text));
}

TEST(scale_needed)
{
    CHECK_EQ_I64(scale_of("0.0500"), 2);
    CHECK_EQ_I64(scale_of("9.1E-7"), 8);
    CHECK_EQ_I64(scale_of("100"), 0);
    CHECK_EQ_I64(scale_of("0"), 0);
    CHECK_EQ_I64(scale_of("0.000"), 0);
    CHECK_EQ_I64(scale_of("1.25e1"), 1);
    CHECK_EQ_I64(scale_of("1.25e5"), 0);
    CHECK_EQ_I64(scale_of("1e-18"), 18);
    CHECK_EQ_I64(scale_of("1e-19"), TD_E_RANGE);
    CHECK_EQ_I64(scale_of("0.01"), 2);
    CHECK_EQ_I64(scale_of("-0.010"), 2);
    CHECK_EQ_I64(scale_of(""), TD_E_SYNTAX);
    CHECK_EQ_I64(scale_of("1."), TD_E_SYNTAX);
}

/* ---- doubles ---- */

TEST(stored_double_gives_every_digit_back)
{
    for (int scale = 0; scale <= 18; scale++)
        for (int i = 0; i < 20000; i++) {
            int64_t steps = (int64_t)(next_random() >> 12) >> next_random() % 52;
            if (i < 100)
                steps = TD_STEPS_EXACT_MAX - 1 - i;
            if (next_random() % 2)
                steps = -steps;
            CHECK_EQ_I64(td_double_to_steps(td_steps_to_double(steps, scale), scale), steps);
        }
}

/* The C library reads decimals correctly rounded: it is the oracle over the whole int64 range. */
TEST(steps_to_double_is_correctly_rounded)
{
    for (int i = 0; i < 200000; i++) {
        int64_t steps = random_steps();
        int scale = (int)(next_random() % 19);
        char text[TD_DECIMAL_TEXT_MAX];
        td_decimal_from_steps(steps, scale, text);
        CHECK_EQ_F64(td_steps_to_double(steps, scale), strtod(text, NULL));
    }
    CHECK_EQ_F64(td_steps_to_double(INT64_MIN, 0), -0x1p63);
    CHECK_EQ_F64(td_steps_to_double(INT64_MAX, 0), 0x1p63);
}

TEST(double_to_steps_rounds_once_and_stays_in_range)
{
    CHECK_EQ_I64(td_double_to_steps(0.5, 0), 1);
    CHECK_EQ_I64(td_double_to_steps(-0.5, 0), -1);
    CHECK_EQ_I64(td_double_to_steps(0.49999999999999994, 0), 0);
    CHECK_EQ_I64(td_double_to_steps(0.1, 1), 1);
    CHECK_EQ_I64(td_double_to_steps(0.1, 18), 100000000000000006);
    CHECK_EQ_I64(td_double_to_steps(1e300, 0), INT64_MAX);
    CHECK_EQ_I64(td_double_to_steps(-1e300, 5), INT64_MIN);
    CHECK_EQ_I64(td_double_to_steps(0x1p63, 0), INT64_MAX);
    CHECK_EQ_I64(td_double_to_steps(-0x1p63, 0), INT64_MIN);
    CHECK_EQ_I64(td_double_to_steps(0x1p62, 0), INT64_C(1) << 62);
    CHECK_EQ_I64(td_double_to_steps(5e-324, 18), 0);
    CHECK_EQ_I64(td_double_to_steps(-0.0, 18), 0);
    CHECK_EQ_I64(td_double_to_steps(__builtin_inf(), 0), INT64_MAX);
    CHECK_EQ_I64(td_double_to_steps(-__builtin_inf(), 0), INT64_MIN);
    CHECK_EQ_I64(td_double_to_steps(__builtin_nan(""), 0), 0);
}

static double double_of(const char *text)
{
    double value = -7;
    td_err err = td_decimal_to_double(text, strlen(text), &value);
    return err ? err : value;
}

TEST(text_to_double)
{
    char text[80];
    for (int i = 0; i < 100000; i++) {
        int places = (int)(next_random() % 19);
        td_decimal_from_steps(random_steps(), places, text);
        if (strcmp(text, "0") != 0)
            CHECK_EQ_F64(double_of(text), strtod(text, NULL));
        snprintf(text, sizeof text, "%" PRIu64 "e%d", next_random(),
                 (int)(next_random() % 600) - 320);
        if (strtod(text, NULL) < 1e308)
            CHECK_EQ_F64(double_of(text), strtod(text, NULL));
    }
    CHECK_EQ_F64(double_of("0"), 0.0);
    CHECK_EQ_F64(double_of("-0"), -0.0);
    CHECK_EQ_F64(double_of("1e-400"), 0.0);
    CHECK_EQ_F64(double_of("1e400"), TD_E_OVERFLOW);
    CHECK_EQ_F64(double_of("-1e400"), TD_E_OVERFLOW);
    CHECK_EQ_F64(double_of("1.7976931348623157e308"), 1.7976931348623157e308);
    CHECK_EQ_F64(double_of("nan"), TD_E_SYNTAX);
    CHECK_EQ_F64(double_of(""), TD_E_SYNTAX);
}

/* 1 + 2^-53 lies half way between two doubles; one more digit far behind decides. */
TEST(text_to_double_minds_the_last_digit)
{
    static char text[1400];
    const char *half = "1.00000000000000011102230246251565404236316680908203125";
    CHECK_EQ_F64(double_of(half), 1.0);
    int length = snprintf(text, sizeof text, "%s", half);
    memset(text + length, '0', 1200);
    text[length + 1200] = '1';
    CHECK_EQ_F64(double_of(text), 1.0000000000000002);
}

/* ---- integers -------------------------------------------------------------------------------- */

static int64_t integer_of(const char *text)
{
    int64_t value = -7;
    td_err err = td_integer_parse(text, strlen(text), &value);
    return err ? err : value;
}

TEST(integers)
{
    CHECK_EQ_I64(integer_of("0"), 0);
    CHECK_EQ_I64(integer_of("-0"), 0);
    CHECK_EQ_I64(integer_of("7"), 7);
    CHECK_EQ_I64(integer_of("-12"), -12);
    CHECK_EQ_I64(integer_of("0123"), 123);
    CHECK_EQ_I64(integer_of("9007199254740993"), INT64_C(9007199254740993));
    CHECK_EQ_I64(integer_of("9223372036854775807"), INT64_MAX);
    CHECK_EQ_I64(integer_of("-9223372036854775808"), INT64_MIN);
    CHECK_EQ_I64(integer_of("00000000000000000000000000012"), 12);
    CHECK_EQ_I64(integer_of("9223372036854775808"), TD_E_OVERFLOW);
    CHECK_EQ_I64(integer_of("-9223372036854775809"), TD_E_OVERFLOW);
    CHECK_EQ_I64(integer_of("99999999999999999999999999999999999999"), TD_E_OVERFLOW);
    CHECK_EQ_I64(integer_of("99999999999999999999999999999999999x"), TD_E_SYNTAX);
    static const char *const bad[] = {"",   "-",  "+1",  "1.0", "1e3",
                                      " 1", "1 ", "--1", "0x1", "123456789012345678a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(integer_of(bad[i]), TD_E_SYNTAX);
}

TEST(random_integers)
{
    for (int i = 0; i < 100000; i++) {
        int64_t value = random_steps();
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, value);
        CHECK_EQ_I64(integer_of(text), value);
    }
}

TEST(powers)
{
    uint64_t power = 1;
    for (int n = 0; n <= 18; n++, power *= 10)
        CHECK_EQ_I64(td_pow10(n), (int64_t)power);
}
