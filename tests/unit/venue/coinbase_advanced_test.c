#include "venue/rig.h"

extern const struct venue venue_coinbase_advanced;

#define HEAD(channel, number)                                                                      \
    "{\"channel\":\"" channel "\",\"timestamp\":\"2026-01-02T03:04:05.200000001Z\","               \
    "\"sequence_num\":" number ",\"events\":["
#define CHANGE(side, price, size)                                                                  \
    "{\"side\":\"" side                                                                            \
    "\",\"event_time\":\"2026-01-02T03:04:05.190000Z\",\"price_level\":\"" price                   \
    "\",\"new_quantity\":\"" size "\"}"
#define SNAPSHOT                                                                                   \
    HEAD("l2_data", "2")                                                                           \
    "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\",\"updates\":[" CHANGE(                      \
        "bid", "101.4", "2") "," CHANGE("offer", "101.5", "0.25") "]}]}"
#define UPDATE                                                                                     \
    HEAD("l2_data", "3")                                                                           \
    "{\"type\":\"update\",\"product_id\":\"BTC-USD\",\"updates\":[" CHANGE("offer", "101.5",       \
                                                                           "0") "]}]}"
#define TRADES                                                                                     \
    HEAD("market_trades", "4")                                                                     \
    "{\"type\":\"update\",\"trades\":[{\"product_id\":\"BTC-USD\",\"trade_id\":\"8\",\"price\":"   \
    "\"101.5\",\"size\":\"0.1\",\"time\":\"2026-01-02T03:04:05.190000Z\",\"side\":\"BUY\"},{"      \
    "\"product_id\":\"BTC-USD\",\"trade_id\":\"7\",\"price\":\"101.5\",\"size\":\"0.2\",\"time\":" \
    "\"2026-01-02T03:04:05.180000Z\",\"side\":\"SELL\"}]}]}"
#define TICKER                                                                                     \
    HEAD("ticker", "5")                                                                            \
    "{\"type\":\"update\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":\"BTC-USD\",\"price\":" \
    "\"101.6\",\"best_bid\":\"101.4\"}]}]}"

static void open_btc(void)
{
    rig_open(&venue_coinbase_advanced, false);
    rig_add("BTC-USD", "BTC-USD", 2, 8);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("coinbase_advanced");
}

TEST(every_channel_counts_on_the_connection)
{
    static const char *const counted[] = {
        SNAPSHOT,
        TRADES,
        HEAD("heartbeats", "2") "{\"heartbeat_counter\":3}]}",
        HEAD("subscriptions", "2") "{\"subscriptions\":{}}]}",
        HEAD("l2_data", "2") "{\"type\":\"update\",\"product_id\":\"ETH-USD\",\"updates\":[]}]}",
    };
    open_btc();
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        rig_parse(counted[i]);
        CHECK(rig.sink.has_conn_seq);
        CHECK_EQ_I64(rig.sink.conn_seq, i == 1 ? 4 : 2);
    }
    CHECK_EQ_I64(rig_parse("{\"type\":\"error\",\"message\":\"no\"}"), TD_BUCKET_IGNORED);
    CHECK(!rig.sink.has_conn_seq);
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {SNAPSHOT, UPDATE, TRADES, TICKER};
    open_btc();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_EQ_I64(rig_parse(texts[i]), TD_BUCKET_OK);
        rig_truncate(texts[i]);
        rig_garble(texts[i], 2000);
    }
}

/* Whole books have come with 46,000 levels in 5 MB. */
TEST(a_book_larger_than_the_sink_comes_in_pieces)
{
    enum { LEVELS = 46000, BYTES = 8 << 20 };
    char *text = malloc(BYTES);
    struct td_str out = td_str_on(text, BYTES);
    td_str_add(&out, HEAD("l2_data", "2") "{\"type\":\"snapshot\",\"product_id\":\"BTC-USD\","
                                          "\"updates\":[");
    for (int i = 0; i < LEVELS; i++)
        td_str_add_format(&out,
                          "%s{\"side\":\"%s\",\"event_time\":\"1970-01-01T00:00:00Z\","
                          "\"price_level\":\"%d.25\",\"new_quantity\":\"%d.00000043\"}",
                          i ? "," : "", i % 2 ? "offer" : "bid", 1 + i, 1 + i % 100);
    td_str_add(&out, "]}]}");
    CHECK(!out.cut);
    open_btc();
    CHECK_EQ_I64(rig_parse_bytes(text, out.bytes), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.flushes, 2);
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 1);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], LEVELS);
    CHECK(rig.sink.has_conn_seq);
    CHECK_EQ_I64(rig_parse_bytes(text, out.bytes - 1), TD_BUCKET_MALFORMED);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], LEVELS);
    free(text);
}

