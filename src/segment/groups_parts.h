/* What groups consist of: shared by groups.c and groups_state.c alone. */
#ifndef TD_SEGMENT_GROUPS_PARTS_H
#define TD_SEGMENT_GROUPS_PARTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "segment/cut.h"
#include "segment/packed.h"

struct stream {
    enum row_table table;
    char exchange[TD_EXCHANGE_NAME_MAX], symbol[TD_SYMBOL_MAX];
    uint16_t namesakes; /* streams of that name before it: two sources may record one symbol */
    struct stream *next_by_name;
    struct row_head head;
    bool head_given, head_stored; /* head_stored: it stands in the open group */
    int8_t price_scale, size_scale;
    uint32_t scale_epoch;
    uint32_t row_bytes, head_offset,
        page_rows; /* of the table: here, for they are asked at each row */

    /* The open group. */
    uint32_t rows_left;              /* that fit the last page */
    uint32_t rows, heads, text_used; /* text_used: bytes of the last text page */
    uint64_t frame_first,
        frame_last;       /* least and greatest: rows of held deltas stand behind their base */
    uint64_t frame_cause; /* the frame that made the last row be written, which may be later */
    int64_t hour_ns;
    struct page_chain row_pages, head_pages, text_pages;
    unsigned char *row_next;          /* in the last page of rows */
    unsigned char *head_at, *text_at; /* last page of each chain */
};

/* Chains on their way back to the pool. */
struct returned {
    struct page_chain chain[3];
};

struct groups {
    struct groups_params params;
    struct pages pages;
    uint32_t open_pages, open_pages_max;
    uint32_t stream_count;
    struct stream *stream;
    struct stream *first_by_name;
    uint64_t frame; /* groups_frame */
    struct feature_mask features_on;
    struct packed_layout layout; /* of rows of features */
    /* The row of features last given out: packed into its place as soon as it is whole. */
    struct row_features staged;
    unsigned char *staged_at; /* NULL: none */
    struct td_ring *cuts, *returned;
    struct td_doorbell cut_bell, free_bell;
    int (*inline_step)(void *arg);
    void *inline_arg;
    _Atomic uint64_t rows[ROW_TABLES]; /* counted by the core, read by anybody */
};

struct stream_name stream_name_of(const struct stream *stream);

#endif
