/* A slot: magic 8, version 4, zero 4, sequence 8, record, zeros, crc32c 4 of all before it: 512 bytes. */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "app/wear.h"
#include "base/crc.h"
#include "base/text.h"

enum { SLOT_BYTES = 512, SLOT_PITCH = 4096, SLOTS = 2, VERSION = 1, WEAR_PATH_MAX = 600 };

struct slot {
    char magic[8];
    uint32_t version, zero;
    uint64_t sequence;
    struct wear_record record;
    uint8_t zeros[SLOT_BYTES - 28 - sizeof(struct wear_record)];
    uint32_t crc32c;
};
_Static_assert(sizeof(struct slot) == SLOT_BYTES, "one sector");
_Static_assert(sizeof(struct wear_record) == 80 + WEAR_DAYS * sizeof(struct wear_day),
               "no padding in the file");

static const char magic[8] = {'T', 'D', 'W', 'E', 'A', 'R', '\r', '\n'};

static uint32_t sum_of(const struct slot *slot)
{
    return td_crc32c(0, slot, offsetof(struct slot, crc32c));
}

/* What a sound writer never writes is refused, whatever the sum says: nothing here may overflow later. */
static bool record_is_sane(const struct wear_record *record)
{
    static const int64_t most = INT64_MAX / 4;
    bool sane = record->since_ns != 0 && record->disk_sectors >= 0 &&
                record->disk_sectors <= most / BLOCK_SECTOR_BYTES && record->mono_ms >= 0 &&
                record->mono_ms <= most && record->device_bytes >= 0 &&
                record->device_bytes <= most && record->logical_bytes >= 0 &&
                record->logical_bytes <= most;
    for (unsigned i = 0; i < WEAR_DAYS; i++)
        sane &= record->day[i].device_bytes >= 0 &&
                record->day[i].device_bytes <= most / WEAR_DAYS && record->day[i].device_ms >= 0 &&
                record->day[i].device_ms <= most / WEAR_DAYS && record->day[i].logical_bytes >= 0 &&
                record->day[i].logical_bytes <= most;
    return sane;
}

static bool slot_holds(const struct slot *slot)
{
    return memcmp(slot->magic, magic, sizeof magic) == 0 && slot->version == VERSION &&
           slot->crc32c == sum_of(slot) && slot->sequence > 0 && record_is_sane(&slot->record);
}

static td_err path_of(const char *data_dir, char path[WEAR_PATH_MAX])
{
    struct td_str str = td_str_on(path, WEAR_PATH_MAX);
    td_str_add_format(&str, "%s/wear", data_dir);
    return str.cut ? TD_E_RANGE : 0;
}

/* Index of the newest slot that holds, -1 none; *any: there are bytes at all. A slot that cannot be read does not hold. */
static int newest(const struct td_disk *disk, int file, struct slot slot[SLOTS], bool *any)
{
    int found = -1;
    *any = false;
    for (int i = 0; i < SLOTS; i++) {
        int64_t got = disk->read_at(disk->ctx, file, &slot[i], sizeof slot[i], i * SLOT_PITCH);
        *any |= got > 0;
        if (got == SLOT_BYTES && slot_holds(&slot[i]) &&
            (found < 0 || slot[i].sequence > slot[found].sequence))
            found = i;
    }
    return found;
}

td_err wear_load(const struct td_disk *disk, const char *data_dir, struct wear_record *record)
{
    char path[WEAR_PATH_MAX];
    struct slot slot[SLOTS];
    bool any;
    memset(record, 0, sizeof *record);
    TD_TRY(path_of(data_dir, path));
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    int found = newest(disk, file, slot, &any);
    disk->close(disk->ctx, file);
    if (found < 0)
        return any ? TD_E_SYNTAX : TD_E_MISSING;
    *record = slot[found].record;
    return 0;
}

static td_err write_slot(const struct td_disk *disk, int file, const struct wear_record *record)
{
    struct slot slot[SLOTS], fresh = {.version = VERSION, .record = *record};
    bool any;
    int last = newest(disk, file, slot, &any), place = last < 0 ? 0 : (last + 1) % SLOTS;
    memcpy(fresh.magic, magic, sizeof magic);
    fresh.sequence = last < 0 ? 1 : slot[last].sequence + 1;
    fresh.crc32c = sum_of(&fresh);
    int64_t put = disk->write_at(disk->ctx, file, &fresh, sizeof fresh, place * SLOT_PITCH);
    TD_FAIL_IF(put < 0, (td_err)put);
    return disk->sync_data(disk->ctx, file);
}

td_err wear_save(const struct td_disk *disk, const char *data_dir, const struct wear_record *record)
{
    char path[WEAR_PATH_MAX];
    TD_TRY(path_of(data_dir, path));
    int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0644);
    TD_TRY(file);
    td_err err = write_slot(disk, file, record);
    int closed = disk->close(disk->ctx, file);
    TD_TRY(err);
    return closed < 0 ? closed : 0;
}
