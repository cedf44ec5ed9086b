/* A process: the card and the clock as it sees them, until it dies at one of its calls. It is a coroutine, so that two of them share a world. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "sync/mark.h"
#include "sync/world.h"

enum { STACK_BYTES = 512 << 10 };

bool proc_steps(struct proc *proc)
{
    struct world *world = proc->world;
    world->step++;
    if (++proc->steps == PASS_STEPS_MAX) {
        world_fails(world, "a pass does not end");
        proc->kill_step = world->step;
    }
    bool dies = (proc->kill_step && world->step >= proc->kill_step) ||
                (world->cut_step && world->step >= world->cut_step);
    if (dies && !proc->dead) {
        world_says(world, "process %u dies", proc->index);
        world->kills++;
        face_dies(&proc->to);
        face_dies(&proc->from);
        proc->dead = true;
    }
    return proc->dead;
}

/* ---- its card --------------------------------------------------------------------------------- */

#define CARD(proc, call, ...)                                                                      \
    (sim_disk_table((proc)->world->disk)                                                           \
         ->call(sim_disk_table((proc)->world->disk)->ctx __VA_OPT__(, ) __VA_ARGS__))
#define STEP_OR_DIE(proc)                                                                          \
    do {                                                                                           \
        if (proc_steps(proc))                                                                      \
            return TD_E_IO;                                                                        \
    } while (0)

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), wanted = strlen(end);
    return bytes >= wanted && strcmp(text + bytes - wanted, end) == 0;
}

static int card_open(void *ctx, const char *path, int flags, int mode)
{
    struct proc *proc = ctx;
    STEP_OR_DIE(proc);
    if (proc->world->plant == PLANT_NO_MARK && ends_with(path, ".done") && flags == O_RDONLY)
        return TD_E_MISSING;
    if (proc->world->plant == PLANT_NO_RECORD && strstr(path, "/uploads/") && flags == O_RDONLY)
        return TD_E_MISSING;
    return CARD(proc, open, path, flags, mode);
}

static int card_close(void *ctx, int file)
{
    return CARD((struct proc *)ctx, close, file);
}

static int64_t card_write_at(void *ctx, int file, const void *data, size_t bytes, int64_t offset)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, write_at, file, data, bytes, offset);
}

static int64_t card_read_at(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    if (((struct proc *)ctx)->dead)
        return TD_E_IO;
    return CARD((struct proc *)ctx, read_at, file, data, bytes, offset);
}

static int card_sync_data(void *ctx, int file)
{
    STEP_OR_DIE((struct proc *)ctx);
    if (((struct proc *)ctx)->world->plant == PLANT_MARK_UNSYNCED)
        return 0;
    return CARD((struct proc *)ctx, sync_data, file);
}

static int card_sync_all(void *ctx, int file)
{
    STEP_OR_DIE((struct proc *)ctx);
    if (((struct proc *)ctx)->world->plant == PLANT_MARK_UNSYNCED)
        return 0;
    return CARD((struct proc *)ctx, sync_all, file);
}

static int card_drop_cache(void *ctx, int file)
{
    return CARD((struct proc *)ctx, drop_cache, file);
}

static int card_preallocate(void *ctx, int file, int64_t bytes)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, preallocate, file, bytes);
}

static int card_truncate(void *ctx, int file, int64_t bytes)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, truncate, file, bytes);
}

static int64_t card_size(void *ctx, int file)
{
    if (((struct proc *)ctx)->dead)
        return TD_E_IO;
    return CARD((struct proc *)ctx, size, file);
}

static int card_rename(void *ctx, const char *from, const char *to)
{
    struct proc *proc = ctx;
    STEP_OR_DIE(proc);
    int err = CARD(proc, rename, from, to);
    if (err >= 0 && ends_with(to, ".done"))
        judge_marks(proc->world);
    return err;
}

/* A mark whose segment stands. */
static bool is_mark_of_more(struct world *world, const char *path)
{
    char mark[240], segment[240];
    for (unsigned i = 0; i < world->cargos; i++) {
        snprintf(segment, sizeof segment, "ready/%s", world->cargo[i].from_key);
        if (mark_path_beside(segment, ".done", mark, sizeof mark) && strcmp(mark, path) == 0)
            return sim_disk_exists(world->disk, segment);
    }
    return false;
}

static int card_unlink(void *ctx, const char *path)
{
    struct proc *proc = ctx;
    STEP_OR_DIE(proc);
    if (ends_with(path, ".parquet") && sim_disk_exists(proc->world->disk, path))
        judge_deletion(proc, path);
    if (proc->world->plant == PLANT_FALSE_MARK && is_mark_of_more(proc->world, path))
        return 0;
    return CARD(proc, unlink, path);
}

