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
static uint64_t end_of(const struct journal_folder *folder, uint32_t at)
{
    while (++at < folder->count)
        if (folder->file[at].first_frame)
            return folder->file[at].first_frame;
    return UINT64_MAX;
}

/* A file that nothing is known of is kept until the first checkpoint, for somebody may want to look at it. */
enum { UNREADABLE = 1 };

static void take_listing(struct shelf *shelf)
{
    const struct journal_folder *folder = &shelf->folder;
    shelf->count = folder->count;
    shelf->next_sequence = 1;
    for (uint32_t i = 0; i < folder->count; i++) {
        const struct journal_file *file = &folder->file[i];
        shelf->file[i] =
            (struct shelf_file){.name = file->name,
                                .sequence = file->sequence,
                                .first_frame = file->first_frame,
                                .last_frame = file->sequence ? end_of(folder, i) : UNREADABLE,
                                .handle = -1,
                                .flags = file->flags};
        uint64_t number = file->name > file->sequence ? file->name : file->sequence;
        if (shelf->next_sequence <= number)
            shelf->next_sequence = number + 1;
        if (shelf->epoch <= file->epoch)
            shelf->epoch = file->epoch + 1;
    }
}

/* Goes on in the file that is last in order: a process that restarts all the time must not use up one file each time. What the one
   before wrote last may be in the page cache only, in this file or the one before: the first sync reaches for all of it. */
static td_err continue_last(struct shelf *shelf, struct shelf_end *end)
{
    const struct journal_file *last = &shelf->folder.file[shelf->count - 1];
    struct shelf_file *file = &shelf->file[shelf->count - 1];
    int handle = open_handle(shelf, last->name, O_RDWR);
    TD_FAIL_IF(handle < 0, handle);
    struct journal_tail tail;
    journal_tail_find(&tail, shelf->params.disk, handle, last);
    if (shelf->epoch <= tail.epoch)
        shelf->epoch = tail.epoch + 1;
    *end = (struct shelf_end){tail.last_block, tail.last_frame, 0};
    file->handle = handle;
    file->unsynced = shelf->entry_unsynced = true;
    shelf->synced_block = tail.synced_block;
    shelf->synced_frame = tail.synced_frame;
    file->last_frame = tail.last_frame;
    shelf->current = (int)shelf->count - 1;
    shelf->offset = tail.offset;
    shelf->zeroed = file->flags & JOURNAL_FILE_REUSED ? shelf->params.file_bytes : tail.offset;
    return 0;
}

/* A frame that goes on in the oldest file began in one that was used again since. */
static td_err find_first(struct shelf *shelf, struct shelf_end *end)
{
    struct journal_block_header header;
    uint32_t oldest = 0;
    while (oldest < shelf->count && shelf->file[oldest].sequence == 0)
        oldest++;
    if (oldest == shelf->count)
        return 0;
    int handle = open_handle(shelf, shelf->file[oldest].name, O_RDONLY);
    TD_FAIL_IF(handle < 0, handle);
    struct journal_place place = {shelf->params.disk, handle, shelf->file[oldest].sequence,
                                  JOURNAL_PAGE};
    int state = journal_place_judge(&place, shelf->folder.file[oldest].first_block, &header);
    DISK(shelf, close, handle);
    bool rest = state == JOURNAL_BLOCK_OURS && header.resume_frame;
    uint64_t first = rest ? header.resume_frame + 1 : shelf->file[oldest].first_frame;
    end->first_frame = first <= end->last_frame ? first : 0;
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
    *end = (struct shelf_end){0, 0, 0};
    if (shelf->count && shelf->folder.file[shelf->count - 1].sequence)
        TD_TRY(continue_last(shelf, end));
    TD_TRY(find_first(shelf, end));
    shelf->written_block = end->last_block;
    shelf->written_frame = end->last_frame;
    return 0;
}

/* ---- another file ---- */

static void note_failure(struct shelf *shelf, struct shelf_file *file, td_err err)
{
    lock(shelf);
    file->dead = true;
    file->failures += file->failures < UINT16_MAX;
    shelf->rewind_due |= file->unsynced || file->syncing;
    unlock(shelf);
    TD_ERROR("journal", "event=file_dead file=%06llu error=%s errno=%d",
             (unsigned long long)file->name, td_err_name(err), td_os_errno());
}

/* Under the lock. A sync may be at a file just now; else its own durability does not matter once nobody needs its frames. */
static bool needed(const struct shelf *shelf, uint32_t at, uint64_t keep)
{
    const struct shelf_file *file = &shelf->file[at];
    bool writing = (int)at == shelf->current && !file->dead;
    bool holds = file->last_frame != 0 && file->last_frame >= keep;
    return writing || file->syncing || holds;
}

