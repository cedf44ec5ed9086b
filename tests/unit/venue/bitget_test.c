#include "venue/rig.h"

extern const struct venue venue_bitget, venue_bitget_futures;

#define V3_BOOK                                                                                    \
    "{\"action\":\"update\",\"arg\":{\"instType\":\"spot\",\"topic\":\"books\",\"symbol\":"        \
    "\"BTCUSDT\"},\"data\":[{\"a\":[[\"101.50\",\"0\"]],\"b\":[],\"checksum\":0,\"seq\":15,"       \
    "\"pseq\":12,\"ts\":\"1767323045200\"}],\"ts\":1767323045201}"
#define V1_BOOK                                                                                    \
    "{\"action\":\"update\",\"arg\":{\"instType\":\"sp\",\"channel\":\"books\",\"instId\":"        \
    "\"BTCUSDT\"},\"data\":[{\"asks\":[[\"101.60\",\"2.00\"]],\"bids\":[[\"101.40\",\"0\"]],"      \
    "\"checksum\":-1816604544,\"ts\":\"1767323045300\"}]}"
#define TRADE                                                                                      \
    "{\"action\":\"update\",\"arg\":{\"instType\":\"spot\",\"topic\":\"publicTrade\",\"symbol\":"  \
    "\"BTCUSDT\"},\"data\":[{\"i\":\"1112\",\"p\":\"101.5\",\"v\":\"0.04\",\"S\":\"buy\","         \
    "\"T\":\"1767323045400\"}],\"ts\":1767323045401}"
#define TICKER                                                                                     \
    "{\"action\":\"snapshot\",\"arg\":{\"instType\":\"spot\",\"topic\":\"ticker\",\"symbol\":"     \
    "\"BTCUSDT\"},\"data\":[{\"lastPrice\":\"101.5\",\"bid1Price\":\"101.3\"}],"                   \
    "\"ts\":1767323045600}"

static void open_btc(void)
{
    rig_open(&venue_bitget, false);
    rig_add("BTC-USDT", "BTCUSDT", 2, 8);
}

static uint64_t checksums;

/* Counts of tests/captures/venues/bitget.py; that the sums hold is seen where the books are kept. */
TEST(the_spot_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bitget, true);
    rig_play("BITGET.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 8);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 270);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 20109);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 419);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 86);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 8 + 270 + 86 + 19 + 8);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 32 + 25 + 8);
}

TEST(the_futures_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bitget_futures, true);
    rig_play("BITGET.ws.2");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 2);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 125);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 22473);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 117);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 142);
    CHECK_EQ_STR(instruments_peek(rig.ctx.instruments, 0)->symbol, "DASH-USDT-PERP");
}

TEST(each_recorded_book_event_carries_its_checksum)
{
    rig_open(&venue_bitget, true);
    struct rig_file file = rig_capture("BITGET.ws.1");
    checksums = 0;
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        for (uint32_t i = 0; i < rig.sink.event_count; i++)
            checksums += (rig.sink.event[i].flags & TD_EVF_HAS_CHECKSUM) != 0;
    }
    free(file.text);
    CHECK_EQ_U64(checksums, 278);
}

TEST(the_captures_read_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_bitget, true);
    rig_compare("BITGET.ws.1", NULL);
    rig_open(&venue_bitget_futures, true);
    rig_compare("BITGET.ws.2", NULL);
}

TEST(each_source_takes_its_own_list)
{
    rig_open(&venue_bitget, false);
    rig_play("BITGET.symbols");
    CHECK_EQ_U64(rig.listings, 245);
    rig_open(&venue_bitget_futures, false);
    rig_play("BITGET.symbols");
    CHECK_EQ_U64(rig.listings, 51);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "BTCUSDT", 7);
    CHECK_EQ_U64(listing->raw.bytes, 7);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 4);
    CHECK_EQ_MEM(listing->price_step.at, "0.5", 3);
    CHECK_EQ_MEM(listing->size_step.at, "0.001", 5);
    CHECK_EQ_I64(listing->kind, INSTRUMENT_PERP);
}

