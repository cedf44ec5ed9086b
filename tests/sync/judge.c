/* The claims of `tape sync`, looked at from outside: at the cards and the stores, not at what the engine believes. */
#include <stdio.h>
#include <string.h>

#include "store/digest.h"
#include "sync/mark.h"
#include "sync/world.h"

static bool to_is_folder(const struct world *world)
{
    return world->direction == DIRECTION_DOWN;
}

const char *judge_card(struct world *world, const char *path, int64_t *bytes)
{
    static char data[WORLD_BYTES_MAX + 1024];
    *bytes = sim_disk_peek(world->disk, path, data, sizeof data);
    return data;
}

static bool folder_holds(struct world *world, const char *key, const void *data, int64_t bytes)
{
    char path[220];
    int64_t is = 0;
    snprintf(path, sizeof path, "lake/%s", key);
    const char *there = judge_card(world, path, &is);
    return is == bytes && memcmp(there, data, (size_t)bytes) == 0;
}

static bool holds(struct world *world, const char *key, const void *data, int64_t bytes)
{
    return to_is_folder(world) ? folder_holds(world, key, data, bytes)
                               : liar_holds(&world->to, key, data, bytes);
}

static bool holds_segment(struct world *world, const struct cargo *cargo)
{
    return holds(world, cargo->to_key, cargo->data, cargo->bytes);
}

static bool holds_receipt(struct world *world, const struct cargo *cargo)
{
    return holds(world, cargo->receipt_to, cargo->receipt, cargo->receipt_bytes);
}

/* ---- no unverified deletion ------------------------------------------------------------------- */

/* It holds it, or vouched for it since and lost it then. */
static bool is_safe(const struct proc *proc, const char *key, bool held, uint64_t since)
{
    const struct object *object = liar_find(&proc->world->to, key);
    return held || (!proc->world->is_calm && object && object->proof_step[proc->index] > since);
}

/* Asked for just now: a proof of before it wanted to delete is no proof. */
static bool was_asked(const struct proc *proc, const char *key, uint64_t since)
{
    const struct object *object = liar_find(&proc->world->to, key);
    return object && object->proof_step[proc->index] > since;
}

void judge_deletion(struct proc *proc, const char *path)
{
    struct world *world = proc->world;
    for (unsigned i = 0; i < world->cargos; i++) {
        struct cargo *cargo = &world->cargo[i];
        if (strncmp(path, "ready/", 6) != 0 || strcmp(path + 6, cargo->from_key) != 0)
            continue;
        uint64_t since = cargo->deletable_step[proc->index];
        world->deletions++;
        if (since == 0 || !is_safe(proc, cargo->to_key, holds_segment(world, cargo), since) ||
            !was_asked(proc, cargo->to_key, since))
            world_fails(world, "%s is deleted, its copy unproven", path);
        else if (!is_safe(proc, cargo->receipt_to, holds_receipt(world, cargo), since) ||
                 !was_asked(proc, cargo->receipt_to, since))
            world_fails(world, "%s is deleted, its copy's receipt unproven", path);
        return;
    }
    world_fails(world, "%s is deleted, no segment of the deck", path);
}

/* ---- the receipt comes last ------------------------------------------------------------------- */

static bool was_ever_proven(const struct world *world, const char *key)
{
    const struct object *object = liar_find((struct liar *)&world->to, key);
    for (unsigned p = 0; object && p < WORLD_PROCS; p++)
        if (object->proof_step[p] > 0)
            return !world->is_calm;
    return false;
}

void judge_put(struct world *world, struct liar *liar, const char *key)
{
    bool is_receipt = false;
    const struct cargo *cargo = cargo_of(world, key, &is_receipt);
    if (liar != &world->to || !cargo || !is_receipt || cargo->is_remade)
        return;
    if (!holds_segment(world, cargo) && !was_ever_proven(world, cargo->to_key))
        world_fails(world, "receipt %s is sent before its segment is there", key);
}

