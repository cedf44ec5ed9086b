#include "venue/rig.h"

extern const struct venue venue_kucoin;

#define LEVEL2                                                                                     \
    "{\"data\":{\"sequenceStart\":11,\"symbol\":\"BTC-USDT\",\"changes\":{\"asks\":[[\"101.5\","   \
    "\"0.25\",\"12\"],[\"0\",\"0\",\"13\"]],\"bids\":[[\"101.4\",\"2\",\"11\"]]},"                 \
    "\"sequenceEnd\":13},\"subject\":\"trade.l2update\",\"topic\":\"/market/level2:BTC-USDT\","    \
    "\"type\":\"message\"}"
#define LEVEL2_TOPIC_FIRST                                                                         \
    "{\"topic\":\"/market/level2:BTC-USDT\",\"type\":\"message\",\"subject\":\"trade.l2update\","  \
    "\"data\":{\"changes\":{\"asks\":[[\"0\",\"0\",\"14\"]],\"bids\":[[\"101.4\",\"0\",\"15\"]]}," \
    "\"sequenceEnd\":15,\"sequenceStart\":14,\"symbol\":\"BTC-USDT\",\"time\":1767323045200}}"
#define MATCH                                                                                      \
    "{\"data\":{\"symbol\":\"BTC-USDT\",\"sequence\":\"9\",\"side\":\"sell\",\"size\":\"0.04\","   \
    "\"price\":\"101.5\",\"time\":\"1767323045201000001\",\"tradeId\":\"6085\"},"                  \
    "\"subject\":\"trade.l3match\",\"topic\":\"/market/match:BTC-USDT\",\"type\":\"message\"}"
#define TICKER                                                                                     \
    "{\"data\":{\"sequence\":\"16\",\"bestAsk\":\"101.5\",\"size\":\"0.04\",\"bestBidSize\":"      \
    "\"2\","                                                                                       \
    "\"price\":\"101.5\",\"time\":1767323045300,\"bestAskSize\":\"0.21\",\"bestBid\":\"101.4\"},"  \
    "\"subject\":\"trade.ticker\",\"topic\":\"/market/ticker:BTC-USDT\",\"type\":\"message\"}"

static void open_btc(void)
{
    rig_open(&venue_kucoin, false);
    rig_add("BTC-USDT", "BTC-USDT", 2, 8);
}

