#include "features/pending.h"

#include "base/err.h"
#include "base/state.h"

static struct feature_trade *at(struct pending *p, uint32_t i)
{
    return &p->trade[(p->first + i) % PENDING_TRADES];
}

void pending_clear(struct pending *p)
{
    p->first = p->count = 0;
}

bool pending_full(const struct pending *p)
{
    return p->count == PENDING_TRADES;
}

void pending_add(struct pending *p, const struct feature_trade *trade)
{
    TD_ASSERT(p->count < PENDING_TRADES, "a full ring of waiting trades gives one up first");
    *at(p, p->count++) = *trade;
}

struct feature_trade pending_take_oldest(struct pending *p)
{
    TD_ASSERT(p->count > 0, "a trade waits");
    struct feature_trade trade = *at(p, 0);
    p->first = (p->first + 1) % PENDING_TRADES;
    p->count--;
    return trade;
}

void pending_drain(struct pending *p, int64_t now_ns,
                   void (*use)(void *arg, const struct feature_trade *trade), void *arg)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < p->count; i++) {
        if (at(p, i)->event_ns <= now_ns)
            use(arg, at(p, i));
        else
            *at(p, kept++) = *at(p, i);
    }
    p->count = kept;
}

bool pending_rescale(struct pending *p, int64_t price_factor, int64_t size_factor)
{
    bool fits = true;

    for (uint32_t i = 0; i < p->count; i++) {
        struct feature_trade *trade = at(p, i);
        fits &= !__builtin_mul_overflow(trade->price_steps, price_factor, &trade->price_steps);
        fits &= !__builtin_mul_overflow(trade->size_steps, size_factor, &trade->size_steps);
    }
    return fits;
}

void pending_state(struct pending *p, struct td_state *state)
{
    uint32_t count = td_state_count(state, p->count, PENDING_TRADES);

    for (uint32_t i = 0; i < count; i++) {
        struct feature_trade trade = state->loading ? (struct feature_trade){0} : *at(p, i);
        td_state_i64(state, &trade.event_ns);
        td_state_i64(state, &trade.price_steps);
        td_state_i64(state, &trade.size_steps);
        td_state_u8(state, &trade.taker);
        if (state->loading)
            p->trade[i] = trade;
    }
    if (state->loading) {
        p->first = 0;
        p->count = count;
    }
}
