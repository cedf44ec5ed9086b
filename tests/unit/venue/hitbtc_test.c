#include "venue/rig.h"
#include "venue/subscription.h"

extern const struct venue venue_hitbtc, venue_bequant, venue_fmfw;

#define SNAPSHOT                                                                                   \
    "{\"ch\":\"orderbook/full\",\"snapshot\":{\"BTCUSDT\":{\"t\":1767323045678,\"s\":17,\"a\":["   \
    "[\"101.50\",\"2\"]],\"b\":[[\"101.40\",\"3\"]]}}}"
#define UPDATE                                                                                     \
    "{\"ch\":\"orderbook/full\",\"update\":{\"BTCUSDT\":{\"t\":1767323045680,\"s\":18,\"a\":[["    \
    "\"101.50\",\"0\"]],\"b\":[[\"101.41\",\"1.0000000001\"]]}}}"
#define TRADES                                                                                     \
    "{\"ch\":\"trades\",\"update\":{\"BTCUSDT\":[{\"t\":1767323045700,\"i\":8,\"p\":\"101.5\","    \
    "\"q\":\"0.04\",\"s\":\"sell\"},{\"t\":1767323045701,\"i\":9,\"p\":\"101.6\",\"q\":\"1\","     \
    "\"s\":\"buy\"}]}}"
#define TICKER                                                                                     \
    "{\"ch\":\"ticker/"                                                                            \
    "1s\",\"data\":{\"BTCUSDT\":{\"t\":1767323045701,\"a\":\"101.5\",\"A\":\"2\","                 \
    "\"b\":\"101.41\",\"B\":\"1\",\"c\":\"101.5\",\"o\":\"100\",\"P\":\"1.5\",\"L\":8}}}"
#define UPDATE2                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"method\":\"updateOrderbook\",\"params\":{\"ask\":[{\"price\":"         \
    "\"101.50\",\"size\":\"0.00\"}],\"bid\":[],\"sequence\":18,\"timestamp\":"                     \
    "\"2026-01-02T03:04:05.700Z\",\"symbol\":\"BTCUSDT\"}}"

static void open_btc(void)
{
    rig_open(&venue_hitbtc, false);
    rig_add("BTC-USDT", "BTCUSDT", 2, 10);
}

