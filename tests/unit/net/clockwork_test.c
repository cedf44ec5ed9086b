#include "net/clockwork.h"

#include <stdio.h>

#include "base/limits.h"
#include "test.h"

#define S TD_NS_PER_S
#define NOON (INT64_C(1782648000) * S) /* 2026-06-28 12:00 UTC */

/* A clock that lies: the monotonic one goes on second by second, the wall one as told. */
struct liar {
    struct clockwork work;
    struct clockwork_sample sample;
    struct clockwork_reading reading;
};

static struct liar liar(int64_t wall_ns, bool synced)
{
    return (struct liar){.sample = {.wall_ns = wall_ns,
                                    .mono_ns = 7 * S,
                                    .known = true,
                                    .discipline = {synced, 1500, 40000, -1200}}};
}

static bool tick(struct liar *liar, int64_t step_ns)
{
    bool told = clockwork_tick(&liar->work, &liar->sample, &liar->reading);
    liar->sample.mono_ns += S, liar->sample.wall_ns += S + step_ns;
    return told;
}

static const char *text(const struct liar *liar)
{
    static char out[CLOCKWORK_TEXT_MAX];
    size_t bytes = clockwork_write(&liar->reading, out);
    CHECK_EQ_U64(bytes, strlen(out));
    return out;
}

TEST(first_one_and_then_once_a_minute)
{
    struct liar at = liar(NOON, true);
    unsigned told = 0;
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=synced method=ntp offset_ns=1500 error_ns=40000 freq_ppb=-1200");
    for (int s = 1; s <= 600; s++) {
        bool now = tick(&at, 0);
        CHECK_EQ_I64(now, s % 60 == 0);
        told += now;
    }
    CHECK_EQ_I64(told, 10);
}

/* Each step is told once, with what it was, and the state after it in the next second. */
TEST(steps)
{
    static const int64_t steps_ns[] = {
        3600 * S, -86400 * S, S, 100 * TD_NS_PER_MS, -100 * TD_NS_PER_MS, 56 * 365 * 86400 * S};
    for (size_t i = 0; i < sizeof steps_ns / sizeof *steps_ns; i++) {
        struct liar at = liar(NOON, true);
        char expected[CLOCKWORK_TEXT_MAX];
        tick(&at, 0);
        CHECK(!tick(&at, steps_ns[i]));
        CHECK(tick(&at, 0));
        snprintf(
            expected, sizeof expected,
            "state=stepped method=ntp offset_ns=1500 error_ns=40000 freq_ppb=-1200 step_ns=%lld",
            (long long)steps_ns[i]);
        CHECK_EQ_STR(text(&at), expected);
        CHECK(tick(&at, 0));
        CHECK_EQ_I64(at.reading.state, TD_CLOCK_SYNCED);
        CHECK(!at.reading.has_step);
        CHECK(!tick(&at, 0));
    }
}

TEST(two_steps_in_two_seconds_are_two)
{
    struct liar at = liar(NOON, false);
    tick(&at, 3600 * S);
    CHECK(tick(&at, -3600 * S));
    CHECK_EQ_I64(at.reading.step_ns, 3600 * S);
    CHECK(tick(&at, 0));
    CHECK_EQ_I64(at.reading.step_ns, -3600 * S);
}

/* 500 ppm is the most that the kernel slews; below 100 ms in a second nothing is a step. */
TEST(drift_is_no_step)
{
    struct liar at = liar(NOON, true);
    tick(&at, 0);
    for (int s = 1; s < 3600; s++) {
        CHECK_EQ_I64(tick(&at, s % 2 ? 500 * TD_NS_PER_US : 99 * TD_NS_PER_MS), s % 60 == 0);
        CHECK(!at.reading.has_step);
        CHECK_EQ_I64(at.reading.state, TD_CLOCK_SYNCED);
    }
}

TEST(lost_sync_is_holdover_until_a_step)
{
    struct liar at = liar(NOON, true);
    tick(&at, 0);
    at.sample.discipline.synced = false;
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=holdover method=ntp freq_ppb=-1200");
    CHECK(!tick(&at, -2 * S));
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=stepped method=none freq_ppb=-1200 step_ns=-2000000000");
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=unsynced method=none freq_ppb=-1200");
    at.sample.discipline.synced = true;
    CHECK(tick(&at, 0));
    CHECK_EQ_I64(at.reading.state, TD_CLOCK_SYNCED);
}

