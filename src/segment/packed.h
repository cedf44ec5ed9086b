/* Rows of `features` as they wait in the pages: what is present, then the values of the columns that are on and no others, each as wide as
   its column. A whole struct row_features is 2.6 kB, a packed row of the default sets 1.4 kB; groups hold as many rows more. Pure, any
   thread. */
#ifndef TD_SEGMENT_PACKED_H
#define TD_SEGMENT_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "segment/row.h"

/* Start of a packed row; values follow. */
struct packed_row {
    struct feature_mask present;
    int32_t interval_ms, events;
    uint32_t head; /* set by groups_append */
    uint8_t flags;
};

/* Where each feature stands: the same for all rows of a process. */
struct packed_layout {
    struct feature_mask on;
    uint16_t row_bytes;
    uint16_t at[FEATURES];   /* 0: off */
    uint16_t list[FEATURES]; /* those that are on, by width: doubles, floats, ints, words */
    uint16_t end[4];         /* of each enum feature_type in the list */
};

/* on: NULL all. */
void packed_layout_init(struct packed_layout *layout, const struct feature_mask *on);

/* Everything but the head index. A value that its column cannot hold (beyond FLOAT or INT32) becomes null. */
void packed_put(const struct packed_layout *layout, const struct row_features *row,
                unsigned char *packed);
/* False: null. -0 is 0. */
bool packed_get(const struct packed_layout *layout, const unsigned char *packed, unsigned feature,
                double *value);
/* The whole row again, in the precision of its columns. */
void packed_take(const struct packed_layout *layout, const unsigned char *packed,
                 struct row_features *row);

#endif
