/* Trades: what is a repeat, what came late, what has no id. */
#include "word_venue.h"

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

/* ---- ids that are names ------------------------------------------------------------------------ */

static void begin_named(void)
{
    static const char *const one[] = {"BTC"};
    fake_rule(SYNC_NONE, VENUE_RESYNC_SUBSCRIBE);
    fake_venue.trade_id_plus1 = false;
    start_venue(&fake_venue, one, 1, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

/* A uuid, a hash and an integer too long for one: the list that a venue repeats at the next connection brings only what was missed. */
TEST(a_list_of_names_is_stored_once)
{
    begin_named();
    text("T BTC 6d2fa2a0-3c9e-4a57-9c3d-0a4b2e8f1c11 a0ff 2290000000123456789 00042");
    CHECK_EQ_I64(rows(ROW_TRADES), 4);
    step(TD_FRAME_CONN_CLOSE, "peer reset", 1006);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("T BTC a0ff 2290000000123456789 00042 a0fe 6d2fa2a0-3c9e-4a57-9c3d-0a4b2e8f1c11");
    CHECK_EQ_I64(rows(ROW_TRADES), 5);
    CHECK_EQ_I64(bucket(TD_BUCKET_PARTIAL), 1);
    text("T BTC a0fe");
    CHECK_EQ_I64(rows(ROW_TRADES), 5);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 1);
    CHECK_EQ_I64(book().trade_gaps, 0);
}

/* Hyperliquid's ids are hashes that fit an integer: no order can be read from them, and the lowest of all is no repeat. */
TEST(integers_in_no_order_are_all_stored)
{
    begin_named();
    char out[64];
    for (int64_t n = 0; n < 3 * TD_TRADES_KEPT; n++) {
        snprintf(out, sizeof out, "T BTC %lld", (long long)(1000000 - n * n % 7919 * 100 - n));
        text(out);
        text(out);
    }
    CHECK_EQ_I64(rows(ROW_TRADES), 3 * TD_TRADES_KEPT);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 3 * TD_TRADES_KEPT);
}
