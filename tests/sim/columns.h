/* Some columns of one row group of a segment, as values. */
#ifndef TD_SIM_COLUMNS_H
#define TD_SIM_COLUMNS_H

#include "lake/reader.h"
#include "sim/world.h"

struct columns {
    struct reader *reader;
    uint32_t group;
    size_t rows;
    struct pq_values values[16];
    const char *const *name;
    unsigned count;
};

/* The group columns->group. False: said as a failure of the world. */
bool columns_load(struct columns *columns, struct world *world, const char *path);
int64_t columns_number(const struct columns *columns, unsigned column, size_t row);
bool columns_text_is(const struct columns *columns, unsigned column, size_t row, const char *word);
/* A price or size in steps: of its text where it has one, else of its double. */
int64_t columns_steps(const struct columns *columns, unsigned column, unsigned text_column,
                      size_t row, int scale);

#endif
