/* A local source: the receipt is read, the mark looked at, the file opened and summed. */
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "lake/receipt.h"
#include "sync/life.h"
#include "sync/mark.h"

enum { RECEIPT_LATE_S = 900, RECEIPT_WAIT_MS = 3000 };

static int64_t read_small(const struct td_disk *disk, const char *path, char *out, size_t cap)
{
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    TD_TRY(file);
    int64_t bytes = disk->read_at(disk->ctx, file, out, cap, 0);
    disk->close(disk->ctx, file);
    return bytes;
}

/* What the receipt promises of the file. */
static bool receipt_promises(const struct job *job, struct store_identity *identity)
{
    struct receipt receipt;
    if (receipt_parse(job->receipt, job->receipt_bytes, &receipt) < 0 ||
        !receipt.has[RECEIPT_BYTES] || !receipt.has[RECEIPT_CRC32C] ||
        receipt.number[RECEIPT_BYTES] < 0 || !identity_from_hex(receipt.sha256, identity->sha256))
        return false;
    identity->bytes = receipt.number[RECEIPT_BYTES];
    identity->crc32c = (uint32_t)receipt.number[RECEIPT_CRC32C];
    return true;
}

bool job_takes_receipt(struct job *job)
{
    if (job->receipt_bytes == sizeof job->receipt || !receipt_promises(job, &job->identity)) {
        job_ends_why(job, JOB_BLOCKED, STORE_LOCAL, TD_E_SYNTAX,
                     "its receipt is not to be read: nothing goes; tape verify tells more");
        return false;
    }
    job->receipt_identity = digest_of(job->receipt, job->receipt_bytes);
    return item_receipt_key(job->item.to_key, job->receipt_key);
}

