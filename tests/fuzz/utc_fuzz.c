/* Time texts against a plain reader that counts days one by one, bare numbers against the rule of their size, and the texts that are
   written against what they were made of. The first byte picks: text, number, or eight bytes as ns. */
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/utc.h"
#include "venue/scan.h"

enum { UTC_FUZZ_MAX = 80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int plain_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days from 1970 on, a month after the other. */
static int64_t plain_days(int year, int month, int day)
{
    int64_t days = 0;
    for (int y = 1970; y < year; y++)
        for (int m = 1; m <= 12; m++)
            days += plain_month(y, m);
    for (int m = 1; m < month; m++)
        days += plain_month(year, m);
    return days + day - 1;
}

static bool plain_two(const char *at, int *value)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *value = (at[0] - '0') * 10 + at[1] - '0';
    return true;
}

/* Zone: true and its seconds when the text is one of the forms of the contract. */
static bool plain_zone(const char *at, int *offset_s)
{
    int hours = 0, minutes = 0, sign;
    bool spaced = *at == ' ';
    *offset_s = 0;
    if (*at == 'Z')
        return at[1] == 0;
    at += spaced;
    sign = *at == '+' ? 1 : *at == '-' ? -1 : 0;
    if (sign == 0 || !plain_two(at + 1, &hours) || hours > 23)
        return false;
    at += 3;
    if (*at != 0 && *at != ' ') {
        at += *at == ':';
        if (!plain_two(at, &minutes) || minutes > 59)
            return false;
        at += 2;
    }
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return *at == 0 || (spaced && *at == ' ');
}

/* "YYYY-MM-DD?hh:mm:ss": the numbers, or false. */
static bool plain_fields(const char *text, int field[7])
{
    static const struct {
        int at;
        char before;
    } form[7] = {{0, 0}, {2, 0}, {5, '-'}, {8, '-'}, {11, 0}, {14, ':'}, {17, ':'}};
    if (strlen(text) < 19 || (text[10] != 'T' && text[10] != ' '))
        return false;
    for (int i = 0; i < 7; i++)
        if (!plain_two(text + form[i].at, &field[i]) ||
            (form[i].before && text[form[i].at - 1] != form[i].before))
            return false;
    return true;
}

static bool plain_utc(const char *text, int64_t *ns, bool *in_range)
{
    int field[7], offset_s;
    if (!plain_fields(text, field))
        return false;
    int year = field[0] * 100 + field[1], month = field[2], day = field[3];
    if (month < 1 || month > 12 || day < 1 || day > plain_month(year, month) || field[4] > 23 ||
        field[5] > 59 || field[6] > 60)
        return false;
    const char *at = text + 19;
    int64_t fraction = 0;
    if (*at == '.') {
        int count = 0;
        for (at++; *at >= '0' && *at <= '9'; at++, count++)
            fraction = count < 9 ? fraction * 10 + (*at - '0') : fraction;
        if (count == 0 || count > 9)
            return false;
        for (; count < 9; count++)
            fraction *= 10;
    }
    if (!plain_zone(at, &offset_s))
        return false;
    *in_range = year >= 1999 && year <= 2100;
    if (*in_range) {
        int64_t seconds = plain_days(year, month, day) * 86400 + field[4] * 3600 + field[5] * 60 +
                          field[6] - offset_s;
        *ns = seconds * TD_NS_PER_S + fraction;
        *in_range = seconds >= INT64_C(946684800) && seconds < INT64_C(4102444800);
    }
    return true;
}

static void check_text(const char *text, size_t bytes)
{
    int64_t ours = 0, theirs = 0, scanned;
    bool in_range = false;
    td_err wanted = !plain_utc(text, &theirs, &in_range) ? TD_E_SYNTAX : in_range ? 0 : TD_E_RANGE;
    td_err got = td_utc_parse(text, bytes, &ours);
    TD_ASSERT(got == wanted && (got < 0 || ours == theirs), "the time as by hand");
    if (bytes == SCAN_UTC_BYTES && scan_utc_us(text, &scanned))
        TD_ASSERT(got == 0 && scanned == ours, "the fixed form gives the same time");
}

/* What is taken, is a plausible time of one of the four units. */
static void check_number(const char *text, size_t bytes)
{
    int64_t ns, whole;
    if (td_epoch_parse(text, bytes, &ns) < 0)
        return;
    TD_ASSERT(td_utc_plausible(ns), "a time of this century");
    if (td_integer_parse(text, bytes, &whole) < 0)
        return;
    int64_t unit = whole < INT64_C(1000000000000)         ? TD_NS_PER_S
                   : whole < INT64_C(1000000000000000)    ? TD_NS_PER_MS
                   : whole < INT64_C(1000000000000000000) ? TD_NS_PER_US
                                                          : 1;
    TD_ASSERT(ns == whole * unit, "the unit by the size");
}

static void check_written(int64_t ns)
{
    char iso[TD_UTC_TEXT_MAX], compact[TD_UTC_TEXT_MAX];
    struct td_utc utc = td_utc_from_ns(ns);
    int64_t back, micros = ns / TD_NS_PER_US * TD_NS_PER_US;
    TD_ASSERT(td_utc_to_ns(&utc) == ns, "fields lead back");
    TD_ASSERT(td_utc_iso(ns, iso) == strlen(iso), "a text ends");
    TD_ASSERT(td_utc_compact(ns, compact) == strlen(compact), "a text ends");
    if (!td_utc_plausible(ns))
        return;
    TD_ASSERT(td_utc_parse(iso, strlen(iso), &back) == 0 && back == micros, "the text leads back");
    TD_ASSERT(plain_days(utc.year, utc.month, utc.day) == ns / TD_NS_PER_S / 86400,
              "the day as counted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char text[UTC_FUZZ_MAX];
    int64_t ns = 0;
    if (bytes < 1 || bytes > sizeof text)
        return 0;
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = 0;
    if (data[0] % 3 == 2) {
        memcpy(&ns, text, bytes - 1 < sizeof ns ? bytes - 1 : sizeof ns);
        check_written(ns);
    } else if (strlen(text) == bytes - 1) {
        (data[0] % 3 ? check_number : check_text)(text, bytes - 1);
    }
    return 0;
}
