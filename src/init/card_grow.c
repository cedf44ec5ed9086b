/* The data partition takes the whole card: its entry, then the kernel's idea of it, then the file system. Each step looks first whether it is
   done, so that a boot that was cut between two goes on with the next. */
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "init/card.h"
#include "init/card_table.h"

static const int64_t align_bytes = 4 << 20, sectors_most = UINT32_MAX;
/* _IOW('f', 16, uint64_t): not every C library's headers have it. */
static const unsigned long resize_files = 0x40086610ul;

/* The end that the table can express: the last sector's number has 32 bits too, for other systems that read it. */
static int64_t end_of_data(const struct card *card)
{
    int64_t most = sectors_most * CARD_SECTOR;
    if (card->bytes > most)
        TD_WARN("init",
                "event=card_beyond_table bytes=%lld used=%lld why=\"the partition table ends at "
                "2 TiB; what lies behind stays unused\"",
                (long long)card->bytes, (long long)most);
    int64_t end = card->bytes < most ? card->bytes : most;
    return end - end % align_bytes;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* From the card, not from memory, where the kernel can be told to forget. */
static td_err read_back(int fd, uint8_t sector[CARD_SECTOR])
{
    const struct td_disk *disk = &td_os_linux()->disk;
    disk->drop_cache(disk->ctx, fd);
    return disk->read_at(disk->ctx, fd, sector, CARD_SECTOR, 0) == CARD_SECTOR ? 0 : TD_E_IO;
}

/* The one sector in which old and new table differ; a card writes a sector whole or not. */
static td_err write_table(int fd, const uint8_t sector[CARD_SECTOR])
{
    uint8_t seen[CARD_SECTOR];
    const struct td_disk *disk = &td_os_linux()->disk;
    TD_FAIL_IF(disk->write_at(disk->ctx, fd, sector, CARD_SECTOR, 0) < 0, TD_E_IO);
    TD_FAIL_IF(fsync(fd) < 0, TD_E_IO);
    TD_TRY(read_back(fd, seen));
    return memcmp(seen, sector, CARD_SECTOR) == 0 ? 0 : TD_E_IO;
}

static td_err grow_entry(int fd, struct card *card, bool *grown)
{
    uint8_t sector[CARD_SECTOR];
    struct card now = *card;
    TD_TRY(read_back(fd, sector));
    TD_FAIL_IF(card_read_table(&now, sector, card->bytes) < 0, TD_E_CARD);
    TD_FAIL_IF(now.start[CARD_DATA] != card->start[CARD_DATA], TD_E_CARD);
    card->length[CARD_DATA] = now.length[CARD_DATA];
    int64_t length = end_of_data(card) - card->start[CARD_DATA];
    if (length <= card->length[CARD_DATA])
        return 0;
    uint8_t *entry = sector + CARD_ENTRY_AT + (CARD_DATA - 1) * CARD_ENTRY_BYTES;
    put_u32(entry + CARD_ENTRY_LENGTH, (uint32_t)(length / CARD_SECTOR));
    memcpy(entry + CARD_ENTRY_LAST_CHS, "\xFE\xFF\xFF", 3); /* beyond what CHS can say */
    TD_TRY(write_table(fd, sector));
    card->length[CARD_DATA] = length;
    *grown = true;
    return 0;
}

static int64_t kernel_length(const char *partition)
{
    uint64_t bytes = 0;
    int fd = open(partition, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int err = ioctl(fd, BLKGETSIZE64, &bytes);
    close(fd);
    return err < 0 ? -1 : (int64_t)bytes;
}

/* The kernel read the table at its start. */
static td_err tell_kernel(int fd, const struct card *card)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISBLK(status.st_mode))
        return 0; /* a file in a test */
    if (kernel_length(card->partition[CARD_DATA]) == card->length[CARD_DATA])
        return 0;
    struct blkpg_partition partition = {
        .start = card->start[CARD_DATA], .length = card->length[CARD_DATA], .pno = CARD_DATA};
    struct blkpg_ioctl_arg call = {
        .op = BLKPG_RESIZE_PARTITION, .datalen = sizeof partition, .data = &partition};
    if (ioctl(fd, BLKPG, &call) == 0)
        return 0;
    TD_WARN("init", "event=partition_not_resized errno=%d", errno);
    return TD_E_BUSY;
}

td_err card_grow(struct card *card, bool *grown)
{
    *grown = false;
    int fd = open(card->disk, O_RDWR | O_CLOEXEC);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    td_err err = grow_entry(fd, card, grown);
    if (err == 0)
        err = tell_kernel(fd, card);
    close(fd);
    return err;
}

td_err card_grow_files(const char *mount, int64_t bytes)
{
    struct statfs files;
    int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    int err = fstatfs(fd, &files);
    /* ext4 does nothing where it has these blocks. */
    uint64_t blocks = err < 0 || files.f_bsize <= 0 ? 0 : (uint64_t)(bytes / files.f_bsize);
    if (err == 0)
        err = ioctl(fd, resize_files, &blocks);
    if (err < 0)
        TD_WARN("init", "event=files_not_grown errno=%d", errno);
    close(fd);
    return err < 0 ? TD_E_IO : 0;
}