int64_t shelf_held_bytes(struct shelf *shelf)
{
    uint64_t keep = atomic_load_explicit(&shelf->keep_from, memory_order_acquire);
    int64_t files = 0;
    lock(shelf);
    for (uint32_t i = 0; i < shelf->count; i++)
        files += needed(shelf, i, keep > 0 ? keep : 1);
    unlock(shelf);
    return files * shelf->params.file_bytes;
}

/* Files that failed before they held anything: with one the next try is made again, so that a disk that fails at everything
   does not fill up with them; after some tries with another, for the fault may lie in the file. */
enum { FAILURES_MOST = 3, FAILED_FILES_MOST = 4 };

static bool better(const struct shelf_file *a, const struct shelf_file *b)
{
    return a->failures != b->failures ? a->failures < b->failures : a->sequence < b->sequence;
}

/* The oldest file that nobody needs, those first that did not fail; -1: a new one is to be made. */
static int reusable(struct shelf *shelf, bool may_create)
{
    uint64_t keep = atomic_load_explicit(&shelf->keep_from, memory_order_acquire);
    int best = -1;
    uint32_t failed = 0;
    lock(shelf);
    for (uint32_t i = 0; i < shelf->count; i++) {
        if (needed(shelf, i, keep > 0 ? keep : 1))
            continue;
        failed += shelf->file[i].failures > 0;
        if (best < 0 || better(&shelf->file[i], &shelf->file[best]))
            best = (int)i;
    }
    if (best >= 0 && shelf->file[best].failures >= FAILURES_MOST && failed < FAILED_FILES_MOST &&
        may_create)
        best = -1;
    if (best >= 0)
        shelf->file[best].unsynced = false;
    unlock(shelf);
    return best;
}

static void close_handle(struct shelf *shelf, struct shelf_file *file)
{
    if (file->handle >= 0)
        DISK(shelf, close, file->handle);
    file->handle = -1;
}

/* Something that is no journal file may stand at a name; the next ones are tried. */
enum { NAMES_TRIED = 64 };

/* From now on, whether or not this file is the next to be written: a later try with it finds it there and full-sized. */
static void note_name(struct shelf *shelf)
{
    lock(shelf);
    shelf->entry_unsynced = true;
    unlock(shelf);
}

/* The folder is made again when somebody took it away: recording goes on. */
static td_err open_new(struct shelf *shelf, struct shelf_file *file)
{
    bool made = false;
    for (int tried = 0; tried < NAMES_TRIED; tried++) {
        int handle = open_handle(shelf, shelf->next_sequence, O_RDWR | O_CREAT | O_EXCL);
        if (handle == TD_E_MISSING && !made) {
            TD_ERROR("journal", "event=folder_gone path=%s next=\"made again\"",
                     shelf->params.folder);
            made = true;
            TD_TRY(DISK(shelf, make_dirs, shelf->params.folder));
            continue;
        }
        if (handle == TD_E_EXISTS) {
            shelf->next_sequence++;
            continue;
        }
        TD_FAIL_IF(handle < 0, handle);
        file->handle = handle;
        file->name = shelf->next_sequence;
        note_name(shelf);
        return 0;
    }
    return TD_E_EXISTS;
}

/* What could not be had in full is given back; if even that fails, the next try finds the name taken and goes on to another. */
static td_err create(struct shelf *shelf, struct shelf_file *file)
{
    TD_TRY(open_new(shelf, file));
    file->flags = 0;
    td_err err = DISK(shelf, preallocate, file->handle, shelf->params.file_bytes);
    if (err < 0) {
        char path[JOURNAL_PATH_MAX];
        close_handle(shelf, file);
        if (journal_file_path(path, &shelf->folder, file->name) == 0)
            DISK(shelf, unlink, path);
    }
    return err;
}

static bool has_name(const struct shelf *shelf, const struct shelf_file *but, uint64_t name)
{
    for (uint32_t i = 0; i < shelf->count; i++)
        if (&shelf->file[i] != but && shelf->file[i].name == name)
            return true;
    return false;
}

/* A file that failed before it held anything has the name of the next already: it is passed over, or two files would have one name. */
static td_err rename_to_next(struct shelf *shelf, struct shelf_file *file)
{
    char from[JOURNAL_PATH_MAX], to[JOURNAL_PATH_MAX];
    while (has_name(shelf, file, shelf->next_sequence))
        shelf->next_sequence++;
    if (file->name == shelf->next_sequence)
        return 0;
    TD_TRY(journal_file_path(from, &shelf->folder, file->name));
    TD_TRY(journal_file_path(to, &shelf->folder, shelf->next_sequence));
    TD_TRY(DISK(shelf, rename, from, to));
    file->name = shelf->next_sequence;
    return 0;
}

