/* Two connections at a time: nothing missing, nothing twice, no book ever out of the state proven. The first connection is number 1,
   the second 2; each test says by `by(n)` which one speaks. */
#include "core_rows.h"

static void by(uint32_t conn)
{
    bench.conn = conn;
}

static void wait_s(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        bench.now_ns += TD_NS_PER_S;
        step(TD_FRAME_TICK, "", 0);
    }
}

static bool drop_asked(void)
{
    for (unsigned i = 0; i < bench.asked_count; i++)
        if (bench.asked[i].kind == WIRE_REQUEST_DROP && bench.asked[i].conn == 1)
            return true;
    return false;
}

static void open_second(void)
{
    by(2);
    step(TD_FRAME_CONN_OPEN, "wss://x", TD_OPEN_OVERLAP);
}

static void close_planned(void)
{
    by(1);
    step(TD_FRAME_CONN_CLOSE, "24 hours are over", TD_CLOSE_PLANNED);
    by(2);
}

static void begin(const char *venue, const char *symbol)
{
    start(venue, symbol);
    step(TD_FRAME_START, "tapedeck", 0);
    by(1);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

/* What a planned end leaves: one pair of rows, and nothing that looks like a loss. */
static void check_planned(const char *symbol)
{
    read_rows();
    const struct told *closed = the_gap(TD_GAP_PLANNED, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK(closed->gap.has_missed && closed->gap.missed == 0);
    the_gap(TD_GAP_PLANNED, TD_GAP_OPEN, TD_CHANNEL_ALL, "_all");
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_GAPS && strcmp(told[i].symbol, symbol) == 0 &&
            told[i].gap.phase == TD_GAP_OPEN)
            CHECK_EQ_STR(told[i].note, "recording starts");
}

/* Rows of one level change each, stored once: sequence numbers or trade ids rise without a hole from first to last. */
static void check_chain(enum row_table table, int64_t first, int64_t last)
{
    int64_t next = first;
    for (unsigned i = 0; i < told_count; i++) {
        bool delta = told[i].table == ROW_BOOK && told[i].head.has_seq &&
                     !(told[i].book.flags & TD_ROW_SNAPSHOT);
        if (told[i].table != table || (table == ROW_BOOK && !delta))
            continue;
        if (table == ROW_BOOK)
            CHECK_EQ_I64(told[i].book.state, TD_BOOK_PROVEN);
        CHECK_EQ_I64(table == ROW_BOOK ? told[i].head.seq : told[i].trade.trade_id, next);
        next++;
    }
    CHECK_EQ_I64(next, last + 1);
}

/* ---- Binance: numbered changes, both connections feed one book --------------------------------------------------------- */

static void change(int64_t number)
{
    char price[32];
    snprintf(price, sizeof price, "%lld.00", (long long)(50 + number % 40));
    depth(number, number, price, "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}

static void binance_trade(int64_t id)
{
    char out[300];
    snprintf(out, sizeof out,
             "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1700000000000,\"s\":"
             "\"BTCUSDT\",\"t\":%lld,\"p\":\"100.5\",\"q\":\"0.5\",\"T\":1700000000000,\"m\":true,"
             "\"M\":true}}",
             (long long)id);
    text(out);
}

static void binance_begins(void)
{
    begin("binance", "BTC-USDT");
    base(10);
    depth(11, 11, "99.00", "1");
    change(12);
    binance_trade(100);
}

TEST(binance_second_ahead_of_the_first_loses_and_repeats_nothing)
{
    binance_begins();
    open_second();
    change(15); /* 13 and 14 are still on their way by the first */
    binance_trade(103);
    CHECK_EQ_I64(book().seq_last, 12);
    wait_s(12);
    CHECK(!drop_asked());
    by(1);
    change(13);
    change(14);
    change(15);
    binance_trade(101);
    binance_trade(102);
    binance_trade(103);
    by(2);
    change(16);
    binance_trade(104);
    by(1);
    change(16);
    binance_trade(104);
    change(17);
    wait_s(1);
    CHECK(drop_asked());
    by(2);
    change(17);
    change(18);
    close_planned();
    change(19);
    binance_trade(105);
    CHECK_EQ_I64(core_source_status(bench.core, 0).conn, 2);
    check_planned("BTC-USDT");
    check_chain(ROW_BOOK, 11, 19);
    check_chain(ROW_TRADES, 100, 105);
}

TEST(binance_second_behind_the_first_loses_and_repeats_nothing)
{
    binance_begins();
    open_second();
    by(1);
    change(13);
    change(14);
    change(15);
    change(16);
    binance_trade(101);
    by(2);
    for (int64_t number = 13; number <= 16;
         number++) /* more old ones in a row than one connection ever brings */
        change(number);
    binance_trade(100);
    binance_trade(101);
    binance_trade(102);
    wait_s(1);
    CHECK(drop_asked());
    close_planned();
    change(17);
    check_planned("BTC-USDT");
    check_chain(ROW_BOOK, 11, 17);
    check_chain(ROW_TRADES, 100, 102);
}

/* The change of a quiet symbol by the second alone proves that it is subscribed there. */
TEST(binance_keeps_the_first_until_the_second_brings_the_book)
{
    binance_begins();
    open_second();
    binance_trade(101);
    wait_s(30);
    CHECK(!drop_asked());
    by(1);
    change(13);
    by(2);
    change(14);
    wait_s(1);
    CHECK(drop_asked());
}

/* ---- Coinbase: the book moves with its snapshot ------------------------------------------------------------------------- */

static void level(const char *price, const char *size)
{
    char out[300];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"%s\",\"%s\"]],"
        "\"time\":\"2023-11-14T22:13:20.000001Z\"}",
        price, size);
    text(out);
}

static void coinbase_begins(void)
{
    begin("coinbase", "BTC-USD");
    text(snapshot);
    match(10, "sell");
}

TEST(coinbase_book_follows_the_second_from_its_snapshot_on)
{
    coinbase_begins();
    open_second();
    level("98.00", "7"); /* no snapshot there yet: not taken */
    CHECK_EQ_I64(rows(ROW_BOOK), 4);
    by(1);
    level("97.00", "1");
    CHECK_EQ_I64(rows(ROW_BOOK), 5);
    match(11, "sell");
    wait_s(3);
    CHECK(!drop_asked());
    by(2);
    match(11, "sell");
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 9);
    by(1);
    level("96.00", "1"); /* the snapshot has it */
    match(12, "sell");   /* trades are told by their ids, whoever brings them */
    CHECK_EQ_I64(rows(ROW_BOOK), 9);
    by(2);
    match(12, "sell");
    level("95.00", "1");
    CHECK_EQ_I64(rows(ROW_BOOK), 10);
    wait_s(1);
    CHECK(drop_asked());
    close_planned();
    match(13, "sell");
    level("94.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().bid_levels, 4);
    check_planned("BTC-USD");
    check_chain(ROW_TRADES, 10, 13);
}

TEST(a_quiet_symbols_trades_do_not_keep_the_first_connection)
{
    coinbase_begins();
    open_second();
    text(snapshot);
    wait_s(3);
    CHECK(!drop_asked()); /* its trades may not be subscribed yet */
    wait_s(8);
    CHECK(drop_asked());
}

TEST(a_resync_goes_to_the_connection_that_has_the_book)
{
    coinbase_begins();
    open_second();
    text(snapshot);
    bench.asked_count = 0;
    level("101.50", "1");
    level("101.40", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK(bench.asked_count > 0);
    CHECK_EQ_I64(bench.asked[0].kind, WIRE_REQUEST_SEND);
    CHECK_EQ_I64(bench.asked[0].conn, 2);
}

/* ---- Kraken: a snapshot, fifty old trades, a checksum ------------------------------------------------------------------ */

static const char kraken_book[] =
    "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
    "\"price\":100.0,\"qty\":1.0}],\"asks\":[{\"price\":101.0,\"qty\":1.0}]}]}";

static void kraken_trades(const char *type, int64_t first, int64_t last)
{
    char out[4096];
    struct td_str at = td_str_on(out, sizeof out);
    td_str_add_format(&at, "{\"channel\":\"trade\",\"type\":\"%s\",\"data\":[", type);
    for (int64_t id = first; id <= last; id++)
        td_str_add_format(&at,
                          "%s{\"symbol\":\"BTC/USD\",\"side\":\"buy\",\"price\":100.5,\"qty\":0.1,"
                          "\"ord_type\":\"limit\",\"trade_id\":%lld,\"timestamp\":\"2023-11-14T22:"
                          "13:20.000001Z\"}",
                          id == first ? "" : ",", (long long)id);
    td_str_add(&at, "]}");
    CHECK(!at.cut);
    text(out);
}

TEST(kraken_moves_with_its_snapshot_and_its_list_of_trades)
{
    begin("kraken", "BTC-USD");
    text(kraken_book);
    kraken_trades("update", 10, 12);
    open_second();
    text(kraken_book);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    kraken_trades("snapshot", 10, 13); /* 13 by the second first */
    kraken_trades("update", 14, 14);
    by(1);
    kraken_trades("update", 13, 14);
    wait_s(1);
    CHECK(drop_asked());
    close_planned();
    kraken_trades("update", 15, 15);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().trades_missed, 0);
    check_planned("BTC-USD");
    check_chain(ROW_TRADES, 10, 15);
}

/* ---- when it does not go as planned -------------------------------------------------------------------------------------- */

TEST(the_first_dies_before_the_book_moved)
{
    coinbase_begins();
    open_second();
    match(10, "sell");
    by(1);
    step(TD_FRAME_CONN_CLOSE, "peer reset", 1006);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    CHECK(core_source_status(bench.core, 0).up);
    by(2);
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    read_rows();
    const struct told *lost = gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 1);
    CHECK(lost != NULL);
    CHECK_EQ_STR(lost->note, "peer reset");
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC-USD", 1) != NULL);
    CHECK_EQ_I64(count_gaps(TD_GAP_PLANNED), 0);
}

TEST(the_first_dies_after_the_book_moved_and_nothing_is_lost)
{
    coinbase_begins();
    open_second();
    text(snapshot);
    match(10, "sell");
    by(1);
    step(TD_FRAME_CONN_CLOSE, "peer reset", 1006);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    by(2);
    level("95.00", "1");
    CHECK_EQ_I64(rows(ROW_BOOK), 9);
    read_rows();
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 1) == NULL);
}

