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
#include "app/feature_config.h"
#include "app/start.h"
#include "base/os.h"
#include "base/region.h"
#include "base/state.h"
#include "journal/framelog.h"
#include "journal/journal.h"
#include "journal/reader.h"
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
    const char *
        drain_folder; /* a journal folder to be made into segments; nothing is recorded. NULL: none */
    /* Data folder whose checkpoint/ a drain may begin from; NULL: it begins at the journal's start. */
    const char *drain_checkpoints;
    unsigned capacity; /* instruments there is room for; 0: those of `instruments` */
    uint32_t journal_sync_ms;
    int64_t journal_file_bytes, journal_max_bytes;
    int journal_level;
    int segment_level;
    int64_t segment_bytes;
    uint32_t group_rows;
    uint64_t pool_bytes;
    bool compat, frames; /* frames: table frames is written */
    uint32_t book_pool_levels, book_max_depth;
    struct feature_config features;
    size_t memory_max_bytes; /* the plan may be so large; 0: four fifths of the machine */
    bool lock_memory;
    uint32_t stop_ms; /* deadline of deck_stop; 0: none */
    /* Stepped: no thread is started, deck_turn() does their work, the folder is not locked. idle: called when the core can only wait for
       the disk; the caller lets its time go on there. */
    bool stepped;
    void (*idle)(void *arg);
    void *idle_arg;
    /* Sources (bits) whose volumes are asked for with their lists. */
    uint32_t ask_volumes;
    /* Each HTTP frame of this run, after the core has stepped it: core thread, must not wait. NULL: not wanted. */
    void (*heard)(void *arg, const struct td_frame *frame);
    void *heard_arg;
    /* record only: the wire */
    const struct wire_endpoint *endpoints;
    unsigned endpoint_count;
    const char *ca_pem;
    size_t ca_bytes;
    uint32_t connect_timeout_ms;
};

/* What a status view reads; written by the core thread a few times a second. */
enum { DECK_STATUS_BOOKS_MAX = TD_INSTRUMENTS_MAX };
struct deck_status {
    int64_t recv_ns;
    uint64_t frames;
    bool from_files;       /* the core recovers or is late: it reads the journal's files */
    unsigned pool_percent; /* of the pages for row groups, in use */
    unsigned source_count, book_count; /* all that are recorded */
    struct core_device_status device;
    struct core_source_status source[TD_SOURCES_MAX];
    struct core_book_status book[DECK_STATUS_BOOKS_MAX];
};

enum { DECK_PATH_MAX = 512 };

/* What the start found; written before the threads start. */
struct deck_recovery {
    struct start_note note;
    uint64_t first_frame; /* oldest in the journal, 0: it is empty */
    uint64_t last_frame;  /* newest there, those taken over included */
    uint64_t taken_over;  /* frames that stood in the frame log of a killed process only */
    int64_t last_recv_ns; /* receive time of the last frame; 0 none */
    uint64_t checkpoint;  /* frame of the newest on disk, 0 none */
    uint32_t checkpoint_conn;
    uint32_t last_conn; /* highest connection number near the journal's end */
};

/* Journal thread. The log is released when its frames are synced: a failed sync loses nothing, they are written again. */
enum { DECK_MARKS_MAX = 64 };
struct deck_journal_work {
    struct td_frame
        pending; /* refused by the journal, offered again; its payload is in the log, which is not released meanwhile */
    bool has_pending, data, large;
    unsigned tries;
    int64_t flushed_ns, retry_ns, rewind_ns;
    /* Flushed, not known to be synced: oldest first. When there is no room the newest moves on. */
    struct framelog_mark mark[DECK_MARKS_MAX];
    unsigned mark_count;
    uint64_t rewound_to; /* frames up to here are safe already */
};

/* Core thread: where its frames come from. */
struct deck_feed {
    bool begun, from_files, done;
    struct journal_reader *reader; /* NULL: to be opened at the frame after the core's */
    int64_t status_ns;
    int64_t rebuild_ns; /* a failed writer: when to start over */
    unsigned rebuilds;  /* in a row */
    int64_t patient_ns; /* a read failed: when it is tried again */
    unsigned tries;     /* in a row, at one place */
    uint64_t
        asked_frame; /* highest frame stepped before a rebuild: what it asked for is on its way */
    /* What was read from files. */
    uint64_t checkpoint_frame, first_frame, frames, lost;
};

