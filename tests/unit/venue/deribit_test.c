#include "venue/rig.h"

extern const struct venue venue_deribit;

#define DATA(channel, data)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{\"channel\":\"" channel          \
    ".BTC-PERPETUAL.100ms\",\"data\":" data "}}"
#define SNAPSHOT                                                                                   \
    DATA("book", "{\"type\":\"snapshot\",\"timestamp\":1767323045100,\"instrument_name\":"         \
                 "\"BTC-PERPETUAL\",\"change_id\":33195894133,\"bids\":[[\"new\",101.5,2000.0]],"  \
                 "\"asks\":[[\"new\",102.0,10.0]]}")
#define CHANGE                                                                                     \
    DATA("book",                                                                                   \
         "{\"type\":\"change\",\"timestamp\":1767323045200,\"prev_change_id\":33195894133,"        \
         "\"instrument_name\":\"BTC-PERPETUAL\",\"change_id\":33195894765,\"bids\":[["             \
         "\"delete\",101.0,0.0],[\"change\",101.5,1990.0]],\"asks\":[]}")
#define TRADES                                                                                     \
    DATA("trades", "[{\"trade_seq\":30289442,\"trade_id\":\"48079269\",\"timestamp\":"             \
                   "1767323045299,\"price\":101.5,\"instrument_name\":\"BTC-PERPETUAL\","          \
                   "\"direction\":\"sell\",\"amount\":10.0}]")
#define TICKER                                                                                     \
    DATA("ticker", "{\"timestamp\":1767323045400,\"stats\":{\"volume\":193.4,\"low\":99.0,"        \
                   "\"high\":null},\"last_price\":102.0,\"instrument_name\":\"BTC-PERPETUAL\"}")
#define TEST_REQUEST                                                                               \
    "{\"jsonrpc\":\"2.0\",\"method\":\"heartbeat\",\"params\":{\"type\":\"test_request\"}}"

static void open_btc(void)
{
    rig_open(&venue_deribit, false);
    rig_add("BTC-USD-PERP", "BTC-PERPETUAL", 1, 0);
}

