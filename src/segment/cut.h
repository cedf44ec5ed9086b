/* What passes between core and disk thread: groups cut from the open ones, in order, and the order to seal. The disk
   thread peeks the oldest, reads its pages, and gives them back. Inside segment only. */
#ifndef TD_SEGMENT_CUT_H
#define TD_SEGMENT_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "segment/groups.h"
#include "segment/pages.h"

/* Text pages a group may fill before it is cut: bounds the encoder's page buffer at 512 KiB of text, where 65,536
   rows of fixed-size columns need as much. */
enum { GROUP_TEXT_PAGES = 32 };

struct cut {
    int32_t stream; /* -1: seal every open file (seal says why) */
    uint8_t seal;   /* enum groups_seal */
    int8_t price_scale, size_scale;
    uint32_t rows, heads;
    uint32_t scale_epoch;             /* groups of different epochs do not share a file */
    int64_t hour_ns;                  /* start of the receive hour that all rows share */
    uint64_t frame_first, frame_last; /* of the rows' heads */
    uint64_t frame_cause;             /* not to be written before the journal is synced past it */
    struct page_chain row_pages, head_pages, text_pages;
};

struct packed_layout;

struct stream_name {
    enum row_table table;
    const char *exchange, *symbol; /* as given to groups_stream() */
};

/* Disk thread. NULL when nothing waits; valid until cut_done(). */
const struct cut *cut_peek(struct groups *groups);
void cut_done(struct groups *groups);
/* Rung when a cut group waits. */
struct td_doorbell *cut_bell(struct groups *groups);

/* By table, exchange, symbol: an order that does not depend on who registered first. */
int stream_name_compare(struct stream_name a, struct stream_name b);
/* Constant after registration; for streams seen in a cut. */
struct stream_name cut_stream(const struct groups *groups, int stream);
const struct pages *cut_pages(const struct groups *groups);
const struct groups_params *cut_params(const struct groups *groups);
const struct packed_layout *cut_layout(const struct groups *groups);

#endif
