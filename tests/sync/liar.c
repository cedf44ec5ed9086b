/* What a store in memory keeps, and how it lies about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"
#include "sync/liar.h"

enum { STALE_S = 30 };

void liar_init(struct liar *liar, struct world *world, uint64_t seed)
{
    memset(liar, 0, sizeof *liar);
    liar->world = world;
    liar->dice = seed;
}

bool liar_lies(struct liar *liar, enum lie lie)
{
    return liar->on[lie] && !liar->world->is_settled && dice_below(&liar->dice, 256) < liar->odds;
}

struct object *liar_find(struct liar *liar, const char *key)
{
    for (unsigned i = 0; i < liar->objects; i++)
        if (strcmp(liar->object[i].key, key) == 0)
            return &liar->object[i];
    return NULL;
}

static struct object *find_or_make(struct liar *liar, const char *key)
{
    struct object *object = liar_find(liar, key);
    if (object)
        return object;
    if (liar->objects == LIAR_OBJECTS_MAX) {
        world_fails(liar->world, "the rig has no room for %s", key);
        return &liar->object[0];
    }
    object = &liar->object[liar->objects++];
    memset(object, 0, sizeof *object);
    td_text_copy(object->key, sizeof object->key, key, strlen(key));
    object->changed_ns = -STALE_S * SECOND;
    return object;
}

bool liar_holds(struct liar *liar, const char *key, const void *data, int64_t bytes)
{
    const struct object *object = liar_find(liar, key);
    return object && object->now.there && object->now.bytes == bytes &&
           memcmp(object->now.data, data, (size_t)bytes) == 0;
}

/* ---- changes ---------------------------------------------------------------------------------- */

static void change(struct liar *liar, struct object *object)
{
    object->before = object->now;
    object->changed_ns = liar->world->now_ns;
    object->now = (struct version){.number = ++liar->numbers};
}

/* The bytes are copied, and damaged if the store is in the mood. */
static void keep(struct liar *liar, struct object *object, const uint8_t *data, int64_t bytes)
{
    bool was_foreign = object->now.there && object->now.foreign;
    if (was_foreign)
        world_fails(liar->world, "another deck's object %s is overwritten", object->key);
    if (liar_lies(liar, LIE_NOTHING)) {
        object->lost_by_store = true;
        return;
    }
    change(liar, object);
    object->lost_by_store = false;
    object->now.there = true;
    object->now.data = world_take(liar->world, bytes + 1);
    memcpy(object->now.data, data, (size_t)bytes);
    object->now.bytes = bytes;
    if (bytes > 0 && liar_lies(liar, LIE_FLIPS)) {
        object->now.data[dice_below(&liar->dice, (uint64_t)bytes)] ^= 0x10;
        object->lost_by_store = true;
    }
    if (bytes > 0 && liar_lies(liar, LIE_CUTS)) {
        object->now.bytes = (int64_t)dice_below(&liar->dice, (uint64_t)bytes);
        object->lost_by_store = true;
    }
    object->now.sum = digest_of(object->now.data, (size_t)object->now.bytes);
}

static void claims(struct liar *liar, struct object *object, const struct store_identity *claim)
{
    object->now.has_claim = !liar->on[LIE_NO_CLAIM];
    object->now.claim = *claim;
}

void liar_place(struct liar *liar, const char *key, const void *data, int64_t bytes, bool foreign,
                bool claim)
{
    struct object *object = find_or_make(liar, key);
    change(liar, object);
    object->changed_ns = -STALE_S * SECOND;
    object->now.there = true;
    object->now.foreign = foreign;
    object->now.data = world_take(liar->world, bytes + 1);
    memcpy(object->now.data, data, (size_t)bytes);
    object->now.bytes = bytes;
    object->now.sum = digest_of(data, (size_t)bytes);
    if (claim)
        claims(liar, object, &object->now.sum);
}

void liar_loses(struct liar *liar, const char *key)
{
    struct object *object = liar_find(liar, key);
    if (!object || !object->now.there)
        return;
    change(liar, object);
    object->lost_by_store = true;
}

void liar_rots(struct liar *liar, const char *key)
{
    struct object *object = liar_find(liar, key);
    if (!object || !object->now.there || object->now.bytes == 0)
        return;
    struct version old = object->now;
    uint8_t *data = world_take(liar->world, old.bytes + 1);
    memcpy(data, old.data, (size_t)old.bytes);
    data[dice_below(&liar->dice, (uint64_t)old.bytes)] ^= 1;
    change(liar, object);
    object->now = old;
    object->now.data = data;
    object->now.number = liar->numbers;
    object->now.sum = digest_of(data, (size_t)old.bytes);
    object->lost_by_store = true;
}

