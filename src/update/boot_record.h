/* The boot record: which slot is proven, whether the other is on trial and how often it has tried. Two copies of 512 bytes in the gap
   before the first partition, written in turn, so that a torn write leaves the other. The firmware does not read it: it reads autoboot.txt
   (autoboot.h); what a power cut left between the two, boot_settle (boot.h) puts right. Pure but for the two functions that take a file:
   the whole card, opened for reading and writing, best with O_DIRECT (all accesses are whole sectors at aligned memory). */
#ifndef TD_UPDATE_BOOT_RECORD_H
#define TD_UPDATE_BOOT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/os.h"

enum {
    BOOT_SECTOR = 512,
    BOOT_COPY_A = 2048 * 512,
    BOOT_COPY_B = 2056 * 512,
    BOOT_TRIES = 3,
    BOOT_VERSION_MAX = 32,
    BOOT_IMAGE_BYTES = 32
};
enum boot_slot { BOOT_SLOT_A, BOOT_SLOT_B };

/* A trial is begun, then autoboot.txt is switched, then it is told: a slot that boots although the other was told was chosen by somebody's
   hand (or the firmware), and that ends the trial; one that was only begun lacks nothing but the switch. */
enum boot_trial { BOOT_TRIAL_NONE, BOOT_TRIAL_BEGUN, BOOT_TRIAL_TOLD };

/* What is remembered of an update: version and SHA-256 of the unpacked image. version "": none. */
struct boot_update {
    char version[BOOT_VERSION_MAX];
    uint8_t image[BOOT_IMAGE_BYTES];
};

struct boot_record {
    uint64_t sequence;
    uint64_t boots;
    uint32_t active;           /* enum boot_slot that is proven */
    uint32_t trial;            /* enum boot_trial: the other one is tried */
    uint32_t trial_boots;      /* begun so far */
    uint32_t failed_trials;    /* since flashing, systems and recorders, for the report */
    struct boot_update trying; /* the system on trial */
    struct boot_update failed; /* the last system whose trial was lost: not applied again */
    char slot_version[2][BOOT_VERSION_MAX]; /* "" not known, or being written */
    /* A recorder-only update has its own trial: which file of INIT_UPDATES runs in place of the slot's program. */
    struct boot_update recorder; /* version "": the slot's own */
    struct boot_update recorder_failed;
    /* The images that failed before those two: of two bad bundles on the card neither brings the other back. Zeros: none. */
    uint8_t failed_before[BOOT_IMAGE_BYTES], recorder_failed_before[BOOT_IMAGE_BYTES];
    bool
        recorder_runs; /* at this boot, not stored: apply_recorder says so; what did not run is not proven */
    uint32_t recorder_trial; /* 1: on trial */
    uint32_t recorder_trial_boots;
};

enum boot_verdict {
    BOOT_GO_ON,       /* the proven slot */
    BOOT_TRY,         /* the other one, on trial */
    BOOT_SWITCH_BACK, /* the trial is lost: autoboot.txt to the proven slot, reboot */
    BOOT_SWITCH_ON /* the trial's slot is complete but the firmware was not told: autoboot.txt to it, reboot */
};

/* The newer sound copy. Else *record is a first record for `booted`, and TD_E_MISSING: neither is sound (a fresh card); TD_E_IO: the card
   cannot be read. */
td_err boot_record_read(const struct td_disk *disk, int file, struct boot_record *record,
                        enum boot_slot booted);
/* Raises the sequence, writes the older copy, synced and read back. */
td_err boot_record_write(const struct td_disk *disk, int file, struct boot_record *record);

/* Early in each boot: counts it and says what to do. Changes the record. boot_settle() calls it, in the right order with the writes. A boot
   of the slot that is not the proven one is a trial even when nobody asked for it: an owner may edit autoboot.txt. */
enum boot_verdict boot_begin(struct boot_record *record, enum boot_slot booted);
/* The healthy mark, of the system and of an updated recorder that runs. True: something changed and is to be written. */
bool boot_healthy(struct boot_record *record, enum boot_slot booted);
/* A verified system image stands in the other slot: BOOT_TRIAL_BEGUN. */
void boot_try_other(struct boot_record *record, enum boot_slot booted,
                    const struct boot_update *update);
/* A verified recorder lies in the updates' folder. */
void boot_try_recorder(struct boot_record *record, const struct boot_update *update);
/* The update of the recorder is given up, the slot's own runs from now on: called by boot_begin after BOOT_TRIES boots on trial, and by init when
   it crashed 3 times within its trial or does not unpack. True: something changed and is to be written. */
bool boot_recorder_lost(struct boot_record *record);

static inline enum boot_slot boot_other(enum boot_slot slot)
{
    return slot == BOOT_SLOT_A ? BOOT_SLOT_B : BOOT_SLOT_A;
}

#endif
