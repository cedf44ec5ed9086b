#include "features/volume_curve.h"

#include <string.h>

#include "base/state.h"

static void fill_to(struct volume_curve *c, uint32_t minute)
{
    if (minute > VOLUME_CURVE_MINUTES)
        minute = VOLUME_CURVE_MINUTES;
    for (; c->minute < minute; c->minute++)
        c->now[c->minute] = c->volume;
}

void volume_curve_session(struct volume_curve *c)
{
    if (c->running) {
        fill_to(c, VOLUME_CURVE_MINUTES);
        memcpy(c->past[c->next], c->now, sizeof c->now);
        c->next = (c->next + 1) % VOLUME_CURVE_SESSIONS;
        c->sessions += c->sessions < VOLUME_CURVE_SESSIONS;
    }
    c->running = true;
    c->minute = 0;
    c->volume = 0;
}

void volume_curve_trade(struct volume_curve *c, uint32_t minute, int64_t size)
{
    fill_to(c, minute);
    if (__builtin_add_overflow(c->volume, size, &c->volume))
        c->volume = INT64_MAX;
}

bool volume_curve_ratio(const struct volume_curve *c, uint32_t minutes, double *ratio)
{
    __int128 past = 0;

    if (!c->running || minutes == 0 || minutes > VOLUME_CURVE_MINUTES)
        return false;
    for (uint32_t i = 0; i < c->sessions; i++)
        past += c->past[i][minutes - 1];
    if (past <= 0)
        return false;
    int64_t now = minutes <= c->minute ? c->now[minutes - 1] : c->volume;
    *ratio = (double)now / ((double)past / c->sessions);
    return true;
}

static bool scale(int64_t *values, uint32_t count, int64_t factor)
{
    bool fits = true;

    for (uint32_t i = 0; i < count; i++)
        fits &= !__builtin_mul_overflow(values[i], factor, &values[i]);
    return fits;
}

bool volume_curve_rescale(struct volume_curve *c, int64_t size_factor)
{
    bool fits = scale(&c->volume, 1, size_factor);

    fits &= scale(c->now, c->minute, size_factor);
    for (uint32_t i = 0; i < c->sessions; i++)
        fits &= scale(c->past[i], VOLUME_CURVE_MINUTES, size_factor);
    return fits;
}

/* As steps from minute to minute: quiet minutes cost a byte. */
static void curve_state(struct td_state *state, int64_t *curve, uint32_t minutes)
{
    uint64_t before = 0;

    for (uint32_t i = 0; i < minutes; i++) {
        uint64_t rise = (uint64_t)curve[i] - before;
        td_state_u64(state, &rise);
        before += rise;
        curve[i] = (int64_t)before;
    }
}

void volume_curve_state(struct volume_curve *c, struct td_state *state)
{
    td_state_bool(state, &c->running);
    c->minute = td_state_count(state, c->minute, VOLUME_CURVE_MINUTES);
    c->sessions = td_state_count(state, c->sessions, VOLUME_CURVE_SESSIONS);
    c->next = td_state_count(state, c->next, VOLUME_CURVE_SESSIONS - 1);
    td_state_i64(state, &c->volume);
    curve_state(state, c->now, c->minute);
    for (uint32_t i = 0; i < c->sessions; i++)
        curve_state(state, c->past[i], VOLUME_CURVE_MINUTES);
}
