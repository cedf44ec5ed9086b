/* Writing a slot: its first sector is wiped before anything else and comes last, so that a slot in the making does not look like one. Aligned pieces,
   each synced, so that no sync takes long. */
#ifndef TD_UPDATE_SLOT_H
#define TD_UPDATE_SLOT_H

#include "update/bundle.h"

struct slot {
    const struct td_disk *disk;
    int file;                                         /* the whole card */
    int64_t start;                                    /* bytes */
    _Alignas(BOOT_SECTOR) uint8_t first[BOOT_SECTOR]; /* kept until the end */
};

/* The slot is nothing now. */
td_err slot_begin(struct slot *slot);
/* bundle_take_fn; arg: the slot. Whole sectors in order. */
td_err slot_take(void *arg, int64_t offset, const uint8_t *data, size_t bytes);
td_err slot_finish(struct slot *slot);
/* Reads it back past the cache. TD_E_IO: the card did not keep what was written. */
td_err slot_check(const struct slot *slot, const struct bundle *bundle,
                  void (*progress)(void *arg, int64_t bytes), void *arg);

#endif
