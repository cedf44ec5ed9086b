/* A large object in parts, one after the other; what is done is on record, so that a restart sends at most one part again. */
#include <string.h>

#include "sync/life.h"

static struct upload_of of_job(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    return (struct upload_of){.state_dir = params->state_dir,
                              .to = store_known_as(params->to),
                              .key = job->item.to_key,
                              .identity = job->identity};
}

static void forget(struct job *job)
{
    struct upload_of of = of_job(job);
    upload_forget(job_disk(job), &of);
    job->upload.is_open = false;
}

void parts_begin(struct job *job)
{
    struct upload_of of = of_job(job);
    job->is_closed = false;
    job_next(job, upload_load(job_disk(job), &of, &job->upload) == 1 ? STEP_PARTS_LIST
                                                                     : STEP_PARTS_OPEN);
    memset(job->is_listed, 0, sizeof job->is_listed);
    job->after_part = 0;
}

/* The parts after one another, none twice. */
static void go_through(struct job *job)
{
    int64_t done = job->upload.parts * job->upload.part_bytes;
    job_next(job, done < job->identity.bytes ? STEP_PARTS_PUT : STEP_PARTS_CLOSE);
}

/* ---- what the store has ----------------------------------------------------------------------- */

static int64_t bytes_of_part(const struct job *job, uint32_t number)
{
    int64_t at = (int64_t)(number - 1) * job->upload.part_bytes;
    int64_t left = job->identity.bytes - at;
    return left < job->upload.part_bytes ? left : job->upload.part_bytes;
}

/* A part of the right size is kept under the name that the store has for it now: one that was under way when we died may have come after the one
   that took its place. Whether the bytes are right is told by the whole. */
static td_err see_part(void *arg, const struct store_part *part)
{
    struct job *job = arg;
    uint32_t number = part->number;
    if (number < 1 || number > job->upload.parts)
        return 0;
    struct store_part *ours = &job->upload.part[number - 1];
    job->is_listed[number - 1] =
        part->bytes == bytes_of_part(job, number) && ours->bytes == part->bytes;
    memcpy(ours->etag, part->etag, sizeof ours->etag);
    return 0;
}

void parts_list_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PARTS_LIST, job->item.to_key);
    op->upload_id = job->upload.id;
    op->after_part = job->after_part;
    op->parts = (struct store_part_visit){see_part, job};
}

void parts_list_back(struct job *job)
{
    const struct store_result *result = &job->call.result;
    if (result->outcome != STORE_FINE) {
        forget(job);
        job_next(job, STEP_PARTS_OPEN);
    } else if (result->next_part > job->after_part && result->next_part < job->upload.parts) {
        job->after_part = result->next_part;
        job_next(job, STEP_PARTS_LIST);
    } else {
        uint32_t kept = 0;
        while (kept < job->upload.parts && job->is_listed[kept])
            kept++;
        job->upload.parts = kept;
        job->shop->tally->resumed_parts += kept;
        go_through(job);
    }
}

/* ---- begin, send, complete -------------------------------------------------------------------- */

void parts_open_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PARTS_OPEN, job->item.to_key);
    op->identity = job->identity;
}

void parts_open_back(struct job *job)
{
    const struct engine_params *params = job->shop->params;
    struct upload_of of = of_job(job);
    memcpy(job->upload.id, job->call.result.upload_id, sizeof job->upload.id);
    job->upload.part_bytes = upload_part_bytes(
        job->identity.bytes, params->part_bytes > 0 ? params->part_bytes : STORE_PART_BYTES);
    td_err err = upload_begin(job_disk(job), &of, &job->upload);
    if (err < 0)
        job_fails_here(job, err, "the record of its upload cannot be written here");
    else
        go_through(job);
}

void parts_put_begin(struct job *job)
{
    uint32_t number = job->upload.parts + 1;
    int64_t at = job->upload.parts * job->upload.part_bytes, bytes = bytes_of_part(job, number);
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PARTS_PUT, job->item.to_key);
    op->upload_id = job->upload.id;
    op->part_number = number;
    op->identity = job->identity;
    op->body = job_body(job, at, bytes);
    td_err err = digest_of_file(job_disk(job), job->file, at, bytes, &op->body_identity);
    if (err < 0)
        job_fails_here(job, err, "it cannot be read here");
    job->is_sent = true;
}

void parts_put_back(struct job *job)
{
    struct upload_of of = of_job(job);
    struct store_part part = {.number = job->upload.parts + 1, .bytes = job->call.op.body.bytes};
    if (job->call.result.outcome != STORE_FINE) {
        forget(job);
        job_resend(job);
        return;
    }
    memcpy(part.etag, job->call.result.etag, sizeof part.etag);
    td_err err = upload_part(job_disk(job), &of, &job->upload, &part);
    if (part.number > job->parts_most) { /* a part that goes again is no progress */
        job->parts_most = part.number;
        job->retry = (struct retry){0};
    }
    if (err < 0)
        job_fails_here(job, err, "the record of its upload cannot be written here");
    else
        go_through(job);
}

void parts_close_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PARTS_CLOSE, job->item.to_key);
    op->upload_id = job->upload.id;
    op->identity = job->identity;
    op->part = job->upload.part;
    op->part_count = job->upload.parts;
    op->only_if_absent = !job->over && !job->shop->unconditional;
}

/* NO_UPLOAD: perhaps it was completed and the answer was lost. What the store does not take is looked at once more, then given up; asking
   tells what is there. */
void parts_close_back(struct job *job)
{
    enum store_outcome outcome = job->call.result.outcome;
    bool is_odd = outcome == STORE_REFUSED || outcome == STORE_DAMAGED || outcome == STORE_ABSENT;
    if (!put_answered(job))
        return;
    if (outcome == STORE_NO_UPLOAD)
        forget(job);
    job->is_put |= outcome == STORE_NO_UPLOAD || is_odd;
    job->is_closed = outcome == STORE_FINE;
    if (is_odd && !job->is_listed_twice) {
        job->is_listed_twice = true;
        job->is_put = false;
        parts_begin(job);
    } else if (is_odd) {
        parts_end(job, STEP_ASK);
    } else {
        job_next(job, STEP_ASK);
    }
}

/* ---- the end of it ---------------------------------------------------------------------------- */

void parts_end(struct job *job, enum job_step after)
{
    struct upload_of of = of_job(job);
    job_next(job, after);
    if (upload_load(job_disk(job), &of, &job->upload) != 1)
        return;
    job->after_drop = after;
    if (job->is_closed)
        forget(job);
    else
        job_next(job, STEP_PARTS_DROP);
    job->is_closed = false;
}

void parts_drop_begin(struct job *job)
{
    struct store_op *op = job_asks(job, JOB_WANTS_TO, STORE_PARTS_DROP, job->item.to_key);
    op->upload_id = job->upload.id;
}

void parts_drop_back(struct job *job)
{
    forget(job);
    job_next(job, job->after_drop);
}
