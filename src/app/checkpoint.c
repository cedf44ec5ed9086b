/* A checkpoint file: a header of 64 bytes, then the state. The header has a sum of its own, so that what it says may be believed before
   the state is read.

     0 magic 8   8 version 4   12 zero 4   16 frame 8   24 state bytes 8   32 state crc32c 4   36 zero 24   60 header crc32c 4 */
#include "app/checkpoint.h"

#include <fcntl.h>
#include <string.h>

#include "base/crc.h"
#include "base/log.h"
#include "base/text.h"

enum {
    CHECKPOINT_VERSION = 4, /* of all that core_state and writer_state write, too */
    NAME_DIGITS = 20,       /* every uint64, so that names sort as numbers do */
};

struct header {
    char magic[8];
    uint32_t version, zero;
    uint64_t frame, bytes;
    uint32_t bytes_crc32c, zeros[6];
    uint32_t crc32c; /* of all before it */
};
_Static_assert(sizeof(struct header) == 64, "the layout above");

static const char magic[8] = {'T', 'D', 'C', 'K', 'P', 'T', '\r', '\n'};

static td_err path_of(char out[CHECKPOINT_PATH_MAX], const char *data_dir, uint64_t frame,
                      const char *ending)
{
    struct td_str path = td_str_on(out, CHECKPOINT_PATH_MAX);
    td_str_add_format(&path, "%s/checkpoint/%020llu.%s", data_dir, (unsigned long long)frame,
                      ending);
    return path.cut ? TD_E_RANGE : 0;
}

static td_err folder_of(char out[CHECKPOINT_PATH_MAX], const char *data_dir)
{
    struct td_str path = td_str_on(out, CHECKPOINT_PATH_MAX);
    td_str_add_format(&path, "%s/checkpoint", data_dir);
    return path.cut ? TD_E_RANGE : 0;
}

/* Frame of a name; false when it is no such name. */
static bool frame_of(const char *name, const char *ending, uint64_t *frame)
{
    *frame = 0;
    for (int i = 0; i < NAME_DIGITS; i++)
        if (name[i] < '0' || name[i] > '9' || __builtin_mul_overflow(*frame, 10, frame) ||
            __builtin_add_overflow(*frame, (uint64_t)(name[i] - '0'), frame))
            return false;
    return name[NAME_DIGITS] == '.' && strcmp(name + NAME_DIGITS + 1, ending) == 0;
}

/* ---- the folder ------------------------------------------------------------------------------- */

/* The greatest frame in [least, most] among the names with this ending. */
struct search {
    const char *ending;
    uint64_t least, most, found;
    bool any;
};

static int look_at_name(void *arg, const char *name, bool is_dir)
{
    struct search *search = arg;
    uint64_t frame;
    if (is_dir || !frame_of(name, search->ending, &frame) || frame < search->least ||
        frame > search->most || (search->any && frame < search->found))
        return 0;
    search->any = true;
    search->found = frame;
    return 0;
}

static bool greatest(const struct td_disk *disk, const char *folder, struct search *search)
{
    search->any = false;
    disk->list(disk->ctx, folder, look_at_name, search);
    return search->any;
}

