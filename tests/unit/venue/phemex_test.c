#include "venue/rig.h"
#include "venue/subscription.h"

extern const struct venue venue_phemex;

#define BOOK                                                                                       \
    "{\"book\":{\"asks\":[[1015000,1559]],\"bids\":[[1014000,7],[1013005,0]]},\"depth\":30,"       \
    "\"sequence\":17,\"symbol\":\"BTCUSD\",\"timestamp\":1767323045678901234,\"type\":"            \
    "\"incremental\"}"
#define LINEAR                                                                                     \
    "{\"depth\":30,\"orderbook_p\":{\"asks\":[[\"101.5\",\"0.718\"]],\"bids\":[[\"101.4\",\"1\"]"  \
    "]},\"sequence\":5,\"symbol\":\"BTCUSDT\",\"timestamp\":1767323045681000000,\"type\":"         \
    "\"snapshot\"}"
#define TRADES                                                                                     \
    "{\"sequence\":17,\"symbol\":\"BTCUSD\",\"trades\":[[1767323045600000001,\"Buy\",1015000,40]," \
    "[1767323045500000001,\"Sell\",1014005,6]],\"type\":\"incremental\"}"

static void open_btc(void)
{
    rig_open(&venue_phemex, false);
    rig_add("BTC-USD-PERP", "BTCUSD", 1, 0);
    rig_add("BTC-USDT-PERP", "BTCUSDT", 1, 3);
}

/* Counts of tests/captures/venues/phemex.py. */
TEST(the_captures_give_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_phemex, true);
    rig_play("PHEMEX.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 13);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 869);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT] + rig.levels[TD_EVENT_DELTA], 2071);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 10016);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 10);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 20);
    rig_play("PHEMEX.ws.2");
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 20 + 37);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_MALFORMED], 0);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_phemex, true);
    rig_compare("PHEMEX.ws.1", NULL);
}

TEST(the_symbol_list_names_every_product)
{
    rig_open(&venue_phemex, false);
    rig_play("PHEMEX.symbols");
    CHECK_EQ_U64(rig.listings, 67);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    static const char *const want[][4] = {{"sBTCUSDT", "0.01", "0.000001", ""},
                                          {"BTCUSD", "0.5", "1", "1.0"},
                                          {"BTCUSDT", "0.1", "0.001", ""}};
    const struct td_text have[] = {listing->raw, listing->price_step, listing->size_step,
                                   listing->contract_size};
    (void)ctx;
    for (int i = 0; i < 4; i++) {
        CHECK_EQ_U64(have[i].bytes, strlen(want[rig.listings][i]));
        CHECK(have[i].bytes == 0 || memcmp(have[i].at, want[rig.listings][i], have[i].bytes) == 0);
    }
    CHECK_EQ_I64(listing->kind, rig.listings ? INSTRUMENT_PERP : INSTRUMENT_SPOT);
    rig.listings++;
}

TEST(steps_and_contracts_of_the_list)
{
    static const char list[] =
        "https://x.test/public/products\t{\"data\":{\"products\":[{\"symbol\":\"sBTCUSDT\","
        "\"baseTickSize\":\"0.000001 BTC\",\"quoteTickSize\":\"0.01 USDT\"},{\"symbol\":"
        "\"BTCUSD\",\"contractUnderlyingAssets\":\"USD\",\"contractSize\":1.0,\"lotSize\":1,"
        "\"tickSize\":0.5}],\"perpProductsV2\":[{\"symbol\":\"BTCUSDT\",\"tickSize\":\"0.1\","
        "\"qtyStepSize\":\"0.001\"}]}}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 3);
}

TEST(hand_made_sample)
{
    rig_open(&venue_phemex, false);
    rig_add("BTC-USD-PERP", "BTCUSD", 2, 8);
    rig_add("BTC-USDT", "sBTCUSDT", 2, 8);
    rig_add("BTC-USDT-PERP", "BTCUSDT", 2, 8);
    rig_sample("phemex");
}

