#include "update/autoboot.h"

#include <stdbool.h>
#include <string.h>

#include "update/sector.h"

enum {
    SECTOR = BOOT_SECTOR,
    ENTRY_BYTES = 32,
    ENTRIES = SECTOR / ENTRY_BYTES,
    ENTRY_ATTRIBUTES = 11,
    ATTRIBUTE_NO_FILE = 0x08 | 0x10, /* a label, a part of a long name, a folder */
    ROOT_SECTORS_MAX = 4096,         /* that are looked at */
    TEXT_LEAST = 23                  /* "[all]\nboot_partition=2\n" without its last line end */
};

/* ---- the text -------------------------------------------------------------------------------- */

static const char head[] = "[all]\nboot_partition=";

static char digit_of(enum boot_slot slot)
{
    return (char)('0' + (slot == BOOT_SLOT_A ? AUTOBOOT_PARTITION_A : AUTOBOOT_PARTITION_B));
}

void autoboot_text(enum boot_slot slot, char out[AUTOBOOT_BYTES])
{
    memset(out, '\n', AUTOBOOT_BYTES);
    memcpy(out, head, sizeof head - 1);
    out[sizeof head - 1] = digit_of(slot);
}

td_err autoboot_parse(const char *text, unsigned bytes, enum boot_slot *slot)
{
    static const char key[] = "boot_partition=";
    const char *found = memmem(text, bytes, key, sizeof key - 1);
    TD_FAIL_IF(found == NULL || found + sizeof key > text + bytes, TD_E_SYNTAX);
    const char *digit = found + sizeof key - 1, *after = digit + 1;
    TD_FAIL_IF(after < text + bytes && *after != '\n' && *after != '\r', TD_E_SYNTAX);
    *slot = *digit == digit_of(BOOT_SLOT_A) ? BOOT_SLOT_A : BOOT_SLOT_B;
    return *digit == digit_of(*slot) ? 0 : TD_E_SYNTAX;
}

/* ---- the FAT --------------------------------------------------------------------------------- */

struct fat {
    const struct td_disk *disk;
    int file;
    int64_t start; /* bytes, on the card */
    unsigned bits; /* 12, 16, 32 */
    uint32_t cluster_sectors, fat_at, fat_sectors, root_at, root_sectors, data_at, clusters;
    uint32_t root_cluster; /* FAT32 */
};

static uint32_t get(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

static td_err read_sector(const struct fat *fat, uint32_t sector, uint8_t out[SECTOR])
{
    int64_t got = fat->disk->read_at(fat->disk->ctx, fat->file, out, SECTOR,
                                     fat->start + (int64_t)sector * SECTOR);
    TD_TRY(got);
    return got == SECTOR ? 0 : TD_E_CARD;
}

/* The type is a matter of the number of clusters and of nothing else. */
static td_err open_fat(struct fat *fat)
{
    _Alignas(SECTOR) uint8_t boot[SECTOR];
    TD_TRY(read_sector(fat, 0, boot));
    uint32_t reserved = get(boot + 14, 2), copies = boot[16], entries = get(boot + 17, 2);
    uint64_t all = get(boot + 19, 2) ? get(boot + 19, 2) : get(boot + 32, 4);
    fat->cluster_sectors = boot[13];
    fat->fat_sectors = get(boot + 22, 2) ? get(boot + 22, 2) : get(boot + 36, 4);
    TD_FAIL_IF(get(boot + 510, 2) != 0xaa55 || get(boot + 11, 2) != SECTOR, TD_E_CARD);
    TD_FAIL_IF(fat->cluster_sectors == 0 || reserved == 0 || copies == 0 || copies > 4, TD_E_CARD);
    fat->root_sectors = (entries * ENTRY_BYTES + SECTOR - 1) / SECTOR;
    uint64_t root_at = reserved + (uint64_t)copies * fat->fat_sectors;
    uint64_t data_at = root_at + fat->root_sectors;
    TD_FAIL_IF(fat->fat_sectors == 0 || data_at >= all || all > UINT32_MAX, TD_E_CARD);
    fat->fat_at = reserved;
    fat->root_at = (uint32_t)root_at;
    fat->data_at = (uint32_t)data_at;
    fat->clusters = (uint32_t)((all - data_at) / fat->cluster_sectors);
    fat->bits = fat->clusters < 4085 ? 12 : fat->clusters < 65525 ? 16 : 32;
    fat->root_cluster = fat->bits == 32 ? get(boot + 44, 4) & 0x0fffffff : 0;
    return 0;
}

static bool is_cluster(const struct fat *fat, uint32_t cluster)
{
    return cluster >= 2 && cluster - 2 < fat->clusters;
}

static uint32_t sector_of(const struct fat *fat, uint32_t cluster)
{
    return fat->data_at + (cluster - 2) * fat->cluster_sectors;
}

/* The cluster that follows in a FAT32 root; others have their root in one piece. */
static td_err next_cluster(const struct fat *fat, uint32_t *cluster)
{
    _Alignas(SECTOR) uint8_t sector[SECTOR];
    uint32_t at = *cluster / (SECTOR / 4);
    TD_FAIL_IF(at >= fat->fat_sectors, TD_E_CARD);
    TD_TRY(read_sector(fat, fat->fat_at + at, sector));
    *cluster = get(sector + *cluster % (SECTOR / 4) * 4, 4) & 0x0fffffff;
    return 0;
}

/* 1 found, 0 not in this sector, TD_E_END: the folder ends here. */
static td_err look(const uint8_t sector[SECTOR], const uint8_t **entry)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        const uint8_t *at = sector + (size_t)i * ENTRY_BYTES;
        if (at[0] == 0)
            return TD_E_END;
        if (memcmp(at, "AUTOBOOTTXT", 11) == 0 && !(at[ENTRY_ATTRIBUTES] & ATTRIBUTE_NO_FILE)) {
            *entry = at;
            return 1;
        }
    }
    return 0;
}

