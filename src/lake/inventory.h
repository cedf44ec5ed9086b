/* Which segments there are: their partitions, their streams, the time they span. Paths tell it; receipts are opened only where asked. */
#ifndef TD_LAKE_INVENTORY_H
#define TD_LAKE_INVENTORY_H

#include "lake/holes.h"

struct inventory_segment {
    const struct file_entry *file; /* of the list, which outlives this */
    struct path_partition partition;
    char deck[TD_DECK_NAME_MAX];
    int64_t hour_us; /* its receive hour begins */
};

/* An instrument that was recorded, with bits (1 << enum td_channel) of the tables it has. */
struct inventory_stream {
    struct hole_stream id;
    uint32_t channels;
};

/* Start from {0}. */
struct inventory {
    struct lake_buffer segments, streams;
    size_t count, stream_count;
    int64_t first_hour_us, last_hour_us; /* of all segments; count 0: none */
};

/* Sealed segments of the recorder in the list; deck NULL: of all. TD_E_NO_MEMORY, TD_E_NO_ROOM (more streams than HOLE_STREAMS_MAX). */
td_err inventory_of(struct inventory *inventory, const struct file_list *list, const char *deck);
/* Adds the streams that have segments with an hour in from <= hour < to. */
td_err inventory_add_streams(struct inventory *inventory, int64_t from_us, int64_t to_us);
const struct inventory_segment *inventory_at(const struct inventory *inventory, size_t index);
const struct inventory_stream *inventory_stream(const struct inventory *inventory, size_t index);
/* First and last receive time of all rows, by the receipts of the first and the last hour (the hours themselves where there is none). */
void inventory_extent(const struct inventory *inventory, int64_t *from_us, int64_t *to_us);
/* The only deck, or NULL when there are several or none. */
const char *inventory_deck(const struct inventory *inventory);
void inventory_free(struct inventory *inventory);

#endif
