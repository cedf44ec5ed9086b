#include "exchange/market.h"

#include <stdlib.h>

#include "test.h"

enum { CAP = 6000, RING = 1 << 18 };

static struct change ring[RING];
static struct history history;
static struct level memory[2 * CAP], copy[2][CAP];

static struct market *open_market(uint64_t seed, bool seq_per_change)
{
    static struct market market;
    struct market_params params = {.symbol = "BTC-USD",
                                   .raw = "BTC-USD",
                                   .price_steps = 100000,
                                   .price_scale = 2,
                                   .size_scale = 4,
                                   .levels_a_side = 300,
                                   .levels_max = CAP,
                                   .seq_per_change = seq_per_change,
                                   .first_seq = 500,
                                   .seed = seed,
                                   .time_us = 1000000};
    history_init(&history, ring, RING);
    market_init(&market, &params, memory, &history);
    return &market;
}

static uint64_t print_of(const struct levels side[2])
{
    uint64_t sum = 0;
    for (int ask = 0; ask < 2; ask++)
        for (uint32_t i = 0; i < side[ask].count; i++) {
            const struct level *level = levels_nth(&side[ask], i);
            sum = sum * 1000003 + (uint64_t)level->price_steps;
            sum = sum * 1000003 + (uint64_t)level->size_steps + (uint64_t)ask;
        }
    return sum;
}

TEST(book_is_sorted_positive_and_never_crossed)
{
    struct market *market = open_market(3, false);
    struct market_batch batch;
    for (unsigned i = 0; i < 20000; i++) {
        if (market_step(market))
            CHECK(market_tell(market, &batch));
        const struct level *bid = levels_nth(&market->side[BID], 0);
        const struct level *ask = levels_nth(&market->side[ASK], 0);
        CHECK(bid->price_steps > 0 && bid->price_steps < ask->price_steps);
        CHECK(bid->size_steps > 0 && ask->size_steps > 0);
    }
    for (int ask = 0; ask < 2; ask++)
        for (uint32_t i = 0; i + 1 < market->side[ask].count; i++) {
            const struct level *level = &market->side[ask].at[i];
            CHECK(ask ? level[0].price_steps > level[1].price_steps
                      : level[0].price_steps < level[1].price_steps);
            CHECK(level->size_steps > 0);
        }
}

TEST(depth_stays_near_its_aim)
{
    struct market *market = open_market(4, false);
    struct market_batch batch;
    for (unsigned i = 0; i < 50000; i++)
        if (market_step(market))
            market_tell(market, &batch);
    for (int ask = 0; ask < 2; ask++)
        CHECK(market->side[ask].count > 150 && market->side[ask].count < 600);
}

TEST(a_seed_gives_one_market)
{
    uint64_t prints[3];
    for (unsigned run = 0; run < 3; run++) {
        struct market *market = open_market(run < 2 ? 11 : 12, false);
        struct market_batch batch;
        for (unsigned i = 0; i < 5000; i++)
            if (market_step(market))
                market_tell(market, &batch);
        prints[run] = print_of(market->side) ^ market->trades;
    }
    CHECK_EQ_U64(prints[0], prints[1]);
    CHECK(prints[0] != prints[2]);
}

/* Prints of the book as it was are compared with the present one taken back. */
static void check_rewind(bool seq_per_change)
{
    enum { MESSAGES = 2000 };
    static struct {
        uint64_t seq, print;
        int64_t time_us;
    } was[MESSAGES];
    struct market *market = open_market(21, seq_per_change);
    struct market_batch batch;
    struct levels side[2];
    levels_lay_out(&side[BID], copy[BID], CAP, true);
    levels_lay_out(&side[ASK], copy[ASK], CAP, false);
    for (unsigned n = 0; n < MESSAGES; n++) {
        while (!market_step(market))
            ;
        CHECK(market_tell(market, &batch));
        was[n].seq = market->seq_told;
        was[n].time_us = batch.time_us;
        was[n].print = print_of(market->side);
        CHECK(n == 0 || (was[n].seq > was[n - 1].seq && was[n].time_us > was[n - 1].time_us));
    }
    market_step(market); /* something that is not told yet */
    for (unsigned n = 0; n < MESSAGES; n += 37)
        for (int by_time = 0; by_time < 2; by_time++) {
            struct moment moment = {by_time ? UINT64_MAX : was[n].seq,
                                    by_time ? was[n].time_us : INT64_MAX - 1};
            levels_copy(&side[BID], &market->side[BID]);
            levels_copy(&side[ASK], &market->side[ASK]);
            CHECK(history_rewind(&history, market->last_change, moment, side));
            CHECK_EQ_U64(print_of(side), was[n].print);
        }
}

