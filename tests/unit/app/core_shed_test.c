/* The disk is nearly full: what is stored less, what a reader of the rows has meanwhile, and how it begins again. */
#include "core_rows.h"

enum { LEVELS = 80, BEST = 50, PRICES = 40000 };

/* A reader's book: what the rows make of it. */
static int64_t sizes[2][PRICES];
static uint8_t reader_state;

static void read_books(void)
{
    for (unsigned i = 0; i < told_count; i++) {
        const struct told *row = &told[i];
        if (row->table != ROW_BOOK)
            continue;
        if (row->book.flags & TD_ROW_CLEAR)
            memset(sizes, 0, sizeof sizes);
        int64_t price = (int64_t)(row->book.price * 100 + 0.5);
        CHECK(price < PRICES);
        sizes[row->book.side - 1][price] = (int64_t)(row->book.size * 100 + 0.5);
        reader_state = row->book.state;
    }
}

/* The reader's best levels are the book's, as many as are stored; with `exact` it has no others. */
static void check_reader(uint32_t best, bool exact)
{
    static struct td_level level[4096];
    const struct instrument *instrument = instruments_peek(core_instruments(bench.core), 0);
    read_rows();
    read_books();
    CHECK_EQ_I64(reader_state, book().state);
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        uint32_t count = book_top(core_book(bench.core, 0), side, best, level), have = 0;
        for (uint32_t i = 0; i < count; i++) {
            double price = td_steps_to_double(level[i].price_steps, instrument->price_scale);
            double size = td_steps_to_double(level[i].size_steps, instrument->size_scale);
            CHECK_EQ_I64(sizes[side - 1][(int64_t)(price * 100 + 0.5)],
                         (int64_t)(size * 100 + 0.5));
        }
        for (unsigned price = 0; price < PRICES; price++)
            have += sizes[side - 1][price] > 0;
        if (exact)
            CHECK_EQ_I64(have, count);
    }
}

static void deep_snapshot(void)
{
    static char out[16384];
    struct td_str at = td_str_on(out, sizeof out);
    td_str_add(&at, "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[");
    for (unsigned i = 0; i < LEVELS; i++)
        td_str_add_format(&at, "%s[\"%u.00\",\"1.25\"]", i ? "," : "", 201 + i);
    td_str_add(&at, "],\"bids\":[");
    for (unsigned i = 0; i < LEVELS; i++)
        td_str_add_format(&at, "%s[\"%u.00\",\"2.50\"]", i ? "," : "", 199 - i);
    td_str_add(&at, "]}");
    CHECK(!at.cut);
    text(out);
}

static void change(const char *side, unsigned price, const char *size)
{
    char out[300];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"%s\",\"%u.00\",\"%s\"]],"
        "\"time\":\"2023-11-14T22:13:20.000001Z\"}",
        side, price, size);
    text(out);
}

static void shed(int level)
{
    char out[80];
    snprintf(out, sizeof out, "level=%d free_mb=123 why=disk", level);
    step(TD_FRAME_SHED, out, 0);
}

static void begin(void)
{
    memset(sizes, 0, sizeof sizes);
    start("coinbase", "BTC-USD");
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    deep_snapshot();
    check_reader(LEVELS, true);
}

static const char ticker[] =
    "{\"type\":\"ticker\",\"sequence\":5,\"product_id\":\"BTC-USD\",\"price\":\"100.5\","
    "\"time\":\"2023-11-14T22:13:20.000001Z\",\"best_bid\":\"100\",\"best_ask\":\"101\"}";

TEST(each_level_takes_one_more_table_trades_last)
{
    static const struct {
        int level;
        unsigned ticker, book, trade;
    } levels[] = {{0, 1, 1, 1},
                  {TD_SHED_FRAMES, 1, 1, 1},
                  {TD_SHED_PREDICTIONS, 1, 1, 1},
                  {TD_SHED_TICKER, 0, 1, 1},
                  {TD_SHED_DEPTH, 0, 1, 1},
                  {TD_SHED_BOOK, 0, 0, 1},
                  {TD_SHED_TRADES, 0, 0, 0}};
    begin();
    for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++) {
        shed(levels[i].level);
        uint64_t tickers = rows(ROW_TICKER), books = rows(ROW_BOOK), trades = rows(ROW_TRADES);
        text(ticker);
        change("buy", 199, i % 2 ? "3" : "4");
        match(10 + (int)i, "sell");
        CHECK_EQ_I64(rows(ROW_TICKER) - tickers, levels[i].ticker);
        CHECK_EQ_I64(rows(ROW_BOOK) - books, levels[i].book);
        CHECK_EQ_I64(rows(ROW_TRADES) - trades, levels[i].trade);
        CHECK_EQ_I64(book().state, TD_BOOK_PROVEN); /* everything goes on being followed */
        CHECK_EQ_I64(book().shed, levels[i].level >= TD_SHED_TICKER);
    }
    CHECK_EQ_I64(book().trades_missed, 0);
}

