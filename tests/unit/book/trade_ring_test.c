#include "book/trade_ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/state.h"
#include "test.h"

enum { CAPACITY = 1000 };

static struct trade_ring *ring_new(uint32_t capacity)
{
    return trade_ring_init(malloc(trade_ring_footprint(capacity)), capacity);
}

static void add(struct trade_ring *ring, int64_t id, int64_t time_ns, int64_t size, uint8_t taker)
{
    struct td_trade trade = {
        .price_steps = 100 * id, .size_steps = size, .trade_id = id, .taker = taker};
    trade_ring_add(ring, &trade, time_ns, 2, 8);
}

static void add_run(struct trade_ring *ring, int64_t first, int64_t last)
{
    for (int64_t id = first; id <= last; id++)
        add(ring, id, 1000 * id, id, TD_TAKER_BUY);
}

/* ids newest..oldest falling by one, and nothing else. */
static void check_run(const struct trade_ring *ring, uint32_t n, int64_t newest, uint32_t count)
{
    struct trade_kept *out = malloc((n + 1) * sizeof *out);
    CHECK_EQ_I64(trade_ring_recent(ring, n, out), count);
    for (uint32_t i = 0; i < count; i++)
        CHECK_EQ_I64(out[i].trade_id, newest - i);
    free(out);
}

TEST(an_empty_ring_has_nothing)
{
    struct trade_ring *ring = ring_new(4);
    struct trade_kept out[4];
    CHECK_EQ_I64(trade_ring_recent(ring, 4, out), 0);
    CHECK_EQ_I64(trade_ring_since(ring, INT64_MIN, 4, out), 0);
    CHECK(!trade_ring_imbalance(ring, 0, 1000).defined);
    free(ring);
}

TEST(the_oldest_makes_room)
{
    struct trade_ring *ring = ring_new(CAPACITY);
    add_run(ring, 1, CAPACITY);
    check_run(ring, 2 * CAPACITY, CAPACITY, CAPACITY);
    add_run(ring, CAPACITY + 1, CAPACITY + 1);
    check_run(ring, 2 * CAPACITY, CAPACITY + 1, CAPACITY);
    add_run(ring, CAPACITY + 2, 3 * CAPACITY + 7);
    check_run(ring, 2 * CAPACITY, 3 * CAPACITY + 7, CAPACITY);
    check_run(ring, TRADE_RECENT, 3 * CAPACITY + 7, TRADE_RECENT);
    check_run(ring, 0, 0, 0);
    free(ring);
}

TEST(a_ring_of_one_keeps_the_last)
{
    struct trade_ring *ring = ring_new(1);
    add_run(ring, 1, 9);
    check_run(ring, 5, 9, 1);
    free(ring);
}

TEST(every_field_comes_back)
{
    struct trade_ring *ring = ring_new(3);
    struct trade_kept out[2];
    struct td_trade trade = {
        .price_steps = -5, .size_steps = INT64_MAX, .trade_id = 77, .taker = TD_TAKER_SELL};
    trade_ring_add(ring, &trade, 123456789, 11, 18);
    CHECK_EQ_I64(trade_ring_recent(ring, 2, out), 1);
    CHECK_EQ_I64(out->time_ns, 123456789);
    CHECK_EQ_I64(out->price_steps, -5);
    CHECK_EQ_I64(out->size_steps, INT64_MAX);
    CHECK_EQ_I64(out->trade_id, 77);
    CHECK_EQ_I64(out->price_scale, 11);
    CHECK_EQ_I64(out->size_scale, 18);
    CHECK_EQ_I64(out->taker, TD_TAKER_SELL);
    CHECK_EQ_I64(out->uid_bytes, 0);
    free(ring);
}