/* One checkpoint on its way from core to disk thread. */
struct deck_checkpoint {
    _Atomic int filled;
    uint64_t frame;
    struct td_state state;
    _Atomic uint64_t
        sealed_cause; /* number of the last frame that sealed everything, as far as the core is */
    _Atomic uint64_t last, before; /* frames of the two on disk, 0 none */
};

struct deck {
    struct deck_params params;
    char journal_folder[DECK_PATH_MAX];
    int lock_fd; /* holds the folder's lock; -1 none */
    struct td_region region;
    /* Used while frames come from files or a checkpoint is made; given back to the system afterwards. */
    struct td_region seldom;
    void *reader_mem, *state_mem, *core_mem;
    size_t state_cap, core_bytes;
    struct framelog *log;
    struct journal *journal;
    struct groups *groups;
    struct writer *writer;
    struct core *core;
    struct wire *wire;
    struct deck_recovery recovery;
    struct deck_journal_work journal_work;
    struct deck_feed feed;
    struct deck_checkpoint checkpoint;
    struct td_doorbell flushed_bell, synced_bell, sealed_bell, done_bell;
    _Atomic uint64_t synced_frame;
    _Atomic bool
        journal_last; /* the last block is written: it is to be synced, whatever it holds */
    _Atomic bool journal_done, stopping, abandoned;
    _Atomic int journal_err; /* why the journal takes nothing now; 0: it does */
    _Atomic unsigned threads_done;
    pthread_mutex_t status_lock; /* the core only tries it: it never waits for a reader */
    struct deck_status status;
    pthread_t thread[8];
    unsigned thread_count;
    uint64_t first_frame; /* of this run: its START */
    int64_t synced_at_ns; /* sync thread */
};

/* "tapedeck version 0.1.0 (build abc)"; static. Call once before threads start. */
const char *deck_build(void);

/* The memory plan: every part a deck takes, in order of taking. deck_open() takes just these. */
enum { DECK_PARTS_MAX = 10 };
struct deck_plan {
    unsigned count;
    struct {
        const char *name;
        size_t bytes;
    } part[DECK_PARTS_MAX];
};
struct deck_plan deck_plan_of(const struct deck_params *params);
size_t deck_plan_bytes(const struct deck_plan *plan);
/* TD_E_NO_MEMORY, and the log says so: more than max_bytes, or with 0 than this machine can give. */
td_err deck_plan_fits(const struct deck_plan *plan, size_t max_bytes);

/* Lays out the region, opens journal and folders, takes over what a killed process left in its frame log, starts no thread. After 0
   deck->recovery tells how the last run ended. TD_E_IO, TD_E_NO_MEMORY, TD_E_BUSY (another deck on this folder). */
td_err deck_open(struct deck *deck, const struct deck_params *params);

/* Seals the region and malloc, starts the threads of topology.c, appends START and CONFIG frames. start_ns: their stamp. */
void deck_start(struct deck *deck, int64_t start_ns, enum td_origin origin);

/* Append a frame (the wire's thread, or the feeder of a replay). Waits while the frame log is full. */
void deck_feed(struct deck *deck, struct td_frame *frame);

/* Have the wire thread append a frame of kind CONFIG, SEAL, SHED, NOTE or WEIGHTS (without a wire it is fed at once). False: no room now, try again.
   Main thread. */
bool deck_note(struct deck *deck, enum td_frame_kind kind, const char *text, size_t bytes);

/* Stepped decks: one round of journal, sync, core and disk work; true when anything was done. */
bool deck_turn(struct deck *deck);

/* Append the STOP frame, drain everything, seal every segment, join the threads. TD_E_AGAIN: not done within params.stop_ms; the threads still
   run and the process must end by deck_abandon() and _exit(): what is not in the journal stays in the frame log, which the next start
   takes over. Else the first error that stopped a part, or 0. */
td_err deck_stop(struct deck *deck, int64_t stop_ns);

/* Let go as a killed process does: nothing is drained, the frame log's file stays. No thread of a stepped deck is inside. */
void deck_abandon(struct deck *deck);

/* Drain decks (params.drain_folder): started by deck_start; waits until the whole journal is in ready/. The first error, or 0. */
td_err deck_drain(struct deck *deck);

/* A consistent copy of the status. Any thread. */
void deck_status_copy(struct deck *deck, struct deck_status *out);

void deck_close(struct deck *deck);

#endif
