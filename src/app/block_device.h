/* The kernel's counters of the block device that holds a folder: its partition and the whole disk that is worn. Any thread, nothing is
   allocated. */
#ifndef TD_APP_BLOCK_DEVICE_H
#define TD_APP_BLOCK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BLOCK_SECTOR_BYTES = 512 /* in the kernel's counters, whatever the device has */,
    BLOCK_BOOT_BYTES = 16
};

/* Counters begin at 0 when the machine boots. */
struct block_device {
    bool
        known; /* false: a file system without a device of its own (tmpfs, overlay, btrfs), or no /sys: all else 0 but boot */
    uint32_t major, minor;                   /* of the partition, or of a disk without partitions */
    int64_t disk_sectors, partition_sectors; /* written */
    int64_t disk_flushes;                    /* 0 where the kernel does not count them */
    int64_t size_bytes;                      /* of the whole disk */
    uint8_t boot[BLOCK_BOOT_BYTES];          /* id of this boot; zeros unknown */
};

/* root: see app/sysfs.h. The folder itself is asked of the machine in any case. */
void block_device_read(const char *root, const char *folder, struct block_device *out);

#endif