/* Counts of tests/captures/venues/deribit.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_deribit, true);
    rig_play("DERIBIT.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 10);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 108);
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 23);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 27);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 56);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 10 + 23 + 56);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 1);
    rig_play("DERIBIT.symbols");
    CHECK_EQ_U64(rig.listings, 398 + 426 + 177 + 16);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_deribit, true);
    rig_compare("DERIBIT.ws.1", NULL);
}

TEST(each_change_of_the_capture_names_its_predecessor)
{
    int64_t last[RIG_INSTRUMENTS] = {0};
    unsigned links = 0;
    rig_open(&venue_deribit, true);
    struct rig_file file = rig_capture("DERIBIT.ws.1");
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        for (uint32_t i = 0; i < rig.sink.event_count; i++) {
            const struct td_event *event = &rig.sink.event[i];
            if (event->kind == TD_EVENT_DELTA) {
                CHECK_EQ_I64(event->seq_prev, last[event->instrument]);
                links++;
            }
            if (event->kind <= TD_EVENT_DELTA)
                last[event->instrument] = event->seq_last;
        }
    }
    free(file.text);
    CHECK_EQ_U64(links, 23);
}

TEST(hand_made_sample)
{
    open_btc();
    rig_add("BTC-20261225-50000-C", "BTC-25DEC26-50000-C", 4, 1);
    rig_sample("deribit");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    static const char *const texts[] = {SNAPSHOT, CHANGE, TRADES, TICKER};
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
        listing->strike};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        td_str_add_format(&out, "%.*s ", (int)texts[i].bytes, texts[i].at ? texts[i].at : "");
    td_str_add_format(&out, "%d %d %" PRId64 "\n", listing->kind, listing->option,
                      listing->expiry_ns);
}

TEST(listings_say_what_each_is)
{
#define ENTRY(kind, name, quote, more)                                                             \
    "{\"kind\":\"" kind "\",\"instrument_name\":\"" name                                           \
    "\",\"base_currency\":\"BTC\",\"quote_currency\":\"" quote                                     \
    "\",\"tick_size\":0.5,\"min_trade_amount\":10.0,\"is_active\":true,"                           \
    "\"expiration_timestamp\":1798185600000," more "}"
    static const char list[] =
        "https://x.test/api/v2/public/"
        "get_instruments?currency=BTC\t{\"result\":[" ENTRY("future", "BTC-PERPETUAL", "USD", "\"settlement_period\":\"perpetual\"") "," ENTRY(
            "future", "BTC-25DEC26", "USD",
            "\"settlement_period\":\"month\"") "," ENTRY("option",
                                                         "BTC-25DEC26-50000-"
                                                         "C",
                                                         "BTC",
                                                         "\"option_type\":"
                                                         "\"call\","
                                                         "\"strike\":50000."
                                                         "0") "," ENTRY("spo"
                                                                        "t",
                                                                        "BTC"
                                                                        "_US"
                                                                        "DC",
                                                                        "USD"
                                                                        "C",
                                                                        "\"s"
                                                                        "tat"
                                                                        "e\""
                                                                        ":\""
                                                                        "ope"
                                                                        "n"
                                                                        "\"") "," ENTRY("future_"
                                                                                        "combo",
                                                                                        "BTC-FS-"
                                                                                        "25DEC26_"
                                                                                        "PERP",
                                                                                        "USD",
                                                                                        "\"x\":1") "]}";
    open_btc();
    listed[0] = '\0';
    rig.ctx.listing = note_listing;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_STR(listed,
                 "BTC-PERPETUAL BTC USD open 0.5 10.0 1 USD  1 0 0\n"
                 "BTC-25DEC26 BTC USD open 0.5 10.0 1 USD  2 0 1798185600000000000\n"
                 "BTC-25DEC26-50000-C BTC BTC open 0.5 10.0   50000.0 3 1 1798185600000000000\n"
                 "BTC_USDC BTC USDC open 0.5 10.0    0 0 0\n");
}

TEST(names_go_both_ways)
{
    static const char *const names[][2] = {
        {"BTC-PERPETUAL", "BTC-USD-PERP"},
        {"UNI_USDC-PERPETUAL", "UNI-USDC-PERP"},
        {"BTC-25DEC26", "BTC-USD-20261225"},
        {"BTC_USDC-5JUN26", "BTC-USDC-20260605"},
        {"BTC_USDC", "BTC-USDC"},
        {"BTC-25DEC26-50000-C", "BTC-20261225-50000-C"},
        {"ETH-5JUN26-1500-P", "ETH-20260605-1500-P"},
        {"XRP_USDC-5JUN26-0d625-C", "XRP_USDC-20260605-0D625-C"}};
    char text[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ_I64(venue_deribit.unify(names[i][0], strlen(names[i][0]), text), 0);
        CHECK_EQ_STR(text, names[i][1]);
        CHECK_EQ_I64(venue_deribit.spell(names[i][1], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
        CHECK_EQ_I64(venue_deribit.spell(names[i][0], text), 0);
        CHECK_EQ_STR(text, names[i][0]);
    }
    CHECK_EQ_I64(venue_deribit.spell("BTC", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_deribit.spell("", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_deribit.spell("BTC-USD-SPOT", text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_deribit.unify("", 0, text), TD_E_VENUE_SYMBOL);
    CHECK_EQ_I64(venue_deribit.unify("BTC-FS-25DEC26_PERP", 19, text), 0);
    CHECK_EQ_STR(text, "BTC-FS-25DEC26-PERP");
}

TEST(a_test_request_is_answered_and_nothing_else)
{
    char text[256];
    struct td_text asks = {TEST_REQUEST, sizeof TEST_REQUEST - 1};
    struct td_text book = {SNAPSHOT, sizeof SNAPSHOT - 1};
    CHECK(venue_deribit.answer(asks, text, sizeof text) > 0);
    CHECK_EQ_STR(text, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"public/test\",\"params\":{}}");
    CHECK_EQ_U64(venue_deribit.answer(asks, text, 16), 0);
    CHECK_EQ_U64(venue_deribit.answer(book, text, sizeof text), 0);
}

TEST(texts_for_the_wire)
{
    char text[16 << 10];
    open_btc();
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
#define CALL(id, method)                                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"public/" method "\",\"params\":{"
    venue_deribit.subscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, CALL("0", "set_heartbeat") "\"interval\":30}}");
    venue_deribit.subscribe(&sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, CALL("1", "subscribe") "\"channels\":[\"book.BTC-PERPETUAL.100ms\",\"trades."
                                              "BTC-PERPETUAL.100ms\",\"ticker.BTC-PERPETUAL.100ms\""
                                              "]}}");
    CHECK_EQ_U64(venue_deribit.subscribe(&sub, 2, text, sizeof text), 0);
    sub.channels = 1u << TD_CHANNEL_TICKER;
    venue_deribit.unsubscribe(&sub, 0, text, sizeof text);
    CHECK_EQ_STR(text, CALL("1", "unsubscribe") "\"channels\":[\"ticker.BTC-PERPETUAL.100ms\"]}}");
    const struct instrument *btc = instruments_peek(rig.ctx.instruments, 0);
    venue_deribit.resubscribe(btc, 0, text, sizeof text);
    CHECK_EQ_STR(text, CALL("1", "unsubscribe") "\"channels\":[\"book.BTC-PERPETUAL.100ms\"]}}");
    venue_deribit.resubscribe(btc, 1, text, sizeof text);
    CHECK_EQ_STR(text, CALL("2", "subscribe") "\"channels\":[\"book.BTC-PERPETUAL.100ms\"]}}");
    CHECK_EQ_U64(venue_deribit.resubscribe(btc, 2, text, sizeof text), 0);
    venue_deribit.trades_url("https://x.test", btc, 7, 9, text, sizeof text);
    CHECK_EQ_STR(text,
                 "https://x.test/api/v2/public/"
                 "get_last_trades_by_instrument?instrument_name=BTC-PERPETUAL&start_seq=7&end_"
                 "seq=9&count=1000&sorting=asc");
    venue_deribit.list_url("https://x.test", &sub, 1, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v2/public/get_instruments?currency=ETH&expired=false");
    CHECK_EQ_U64(venue_deribit.list_url("https://x.test", &sub, 4, text, sizeof text), 0);
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "BTC-25DEC26-%d-C", 10000 + i);
        rig_add(text, text, 2, 8);
    }
    unsigned texts = 0;
    sub.channels = 7;
    while (venue_deribit.subscribe(&sub, texts, text, sizeof text) > 0)
        texts++;
    CHECK_EQ_U64(texts, 1 + 3);
    CHECK_EQ_U64(venue_shard_symbols(&venue_deribit, 7), 166);
}
