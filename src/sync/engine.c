#include "sync/engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "sync/life.h"
#include "sync/outage.h"
#include "sync/walk.h"

enum { WAIT_MS_MAX = 200, SYNC_AFTER_MS = 250, NS_PER_MS = 1000000 };

enum place_of { SLOT_FREE, SLOT_HELD, SLOT_TO, SLOT_FROM };

struct slot {
    enum place_of place; /* with which store its call is */
    struct job job;
};

struct engine {
    const struct engine_params *params;
    struct sync_tally *tally;
    struct sync_shop shop;
    struct outage outage;
    struct slot *slot;
    unsigned slots, used, at_to, at_from;
    int64_t sync_due_ns;   /* marks wait for their sync until then; 0 none */
    bool is_dry;           /* the source has no more */
    struct oldest *oldest; /* what goes as there is too little room; NULL: not, or not yet */
    int64_t going_bytes;   /* of these, under way */
    int64_t free_bytes, removed_before; /* before the first of them went */
    enum sync_health halted;            /* nothing can work: not FINE */
    struct store_result halt_why;
    td_err err; /* the source's */
};

/* ---- small things ----------------------------------------------------------------------------- */

static int64_t mono_ns(const struct engine *engine)
{
    const struct td_clock *clock = &engine->params->os->clock;
    return clock->mono_ns(clock->ctx);
}

static uint32_t chance(const struct engine *engine)
{
    const struct td_random *random = &engine->params->os->random;
    uint32_t value = 0;
    random->fill(random->ctx, &value, sizeof value);
    return value;
}

static void sleep_ms(const struct engine *engine, int64_t ms)
{
    const struct engine_params *params = engine->params;
    struct timespec time = {ms / 1000, ms % 1000 * NS_PER_MS};
    if (params->sleep_ms)
        params->sleep_ms(params->arg, ms);
    else
        nanosleep(&time, NULL);
}

static bool is_stopped(const struct engine *engine)
{
    return engine->params->stopped && engine->params->stopped(engine->params->arg);
}

static int64_t pause_ms(const struct engine *engine)
{
    return engine->params->pause_ms ? engine->params->pause_ms(engine->params->arg) : 0;
}

/* ---- ends ------------------------------------------------------------------------------------- */

static void count_end(struct engine *engine, const struct job *job)
{
    struct sync_tally *tally = engine->tally;
    int64_t *const count[JOB_ENDS] = {
        [JOB_SENT] = &tally->sent,          [JOB_THERE] = &tally->there,
        [JOB_REMOVED] = &tally->removed,    [JOB_KEPT] = &tally->kept,
        [JOB_CONFLICT] = &tally->conflicts, [JOB_BLOCKED] = &tally->blocked,
        [JOB_FAILED] = &tally->failed,      [JOB_GONE] = &tally->gone,
    };
    *count[job->end] += 1;
    if (job->end == JOB_REMOVED && job->is_sent)
        tally->sent++;
    if (job->is_sent && (job->end == JOB_SENT || job->end == JOB_REMOVED))
        tally->sent_file_bytes += job->identity.bytes;
    else if (job->end == JOB_SENT)
        tally->sent_file_bytes += job->item.bytes; /* dry run */
}

static bool is_trouble(enum job_end end)
{
    return end == JOB_CONFLICT || end == JOB_BLOCKED || end == JOB_FAILED || end == JOB_KEPT;
}

static void end_job(struct engine *engine, struct slot *slot)
{
    const struct engine_params *params = engine->params;
    struct job *job = &slot->job;
    count_end(engine, job);
    if (job->is_for_room)
        engine->going_bytes -= job->item.bytes;
    if (is_trouble(job->end)) {
        tally_failure(engine->tally, job->item.from_key, job_end_words[job->end], &job->why);
        if (!engine->halted) {
            enum sync_health health = sync_health_of(&job->why);
            engine->tally->health =
                job->end == JOB_FAILED && health != SYNC_HEALTH_FINE ? health : SYNC_HEALTH_DAMAGED;
        }
    }
    if (params->ended)
        params->ended(params->arg, &job->item, job->end, is_trouble(job->end) ? &job->why : NULL);
    slot->place = SLOT_FREE;
    engine->used--;
}

static void halt(struct engine *engine, enum sync_health health, const struct store_result *why)
{
    if (engine->halted)
        return;
    engine->halted = health;
    engine->halt_why = *why;
    engine->tally->health = health;
}

/* ---- calls come back -------------------------------------------------------------------------- */

