/* The core on hand-made frames: what each rule does to books, rows and the ledger. */
#include "core_bench.h"

/* ---- Coinbase: snapshot proves, trades rise by one, crossed twice breaks ---------------------------------------- */

TEST(coinbase_snapshot_proves_the_book)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 4);
    CHECK(book().view.bid == 100.0 && book().view.ask == 101.0 && book().view.mid == 100.5);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"100.25\",\"1."
         "5\"],[\"sell\",\"101.00\",\"0\"]],"
         "\"time\":\"2023-11-14T22:13:20.000001Z\"}");
    CHECK(book().view.bid == 100.25 && book().view.ask == 102.0);
    CHECK_EQ_I64(rows(ROW_BOOK), 6);
    CHECK_EQ_I64(bucket(TD_BUCKET_OK), 2);
}

TEST(a_hole_in_trade_ids_is_counted_once)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    match(10, "sell");
    match(11, "sell");
    match(11, "sell"); /* repeated: not stored twice */
    match(19, "buy");
    CHECK_EQ_I64(rows(ROW_TRADES), 3);
    CHECK_EQ_I64(book().trade_gaps, 1);
    CHECK_EQ_I64(book().trades_missed, 7);
    CHECK_EQ_I64(rows(ROW_GAPS), 2); /* open and close */
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 1);
}

TEST(the_newest_trades_can_be_asked_for)
{
    struct trade_kept kept[4];
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    match(10, "sell");
    match(10, "sell");
    match(11, "buy");
    CHECK_EQ_I64(trade_ring_recent(core_trades_of(bench.core, 0), 4, kept),
                 2); /* a repeat is no trade */
    CHECK_EQ_I64(kept[0].trade_id, 11);
    CHECK_EQ_I64(kept[0].taker, TD_TAKER_SELL); /* the venue names the maker's side */
    CHECK_EQ_I64(kept[1].taker, TD_TAKER_BUY);
    CHECK_EQ_I64(kept[0].time_ns, 1700000000 * TD_NS_PER_S);
    CHECK_EQ_F64(td_steps_to_double(kept[0].price_steps, kept[0].price_scale), 100.5);
    CHECK_EQ_F64(td_steps_to_double(kept[0].size_steps, kept[0].size_scale), 0.5);
}

TEST(a_heartbeat_shows_a_lost_trade_at_the_second_beat)
{
    static const char beat[] =
        "{\"type\":\"heartbeat\",\"sequence\":9,\"last_trade_id\":12,\"product_id\":\"BTC-USD\","
        "\"time\":\"2023-11-14T22:13:20.000000Z\"}";
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    match(10, "sell");
    text(beat);
    CHECK_EQ_I64(book().trades_missed, 0);
    text(beat);
    CHECK_EQ_I64(book().trades_missed, 2);
    text(beat);
    CHECK_EQ_I64(book().trades_missed, 2);
}

TEST(crossed_for_two_frames_breaks_and_asks_again)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"101.50\",\"1\"]"
         "],\"time\":\"2023-11-14T22:13:20.1Z\"}");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"99.00\",\"1\"]]"
         ",\"time\":\"2023-11-14T22:13:20.2Z\"}");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_CROSSED), 1);
    CHECK(bench.asked_count > 0);
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_GAPS), 2);
}

TEST(silence_makes_the_book_stale_and_reconnects)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    bench.now_ns += 4 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    bench.now_ns += 60 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_STALE);
    CHECK_EQ_I64(bench.asked_count, 1);
    CHECK_EQ_I64(bench.asked[0].kind, WIRE_REQUEST_RECONNECT);
}

TEST(a_lost_connection_opens_a_gap_that_the_next_snapshot_closes)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    match(10, "sell");
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    CHECK_EQ_I64(rows(ROW_GAPS), 3); /* book, trades, ticker open */
    CHECK_EQ_I64(rows(ROW_BOOK), 5); /* a marker row tells the state */
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    CHECK_EQ_I64(rows(ROW_GAPS), 6); /* all three: a quiet symbol's next trade may be hours away */
    match(13, "sell");
    CHECK_EQ_I64(rows(ROW_GAPS), 8); /* the ids tell what was missed */
    CHECK_EQ_I64(book().trades_missed, 2);
}

TEST(our_own_stop_is_one_row_of_the_device)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    step(TD_FRAME_CONN_CLOSE, "recorder stops", TD_CLOSE_BY_STOP);
    CHECK_EQ_I64(rows(ROW_GAPS), 0);
    CHECK_EQ_I64(rows(ROW_BOOK), 4);
}