TEST(text_ids_are_copied_and_cut_at_their_limit)
{
    struct trade_ring *ring = ring_new(2);
    struct trade_kept out[2];
    char id[] = "0123456789abcdef0123456789abcdef01234567+more";
    struct td_trade trade = {.uid = {id, sizeof id - 1}, .taker = TD_TAKER_BUY};
    trade_ring_add(ring, &trade, 1, 0, 0);
    trade.uid.bytes = 7;
    trade_ring_add(ring, &trade, 2, 0, 0);
    id[0] = 'x'; /* the frame it stood in is gone */
    CHECK_EQ_I64(trade_ring_recent(ring, 2, out), 2);
    CHECK_EQ_I64(out[0].uid_bytes, 7);
    CHECK_EQ_MEM(out[0].uid, "0123456\0\0", 9);
    CHECK_EQ_I64(out[1].uid_bytes, TRADE_UID_MAX);
    CHECK_EQ_MEM(out[1].uid, "0123456789abcdef0123456789abcdef01234567", TRADE_UID_MAX);
    free(ring);
}

static struct td_text name_of(int64_t number)
{
    static char id[64];
    int bytes = snprintf(id, sizeof id, "%016llx-of-a-venue-that-writes-long-%lld",
                         (unsigned long long)number * 0x9e3779b97f4a7c15u, (long long)number);
    return (struct td_text){id, (uint32_t)bytes};
}

static void add_named(struct trade_ring *ring, int64_t number)
{
    struct td_trade trade = {.uid = name_of(number), .taker = TD_TAKER_BUY};
    trade_ring_add(ring, &trade, 1, 0, 0);
}

static bool has_named(const struct trade_ring *ring, int64_t number)
{
    struct td_trade trade = {.uid = name_of(number)};
    return trade_ring_has(ring, &trade);
}

/* Whatever came before and however often the ring went round: those that are kept are known, no
   other one. */
TEST(text_ids_are_known_as_long_as_they_are_kept)
{
    for (uint32_t capacity = 1; capacity <= 33; capacity += 8) {
        struct trade_ring *ring = ring_new(capacity);
        int64_t first = 0;
        CHECK(!has_named(ring, 0));
        for (int64_t number = 0; number < 200; number++) {
            if (number == 150) {
                trade_ring_clear(ring);
                first = number;
            }
            add_named(ring, number);
            for (int64_t other = 0; other < 202; other++)
                CHECK_EQ_I64(has_named(ring, other), other >= first && other <= number &&
                                                         other > number - (int64_t)capacity);
        }
        free(ring);
    }
}

static bool has_integer(const struct trade_ring *ring, int64_t id)
{
    struct td_trade trade = {.trade_id = id};
    return trade_ring_has(ring, &trade);
}

TEST(integers_and_texts_are_told_apart)
{
    struct trade_ring *ring = ring_new(8);
    for (int64_t number = 0; number < 40; number += 2) {
        add_named(ring, number);
        add(ring, number, 1, 1, TD_TAKER_BUY);
        CHECK(has_named(ring, number) && has_integer(ring, number));
        CHECK_EQ_I64(has_named(ring, number - 6), number >= 6);
        CHECK_EQ_I64(has_integer(ring, number - 6), number >= 6);
        CHECK(!has_named(ring, number - 8) && !has_integer(ring, number - 8));
    }
    free(ring);
}

TEST(a_trade_without_an_id_is_like_no_other)
{
    struct trade_ring *ring = ring_new(4);
    struct td_trade none = {.trade_id = -1}, empty = {.uid = {"", 0}};
    trade_ring_add(ring, &none, 1, 0, 0);
    trade_ring_add(ring, &empty, 1, 0, 0);
    CHECK(!trade_ring_has(ring, &none) && !trade_ring_has(ring, &empty));
    CHECK(!has_integer(ring, 0));
    free(ring);
}

TEST(long_ids_that_begin_alike_are_told_apart)
{
    static const char left[] = "0123456789abcdef0123456789abcdef01234567-1";
    static const char right[] = "0123456789abcdef0123456789abcdef01234567-2";
    struct trade_ring *ring = ring_new(4);
    struct td_trade trade = {.uid = {left, sizeof left - 1}};
    trade_ring_add(ring, &trade, 1, 0, 0);
    CHECK(trade_ring_has(ring, &trade));
    trade.uid.at = right;
    CHECK(!trade_ring_has(ring, &trade));
    trade.uid = (struct td_text){left, TRADE_UID_MAX};
    CHECK(!trade_ring_has(ring, &trade));
    free(ring);
}

