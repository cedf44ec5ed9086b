#include "venue/rig.h"

extern const struct venue venue_bitfinex;

#define OPENED(name, id)                                                                           \
    "{\"event\":\"subscribed\",\"channel\":\"" name "\",\"chanId\":" id ",\"symbol\":\"tBTCUSD\"}"

static void open_btc(void)
{
    rig_open(&venue_bitfinex, false);
    rig_add("BTC-USD", "tBTCUSD", 2, 8);
    CHECK_EQ_STR(rig_rows(OPENED("book", "7")), "ignored");
    CHECK_EQ_STR(rig_rows(OPENED("trades", "8")), "ignored");
    CHECK_EQ_STR(rig_rows(OPENED("ticker", "9")), "ignored");
}

/* Counts of tests/captures/venues/bitfinex.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bitfinex, true);
    rig_play("BITFINEX.ws.11");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 7);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 1033);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 2366);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 210);
    CHECK_EQ_U64(rig.listed, 210);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 16);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 1033 + 7 + 7 + 16);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 42 + 1 + 1 + 21);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 7);
}

TEST(every_message_of_the_connection_has_the_next_number)
{
    int64_t last = 0;
    unsigned links = 0;
    rig_open(&venue_bitfinex, true);
    struct rig_file file = rig_capture("BITFINEX.ws.11");
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        if (!rig.sink.has_conn_seq)
            continue;
        CHECK_EQ_I64(rig.sink.conn_seq, last + 1);
        links += last > 0;
        last = rig.sink.conn_seq;
    }
    CHECK_EQ_U64(links, 1104);
    free(file.text);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_bitfinex, true);
    rig_compare("BITFINEX.ws.11", NULL);
}

TEST(the_symbol_lists_name_every_pair)
{
    rig_open(&venue_bitfinex, false);
    rig_play("BITFINEX.symbols");
    CHECK_EQ_U64(rig.listings, 328);
}

TEST(hand_made_sample)
{
    rig_open(&venue_bitfinex, false);
    rig_add("BTC-USD", "tBTCUSD", 2, 8);
    rig_add("AVAX-USD", "tAVAX:USD", 2, 8);
    rig_sample("bitfinex");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate("[7,[[101.4,1,2.5],[101.5,3,-0.2]],18]");
    rig_truncate("[7,[101.5,0,-1],19]");
    rig_truncate("[8,\"te\",[71,1767323045678,-0.04,101.4],22]");
    rig_truncate("[9,[101.4,1,101.5,2,-0.5,-0.005,101.4,12.5,102,99.5],10]");
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble("[7,[[101.4,1,2.5],[101.5,3,-0.2]],18]", 3000);
    rig_garble("[7,[101.5,0,-1],19]", 3000);
    rig_garble("[7,[1e-2,12,-0.00000043],19]", 3000);
    rig_garble("[8,\"te\",[71,1767323045678,-0.04,101.4],22]", 3000);
}

TEST(a_time_behind_the_number_is_the_events)
{
    open_btc();
    CHECK_EQ_STR(rig_rows("[7,[101.4,1,2.5],18,1767323045678]"),
                 "delta BTC-USD ns=1767323045678000000 flags=0 seq=0..0 bid 101.4 2.5\n");
    CHECK(rig.sink.has_conn_seq && rig.sink.conn_seq == 18);
    CHECK_EQ_STR(rig_rows("[7,\"hb\",19,1767323045679]"), "ignored");
    CHECK(rig.sink.has_conn_seq && rig.sink.conn_seq == 19);
    CHECK_EQ_STR(rig_rows("{\"event\":\"info\",\"code\":20051}"), "ignored");
    CHECK(!rig.sink.has_conn_seq);
}

static void says(bool leaving, const char *text)
{
    CHECK_EQ_STR(rig_rows(text), "ignored");
    CHECK_EQ_I64(rig.sink.leaving, leaving);
}

TEST(two_notices_ask_for_a_new_connection)
{
    open_btc();
    says(true, "{\"event\":\"info\",\"code\":20051,\"msg\":\"Stop/Restart Websocket Server\"}");
    says(false, "{\"event\":\"info\",\"code\":20060,\"msg\":\"Entering in Maintenance mode\"}");
    says(true, "{\"event\":\"info\",\"code\":20061,\"msg\":\"Maintenance ended\"}");
    says(false, "{\"event\":\"info\",\"version\":2,\"platform\":{\"status\":1}}");
}

TEST(what_is_no_level_is_malformed)
{
    static const char *const bad[] = {"[7,[101.4,1],18]",
                                      "[7,[101.4,0,2],18]",
                                      "[7,[101.4,0,0],18]",
                                      "[7,[\"x\",1,1],18]",
                                      "[7,[1,1,\"--1\"],18]",
                                      "[7,[[1,1,1],2],18]",
                                      "[7,\"te\",[1,2,3,4],1]",
                                      "[7,\"cs\",\"x\",1]",
                                      "[7,\"cs\",99999999999,1]",
                                      "[12,[1,1,1],18]",
                                      "[0,[1,1,1],18]",
                                      "[\"7\"]",
                                      "[]",
                                      "[7]",
                                      "[8,\"cs\",1,1]",
                                      "[9,[1,2,3],10]",
                                      "[7,null,18]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
}

TEST(more_channels_than_a_connection_has_are_refused)
{
    char text[200];
    open_btc();
    for (int id = 10; id < 37; id++) {
        snprintf(text, sizeof text,
                 "{\"event\":\"subscribed\",\"channel\":\"book\",\"chanId\":%d,\"symbol\":\"tA\"}",
                 id);
        CHECK_EQ_STR(rig_rows(text), "ignored");
    }
    CHECK_EQ_STR(rig_rows(OPENED("book", "40")), "malformed");
    CHECK_EQ_STR(rig_rows(OPENED("book", "7")), "ignored");
    CHECK_EQ_STR(rig_rows(OPENED("candles", "7")), "malformed");
}

TEST(texts_for_the_wire)
{
    char text[1024], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    static const char *const want[] = {
        "{\"event\":\"conf\",\"flags\":65536}",
        ("{\"event\":\"subscribe\",\"channel\":\"book\",\"prec\":\"P0\",\"freq\":\"F0\","
         "\"len\":\"250\",\"symbol\":\"tBTCUSD\"}"),
        "{\"event\":\"subscribe\",\"channel\":\"trades\",\"symbol\":\"tBTCUSD\"}",
        "{\"event\":\"subscribe\",\"channel\":\"ticker\",\"symbol\":\"tBTCUSD\"}"};
    for (unsigned n = 0; n < 4; n++) {
        CHECK_EQ_U64(venue_bitfinex.subscribe(&sub, n, text, sizeof text), strlen(want[n]));
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_bitfinex.subscribe(&sub, 4, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "tA%02u:USD", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_bitfinex.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 1 + 60 * 3);
    CHECK_EQ_U64(venue_shard_symbols(&venue_bitfinex, 7), 8);
    sub.channels = 0;
    CHECK_EQ_U64(venue_bitfinex.subscribe(&sub, 0, text, sizeof text), 0);
    venue_bitfinex.list_url("https://x.test", NULL, 1, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v2/conf/pub:list:pair:futures");
    CHECK_EQ_U64(venue_bitfinex.list_url("https://x.test", NULL, 2, text, sizeof text), 0);
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {
        {"BTC-USD", "tBTCUSD"},          {"AVAX-USD", "tAVAX:USD"},
        {"BTC-USDT", "tBTCUST"},         {"BTC-USDT-PERP", "tBTCF0:USTF0"},
        {"BTC-CNHT", "tBTC:CNHT"},       {"TESTBTC-TESTUSD", "tTESTBTC:TESTUSD"},
        {"DOT-BTC-PERP", "tDOTF0:BTCF0"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_bitfinex.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_bitfinex.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_bitfinex.spell("TBTCUSD", text), 0);
    CHECK_EQ_STR(text, "tBTCUSD");
    CHECK_EQ_I64(venue_bitfinex.spell("BTCUSD", text), 0);
    CHECK_EQ_STR(text, "tBTCUSD");
    CHECK_EQ_I64(venue_bitfinex.spell("BTC-USD-20261225", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_bitfinex.spell("BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_bitfinex.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