/* All with this ending in [least, most]; one that cannot be removed ends it, the next write tries again. */
static void remove_range(const struct td_disk *disk, const char *data_dir, const char *ending,
                         uint64_t least, uint64_t most)
{
    char folder[CHECKPOINT_PATH_MAX], path[CHECKPOINT_PATH_MAX];
    struct search search = {.ending = ending, .least = least, .most = most};
    if (least > most || folder_of(folder, data_dir) < 0)
        return;
    while (greatest(disk, folder, &search))
        if (path_of(path, data_dir, search.found, ending) < 0 || disk->unlink(disk->ctx, path) < 0)
            return;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static td_err write_synced(const struct td_disk *disk, int file,
                           const struct checkpoint *checkpoint)
{
    struct header header = {.version = CHECKPOINT_VERSION,
                            .frame = checkpoint->frame,
                            .bytes = checkpoint->count,
                            .bytes_crc32c = td_crc32c(0, checkpoint->bytes, checkpoint->count)};
    memcpy(header.magic, magic, sizeof magic);
    header.crc32c = td_crc32c(0, &header, offsetof(struct header, crc32c));
    TD_TRY(disk->truncate(disk->ctx, file, 0)); /* what a crash left of an earlier attempt */
    int64_t put = disk->write_at(disk->ctx, file, &header, sizeof header, 0);
    TD_FAIL_IF(put < 0, (td_err)put);
    put = disk->write_at(disk->ctx, file, checkpoint->bytes, checkpoint->count, sizeof header);
    TD_FAIL_IF(put < 0, (td_err)put);
    return disk->sync_data(disk->ctx, file);
}

/* The rename is durable with the file system: names have no sync of their own here. */
static td_err publish(const struct td_disk *disk, int file, const char *from, const char *to)
{
    TD_TRY(disk->rename(disk->ctx, from, to));
    return disk->sync_all(disk->ctx, file);
}

td_err checkpoint_write(const struct td_disk *disk, const char *data_dir,
                        const struct checkpoint *checkpoint, uint64_t *previous)
{
    char folder[CHECKPOINT_PATH_MAX], beside[CHECKPOINT_PATH_MAX], path[CHECKPOINT_PATH_MAX];
    TD_TRY(folder_of(folder, data_dir));
    TD_TRY(path_of(beside, data_dir, checkpoint->frame, "tmp"));
    TD_TRY(path_of(path, data_dir, checkpoint->frame, "ckp"));
    TD_TRY(disk->make_dirs(disk->ctx, folder));
    int file = disk->open(disk->ctx, beside, O_RDWR | O_CREAT, 0644);
    TD_TRY(file);
    td_err err = write_synced(disk, file, checkpoint);
    if (err == 0)
        err = publish(disk, file, beside, path);
    else
        disk->unlink(disk->ctx, beside); /* room for what matters more */
    int closed = disk->close(disk->ctx, file);
    TD_TRY(err);
    TD_TRY(closed);
    struct search search = {.ending = "ckp", .most = checkpoint->frame - 1};
    bool kept = checkpoint->frame > 0 && greatest(disk, folder, &search);
    *previous = kept ? search.found : 0;
    if (kept && search.found > 0)
        remove_range(disk, data_dir, "ckp", 0, search.found - 1);
    remove_range(disk, data_dir, "tmp", 0, UINT64_MAX);
    return 0;
}

/* ---- loading ---------------------------------------------------------------------------------- */

static bool header_holds(const struct header *header, uint64_t frame, int64_t file_bytes)
{
    return memcmp(header->magic, magic, sizeof magic) == 0 &&
           header->crc32c == td_crc32c(0, header, offsetof(struct header, crc32c)) &&
           header->version == CHECKPOINT_VERSION && header->frame == frame &&
           file_bytes >= (int64_t)sizeof *header &&
           header->bytes == (uint64_t)file_bytes - sizeof *header;
}

static td_err read_open(const struct td_disk *disk, int file, uint64_t frame, void *mem, size_t cap,
                        struct checkpoint *checkpoint)
{
    struct header header;
    int64_t bytes = disk->size(disk->ctx, file);
    TD_FAIL_IF(bytes < 0, (td_err)bytes);
    int64_t got = disk->read_at(disk->ctx, file, &header, sizeof header, 0);
    TD_FAIL_IF(got < 0, (td_err)got);
    TD_FAIL_IF(got != sizeof header || !header_holds(&header, frame, bytes), TD_E_SYNTAX);
    TD_FAIL_IF(header.bytes > cap, TD_E_NO_ROOM);
    got = disk->read_at(disk->ctx, file, mem, (size_t)header.bytes, sizeof header);
    TD_FAIL_IF(got < 0, (td_err)got);
    TD_FAIL_IF((uint64_t)got != header.bytes ||
                   td_crc32c(0, mem, (size_t)header.bytes) != header.bytes_crc32c,
               TD_E_SYNTAX);
    *checkpoint = (struct checkpoint){.frame = frame, .bytes = mem, .count = (size_t)header.bytes};
    return 0;
}

static td_err read_one(const struct td_disk *disk, const char *data_dir, uint64_t frame, void *mem,
                       size_t cap, struct checkpoint *checkpoint)
{
    char path[CHECKPOINT_PATH_MAX];
    TD_TRY(path_of(path, data_dir, frame, "ckp"));
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    td_err err = read_open(disk, file, frame, mem, cap, checkpoint);
    disk->close(disk->ctx, file);
    if (err < 0)
        TD_WARN("checkpoint", "event=not_used file=%s error=%s next=\"the one before is tried\"",
                path, err == TD_E_SYNTAX ? "damaged or of another version" : td_err_name(err));
    return err;
}

td_err checkpoint_load(const struct td_disk *disk, const char *data_dir, uint64_t oldest_frame,
                       uint64_t newest_frame, void *mem, size_t cap, struct checkpoint *checkpoint)
{
    char folder[CHECKPOINT_PATH_MAX];
    struct search search = {.ending = "ckp", .least = oldest_frame, .most = newest_frame};
    bool too_large = false, unread = false;
    TD_TRY(folder_of(folder, data_dir));
    if (newest_frame < UINT64_MAX)
        remove_range(disk, data_dir, "ckp", newest_frame + 1, UINT64_MAX);
    while (search.least <= search.most && greatest(disk, folder, &search)) {
        td_err err = read_one(disk, data_dir, search.found, mem, cap, checkpoint);
        if (err == 0)
            return 0;
        too_large |= err == TD_E_NO_ROOM;
        unread |= err != TD_E_NO_ROOM && err != TD_E_SYNTAX && err != TD_E_MISSING;
        if (search.found == 0)
            break;
        search.most = search.found - 1;
    }
    if (unread)
        return TD_E_IO;
    return too_large ? TD_E_NO_ROOM : TD_E_MISSING;
}
