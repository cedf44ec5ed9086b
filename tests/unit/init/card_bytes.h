/* A card in a fresh working folder (names in /dev are short, and so are these): the table as sfdisk writes it for the image, the disk as a sparse file, and what /sys/class/block says of it. */
#ifndef TD_TESTS_INIT_CARD_BYTES_H
#define TD_TESTS_INIT_CARD_BYTES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/card.h"
#include "init/file.h"
#include "test.h"

enum { MIB = 1 << 20 };
static const int64_t image_bytes = 420LL * MIB;

static void le32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static inline void set_entry(uint8_t *sector, unsigned number, uint8_t kind, uint32_t start,
                             uint32_t sectors)
{
    uint8_t *entry = sector + 446 + 16 * (number - 1);
    memcpy(entry + 1, "\x81\x02\x00", 3);
    entry[4] = kind;
    memcpy(entry + 5, "\x85\x14\x04", 3);
    le32(entry + 8, start);
    le32(entry + 12, sectors);
}

/* 4MiB,32MiB,c,* 36MiB,128MiB,c 164MiB,128MiB,c 292MiB,128MiB,83 */
static inline void make_table(uint8_t sector[CARD_SECTOR])
{
    memset(sector, 0x5a, 440); /* boot code that must stay */
    memset(sector + 440, 0, 70);
    le32(sector + 440, CARD_DISK_ID);
    set_entry(sector, 1, 0x0c, 4 * 2048, 32 * 2048);
    set_entry(sector, 2, 0x0c, 36 * 2048, 128 * 2048);
    set_entry(sector, 3, 0x0c, 164 * 2048, 128 * 2048);
    set_entry(sector, 4, 0x83, 292 * 2048, 128 * 2048);
    sector[446] = 0x80;
    sector[510] = 0x55;
    sector[511] = 0xAA;
}

static inline const char *text_of(const char *format, const char *a, const char *b)
{
    static char out[4][600];
    static unsigned at;
    at = (at + 1) % 4;
    snprintf(out[at], sizeof out[at], format, a, b);
    return out[at];
}

struct fake_card {
    const char *sys, *dev;
};

static inline struct fake_card fake_folders(void)
{
    struct fake_card fake = {"sys", "dev"};
    CHECK(chdir(test_tmpdir()) == 0);
    CHECK_EQ_I64(file_make_folder(fake.sys), 0);
    CHECK_EQ_I64(file_make_folder(fake.dev), 0);
    return fake;
}

static inline void fake_disk(const struct fake_card *fake, const char *name,
                             const uint8_t sector[CARD_SECTOR], int64_t bytes)
{
    char size[32];
    int fd = open(text_of("%s/%s", fake->dev, name), O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && ftruncate(fd, bytes) == 0);
    CHECK(pwrite(fd, sector, CARD_SECTOR, 0) == CARD_SECTOR);
    close(fd);
    snprintf(size, sizeof size, "%lld\n", (long long)(bytes / CARD_SECTOR));
    CHECK_EQ_I64(file_make_folder(text_of("%s/%s", fake->sys, name)), 0);
    CHECK_EQ_I64(file_replace(text_of("%s/%s/size", fake->sys, name), size, strlen(size), NULL), 0);
}

static inline void fake_partition(const struct fake_card *fake, const char *name)
{
    CHECK_EQ_I64(file_make_folder(text_of("%s/%s", fake->sys, name)), 0);
    CHECK_EQ_I64(file_replace(text_of("%s/%s/partition", fake->sys, name), "1\n", 2, NULL), 0);
    CHECK_EQ_I64(file_replace(text_of("%s/%s/size", fake->sys, name), "8192\n", 5, NULL), 0);
    CHECK_EQ_I64(file_replace(text_of("%s/%s", fake->dev, name), "", 0, NULL), 0);
}

#endif
