#include "app/block_device.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "app/sysfs.h"
#include "base/text.h"

/* Fields of /sys/block/X/stat: reads 0-3, writes 4-7 (5 and 6: merged, sectors), then queue, discards, flushes. */
enum { FIELD_SECTORS_WRITTEN = 6, FIELD_FLUSHES = 15, FIELDS = 17 };

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "249efb67-f768-4543-b91b-dd688a6baee6" */
static void read_boot(const char *root, uint8_t out[BLOCK_BOOT_BYTES])
{
    char text[SYSFS_TEXT_MAX];
    uint8_t id[BLOCK_BOOT_BYTES] = {0};
    unsigned digits = 0;
    if (!sysfs_text(root, "/proc/sys/kernel/random/boot_id", text))
        return;
    for (const char *at = text; *at != '\0'; at++) {
        int value = nibble(*at);
        if (*at == '-')
            continue;
        if (value < 0 || digits == 2 * BLOCK_BOOT_BYTES)
            return;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | value);
        digits++;
    }
    if (digits == 2 * BLOCK_BOOT_BYTES)
        memcpy(out, id, sizeof id);
}

/* The folder of a partition stands in the folder of its disk. */
static void place(char path[SYSFS_PATH_MAX], const struct block_device *device, bool disk,
                  const char *name)
{
    struct td_str str = td_str_on(path, SYSFS_PATH_MAX);
    td_str_add_format(&str, "/sys/dev/block/%u:%u/%s%s", device->major, device->minor,
                      disk ? "../" : "", name);
}

static bool read_stat(const char *root, const struct block_device *device, bool disk,
                      int64_t *sectors, int64_t *flushes)
{
    char path[SYSFS_PATH_MAX];
    int64_t field[FIELDS];
    place(path, device, disk, "stat");
    unsigned fields = sysfs_numbers(root, path, field, FIELDS);
    if (fields <= FIELD_SECTORS_WRITTEN || field[FIELD_SECTORS_WRITTEN] < 0 ||
        field[FIELD_SECTORS_WRITTEN] > INT64_MAX / 8 / BLOCK_SECTOR_BYTES)
        return false;
    *sectors = field[FIELD_SECTORS_WRITTEN];
    *flushes = fields > FIELD_FLUSHES ? field[FIELD_FLUSHES] : 0;
    return true;
}

void block_device_read(const char *root, const char *folder, struct block_device *out)
{
    char path[SYSFS_PATH_MAX];
    struct stat about;
    int64_t flushes, number, sectors = 0;
    *out = (struct block_device){0};
    read_boot(root, out->boot);
    if (stat(folder, &about) != 0)
        return;
    out->major = major(about.st_dev);
    out->minor = minor(about.st_dev);
    place(path, out, false, "partition");
    bool parts = sysfs_number(root, path, &number);
    if (!read_stat(root, out, parts, &out->disk_sectors, &out->disk_flushes) ||
        !read_stat(root, out, false, &out->partition_sectors, &flushes))
        return;
    place(path, out, parts, "size");
    out->known = true;
    out->size_bytes = sysfs_number(root, path, &sectors) && sectors > 0 &&
                              sectors < INT64_MAX / BLOCK_SECTOR_BYTES
                          ? sectors * BLOCK_SECTOR_BYTES
                          : 0;
}
