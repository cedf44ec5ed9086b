/* The SD card as init sees it: found by the id in its partition table, whatever the kernel called it. Init's only thread. */
#ifndef TD_INIT_CARD_H
#define TD_INIT_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CARD_DISK_ID 0x54444b31u
enum { CARD_PARTITIONS = 4, CARD_CONFIG = 1, CARD_SLOT_A, CARD_SLOT_B, CARD_DATA };

struct card {
    char disk[32];                           /* "/dev/mmcblk0" */
    char partition[CARD_PARTITIONS + 1][32]; /* [CARD_DATA] "/dev/mmcblk0p4" */
    int64_t bytes;                           /* of the disk */
    int64_t start[CARD_PARTITIONS + 1], length[CARD_PARTITIONS + 1]; /* bytes */
};

/* Looks at every disk in dev_dir ("/dev"), names from sys_dir ("/sys/class/block"). TD_E_MISSING: none bears the id (ask again: cards
   appear late, and their partitions after them); TD_E_CARD: one does and its table is not ours. Of several cards the first by name. */
td_err card_find(struct card *card, const char *sys_dir, const char *dev_dir);

/* The table's sector alone: no disk id of ours, partitions out of order, out of the card or of another kind are TD_E_CARD, another id
   TD_E_MISSING. Fills start and length. */
enum { CARD_SECTOR = 512 };
td_err card_read_table(struct card *card, const uint8_t sector[CARD_SECTOR], int64_t disk_bytes);

/* First boot: the data partition's entry in the table reaches the end of the card, and the kernel is told. Nothing to do: 0 and *grown
   false. A cut at any moment leaves the old or the new entry. The file system follows once it is mounted (card_grow_files). The table
   cannot say more than 2 TiB: the data ends there on a larger card, and the log says so. TD_E_IO; TD_E_BUSY: the kernel keeps the old size
   until the next boot. */
td_err card_grow(struct card *card, bool *grown);
/* Grows the mounted ext4 to its partition; cheap when it fits already. TD_E_IO. */
td_err card_grow_files(const char *mount, int64_t bytes);

/* INIT_CARD read-only, INIT_DATA for writing. A data partition that does not mount is never formatted: TD_E_IO and why (static text).
   The data's folders are made: deck (of the recorder, readable by INIT_GID_DATA), config, update. */
td_err card_mount_config(const struct card *card);
td_err card_mount_data(const struct card *card, const char **why);
/* What errno of that mount means, in words for the owner. */
const char *card_mount_words(int error);
/* Remounts INIT_CARD; writers put it back at once and sync. */
td_err card_config_writable(bool writable);

#endif
