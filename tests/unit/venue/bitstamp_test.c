#include "venue/rig.h"

extern const struct venue venue_bitstamp;

#define BOOK                                                                                       \
    "{\"data\":{\"timestamp\":\"1767323045\",\"microtimestamp\":\"1767323045678901\",\"bids\":[["  \
    "\"101.40\",\"2.00000000\"]],\"asks\":[[\"101.50\",\"0.00000000\"]]},\"channel\":"             \
    "\"diff_order_book_btcusd\",\"event\":\"data\"}"
#define TRADE                                                                                      \
    "{\"data\":{\"id\":7,\"timestamp\":\"1767323045\",\"amount\":0.04,\"amount_str\":"             \
    "\"0.04000000\",\"price\":101.5,\"price_str\":\"101.5\",\"type\":0,\"microtimestamp\":"        \
    "\"1767323045680000\",\"buy_order_id\":1,\"sell_order_id\":2},\"channel\":"                    \
    "\"live_trades_btcusd\",\"event\":\"trade\"}"

static void open_btc(void)
{
    rig_open(&venue_bitstamp, false);
    rig_add("BTC-USD", "btcusd", 2, 8);
}

/* Counts of tests/captures/venues/bitstamp.py, and the base of a pair that says nothing else. */
TEST(the_captures_give_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bitstamp, true);
    rig_play("BITSTAMP.http.0");
    rig_play("BITSTAMP.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 475);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 10697);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 3);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 10 + 475 + 3);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 20);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_bitstamp, true);
    rig_compare("BITSTAMP.ws.1", NULL);
}

TEST(the_symbol_list_names_every_pair)
{
    rig_open(&venue_bitstamp, false);
    rig_play("BITSTAMP.symbols");
    CHECK_EQ_U64(rig.listings, 140);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "btcusd", 6);
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_U64(listing->base.bytes, 3);
    CHECK_EQ_MEM(listing->quote.at, "USD", 3);
    CHECK_EQ_U64(listing->quote.bytes, 3);
    CHECK_EQ_STR(listing->price_step.at, "0.01");
    CHECK_EQ_STR(listing->size_step.at, "0.00000001");
    rig.listings++;
}

TEST(an_old_and_a_new_list_say_the_same)
{
    static const char *const lists[] = {
        "https://x.test/api/v2/trading-pairs-info/\t[{\"trading\": \"Enabled\", \"base_decimals\": "
        "8, \"url_symbol\": \"btcusd\", \"name\": \"BTC/USD\", \"counter_decimals\": 2}]",
        "https://x.test/api/v2/markets/\t[{\"name\":\"BTC/USD\",\"market_symbol\":\"btcusd\","
        "\"base_currency\":\"BTC\",\"base_decimals\":8,\"counter_currency\":\"USD\","
        "\"counter_decimals\":2,\"market_type\":\"SPOT\"}]"};
    open_btc();
    rig.ctx.listing = check_listing;
    for (int i = 0; i < 2; i++)
        CHECK_EQ_I64(rig_parse_http(lists[i], strlen(lists[i])), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("ETH-USD", "ethusd", 2, 8);
    rig_sample("bitstamp");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 3000);
    rig_garble(TRADE, 1000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"data\":{},\"channel\":\"diff_order_book_btcusd\",\"event\":\"data\"}",
        "{\"data\":[],\"channel\":\"diff_order_book_btcusd\",\"event\":\"data\"}",
        "{\"data\":{},\"channel\":\"live_trades_btcusd\",\"event\":\"trade\"}",
        "{\"data\":{},\"channel\":\"live_trades_btcusd\",\"event\":\"data\"}",
        "{\"event\":\"rumour\"}",
        "{}",
        "[]",
        "null"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
    CHECK_EQ_STR(
        rig_rows("{\"data\":{\"microtimestamp\":\"4102444800000000\",\"bids\":[],\"asks\":[]},"
                 "\"channel\":\"diff_order_book_btcusd\",\"event\":\"data\"}"),
        "absurd");
}

TEST(texts_for_the_wire)
{
    char text[1024], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    size_t bytes = venue_bitstamp.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_U64(bytes, strlen(text));
    CHECK_EQ_STR(text,
                 "{\"event\":\"bts:subscribe\",\"data\":{\"channel\":\"diff_order_book_btcusd\"}}");
    venue_bitstamp.subscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"event\":\"bts:subscribe\",\"data\":{\"channel\":\"live_trades_btcusd\"}}");
    CHECK_EQ_U64(venue_bitstamp.subscribe(&sub, 2, text, sizeof text), 0);
    venue_bitstamp.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(
        text, "{\"event\":\"bts:unsubscribe\",\"data\":{\"channel\":\"diff_order_book_btcusd\"}}");
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "a%02uusd", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_bitstamp.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60 * 2);
    sub.channels = 1u << TD_CHANNEL_TICKER;
    CHECK_EQ_U64(venue_bitstamp.subscribe(&sub, 0, text, sizeof text), 0);
    venue_bitstamp.base_url("https://x.test", instruments_peek(rig.ctx.instruments, 0), text,
                            sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/order_book/btcusd/");
    venue_bitstamp.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/markets/");
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {{"BTC-USD", "btcusd"},
                                           {"BAT-USD", "batusd"},
                                           {"USDT-USD", "usdtusd"},
                                           {"USDC-USDT", "usdcusdt"},
                                           {"BTC-USD-PERP", "btcusd-perp"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_bitstamp.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_bitstamp.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_bitstamp.spell("BTCUSD", text), 0);
    CHECK_EQ_STR(text, "btcusd");
    CHECK_EQ_I64(venue_bitstamp.unify("", 0, text), TD_E_VENUE_SYMBOL);
}

TEST(a_notice_of_its_end_is_said)
{
    open_btc();
    CHECK_EQ_STR(rig_rows("{\"event\":\"bts:request_reconnect\",\"channel\":\"\",\"data\":\"\"}"),
                 "ignored");
    CHECK(rig.sink.leaving);
    CHECK_EQ_STR(rig_rows("{\"event\":\"bts:heartbeat\",\"channel\":\"\",\"data\":\"\"}"),
                 "ignored");
    CHECK(!rig.sink.leaving);
}
