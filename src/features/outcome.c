#include "features/outcome.h"

#include <math.h>

#include "base/limits.h"
#include "features/minute.h"

#define FORWARD_NS (9 * MINUTE_NS) /* 8 min, and the minute that begins at their end */

static const int64_t window_ns[OUTCOME_WINDOWS] = {2 * MINUTE_NS, 4 * MINUTE_NS, 8 * MINUTE_NS};

static int64_t anchor_of(const struct outcome *o, unsigned window)
{
    return o->touch.ts_ns - MINUTE_NS + window_ns[window];
}

void outcome_init(struct outcome *o, const struct outcome_touch *touch)
{
    *o = (struct outcome){.touch = *touch};
    for (unsigned i = 0; i < OUTCOME_WINDOWS; i++) {
        o->path[i].anchor_spot = touch->spot;
        for (unsigned t = 0; t < 2; t++)
            o->path[i].break_ns[t] = o->path[i].bounce_ns[t] = INT64_MAX;
    }
}

static void follow(struct outcome_path *path, const struct outcome_touch *touch, int64_t since_ns,
                   double price)
{
    double beyond = touch->up ? price - touch->level : touch->level - price;

    if (since_ns < MINUTE_NS && !path->has_open) {
        path->anchor_spot = price;
        path->has_open = true;
    }
    path->most = path->any ? fmax(path->most, beyond) : beyond;
    path->least = path->any ? fmin(path->least, beyond) : beyond;
    path->any = true;
    path->last = price;
    for (unsigned t = 0; t < 2; t++) {
        if (beyond >= touch->threshold[t] && path->break_ns[t] == INT64_MAX)
            path->break_ns[t] = since_ns;
        if (-beyond >= touch->threshold[t] && path->bounce_ns[t] == INT64_MAX)
            path->bounce_ns[t] = since_ns;
    }
}

void outcome_trade(struct outcome *o, int64_t ts_ns, double price)
{
    for (unsigned i = 0; i < OUTCOME_WINDOWS; i++) {
        int64_t since_ns = ts_ns - anchor_of(o, i);
        if (since_ns < 0)
            o->path[i].anchor_spot = price;
        else if (since_ns < FORWARD_NS)
            follow(&o->path[i], &o->touch, since_ns, price);
    }
}

int64_t outcome_end_ns(const struct outcome *o)
{
    return anchor_of(o, OUTCOME_8MIN) + FORWARD_NS;
}

static double seconds_or_never(int64_t ns)
{
    return ns == INT64_MAX ? -1 : (double)ns / (double)TD_NS_PER_S;
}

static uint8_t word_of(const struct outcome_path *path, double strength)
{
    int64_t broke = path->break_ns[1], bounced = path->bounce_ns[1];

    if (!path->any)
        return OUTCOME_UNDEFINED;
    if (broke == INT64_MAX && bounced == INT64_MAX)
        return OUTCOME_CHOP;
    if (broke == bounced)
        return strength > 0 ? OUTCOME_BREAK : OUTCOME_BOUNCE;
    return broke < bounced ? OUTCOME_BREAK : OUTCOME_BOUNCE;
}

struct outcome_labels outcome_labels(const struct outcome *o, enum outcome_window window)
{
    const struct outcome_path *path = &o->path[window];
    double strength = fabs(path->most) >= fabs(path->least) ? path->most : path->least;
    struct outcome_labels labels = {
        .outcome = word_of(path, strength),
        .any = path->any,
        .confirm_ts_ns = anchor_of(o, window),
        .anchor_spot = path->anchor_spot,
        .future_price = path->last,
        .excursion_max = path->most,
        .excursion_min = path->least,
        .strength_signed = strength,
        .strength_abs = fabs(strength),
    };

    for (unsigned t = 0; t < 2; t++) {
        int64_t broke = path->break_ns[t], bounced = path->bounce_ns[t];
        int64_t first = broke < bounced ? broke : bounced;
        labels.time_to_break[t] = seconds_or_never(broke);
        labels.time_to_bounce[t] = seconds_or_never(bounced);
        labels.time_to_threshold[t] = seconds_or_never(first);
        labels.tradeable[t] = first != INT64_MAX;
    }
    return labels;
}

const char *outcome_suffix(enum outcome_window window)
{
    static const char *const suffix[OUTCOME_WINDOWS] = {"_2min", "_4min", "_8min"};
    return suffix[window];
}

const char *outcome_word(unsigned word)
{
    static const char *const words[] = {"BREAK", "BOUNCE", "CHOP", "UNDEFINED"};
    return words[word];
}
