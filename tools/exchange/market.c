#include "exchange/market.h"

#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "exchange/dice.h"

enum {
    LEVELS_LEAST = 24, /* a side is never thinned below */
    WARM_UP_ORDERS = 400,
    WARM_UP_STEP_US = 100000,
};

static uint64_t below(struct market *market, uint64_t sides)
{
    return dice_below(&market->dice, sides);
}

/* Round sizes mostly, as people type them; some to the last digit, as programs do. */
static int64_t random_size(struct market *market)
{
    int scale = market->is.size_scale;
    if (below(market, 10) < 3)
        return 1 + (int64_t)below(market, (uint64_t)td_pow10(scale < 9 ? scale + 1 : 10));
    int digits = scale > 4 ? scale - 4 : 0;
    return (int64_t)(1 + below(market, 9999)) * td_pow10(digits + (int)below(market, 3));
}

/* ---- changes ---------------------------------------------------------------------------------------------------------- */

static void touch(struct market *market, bool ask, int64_t price_steps)
{
    struct market_batch *batch = &market->batch;
    for (unsigned i = 0; i < batch->count; i++)
        if (batch->touched[i].price_steps == price_steps && batch->touched[i].ask == ask)
            return;
    TD_ASSERT(batch->count < MARKET_BATCH_MAX, "a message outgrew its place");
    batch->touched[batch->count++] = (struct market_touched){price_steps, ask};
}

static void note_change(struct market *market, bool ask, int64_t price_steps, int64_t old_steps,
                        int64_t new_steps, int64_t time_us)
{
    history_add(market->history, &market->last_change,
                (struct change){.price_steps = price_steps,
                                .old_steps = old_steps,
                                .new_steps = new_steps,
                                .seq = market->seq_open,
                                .time_us = time_us,
                                .ask = ask});
}

void market_set(struct market *market, bool ask, int64_t price_steps, int64_t size_steps)
{
    int64_t old = levels_set(&market->side[ask], price_steps, size_steps);
    market->seq_open = market->is.seq_per_change ? market->seq_open + 1 : market->seq_told + 1;
    note_change(market, ask, price_steps, old, size_steps, INT64_MAX);
    touch(market, ask, price_steps);
}

int64_t market_stamp(struct market *market)
{
    market->time_us = market->now_us > market->time_us ? market->now_us : market->time_us + 1;
    return market->time_us;
}

static void date_changes(struct market *market, int64_t time_us)
{
    struct change *change = history_at(market->history, market->last_change);
    while (change != NULL && change->time_us == INT64_MAX) {
        change->time_us = time_us;
        change = history_at(market->history, change->before);
    }
}

static unsigned next_batch_size(struct market *market)
{
    return 1 + (unsigned)(below(market, 10) < 8 ? below(market, 6) : below(market, 24));
}

bool market_tell(struct market *market, struct market_batch *batch)
{
    if (market->batch.count == 0)
        return false;
    *batch = market->batch;
    batch->first_seq = market->seq_told + 1;
    batch->last_seq = market->seq_told = market->seq_open;
    batch->time_us = market_stamp(market);
    date_changes(market, batch->time_us);
    market->batch.count = 0;
    market->batch.wanted = next_batch_size(market);
    return true;
}

static uint32_t deepen_side(struct market *market, bool ask, uint32_t count, int64_t time_us)
{
    struct levels *side = &market->side[ask];
    count = levels_deepen(side, count, td_pow10(market->is.size_scale));
    for (uint32_t i = 0; i < count; i++)
        note_change(market, ask, side->at[i].price_steps, 0, side->at[i].size_steps, time_us);
    return count;
}

uint32_t market_deepen(struct market *market, uint32_t a_side)
{
    TD_ASSERT(market->batch.count == 0, "a message is open while the book is deepened");
    int64_t time_us = market_stamp(market);
    market->seq_open = ++market->seq_told;
    return deepen_side(market, BID, a_side, time_us) + deepen_side(market, ASK, a_side, time_us);
}

/* ---- order flow ------------------------------------------------------------------------------------------------------- */

/* Ticks from the touch: most within 10, nearly all within 50, a few far. */
static int64_t distance(struct market *market)
{
    uint64_t roll = below(market, 100);
    return (int64_t)below(market, roll < 62 ? 10 : roll < 93 ? 50 : roll < 99 ? 500 : 5000);
}

static int64_t best_price(const struct market *market, bool ask)
{
    return levels_nth(&market->side[ask], 0)->price_steps;
}

static void place(struct market *market, bool ask)
{
    int64_t spread = best_price(market, ASK) - best_price(market, BID);
    int64_t price, best = best_price(market, ask), inward = ask ? -1 : 1;
    if (spread > 1 && below(market, 100) < (spread > 20 ? 50u : 10u))
        price = best + inward * (int64_t)(1 + below(market, (uint64_t)spread - 1));
    else
        price = best - inward * distance(market);
    if (price < 1 || market->side[ask].count + 1 >= market->is.levels_max)
        return;
    int64_t stands = levels_size(&market->side[ask], price);
    bool adds = stands > 0 && stands < TD_STEPS_EXACT_MAX / 2 && below(market, 2) == 0;
    market_set(market, ask, price, (adds ? stands : 0) + random_size(market));
}

