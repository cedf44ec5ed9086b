/* Numbers of a connection: what goes on, what repeats, what is missing. */
#include "book/sync_conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/state.h"
#include "test.h"

static struct sync_conn conn;
static struct sync_conn_hole hole;

static enum sync_conn_verdict judge(int64_t number, unsigned slack)
{
    memset(&hole, 0x55, sizeof hole);
    return sync_conn_judge(&conn, number, slack, &hole);
}

static void run(int64_t first, int64_t last, unsigned slack)
{
    for (int64_t n = first; n <= last; n++)
        CHECK_EQ_I64(judge(n, slack), SYNC_CONN_NEW);
}

TEST(numbers_go_on_from_whatever_was_first)
{
    static const int64_t firsts[] = {0, 1, 7, -5, INT64_C(1) << 40, INT64_MAX - 6, INT64_MIN};
    for (unsigned i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        sync_conn_begin(&conn);
        run(firsts[i], firsts[i] + 5, 0);
    }
}

TEST(what_is_missing_is_counted)
{
    sync_conn_begin(&conn);
    run(5, 9, 0);
    CHECK_EQ_I64(judge(13, 0), SYNC_CONN_HOLE);
    CHECK_EQ_I64(hole.after, 9);
    CHECK_EQ_I64(hole.at, 13);
    CHECK_EQ_I64(hole.missed, 3);
    run(14, 20, 0); /* goes on from there */
}

TEST(a_repeat_is_no_hole_until_there_are_many)
{
    sync_conn_begin(&conn);
    run(10, 30, 0);
    for (int again = 0; again < 3; again++) {
        CHECK_EQ_I64(judge(30, 0), SYNC_CONN_REPEAT);
        CHECK_EQ_I64(judge(29, 0), SYNC_CONN_REPEAT);
        run(31 + again, 31 + again, 0);
    }
    run(34, 40, 0);
    CHECK_EQ_I64(judge(21, 0), SYNC_CONN_REPEAT);
    CHECK_EQ_I64(judge(22, 0), SYNC_CONN_REPEAT);
    CHECK_EQ_I64(judge(23, 0), SYNC_CONN_REPEAT);
    CHECK_EQ_I64(judge(24, 0), SYNC_CONN_HOLE); /* it counts on from there */
    CHECK_EQ_I64(hole.missed, -1);
    run(25, 60, 0);
}

TEST(numbers_that_begin_anew_are_a_hole)
{
    sync_conn_begin(&conn);
    run(0, 20, 0);
    CHECK_EQ_I64(judge(0, 0), SYNC_CONN_HOLE);
    CHECK_EQ_I64(hole.after, 20);
    CHECK_EQ_I64(hole.at, 0);
    CHECK_EQ_I64(hole.missed, -1);
    run(1, 3000, 0);
    CHECK_EQ_I64(judge(500, 0), SYNC_CONN_HOLE); /* from far back */
    run(501, 510, 0);
    CHECK_EQ_I64(judge(INT64_MIN, 0), SYNC_CONN_HOLE);
    CHECK_EQ_I64(judge(INT64_MAX, 0), SYNC_CONN_HOLE);
    CHECK_EQ_I64(hole.missed, INT64_MAX);
}

TEST(a_late_one_within_the_slack_is_no_hole)
{
    sync_conn_begin(&conn);
    run(1, 4, 2);
    CHECK_EQ_I64(judge(6, 2), SYNC_CONN_NEW); /* 5 is late */
    CHECK_EQ_I64(judge(7, 2), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(7, 2), SYNC_CONN_REPEAT);
    CHECK_EQ_I64(judge(5, 2), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(5, 2), SYNC_CONN_REPEAT);
    run(8, 9, 2);
    CHECK_EQ_I64(judge(11, 2), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(12, 2), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(13, 2), SYNC_CONN_HOLE); /* 10 is now more than two behind */
    CHECK_EQ_I64(hole.after, 9);
    CHECK_EQ_I64(hole.missed, 1);
}

TEST(a_late_one_from_before_the_first_is_taken)
{
    sync_conn_begin(&conn);
    CHECK_EQ_I64(judge(100, 3), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(98, 3), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(97, 3), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(96, 3), SYNC_CONN_REPEAT);
    run(101, 105, 3);
}

/* Every order in which no message is more than the slack late is whole; any one left out is found, once, as one. */
TEST(any_order_within_the_slack_is_whole)
{
    srandom(7);
    for (unsigned round = 0; round < 400; round++) {
        enum { COUNT = 900 };
        unsigned slack = (unsigned)random() % (SYNC_CONN_SLACK_MAX + 1);
        int64_t order[COUNT], without = round % 2 ? 300 + random() % 200 : -1;
        for (int i = 0; i < COUNT; i++)
            order[i] = i;
        for (int from = 0; from + (int)slack < COUNT; from += (int)slack + 1)
            for (unsigned n = 0; n < slack; n++) { /* within blocks that the slack covers */
                int a = from + (int)(random() % (slack + 1)), b = from + (int)n;
                int64_t was = order[a];
                order[a] = order[b], order[b] = was;
            }
        unsigned holes = 0;
        int64_t missed = 0;
        sync_conn_begin(&conn);
        for (int i = 0; i < COUNT; i++) {
            if (order[i] == without)
                continue;
            enum sync_conn_verdict verdict = judge(order[i], slack);
            CHECK(verdict != SYNC_CONN_REPEAT);
            holes += verdict == SYNC_CONN_HOLE;
            if (verdict == SYNC_CONN_HOLE && holes == 1)
                missed = hole.missed;
        }
        CHECK_EQ_U64(without < 0 ? 0 : 1, holes > 0);
        CHECK(without < 0 || missed >= 1);
    }
}

TEST(the_count_survives_a_checkpoint)
{
    unsigned char bytes[256], copy[256];
    sync_conn_begin(&conn);
    run(1, 4, 200);
    CHECK_EQ_I64(judge(150, 200), SYNC_CONN_NEW);
    CHECK_EQ_I64(judge(150, 200), SYNC_CONN_REPEAT);
    struct td_state save = td_state_save(bytes, sizeof bytes);
    sync_conn_state(&conn, &save);
    struct td_state load = td_state_load(bytes, save.used);
    struct sync_conn other;
    memset(&other, 0, sizeof other);
    sync_conn_state(&other, &load);
    CHECK(!save.failed && !load.failed);
    struct td_state again = td_state_save(copy, sizeof copy);
    sync_conn_state(&other, &again);
    CHECK(again.used == save.used && memcmp(copy, bytes, save.used) == 0);
}
