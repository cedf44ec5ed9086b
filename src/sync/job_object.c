/* The object at the destination: asked for, sent in one, asked for again, read back. */
#include <string.h>

#include "sync/life.h"
#include "sync/seen.h"

static bool copy_is_claimed(const struct store_result *result, const struct store_identity *ours)
{
    return result->has_identity && result->identity.bytes == ours->bytes &&
           memcmp(result->identity.sha256, ours->sha256, sizeof ours->sha256) == 0;
}

enum copy_is copy_judge(const struct store_result *result, const struct store_identity *ours)
{
    if (result->outcome == STORE_ABSENT)
        return COPY_ABSENT;
    if (result->bytes != ours->bytes || (result->has_crc32c && result->crc32c != ours->crc32c) ||
        (result->has_sha256 && memcmp(result->sha256, ours->sha256, sizeof ours->sha256) != 0))
        return copy_is_claimed(result, ours) ? COPY_OURS_DAMAGED : COPY_FOREIGN;
    return result->has_crc32c || result->has_sha256 ? COPY_EQUAL : COPY_UNSURE;
}

/* Below _meta/ stands what may change. */
static bool may_change(const struct job *job)
{
    const char *key = job->item.to_key;
    return job->item.kind == SYNC_PLAIN &&
           (strncmp(key, "_meta/", 6) == 0 || strstr(key, "/_meta/") != NULL);
}

static bool is_large(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    int64_t most = params->single_bytes > 0 ? params->single_bytes : STORE_SINGLE_MAX;
    return job->identity.bytes > most && !params->to->is_local;
}

static void send(struct job *job)
{
    job_moves(job, JOB_UPLOADING);
    if (!job->shop->params->from_dir && !job->is_summed)
        job_next(job, STEP_FETCH);
    else if (is_large(job))
        parts_begin(job);
    else
        job_next(job, STEP_PUT);
}

static void is_equal(struct job *job)
{
    if (job->is_deleting) {
        job_next(job, STEP_RECEIPT_ASK);
        return;
    }
    job_moves(job, JOB_VERIFIED);
    job->retry = (struct retry){0};
    job->sends = job->spoilt = 0;
    job->over = job->is_put = false;
    enum job_step after = job->item.kind == SYNC_SEGMENT ? STEP_RECEIPT_ASK : STEP_MARK;
    if (is_large(job))
        parts_end(job, after);
    else
        job_next(job, after);
}

static void is_other(struct job *job)
{
    job_ends_why(job, JOB_CONFLICT, STORE_EXISTS, TD_E_EXISTS,
                 "another object has this name in the store: neither is touched");
}

/* It is not there, or it is our own and damaged. Once bytes went in this job, the store had its chance: it gets RETRY_TRIES of them. */
static void is_not_right(struct job *job, bool over)
{
    if (job->is_deleting) {
        delete_refused(job, over ? "the store's copy is damaged" : "the store has no copy", true);
        return;
    }
    job->over = over;
    if (job->is_put) {
        job->is_put = false;
        job_resend(job);
    } else {
        send(job);
    }
}

/* Read back by a run of before: a store without sums of its own is not read again and again. Not for a mark: by it the recorder deletes. */
static bool was_seen(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    if (job->item.kind == SYNC_SEGMENT && params->marks && params->from_dir)
        return false;
    struct seen_of of = {params->state_dir, store_known_as(params->to), job->item.to_key,
                         job->identity};
    return !job->is_put && !job->is_deleting && !params->read_back && seen_has(job_disk(job), &of);
}

static void judged(struct job *job, enum copy_is copy)
{
    switch (copy) {
    case COPY_EQUAL:
        is_equal(job);
        break;
    case COPY_UNSURE:
        if (was_seen(job))
            is_equal(job);
        else
            job_next(job, STEP_READ);
        break;
    case COPY_ABSENT:
    case COPY_OURS_DAMAGED:
        is_not_right(job, copy == COPY_OURS_DAMAGED);
        break;
    case COPY_FOREIGN:
        if (job->is_deleting)
            delete_refused(job, "another object has this name in the store", true);
        else if (may_change(job))
            is_not_right(job, true);
        else
            is_other(job);
        break;
    }
}

