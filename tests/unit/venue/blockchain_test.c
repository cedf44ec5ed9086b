#include "venue/rig.h"

extern const struct venue venue_blockchain;

#define BOOK                                                                                       \
    "{\"seqnum\":3,\"event\":\"updated\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\",\"bids\":[{"    \
    "\"num\":2,\"px\":101.4,\"qty\":8.5E-5}],\"asks\":[{\"num\":0,\"px\":101.5,\"qty\":0.0}],"     \
    "\"timestamp\":\"2026-01-02T03:04:05.700000Z\"}"
#define TRADE                                                                                      \
    "{\"seqnum\":4,\"event\":\"updated\",\"channel\":\"trades\",\"symbol\":\"BTC-USD\","           \
    "\"timestamp\":\"2026-01-02T03:04:05.710000Z\",\"side\":\"sell\",\"qty\":8.5E-5,\"price\":"    \
    "101.4,\"trade_id\":\"12884909920\"}"

static void open_btc(void)
{
    rig_open(&venue_blockchain, false);
    rig_add("BTC-USD", "BTC-USD", 2, 8);
}

/* Counts of tests/captures/venues/blockchain.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_blockchain, true);
    rig_play("BLOCKCHAIN.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 35);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 274);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 45);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 20);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
}

TEST(every_message_of_the_connection_has_the_next_number)
{
    int64_t last = -1;
    unsigned links = 0;
    rig_open(&venue_blockchain, true);
    struct rig_file file = rig_capture("BLOCKCHAIN.ws.1");
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0 && rig.sink.has_conn_seq);
        CHECK_EQ_I64(rig.sink.conn_seq, last + 1);
        links += last >= 0;
        last = rig.sink.conn_seq;
    }
    CHECK_EQ_U64(links, 64);
    free(file.text);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_blockchain, true);
    rig_compare("BLOCKCHAIN.ws.1", NULL);
}

TEST(the_symbol_list_names_every_pair)
{
    rig_open(&venue_blockchain, false);
    rig_play("BLOCKCHAIN.symbols");
    CHECK_EQ_U64(rig.listings, 78);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_U64(listing->raw.bytes, 8);
    CHECK_EQ_MEM(listing->raw.at, "DAI-USDT", 8);
    CHECK_EQ_MEM(listing->price_step.at, "0.0001", 7);
    CHECK_EQ_MEM(listing->size_step.at, "0.01", 5);
    rig.listings++;
}

TEST(an_old_and_a_new_list_say_the_same)
{
    static const char *const lists[] = {
        "https://x.test/mercury-gateway/v1/instruments\t[{\"symbol\":\"DAI-USDT\","
        "\"min_price_increment\":10000,\"min_price_increment_scale\":8,\"lot_size\":1,"
        "\"lot_size_scale\":2}]",
        "https://x.test/v3/exchange/symbols\t{\"DAI-USDT\":{\"min_price_increment\":1,"
        "\"min_price_increment_scale\":4,\"lot_size\":10,\"lot_size_scale\":3}}"};
    open_btc();
    rig.ctx.listing = check_listing;
    for (int i = 0; i < 2; i++)
        CHECK_EQ_I64(rig_parse_http(lists[i], strlen(lists[i])), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("blockchain");
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 4000);
    rig_garble(TRADE, 1000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\",\"bids\":[]"
        "}",
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\",\"bids\":[{"
        "\"px\":1}],\"asks\":[]}",
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"l2\",\"bids\":[],\"asks\":[]}",
        "{\"event\":\"updated\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\",\"bids\":[],\"asks\":[]}",
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"trades\",\"symbol\":\"BTC-USD\"}",
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"ticker\",\"symbol\":\"BTC-USD\"}",
        "{\"seqnum\":1,\"event\":\"updated\",\"channel\":\"rumour\",\"symbol\":\"BTC-USD\"}",
        "{}",
        "[]"};
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
    static const char *const want[] = {
        "{\"action\":\"subscribe\",\"channel\":\"heartbeat\"}",
        "{\"action\":\"subscribe\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\"}",
        "{\"action\":\"subscribe\",\"channel\":\"trades\",\"symbol\":\"BTC-USD\"}",
        "{\"action\":\"subscribe\",\"channel\":\"ticker\",\"symbol\":\"BTC-USD\"}"};
    for (unsigned n = 0; n < 4; n++) {
        CHECK_EQ_U64(venue_blockchain.subscribe(&sub, n, text, sizeof text), strlen(want[n]));
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_blockchain.subscribe(&sub, 4, text, sizeof text), 0);
    venue_blockchain.unsubscribe(&sub, 2, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"action\":\"unsubscribe\",\"channel\":\"ticker\",\"symbol\":\"BTC-USD\"}");
    venue_blockchain.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"action\":\"unsubscribe\",\"channel\":\"l2\",\"symbol\":\"BTC-USD\"}");
    venue_blockchain.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, want[1]);
    CHECK_EQ_U64(venue_blockchain.resubscribe(btc, 2, text, sizeof text), 0);
    for (unsigned i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "A%02u-USD", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_blockchain.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 1 + 60 * 3);
    venue_blockchain.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v3/exchange/symbols");
    CHECK_EQ_STR(venue_blockchain.headers, "Origin: https://exchange.blockchain.com\r\n");
}

TEST(symbols_are_spelled_as_they_are)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_blockchain.spell("BTC-USD", text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_blockchain.unify("BTC-USD", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USD");
    CHECK_EQ_I64(venue_blockchain.spell("BTCUSD", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_blockchain.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
