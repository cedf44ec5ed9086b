#include "journal/shelf.h"

#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "journal/tail.h"

/* How far zeros are kept ahead of the blocks: synced with them, long before blocks come there. */
enum { ZERO_AHEAD_BYTES = 8 << 20 };

#define DISK(shelf, call, ...) (shelf)->params.disk->call((shelf)->params.disk->ctx, __VA_ARGS__)

static int open_handle(struct shelf *shelf, uint64_t name, int flags)
{
    char path[JOURNAL_PATH_MAX];
    TD_TRY(journal_file_path(path, &shelf->folder, name));
    return DISK(shelf, open, path, flags, 0644);
}

static void lock(struct shelf *shelf)
{
    int err = pthread_mutex_lock(&shelf->lock);
    TD_ASSERT(err == 0, "the lock is alive");
}

static void unlock(struct shelf *shelf)
{
    int err = pthread_mutex_unlock(&shelf->lock);
    TD_ASSERT(err == 0, "the lock is ours");
}

/* ---- opening ---- */

/* Every file but the last ends where the next begins; that one frame may have bytes in both. */
static void take_listing(struct shelf *shelf)
{
    const struct journal_folder *folder = &shelf->folder;
    shelf->count = folder->count;
    shelf->next_sequence = 1;
    for (uint32_t i = 0; i < folder->count; i++) {
        const struct journal_file *file = &folder->file[i];
        uint64_t next = i + 1 < folder->count ? folder->file[i + 1].first_frame : 0;
        if (next == 0)
            next = UINT64_MAX;
        shelf->file[i] = (struct shelf_file){.name = file->name,
                                             .sequence = file->sequence,
                                             .last_frame = file->sequence ? next : 0,
                                             .handle = -1,
                                             .flags = file->flags};
        uint64_t number = file->name > file->sequence ? file->name : file->sequence;
        if (shelf->next_sequence <= number)
            shelf->next_sequence = number + 1;
        if (shelf->epoch <= file->epoch)
            shelf->epoch = file->epoch + 1;
    }
}

/* Goes on in the file that is last in order: a process that restarts all the time must not use up
 * one file each time. */
static td_err continue_last(struct shelf *shelf, struct shelf_end *end)
{
    const struct journal_file *last = &shelf->folder.file[shelf->count - 1];
    struct shelf_file *file = &shelf->file[shelf->count - 1];
    int handle = open_handle(shelf, last->name, O_RDWR);
    TD_FAIL_IF(handle < 0, handle);
    struct journal_tail tail;
    td_err err = journal_tail_find(&tail, shelf->params.disk, handle, last);
    if (err < 0) {
        DISK(shelf, close, handle);
        return err;
    }
    if (shelf->epoch <= tail.epoch)
        shelf->epoch = tail.epoch + 1;
    *end = (struct shelf_end){tail.last_block, tail.last_frame};
    file->handle = handle;
    file->last_frame = tail.last_frame;
    shelf->current = (int)shelf->count - 1;
    shelf->offset = tail.offset;
    shelf->zeroed = file->flags & JOURNAL_FILE_REUSED ? shelf->params.file_bytes : tail.offset;
    return 0;
}

static bool params_valid(const struct shelf_params *params)
{
    return params->file_bytes >= JOURNAL_FILE_BYTES_MIN && params->file_bytes % JOURNAL_PAGE == 0 &&
           params->max_bytes >= params->file_bytes &&
           params->max_bytes / params->file_bytes <= JOURNAL_FILES_MAX;
}

td_err shelf_open(struct shelf *shelf, const struct shelf_params *params, struct shelf_end *end)
{
    TD_FAIL_IF(!params_valid(params), TD_E_RANGE);
    memset(shelf, 0, sizeof *shelf);
    shelf->params = *params;
    shelf->current = -1;
    shelf->epoch = 1;
    pthread_mutex_init(&shelf->lock, NULL);
    TD_TRY(DISK(shelf, make_dirs, params->folder));
    TD_TRY(journal_folder_scan(&shelf->folder, params->disk, params->folder));
    TD_FAIL_IF(shelf->folder.single, TD_E_RANGE);
    take_listing(shelf);
    *end = (struct shelf_end){0, 0};
    if (shelf->count && shelf->folder.file[shelf->count - 1].sequence)
        TD_TRY(continue_last(shelf, end));
    shelf->written_block = shelf->synced_block = end->last_block;
    shelf->written_frame = shelf->synced_frame = end->last_frame;
    return 0;
}

