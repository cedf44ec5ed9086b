#include "venue/rig.h"

extern const struct venue venue_binance_us;

#define DEPTH                                                                                      \
    "{\"stream\":\"compusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1767323044793,"    \
    "\"s\":\"COMPUSDT\",\"U\":11,\"u\":13,\"b\":[[\"296.58000000\",\"1.40000000\"]],\"a\":[]}}"
#define AGG_TRADE                                                                                  \
    "{\"e\":\"aggTrade\",\"E\":1767323044801,\"a\":425085,\"s\":\"COMPUSDT\",\"p\":\"297.1\","     \
    "\"q\":\"2.1\",\"f\":10,\"l\":11,\"T\":1767323044800,\"m\":false,\"M\":true}"

static void open_comp(void)
{
    rig_open(&venue_binance_us, false);
    rig_add("COMP-USDT", "COMPUSDT", 2, 8);
}

/* Counts of tests/captures/venues/binance_us.py. */
TEST(the_capture_gives_exactly_what_an_independent_count_gives)
{
    rig_open(&venue_binance_us, true);
    rig_play("BINANCE_US.http.0");
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 4);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], 1685);
    rig_play("BINANCE_US.ws.1");
    CHECK_EQ_U64(rig.events[TD_EVENT_DELTA], 221);
    CHECK_EQ_U64(rig.levels[TD_EVENT_DELTA], 412);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], 9);
    CHECK_EQ_U64(rig.events[TD_EVENT_TICKER], 87);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_OK], 4 + 317);
    CHECK_EQ_U64(rig.buckets[TD_BUCKET_IGNORED], 3); /* candles */
    rig_play("BINANCE_US.symbols");
    CHECK_EQ_U64(rig.listings, 121);
}

TEST(the_capture_reads_the_same_by_scan_and_by_jsmn)
{
    rig_open(&venue_binance_us, true);
    rig_compare("BINANCE_US.ws.1", NULL);
    rig_compare("BINANCE_US.http.0", NULL);
}

TEST(hand_made_sample)
{
    open_comp();
    rig_sample("binance_us");
}

TEST(cut_or_garbled_a_message_loses_only_itself)
{
    open_comp();
    rig_truncate(DEPTH);
    rig_truncate(AGG_TRADE);
    rig_garble(DEPTH, 2000);
    rig_garble(AGG_TRADE, 2000);
    CHECK_EQ_I64(rig_parse(DEPTH), TD_BUCKET_OK);
}

static void check_volume(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK_EQ_MEM(listing->raw.at, "COMPUSDT", 8);
    CHECK_EQ_MEM(listing->volume.at, "15.3", 4);
    rig.listings++;
}

TEST(volumes_are_in_the_quote_currency)
{
    static const char list[] = "https://x.test/api/v3/ticker/24hr\t[{\"symbol\":\"COMPUSDT\","
                               "\"volume\":\"8.9\",\"quoteVolume\":\"15.3\"},{\"symbol\":\"X\"}]";
    open_comp();
    rig.ctx.listing = check_volume;
    CHECK_EQ_I64(rig_parse_http(list, sizeof list - 1), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.listings, 1);
}

TEST(texts_for_the_wire)
{
    char text[2048];
    open_comp();
    for (int i = 0; i < 59; i++) {
        snprintf(text, sizeof text, "T%dUSDT", i);
        rig_add(text, text, 2, 8);
    }
    struct venue_subscription sub = {.instruments = rig.ctx.instruments, .channels = 7};
    unsigned messages = 0;
    while (venue_binance_us.subscribe(&sub, messages, text, sizeof text) > 0)
        messages++;
    CHECK_EQ_U64(messages, 6);
    CHECK(venue_binance_us.unsubscribe(&sub, 0, text, sizeof text) > 0);
    CHECK_EQ_MEM(text, "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"compusdt@depth@100ms\",", 55);
    const struct instrument *comp = instruments_peek(rig.ctx.instruments, 0);
    venue_binance_us.trades_url("https://x.test", comp, 7, 9, text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/trades?symbol=COMPUSDT&limit=1000");
    venue_binance_us.volume_url("https://x.test", text, sizeof text);
    CHECK_EQ_STR(text, "https://x.test/api/v3/ticker/24hr");
    CHECK_EQ_U64(venue_shard_symbols(&venue_binance_us, 7), 341);
}
