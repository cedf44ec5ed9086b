/* A small card for the tests of updates: a FAT made by hand with autoboot.txt in it, room for the boot record, two slots; on the simulated disk, or in
   a file through the real one. */
#ifndef TD_UPDATE_RIG_H
#define TD_UPDATE_RIG_H

#include <fcntl.h>
#include <string.h>

#include "sim/disk.h"
#include "update/boot.h"

enum { RIG_FAT_START = 2 << 20 };

static inline void rig_put(const struct boot_card *card, const void *data, size_t bytes, int64_t at)
{
    int64_t put = card->disk->write_at(card->disk->ctx, card->file, data, bytes, at);
    TD_ASSERT(put == (int64_t)bytes, "the card takes it");
}

static inline void rig_word(uint8_t *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* What a formatting tool would make: one file in the root, behind a label and a stranger's long name. */
struct rig_fat {
    unsigned bits;
    uint32_t cluster_sectors, clusters, file_cluster, file_bytes;
};

static inline void rig_entry(uint8_t *at, const char *name, uint8_t attributes, uint32_t cluster,
                             uint32_t bytes)
{
    memcpy(at, name, 11);
    at[11] = attributes;
    rig_word(at + 20, cluster >> 16, 2);
    rig_word(at + 26, cluster & 0xffff, 2);
    rig_word(at + 28, bytes, 4);
}

/* Byte offset on the card of autoboot.txt's sector; in a FAT32 the entry is in the root's second cluster. */
static inline int64_t rig_make_fat(const struct boot_card *card, const struct rig_fat *fat,
                                   enum boot_slot slot)
{
    uint8_t sector[512] = {0xeb};
    uint32_t fat_sectors = (uint32_t)(((uint64_t)(fat->clusters + 2) * fat->bits / 8 + 511) / 512);
    uint32_t root_entries = fat->bits == 32 ? 0 : 512, root_sectors = root_entries / 16;
    uint32_t root_at = 4 + 2 * fat_sectors, data_at = root_at + root_sectors;
    uint32_t all = data_at + fat->clusters * fat->cluster_sectors;
    rig_word(sector + 11, 512, 2);
    sector[13] = (uint8_t)fat->cluster_sectors;
    rig_word(sector + 14, 4, 2);
    sector[16] = 2;
    rig_word(sector + 17, root_entries, 2);
    rig_word(sector + 19, all < 65536 ? all : 0, 2);
    rig_word(sector + 32, all < 65536 ? 0 : all, 4);
    rig_word(sector + 22, fat->bits == 32 ? 0 : fat_sectors, 2);
    rig_word(sector + 36, fat->bits == 32 ? fat_sectors : 0, 4);
    rig_word(sector + 44, fat->bits == 32 ? 2 : 0, 4);
    rig_word(sector + 510, 0xaa55, 2);
    rig_put(card, sector, 512, card->fat_start);
    int64_t entry_at = card->fat_start + (int64_t)root_at * 512;
    if (fat->bits == 32) { /* root: cluster 2, full of old names, then 5 */
        memset(sector, 0, 512);
        rig_word(sector + 8, 5, 4), rig_word(sector + 20, 0x0fffffff, 4);
        rig_put(card, sector, 512, card->fat_start + 4 * 512);
        memset(sector, 0xe5, 512);
        for (uint32_t i = 0; i < fat->cluster_sectors; i++)
            rig_put(card, sector, 512, entry_at + (int64_t)i * 512);
        entry_at += INT64_C(3) * fat->cluster_sectors * 512;
    }
    memset(sector, 0, 512);
    rig_entry(sector, "AUTOBOOTTXT", 0x08, 0, 0); /* a label that would deceive */
    rig_entry(sector + 32, "Aa.t.x.t.x.", 0x0f, 0, 0xffffffff);
    rig_entry(sector + 64, "AUTOBOOTTXT", 0x20, fat->file_cluster, fat->file_bytes);
    rig_put(card, sector, 512, entry_at);
    char text[AUTOBOOT_BYTES];
    autoboot_text(slot, text);
    int64_t at = card->fat_start +
                 512 * ((int64_t)data_at + (fat->file_cluster - 2) * (int64_t)fat->cluster_sectors);
    rig_put(card, text, sizeof text, at);
    return at;
}

static const struct rig_fat rig_fat12 = {12, 2, 100, 40, AUTOBOOT_BYTES};
static const struct rig_fat rig_fat16 = {16, 1, 5000, 4321, AUTOBOOT_BYTES};
static const struct rig_fat rig_fat32 = {32, 1, 70000, 69000, AUTOBOOT_BYTES};

/* The simulated disk, one for all tests of a program; emptied. */
static inline struct sim_disk *rig_disk(void)
{
    static struct sim_disk *disk;
    if (!disk)
        disk = sim_disk_new(0);
    sim_disk_reset(disk);
    sim_disk_capacity(disk, INT64_C(1) << 30);
    return disk;
}

static inline struct boot_card rig_card(struct sim_disk *disk, int64_t bytes)
{
    const struct td_disk *table = sim_disk_table(disk);
    struct boot_card card = {table, table->open(table->ctx, "card", O_RDWR | O_CREAT, 0600),
                             RIG_FAT_START};
    TD_ASSERT(card.file >= 0 && table->truncate(table->ctx, card.file, bytes) == 0 &&
                  table->sync_all(table->ctx, card.file) == 0,
              "a card");
    return card;
}

#endif