static void note_call(struct engine *engine, const struct store_result *result)
{
    const struct engine_params *params = engine->params;
    engine->tally->sent_bytes += result->sent_bytes;
    engine->tally->got_bytes += result->got_bytes;
    if (params->bytes && (result->sent_bytes > 0 || result->got_bytes > 0))
        params->bytes(params->arg, result->sent_bytes, result->got_bytes);
    outage_note(&engine->outage, result->outcome, mono_ns(engine), chance(engine));
    enum sync_health health = sync_health_of(result);
    if (sync_health_ends_pass(health) || outage_is_too_long(&engine->outage))
        halt(engine, health, result);
    else if (outage_is_on(&engine->outage))
        engine->tally->health = SYNC_HEALTH_OFFLINE;
    else if (engine->tally->health == SYNC_HEALTH_OFFLINE)
        engine->tally->health = SYNC_HEALTH_FINE;
}

static void take_back(struct engine *engine, struct store_call *call)
{
    struct job *job = call->tag;
    struct slot *slot = (struct slot *)((char *)job - offsetof(struct slot, job));
    *(slot->place == SLOT_TO ? &engine->at_to : &engine->at_from) -= 1;
    slot->place = SLOT_HELD;
    note_call(engine, &call->result);
    if (engine->halted)
        job_fail(job, &engine->halt_why);
    else
        job_back(job, outage_is_on(&engine->outage));
    if (job->wants == JOB_WANTS_END)
        end_job(engine, slot);
}

/* One call of a store, or none in time. */
static bool wait_one(struct engine *engine, struct store *store, int timeout_ms)
{
    struct store_call *call = store->wait(store->ctx, timeout_ms);
    if (call)
        take_back(engine, call);
    return call != NULL;
}

static void take_all(struct engine *engine, int64_t timeout_ms)
{
    struct store *to = engine->params->to, *from = engine->params->from;
    unsigned both = engine->at_to > 0 && engine->at_from > 0 && to != from;
    int64_t share = both && timeout_ms > 10 ? 10 : timeout_ms;
    if (engine->at_to > 0 && wait_one(engine, to, (int)share))
        share = 0;
    if (engine->at_from > 0)
        wait_one(engine, from, (int)share);
    while (engine->at_to > 0 && wait_one(engine, to, 0))
        continue;
    while (engine->at_from > 0 && wait_one(engine, from, 0))
        continue;
}

/* ---- jobs go on ------------------------------------------------------------------------------- */

static void submit(struct engine *engine, struct slot *slot, enum job_wants whom)
{
    struct store *store = whom == JOB_WANTS_TO ? engine->params->to : engine->params->from;
    slot->place = whom == JOB_WANTS_TO ? SLOT_TO : SLOT_FROM;
    *(whom == JOB_WANTS_TO ? &engine->at_to : &engine->at_from) += 1;
    memset(&slot->job.call.result, 0, sizeof slot->job.call.result);
    slot->job.call.tag = &slot->job;
    store->submit(store->ctx, &slot->job.call);
}

/* In an outage one at a time asks. */
static bool may_go(const struct engine *engine, const struct job *job, int64_t now_ns)
{
    if (job->wants == JOB_WANTS_SYNC || (job->wants == JOB_WANTS_REST && job->due_ns > now_ns))
        return false;
    return !outage_is_on(&engine->outage) ||
           (engine->at_to + engine->at_from == 0 && engine->outage.next_ns <= now_ns);
}

/* True: it wants another turn at once. */
static bool go_on(struct engine *engine, struct slot *slot)
{
    enum job_wants wants = job_go(&slot->job);
    if (wants == JOB_WANTS_TO || wants == JOB_WANTS_FROM)
        submit(engine, slot, wants);
    else if (wants == JOB_WANTS_END)
        end_job(engine, slot);
    return wants == JOB_WANTS_TURN;
}

static bool go_all(struct engine *engine)
{
    bool busy = false;
    for (unsigned i = 0; i < engine->slots; i++) {
        struct slot *slot = &engine->slot[i];
        if (slot->place != SLOT_HELD)
            continue;
        if (engine->halted) {
            job_fail(&slot->job, &engine->halt_why);
            end_job(engine, slot);
        } else if (may_go(engine, &slot->job, mono_ns(engine))) {
            busy |= go_on(engine, slot);
        }
    }
    return busy;
}

/* ---- marks share their sync ------------------------------------------------------------------- */

static bool wants_sync(const struct slot *slot)
{
    return slot->place == SLOT_HELD && slot->job.wants == JOB_WANTS_SYNC;
}

