/* A card in memory behind struct td_disk: directories and files, each in two views: what the running system sees (page cache) and what
   a power cut leaves (durable). Between the two stands everything unsynced, sector by sector (512 bytes) and name by name, each with
   a rising sequence number. Deterministic; one thread; memory by malloc that grows and is then reused.

   What a sync promises, and no more: sync_data: data and size of that file. sync_all: everything, names included. A write, a new name, a
   rename, an unlink or a size that no sync has covered may or may not be there after a cut, each on its own. A rename is atomic. Not
   modelled: the older of two unsynced contents of one sector. */
#ifndef TD_SIM_DISK_H
#define TD_SIM_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/os.h"

struct sim_disk;

/* capacity_bytes: 0 = 64 GiB. Never NULL. */
struct sim_disk *sim_disk_new(int64_t capacity_bytes);
void sim_disk_free(struct sim_disk *disk);
/* The table that the code under test gets; lives as long as the disk. */
const struct td_disk *sim_disk_table(struct sim_disk *disk);

/* An empty card: no file, no fault, no record. */
void sim_disk_reset(struct sim_disk *disk);
/* The card of `from` as it stands, open handles included; not its faults and record. */
void sim_disk_copy(struct sim_disk *to, const struct sim_disk *from);
/* The process is gone, the kernel lives: handles are closed, nothing else changes. */
void sim_disk_kill(struct sim_disk *disk);

/* ---- faults ---------------------------------------------------------------------------------------------------------- */

enum sim_op {
    SIM_OP_OPEN,
    SIM_OP_READ,
    SIM_OP_LIST,
    SIM_OP_CREATE, /* the first operation that changes something */
    SIM_OP_WRITE,
    SIM_OP_SYNC_DATA,
    SIM_OP_SYNC_ALL,
    SIM_OP_PREALLOCATE,
    SIM_OP_TRUNCATE,
    SIM_OP_RENAME,
    SIM_OP_UNLINK,
    SIM_OP_MKDIR,
    SIM_OP_RMDIR,
    SIM_OPS
};
extern const char *const sim_op_words[SIM_OPS];

#define SIM_OPS_CHANGING (((1u << SIM_OPS) - 1) & ~((1u << SIM_OP_CREATE) - 1))

enum sim_fault_kind {
    SIM_FAULT_ERROR, /* the call fails with err; a write may have left a prefix; a sync drops what it should have saved: a later one
                        succeeds and vouches for nothing */
    SIM_FAULT_STALL, /* the call takes stall_ns: the hook is told, then it works */
    SIM_FAULT_LIE,   /* a sync that says yes and does nothing (it stays in the card's cache) */
    SIM_FAULT_LATE,  /* a sync that saves only what the late one before it should have saved */
    SIM_FAULT_PARTIAL,   /* a sync that leaves out what was written last to each file */
    SIM_FAULT_MISDIRECT, /* a sync that puts one page in the place of another */
    SIM_FAULT_KINDS
};

struct sim_fault {
    enum sim_fault_kind kind;
    uint32_t ops;     /* bits (1 << enum sim_op) */
    const char *path; /* part of the path it is limited to; NULL: any; the text must live on */
    uint64_t skip;    /* so many matching calls go well first */
    uint64_t times;   /* then so many fail; 0: all */
    uint32_t odds;    /* of 65536, a call; 0: always */
    td_err err;
    int64_t stall_ns;
};

enum { SIM_FAULTS_MAX = 32 };
/* Index of the fault; at most SIM_FAULTS_MAX since the last clear. */
int sim_disk_fault(struct sim_disk *disk, const struct sim_fault *fault);
void sim_disk_fault_end(struct sim_disk *disk, int index);
void sim_disk_faults_clear(struct sim_disk *disk);
uint64_t sim_disk_fired(const struct sim_disk *disk, int index); /* how often */
void sim_disk_seed(struct sim_disk *disk, uint64_t seed);        /* for odds, prefixes, pages */
void sim_disk_on_stall(struct sim_disk *disk, void (*stall)(void *arg, int64_t ns), void *arg);

