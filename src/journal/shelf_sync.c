#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "journal/shelf.h"

/* Files that one sync has to reach: the current one, and those that were filled since the last. */
struct job {
    int handle[JOURNAL_FILES_MAX];
    uint32_t at[JOURNAL_FILES_MAX];
    uint64_t name[JOURNAL_FILES_MAX];
    uint32_t count;
    uint64_t vanished; /* first frame of a file that has no name any more, 0: none */
    bool entry;
    uint64_t block, frame, mark;
};

static void gather(struct shelf *shelf, struct job *job)
{
    job->count = 0;
    job->vanished = 0;
    pthread_mutex_lock(&shelf->lock);
    for (uint32_t i = 0; i < shelf->count; i++) {
        struct shelf_file *file = &shelf->file[i];
        if (!file->unsynced)
            continue;
        file->unsynced = false;
        file->syncing = true;
        job->handle[job->count] = file->handle;
        job->name[job->count] = file->name;
        job->at[job->count++] = i;
    }
    /* Lowered now: a file that begins while this sync is under way raises it for the next one. */
    job->entry = shelf->entry_unsynced;
    shelf->entry_unsynced = false;
    job->block = shelf->written_block;
    job->frame = shelf->written_frame;
    job->mark = shelf->written_mark;
    pthread_mutex_unlock(&shelf->lock);
}

/* A folder can be taken away under a file that is open: it takes every write, and nobody will ever find it. */
static td_err still_there(const struct shelf *shelf, uint64_t name)
{
    const struct td_disk *disk = shelf->params.disk;
    char path[JOURNAL_PATH_MAX];
    TD_TRY(journal_file_path(path, &shelf->folder, name));
    int handle = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (handle >= 0)
        disk->close(disk->ctx, handle);
    return handle == TD_E_MISSING ? handle : 0;
}

/* A new file's name is made durable by the one call that covers the folder too. */
static td_err sync_files(const struct shelf *shelf, const struct job *job, td_err failed[])
{
    const struct td_disk *disk = shelf->params.disk;
    td_err first = 0;
    for (uint32_t i = 0; i < job->count; i++) {
        int err = disk->sync_data(disk->ctx, job->handle[i]);
        if (err >= 0 && job->entry && i + 1 == job->count)
            err = disk->sync_all(disk->ctx, job->handle[i]);
        if (err >= 0)
            err = still_there(shelf, job->name[i]);
        failed[i] = err < 0 ? err : 0;
        if (err < 0 && first == 0)
            first = err;
    }
    return first;
}

/* What failed is dead: the pages that a failed sync leaves behind are not to be believed, whatever
 * a second one says. */
static uint32_t settle(struct shelf *shelf, struct job *job, const td_err failed[], td_err err)
{
    uint32_t closing = 0;
    pthread_mutex_lock(&shelf->lock);
    for (uint32_t i = 0; i < job->count; i++) {
        struct shelf_file *file = &shelf->file[job->at[i]];
        file->syncing = false;
        file->dead |= failed[i] < 0;
        file->failures += failed[i] < 0 && file->failures < UINT16_MAX;
        if (failed[i] == TD_E_MISSING && (job->vanished == 0 || file->first_frame < job->vanished))
            job->vanished = file->first_frame;
        if ((int)job->at[i] == shelf->current || file->unsynced)
            continue;
        job->handle[closing++] = file->handle;
        file->handle = -1;
    }
    shelf->syncs += job->count ? 1 : 0;
    shelf->rewind_due |= err < 0;
    if (err == 0 && !shelf->rewind_due &&
        job->count) { /* after a failure nothing may be left to sync: that is no promise */
        shelf->synced_block = job->block;
        shelf->synced_frame = job->frame;
        shelf->synced_mark = job->mark;
    } else
        shelf->entry_unsynced |= job->entry;
    pthread_mutex_unlock(&shelf->lock);
    return closing;
}

/* The next sync that succeeds covers other files: these frames are the ones that a power cut may still take. */
static void say_failed(struct shelf *shelf, const struct job *job, td_err err)
{
    pthread_mutex_lock(&shelf->lock);
    uint64_t first = job->vanished ? job->vanished : shelf->synced_frame + 1;
    if (job->vanished != 0 && first <= job->frame) { /* all others are written again */
        if (shelf->doubt_first == 0 || first < shelf->doubt_first)
            shelf->doubt_first = first;
        shelf->doubt_last = job->frame;
    }
    pthread_mutex_unlock(&shelf->lock);
    TD_ERROR("journal", "event=sync_failed error=%s errno=%d frames_in_doubt=%llu-%llu",
             td_err_name(err), td_os_errno(), (unsigned long long)first,
             (unsigned long long)job->frame);
}

/* One of the figures that both threads know. */
static uint64_t locked(struct shelf *shelf, const uint64_t *figure)
{
    pthread_mutex_lock(&shelf->lock);
    uint64_t value = *figure;
    pthread_mutex_unlock(&shelf->lock);
    return value;
}

td_err shelf_sync(struct shelf *shelf, uint64_t *frame)
{
    struct job job;
    td_err failed[JOURNAL_FILES_MAX];
    gather(shelf, &job);
    td_err err = sync_files(shelf, &job, failed);
    uint32_t closing = settle(shelf, &job, failed, err);
    for (uint32_t i = 0; i < closing; i++)
        shelf->params.disk->close(shelf->params.disk->ctx, job.handle[i]);
    if (err < 0)
        say_failed(shelf, &job, err);
    *frame = locked(shelf, &shelf->synced_frame);
    return err;
}

uint64_t shelf_doubt(struct shelf *shelf, uint64_t *last)
{
    pthread_mutex_lock(&shelf->lock);
    uint64_t first = shelf->doubt_first;
    *last = shelf->doubt_last;
    shelf->doubt_first = shelf->doubt_last = 0;
    pthread_mutex_unlock(&shelf->lock);
    return first;
}

bool shelf_rewind_due(struct shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    bool due = shelf->rewind_due;
    pthread_mutex_unlock(&shelf->lock);
    return due;
}

uint64_t shelf_synced_block(struct shelf *shelf)
{
    return locked(shelf, &shelf->synced_block);
}

uint64_t shelf_synced_mark(struct shelf *shelf)
{
    return locked(shelf, &shelf->synced_mark);
}

uint64_t shelf_syncs(struct shelf *shelf)
{
    return locked(shelf, &shelf->syncs);
}

/* The lock stays usable, for the figures may be asked for afterwards; it holds nothing of the system's. */
void shelf_close(struct shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->count; i++)
        if (shelf->file[i].handle >= 0)
            shelf->params.disk->close(shelf->params.disk->ctx, shelf->file[i].handle);
}