/* Counts of tests/captures/venues/hitbtc.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_hitbtc, true);
    rig_play("HITBTC.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 20);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 311);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 9419);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 1000);
    CHECK_EQ_U64(rig.listed, 1000);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 142);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 20 + 311 + 10 + 142);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 533 - 483);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(every_update_has_the_next_number_of_its_book)
{
    int64_t last[RIG_INSTRUMENTS] = {0};
    unsigned links = 0;
    rig_open(&venue_hitbtc, true);
    struct rig_file file = rig_capture("HITBTC.ws.1");
    while (rig_next(&file)) {
        if (rig_parse_frame() != TD_BUCKET_OK || rig.sink.event[0].kind > TD_EVENT_DELTA)
            continue;
        const struct td_event *event = &rig.sink.event[0];
        if (event->kind == TD_EVENT_DELTA) {
            CHECK_EQ_I64(event->seq_last, last[event->instrument] + 1);
            links++;
        }
        last[event->instrument] = event->seq_last;
    }
    CHECK_EQ_U64(links, 311);
    free(file.text);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_hitbtc, true);
    rig_compare("HITBTC.ws.1", NULL);
}

TEST(the_symbol_list_names_every_pair)
{
    rig_open(&venue_hitbtc, false);
    rig_play("HITBTC.symbols");
    CHECK_EQ_U64(rig.listings, 1242);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_U64(listing->raw.bytes, 7);
    CHECK_EQ_MEM(listing->raw.at, "BTCUSDT", 7);
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "0.00001", 7);
    rig.listings++;
}

TEST(an_old_and_a_new_list_say_the_same)
{
    static const char *const lists[] = {
        "https://x.test/api/2/public/symbol\t[{\"id\":\"BTCUSDT\",\"baseCurrency\":\"BTC\","
        "\"quoteCurrency\":\"USDT\",\"quantityIncrement\":\"0.00001\",\"tickSize\":\"0.01\"}]",
        "https://x.test/api/3/public/symbol\t{\"BTCUSDT\":{\"type\":\"spot\",\"base_currency\":"
        "\"BTC\",\"quote_currency\":\"USDT\",\"quantity_increment\":\"0.00001\",\"tick_size\":"
        "\"0.01\"}}"};
    open_btc();
    rig.ctx.listing = check_listing;
    for (int i = 0; i < 2; i++)
        CHECK_EQ_I64(rig_parse_http(lists[i], strlen(lists[i])), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
}

TEST(hand_made_sample)
{
    rig_open(&venue_hitbtc, false);
    rig_add("BTC-USDT", "BTCUSDT", 2, 8);
    rig_add("BTC-USDT-PERP", "BTCUSDT_PERP", 2, 8);
    rig_add("ETH-BTC", "ETHBTC", 2, 8);
    rig_sample("hitbtc");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(SNAPSHOT);
    rig_truncate(UPDATE);
    rig_truncate(TRADES);
    rig_truncate(TICKER);
    rig_truncate(UPDATE2);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(SNAPSHOT, 3000);
    rig_garble(UPDATE, 3000);
    rig_garble(TRADES, 3000);
    rig_garble(TICKER, 4000);
    rig_garble(UPDATE2, 500);
}

TEST(a_refusal_is_known_by_the_number_of_its_request)
{
    char text[200];
    open_btc();
    rig_add("X-Y", "XY", 2, 8);
    snprintf(text, sizeof text,
             "{\"error\":{\"code\":2001,\"message\":\"Symbol not found\"},\"id\":%u}",
             subscription_id(instruments_peek(rig.ctx.instruments, 1)));
    CHECK_EQ_STR(rig_rows(text), "refused X-Y ns=1767323045000000000 flags=1\n");
    CHECK_EQ_STR(rig_rows("{\"error\":{\"code\":2001},\"id\":1}"), "ignored");
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"ch\":\"orderbook/full\",\"update\":{\"BTCUSDT\":{\"t\":1,\"a\":[],\"b\":[]}}}",
        "{\"ch\":\"orderbook/full\",\"update\":{\"BTCUSDT\":{\"s\":1,\"a\":[[\"1\"]],\"b\":[]}}}",
        "{\"ch\":\"orderbook/full\",\"update\":{}}",
        "{\"ch\":\"orderbook/full\"}",
        "{\"ch\":\"trades\",\"update\":{\"BTCUSDT\":{}}}",
        "{\"ch\":\"trades\",\"update\":{\"BTCUSDT\":[{\"p\":\"1\",\"q\":\"1\"}]}}",
        "{\"ch\":\"ticker/1s\",\"data\":{\"BTCUSDT\":{\"a\":\"1\"}}}",
        "{\"method\":\"updateOrderbook\",\"params\":{\"symbol\":\"BTCUSDT\",\"sequence\":1}}",
        "{\"method\":\"updateOrderbook\",\"params\":{}}",
        "{\"method\":\"rumour\",\"params\":{\"symbol\":\"BTCUSDT\"}}",
        "{}",
        "[]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
}

TEST(texts_for_the_wire)
{
    char text[1024], want[200], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    static const char *const channels[] = {"orderbook/full", "trades", "ticker/1s"};
    for (unsigned n = 0; n < 3; n++) {
        snprintf(want, sizeof want,
                 "{\"method\":\"subscribe\",\"ch\":\"%s\",\"params\":{\"symbols\":[\"BTCUSDT\"]},"
                 "\"id\":%u}",
                 channels[n], subscription_id(btc));
        CHECK_EQ_U64(venue_hitbtc.subscribe(&sub, n, text, sizeof text), strlen(want));
        CHECK_EQ_STR(text, want);
    }
    CHECK_EQ_U64(venue_hitbtc.subscribe(&sub, 3, text, sizeof text), 0);
    venue_hitbtc.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_MEM(text, "{\"method\":\"unsubscribe\",\"ch\":\"orderbook/full\"", 45);
    venue_hitbtc.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_MEM(text, "{\"method\":\"subscribe\",\"ch\":\"orderbook/full\"", 43);
    CHECK_EQ_U64(venue_hitbtc.resubscribe(btc, 2, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02uBTC", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_hitbtc.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60 * 3);
    CHECK(venue_hitbtc.unsubscribe(&sub, n - 1, text, sizeof text) > 0);
    venue_hitbtc.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/3/public/symbol");
    venue_hitbtc.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/3/public/ticker");
}

TEST(the_houses_differ_by_their_address)
{
    CHECK_EQ_STR(venue_bequant.ws_url, "wss://api.bequant.io/api/3/ws/public");
    CHECK_EQ_STR(venue_fmfw.rest_url, "https://api.fmfw.io");
    CHECK(venue_bequant.parse == venue_hitbtc.parse && venue_fmfw.rule == SYNC_BOOK1);
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {{"BTC-USDT", "BTCUSDT"},
                                           {"EURS-USD", "EURSUSD"},
                                           {"ETH-BTC", "ETHBTC"},
                                           {"BTC-USDT-PERP", "BTCUSDT_PERP"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_hitbtc.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_hitbtc.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_hitbtc.spell("BTCUSDT_PERP", text), 0);
    CHECK_EQ_STR(text, "BTCUSDT_PERP");
    CHECK_EQ_I64(venue_hitbtc.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
