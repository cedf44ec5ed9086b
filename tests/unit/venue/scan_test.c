#include "venue/scan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/utc.h"
#include "test.h"

static bool document(const char *text)
{
    size_t bytes = strlen(text);
    char *copy = malloc(bytes ? bytes : 1); /* nothing behind it: a look too far is seen */
    memcpy(copy, text, bytes);
    bool good = scan_document(copy, bytes);
    free(copy);
    return good;
}

TEST(documents_that_are_json)
{
    static const char *const good[] = {"{}",
                                       "[]",
                                       " [ ] ",
                                       "[[],{}]",
                                       "{\"a\":1}",
                                       "{\"a\":[1,2,{\"b\":null}],\"c\":true}",
                                       "\"x\"",
                                       "12",
                                       "-0.5e+10",
                                       "[1e5,1E-5,0,-0,0.0]",
                                       "[\"\\u00e4\\n\\\"\\/\"]",
                                       "\t[\n1\r,2 ]\n",
                                       "false",
                                       "[\"\303\244\"]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!document(good[i]))
            FAIL("refused: %s", good[i]);
}

TEST(documents_that_are_not)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{1:2}",
                                      "{\"a\":1,}",
                                      "[1}",
                                      "{\"a\":1]",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "1e",
                                      "1e+",
                                      "- 1",
                                      "nul",
                                      "truex",
                                      "\"a",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"a\nb\"",
                                      "[1][2]",
                                      "{}{}",
                                      "[1]x",
                                      "'a'",
                                      "NaN",
                                      "[\"a\"\"b\"]",
                                      "{\"a\":1 \"b\":2}",
                                      "[1]]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (document(bad[i]))
            FAIL("accepted: %s", bad[i]);
}

TEST(nesting_is_bounded)
{
    char text[2 * SCAN_DEPTH_MAX + 4];
    memset(text, '[', SCAN_DEPTH_MAX);
    memset(text + SCAN_DEPTH_MAX, ']', SCAN_DEPTH_MAX);
    CHECK(scan_document(text, 2 * SCAN_DEPTH_MAX));
    memset(text, '[', SCAN_DEPTH_MAX + 1);
    memset(text + SCAN_DEPTH_MAX + 1, ']', SCAN_DEPTH_MAX + 1);
    CHECK(!scan_document(text, 2 * SCAN_DEPTH_MAX + 2));
}

/* The time scanner against base/utc.c: every day of a century, and each byte replaced. */
TEST(times_are_what_base_makes_of_them)
{
    char text[TD_UTC_TEXT_MAX];
    for (int64_t s = 946684800; s < 4102444800; s += 86400 - 1) {
        int64_t ns = s * 1000000000 + s % 1000000 * 1000, got = 0;
        CHECK_EQ_U64(td_utc_iso(ns, text), SCAN_UTC_BYTES);
        CHECK(scan_utc_us(text, &got));
        CHECK_EQ_I64(got, ns);
    }
    for (unsigned at = 0; at < SCAN_UTC_BYTES; at++)
        for (int c = 1; c < 256; c++) {
            char damaged[] = "2024-02-29T23:59:59.999999Z";
            damaged[at] = (char)c;
            int64_t scanned = 0, parsed = 0;
            td_err err = td_utc_parse(damaged, SCAN_UTC_BYTES, &parsed);
            if (scan_utc_us(damaged, &scanned)) {
                CHECK_EQ_I64(err, 0);
                CHECK_EQ_I64(scanned, parsed);
            }
        }
}

TEST(days_that_do_not_exist_are_left_to_base)
{
    int64_t ns;
    CHECK(!scan_utc_us("2023-02-29T00:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-04-31T00:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-00-10T00:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-13-10T00:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-01-00T00:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-01-01T24:00:00.000000Z", &ns));
    CHECK(!scan_utc_us("2024-01-01T00:00:60.000000Z", &ns));
    CHECK(!scan_utc_us("2100-01-01T00:00:00.000000Z", &ns));
}

static uint64_t seed = 7;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static size_t random_number(char *out)
{
    size_t bytes = 0;
    for (unsigned digits = 1 + below(10); digits > 0; digits--)
        out[bytes++] = (char)('0' + below(10));
    if (below(4)) {
        out[bytes++] = '.';
        for (unsigned digits = below(11); digits > 0; digits--)
            out[bytes++] = below(2) ? '0' : (char)('0' + below(10));
    }
    return bytes;
}

