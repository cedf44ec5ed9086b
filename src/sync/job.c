#include "sync/job.h"

#include <string.h>

#include "base/text.h"
#include "sync/life.h"

const char *const job_state_words[JOB_STATES] = {
    [JOB_SEALED] = "sealed",       [JOB_ASKED] = "asked",       [JOB_FETCHED] = "fetched",
    [JOB_UPLOADING] = "uploading", [JOB_UPLOADED] = "uploaded", [JOB_VERIFIED] = "verified",
    [JOB_RECEIPTED] = "receipted", [JOB_MARKED] = "marked",     [JOB_DELETABLE] = "deletable",
    [JOB_DELETED] = "deleted",
};

const char *const job_end_words[JOB_ENDS] = {
    [JOB_GOES_ON] = "goes-on", [JOB_SENT] = "sent",     [JOB_THERE] = "there",
    [JOB_REMOVED] = "removed", [JOB_KEPT] = "kept",     [JOB_CONFLICT] = "conflict",
    [JOB_BLOCKED] = "blocked", [JOB_FAILED] = "failed", [JOB_GONE] = "gone",
};

#define OUTCOME(o) (1u << STORE_##o)

/* knows: outcomes that back() takes; the others are retried from the step `again`, or the job has failed. */
static const struct step {
    void (*begin)(struct job *job);
    void (*back)(struct job *job);
    uint32_t knows;
    enum job_step again;
} steps[STEPS] = {
    [STEP_SEAL] = {seal_begin, NULL, 0, STEP_SEAL},
    [STEP_SUM] = {sum_begin, NULL, 0, STEP_SUM},
    [STEP_LOOK_TO] = {look_to_begin, look_to_back, OUTCOME(FINE) | OUTCOME(ABSENT), STEP_LOOK_TO},
    [STEP_LOOK_FROM] = {look_from_begin, look_from_back, OUTCOME(FINE) | OUTCOME(ABSENT),
                        STEP_LOOK_FROM},
    [STEP_SOURCE_HEAD] = {source_head_begin, source_head_back, OUTCOME(FINE) | OUTCOME(ABSENT),
                          STEP_SOURCE_HEAD},
    [STEP_SOURCE_NOTE] = {source_note_begin, source_note_back,
                          OUTCOME(FINE) | OUTCOME(ABSENT) | OUTCOME(LOCAL), STEP_SOURCE_NOTE},
    [STEP_FETCH] = {fetch_begin, fetch_back, OUTCOME(FINE) | OUTCOME(ABSENT), STEP_FETCH},
    [STEP_ASK] = {ask_begin, ask_back, OUTCOME(FINE) | OUTCOME(ABSENT), STEP_ASK},
    [STEP_PUT] = {put_begin, put_back, OUTCOME(FINE) | OUTCOME(EXISTS) | OUTCOME(UNSUPPORTED),
                  STEP_ASK},
    [STEP_PARTS_LIST] = {parts_list_begin, parts_list_back,
                         OUTCOME(FINE) | OUTCOME(NO_UPLOAD) | OUTCOME(ABSENT) | OUTCOME(REFUSED),
                         STEP_PARTS_LIST},
    [STEP_PARTS_OPEN] = {parts_open_begin, parts_open_back, OUTCOME(FINE), STEP_ASK},
    [STEP_PARTS_PUT] = {parts_put_begin, parts_put_back, OUTCOME(FINE) | OUTCOME(NO_UPLOAD),
                        STEP_PARTS_PUT},
    [STEP_PARTS_CLOSE] = {parts_close_begin, parts_close_back,
                          OUTCOME(FINE) | OUTCOME(EXISTS) | OUTCOME(UNSUPPORTED) |
                              OUTCOME(NO_UPLOAD) | OUTCOME(REFUSED) | OUTCOME(ABSENT) |
                              OUTCOME(DAMAGED),
                          STEP_ASK},
    [STEP_PARTS_DROP] = {parts_drop_begin, parts_drop_back,
                         OUTCOME(FINE) | OUTCOME(ABSENT) | OUTCOME(NO_UPLOAD) | OUTCOME(REFUSED) |
                             OUTCOME(UNSUPPORTED) | OUTCOME(DAMAGED),
                         STEP_PARTS_DROP},
    [STEP_READ] = {read_begin, read_back,
                   OUTCOME(FINE) | OUTCOME(ABSENT) | OUTCOME(DAMAGED) | OUTCOME(LOCAL), STEP_READ},
    [STEP_RECEIPT_ASK] = {receipt_ask_begin, receipt_ask_back,
                          OUTCOME(FINE) | OUTCOME(ABSENT) | OUTCOME(DAMAGED) | OUTCOME(LOCAL),
                          STEP_RECEIPT_ASK},
    [STEP_RECEIPT_PUT] = {receipt_put_begin, receipt_put_back,
                          OUTCOME(FINE) | OUTCOME(EXISTS) | OUTCOME(UNSUPPORTED), STEP_RECEIPT_ASK},
    [STEP_MARK] = {mark_begin, NULL, 0, STEP_MARK},
    [STEP_MARK_PLACE] = {mark_place_begin, NULL, 0, STEP_MARK_PLACE},
    [STEP_RETIRE] = {retire_begin, NULL, 0, STEP_RETIRE},
    [STEP_DELETE] = {delete_begin, NULL, 0, STEP_DELETE},
};

