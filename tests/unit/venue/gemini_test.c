#include "venue/rig.h"

extern const struct venue venue_gemini;

#define FIRST                                                                                      \
    "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[[\"buy\",\"101.40\",\"2\"]],"     \
    "\"trades\":[{\"type\":\"trade\",\"symbol\":\"BTCUSD\",\"event_id\":7,\"timestamp\":"          \
    "1767323045600,\"price\":\"101.5\",\"quantity\":\"0.04\",\"side\":\"buy\"}],"                  \
    "\"auction_events\":[]}"
#define UPDATE                                                                                     \
    "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[[\"buy\",\"101.40\",\"0.0\"],["   \
    "\"sell\",\"101.50\",\"14.3\"]]}"
#define TRADE                                                                                      \
    "{\"type\":\"trade\",\"symbol\":\"BTCUSD\",\"event_id\":9,\"tid\":8,\"timestamp\":"            \
    "1767323045700,\"price\":\"101.5\",\"quantity\":\"0.04\",\"side\":\"sell\"}"

static void open_btc(void)
{
    rig_open(&venue_gemini, false);
    rig_add("BTC-USD", "BTCUSD", 2, 8);
}

/* Counts of tests/captures/venues/gemini.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_gemini, true);
    rig_play("GEMINI.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 428);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 3877);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 509);
    CHECK_EQ_U64(rig.listed, 500);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 438 + 9);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 5);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_gemini, true);
    rig_compare("GEMINI.ws.1", NULL);
}

TEST(the_symbol_lists_name_every_pair_and_then_its_steps)
{
    rig_open(&venue_gemini, false);
    rig_play("GEMINI.symbols");
    CHECK_EQ_U64(rig.listings, 71 + 71);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_U64(listing->raw.bytes, 6);
    CHECK_EQ_MEM(listing->raw.at, "BTCUSD", 6);
    if (rig.listings++ == 0)
        return;
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "1E-8", 4);
}

TEST(the_tick_of_the_list_is_the_sizes)
{
    static const char *const answers[] = {
        "https://x.test/v1/symbols\t[\"btcusd\"]",
        "https://x.test/v1/symbols/details/btcusd\t{\"symbol\":\"BTCUSD\",\"base_currency\":"
        "\"BTC\",\"quote_currency\":\"USD\",\"tick_size\":1E-8,\"quote_increment\":0.01}"};
    open_btc();
    rig.ctx.listing = check_listing;
    for (int i = 0; i < 2; i++)
        CHECK_EQ_I64(rig_parse_http(answers[i], strlen(answers[i])), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
    CHECK_EQ_I64(rig_parse_http("https://x.test/v1/symbols/details/x\t[]", 38),
                 TD_BUCKET_MALFORMED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("ETH-GUSD-PERP", "ETHGUSDPERP", 2, 8);
    rig_sample("gemini");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(FIRST);
    rig_truncate(UPDATE);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(FIRST, 2000);
    rig_garble(UPDATE, 3000);
    rig_garble(TRADE, 3000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[[\"hold\",\"1\",\"1\"]]}",
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[[\"buy\",\"1\"]]}",
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[[\"buy\",\"1\",\"-1\"]]}",
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[],\"trades\":{}}",
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\",\"changes\":[],\"trades\":[{}]}",
        "{\"type\":\"l2_updates\",\"symbol\":\"BTCUSD\"}",
        "{\"type\":\"l2_updates\",\"changes\":[]}",
        "{\"type\":\"trade\",\"symbol\":\"BTCUSD\",\"price\":\"1\",\"quantity\":\"1\"}",
        "{}",
        "[]",
        "null"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
}

TEST(texts_for_the_wire)
{
    char text[1024], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    size_t bytes = venue_gemini.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_U64(bytes, strlen(text));
    CHECK_EQ_STR(text, "{\"type\":\"subscribe\",\"subscriptions\":[{\"name\":\"l2\",\"symbols\":["
                       "\"BTCUSD\"]}]}");
    CHECK_EQ_U64(venue_gemini.subscribe(&sub, 1, text, sizeof text), 0);
    venue_gemini.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"type\":\"unsubscribe\",\"subscriptions\":[{\"name\":\"l2\","
                       "\"symbols\":[\"BTCUSD\"]}]}");
    CHECK_EQ_U64(venue_gemini.resubscribe(btc, 1, text, sizeof text), bytes);
    CHECK_EQ_U64(venue_gemini.resubscribe(btc, 2, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02uUSD", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_gemini.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60);
    sub.channels = 1u << TD_CHANNEL_TICKER;
    CHECK_EQ_U64(venue_gemini.subscribe(&sub, 0, text, sizeof text), 0);
    venue_gemini.list_url("https://x.test", &sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/symbols");
    venue_gemini.list_url("https://x.test", &sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/symbols/details/btcusd");
    CHECK(venue_gemini.list_url("https://x.test", &sub, 60, text, sizeof text) > 0);
    CHECK_EQ_U64(venue_gemini.list_url("https://x.test", &sub, 61, text, sizeof text), 0);
    CHECK_EQ_U64(venue_gemini.list_url("https://x.test", NULL, 1, text, sizeof text), 0);
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {
        {"BTC-USD", "BTCUSD"},           {"GRT-USD", "GRTUSD"},   {"STG-USD", "STGUSD"},
        {"BTC-GUSD", "BTCGUSD"},         {"GUSD-USD", "GUSDUSD"}, {"BTC-USDC-PERP", "BTCUSDCPERP"},
        {"SOL-GUSD-PERP", "SOLGUSDPERP"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_gemini.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_gemini.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_gemini.spell("BTCUSD", text), 0);
    CHECK_EQ_STR(text, "BTCUSD");
    CHECK_EQ_I64(venue_gemini.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
