/* One run: a world from its seed, some lives that end badly, then peace, and the claims. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/local.h"
#include "sync/mark.h"
#include "sync/world.h"

void *world_take(struct world *world, int64_t bytes)
{
    if (!world->pool)
        world->pool = malloc(POOL_BYTES);
    if (world->pool_used + bytes > POOL_BYTES - 16) {
        world_fails(world, "the rig has no memory left");
        world->pool_used = 0;
    }
    void *out = world->pool + world->pool_used;
    world->pool_used += (bytes + 15) / 16 * 16;
    return out;
}

void world_fails(struct world *world, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (world->why[0] == 0)
        vsnprintf(world->why, sizeof world->why, format, list);
    va_end(list);
    world_says(world, "CLAIM BROKEN: %s", world->why);
}

void world_says(struct world *world, const char *format, ...)
{
    va_list list;
    if (!world->verbose)
        return;
    printf("%9.3f %6llu  ", (double)world->now_ns / SECOND, (unsigned long long)world->step);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

/* ---- what happens by itself ------------------------------------------------------------------- */

static void take_file(struct world *world, const char *key)
{
    char path[220];
    snprintf(path, sizeof path, "ready/%s", key);
    sim_disk_vanish(world->disk, path);
}

/* The recorder makes room: segment, receipt, mark. */
static void retention(struct world *world, struct cargo *cargo)
{
    char mark[160];
    if (world->direction != DIRECTION_UP || cargo->kind == CARGO_PLAIN)
        return;
    cargo->is_gone = true;
    take_file(world, cargo->from_key);
    take_file(world, cargo->receipt_from);
    if (mark_path_beside(cargo->from_key, ".done", mark, sizeof mark))
        take_file(world, mark);
}

static void late_receipt(struct world *world, struct cargo *cargo)
{
    char path[220];
    snprintf(path, sizeof path, "ready/%s", cargo->from_key);
    if (cargo->kind != CARGO_LATE || !sim_disk_exists(world->disk, path))
        return;
    snprintf(path, sizeof path, "ready/%s", cargo->receipt_from);
    cargo_write(world, path, cargo->receipt, cargo->receipt_bytes);
    cargo->kind = CARGO_GOOD;
}

static void remade(struct world *world, struct cargo *cargo)
{
    char path[220];
    snprintf(path, sizeof path, "ready/%s", cargo->from_key);
    bool whole = sim_disk_exists(world->disk, path);
    snprintf(path, sizeof path, "ready/%s", cargo->receipt_from);
    if (world->direction == DIRECTION_UP && cargo->kind == CARGO_GOOD && whole &&
        sim_disk_exists(world->disk, path))
        cargo_remake(world, cargo);
}

static bool has_conditions(const struct liar *liar)
{
    return !liar->on[LIE_IGNORES_CONDITION] && !liar->on[LIE_NO_CONDITION];
}

static void happen(struct world *world, const struct event *event)
{
    struct cargo *cargo = &world->cargo[event->item];
    bool is_receipt = dice_below(&world->dice, 3) == 0 && cargo->receipt_to[0];
    const char *key = is_receipt ? cargo->receipt_to : cargo->to_key;
    bool is_new = liar_find(&world->to, cargo->to_key) == NULL;
    world_says(world, "event %d: %s", event->kind, key);
    if (event->kind == EVENT_RECEIPT)
        late_receipt(world, cargo);
    else if (event->kind == EVENT_RETENTION)
        retention(world, cargo);
    else if (event->kind == EVENT_FOREIGN && is_new && has_conditions(&world->to))
        liar_place(&world->to, cargo->to_key, "another's", 9, true, false);
    else if (event->kind == EVENT_TWIN && is_new && cargo->kind == CARGO_GOOD)
        liar_place(&world->to, cargo->to_key, cargo->data, cargo->bytes, false, true);
    else if (event->kind == EVENT_FORGET && world->to.on[LIE_FORGETS])
        liar_loses(&world->to, key);
    else if (event->kind == EVENT_ROT && world->to.on[LIE_ROTS])
        liar_rots(&world->to, key);
    else if (event->kind == EVENT_REMADE)
        remade(world, cargo);
    else if (event->kind == EVENT_OUTAGE && !world->is_calm)
        world->to.outage_until_ns = world->now_ns + (int64_t)dice_below(&world->dice, 400) * SECOND;
}

