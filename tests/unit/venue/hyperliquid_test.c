#include "venue/rig.h"

extern const struct venue venue_hyperliquid;

#define BOOK                                                                                       \
    "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"time\":1767323045678,\"levels\":[[{"     \
    "\"px\":\"101.4\",\"sz\":\"2\",\"n\":1}],[{\"px\":\"101.5\",\"sz\":\"1\",\"n\":1}]]}}"
#define TRADES                                                                                     \
    "{\"channel\":\"trades\",\"data\":[{\"coin\":\"BTC\",\"side\":\"B\",\"px\":\"101.5\",\"sz\":"  \
    "\"0.04\",\"time\":1767323045679,\"hash\":\"0xabc\",\"tid\":7,\"users\":[\"0x1\",\"0x2\"]}]}"
#define CONTRACT                                                                                   \
    "{\"channel\":\"activeAssetCtx\",\"data\":{\"coin\":\"BTC\",\"ctx\":{\"funding\":"             \
    "\"0.0000125\",\"openInterest\":\"688.11\",\"oraclePx\":\"101.4\",\"markPx\":\"101.5\"}}}"

static void open_btc(void)
{
    rig_open(&venue_hyperliquid, false);
    rig_add("BTC-USD-PERP", "BTC", 2, 8);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("@107", "@107", 2, 8);
    rig_sample("hyperliquid");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(TRADES);
    rig_truncate(CONTRACT);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 3000);
    rig_garble(TRADES, 4000);
    rig_garble(CONTRACT, 1000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"levels\":[[]]}}",
        "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"levels\":{}}}",
        "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"levels\":[[{\"px\":\"1\"}],[]]}}",
        "{\"channel\":\"l2Book\",\"data\":{}}",
        "{\"channel\":\"trades\",\"data\":{}}",
        "{\"channel\":\"trades\",\"data\":[{\"coin\":\"BTC\",\"px\":\"1\",\"sz\":\"1\"}]}",
        "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"bbo\":[null]}}",
        "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"bbo\":[null,{\"px\":\"1\"}]}}",
        "{\"channel\":\"activeAssetCtx\",\"data\":{\"coin\":\"BTC\",\"ctx\":{}}}",
        "{\"channel\":\"error\",\"data\":{}}",
        "{}",
        "[]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
    CHECK_EQ_STR(rig_rows("{\"channel\":\"error\",\"data\":\"Invalid subscription "
                          "{\\\"type\\\":\\\"l2Book\\\",\\\"coin\\\":\\\"\"}"),
                 "ignored");
}

TEST(texts_for_the_wire)
{
    char text[1024], want[200], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    static const char *const types[] = {"l2Book", "trades", "bbo", "activeAssetCtx"};
    for (unsigned n = 0; n < 4; n++) {
        snprintf(want, sizeof want,
                 "{\"method\":\"subscribe\",\"subscription\":{\"type\":\"%s\",\"coin\":\"BTC\"}}",
                 types[n]);
        CHECK_EQ_U64(venue_hyperliquid.subscribe(&sub, n, text, sizeof text), strlen(want));
        CHECK_EQ_STR(text, want);
    }
    CHECK_EQ_U64(venue_hyperliquid.subscribe(&sub, 4, text, sizeof text), 0);
    venue_hyperliquid.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(
        text,
        "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"l2Book\",\"coin\":\"BTC\"}}");
    venue_hyperliquid.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(
        text, "{\"method\":\"subscribe\",\"subscription\":{\"type\":\"l2Book\",\"coin\":\"BTC\"}}");
    CHECK_EQ_U64(venue_hyperliquid.resubscribe(btc, 2, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02u", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_hyperliquid.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60 * 4);
    sub.channels = 1u << TD_CHANNEL_TICKER;
    venue_hyperliquid.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"unsubscribe\",\"subscription\":{\"type\":\"activeAssetCtx\","
                       "\"coin\":\"BTC\"}}");
    sub.channels = 0;
    CHECK_EQ_U64(venue_hyperliquid.subscribe(&sub, 0, text, sizeof text), 0);
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {{"BTC-USD-PERP", "BTC"},
                                           {"KPEPE-USD-PERP", "kPEPE"},
                                           {"KAS-USD-PERP", "KAS"},
                                           {"PURR-USDC", "PURR/USDC"},
                                           {"@107", "@107"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_hyperliquid.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_hyperliquid.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_hyperliquid.unify("xyz:TSLA", 8, text), 0);
    CHECK_EQ_STR(text, "XYZ-TSLA-USD-PERP");
    CHECK_EQ_I64(venue_hyperliquid.spell("XYZ:TSLA", text), 0);
    CHECK_EQ_STR(text, "xyz:TSLA");
    CHECK_EQ_I64(venue_hyperliquid.spell("BTC-EUR-PERP", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_hyperliquid.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
