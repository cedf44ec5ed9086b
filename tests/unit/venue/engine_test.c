#include "venue/packed.h"
#include "venue/rig.h"

extern const struct venue venue_binance, venue_coinbase, venue_kraken;

TEST(an_answer_needs_its_tab_and_status)
{
    static const char text[] = "https://x.test/products\t[]";
    rig_open(&venue_coinbase, false);
    CHECK_EQ_I64(rig_parse_http(text, sizeof text - 1), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse_http(text, 10), TD_BUCKET_MALFORMED);
    rig.frame.status = 0;
    CHECK_EQ_I64(rig_try(), TD_BUCKET_IGNORED);
}

TEST(a_bad_frame_leaves_the_sink_empty)
{
    rig_open(&venue_binance, true);
    CHECK_EQ_I64(
        rig_parse("{\"u\":14,\"s\":\"BTCUSDT\",\"b\":\"1\",\"B\":\"2\",\"a\":\"3\",\"A\":\"x\"}"),
        TD_BUCKET_MALFORMED);
    CHECK_EQ_U64(rig.sink.event_count, 0);
    CHECK_EQ_U64(rig.sink.level_count, 0);
}

/* More trades than the event array holds: flushed between two events, none lost, none doubled. */
TEST(more_events_than_the_sink_holds_are_handed_on_in_pieces)
{
    enum { TRADES = 3 * TD_BATCH_EVENTS_MAX + 7, BYTES = TRADES * 160 };
    struct td_str text = td_str_on(malloc(BYTES), BYTES);
    td_str_add(&text, "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[");
    for (int i = 0; i < TRADES; i++)
        td_str_add_format(&text,
                          "%s{\"symbol\":\"BTC/"
                          "USD\",\"side\":\"buy\",\"price\":1,\"qty\":1,\"ord_type\":\"limit\","
                          "\"trade_id\":%d,\"timestamp\":\"2026-01-02T03:04:05.678901Z\"}",
                          i ? "," : "", i + 1);
    td_str_add(&text, "]}");
    CHECK(!text.cut);
    rig_open(&venue_kraken, false);
    rig_add("BTC-USD", "BTC/USD", 1, 8);
    CHECK_EQ_I64(rig_parse_bytes(text.at, text.bytes), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.events[TD_EVENT_TRADE], TRADES);
    CHECK_EQ_U64(rig.listed, TRADES);
    CHECK_EQ_U64(rig.flushes, 3);
    free(text.at);
}

/* Two books in one frame, the second larger than the level array: both arrive whole. */
TEST(a_large_book_behind_a_small_one_is_whole)
{
    enum { LEVELS = 2 * TD_BATCH_LEVELS_MAX + 5, BYTES = LEVELS * 48 };
    struct td_str text = td_str_on(malloc(BYTES), BYTES);
    td_str_add(
        &text,
        "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"A/USD\",\"bids\":[{"
        "\"price\":1,\"qty\":1}],\"asks\":[]},{\"symbol\":\"B/USD\",\"bids\":[");
    for (int i = 0; i < LEVELS; i++)
        td_str_add_format(&text, "%s{\"price\":%d,\"qty\":1.5}", i ? "," : "", i + 1);
    td_str_add(&text, "],\"asks\":[]}]}");
    CHECK(!text.cut);
    rig_open(&venue_kraken, false);
    rig_add("A-USD", "A/USD", 1, 8);
    rig_add("B-USD", "B/USD", 1, 8);
    CHECK_EQ_I64(rig_parse_bytes(text.at, text.bytes), TD_BUCKET_OK);
    CHECK_EQ_U64(rig.events[TD_EVENT_SNAPSHOT], 2);
    CHECK_EQ_U64(rig.levels[TD_EVENT_SNAPSHOT], LEVELS + 1);
    CHECK_EQ_U64(rig.flushes, 2);
    free(text.at);
}

