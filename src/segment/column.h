/* One column of a row group becomes one column chunk: a dictionary page where that saves bytes, one data page. Which encoding is
   chosen depends on the values alone. Disk thread; scratch is shared by all columns of all files. */
#ifndef TD_SEGMENT_COLUMN_H
#define TD_SEGMENT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment/dict.h"
#include "segment/gather.h"
#include "segment/meta.h"
#include "segment/out.h"

struct encoder;

struct encoder_params {
    uint32_t rows_max;
    int zstd_level;
    bool compat; /* no DELTA_BINARY_PACKED */
};

/* Values that one file has in every row. */
struct file_constants {
    const char *deck, *exchange, *symbol; /* sanitised */
    int32_t year, month, day, hour;
};

size_t encoder_footprint(const struct encoder_params *params);
/* TD_E_RANGE for a zstd level outside 1..19. */
td_err encoder_init(void *mem, const struct encoder_params *params, struct encoder **encoder);

/* Appends the chunk's pages to `out` (whose error is sticky: look there). */
void encode_column(struct encoder *encoder, const struct group_view *view,
                   const struct column *column, const struct file_constants *constants,
                   struct out *out, struct chunk_meta *meta, struct chunk_stats *stats);

/* Least and greatest value of the INT64 column last encoded; false when it has none. */
bool encoder_last_range(const struct encoder *encoder, int64_t *least, int64_t *greatest);

#endif