/* ---- deeds: what a call does ------------------------------------------------------------------ */

static bool body_of(struct liar *liar, const struct store_op *op, uint8_t **out)
{
    int64_t bytes = op->body.bytes;
    *out = world_take(liar->world, bytes + 1);
    if (op->body.data)
        memcpy(*out, op->body.data, (size_t)bytes);
    else if (op->body.disk->read_at(op->body.disk->ctx, op->body.file, *out, (size_t)bytes,
                                    op->body.at) != bytes)
        return false;
    struct store_identity is = digest_of(*out, (size_t)bytes);
    if (!identity_equal(&is, &op->body_identity))
        world_fails(liar->world, "a body is not what it was announced as: %s", op->key);
    return true;
}

static enum store_outcome conditions(struct liar *liar, const struct store_op *op)
{
    const struct object *object = liar_find(liar, op->key);
    if (!op->only_if_absent || liar->on[LIE_IGNORES_CONDITION])
        return STORE_FINE;
    if (liar->on[LIE_NO_CONDITION])
        return STORE_UNSUPPORTED;
    return object && object->now.there ? STORE_EXISTS : STORE_FINE;
}

/* A lie that it sticks to. */
static bool goes_on(const struct liar *liar, enum lie lie)
{
    return liar->on[lie] && !liar->world->is_settled;
}

static bool is_hollow(struct liar *liar, const struct store_op *op)
{
    bool is_receipt;
    const struct cargo *cargo = cargo_of(liar->world, op->key, &is_receipt);
    return goes_on(liar, LIE_HOLLOW) && cargo && (cargo - liar->world->cargo) % 3 == 0;
}

static enum store_outcome do_put(struct liar *liar, const struct store_op *op,
                                 struct store_result *result)
{
    uint8_t *body = NULL;
    enum store_outcome outcome = conditions(liar, op);
    if (outcome != STORE_FINE)
        return outcome;
    if (!body_of(liar, op, &body))
        return STORE_LOCAL;
    result->sent_bytes = op->body.bytes;
    if (!liar->on[LIE_LAX] && liar_lies(liar, LIE_FLIPS))
        return STORE_DAMAGED;
    if (is_hollow(liar, op))
        return op->only_if_absent && dice_below(&liar->dice, 2) ? STORE_EXISTS : STORE_FINE;
    judge_put(liar->world, liar, op->key);
    struct object *object = find_or_make(liar, op->key);
    uint64_t number = object->now.number;
    keep(liar, object, body, op->body.bytes);
    if (object->now.number != number)
        claims(liar, object, &op->identity);
    snprintf(result->etag, sizeof result->etag, "\"%llu\"", (unsigned long long)liar->numbers);
    return STORE_FINE;
}

static struct liar_upload *upload_of(struct liar *liar, const struct store_op *op)
{
    unsigned long number = strtoul(op->upload_id, NULL, 10);
    for (unsigned i = 0; i < liar->uploads; i++)
        if (liar->upload[i].open && liar->upload[i].number == number &&
            strcmp(liar->upload[i].key, op->key) == 0)
            return &liar->upload[i];
    return NULL;
}

static enum store_outcome do_open(struct liar *liar, const struct store_op *op,
                                  struct store_result *result)
{
    struct liar_upload *upload = &liar->upload[liar->uploads % LIAR_UPLOADS_MAX];
    liar->uploads += liar->uploads < LIAR_UPLOADS_MAX;
    for (unsigned i = 0; i < liar->uploads; i++)
        if (!liar->upload[i].open)
            upload = &liar->upload[i];
    memset(upload, 0, sizeof *upload);
    upload->open = true;
    upload->number = ++liar->numbers;
    upload->claim = op->identity;
    td_text_copy(upload->key, sizeof upload->key, op->key, strlen(op->key));
    snprintf(result->upload_id, sizeof result->upload_id, "%llu a%%b",
             (unsigned long long)upload->number);
    return STORE_FINE;
}

