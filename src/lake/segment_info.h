/* What is known of one segment without reading its values: path and footer. */
#ifndef TD_LAKE_SEGMENT_INFO_H
#define TD_LAKE_SEGMENT_INFO_H

#include "lake/reader.h"
#include "segment/path.h"

struct segment_info {
    bool has_partition;              /* the path is one of the recorder's */
    struct path_partition partition; /* table: by the footer where the path is another; else "" */
    int64_t rows;                    /* -1: no footer */
    bool has_times;
    int64_t from_us, to_us; /* ts_recv, by statistics */
};

/* From the path alone; rows -1. */
void segment_info_path(struct segment_info *info, const char *path);
/* Adds what the footer says. */
void segment_info_footer(struct segment_info *info, const struct pq_meta *meta);

/* Decimals of prices or sizes that the file's metadata states; -1 where it does not. */
int segment_price_scale(const struct pq_meta *meta);
int segment_size_scale(const struct pq_meta *meta);
/* A whole number of the file's metadata; false where there is none. */
bool segment_number(const struct pq_meta *meta, const char *key, int64_t *value);

#endif
