#include "venue/rig.h"

extern const struct venue venue_bitvavo;

#define BOOK                                                                                       \
    "{\"event\":\"book\",\"market\":\"BTC-EUR\",\"nonce\":18,\"bids\":[[\"101.4\",\"2\"]],"        \
    "\"asks\":[[\"101.5\",\"0\"]]}"
#define BASE                                                                                       \
    "{\"action\":\"getBook\",\"response\":{\"market\":\"BTC-EUR\",\"nonce\":17,\"bids\":[["        \
    "\"101.3\",\"1\"]],\"asks\":[[\"101.5\",\"3\"]]}}"
#define TRADE                                                                                      \
    "{\"event\":\"trade\",\"timestamp\":1767323045679,\"market\":\"BTC-EUR\",\"id\":\"5a1c\","     \
    "\"amount\":\"0.04\",\"price\":\"101.5\",\"side\":\"buy\"}"

static void open_btc(void)
{
    rig_open(&venue_bitvavo, false);
    rig_add("BTC-EUR", "BTC-EUR", 2, 8);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("bitvavo");
    CHECK_EQ_U64(rig.listings, 2);
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(BASE);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 3000);
    rig_garble(BASE, 1000);
    rig_garble(TRADE, 3000);
    rig_garble("{\"event\":\"ticker\",\"market\":\"BTC-EUR\",\"bestBid\":\"101.4\",\"lastPrice\":"
               "\"101.5\"}",
               3000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"event\":\"book\",\"market\":\"BTC-EUR\",\"bids\":[],\"asks\":[]}",
        "{\"event\":\"book\",\"market\":\"BTC-EUR\",\"nonce\":1,\"bids\":[]}",
        "{\"event\":\"book\",\"market\":\"BTC-EUR\",\"nonce\":1,\"bids\":[[\"1\"]],\"asks\":[]}",
        "{\"event\":\"book\",\"nonce\":1,\"bids\":[],\"asks\":[]}",
        "{\"event\":\"trade\",\"market\":\"BTC-EUR\",\"amount\":\"1\",\"price\":\"1\"}",
        "{\"event\":\"ticker\",\"market\":\"BTC-EUR\"}",
        "{\"event\":\"ticker\",\"market\":\"BTC-EUR\",\"bestBid\":\"x\"}",
        "{\"action\":\"getBook\",\"response\":{}}",
        "{\"action\":\"getTime\",\"response\":{}}",
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
    static const char *const channels[] = {"book", "trades", "ticker"};
    for (unsigned n = 0; n < 3; n++) {
        snprintf(
            want, sizeof want,
            "{\"action\":\"subscribe\",\"channels\":[{\"name\":\"%s\",\"markets\":[\"BTC-EUR\"]}]}",
            channels[n]);
        CHECK_EQ_U64(venue_bitvavo.subscribe(&sub, n, text, sizeof text), strlen(want));
        CHECK_EQ_STR(text, want);
    }
    CHECK_EQ_U64(venue_bitvavo.subscribe(&sub, 3, text, sizeof text), 0);
    CHECK(venue_bitvavo.unsubscribe(&sub, 0, text, sizeof text) > 0);
    CHECK_EQ_MEM(text, "{\"action\":\"unsubscribe\"", 23);
    venue_bitvavo.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"action\":\"getBook\",\"market\":\"BTC-EUR\"}");
    CHECK_EQ_U64(venue_bitvavo.resubscribe(btc, 1, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02u-EUR", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_bitvavo.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60 * 3);
    venue_bitvavo.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v2/markets");
    venue_bitvavo.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v2/ticker/24h");
}

TEST(symbols_are_spelled_as_they_are)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_bitvavo.spell("BTC-EUR", text), 0);
    CHECK_EQ_STR(text, "BTC-EUR");
    CHECK_EQ_I64(venue_bitvavo.unify("BTC-EUR", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-EUR");
    CHECK_EQ_I64(venue_bitvavo.spell("BTCEUR", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_bitvavo.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
