#include <stdlib.h>

#include "base/state.h"
#include "book/sync.h"
#include "test.h"

static struct sync_hold *new_hold(uint32_t deltas, uint32_t levels)
{
    return sync_hold_init(malloc(sync_hold_footprint(deltas, levels)), deltas, levels);
}

/* A delta whose levels can be told from its number. */
static uint32_t push(struct sync_hold *hold, int64_t number, uint32_t count)
{
    struct td_level level[64];
    struct sync_held head = {
        .frame = (uint64_t)number, .seq_first = number, .seq_last = number, .level_count = count};

    for (uint32_t i = 0; i < count; i++)
        level[i] = (struct td_level){number * 100 + i, number + i, TD_SIDE_ASK};
    return sync_hold_push(hold, &head, level);
}

static void check_oldest(const struct sync_hold *hold, int64_t number, uint32_t count)
{
    const struct sync_held *held = sync_hold_peek(hold);

    CHECK(held != NULL);
    CHECK_EQ_I64(held->seq_last, number);
    CHECK_EQ_U64(held->level_count, count);
    for (uint32_t i = 0; i < count; i++) {
        struct td_level level = sync_hold_level(hold, held, i);
        CHECK_EQ_I64(level.price_steps, number * 100 + i);
        CHECK_EQ_I64(level.size_steps, number + i);
        CHECK_EQ_I64(level.side, TD_SIDE_ASK);
    }
}

TEST(first_in_first_out_over_the_wrap)
{
    struct sync_hold *hold = new_hold(5, 17);
    int64_t oldest = 0;

    CHECK(sync_hold_peek(hold) == NULL);
    for (int64_t i = 0; i < 200; i++) {
        CHECK_EQ_U64(push(hold, i, (uint32_t)(i % 6)), 0);
        if (i % 3 == 2) {
            for (; oldest <= i; oldest++) {
                check_oldest(hold, oldest, (uint32_t)(oldest % 6));
                sync_hold_pop(hold);
            }
            CHECK(sync_hold_peek(hold) == NULL);
        }
    }
    free(hold);
}

TEST(full_drops_the_oldest)
{
    struct sync_hold *hold = new_hold(3, 100);

    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_U64(push(hold, i, 2), 0);
    CHECK_EQ_U64(push(hold, 3, 2), 1);
    check_oldest(hold, 1, 2);
    free(hold);
}

TEST(full_of_levels_drops_as_many_as_needed)
{
    struct sync_hold *hold = new_hold(100, 10);

    push(hold, 1, 3);
    push(hold, 2, 3);
    push(hold, 3, 4);
    CHECK_EQ_U64(push(hold, 4, 5), 2);
    check_oldest(hold, 3, 4);
    sync_hold_pop(hold);
    check_oldest(hold, 4, 5);
    free(hold);
}

TEST(larger_than_the_hold_empties_it)
{
    struct sync_hold *hold = new_hold(8, 10);

    push(hold, 1, 3);
    CHECK_EQ_U64(push(hold, 2, 11), 2);
    CHECK(sync_hold_peek(hold) == NULL);
    CHECK_EQ_U64(push(hold, 3, 10), 0);
    check_oldest(hold, 3, 10);
    sync_hold_clear(hold);
    CHECK(sync_hold_peek(hold) == NULL);
    free(hold);
}

TEST(rescale)
{
    struct sync_hold *hold = new_hold(4, 8);

    push(hold, 1, 3);
    push(hold, 2, 2);
    sync_hold_pop(hold);
    push(hold, 3, 5); /* over the wrap */
    CHECK_EQ_I64(sync_hold_rescale(hold, 10, 100), 0);
    const struct sync_held *held = sync_hold_peek(hold);
    CHECK_EQ_I64(sync_hold_level(hold, held, 1).price_steps, 2010);
    CHECK_EQ_I64(sync_hold_level(hold, held, 1).size_steps, 300);
    CHECK(sync_hold_rescale(hold, INT64_MAX / 3000, 1) == TD_E_OVERFLOW);
    sync_hold_pop(hold);
    held = sync_hold_peek(hold);
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQ_I64(sync_hold_level(hold, held, i).price_steps, 3000 + 10 * (int64_t)i);
    free(hold);
}

/* Into a hold as large, from a hold that has wrapped. */
static size_t save(struct sync_hold *hold, unsigned char *bytes, size_t cap)
{
    struct td_state state = td_state_save(bytes, cap);
    sync_hold_state(hold, &state);
    CHECK(!state.failed);
    return state.used;
}

TEST(a_loaded_hold_goes_on_as_the_saved_one)
{
    static unsigned char bytes[4096], again[4096];
    struct sync_hold *hold = new_hold(5, 17), *other = new_hold(5, 17);

    for (int64_t i = 0; i < 40; i++) {
        size_t count = save(hold, bytes, sizeof bytes);
        struct td_state state = td_state_load(bytes, count);
        push(other, 999, 3); /* what a load finds goes */
        sync_hold_state(other, &state);
        CHECK(!state.failed);
        CHECK_EQ_U64(save(other, again, sizeof again), count);
        CHECK_EQ_MEM(again, bytes, count);
        CHECK_EQ_U64(push(other, i, (uint32_t)(i % 6)), push(hold, i, (uint32_t)(i % 6)));
        CHECK_EQ_U64(save(other, again, sizeof again), save(hold, bytes, sizeof bytes));
    }
    for (const struct sync_held *held; (held = sync_hold_peek(hold)) != NULL; sync_hold_pop(hold)) {
        CHECK_EQ_U64(sync_hold_peek(other)->frame, held->frame);
        check_oldest(other, held->seq_last, held->level_count);
        sync_hold_pop(other);
    }
    CHECK(sync_hold_peek(other) == NULL);
    free(hold);
    free(other);
}

TEST(a_hold_that_is_too_small_fails_the_load)
{
    static unsigned char bytes[4096];
    struct sync_hold *hold = new_hold(5, 17), *deltas = new_hold(2, 17), *levels = new_hold(5, 5);

    for (int64_t i = 0; i < 3; i++)
        push(hold, i, 4);
    size_t count = save(hold, bytes, sizeof bytes);
    struct td_state state = td_state_load(bytes, count);
    sync_hold_state(deltas, &state);
    CHECK(state.failed && sync_hold_peek(deltas) == NULL);
    state = td_state_load(bytes, count);
    sync_hold_state(levels, &state);
    CHECK(state.failed && sync_hold_peek(levels) == NULL);
    free(hold);
    free(deltas);
    free(levels);
}