TEST(a_garbled_frame_resyncs_the_book_where_nothing_else_would_tell)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"100.2");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_PARSE), 1);
    CHECK(bench.asked_count > 0);
    start("coinbase", "BTC-USD");
    text(snapshot);
    text(
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USDT\",\"changes\":{}}"); /* another symbol's */
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    start("binance", "BTC-USDT");
    text("{\"stream\":\"btcusdt@depth"); /* there the chain will show it */
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_PARSE), 0);
}

TEST(a_finer_number_is_taken_without_a_loss)
{
    start("coinbase", "BTC-USD");
    text(snapshot);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"100.00000001\","
         "\"1\"]],\"time\":\"2023-11-14T22:13:20.2Z\"}");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK(book().view.bid == 100.00000001);
    CHECK_EQ_I64(instruments_peek(core_instruments(bench.core), 0)->price_scale, 8);
    CHECK_EQ_I64(book().bid_levels, 3);
}

TEST(a_number_beyond_int64_breaks_the_book_and_is_in_the_ledger)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\","
         "\"99999999999999999999999\",\"1\"]],"
         "\"time\":\"2023-11-14T22:13:20.2Z\"}");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_OVERFLOW), 1);
    CHECK_EQ_I64(bucket(TD_BUCKET_ABSURD), 1);
    CHECK_EQ_I64(rows(ROW_BOOK), 5);
}

/* ---- Binance: base, chain, hole --------------------------------------------------------------------------------------- */

TEST(binance_holds_early_deltas_and_joins_the_base)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    depth(1, 5, "99.00", "1");   /* all in the base */
    depth(6, 12, "99.50", "2");  /* spans the base's last id */
    depth(13, 14, "99.75", "3"); /* behind it */
    CHECK_EQ_I64(bucket(TD_BUCKET_PARTIAL), 3);
    CHECK_EQ_I64(rows(ROW_BOOK), 0);
    base(10);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 4); /* two of the base, one of each delta behind it */
    CHECK_EQ_I64(book().bid_levels, 3);
    depth(15, 15, "99.75", "0.00000000");
    CHECK_EQ_I64(book().bid_levels, 2);
}

/* The rows say what the book's state is: the base's say syncing, so the break needs a row of its own. */
TEST(binance_base_older_than_what_is_held_leaves_a_marker)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    depth(20, 22, "99.00", "1");
    base(10);
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 3);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_SEQUENCE), 1);
    base(21);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 6);
}

TEST(binance_hole_asks_for_a_base_and_heals)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    base(10);
    depth(11, 12, "99.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    bench.asked_count = 0;
    bench.now_ns += 20 * TD_NS_PER_S;
    depth(14, 15, "98.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_SEQUENCE), 1);
    CHECK_EQ_I64(bench.asked_count, 1);
    CHECK_EQ_I64(bench.asked[0].kind, WIRE_REQUEST_FETCH);
    depth(16, 17, "97.00", "1");
    base(15);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().bid_levels, 2); /* the base's and 97.00 */
    CHECK_EQ_I64(bucket(TD_BUCKET_GAP), 1);
}

TEST(binance_base_that_failed_is_asked_for_again)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    bench.now_ns += 2 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    bench.asked_count = 0;
    step(TD_FRAME_HTTP, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000\t", 503);
    CHECK_EQ_I64(bench.asked_count, 0);
    bench.now_ns += 30 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(bench.asked_count, 1);
}

/* ---- buckets -------------------------------------------------------------------------------------------------------------- */

TEST(every_frame_ends_in_one_bucket)
{
    start("coinbase", "BTC-USD");
    text(snapshot);
    text("not json");
    text("{\"type\":\"subscriptions\",\"channels\":[]}");
    text("");
    step(TD_FRAME_WS_BINARY, "\x01\x02", 0);
    step(TD_FRAME_HTTP, "https://x/products\t<html>maintenance</html>", 200);
    step(TD_FRAME_HTTP, "https://x/products\t", 0);
    uint64_t sum = 0;
    for (unsigned b = 0; b < TD_BUCKETS; b++)
        sum += bucket((enum td_bucket)b);
    CHECK_EQ_I64(sum, core_source_status(bench.core, 0).frames);
    CHECK_EQ_I64(sum, 7);
    CHECK(bucket(TD_BUCKET_MALFORMED) >= 3);
}
