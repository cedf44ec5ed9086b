#include "venue/rig.h"

extern const struct venue venue_bybit, venue_bybit_linear;

#define BOOK                                                                                       \
    "{\"topic\":\"orderbook.200.BTCUSDT\",\"type\":\"delta\",\"ts\":1767323045205,\"data\":{"      \
    "\"s\":\"BTCUSDT\",\"b\":[[\"101.4\",\"2\"]],\"a\":[[\"101.5\",\"0\"]],\"u\":12,\"seq\":907}," \
    "\"cts\":1767323045200}"
#define SPOT_BOOK                                                                                  \
    "{\"topic\":\"orderbook.200.BTCUSDT\",\"ts\":1767323045205,\"type\":\"snapshot\",\"data\":{"   \
    "\"s\":\"BTCUSDT\",\"b\":[[\"101.4\",\"2\"]],\"a\":[],\"u\":12,\"seq\":907},"                  \
    "\"cts\":1767323045200}"
#define TOP                                                                                        \
    "{\"topic\":\"orderbook.1.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1767323045205,\"data\":{"     \
    "\"s\":\"BTCUSDT\",\"b\":[[\"101.4\",\"2\"]],\"a\":[[\"101.5\",\"1\"]],\"u\":12,\"seq\":907}," \
    "\"cts\":1767323045200}"
#define TRADE                                                                                      \
    "{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1767323045301,\"data\":[{"    \
    "\"T\":1767323045300,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"0.1\",\"p\":\"101.5\",\"L\":"     \
    "\"PlusTick\",\"i\":\"20f43950\",\"BT\":false,\"RPI\":false,\"seq\":17}]}"
#define TICKER                                                                                     \
    "{\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\",\"data\":{\"symbol\":\"BTCUSDT\","          \
    "\"bid1Price\":\"101.4\",\"nextFundingTime\":\"1767340800000\"},\"cs\":2,\"ts\":"              \
    "1767323045500}"

static void open_btc(const struct venue *venue)
{
    rig_open(venue, false);
    rig_add("BTC-USDT", "BTCUSDT", 1, 2);
}

/* Counts of tests/captures/venues/bybit.py and bybit_linear.py. */
TEST(the_captures_give_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_bybit_linear, true);
    rig_play("BYBIT_V5.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 130);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 130);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 4); /* acknowledgements, after data */
    CHECK_EQ_STR(instruments_peek(rig.ctx.instruments, 0)->symbol, "BAND-USDT-PERP");
    rig_open(&venue_bybit, true);
    rig_play("BYBIT_V5.ws.2");
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 90);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 90);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 6);
}

TEST(the_captures_read_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_bybit_linear, true);
    rig_compare("BYBIT_V5.ws.1", NULL);
    rig_open(&venue_bybit, true);
    rig_compare("BYBIT_V5.ws.2", NULL);
}

/* The recorded tops as books of one level: what is re-spelled is the topic alone, and the number still rises by one or repeats. */
static void count_links(const char *name, unsigned *links, unsigned *repeats)
{
    int64_t last[RIG_INSTRUMENTS] = {0};
    struct rig_file file = rig_capture(name);
    while (rig_next(&file)) {
        char text[1024];
        const char *digit = memmem(rig.frame.payload, rig.frame.bytes, "orderbook.1.", 12);
        if (!digit)
            continue;
        size_t before = (size_t)(digit - rig.frame.payload) + 11;
        int bytes = snprintf(text, sizeof text, "%.*s00%.*s", (int)before, rig.frame.payload,
                             (int)(rig.frame.bytes - before), rig.frame.payload + before);
        rig.frame.payload = text;
        rig.frame.bytes = (uint32_t)bytes;
        CHECK_EQ_I64(rig_parse_frame(), TD_BUCKET_OK);
        const struct td_event *event = &rig.sink.event[0];
        CHECK_EQ_I64(event->kind, TD_EVENT_SNAPSHOT);
        if (last[event->instrument]) {
            *links += event->seq_last == last[event->instrument] + 1;
            *repeats += event->seq_last == last[event->instrument];
        }
        last[event->instrument] = event->seq_last;
    }
    free(file.text);
}

TEST(numbers_of_the_captures_rise_by_one)
{
    unsigned links = 0, repeats = 0;
    rig_open(&venue_bybit_linear, true);
    count_links("BYBIT_V5.ws.1", &links, &repeats);
    CHECK_EQ_U64(links, 117);
    CHECK_EQ_U64(repeats, 130 - 4 - 117);
    links = repeats = 0;
    rig_open(&venue_bybit, true);
    count_links("BYBIT_V5.ws.2", &links, &repeats);
    CHECK_EQ_U64(links, 58);
    CHECK_EQ_U64(repeats, 90 - 6 - 58);
}

TEST(hand_made_samples)
{
    open_btc(&venue_bybit);
    rig_sample("bybit");
    rig_open(&venue_bybit_linear, false);
    rig_add("BTC-USDT-PERP", "BTCUSDT", 2, 3);
    rig_sample("bybit_linear");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {BOOK, SPOT_BOOK, TOP, TRADE, TICKER};
    open_btc(&venue_bybit_linear);
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
    const struct td_text texts[] = {listing->raw,    listing->base,       listing->quote,
                                    listing->status, listing->price_step, listing->size_step,
                                    listing->volume};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_format(&out, "%d %" PRId64, listing->kind, listing->expiry_ns);
}