/* Nothing is read: what the store's answer makes likely. */
static void judged_dry(struct job *job, enum copy_is copy)
{
    if (job->is_unknown && copy != COPY_ABSENT)
        copy = job->call.result.bytes == job->identity.bytes ? COPY_EQUAL : COPY_FOREIGN;
    bool is_equal = copy == COPY_EQUAL || copy == COPY_UNSURE;
    if (job->is_deleting && is_equal) {
        job->shop->tally->removed_bytes += job->identity.bytes;
        job_ends(job, JOB_REMOVED);
    } else if (job->is_deleting)
        delete_refused(job, "the store could not prove its copy", false);
    else if (is_equal)
        job_ends(job, JOB_THERE);
    else if (copy == COPY_FOREIGN && !may_change(job))
        is_other(job);
    else
        job_ends(job, JOB_SENT);
}

void ask_begin(struct job *job)
{
    job_asks(job, JOB_WANTS_TO, STORE_HEAD, job->item.to_key);
}

void ask_back(struct job *job)
{
    const struct engine_params *params = job->shop->params;
    enum copy_is copy = copy_judge(&job->call.result, &job->identity);
    job->is_claimed = copy_is_claimed(&job->call.result, &job->identity);
    if (!job->is_deleting)
        job_moves(job, job->is_put ? JOB_UPLOADED : JOB_ASKED);
    if (params->dry_run)
        judged_dry(job, copy);
    else
        judged(job, copy == COPY_EQUAL && params->read_back ? COPY_UNSURE : copy);
}

void put_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PUT, job->item.to_key);
    op->body = job_body(job, 0, job->identity.bytes);
    op->body_identity = op->identity = job->identity;
    op->only_if_absent = !job->over && !job->shop->unconditional;
    job->is_sent = true;
}

/* UNSUPPORTED: the store has no such condition: without it, for the rest of the pass. */
bool put_answered(struct job *job)
{
    enum store_outcome outcome = job->call.result.outcome;
    if (outcome == STORE_UNSUPPORTED && !job->call.op.only_if_absent) {
        job_fail(job, &job->call.result);
        return false;
    }
    if (outcome == STORE_UNSUPPORTED)
        job->shop->unconditional = true;
    job->is_put = outcome == STORE_FINE || outcome == STORE_EXISTS;
    return true;
}

void put_back(struct job *job)
{
    if (job->call.result.outcome == STORE_EXISTS)
        job->is_sent = false;
    if (put_answered(job))
        job_next(job, STEP_ASK);
}

/* ---- reading back ----------------------------------------------------------------------------- */

static td_err take_back(void *arg, const void *data, size_t bytes)
{
    struct job *job = arg;
    digest_add(&job->returning, data, bytes);
    return job->returning.bytes > job->identity.bytes ? TD_E_RANGE : 0;
}

void read_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_GET, job->item.to_key);
    op->bytes = -1;
    op->sink = (struct store_sink){.take = take_back, .arg = job};
    digest_begin(&job->returning);
}

bool copy_stays_spoilt(struct job *job, enum job_step again, const struct store_identity *ours)
{
    const struct store_result *result = &job->call.result;
    bool claims = result->has_identity && identity_equal(&result->identity, ours);
    if (!claims || job->retry.tries - job->retry.patience < RETRY_TRIES) {
        job_retry(job, again);
        return false;
    }
    if (job->spoilt++ > RETRY_TRIES) {
        job_fail(job, result);
        return false;
    }
    job->retry = (struct retry){0};
    return true;
}

/* What was read takes the place of the store's own sum. */
void read_back(struct job *job)
{
    if (job->call.result.outcome == STORE_LOCAL && job->returning.bytes <= job->identity.bytes) {
        job_fail(job, &job->call.result);
        return;
    }
    if (job->call.result.outcome == STORE_DAMAGED) {
        if (copy_stays_spoilt(job, STEP_READ, &job->identity))
            judged(job, COPY_OURS_DAMAGED);
        return;
    }
    struct store_result result = job->call.result;
    struct store_identity is = digest_end(&job->returning);
    result.bytes = is.bytes;
    result.has_crc32c = result.has_sha256 = true;
    result.crc32c = is.crc32c;
    memcpy(result.sha256, is.sha256, sizeof is.sha256);
    job->is_read = true;
    enum copy_is copy = copy_judge(&result, &job->identity);
    /* A GET that does not tell the metadata: HEAD's just before stands. */
    if (copy == COPY_FOREIGN && !result.has_identity && job->is_claimed)
        copy = COPY_OURS_DAMAGED;
    judged(job, copy);
}