/* Changing calls fail (TD_E_IO), as after a remount. */
void sim_disk_read_only(struct sim_disk *disk, bool on);
/* Room in all, used or not; may be less than what is in use. */
void sim_disk_capacity(struct sim_disk *disk, int64_t bytes);
/* The card holds only so much of what it says: pages beyond are taken and forgotten. 0: an honest card. */
void sim_disk_false_capacity(struct sim_disk *disk, int64_t bytes);
/* Flips the bits of mask in one durable byte; what the page cache holds stays as it is until it is dropped. False: no such byte. */
bool sim_disk_rot(struct sim_disk *disk, const char *path, int64_t offset, uint8_t mask);
/* The file or folder is gone from both views. */
bool sim_disk_vanish(struct sim_disk *disk, const char *path);

/* ---- power cuts -------------------------------------------------------------------------------------------------------- */

enum sim_cut_mode {
    SIM_CUT_NONE,     /* of what was not synced nothing is there */
    SIM_CUT_ALL,      /* everything is */
    SIM_CUT_PREFIX,   /* what came first, up to `upto` */
    SIM_CUT_REVERSED, /* what came last, from behind `upto` */
    SIM_CUT_RANDOM, /* any part: the seed draws its share, and whether pages tear at 512 or 4096 */
    SIM_CUT_MODES
};
extern const char *const sim_cut_words[SIM_CUT_MODES];

struct sim_cut {
    enum sim_cut_mode mode;
    uint64_t seed;
    uint32_t upto; /* sequence number, see sim_disk_sequence() */
};
/* Number of the last unsynced thing: each sector written, name changed, size set takes the next one. */
uint32_t sim_disk_sequence(const struct sim_disk *disk);
/* Leaves the disk as it is found after the power came back: one view, no handles, a record that is off, no faults. */
void sim_disk_cut(struct sim_disk *disk, const struct sim_cut *cut);

/* ---- the record ----------------------------------------------------------------------------------------------------------- */

/* One change as it was asked for, and what came of it. */
struct sim_entry {
    enum sim_op op;
    uint32_t file; /* number of the file, for all but names' operations */
    int64_t offset, bytes;
    uint64_t data, path, to; /* places in the record's store */
    uint32_t first, last;    /* sequence numbers it took: first..last, none when first > last */
    td_err err;              /* what the caller was told */
    uint8_t how;             /* enum sim_fault_kind + 1 that bent a sync, 0: none */
    bool dropped;            /* a sync that failed: what it should have saved is given up */
    uint64_t mark;           /* value of the watched mark when it was called */
};

/* Starts an empty record. mark: read at each entry (a promise to compare with), may be NULL. */
void sim_disk_record(struct sim_disk *disk, const _Atomic uint64_t *mark);
void sim_disk_record_end(struct sim_disk *disk); /* what was recorded stays */
uint32_t sim_disk_entries(const struct sim_disk *disk);
const struct sim_entry *sim_disk_entry(const struct sim_disk *disk, uint32_t index);
const char *sim_disk_text(const struct sim_disk *disk, uint64_t place); /* of path, to */
/* Does entry `index` of `record` again on a card that stands where that one stood then (sim_disk_copy of it before, and all entries
   since). */
void sim_disk_redo(struct sim_disk *disk, const struct sim_disk *record, uint32_t index);
/* Called before each change is made; NULL: nobody. */
void sim_disk_on_change(struct sim_disk *disk, void (*before)(void *arg, uint32_t entry),
                        void *arg);

/* ---- looking at it (no fault, no record) ------------------------------------------------------------------------------------ */

/* Bytes of the file as the running system sees it, -1: none. Up to `cap` of them are copied to out. */
int64_t sim_disk_peek(const struct sim_disk *disk, const char *path, void *out, int64_t cap);
/* Calls visit for each file under `folder` ("": all), its path from the root without the first slash, in no order. */
void sim_disk_walk(const struct sim_disk *disk, const char *folder,
                   void (*visit)(void *arg, const char *path, int64_t bytes), void *arg);
bool sim_disk_exists(const struct sim_disk *disk, const char *path);

struct sim_disk_counts {
    uint64_t calls[SIM_OPS], written_bytes;
    int64_t used_bytes;
    uint32_t handles, files;
};
struct sim_disk_counts sim_disk_counts(const struct sim_disk *disk);

#endif