/* ---- another file ---- */

/* The oldest file that nobody needs. Its own durability does not matter any more, but a sync may be
 * at it just now. */
static int reusable(struct shelf *shelf)
{
    uint64_t keep = atomic_load_explicit(&shelf->keep_from, memory_order_acquire);
    int best = -1;
    lock(shelf);
    for (uint32_t i = 0; i < shelf->count; i++) {
        struct shelf_file *file = &shelf->file[i];
        if ((int)i == shelf->current || file->dead || file->syncing || file->last_frame >= keep)
            continue;
        if (best < 0 || file->sequence < shelf->file[best].sequence)
            best = (int)i;
    }
    if (best >= 0)
        shelf->file[best].unsynced = false;
    unlock(shelf);
    return best;
}

static td_err reuse(struct shelf *shelf, struct shelf_file *file)
{
    char from[JOURNAL_PATH_MAX], to[JOURNAL_PATH_MAX];
    if (file->handle < 0)
        file->handle = open_handle(shelf, file->name, O_RDWR);
    TD_FAIL_IF(file->handle < 0, file->handle);
    TD_TRY(journal_file_path(from, &shelf->folder, file->name));
    TD_TRY(journal_file_path(to, &shelf->folder, shelf->next_sequence));
    TD_TRY(DISK(shelf, rename, from, to));
    file->name = shelf->next_sequence;
    int64_t size = DISK(shelf, size, file->handle);
    TD_FAIL_IF(size < 0, (td_err)size);
    file->flags = size >= shelf->params.file_bytes ? JOURNAL_FILE_REUSED : 0;
    return size >= shelf->params.file_bytes
               ? 0
               : DISK(shelf, preallocate, file->handle, shelf->params.file_bytes);
}

static td_err create(struct shelf *shelf, struct shelf_file *file)
{
    file->name = shelf->next_sequence;
    file->flags = 0;
    file->handle = open_handle(shelf, file->name, O_RDWR | O_CREAT | O_EXCL);
    TD_FAIL_IF(file->handle < 0, file->handle);
    td_err err = DISK(shelf, preallocate, file->handle, shelf->params.file_bytes);
    if (err < 0) {
        char path[JOURNAL_PATH_MAX];
        DISK(shelf, close, file->handle);
        file->handle = -1;
        if (journal_file_path(path, &shelf->folder, file->name) == 0)
            DISK(shelf, unlink, path);
    }
    return err;
}

static td_err write_header(struct shelf *shelf, struct shelf_file *file, uint64_t first_block,
                           uint64_t first_frame)
{
    uint8_t page[JOURNAL_PAGE] = {0};
    struct journal_file_header header = {.flags = file->flags,
                                         .epoch = shelf->epoch,
                                         .file_sequence = file->sequence,
                                         .first_block = first_block,
                                         .first_frame = first_frame};
    if (shelf->params.deck)
        memcpy(header.deck, shelf->params.deck,
               strnlen(shelf->params.deck, sizeof header.deck - 1));
    journal_file_header_seal(&header);
    memcpy(page, &header, sizeof header);
    int64_t put = DISK(shelf, write_at, file->handle, page, sizeof page, 0);
    return put < 0 ? (td_err)put : 0;
}

/* The old file stays open until a sync has reached it. */
static void leave_current(struct shelf *shelf, int next)
{
    int close_now = -1;
    lock(shelf);
    struct shelf_file *old = shelf->current < 0 ? NULL : &shelf->file[shelf->current];
    if (old && !old->unsynced && !old->syncing) {
        close_now = old->handle;
        old->handle = -1;
    }
    shelf->current = next;
    unlock(shelf);
    if (close_now >= 0)
        DISK(shelf, close, close_now);
}