/* ---- moving ----------------------------------------------------------------------------------- */

const struct td_disk *job_disk(const struct job *job)
{
    return &job->shop->params->os->disk;
}

void job_next(struct job *job, enum job_step step)
{
    job->step = step;
    job->wants = JOB_WANTS_TURN;
}

void job_moves(struct job *job, enum job_state state)
{
    const struct engine_params *params = job->shop->params;
    if (job->state == state)
        return;
    job->state = state;
    if (params->moved)
        params->moved(params->arg, &job->item, state);
}

void job_leave(struct job *job)
{
    if (job->file >= 0)
        job_disk(job)->close(job_disk(job)->ctx, job->file);
    job->file = -1;
}

void job_ends(struct job *job, enum job_end end)
{
    job_leave(job);
    enum store_outcome why = job->why.outcome;
    if (!job->shop->params->from_dir &&
        (end != JOB_FAILED || why == STORE_REFUSED || why == STORE_DAMAGED))
        fetch_forget(job);
    job->end = end;
    job->wants = JOB_WANTS_END;
}

void job_ends_why(struct job *job, enum job_end end, enum store_outcome outcome, td_err err,
                  const char *words)
{
    job->why = (struct store_result){.outcome = outcome, .err = err};
    td_text_copy(job->why.words, sizeof job->why.words, words, strlen(words));
    job_ends(job, end);
}

void job_fails_here(struct job *job, td_err err, const char *words)
{
    job_ends_why(job, JOB_FAILED, STORE_LOCAL, err, words);
}

void job_fail(struct job *job, const struct store_result *why)
{
    job->why = *why;
    job_ends(job, job->is_deleting ? JOB_KEPT : JOB_FAILED);
}

/* ---- asking ----------------------------------------------------------------------------------- */

struct store_op *job_asks(struct job *job, enum job_wants whom, enum store_verb verb,
                          const char *key)
{
    job->call.op = (struct store_op){.verb = verb, .key = key};
    job->wants = whom;
    return &job->call.op;
}

struct store_body job_body(const struct job *job, int64_t at, int64_t bytes)
{
    return (struct store_body){.disk = job_disk(job), .file = job->file, .at = at, .bytes = bytes};
}

static uint32_t chance(const struct job *job)
{
    const struct td_random *random = &job->shop->params->os->random;
    uint32_t value = 0;
    random->fill(random->ctx, &value, sizeof value);
    return value;
}

void job_rests(struct job *job, enum job_step step, int64_t wait_ms)
{
    const struct td_clock *clock = &job->shop->params->os->clock;
    job->step = step;
    job->wants = JOB_WANTS_REST;
    job->due_ns = clock->mono_ns(clock->ctx) + wait_ms * 1000000;
}

void job_retry(struct job *job, enum job_step step)
{
    int64_t wait_ms = retry_wait_ms(&job->retry, &job->call.result, chance(job));
    if (wait_ms < 0) {
        job_fail(job, &job->call.result);
        return;
    }
    job->shop->tally->retries++;
    job_rests(job, step, wait_ms);
}

void job_resend(struct job *job)
{
    struct store_result wrong = {.outcome = STORE_DAMAGED};
    struct retry pace = {.tries = job->sends};
    static const char words[] = "the copy in the store is not what was sent";
    memcpy(wrong.words, words, sizeof words);
    int64_t wait_ms = retry_wait_ms(&pace, &wrong, chance(job));
    if (wait_ms < 0) {
        job_fail(job, &wrong);
        return;
    }
    job->sends++;
    job->shop->tally->retries++;
    job_rests(job, STEP_ASK, wait_ms);
}

void job_back(struct job *job, bool is_free)
{
    const struct store_result *result = &job->call.result;
    const struct step *step = &steps[job->step];
    if (step->knows & 1u << result->outcome)
        step->back(job);
    else if (is_free)
        job_rests(job, step->again, 0);
    else
        job_retry(job, step->again);
}

enum job_wants job_go(struct job *job)
{
    steps[job->step].begin(job);
    return job->wants;
}

/* Who wants all read back takes no store's word. */
static enum job_step first_step(const struct job *job)
{
    const struct engine_params *params = job->shop->params;
    if (params->from_dir)
        return STEP_SEAL;
    if (job->item.kind != SYNC_SEGMENT)
        return STEP_SOURCE_HEAD;
    return params->read_back ? STEP_SOURCE_NOTE : STEP_LOOK_TO;
}

void job_begin(struct job *job, struct sync_shop *shop)
{
    struct sync_item item = job->item;
    bool is_for_room = job->is_for_room;
    memset(job, 0, sizeof *job);
    job->shop = shop;
    job->item = item;
    job->is_for_room = is_for_room;
    job->file = -1;
    job->state = JOB_STATES;
    job->call.tag = job;
    job_next(job, first_step(job));
    if (shop->params->from_dir)
        job_moves(job, JOB_SEALED);
}