static enum store_outcome do_part(struct liar *liar, const struct store_op *op,
                                  struct store_result *result)
{
    uint8_t *body = NULL;
    struct liar_upload *upload = upload_of(liar, op);
    if (upload && liar_lies(liar, LIE_DROPS_UPLOADS))
        upload->open = false;
    if (!upload || !upload->open)
        return STORE_NO_UPLOAD;
    if (op->part_number < 1 || op->part_number > LIAR_PARTS_MAX || !body_of(liar, op, &body))
        return STORE_LOCAL;
    result->sent_bytes = op->body.bytes;
    if (!liar->on[LIE_LAX] && liar_lies(liar, LIE_FLIPS))
        return STORE_DAMAGED;
    if (op->body.bytes > 0 && liar_lies(liar, LIE_FLIPS)) {
        body[0] ^= 4;
        upload->is_damaged = true;
    }
    upload->part[op->part_number - 1].data = body;
    upload->part[op->part_number - 1].bytes = op->body.bytes;
    upload->part[op->part_number - 1].number = ++liar->numbers;
    snprintf(result->etag, sizeof result->etag, "\"%llu\"", (unsigned long long)liar->numbers);
    return STORE_FINE;
}

static enum store_outcome do_parts(struct liar *liar, const struct store_op *op,
                                   struct store_result *result)
{
    struct liar_upload *upload = upload_of(liar, op);
    if (!upload)
        return STORE_NO_UPLOAD;
    if (goes_on(liar, LIE_ENDLESS)) {
        result->next_part = op->after_part + 1;
        return STORE_FINE;
    }
    if (goes_on(liar, LIE_STUCK))
        return STORE_FINE;
    uint32_t end = op->after_part + 2; /* a page is two parts */
    for (uint32_t n = op->after_part; n < LIAR_PARTS_MAX; n++) {
        struct store_part part = {.number = n + 1, .bytes = upload->part[n].bytes};
        if (!upload->part[n].data)
            continue;
        if (n >= end) {
            result->next_part = end;
            break;
        }
        snprintf(part.etag, sizeof part.etag, "\"%llu\"",
                 (unsigned long long)upload->part[n].number);
        op->parts.part(op->parts.arg, &part);
    }
    return STORE_FINE;
}

static bool parts_fit(const struct liar_upload *upload, const struct store_op *op)
{
    char etag[32];
    for (uint32_t i = 0; i < op->part_count; i++) {
        snprintf(etag, sizeof etag, "\"%llu\"", (unsigned long long)upload->part[i].number);
        if (op->part[i].number != i + 1 || !upload->part[i].data ||
            strcmp(op->part[i].etag, etag) != 0)
            return false;
    }
    return op->part_count > 0;
}

static enum store_outcome do_close(struct liar *liar, const struct store_op *op,
                                   struct store_result *result)
{
    struct liar_upload *upload = upload_of(liar, op);
    enum store_outcome outcome = conditions(liar, op);
    (void)result;
    if (outcome != STORE_FINE)
        return outcome;
    if (!upload)
        return STORE_NO_UPLOAD;
    if (goes_on(liar, LIE_STUCK))
        return STORE_AGAIN;
    if (!parts_fit(upload, op))
        return STORE_REFUSED;
    int64_t bytes = 0;
    uint8_t *all = world_take(liar->world, LIAR_PARTS_MAX * PART_BYTES * 2);
    for (uint32_t i = 0; i < op->part_count; i++) {
        memcpy(all + bytes, upload->part[i].data, (size_t)upload->part[i].bytes);
        bytes += upload->part[i].bytes;
    }
    upload->open = false;
    struct object *object = find_or_make(liar, op->key);
    uint64_t number = object->now.number;
    keep(liar, object, all, bytes);
    object->lost_by_store |= upload->is_damaged;
    if (object->now.number != number)
        claims(liar, object, &upload->claim);
    return STORE_FINE;
}

static enum store_outcome do_delete(struct liar *liar, const struct store_op *op)
{
    world_fails(liar->world, "an object is deleted: %s", op->key);
    return STORE_FINE;
}

static const struct version *told(struct liar *liar, struct object *object, bool *is_stale)
{
    *is_stale =
        liar->world->now_ns - object->changed_ns < STALE_S * SECOND && liar_lies(liar, LIE_STALE);
    return *is_stale ? &object->before : &object->now;
}

/* It vouches for these bytes. */
static void vouch(struct liar *liar, struct object *object, const struct version *version,
                  const struct proc *proc)
{
    bool is_receipt = false;
    const struct cargo *cargo = cargo_of(liar->world, object->key, &is_receipt);
    if (!cargo)
        return;
    const void *data = is_receipt ? (const void *)cargo->receipt : cargo->data;
    int64_t bytes = is_receipt ? cargo->receipt_bytes : cargo->bytes;
    if (version->there && version->bytes == bytes &&
        memcmp(version->data, data, (size_t)bytes) == 0) {
        object->proof_step[proc->index] = liar->world->step;
        liar->world->proofs++;
    }
}

