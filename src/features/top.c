#include "features/top.h"

#include <math.h>
#include <stdlib.h>

#include "base/shift.h"

enum { SLOPE_LEVELS = 10, SLOPE_LEVELS_MIN = 3 };

void top_init(struct top *top)
{
    *top = (struct top){
        .derived_stale = true, .slope_steps = {NAN, NAN}, .cog_steps = NAN, .cog_bps = NAN};
    top_invalidate(top);
}

/* Below the worst level kept nothing is seen, except while the side has room for more. */
void top_change(struct top *top, uint8_t side, int64_t price_steps)
{
    struct top_side *at = &top->side[side - TD_SIDE_BID];

    if (at->kept < TOP_KEPT)
        at->stale = true;
    else if (side == TD_SIDE_BID)
        at->stale |= price_steps >= at->price[TOP_KEPT - 1];
    else
        at->stale |= price_steps <= at->price[TOP_KEPT - 1];
}

/* How many are better than the price. */
static uint32_t better_than(const struct top_side *side, uint8_t which, int64_t price)
{
    uint32_t i = 0;

    if (which == TD_SIDE_BID) {
        while (i < side->kept && side->price[i] > price)
            i++;
    } else {
        while (i < side->kept && side->price[i] < price)
            i++;
    }
    return i;
}

static void level_insert(struct top_side *side, uint32_t at, int64_t price, int64_t size)
{
    side->complete &= side->kept < TOP_KEPT;
    if (at == TOP_KEPT)
        return;
    side->kept += side->kept < TOP_KEPT;
    td_shift_in(&side->price[at], side->kept - at - 1, price);
    td_shift_in(&side->size[at], side->kept - at - 1, size);
}

/* What comes behind the levels kept is in the book alone: read anew when they no longer reach. */
static void level_remove(struct top_side *side, uint32_t at)
{
    side->kept--;
    td_shift_out(&side->price[at], side->kept - at);
    td_shift_out(&side->size[at], side->kept - at);
    side->stale |= side->kept < TOP_LEVELS && !side->complete;
}

static bool is_beyond(int64_t price, int64_t size)
{
    return size > TOP_STEPS_MAX || price > TOP_STEPS_MAX || price < -TOP_STEPS_MAX;
}

void top_level(struct top *top, uint8_t side, int64_t price_steps, int64_t size_steps)
{
    struct top_side *at = &top->side[side - TD_SIDE_BID];

    at->stale |= at->odd || is_beyond(price_steps, size_steps);
    if (at->stale)
        return;
    uint32_t i = better_than(at, side, price_steps);
    bool there = i < at->kept && at->price[i] == price_steps;
    if (i == at->kept && !at->complete)
        return;
    if (there && size_steps > 0)
        at->size[i] = size_steps;
    else if (there)
        level_remove(at, i);
    else if (size_steps > 0)
        level_insert(at, i, price_steps, size_steps);
    else
        return;
    at->count = at->kept < TOP_LEVELS ? at->kept : TOP_LEVELS;
    at->changed |= i < TOP_LEVELS;
}

void top_invalidate(struct top *top)
{
    top->side[0].stale = top->side[1].stale = true;
}

static void side_read(struct top_side *side, const struct book *book, uint8_t which)
{
    struct td_level level[TOP_KEPT];

    side->kept = book_top(book, which, TOP_KEPT, level);
    side->count = side->kept < TOP_LEVELS ? side->kept : TOP_LEVELS;
    side->complete = side->kept < TOP_KEPT;
    side->stale = side->beyond = side->odd = false;
    for (uint32_t i = 0; i < side->kept; i++) {
        side->price[i] = level[i].price_steps;
        side->size[i] = level[i].size_steps;
        side->odd |= is_beyond(side->price[i], side->size[i]);
        side->beyond |= i < side->count && side->odd;
    }
}

static void side_refresh(struct top *top, const struct book *book, uint8_t which)
{
    struct top_side *side = &top->side[which - TD_SIDE_BID];

    if (!side->stale && !side->changed)
        return;
    if (side->stale)
        side_read(side, book, which);
    side->changed = false;
    side->derived = 0;
    top->derived_stale = true;
}

