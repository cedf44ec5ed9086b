#include "venue/rig.h"

extern const struct venue venue_kraken_futures;

#define SNAPSHOT                                                                                   \
    "{\"feed\":\"book_snapshot\",\"product_id\":\"PF_XBTUSD\",\"timestamp\":1767323045100,"        \
    "\"seq\":91192,\"tickSize\":null,\"bids\":[{\"price\":101.5,\"qty\":2.0}],\"asks\":[{"         \
    "\"price\":102.0,\"qty\":1.25}]}"
#define CHANGE                                                                                     \
    "{\"feed\":\"book\",\"product_id\":\"PF_XBTUSD\",\"side\":\"sell\",\"seq\":91193,\"price\":"   \
    "102.0,\"qty\":0.0,\"timestamp\":1767323045200}"
#define TRADE                                                                                      \
    "{\"feed\":\"trade\",\"product_id\":\"PF_XBTUSD\",\"uid\":\"e2429e31\",\"side\":\"buy\","      \
    "\"type\":\"fill\",\"seq\":1488,\"time\":1767323045300,\"qty\":0.32,\"price\":102.0}"
#define TICKER                                                                                     \
    "{\"time\":1767323045400,\"product_id\":\"PF_XBTUSD\",\"feed\":\"ticker\",\"bid\":101.5,"      \
    "\"volume\":6837.1,\"next_funding_rate_time\":1767326400000}"

static void open_btc(void)
{
    rig_open(&venue_kraken_futures, false);
    rig_add("BTC-USD-PERP", "PF_XBTUSD", 1, 4);
}

/* Counts of tests/captures/venues/kraken_futures.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_kraken_futures, true);
    rig_play("KRAKEN_FUTURES.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 1571);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 4650);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 4650);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 1003);
    CHECK_EQ_U64(rig.listed, 1000);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 79);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 10 + 4650 + 10 + 3 + 79);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 31);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
    rig_play("KRAKEN_FUTURES.symbols");
    CHECK_EQ_U64(rig.listings, 27 - 10); /* ten are indices */
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_kraken_futures, true);
    rig_compare("KRAKEN_FUTURES.ws.1", NULL);
}

TEST(numbers_of_the_capture_rise_by_one)
{
    int64_t book[RIG_INSTRUMENTS] = {0}, trade[RIG_INSTRUMENTS] = {0};
    unsigned links = 0, trades = 0;
    rig_open(&venue_kraken_futures, true);
    struct rig_file file = rig_capture("KRAKEN_FUTURES.ws.1");
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        for (uint32_t i = 0; i < rig.sink.event_count; i++) {
            const struct td_event *event = &rig.sink.event[i];
            if (event->kind == TD_EVENT_DELTA) {
                CHECK_EQ_I64(event->seq_last, book[event->instrument] + 1);
                links++;
            }
            if (event->kind <= TD_EVENT_DELTA)
                book[event->instrument] = event->seq_last;
            if (event->kind != TD_EVENT_TRADE)
                continue;
            if (trade[event->instrument]) {
                CHECK_EQ_I64(event->trade.trade_id, trade[event->instrument] + 1);
                trades++;
            }
            trade[event->instrument] = event->trade.trade_id;
        }
    }
    free(file.text);
    CHECK_EQ_U64(links, 4650);
    CHECK_EQ_U64(trades, 993);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("kraken_futures");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {SNAPSHOT, CHANGE, TRADE, TICKER};
    open_btc();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_EQ_I64(rig_parse(texts[i]), TD_BUCKET_OK);
        rig_truncate(texts[i]);
        rig_garble(texts[i], 2000);
    }
}

static char listed[2048];

static void note_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    struct td_str out = {listed, strlen(listed), sizeof listed, false};
    const struct td_text texts[] = {
        listing->raw,        listing->base,      listing->quote,         listing->status,
        listing->price_step, listing->size_step, listing->contract_size, listing->contract_currency,
        listing->volume};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_format(&out, "%d %" PRId64 "\n", listing->kind, listing->expiry_ns);
}

