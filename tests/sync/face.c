/* How a process and a lying store meet: calls take their time, come back in any order, get lost with or without their deed. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"
#include "sync/liar.h"

static bool changes(enum store_verb verb)
{
    return verb == STORE_PUT || verb == STORE_PARTS_OPEN || verb == STORE_PARTS_PUT ||
           verb == STORE_PARTS_CLOSE || verb == STORE_PARTS_DROP;
}

/* ---- ghosts: what is done when nobody waits for it any more ----------------------------------- */

static void haunt(struct liar *liar, const struct store_op *op)
{
    if (liar->ghosts == sizeof liar->ghost / sizeof liar->ghost[0])
        return;
    struct ghost *ghost = &liar->ghost[liar->ghosts++];
    memset(ghost, 0, sizeof *ghost);
    ghost->op = *op;
    ghost->due_ns = liar->world->now_ns + (int64_t)dice_below(&liar->dice, 40) * SECOND / 2;
    td_text_copy(ghost->key, sizeof ghost->key, op->key, strlen(op->key));
    ghost->op.key = ghost->key;
    if (op->upload_id) {
        td_text_copy(ghost->upload_id, sizeof ghost->upload_id, op->upload_id,
                     strlen(op->upload_id));
        ghost->op.upload_id = ghost->upload_id;
    }
    if (op->part_count > 0 && op->part_count <= LIAR_PARTS_MAX) {
        memcpy(ghost->part, op->part, op->part_count * sizeof op->part[0]);
        ghost->op.part = ghost->part;
    }
    if (op->verb == STORE_PUT || op->verb == STORE_PARTS_PUT) {
        uint8_t *body = world_take(liar->world, op->body.bytes + 1);
        if (op->body.data)
            memcpy(body, op->body.data, (size_t)op->body.bytes);
        else if (op->body.disk->read_at(op->body.disk->ctx, op->body.file, body,
                                        (size_t)op->body.bytes, op->body.at) != op->body.bytes)
            liar->ghosts--;
        ghost->op.body = (struct store_body){.data = body, .bytes = op->body.bytes};
    }
}

void liar_tick(struct liar *liar)
{
    for (unsigned i = 0; i < liar->ghosts;) {
        struct ghost ghost = liar->ghost[i];
        struct store_result nobody = {0};
        if (ghost.due_ns > liar->world->now_ns) {
            i++;
            continue;
        }
        liar->ghost[i] = liar->ghost[--liar->ghosts];
        ghost.op.key = ghost.key;
        ghost.op.upload_id = ghost.upload_id;
        ghost.op.part = ghost.part;
        world_says(liar->world, "what was lost is done: %d %s", ghost.op.verb, ghost.key);
        liar_does(liar, &ghost.op, &nobody, &liar->world->proc[0]);
    }
}

void face_dies(struct face *face)
{
    for (unsigned i = 0; i < face->pendings; i++) {
        struct pending *pending = &face->pending[i];
        bool done_later = pending->after && changes(pending->call->op.verb) &&
                          dice_below(&face->liar->dice, 2) == 0;
        if (done_later)
            haunt(face->liar, &pending->call->op);
        pending->after = false;
        pending->outcome = STORE_LOST;
        pending->due_ns = 0;
    }
}

/* ---- planted bugs ----------------------------------------------------------------------------- */

static void believes(struct face *face, struct store_call *call, bool asked)
{
    struct world *world = face->liar->world;
    bool is_receipt = false;
    const struct cargo *cargo = cargo_of(world, call->op.key, &is_receipt);
    struct store_result *result = &call->result;
    if (!cargo || (asked && result->outcome != STORE_FINE))
        return;
    result->outcome = STORE_FINE;
    struct store_identity is = is_receipt ? digest_of(cargo->receipt, (size_t)cargo->receipt_bytes)
                                          : digest_of(cargo->data, (size_t)cargo->bytes);
    result->bytes = is.bytes;
    result->has_crc32c = true;
    result->crc32c = is.crc32c;
    result->has_sha256 = false;
}

static bool reads_whole(const struct store_call *call)
{
    return call->op.verb == STORE_GET && call->op.bytes < 0;
}