bool top_refresh(struct top *top, const struct book *book, int price_scale, int size_scale)
{
    struct top_side *bid = &top->side[0], *ask = &top->side[1];

    side_refresh(top, book, TD_SIDE_BID);
    side_refresh(top, book, TD_SIDE_ASK);
    if (bid->count == 0 || ask->count == 0 || bid->beyond || ask->beyond ||
        bid->price[0] >= ask->price[0])
        return false;
    top->twice_mid = bid->price[0] + ask->price[0];
    top->price_scale = (int8_t)price_scale;
    top->size_scale = (int8_t)size_scale;
    return true;
}

/* Least-squares slope of cumulative size on distance. Both are taken from the first level, which leaves the slope as it is and the
   numbers small. */
static double slope_of(const struct top_side *side, uint32_t count)
{
    double x[SLOPE_LEVELS], y[SLOPE_LEVELS], x_mean = 0, y_mean = 0, xx = 0, xy = 0, size = 0;

    for (uint32_t i = 0; i < count; i++) {
        x[i] = fabs((double)(side->price[i] - side->price[0]));
        y[i] = size += i > 0 ? (double)side->size[i] : 0;
        x_mean += x[i];
        y_mean += y[i];
    }
    x_mean /= count;
    y_mean /= count;
    for (uint32_t i = 0; i < count; i++) {
        xx += (x[i] - x_mean) * (x[i] - x_mean);
        xy += (x[i] - x_mean) * (y[i] - y_mean);
    }
    return xx > 0 ? xy / xx : NAN;
}

/* The same number both ways: nearly always 64 bits hold it. */
static void sums_of(struct top_side *side, uint32_t count)
{
    int64_t best = side->price[0], any = 0;
    uint64_t whole = 0, moment = 0; /* may wrap around; then they are taken again */

    for (uint32_t i = 0; i < count; i++) {
        any |= side->size[i];
        whole += (uint64_t)side->size[i];
        moment += ((uint64_t)(side->price[i] - best) * (uint64_t)side->size[i]);
    }
    side->whole = (int64_t)whole;
    side->moment = (int64_t)moment;
    if (llabs(side->price[count - 1] - best) < INT64_C(1) << 24 && any < INT64_C(1) << 34)
        return;
    side->whole = side->moment = 0;
    for (uint32_t i = 0; i < count; i++) {
        side->whole += side->size[i];
        side->moment += (__int128)(side->price[i] - best) * side->size[i];
    }
}

/* What does not depend on the mid: kept while the side stays as it is. Exact: see TOP_STEPS_MAX. */
static void side_derive(struct top_side *side, uint32_t count)
{
    uint32_t points = count < SLOPE_LEVELS ? count : SLOPE_LEVELS;

    if (side->derived == count)
        return;
    side->derived = count;
    sums_of(side, count);
    side->slope = points >= SLOPE_LEVELS_MIN ? slope_of(side, points) : NAN;
}

/* Sum of (2 p - twice_mid) q. */
static __int128 moment_of(const struct top_side *side, int64_t twice_mid)
{
    return 2 * side->moment + (2 * side->price[0] - twice_mid) * side->whole;
}

void top_derive(struct top *top)
{
    struct top_side *bid = &top->side[0], *ask = &top->side[1];
    uint32_t count = bid->count < ask->count ? bid->count : ask->count;
    double mid_bps = (double)top->twice_mid / 20000; /* steps in one bp */

    if (!top->derived_stale)
        return;
    top->derived_stale = false;
    side_derive(bid, count);
    side_derive(ask, count);
    top->cog_steps = (double)(moment_of(bid, top->twice_mid) + moment_of(ask, top->twice_mid)) /
                     (double)(bid->whole + ask->whole) / 2;
    for (int i = 0; i < 2; i++)
        top->slope_steps[i] = mid_bps > 0 ? top->side[i].slope * mid_bps : NAN;
    top->cog_bps = mid_bps > 0 ? top->cog_steps / mid_bps : NAN;
}
