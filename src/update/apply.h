/* Carries an update out: into the slot that is not running, or as a recorder beside it. Everything is checked before, and read back after,
   and only then switched; cut anywhere, the card boots what it booted. */
#ifndef TD_UPDATE_APPLY_H
#define TD_UPDATE_APPLY_H

#include "update/autoboot.h"
#include "update/bundle.h"

struct apply {
    int disk_fd;
    int64_t slot_start, slot_bytes; /* of the slot that is not running */
    int64_t fat_start;              /* partition TAPEDECK */
    enum boot_slot booted;
    struct boot_record *record;
    const char *updates_dir;     /* recorder updates: <dir>/<version>.tdu */
    const char *running_version; /* an older or the same one is refused */
    const char *key_pem;         /* NULL: refused */
    void (*progress)(void *arg, int64_t done, int64_t all); /* may be NULL; feeds the watchdog */
    void *arg;
};

/* TD_E_UPDATE_OLD, TD_E_UPDATE_BOARD, bundle_open's errors, TD_E_IO. 0: done, the caller reboots (system) or goes on (recorder). why: for the report. The bundle file is left alone. */
td_err apply_bundle(const struct apply *apply, int bundle_fd, const char **why);

/* The recorder-only update that shall run: checked again and unpacked to `to` (tmpfs, executable). TD_E_MISSING: none; another error: it is
   damaged, the slot's own runs and `why` says so. */
td_err apply_recorder(const struct apply *apply, const char *to, const char **why);

#endif
