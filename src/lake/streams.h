/* What was recorded, by stream: one deck's rows of one instrument, with its segments of each table in the order of writing. Footers are
   read, values are not. One thread. */
#ifndef TD_LAKE_STREAMS_H
#define TD_LAKE_STREAMS_H

#include "lake/files.h"
#include "segment/path.h"

/* Instruments come with the others: a stream of nothing else is none. */
enum stream_table {
    STREAM_BOOK,
    STREAM_TRADES,
    STREAM_TICKER,
    STREAM_PREDICTIONS,
    STREAM_INSTRUMENTS,
    STREAM_TABLES
};

struct stream_file {
    const char *path;
    int64_t frame_first, frame_last, rows, bytes;
    int price_scale, size_scale;
};

struct lake_stream {
    char deck[TD_DECK_NAME_MAX], exchange[PATH_VALUE_MAX], symbol[PATH_VALUE_MAX];
    int price_scale, size_scale; /* the finest of all its files but the instruments' */
    const struct stream_file *file[STREAM_TABLES];
    uint32_t files[STREAM_TABLES];
};

struct streams_request {
    char **path;
    int path_count;
    unsigned tables;               /* bits 1 << enum stream_table */
    const char *exchange, *symbol; /* NULL: any */
};

/* Start from {0}. */
struct streams {
    struct lake_arena arena;
    struct lake_stream *stream; /* by deck, exchange, symbol */
    uint32_t count;
    int64_t bytes; /* of all segments */
};

/* Exit code (verb.h); what went wrong is on stderr. No stream at all is found out by count. */
int streams_find(struct streams *streams, const struct streams_request *request);
void streams_free(struct streams *streams);

#endif