void judge_folder(struct world *world)
{
    for (unsigned i = 0; to_is_folder(world) && i < world->cargos; i++) {
        const struct cargo *cargo = &world->cargo[i];
        char path[220];
        snprintf(path, sizeof path, "lake/%s", cargo->receipt_to);
        if (cargo->receipt_to[0] && sim_disk_exists(world->disk, path) &&
            (!holds_receipt(world, cargo) || !holds_segment(world, cargo)))
            world_fails(world, "receipt %s stands without its segment", path);
    }
}

/* ---- marks ------------------------------------------------------------------------------------ */

static bool mark_is_of(const char *text, int64_t bytes, const struct cargo *cargo)
{
    struct store_identity is = digest_of(cargo->data, (size_t)cargo->bytes);
    return mark_says(text, (size_t)bytes, "s3://bucket/decks", &is);
}

void judge_marks(struct world *world)
{
    for (unsigned i = 0; i < world->cargos; i++) {
        const struct cargo *cargo = &world->cargo[i];
        char path[220], mark[240];
        int64_t bytes = 0;
        snprintf(path, sizeof path, "ready/%s", cargo->from_key);
        if (!mark_path_beside(path, ".done", mark, sizeof mark) ||
            !sim_disk_exists(world->disk, mark) || (cargo->is_remade && !world->is_over))
            continue;
        const char *text = judge_card(world, mark, &bytes);
        /* Two at one deck write the same name: one that dies may leave the other's empty, and that is asked for again. */
        bool is_blank = bytes == 0 && world->procs > 1;
        if (!is_blank && !mark_says(text, (size_t)bytes, "s3://bucket/decks", NULL))
            world_fails(world, "mark %s says nothing: %.*s", mark, (int)bytes, text);
        bool held = holds_segment(world, cargo), noted = holds_receipt(world, cargo);
        if ((!held && !was_ever_proven(world, cargo->to_key)) ||
            (!noted && !was_ever_proven(world, cargo->receipt_to)))
            world_fails(world, "mark %s stands, and the store never proved its copy", mark);
        if (cargo->is_remade && !is_blank && !mark_is_of(text, bytes, cargo))
            world_fails(world, "mark %s is of bytes that are here no more", mark);
    }
}

/* ---- the end ---------------------------------------------------------------------------------- */

static bool is_lost(struct world *world, const char *key)
{
    const struct object *object = liar_find(&world->to, key);
    return object && object->lost_by_store;
}

static void judge_good(struct world *world, const struct cargo *cargo, enum job_end end)
{
    bool held = holds_segment(world, cargo), noted = holds_receipt(world, cargo);
    bool lost = is_lost(world, cargo->to_key) || is_lost(world, cargo->receipt_to);
    if (end == JOB_CONFLICT && (!held || !noted))
        return;
    if (end != JOB_SENT && end != JOB_THERE && end != JOB_REMOVED)
        world_fails(world, "%s ends as %s", cargo->from_key, job_end_words[end]);
    else if ((!held || !noted) && !lost)
        world_fails(world, "%s ends as %s, and the store has no copy", cargo->from_key,
                    job_end_words[end]);
}

static void judge_blocked(struct world *world, const struct cargo *cargo, enum job_end end)
{
    if (end != JOB_BLOCKED && end != JOB_CONFLICT)
        world_fails(world, "%s ends as %s, and should be blocked", cargo->from_key,
                    job_end_words[end]);
    if (holds_segment(world, cargo) || (cargo->kind == CARGO_WRONG && holds_receipt(world, cargo)))
        world_fails(world, "%s was sent, and should be blocked", cargo->from_key);
}

static void judge_plain(struct world *world, const struct cargo *cargo, enum job_end end)
{
    bool held = holds_segment(world, cargo);
    if (end == JOB_CONFLICT && !held)
        return;
    if ((end != JOB_SENT && end != JOB_THERE) || (!held && !is_lost(world, cargo->to_key)))
        world_fails(world, "%s ends as %s%s", cargo->from_key, job_end_words[end],
                    held ? "" : ", and the store has no copy");
}