TEST(a_scaled_price_off_the_grid_grows_the_scale)
{
    open_btc();
    CHECK_EQ_STR(rig_rows(BOOK), "delta BTC-USD-PERP ns=1767323045678901234 flags=4 seq=0..17 ask "
                                 "101.5 1559 bid 101.4 7 bid 101.3005 0\n");
    CHECK_EQ_U64(rig.retries, 1);
    CHECK_EQ_I64(instruments_peek(rig.ctx.instruments, 0)->price_scale, 4);
}

TEST(messages_cut_anywhere_give_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(LINEAR);
    rig_truncate(TRADES);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 3000);
    rig_garble(LINEAR, 3000);
    rig_garble(TRADES, 1000);
}

#define INVERSE                                                                                    \
    "{\"market24h\":{\"close\":1015000,\"fundingRate\":10000,\"high\":1020000,\"indexPrice\":"     \
    "1014001,\"markPrice\":1014500,\"openInterest\":7821141,\"symbol\":\"BTCUSD\",\"volume\":12}," \
    "\"timestamp\":1767323045678901234}"
#define PACK                                                                                       \
    "{\"method\":\"perp_market24h_pack_p.update\",\"fields\":[\"symbol\",\"openRp\",\"news\","     \
    "\"markRp\",\"fundingRateRr\"],\"data\":[[\"ETHUSDT\",\"1\",\"2\",\"3\",\"4\"],[\"BTCUSDT\","  \
    "\"100\",\"x\",\"101.5\",\"-0.0001\"]],\"timestamp\":1767323045678901234,\"type\":"            \
    "\"incremental\"}"

TEST(tickers_of_inverse_and_linear_contracts)
{
    open_btc();
    CHECK_EQ_STR(
        rig_rows(INVERSE),
        "ticker BTC-USD-PERP ns=1767323045678901234 flags=0 kind=0 last=101.5 high=102 "
        "base_volume=12 mark=101.45 index=101.4001 funding=0.0001 open_interest=7821141\n");
    CHECK_EQ_STR(rig_rows(PACK), "ticker BTC-USDT-PERP ns=1767323045678901234 flags=0 kind=0 "
                                 "open=100 mark=101.5 funding=-0.0001\n");
    rig_truncate(INVERSE);
    rig_truncate(PACK);
    rig_garble(INVERSE, 500);
    rig_garble(PACK, 500);
    CHECK_EQ_STR(rig_rows("{\"market24h\":{\"symbol\":\"BTCUSD\"}}"), "malformed");
    CHECK_EQ_STR(rig_rows("{\"market24h\":{\"symbol\":\"XRPUSD\"}}"), "ignored");
    CHECK_EQ_STR(rig_rows("{\"method\":\"perp_market24h_pack_p.update\",\"fields\":[\"symbol\","
                          "\"openRp\"],\"data\":[[\"BTCUSDT\"]]}"),
                 "malformed");
}

TEST(a_refusal_is_known_by_the_number_of_its_request)
{
    char text[200];
    open_btc();
    snprintf(text, sizeof text,
             "{\"error\":{\"code\":6001,\"message\":\"invalid argument\"},\"id\":%u,\"result\":"
             "null}",
             subscription_id(instruments_peek(rig.ctx.instruments, 1)));
    CHECK_EQ_STR(rig_rows(text), "refused BTC-USDT-PERP ns=1767323045000000000 flags=1\n");
    CHECK_EQ_STR(rig_rows("{\"error\":null,\"id\":0,\"result\":\"pong\"}"), "ignored");
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"book\":{\"asks\":[[1.5,1]],\"bids\":[]},\"sequence\":1,\"symbol\":\"BTCUSD\","
        "\"type\":\"snapshot\"}",
        "{\"book\":{\"asks\":[[1,-1]],\"bids\":[]},\"sequence\":1,\"symbol\":\"BTCUSD\","
        "\"type\":\"snapshot\"}",
        "{\"book\":{\"asks\":[[\"1\",\"1\"]],\"bids\":[]},\"sequence\":1,\"symbol\":\"BTCUSD\","
        "\"type\":\"snapshot\"}",
        "{\"book\":{\"asks\":[[1]],\"bids\":[]},\"sequence\":1,\"symbol\":\"BTCUSD\",\"type\":"
        "\"snapshot\"}",
        "{\"book\":{\"asks\":[],\"bids\":[]},\"sequence\":1,\"symbol\":\"BTCUSD\",\"type\":"
        "\"rumour\"}",
        "{\"book\":{\"asks\":[],\"bids\":[]},\"symbol\":\"BTCUSD\",\"type\":\"snapshot\"}",
        "{\"book\":{\"asks\":[],\"bids\":[]},\"sequence\":1,\"type\":\"snapshot\"}",
        "{\"trades\":[[1767323045600000001,\"Buy\",\"1\",1]],\"symbol\":\"BTCUSD\",\"type\":"
        "\"snapshot\"}",
        "{\"trades\":{},\"symbol\":\"BTCUSD\",\"type\":\"snapshot\"}",
        "{}",
        "[]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken", bad[i]);
}

