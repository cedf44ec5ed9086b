/* Dictionaries of a column chunk: the distinct values in sorted order (numbers) or in order of appearance (texts), and each row's
   index. Memory is the caller's scratch, used by one column at a time. Disk thread. */
#ifndef TD_SEGMENT_DICT_H
#define TD_SEGMENT_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment/gather.h"

struct dict {
    uint32_t rows_max;
    uint32_t *slot; /* hash table: index + 1, twice the rows or more; room of the sort afterwards */
    uint64_t *key;  /* distinct values: sortable while building, the values themselves when built */
    uint32_t *id;   /* one per value: index into key */
    uint32_t *rank; /* for each distinct value in order of appearance: its place */
    uint32_t count; /* distinct values */
};

size_t dict_footprint(uint32_t rows_max);
void dict_init(struct dict *dict, void *mem, uint32_t rows_max);

enum dict_order { DICT_SIGNED, DICT_DOUBLE };

/* Distinct 64-bit values, sorted. False (and nothing built) when more than `distinct_max` are needed. */
bool dict_numbers(struct dict *dict, const uint64_t *value, uint32_t count, enum dict_order order,
                  uint32_t distinct_max);
/* Values below 256, sorted, no hashing: words, flags. */
void dict_small(struct dict *dict, const uint64_t *value, uint32_t count);
/* Places of texts; key[] gets the first place of each distinct text. False when more than distinct_max. */
bool dict_texts(struct dict *dict, const struct group_view *view, const uint64_t *place,
                uint32_t count, uint32_t distinct_max);

#endif
