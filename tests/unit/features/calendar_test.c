#include "base/utc.h"
#include "features/structural.h"
#include "test.h"

static void check_time(const char *text, int minute, int day_of_week, int is_weekend)
{
    struct feature_row row = {0};
    int64_t ns;

    CHECK_EQ_I64(td_utc_parse(text, (unsigned)strlen(text), &ns), 0);
    calendar_fill(ns, &row);
    CHECK(feature_has(&row, FEATURE_minute) && feature_has(&row, FEATURE_day_of_week));
    CHECK(feature_has(&row, FEATURE_is_weekend));
    CHECK_EQ_F64(row.value[FEATURE_minute], minute);
    CHECK_EQ_F64(row.value[FEATURE_day_of_week], day_of_week);
    CHECK_EQ_F64(row.value[FEATURE_is_weekend], is_weekend);
}

/* Regression: days counted from 1 made Fridays weekends. */
TEST(friday_is_no_weekend)
{
    check_time("2024-03-01T12:34:56Z", 34, 4, 0);
    check_time("2024-03-02T00:00:00Z", 0, 5, 1);
    check_time("2024-03-03T23:59:59.999999999Z", 59, 6, 1);
    check_time("2024-03-04T00:00:00Z", 0, 0, 0);
}

/* The day changes at UTC midnight, to the nanosecond. */
TEST(utc_midnight)
{
    check_time("2024-03-01T23:59:59.999999999Z", 59, 4, 0);
    check_time("2024-02-28T23:59:59Z", 59, 2, 0);
    check_time("2024-02-29T00:00:00Z", 0, 3, 0);
    check_time("2023-12-31T23:59:00Z", 59, 6, 1);
    check_time("2024-01-01T00:01:00Z", 1, 0, 0);
}