/* Now, when the others have nothing to do that would lead to one soon; and none waits for long. */
static bool is_time_to_sync(struct engine *engine)
{
    bool any = false, others = engine->at_to + engine->at_from > 0;
    for (unsigned i = 0; i < engine->slots; i++) {
        const struct slot *slot = &engine->slot[i];
        any |= wants_sync(slot);
        others |= slot->place == SLOT_HELD && slot->job.wants == JOB_WANTS_TURN;
    }
    if (!any) {
        engine->sync_due_ns = 0;
        return false;
    }
    int64_t now_ns = mono_ns(engine);
    if (engine->sync_due_ns == 0)
        engine->sync_due_ns = now_ns + SYNC_AFTER_MS * NS_PER_MS;
    return !others || now_ns >= engine->sync_due_ns;
}

static void sync_marks(struct engine *engine)
{
    td_err err = TD_E_AGAIN;
    for (unsigned i = 0; i < engine->slots; i++) {
        struct slot *slot = &engine->slot[i];
        if (!wants_sync(slot))
            continue;
        if (err == TD_E_AGAIN)
            err = job_syncs_marks(&slot->job);
        job_marks_are_synced(&slot->job, err);
        if (slot->job.wants == JOB_WANTS_END)
            end_job(engine, slot);
    }
    engine->sync_due_ns = 0;
}

static bool is_wanted(const struct engine *engine, const struct sync_item *item)
{
    return item->kind == SYNC_SEGMENT || engine->params->plain;
}

/* A file system frees the room of a deleted file when it commits: what went is counted by ourselves. */
static bool is_room_short(const struct engine *engine)
{
    return engine->free_bytes + engine->tally->removed_bytes - engine->removed_before +
               engine->going_bytes <
           engine->params->free_bytes;
}

/* A dry run has told of those that go for their age, and they stand still. */
static int next_oldest(struct engine *engine, struct sync_item *item)
{
    int got = 0;
    do
        got = is_room_short(engine) ? oldest_next(engine->oldest, item) : 0;
    while (got == 1 && engine->params->dry_run && job_is_old(engine->params, item->from_key));
    return got;
}

static int next_item(struct engine *engine, struct sync_item *item)
{
    const struct sync_source *source = &engine->params->source;
    int got = 0;
    if (engine->oldest)
        return next_oldest(engine, item);
    do
        got = source->next(source->arg, item);
    while (got == 1 && !is_wanted(engine, item));
    return got;
}

static void take_item(struct engine *engine, struct slot *slot)
{
    int got = next_item(engine, &slot->job.item);
    if (got != 1) {
        engine->is_dry = true;
        engine->err = got < 0 ? got : 0;
        return;
    }
    engine->used++;
    slot->place = SLOT_HELD;
    slot->job.is_for_room = engine->oldest != NULL;
    if (engine->oldest)
        engine->going_bytes += slot->job.item.bytes;
    else
        engine->tally->found++;
    job_begin(&slot->job, &engine->shop);
}

static void fill(struct engine *engine)
{
    for (unsigned i = 0; i < engine->slots && !engine->is_dry && !engine->halted &&
                         (engine->used == 0 || !outage_is_on(&engine->outage));
         i++)
        if (engine->slot[i].place == SLOT_FREE)
            take_item(engine, &engine->slot[i]);
}

/* ---- the pass --------------------------------------------------------------------------------- */

