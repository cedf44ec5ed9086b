#include "venue/rig.h"

extern const struct venue venue_okx;

#define SNAPSHOT                                                                                   \
    "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"snapshot\",\"data\":[{" \
    "\"asks\":[[\"101.5\",\"0.25\",\"0\",\"1\"]],\"bids\":[[\"101.4\",\"2\",\"0\",\"4\"]],\"ts\":" \
    "\"1767323045100\",\"checksum\":-855196043,\"prevSeqId\":-1,\"seqId\":123456}]}"
#define UPDATE                                                                                     \
    "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"update\",\"data\":[{"   \
    "\"asks\":[[\"101.5\",\"0\",\"0\",\"0\"]],\"bids\":[],\"ts\":\"1767323045200\",\"checksum\":"  \
    "914047754,\"prevSeqId\":123456,\"seqId\":123460}]}"
#define OLD_UPDATE                                                                                 \
    "{\"arg\":{\"channel\":\"books\",\"instId\":\"BTC-USDT\"},\"action\":\"update\",\"data\":[{"   \
    "\"asks\":[[\"101.5\",\"0\",\"0\",\"0\"]],\"bids\":[],\"ts\":\"1767323045200\",\"checksum\":"  \
    "-914047754}]}"
#define TRADES                                                                                     \
    "{\"arg\":{\"channel\":\"trades\",\"instId\":\"BTC-USDT\"},\"data\":[{\"instId\":\"BTC-"       \
    "USDT\","                                                                                      \
    "\"tradeId\":\"7852\",\"px\":\"101.4\",\"sz\":\"1\",\"side\":\"sell\",\"ts\":"                 \
    "\"1767323045302\",\"count\":\"3\"},{\"instId\":\"BTC-USDT\",\"tradeId\":\"7853\",\"px\":"     \
    "\"101.4\",\"sz\":\"2\",\"side\":\"buy\",\"ts\":\"1767323045302\"}]}"
#define FUNDING                                                                                    \
    "{\"arg\":{\"channel\":\"funding-rate\",\"instId\":\"BTC-USDT\"},\"data\":[{\"fundingRate\":"  \
    "\"0.0001\",\"fundingTime\":\"1767340800000\",\"instId\":\"BTC-USDT\",\"ts\":"                 \
    "\"1767323045600\"}]}"
#define LIQUIDATION                                                                                \
    "{\"arg\":{\"channel\":\"liquidation-orders\",\"instType\":\"SWAP\"},\"data\":[{\"details\":[" \
    "{\"bkPx\":\"99.5\",\"side\":\"sell\",\"sz\":\"13\",\"ts\":\"1767323045800\"}],\"instId\":"    \
    "\"BTC-USDT\"}]}"

static void open_btc(void)
{
    rig_open(&venue_okx, false);
    rig_add("BTC-USDT", "BTC-USDT", 1, 2);
}

/* Counts of tests/captures/venues/okx.py, which also finds each of the 189 checksums to hold. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_okx, true);
    rig_play("OKX.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 3);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 1176);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 186);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 4249);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 46);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 20);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 3 + 186 + 46 + 20);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 18); /* acknowledgements */
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 3);
    CHECK_EQ_STR(instruments_peek(rig.ctx.instruments, 0)->symbol, "BTC-USD-20220527");
    rig_play("OKX.symbols");
    CHECK_EQ_U64(rig.listings, 5 * (513 + 166 + 104 + 346 + 350));
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_okx, true);
    rig_compare("OKX.ws.1", NULL);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("BTC-USD-PERP", "BTC-USD-SWAP", 1, 0);
    rig_sample("okx");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {SNAPSHOT, UPDATE, OLD_UPDATE, TRADES, FUNDING, LIQUIDATION};
    open_btc();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_EQ_I64(rig_parse(texts[i]), TD_BUCKET_OK);
        rig_truncate(texts[i]);
        rig_garble(texts[i], 2000);
    }
}

static char listed[4096];

static void note_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    struct td_str out = {listed, strlen(listed), sizeof listed, false};
    const struct td_text texts[] = {
        listing->raw,        listing->base,      listing->quote,         listing->status,
        listing->price_step, listing->size_step, listing->contract_size, listing->contract_currency,
        listing->strike,     listing->volume};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_format(&out, "%d %d %" PRId64 "\n", listing->kind, listing->option,
                      listing->expiry_ns);
}

