/* What is verified in the store may go here: asked once more, segment and receipt, then deleted in that order, the mark last. */
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "segment/path.h"
#include "sync/life.h"
#include "sync/mark.h"

enum { HOUR_PARTS = 4 };

/* ---- shall it go? ----------------------------------------------------------------------------- */

bool job_hour_end(const char *key, int64_t *ns)
{
    struct path_partition partition;
    if (path_parse(key, &partition) < 0)
        return false;
    *ns = path_hour_ns(&partition) + TD_NS_PER_HOUR;
    return true;
}

bool job_is_old(const struct engine_params *params, const char *key)
{
    const struct td_clock *clock = &params->os->clock;
    int64_t end_ns = 0;
    if (params->keep_ns == INT64_MAX || !job_hour_end(key, &end_ns))
        return false;
    int64_t now_ns = clock->wall_ns(clock->ctx);
    return now_ns > end_ns && now_ns - end_ns >= params->keep_ns;
}

static bool shall_go(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    return params->may_delete && params->marks && params->from_dir &&
           (job->is_for_room || job_is_old(params, job->item.from_key));
}

void retire_begin(struct job *job)
{
    if (!shall_go(job)) {
        job->shop->tally->marked_before += job->is_marked;
        job_ends(job, job->is_sent ? JOB_SENT : JOB_THERE);
        return;
    }
    job->is_deleting = true;
    job->retry = (struct retry){0};
    job_moves(job, JOB_DELETABLE);
    if (job->is_summed || job->shop->params->dry_run)
        job_next(job, STEP_ASK);
    else
        job_sums(job);
}

void delete_refused(struct job *job, const char *words, bool is_mark_false)
{
    if (is_mark_false)
        mark_remove(job_disk(job), job->path);
    job_ends_why(job, JOB_KEPT, STORE_ABSENT, 0, words);
}

/* ---- it goes ---------------------------------------------------------------------------------- */

static td_err remove_file(const struct td_disk *disk, const char *path)
{
    td_err err = disk->unlink(disk->ctx, path);
    return err == TD_E_MISSING ? 0 : err;
}

/* The segment is gone for good before its receipt goes: a power cut must not bring it back alone. The mark goes last: as long as it stands,
   what is left is known to be over. */
static td_err remove_segment(const struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    char receipt[JOB_PATH_MAX];
    TD_FAIL_IF(!mark_path_beside(job->path, ".json", receipt, sizeof receipt), TD_E_RANGE);
    TD_TRY(remove_file(disk, job->path));
    td_err synced = sync_file_system(disk, receipt);
    if (synced != TD_E_MISSING) /* else another process is deleting it too */
        TD_TRY(synced);
    TD_TRY(remove_file(disk, receipt));
    return mark_remove(disk, job->path);
}

/* Start of the period after the one that the key's first `parts` of year, month, day, hour name. */
static int64_t period_end(const struct path_partition *partition, int parts)
{
    struct td_utc utc = {.year = partition->year + (parts == 1), .month = 1, .day = 1};
    if (parts == 2) {
        utc.year = partition->year + (partition->month == 12);
        utc.month = partition->month % 12 + 1;
    }
    if (parts <= 2)
        return td_utc_to_ns(&utc);
    utc =
        (struct td_utc){.year = partition->year, .month = partition->month, .day = partition->day};
    if (parts == HOUR_PARTS)
        utc.hour = partition->hour;
    return td_utc_to_ns(&utc) + (parts == HOUR_PARTS ? 1 : 24) * 3600 * INT64_C(1000000000);
}

/* Upwards as long as they are empty (the disk refuses those that are not), and only those whose time is over: a recorder may be about to
   put a file into any other. */
static void remove_folders(const struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    const struct td_clock *clock = &job->shop->params->os->clock;
    struct path_partition partition;
    char path[JOB_PATH_MAX];
    if (path_parse(job->item.from_key, &partition) < 0)
        return;
    int64_t over_ns = clock->wall_ns(clock->ctx) - 3600 * INT64_C(1000000000);
    memcpy(path, job->path, sizeof path);
    for (int parts = HOUR_PARTS; parts > 0; parts--) {
        char *slash = strrchr(path, '/');
        if (!slash || period_end(&partition, parts) > over_ns)
            return;
        *slash = 0;
        if (disk->unlink(disk->ctx, path) < 0)
            return;
    }
}

void delete_begin(struct job *job)
{
    int64_t bytes = job->identity.bytes;
    if (!job_receipt_stands(job)) {
        delete_refused(job, "it was made anew meanwhile", true);
        return;
    }
    job_leave(job);
    td_err err = remove_segment(job);
    if (err < 0) {
        job_ends_why(job, JOB_KEPT, STORE_LOCAL, err, "it cannot be deleted here");
        return;
    }
    remove_folders(job);
    job->shop->tally->removed_bytes += bytes;
    job_moves(job, JOB_DELETED);
    job_ends(job, JOB_REMOVED);
}