static int64_t until_next_ms(const struct engine *engine)
{
    int64_t now_ns = mono_ns(engine), least_ms = WAIT_MS_MAX;
    if (outage_is_on(&engine->outage)) {
        if (engine->at_to + engine->at_from > 0)
            return least_ms;
        int64_t ms = (engine->outage.next_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
        return ms < 0 ? 0 : ms < least_ms ? ms : least_ms;
    }
    for (unsigned i = 0; i < engine->slots; i++) {
        const struct slot *slot = &engine->slot[i];
        if (slot->place != SLOT_HELD)
            continue;
        int64_t due_ns = slot->job.wants == JOB_WANTS_REST   ? slot->job.due_ns
                         : slot->job.wants == JOB_WANTS_SYNC ? engine->sync_due_ns
                                                             : now_ns;
        int64_t ms = (due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
        least_ms = ms < least_ms ? ms : least_ms;
    }
    return least_ms < 0 ? 0 : least_ms;
}

/* Everything under way comes back; what was reached is found again by asking. */
static void stop(struct engine *engine)
{
    struct store *store[] = {engine->params->to, engine->params->from};
    for (int i = 0; i < 2; i++) {
        const unsigned *under_way = i == 0 ? &engine->at_to : &engine->at_from;
        if (*under_way > 0)
            store[i]->cancel(store[i]->ctx);
        for (unsigned left = *under_way; left > 0; left--) {
            struct store_call *call = store[i]->wait(store[i]->ctx, -1);
            if (!call)
                break;
            engine->tally->sent_bytes += call->result.sent_bytes;
            engine->tally->got_bytes += call->result.got_bytes;
        }
    }
    for (unsigned i = 0; i < engine->slots; i++)
        if (engine->slot[i].place != SLOT_FREE)
            job_leave(&engine->slot[i].job);
}

/* One round: what may begin begins, what ended is looked at. */
static void turn(struct engine *engine)
{
    int64_t pause = pause_ms(engine);
    bool busy = false;
    if (pause <= 0 || engine->halted) {
        fill(engine);
        busy = go_all(engine);
        if (is_time_to_sync(engine)) {
            sync_marks(engine);
            busy = true;
        }
    }
    int64_t wait = busy || engine->used == 0 ? 0 : until_next_ms(engine);
    if (pause > 0)
        wait = pause < WAIT_MS_MAX ? pause : WAIT_MS_MAX;
    if (engine->at_to + engine->at_from > 0)
        take_all(engine, wait);
    else if (wait > 0)
        sleep_ms(engine, wait);
}

/* False: stopped. */
static bool run(struct engine *engine)
{
    engine->is_dry = false;
    while (engine->used > 0 || !(engine->is_dry || engine->halted)) {
        if (is_stopped(engine)) {
            stop(engine);
            return false;
        }
        turn(engine);
    }
    return true;
}

static bool deletes(const struct engine_params *params)
{
    return params->may_delete && params->marks && params->from_dir;
}

/* Behind all others: what is verified goes, the oldest first, until there is room. */
static void make_room(struct engine *engine)
{
    const struct engine_params *params = engine->params;
    const struct td_disk *disk = &params->os->disk;
    engine->free_bytes = disk->free_bytes(disk->ctx, params->from_dir);
    engine->removed_before = params->dry_run ? 0 : engine->tally->removed_bytes;
    if (engine->free_bytes < 0 || engine->free_bytes >= params->free_bytes)
        return;
    engine->oldest = malloc(sizeof *engine->oldest);
    if (!engine->oldest) {
        engine->err = TD_E_NO_MEMORY;
        return;
    }
    oldest_begin(engine->oldest, disk, params->from_dir, params->from_prefix, params->to_prefix);
    run(engine);
    free(engine->oldest);
}

static td_err make_folders(const struct engine_params *params)
{
    static const char *const names[] = {"uploads", "spool"};
    char path[JOB_PATH_MAX];
    for (int i = 0; i < 2 && !params->dry_run; i++) {
        struct td_str str = td_str_on(path, sizeof path);
        td_str_add_format(&str, "%s/%s", params->state_dir, names[i]);
        TD_FAIL_IF(str.cut, TD_E_RANGE);
        TD_TRY(params->os->disk.make_dirs(params->os->disk.ctx, path));
    }
    return 0;
}

static unsigned slots_of(const struct engine_params *params)
{
    unsigned most = params->workers > SYNC_WORKERS_MAX ? SYNC_WORKERS_MAX : params->workers;
    most = params->to->calls_max < most ? params->to->calls_max : most;
    most = params->from && params->from->calls_max < most ? params->from->calls_max : most;
    return most > 0 ? most : 1;
}

td_err engine_run(const struct engine_params *params, struct sync_tally *tally)
{
    struct engine engine = {.params = params,
                            .tally = tally,
                            .shop = {.params = params, .tally = tally},
                            .slots = slots_of(params)};
    const struct td_clock *clock = &params->os->clock;
    TD_TRY(make_folders(params));
    engine.slot = calloc(engine.slots, sizeof *engine.slot);
    TD_FAIL_IF(!engine.slot, TD_E_NO_MEMORY);
    tally->begun_ns = clock->wall_ns(clock->ctx);
    tally->health = SYNC_HEALTH_FINE;
    if (deletes(params) && !params->dry_run)
        walk_leftovers(&params->os->disk, params->from_dir, params->from_prefix);
    if (run(&engine) && !engine.err && !engine.halted && deletes(params) && params->free_bytes > 0)
        make_room(&engine);
    tally->ended_ns = clock->wall_ns(clock->ctx);
    free(engine.slot);
    return engine.err;
}