void world_happens(struct world *world)
{
    for (; world->events_done < world->events &&
           world->event[world->events_done].at_ns <= world->now_ns;
         world->events_done++)
        happen(world, &world->event[world->events_done]);
}

static void draw_events(struct world *world)
{
    int64_t at_ns = 0;
    world->events = (unsigned)dice_below(&world->dice, 6);
    if (world->direction == DIRECTION_DOWN)
        world->events = 0;
    for (unsigned i = 0; i < world->events; i++) {
        at_ns += (int64_t)dice_below(&world->dice, 20000) * (SECOND / 1000);
        world->event[i] =
            (struct event){.kind = (enum event_kind)dice_below(&world->dice, EVENT_KINDS),
                           .at_ns = at_ns,
                           .item = (unsigned)dice_below(&world->dice, world->cargos)};
    }
    /* A receipt that is late comes in the end. */
    for (unsigned i = 0; i < world->cargos; i++)
        if (world->cargo[i].kind == CARGO_LATE)
            world->event[world->events++] = (struct event){EVENT_RECEIPT, at_ns += 10 * SECOND, i};
}

/* ---- the engine's side ------------------------------------------------------------------------ */

static int next_item(void *arg, struct sync_item *item)
{
    struct proc *proc = arg;
    struct world *world = proc->world;
    while (proc->at < world->cargos) {
        const struct cargo *cargo = &world->cargo[proc->order[proc->at++]];
        if (!cargo_is_here(world, cargo))
            continue;
        memset(item, 0, sizeof *item);
        item->kind = cargo->kind == CARGO_PLAIN ? SYNC_PLAIN : SYNC_SEGMENT;
        snprintf(item->from_key, sizeof item->from_key, "%s", cargo->from_key);
        snprintf(item->to_key, sizeof item->to_key, "%s", cargo->to_key);
        item->bytes = cargo->bytes;
        return 1;
    }
    return 0;
}

static void moved(void *arg, const struct sync_item *item, enum job_state state)
{
    struct proc *proc = arg;
    bool is_receipt = false;
    struct cargo *cargo = cargo_of(proc->world, item->to_key, &is_receipt);
    world_says(proc->world, "proc %u: %s is %s", proc->index, item->from_key,
               job_state_words[state]);
    if (cargo && state == JOB_SEALED)
        cargo->deletable_step[proc->index] = 0;
    if (cargo && state == JOB_DELETABLE)
        cargo->deletable_step[proc->index] = proc->world->step;
}

static void ended(void *arg, const struct sync_item *item, enum job_end end,
                  const struct store_result *why)
{
    struct proc *proc = arg;
    world_says(proc->world, "proc %u: %s ends as %s %s", proc->index, item->from_key,
               job_end_words[end], why ? why->words : "");
    for (unsigned i = 0; i < proc->world->cargos; i++)
        if (strcmp(proc->world->cargo[i].from_key, item->from_key) == 0)
            proc->end[i] = end;
}

static bool stopped(void *arg)
{
    struct proc *proc = arg;
    bool is_asked = proc->stop_step && proc->world->step >= proc->stop_step;
    proc->world->kills += is_asked && !proc->dead;
    return proc->dead || is_asked;
}

static void sleeps(void *arg, int64_t ms)
{
    struct proc *proc = arg;
    proc_steps(proc);
    proc_yields(proc, proc->world->now_ns + ms * (SECOND / 1000));
}

static void open_ends(struct proc *proc)
{
    struct world *world = proc->world;
    liar_face(&proc->to, &world->to, proc);
    liar_face(&proc->from, &world->from, proc);
    proc->params.to = &proc->to.store;
    proc->params.from = &proc->from.store;
    proc->is_folder = world->direction == DIRECTION_DOWN;
    if (!proc->is_folder)
        return;
    if (local_open(&proc->os.disk, &proc->os.random, "lake", true, WORLD_CALLS_MAX, &proc->folder) <
        0)
        world_fails(world, "the rig cannot open its folder");
    proc->params.to = &proc->folder;
}

