#include "venue/rig.h"

extern const struct venue venue_upbit;

#define BOOK                                                                                       \
    "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"tms\":1767323045100,\"tas\":10.5,\"tbs\":9.2,"     \
    "\"obu\":[{\"ap\":101.5,\"bp\":101.4,\"as\":0.2,\"bs\":1.5},{\"ap\":101.6,\"bp\":1.013E2,"     \
    "\"as\":4.3E-7,\"bs\":2}],\"st\":\"REALTIME\"}"
#define TRADE                                                                                      \
    "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\",\"tms\":1767323045212,\"td\":\"2026-01-02\","            \
    "\"ttm\":\"03:04:05\",\"ttms\":1767323045200,\"tp\":101.5,\"tv\":0.04,\"ab\":\"BID\","         \
    "\"pcp\":123.0,\"c\":\"RISE\",\"cp\":4.0,\"sid\":1767323045200003,\"st\":\"REALTIME\"}"

static void open_btc(void)
{
    rig_open(&venue_upbit, false);
    rig_add("BTC-KRW", "KRW-BTC", 2, 8);
}

/* Counts of tests/captures/venues/upbit.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_upbit, true);
    rig_play("UPBIT.ws.62");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 114);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 3420);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 185);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 114 + 185);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_upbit, true);
    rig_compare("UPBIT.ws.62", NULL);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_upbit, false);
    rig_play("UPBIT.symbols");
    CHECK_EQ_U64(rig.listings, 294);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "KRW-BTC", 7);
    rig.listings++;
    if (listing->volume.at) {
        CHECK_EQ_MEM(listing->volume.at, "12.5", 4);
        return;
    }
    CHECK_EQ_U64(listing->base.bytes, 3);
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_U64(listing->quote.bytes, 3);
    CHECK_EQ_MEM(listing->quote.at, "KRW", 3);
}

TEST(listings_carry_both_coins_and_volumes)
{
    static const char list[] = "https://x.test/v1/market/all\t[{\"market\":\"KRW-BTC\","
                               "\"english_name\":\"Bitcoin\"},{\"market\":\"ODD\"}]";
    static const char volumes[] = "https://x.test/v1/ticker/all?quote_currencies=KRW\t[{\"market\":"
                                  "\"KRW-BTC\",\"acc_trade_price_24h\":12.5}]";
    static const char other[] = "https://x.test/v1/candles\t{}";
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
    rig_sample("upbit");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(BOOK);
    rig_truncate(TRADE);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(BOOK, 5000);
    rig_garble(TRADE, 3000);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"tms\":1767323045100}",
        "{\"ty\":\"orderbook\",\"cd\":\"KRW-BTC\",\"obu\":[{\"ap\":1,\"bp\":1,\"as\":1}]}",
        "{\"ty\":\"orderbook\",\"obu\":[]}",
        "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\",\"tp\":1,\"tv\":1,\"ab\":\"BID\"}",
        "{\"ty\":\"ticker\",\"cd\":\"KRW-BTC\"}",
        "{\"status\":\"DOWN\"}",
        "{\"error\":1}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(names_turn_around)
{
    static const char *const names[][2] = {
        {"KRW-BTC", "BTC-KRW"}, {"BTC-ETH", "ETH-BTC"}, {"USDT-BTC", "BTC-USDT"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_upbit.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_upbit.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_upbit.spell("KRW-BTC", text), 0);
    CHECK_EQ_STR(text, "KRW-BTC");
    CHECK_EQ_I64(venue_upbit.spell("BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_upbit.spell("-BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_upbit.unify("ODD", 3, text), 0);
    CHECK_EQ_STR(text, "ODD");
}

TEST(one_text_asks_for_all)
{
    char text[8192], name[32];
    open_btc();
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_upbit.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text,
                 "[{\"ticket\":\"tapedeck\"},{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC\"]},"
                 "{\"type\":\"trade\",\"codes\":[\"KRW-BTC\"],\"isOnlyRealtime\":true},"
                 "{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\"]},{\"format\":\"SIMPLE\"}]");
    CHECK_EQ_U64(venue_upbit.subscribe(&sub, 1, text, sizeof text), 0);
    sub.channels = 0;
    CHECK_EQ_U64(venue_upbit.subscribe(&sub, 0, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_TRADES;
    for (int i = 1; i < 60; i++) {
        snprintf(name, sizeof name, "KRW-COIN%02d", i);
        rig_add(name, name, 2, 8);
    }
    venue_upbit.subscribe(&sub, 0, text, sizeof text);
    CHECK(strstr(text, "\"KRW-COIN58\",\"KRW-COIN59\"],\"isOnlyRealtime\":true},{\"format\"") !=
          NULL);
    CHECK(strstr(text, "orderbook") == NULL);
    CHECK(venue_upbit.subscribe_replaces);
    CHECK_EQ_U64(
        venue_upbit.resubscribe(instruments_peek(rig.ctx.instruments, 0), 0, text, sizeof text), 0);
    venue_upbit.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/market/all");
    venue_upbit.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/v1/ticker/all?quote_currencies=KRW,BTC,USDT");
}

TEST(as_many_codes_as_a_connection_holds_fit_a_text)
{
    enum { TEXT_MAX = 16 << 10 };
    static char text[TEXT_MAX];
    static unsigned char *mem;
    char name[32];
    unsigned most = venue_shard_symbols(&venue_upbit, 7);
    mem = malloc(instruments_footprint(most));
    struct instruments *table = instruments_init(mem, most);
    for (unsigned i = 0; i < most; i++) {
        snprintf(name, sizeof name, "KRW-LONGCOIN%03u", i);
        CHECK(instruments_add(table, 0, name, name) >= 0);
    }
    struct venue_subscription sub = {.instruments = table, .channels = 7, .every_shard = true};
    CHECK(venue_upbit.subscribe(&sub, 0, text, sizeof text) > 0);
    free(mem);
}
