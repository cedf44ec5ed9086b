/* Frames that cannot be used: no book stays proven that such a frame may have changed, and each mends afterwards. */
#include "core_bench.h"

static const char kraken_book[] =
    "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
    "\"price\":100.0,\"qty\":1.0}],\"asks\":[{\"price\":101.0,\"qty\":1.0}]}]}";

TEST(a_change_with_an_absurd_time_breaks_the_book)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"100.25\",\"1\"]"
         "],\"time\":\"1970-01-01T00:00:00.000000Z\"}");
    CHECK_EQ_I64(bucket(TD_BUCKET_ABSURD), 1);
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK(bench.asked_count > 0);
}

/* The checksum covers ten levels a side: a change below them would go unseen. */
TEST(a_garbled_kraken_change_breaks_the_book_it_names)
{
    start("kraken", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(kraken_book);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"ETH/USD\",\"bids\":[{");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    text(kraken_book);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}

/* What the broken book holds must not keep the fresh image's finer scale from fitting. */
TEST(a_book_that_overflowed_is_mended_by_a_finer_image)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"12345678912.34\",\"1\"]],"
         "\"bids\":[[\"1\",\"1\"]]}");
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"1."
         "000000000001\",\"1\"]],\"time\":\"2023-11-14T22:13:20.2Z\"}");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_OVERFLOW), 1);
    text("{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"2\",\"1\"]],"
         "\"bids\":[[\"1.000000000001\",\"1\"]]}");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK(book().view.bid == 1.000000000001);
}

TEST(a_base_that_is_no_json_is_asked_for_again)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    bench.now_ns += 2 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    bench.asked_count = 0;
    step(TD_FRAME_HTTP, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000\t<html>",
         200);
    CHECK_EQ_I64(bucket(TD_BUCKET_MALFORMED), 1);
    bench.now_ns += 15 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(bench.asked_count, 1);
}

/* Ids that do not rise by one cannot show what such a frame has held: it is a hole of trades, told at once. */
TEST(a_frame_that_may_have_held_trades_is_a_hole_of_them)
{
    start("okx", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"instId\":\"BTC-"
         "USDT\","
         "\"tradeId\":\"7\",\"px\":\"100\",\"sz\":\"1\",\"side\":\"buy\",\"ts\":\"1700000000000\"}]"
         "}");
    CHECK_EQ_I64(bucket(TD_BUCKET_OK), 1);
    uint64_t before = core_gaps_by_kind(bench.core, TD_GAP_PARSE);
    text("{\"arg\":{\"channel\":\"trades\",\"instId\":\"ETH-USDT\"},\"data\":[{\"px\":7}]}");
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_PARSE), before);
    text("{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"px\":7}]}");
    CHECK_EQ_I64(bucket(TD_BUCKET_MALFORMED), 1);
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_PARSE), before + 1);
    text("no JSON at all");
    CHECK_EQ_U64(core_gaps_by_kind(bench.core, TD_GAP_PARSE), before + 2);
}