static void cancel(struct market *market, bool ask)
{
    const struct levels *side = &market->side[ask];
    uint64_t roll = below(market, 100);
    uint64_t reach = roll < 62 ? 8 : roll < 95 ? 40 : side->count;
    const struct level *level = levels_nth(side, (uint32_t)below(market, reach));
    if (level == NULL || side->count <= LEVELS_LEAST)
        return;
    bool whole = level->size_steps < 2 || below(market, 10) < 7;
    market_set(market, ask, level->price_steps, whole ? 0 : level->size_steps / 2);
}

static void trade(struct market *market, bool taker_buys, int64_t price_steps, int64_t size_steps)
{
    uint64_t id = ++market->trades;
    market->trade[id % MARKET_TRADES_KEPT] =
        (struct market_trade){id, price_steps, size_steps, market_stamp(market), taker_buys};
    market->high_steps = price_steps > market->high_steps ? price_steps : market->high_steps;
    market->low_steps = price_steps < market->low_steps ? price_steps : market->low_steps;
    market->volume_steps += size_steps < TD_STEPS_EXACT_MAX / 1024 ? size_steps : 0;
}

/* Takes part of the best level, or all of up to four: one trade for each. */
static void take(struct market *market, bool taker_buys)
{
    const struct levels *side = &market->side[taker_buys ? ASK : BID];
    uint64_t roll = below(market, 100);
    unsigned whole = roll < 60 ? 0 : roll < 90 ? 1 : 2 + (unsigned)below(market, 3);
    if (side->count <= LEVELS_LEAST)
        return;
    for (unsigned i = 0; i < (whole ? whole : 1); i++) {
        struct level best = *levels_nth(side, 0);
        int64_t size = best.size_steps;
        if (whole == 0 && size > 1)
            size = 1 + (int64_t)below(market, (uint64_t)size - 1);
        trade(market, taker_buys, best.price_steps, size);
        market_set(market, taker_buys ? ASK : BID, best.price_steps, best.size_steps - size);
    }
}

bool market_step(struct market *market)
{
    uint64_t roll = below(market, 100);
    bool ask = below(market, 2);
    unsigned depth = market->side[ask].count, aim = market->is.levels_a_side;
    unsigned placing = depth < aim ? 70 : 40; /* percent: the depth stays near what was aimed at */
    market->bias += (int)below(market, 3) - 1;
    market->bias = market->bias > 30 ? 30 : market->bias < -30 ? -30 : market->bias;
    if (roll < 3)
        take(market, (int)below(market, 100) < 50 + market->bias);
    else if (below(market, 100) < placing)
        place(market, ask);
    else
        cancel(market, ask);
    return market->batch.count >= market->batch.wanted;
}

/* ---- start ------------------------------------------------------------------------------------------------------------ */

/* Levels stand one or two ticks apart at the touch, ever wider behind. */
static void fill_side(struct market *market, bool ask)
{
    int64_t away = 1 + (int64_t)below(market, 3);
    for (unsigned i = 0; i < market->is.levels_a_side; i++) {
        int64_t price = ask ? market->is.price_steps + away : market->is.price_steps - away;
        if (price < 1)
            return;
        levels_set(&market->side[ask], price, random_size(market));
        away += 1 + (int64_t)below(market, 1 + i / 20);
    }
}

/* Some orders before anybody looks, so that the book has seen life and there are old trades to list; the count begins after. */
static void warm_up(struct market *market)
{
    struct market_batch batch;
    for (unsigned i = 0; i < WARM_UP_ORDERS || market->trades < MARKET_TRADES_KEPT; i++) {
        market->now_us += WARM_UP_STEP_US;
        if (market_step(market))
            market_tell(market, &batch);
    }
    market_tell(market, &batch);
    market->last_change = 0;
    market->seq_told = market->seq_open = market->is.first_seq;
    for (unsigned depth = 0; depth < MARKET_DEPTHS; depth++)
        market->view_seq[depth] = market->is.first_seq;
}

void market_init(struct market *market, const struct market_params *params, struct level *memory,
                 struct history *history)
{
    memset(market, 0, sizeof *market);
    market->is = *params;
    market->history = history;
    market->dice = params->seed;
    market->now_us = market->time_us = params->time_us;
    market->orders = 1000000 + below(market, 1000000);
    market->open_steps = market->high_steps = market->low_steps = params->price_steps;
    levels_lay_out(&market->side[BID], memory, params->levels_max, true);
    levels_lay_out(&market->side[ASK], memory + params->levels_max, params->levels_max, false);
    fill_side(market, BID);
    fill_side(market, ASK);
    market->batch.wanted = next_batch_size(market);
    warm_up(market);
}

const struct market_trade *market_trade(const struct market *market, uint64_t id)
{
    return &market->trade[id % MARKET_TRADES_KEPT];
}

struct market_derived market_derived(const struct market *market)
{
    enum { FUNDING_S = 8 * 3600 };
    int64_t mid = (best_price(market, BID) + best_price(market, ASK)) / 2;
    int64_t period_us = FUNDING_S * INT64_C(1000000);
    return (struct market_derived){
        .mark_steps = mid + (mid > 100 ? market->bias : 0),
        .index_steps = mid,
        .interest_steps =
            td_pow10(market->is.size_scale) * (1000 + (int64_t)(market->trades % 500)),
        .funding_e8 = market->bias * 1000,
        .next_funding_us = (market->time_us / period_us + 1) * period_us,
    };
}

bool market_touch_moved(struct market *market)
{
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    int64_t now[4] = {bid->price_steps, bid->size_steps, ask->price_steps, ask->size_steps};
    bool moved = memcmp(now, market->touch, sizeof now) != 0;
    memcpy(market->touch, now, sizeof now);
    return moved;
}