/* Counts of tests/captures/venues/kucoin.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_kucoin, true);
    rig_play("KUCOIN.http.0");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 9);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 7856);
    rig_play("KUCOIN.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 2558);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 1657);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 14);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 556);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 9 + 2558 + 14 + 556);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 13 + 1 + 5);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_kucoin, true);
    rig_compare("KUCOIN.http.0", NULL);
    rig_compare("KUCOIN.ws.1", NULL);
}

TEST(the_numbers_of_the_capture_have_no_hole)
{
    rig_open(&venue_kucoin, true);
    CHECK_EQ_U64(rig_links("KUCOIN.ws.1", rig_link_range), 2549);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_kucoin, false);
    rig_play("KUCOIN.symbols");
    CHECK_EQ_U64(rig.listings, 634);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "BTC-USDT", 8);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 4);
    CHECK_EQ_MEM(listing->price_step.at, "0.1", 3);
    CHECK_EQ_MEM(listing->size_step.at, "0.00000001", 10);
    CHECK_EQ_MEM(listing->status.at, "enabled", 7);
}

TEST(listings_carry_steps_and_volumes)
{
    static const char list[] =
        "https://x.test/api/v2/symbols\t{\"code\":\"200000\",\"data\":[{\"symbol\":\"BTC-USDT\","
        "\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"baseIncrement\":\"0.00000001\","
        "\"priceIncrement\":\"0.1\",\"enableTrading\":true}]}";
    static const char volumes[] =
        "https://x.test/api/v1/market/allTickers\t{\"code\":\"200000\",\"data\":{\"time\":1,"
        "\"ticker\":[{\"symbol\":\"BTC-USDT\",\"vol\":\"1\",\"volValue\":\"12.5\"}]}}";
    static const char other[] = "https://x.test/api/v1/timestamp\t{}";
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
    rig_sample("kucoin");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(LEVEL2);
    rig_truncate(LEVEL2_TOPIC_FIRST);
    rig_truncate(MATCH);
    rig_truncate(TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(LEVEL2, 3000);
    rig_garble(LEVEL2_TOPIC_FIRST, 3000);
    rig_garble(MATCH, 1000);
    rig_garble(TICKER, 1000);
}

TEST(a_base_cut_anywhere_gives_nothing)
{
    static const char base[] =
        "https://x.test/api/v1/market/orderbook/level2_100?symbol=BTC-USDT\t{\"code\":\"200000\","
        "\"data\":{\"time\":1767323045100,\"sequence\":\"12\",\"bids\":[[\"101.4\",\"1.5\"]],"
        "\"asks\":[]}}";
    open_btc();
    CHECK_EQ_I64(rig_parse_http(base, sizeof base - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(base, sizeof base - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(rig_parse_http(base, sizeof base - 30), TD_BUCKET_MALFORMED);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"type\":\"message\",\"topic\":\"/market/"
        "level2:BTC-USDT\",\"data\":{\"sequenceStart\":1}}",
        "{\"type\":\"message\",\"topic\":\"/market/level2:BTC-USDT\",\"data\":{\"sequenceStart\":1,"
        "\"sequenceEnd\":2,\"changes\":{\"asks\":[],\"bids\":[[\"1\"]]}}}",
        "{\"type\":\"message\",\"topic\":\"/market/level2:\",\"data\":{}}",
        "{\"type\":\"message\",\"topic\":\"/market/match:BTC-USDT\",\"data\":{\"price\":\"1\"}}",
        "{\"type\":\"message\",\"topic\":\"/market/ticker:BTC-USDT\",\"data\":{\"price\":\"1\"}}",
        "{\"type\":\"message\"}",
        "{\"id\":\"1\"}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_are_the_same_on_both_sides)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_kucoin.unify("BTC-USDT", 8, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
    CHECK_EQ_I64(venue_kucoin.spell("BTC-USDT", text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
    CHECK_EQ_I64(venue_kucoin.spell("", text), TD_E_VENUE_SYMBOL);
}

TEST(the_address_comes_with_a_token)
{
    static const char answer[] =
        "{\"code\":\"200000\",\"data\":{\"token\":\"T0k-en_\",\"instanceServers\":[{\"endpoint\":"
        "\"wss://x.test/\",\"encrypt\":true,\"protocol\":\"websocket\",\"pingInterval\":18000}]}}";
    char text[256];
    size_t bytes =
        venue_kucoin.dial_url((struct td_text){answer, sizeof answer - 1}, text, sizeof text);
    CHECK_EQ_STR(text, "wss://x.test/?token=T0k-en_&connectId=1");
    CHECK_EQ_U64(bytes, strlen(text));
    CHECK_EQ_U64(venue_kucoin.dial_url((struct td_text){answer, sizeof answer - 1}, text, 20), 0);
    for (uint32_t cut = 0; cut < sizeof "{\"code\":\"200000\",\"data\":{\"token\":\"T0k"; cut++)
        CHECK_EQ_U64(venue_kucoin.dial_url((struct td_text){answer, cut}, text, sizeof text), 0);
}

TEST(texts_for_the_wire)
{
    char text[2048];
    open_btc();
    rig_add("ETH-BTC", "ETH-BTC", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_kucoin.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":\"1\",\"type\":\"subscribe\",\"topic\":\"/market/level2:BTC-USDT,"
                       "ETH-BTC\",\"response\":true}");
    venue_kucoin.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":\"2\",\"type\":\"unsubscribe\",\"topic\":\"/market/match:BTC-USDT,"
                       "ETH-BTC\",\"response\":true}");
    venue_kucoin.subscribe(&sub, 2, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":\"3\",\"type\":\"subscribe\",\"topic\":\"/market/ticker:BTC-USDT,"
                       "ETH-BTC\",\"response\":true}");
    CHECK_EQ_U64(venue_kucoin.subscribe(&sub, 3, text, sizeof text), 0);
    venue_kucoin.base_url("https://x.test", instruments_peek(rig.ctx.instruments, 0), text,
                          sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v1/market/orderbook/level2_100?symbol=BTC-USDT");
    venue_kucoin.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/symbols");
    venue_kucoin.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v1/market/allTickers");
}

TEST(sixty_symbols_go_in_two_topics_a_channel)
{
    char text[2048], name[32];
    rig_open(&venue_kucoin, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02d-USDT", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0, names = 0;
    while (venue_kucoin.subscribe(&sub, texts, text, sizeof text) > 0) {
        for (const char *at = text; (at = strstr(at, "-USDT")) != NULL; at++)
            names++;
        texts++;
    }
    CHECK_EQ_U64(texts, 6);
    CHECK_EQ_U64(names, 180);
}
