/* The parts of the core together, and the ledger under faults that are known: what was injected stands in it, nothing else does, and its
   sums are those of the counters. */
#include "base/log.h"
#include "core_rows.h"

/* ---- ids ------------------------------------------------------------------------------------------------------------------ */

static int64_t ids[3][2];

/* Both symbols lose their connection in one frame; `first_is_broken`: the first one's book was lost before. */
static void lose_both(bool first_is_broken, int64_t out[3][2])
{
    static const char *const symbols[] = {"BTC-USD", "ETH-USD"};
    static const char other[] = "{\"type\":\"snapshot\",\"product_id\":\"ETH-USD\",\"asks\":[["
                                "\"101.00\",\"2\"]],\"bids\":[[\"100.00\",\"1\"]]}";
    start_with("coinbase", symbols, 2, NULL);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    text(other);
    text(first_is_broken ? "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\""
                         : "{\"type\":\"subscriptions\"}");
    read_rows();
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    read_rows();
    for (unsigned channel = 0; channel < 3; channel++) {
        out[channel][0] =
            the_gap(TD_GAP_DISCONNECT, TD_GAP_OPEN, (enum td_channel)channel, "ETH-USD")
                ->gap.gap_id;
        out[channel][1] =
            gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, (enum td_channel)channel, "BTC-USD", 0) != NULL;
    }
}

TEST(a_symbol_that_is_broken_already_shifts_no_id_of_another)
{
    int64_t broken[3][2];
    lose_both(false, ids);
    lose_both(true, broken);
    CHECK(ids[0][1] && !broken[0][1]); /* one hole at a time */
    for (unsigned channel = 0; channel < 3; channel++)
        CHECK_EQ_I64(broken[channel][0], ids[channel][0]);
    CHECK(ids[0][0] < ids[1][0] && ids[1][0] < ids[2][0]);
}

/* ---- ten thousand faults ---------------------------------------------------------------------------------------------------- */

enum { SYMBOLS = 4, FAULTS = 5000, FAULTS_A_READ = 40 };
static const char *const fault_symbols[SYMBOLS] = {"BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"};

/* What was injected, and what the ledger says of it. */
static struct {
    uint64_t random;
    unsigned injected[TD_GAP_KINDS], opened[TD_GAP_KINDS], closed[TD_GAP_KINDS];
    int64_t missed, told_missed, trade_id[SYMBOLS];
} faults;

static unsigned draw(unsigned below)
{
    faults.random = faults.random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(faults.random >> 33) % below;
}

static void read_ledger(void)
{
    read_rows();
    check_ledger();
    for (unsigned i = 0; i < told_count; i++) {
        const struct row_gap *gap = &told[i].gap;
        if (told[i].table != ROW_GAPS)
            continue;
        (gap->phase == TD_GAP_OPEN ? faults.opened : faults.closed)[gap->kind]++;
        if (gap->phase == TD_GAP_CLOSE && gap->has_missed)
            faults.told_missed += gap->missed;
    }
}

static void check_faults(void)
{
    read_ledger();
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++) {
        if (kind == TD_GAP_START)
            continue;
        if (faults.opened[kind] != faults.injected[kind])
            FAIL("%s: %u injected, %u told", report_gap_word(kind), faults.injected[kind],
                 faults.opened[kind]);
        CHECK_EQ_I64(faults.closed[kind], faults.opened[kind]);
        CHECK_EQ_U64(core_gaps_by_kind(bench.core, kind), faults.injected[kind]);
    }
    CHECK_EQ_I64(faults.told_missed, faults.missed);
}

static void image_of(unsigned symbol)
{
    char out[300];
    snprintf(out, sizeof out,
             "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[[\"101.00\",\"2\"]],"
             "\"bids\":[[\"100.00\",\"1\"]]}",
             fault_symbols[symbol]);
    text(out);
}

static void trade_of(unsigned symbol, int64_t id)
{
    char out[400];
    snprintf(out, sizeof out,
             "{\"type\":\"match\",\"trade_id\":%lld,\"maker_order_id\":\"a\",\"taker_order_id\":"
             "\"b\",\"side\":\"sell\",\"size\":\"0.5\",\"price\":\"100.5\",\"product_id\":\"%s\","
             "\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}",
             (long long)id, fault_symbols[symbol]);
    text(out);
}

static void lose_connection(bool crash)
{
    if (crash)
        step(TD_FRAME_START, "x\ncause=crash\n", 0);
    else
        step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    faults.injected[TD_GAP_CRASH] += crash;
    faults.injected[TD_GAP_DISCONNECT] += 3 * SYMBOLS;
    bench.conn++;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned s = 0; s < SYMBOLS; s++)
        image_of(s);
}

static void coinbase_fault(void)
{
    unsigned symbol = draw(SYMBOLS), what = draw(20);
    if (what < 10) { /* trades are lost */
        int64_t lost = 1 + draw(5);
        faults.trade_id[symbol] += lost;
        faults.missed += lost;
        faults.injected[TD_GAP_TRADE_ID]++;
        trade_of(symbol, ++faults.trade_id[symbol]);
    } else if (what < 17) { /* a change is garbled */
        char out[100];
        snprintf(out, sizeof out, "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[",
                 fault_symbols[symbol]);
        text(out);
        faults.injected[TD_GAP_PARSE]++;
        image_of(symbol);
    } else {
        lose_connection(what == 17);
    }
    symbol = draw(SYMBOLS);
    trade_of(symbol, ++faults.trade_id[symbol]);
}

