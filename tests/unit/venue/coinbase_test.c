#include "venue/rig.h"

extern const struct venue venue_coinbase;

#define SNAPSHOT                                                                                   \
    "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[[\"101.50\",\"0.2\"],["           \
    "\"888888004\",\"1\"]],"                                                                       \
    "\"bids\":[[\"101.40\",\"3\"]]}"
#define UPDATE                                                                                     \
    "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"101.41\",\"0.5\"]," \
    "[\"sell\",\"101.50\","                                                                        \
    "\"0\"]],\"time\":\"2026-01-02T03:04:05.678901Z\"}"
#define MATCH                                                                                      \
    "{\"type\":\"match\",\"trade_id\":7,\"maker_order_id\":\"m\",\"taker_order_id\":\"t\","        \
    "\"side\":\"sell\","                                                                           \
    "\"size\":\"0.04\",\"price\":\"101.5\",\"product_id\":\"BTC-USD\",\"sequence\":9,"             \
    "\"time\":\"2026-01-02T03:04:05.678901Z\"}"

static void open_btc(void)
{
    rig_open(&venue_coinbase, false);
    rig_add("BTC-USD", "BTC-USD", 2, 8);
}

static const char *update_of(const char *changes)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":%s,\"time\":\"2026-01-"
             "02T03:04:05.678901Z\"}",
             changes);
    return text;
}

