/* Table frames: a row for each message, more for a long one, none where they are off or shed. tests/cli/frames_test.sh compares the bytes. */
#include "core_bench.h"

static void start_frames(bool frames)
{
    const char *symbols[] = {"BTC-USD"};
    start_with("coinbase", symbols, 1, &(struct core_params){.frames = frames});
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

TEST(every_message_has_a_row_whatever_its_bucket)
{
    start_frames(true);
    CHECK_EQ_U64(rows(ROW_FRAMES), 0); /* a connection is no message */
    text(snapshot);
    text("not JSON");
    text("{\"type\":\"subscriptions\",\"channels\":[]}");
    step(TD_FRAME_SENT, "{\"type\":\"subscribe\"}", 0);
    step(TD_FRAME_HTTP, "https://api.exchange.coinbase.com/products\t[]", 200);
    step(TD_FRAME_HTTP, "https://api.exchange.coinbase.com/products\t", 0);
    step(TD_FRAME_WS_TEXT, "", 0);
    CHECK_EQ_U64(rows(ROW_FRAMES), 7);
    ticks(3);
    CHECK_EQ_U64(rows(ROW_FRAMES), 7);
}

TEST(nothing_is_kept_where_frames_are_off)
{
    start_frames(false);
    text(snapshot);
    step(TD_FRAME_SENT, "{\"type\":\"subscribe\"}", 0);
    CHECK_EQ_U64(rows(ROW_FRAMES), 0);
}

TEST(a_long_message_stands_in_several_rows)
{
    static char payload[5 * GROUPS_BYTES_MAX + 1];
    static const unsigned bytes[] = {GROUPS_BYTES_MAX, GROUPS_BYTES_MAX + 1, 5 * GROUPS_BYTES_MAX};
    static const unsigned parts[] = {1, 2, 5};
    start_frames(true);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t before = rows(ROW_FRAMES);
        memset(payload, 'x', sizeof payload);
        payload[bytes[i]] = '\0';
        text(payload);
        CHECK_EQ_U64(rows(ROW_FRAMES), before + parts[i]);
    }
}

TEST(frames_are_the_first_that_a_full_disk_costs)
{
    start_frames(true);
    text(snapshot);
    step(TD_FRAME_SHED, "level=2 free_mb=1", 0);
    text("not JSON");
    CHECK_EQ_U64(rows(ROW_FRAMES), 1);
    step(TD_FRAME_SHED, "level=0", 0);
    text("not JSON");
    CHECK_EQ_U64(rows(ROW_FRAMES), 2);
}
