/* Books that fall silent, stay crossed, count anew or fail again and again. */
#include "core_rows.h"

static const char nothing[] = "{\"type\":\"subscriptions\",\"channels\":[]}";

/* A second each; the connection speaks, or it would count as silent itself. */
static void wait_s(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        bench.now_ns += TD_NS_PER_S;
        text(nothing);
        step(TD_FRAME_TICK, "", 0);
    }
}

static void begin(void)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
}

static void change(const char *side, const char *price, const char *size)
{
    char out[300];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"%s\",\"%s\",\"%s\"]],"
        "\"time\":\"2023-11-14T22:13:20.000001Z\"}",
        side, price, size);
    text(out);
}

/* ---- silence ---------------------------------------------------------------------------------------------------------- */

TEST(a_book_that_does_not_follow_its_trades_is_stale)
{
    begin();
    for (unsigned i = 0; i < 10; i++) { /* a habit of long pauses does not excuse it */
        wait_s(50);
        change("buy", "99.00", i % 2 ? "1" : "2");
    }
    wait_s(30);
    match(10, "sell");
    wait_s(29);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    wait_s(3);
    CHECK_EQ_I64(book().state, TD_BOOK_STALE);
    CHECK_EQ_I64(bench.asked_count, 2); /* leave and join: the connection itself is well */
    CHECK_EQ_I64(bench.asked[0].kind, WIRE_REQUEST_SEND);
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    read_rows();
    const struct told *opened = the_gap(TD_GAP_SILENT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD");
    CHECK_EQ_STR(opened->note, "trades came and no change of the book");
    CHECK_EQ_I64(opened->head.recv_ns - opened->gap.from_ns >= 60 * TD_NS_PER_S,
                 1); /* since its last message */
}

TEST(a_quiet_symbol_is_suspected_once_and_then_trusted_longer)
{
    begin();
    wait_s(58);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    wait_s(4);
    CHECK_EQ_I64(book().state, TD_BOOK_STALE);
    text(snapshot);
    wait_s(400); /* six times as long, eight are allowed */
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    wait_s(120);
    CHECK_EQ_I64(book().state, TD_BOOK_STALE);
}

/* ---- crossed ------------------------------------------------------------------------------------------------------------ */

TEST(a_crossed_image_is_not_believed_at_all)
{
    begin();
    text(
        "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"99.00\",\"2\"]],\"bids\":[["
        "\"100.00\",\"1\"]]}");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK(bench.asked_count > 0);
    read_rows();
    the_gap(TD_GAP_CROSSED, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD");
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_BOOK && told[i].book.price == 99.0)
            CHECK_EQ_I64(told[i].book.state, TD_BOOK_BROKEN);
}

TEST(a_book_left_crossed_does_not_stay_proven)
{
    begin();
    change("buy", "101.50", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    wait_s(4);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    wait_s(3);
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_CROSSED), 1);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------- */

static void binance_begins(int64_t last)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    base(last);
    depth(last + 1, last + 1, "99.00", "1");
    depth(last + 2, last + 2, "99.00", "2");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}

TEST(repeated_changes_are_dropped_and_the_book_stays_proven)
{
    binance_begins(10);
    depth(12, 12, "99.00", "2");
    depth(11, 12, "99.00", "2");
    depth(11, 11, "99.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    depth(13, 13, "99.00", "3");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 3);
    CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_SEQUENCE), 0);
}

/* Each of them, and the book is found again by the base that follows. */
TEST(numbers_that_jump_or_begin_anew_break_the_book)
{
    static const int64_t to[] = {0, 1, 5000000012 + (INT64_C(1) << 31),
                                 5000000012 + (INT64_C(1) << 53)};
    for (unsigned i = 0; i < sizeof to / sizeof *to; i++) {
        binance_begins(5000000010);
        bench.asked_count = 0;
        bench.now_ns += 11 * TD_NS_PER_S;
        depth(to[i], to[i], "98.00", "1");
        CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
        CHECK_EQ_I64(core_gaps_by_kind(bench.core, TD_GAP_SEQUENCE), 1);
        CHECK_EQ_I64(bench.asked_count, 1);
        base(to[i]);
        depth(to[i] + 1, to[i] + 1, "98.00", "2");
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
        CHECK_EQ_I64(book().seq_last, to[i] + 1);
    }
}

