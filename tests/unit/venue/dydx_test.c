#include "venue/rig.h"

extern const struct venue venue_dydx;

#define SNAPSHOT                                                                                   \
    "{\"type\":\"subscribed\",\"connection_id\":\"c\",\"message_id\":1,\"channel\":"               \
    "\"v4_orderbook\",\"id\":\"BTC-USD\",\"contents\":{\"bids\":[{\"price\":\"101.4\",\"size\":"   \
    "\"2\"}],\"asks\":[{\"price\":\"101.5\",\"size\":\"1\"}]}}"
#define UPDATE                                                                                     \
    "{\"type\":\"channel_data\",\"connection_id\":\"c\",\"message_id\":5,\"id\":\"BTC-USD\","      \
    "\"channel\":\"v4_orderbook\",\"version\":\"1.0.0\",\"contents\":{\"bids\":[[\"101.7\","       \
    "\"1.5\"]],\"asks\":[[\"101.5\",\"0\"]]}}"
#define TRADE                                                                                      \
    "{\"type\":\"channel_data\",\"connection_id\":\"c\",\"message_id\":6,\"id\":\"BTC-USD\","      \
    "\"channel\":\"v4_trades\",\"version\":\"2.1.0\",\"contents\":{\"trades\":[{\"id\":\"0a1c\","  \
    "\"side\":\"SELL\",\"size\":\"1\",\"price\":\"101.4\",\"type\":\"LIMIT\",\"createdAt\":"       \
    "\"2026-01-02T03:04:05.700Z\",\"createdAtHeight\":\"2\"}]}}"
#define MARKETS                                                                                    \
    "{\"type\":\"channel_data\",\"connection_id\":\"c\",\"message_id\":8,\"channel\":"             \
    "\"v4_markets\",\"contents\":{\"oraclePrices\":{\"BTC-USD\":{\"oraclePrice\":\"101.45\","      \
    "\"effectiveAt\":\"2026-01-02T03:04:05.800Z\"}}}}"

static void open_btc(void)
{
    rig_open(&venue_dydx, false);
    rig_add("BTC-USD-PERP", "BTC-USD", 2, 8);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("ETH-USD-PERP", "ETH-USD", 2, 8);
    rig_sample("dydx");
    CHECK_EQ_U64(rig.listings, 1);
}

TEST(every_message_of_the_connection_has_a_number)
{
    open_btc();
    static const char *const messages[] = {UPDATE, TRADE};
    for (int way = 0; way < 2; way++)
        for (int i = 0; i < 2; i++) {
            rig.ctx.jsmn_only = way;
            CHECK_EQ_I64(rig_parse(messages[i]), TD_BUCKET_OK);
            CHECK(rig.sink.has_conn_seq && rig.sink.conn_seq == 5 + i);
        }
    rig_parse("{\"type\":\"unsubscribed\",\"message_id\":12}");
    CHECK(rig.sink.has_conn_seq && rig.sink.conn_seq == 12);
    CHECK(venue_dydx.conn_seq_slack > 0 && !venue_dydx.crossed_is_error);
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
    rig_truncate(UPDATE);
    rig_truncate(TRADE);
    rig_truncate(MARKETS);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 500);
    rig_garble(UPDATE, 4000);
    rig_garble(TRADE, 4000);
    rig_garble(MARKETS, 500);
}

static const char *data_of(const char *channel, const char *contents)
{
    static char text[500];
    snprintf(text, sizeof text,
             "{\"type\":\"channel_data\",\"message_id\":5,\"id\":\"BTC-USD\",\"channel\":\"%s\","
             "\"contents\":%s}",
             channel, contents);
    return text;
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[][2] = {
        {"v4_orderbook", "{}"},
        {"v4_orderbook", "{\"bids\":[[\"1\"]]}"},
        {"v4_orderbook", "{\"bids\":[[\"1\",\"-1\"]]}"},
        {"v4_orderbook", "[]"},
        {"v4_trades", "{\"trades\":{}}"},
        {"v4_trades", "{\"trades\":[{\"price\":\"1\",\"size\":\"1\"}]}"},
        {"v4_markets", "[]"},
        {"v4_markets", "{\"trading\":{\"BTC-USD\":{\"openInterest\":\"x\"}}}"},
        {"v4_rumours", "{}"},
    };
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(data_of(bad[i][0], bad[i][1])), "malformed") != 0)
            FAIL("%s %s was taken", bad[i][0], bad[i][1]);
    CHECK_EQ_STR(rig_rows("{\"type\":\"channel_data\",\"message_id\":5,\"channel\":"
                          "\"v4_orderbook\",\"contents\":{\"bids\":[]}}"),
                 "malformed");
    CHECK_EQ_STR(rig_rows("{\"type\":\"connected\"}"), "malformed");
    CHECK_EQ_STR(rig_rows("[]"), "malformed");
}

TEST(texts_for_the_wire)
{
    char text[1024], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    static const char *const want[] = {
        "{\"type\":\"subscribe\",\"channel\":\"v4_markets\"}",
        "{\"type\":\"subscribe\",\"channel\":\"v4_orderbook\",\"id\":\"BTC-USD\"}",
        "{\"type\":\"subscribe\",\"channel\":\"v4_trades\",\"id\":\"BTC-USD\"}"};
    for (unsigned n = 0; n < 3; n++) {
        CHECK_EQ_U64(venue_dydx.subscribe(&sub, n, text, sizeof text), strlen(want[n]));
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_dydx.subscribe(&sub, 3, text, sizeof text), 0);
    venue_dydx.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"type\":\"unsubscribe\",\"channel\":\"v4_orderbook\",\"id\":\"BTC-USD\"}");
    venue_dydx.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"type\":\"unsubscribe\",\"channel\":\"v4_orderbook\",\"id\":\"BTC-USD\"}");
    venue_dydx.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, want[1]);
    CHECK_EQ_U64(venue_dydx.resubscribe(btc, 2, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02u-USD", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_dydx.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 1 + 60 * 2);
    sub.channels = 1u << TD_CHANNEL_TRADES;
    venue_dydx.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, want[2]);
    sub.channels = 0;
    CHECK_EQ_U64(venue_dydx.subscribe(&sub, 0, text, sizeof text), 0);
    venue_dydx.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v4/perpetualMarkets");
    CHECK(venue_shard_symbols(&venue_dydx, 7) * 3 <= 32);
}

TEST(symbols_are_spelled_both_ways)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_dydx.spell("BTC-USD-PERP", text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_dydx.spell("BTC-USD", text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_dydx.unify("BTC-USD", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USD-PERP");
    CHECK_EQ_I64(venue_dydx.spell("BTCUSD", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_dydx.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