/* Deletions bring up levels that the wire does not name then; what falls out must not stay in the reader's book. */
TEST(the_reader_has_the_true_best_levels_throughout)
{
    begin();
    shed(TD_SHED_DEPTH);
    check_reader(BEST, true);
    uint32_t seed = 7;
    for (unsigned i = 0; i < 600; i++) {
        seed = seed * 1664525 + 1013904223;
        bool bid = seed >> 31;
        unsigned far = (seed >> 16) % LEVELS;
        static const char *const size[] = {"0", "1.5", "2.25", "0"};
        change(bid ? "buy" : "sell", bid ? 199 - far : 201 + far, size[(seed >> 8) % 4]);
        if (i % 20 == 0)
            check_reader(BEST, true);
        if (i == 300)
            deep_snapshot();
    }
    check_reader(BEST, true);
    CHECK(core_book_status(bench.core, 0).bid_levels > BEST / 2);
}

TEST(a_level_that_comes_up_is_implied_and_one_beyond_is_not_stored)
{
    begin();
    shed(TD_SHED_DEPTH);
    read_rows();
    change("buy", 199 - 70, "9"); /* beyond the best */
    read_rows();
    unsigned found = 0;
    for (unsigned i = 0; i < told_count; i++)
        found += told[i].table == ROW_BOOK;
    CHECK_EQ_I64(found, 0);
    change("buy", 199, "0");
    read_rows();
    for (unsigned i = 0; i < told_count; i++) {
        if (told[i].table != ROW_BOOK)
            continue;
        found++;
        bool implied = told[i].book.flags & TD_ROW_IMPLIED;
        CHECK_EQ_I64(implied,
                     told[i].book.size > 0); /* the 51st came up; the deletion is the wire's */
        CHECK(told[i].book.price == (implied ? 149.0 : 199.0));
    }
    CHECK_EQ_I64(found, 2);
}

TEST(rows_begin_again_with_the_book_as_it_is)
{
    begin();
    shed(TD_SHED_BOOK);
    change("buy", 150, "7");
    change("sell", 201, "0");
    bench.asked_count = 0;
    shed(TD_SHED_NONE);
    CHECK_EQ_I64(bench.asked_count, 0); /* no wait for the venue */
    check_reader(LEVELS, true);
    unsigned clears = 0, lasts = 0;
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_BOOK) {
            CHECK(told[i].book.flags & TD_ROW_SNAPSHOT);
            clears += (told[i].book.flags & TD_ROW_CLEAR) != 0;
            lasts += (told[i].book.flags & TD_ROW_LAST) != 0;
        }
    CHECK_EQ_I64(clears, 1);
    CHECK_EQ_I64(lasts, 1);
    change("buy", 151, "8");
    check_reader(LEVELS, true);
}

TEST(from_no_rows_to_the_best_and_then_to_all)
{
    begin();
    shed(TD_SHED_TRADES);
    change("buy", 150, "7");
    shed(TD_SHED_DEPTH);
    check_reader(BEST, true);
    change("buy", 199, "0");
    check_reader(BEST, true);
    shed(TD_SHED_TICKER);
    check_reader(LEVELS, true);
}

TEST(a_book_without_a_base_is_emptied_and_asked_for)
{
    begin();
    shed(TD_SHED_BOOK);
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    bench.now_ns += 20 * TD_NS_PER_S;
    bench.asked_count = 0;
    shed(TD_SHED_NONE);
    CHECK(bench.asked_count > 0);
    read_rows();
    read_books();
    CHECK_EQ_I64(reader_state, TD_BOOK_SYNCING);
    for (unsigned price = 0; price < PRICES; price++)
        CHECK(sizes[0][price] == 0 && sizes[1][price] == 0);
}

TEST(every_step_is_a_row_and_every_channel_has_its_hole)
{
    begin();
    shed(TD_SHED_TICKER);
    shed(TD_SHED_DEPTH);
    shed(TD_SHED_DEPTH); /* said again: no step */
    shed(TD_SHED_BOOK);
    shed(TD_SHED_TRADES);
    shed(TD_SHED_NONE);
    step(TD_FRAME_SHED, "level=99", 0); /* a later version's */
    step(TD_FRAME_SHED, "", 0);
    read_rows();
    unsigned opened = 0, closed = 0;
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_GAPS && told[i].gap.kind == TD_GAP_SHED &&
            told[i].gap.channel == TD_CHANNEL_ALL) {
            opened += told[i].gap.phase == TD_GAP_OPEN;
            closed += told[i].gap.phase == TD_GAP_CLOSE;
        }
    CHECK_EQ_I64(opened, 4);
    CHECK_EQ_I64(closed, 4);
    const struct told *first = gap_of(TD_GAP_SHED, TD_GAP_OPEN, TD_CHANNEL_ALL, "_all", 0);
    CHECK(first != NULL);
    CHECK(strstr(first->note, "level 5") != NULL && strstr(first->note, "123 MB") != NULL);
    the_gap(TD_GAP_SHED, TD_GAP_OPEN, TD_CHANNEL_TICKER, "BTC-USD");
    the_gap(TD_GAP_SHED, TD_GAP_CLOSE, TD_CHANNEL_TICKER, "BTC-USD");
    the_gap(TD_GAP_SHED, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC-USD");
    CHECK(gap_of(TD_GAP_SHED, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC-USD", 1) != NULL);
    CHECK(gap_of(TD_GAP_SHED, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD", 2) == NULL);
    check_ledger();
}