TEST(listings_say_what_each_is)
{
    static const char list[] =
        "https://x.test/derivatives/api/v3/instruments\t{\"result\":\"success\",\"instruments\":[{"
        "\"symbol\":\"pi_xbtusd\",\"type\":\"futures_inverse\",\"tickSize\":0.5,\"contractSize\":1,"
        "\"tradeable\":true},{\"symbol\":\"FF_ETHUSD_261225\",\"type\":\"flexible_futures\","
        "\"lastTradingTime\":\"2026-12-25T08:00:00.000Z\",\"tickSize\":0.1,\"contractSize\":1,"
        "\"tradeable\":false,\"contractValueTradePrecision\":3},{\"symbol\":\"in_xbtusd\",\"type\":"
        "\"spot index\",\"tradeable\":false}]}";
    static const char volumes[] = "https://x.test/derivatives/api/v3/tickers\t{\"tickers\":[{"
                                  "\"symbol\":\"PF_XBTUSD\",\"volumeQuote\":9.5},{\"symbol\":"
                                  "\"in_xbtusd\",\"last\":1}]}";
    open_btc();
    listed[0] = '\0';
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "PI_XBTUSD BTC USD open 0.5 1 1 USD  1 0\n"
                         "FF_ETHUSD_261225 ETH USD closed 0.1 0.001 1 ETH  2 1798185600000000000\n"
                         "PF_XBTUSD BTC USD      9.5 0 0\n");
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {{"PF_XBTUSD", "BTC-USD-PERP"},
                                           {"PF_BATUSD", "BAT-USD-PERP"},
                                           {"FF_ETHUSD_261225", "ETH-USD-20261225"},
                                           {"PI_XBTUSD", "PI_XBTUSD"},
                                           {"FI_XBTUSD_261225", "FI_XBTUSD_261225"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_kraken_futures.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_kraken_futures.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue_kraken_futures.spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_kraken_futures.spell("BTC-USD", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_kraken_futures.spell("BTC-PERP", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_kraken_futures.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_kraken_futures.unify("", 0, text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_kraken_futures.unify("FF_ETHUSD", 9, text), 0);
    CHECK_EQ_STR(text, "FF_ETHUSD");
}

TEST(texts_for_the_wire)
{
    char text[4096];
    open_btc();
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    static const char *const want[] = {
        "{\"event\":\"subscribe\",\"feed\":\"heartbeat\"}",
        "{\"event\":\"subscribe\",\"feed\":\"book\",\"product_ids\":[\"PF_XBTUSD\"]}",
        "{\"event\":\"subscribe\",\"feed\":\"trade\",\"product_ids\":[\"PF_XBTUSD\"]}",
        "{\"event\":\"subscribe\",\"feed\":\"ticker\",\"product_ids\":[\"PF_XBTUSD\"]}"};
    for (unsigned n = 0; n < 4; n++) {
        CHECK(venue_kraken_futures.subscribe(&sub, n, text, sizeof text) > 0);
        CHECK_EQ_STR(text, want[n]);
    }
    CHECK_EQ_U64(venue_kraken_futures.subscribe(&sub, 4, text, sizeof text), 0);
    venue_kraken_futures.unsubscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"event\":\"unsubscribe\",\"feed\":\"trade\",\"product_ids\":[\"PF_XBTUSD\"]}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_kraken_futures.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"event\":\"unsubscribe\",\"feed\":\"book\",\"product_ids\":[\"PF_XBTUSD\"]}");
    venue_kraken_futures.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, want[1]);
    CHECK_EQ_U64(venue_kraken_futures.resubscribe(btc, 2, text, sizeof text), 0);
    venue_kraken_futures.list_url("https://x.test", &sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/derivatives/api/v3/instruments");
    CHECK_EQ_U64(venue_kraken_futures.list_url("https://x.test", &sub, 1, text, sizeof text), 0);
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "PF_T%dUSD", i);
        rig_add(text, text, 2, 4);
    }
    unsigned texts = 0;
    while (venue_kraken_futures.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 1 + 3 * 3);
}