TEST(texts_for_the_wire)
{
    char text[1024], want[200], name[16];
    open_btc();
    struct venue_subscription sub = {
        .instruments = rig.ctx.instruments, .every_shard = true, .channels = 7};
    static const char *const methods[] = {"orderbook", "trade", "orderbook_p", "trade_p"};
    venue_phemex.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":0,\"method\":\"market24h.subscribe\",\"params\":[]}");
    venue_phemex.subscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "{\"id\":0,\"method\":\"perp_market24h_pack_p.subscribe\",\"params\":[]}");
    CHECK_EQ_U64(venue_phemex.subscribe(&sub, 6, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_BOOK | 1u << TD_CHANNEL_TRADES;
    for (unsigned n = 0; n < 4; n++) {
        const struct instrument *instrument = instruments_peek(rig.ctx.instruments, n / 2);
        snprintf(want, sizeof want, "{\"id\":%u,\"method\":\"%s.subscribe\",\"params\":[\"%s\"]}",
                 subscription_id(instrument), methods[n], instrument->raw);
        CHECK_EQ_U64(venue_phemex.subscribe(&sub, n, text, sizeof text), strlen(want));
        CHECK_EQ_STR(text, want);
    }
    CHECK_EQ_U64(venue_phemex.subscribe(&sub, 4, text, sizeof text), 0);
    CHECK(venue_phemex.resubscribe(instruments_peek(rig.ctx.instruments, 0), 0, text, sizeof text) >
          0);
    CHECK(strstr(text, "\"orderbook.subscribe\",\"params\":[\"BTCUSD\"]") != NULL);
    CHECK_EQ_U64(
        venue_phemex.resubscribe(instruments_peek(rig.ctx.instruments, 0), 1, text, sizeof text),
        0);
    for (unsigned i = 2; i < 60; i++) {
        snprintf(name, sizeof name, "A%02uUSD", i);
        rig_add(name, name, 2, 8);
    }
    unsigned n = 0;
    while (venue_phemex.subscribe(&sub, n, text, sizeof text) > 0)
        n++;
    CHECK_EQ_U64(n, 60 * 2);
    venue_phemex.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/public/products");
}

TEST(symbols_are_spelled_both_ways)
{
    static const char *const pairs[][2] = {{"BTC-USD-PERP", "BTCUSD"},
                                           {"BTC-USDT-PERP", "BTCUSDT"},
                                           {"BTC-USDT", "sBTCUSDT"},
                                           {"SUSHI-USDT-PERP", "SUSHIUSDT"},
                                           {"U1000SHIB-USD-PERP", "u1000SHIBUSD"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_EQ_I64(venue_phemex.spell(pairs[i][0], text), 0);
        CHECK_EQ_STR(text, pairs[i][1]);
        CHECK_EQ_I64(venue_phemex.unify(pairs[i][1], strlen(pairs[i][1]), text), 0);
        CHECK_EQ_STR(text, pairs[i][0]);
    }
    CHECK_EQ_I64(venue_phemex.spell("BTCUSD", text), 0);
    CHECK_EQ_STR(text, "BTCUSD");
    CHECK_EQ_I64(venue_phemex.unify("", 0, text), TD_E_VENUE_SYMBOL);
}