static bool still_there(const struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    int file = disk->open(disk->ctx, job->path, O_RDONLY, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return file != TD_E_MISSING;
}

/* Of an hour that goes on or is just over: the recorder may be between a segment and its receipt. Waited for once. */
static bool may_just_come(struct job *job)
{
    const struct td_clock *clock = &job->shop->params->os->clock;
    int64_t end_ns = 0;
    if (job->has_waited || !job_hour_end(job->item.from_key, &end_ns) ||
        clock->wall_ns(clock->ctx) > end_ns + RECEIPT_LATE_S * INT64_C(1000000000))
        return false;
    job->has_waited = true;
    job_leave(job);
    job_rests(job, STEP_SEAL, RECEIPT_WAIT_MS);
    return true;
}

/* Retention takes the segment first, so a receipt that is missing may mean that all of it goes just now. */
static bool load_receipt(struct job *job)
{
    char path[JOB_PATH_MAX];
    if (!mark_path_beside(job->path, ".json", path, sizeof path)) {
        job_fails_here(job, TD_E_RANGE, "its name is too long");
        return false;
    }
    int64_t bytes = read_small(job_disk(job), path, job->receipt, sizeof job->receipt);
    if (bytes == TD_E_MISSING && !still_there(job))
        job_ends(job, JOB_GONE);
    else if (bytes == TD_E_MISSING && may_just_come(job))
        return false;
    else if (bytes == TD_E_MISSING)
        job_ends_why(job, JOB_BLOCKED, STORE_LOCAL, TD_E_MISSING,
                     "its receipt is missing: nothing goes");
    else if (bytes < 0)
        job_fails_here(job, (td_err)bytes, "its receipt cannot be read here");
    else
        job->receipt_bytes = (size_t)bytes;
    return bytes >= 0 && job_takes_receipt(job);
}

bool job_receipt_stands(const struct job *job)
{
    char path[JOB_PATH_MAX], text[JOB_RECEIPT_MAX];
    if (!mark_path_beside(job->path, ".json", path, sizeof path))
        return false;
    int64_t bytes = read_small(job_disk(job), path, text, sizeof text);
    if (bytes == TD_E_MISSING)
        return !still_there(job);
    return bytes == (int64_t)job->receipt_bytes && memcmp(text, job->receipt, (size_t)bytes) == 0;
}

static bool open_file(struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    job->file = disk->open(disk->ctx, job->path, O_RDONLY, 0);
    if (job->file == TD_E_MISSING)
        job_ends(job, JOB_GONE);
    else if (job->file < 0)
        job_fails_here(job, job->file, "it cannot be opened here");
    return job->file >= 0;
}

static bool size_is_right(struct job *job)
{
    int64_t bytes = job_disk(job)->size(job_disk(job)->ctx, job->file);
    if (bytes < 0)
        job_fails_here(job, (td_err)bytes, "its size cannot be read here");
    else if (bytes != job->identity.bytes)
        job_ends_why(job, JOB_BLOCKED, STORE_LOCAL, TD_E_RANGE,
                     "file and receipt differ in size: nothing goes; tape verify tells more");
    return bytes == job->identity.bytes;
}

void job_sums(struct job *job)
{
    digest_begin(&job->digest);
    job->at = 0;
    job_next(job, STEP_SUM);
}

/* A mark of other bytes, of before this segment was made anew: the recorder would delete by it. */
static void forget_mark(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    if (params->marks && mark_read(job_disk(job), job->path, store_known_as(params->to), NULL) == 1)
        mark_remove(job_disk(job), job->path);
}

static void seal_segment(struct job *job)
{
    const struct engine_params *params = job->shop->params;
    if (!load_receipt(job) || !size_is_right(job))
        return;
    if (params->marks &&
        mark_read(job_disk(job), job->path, store_known_as(params->to), &job->identity) == 1) {
        job->is_marked = true;
        job_next(job, STEP_RETIRE);
    } else if (params->dry_run) {
        job_next(job, STEP_ASK);
    } else {
        forget_mark(job);
        job_sums(job);
    }
}

void seal_begin(struct job *job)
{
    struct td_str path = td_str_on(job->path, sizeof job->path);
    td_str_add(&path, job->shop->params->from_dir);
    td_str_add_char(&path, '/');
    td_str_add(&path, job->item.from_key);
    if (path.cut) {
        job_fails_here(job, TD_E_RANGE, "its path is too long");
    } else if (!open_file(job)) {
        return;
    } else if (job->item.kind == SYNC_SEGMENT) {
        seal_segment(job);
    } else {
        job->identity.bytes = job_disk(job)->size(job_disk(job)->ctx, job->file);
        job_sums(job);
    }
}

/* One slice; 1 when all of it is summed. */
static int sum_slice(struct job *job)
{
    static char data[64 << 10];
    const struct td_disk *disk = job_disk(job);
    for (int64_t end = job->at + JOB_SLICE; job->at < end;) {
        int64_t got = disk->read_at(disk->ctx, job->file, data, sizeof data, job->at);
        TD_TRY(got);
        digest_add(&job->digest, data, (size_t)got);
        job->at += got;
        if (got < (int64_t)sizeof data)
            return 1;
    }
    return 0;
}

static void summed(struct job *job)
{
    struct store_identity is = digest_end(&job->digest);
    if (job->item.kind == SYNC_PLAIN && (job->shop->params->from_dir || job->is_unknown)) {
        job->identity = is;
    } else if (!job->shop->params->from_dir && !identity_equal(&is, &job->identity)) {
        fetch_was_wrong(job);
        return;
    } else if (!identity_equal(&is, &job->identity)) {
        job_ends_why(job, JOB_BLOCKED, STORE_LOCAL, TD_E_RANGE,
                     "file and receipt differ: nothing goes; tape verify tells more");
        return;
    }
    job->is_summed = true;
    job_next(job, STEP_ASK);
}

void sum_begin(struct job *job)
{
    int done = sum_slice(job);
    job->wants = JOB_WANTS_TURN;
    if (done < 0)
        job_fails_here(job, done, "it cannot be read here");
    else if (done == 1)
        summed(job);
}
