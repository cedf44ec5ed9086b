#include "venue/kraken_respell.h"
#include "venue/rig.h"

extern const struct venue venue_kraken;

#define SNAPSHOT                                                                                   \
    "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/"                     \
    "USD\",\"bids\":[{\"price\":101.4,"                                                            \
    "\"qty\":2.00000000}],\"asks\":[{\"price\":101.5,\"qty\":0.20000000}],\"checksum\":"           \
    "3310070434}]}"
#define UPDATE                                                                                     \
    "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"                       \
    "USD\",\"bids\":[{\"price\":101.4,"                                                            \
    "\"qty\":0.00000000}],\"asks\":[{\"price\":101.5,\"qty\":7.10000000}],\"checksum\":17,"        \
    "\"timestamp\":\"2026-01-02T03:04:05.678901Z\"}]}"
#define TRADE                                                                                      \
    "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"                      \
    "USD\",\"side\":\"sell\",\"price\":101.3,"                                                     \
    "\"qty\":0.01,\"ord_type\":\"limit\",\"trade_id\":8,\"timestamp\":\"2026-01-02T03:04:06."      \
    "000000Z\"}]}"
#define TICKER                                                                                     \
    "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"                     \
    "USD\",\"bid\":101.3,\"bid_qty\":7.1,"                                                         \
    "\"ask\":101.5,\"ask_qty\":0.2,\"last\":101.3,\"volume\":12.5}]}"

static void open_btc(void)
{
    rig_open(&venue_kraken, false);
    rig_add("BTC-USD", "BTC/USD", 1, 8);
}

static char v2_text[1 << 20];
static int64_t last_id;

/* The v1 frame in rig.frame becomes its v2 form. */
static void respell(void)
{
    static struct json *v1;
    if (!v1)
        v1 = json_init(malloc(json_footprint(100000)), 100000);
    struct td_str out = td_str_on(v2_text, sizeof v2_text);
    CHECK(json_parse(v1, rig.frame.payload, rig.frame.bytes) > 0);
    kraken_respell(&out, v1, &last_id);
    CHECK(!out.cut);
    rig.frame.payload = out.at;
    rig.frame.bytes = (uint32_t)out.bytes;
}

static void play_respelled(const char *name)
{
    struct rig_file file = rig_capture(name);
    while (rig_next(&file)) {
        respell();
        CHECK(rig_parse_frame() >= 0);
    }
    free(file.text);
}

/* Counts of tests/compat/count_captures.py. */
TEST(the_respelled_captures_give_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_kraken, true);
    play_respelled("KRAKEN.ws.50");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 7473);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 2836);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 2839);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 2846);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 34);
    play_respelled("KRAKEN.ws.48");
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 3);
    play_respelled("KRAKEN.ws.49");
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 13);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(the_respelled_captures_read_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_kraken, true);
    rig_compare("KRAKEN.ws.48", respell);
    rig_compare("KRAKEN.ws.49", respell);
    rig_compare("KRAKEN.ws.50", respell);
}

/* One v1 frame and its row, number by number. */
TEST(a_v1_frame_with_both_sides_keeps_its_digits)
{
    static const char v1[] = "[1920,{\"a\":[[\"0.042990\",\"364630.28272081\",\"1618678145."
                             "920470\"]]},{\"b\":[[\"0.042990\","
                             "\"0.00000000\",\"1618678145.920708\",\"r\"]],\"c\":\"4105471083\"},"
                             "\"book-1000\",\"XBT/USD\"]";
    open_btc();
    rig.frame = (struct td_frame){.payload = v1, .bytes = sizeof v1 - 1};
    respell();
    CHECK_EQ_STR(
        v2_text,
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bids\":[{\"price\":"
        "0.042990,\"qty\":0.00000000}],\"asks\":[{\"price\":0.042990,\"qty\":364630.28272081}],"
        "\"checksum\":4105471083,\"timestamp\":\"2021-04-17T16:49:05.920708Z\"}]}");
    CHECK_EQ_STR(
        rig_rows(v2_text),
        "delta BTC-USD ns=1618678145920708000 flags=8 seq=0..0 checksum=4105471083 decimals=6,8 "
        "bid 0.04299 0 ask 0.04299 364630.28272081\n");
}

static unsigned found_btc;

