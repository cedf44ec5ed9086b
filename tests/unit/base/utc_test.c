#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/utc.h"

static int64_t parsed(const char *text)
{
    int64_t ns = -1;
    td_err err = td_utc_parse(text, strlen(text), &ns);
    return err ? err : ns;
}

static int64_t epoch(const char *text)
{
    int64_t ns = -1;
    td_err err = td_epoch_parse(text, strlen(text), &ns);
    return err ? err : ns;
}

#define SECONDS(n) (INT64_C(n) * TD_NS_PER_S)

/* The C library's calendar is the oracle: every day from 1890 to 2199, odd times of day. */
TEST(calendar_equals_the_c_library)
{
    for (int64_t day = -29220; day < 83900; day++) {
        int64_t seconds = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
        time_t t = (time_t)seconds;
        struct tm tm;
        gmtime_r(&t, &tm);
        struct td_utc utc = td_utc_from_ns(seconds * TD_NS_PER_S + 123456789);
        CHECK_EQ_I64(utc.year, tm.tm_year + 1900);
        CHECK_EQ_I64(utc.month, tm.tm_mon + 1);
        CHECK_EQ_I64(utc.day, tm.tm_mday);
        CHECK_EQ_I64(utc.hour * 3600 + utc.minute * 60 + utc.second,
                     tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
        CHECK_EQ_I64(utc.weekday, (tm.tm_wday + 6) % 7);
        CHECK_EQ_I64(utc.nanosecond, 123456789);
        CHECK_EQ_I64(td_utc_to_ns(&utc), seconds * TD_NS_PER_S + 123456789);
    }
}

TEST(before_1970_rounds_down)
{
    struct td_utc utc = td_utc_from_ns(-1);
    CHECK_EQ_I64(utc.year, 1969);
    CHECK_EQ_I64(utc.second, 59);
    CHECK_EQ_I64(utc.nanosecond, 999999999);
    CHECK_EQ_I64(td_utc_to_ns(&utc), -1);
}

TEST(iso_forms)
{
    int64_t base = SECONDS(1790049600);
    CHECK_EQ_I64(parsed("2026-09-22T04:00:00Z"), base);
    CHECK_EQ_I64(parsed("2026-09-22 04:00:00Z"), base);
    CHECK_EQ_I64(parsed("2026-09-22T04:00:00.5Z"), base + 500000000);
    CHECK_EQ_I64(parsed("2026-09-22T04:00:00.123456789Z"), base + 123456789);
    CHECK_EQ_I64(parsed("2026-09-22T04:00:00.000001+00:00"), base + 1000);
    CHECK_EQ_I64(parsed("2026-09-22T04:00:00+0000"), base);
    CHECK_EQ_I64(parsed("2026-09-22T06:30:00+02:30"), base);
    CHECK_EQ_I64(parsed("2026-09-21T23:00:00-05"), base);
    CHECK_EQ_I64(parsed("2026-09-22 04:00:00.25 +0000 UTC"), base + 250000000);
    CHECK_EQ_I64(parsed("2026-09-22 04:00:00 +0000 UTC m=+0.5"), base);
    CHECK_EQ_I64(parsed("2024-02-29T23:59:60Z"), SECONDS(1709251200));
}

TEST(iso_refused)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-09-22",
        "2026-09-22T04:00:00",
        "2026-09-22T04:00Z",
        "2026-09-22T04:00:00.Z",
        "2026-09-22T04:00:00.1234567890Z",
        "2026-09-22T04:00:00Zx",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-09-22T24:00:00Z",
        "2026-09-22T04:60:00Z",
        "2026-09-22T04:00:61Z",
        "2026-09-22X04:00:00Z",
        "2026-9-22T04:00:00Z",
        "2026-09-22T04:00:00+0",
        "2026-09-22T04:00:00+00:6",
        "2026-09-22T04:00:00 UTC",
        "-026-09-22T04:00:00Z",
        "2026-09-22T04:00:00+00:99",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parsed(bad[i]) != TD_E_SYNTAX)
            FAIL("%s gives %lld", bad[i], (long long)parsed(bad[i]));
}

