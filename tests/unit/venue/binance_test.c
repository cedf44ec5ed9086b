#include "venue/rig.h"

extern const struct venue venue_binance;

#define DEPTH                                                                                      \
    "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1767323045100,"     \
    "\"s\":\"BTCUSDT\","                                                                           \
    "\"U\":11,\"u\":13,\"b\":[[\"101.40000000\",\"2.00000000\"]],\"a\":[[\"101.50000000\",\"0."    \
    "00000000\"]]}}"
#define RAW_DEPTH                                                                                  \
    "{\"e\":\"depthUpdate\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"U\":11,\"u\":13,"              \
    "\"b\":[[\"101.40000000\",\"2.00000000\"]],\"a\":[[\"101.50000000\",\"0.00000000\"]]}"
#define TRADE                                                                                      \
    "{\"e\":\"trade\",\"E\":1767323045201,\"s\":\"BTCUSDT\",\"t\":7,\"p\":\"101.50000000\",\"q\":" \
    "\"0.04000000\","                                                                              \
    "\"T\":1767323045200,\"m\":false,\"M\":true}"
#define BOOK_TICKER                                                                                \
    "{\"u\":14,\"s\":\"BTCUSDT\",\"b\":\"101.40000000\",\"B\":\"2.00000000\",\"a\":\"101."         \
    "50000000\","                                                                                  \
    "\"A\":\"0.21000000\"}"

static void open_btc(void)
{
    rig_open(&venue_binance, false);
    rig_add("BTC-USDT", "BTCUSDT", 2, 8);
}

/* Counts of tests/compat/count_captures.py. */
TEST(the_short_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_binance, true);
    rig_play("BINANCE.http.0");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 4);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 4648);
    rig_play("BINANCE.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 4);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 113);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 276);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 1);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 61);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 4 + 175);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 1);
    CHECK_EQ_I64(instruments_count(rig.ctx.instruments), 4);
}

TEST(the_long_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_binance, true);
    rig_play("BINANCE_BTCUSDT_2024.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 1);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 2000);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 3451);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 124090);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 9757);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 28039);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 41248);
    CHECK_EQ_STR(instruments_peek(rig.ctx.instruments, 0)->symbol, "BTC-USDT");
}

TEST(the_captures_read_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_binance, true);
    rig_compare("BINANCE.ws.1", NULL);
    rig_compare("BINANCE.http.0", NULL);
    rig_compare("BINANCE_BTCUSDT_2024.ws.1", NULL);
}

TEST(the_symbol_list_names_every_symbol)
{
    rig_open(&venue_binance, false);
    rig_play("BINANCE.symbols");
    CHECK_EQ_U64(rig.listings, 1695);
}

static void check_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "BTCUSDT", 7);
    CHECK_EQ_MEM(listing->base.at, "BTC", 3);
    CHECK_EQ_MEM(listing->quote.at, "USDT", 4);
    CHECK_EQ_MEM(listing->status.at, "TRADING", 7);
    CHECK_EQ_MEM(listing->price_step.at, "0.01", 4);
    CHECK_EQ_MEM(listing->size_step.at, "0.00001", 7);
    rig.listings++;
}

TEST(a_listing_carries_its_steps)
{
    static const char list[] = "https://x.test/api/v3/"
                               "exchangeInfo\t{\"timezone\":\"UTC\",\"symbols\":[{\"symbol\":"
                               "\"BTCUSDT\",\"status\":\"TRADING\","
                               "\"baseAsset\":\"BTC\",\"quoteAsset\":\"USDT\",\"filters\":[{"
                               "\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.00001\"},"
                               "{\"filterType\":\"PRICE_FILTER\",\"tickSize\":\"0.01\"}]}]}";
    open_btc();
    rig.ctx.listing = check_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 1);
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 2), TD_BUCKET_MALFORMED);
    CHECK_EQ_U64(rig.listings, 1);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_sample("binance");
}

TEST(cut_anywhere_a_message_gives_nothing)
{
    open_btc();
    rig_truncate(DEPTH);
    rig_truncate(RAW_DEPTH);
    rig_truncate(TRADE);
    rig_truncate(BOOK_TICKER);
}

TEST(garbled_messages_read_the_same_both_ways)
{
    open_btc();
    rig_garble(DEPTH, 3000);
    rig_garble(RAW_DEPTH, 3000);
    rig_garble(TRADE, 3000);
    rig_garble(BOOK_TICKER, 3000);
}

TEST(a_base_cut_anywhere_gives_nothing)
{
    static const char base[] =
        "https://x.test/api/v3/depth?symbol=BTCUSDT&limit=5000\t{\"lastUpdateId\":12,"
        "\"bids\":[[\"101.40\",\"1.5\"]],\"asks\":[[\"101.50\",\"0.2\"]]}";
    open_btc();
    CHECK_EQ_I64(rig_parse_http(base, sizeof base - 1), TD_BUCKET_OK);
    for (size_t bytes = 0; bytes < sizeof base - 1; bytes++) {
        char *copy = malloc(bytes ? bytes : 1);
        memcpy(copy, base, bytes);
        CHECK_EQ_I64(rig_parse_http(copy, bytes), TD_BUCKET_MALFORMED);
        free(copy);
    }
}

