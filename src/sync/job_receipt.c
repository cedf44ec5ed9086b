/* The receipt goes last, and is compared byte by byte; then the mark. */
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "sync/life.h"
#include "sync/mark.h"
#include "sync/seen.h"

/* ---- the receipt at the destination ----------------------------------------------------------- */

static td_err compare(void *arg, const void *data, size_t bytes)
{
    struct job *job = arg;
    digest_add(&job->returning, data, bytes);
    return job->returning.bytes > JOB_RECEIPT_MAX ? TD_E_RANGE : 0;
}

void receipt_ask_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_GET, job->receipt_key);
    op->bytes = -1;
    op->sink = (struct store_sink){.take = compare, .arg = job};
    digest_begin(&job->returning);
}

static enum copy_is receipt_judge(struct job *job)
{
    struct store_result result = job->call.result;
    struct store_identity is = digest_end(&job->returning);
    if (result.outcome == STORE_ABSENT)
        return COPY_ABSENT;
    if (identity_equal(&is, &job->receipt_identity))
        return COPY_EQUAL;
    result.bytes = is.bytes;
    result.has_crc32c = result.has_sha256 = true;
    result.crc32c = is.crc32c;
    memcpy(result.sha256, is.sha256, sizeof is.sha256);
    return copy_judge(&result, &job->receipt_identity);
}

/* Not there, or ours and damaged. */
static void receipt_not_right(struct job *job, bool over)
{
    job->over = over;
    if (!job->is_put) {
        job_next(job, STEP_RECEIPT_PUT);
        return;
    }
    job->is_put = false;
    job_resend(job);
    if (job->wants == JOB_WANTS_REST)
        job->step = STEP_RECEIPT_ASK;
}

static void receipt_judged(struct job *job, enum copy_is copy)
{
    if (copy == COPY_EQUAL) {
        job_moves(job, JOB_RECEIPTED);
        job_next(job, STEP_MARK);
    } else if (copy == COPY_FOREIGN) {
        job_ends_why(job, JOB_CONFLICT, STORE_EXISTS, TD_E_EXISTS,
                     "another receipt has this name in the store: neither is touched");
    } else {
        receipt_not_right(job, copy == COPY_OURS_DAMAGED);
    }
}

void receipt_ask_back(struct job *job)
{
    if (job->call.result.outcome == STORE_LOCAL && job->returning.bytes <= JOB_RECEIPT_MAX) {
        job_fail(job, &job->call.result);
        return;
    }
    bool is_spoilt = job->call.result.outcome == STORE_DAMAGED;
    if (is_spoilt && !copy_stays_spoilt(job, STEP_RECEIPT_ASK, &job->receipt_identity))
        return;
    enum copy_is copy = is_spoilt ? COPY_OURS_DAMAGED : receipt_judge(job);
    if (!job->is_deleting)
        receipt_judged(job, copy);
    else if (copy == COPY_EQUAL)
        job_next(job, STEP_DELETE);
    else
        delete_refused(job, "the store's receipt is missing or not ours", true);
}

void receipt_put_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PUT, job->receipt_key);
    op->body = (struct store_body){.data = job->receipt, .bytes = (int64_t)job->receipt_bytes};
    op->body_identity = op->identity = job->receipt_identity;
    op->content_type = "application/json";
    op->only_if_absent = !job->over && !job->shop->unconditional;
}

void receipt_put_back(struct job *job)
{
    if (put_answered(job))
        job_next(job, STEP_RECEIPT_ASK);
}

/* ---- the mark --------------------------------------------------------------------------------- */

static bool is_here(const struct job *job)
{
    const struct td_disk *disk = job_disk(job);
    int file = disk->open(disk->ctx, job->path, O_RDONLY, 0);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return file >= 0;
}

/* Segments of a folder have their marks; of anything else it is only kept what need not be read again. */
static void all_is_there(struct job *job)
{
    const struct engine_params *params = job->shop->params;
    const struct td_clock *clock = &params->os->clock;
    struct seen_of of = {params->state_dir, store_known_as(params->to), job->item.to_key,
                         job->identity};
    job->shop->tally->last_verified_ns = clock->wall_ns(clock->ctx);
    if (job->is_read)
        seen_add(job_disk(job), &of);
    job_ends(job, job->is_sent ? JOB_SENT : JOB_THERE);
}

static const char no_mark[] = "its mark cannot be written here";

/* A mark without its segment would be litter: retention may have taken it meanwhile. */
void mark_begin(struct job *job)
{
    const struct engine_params *params = job->shop->params;
    const struct td_clock *clock = &params->os->clock;
    int64_t now_ns = clock->wall_ns(clock->ctx);
    if (job->item.kind != SYNC_SEGMENT || !params->marks || !params->from_dir || !is_here(job)) {
        all_is_there(job);
        return;
    }
    td_err err =
        mark_put(job_disk(job), job->path, store_known_as(params->to), &job->identity, now_ns);
    if (err < 0) {
        job_fails_here(job, err, no_mark);
        return;
    }
    job->shop->tally->last_verified_ns = now_ns;
    job->step = STEP_MARK_PLACE;
    job->wants = JOB_WANTS_SYNC;
}

td_err job_syncs_marks(struct job *job)
{
    return mark_sync(job_disk(job), job->path);
}

void job_marks_are_synced(struct job *job, td_err err)
{
    if (err < 0)
        job_fails_here(job, err, no_mark);
    else
        job->wants = JOB_WANTS_TURN;
}

void mark_place_begin(struct job *job)
{
    td_err err = mark_place(job_disk(job), job->path);
    if (err < 0) {
        job_fails_here(job, err, no_mark);
        return;
    }
    job_moves(job, JOB_MARKED);
    job_next(job, STEP_RETIRE);
}