static void shuffle(struct proc *proc)
{
    struct world *world = proc->world;
    proc->at = 0;
    for (unsigned i = 0; i < world->cargos; i++) {
        unsigned j = (unsigned)dice_below(&world->dice, i + 1);
        proc->order[i] = proc->order[j];
        proc->order[j] = i;
    }
}

static void load_proc(struct proc *proc)
{
    struct world *world = proc->world;
    bool up = world->direction == DIRECTION_UP;
    snprintf(proc->state_dir, sizeof proc->state_dir, "state%u", proc->index);
    proc_tables(proc);
    memset(&proc->tally, 0, sizeof proc->tally);
    memset(proc->end, 0, sizeof proc->end);
    for (unsigned i = 0; i < world->cargos; i++)
        world->cargo[i].deletable_step[proc->index] = 0;
    proc->dead = false;
    proc->kill_step = proc->stop_step = 0;
    proc->params = (struct engine_params){.os = &proc->os,
                                          .source = {next_item, proc},
                                          .workers = 1 + (unsigned)dice_below(&world->dice, 4),
                                          .state_dir = proc->state_dir,
                                          .from_dir = up ? "ready" : NULL,
                                          .marks = up,
                                          .may_delete = up && world->deletes,
                                          .keep_ns = world->by_room ? INT64_MAX : 0,
                                          .free_bytes = world->by_room ? INT64_MAX / 4 : 0,
                                          .from_prefix = "",
                                          .to_prefix = "bronze/",
                                          .read_back = world->reads_back,
                                          .plain = true,
                                          .single_bytes = SINGLE_BYTES,
                                          .part_bytes = PART_BYTES,
                                          .moved = moved,
                                          .ended = ended,
                                          .stopped = stopped,
                                          .sleep_ms = sleeps,
                                          .arg = proc};
    open_ends(proc);
    shuffle(proc);
}

static void close_proc(struct proc *proc)
{
    if (proc->is_folder)
        proc->folder.close(proc->folder.ctx);
    proc->is_folder = false;
}

/* ---- lives ------------------------------------------------------------------------------------ */

/* Few calls as often as many. */
static uint64_t draw_steps(struct world *world)
{
    return 1 + dice_below(&world->dice, UINT64_C(1) << (2 + dice_below(&world->dice, 9)));
}

static void cut_power(struct world *world)
{
    struct sim_cut cut = {
        .mode = (enum sim_cut_mode)dice_below(&world->dice, SIM_CUT_MODES),
        .seed = dice_throw(&world->dice),
        .upto = (uint32_t)dice_below(&world->dice, sim_disk_sequence(world->disk) + 1)};
    world->cuts++;
    world_says(world, "the power is cut: %s", sim_cut_words[cut.mode]);
    sim_disk_cut(world->disk, &cut);
}

static void live_once(struct world *world)
{
    static const int years[] = {0, 0, 0, -56, -1, 30};
    bool cuts = dice_below(&world->dice, 3) == 0;
    world->wall_off_ns = years[dice_below(&world->dice, 6)] * 365 * 86400 * SECOND;
    unsigned procs = world->procs;
    for (unsigned i = 0; i < procs; i++) {
        struct proc *proc = &world->proc[i];
        load_proc(proc);
        if (!cuts && dice_below(&world->dice, 4) > 0)
            proc->kill_step = world->step + draw_steps(world);
        else if (!cuts && dice_below(&world->dice, 2) == 0)
            proc->stop_step = world->step + draw_steps(world);
    }
    world->cut_step = cuts ? world->step + draw_steps(world) : 0;
    world_pass(world, procs);
    bool was_cut = world->cut_step && world->step >= world->cut_step;
    world->cut_step = 0;
    for (unsigned i = 0; i < procs; i++)
        close_proc(&world->proc[i]);
    if (was_cut)
        cut_power(world);
    judge_marks(world);
    judge_folder(world);
    world->now_ns += (int64_t)dice_below(&world->dice, 30) * SECOND;
}