TEST(listings_carry_steps_and_volumes)
{
    static const char list[] =
        "https://x.test/api/v2/mix/market/"
        "contracts?productType=USDT-FUTURES\t{\"data\":[{\"symbol\":"
        "\"BTCUSDT\",\"baseCoin\":\"BTC\",\"quoteCoin\":\"USDT\",\"pricePlace\":\"1\","
        "\"priceEndStep\":\"5\",\"volumePlace\":\"3\",\"symbolType\":\"perpetual\"},{\"symbol\":"
        "\"BTCUSDT\",\"quoteCoin\":\"USDT\",\"symbolType\":\"delivery\"}]}";
    static const char volumes[] =
        "https://x.test/api/v2/mix/market/tickers?productType=USDT-FUTURES\t{\"data\":[{\"symbol\":"
        "\"BTCUSDT\",\"quoteVolume\":\"12.5\"}]}";
    rig_open(&venue_bitget_futures, false);
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 2);
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 2), TD_BUCKET_MALFORMED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("bitget");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(V3_BOOK);
    rig_truncate(V1_BOOK);
    rig_truncate(TRADE);
    rig_truncate(TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(V3_BOOK, 3000);
    rig_garble(V1_BOOK, 3000);
    rig_garble(TRADE, 1000);
    rig_garble(TICKER, 1000);
}

#define BAD(action, topic, data)                                                                   \
    "{\"action\":\"" action "\",\"arg\":{\"topic\":\"" topic "\",\"symbol\":\"BTCUSDT\"},"         \
    "\"data\":" data "}"

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        BAD("update", "books", "[{\"a\":[]}]"),
        BAD("update", "books", "[{\"a\":[],\"b\":[[\"1\"]]}]"),
        BAD("update", "books", "[{\"a\":[],\"b\":[],\"pseq\":1}]"),
        BAD("update", "books", "[{\"a\":[],\"b\":[],\"checksum\":\"x\"}]"),
        BAD("update", "books", "[{\"a\":[],\"b\":[],\"checksum\":99999999999}]"),
        BAD("erase", "books", "[{\"a\":[],\"b\":[]}]"),
        BAD("update", "publicTrade", "[[\"1\"]]"),
        BAD("update", "publicTrade", "[{\"p\":\"1\"}]"),
        BAD("update", "ticker", "[{}]"),
        BAD("update", "ticker", "{}"),
        "{\"event\":\"weather\",\"arg\":{}}",
        "{\"arg\":{\"topic\":\"books\"}}",
        "ping",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_go_both_ways)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_bitget.unify("BTCUSDT", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
    CHECK_EQ_I64(venue_bitget.spell("BTC-USDT", text), 0);
    CHECK_EQ_STR(text, "BTCUSDT");
    CHECK_EQ_I64(venue_bitget_futures.unify("BTCUSDT", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT-PERP");
    CHECK_EQ_I64(venue_bitget_futures.spell("BTC-USDT-PERP", text), 0);
    CHECK_EQ_STR(text, "BTCUSDT");
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc();
    rig_add("ETH-BTC", "ETHBTC", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_bitget.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":["
                       "{\"instType\":\"spot\",\"topic\":\"books\",\"symbol\":\"BTCUSDT\"},"
                       "{\"instType\":\"spot\",\"topic\":\"publicTrade\",\"symbol\":\"BTCUSDT\"},"
                       "{\"instType\":\"spot\",\"topic\":\"ticker\",\"symbol\":\"BTCUSDT\"},"
                       "{\"instType\":\"spot\",\"topic\":\"books\",\"symbol\":\"ETHBTC\"},"
                       "{\"instType\":\"spot\",\"topic\":\"publicTrade\",\"symbol\":\"ETHBTC\"},"
                       "{\"instType\":\"spot\",\"topic\":\"ticker\",\"symbol\":\"ETHBTC\"}]}");
    sub.channels = 1u << TD_CHANNEL_BOOK;
    venue_bitget_futures.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"op\":\"unsubscribe\",\"args\":["
                 "{\"instType\":\"usdt-futures\",\"topic\":\"books\",\"symbol\":\"BTCUSDT\"},"
                 "{\"instType\":\"usdt-futures\",\"topic\":\"books\",\"symbol\":\"ETHBTC\"}]}");
    CHECK_EQ_U64(venue_bitget.subscribe(&sub, 1, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_bitget.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"op\":\"unsubscribe\",\"args\":[{\"instType\":\"spot\",\"topic\":\"books\","
                 "\"symbol\":\"BTCUSDT\"}]}");
    venue_bitget_futures.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":[{\"instType\":\"usdt-futures\","
                       "\"topic\":\"books\",\"symbol\":\"BTCUSDT\"}]}");
    CHECK_EQ_U64(venue_bitget.resubscribe(btc, 2, text, sizeof text), 0);
    venue_bitget.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/spot/public/symbols");
    venue_bitget_futures.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/mix/market/contracts?productType=USDT-FUTURES");
    venue_bitget.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/spot/market/tickers");
}

TEST(sixty_symbols_go_in_six_messages)
{
    char text[2400], name[32];
    rig_open(&venue_bitget, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02dUSDT", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0;
    while (venue_bitget.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 6);
}
