/* Carries an update out: into the slot that is not running, or as a recorder beside it. Everything is checked before, and read back after,
   and only then switched; cut anywhere, the card boots what it booted, or the new slot complete. */
#ifndef TD_UPDATE_APPLY_H
#define TD_UPDATE_APPLY_H

#include "update/boot.h"
#include "update/bundle.h"

#define APPLY_BOARD "rpi4"
enum { APPLY_RECORDER_MAX = 16 << 20, APPLY_PATH_MAX = 256 };

struct apply {
    struct boot_card card;
    int64_t slot_start, slot_bytes; /* of the slot that is not running */
    enum boot_slot booted;
    struct boot_record *record;
    const char *updates_dir; /* recorder updates: <dir>/<version>.tdu; made when missing */
    const char
        *running_version; /* of the system, as in /etc/build; an older or the same one is refused */
    const char *key_pem;  /* NULL: refused */
    void (*progress)(void *arg, int64_t done, int64_t all); /* may be NULL; feeds the watchdog */
    void *arg;
};

/* bundle: opened for reading with card.disk. 0: done; *kind says what: after BUNDLE_SYSTEM the caller reboots, after BUNDLE_RECORDER it goes on (apply_recorder
   then starts the new one). Errors, each before a byte is written: TD_E_BUSY a trial is under way; bundle_open's; TD_E_UPDATE_OLD; TD_E_UPDATE_BOARD;
   TD_E_UPDATE_FAILED this very image lost its trial; TD_E_UPDATE_SIZE; TD_E_CARD. Later TD_E_IO, TD_E_DISK_FULL: what runs stays. why: for the
   report. The bundle is left where it lies: after its trial it is refused as not newer, or as failed. */
td_err apply_bundle(const struct apply *apply, int bundle, enum bundle_kind *kind,
                    const char **why);

/* The recorder-only update that shall run: checked again and unpacked to `to` (tmpfs; mode 0755). TD_E_MISSING: none, or it is not newer than the slot's
   own, which then runs; another error: it is damaged, the slot's own runs and `why` says so (boot_recorder_lost gives it up for good). */
td_err apply_recorder(const struct apply *apply, const char *to, const char **why);

#endif