TEST(numbers_a_little_back_break_the_book_when_they_go_on)
{
    binance_begins(1000);
    for (int64_t number = 500; number < 503; number++)
        depth(number, number, "98.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    depth(503, 503, "98.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
}

static void count_anew(int64_t before, int64_t missed)
{
    begin();
    for (int64_t id = 5000; id < 5000 + before; id++)
        match(id, "sell");
    uint64_t stored = rows(ROW_TRADES);
    for (int64_t id = 1; id <= 8; id++)
        match(id, "sell");
    CHECK_EQ_I64(book().trades_missed, missed);
    CHECK_EQ_I64(rows(ROW_TRADES) - stored, 8 - missed);
    match(11, "sell"); /* holes are seen in the new count */
    CHECK_EQ_I64(book().trades_missed, missed + 2);
    read_rows();
    CHECK_EQ_I64(gap_of(TD_GAP_TRADE_ID, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC-USD", 0)->gap.missed,
                 missed);
}

TEST(trades_that_are_counted_anew_are_stored_again)
{
    count_anew(10, 0);
    count_anew(TD_TRADES_KEPT, 4); /* four had to be seen before the fifth was believed */
}

TEST(late_trades_in_a_row_are_no_new_count)
{
    begin();
    match(10, "sell");
    match(20, "sell");
    for (int64_t id = 11; id < 20; id++)
        match(id, "sell");
    match(21, "sell");
    CHECK_EQ_I64(book().trades_missed, 9);
    CHECK_EQ_I64(rows(ROW_TRADES), 12);
}

/* ---- quarantine --------------------------------------------------------------------------------------------------------- */

/* Seconds until something is asked for; 0: not within ten minutes. The book breaks at once whenever it was mended. */
static unsigned until_asked(void)
{
    bench.asked_count = 0;
    for (unsigned second = 1; second <= 600; second++) {
        bench.now_ns += TD_NS_PER_S;
        text(nothing);
        step(TD_FRAME_TICK, "", 0);
        if (bench.asked_count > 0)
            return second;
    }
    return 0;
}

static void break_book(void)
{
    change("buy", "101.50", "1");
    change("buy", "101.60", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
}

TEST(a_book_that_keeps_failing_is_asked_for_ever_more_seldom)
{
    static const unsigned waits[] = {10, 20, 40, 80, 160, 300, 300};
    begin();
    break_book();
    CHECK(bench.asked_count > 0); /* at once */
    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
        text(snapshot);
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
        break_book();
        unsigned second = until_asked();
        CHECK(second >= waits[i] - 1 && second <= waits[i] + 1);
    }
    text(snapshot);
    for (unsigned i = 0; i < 2; i++) { /* a minute of proven book, and it is trusted again */
        wait_s(40);
        change("buy", "99.00", i ? "1" : "2");
    }
    wait_s(250);
    text(snapshot);
    bench.asked_count = 0;
    wait_s(10);
    break_book();
    wait_s(1);
    CHECK(bench.asked_count > 0);
    text(snapshot);
    break_book();
    CHECK(until_asked() <= 11);
}

TEST(a_reconnect_asks_no_base_sooner_than_ten_seconds_after_the_last)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    wait_s(2);
    unsigned bases = 0;
    for (unsigned i = 0; i < 9; i++) {
        step(TD_FRAME_CONN_CLOSE, "reset", 1006);
        step(TD_FRAME_CONN_OPEN, "wss://x", 0);
        bench.asked_count = 0;
        wait_s(1);
        for (unsigned r = 0; r < bench.asked_count; r++)
            bases += strstr(bench.asked[r].text, "/depth?") != NULL;
    }
    CHECK(bases <= 1);
    wait_s(12);
    for (unsigned r = 0; r < bench.asked_count; r++)
        bases += strstr(bench.asked[r].text, "/depth?") != NULL;
    CHECK(bases >= 1);
}

/* ---- every book at once --------------------------------------------------------------------------------------------------- */

static void crossed_image(const char *symbol)
{
    char out[300];
    snprintf(out, sizeof out,
             "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[[\"99.00\",\"2\"]],\"bids\":[["
             "\"100.00\",\"1\"]]}",
             symbol);
    text(out);
}

static uint64_t alarms_of(unsigned symbols_failing, unsigned times)
{
    static const char *const symbols[] = {"BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD"};
    uint64_t before = td_metric_get(TD_M_book_alarms);
    start_with("coinbase", symbols, 4, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned i = 0; i < times; i++)
        for (unsigned s = 0; s < symbols_failing; s++)
            crossed_image(symbols[s]);
    return td_metric_get(TD_M_book_alarms) - before;
}

TEST(a_check_that_fails_on_every_book_is_one_alarm)
{
    CHECK_EQ_U64(alarms_of(4, 2), 0);
    CHECK_EQ_U64(alarms_of(3, 9), 0); /* one book is well: the others are bad symbols */
    CHECK_EQ_U64(alarms_of(4, 3), 1);
    CHECK_EQ_U64(alarms_of(4, 30), 1);
    CHECK_EQ_I64(bench.asked_count, 1 + 4 * 2); /* and no storm: the list, and one resync of each */
}