TEST(since_is_strict_and_newest_first)
{
    struct trade_ring *ring = ring_new(8);
    struct trade_kept out[8];
    add_run(ring, 1, 6);
    CHECK_EQ_I64(trade_ring_since(ring, 4000, 8, out), 2);
    CHECK_EQ_I64(out[0].trade_id, 6);
    CHECK_EQ_I64(out[1].trade_id, 5);
    CHECK_EQ_I64(trade_ring_since(ring, 3999, 8, out), 3);
    CHECK_EQ_I64(trade_ring_since(ring, 6000, 8, out), 0);
    CHECK_EQ_I64(trade_ring_since(ring, 0, 2, out), 2);
    CHECK_EQ_I64(out[1].trade_id, 5);
    free(ring);
}

TEST(since_finds_times_that_ran_back)
{
    struct trade_ring *ring = ring_new(8);
    struct trade_kept out[8];
    add(ring, 1, 5000, 1, TD_TAKER_BUY);
    add(ring, 2, 3000, 1, TD_TAKER_BUY);
    add(ring, 3, 6000, 1, TD_TAKER_BUY);
    CHECK_EQ_I64(trade_ring_since(ring, 4000, 8, out), 2);
    CHECK_EQ_I64(out[0].trade_id, 3);
    CHECK_EQ_I64(out[1].trade_id, 1);
    free(ring);
}

TEST(the_window_is_open_at_its_old_edge)
{
    struct trade_ring *ring = ring_new(8);
    add(ring, 1, 1000, 100, TD_TAKER_SELL); /* on the old edge: outside */
    add(ring, 2, 1001, 3, TD_TAKER_BUY);
    add(ring, 3, 2000, 1, TD_TAKER_SELL); /* on the new edge: inside */
    add(ring, 4, 2001, 100, TD_TAKER_SELL);
    struct trade_imbalance got = trade_ring_imbalance(ring, 2000, 1000);
    CHECK(got.defined);
    CHECK_EQ_F64(got.value, 0.5);
    got = trade_ring_imbalance(ring, 2000, 1001);
    CHECK_EQ_F64(got.value, (3.0 - 101.0) / 104.0);
    CHECK(!trade_ring_imbalance(ring, 2000, 0).defined);
    CHECK_EQ_F64(trade_ring_imbalance(ring, INT64_MAX, INT64_MAX).value, -198.0 / 204.0);
    free(ring);
}

TEST(unknown_sides_count_for_neither)
{
    struct trade_ring *ring = ring_new(8);
    add(ring, 1, 10, 500, TD_TAKER_UNKNOWN);
    CHECK(!trade_ring_imbalance(ring, 10, 10).defined);
    add(ring, 2, 10, 1, TD_TAKER_BUY);
    CHECK_EQ_F64(trade_ring_imbalance(ring, 10, 10).value, 1.0);
    add(ring, 3, 10, 1, TD_TAKER_SELL);
    struct trade_imbalance got = trade_ring_imbalance(ring, 10, 10);
    CHECK(got.defined && got.value == 0.0);
    free(ring);
}

TEST(sums_are_exact_where_doubles_are_not)
{
    struct trade_ring *ring = ring_new(8);
    add(ring, 1, 1, INT64_MAX, TD_TAKER_BUY);
    add(ring, 2, 1, INT64_MAX - 1, TD_TAKER_SELL);
    add(ring, 3, 1, INT64_MAX, TD_TAKER_BUY);
    add(ring, 4, 1, INT64_MAX, TD_TAKER_SELL);
    CHECK_EQ_F64(trade_ring_imbalance(ring, 1, 1).value, 0x1p-65);
    free(ring);
}