static void gives_own_bytes(struct face *face, struct store_call *call)
{
    bool is_receipt = false;
    const struct cargo *cargo = cargo_of(face->liar->world, call->op.key, &is_receipt);
    const void *data = is_receipt ? (const void *)cargo->receipt : cargo->data;
    int64_t bytes = is_receipt ? cargo->receipt_bytes : cargo->bytes;
    call->result.outcome = STORE_FINE;
    call->op.sink.take(call->op.sink.arg, data, (size_t)bytes);
}

/* True: answered without the store. */
static bool plant_answers(struct face *face, struct store_call *call)
{
    struct world *world = face->liar->world;
    bool is_receipt = false;
    struct cargo *cargo = cargo_of(world, call->op.key, &is_receipt);
    bool is_to = face == &face->proc->to;
    if (!cargo || !is_to)
        return false;
    if (world->plant == PLANT_UNREAD && reads_whole(call) && !is_receipt) {
        gives_own_bytes(face, call);
        return true;
    }
    if (world->plant == PLANT_UNASKED && cargo->deletable_step[face->proc->index] > 0) {
        if (call->op.verb == STORE_HEAD)
            believes(face, call, false);
        else if (reads_whole(call))
            gives_own_bytes(face, call);
        return call->op.verb == STORE_HEAD || reads_whole(call);
    }
    if (world->plant == PLANT_OVERWRITE && call->op.verb == STORE_HEAD &&
        !liar_holds(face->liar, cargo->to_key, cargo->data, cargo->bytes)) {
        call->result.outcome = STORE_ABSENT;
        return true;
    }
    return false;
}

static void plant_bends(struct face *face, struct store_call *call)
{
    struct world *world = face->liar->world;
    bool is_receipt = false;
    struct cargo *cargo = cargo_of(world, call->op.key, &is_receipt);
    struct store_result *result = &call->result;
    if (!cargo || face != &face->proc->to)
        return;
    if (world->plant == PLANT_EXISTENCE && call->op.verb == STORE_HEAD)
        believes(face, call, true);
    if (world->plant == PLANT_CLAIM && call->op.verb == STORE_HEAD && result->has_identity) {
        result->bytes = result->identity.bytes;
        result->has_crc32c = true;
        result->crc32c = result->identity.crc32c;
    }
    if (world->plant == PLANT_EARLY && call->op.verb == STORE_PUT && !is_receipt &&
        result->outcome == STORE_FINE && world->direction == DIRECTION_UP) {
        char path[200];
        snprintf(path, sizeof path, "ready/%s", cargo->from_key);
        face->proc->os.disk.unlink(face->proc->os.disk.ctx, path);
    }
}

static void plant_adds(struct face *face, const struct store_call *call)
{
    struct world *world = face->liar->world;
    bool is_receipt = false;
    struct cargo *cargo = cargo_of(world, call->op.key, &is_receipt);
    if (world->plant != PLANT_RECEIPT_FIRST || !cargo || is_receipt || cargo->receipt_bytes == 0 ||
        face != &face->proc->to ||
        (call->op.verb != STORE_PUT && call->op.verb != STORE_PARTS_OPEN))
        return;
    struct store_identity is = digest_of(cargo->receipt, (size_t)cargo->receipt_bytes);
    struct store_result nobody = {0};
    struct store_op op = {.verb = STORE_PUT,
                          .key = cargo->receipt_to,
                          .body = {.data = cargo->receipt, .bytes = cargo->receipt_bytes},
                          .body_identity = is,
                          .identity = is,
                          .only_if_absent = true};
    liar_does(face->liar, &op, &nobody, face->proc);
}

/* ---- the calls -------------------------------------------------------------------------------- */

static void note_bodies(struct face *face, const struct store_call *call)
{
    bool is_receipt = false;
    struct cargo *cargo = cargo_of(face->liar->world, call->op.key, &is_receipt);
    face->liar->calls[call->op.verb]++;
    if (cargo && cargo->kind != CARGO_PLAIN)
        face->liar->segment_calls++;
    if (cargo && call->op.verb == STORE_PARTS_PUT)
        cargo->part_bytes_sent += call->op.body.bytes;
}

static int64_t takes_ns(struct liar *liar)
{
    return (int64_t)(1 + dice_below(&liar->dice, dice_below(&liar->dice, 8) ? 200 : 4000)) *
           (SECOND / 1000);
}

