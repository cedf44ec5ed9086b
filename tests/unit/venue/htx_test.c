#include "venue/rig.h"

extern const struct venue venue_htx;

#define MBP                                                                                        \
    "{\"ch\":\"market.btcusdt.mbp.400\",\"ts\":1767323045100,\"tick\":{\"seqNum\":13,"             \
    "\"prevSeqNum\":12,\"bids\":[[101.4,2.0]],\"asks\":[[101.5,0.0]]}}"
#define ONE_SIDE                                                                                   \
    "{\"ch\":\"market.btcusdt.mbp.400\",\"ts\":1767323045200,\"tick\":{\"seqNum\":15,"             \
    "\"prevSeqNum\":13,\"asks\":[[1.016E2,1]]}}"
#define DEPTH                                                                                      \
    "{\"ch\":\"market.btcusdt.depth.step0\",\"ts\":1767323045300,\"tick\":{\"bids\":[[101.4,2.0]]" \
    ","                                                                                            \
    "\"asks\":[[101.6,1.0]],\"version\":100182534697,\"ts\":1767323045290}}"
#define TRADES                                                                                     \
    "{\"ch\":\"market.btcusdt.trade.detail\",\"ts\":1767323045400,\"tick\":{\"id\":1,\"data\":[{"  \
    "\"id\":100182534526255757567432481,\"ts\":1767323045390,\"tradeId\":7,\"amount\":0.04,"       \
    "\"price\":1.015E2,\"direction\":\"sell\"}]}}"
#define BASE                                                                                       \
    "{\"id\":\"base\",\"rep\":\"market.btcusdt.mbp.400\",\"status\":\"ok\",\"data\":{"             \
    "\"seqNum\":12,\"bids\":[[101.4,1.5]],\"asks\":[]}}"

static void open_btc(void)
{
    rig_open(&venue_htx, false);
    rig_add("BTC-USDT", "btcusdt", 2, 8);
}

/* Counts of tests/captures/venues/htx.py, which leaves two books out: they hold sizes like 5993289.85 beside ones with
   13 decimals, more than 64 bits of steps. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_htx, true);
    rig_play("HUOBI.ws.44");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 162);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 32607);
    CHECK_EQ_U64(rig.overflows, 183 - 162);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 53);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 162 + 34);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 20 + 4);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_htx, true);
    rig_compare("HUOBI.ws.44", NULL);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_htx, false);
    rig_play("HUOBI.symbols");
    CHECK_EQ_U64(rig.listings, 938);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "btcusdt", 7);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_MEM(listing->base.at, "BTC", 4);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 5);
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "0.000001", 8);
    CHECK_EQ_MEM(listing->status.at, "online", 6);
}

TEST(listings_carry_steps_and_volumes)
{
    static const char list[] =
        "https://x.test/v1/common/symbols\t{\"status\":\"ok\",\"data\":[{\"base-currency\":\"btc\","
        "\"quote-currency\":\"usdt\",\"price-precision\":2,\"amount-precision\":6,\"symbol\":"
        "\"btcusdt\",\"state\":\"online\"}]}";
    static const char volumes[] =
        "https://x.test/market/tickers\t{\"status\":\"ok\",\"data\":[{\"symbol\":\"btcusdt\","
        "\"amount\":1,\"vol\":12.5}]}";
    static const char other[] = "https://x.test/v1/common/timestamp\t{}";
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
    rig_sample("htx");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(MBP);
    rig_truncate(ONE_SIDE);
    rig_truncate(DEPTH);
    rig_truncate(TRADES);
    rig_truncate(BASE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(MBP, 3000);
    rig_garble(ONE_SIDE, 3000);
    rig_garble(DEPTH, 3000);
    rig_garble(TRADES, 1000);
    rig_garble(BASE, 1000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"ch\":\"market.btcusdt.mbp.400\",\"tick\":{\"seqNum\":13,\"bids\":[]}}",
        "{\"ch\":\"market.btcusdt.mbp.400\",\"tick\":{\"seqNum\":13,\"prevSeqNum\":12}}",
        "{\"ch\":\"market.btcusdt.depth.step0\",\"tick\":{\"bids\":[[1]],\"asks\":[]}}",
        "{\"ch\":\"market.btcusdt.trade.detail\",\"tick\":{\"data\":[{\"price\":1,\"amount\":1}]}}",
        "{\"ch\":\"market.btcusdt.trade.detail\",\"tick\":{}}",
        "{\"ch\":\"market.btcusdt.bbo\",\"tick\":{}}",
        "{\"ch\":\"btcusdt\"}",
        "{\"rep\":\"market.btcusdt.mbp.400\",\"data\":{\"bids\":[],\"asks\":[]}}",
        "{\"pong\":1}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(a_frame_that_is_no_gzip_is_malformed)
{
    open_btc();
    rig.frame = (struct td_frame){.recv_ns = RIG_FRAME_RECV_S * TD_NS_PER_S,
                                  .payload = MBP,
                                  .bytes = sizeof MBP - 1,
                                  .kind = TD_FRAME_WS_BINARY};
    CHECK_EQ_I64(rig_parse_frame(), TD_BUCKET_MALFORMED);
}

TEST(the_venue_asks_and_is_answered)
{
    static const char ping[] = "{\"ping\":1767323045600}";
    char text[64];
    CHECK_EQ_U64(venue_htx.answer((struct td_text){ping, sizeof ping - 1}, text, sizeof text), 22);
    CHECK_EQ_STR(text, "{\"pong\":1767323045600}");
    for (uint32_t bytes = 0; bytes < sizeof ping - 1; bytes++)
        CHECK_EQ_U64(venue_htx.answer((struct td_text){ping, bytes}, text, sizeof text), 0);
    CHECK_EQ_U64(venue_htx.answer((struct td_text){MBP, sizeof MBP - 1}, text, sizeof text), 0);
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {{"btcusdt", "BTC-USDT"}, {"trioeth", "TRIO-ETH"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_htx.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_htx.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_htx.spell("BTCUSDT", text), 0);
    CHECK_EQ_STR(text, "btcusdt");
}

TEST(texts_for_the_wire)
{
    char text[256];
    open_btc();
    rig_add("ETH-BTC", "ethbtc", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments,
                                     .channels = 1u << TD_CHANNEL_BOOK};
    venue_htx.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"sub\":\"market.btcusdt.mbp.400\",\"id\":\"1\"}");
    venue_htx.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"unsub\":\"market.ethbtc.mbp.400\",\"id\":\"2\"}");
    CHECK_EQ_U64(venue_htx.subscribe(&sub, 2, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_TRADES | 1u << TD_CHANNEL_TICKER;
    venue_htx.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"sub\":\"market.btcusdt.trade.detail\",\"id\":\"1\"}");
    venue_htx.subscribe(&sub, 3, text, sizeof text);
    CHECK_EQ_STR(text, "{\"sub\":\"market.ethbtc.bbo\",\"id\":\"4\"}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_htx.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"req\":\"market.btcusdt.mbp.400\",\"id\":\"base\"}");
    CHECK_EQ_U64(venue_htx.resubscribe(btc, 1, text, sizeof text), 0);
    venue_htx.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/common/symbols");
    venue_htx.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/market/tickers");
}

TEST(sixty_symbols_go_alone)
{
    char text[256], name[32];
    rig_open(&venue_htx, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "coin%02dusdt", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments,
                                     .channels = 1u << TD_CHANNEL_BOOK};
    unsigned texts = 0;
    while (venue_htx.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 60);
}