static void check_btc(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    rig_listing(ctx, listing);
    if (listing->raw.bytes != 7 || memcmp(listing->raw.at, "BTC/USD", 7) != 0)
        return;
    found_btc++;
    CHECK(listing->base.bytes == 3 && memcmp(listing->base.at, "BTC", 3) == 0);
    CHECK(listing->quote.bytes == 3 && memcmp(listing->quote.at, "USD", 3) == 0);
    CHECK(listing->price_step.bytes == 3 && memcmp(listing->price_step.at, "0.1", 3) == 0);
    CHECK(listing->size_step.bytes == 10 && memcmp(listing->size_step.at, "0.00000001", 10) == 0);
}

TEST(the_symbol_list_is_spelled_as_the_feed_spells)
{
    rig_open(&venue_kraken, false);
    rig.ctx.listing = check_btc;
    found_btc = 0;
    rig_play("KRAKEN.symbols");
    CHECK_EQ_U64(rig.listings, 293);
    CHECK_EQ_U64(found_btc, 1);
}

TEST(hand_made_sample)
{
    open_btc();
    rig.ctx.listing = check_btc;
    found_btc = 0;
    rig_sample("kraken");
    CHECK_EQ_U64(found_btc, 1);
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
    rig_truncate(UPDATE);
    rig_truncate(TRADE);
    rig_truncate(TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 2000);
    rig_garble(UPDATE, 5000);
    rig_garble(TRADE, 2000);
}

TEST(deletes_exponents_and_quotes_are_numbers)
{
    open_btc();
    CHECK_EQ_STR(rig_rows("{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
                          "USD\",\"bids\":[{\"price\":"
                          "101.4,\"qty\":0},{\"price\":1.013e2,\"qty\":0.0},{\"price\":\"101.2\","
                          "\"qty\":\"2E-8\"}],\"asks\":[],"
                          "\"checksum\":17,\"timestamp\":\"2026-01-02T03:04:05.678901Z\"}]}"),
                 "delta BTC-USD ns=1767323045678901000 flags=8 seq=0..0 checksum=17 decimals=3,1 "
                 "bid 101.4 0 bid 101.3 0 bid "
                 "101.2 0.00000002\n");
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bids\":[{\"price\":1}],\"asks\":[]}]}",
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bids\":[{\"price\":1,\"qty\":-1}]}]}",
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bids\":[],\"asks\":[],\"checksum\":-1}]}",
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"bids\":[],\"asks\":[],"
        "\"checksum\":4294967296}]}",
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"checksum\":1}]}",
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"bids\":[]}]}",
        "{\"channel\":\"book\",\"type\":\"rumour\",\"data\":[]}",
        "{\"channel\":\"book\",\"data\":[]}",
        "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/"
        "USD\",\"price\":null,\"qty\":1,\"trade_id\":1}]}",
        "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\"}]}",
        "{\"channel\":\"instrument\",\"type\":\"update\",\"data\":[]}",
        "{\"method\":\"dance\"}"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(symbols_swap_slash_and_dash)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_kraken.spell("BTC-USD", text), 0);
    CHECK_EQ_STR(text, "BTC/USD");
    CHECK_EQ_I64(venue_kraken.unify("BTC/USD", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_kraken.spell("BTCUSD", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_kraken.spell("BTC-", text), TD_E_VENUE_SYMBOL);
}

TEST(texts_for_the_wire)
{
    static const char *const want[] = {
        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"symbol\":[\"BTC/"
        "USD\"],\"depth\":1000,\"snapshot\":true},"
        "\"req_id\":1}",
        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"trade\",\"symbol\":[\"BTC/"
        "USD\"],\"snapshot\":true},\"req_id\":2}",
        "{\"method\":\"subscribe\",\"params\":{\"channel\":\"ticker\",\"symbol\":[\"BTC/"
        "USD\"],\"event_trigger\":\"bbo\","
        "\"snapshot\":true},\"req_id\":3}",
    };
    char text[1024];
    open_btc();
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    for (unsigned n = 0; n < 3; n++) {
        CHECK(venue_kraken.subscribe(&sub, n, text, sizeof text) > 0);
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_kraken.subscribe(&sub, 3, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_kraken.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"book\",\"symbol\":["
                       "\"BTC/USD\"],\"depth\":1000}}");
    venue_kraken.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"book\",\"symbol\":["
                       "\"BTC/USD\"],\"depth\":1000,"
                       "\"snapshot\":true}}");
    CHECK_EQ_U64(venue_kraken.resubscribe(btc, 2, text, sizeof text), 0);
    venue_kraken.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/0/public/AssetPairs");
}