static struct sync_tally live_in_peace(struct world *world)
{
    struct proc *proc = &world->proc[0];
    load_proc(proc);
    world_pass(world, 1);
    close_proc(proc);
    if (proc->err < 0)
        world_fails(world, "the engine gives up: %s", td_err_name(proc->err));
    return proc->tally;
}

static void peace(struct world *world)
{
    world->now_ns += 1000 * SECOND;
    world->wall_off_ns = 0;
    world_happens(world);
    liar_tick(&world->to);
    liar_tick(&world->from);
    world->is_settled = true;
    for (int pass = 0; pass < 3 && world->why[0] == 0; pass++)
        live_in_peace(world);
    world->is_over = true;
    judge_end(world);
    uint64_t calls = world->to.segment_calls;
    struct sync_tally tally = live_in_peace(world);
    judge_second(world, &tally, world->to.segment_calls - calls);
}

/* ---- a run ------------------------------------------------------------------------------------ */

static void draw_lies(struct world *world, struct liar *liar)
{
    liar->odds = 2 + (uint32_t)dice_below(&world->dice, 40);
    if (world->is_calm)
        return;
    bool wire = dice_below(&world->dice, 3) == 0;
    for (int lie = 0; lie < LIES; lie++)
        liar->on[lie] = (!wire || lie == LIE_LOSES || lie == LIE_AGAIN || lie == LIE_LATE) &&
                        dice_below(&world->dice, 4) == 0;
    if (wire)
        liar->on[LIE_LOSES] = true;
}

/* A source that lies about what it keeps is a sick deck's: its lies are those of the wire. */
static void draw_source(struct world *world)
{
    draw_lies(world, &world->from);
    for (int lie = LIE_FLIPS; lie <= LIE_DROPS_UPLOADS; lie++)
        world->from.on[lie] = false;
}

static void begin(struct world *world, uint64_t seed, enum plant plant)
{
    struct world kept = *world;
    memset(world, 0, sizeof *world);
    world->seed = seed;
    world->dice = seed * UINT64_C(0xD1342543DE82EF95) + 1;
    world->plant = plant;
    world->verbose = kept.verbose;
    world->pool = kept.pool;
    world->home = kept.home;
    world->deletions = kept.deletions;
    world->proofs = kept.proofs;
    world->disk = kept.disk ? kept.disk : sim_disk_new(1 << 30);
    sim_disk_reset(world->disk);
    sim_disk_seed(world->disk, seed);
    for (unsigned i = 0; i < WORLD_PROCS; i++) {
        world->proc[i].world = world;
        world->proc[i].index = i;
        world->proc[i].stack = kept.proc[i].stack;
        world->proc[i].context = kept.proc[i].context;
    }
}

bool world_run(struct world *world, uint64_t seed, enum plant plant)
{
    begin(world, seed, plant);
    uint64_t throw = dice_below(&world->dice, 10);
    world->direction = throw < 7 ? DIRECTION_UP : throw < 9 ? DIRECTION_DOWN : DIRECTION_COPY;
    world->is_calm = dice_below(&world->dice, 4) == 0;
    world->deletes = dice_below(&world->dice, 2) == 0;
    world->by_room = dice_below(&world->dice, 3) == 0;
    world->reads_back = dice_below(&world->dice, 8) == 0;
    world->procs = dice_below(&world->dice, 4) == 0 ? 2 : 1;
    liar_init(&world->to, world, dice_throw(&world->dice));
    liar_init(&world->from, world, dice_throw(&world->dice));
    draw_lies(world, &world->to);
    draw_source(world);
    cargo_load(world);
    draw_events(world);
    for (uint64_t lives = dice_below(&world->dice, 5); lives > 0 && world->why[0] == 0; lives--)
        live_once(world);
    if (world->why[0] == 0)
        peace(world);
    return world->why[0] == 0;
}
