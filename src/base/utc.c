#include "base/utc.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/limits.h"

#define PLAUSIBLE_FIRST_NS (INT64_C(946684800) * TD_NS_PER_S) /* 2000-01-01 */
#define PLAUSIBLE_END_NS (INT64_C(4102444800) * TD_NS_PER_S)  /* 2100-01-01 */

enum { DAY_S = 86400, DAYS_TO_1970 = 719468 /* from 0000-03-01 */ };

/* Years are counted from March, so the leap day is the last of its year and month lengths follow
   one straight line: (153 m + 2) / 5 days lie before month m (March = 0). 400 years repeat exactly.
 */
static int64_t days_of(int year, int month, int day)
{
    int64_t march_year = month > 2 ? year : year - 1;
    int march_month = month > 2 ? month - 3 : month + 9;
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t of_era = march_year - era * 400;
    int64_t of_year = (153 * march_month + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static void date_of(int64_t days, struct td_utc *utc)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (int)((5 * of_year + 2) / 153);
    utc->day = (int)(of_year - (153 * march_month + 2) / 5) + 1;
    utc->month = march_month < 10 ? march_month + 3 : march_month - 9;
    utc->year = (int)(year_of_era + era * 400) + (utc->month <= 2);
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

struct td_utc td_utc_from_ns(int64_t ns)
{
    int64_t seconds = floor_div(ns, TD_NS_PER_S);
    int64_t days = floor_div(seconds, DAY_S);
    int of_day = (int)(seconds - days * DAY_S);
    struct td_utc utc = {.hour = of_day / 3600, .minute = of_day / 60 % 60, .second = of_day % 60};
    utc.nanosecond = (int32_t)((ns % TD_NS_PER_S + TD_NS_PER_S) % TD_NS_PER_S);
    utc.weekday = (int)(days + 3 - floor_div(days + 3, 7) * 7); /* 1970-01-01 was a Thursday */
    date_of(days, &utc);
    return utc;
}

int64_t td_utc_to_ns(const struct td_utc *utc)
{
    int64_t seconds = days_of(utc->year, utc->month, utc->day) * DAY_S + utc->hour * 3600 +
                      utc->minute * 60 + utc->second;
    /* Unsigned, because the first half second of the range leaves int64 before the fraction is
     * added. */
    return (int64_t)((uint64_t)seconds * (uint64_t)TD_NS_PER_S + (uint64_t)utc->nanosecond);
}

int td_utc_plausible(int64_t ns)
{
    return ns >= PLAUSIBLE_FIRST_NS && ns < PLAUSIBLE_END_NS;
}

/* ---- ISO-8601 ---- */

struct cursor {
    const char *at, *end;
};

/* `count` digits -> value, or -1. */
static int digits(struct cursor *in, int count)
{
    if (in->end - in->at < count)
        return -1;
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)(in->at[i] - '0');
        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    in->at += count;
    return value;
}

static bool skip(struct cursor *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool parse_date(struct cursor *in, struct td_utc *utc)
{
    utc->year = digits(in, 4);
    if (!skip(in, '-'))
        return false;
    utc->month = digits(in, 2);
    if (!skip(in, '-'))
        return false;
    utc->day = digits(in, 2);
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (utc->year < 0 || utc->month < 1 || utc->month > 12 || utc->day < 1)
        return false;
    bool leap = utc->year % 4 == 0 && (utc->year % 100 != 0 || utc->year % 400 == 0);
    return utc->day <= month_days[utc->month - 1] + (leap && utc->month == 2);
}

static bool parse_fraction(struct cursor *in, struct td_utc *utc)
{
    if (!skip(in, '.'))
        return true;
    int count = 0;
    int32_t value = 0;
    for (; in->at < in->end && (unsigned)(*in->at - '0') <= 9; in->at++, count++) {
        if (count == 9)
            return false;
        value = value * 10 + (*in->at - '0');
    }
    utc->nanosecond = value * (int32_t)td_pow10(count ? 9 - count : 0);
    return count > 0;
}

/* Second 60 is a leap second: it lands on the next minute's first. */
static bool parse_clock(struct cursor *in, struct td_utc *utc)
{
    utc->hour = digits(in, 2);
    if (!skip(in, ':'))
        return false;
    utc->minute = digits(in, 2);
    if (!skip(in, ':'))
        return false;
    utc->second = digits(in, 2);
    if (utc->hour < 0 || utc->hour > 23 || utc->minute < 0 || utc->minute > 59 || utc->second < 0 ||
        utc->second > 60)
        return false;
    return parse_fraction(in, utc);
}

/* "Z", "+00:00", "+0000", "+00", or Go's " +0000 UTC m=+1.5": what follows the offset there names
 * the zone once more. */
static bool parse_zone(struct cursor *in, int *offset_s)
{
    *offset_s = 0;
    if (skip(in, 'Z'))
        return in->at == in->end;
    bool go_text = skip(in, ' ');
    int sign = skip(in, '+') ? 1 : skip(in, '-') ? -1 : 0;
    int hours = digits(in, 2);
    if (sign == 0 || hours < 0 || hours > 23)
        return false;
    int minutes = 0;
    if (in->at < in->end && *in->at != ' ') {
        skip(in, ':');
        minutes = digits(in, 2);
    }
    *offset_s = sign * (hours * 3600 + minutes * 60);
    if (minutes < 0 || minutes > 59)
        return false;
    return in->at == in->end || (go_text && *in->at == ' ');
}

td_err td_utc_parse(const char *text, size_t bytes, int64_t *ns)
{
    struct cursor in = {text, text + bytes};
    struct td_utc utc = {0};
    int offset_s;
    TD_FAIL_IF(!parse_date(&in, &utc), TD_E_SYNTAX);
    TD_FAIL_IF(!skip(&in, 'T') && !skip(&in, ' '), TD_E_SYNTAX);
    TD_FAIL_IF(!parse_clock(&in, &utc) || !parse_zone(&in, &offset_s), TD_E_SYNTAX);
    TD_FAIL_IF(utc.year < 1999 || utc.year > 2100, TD_E_RANGE);
    int64_t value = td_utc_to_ns(&utc) - offset_s * TD_NS_PER_S;
    TD_FAIL_IF(!td_utc_plausible(value), TD_E_RANGE);
    *ns = value;
    return 0;
}

/* ---- numbers without a unit ------------------------------------------------------------------ */

/* Decimals of a second that one unit step has, by the size of the whole number. */
static int unit_scale(int64_t whole)
{
    if (whole < INT64_C(1000000000000))
        return 9;
    if (whole < INT64_C(1000000000000000))
        return 6;
    return whole < INT64_C(1000000000000000000) ? 3 : 0;
}

/* Java prints 1.7179056E9: rare, so it goes through the exact decimal at each unit in turn. */
static td_err exponent_epoch(const char *text, size_t bytes, int64_t *ns)
{
    for (int scale = 9; scale >= 0; scale -= 3) {
        int64_t steps;
        td_err err = td_decimal_to_steps(text, bytes, scale, &steps);
        if (err == TD_E_OVERFLOW || err == TD_E_OFF_GRID)
            continue;
        TD_TRY(err);
        if (unit_scale(steps / td_pow10(scale)) != scale)
            continue;
        *ns = steps;
        return td_utc_plausible(steps) ? 0 : TD_E_RANGE;
    }
    return TD_E_RANGE;
}

/* Digits finer than a nanosecond are dropped: no venue's clock means them. */
static td_err add_fraction(const char *text, size_t bytes, int scale, int64_t *ns)
{
    TD_FAIL_IF(bytes == 0, TD_E_SYNTAX);
    int64_t unit = td_pow10(scale);
    for (size_t i = 0; i < bytes; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        TD_FAIL_IF(digit > 9, TD_E_SYNTAX);
        unit /= 10;
        *ns += digit * unit;
    }
    return 0;
}

td_err td_epoch_parse(const char *text, size_t bytes, int64_t *ns)
{
    size_t whole_bytes = 0;
    while (whole_bytes < bytes && (unsigned)(text[whole_bytes] - '0') <= 9)
        whole_bytes++;
    for (size_t i = whole_bytes; i < bytes; i++)
        if (text[i] == 'e' || text[i] == 'E')
            return exponent_epoch(text, bytes, ns);
    int64_t whole, value;
    td_err err = td_integer_parse(text, whole_bytes, &whole);
    TD_FAIL_IF(err == TD_E_OVERFLOW, TD_E_RANGE);
    TD_TRY(err);
    int scale = unit_scale(whole);
    TD_FAIL_IF(__builtin_mul_overflow(whole, td_pow10(scale), &value), TD_E_RANGE);
    TD_FAIL_IF(value >= PLAUSIBLE_END_NS, TD_E_RANGE);
    if (whole_bytes < bytes) {
        TD_FAIL_IF(text[whole_bytes] != '.', TD_E_SYNTAX);
        TD_TRY(add_fraction(text + whole_bytes + 1, bytes - whole_bytes - 1, scale, &value));
    }
    TD_FAIL_IF(!td_utc_plausible(value), TD_E_RANGE);
    *ns = value;
    return 0;
}

/* ---- texts ---- */

size_t td_utc_compact(int64_t ns, char out[TD_UTC_TEXT_MAX])
{
    struct td_utc at = td_utc_from_ns(ns);
    return (size_t)snprintf(out, TD_UTC_TEXT_MAX, "%04d%02d%02dT%02d%02d%02dZ", at.year, at.month,
                            at.day, at.hour, at.minute, at.second);
}

size_t td_utc_iso(int64_t ns, char out[TD_UTC_TEXT_MAX])
{
    struct td_utc at = td_utc_from_ns(ns);
    return (size_t)snprintf(out, TD_UTC_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", at.year,
                            at.month, at.day, at.hour, at.minute, at.second,
                            (int)(at.nanosecond / TD_NS_PER_US));
}
