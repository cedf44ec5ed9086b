#include "app/words.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utc.h"

const char *words_span(int64_t ms, char out[WORDS_MAX])
{
    int64_t s = ms / 1000;
    if (ms < 0)
        snprintf(out, WORDS_MAX, "-");
    else if (ms < 10000)
        snprintf(out, WORDS_MAX, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
    else if (s < 120)
        snprintf(out, WORDS_MAX, "%" PRId64 " s", s);
    else if (s < 7200)
        snprintf(out, WORDS_MAX, "%" PRId64 " min", s / 60);
    else if (s < 48 * 3600)
        snprintf(out, WORDS_MAX, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else
        snprintf(out, WORDS_MAX, "%" PRId64 " days", s / 86400);
    return out;
}

const char *words_bytes(int64_t bytes, char out[WORDS_MAX])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    int at = 0;
    for (; value >= 1000 && at < 5; at++)
        value /= 1000;
    snprintf(out, WORDS_MAX, at ? "%.1f %s" : "%.0f %s", value, unit[at]);
    return out;
}

const char *words_moment(int64_t ns, char out[WORDS_MAX])
{
    struct td_utc utc;
    if (!td_utc_plausible(ns)) {
        snprintf(out, WORDS_MAX, "an unknown time");
        return out;
    }
    utc = td_utc_from_ns(ns);
    snprintf(out, WORDS_MAX, "%04d-%02d-%02d %02d:%02d UTC", utc.year % 10000, utc.month % 100,
             utc.day % 100, utc.hour % 100, utc.minute % 100);
    return out;
}

const char *words_share(double share, char out[WORDS_MAX])
{
    int64_t ppm = share < 0 ? -1 : share >= 1 ? 1000000 : (int64_t)(share * 1e6);
    if (ppm < 0)
        snprintf(out, WORDS_MAX, "-");
    else if (ppm == 1000000)
        snprintf(out, WORDS_MAX, "100 %%");
    else
        snprintf(out, WORDS_MAX, "%" PRId64 ".%04" PRId64 " %%", ppm / 10000, ppm % 10000);
    return out;
}
