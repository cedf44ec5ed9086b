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
    const char *
        updates_dir; /* recorder updates: <dir>/<version>.tdu; made when missing. NULL: the data partition is not mounted */
    const char
        *running_version; /* of the system, as in /etc/build; an older or the same one is refused */
    const char *key_pem;  /* NULL: refused */
    void (*progress)(void *arg, int64_t done, int64_t all); /* may be NULL; feeds the watchdog */
    void *arg;
};

struct apply_result {
    enum bundle_kind
        kind; /* of what was applied: the caller reboots after BUNDLE_SYSTEM, goes on after BUNDLE_RECORDER (apply_recorder) */
    char version[BOOT_VERSION_MAX]; /* "" when the bundle did not tell */
    const char *why;                /* static text for the report, "" when all is well */
};

/* bundle: opened for reading with card.disk. 0: done. Errors, each before a byte is written: bundle_open's; TD_E_UPDATE_OLD; TD_E_UPDATE_FAILED
   this very image lost its trial; TD_E_UPDATE_BOARD; TD_E_UPDATE_SIZE; TD_E_BUSY a trial is under way; TD_E_CARD. Later TD_E_IO, TD_E_DISK_FULL:
   what runs stays. The bundle is left where it lies: after its trial it is refused as not newer, or as failed. */
td_err apply_bundle(const struct apply *apply, int bundle, struct apply_result *result);

/* Applies the newest of the bundles (*.tdu) in folder that may be applied. TD_E_MISSING: none lies there; else, when none may be applied, why one of
   them may not: the first reason other than TD_E_UPDATE_OLD. name: of the file that the result is about. */
enum { APPLY_NAME_MAX = 128 };
td_err apply_folder(const struct apply *apply, const char *folder, char name[APPLY_NAME_MAX],
                    struct apply_result *result);

/* The recorder-only update that shall run: checked again and unpacked to `to` (tmpfs; mode 0755). TD_E_MISSING: none, or it is not newer than the slot's
   own, which then runs, as it does after any error; `why` says it. TD_E_IO, TD_E_NO_MEMORY, TD_E_DISK_FULL: perhaps at the next boot; another: what is
   stored is damaged, boot_recorder_lost gives it up for good. */
td_err apply_recorder(const struct apply *apply, const char *to, const char **why);

#endif
