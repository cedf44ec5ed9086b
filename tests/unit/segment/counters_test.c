#include "segment/counters.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

static struct path_partition partition_of(const char *symbol)
{
    struct path_partition partition = {.table = "book", .exchange = "x"};
    snprintf(partition.symbol, sizeof partition.symbol, "%s", symbol);
    return partition;
}

static uint32_t next(struct counters *counters, const char *symbol)
{
    struct path_partition partition = partition_of(symbol);
    return ++*counters_of(counters, &partition);
}

enum { STREAMS = 2, ROOM = 2 * STREAMS };

struct fixture {
    struct counter memory[ROOM];
    struct counters counters;
};

static void open_fixture(struct fixture *fixture)
{
    CHECK_EQ_U64(counters_footprint(STREAMS), sizeof fixture->memory);
    memset(fixture->memory, 0xAA, sizeof fixture->memory);
    counters_init(&fixture->counters, fixture->memory, STREAMS);
}

static size_t save(struct counters *counters, unsigned char *bytes, size_t cap)
{
    struct td_state state = td_state_save(bytes, cap);
    counters_state(counters, &state);
    CHECK(!state.failed);
    return state.used;
}

TEST(each_partition_counts_for_itself)
{
    struct fixture one;
    open_fixture(&one);
    CHECK_EQ_U64(next(&one.counters, "a"), 1);
    CHECK_EQ_U64(next(&one.counters, "a"), 2);
    CHECK_EQ_U64(next(&one.counters, "b"), 1);
    CHECK_EQ_U64(next(&one.counters, "a"), 3);
}

TEST(a_loaded_counter_goes_on)
{
    struct fixture one, two;
    unsigned char bytes[400];
    open_fixture(&one);
    open_fixture(&two);
    next(&one.counters, "a");
    next(&one.counters, "a");
    next(&one.counters, "b");
    next(&two.counters, "b");
    struct td_state state = td_state_load(bytes, save(&one.counters, bytes, sizeof bytes));
    counters_state(&two.counters, &state);
    CHECK(!state.failed);
    CHECK_EQ_U64(next(&two.counters, "a"), 3);
    CHECK_EQ_U64(next(&two.counters, "b"), 2);
    CHECK_EQ_U64(next(&two.counters, "c"), 1);
}

/* Symbols that went from the configuration make place, and what they had reached is never given out again. */
TEST(a_forgotten_counter_leaves_its_floor)
{
    struct fixture one, two;
    unsigned char bytes[400];
    open_fixture(&one);
    open_fixture(&two);
    const char *old[ROOM] = {"a", "b", "c", "d"};
    for (unsigned i = 0; i < ROOM; i++)
        for (unsigned n = 0; n < 10 + i; n++)
            next(&one.counters, old[i]);
    struct td_state state = td_state_load(bytes, save(&one.counters, bytes, sizeof bytes));
    counters_state(&two.counters, &state);
    CHECK_EQ_U64(next(&two.counters, "d"), 14);
    CHECK_EQ_U64(next(&two.counters, "new"), 11); /* in place of a */
    CHECK_EQ_U64(next(&two.counters, "a"), 12);   /* in place of b */
}

/* A deck of fewer streams than the one that saved: what finds no place is never given out again, and nothing is written beyond. */
TEST(more_counters_than_places_leave_their_floor)
{
    enum { MANY = 2 * ROOM };
    struct counter memory[MANY];
    struct counters many;
    struct {
        struct fixture fixture;
        unsigned char behind[sizeof(struct counter)];
    } few;
    unsigned char bytes[1000], untouched[sizeof few.behind];
    CHECK_EQ_U64(counters_footprint(2 * STREAMS), sizeof memory);
    counters_init(&many, memory, 2 * STREAMS);
    for (unsigned i = 0; i < MANY; i++)
        for (unsigned n = 0; n <= i; n++)
            next(&many, (const char[]){(char)('a' + i), 0});
    struct td_state state = td_state_load(bytes, save(&many, bytes, sizeof bytes));
    memset(few.behind, 0x55, sizeof few.behind);
    memset(untouched, 0x55, sizeof untouched);
    counters_init(&few.fixture.counters, few.fixture.memory, STREAMS);
    counters_state(&few.fixture.counters, &state);
    CHECK(!state.failed);
    CHECK_EQ_MEM(few.behind, untouched, sizeof untouched);
    CHECK_EQ_U64(few.fixture.counters.count, ROOM);
    CHECK_EQ_U64(few.fixture.counters.floor, MANY);
    CHECK_EQ_U64(next(&few.fixture.counters, "d"), 5);        /* it had a place */
    CHECK_EQ_U64(next(&few.fixture.counters, "h"), MANY + 1); /* it had none */
}

TEST(cut_or_foreign_bytes_fail_and_write_nothing_beyond)
{
    struct fixture one, two;
    unsigned char bytes[400];
    open_fixture(&one);
    next(&one.counters, "a");
    next(&one.counters, "b");
    size_t count = save(&one.counters, bytes, sizeof bytes);
    for (size_t cut = 0; cut < count; cut++) {
        open_fixture(&two);
        struct td_state state = td_state_load(bytes, cut);
        counters_state(&two.counters, &state);
        CHECK(state.failed);
        CHECK(two.counters.count <= ROOM);
    }
    for (size_t at = 0; at < count * 8; at++) {
        unsigned char flipped[400];
        memcpy(flipped, bytes, count);
        flipped[at / 8] ^= (unsigned char)(1 << at % 8);
        open_fixture(&two);
        struct td_state state = td_state_load(flipped, count);
        counters_state(&two.counters, &state);
        CHECK(two.counters.count <= ROOM);
        for (uint32_t i = 0; i < two.counters.count; i++)
            CHECK(strnlen(two.counters.at[i].symbol, PATH_VALUE_MAX) < PATH_VALUE_MAX);
    }
}
