/* A remote source: its receipt is read, its bytes come part by part into a spool file, which then is the source. */
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "sync/life.h"

static int64_t part_bytes(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    return params->part_bytes > 0 ? params->part_bytes : STORE_PART_BYTES;
}

/* ---- what it must be -------------------------------------------------------------------------- */

static td_err take_note(void *arg, const void *data, size_t bytes)
{
    struct job *job = arg;
    TD_FAIL_IF(bytes > sizeof job->receipt - job->receipt_bytes, TD_E_RANGE);
    memcpy(job->receipt + job->receipt_bytes, data, bytes);
    job->receipt_bytes += bytes;
    return 0;
}

void source_note_begin(struct job *job)
{
    if (!item_receipt_key(job->item.from_key, job->source_receipt_key)) {
        job_fails_here(job, TD_E_RANGE, "its name is too long");
        return;
    }
    struct store_op *op = job_asks(job, JOB_WANTS_FROM, STORE_GET, job->source_receipt_key);
    op->bytes = -1;
    op->sink = (struct store_sink){.take = take_note, .arg = job};
    job->receipt_bytes = 0;
}

void source_note_back(struct job *job)
{
    const struct store_result *result = &job->call.result;
    job_moves(job, JOB_SEALED);
    if (result->outcome == STORE_LOCAL && result->err == TD_E_RANGE)
        job->receipt_bytes = sizeof job->receipt; /* and more: it is none */
    if (result->outcome == STORE_LOCAL && result->err != TD_E_RANGE)
        job_fail(job, result);
    else if (result->outcome == STORE_ABSENT)
        job_ends_why(job, JOB_BLOCKED, STORE_ABSENT, TD_E_MISSING,
                     "its receipt is missing: nothing goes");
    else if (job_takes_receipt(job))
        job_next(job, STEP_ASK);
}

void source_head_begin(struct job *job)
{
    job_asks(job, JOB_WANTS_FROM, STORE_HEAD, job->item.from_key);
}

/* Without a claim of its writer only the bytes themselves can say what it is. */
void source_head_back(struct job *job)
{
    const struct store_result *result = &job->call.result;
    job_moves(job, JOB_SEALED);
    job->identity.bytes = result->bytes;
    job->is_unknown = true;
    if (result->outcome == STORE_ABSENT) {
        job_ends(job, JOB_GONE);
    } else if (result->has_identity && result->identity.bytes == result->bytes) {
        job->identity = result->identity;
        job->is_unknown = false;
        job_next(job, STEP_ASK);
    } else {
        job_next(job, job->shop->params->dry_run ? STEP_ASK : STEP_FETCH);
    }
}

/* ---- the spool file --------------------------------------------------------------------------- */

/* Of the object's name alone: what is in there is believed for its sums, and it is found again by who needs it no more. */
static bool spool_path(struct job *job)
{
    struct digest digest;
    char hex[65];
    const char *name = store_known_as(job->shop->params->from);
    digest_begin(&digest);
    digest_add(&digest, name, strlen(name) + 1);
    digest_add(&digest, job->item.from_key, strlen(job->item.from_key) + 1);
    identity_hex(digest_end(&digest).sha256, hex);
    struct td_str str = td_str_on(job->path, sizeof job->path);
    td_str_add_format(&str, "%s/spool/%.32s", job->shop->params->state_dir, hex);
    return !str.cut;
}

/* A part is synced before the next one begins: where bytes of a part stand, all parts before it do. */
static int64_t trusted(const struct job *job, int64_t bytes)
{
    return bytes > 0 && !job->is_unknown ? (bytes - 1) / part_bytes(job) * part_bytes(job) : 0;
}

static bool open_spool(struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    if (job->file >= 0)
        return true;
    job->file =
        spool_path(job) ? disk->open(disk->ctx, job->path, O_RDWR | O_CREAT, 0600) : TD_E_RANGE;
    int64_t bytes = job->file >= 0 ? disk->size(disk->ctx, job->file) : job->file;
    if (bytes >= 0 && bytes <= job->identity.bytes)
        job->at = trusted(job, bytes);
    else if (bytes > job->identity.bytes)
        bytes = disk->truncate(disk->ctx, job->file, 0);
    if (bytes < 0)
        job_fails_here(job, (td_err)bytes, "its spool file cannot be made here");
    return bytes >= 0;
}

static td_err take_spool(void *arg, const void *data, size_t bytes)
{
    struct job *job = arg;
    const struct td_disk *disk = job_disk(job);
    TD_FAIL_IF((int64_t)bytes > job->call.op.bytes - job->got, TD_E_RANGE);
    int64_t put = disk->write_at(disk->ctx, job->file, data, bytes, job->at + job->got);
    TD_TRY(put);
    job->got += (int64_t)bytes;
    return 0;
}

void fetch_begin(struct job *job)
{
    if (!open_spool(job))
        return;
    int64_t left = job->identity.bytes - job->at;
    if (left <= 0) {
        job_sums(job);
        return;
    }
    struct store_op *op = job_asks(job, JOB_WANTS_FROM, STORE_GET, job->item.from_key);
    op->at = job->at;
    op->bytes = left < part_bytes(job) ? left : part_bytes(job);
    op->sink = (struct store_sink){.take = take_spool, .arg = job};
    job->got = 0;
}

void fetch_back(struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    if (job->call.result.outcome == STORE_ABSENT) {
        job_ends(job, JOB_GONE);
        return;
    }
    if (job->got != job->call.op.bytes) {
        static const char words[] = "the source has not as many bytes of it as it says";
        job->call.result.outcome = STORE_DAMAGED;
        memcpy(job->call.result.words, words, sizeof words);
        job_retry(job, STEP_FETCH);
        return;
    }
    int synced = disk->sync_data(disk->ctx, job->file);
    if (synced < 0) {
        job_fails_here(job, synced, "its spool file cannot be written here");
        return;
    }
    job->at += job->got;
    job->retry = (struct retry){0};
    job_moves(job, JOB_FETCHED);
    job_next(job, STEP_FETCH);
}

/* A spool file of before may be torn, an object changed on the way: once more from its beginning. */
void fetch_was_wrong(struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    int cut = disk->truncate(disk->ctx, job->file, 0);
    if (cut < 0) {
        job_fails_here(job, cut, "its spool file cannot be written here");
    } else if (job->fetches++ == 0) {
        job->at = 0;
        job_next(job, STEP_FETCH);
    } else {
        job_ends_why(job, JOB_BLOCKED, STORE_DAMAGED, TD_E_RANGE,
                     "the source's bytes are not what its receipt says: nothing goes");
    }
}

/* Also of an object that needed no fetching: a process that was killed behind its PUT left one. */
void fetch_forget(struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    if (job->path[0] || (!job->shop->params->dry_run && spool_path(job)))
        disk->unlink(disk->ctx, job->path);
}
