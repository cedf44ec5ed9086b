#include "venue/rig.h"

extern const struct venue venue_crypto_com;

#define HEAD                                                                                       \
    "{\"id\":-1,\"method\":\"subscribe\",\"code\":0,\"result\":{\"instrument_name\":\"BTC_USDT\","
#define UPDATE                                                                                     \
    HEAD "\"subscription\":\"book.BTC_USDT.50\",\"channel\":\"book.update\",\"depth\":50,"         \
         "\"data\":[{\"update\":{\"asks\":[[\"101.5\",\"0\",\"0\"]],\"bids\":[]},"                 \
         "\"t\":1767323045200,\"tt\":1767323045199,\"u\":14,\"pu\":12}]}}"
#define BOOK                                                                                       \
    HEAD "\"subscription\":\"book.BTC_USDT.50\",\"channel\":\"book\",\"depth\":50,"                \
         "\"data\":[{\"asks\":[],\"bids\":[[\"101.4\",\"1.5\",\"2\"]],\"t\":1767323045100,"        \
         "\"tt\":1767323045099,\"u\":12}]}}"
#define OLD_BOOK                                                                                   \
    "{\"code\":0,\"method\":\"subscribe\",\"result\":{\"instrument_name\":\"BTC_USDT\","           \
    "\"subscription\":\"book.BTC_USDT.150\",\"channel\":\"book\",\"depth\":150,\"data\":[{"        \
    "\"bids\":[[101.4,1.500,1]],\"asks\":[[101.6,2E-1,1]],\"t\":1767323045400}]}}"
#define TRADE                                                                                      \
    HEAD "\"subscription\":\"trade.BTC_USDT\",\"channel\":\"trade\",\"data\":[{\"d\":\"7\","       \
         "\"s\":\"SELL\",\"p\":\"101.4\",\"q\":\"0.04\",\"t\":1767323045500}]}}"

#define TICKER                                                                                     \
    HEAD "\"subscription\":\"ticker.BTC_USDT\",\"channel\":\"ticker\",\"data\":[{\"h\":\"104\","   \
         "\"l\":\"100\",\"a\":\"101.5\",\"i\":\"BTC_USDT\",\"v\":\"12.5\",\"vv\":\"1273.75\","     \
         "\"oi\":\"0\",\"c\":\"-0.01\",\"b\":\"101.4\",\"bs\":\"1.5\",\"k\":\"101.6\","            \
         "\"ks\":\"0.2\",\"t\":1767323045600}]}}"

static void open_btc(void)
{
    rig_open(&venue_crypto_com, false);
    rig_add("BTC-USDT", "BTC_USDT", 2, 8);
}