static enum store_outcome do_head(struct liar *liar, const struct store_op *op,
                                  struct store_result *result, const struct proc *proc)
{
    struct object *object = liar_find(liar, op->key);
    bool is_stale = false;
    if (!object)
        return STORE_ABSENT;
    const struct version *version = told(liar, object, &is_stale);
    if (!version->there)
        return STORE_ABSENT;
    result->bytes = version->bytes;
    result->has_identity = version->has_claim;
    result->identity = version->claim;
    result->has_crc32c = !liar->on[LIE_NO_SUMS];
    result->crc32c = version->sum.crc32c;
    if (result->has_crc32c)
        vouch(liar, object, version, proc);
    return STORE_FINE;
}

static enum store_outcome do_get(struct liar *liar, const struct store_op *op,
                                 struct store_result *result, const struct proc *proc)
{
    struct object *object = liar_find(liar, op->key);
    bool is_stale = false;
    if (!object)
        return STORE_ABSENT;
    const struct version *version = told(liar, object, &is_stale);
    if (!version->there)
        return STORE_ABSENT;
    int64_t at = op->at, bytes = version->bytes - at;
    if (at > version->bytes)
        return STORE_REFUSED;
    bytes = op->bytes >= 0 && op->bytes < bytes ? op->bytes : bytes;
    result->bytes = version->bytes;
    result->has_identity = version->has_claim;
    result->identity = version->claim;
    uint8_t *data = world_take(liar->world, bytes + 1);
    memcpy(data, version->data + at, (size_t)bytes);
    bool bent = bytes > 0 && liar_lies(liar, LIE_GET_FLIPS),
         cut = bytes > 0 && liar_lies(liar, LIE_GET_CUTS);
    /* Of a source's receipt that nobody has a sum of nothing can be known. */
    bent &= liar == &liar->world->to || strstr(op->key, "/_d_") == NULL;
    if (bent)
        data[dice_below(&liar->dice, (uint64_t)bytes)] ^= 0x80;
    if (cut)
        bytes = (int64_t)dice_below(&liar->dice, (uint64_t)bytes);
    td_err err = 0;
    for (int64_t done = 0; done < bytes && err >= 0; done += 3000)
        err = op->sink.take(op->sink.arg, data + done,
                            (size_t)(bytes - done < 3000 ? bytes - done : 3000));
    result->got_bytes = bytes;
    if (err < 0) {
        result->err = err;
        return STORE_LOCAL;
    }
    if (cut && dice_below(&liar->dice, 2) == 0)
        return STORE_DAMAGED; /* noticed on the way */
    if (at == 0 && !bent && !cut && bytes == version->bytes)
        vouch(liar, object, version, proc);
    return STORE_FINE;
}

/* Where our own lies: reading it breaks off, writing is put off. */
static bool is_sick(struct liar *liar, const struct store_op *op, struct store_result *result,
                    enum store_outcome *outcome)
{
    const struct object *object = liar_find(liar, op->key);
    if (!goes_on(liar, LIE_SICK) || !object || !object->now.there ||
        (op->verb != STORE_PUT && op->verb != STORE_GET))
        return false;
    result->has_identity = object->now.has_claim;
    result->identity = object->now.claim;
    *outcome = op->verb == STORE_PUT ? STORE_AGAIN : STORE_DAMAGED;
    return true;
}

enum store_outcome liar_does(struct liar *liar, const struct store_op *op,
                             struct store_result *result, const struct proc *proc)
{
    enum store_outcome sick;
    if (is_sick(liar, op, result, &sick))
        return sick;
    switch (op->verb) {
    case STORE_HEAD:
        return do_head(liar, op, result, proc);
    case STORE_GET:
        return do_get(liar, op, result, proc);
    case STORE_PUT:
        return do_put(liar, op, result);
    case STORE_PARTS_OPEN:
        return do_open(liar, op, result);
    case STORE_PARTS_PUT:
        return do_part(liar, op, result);
    case STORE_PARTS_LIST:
        return do_parts(liar, op, result);
    case STORE_PARTS_CLOSE:
        return do_close(liar, op, result);
    case STORE_PARTS_DROP: {
        struct liar_upload *upload = upload_of(liar, op);
        if (upload)
            upload->open = false;
        return STORE_FINE;
    }
    case STORE_DELETE:
        return do_delete(liar, op);
    default:
        return STORE_UNSUPPORTED;
    }
}
