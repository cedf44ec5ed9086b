/* Trades: what is a repeat, what came late, what has no id. */
#include "core_bench.h"

TEST(a_trade_that_comes_late_is_stored_once)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    match(10, "sell");
    match(12, "sell");
    CHECK_EQ_I64(book().trades_missed, 1);
    match(11, "sell");
    match(11, "sell");
    match(10, "sell");
    match(13, "sell");
    CHECK_EQ_I64(rows(ROW_TRADES), 4);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 2);
    CHECK_EQ_I64(book().trade_gaps, 1);
}

/* Older than the newest trades reach: nobody can say any more, and stored twice would be worse. */
TEST(a_trade_older_than_all_kept_is_a_repeat)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (int64_t id = 10; id < 10 + TD_TRADES_KEPT; id++)
        match(id, "sell");
    match(9, "sell");
    CHECK_EQ_I64(rows(ROW_TRADES), TD_TRADES_KEPT);
}

TEST(trades_without_an_id_are_all_stored)
{
    static const char trade[] =
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":"
        "\"buy\",\"price\":100.5,\"qty\":0.1}]}";
    start("kraken", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(trade);
    text(trade);
    CHECK_EQ_I64(rows(ROW_TRADES), 2);
    CHECK_EQ_I64(rows(ROW_GAPS), 0);
}