TEST(listings_say_what_each_is)
{
#define ENTRY(type, id, spot, value, mult, ccy, expiry, strike)                                    \
    "{\"instType\":\"" type "\",\"instId\":\"" id "\"," spot                                       \
    ",\"tickSz\":\"0.1\",\"lotSz\":\"1\",\"ctVal\":\"" value "\",\"ctMult\":\"" mult               \
    "\",\"ctValCcy\":\"" ccy "\",\"expTime\":\"" expiry "\",\"stk\":\"" strike                     \
    "\",\"state\":\"live\"}"
    static const char list[] =
        "https://x.test/api/v5/public/instruments?instType=SPOT\t{\"code\":\"0\",\"data\":[" ENTRY(
            "SPOT", "BTC-USDT", "\"baseCcy\":\"BTC\",\"quoteCcy\":\"USDT\"", "", "", "", "",
            "") "," ENTRY("SWAP", "BTC-USD-SWAP", "\"baseCcy\":\"\",\"quoteCcy\":\"\"", "100", "1",
                          "USD", "", "") "," ENTRY("OPTION", "BTC-USD-261225-50000-C",
                                                   "\"baseCcy\":\"\",\"quoteCcy\":\"\"", "1", "0.1",
                                                   "BTC", "1798185600000",
                                                   "50000") "],\"msg\":\"\"}";
    open_btc();
    listed[0] = '\0';
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(
        listed,
        "BTC-USDT BTC USDT live 0.1 1     0 0 0\n"
        "BTC-USD-SWAP BTC USD live 0.1 1 100 USD   1 0 0\n"
        "BTC-USD-261225-50000-C BTC USD live 0.1 1 0.1 BTC 50000  3 1 1798185600000000000\n");
    static const char volumes[] =
        "https://x.test/api/v5/market/tickers?instType=SPOT\t{\"data\":[{\"instId\":\"BTC-USDT\","
        "\"volCcy24h\":\"9.5\"}]}";
    listed[0] = '\0';
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed, "BTC-USDT         9.5 0 0 0\n");
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {{"BTC-USDT", "BTC-USDT"},
                                           {"BTC-USD-SWAP", "BTC-USD-PERP"},
                                           {"BTC-USDT-261225", "BTC-USDT-20261225"},
                                           {"BTC-USD-261225-50000-C", "BTC-20261225-50000-C"},
                                           {"ETH-USD-261225-1500-P", "ETH-20261225-1500-P"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_okx.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_okx.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue_okx.spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_okx.spell("BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_okx.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_okx.spell("A-B-C-D-E-F", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_okx.unify("", 0, text), TD_E_VENUE_SYMBOL);
}

TEST(texts_for_the_wire)
{
    char text[16 << 10];
    open_btc();
    rig_add("BTC-USD-PERP", "BTC-USD-SWAP", 1, 0);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_okx.subscribe(&sub, 0, text, sizeof text);
#define ARG(channel, id) "{\"channel\":\"" channel "\",\"instId\":\"" id "\"}"
    static const char spot[] =
        ARG("books", "BTC-USDT") "," ARG("trades", "BTC-USDT") "," ARG("tickers", "BTC-USDT");
    static const char swap[] =
        ARG("books", "BTC-USD-SWAP") "," ARG("trades", "BTC-USD-SWAP") "," ARG(
            "tickers", "BTC-USD-SWAP") "," ARG("mark-price", "BTC-USD-SWAP");
    static const char more[] =
        ARG("funding-rate", "BTC-USD-SWAP") "," ARG("open-interest", "BTC-USD-SWAP");
    char want[2048];
    snprintf(want, sizeof want, "{\"op\":\"subscribe\",\"args\":[%s,%s,%s]}", spot, swap, more);
    CHECK_EQ_STR(text, want);
    venue_okx.subscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":[{\"channel\":\"liquidation-orders\","
                       "\"instType\":\"SWAP\"}]}");
    CHECK_EQ_U64(venue_okx.subscribe(&sub, 2, text, sizeof text), 0);
    CHECK_EQ_U64(venue_okx.unsubscribe(&sub, 1, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_BOOK;
    venue_okx.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"unsubscribe\",\"args\":[" ARG("books", "BTC-USDT") "," ARG(
                           "books", "BTC-USD-SWAP") "]}");
    CHECK_EQ_U64(venue_okx.subscribe(&sub, 1, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_okx.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"unsubscribe\",\"args\":[" ARG("books", "BTC-USDT") "]}");
    venue_okx.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"op\":\"subscribe\",\"args\":[" ARG("books", "BTC-USDT") "]}");
    CHECK_EQ_U64(venue_okx.resubscribe(btc, 2, text, sizeof text), 0);
    venue_okx.list_url("https://x.test", &sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v5/public/instruments?instType=SWAP");
    CHECK_EQ_U64(venue_okx.list_url("https://x.test", &sub, 5, text, sizeof text), 0);
}

TEST(sixty_swaps_take_three_texts_and_one_for_liquidations)
{
    char text[16 << 10];
    rig_open(&venue_okx, false);
    for (int i = 0; i < 60; i++) {
        snprintf(text, sizeof text, "LONGNAME%d-USDT-SWAP", i);
        rig_add(text, text, 1, 0);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    size_t bytes, all = 0;
    unsigned texts = 0;
    while ((bytes = venue_okx.subscribe(&sub, texts, text, sizeof text)) > 0) {
        all += bytes;
        texts++;
    }
    CHECK_EQ_U64(texts, 4);
    CHECK(all < 64 << 10);
}

TEST(a_notice_of_its_end_is_said)
{
    rig_open(&venue_okx, false);
    CHECK_EQ_STR(
        rig_rows("{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be "
                 "closed for a service upgrade. Please reconnect.\",\"connId\":\"a4d3ae55\"}"),
        "ignored");
    CHECK(rig.sink.leaving);
    CHECK_EQ_STR(rig_rows("{\"event\":\"notice\",\"code\":\"64009\",\"msg\":\"something "
                          "else\",\"connId\":\"a4d3ae55\"}"),
                 "ignored");
    CHECK(!rig.sink.leaving);
}
