#include "venue/rig.h"

extern const struct venue venue_gate, venue_gate_futures;

#define FULL                                                                                       \
    "{\"channel\":\"spot.obu\",\"result\":{\"t\":1767323045100,\"full\":true,"                     \
    "\"s\":\"ob.BTC_USDT.400\",\"u\":12,\"b\":[[\"101.4\",\"1.5\"]],\"a\":[[\"101.5\",\"0.2\"]]}," \
    "\"time_ms\":1767323045101}"
#define OBU                                                                                        \
    "{\"channel\":\"spot.obu\",\"event\":\"update\",\"result\":{\"t\":1767323045200,"              \
    "\"s\":\"ob.BTC_USDT.400\",\"U\":13,\"u\":15,\"b\":[[\"101.4\",\"0\"]],\"a\":[]}}"
#define UPDATE                                                                                     \
    "{\"time\":1767323045,\"channel\":\"spot.order_book_update\",\"event\":\"update\","            \
    "\"result\":{\"t\":1767323045400,\"e\":\"depthUpdate\",\"E\":1767323045,\"s\":\"BTC_USDT\","   \
    "\"U\":17,\"u\":18,\"b\":[[\"101.3\",\"2\"]],\"a\":[]}}"
#define TRADE                                                                                      \
    "{\"time\":1767323045,\"channel\":\"spot.trades\",\"event\":\"update\",\"result\":{\"id\":8,"  \
    "\"create_time\":1767323045,\"create_time_ms\":\"1767323045208.2642\",\"side\":\"sell\","      \
    "\"currency_pair\":\"BTC_USDT\",\"amount\":\"0.04\",\"price\":\"101.5\"}}"

static void open_btc(void)
{
    rig_open(&venue_gate, false);
    rig_add("BTC-USDT", "BTC_USDT", 2, 8);
}

static void open_perp(void)
{
    rig_open(&venue_gate_futures, false);
    rig_add("BTC-USDT-PERP", "BTC_USDT", 2, 0);
}

