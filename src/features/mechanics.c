#include "features/mechanics.h"

#include <string.h>

#include "base/state.h"
#include "features/features.h"
#include "features/session.h"

struct mechanics {
    struct mechanics_params params;
    uint64_t symbol_hash;
};

struct mechanics_params mechanics_defaults(void)
{
    return (struct mechanics_params){
        .session = SESSION_UTC_DAY,
        .monitor_bps = 3.6,
        .touch_bps = 1.5,
        .confluence_bps = 2.9,
        .barrier_bps = 2.9,
        .tape_bps = 7.3,
        .outcome1_bps = 14.6,
        .outcome2_bps = 29.1,
        .velocity_bps_s = 7.3,
    };
}

size_t mechanics_footprint(void)
{
    return sizeof(struct mechanics);
}

struct mechanics *mechanics_init(void *mem, const struct mechanics_params *params)
{
    struct mechanics *m = mem;
    memset(m, 0, sizeof *m);
    m->params = *params;
    return m;
}

void mechanics_trade(struct mechanics *m, const struct feature_trade *trade, int price_scale,
                     int size_scale)
{
    (void)m, (void)trade, (void)price_scale, (void)size_scale;
}

void mechanics_level(struct mechanics *m, uint8_t side, int64_t price_steps, int64_t was,
                     int64_t now)
{
    (void)m, (void)side, (void)price_steps, (void)was, (void)now;
}

void mechanics_book(struct mechanics *m, const struct book *book, int price_scale, int size_scale,
                    int64_t event_ns)
{
    (void)m, (void)book, (void)price_scale, (void)size_scale, (void)event_ns;
}

void mechanics_lost(struct mechanics *m)
{
    (void)m;
}

void mechanics_fill(struct mechanics *m, struct feature_row *row)
{
    (void)m, (void)row;
}

void mechanics_on_touch(struct mechanics *m, void (*touched)(void *arg, const struct touch *touch),
                        void *arg, uint64_t symbol_hash)
{
    (void)touched, (void)arg;
    m->symbol_hash = symbol_hash;
}

void mechanics_rescale(struct mechanics *m, int64_t price_factor, int64_t size_factor)
{
    (void)m, (void)price_factor, (void)size_factor;
}

void mechanics_state(struct mechanics *m, struct td_state *state)
{
    td_state_u64(state, &m->symbol_hash);
}

size_t mechanics_state_bytes(void)
{
    return 16;
}