TEST(iso_range)
{
    CHECK_EQ_I64(parsed("1999-12-31T23:59:59.999999999Z"), TD_E_RANGE);
    CHECK_EQ_I64(parsed("2000-01-01T00:00:00Z"), SECONDS(946684800));
    CHECK_EQ_I64(parsed("2099-12-31T23:59:59.999999999Z"), SECONDS(4102444800) - 1);
    CHECK_EQ_I64(parsed("2100-01-01T00:00:00Z"), TD_E_RANGE);
    CHECK_EQ_I64(parsed("9999-12-31T00:00:00Z"), TD_E_RANGE);
    CHECK_EQ_I64(parsed("0001-01-01T00:00:00Z"), TD_E_RANGE);
    CHECK_EQ_I64(parsed("1999-12-31T23:00:00-05:00"), SECONDS(946699200));
}

TEST(text_is_not_read_past_its_end)
{
    for (size_t bytes = 0; bytes < 27; bytes++) {
        char *text = malloc(bytes + 1);
        memcpy(text, "2026-09-22T04:00:00.123456Z", bytes);
        int64_t ns;
        text = realloc(text, bytes ? bytes : 1);
        CHECK_EQ_I64(td_utc_parse(text, bytes, &ns), TD_E_SYNTAX);
        free(text);
    }
}

TEST(epoch_units_by_size)
{
    int64_t base = SECONDS(1717905600);
    CHECK_EQ_I64(epoch("1717905600"), base);
    CHECK_EQ_I64(epoch("1717905600.5"), base + 500000000);
    CHECK_EQ_I64(epoch("1717905600.123456789"), base + 123456789);
    CHECK_EQ_I64(epoch("1717905600.12345678999"), base + 123456789);
    CHECK_EQ_I64(epoch("1717905600123"), base + 123000000);
    CHECK_EQ_I64(epoch("1717905600123.456"), base + 123456000);
    CHECK_EQ_I64(epoch("1717905600123456"), base + 123456000);
    CHECK_EQ_I64(epoch("1717905600123456.7"), base + 123456700);
    CHECK_EQ_I64(epoch("1717905600123456789"), base + 123456789);
    CHECK_EQ_I64(epoch("1717905600123456789.9"), base + 123456789);
    CHECK_EQ_I64(epoch("1.7179056E9"), base);
    CHECK_EQ_I64(epoch("1.717905600123E12"), base + 123000000);
}

TEST(epoch_refused)
{
    CHECK_EQ_I64(epoch(""), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("-1717905600"), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("1717905600."), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("1717905600.1x"), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("1717905600x"), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch(".5"), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("1.7E"), TD_E_SYNTAX);
    CHECK_EQ_I64(epoch("0"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("946684799"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("946684800"), SECONDS(946684800));
    CHECK_EQ_I64(epoch("4102444800"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("999999999999"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("999999999999999"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("99999999999999999999999"), TD_E_RANGE);
    CHECK_EQ_I64(epoch("1E400"), TD_E_RANGE);
}

TEST(texts)
{
    char text[TD_UTC_TEXT_MAX];
    int64_t ns = SECONDS(1790049600) + 123456789;
    CHECK_EQ_I64(td_utc_compact(ns, text), 16);
    CHECK_EQ_STR(text, "20260922T040000Z");
    CHECK_EQ_I64(td_utc_iso(ns, text), 27);
    CHECK_EQ_STR(text, "2026-09-22T04:00:00.123456Z");
    CHECK_EQ_I64(parsed(text), ns - 789);
}

TEST(extremes_have_room)
{
    char text[TD_UTC_TEXT_MAX];
    td_utc_iso(INT64_MIN, text);
    CHECK_EQ_STR(text, "1677-09-21T00:12:43.145224Z");
    td_utc_iso(INT64_MAX, text);
    CHECK_EQ_STR(text, "2262-04-11T23:47:16.854775Z");
    struct td_utc first = td_utc_from_ns(INT64_MIN);
    CHECK(td_utc_to_ns(&first) == INT64_MIN);
    CHECK(!td_utc_plausible(INT64_MIN));
    CHECK(!td_utc_plausible(INT64_MAX));
    CHECK(td_utc_plausible(SECONDS(1790049600)));
}
