/* Book and trades of one stream as they came: events in (deck, frame) order, of equal frames trades before the book (a frame of a venue holds
   one kind, but where it mixes them the tables do not say which stood first). Rows of one table keep their order: those of changes that
   waited for their base come where they were applied. One thread. */
#ifndef TD_LAKE_FEED_H
#define TD_LAKE_FEED_H

#include "base/event.h"
#include "lake/cursor.h"

/* Lineage of a row. */
struct feed_head {
    int64_t frame, recv_us, event_us, seq;
    int32_t event_ns_rem, conn;
    uint8_t origin; /* enum td_origin */
    uint8_t has_seq, flags;
};
static inline int64_t feed_event_ns(const struct feed_head *head)
{
    return head->event_us * 1000 + head->event_ns_rem;
}

struct feed_level {
    int64_t price_steps, size_steps;
    uint8_t side, flags; /* TD_SIDE_BID, TD_SIDE_ASK; of the row */
};

struct feed_event {
    bool is_trade;
    struct feed_head head; /* of the event's last row */
    /* a trade */
    int64_t price_steps, size_steps;
    uint8_t taker; /* enum td_taker */
    /* a change of the book, up to its row LAST; markers are among the levels */
    uint8_t state, first_flags; /* enum td_book_state after it; flags of its first row */
    uint32_t level_count;
    const struct feed_level *level; /* until feed_next */
};

struct feed {
    struct cursor book, trades;
    bool have_book, have_trade;      /* a row waits at the cursor */
    int64_t book_frame, trade_frame; /* greatest so far */
    struct lake_buffer levels;
};

/* tables: bits of enum stream_table, STREAM_BOOK and STREAM_TRADES. False: reading failed, feed_code says how. */
void feed_open(struct feed *feed, const struct lake_stream *stream, unsigned tables);
/* False: no more, or an error (feed_code). */
bool feed_next(struct feed *feed, struct feed_event *event);
int feed_code(const struct feed *feed);      /* exit code; the complaint is made */
int64_t feed_bytes(const struct feed *feed); /* of the segments that were opened */
void feed_close(struct feed *feed);

/* The columns that every cursor of a recorded table begins with, and the row's head by them. */
#define FEED_HEAD_NAMES                                                                            \
    "ts_recv", "ts_event", "event_ns_rem", "frame", "conn", "source", "seq", "flags"
enum { FEED_HEAD_COLUMNS = 8 };
void feed_head(const struct cursor *cursor, struct feed_head *head);

#endif