/* The handle is a new one: an old one may have an error of its own. */
static td_err reuse(struct shelf *shelf, struct shelf_file *file)
{
    close_handle(shelf, file);
    td_err err = rename_to_next(shelf, file);
    file->handle = err < 0 ? err : open_handle(shelf, file->name, O_RDWR);
    if (file->handle == TD_E_MISSING)
        return create(shelf, file);
    TD_FAIL_IF(file->handle < 0, file->handle);
    int64_t size = DISK(shelf, size, file->handle);
    TD_FAIL_IF(size < 0, (td_err)size);
    file->flags = size >= shelf->params.file_bytes ? JOURNAL_FILE_REUSED : 0;
    return size >= shelf->params.file_bytes
               ? 0
               : DISK(shelf, preallocate, file->handle, shelf->params.file_bytes);
}

static td_err write_header(struct shelf *shelf, struct shelf_file *file, uint64_t first_block,
                           uint64_t first_frame)
{
    uint8_t page[JOURNAL_PAGE] = {0};
    uint16_t rewound = shelf->rewound ? JOURNAL_FILE_REWOUND : 0;
    struct journal_file_header header = {.flags = file->flags | rewound,
                                         .epoch = shelf->epoch,
                                         .file_sequence = shelf->next_sequence,
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
static void begin_current(struct shelf *shelf, int next, uint64_t first_frame)
{
    int close_now = -1;
    lock(shelf);
    struct shelf_file *old = shelf->current < 0 ? NULL : &shelf->file[shelf->current];
    if (old && shelf->current != next && !old->unsynced && !old->syncing) {
        close_now = old->handle;
        old->handle = -1;
    }
    struct shelf_file *file = &shelf->file[next];
    file->sequence = shelf->next_sequence++;
    file->first_frame = first_frame;
    file->dead = false;
    shelf->current = next;
    unlock(shelf);
    if (close_now >= 0)
        DISK(shelf, close, close_now);
}

/* A place for one more file, dead until its header is written. */
static int add_file(struct shelf *shelf)
{
    lock(shelf);
    int at = (int)shelf->count++;
    shelf->file[at] = (struct shelf_file){.handle = -1, .dead = true};
    unlock(shelf);
    return at;
}

static void forget_content(struct shelf *shelf, struct shelf_file *file)
{
    lock(shelf);
    file->first_frame = file->last_frame = 0;
    file->dead = true;
    unlock(shelf);
}

static td_err make_file(struct shelf *shelf, int at, bool fresh, uint64_t first_block,
                        uint64_t first_frame)
{
    struct shelf_file *file = &shelf->file[at];
    forget_content(shelf, file);
    TD_TRY(fresh ? create(shelf, file) : reuse(shelf, file));
    return write_header(shelf, file, first_block, first_frame);
}

static td_err begin_file(struct shelf *shelf, uint64_t first_block, uint64_t first_frame)
{
    int64_t files_max = shelf->params.max_bytes / shelf->params.file_bytes;
    bool may_create = shelf->count < files_max && shelf->count < JOURNAL_FILES_MAX;
    int at = reusable(shelf, may_create);
    bool fresh = at < 0;
    TD_FAIL_IF(fresh && !may_create, TD_E_JOURNAL_FULL);
    if (fresh)
        at = add_file(shelf);
    td_err err = make_file(shelf, at, fresh, first_block, first_frame);
    if (err < 0) {
        note_failure(shelf, &shelf->file[at], err);
        return err;
    }
    shelf->rewound = false;
    begin_current(shelf, at, first_frame);
    shelf->offset = JOURNAL_PAGE;
    bool written_once = shelf->file[at].flags & JOURNAL_FILE_REUSED;
    shelf->zeroed = written_once ? shelf->params.file_bytes : JOURNAL_PAGE;
    return 0;
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
    td_err err = begin_file(shelf, first_block, first_frame);
    return err < 0 ? err : 1;
}

/* ---- writing ---- */

static void give_up_current(struct shelf *shelf, td_err err)
{
    note_failure(shelf, &shelf->file[shelf->current], err);
}

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

uint64_t shelf_rewind(struct shelf *shelf)
{
    lock(shelf);
    for (uint32_t i = 0; i < shelf->count; i++)
        shelf->file[i].unsynced &= !shelf->file[i].dead;
    if (shelf->current >= 0) /* its frames would come before those that are written again */
        shelf->file[shelf->current].dead = true;
    shelf->rewound = true;
    uint64_t safe = shelf->written_frame = shelf->synced_frame;
    for (uint32_t i = 0; i < shelf->count;
         i++) /* all of it comes again: a disk that fails for hours uses up no files */
        if (shelf->file[i].dead && shelf->file[i].first_frame > safe)
            shelf->file[i].last_frame = 0;
    shelf->written_mark = shelf->synced_mark;
    shelf->rewind_due = false;
    unlock(shelf);
    return safe;
}

void shelf_written(struct shelf *shelf, uint64_t block, uint64_t last_begun, uint64_t last_whole,
                   uint64_t mark)
{
    lock(shelf);
    struct shelf_file *file = &shelf->file[shelf->current];
    file->last_frame = last_begun;
    file->failures = 0;
    file->unsynced = true;
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
