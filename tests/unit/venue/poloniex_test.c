#include "venue/rig.h"

extern const struct venue venue_poloniex;

#define SNAPSHOT                                                                                   \
    "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":\"BTC_USDT\",\"createTime\":1767323045100,"   \
    "\"asks\":[[\"101.5\",\"0.2\"]],\"bids\":[[\"101.4\",\"1.5\"]],\"lastId\":11,\"id\":12,"       \
    "\"ts\":1767323045105}],\"action\":\"snapshot\"}"
#define UPDATE                                                                                     \
    "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":\"BTC_USDT\",\"createTime\":1767323045200,"   \
    "\"asks\":[[\"101.5\",\"0\"]],\"bids\":[],\"lastId\":12,\"id\":14,\"ts\":1767323045205}],"     \
    "\"action\":\"update\"}"
#define TRADE                                                                                      \
    "{\"channel\":\"trades\",\"data\":[{\"symbol\":\"BTC_USDT\",\"quantity\":\"0.04\","            \
    "\"takerSide\":\"sell\",\"createTime\":1767323045300,\"price\":\"101.5\",\"id\":\"7\"}]}"

static void open_btc(void)
{
    rig_open(&venue_poloniex, false);
    rig_add("BTC-USDT", "BTC_USDT", 2, 8);
}

/* Counts of tests/captures/venues/poloniex.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_poloniex, true);
    rig_play("POLONIEX.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 11);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 183);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 766);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 5);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 11 + 183 + 5);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 2);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_poloniex, true);
    rig_compare("POLONIEX.ws.1", NULL);
}

TEST(the_numbers_of_the_capture_have_no_hole)
{
    rig_open(&venue_poloniex, true);
    CHECK_EQ_U64(rig_links("POLONIEX.ws.1", rig_link_prev), 183);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_poloniex, false);
    rig_play("POLONIEX.symbols");
    CHECK_EQ_U64(rig.listings, 524);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "BTC_USDT", 8);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 4);
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "0.000001", 8);
    CHECK_EQ_MEM(listing->status.at, "NORMAL", 6);
}

TEST(listings_carry_steps_and_volumes)
{
    static const char list[] =
        "https://x.test/markets\t[ { \"symbol\" : \"BTC_USDT\", \"baseCurrencyName\" : \"BTC\", "
        "\"quoteCurrencyName\" : \"USDT\", \"state\" : \"NORMAL\", \"symbolTradeLimit\" : { "
        "\"priceScale\" : 2, \"quantityScale\" : 6 } } ]";
    static const char volumes[] = "https://x.test/markets/ticker24h\t[{\"symbol\":\"BTC_USDT\","
                                  "\"amount\":\"12.5\"}]";
    static const char other[] = "https://x.test/timestamp\t{}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("poloniex");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
    rig_truncate(UPDATE);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 3000);
    rig_garble(UPDATE, 3000);
    rig_garble(TRADE, 1000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":\"BTC_USDT\",\"asks\":[],\"bids\":[],"
        "\"id\":1}]}",
        "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":\"BTC_USDT\"}],\"action\":\"update\"}",
        "{\"channel\":\"book_lv2\",\"data\":[{\"id\":1}],\"action\":\"update\"}",
        "{\"channel\":\"book_lv2\",\"data\":{},\"action\":\"update\"}",
        "{\"channel\":\"trades\",\"data\":[{\"symbol\":\"BTC_USDT\",\"price\":\"1\",\"id\":\"1\"}]"
        "}",
        "{\"channel\":\"ticker\",\"data\":[{\"symbol\":\"BTC_USDT\"}]}",
        "{\"event\":\"weather\"}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_go_both_ways)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_poloniex.unify("BTC_USDT", 8, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
    CHECK_EQ_I64(venue_poloniex.spell("BTC-USDT", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
    CHECK_EQ_I64(venue_poloniex.spell("BTC_USDT", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
}

TEST(texts_for_the_wire)
{
    char text[512];
    open_btc();
    rig_add("ETH-BTC", "ETH_BTC", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_poloniex.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"event\":\"subscribe\",\"channel\":[\"book_lv2\"],\"symbols\":["
                       "\"BTC_USDT\",\"ETH_BTC\"]}");
    venue_poloniex.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"event\":\"unsubscribe\",\"channel\":[\"trades\"],\"symbols\":["
                       "\"BTC_USDT\",\"ETH_BTC\"]}");
    venue_poloniex.subscribe(&sub, 2, text, sizeof text);
    CHECK_EQ_STR(text, "{\"event\":\"subscribe\",\"channel\":[\"ticker\"],\"symbols\":["
                       "\"BTC_USDT\",\"ETH_BTC\"]}");
    CHECK_EQ_U64(venue_poloniex.subscribe(&sub, 3, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_poloniex.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"event\":\"unsubscribe\",\"channel\":[\"book_lv2\"],\"symbols\":["
                       "\"BTC_USDT\"]}");
    venue_poloniex.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"event\":\"subscribe\",\"channel\":[\"book_lv2\"],\"symbols\":["
                       "\"BTC_USDT\"]}");
    CHECK_EQ_U64(venue_poloniex.resubscribe(btc, 2, text, sizeof text), 0);
    venue_poloniex.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/markets");
    venue_poloniex.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/markets/ticker24h");
}

TEST(sixty_symbols_go_in_six_messages_a_channel)
{
    char text[512], name[32];
    rig_open(&venue_poloniex, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02d_USDT", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0;
    while (venue_poloniex.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 18);
}
