#include "features/session.h"

#include "base/limits.h"
#include "base/utc.h"
#include "test.h"

#define MINUTE (60 * TD_NS_PER_S)

static int64_t at(const char *text)
{
    int64_t ns;
    CHECK_EQ_I64(td_utc_parse(text, strlen(text), &ns), 0);
    return ns;
}

static void opens(const char *when, int32_t date, const char *open, const char *close)
{
    struct session s = session_of(SESSION_RTH_ET, at(when));
    CHECK_EQ_I64(s.date, date);
    CHECK_EQ_I64(s.open_ns, at(open));
    CHECK_EQ_I64(s.close_ns, at(close));
    CHECK_EQ_I64(s.premarket_ns, s.open_ns - 330 * MINUTE);
}

TEST(utc_day_is_the_day)
{
    struct session s = session_of(SESSION_UTC_DAY, at("2026-09-21T23:59:59.999Z"));
    CHECK_EQ_I64(s.date, 20260921);
    CHECK_EQ_I64(s.open_ns, at("2026-09-21T00:00:00Z"));
    CHECK_EQ_I64(s.close_ns, at("2026-09-22T00:00:00Z"));
    CHECK_EQ_I64(s.premarket_ns, s.open_ns);
    CHECK(session_open(SESSION_UTC_DAY, s.open_ns));
}

TEST(march_moves_the_session_an_hour_earlier)
{
    opens("2026-03-06T15:00:00Z", 20260306, "2026-03-06T14:30:00Z", "2026-03-06T21:00:00Z");
    opens("2026-03-08T12:00:00Z", 20260309, "2026-03-09T13:30:00Z", "2026-03-09T20:00:00Z");
    opens("2024-03-11T13:30:00Z", 20240311, "2024-03-11T13:30:00Z", "2024-03-11T20:00:00Z");
}

TEST(november_moves_it_back)
{
    opens("2026-10-30T19:59:59Z", 20261030, "2026-10-30T13:30:00Z", "2026-10-30T20:00:00Z");
    opens("2026-11-01T06:00:00Z", 20261102, "2026-11-02T14:30:00Z", "2026-11-02T21:00:00Z");
    opens("2024-11-04T20:59:00Z", 20241104, "2024-11-04T14:30:00Z", "2024-11-04T21:00:00Z");
}

TEST(before_2007_the_rules_were_of_april_and_october)
{
    opens("2006-03-27T15:00:00Z", 20060327, "2006-03-27T14:30:00Z", "2006-03-27T21:00:00Z");
    opens("2006-04-03T15:00:00Z", 20060403, "2006-04-03T13:30:00Z", "2006-04-03T20:00:00Z");
    opens("2006-10-30T15:00:00Z", 20061030, "2006-10-30T14:30:00Z", "2006-10-30T21:00:00Z");
}

TEST(between_two_sessions_it_is_the_next)
{
    opens("2026-09-18T20:00:00Z", 20260921, "2026-09-21T13:30:00Z", "2026-09-21T20:00:00Z");
    opens("2026-09-22T01:00:00Z", 20260922, "2026-09-22T13:30:00Z", "2026-09-22T20:00:00Z");
    CHECK(!session_open(SESSION_RTH_ET, at("2026-09-21T13:29:59.999999999Z")));
    CHECK(session_open(SESSION_RTH_ET, at("2026-09-21T13:30:00Z")));
    CHECK(!session_open(SESSION_RTH_ET, at("2026-09-21T20:00:00Z")));
    CHECK(!session_open(SESSION_RTH_ET, at("2026-09-19T15:00:00Z")));
}

TEST(names)
{
    CHECK_EQ_I64(session_find("utc_day"), SESSION_UTC_DAY);
    CHECK_EQ_I64(session_find("rth_et"), SESSION_RTH_ET);
    CHECK_EQ_I64(session_find("rth"), -1);
}