TEST(an_earlier_book_is_stated_by_message)
{
    check_rewind(false);
}

TEST(an_earlier_book_is_stated_by_change)
{
    check_rewind(true);
}

/* Batches alone, applied in order, give the true book. */
TEST(batches_replay_to_the_same_book)
{
    struct market *market = open_market(31, true);
    struct market_batch batch;
    struct levels side[2];
    uint64_t last = market->seq_told;
    levels_lay_out(&side[BID], copy[BID], CAP, true);
    levels_lay_out(&side[ASK], copy[ASK], CAP, false);
    levels_copy(&side[BID], &market->side[BID]);
    levels_copy(&side[ASK], &market->side[ASK]);
    for (unsigned n = 0; n < 3000; n++) {
        while (!market_step(market))
            ;
        CHECK(market_tell(market, &batch));
        CHECK_EQ_U64(batch.first_seq, last + 1);
        CHECK(batch.last_seq >= batch.first_seq + batch.count - 1);
        last = batch.last_seq;
        for (unsigned i = 0; i < batch.count; i++) {
            bool ask = batch.touched[i].ask;
            int64_t price = batch.touched[i].price_steps;
            levels_set(&side[ask], price, levels_size(&market->side[ask], price));
        }
        CHECK_EQ_U64(print_of(side), print_of(market->side));
    }
}

TEST(most_changes_stand_near_the_touch)
{
    struct market *market = open_market(41, false);
    struct market_batch batch;
    unsigned near = 0, all = 0;
    for (unsigned n = 0; n < 3000; n++) {
        while (!market_step(market))
            ;
        market_tell(market, &batch);
        for (unsigned i = 0; i < batch.count; i++, all++) {
            int64_t best = levels_nth(&market->side[batch.touched[i].ask], 0)->price_steps;
            near += llabs(batch.touched[i].price_steps - best) <= 50;
        }
    }
    CHECK(near * 100 > all * 80);
    CHECK(near < all);
}

TEST(trades_count_up_and_take_from_the_book)
{
    struct market *market = open_market(51, false);
    struct market_batch batch;
    for (unsigned i = 0; i < 5000; i++) {
        uint64_t before = market->trades;
        int64_t bid = levels_nth(&market->side[BID], 0)->price_steps;
        int64_t ask = levels_nth(&market->side[ASK], 0)->price_steps;
        bool full = market_step(market);
        if (market->trades > before) {
            const struct market_trade *trade = market_trade(market, before + 1);
            CHECK_EQ_U64(trade->id, before + 1);
            CHECK_EQ_I64(trade->price_steps, trade->taker_buys ? ask : bid);
            CHECK(trade->size_steps > 0);
        }
        if (full)
            market_tell(market, &batch);
    }
    CHECK(market->trades > 100);
}

TEST(deepening_adds_levels_behind_the_worst)
{
    struct market *market = open_market(61, false);
    struct market_batch batch;
    market_tell(market, &batch);
    uint32_t before = market->side[BID].count + market->side[ASK].count;
    uint64_t seq = market->seq_told;
    struct level best = *levels_nth(&market->side[ASK], 0);
    uint32_t more = market_deepen(market, 1000);
    CHECK_EQ_U64(more, 2000);
    CHECK_EQ_U64(market->side[BID].count + market->side[ASK].count, before + more);
    CHECK_EQ_U64(market->seq_told, seq + 1);
    CHECK_EQ_I64(levels_nth(&market->side[ASK], 0)->price_steps, best.price_steps);
    for (uint32_t i = 0; i + 1 < market->side[BID].count; i++)
        CHECK(market->side[BID].at[i].price_steps < market->side[BID].at[i + 1].price_steps);
}