TEST(other_answers_are_ignored)
{
    static const char other[] = "https://x.test/api/v3/time\t{\"serverTime\":1}";
    static const char stranger[] =
        "https://x.test/api/v3/depth?symbol=ETHUSDT\t{\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}";
    open_btc();
    CHECK_EQ_I64(rig_parse_http(other, sizeof other - 1), TD_BUCKET_IGNORED);
    CHECK_EQ_I64(rig_parse_http(stranger, sizeof stranger - 1), TD_BUCKET_IGNORED);
    rig.frame.status = 429;
    CHECK_EQ_I64(rig_try(), TD_BUCKET_IGNORED);
}

TEST(what_is_no_message_is_malformed)
{
    static const char *const bad[] = {
        "{\"e\":\"depthUpdate\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"U\":11,\"b\":[],\"a\":[]}",
        "{\"e\":\"depthUpdate\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"U\":11,\"u\":-3,\"b\":[],"
        "\"a\":[]}",
        "{\"e\":\"depthUpdate\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[]}",
        "{\"e\":\"depthUpdate\",\"E\":1767323045100,\"U\":11,\"u\":12,\"b\":[],\"a\":[]}",
        "{\"e\":\"trade\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"t\":7,\"p\":null,\"q\":\"1\","
        "\"T\":1,\"m\":true}",
        "{\"e\":\"trade\",\"E\":1767323045100,\"s\":\"BTCUSDT\",\"p\":\"1\",\"q\":\"1\",\"T\":"
        "1767323045100,\"m\":true}",
        "{\"stream\":\"x\",\"data\":[]}",
        "{\"stream\":\"x\",\"data\":{\"result\":null,\"id\":1}}",
        "{\"id\":1}",
        "[1,2]"};
    open_btc();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(rig_rows(bad[i]), "malformed") != 0)
            FAIL("%s was taken: %s", bad[i], rig_rows(bad[i]));
}

TEST(a_trade_without_its_maker_flag_has_no_side)
{
    open_btc();
    CHECK_EQ_STR(
        rig_rows("{\"e\":\"trade\",\"E\":1767323045201,\"s\":\"BTCUSDT\",\"t\":7,\"p\":\"1\",\"q\":"
                 "\"2\","
                 "\"T\":1767323045200}"),
        "trade BTC-USDT ns=1767323045200000000 flags=0 taker=unknown raw= id=7 price=1 size=2\n");
}

TEST(names_find_their_quote)
{
    static const char *const names[][2] = {
        {"BTCUSDT", "BTC-USDT"}, {"BLZETH", "BLZ-ETH"},     {"RUNEEUR", "RUNE-EUR"},
        {"ETHBTC", "ETH-BTC"},   {"BTCFDUSD", "BTC-FDUSD"}, {"USDT", "USDT"},
        {"ODD", "ODD"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_binance.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_binance.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_binance.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_binance.unify("AVERYLONGNAMEOFTHIRTYNINECHARACTERSUSDT", 39, text),
                 TD_E_VENUE_SYMBOL);
}

TEST(texts_for_the_wire)
{
    char text[1024];
    open_btc();
    rig_add("ETH-BTC", "ETHBTC", 2, 8);
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    venue_binance.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@depth@100ms\",\"btcusdt@"
                       "trade\",\"btcusdt@bookTicker\","
                       "\"ethbtc@depth@100ms\",\"ethbtc@trade\",\"ethbtc@bookTicker\"],\"id\":1}");
    sub.channels = 1u << TD_CHANNEL_TRADES;
    venue_binance.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(
        text,
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\",\"ethbtc@trade\"],\"id\":1}");
    CHECK_EQ_U64(venue_binance.subscribe(&sub, 1, text, sizeof text), 0);
    venue_binance.base_url("https://x.test", instruments_peek(rig.ctx.instruments, 0), text,
                           sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/depth?symbol=BTCUSDT&limit=5000");
    venue_binance.list_url("https://x.test", NULL, 0, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/exchangeInfo");
    CHECK_EQ_U64(venue_binance.list_url("https://x.test", NULL, 0, text, 8), 0);
}

TEST(a_notice_of_its_end_is_said)
{
    rig_open(&venue_binance, false);
    CHECK_EQ_STR(rig_rows("{\"e\":\"serverShutdown\",\"E\":1767323045201}"), "ignored");
    CHECK(rig.sink.leaving);
    CHECK_EQ_STR(rig_rows("{\"e\":\"contractInfo\",\"E\":1767323045201}"), "ignored");
    CHECK(!rig.sink.leaving);
    CHECK_EQ_STR(
        rig_rows(
            "{\"stream\":\"!shutdown\",\"data\":{\"e\":\"serverShutdown\",\"E\":1767323045201}}"),
        "ignored");
    CHECK(rig.sink.leaving);
}
