#include "app/block_device.h"

#include <fcntl.h>
#include <stdlib.h>

#include "fake_sys.h"

TEST(partition_and_whole_disk)
{
    const char *root = test_tmpdir();
    struct block_device device;
    struct stat about;
    CHECK(stat(root, &about) == 0);
    sys_put_disk(root, root, 5000, 3000);
    sys_put_boot(root, 0xfe01);
    block_device_read(root, root, &device);
    CHECK(device.known);
    CHECK_EQ_I64(device.disk_sectors, 5000);
    CHECK_EQ_I64(device.partition_sectors, 3000);
    CHECK_EQ_I64(device.disk_flushes, 26);
    CHECK_EQ_I64(device.size_bytes, INT64_C(32000000000));
    CHECK_EQ_U64(device.major, major(about.st_dev));
    CHECK_EQ_U64(device.minor, minor(about.st_dev));
    CHECK_EQ_U64(device.boot[0], 0x24);
    CHECK_EQ_U64(device.boot[14], 0xfe);
    CHECK_EQ_U64(device.boot[15], 0x01);
}

TEST(a_disk_without_partitions)
{
    const char *root = test_tmpdir();
    struct block_device device;
    char path[600];
    sys_put_disk(root, root, 5000, 3000);
    snprintf(path, sizeof path, "%s/sys/devices/sd/sd1/partition", root);
    CHECK(unlink(path) == 0);
    block_device_read(root, root, &device);
    CHECK(device.known);
    CHECK_EQ_I64(device.disk_sectors, 3000);
    CHECK_EQ_I64(device.partition_sectors, 3000);
    CHECK_EQ_I64(device.size_bytes, 512000);
}

/* Kernels before 5.5 count no flushes, before 4.18 no discards. */
TEST(fewer_fields)
{
    const char *root = test_tmpdir();
    struct block_device device;
    sys_put_disk(root, root, 1, 1);
    sys_put(root, "/sys/devices/sd/stat", "1 2 3 4 5 6 777 8 9 10 11\n");
    block_device_read(root, root, &device);
    CHECK(device.known);
    CHECK_EQ_I64(device.disk_sectors, 777);
    CHECK_EQ_I64(device.disk_flushes, 0);
}

TEST(what_cannot_be_read_is_unknown)
{
    const char *root = test_tmpdir();
    struct block_device device;
    static const uint8_t none[BLOCK_BOOT_BYTES];
    block_device_read(root, root, &device);
    CHECK(!device.known);
    CHECK_EQ_MEM(device.boot, none, sizeof none);
    sys_put_disk(root, root, 5000, 3000);
    sys_put(root, "/sys/devices/sd/stat", "1 2 3 4 5 6\n"); /* too few */
    sys_put(root, "/proc/sys/kernel/random/boot_id", "249efb67-f768\n");
    block_device_read(root, root, &device);
    CHECK(!device.known);
    CHECK_EQ_MEM(device.boot, none, sizeof none);
    sys_put(root, "/sys/devices/sd/stat", "1 2 3 4 5 6 -7 8\n");
    sys_put(root, "/proc/sys/kernel/random/boot_id", "249efb67-f768-4543-b91b-dd688a6baee6a\n");
    block_device_read(root, root, &device);
    CHECK(!device.known);
    CHECK_EQ_MEM(device.boot, none, sizeof none);
    sys_put(root, "/sys/devices/sd/stat", "1 2 3 4 5 6 9223372036854775807 8\n");
    block_device_read(root, root, &device);
    CHECK(!device.known);
    block_device_read(root, "/nowhere/at/all", &device);
    CHECK(!device.known && device.major == 0);
}

/* The machine's own counters: what is written through to the device shows up in them. */
TEST(this_machine_counts_what_is_written)
{
    enum { MIB = 1 << 20, WRITTEN = 8 * MIB };
    static char data[WRITTEN];
    const struct td_disk *disk = &td_os_linux()->disk;
    struct block_device before, after;
    char path[700];
    block_device_read("", ".", &before);
    if (!before.known)
        SKIP("the folder's file system has no block device with counters here");
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    snprintf(path, sizeof path, "block_device_test.%d", (int)getpid());
    int file = disk->open(disk->ctx, path, O_RDWR | O_CREAT, 0600);
    CHECK(file >= 0);
    unlink(path);
    CHECK_EQ_I64(disk->write_at(disk->ctx, file, data, sizeof data, 0), sizeof data);
    CHECK_EQ_I64(disk->sync_data(disk->ctx, file), 0);
    block_device_read("", ".", &after);
    disk->close(disk->ctx, file);
    CHECK(after.known);
    CHECK_EQ_MEM(before.boot, after.boot, sizeof after.boot);
    CHECK(after.disk_sectors - before.disk_sectors >= WRITTEN / BLOCK_SECTOR_BYTES);
    CHECK(after.partition_sectors - before.partition_sectors >= WRITTEN / BLOCK_SECTOR_BYTES);
    CHECK(after.size_bytes > WRITTEN);
}