/* A Pi without network, then with: 1970, a step of half a century, synced. */
TEST(from_1970_to_now)
{
    struct liar at = liar(3 * S, false);
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=unsynced method=none freq_ppb=-1200");
    CHECK(!tick(&at, NOON - 5 * S));
    at.sample.discipline.synced = true;
    CHECK(tick(&at, 0));
    CHECK_EQ_I64(at.reading.state, TD_CLOCK_STEPPED);
    CHECK_EQ_I64(at.reading.step_ns, NOON - 5 * S);
    CHECK_EQ_I64(at.reading.method, TD_CLOCK_NTP);
    CHECK(tick(&at, 0));
    CHECK_EQ_I64(at.reading.state, TD_CLOCK_SYNCED);
}

TEST(floor_is_the_method_until_a_daemon_takes_over)
{
    struct liar at = liar(NOON, false);
    at.work.floor = true;
    at.sample.known = false;
    CHECK(tick(&at, 0));
    CHECK_EQ_STR(text(&at), "state=unsynced method=floor");
    at.sample.known = at.sample.discipline.synced = true;
    CHECK(tick(&at, 0));
    CHECK_EQ_I64(at.reading.method, TD_CLOCK_NTP);
}

/* Nothing was looked at for ten minutes: progress alone is no step, whatever its length. */
TEST(pause_is_no_step)
{
    struct liar at = liar(NOON, true);
    tick(&at, 0);
    at.sample.mono_ns += 600 * S, at.sample.wall_ns += 600 * S;
    CHECK(tick(&at, 0));
    CHECK(!at.reading.has_step);
}

TEST(ends_of_time_do_not_wrap)
{
    struct liar at = liar(INT64_MIN + 1, false);
    tick(&at, 0);
    at.sample.wall_ns = INT64_MAX;
    CHECK(tick(&at, -2 * S));
    CHECK_EQ_I64(at.reading.step_ns, INT64_MAX);
    at.sample.wall_ns = INT64_MIN;
    tick(&at, 0);
    CHECK_EQ_I64(at.reading.step_ns, INT64_MIN);
}

TEST(real_clock_is_looked_at)
{
    struct clockwork_sample sample = clockwork_look(&td_os_linux()->clock);
    CHECK(sample.wall_ns > 0 && sample.mono_ns > 0);
    CHECK(!sample.known || sample.discipline.error_ns >= 0);
    struct td_clock bare = td_os_linux()->clock;
    bare.discipline = NULL;
    CHECK(!clockwork_look(&bare).known);
}

static td_err reads(const char *payload, struct clockwork_reading *reading)
{
    return clockwork_read(payload, strlen(payload), reading);
}

TEST(what_is_written_is_read)
{
    struct clockwork_reading out = {.state = TD_CLOCK_HOLDOVER,
                                    .method = TD_CLOCK_RTC,
                                    .has_error = true,
                                    .error_ns = INT64_MAX,
                                    .has_offset = true,
                                    .offset_ns = INT64_MIN,
                                    .has_step = true,
                                    .step_ns = INT64_MIN,
                                    .has_freq = true,
                                    .freq_ppb = INT32_MIN};
    struct clockwork_reading in;
    char payload[CLOCKWORK_TEXT_MAX];
    CHECK_EQ_I64(clockwork_read(payload, clockwork_write(&out, payload), &in), 0);
    CHECK_EQ_I64(in.state, out.state);
    CHECK_EQ_I64(in.method, out.method);
    CHECK_EQ_I64(in.offset_ns, INT64_MIN);
    CHECK_EQ_I64(in.error_ns, INT64_MAX);
    CHECK_EQ_I64(in.step_ns, INT64_MIN);
    CHECK_EQ_I64(in.freq_ppb, INT32_MIN);
    CHECK(in.has_offset && in.has_error && in.has_step && in.has_freq);
    CHECK_EQ_I64(reads("state=stepped method=sntp server=pool.example", &in), 0);
    CHECK(!in.has_offset && !in.has_error && !in.has_freq && !in.has_step);
    CHECK_EQ_I64(in.method, TD_CLOCK_SNTP);
}

TEST(other_texts_are_refused)
{
    static const char *const texts[] = {
        "",
        "state=synced",
        "method=ntp",
        "state= method=ntp",
        "state=sync method=ntp",
        "state=synced method=ntp offset_ns=",
        "state=synced method=ntp offset_ns=1e3",
        "state=synced method=ntp offset_ns=9223372036854775808",
        "state=synced method=ntp freq_ppb=2147483648",
        "state=synced method=ntp step_ns=1 step_ns=2",
        "state=synced method=ntp words",
        "state=synced  method=ntp",
    };
    struct clockwork_reading reading;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (reads(texts[i], &reading) != TD_E_SYNTAX)
            FAIL("taken: %s", texts[i]);
}
