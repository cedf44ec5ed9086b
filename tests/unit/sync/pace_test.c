#include "test.h"

#include "base/limits.h"
#include "sync/pace.h"

static struct pace_hours hours;

/* Seconds that work waits at this time of 2026-09-21. */
static int64_t waits(int hour, int minute, int second)
{
    int64_t day_s = INT64_C(1789948800);
    return pace_quiet_ns(&hours, (day_s + hour * 3600 + minute * 60 + second) * TD_NS_PER_S) /
           TD_NS_PER_S;
}

TEST(no_hours_no_waiting)
{
    CHECK_EQ_I64(pace_hours_parse(&hours, ""), 0);
    for (int hour = 0; hour < 24; hour++)
        CHECK_EQ_I64(waits(hour, 59, 59), 0);
}

TEST(a_window_of_the_day)
{
    CHECK_EQ_I64(pace_hours_parse(&hours, " 08:00-20:00 "), 0);
    CHECK_EQ_I64(waits(7, 59, 59), 0);
    CHECK_EQ_I64(waits(8, 0, 0), 12 * 3600);
    CHECK_EQ_I64(waits(19, 59, 59), 1);
    CHECK_EQ_I64(waits(20, 0, 0), 0);
}

TEST(past_midnight_and_several)
{
    CHECK_EQ_I64(pace_hours_parse(&hours, "22:30-01:15, 01:15-02:00,12:00-13:00"), 0);
    CHECK_EQ_I64(waits(22, 29, 59), 0);
    CHECK_EQ_I64(waits(22, 30, 0), 3 * 3600 + 1800);
    CHECK_EQ_I64(waits(0, 0, 0), 2 * 3600);
    CHECK_EQ_I64(waits(2, 0, 0), 0);
    CHECK_EQ_I64(waits(12, 30, 30), 1770);
    CHECK_EQ_I64(pace_hours_parse(&hours, "20:00-24:00"), 0);
    CHECK_EQ_I64(waits(23, 59, 0), 60);
    CHECK_EQ_I64(waits(0, 0, 0), 0);
}

TEST(parts_of_a_second_count)
{
    CHECK_EQ_I64(pace_hours_parse(&hours, "08:00-08:01"), 0);
    CHECK_EQ_I64(pace_quiet_ns(&hours, (INT64_C(1789948800) + 8 * 3600) * TD_NS_PER_S + 1),
                 60 * TD_NS_PER_S - 1);
}

TEST(what_is_no_hours)
{
    static const char *const wrong[] = {"8:00-20:00",   "08:00",        "08:00-",
                                        "08:00-20",     "08:00-20:00,", "08:00-20:00 09:00-10:00",
                                        "08.00-20.00",  "morning",      "08:00-20:00;",
                                        "08:00 - 20:00"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (pace_hours_parse(&hours, wrong[i]) != TD_E_SYNTAX)
            FAIL("%s", wrong[i]);
    static const char *const impossible[] = {"08:00-25:00", "08:60-09:00",
                                             "24:01-02:00", "08:00-08:00",
                                             "00:00-24:00", "00:00-12:00,12:00-24:00"};
    for (unsigned i = 0; i < sizeof impossible / sizeof *impossible; i++)
        if (pace_hours_parse(&hours, impossible[i]) != TD_E_RANGE)
            FAIL("%s", impossible[i]);
}

TEST(bytes_a_second)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } given[] = {{"", 0},          {"0", 0},        {"1500000", 1500000}, {"500K", 500000},
                 {"500k", 500000}, {"2M", 2000000}, {"1G", 1000000000}};
    int64_t bytes;
    for (unsigned i = 0; i < sizeof given / sizeof *given; i++) {
        CHECK_EQ_I64(pace_bytes_parse(given[i].text, &bytes), 0);
        CHECK_EQ_I64(bytes, given[i].bytes);
    }
    CHECK_EQ_I64(pace_bytes_parse("fast", &bytes), TD_E_SYNTAX);
    CHECK_EQ_I64(pace_bytes_parse("2MB", &bytes), TD_E_SYNTAX);
    CHECK_EQ_I64(pace_bytes_parse("M", &bytes), TD_E_SYNTAX);
    CHECK_EQ_I64(pace_bytes_parse("2 ", &bytes), TD_E_SYNTAX);
    CHECK_EQ_I64(pace_bytes_parse("-1M", &bytes), TD_E_RANGE);
    CHECK_EQ_I64(pace_bytes_parse("10", &bytes), TD_E_RANGE);
    CHECK_EQ_I64(pace_bytes_parse("9999999999999G", &bytes), TD_E_RANGE);
}