static int card_make_dirs(void *ctx, const char *path)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, make_dirs, path);
}

static int card_remove_tree(void *ctx, const char *path)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, remove_tree, path);
}

static int card_list(void *ctx, const char *path,
                     int (*visit)(void *arg, const char *name, bool is_dir), void *arg)
{
    STEP_OR_DIE((struct proc *)ctx);
    return CARD((struct proc *)ctx, list, path, visit, arg);
}

static int64_t card_free_bytes(void *ctx, const char *path)
{
    return CARD((struct proc *)ctx, free_bytes, path);
}

/* ---- its clock and chance --------------------------------------------------------------------- */

static int64_t proc_mono_ns(void *ctx)
{
    return ((struct proc *)ctx)->world->now_ns;
}

static int64_t proc_wall_ns(void *ctx)
{
    const struct world *world = ((struct proc *)ctx)->world;
    return INT64_C(1790000000) * SECOND + world->wall_off_ns + world->now_ns;
}

static void proc_fill(void *ctx, void *out, size_t bytes)
{
    struct world *world = ((struct proc *)ctx)->world;
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)out)[i] = (uint8_t)dice_throw(&world->dice);
}

void proc_tables(struct proc *proc)
{
    proc->os = (struct td_os){
        .clock = {.wall_ns = proc_wall_ns, .mono_ns = proc_mono_ns, .ctx = proc},
        .random = {.fill = proc_fill, .ctx = proc},
        .disk = {.open = card_open,
                 .close = card_close,
                 .write_at = card_write_at,
                 .read_at = card_read_at,
                 .sync_data = card_sync_data,
                 .sync_all = card_sync_all,
                 .drop_cache = card_drop_cache,
                 .preallocate = card_preallocate,
                 .truncate = card_truncate,
                 .size = card_size,
                 .rename = card_rename,
                 .unlink = card_unlink,
                 .make_dirs = card_make_dirs,
                 .remove_tree = card_remove_tree,
                 .list = card_list,
                 .free_bytes = card_free_bytes,
                 .ctx = proc},
    };
}

/* ---- side by side ----------------------------------------------------------------------------- */

void proc_yields(struct proc *proc, int64_t wake_ns)
{
    proc->wake_ns = wake_ns;
    if (!proc->dead)
        swapcontext(proc->context, proc->world->home);
}

static void live(unsigned index, unsigned high, unsigned low)
{
    struct world *world = (struct world *)(uintptr_t)((uint64_t)high << 32 | low);
    struct proc *proc = &world->proc[index];
    proc->err = engine_run(&proc->params, &proc->tally);
    proc->runs = false;
    setcontext(world->home);
}

static void begin(struct proc *proc)
{
    uint64_t world = (uint64_t)(uintptr_t)proc->world;
    if (!proc->stack) {
        proc->stack = malloc(STACK_BYTES);
        proc->context = malloc(sizeof(ucontext_t));
    }
    ucontext_t *context = proc->context;
    getcontext(context);
    context->uc_stack.ss_sp = proc->stack;
    context->uc_stack.ss_size = STACK_BYTES;
    context->uc_link = NULL;
    makecontext(context, (void (*)(void))live, 3, proc->index, (unsigned)(world >> 32),
                (unsigned)world);
    proc->runs = true;
    proc->steps = 0;
    proc->wake_ns = 0;
}

/* The next to go on: any of those that are due, else the clock goes to the first that will be. */
static struct proc *choose(struct world *world, unsigned procs)
{
    struct proc *first = NULL;
    for (unsigned i = 0; i < procs; i++) {
        struct proc *proc = &world->proc[i];
        if (!proc->runs)
            continue;
        bool both = first && proc->wake_ns <= world->now_ns && first->wake_ns <= world->now_ns;
        if (!first || (both ? dice_below(&world->dice, 2) == 0 : proc->wake_ns < first->wake_ns))
            first = proc;
    }
    return first;
}

void world_pass(struct world *world, unsigned procs)
{
    if (!world->home)
        world->home = malloc(sizeof(ucontext_t));
    for (unsigned i = 0; i < procs; i++)
        begin(&world->proc[i]);
    for (struct proc *proc; (proc = choose(world, procs)) != NULL;) {
        if (proc->wake_ns > world->now_ns)
            world->now_ns = proc->wake_ns;
        world_happens(world);
        liar_tick(&world->to);
        liar_tick(&world->from);
        swapcontext(world->home, proc->context);
    }
}
