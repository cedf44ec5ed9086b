#include "sync/pace.h"

#include <stdbool.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"

enum { MINUTE_S = 60, LEAST_BYTES = 1000 };

static bool is_quiet(const struct pace_hours *hours, int minute)
{
    return hours->quiet[minute / 8] & 1u << minute % 8;
}

/* Two digits at *at, moved behind them; -1 none. */
static int two_digits(const char **at)
{
    const char *text = *at;
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    *at += 2;
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* "HH:MM" at *at, 24:00 too. Minutes, or a td_err. */
static int read_time(const char **at)
{
    int hour = two_digits(at);
    TD_FAIL_IF(hour < 0 || **at != ':', TD_E_SYNTAX);
    ++*at;
    int minute = two_digits(at);
    TD_FAIL_IF(minute < 0, TD_E_SYNTAX);
    TD_FAIL_IF(minute > 59 || hour * 60 + minute > PACE_MINUTES, TD_E_RANGE);
    return hour * 60 + minute;
}

static td_err read_window(struct pace_hours *hours, const char **at)
{
    int from = read_time(at);
    if (from < 0)
        return from;
    TD_FAIL_IF(*(*at)++ != '-', TD_E_SYNTAX);
    int to = read_time(at);
    if (to < 0)
        return to;
    TD_FAIL_IF(from % PACE_MINUTES == to % PACE_MINUTES, TD_E_RANGE);
    for (int minute = from % PACE_MINUTES; minute != to % PACE_MINUTES;
         minute = (minute + 1) % PACE_MINUTES)
        hours->quiet[minute / 8] |= (uint8_t)(1u << minute % 8);
    return 0;
}

td_err pace_hours_parse(struct pace_hours *hours, const char *text)
{
    int work = 0;
    *hours = (struct pace_hours){0};
    for (const char *at = text + strspn(text, " \t"); *at;) {
        TD_TRY(read_window(hours, &at));
        at += strspn(at, " \t");
        TD_FAIL_IF(*at && *at != ',', TD_E_SYNTAX);
        if (*at) {
            at += 1 + strspn(at + 1, " \t");
            TD_FAIL_IF(!*at, TD_E_SYNTAX);
        }
    }
    for (int minute = 0; minute < PACE_MINUTES; minute++)
        work += !is_quiet(hours, minute);
    return work ? 0 : TD_E_RANGE;
}

int64_t pace_quiet_ns(const struct pace_hours *hours, int64_t wall_ns)
{
    int64_t second = wall_ns / TD_NS_PER_S % ((int64_t)PACE_MINUTES * MINUTE_S);
    int now = (int)(second / MINUTE_S), minutes = 0;
    while (minutes < PACE_MINUTES && is_quiet(hours, (now + minutes) % PACE_MINUTES))
        minutes++;
    if (minutes == 0)
        return 0;
    return minutes * MINUTE_S * TD_NS_PER_S - wall_ns % (MINUTE_S * TD_NS_PER_S);
}

td_err pace_bytes_parse(const char *text, int64_t *bytes_per_s)
{
    static const char units[3] = {'K', 'M', 'G'};
    size_t bytes = strlen(text);
    const char *unit = bytes ? memchr(units, text[bytes - 1] & ~0x20, 3) : NULL;
    int64_t value = 0;
    if (bytes)
        TD_TRY(td_integer_parse(text, bytes - (unit != NULL), &value));
    for (long i = unit ? unit - units : -1; i >= 0; i--)
        TD_FAIL_IF(__builtin_mul_overflow(value, 1000, &value), TD_E_RANGE);
    TD_FAIL_IF(value < 0 || (value > 0 && value < LEAST_BYTES), TD_E_RANGE);
    *bytes_per_s = value;
    return 0;
}