/* Counts of tests/compat/count_captures.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_coinbase, true);
    rig_play("COINBASE.ws.28");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 8362);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 6523);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 6523);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 47);
    CHECK_EQ_U64(rig.listed, 10);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 47);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 6627);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 3);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_coinbase, true);
    rig_compare("COINBASE.ws.28", NULL);
}

TEST(the_symbol_list_names_every_product)
{
    rig_open(&venue_coinbase, false);
    rig_play("COINBASE.symbols");
    CHECK_EQ_U64(rig.listings, 162);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("coinbase");
}

TEST(the_makers_side_is_stored_as_the_takers)
{
    open_btc();
    CHECK_EQ_STR(rig_rows(MATCH),
                 "trade BTC-USD ns=1767323045678901000 flags=0 taker=buy raw=sell id=7 price=101.5 "
                 "size=0.04\n");
}

TEST(a_snapshot_cut_anywhere_gives_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
}

TEST(an_update_cut_anywhere_gives_nothing)
{
    open_btc();
    rig_truncate(UPDATE);
}

TEST(a_match_cut_anywhere_gives_nothing)
{
    open_btc();
    rig_truncate(MATCH);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 3000);
    rig_garble(UPDATE, 3000);
    rig_garble(MATCH, 3000);
}

TEST(every_spelling_of_a_delete_is_zero)
{
    static const char *const zeros[] = {"\"0\"",   "\"0.0\"", "\"0.00000000\"", "0", "0.0",
                                        "\"0e0\"", "0E-8"};
    open_btc();
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        char changes[64];
        snprintf(changes, sizeof changes, "[[\"buy\",\"101.41\",%s]]", zeros[i]);
        CHECK_EQ_STR(rig_rows(update_of(changes)),
                     "delta BTC-USD ns=1767323045678901000 flags=0 seq=0..0 bid 101.41 0\n");
    }
}

TEST(exponents_and_bare_numbers_are_numbers)
{
    open_btc();
    CHECK_EQ_STR(
        rig_rows(update_of("[[\"buy\",1.0141e2,\"5e-1\"],[\"sell\",\"1.015E+2\",2E1]]")),
        "delta BTC-USD ns=1767323045678901000 flags=0 seq=0..0 bid 101.41 0.5 ask 101.5 20\n");
}

TEST(a_price_that_stands_twice_keeps_its_order)
{
    open_btc();
    CHECK_EQ_STR(
        rig_rows(
            update_of("[[\"buy\",\"1.5\",\"2\"],[\"buy\",\"1.5\",\"0\"],[\"buy\",\"1.5\",\"3\"]]")),
        "delta BTC-USD ns=1767323045678901000 flags=0 seq=0..0 bid 1.5 2 bid 1.5 0 bid 1.5 3\n");
}

TEST(what_is_no_level_is_malformed)
{
    static const char *const bad[] = {"[[\"buy\",\"1\",\"-2\"]]",
                                      "[[\"buy\",\"1\",null]]",
                                      "[[\"buy\",null,\"1\"]]",
                                      "[[\"hold\",\"1\",\"1\"]]",
                                      "[[\"buy\",\"1\"]]",
                                      "[[\"buy\",\"\",\"1\"]]",
                                      "[[\"buy\",\"1.\",\"1\"]]",
                                      "[[\"buy\",\".5\",\"1\"]]",
                                      "[[\"buy\",[1],\"1\"]]",
                                      "[\"buy\",\"1\",\"1\"]",
                                      "{}",
                                      "null",
                                      "[[\"buy\",\"1\",\"1x\"]]",
                                      "[[\"buy\",\"1\",\"-2e-30\"]]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(update_of(bad[i])), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
}

TEST(one_retry_knows_the_scales_of_the_whole_frame)
{
    open_btc();
    const char *text = update_of("[[\"buy\",\"1.001\",\"1\"],[\"buy\",\"1.00001\",\"1.0000000001\"]"
                                 ",[\"sell\",\"2\",\"3\"]]");
    CHECK_EQ_STR(rig_rows(text), "delta BTC-USD ns=1767323045678901000 flags=0 seq=0..0 bid 1.001 "
                                 "1 bid 1.00001 1.0000000001 "
                                 "ask 2 3\n");
    CHECK_EQ_U64(rig.retries, 1);
}

TEST(a_number_beyond_int64_steps_names_its_instrument)
{
    open_btc();
    rig_add("ETH-USD", "ETH-USD", 2, 8);
    int result = rig_parse("{\"type\":\"l2update\",\"product_id\":\"ETH-USD\",\"changes\":[["
                           "\"buy\",\"1.234\",\"1\"],[\"buy\","
                           "\"1\",\"999999999999\"]],\"time\":\"2026-01-02T03:04:05.678901Z\"}");
    CHECK_EQ_I64(result, TD_E_OVERFLOW);
    CHECK_EQ_I64(rig.sink.need_instrument, 1);
}

TEST(a_time_that_cannot_be_is_absurd_and_a_missing_one_is_flagged)
{
    open_btc();
    CHECK_EQ_I64(rig_parse("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],"
                           "\"time\":\"1970-01-01T00:00:00Z\"}"),
                 TD_BUCKET_ABSURD);
    CHECK_EQ_I64(rig_parse("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],"
                           "\"time\":\"2150-01-01T00:00:00.000000Z\"}"),
                 TD_BUCKET_ABSURD);
    CHECK_EQ_STR(rig_rows("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],"
                          "\"time\":\"2026-01-02T03:04:05.5Z\"}"),
                 "delta BTC-USD ns=1767323045500000000 flags=0 seq=0..0\n");
    CHECK_EQ_STR(
        rig_rows(
            "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[],\"time\":\"soon\"}"),
        "delta BTC-USD ns=1767323045000000000 flags=1 seq=0..0\n");
    CHECK_EQ_STR(rig_rows("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[]}"),
                 "delta BTC-USD ns=1767323045000000000 flags=1 seq=0..0\n");
}

TEST(names_nobody_asked_for_are_ignored)
{
    rig_open(&venue_coinbase, false);
    CHECK_EQ_STR(rig_rows(UPDATE), "ignored");
    CHECK_EQ_STR(rig_rows(MATCH), "ignored");
    CHECK_EQ_STR(rig_rows(SNAPSHOT), "ignored");
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 0);
}

TEST(what_has_no_name_is_malformed_and_acknowledgements_may_come_late)
{
    open_btc();
    CHECK_EQ_STR(rig_rows("{\"type\":\"rumour\"}"), "malformed");
    CHECK_EQ_STR(rig_rows("{}"), "malformed");
    CHECK_EQ_STR(rig_rows("[]"), "malformed");
    CHECK_EQ_STR(rig_rows("<html>busy</html>"), "malformed");
    CHECK_EQ_STR(rig_rows(UPDATE UPDATE), "malformed");
    CHECK_EQ_I64(rig_parse(UPDATE), TD_BUCKET_OK);
    CHECK_EQ_STR(rig_rows("{\"type\":\"subscriptions\",\"channels\":[]}"), "ignored");
    CHECK_EQ_I64(rig_parse(UPDATE), TD_BUCKET_OK);
    CHECK_EQ_STR(rig_rows("{\"type\":\"error\",\"message\":\"x\",\"reason\":\"y\"}"), "ignored");
}

/* 16 MB: more levels than the sink and more tokens than the arena. */
static char *huge_snapshot(const char *tail, unsigned levels, size_t *bytes)
{
    char *text = malloc(TD_FRAME_BYTES_MAX);
    size_t at =
        (size_t)snprintf(text, 100, "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"asks\":[");
    for (unsigned i = 0; i < levels; i++)
        at += (size_t)snprintf(text + at, 64, "%s[\"%u.25\",\"%u.5\"]", i ? "," : "", 100000 + i,
                               1 + i % 9);
    at += (size_t)snprintf(text + at, 100, "],\"bids\":[[\"99999.5\",\"1.0000\"]]%s}", tail);
    CHECK(at < TD_FRAME_BYTES_MAX);
    *bytes = at;
    return text;
}