static void begin_faults(uint64_t seed)
{
    memset(&faults, 0, sizeof faults);
    faults.random = seed;
}

TEST(every_fault_of_a_venue_with_trade_ids_is_told_and_none_is_invented)
{
    begin_faults(7);
    td_log_setup(2, TD_LOG_OFF, NULL);
    start_with("coinbase", fault_symbols, SYMBOLS, NULL);
    step(TD_FRAME_START, "x\ncause=first\n", 0);
    faults.injected[TD_GAP_DISCONNECT] += 3 * SYMBOLS;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned s = 0; s < SYMBOLS; s++) {
        image_of(s);
        trade_of(s, faults.trade_id[s] = 1000);
    }
    for (unsigned i = 0; i < FAULTS; i++) {
        coinbase_fault();
        if (i % FAULTS_A_READ == 0)
            read_ledger();
    }
    check_faults();
    uint64_t missed = 0, stored = 0;
    int64_t made = 0;
    for (unsigned s = 0; s < SYMBOLS; s++) {
        struct core_book_status status = core_book_status(bench.core, s);
        CHECK_EQ_I64(status.state, TD_BOOK_PROVEN);
        missed += status.trades_missed;
        stored += status.trades;
        made += faults.trade_id[s] - 999;
    }
    CHECK_EQ_I64((int64_t)missed, faults.missed);
    CHECK_EQ_I64((int64_t)(missed + stored), made);
}

/* A change is lost, now and then the connection: the numbers show it, and the base mends it. */
TEST(every_lost_change_of_a_numbered_book_is_told)
{
    int64_t last = 1000;
    begin_faults(11);
    td_log_setup(2, TD_LOG_OFF, NULL);
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    base(last);
    for (unsigned i = 0; i < FAULTS; i++) {
        bool lost = i > 0 && draw(3) > 0;
        if (i > 0 && !lost) {
            step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
            faults.injected[TD_GAP_DISCONNECT] += 3;
            step(TD_FRAME_CONN_OPEN, "wss://x", 0);
        }
        last += lost ? 1 + (int64_t)draw(9) : 0;
        depth(last + 1, last + 3, "99.00", "1");
        faults.injected[TD_GAP_SEQUENCE] += lost;
        if (i > 0) {
            CHECK(book().state != TD_BOOK_PROVEN);
            base(last + (int64_t)draw(3));
        }
        last += 3;
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
        depth(last + 1, last + 1, "98.00", "1");
        last++;
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
        if (i % FAULTS_A_READ == 0)
            read_ledger();
    }
    check_faults();
}

TEST(every_failed_sum_is_told)
{
    static const char image[] =
        "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
        "\"price\":100.0,\"qty\":1.0}],\"asks\":[{\"price\":101.0,\"qty\":1.0}]}]}";
    begin_faults(13);
    td_log_setup(2, TD_LOG_OFF, NULL);
    start("kraken", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned i = 0; i < FAULTS / 5; i++) {
        text(image);
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
        text("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
             "USD\",\"bids\":[{"
             "\"price\":99.0,\"qty\":1.0}],\"asks\":[],\"checksum\":1,"
             "\"timestamp\":\"2023-11-14T22:13:20.000000Z\"}]}");
        faults.injected[TD_GAP_CHECKSUM]++;
        CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
        if (i % FAULTS_A_READ == 0)
            read_ledger();
    }
    text(image);
    check_faults();
}

/* A venue that sends its sum no more proves nothing any more. */
TEST(a_change_without_its_sum_is_not_proven)
{
    start("kraken", "BTC-USD");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
         "\"price\":100.0,\"qty\":1.0}],\"asks\":[{\"price\":101.0,\"qty\":1.0}]}]}");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":[{"
         "\"price\":99.0,\"qty\":1.0}],\"asks\":[],"
         "\"timestamp\":\"2023-11-14T22:13:20.000000Z\"}]}");
    CHECK(book().state != TD_BOOK_PROVEN);
}

TEST(a_trade_whose_side_has_no_word_stores_none)
{
    start("gate_futures", "BTC-USDT-PERP");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("{\"time\":1767323045,\"channel\":\"futures.trades\",\"event\":\"update\",\"result\":["
         "{\"size\":-4,\"id\":9,\"create_time_ms\":1767323045590,\"price\":\"101.5\","
         "\"contract\":\"BTC_USDT\"},{\"size\":3,\"id\":10,\"create_time_ms\":1767323045591,"
         "\"price\":\"101.6\",\"contract\":\"BTC_USDT\"}]}");
    read_rows();
    CHECK_EQ_I64(count_rows(ROW_TRADES), 2);
    CHECK(row_of(ROW_TRADES, 0)->trade.side_raw != 0);
    CHECK_EQ_I64(row_of(ROW_TRADES, 1)->trade.side_raw, 0);
    CHECK_EQ_I64(row_of(ROW_TRADES, 1)->trade.taker, TD_TAKER_BUY);
}