/* Lost, or asked for patience: with the deed done, not done, or done when nobody waits any more. */
static bool goes_wrong(struct face *face, struct pending *pending)
{
    struct liar *liar = face->liar;
    const struct store_op *op = &pending->call->op;
    bool out = liar->world->now_ns < liar->outage_until_ns && !liar->world->is_settled;
    if (out) {
        pending->outcome = STORE_LOST;
    } else if (liar_lies(liar, LIE_LOSES)) {
        pending->outcome = STORE_LOST;
        if (changes(op->verb) && liar->on[LIE_LATE] && dice_below(&liar->dice, 3) == 0)
            haunt(liar, op);
        else if (changes(op->verb) && dice_below(&liar->dice, 2) == 0)
            liar_does(liar, op, &pending->call->result, face->proc);
    } else if (liar_lies(liar, LIE_AGAIN)) {
        pending->outcome = STORE_AGAIN;
        if (changes(op->verb) && dice_below(&liar->dice, 4) == 0)
            liar_does(liar, op, &pending->call->result, face->proc);
    } else {
        return false;
    }
    return true;
}

static void submit(void *ctx, struct store_call *call)
{
    struct face *face = ctx;
    struct pending *pending = &face->pending[face->pendings++];
    struct liar *liar = face->liar;
    memset(pending, 0, sizeof *pending);
    pending->call = call;
    pending->outcome = STORE_LOST;
    if (proc_steps(face->proc))
        return;
    world_says(liar->world, "proc %u asks %d %s", face->proc->index, call->op.verb, call->op.key);
    pending->due_ns = liar->world->now_ns + takes_ns(liar);
    note_bodies(face, call);
    if (liar->world->plant == PLANT_OVERWRITE)
        call->op.only_if_absent = false;
    if (plant_answers(face, call)) {
        pending->outcome = call->result.outcome;
        return;
    }
    plant_adds(face, call);
    if (goes_wrong(face, pending))
        return;
    pending->after = !changes(call->op.verb) || dice_below(&liar->dice, 2) == 0;
    if (!pending->after)
        pending->outcome = liar_does(liar, &call->op, &call->result, face->proc);
}

static struct store_call *hand_over(struct face *face, unsigned index)
{
    struct pending pending = face->pending[index];
    struct store_call *call = pending.call;
    face->pending[index] = face->pending[--face->pendings];
    if (pending.after && !face->proc->dead)
        pending.outcome = liar_does(face->liar, &call->op, &call->result, face->proc);
    call->result.outcome = pending.outcome;
    if (!face->proc->dead)
        plant_bends(face, call);
    world_says(face->liar->world, "proc %u hears %d: %d of %s", face->proc->index, call->op.verb,
               (int)call->result.outcome, call->op.key);
    return call;
}

/* One of those that are due; else when the first will be. */
static int find_due(struct face *face, int64_t *next_ns)
{
    unsigned due = 0;
    int found = -1;
    for (unsigned i = 0; i < face->pendings; i++) {
        const struct pending *pending = &face->pending[i];
        if (pending->due_ns <= face->liar->world->now_ns || face->proc->dead) {
            if (dice_below(&face->liar->dice, ++due) == 0)
                found = (int)i;
        } else if (pending->due_ns < *next_ns) {
            *next_ns = pending->due_ns;
        }
    }
    return found;
}

static struct store_call *wait(void *ctx, int timeout_ms)
{
    struct face *face = ctx;
    struct world *world = face->liar->world;
    int64_t until_ns = timeout_ms < 0 ? INT64_MAX : world->now_ns + timeout_ms * (SECOND / 1000);
    proc_steps(face->proc);
    while (face->pendings > 0) {
        int64_t next_ns = until_ns;
        int found = find_due(face, &next_ns);
        if (found >= 0)
            return hand_over(face, (unsigned)found);
        if (world->now_ns >= until_ns)
            break;
        proc_yields(face->proc, next_ns);
    }
    return NULL;
}

static void cancel(void *ctx)
{
    struct face *face = ctx;
    face_dies(face);
}

static void close_face(void *ctx)
{
    (void)ctx;
}

void liar_face(struct face *face, struct liar *liar, struct proc *proc)
{
    memset(face, 0, sizeof *face);
    face->liar = liar;
    face->proc = proc;
    face->store =
        (struct store){.submit = submit,
                       .wait = wait,
                       .cancel = cancel,
                       .close = close_face,
                       .ctx = face,
                       .calls_max = WORLD_CALLS_MAX,
                       .name = liar == &liar->world->to ? "s3://bucket/decks" : "s3://elsewhere"};
}
