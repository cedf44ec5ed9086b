#include "exchange/history.h"

#include "test.h"

enum { CAP = 8 };
static struct change ring[CAP];
static struct level memory[2][64];
static struct levels side[2];
static struct history history;

static uint64_t fill(unsigned count)
{
    uint64_t last = 0;
    history_init(&history, ring, CAP);
    levels_lay_out(&side[0], memory[0], 64, true);
    levels_lay_out(&side[1], memory[1], 64, false);
    for (unsigned i = 1; i <= count; i++) {
        int64_t old = levels_set(&side[0], 100, i);
        history_add(
            &history, &last,
            (struct change){
                .price_steps = 100, .old_steps = old, .new_steps = i, .seq = i, .time_us = 10 * i});
    }
    return last;
}

TEST(changes_are_taken_back_to_the_bound)
{
    uint64_t last = fill(6);
    CHECK(history_rewind(&history, last, (struct moment){4, INT64_MAX}, side));
    CHECK_EQ_I64(levels_size(&side[0], 100), 4);
    last = fill(6);
    CHECK(history_rewind(&history, last, (struct moment){UINT64_MAX, 29}, side));
    CHECK_EQ_I64(levels_size(&side[0], 100), 2);
    last = fill(6);
    CHECK(history_rewind(&history, last, (struct moment){0, 0}, side));
    CHECK_EQ_U64(side[0].count, 0);
}

TEST(what_was_overwritten_is_said)
{
    uint64_t last = fill(CAP + 4);
    CHECK(history_at(&history, 4) == NULL);
    CHECK(history_at(&history, 5) != NULL);
    CHECK(history_at(&history, 0) == NULL);
    CHECK(history_at(&history, CAP + 5) == NULL);
    CHECK(!history_rewind(&history, last, (struct moment){2, INT64_MAX}, side));
    last = fill(CAP + 4);
    CHECK(history_rewind(&history, last, (struct moment){5, INT64_MAX}, side));
    CHECK_EQ_I64(levels_size(&side[0], 100), 5);
}
