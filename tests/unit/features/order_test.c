/* The order structure against a plain sorted array. */
#include "features/order.h"

#include <stdlib.h>

#include "test.h"

enum { CAPACITY = 4096 };

struct plain {
    int64_t key[CAPACITY];
    uint32_t count;
};

static uint32_t plain_below(const struct plain *plain, int64_t key)
{
    uint32_t at = 0;
    while (at < plain->count && plain->key[at] < key)
        at++;
    return at;
}

static void plain_insert(struct plain *plain, int64_t key)
{
    uint32_t at = plain_below(plain, key);
    memmove(&plain->key[at + 1], &plain->key[at], (plain->count++ - at) * sizeof key);
    plain->key[at] = key;
}

static void plain_remove(struct plain *plain, int64_t key)
{
    uint32_t at = plain_below(plain, key);
    memmove(&plain->key[at], &plain->key[at + 1], (--plain->count - at) * sizeof key);
}

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (random_state >> 33) % bound;
}

/* Keys: how many distinct ones; drift: they wander upwards, as spreads do with the price. */
static void against_plain(uint64_t seed, uint64_t keys, int64_t drift, int steps)
{
    struct order *order = order_init(malloc(order_footprint(CAPACITY)), CAPACITY);
    struct plain *plain = calloc(1, sizeof *plain);

    random_state = seed;
    for (int i = 0; i < steps; i++) {
        int64_t key = (int64_t)random_below(keys) - (int64_t)(keys / 3) + drift * i / 16;
        bool grow = plain->count == 0 || random_below(1000) < (i / 3000 % 2 ? 400 : 600);
        if (grow && plain->count < CAPACITY) {
            CHECK_EQ_U64(order_insert(order, key), plain_below(plain, key));
            plain_insert(plain, key);
        } else {
            int64_t gone = plain->key[drift ? 0 : random_below(plain->count)];
            order_remove(order, gone);
            plain_remove(plain, gone);
        }
        CHECK_EQ_U64(order_count(order), plain->count);
        CHECK_EQ_U64(order_below(order, key), plain_below(plain, key));
    }
    free(plain);
    free(order);
}

TEST(many_distinct_keys)
{
    against_plain(1, UINT64_C(1) << 30, 0, 40000);
}

TEST(few_distinct_keys)
{
    against_plain(2, 5, 0, 40000);
}

TEST(one_key)
{
    against_plain(3, 1, 0, 20000);
}

TEST(keys_that_wander)
{
    against_plain(4, 500, 3, 60000);
}

/* Full, thinned out evenly, and full again: the blocks never run out (an assertion of order.c). */
TEST(filled_thinned_and_filled_again)
{
    struct order *order = order_init(malloc(order_footprint(CAPACITY)), CAPACITY);
    for (int round = 0; round < 4; round++) {
        for (int64_t i = order_count(order); i < CAPACITY; i++)
            order_insert(order, i * 7919 % 4099);
        CHECK_EQ_U64(order_count(order), CAPACITY);
        order_clear(order);
        for (int64_t i = 0; i < CAPACITY; i++)
            CHECK_EQ_U64(order_insert(order, i), i);
        for (int64_t i = 0; i < CAPACITY; i++) {
            if (i % 5 != 0)
                order_remove(order, i);
        }
        for (int64_t i = 0; i < CAPACITY; i += 5)
            CHECK_EQ_U64(order_below(order, i), (i + 4) / 5);
    }
    CHECK_EQ_U64(order_below(order, INT64_MAX), order_count(order));
    CHECK_EQ_U64(order_below(order, INT64_MIN), 0);
    free(order);
}

/* Blocks that are full stand beside thin ones over and over. */
TEST(saw_tooth)
{
    struct order *order = order_init(malloc(order_footprint(CAPACITY)), CAPACITY);
    for (int64_t i = 0; i < 2000; i++)
        order_insert(order, i * 1000);
    for (int64_t round = 0; round < 20; round++) {
        for (int64_t i = 0; i < 2000; i++)
            order_insert(order, (i * 37 + round) % 2000 * 1000 + 1);
        for (int64_t i = 0; i < 2000; i++)
            order_remove(order, (i * 11 + round) % 2000 * 1000 + 1);
        CHECK_EQ_U64(order_below(order, 1000 * 1000), 1000);
    }
    free(order);
}
