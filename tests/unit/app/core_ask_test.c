/* What the core asks for: again when nothing came, and whatever the wall clock does. */
#include "core_bench.h"

/* Ticks for so long; frames of the venue in between, or it would count as silent. */
static void wait_s(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        bench.now_ns += TD_NS_PER_S;
        text("{\"type\":\"subscriptions\",\"channels\":[]}");
        step(TD_FRAME_TICK, "", 0);
    }
}

TEST(a_book_that_never_got_its_snapshot_is_asked_for_again)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    bench.asked_count = 0;
    wait_s(50);
    CHECK_EQ_I64(bench.asked_count, 0);
    wait_s(20);
    CHECK_EQ_I64(bench.asked_count, 2); /* leave and join */
    text(snapshot);
    bench.asked_count = 0;
    wait_s(55); /* after a minute without a message the age rule speaks */
    CHECK_EQ_I64(bench.asked_count, 0);
}

TEST(a_base_whose_answer_was_lost_is_asked_for_again)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    bench.now_ns += 2 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    bench.asked_count = 0;
    bench.now_ns += 90 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(bench.asked_count, 1);
}

TEST(a_wall_clock_that_is_set_back_does_not_put_off_a_resync)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    base(10);
    depth(11, 12, "99.00", "1");
    bench.asked_count = 0;
    bench.wall_ahead_ns = -3600 * TD_NS_PER_S;
    bench.now_ns += 20 * TD_NS_PER_S;
    depth(14, 15, "98.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(bench.asked_count, 1);
}

TEST(a_wall_clock_that_is_set_forward_is_no_silence)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.wall_ahead_ns = 3600 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}
