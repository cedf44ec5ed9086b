/* Values of one column taken out of a cut group's pages, as the encoders want them: the present ones without holes, as 64-bit
   patterns (integers sign-extended, DOUBLE bits, word numbers, text places), and a level per row where some are null.
   Disk thread; memory is the caller's. */
#ifndef TD_SEGMENT_GATHER_H
#define TD_SEGMENT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment/cut.h"
#include "segment/packed.h"
#include "segment/schema.h"

/* A cut group made readable: addresses of its pages, rows of each head. */
struct group_view {
    enum row_table table;
    uint32_t rows, heads;
    uint32_t row_bytes; /* of a row in its page */
    const struct packed_layout *layout;
    int64_t hour_ns;
    const unsigned char **row_page, **head_page, **text_page;
    uint32_t *rows_of_head;
};

size_t group_view_footprint(uint32_t rows_max);
/* Lists are laid into mem; the view reads the cut's pages, which are of `groups`, until cut_done(). */
void group_view_init(struct group_view *view, void *mem, uint32_t rows_max, const struct cut *cut,
                     enum row_table table, const struct groups *groups);

const struct row_head *group_view_head(const struct group_view *view, uint32_t head);
/* Bytes of a text kept by groups_text; place != 0. */
const char *group_view_text(const struct group_view *view, row_text place, size_t *bytes);

struct values {
    uint64_t *value; /* room for the group's rows */
    uint8_t *level;  /* the same; 1 = present. Written only for optional columns */
    uint32_t count;  /* present values */
    uint32_t nulls;
};

/* Columns of the frame's head or of the row; for columns of one value (FROM_DECK .. FROM_SCHEMA_VERSION, FROM_NOTHING) not called. */
void gather(const struct group_view *view, const struct column *column, struct values *values);
/* True for columns that hold the same in every row of a group by their nature. */
bool gather_is_constant(const struct column *column);

#endif