/* Counted as tests/captures/venues/gate.py reads them, before it re-spells the recording. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_gate, true);
    rig_play("GATEIO.http.0");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    rig_play("GATEIO.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 106);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 2723);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 5);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 14);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 10 + 106 + 5 + 14);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 22 + 12);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_gate, true);
    rig_compare("GATEIO.http.0", NULL);
    rig_compare("GATEIO.ws.1", NULL);
}

TEST(the_numbers_of_the_capture_have_no_hole)
{
    rig_open(&venue_gate, true);
    CHECK_EQ_U64(rig_links("GATEIO.ws.1", rig_link_range), 97);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_gate, false);
    rig_play("GATEIO.symbols");
    CHECK_EQ_U64(rig.listings, 1458);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "BTC_USDT", 8);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_U64(listing->base.bytes, 3);
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 4);
    CHECK_EQ_MEM(listing->price_step.at, "0.1", 3);
    CHECK_EQ_I64(listing->kind, listing->contract_size.at ? INSTRUMENT_PERP : INSTRUMENT_SPOT);
    if (listing->contract_size.at)
        CHECK_EQ_MEM(listing->contract_size.at, "0.0001", 6);
    else
        CHECK_EQ_MEM(listing->size_step.at, "0.0001", 6);
}

TEST(listings_carry_steps_contracts_and_volumes)
{
    static const char pairs[] =
        "https://x.test/api/v4/spot/currency_pairs\t[{\"id\":\"BTC_USDT\",\"base\":\"BTC\","
        "\"quote\":\"USDT\",\"amount_precision\":4,\"precision\":1,\"trade_status\":\"tradable\"}]";
    static const char contracts[] =
        "https://x.test/api/v4/futures/usdt/"
        "contracts\t[{\"name\":\"BTC_USDT\",\"order_price_round\":"
        "\"0.1\",\"quanto_multiplier\":\"0.0001\",\"status\":\"trading\"},{\"name\":\"ODD\"}]";
    static const char volumes[] = "https://x.test/api/v4/spot/tickers\t[{\"currency_pair\":"
                                  "\"BTC_USDT\",\"quote_volume\":\"12.5\"}]";
    static const char more[] = "https://x.test/api/v4/futures/usdt/tickers\t[{\"contract\":"
                               "\"BTC_USDT\",\"volume_24h_quote\":\"12.5\"}]";
    static const char other[] = "https://x.test/api/v4/spot/time\t{}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(pairs, sizeof pairs - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(contracts, sizeof contracts - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(volumes, sizeof volumes - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(more, sizeof more - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 4);
    CHECK_EQ_I64(rig_parse_http(pairs, sizeof pairs - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("gate");
}

TEST(perpetuals_trade_by_the_sign_of_the_size)
{
    open_perp();
    CHECK_EQ_STR(
        rig_rows("{\"time\":1767323045,\"channel\":\"futures.trades\",\"event\":\"update\","
                 "\"result\":[{\"size\":\"-4\",\"id\":9,\"create_time_ms\":1767323045590,\"price\":"
                 "\"101.5\",\"contract\":\"BTC_USDT\"},{\"size\":3,\"id\":10,\"create_time_ms\":"
                 "1767323045591,\"price\":\"101.6\",\"contract\":\"BTC_USDT\"}]}"),
        "trade BTC-USDT-PERP ns=1767323045590000000 flags=0 taker=sell raw=- id=9 price=101.5 "
        "size=4\n"
        "trade BTC-USDT-PERP ns=1767323045591000000 flags=0 taker=buy raw= id=10 price=101.6 "
        "size=3\n");
}

TEST(perpetuals_have_levels_as_objects_and_rates_in_the_ticker)
{
    open_perp();
    CHECK_EQ_STR(
        rig_rows("{\"time\":1767323045,\"channel\":\"futures.order_book_update\",\"event\":"
                 "\"update\",\"result\":{\"t\":1767323045100,\"s\":\"BTC_USDT\",\"U\":1,\"u\":2,"
                 "\"b\":[{\"p\":\"101.4\",\"s\":7}],\"a\":[{\"p\":\"101.5\",\"s\":0}]}}"),
        "delta BTC-USDT-PERP ns=1767323045100000000 flags=4 seq=1..2 bid 101.4 7 ask 101.5 0\n");
    CHECK_EQ_STR(
        rig_rows("{\"time\":1767323045,\"time_ms\":1767323045100,\"channel\":\"futures.tickers\","
                 "\"event\":\"update\",\"result\":[{\"contract\":\"BTC_USDT\",\"last\":\"101.5\","
                 "\"mark_price\":\"101.4\",\"index_price\":\"101.3\",\"funding_rate\":\"-0.0001\","
                 "\"total_size\":\"77\"}]}"),
        "ticker BTC-USDT-PERP ns=1767323045100000000 flags=0 kind=0 last=101.5 mark=101.4 "
        "index=101.3 funding=-0.0001 open_interest=77\n");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(FULL);
    rig_truncate(OBU);
    rig_truncate(UPDATE);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(FULL, 3000);
    rig_garble(OBU, 3000);
    rig_garble(UPDATE, 3000);
    rig_garble(TRADE, 1000);
    rig_garble("{\"time\":1767323045,\"channel\":\"spot.tickers\",\"event\":\"update\",\"result\":"
               "{\"currency_pair\":\"BTC_USDT\",\"last\":\"101.5\",\"base_volume\":\"12.5\"}}",
               3000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"channel\":\"spot.obu\",\"result\":{\"s\":\"ob.BTC_USDT.400\",\"u\":1,\"b\":[]}}",
        "{\"channel\":\"spot.obu\",\"result\":{\"s\":\"ob.BTC_USDT.400\",\"U\":1,\"u\":12}}",
        "{\"channel\":\"spot.obu\",\"result\":{\"U\":1,\"u\":12,\"b\":[]}}",
        "{\"channel\":\"spot.obu\",\"result\":7}",
        "{\"channel\":\"spot.trades\",\"result\":{\"currency_pair\":\"BTC_USDT\",\"price\":\"1\"}}",
        "{\"channel\":\"spot.tickers\",\"result\":{\"currency_pair\":\"BTC_USDT\"}}",
        "{\"channel\":\"spotobu\"}",
        "{\"channel\":\"margin.obu\"}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_go_both_ways)
{
    char text[TD_SYMBOL_MAX];
    CHECK_EQ_I64(venue_gate.unify("BTC_USDT", 8, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT");
    CHECK_EQ_I64(venue_gate.spell("BTC-USDT", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
    CHECK_EQ_I64(venue_gate_futures.unify("BTC_USDT", 8, text), 0);
    CHECK_EQ_STR(text, "BTC-USDT-PERP");
    CHECK_EQ_I64(venue_gate_futures.spell("BTC-USDT-PERP", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
    CHECK_EQ_I64(venue_gate_futures.spell("BTC_USDT", text), 0);
    CHECK_EQ_STR(text, "BTC_USDT");
}

TEST(texts_for_the_wire)
{
    char text[512];
    open_btc();
    rig_add("ETH-BTC", "ETH_BTC", 2, 8);
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .channels = 7, .wall_ns = INT64_C(1767323045999000000)};
    venue_gate.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"time\":1767323045,\"channel\":\"spot.obu\",\"event\":\"subscribe\","
                       "\"payload\":[\"ob.BTC_USDT.400\"]}");
    venue_gate.unsubscribe(&sub, 4, text, sizeof text);
    CHECK_EQ_STR(text, "{\"time\":1767323045,\"channel\":\"spot.trades\",\"event\":\"unsubscribe\","
                       "\"payload\":[\"ETH_BTC\"]}");
    venue_gate_futures.subscribe(&sub, 2, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"time\":1767323045,\"channel\":\"futures.tickers\",\"event\":\"subscribe\","
                 "\"payload\":[\"BTC_USDT\"]}");
    CHECK_EQ_U64(venue_gate.subscribe(&sub, 6, text, sizeof text), 0);
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_gate.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"time\":0,\"channel\":\"spot.obu\",\"event\":\"unsubscribe\",\"payload\":["
                 "\"ob.BTC_USDT.400\"]}");
    venue_gate_futures.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text,
                 "{\"time\":0,\"channel\":\"futures.obu\",\"event\":\"subscribe\",\"payload\":["
                 "\"ob.BTC_USDT.400\"]}");
    CHECK_EQ_U64(venue_gate.resubscribe(btc, 2, text, sizeof text), 0);
    venue_gate.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v4/spot/currency_pairs");
    venue_gate_futures.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v4/futures/usdt/tickers");
}

TEST(sixty_pairs_go_alone)
{
    char text[256], name[32];
    rig_open(&venue_gate, false);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "COIN%02d_USDT", i);
        rig_add(name, name, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned texts = 0;
    while (venue_gate.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 180);
}
