/* Holes, out of the rows of table gaps: an opening and a closing row under one gap_id become one hole, over files and hours. Memory grows
   with the holes that touch the asked-for time and those open at its beginning, never with the rows read. */
#ifndef TD_LAKE_HOLES_H
#define TD_LAKE_HOLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event.h"
#include "lake/alloc.h"
#include "lake/files.h"
#include "segment/path.h"

enum { HOLES_MAX = 1 << 20, HOLE_STREAMS_MAX = 1 << 14 };
#define HOLE_OPEN INT64_MAX

/* Who a hole belongs to: an instrument, a whole connection (symbol `_all`) or the whole device (exchange `_all` too). */
struct hole_stream {
    char deck[TD_DECK_NAME_MAX];
    char exchange[PATH_VALUE_MAX], symbol[PATH_VALUE_MAX];
};

struct hole {
    uint32_t stream;
    uint8_t channel, kind,
        action;     /* enum td_channel, td_gap_kind, td_gap_action (the last one said) */
    bool abandoned; /* its close was never written: a later run counts its gaps from 1 again */
    int64_t gap_id, from_us, to_us; /* to_us HOLE_OPEN: open still */
    int64_t missed;                 /* -1: not known */
    int64_t filled; /* of them came later, where not all of them did (then action is backfilled) */
    const char *note; /* "" none */
};

struct holes_query {
    int64_t from_us, to_us; /* holes that touch from <= t < to are kept */
    int64_t until_us;       /* rows received before; HOLE_OPEN: all */
    const char *deck;       /* NULL: any */
};

/* Start from {0}. */
struct holes {
    struct holes_query query;
    struct lake_arena arena;
    struct lake_buffer holes, streams;
    size_t count, stream_count;
    uint32_t stream;     /* of the file being read */
    size_t stream_first; /* its holes begin here */
    int64_t opened_last; /* highest gap_id opened in it */
    int64_t rows;
};

/* Reads all files of table gaps in the list (in path order, as files_collect gives them). Exit code; what went wrong is on stderr, and
   the other files are read all the same. */
int holes_read(struct holes *holes, const struct file_list *list, const struct holes_query *query);
const struct hole *holes_at(const struct holes *holes, size_t index);
const struct hole_stream *holes_stream(const struct holes *holes, uint32_t stream);
/* Does a hole of `of` bear upon `stream`: itself, its connection, its device. */
bool holes_concern(const struct hole_stream *of, const struct hole_stream *stream);
bool holes_of_device(const struct hole_stream *stream);
void holes_free(struct holes *holes);

/* The deck in a segment's name, "deck" of "deck_20260609T041500Z_00001.parquet"; false when it is none. */
bool segment_deck(const char *name, char out[TD_DECK_NAME_MAX]);

const char *hole_kind_word(unsigned kind);
const char *hole_channel_word(unsigned channel);

#endif
