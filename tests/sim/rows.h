/* What the recorder stored, against what is true. Every file that comes to stand in ready/ is verified as `tape verify` does, then its rows
   are walked: each book is rebuilt from rows alone and compared with the true one at every row that ends a frame and says "proven";
   each trade stands once and as it was; the ledger tells of every hole. */
#ifndef TD_SIM_ROWS_H
#define TD_SIM_ROWS_H

#include "lake/verify.h"
#include "sim/bourse.h"
#include "sim/disk.h"

enum {
    ROWS_FILES_MAX = 1 << 16,
    ROWS_GAPS_MAX = 1 << 18,
    ROWS_CLOSES_MAX = 1 << 14,
    ROWS_ASIDE_MAX = 256
};

struct rows_mark_list {
    struct mark *mark;
    uint32_t first, count, cap;
};

/* A line of the ledger, from its opening to its closing. */
struct rows_gap {
    int64_t id;
    uint64_t open_frame, close_frame; /* close 0: open */
    int32_t market; /* truth index, -1 all of the device, -2 of no market of ours */
    bool has_seq;
    int64_t seq_from, seq_to; /* both are there, what lies between is not */
    char kind[16], channel[8];
};

struct rows_book {
    struct levels side[2];
    struct level *memory[2];
    bool begun, image, spoilt,
        lost; /* lost: what the rows make is nobody's book until the next base */
    uint64_t spoilt_frame, compared, proven, spoilt_rows, last_row_frame;
    struct rows_mark_list marks;
    /* trades */
    uint8_t *stored; /* by id - trade_base: 1 told and read, 2 stored */
    struct rows_mark_list trades;
    uint32_t *stored_frame; /* likewise */
    uint64_t trade_base, trade_cap, trades_told, trades_stored;
    uint64_t change_rows, trade_rows,
        ticker_rows; /* of messages, not of what a subscription begins with */
};

struct rows {
    struct world *world;
    struct bourse *bourse;
    struct sim_disk *disk;
    char ready[128]; /* path from the root, without the first slash */
    char copy_dir[128];
    struct rows_book book[TRUTHS];
    uint64_t seen[ROWS_FILES_MAX];
    unsigned files;
    struct rows_gap *gap;
    unsigned gaps;
    struct closed *close;
    unsigned closes;
    uint64_t aside[ROWS_ASIDE_MAX];
    unsigned asides;
    uint64_t hash, rows, bytes, gap_rows, streams; /* streams: as many rows as were told */
    struct verify verify;
    const char *path; /* of the file that is walked */
    char complaint[256];
    bool pending_visible;
    bool
        exact; /* nothing was spoilt and no connection replaced: rows and messages are counted against each other */
};

void rows_init(struct rows *rows, struct world *world, struct bourse *bourse, struct sim_disk *disk,
               const char *data_dir, const char *copy_dir);
/* A message became a frame (trails' marked). */
void rows_mark(void *rows, const struct mark *mark);
/* A connection that was heard has ended, and nobody planned it (trails' closed). */
void rows_closed(void *rows, const struct closed *closed);
void rows_set_aside(void *rows, uint64_t frame);
/* All files that are new. */
void rows_look(struct rows *rows);
/* Everything is sealed: what must be there by now. */
void rows_end(struct rows *rows);

#endif
