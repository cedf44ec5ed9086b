#include "features/session.h"

#include <string.h>

#include "base/limits.h"
#include "base/utc.h"

#define DAY_NS (24 * TD_NS_PER_HOUR)
#define MINUTE_NS (60 * TD_NS_PER_S)

static int64_t floor_days(int64_t ns)
{
    return ns / DAY_NS - (ns % DAY_NS < 0);
}

/* Day numbers count from 1970-01-01, a Thursday; Monday = 0. */
static int weekday_of(int64_t day)
{
    int64_t weekday = (day + 3) % 7;
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

static int64_t first_of_month(int year, int month)
{
    struct td_utc first = {.year = year, .month = month, .day = 1};
    return floor_days(td_utc_to_ns(&first));
}

/* Day number of the n-th Sunday of a month, counted from 1. */
static int64_t nth_sunday(int year, int month, int n)
{
    int64_t first = first_of_month(year, month);
    return first + 6 - weekday_of(first) + INT64_C(7) * (n - 1);
}

static int64_t last_sunday(int year, int month)
{
    int64_t last = first_of_month(year, month + 1) - 1;
    return last - (weekday_of(last) + 1) % 7;
}

/* Clocks change at 02:00 of the time that ends: 07:00 UTC in spring, 06:00 UTC in autumn. */
static bool daylight_saving(int64_t ns)
{
    int year = td_utc_from_ns(ns).year;
    bool since_2007 = year >= 2007;
    int64_t spring = since_2007 ? nth_sunday(year, 3, 2) : nth_sunday(year, 4, 1);
    int64_t autumn = since_2007 ? nth_sunday(year, 11, 1) : last_sunday(year, 10);

    return ns >= spring * DAY_NS + 7 * TD_NS_PER_HOUR && ns < autumn * DAY_NS + 6 * TD_NS_PER_HOUR;
}

static int64_t new_york_offset(int64_t ns)
{
    return (daylight_saving(ns) ? -4 : -5) * TD_NS_PER_HOUR;
}

static int32_t date_of(int64_t day)
{
    struct td_utc utc = td_utc_from_ns(day * DAY_NS);
    return utc.year * 10000 + utc.month * 100 + utc.day;
}

/* Clocks change on Sundays only, so that one offset holds for a whole trading day: that of its noon. */
static struct session new_york_day(int64_t day)
{
    int64_t midnight = day * DAY_NS;
    int64_t utc = midnight - new_york_offset(midnight + 17 * TD_NS_PER_HOUR);

    return (struct session){
        .open_ns = utc + 9 * TD_NS_PER_HOUR + 30 * MINUTE_NS,
        .close_ns = utc + 16 * TD_NS_PER_HOUR,
        .premarket_ns = utc + 4 * TD_NS_PER_HOUR,
        .date = date_of(day),
    };
}

static struct session new_york(int64_t ns)
{
    int64_t day = floor_days(ns + new_york_offset(ns));
    struct session session = new_york_day(day);

    while (weekday_of(day) > 4 || ns >= session.close_ns)
        session = new_york_day(++day);
    return session;
}

struct session session_of(enum session_kind kind, int64_t ns)
{
    if (kind == SESSION_RTH_ET)
        return new_york(ns);
    int64_t day = floor_days(ns);
    return (struct session){
        .open_ns = day * DAY_NS,
        .close_ns = (day + 1) * DAY_NS,
        .premarket_ns = day * DAY_NS,
        .date = date_of(day),
    };
}

bool session_open(enum session_kind kind, int64_t ns)
{
    return ns >= session_of(kind, ns).open_ns;
}

int session_find(const char *name)
{
    static const char *const names[] = {"utc_day", "rth_et"};

    for (int i = 0; i < 2; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}