/* Counts of tests/captures/venues/crypto_com.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_crypto_com, true);
    rig_play("CRYPTO.COM.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 1000);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 257061);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 1098);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 993);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 1000 + 100 + 993);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 4 + 1 + 10);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_crypto_com, true);
    rig_compare("CRYPTO.COM.ws.1", NULL);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_crypto_com, false);
    rig_play("CRYPTO.COM.symbols");
    CHECK_EQ_U64(rig.listings, 250);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    static const uint8_t kinds[] = {INSTRUMENT_SPOT, INSTRUMENT_PERP, INSTRUMENT_FUTURE};
    (void)ctx;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        rig.listings++;
        return;
    }
    CHECK(rig.listings < 3);
    CHECK_EQ_I64(listing->kind, kinds[rig.listings]);
    CHECK_EQ_I64(listing->expiry_ns, rig.listings == 2 ? INT64_C(1798185600000000000) : 0);
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "0.0001", 6);
    CHECK(rig.listings == 0 ? listing->contract_size.at == NULL
                            : *listing->contract_size.at == '1');
    rig.listings++;
}

#define ENTRY(symbol, type, more)                                                                  \
    "{\"symbol\":\"" symbol "\",\"inst_type\":\"" type "\",\"base_ccy\":\"BTC\",\"quote_ccy\":"    \
    "\"USD\",\"price_tick_size\":\"0.01\",\"qty_tick_size\":\"0.0001\",\"tradable\":true,"         \
    "\"contract_size\":\"1\"" more "}"

TEST(listings_carry_kinds_steps_and_volumes)
{
    static const char list[] =
        "https://x.test/exchange/v1/public/get-instruments\t{\"result\":{\"data\":[" ENTRY(
            "BTC_USD", "CCY_PAIR", "") "," ENTRY("BTCUSD-PERP", "PERPETUAL_SWAP",
                                                 "") "," ENTRY("BTCUSD-261225", "FUTURE",
                                                               ",\"expiry_timestamp_ms\":"
                                                               "1798185600000") "," ENTRY("BTCUSD-"
                                                                                          "INDEX",
                                                                                          "INDEX",
                                                                                          "") "]}}";
    static const char volumes[] =
        "https://x.test/exchange/v1/public/get-tickers\t{\"result\":{\"data\":[{\"i\":\"BTC_USD\","
        "\"v\":\"1\",\"vv\":\"12.5\"}]}}";
    static const char other[] = "https://x.test/exchange/v1/public/get-trades\t{}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 4);
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("crypto_com");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(UPDATE);
    rig_truncate(BOOK);
    rig_truncate(OLD_BOOK);
    rig_truncate(TRADE);
    rig_truncate(TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(UPDATE, 3000);
    rig_garble(BOOK, 3000);
    rig_garble(OLD_BOOK, 3000);
    rig_garble(TRADE, 1000);
    rig_garble(TICKER, 5000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        HEAD "\"channel\":\"book\",\"data\":[{\"asks\":[]}]}}",
        HEAD
        "\"channel\":\"book.update\",\"data\":[{\"update\":{\"asks\":[],\"bids\":[]},\"u\":1}]}}",
        HEAD "\"channel\":\"book.update\",\"data\":[{\"asks\":[],\"bids\":[],\"u\":1,\"pu\":0}]}}",
        HEAD "\"channel\":\"trade\",\"data\":[{\"p\":\"1\",\"q\":\"1\"}]}}",
        HEAD "\"channel\":\"ticker\",\"data\":[{\"b\":\"1\"}]}}",
        HEAD "\"channel\":\"ticker\",\"data\":{}}}",
        "{\"method\":\"subscribe\",\"result\":{\"channel\":\"book\",\"data\":[]}}",
        "{\"method\":\"public/weather\"}",
        "{\"id\":1}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

static size_t answer(const char *message, char *text, size_t cap)
{
    return venue_crypto_com.answer((struct td_text){message, (uint32_t)strlen(message)}, text, cap);
}

TEST(the_venue_asks_and_is_answered)
{
    static const char question[] =
        "{\"id\":1767323045700,\"method\":\"public/heartbeat\",\"code\":0}";
    char text[128];
    CHECK(answer(question, text, sizeof text) > 0);
    CHECK_EQ_STR(text, "{\"id\":1767323045700,\"method\":\"public/respond-heartbeat\"}");
    CHECK(answer("{\"method\":\"public/heartbeat\",\"id\": 5}", text, sizeof text) > 0);
    CHECK_EQ_STR(text, "{\"id\":5,\"method\":\"public/respond-heartbeat\"}");
    CHECK_EQ_U64(answer("{\"method\":\"public/heartbeat\"}", text, sizeof text), 0);
    CHECK_EQ_U64(answer("{\"id\":5,\"method\":\"subscribe\"}", text, sizeof text), 0);
    CHECK_EQ_U64(answer(question, text, 20), 0);
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {{"BTC_USDT", "BTC-USDT"},
                                           {"BTCUSD-PERP", "BTC-USD-PERP"},
                                           {"BTCUSD-261225", "BTC-USD-20261225"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_crypto_com.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_crypto_com.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_crypto_com.spell("BTC_USDT", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
    CHECK_EQ_I64(venue_crypto_com.spell("BTCUSD-PERP", text), 0);
    CHECK_EQ_STR(text, "BTCUSD-PERP");
    CHECK(venue_crypto_com.unify("", 0, text) < 0);
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc();
    rig_add("BTC-USD-PERP", "BTCUSD-PERP", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_crypto_com.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(
        text, "{\"id\":1,\"method\":\"subscribe\",\"params\":{\"channels\":[\"book.BTC_USDT.50\","
              "\"trade.BTC_USDT\",\"ticker.BTC_USDT\",\"book.BTCUSD-PERP.50\","
              "\"trade.BTCUSD-PERP\",\"ticker.BTCUSD-PERP\"],\"book_subscription_type\":"
              "\"SNAPSHOT_AND_UPDATE\",\"book_update_frequency\":10}}");
    sub.channels = 1u << TD_CHANNEL_TICKER;
    venue_crypto_com.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":1,\"method\":\"unsubscribe\",\"params\":{\"channels\":["
                       "\"ticker.BTC_USDT\",\"ticker.BTCUSD-PERP\"]}}");
    CHECK_EQ_U64(venue_crypto_com.subscribe(&sub, 1, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_crypto_com.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":1,\"method\":\"unsubscribe\",\"params\":{\"channels\":["
                       "\"book.BTC_USDT.50\"]}}");
    venue_crypto_com.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channels\":["
                       "\"book.BTC_USDT.50\"],\"book_subscription_type\":\"SNAPSHOT_AND_UPDATE\","
                       "\"book_update_frequency\":10}}");
    CHECK_EQ_U64(venue_crypto_com.resubscribe(btc, 2, text, sizeof text), 0);
    venue_crypto_com.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/exchange/v1/public/get-instruments");
    venue_crypto_com.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/exchange/v1/public/get-tickers");
}

TEST(sixty_symbols_go_in_six_messages)
{
    char text[2048], name[32];
    rig_open(&venue_crypto_com, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02d_USDT", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0;
    while (venue_crypto_com.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 6);
}