static char listed[512];

static void note_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    struct td_str out = td_str_on(listed, sizeof listed);
    const struct td_text texts[] = {listing->raw,           listing->base,       listing->quote,
                                    listing->status,        listing->price_step, listing->size_step,
                                    listing->contract_size, listing->volume};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_i64(&out, listing->kind);
}

TEST(listings_carry_steps_and_volume)
{
    static const char spot[] =
        "https://x.test/api/v3/brokerage/market/products\t{\"products\":[{\"product_id\":"
        "\"BTC-USD\",\"base_currency_id\":\"BTC\",\"quote_currency_id\":\"USD\",\"quote_"
        "increment\":"
        "\"0.01\",\"base_increment\":\"0.00000001\",\"status\":\"online\",\"is_disabled\":false,"
        "\"approximate_quote_24h_volume\":\"9.5\"}]}";
    static const char perp[] =
        "https://x.test/api/v3/brokerage/market/products\t{\"products\":[{\"product_id\":"
        "\"BTC-PERP-INTX\",\"future_product_details\":{\"contract_expiry_type\":\"PERPETUAL\","
        "\"contract_size\":\"1\"}}]}";
    static const char other[] = "https://x.test/api/v3/time\t{}";
    open_btc();
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(spot, sizeof spot - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "BTC-USD BTC USD online 0.01 0.00000001  9.5 0");
    CHECK_EQ_I64(rig_parse_http(perp, sizeof perp - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "BTC-PERP-INTX      1  1");
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(names_are_the_venues_own)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_coinbase_advanced.unify("BTC-USD", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_coinbase_advanced.spell("BTC-USD", text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_coinbase_advanced.spell("BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_coinbase_advanced.unify("", 0, text), TD_E_VENUE_SYMBOL);
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc();
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    static const char *const want[] = {
        "{\"type\":\"subscribe\",\"channel\":\"heartbeats\"}",
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channel\":\"level2\"}",
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channel\":\"market_trades\"}",
        "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channel\":\"ticker\"}"};
    for (unsigned n = 0; n < 4; n++) {
        CHECK(venue_coinbase_advanced.subscribe(&sub, n, text, sizeof text) > 0);
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_coinbase_advanced.subscribe(&sub, 4, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_TRADES;
    venue_coinbase_advanced.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"type\":\"unsubscribe\",\"product_ids\":[\"BTC-USD\"],\"channel\":"
                       "\"market_trades\"}");
    CHECK_EQ_U64(venue_coinbase_advanced.unsubscribe(&sub, 1, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_coinbase_advanced.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"type\":\"unsubscribe\",\"product_ids\":[\"BTC-USD\"],\"channel\":\"level2\"}");
    venue_coinbase_advanced.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, want[1]);
    CHECK_EQ_U64(venue_coinbase_advanced.resubscribe(btc, 2, text, sizeof text), 0);
    venue_coinbase_advanced.trades_url("https://x.test", btc, 7, 9, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/brokerage/market/products/BTC-USD/ticker?limit=1000");
    venue_coinbase_advanced.list_url("https://x.test", &sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/brokerage/market/products");
    CHECK_EQ_U64(venue_coinbase_advanced.list_url("https://x.test", &sub, 1, text, sizeof text), 0);
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "T%d-USD", i);
        rig_add(text, text, 2, 8);
    }
    sub.channels = 7;
    unsigned texts = 0;
    while (venue_coinbase_advanced.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 1 + 6 * 3);
}