static void judge_one(struct world *world, const struct cargo *cargo, enum job_end end)
{
    if ((end == JOB_GONE || end == JOB_BLOCKED) && cargo->is_gone)
        return; /* taken; a cut may have brought a part of it back */
    if (end == JOB_GOES_ON)
        world_fails(world, "%s was never looked at", cargo->from_key);
    else if (cargo->kind == CARGO_WRONG || cargo->kind == CARGO_BARE)
        judge_blocked(world, cargo, end);
    else if (cargo->kind == CARGO_PLAIN)
        judge_plain(world, cargo, end);
    else
        judge_good(world, cargo, end);
}

static void judge_rework(struct world *world)
{
    for (unsigned i = 0; i < world->cargos; i++) {
        const struct cargo *cargo = &world->cargo[i];
        if (!cargo->is_remade &&
            cargo->part_bytes_sent > cargo->bytes + (int64_t)world->kills * PART_BYTES)
            world_fails(world, "%s: %lld bytes of parts were sent for %lld, %u kills",
                        cargo->from_key, (long long)cargo->part_bytes_sent, (long long)cargo->bytes,
                        world->kills);
    }
}

/* Of what was deleted here nothing is left over; but a card that keeps the mark's end and forgets the receipt's, which comes before it, leaves
   a receipt that is nobody's. */
static void judge_leftovers(struct world *world)
{
    for (unsigned i = 0; i < world->cargos; i++) {
        const struct cargo *cargo = &world->cargo[i];
        char path[220], mark[240], receipt[240];
        snprintf(path, sizeof path, "ready/%s", cargo->from_key);
        if (cargo->is_gone || cargo->kind == CARGO_PLAIN || sim_disk_exists(world->disk, path) ||
            !mark_path_beside(path, ".done", mark, sizeof mark) ||
            !mark_path_beside(path, ".json", receipt, sizeof receipt))
            continue;
        if (sim_disk_exists(world->disk, mark) ||
            (world->cuts == 0 && sim_disk_exists(world->disk, receipt)))
            world_fails(world, "of %s something is left over", path);
    }
}

void judge_end(struct world *world)
{
    for (unsigned i = 0; i < world->cargos; i++) {
        const struct cargo *cargo = &world->cargo[i];
        enum job_end end = world->proc[0].end[i];
        if (end == JOB_GOES_ON && !cargo_is_here(world, cargo))
            continue; /* deleted, and that was judged, or taken */
        judge_one(world, cargo, end);
    }
    judge_marks(world);
    judge_folder(world);
    if (world->direction == DIRECTION_UP && world->deletes)
        judge_leftovers(world);
    if (world->is_calm && world->procs == 1)
        judge_rework(world);
}

/* Where both ends can say what they hold, nothing is read either. */
static bool must_not_read(const struct world *world)
{
    bool can_say = !world->from.on[LIE_NO_SUMS] &&
                   (!world->to.on[LIE_NO_SUMS] || world->direction == DIRECTION_DOWN);
    for (unsigned i = 0; i < world->cargos; i++)
        can_say &= world->cargo[i].kind == CARGO_GOOD;
    return world->direction != DIRECTION_UP && can_say && !world->reads_back;
}

void judge_second(struct world *world, const struct sync_tally *tally, uint64_t segment_calls)
{
    if (must_not_read(world) && tally->there == tally->found && tally->got_bytes > 0)
        world_fails(world, "a second run reads %lld bytes", (long long)tally->got_bytes);
    if (tally->sent_bytes > 0)
        world_fails(world, "a second run sends %lld bytes", (long long)tally->sent_bytes);
    if (world->direction == DIRECTION_UP && tally->conflicts == 0 && segment_calls > 0)
        world_fails(world, "a second run asks %llu times for what is marked",
                    (unsigned long long)segment_calls);
}