TEST(the_second_dies_and_the_first_goes_on)
{
    coinbase_begins();
    open_second();
    step(TD_FRAME_CONN_CLOSE, "peer reset", 1006);
    by(1);
    level("95.00", "1");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), 5);
    read_rows();
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 1) == NULL);
}

TEST(the_second_dies_with_a_book_that_had_moved)
{
    coinbase_begins();
    bench.now_ns += 60 * TD_NS_PER_S;
    open_second();
    text(snapshot);
    bench.asked_count = 0;
    step(TD_FRAME_CONN_CLOSE, "peer reset", 1006);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    CHECK(bench.asked_count > 0);
    CHECK_EQ_I64(bench.asked[0].conn, 1); /* the first */
    by(1);
    text(snapshot);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}

TEST(a_second_attempt_that_never_came_up_is_nothing)
{
    coinbase_begins();
    by(2);
    step(TD_FRAME_CONN_CLOSE, "refused", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK(core_source_status(bench.core, 0).up);
}

TEST(after_five_minutes_the_first_goes_anyway)
{
    binance_begins();
    open_second();
    for (unsigned i = 0; i < 299; i++) {
        by(1);
        depth(13 + i, 13 + i, "60.00", "1");
        by(2);
        binance_trade(101); /* it lives, but brings no book */
        wait_s(1);
    }
    CHECK(!drop_asked());
    wait_s(3);
    CHECK(drop_asked());
    close_planned();
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    read_rows();
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USDT", 1) != NULL);
}

TEST(a_stop_with_two_connections_is_one_row_of_the_device)
{
    coinbase_begins();
    open_second();
    by(1);
    step(TD_FRAME_CONN_CLOSE, "recorder stops", TD_CLOSE_BY_STOP);
    by(2);
    step(TD_FRAME_CONN_CLOSE, "recorder stops", TD_CLOSE_BY_STOP);
    read_rows();
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 1) == NULL);
    CHECK_EQ_I64(count_gaps(TD_GAP_PLANNED), 0);
}

TEST(an_open_without_the_end_of_the_old_one_is_a_loss)
{
    coinbase_begins();
    by(2);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    read_rows();
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 1) != NULL);
}