static const char *list_of(const char *url_tab_body)
{
    listed[0] = '\0';
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(url_tab_body, strlen(url_tab_body)), TD_BUCKET_OK);
    return listed;
}

TEST(listings_say_what_each_is)
{
#define LIST(path) "https://x.test/v5/market/" path "\t{\"retCode\":0,\"result\":{\"list\":[{"
    open_btc(&venue_bybit);
    CHECK_EQ_STR(
        list_of(LIST("instruments-info?category=spot") "\"symbol\":\"BTCUSDT\","
                                                       "\"baseCoin\":\"BTC\",\"quoteCoin\":"
                                                       "\"USDT\",\"status\":\"Trading\","
                                                       "\"lotSizeFilter\":{\"basePrecision\":\"0."
                                                       "000001\"},\"priceFilter\":{"
                                                       "\"tickSize\":\"0.01\"}}]}}"),
        "BTCUSDT BTC USDT Trading 0.01 0.000001  0 0");
    CHECK_EQ_STR(
        list_of(
            LIST("instruments-info?category=linear") "\"symbol\":\"BTCUSDT-25DEC26\","
                                                     "\"contractType\":\"LinearFutures\","
                                                     "\"status\":\"Trading\",\"baseCoin\":\"BTC\","
                                                     "\"quoteCoin\":\"USDT\",\"deliveryTime\":"
                                                     "\"1798185600000\",\"priceFilter\":{"
                                                     "\"tickSize\":\"0.5\"},\"lotSizeFilter\":{"
                                                     "\"qtyStep\":\"0.001\"}}]}}"),
        "BTCUSDT-25DEC26 BTC USDT Trading 0.5 0.001  2 1798185600000000000");
    CHECK_EQ_STR(
        list_of(LIST("instruments-info?category=linear") "\"symbol\":\"BTCUSDT\","
                                                         "\"contractType\":\"LinearPerpetual\","
                                                         "\"deliveryTime\":\"0\"}]}}"),
        "BTCUSDT       1 0");
    CHECK_EQ_STR(list_of(LIST("tickers?category=spot") "\"symbol\":\"BTCUSDT\",\"turnover24h\":"
                                                       "\"9.5\"}]}}"),
                 "BTCUSDT      9.5 0 0");
    static const char other[] = "https://x.test/v5/market/time\t{\"result\":{}}";
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(names_of_contracts_go_both_ways)
{
    static const char *const names[][2] = {{"BTCUSDT", "BTC-USDT-PERP"},
                                           {"1000PEPEUSDT", "1000PEPE-USDT-PERP"},
                                           {"BTCPERP", "BTC-USDC-PERP"},
                                           {"BTC-25DEC26", "BTC-USDC-20261225"},
                                           {"BTCUSDT-5JUN26", "BTC-USDT-20260605"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_bybit_linear.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_bybit_linear.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue_bybit_linear.spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_bybit_linear.spell("BTC-USDT", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_bybit_linear.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_bybit_linear.unify("BTC-X", 5, text), 0);
    CHECK_EQ_STR(text, "BTC-X");
    CHECK_EQ_I64(venue_bybit.spell("BTC-USDT", text), 0);
    CHECK_EQ_STR(text, "BTCUSDT");
    CHECK_EQ_I64(venue_bybit.unify("BTCUSDT", 7, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
}

static unsigned texts_of(const struct venue *venue, size_t bytes_max)
{
    char text[16 << 10];
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned count = 0;
    size_t bytes;
    while ((bytes = venue->subscribe(&sub, count, text, sizeof text)) > 0) {
        CHECK(bytes <= bytes_max);
        count++;
    }
    return count;
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc(&venue_bybit);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_bybit.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":[\"orderbook.200.BTCUSDT\",\"publicTrade."
                       "BTCUSDT\",\"tickers.BTCUSDT\",\"orderbook.1.BTCUSDT\"]}");
    venue_bybit_linear.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"unsubscribe\",\"args\":[\"orderbook.200.BTCUSDT\",\"publicTrade."
                       "BTCUSDT\",\"tickers.BTCUSDT\",\"allLiquidation.BTCUSDT\"]}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_bybit.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"unsubscribe\",\"args\":[\"orderbook.200.BTCUSDT\"]}");
    venue_bybit.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":[\"orderbook.200.BTCUSDT\"]}");
    CHECK_EQ_U64(venue_bybit.resubscribe(btc, 2, text, sizeof text), 0);
    venue_bybit_linear.list_url("https://x.test", &sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v5/market/instruments-info?category=linear&limit=1000");
    CHECK_EQ_U64(venue_bybit_linear.list_url("https://x.test", &sub, 1, text, sizeof text), 0);
    venue_bybit.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v5/market/tickers?category=spot");
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "T%dUSDT", i);
        rig_add(text, text, 2, 8);
    }
    CHECK_EQ_U64(texts_of(&venue_bybit, 1024), 30);
    CHECK_EQ_U64(texts_of(&venue_bybit_linear, 21000), 3);
}
