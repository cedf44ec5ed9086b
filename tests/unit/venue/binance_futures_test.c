#include "venue/rig.h"

extern const struct venue venue_binance_usdm, venue_binance_coinm;

#define DEPTH                                                                                      \
    "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1767323045110,"     \
    "\"T\":1767323045100,\"s\":\"BTCUSDT\",\"U\":11,\"u\":13,\"pu\":9,\"b\":[[\"101.40\","         \
    "\"2.000\"]],\"a\":[[\"101.50\",\"0.250\"]]}}"
#define AGG_TRADE                                                                                  \
    "{\"e\":\"aggTrade\",\"E\":1767323045301,\"a\":5,\"s\":\"BTCUSDT\",\"p\":\"101.50\",\"q\":"    \
    "\"0.040\",\"f\":7,\"l\":9,\"T\":1767323045300,\"m\":true}"
#define BOOK_TICKER                                                                                \
    "{\"e\":\"bookTicker\",\"u\":23,\"s\":\"BTCUSDT\",\"b\":\"101.40\",\"B\":\"2.000\",\"a\":"     \
    "\"101.50\",\"A\":\"0.210\",\"T\":1767323045400,\"E\":1767323045405}"
#define MARK_PRICE                                                                                 \
    "{\"e\":\"markPriceUpdate\",\"E\":1767323046000,\"s\":\"BTCUSDT\",\"p\":\"101.45\",\"P\":"     \
    "\"101.44\",\"i\":\"101.43\",\"r\":\"0.0001\",\"T\":1767340800000}"
#define FORCED                                                                                     \
    "{\"e\":\"forceOrder\",\"E\":1767323046101,\"o\":{\"s\":\"BTCUSDT\",\"S\":\"SELL\",\"ap\":"    \
    "\"99.50\",\"z\":\"0.013\",\"T\":1767323046100}}"

static void open_btc(void)
{
    rig_open(&venue_binance_usdm, false);
    rig_add("BTC-USDT-PERP", "BTCUSDT", 2, 3);
}

/* Counts of tests/captures/venues/binance_usdm.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_binance_usdm, true);
    rig_play("BINANCE_FUTURES.http.0");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 4);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 5613);
    rig_play("BINANCE_FUTURES.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 493);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 4308);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 64);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 421);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 4 + 978);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 45); /* candles */
    rig_play("BINANCE_FUTURES.symbols");
    CHECK_EQ_U64(rig.listings, 122);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_binance_usdm, true);
    rig_compare("BINANCE_FUTURES.ws.1", NULL);
    rig_compare("BINANCE_FUTURES.http.0", NULL);
}

TEST(each_update_of_the_capture_names_its_predecessor)
{
    int64_t last[RIG_INSTRUMENTS] = {0};
    unsigned links = 0;
    rig_open(&venue_binance_usdm, true);
    struct rig_file file = rig_capture("BINANCE_FUTURES.ws.1");
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        for (uint32_t i = 0; i < rig.sink.event_count; i++) {
            const struct td_event *event = &rig.sink.event[i];
            if (event->kind != TD_EVENT_DELTA)
                continue;
            if (last[event->instrument]) {
                CHECK_EQ_I64(event->seq_prev, last[event->instrument]);
                links++;
            }
            last[event->instrument] = event->seq_last;
        }
    }
    free(file.text);
    CHECK_EQ_U64(links, 489);
}

TEST(hand_made_samples)
{
    open_btc();
    rig_add("BTC-USDT-20261225", "BTCUSDT_261225", 1, 3);
    rig_sample("binance_usdm");
    rig_open(&venue_binance_coinm, false);
    rig_add("BTC-USD-PERP", "BTCUSD_PERP", 1, 0);
    rig_sample("binance_coinm");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {DEPTH, AGG_TRADE, BOOK_TICKER, MARK_PRICE, FORCED};
    open_btc();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_EQ_I64(rig_parse(texts[i]), TD_BUCKET_OK);
        rig_truncate(texts[i]);
        rig_garble(texts[i], 2000);
    }
}

static char listed[512];

static void note_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    struct td_str out = td_str_on(listed, sizeof listed);
    const struct td_text texts[] = {listing->raw,           listing->base,
                                    listing->quote,         listing->status,
                                    listing->price_step,    listing->size_step,
                                    listing->contract_size, listing->contract_currency};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_format(&out, "%d %" PRId64, listing->kind, listing->expiry_ns);
}

