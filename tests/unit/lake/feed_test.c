#include "lake/feed.h"

#include "lake/verb.h"
#include "segments.h"
#include "test.h"

/* Frames 10, 20, ... of the book; trades of 5, 10, 20, 25; rows of 20 are of two changes, the last of which spans two rows. */
static void head_of(struct segments *s, uint64_t frame)
{
    int64_t now = SEGMENTS_START_NS + (int64_t)frame * 1000000;
    struct row_head head = {.frame = frame, .recv_ns = now, .event_ns = now - 999, .conn = 3};
    segments_head(s, &head);
}

static void book_row(struct segments *s, uint64_t frame, int64_t price, uint8_t flags)
{
    head_of(s, frame);
    struct row_book *row = groups_append(s->groups, s->book);
    row->side = TD_SIDE_ASK;
    row->price = td_steps_to_double(price, 2);
    row->size = td_steps_to_double(7, 8);
    row->flags = flags;
    row->state = TD_BOOK_PROVEN;
}

static void trade_row(struct segments *s, uint64_t frame, uint8_t taker)
{
    head_of(s, frame);
    struct row_trade *row = groups_append(s->groups, s->trades);
    row->price = td_steps_to_double(100, 2);
    row->size = td_steps_to_double(5, 8);
    row->taker = taker;
    row->flags = TD_ROW_LAST;
}

static void write_rows(const char *dir)
{
    static struct segments s;
    segments_open(&s, dir);
    trade_row(&s, 5, TD_TAKER_BUY);
    book_row(&s, 10, 1000, TD_ROW_CLEAR | TD_ROW_SNAPSHOT | TD_ROW_LAST);
    trade_row(&s, 10, TD_TAKER_SELL);
    book_row(&s, 20, 1001, TD_ROW_LAST);
    book_row(&s, 20, 1002, 0);
    book_row(&s, 20, 1003, TD_ROW_LAST);
    trade_row(&s, 20, TD_TAKER_UNKNOWN);
    book_row(&s, 15, 1004, TD_ROW_LAST); /* held back, applied behind 20 */
    trade_row(&s, 25, TD_TAKER_BUY);
    book_row(&s, 30, 1005, TD_ROW_LAST);
    groups_seal_all(s.groups, GROUPS_SEAL_STOP, 31);
    segments_drain(&s);
    free(s.memory[0]);
    free(s.memory[1]);
}

static void find(struct streams *streams, const char *dir, unsigned tables)
{
    char *path = (char *)dir;
    struct streams_request request = {.path = &path, .path_count = 1, .tables = tables};
    *streams = (struct streams){0};
    CHECK_EQ_I64(streams_find(streams, &request), EXIT_FINE);
}

TEST(events_come_in_the_order_of_frames_trades_first)
{
    static const struct {
        bool is_trade;
        int64_t frame, price;
        uint32_t levels;
    } want[] = {{true, 5, 100, 0},    {true, 10, 100, 0},   {false, 10, 1000, 1},
                {true, 20, 100, 0},   {false, 20, 1001, 1}, {false, 20, 1002, 2},
                {false, 15, 1004, 1}, {true, 25, 100, 0},   {false, 30, 1005, 1}};
    struct streams streams;
    struct feed feed;
    struct feed_event event;
    const char *dir = test_tmpdir();
    write_rows(dir);
    find(&streams, dir, 1 << STREAM_BOOK | 1 << STREAM_TRADES);
    CHECK_EQ_U64(streams.count, 1);
    CHECK_EQ_STR(streams.stream[0].deck, "test_deck");
    feed_open(&feed, &streams.stream[0], 1 << STREAM_BOOK | 1 << STREAM_TRADES);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        CHECK(feed_next(&feed, &event));
        CHECK_EQ_I64(event.is_trade, want[i].is_trade);
        CHECK_EQ_I64(event.head.frame, want[i].frame);
        CHECK_EQ_I64(event.is_trade ? event.price_steps : event.level[0].price_steps,
                     want[i].price);
        if (!event.is_trade) {
            CHECK_EQ_U64(event.level_count, want[i].levels);
            CHECK_EQ_I64(event.level[0].side, TD_SIDE_ASK);
            CHECK_EQ_I64(event.state, TD_BOOK_PROVEN);
        }
    }
    CHECK(!feed_next(&feed, &event));
    CHECK_EQ_I64(feed_code(&feed), EXIT_FINE);
    feed_close(&feed);
    streams_free(&streams);
}

TEST(what_a_row_says_of_itself)
{
    struct streams streams;
    struct feed feed;
    struct feed_event event;
    const char *dir = test_tmpdir();
    write_rows(dir);
    find(&streams, dir, 1 << STREAM_TRADES);
    feed_open(&feed, &streams.stream[0], 1 << STREAM_TRADES);
    CHECK(feed_next(&feed, &event));
    CHECK_EQ_I64(event.taker, TD_TAKER_BUY);
    CHECK_EQ_I64(event.size_steps, 5);
    CHECK_EQ_I64(event.head.conn, 3);
    CHECK_EQ_I64(feed_event_ns(&event.head), SEGMENTS_START_NS + 5000000 - 999);
    CHECK(feed_next(&feed, &event));
    CHECK_EQ_I64(event.taker, TD_TAKER_SELL);
    CHECK(feed_next(&feed, &event));
    CHECK_EQ_I64(event.taker, TD_TAKER_UNKNOWN);
    CHECK(feed_next(&feed, &event));
    CHECK(!feed_next(&feed, &event));
    feed_close(&feed);
    streams_free(&streams);
}

/* Instruments come with others; alone they are no stream. */
TEST(a_stream_of_instruments_alone_is_none)
{
    static struct segments s;
    struct streams streams;
    const char *dir = test_tmpdir();
    segments_open(&s, dir);
    head_of(&s, 1);
    segments_instrument_row(&s);
    groups_seal_all(s.groups, GROUPS_SEAL_STOP, 2);
    segments_drain(&s);
    free(s.memory[0]);
    free(s.memory[1]);
    find(&streams, dir, 1 << STREAM_BOOK | 1 << STREAM_INSTRUMENTS);
    CHECK_EQ_U64(streams.count, 0);
    streams_free(&streams);
}