/* Whatever the fixed form takes, the exact conversion gives the same; and it takes what feeds print. */
TEST(fixed_numbers_are_what_base_makes_of_them)
{
    unsigned taken = 0;
    for (int round = 0; round < 200000; round++) {
        char text[64] = {0};
        size_t bytes = random_number(text);
        int scale = (int)below(9);
        static const char ends[] = "\",}] ";
        text[bytes] = ends[below(5)];
        int64_t fixed = 0, exact = 0;
        unsigned decimals = 0;
        const char *behind = scan_fixed(text, scale, &fixed, &decimals);
        if (!behind)
            continue;
        taken++;
        CHECK(behind == text + bytes);
        CHECK_EQ_I64(td_decimal_to_steps(text, bytes, scale, &exact), 0);
        CHECK_EQ_I64(fixed, exact);
        const char *point = strchr(text, '.');
        CHECK_EQ_U64(decimals, point ? (uint64_t)(text + bytes - point - 1) : 0);
    }
    CHECK(taken > 20000);
}

TEST(fixed_numbers_of_every_length)
{
    int64_t steps;
    unsigned decimals;
    char text[SCAN_FIXED_REACH + 1] = "1234567.12345678\"";
    CHECK(scan_fixed(text, 8, &steps, &decimals) == text + 16);
    CHECK_EQ_I64(steps, 123456712345678);
    char eight[SCAN_FIXED_REACH + 1] = "12345678.5\"";
    CHECK(scan_fixed(eight, 8, &steps, &decimals) == NULL);
    char nine[SCAN_FIXED_REACH + 1] = "1.123456789\"";
    CHECK(scan_fixed(nine, 8, &steps, &decimals) == NULL);
    char zeros[SCAN_FIXED_REACH + 1] = "61837.64000000\"";
    CHECK(scan_fixed(zeros, 2, &steps, &decimals) == zeros + 14);
    CHECK_EQ_I64(steps, 6183764);
    CHECK_EQ_U64(decimals, 8);
    CHECK(scan_fixed(zeros, 1, &steps, &decimals) == NULL);
    char whole[SCAN_FIXED_REACH + 1] = "0\"";
    CHECK(scan_fixed(whole, 8, &steps, &decimals) == whole + 1);
    CHECK_EQ_I64(steps, 0);
    char leading[SCAN_FIXED_REACH + 1] = "01.5\"";
    CHECK(scan_fixed(leading, 8, &steps, &decimals) == NULL);
}

static bool integer(const char *text, int64_t *value)
{
    struct scan scan = {text, text + strlen(text)};
    return scan_integer(&scan, value) && scan.at == scan.end;
}

TEST(integers_of_at_most_18_digits)
{
    int64_t value;
    CHECK(integer("0", &value) && value == 0);
    CHECK(integer("999999999999999999", &value) && value == 999999999999999999);
    CHECK(!integer("1000000000000000000", &value));
    CHECK(!integer("01", &value));
    CHECK(!integer("", &value));
    CHECK(!integer("-1", &value));
    CHECK(!integer("99999999999999999999999999999", &value));
}

TEST(strings_end_at_the_first_quote_and_hold_no_escape)
{
    static const char *const good[] = {
        "\"\"", "\"a\"", "\"1234567\"", "\"12345678\"", "\"123456789abcdef\"", "\"\303\244\""};
    static const char *const bad[] = {
        "", "\"", "a", "\"a", "\"a\\\"b\"", "\"12345678\\n\"", "\"a\tb\"", "\"1234567\n\""};
    struct td_text text;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct scan scan = {good[i], good[i] + strlen(good[i])};
        CHECK(scan_string(&scan, &text) && scan.at == scan.end);
        CHECK_EQ_U64(text.bytes, strlen(good[i]) - 2);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scan scan = {bad[i], bad[i] + strlen(bad[i])};
        CHECK(!scan_string(&scan, &text));
    }
}