TEST(sizes_of_two_scales_are_compared_as_amounts)
{
    struct trade_ring *ring = ring_new(8);
    struct td_trade coarse = {.size_steps = 3, .taker = TD_TAKER_BUY};
    struct td_trade fine = {.size_steps = 100, .taker = TD_TAKER_SELL};
    trade_ring_add(ring, &coarse, 1, 0, 0); /* 3 */
    trade_ring_add(ring, &fine, 1, 0, 2);   /* 1.00 */
    CHECK_EQ_F64(trade_ring_imbalance(ring, 1, 1).value, 0.5);
    trade_ring_add(ring, &coarse, 1, 0, 0); /* coarse behind fine and before it */
    CHECK_EQ_F64(trade_ring_imbalance(ring, 1, 1).value, 5.0 / 7.0);
    free(ring);
}

TEST(sums_beyond_128_bits_are_undefined)
{
    struct trade_ring *ring = ring_new(64);
    struct td_trade large = {.size_steps = INT64_MAX, .taker = TD_TAKER_BUY};
    struct td_trade fine = {.size_steps = 1, .taker = TD_TAKER_BUY};
    trade_ring_add(ring, &fine, 1, 0, 18);
    for (int i = 0; i < 40; i++)
        trade_ring_add(ring, &large, 1, 0, 0);
    CHECK(!trade_ring_imbalance(ring, 1, 1).defined);
    free(ring);
}

TEST(clear_forgets_and_goes_on)
{
    struct trade_ring *ring = ring_new(4);
    add_run(ring, 1, 6);
    trade_ring_clear(ring);
    check_run(ring, 4, 0, 0);
    CHECK(!trade_ring_imbalance(ring, 6000, 6000).defined);
    add_run(ring, 7, 8);
    check_run(ring, 4, 8, 2);
    add_run(ring, 9, 15);
    check_run(ring, 4, 15, 4);
    free(ring);
}

/* ---- readers beside the writer --------------------------------------------------------------- */

enum { SMALL = 64, ROUNDS = 20000, READERS = 2, CLEAR_EVERY = 997 };

struct shared {
    struct trade_ring *ring;
    _Atomic bool done;
    _Atomic uint64_t seen; /* whole copies, all readers */
    _Atomic uint64_t wrong;
};

/* Every field follows from the id, so a mixture of two trades shows. */
static bool is_whole(const struct trade_kept *kept)
{
    int64_t id = kept->trade_id;
    if (kept->uid_bytes == 8) /* odd ids go as text */
        memcpy(&id, kept->uid, 8);
    return kept->uid_bytes == (id % 2 ? 8 : 0) && kept->time_ns == 7 * id &&
           kept->price_steps == 3 * id && kept->size_steps == ~id && kept->price_scale == id % 19 &&
           kept->size_scale == id % 17 && kept->taker == id % 3;
}

static void add_whole(struct trade_ring *ring, int64_t id)
{
    struct td_trade trade = {
        .price_steps = 3 * id, .size_steps = ~id, .trade_id = id, .taker = (uint8_t)(id % 3)};
    if (id % 2)
        trade.uid = (struct td_text){(const char *)&id, 8};
    trade_ring_add(ring, &trade, 7 * id, (int)(id % 19), (int)(id % 17));
}

/* A snapshot is a run without holes: times fall by one trade's step. */
static void look(struct shared *shared, uint32_t count, const struct trade_kept *out)
{
    for (uint32_t i = 0; i < count; i++)
        if (!is_whole(&out[i]) || (i > 0 && out[i].time_ns != out[i - 1].time_ns - 7))
            atomic_fetch_add(&shared->wrong, 1);
    atomic_fetch_add(&shared->seen, count);
}

static void *reader(void *arg)
{
    struct shared *shared = arg;
    struct trade_kept out[SMALL];
    while (!atomic_load(&shared->done)) {
        look(shared, trade_ring_recent(shared->ring, SMALL, out), out);
        look(shared, trade_ring_since(shared->ring, INT64_MIN, SMALL, out), out);
        struct trade_imbalance got = trade_ring_imbalance(shared->ring, INT64_MAX, INT64_MAX);
        if (got.value != got.value)
            atomic_fetch_add(&shared->wrong, 1);
    }
    return NULL;
}

