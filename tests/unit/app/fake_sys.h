/* A folder in place of / with the files of /sys and /proc that a test lays out. */
#ifndef TD_TEST_APP_FAKE_SYS_H
#define TD_TEST_APP_FAKE_SYS_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/os.h"
#include "test.h"

/* root/path holds the text; folders are made. */
static inline void sys_put(const char *root, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void sys_put(const char *root, const char *path, const char *format, ...)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char whole[700];
    va_list args;
    snprintf(whole, sizeof whole, "%s%s", root, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, whole), 0);
    *slash = '/';
    FILE *file = fopen(whole, "w");
    CHECK(file != NULL);
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    CHECK(fclose(file) == 0);
}

/* The counters of the disk "sd" and of its first partition, which holds `folder`; as the kernel lays them out: the partition's folder in the
   disk's, a link from its number to it. */
static inline void sys_put_disk(const char *root, const char *folder, int64_t disk_sectors,
                                int64_t partition_sectors)
{
    static const char form[] = "%8d %8d %8d %8d %8d %8d %8lld %8d %8d %8d %8d %8d %8d %8d %8d %8d "
                               "%8d\n";
    const struct td_disk *disk = &td_os_linux()->disk;
    struct stat about;
    char link_path[800];
    CHECK(stat(folder, &about) == 0);
    sys_put(root, "/sys/devices/sd/stat", form, 11, 12, 13, 14, 15, 16, (long long)disk_sectors, 18,
            19, 20, 21, 22, 23, 24, 25, 26, 27);
    sys_put(root, "/sys/devices/sd/size", "62500000\n"); /* 32 GB */
    sys_put(root, "/sys/devices/sd/sd1/stat", form, 1, 2, 3, 4, 5, 6, (long long)partition_sectors,
            8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    sys_put(root, "/sys/devices/sd/sd1/partition", "1\n");
    sys_put(root, "/sys/devices/sd/sd1/size", "1000\n");
    snprintf(link_path, sizeof link_path, "%s/sys/dev/block", root);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, link_path), 0);
    snprintf(link_path, sizeof link_path, "%s/sys/dev/block/%u:%u", root, major(about.st_dev),
             minor(about.st_dev));
    unlink(link_path);
    CHECK(symlink("../../devices/sd/sd1", link_path) == 0);
}

/* Which boot this is. */
static inline void sys_put_boot(const char *root, unsigned number)
{
    sys_put(root, "/proc/sys/kernel/random/boot_id", "249efb67-f768-4543-b91b-dd688a6b%04x\n",
            number);
}

#endif