static td_err look_from(const struct fat *fat, uint32_t first, uint32_t sectors,
                        uint8_t sector[SECTOR], const uint8_t **entry)
{
    for (uint32_t i = 0; i < sectors; i++) {
        TD_TRY(read_sector(fat, first + i, sector));
        td_err answer = look(sector, entry);
        if (answer != 0)
            return answer;
    }
    return 0;
}

static td_err find_entry(const struct fat *fat, uint8_t sector[SECTOR], const uint8_t **entry)
{
    if (fat->bits != 32)
        return look_from(fat, fat->root_at, fat->root_sectors, sector, entry);
    uint32_t cluster = fat->root_cluster;
    for (uint32_t seen = 0; is_cluster(fat, cluster); seen += fat->cluster_sectors) {
        TD_FAIL_IF(seen >= ROOT_SECTORS_MAX, TD_E_CARD);
        td_err answer =
            look_from(fat, sector_of(fat, cluster), fat->cluster_sectors, sector, entry);
        if (answer != 0)
            return answer;
        TD_TRY(next_cluster(fat, &cluster));
    }
    return 0;
}

td_err autoboot_find(const struct td_disk *disk, int file, int64_t fat_start, int64_t *at)
{
    struct fat fat = {.disk = disk, .file = file, .start = fat_start};
    _Alignas(SECTOR) uint8_t sector[SECTOR];
    const uint8_t *entry = NULL;
    disk->drop_cache(disk->ctx, file); /* the mounted file system has a cache of its own */
    TD_TRY(open_fat(&fat));
    td_err answer = find_entry(&fat, sector, &entry);
    TD_FAIL_IF(answer == 0 || answer == TD_E_END, TD_E_MISSING);
    TD_TRY(answer);
    uint32_t bytes = get(entry + 28, 4), high = fat.bits == 32 ? get(entry + 20, 2) : 0;
    uint32_t cluster = get(entry + 26, 2) | high << 16;
    TD_FAIL_IF(bytes < TEXT_LEAST || bytes > AUTOBOOT_BYTES || !is_cluster(&fat, cluster),
               TD_E_CARD);
    *at = fat_start + (int64_t)sector_of(&fat, cluster) * SECTOR;
    return 0;
}

/* ---- its sector ------------------------------------------------------------------------------ */

td_err autoboot_read(const struct td_disk *disk, int file, int64_t at, enum boot_slot *slot)
{
    _Alignas(SECTOR) char text[AUTOBOOT_BYTES];
    int64_t got = disk->read_at(disk->ctx, file, text, sizeof text, at);
    TD_TRY(got);
    TD_FAIL_IF(got != sizeof text, TD_E_IO);
    return autoboot_parse(text, sizeof text, slot);
}

td_err autoboot_switch(const struct td_disk *disk, int file, int64_t at, enum boot_slot slot)
{
    _Alignas(SECTOR) char text[AUTOBOOT_BYTES];
    _Static_assert(sizeof text == BOOT_SECTOR, "the file is one sector");
    autoboot_text(slot, text);
    return sector_write(disk, file, text, at);
}
