/* A deck: the whole recorder laid out in one region, with its threads. `tapedeck record` feeds it from the wire, `tapedeck replay` from
   capture files; behind the frame log everything is the same. */
#ifndef TD_APP_DECK_H
#define TD_APP_DECK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/core.h"
#include "base/os.h"
#include "base/region.h"
#include "journal/framelog.h"
#include "journal/journal.h"
#include "net/wire.h"
#include "segment/writer.h"

struct deck_params {
    const struct td_os *os;
    const char *name;                /* deck id */
    const char *data_dir;            /* ready/, active/, journal/ */
    const char *shm_path;            /* frame log file on tmpfs; NULL: anonymous (replay) */
    const char *config_hash;         /* 16 hex digits */
    const char *config_text;         /* core-shaping configuration, first frame of the journal */
    struct instruments *instruments; /* filled by the caller; outlives the deck */
    struct core_source_params source[TD_SOURCES_MAX];
    unsigned source_count;
    uint32_t log_term_bytes, log_terms;
    bool journal; /* false: no journal (replay); groups are written at once */
    uint32_t journal_sync_ms;
    int64_t journal_file_bytes, journal_max_bytes;
    int journal_level;
    int segment_level;
    int64_t segment_bytes;
    uint32_t group_rows;
    uint64_t pool_bytes;
    bool compat;
    uint32_t book_pool_levels, book_max_depth;
    size_t memory_max_bytes; /* the plan may be so large; 0: four fifths of the machine */
    bool lock_memory;
    /* record only: the wire */
    const struct wire_endpoint *endpoints;
    unsigned endpoint_count;
    const char *ca_pem;
    size_t ca_bytes;
    uint32_t connect_timeout_ms;
};

/* What a status view reads; written by the core thread a few times a second. */
enum { DECK_STATUS_BOOKS_MAX = 64 };
struct deck_status {
    int64_t recv_ns;
    uint64_t frames;
    unsigned pool_percent;             /* of the pages for row groups, in use */
    unsigned source_count, book_count; /* books shown: the first DECK_STATUS_BOOKS_MAX */
    struct core_source_status source[TD_SOURCES_MAX];
    struct core_book_status book[DECK_STATUS_BOOKS_MAX];
};

enum { DECK_PATH_MAX = 512 };

struct deck {
    struct deck_params params;
    char journal_folder[DECK_PATH_MAX];
    int lock_fd; /* holds the folder's lock; -1 none */
    struct td_region region;
    struct framelog *log;
    struct journal *journal;
    struct groups *groups;
    struct writer *writer;
    struct core *core;
    struct wire *wire;
    struct td_doorbell flushed_bell, synced_bell;
    _Atomic uint64_t synced_frame;
    _Atomic bool journal_done, stopping;
    _Atomic int
        journal_err; /* why frames, or their sync, were given up at the stop; 0: none were */
    _Atomic uint64_t journal_lost; /* frames that the journal never took */
    /* Core thread: the hour it is in, and what was sealed when the hour before began. */
    int64_t hour;
    uint64_t sealed_before;
    pthread_mutex_t status_lock; /* the core only tries it: it never waits for a reader */
    struct deck_status status;
    pthread_t thread[8];
    unsigned thread_count;
    uint64_t first_frame;
};

/* "tapedeck version 0.1.0 (build abc)"; static. Call once before threads start. */
const char *deck_build(void);

/* The memory plan: every part a deck takes, in order of taking. deck_open() takes just these. */
enum { DECK_PARTS_MAX = 8 };
struct deck_plan {
    unsigned count;
    struct {
        const char *name;
        size_t bytes;
    } part[DECK_PARTS_MAX];
};
struct deck_plan deck_plan_of(const struct deck_params *params);
size_t deck_plan_bytes(const struct deck_plan *plan);

/* Lays out the region, opens journal and folders, starts no thread. TD_E_IO, TD_E_NO_MEMORY, TD_E_BUSY (another deck on this folder). */
td_err deck_open(struct deck *deck, const struct deck_params *params);

/* Seals the region and malloc, starts the threads of topology.c, appends START and CONFIG frames. start_ns: their stamp. */
void deck_start(struct deck *deck, int64_t start_ns, enum td_origin origin);

/* Append a frame (the wire's thread, or the feeder of a replay). Waits while the frame log is full. */
void deck_feed(struct deck *deck, struct td_frame *frame);

/* Append the STOP frame, drain everything, seal every segment, join the threads. A journal that refuses for JOURNAL_STOP_TRIES
   seconds is given up: the rows are sealed without it. The first error that stopped a part, or 0. */
td_err deck_stop(struct deck *deck, int64_t stop_ns);

/* A consistent copy of the status. Any thread. */
void deck_status_copy(struct deck *deck, struct deck_status *out);

void deck_close(struct deck *deck);

#endif
