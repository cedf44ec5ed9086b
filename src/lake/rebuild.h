/* A recorded stream brought to life again: its book, and the feature engine fed as the core feeds it, so that the same calls give the same rows
   (features.h). In two steps, so that the state before an event can be looked at. One thread. */
#ifndef TD_LAKE_REBUILD_H
#define TD_LAKE_REBUILD_H

#include "features/features.h"
#include "lake/feed.h"

struct rebuild {
    const struct lake_stream *stream;
    struct feed feed;
    struct feed_event event;
    struct lake_buffer pool_memory, book_memory, engine_memory;
    struct book *book;
    struct features *features;   /* NULL: none was asked for */
    int price_scale, size_scale; /* as the recorder had them then: they become finer */
    struct cursor scales;        /* rows of instruments */
    bool have_scale;             /* one waits */
    bool proven;
    uint64_t rows; /* of the segments */
    int code;      /* exit code, sticky; the complaint is made */
};

enum rebuild_what {
    REBUILD_TRADE, /* fed, unless it is an old one told again or filled in later */
    REBUILD_FIRED, /* a change of a proven, two-sided book: the engine has a row (without one: it would) */
    REBUILD_IMAGE,    /* the book was replaced and is proven */
    REBUILD_WITHHELD, /* proven, but one-sided, locked or crossed; or only marked */
    REBUILD_UNPROVEN
};

/* Tables that a rebuild reads beside book and trades, for streams_find. */
enum { REBUILD_ALSO = 1 << STREAM_INSTRUMENTS };

/* params NULL: without an engine. tables: STREAM_BOOK, STREAM_TRADES. Exit code. */
int rebuild_open(struct rebuild *rebuild, const struct lake_stream *stream, unsigned tables,
                 const struct features_params *params);
/* The next event, not applied yet. Its steps are of the stream's scales, the book's of the rebuild's. False: no more, or rebuild->code. */
bool rebuild_next(struct rebuild *rebuild);
enum rebuild_what rebuild_apply(struct rebuild *rebuild);
/* Both sides are there and do not meet. */
bool rebuild_two_sided(const struct rebuild *rebuild);
void rebuild_close(struct rebuild *rebuild);

#endif
