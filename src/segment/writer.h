/* Disk thread: takes cut groups, encodes them into Parquet under active/, seals files in batches into ready/ (DESIGN 2: footers, one syncfs,
   read back past the page cache and checked, receipt, rename, one syncfs). A group is written only when the journal is synced
   past its last frame. Encoding is a pure function of the rows. */
#ifndef TD_SEGMENT_WRITER_H
#define TD_SEGMENT_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/doorbell.h"
#include "base/err.h"
#include "base/os.h"
#include "segment/groups.h"

struct writer_params {
    const struct td_os *os;
    struct groups *groups;
    const struct groups_params *plan; /* in place of groups where only the footprint is asked for */
    const char *data_dir;             /* holds active/ and ready/ */
    const char *deck;
    const char *config_hash; /* 16 hex digits */
    const char *build;       /* "tapedeck version 0.1.0 (build abc)" */
    int zstd_level;
    int64_t segment_bytes;                /* seal a file at so many encoded bytes */
    bool compat;                          /* no DELTA_BINARY_PACKED */
    const _Atomic uint64_t *synced_frame; /* journal's promise; NULL: write at once (no journal) */
    struct td_doorbell *synced_bell;      /* rung when it moves */
    /* Disk thread, after every file of a seal stands durable in ready/ (and the journal is synced past `frame` - 1): a checkpoint may
       be written. Also when no row was pending. NULL: none. An error is the writer's own then. */
    td_err (*sealed)(void *arg, uint64_t frame, enum groups_seal why);
    void *sealed_arg;
};

struct writer;
/* zstd_level 1..19; rows_max and streams_max come from `groups`. */
size_t writer_footprint(const struct writer_params *params);
/* Creates active/ and ready/; leftovers of a crash under active/ are dropped (the journal holds their frames). */
td_err writer_init(void *mem, const struct writer_params *params, struct writer **writer);

/* Disk thread body: handles queued groups until writer_finish() was called and the queue is empty. */
void writer_run(struct writer *writer);
/* One step without a thread (inline mode, tests): 1 = did something, 0 = nothing to do now, negative: the sticky error. After an error
   nothing more is written or sealed: groups are discarded (the journal holds their frames), so that the core is never held up. */
int writer_step(struct writer *writer);
/* Everything under active/ is dropped, files and counters are forgotten, the sticky error too. Core thread, while the queue is empty and the
   disk thread therefore rests; counters come back by writer_state. */
td_err writer_reset(struct writer *writer);
/* Counters of the streams' file names: they rise for ever, so that no name comes twice. Saved by the disk thread in `sealed`, loaded before
   the first group. */
struct td_state;
void writer_state(struct writer *writer, struct td_state *state);
/* In place of loading: no checkpoint stands, but the journal is read from its very first frame, so names begin at 1 as they did then. A
   writer that was told neither takes numbers above those it finds in ready/. */
void writer_names_from_start(struct writer *writer);

/* No more groups will come (after groups_seal_all(STOP)). Any thread. */
void writer_finish(struct writer *writer);

struct writer_stats {
    uint64_t groups, rows[ROW_TABLES], segments, segment_bytes, table_bytes[ROW_TABLES];
    uint64_t sealed_frame; /* every row of a frame below it stands in ready/ */
    uint64_t remade;       /* segments that stood in ready/ already and were found equal */
    uint64_t
        differs; /* ... and were not: a replay that gave other bytes; what stood there was kept */
    td_err last_err; /* sticky: a disk error that stopped writing; writer_reset ends it */
};
struct writer_stats writer_stats(const struct writer *writer);

#endif
