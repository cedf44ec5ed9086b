#include "features/pending.h"

#include <stdlib.h>

#include "base/state.h"
#include "test.h"

struct seen {
    int64_t size[PENDING_TRADES];
    uint32_t count;
};

static void see(void *arg, const struct feature_trade *trade)
{
    struct seen *seen = arg;
    seen->size[seen->count++] = trade->size_steps;
}

static void add(struct pending *p, int64_t event_ns, int64_t size)
{
    pending_add(p, &(struct feature_trade){event_ns, 100, size, TD_TAKER_BUY});
}

TEST(those_ahead_wait_in_their_order)
{
    static struct pending p;
    static struct seen seen;
    pending_clear(&p);
    add(&p, 5, 1);
    add(&p, 1, 2);
    add(&p, 9, 3);
    add(&p, 2, 4);
    add(&p, 7, 5);
    pending_drain(&p, 2, see, &seen);
    CHECK_EQ_U64(seen.count, 2);
    CHECK_EQ_I64(seen.size[0], 2);
    CHECK_EQ_I64(seen.size[1], 4);
    pending_drain(&p, 7, see, &seen);
    CHECK_EQ_I64(seen.size[2], 1);
    CHECK_EQ_I64(seen.size[3], 5);
    pending_drain(&p, 8, see, &seen);
    CHECK_EQ_U64(seen.count, 4);
    CHECK_EQ_U64(p.count, 1);
}

TEST(around_the_ring_and_full)
{
    static struct pending p;
    static struct seen seen;
    pending_clear(&p);
    seen.count = 0;
    for (int i = 0; i < PENDING_TRADES + 300; i++) {
        if (pending_full(&p))
            CHECK_EQ_I64(pending_take_oldest(&p).size_steps, i - PENDING_TRADES);
        add(&p, i, i);
    }
    pending_drain(&p, INT64_MAX, see, &seen);
    CHECK_EQ_U64(seen.count, PENDING_TRADES);
    CHECK_EQ_I64(seen.size[0], 300);
    CHECK_EQ_U64(p.count, 0);
}

TEST(state_keeps_the_order)
{
    static struct pending p, q;
    static struct seen seen;
    static unsigned char bytes[PENDING_STATE_BYTES];
    pending_clear(&p);
    seen.count = 0;
    for (int i = 0; i < PENDING_TRADES; i++)
        add(&p, INT64_MIN + i % 7, INT64_MAX - i);
    pending_take_oldest(&p);
    struct td_state save = td_state_save(bytes, sizeof bytes);
    pending_state(&p, &save);
    CHECK(!save.failed);
    struct td_state load = td_state_load(bytes, save.used);
    pending_state(&q, &load);
    CHECK(!load.failed);
    pending_drain(&q, INT64_MAX, see, &seen);
    CHECK_EQ_U64(seen.count, PENDING_TRADES - 1);
    CHECK_EQ_I64(seen.size[0], INT64_MAX - 1);
}

TEST(a_finer_scale)
{
    static struct pending p;
    pending_clear(&p);
    add(&p, 1, 7);
    CHECK(pending_rescale(&p, 10, 100));
    CHECK_EQ_I64(p.trade[0].price_steps, 1000);
    CHECK_EQ_I64(p.trade[0].size_steps, 700);
    CHECK(!pending_rescale(&p, 10, INT64_MAX));
}