static td_err begin_file(struct shelf *shelf, uint64_t first_block, uint64_t first_frame)
{
    int at = reusable(shelf);
    bool fresh = at < 0;
    if (fresh) {
        int64_t files_max = shelf->params.max_bytes / shelf->params.file_bytes;
        TD_FAIL_IF(shelf->count >= files_max || shelf->count >= JOURNAL_FILES_MAX,
                   TD_E_JOURNAL_FULL);
        at = (int)shelf->count;
        shelf->file[at] = (struct shelf_file){.handle = -1};
    }
    struct shelf_file *file = &shelf->file[at];
    TD_TRY(fresh ? create(shelf, file) : reuse(shelf, file));
    file->sequence = shelf->next_sequence++;
    file->last_frame = first_frame;
    leave_current(shelf, at);
    lock(shelf);
    if (fresh)
        shelf->count++;
    shelf->entry_unsynced |= fresh;
    unlock(shelf);
    shelf->offset = JOURNAL_PAGE;
    shelf->zeroed = file->flags & JOURNAL_FILE_REUSED ? shelf->params.file_bytes : JOURNAL_PAGE;
    return write_header(shelf, file, first_block, first_frame);
}

static void give_up_current(struct shelf *shelf, td_err err)
{
    lock(shelf);
    struct shelf_file *file = &shelf->file[shelf->current];
    file->dead = true;
    unlock(shelf);
    TD_ERROR("journal", "event=file_dead file=%06llu error=%s errno=%d",
             (unsigned long long)file->name, td_err_name(err), td_os_errno());
}

int shelf_room(struct shelf *shelf, int64_t bytes, uint64_t first_block, uint64_t first_frame)
{
    if (shelf->current >= 0) {
        lock(shelf);
        bool dead = shelf->file[shelf->current].dead;
        unlock(shelf);
        if (!dead && shelf->offset + bytes <= shelf->params.file_bytes)
            return 0;
    }
    int before = shelf->current;
    td_err err = begin_file(shelf, first_block, first_frame);
    if (err < 0 && shelf->current != before)
        give_up_current(shelf, err);
    return err < 0 ? err : 1;
}

/* ---- writing ---- */

td_err shelf_write(struct shelf *shelf, const void *pages, int64_t bytes)
{
    TD_ASSERT(bytes % JOURNAL_PAGE == 0, "blocks are whole pages");
    int handle = shelf->file[shelf->current].handle;
    int64_t put = DISK(shelf, write_at, handle, pages, (size_t)bytes, shelf->offset);
    if (put < 0) {
        give_up_current(shelf, (td_err)put);
        return (td_err)put;
    }
    shelf->offset += bytes;
    return 0;
}

void shelf_written(struct shelf *shelf, uint64_t block, uint64_t last_begun, uint64_t last_whole,
                   uint64_t mark)
{
    lock(shelf);
    shelf->file[shelf->current].last_frame = last_begun;
    shelf->file[shelf->current].unsynced = true;
    shelf->written_block = block;
    shelf->written_frame = last_whole;
    shelf->written_mark = mark;
    unlock(shelf);
}

static int64_t zeros_missing(const struct shelf *shelf)
{
    int64_t aim = shelf->offset + ZERO_AHEAD_BYTES;
    int64_t from = shelf->zeroed > shelf->offset ? shelf->zeroed : shelf->offset;
    return (aim < shelf->params.file_bytes ? aim : shelf->params.file_bytes) - from;
}

bool shelf_wants_zeros(const struct shelf *shelf)
{
    return zeros_missing(shelf) > 0;
}

td_err shelf_zero_ahead(struct shelf *shelf, const void *zeros, int64_t step)
{
    int64_t missing = zeros_missing(shelf);
    step = step < missing ? step : missing;
    if (step <= 0)
        return 0;
    int64_t from = shelf->zeroed > shelf->offset ? shelf->zeroed : shelf->offset;
    int handle = shelf->file[shelf->current].handle;
    int64_t put = DISK(shelf, write_at, handle, zeros, (size_t)step, from);
    if (put < 0) {
        give_up_current(shelf, (td_err)put);
        return (td_err)put;
    }
    shelf->zeroed = from + step;
    return 0;
}

uint64_t shelf_file_sequence(const struct shelf *shelf)
{
    return shelf->file[shelf->current].sequence;
}