TEST(listings_say_what_a_contract_is)
{
    static const char coinm[] =
        "https://x.test/dapi/v1/exchangeInfo\t{\"symbols\":[{\"symbol\":\"BTCUSD_261225\",\"pair\":"
        "\"BTCUSD\",\"contractType\":\"CURRENT_QUARTER\",\"deliveryDate\":1798185600000,"
        "\"contractStatus\":\"TRADING\",\"contractSize\":100,\"baseAsset\":\"BTC\",\"quoteAsset\":"
        "\"USD\",\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"tickSize\":\"0.1\"},"
        "{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"1\"}]}]}";
    static const char usdm[] =
        "https://x.test/fapi/v1/"
        "exchangeInfo\t{\"symbols\":[{\"symbol\":\"BTCUSDT\",\"contractType\":"
        "\"PERPETUAL\",\"deliveryDate\":4133404800000,\"status\":\"TRADING\",\"baseAsset\":\"BTC\","
        "\"quoteAsset\":\"USDT\",\"filters\":[]}]}";
    open_btc();
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(coinm, sizeof coinm - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "BTCUSD_261225 BTC USD TRADING 0.1 1 100 USD 2 1798185600000000000");
    CHECK_EQ_I64(rig_parse_http(usdm, sizeof usdm - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "BTCUSDT BTC USDT TRADING     1 0");
}

static void check_names(const struct venue *venue, const char *const names[][2], size_t count)
{
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ_I64(venue->unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue->spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue->spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
}

TEST(names_go_both_ways)
{
    static const char *const usdm[][2] = {{"BTCUSDT", "BTC-USDT-PERP"},
                                          {"1000SHIBUSDT", "1000SHIB-USDT-PERP"},
                                          {"BTCUSDT_261225", "BTC-USDT-20261225"}};
    static const char *const coinm[][2] = {{"BTCUSD_PERP", "BTC-USD-PERP"},
                                           {"BTCUSD_261225", "BTC-USD-20261225"}};
    char text[TD_SYMBOL_MAX];
    check_names(&venue_binance_usdm, usdm, 3);
    check_names(&venue_binance_coinm, coinm, 2);
    CHECK_EQ_I64(venue_binance_usdm.unify("BTCUSDT_26122", 13, text), 0);
    CHECK_EQ_STR(text, "BTCUSDT-26122");
    CHECK_EQ_I64(venue_binance_usdm.spell("BTC-USDT", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_binance_usdm.spell("BTC-USDT-20261325", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_binance_usdm.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_binance_usdm.unify("AVERYLONGNAMEOFTHIRTYFIVECHARACTERSUSDT", 39, text),
                 TD_E_VENUE_SYMBOL);
}

TEST(usdm_speaks_on_two_connections)
{
    char text[4096];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .channels = 5, .endpoint = 0};
    CHECK_EQ_U64(venue_endpoints(&venue_binance_usdm), 2);
    CHECK_EQ_STR(venue_endpoint_at(&venue_binance_usdm, 1).path, "/market/stream");
    venue_binance_usdm.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@depth@100ms\","
                       "\"btcusdt@bookTicker\"],\"id\":1}");
    sub.channels = 6;
    sub.endpoint = 1;
    venue_binance_usdm.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@aggTrade\","
                       "\"btcusdt@markPrice@1s\",\"btcusdt@forceOrder\"],\"id\":1}");
    CHECK_EQ_U64(venue_binance_usdm.subscribe(&sub, 1, text, sizeof text), 0);
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "T%dUSDT", i);
        rig_add(text, text, 2, 3);
    }
    unsigned messages = 0;
    while (venue_binance_usdm.subscribe(&sub, messages, text, sizeof text) > 0)
        messages++;
    CHECK_EQ_U64(messages, 6);
}

TEST(coinm_speaks_on_one)
{
    char text[1024];
    rig_open(&venue_binance_coinm, false);
    rig_add("BTC-USD-PERP", "BTCUSD_PERP", 1, 0);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    CHECK_EQ_U64(venue_endpoints(&venue_binance_coinm), 1);
    venue_binance_coinm.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(
        text, "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusd_perp@depth@100ms\",\"btcusd_perp@"
              "bookTicker\",\"btcusd_perp@aggTrade\",\"btcusd_perp@markPrice@1s\",\"btcusd_perp@"
              "forceOrder\"],\"id\":1}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_binance_coinm.base_url("https://x.test", btc, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000");
    venue_binance_coinm.trades_url("https://x.test", btc, 7, 9, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/dapi/v1/aggTrades?symbol=BTCUSD_PERP&fromId=7&limit=3");
    venue_binance_coinm.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/dapi/v1/exchangeInfo");
    CHECK_EQ_U64(venue_binance_coinm.list_url("https://x.test", NULL, 1, text, sizeof text), 0);
}
