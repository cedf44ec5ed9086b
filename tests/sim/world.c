#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "sim/dice.h"

/* ---- agenda ----------------------------------------------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void world_later(struct world *world, int64_t delay_ns, void (*happen)(void *arg, uint64_t what),
                 void *arg, uint64_t what)
{
    struct event event = {world->now_ns + delay_ns, world->agenda_order++, happen, arg, what};
    unsigned at = world->agenda_count++;
    TD_ASSERT(at < AGENDA_MAX, "the agenda of the simulated world is full");
    while (at > 0 && is_before(&event, &world->agenda[(at - 1) / 2])) {
        world->agenda[at] = world->agenda[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->agenda[at] = event;
}

static struct event take_first(struct world *world)
{
    struct event *agenda = world->agenda, first = agenda[0], last = agenda[--world->agenda_count];
    unsigned at = 0, count = world->agenda_count;
    for (;;) {
        unsigned child = 2 * at + 1;
        if (child + 1 < count && is_before(&agenda[child + 1], &agenda[child]))
            child++;
        if (child >= count || !is_before(&agenda[child], &last))
            break;
        agenda[at] = agenda[child];
        at = child;
    }
    agenda[at] = last;
    return first;
}

int64_t world_next_ns(const struct world *world)
{
    return world->agenda_count > 0 ? world->agenda[0].at_ns : INT64_MAX;
}

void world_happen(struct world *world)
{
    while (world_next_ns(world) <= world->now_ns) {
        struct event event = take_first(world);
        event.happen(event.arg, event.what);
    }
}

/* ---- clocks ----------------------------------------------------------------------------------------------------------- */

static int64_t drifted_ns(const struct world *world)
{
    int64_t since_us = (world->now_ns - world->drift_since_ns) / TD_NS_PER_US;
    return since_us * world->drift_ppb / 1000000;
}

int64_t world_true_utc_us(const struct world *world)
{
    return (world->epoch_ns + world->now_ns) / TD_NS_PER_US;
}

int64_t world_mono_ns(const struct world *world)
{
    return world->now_ns - world->boot_ns;
}

void world_set_wall(struct world *world, int64_t off_ns)
{
    world->wall_off_ns = off_ns;
    world->drift_since_ns = world->now_ns;
}

void world_set_drift(struct world *world, int64_t ppb)
{
    world->wall_off_ns += drifted_ns(world);
    world->drift_since_ns = world->now_ns;
    world->drift_ppb = ppb;
}

void world_boot(struct world *world)
{
    world->boot_ns = world->now_ns;
}

static int64_t wall_ns(void *ctx)
{
    struct world *world = ctx;
    world->now_ns += WORLD_TICK_NS;
    return world->epoch_ns + world->now_ns + world->wall_off_ns + drifted_ns(world);
}

static int64_t mono_ns(void *ctx)
{
    struct world *world = ctx;
    world->now_ns += WORLD_TICK_NS;
    int64_t mono = world_mono_ns(world);
    if (world->stamped)
        world->stamped(world->stamped_arg, mono);
    return mono;
}

static int discipline(void *ctx, struct td_discipline *out)
{
    struct world *world = ctx;
    *out = world->discipline;
    out->synced = world->discipline.synced && world->now_ns >= world->unsynced_until_ns;
    return 0;
}

/* ---- chance ----------------------------------------------------------------------------------------------------------- */

static void fill(void *ctx, void *out, size_t bytes)
{
    struct world *world = ctx;
    for (size_t i = 0; i < bytes; i++)
        ((unsigned char *)out)[i] = (unsigned char)(dice_throw(&world->random) >> 24);
}

/* Some run begins shortly before a full hour, some before a new day or year. */
static int64_t first_utc_ns(uint64_t *dice)
{
    static const int64_t days_s[] = {1767225600, 1772323200, 1798761600, 1835395200};
    int64_t day_s = days_s[dice_below(dice, sizeof days_s / sizeof *days_s)];
    int64_t hour_s = (int64_t)dice_below(dice, 24) * 3600;
    return (day_s - hour_s - (int64_t)dice_between(dice, 1, 3599)) * TD_NS_PER_S +
           (int64_t)dice_below(dice, TD_NS_PER_S);
}

void world_init(struct world *world, uint64_t seed)
{
    uint64_t dice = seed ^ UINT64_C(0x576F726C64);
    memset(world, 0, sizeof *world);
    world->seed = seed;
    world->agenda = malloc(AGENDA_MAX * sizeof *world->agenda);
    TD_ASSERT(world->agenda != NULL, "no memory for the agenda");
    kinds_init(&world->kinds, seed);
    world->epoch_ns = first_utc_ns(&dice);
    world->random = dice_throw(&dice);
    world->boot_ns = -(int64_t)dice_below(&dice, 1000 * TD_NS_PER_S);
    world->discipline = (struct td_discipline){.synced = true, .error_ns = 2 * TD_NS_PER_MS};
    world->os.clock = (struct td_clock){wall_ns, mono_ns, discipline, world};
    world->os.random = (struct td_random){fill, world};
}

bool world_taint_open(const struct world *world)
{
    return world->taints > 0 && world->taint[world->taints - 1].last == UINT64_MAX;
}

void world_taint(struct world *world, uint64_t first)
{
    if (!world_taint_open(world)) {
        TD_ASSERT(world->taints < WORLD_TAINTS_MAX, "the card is damaged too often");
        world->taint[world->taints].last = UINT64_MAX;
        world->taint[world->taints++].first = first;
    } else if (first < world->taint[world->taints - 1].first) {
        world->taint[world->taints - 1].first = first;
    }
}

void world_taint_ends(struct world *world, uint64_t last)
{
    if (world_taint_open(world))
        world->taint[world->taints - 1].last = last;
}

bool world_tainted(const struct world *world, uint64_t frame)
{
    for (unsigned i = 0; i < world->taints; i++)
        if (world->taint[i].first <= frame && frame <= world->taint[i].last)
            return true;
    return false;
}

bool world_plant(struct world *world, enum plant plant)
{
    enum { LET_PASS = 200 };
    return world->plant == plant && ++world->plant_turn == LET_PASS;
}

void world_fail(struct world *world, const char *format, ...)
{
    va_list args;
    if (world->failure[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
}