TEST(a_16_mb_snapshot_is_read_in_two_passes)
{
    enum { LEVELS = 830000 };
    size_t bytes;
    char *text = huge_snapshot("", LEVELS, &bytes);
    CHECK(bytes > 15 << 20);
    open_btc();
    CHECK_EQ_I64(rig_parse_bytes(text, bytes), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 1);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], LEVELS + 1);
    CHECK_EQ_U64(rig.flushes, LEVELS / TD_BATCH_LEVELS_MAX);
    /* Damage at the very end: nothing of it may have gone on its way. */
    text[bytes - 1] = '?';
    open_btc();
    CHECK_EQ_I64(rig_parse_bytes(text, bytes), TD_BUCKET_MALFORMED);
    CHECK_EQ_U64(rig.flushes, 0);
    free(text);
}

/* A tail that the fixed form does not know: the flushed pieces come from one way of reading, not from both. */
TEST(a_large_snapshot_in_another_form_goes_to_jsmn_alone)
{
    enum { LEVELS = 40000 };
    size_t bytes;
    char *text = huge_snapshot(",\"extra\":true", LEVELS, &bytes);
    open_btc();
    CHECK_EQ_I64(rig_parse_bytes(text, bytes), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], LEVELS + 1);
    int64_t sum = rig.level_sum;
    free(text);
    text = huge_snapshot(",\"time\":\"2026-01-02T03:04:05.678901Z\"", LEVELS, &bytes);
    open_btc();
    rig.print = true;
    CHECK_EQ_I64(rig_parse_bytes(text, bytes), TD_BUCKET_OK);
    CHECK_EQ_I64(rig.level_sum, sum);
    CHECK_EQ_MEM(rig.rows.at, "snapshot BTC-USD ns=1767323045678901000 flags=16 ", 49);
    free(text);
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc();
    rig_add("ETH-EUR", "ETH-EUR", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    CHECK(venue_coinbase.subscribe(&sub, 0, text, sizeof text) == strlen(text));
    CHECK_EQ_STR(text, "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],"
                       "\"channels\":[\"level2_batch\","
                       "\"matches\",\"ticker\",\"heartbeat\"]}");
    venue_coinbase.subscribe(&sub, 1, text, sizeof text);
    CHECK(strstr(text, "[\"ETH-EUR\"]") != NULL);
    CHECK_EQ_U64(venue_coinbase.subscribe(&sub, 2, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_coinbase.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(
        text,
        "{\"type\":\"unsubscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_batch\"]}");
    venue_coinbase.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(
        text,
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2_batch\"]}");
    CHECK_EQ_U64(venue_coinbase.resubscribe(btc, 2, text, sizeof text), 0);
    venue_coinbase.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/products");
}

TEST(symbols_are_spelled_as_they_are)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_coinbase.spell("BTC-USD", text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_coinbase.unify("BTC-USD", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_coinbase.spell("BTCUSD", text), TD_E_VENUE_SYMBOL);
}

TEST(null_in_a_ticker_is_an_absent_value)
{
    char with[1024];
    open_btc();
    const char *rows = rig_rows(
        "{\"type\":\"ticker\",\"sequence\":9,\"product_id\":\"BTC-USD\",\"price\":\"101.5\",\"open_"
        "24h\":null,"
        "\"best_bid\":null,\"best_ask\":\"101.6\",\"time\":\"2026-01-02T03:04:05.678901Z\"}");
    CHECK(strncmp(rows, "ticker", 6) == 0 && strlen(rows) < sizeof with);
    memcpy(with, rows, strlen(rows) + 1);
    CHECK_EQ_STR(rig_rows("{\"type\":\"ticker\",\"sequence\":9,\"product_id\":\"BTC-USD\","
                          "\"price\":\"101.5\",\"best_ask\":\"101.6\","
                          "\"time\":\"2026-01-02T03:04:05.678901Z\"}"),
                 with);
}

/* ---- trades that were missed: hand-made ---- */

#define HISTORY                                                                                    \
    "https://api.exchange.coinbase.com/products/BTC-USD/trades?limit=1000&after=9\t"               \
    "[{\"trade_id\":8,\"side\":\"buy\",\"size\":\"0.04\",\"price\":\"101.50\",\"time\":\"2026-01-" \
    "02T03:04:05.678901Z\"},{\"trade_id\":7,\"side\":\"sell\",\"size\":\"1\",\"price\":"           \
    "\"101.49\",\"time\":\"2026-01-02T03:04:05Z\"}]"

TEST(a_page_of_history_gives_its_trades)
{
    open_btc();
    CHECK_EQ_I64(rig_parse_http(HISTORY, sizeof HISTORY - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig.sink.event_count, 2);
    const struct td_event *event = &rig.sink.event[0];
    CHECK_EQ_I64(event->flags, TD_EVF_BACKFILL);
    CHECK_EQ_I64(event->trade.trade_id, 8);
    CHECK_EQ_I64(event->trade.price_steps, 10150);
    CHECK_EQ_I64(event->trade.taker, TD_TAKER_SELL); /* the maker bought */
    CHECK_EQ_I64(event[1].trade.trade_id, 7);
    CHECK_EQ_I64(event[1].trade.taker, TD_TAKER_BUY);
    for (size_t bytes = strcspn(HISTORY, "\t") + 1; bytes < sizeof HISTORY - 1; bytes++)
        CHECK(rig_parse_http(HISTORY, bytes) != TD_BUCKET_OK);
    static const char other[] = "https://x/products/ETH-USD/trades?limit=1000&after=9\t[]",
                      refused[] = "https://x/products/BTC-USD/trades?limit=1000&after=9\t{}";
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
    CHECK_EQ_I64(rig_parse_http(refused, sizeof refused - 1), TD_BUCKET_MALFORMED);
}

TEST(history_is_asked_for_from_its_newer_end)
{
    char url[200];
    open_btc();
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    size_t bytes = venue_coinbase.trades_url("https://x", btc, 5, 8, url, sizeof url);
    CHECK_EQ_STR(url, "https://x/products/BTC-USD/trades?limit=1000&after=9");
    CHECK_EQ_I64(bytes, strlen(url));
    CHECK_EQ_I64(venue_coinbase.trades_url("https://x", btc, 5, 8, url, 20), 0);
}
