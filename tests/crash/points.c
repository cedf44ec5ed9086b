/* All points of a record: around each change, what it may leave; and each tear of each write that was on its way. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crash/crash.h"

/* Of each boundary: nothing, everything, the first, the last of what is unsynced, and four random parts of it. */
static const enum sim_cut_mode boundary[] = {SIM_CUT_NONE,     SIM_CUT_RANDOM, SIM_CUT_ALL,
                                             SIM_CUT_RANDOM,   SIM_CUT_PREFIX, SIM_CUT_RANDOM,
                                             SIM_CUT_REVERSED, SIM_CUT_RANDOM};
enum { WAYS = sizeof boundary / sizeof boundary[0] };

uint64_t crash_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

bool crash_fails(struct crash_trial *trial, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (trial->why[0] == 0)
        vsnprintf(trial->why, sizeof trial->why, format, args);
    va_end(args);
    return false;
}

/* ---- notes ------------------------------------------------------------------------------------------------------------- */

static void note(void *arg, uint32_t entry)
{
    struct crash_run *run = arg;
    if (run->notes == run->notes_cap) {
        run->notes_cap = run->notes_cap ? run->notes_cap * 2 : 4096;
        run->note = realloc(run->note, run->notes_cap * sizeof *run->note);
        TD_ASSERT(run->note != NULL, "memory for the notes");
    }
    if (run->promised)
        run->now.promised = atomic_load(run->promised);
    run->note[run->notes++] = run->now;
    if (run->at_entry)
        run->at_entry(run->at_arg, entry);
}

void crash_watch(struct crash_run *run)
{
    if (run->before)
        sim_disk_copy(run->before, run->disk);
    run->notes = 0;
    run->promised = NULL;
    run->now = (struct crash_note){0};
    sim_disk_record(run->disk, NULL);
    sim_disk_on_change(run->disk, note, run);
}

void crash_unwatch(struct crash_run *run)
{
    sim_disk_record_end(run->disk);
    sim_disk_on_change(run->disk, NULL, NULL);
}

/* A change that was only under way had been promised nothing of. */
struct crash_note crash_note_at(const struct crash_run *run, const struct crash_point *point)
{
    uint32_t at = point->torn ? point->entries - 1 : point->entries;
    return at < run->notes ? run->note[at] : run->now;
}

/* ---- points -------------------------------------------------------------------------------------------------------------- */

static uint64_t tears_of(const struct sim_entry *entry)
{
    return entry->last > entry->first ? entry->last - entry->first : 0;
}

void crash_points_init(struct crash_points *points, const struct crash_run *run, uint64_t seed)
{
    uint32_t entries = sim_disk_entries(run->disk);
    points->run = run;
    points->seed = seed;
    points->tears = calloc(entries + 1, sizeof *points->tears);
    TD_ASSERT(points->tears != NULL, "memory for the points");
    for (uint32_t i = 0; i < entries; i++)
        points->tears[i + 1] = points->tears[i] + tears_of(sim_disk_entry(run->disk, i));
    points->all = (uint64_t)entries * WAYS + points->tears[entries];
}

/* Points rise with the entries, so that the card is brought forward only: those of the entries before come first. */
static uint64_t points_before(const struct crash_points *points, uint32_t entry)
{
    return (uint64_t)entry * WAYS + points->tears[entry];
}

static uint32_t entry_of(const struct crash_points *points, uint64_t at)
{
    uint32_t low = 0, high = sim_disk_entries(points->run->disk);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (points_before(points, middle) <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Unsynced things have the highest numbers; how far back they go is not known here, a few thousand is far. */
static uint32_t near(uint32_t last, uint64_t draw)
{
    uint32_t reach = 1u << (draw % 13);
    uint32_t back = (uint32_t)(draw >> 8) % reach;
    return last > back ? last - back : 0;
}

struct crash_point crash_point_at(const struct crash_points *points, uint64_t number)
{
    uint64_t at = number % points->all, random = points->seed ^ (number * 2 + 1);
    uint32_t entry = entry_of(points, at);
    uint64_t rest = at - points_before(points, entry);
    const struct sim_entry *e = sim_disk_entry(points->run->disk, entry);
    struct crash_point point = {.number = number, .entries = entry + 1};
    point.cut.seed = crash_random(&random);
    if (rest >= WAYS) {
        point.torn = true;
        point.cut.mode = SIM_CUT_PREFIX;
        point.cut.upto = e->first + (uint32_t)(rest - WAYS);
    } else {
        point.cut.mode = boundary[rest];
        point.cut.upto = near(e->last, crash_random(&random));
    }
    return point;
}

struct crash_point crash_point_drawn(const struct crash_run *run, uint64_t seed)
{
    struct crash_point point = {0};
    point.entries = (uint32_t)(crash_random(&seed) % (sim_disk_entries(run->disk) + 1));
    point.cut.mode = boundary[crash_random(&seed) % WAYS];
    point.cut.seed = crash_random(&seed);
    if (point.entries > 0)
        point.cut.upto =
            near(sim_disk_entry(run->disk, point.entries - 1)->last, crash_random(&seed));
    return point;
}
