#include "lake/feed.h"

#include <string.h>

#include "lake/verb.h"
#include "segment/column_from.h"

enum { PRICE = FEED_HEAD_COLUMNS, SIZE, PRICE_TEXT, SIZE_TEXT, SIDE, STATE };
static const char *const book_names[] = {FEED_HEAD_NAMES, "price", "size",       "price_text",
                                         "size_text",     "side",  "book_state", NULL};
static const char *const trade_names[] = {FEED_HEAD_NAMES, "price", "size", "price_text",
                                          "size_text",     "side",  NULL};

void feed_head(const struct cursor *cursor, struct feed_head *head)
{
    unsigned words;
    int64_t rem = 0, conn = 0, flags = 0;
    *head = (struct feed_head){0};
    cursor_whole(cursor, 0, &head->recv_us);
    cursor_whole(cursor, 1, &head->event_us);
    cursor_whole(cursor, 2, &rem);
    cursor_whole(cursor, 3, &head->frame);
    cursor_whole(cursor, 4, &conn);
    int origin = cursor_word(cursor, 5, schema_words(LIST_SOURCE, &words));
    head->has_seq = cursor_whole(cursor, 6, &head->seq);
    cursor_whole(cursor, 7, &flags);
    head->event_ns_rem = (int32_t)rem;
    head->conn = (int32_t)conn;
    head->origin = (uint8_t)(origin < 0 ? 0 : origin);
    head->flags = (uint8_t)flags;
}

static void advance(struct cursor *cursor, bool *have, int64_t *frame)
{
    int64_t next;
    *have = cursor_next(cursor);
    if (*have && cursor_whole(cursor, 3, &next) && next > *frame)
        *frame = next;
}

void feed_open(struct feed *feed, const struct lake_stream *stream, unsigned tables)
{
    struct lake_stream none = {.price_scale = 0};
    memset(feed, 0, sizeof *feed);
    cursor_open(&feed->book, tables >> STREAM_BOOK & 1 ? stream : &none, STREAM_BOOK, book_names);
    cursor_open(&feed->trades, tables >> STREAM_TRADES & 1 ? stream : &none, STREAM_TRADES,
                trade_names);
    feed->book.stream = feed->trades.stream = stream;
    advance(&feed->book, &feed->have_book, &feed->book_frame);
    advance(&feed->trades, &feed->have_trade, &feed->trade_frame);
}

int feed_code(const struct feed *feed)
{
    return verb_worse(feed->book.code, feed->trades.code);
}

int64_t feed_bytes(const struct feed *feed)
{
    return feed->book.bytes + feed->trades.bytes;
}

void feed_close(struct feed *feed)
{
    cursor_close(&feed->book);
    cursor_close(&feed->trades);
    lake_buffer_free(&feed->levels);
}

static bool take_trade(struct feed *feed, struct feed_event *event)
{
    struct cursor *cursor = &feed->trades;
    unsigned words;
    event->is_trade = true;
    feed_head(cursor, &event->head);
    event->taker = (uint8_t)(cursor_word(cursor, SIDE, schema_words(LIST_TAKER, &words)) + 1);
    bool good = cursor_steps(cursor, PRICE, PRICE_TEXT, true, &event->price_steps) &&
                cursor_steps(cursor, SIZE, SIZE_TEXT, false, &event->size_steps);
    if (good)
        advance(cursor, &feed->have_trade, &feed->trade_frame);
    return good;
}

/* One row of the book; false when it cannot be taken. */
static bool take_level(struct feed *feed, struct feed_event *event)
{
    struct cursor *cursor = &feed->book;
    struct feed_level level = {0};
    unsigned words;
    feed_head(cursor, &event->head);
    level.flags = event->head.flags;
    int ask = cursor_word(cursor, SIDE, schema_words(LIST_BOOK_SIDE, &words)) == 1;
    int state = cursor_word(cursor, STATE, schema_words(LIST_BOOK_STATE, &words));
    level.side = ask ? TD_SIDE_ASK : TD_SIDE_BID;
    event->state = (uint8_t)(state < 0 ? TD_BOOK_BROKEN : state);
    if (!event->level_count++)
        event->first_flags = level.flags;
    if (!cursor_steps(cursor, PRICE, PRICE_TEXT, true, &level.price_steps) ||
        !cursor_steps(cursor, SIZE, SIZE_TEXT, false, &level.size_steps))
        return false;
    if (lake_append(&feed->levels, &level, sizeof level) < 0) {
        cursor->code = verb_exit(TD_E_NO_MEMORY);
        verb_complain(NULL, "no memory for the levels of one change");
        return false;
    }
    advance(cursor, &feed->have_book, &feed->book_frame);
    return true;
}

static bool next_clears(const struct feed *feed)
{
    int64_t flags = 0;
    cursor_whole(&feed->book, 7, &flags);
    return flags & TD_ROW_CLEAR;
}

/* Rows up to LAST; an image that was cut short ends where the next one clears. */
static bool take_book(struct feed *feed, struct feed_event *event)
{
    event->is_trade = false;
    event->level_count = 0;
    feed->levels.bytes = 0;
    do {
        if (!take_level(feed, event))
            return false;
    } while (!(event->head.flags & TD_ROW_LAST) && feed->have_book && !next_clears(feed));
    event->level = (const struct feed_level *)(void *)feed->levels.data;
    return true;
}

bool feed_next(struct feed *feed, struct feed_event *event)
{
    if (feed_code(feed))
        return false;
    if (feed->have_trade && (!feed->have_book || feed->trade_frame <= feed->book_frame))
        return take_trade(feed, event);
    return feed->have_book && take_book(feed, event);
}
