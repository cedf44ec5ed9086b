#include "init/card.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "base/text.h"
#include "init/card_table.h"
#include "init/file.h"

enum { ID_AT = 440, MARK_AT = 510, PATH_BYTES = 512, NAME_BYTES = 32 };
static const int64_t align_bytes = 4 << 20;

uint32_t card_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---- the table ---- */

/* Sizes are not compared: a later image may draw the slots larger, and this init must still find them. */
td_err card_read_table(struct card *card, const uint8_t sector[CARD_SECTOR], int64_t disk_bytes)
{
    static const uint8_t kinds[CARD_PARTITIONS + 1] = {0, 0x0c, 0x0c, 0x0c, 0x83};
    TD_FAIL_IF(sector[MARK_AT] != 0x55 || sector[MARK_AT + 1] != 0xAA, TD_E_MISSING);
    TD_FAIL_IF(card_u32(sector + ID_AT) != CARD_DISK_ID, TD_E_MISSING);
    int64_t free_from = align_bytes; /* before it stand table and boot record */
    for (unsigned i = CARD_CONFIG; i <= CARD_DATA; i++) {
        const uint8_t *entry = sector + CARD_ENTRY_AT + (i - 1) * CARD_ENTRY_BYTES;
        int64_t start = (int64_t)card_u32(entry + CARD_ENTRY_START) * CARD_SECTOR;
        int64_t length = (int64_t)card_u32(entry + CARD_ENTRY_LENGTH) * CARD_SECTOR;
        TD_FAIL_IF(entry[CARD_ENTRY_KIND] != kinds[i] || (entry[0] & 0x7f) != 0, TD_E_CARD);
        TD_FAIL_IF(start < free_from || start % align_bytes || length == 0, TD_E_CARD);
        TD_FAIL_IF(start + length > disk_bytes, TD_E_CARD);
        card->start[i] = start;
        card->length[i] = length;
        free_from = start + length;
    }
    card->bytes = disk_bytes;
    return 0;
}

/* ---- where it is ---- */

static bool in_folder(char out[PATH_BYTES], const char *folder, const char *name, const char *more)
{
    struct td_str str = td_str_on(out, PATH_BYTES);
    td_str_add_format(&str, "%s/%s%s", folder, name, more);
    return !str.cut;
}

/* mmcblk0 -> mmcblk0p1, vda -> vda1. */
static bool partition_name(char out[NAME_BYTES], const char *disk, unsigned number)
{
    size_t bytes = strlen(disk);
    bool digit = bytes && disk[bytes - 1] >= '0' && disk[bytes - 1] <= '9';
    struct td_str str = td_str_on(out, NAME_BYTES);
    td_str_add_format(&str, "%s%s%u", disk, digit ? "p" : "", number);
    return !str.cut;
}

/* Sectors of 512 bytes, whatever the disk's own are. */
static int64_t disk_size(const char *sys_dir, const char *name)
{
    char path[PATH_BYTES], text[32];
    if (!in_folder(path, sys_dir, name, "/size"))
        return 0;
    int64_t bytes = file_read(path, text, sizeof text - 1);
    text[bytes > 0 ? bytes : 0] = 0;
    return strtoll(text, NULL, 10) * CARD_SECTOR;
}

static bool is_disk(const char *sys_dir, const char *name)
{
    char path[PATH_BYTES];
    return name[0] != '.' && strlen(name) < NAME_BYTES - 8 &&
           in_folder(path, sys_dir, name, "/partition") && access(path, F_OK) != 0 &&
           disk_size(sys_dir, name) > 0;
}

static bool read_sector(const char *path, uint8_t sector[CARD_SECTOR])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool whole = pread(fd, sector, CARD_SECTOR, 0) == CARD_SECTOR;
    close(fd);
    return whole;
}

/* A partition whose node is not there yet comes in a moment. */
static td_err name_partitions(struct card *card, const char *name, const char *sys_dir,
                              const char *dev_dir)
{
    for (unsigned i = CARD_CONFIG; i <= CARD_DATA; i++) {
        char part[NAME_BYTES], path[PATH_BYTES];
        TD_FAIL_IF(!partition_name(part, name, i), TD_E_CARD);
        TD_FAIL_IF(!in_folder(path, sys_dir, part, "/partition") || access(path, F_OK) != 0,
                   TD_E_MISSING);
        TD_FAIL_IF(!in_folder(path, dev_dir, part, "") || access(path, F_OK) != 0, TD_E_MISSING);
        TD_FAIL_IF(!td_text_copy(card->partition[i], sizeof card->partition[i], path, strlen(path)),
                   TD_E_CARD);
    }
    return 0;
}

static td_err look_at(struct card *card, const char *name, const char *sys_dir, const char *dev_dir)
{
    uint8_t sector[CARD_SECTOR];
    char path[PATH_BYTES];
    *card = (struct card){0};
    TD_FAIL_IF(!in_folder(path, dev_dir, name, "") || !read_sector(path, sector), TD_E_MISSING);
    TD_TRY(card_read_table(card, sector, disk_size(sys_dir, name)));
    TD_FAIL_IF(!td_text_copy(card->disk, sizeof card->disk, path, strlen(path)), TD_E_CARD);
    return name_partitions(card, name, sys_dir, dev_dir);
}

/* The folder's next name past `after`, in the order of names: the kernel lists them in any. */
struct next_name {
    char after[NAME_BYTES], next[NAME_BYTES];
    bool found;
};

static int consider_name(void *arg, const char *name, bool is_dir)
{
    struct next_name *search = arg;
    (void)is_dir;
    if (strlen(name) < NAME_BYTES && strcmp(name, search->after) > 0 &&
        (!search->found || strcmp(name, search->next) < 0)) {
        td_text_copy(search->next, NAME_BYTES, name, strlen(name));
        search->found = true;
    }
    return 0;
}

static bool next_name(const char *folder, struct next_name *search)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    search->found = false;
    disk->list(disk->ctx, folder, consider_name, search);
    memcpy(search->after, search->next, NAME_BYTES);
    return search->found;
}

td_err card_find(struct card *card, const char *sys_dir, const char *dev_dir)
{
    struct next_name name = {0};
    td_err found = TD_E_MISSING;
    while (next_name(sys_dir, &name)) {
        if (!is_disk(sys_dir, name.next))
            continue;
        td_err err = look_at(card, name.next, sys_dir, dev_dir);
        if (err == 0)
            return 0;
        if (err == TD_E_CARD)
            found = TD_E_CARD;
    }
    return found;
}