/* Literals of each length that a scanner uses, each byte of them compared. */
#define LITERAL(text)                                                                              \
    do {                                                                                           \
        char copy[] = text;                                                                        \
        struct scan scan = {copy, copy + sizeof copy - 1};                                         \
        CHECK(SCAN(&scan, text) && scan.at == scan.end);                                           \
        for (size_t i = 0; i + 1 < sizeof copy; i++) {                                             \
            copy[i] ^= 1;                                                                          \
            scan.at = copy;                                                                        \
            CHECK(!SCAN(&scan, text) && scan.at == copy);                                          \
            copy[i] ^= 1;                                                                          \
        }                                                                                          \
        scan.at = copy + 1;                                                                        \
        CHECK(!SCAN(&scan, text));                                                                 \
    } while (0)

TEST(literals_are_compared_to_the_last_byte)
{
    LITERAL("1");
    LITERAL("12");
    LITERAL("123");
    LITERAL("1234");
    LITERAL("12345");
    LITERAL("123456");
    LITERAL("1234567");
    LITERAL("12345678");
    LITERAL("123456789");
    LITERAL("1234567890123456");
    LITERAL("12345678901234567");
    LITERAL("{\"type\":\"l2update\",\"product_id\":");
    LITERAL("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":");
}

static bool members(const char *text, struct td_text out[3])
{
    static const char *const names[] = {"a", "bc", "d"};
    struct scan scan = {text, text + strlen(text)};
    return scan_members(&scan, names, 3, out) && scan.at == scan.end;
}

TEST(members_are_found_in_any_order)
{
    struct td_text out[3];
    CHECK(members("{\"d\":{\"a\":1},\"x\":null,\"bc\":\"t\",\"b\":2,\"ad\":true}", out));
    CHECK(out[0].at == NULL);
    CHECK_EQ_MEM(out[1].at, "t", 1);
    CHECK_EQ_U64(out[1].bytes, 1);
    CHECK_EQ_MEM(out[2].at, "{\"a\":1}", 7);
    CHECK(members("{}", out));
    CHECK(out[2].at == NULL);
}

TEST(members_that_jsmn_must_see)
{
    static const char *const odd[] = {"",
                                      "[]",
                                      "{",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "{\"a\":}",
                                      "{ \"a\":1}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"\\u0061\":1}",
                                      "{\"a\":\"\\n\"}",
                                      "{\"a\":01}"};
    struct td_text out[3];
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CHECK(!members(odd[i], out));
}

/* Against the general conversion: the same steps, or no answer at all. */
static void check_decimal(const char *text, int scale, bool taken)
{
    char line[64];
    int64_t steps = 0, want = 0;
    unsigned decimals = 0;
    snprintf(line, sizeof line, "%s,", text);
    struct scan scan = {line, line + strlen(line)};
    bool got = scan_decimal(&scan, scale, &steps, &decimals);
    if (got != taken)
        FAIL("%s at scale %d: %d", text, scale, got);
    if (!got) {
        CHECK(scan.at == line);
        return;
    }
    CHECK_EQ_I64(td_decimal_to_steps(text, strlen(text), scale, &want), 0);
    CHECK_EQ_I64(steps, want);
    CHECK_EQ_STR(scan.at, ",");
}

TEST(longer_numbers_and_exponents_are_the_same_as_by_the_general_conversion)
{
    static const char *const good[] = {
        "0",    "0.0",  "123456789.5", "9.121E-7",          "2.01815370169E7", "1.6e-7",
        "1E+2", "0E-7", "1e0",         "12345678901234567", "0.00001",         "15000000.0"};
    static const char *const bad[] = {
        "",    "-1", "01", "1.", ".5", "1e", "1e+", "1E100", "1..2", "x", "1234567890123456789",
        "1e18"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_decimal(good[i], strlen(good[i]) > 15 ? 1 : 10, true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[64];
        int64_t steps;
        unsigned decimals;
        snprintf(line, sizeof line, "%s,", bad[i]);
        struct scan scan = {line, line + strlen(line)};
        if (scan_decimal(&scan, 9, &steps, &decimals) && *scan.at == ',')
            FAIL("%s was taken", bad[i]);
    }
    check_decimal("0.15", 1, false);
    check_decimal("0.10", 1, true);
    check_decimal("9.121E-7", 9, false);
    check_decimal("9.121E-7", 10, true);
}
