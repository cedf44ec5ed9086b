/* A parser with its books on one feed: the first stages of the recorder on one thread, without rows. lane_open() walks through the feed once,
   so that symbols and scales are known before any time is taken. Memory lives until the program ends. */
#ifndef TEST_BENCH_LANE_H
#define TEST_BENCH_LANE_H

#include "book/book.h"
#include "feed.h"
#include "venue/venue.h"

enum { LANE_SYMBOLS_MAX = 64 };

struct lane {
    const struct feed *feed;
    const struct venue *venue;
    struct venue_ctx ctx;
    struct venue_sink sink;
    struct book *book[LANE_SYMBOLS_MAX];
    bool apply;            /* levels go into the books */
    struct td_level *kept; /* when not NULL: levels are kept here too */
    uint16_t *kept_book;
    size_t kept_count;
    uint64_t events, levels;
};

void lane_open(struct lane *lane, const struct feed *feed);
/* One frame through the parser; its events are counted, and applied or kept as the lane says. */
void lane_parse(struct lane *lane, const struct feed_message *message);
/* Empty books, then the bases. Not to be timed. */
void lane_rewind(struct lane *lane);

#endif