TEST(scales_of_two_instruments_take_two_retries)
{
    rig_open(&venue_kraken, false);
    rig_add("A-USD", "A/USD", 0, 0);
    rig_add("B-USD", "B/USD", 0, 0);
    CHECK_EQ_STR(
        rig_rows("{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"A/"
                 "USD\",\"side\":\"buy\",\"price\":1.5,"
                 "\"qty\":2.25,\"trade_id\":1},{\"symbol\":\"B/"
                 "USD\",\"side\":\"?\",\"price\":3.125,\"qty\":1,\"trade_id\":2}]}"),
        "trade A-USD ns=1767323045000000000 flags=1 taker=buy raw=buy id=1 price=1.5 size=2.25\n"
        "trade B-USD ns=1767323045000000000 flags=1 taker=unknown raw=? id=2 price=3.125 size=1\n");
    CHECK_EQ_U64(rig.retries, 2);
}

/* ---- compressed frames and answers that are not JSON ------------------------------------------------------------------- */

static struct td_text heard;

static int hear(struct venue_ctx *ctx, const struct td_frame *frame)
{
    (void)ctx;
    heard = (struct td_text){frame->payload, frame->bytes};
    return TD_BUCKET_OK;
}

static const struct venue packing = {
    .name = "packing", .parse = hear, .compression = VENUE_GZIP, .pong_text = "pong"};

static int parse_binary(const unsigned char *bytes, size_t count)
{
    heard = (struct td_text){NULL, 0};
    rig.frame = (struct td_frame){
        .payload = (const char *)bytes, .bytes = (uint32_t)count, .kind = TD_FRAME_WS_BINARY};
    return rig_try();
}

TEST(binary_frames_of_a_packing_venue_are_unpacked)
{
    unsigned char frame[128];
    rig_open(&packing, false);
    CHECK_EQ_I64(parse_binary(frame, packed_text("{\"a\":1}", frame)), TD_BUCKET_OK);
    CHECK_EQ_U64(heard.bytes, 7);
    CHECK_EQ_MEM(heard.at, "{\"a\":1}", 7);
    CHECK_EQ_I64(rig_parse("{\"a\":2}"), TD_BUCKET_OK);
    CHECK_EQ_MEM(heard.at, "{\"a\":2}", 7);
}

TEST(what_cannot_be_unpacked_reaches_no_parser)
{
    static unsigned char bomb[PACKED_BOMB_BYTES], frame[PACKED_BOMB_BYTES + 64];
    rig_open(&packing, false);
    size_t bytes = packed_text("{\"a\":1}", frame);
    CHECK_EQ_I64(parse_binary(frame, bytes - 1), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse_binary(frame, bytes + 1), TD_BUCKET_MALFORMED);
    CHECK_EQ_I64(parse_binary(frame, 0), TD_BUCKET_MALFORMED);
    packed_bomb(bomb, true);
    bytes = packed_gzip(bomb, sizeof bomb, 0, PACKED_BOMB_TEXT + 1, frame);
    CHECK_EQ_I64(parse_binary(frame, bytes), TD_BUCKET_ABSURD);
    CHECK(heard.at == NULL);
    CHECK_EQ_U64(rig.sink.event_count, 0);
}

TEST(binary_frames_of_other_venues_pass_as_they_are)
{
    struct venue plain = packing;
    plain.compression = VENUE_PLAIN;
    rig_open(&plain, false);
    CHECK_EQ_I64(parse_binary((const unsigned char *)"{}", 2), TD_BUCKET_OK);
    CHECK_EQ_MEM(heard.at, "{}", 2);
}

TEST(the_pong_text_is_ignored_by_name)
{
    unsigned char frame[128];
    rig_open(&packing, false);
    CHECK_EQ_I64(rig_parse("pong"), TD_BUCKET_IGNORED);
    CHECK_EQ_I64(parse_binary(frame, packed_text("pong", frame)), TD_BUCKET_IGNORED);
    CHECK(heard.at == NULL);
    CHECK_EQ_I64(rig_parse("pongs"), TD_BUCKET_OK);
    CHECK_EQ_I64(rig_parse("pon"), TD_BUCKET_OK);
}
