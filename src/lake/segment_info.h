/* What is known of one segment without reading its values: path, footer, receipt. */
#ifndef TD_LAKE_SEGMENT_INFO_H
#define TD_LAKE_SEGMENT_INFO_H

#include "lake/files.h"
#include "lake/reader.h"
#include "lake/receipt.h"

enum { INFO_NAME_MAX = 96 };

struct segment_info {
    char table[INFO_NAME_MAX], exchange[INFO_NAME_MAX], symbol[INFO_NAME_MAX];
    char hour[INFO_NAME_MAX]; /* "2026-09-21T04"; "" where the path does not say */
    int64_t rows;             /* -1: no footer */
    bool has_times;
    int64_t from_us, to_us; /* ts_recv, by statistics */
};

/* From the path alone; rows -1. */
void segment_info_path(struct segment_info *info, const char *path);
/* Adds what the footer says. */
void segment_info_footer(struct segment_info *info, const struct pq_meta *meta);

/* Decimals of prices or sizes that the file's metadata states; SHOW_NO_SCALE (-1) where it does
 * not. */
int segment_price_scale(const struct pq_meta *meta);
int segment_size_scale(const struct pq_meta *meta);

#endif
