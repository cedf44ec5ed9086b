/* The boot record: which slot boots, whether it is on trial and how often it has tried. Two copies of 512 bytes in the gap before the first
   partition, written in turn, so that a torn write leaves the other. The firmware does not read it: it reads autoboot.txt (autoboot.h); the
   record says what that must be, and init repairs a difference. Pure but for the two functions that take a descriptor. */
#ifndef TD_UPDATE_BOOT_RECORD_H
#define TD_UPDATE_BOOT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    BOOT_SECTOR = 512,
    BOOT_COPY_A = 2048 * 512,
    BOOT_COPY_B = 2056 * 512,
    BOOT_TRIES = 3,
    BOOT_VERSION_MAX = 32
};
enum boot_slot { BOOT_SLOT_A, BOOT_SLOT_B };

struct boot_record {
    uint64_t sequence;
    uint32_t active;        /* enum boot_slot that is proven */
    bool trial;             /* the other one is tried */
    uint32_t trial_boots;   /* begun so far */
    uint32_t failed_trials; /* since flashing, for the report */
    uint64_t boots;
    char slot_version[2][BOOT_VERSION_MAX];
    /* A recorder-only update has its own trial: which file of INIT_UPDATES runs in place of the slot's program. */
    char recorder_version[BOOT_VERSION_MAX]; /* "" the slot's own */
    bool recorder_trial;
    uint32_t recorder_trial_boots;
};

enum boot_verdict {
    BOOT_GO_ON,       /* this slot, as it should be */
    BOOT_TRY,         /* this slot, on trial */
    BOOT_SWITCH_BACK, /* the trial is lost: autoboot to the active slot, reboot */
    BOOT_WRONG_SLOT /* the firmware booted another slot than the record wants: repair autoboot.txt, go on */
};

/* The newer sound copy; TD_E_MISSING: neither is sound (a fresh card: *record is a first record for `booted`). */
td_err boot_record_read(int disk_fd, struct boot_record *record, enum boot_slot booted);
/* Raises the sequence, writes the older copy, synced. */
td_err boot_record_write(int disk_fd, struct boot_record *record);

/* Early in each boot: counts it and says what to do. Changes the record; the caller writes it. */
enum boot_verdict boot_begin(struct boot_record *record, enum boot_slot booted);
/* The healthy mark. True: something changed and is to be written. */
bool boot_healthy(struct boot_record *record, enum boot_slot booted);
/* A verified system image stands in the other slot. */
void boot_try_other(struct boot_record *record, enum boot_slot booted, const char *version);

#endif