/* The writer goes on until the readers have copied many trades, so that the two do meet. */
TEST(readers_copy_only_what_was_added)
{
    struct shared shared = {.ring = ring_new(SMALL)};
    pthread_t thread[READERS];
    int64_t id = 1;
    for (int i = 0; i < READERS; i++)
        CHECK(pthread_create(&thread[i], NULL, reader, &shared) == 0);
    while (id < ROUNDS || atomic_load(&shared.seen) < 10 * ROUNDS) {
        add_whole(shared.ring, id);
        if (id++ % CLEAR_EVERY == 0)
            trade_ring_clear(shared.ring);
    }
    atomic_store(&shared.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(thread[i], NULL);
    CHECK_EQ_I64(atomic_load(&shared.wrong), 0);
    free(shared.ring);
}

/* ---- state ---- */

static size_t save(struct trade_ring *ring, unsigned char *bytes, size_t cap)
{
    struct td_state state = td_state_save(bytes, cap);
    trade_ring_state(ring, &state);
    CHECK(!state.failed);
    return state.used;
}

static void check_same(const struct trade_ring *a, const struct trade_ring *b, uint32_t count)
{
    struct trade_kept left[16], right[16];
    CHECK_EQ_U64(trade_ring_recent(a, 16, left), count);
    CHECK_EQ_U64(trade_ring_recent(b, 16, right), count);
    CHECK_EQ_MEM(left, right, count * sizeof *left);
}

TEST(a_loaded_ring_goes_on_as_the_saved_one)
{
    static unsigned char bytes[4096];
    for (int kept = 0; kept <= 12; kept++) {
        struct trade_ring *ring = ring_new(8), *other = ring_new(8);
        add_run(ring, 1, 20);
        trade_ring_clear(ring);
        add_run(ring, 100, 99 + kept);
        struct td_trade named = {.price_steps = INT64_MAX,
                                 .size_steps = INT64_MAX,
                                 .uid = {"abc-1", 5},
                                 .taker = TD_TAKER_SELL};
        trade_ring_add(ring, &named, -5, 0, 18);
        struct td_state state = td_state_load(bytes, save(ring, bytes, sizeof bytes));
        trade_ring_state(other, &state);
        CHECK(!state.failed);
        uint32_t count = kept + 1 < 8 ? (uint32_t)kept + 1 : 8;
        check_same(ring, other, count);
        for (int64_t id = 98; id < 120; id++) {
            CHECK_EQ_I64(trade_ring_lacks(other, id), trade_ring_lacks(ring, id));
            add(ring, 2 * id, id, id, TD_TAKER_BUY);
            add(other, 2 * id, id, id, TD_TAKER_BUY);
            count += count < 8;
            check_same(ring, other, count);
        }
        free(ring);
        free(other);
    }
}

TEST(a_loaded_ring_knows_the_text_ids)
{
    static unsigned char bytes[4096];
    struct trade_ring *ring = ring_new(8), *other = ring_new(8);
    struct td_trade named = {.uid = {"abc-1", 5}};
    for (int64_t number = 0; number < 20; number++)
        add_named(ring, number);
    trade_ring_add(ring, &named, 1, 0, 0);
    add(ring, 5, 1, 1, TD_TAKER_BUY);
    struct td_state state = td_state_load(bytes, save(ring, bytes, sizeof bytes));
    trade_ring_state(other, &state);
    CHECK(!state.failed);
    CHECK(trade_ring_has(other, &named) && has_integer(other, 5) && !has_integer(other, 6));
    for (int64_t number = 0; number < 20; number++)
        CHECK_EQ_I64(has_named(other, number), number > 13);
    free(ring);
    free(other);
}

TEST(what_cannot_be_a_trade_fails_the_load)
{
    unsigned char bytes[256];
    struct trade_ring *ring = ring_new(4), *small = ring_new(1), *other = ring_new(4);
    add_run(ring, 1, 2);
    size_t count = save(ring, bytes, sizeof bytes);
    struct td_state state = td_state_load(bytes, count);
    trade_ring_state(small, &state);
    CHECK(state.failed);
    state = td_state_load(bytes, count - 1);
    trade_ring_state(other, &state);
    CHECK(state.failed);
    free(ring);
    free(small);
    free(other);
}
