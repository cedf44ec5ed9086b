#include "venue/rig.h"

extern const struct venue venue_bitflyer;

#define HEAD                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"method\":\"channelMessage\",\"params\":{\"channel\":\"lightning_"
#define SNAPSHOT                                                                                   \
    HEAD "board_snapshot_FX_BTC_JPY\",\"message\":{\"mid_price\":101.45,\"bids\":[{\"price\":"     \
         "101.3,\"size\":1.0}],\"asks\":[{\"price\":15000000.0,\"size\":4.3E-7}]}}}"
#define BOARD                                                                                      \
    HEAD "board_FX_BTC_JPY\",\"message\":{\"mid_price\":101.45,\"bids\":[],\"asks\":[{\"price\":"  \
         "101.5,\"size\":0.0}]}}}"
#define EXECUTIONS                                                                                 \
    HEAD "executions_FX_BTC_JPY\",\"message\":[{\"id\":7,\"side\":\"SELL\",\"price\":101.5,"       \
         "\"size\":0.04,\"exec_date\":\"2026-01-02T03:04:05.2082642Z\","                           \
         "\"buy_child_order_acceptance_id\":\"b\",\"sell_child_order_acceptance_id\":\"s\"}]}}"
#define TICKER                                                                                     \
    HEAD "ticker_FX_BTC_JPY\",\"message\":{\"product_code\":\"FX_BTC_JPY\",\"state\":\"RUNNING\"," \
         "\"timestamp\":\"2026-01-02T03:04:05.3Z\",\"tick_id\":1,\"best_bid\":101.4,"              \
         "\"best_ask\":101.6,\"best_bid_size\":1.5,\"best_ask_size\":0.1,"                         \
         "\"total_bid_depth\":2.5,\"total_ask_depth\":3.5,\"market_bid_size\":0.0,"                \
         "\"market_ask_size\":0.0,\"ltp\":101.5,\"volume\":99.5,\"volume_by_product\":12.5}}}"

static void open_btc(void)
{
    rig_open(&venue_bitflyer, false);
    rig_add("BTC-JPY-PERP", "FX_BTC_JPY", 2, 8);
}

/* Counts of tests/captures/venues/bitflyer.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bitflyer, true);
    rig_play("BITFLYER.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 47);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 473);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 18665);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 111);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 161);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 735);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_bitflyer, true);
    rig_compare("BITFLYER.ws.1", NULL);
}

TEST(the_symbol_lists_name_every_symbol)
{
    rig_open(&venue_bitflyer, false);
    rig_play("BITFLYER.symbols");
    CHECK_EQ_U64(rig.listings, 15);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    static const uint8_t kinds[] = {INSTRUMENT_SPOT, INSTRUMENT_PERP, INSTRUMENT_FUTURE};
    (void)ctx;
    CHECK(rig.listings < 3);
    CHECK_EQ_I64(listing->kind, kinds[rig.listings]);
    CHECK_EQ_U64(listing->base.bytes, rig.listings < 2 ? 3 : 0);
    if (listing->base.at) {
        CHECK_EQ_MEM(listing->base.at, "BTC", 3);
        CHECK_EQ_MEM(listing->quote.at, "JPY", 3);
    }
    rig.listings++;
}

TEST(listings_carry_kinds)
{
    static const char list[] =
        "https://x.test/v1/getmarkets\t[{\"product_code\":\"BTC_JPY\",\"market_type\":\"Spot\"},"
        "{\"product_code\":\"FX_BTC_JPY\",\"market_type\":\"FX\"},{\"product_code\":"
        "\"BTCJPY17DEC2021\",\"market_type\":\"Futures\"},{\"market_type\":\"FX\"}]";
    static const char other[] = "https://x.test/v1/gethealth\t{}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 3);
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("bitflyer");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
    rig_truncate(BOARD);
    rig_truncate(EXECUTIONS);
    rig_truncate(TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 3000);
    rig_garble(BOARD, 3000);
    rig_garble(EXECUTIONS, 3000);
    rig_garble(TICKER, 3000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        HEAD "board_FX_BTC_JPY\",\"message\":{\"bids\":[]}}}",
        HEAD "board_FX_BTC_JPY\",\"message\":{\"bids\":[],\"asks\":[{\"price\":1}]}}}",
        HEAD "board_\",\"message\":{\"bids\":[],\"asks\":[]}}}",
        HEAD "executions_FX_BTC_JPY\",\"message\":{}}}",
        HEAD "executions_FX_BTC_JPY\",\"message\":[{\"price\":1,\"size\":1}]}}",
        HEAD "ticker_FX_BTC_JPY\",\"message\":{}}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"channelMessage\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\"}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {{"BTC_JPY", "BTC-JPY"}, {"FX_BTC_JPY", "BTC-JPY-PERP"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_bitflyer.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_bitflyer.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue_bitflyer.spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
}

TEST(texts_for_the_wire)
{
    char text[256];
    open_btc();
    rig_add("ETH-JPY", "ETH_JPY", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    static const char *const channels[] = {"board_FX_BTC_JPY", "board_snapshot_FX_BTC_JPY",
                                           "executions_FX_BTC_JPY", "ticker_FX_BTC_JPY",
                                           "board_ETH_JPY"};
    for (unsigned n = 0; n < sizeof channels / sizeof *channels; n++) {
        char want[256];
        snprintf(want, sizeof want,
                 "{\"method\":\"subscribe\",\"params\":{\"channel\":\"lightning_%s\"}}",
                 channels[n]);
        venue_bitflyer.subscribe(&sub, n, text, sizeof text);
        CHECK_EQ_STR(text, want);
    }
    CHECK_EQ_U64(venue_bitflyer.subscribe(&sub, 8, text, sizeof text), 0);
    sub.channels = 0;
    CHECK_EQ_U64(venue_bitflyer.subscribe(&sub, 0, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_TICKER;
    venue_bitflyer.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"unsubscribe\",\"params\":{\"channel\":\"lightning_ticker_"
                       "ETH_JPY\"}}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_bitflyer.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"subscribe\",\"params\":{\"channel\":\"lightning_board_"
                       "snapshot_FX_BTC_JPY\"}}");
    CHECK_EQ_U64(venue_bitflyer.resubscribe(btc, 2, text, sizeof text), 0);
    venue_bitflyer.list_url("https://x.test", NULL, 1, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/getmarkets/usa");
    CHECK_EQ_U64(venue_bitflyer.list_url("https://x.test", NULL, 3, text, sizeof text), 0);
}

TEST(sixty_symbols_go_channel_by_channel)
{
    char text[256], name[32];
    rig_open(&venue_bitflyer, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02d_JPY", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0;
    while (venue_bitflyer.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 240);
}
