/* A folder as a store on the simulated card or the real one, and short words for what is asked of it. */
#ifndef TD_STORE_LOCAL_RIG_H
#define TD_STORE_LOCAL_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "sim/disk.h"
#include "store/digest.h"
#include "store/local.h"
#include "test.h"

struct rig {
    struct store store;
    struct store_result result; /* of the last call */
    char keys[8192];            /* of the last list: "key bytes\n" ... */
    unsigned count;
    uint8_t got[64 << 10]; /* of the last GET */
    size_t got_bytes;
};

static inline void rig_random(void *ctx, void *out, size_t bytes)
{
    uint32_t *state = ctx;
    for (uint8_t *at = out; bytes > 0; bytes--)
        *at++ = (uint8_t)((*state = *state * 1664525 + 1013904223) >> 24);
}

static inline void rig_open(struct rig *rig, const struct td_disk *disk, const char *folder)
{
    static uint32_t state;
    static const struct td_random random = {rig_random, &state};
    CHECK_EQ_I64(local_open(disk, &random, folder, true, 4, &rig->store), 0);
}

static inline enum store_outcome rig_ask(struct rig *rig, const struct store_op *op)
{
    struct store_call call = {.op = *op};
    rig->store.submit(rig->store.ctx, &call);
    CHECK(rig->store.wait(rig->store.ctx, -1) == &call);
    CHECK(rig->store.wait(rig->store.ctx, 0) == NULL);
    rig->result = call.result;
    return call.result.outcome;
}

static inline enum store_outcome rig_put(struct rig *rig, const char *key, const char *text,
                                         bool only_if_absent)
{
    struct store_op op = {.verb = STORE_PUT,
                          .key = key,
                          .body = {.data = text, .bytes = (int64_t)strlen(text)},
                          .body_identity = digest_of(text, strlen(text)),
                          .only_if_absent = only_if_absent};
    op.identity = op.body_identity;
    return rig_ask(rig, &op);
}

static inline enum store_outcome rig_do(struct rig *rig, enum store_verb verb, const char *key)
{
    struct store_op op = {.verb = verb, .key = key};
    return rig_ask(rig, &op);
}

/* What HEAD says is this text. */
static inline bool rig_holds(struct rig *rig, const char *key, const char *text)
{
    struct store_identity wanted = digest_of(text, strlen(text));
    return rig_do(rig, STORE_HEAD, key) == STORE_FINE && rig->result.has_identity &&
           identity_equal(&rig->result.identity, &wanted) && rig->result.has_sha256 &&
           memcmp(rig->result.sha256, wanted.sha256, 32) == 0 && rig->result.has_crc32c &&
           rig->result.crc32c == wanted.crc32c && rig->result.bytes == wanted.bytes;
}

static inline td_err rig_take(void *arg, const void *data, size_t bytes)
{
    struct rig *rig = arg;
    TD_FAIL_IF(rig->got_bytes + bytes > sizeof rig->got, TD_E_NO_ROOM);
    memcpy(rig->got + rig->got_bytes, data, bytes);
    rig->got_bytes += bytes;
    return 0;
}

static inline enum store_outcome rig_get(struct rig *rig, const char *key, int64_t at,
                                         int64_t bytes)
{
    struct store_op op = {
        .verb = STORE_GET, .key = key, .at = at, .bytes = bytes, .sink = {rig_take, rig, NULL}};
    rig->got_bytes = 0;
    return rig_ask(rig, &op);
}

static inline td_err rig_entry(void *arg, const struct store_entry *entry)
{
    struct rig *rig = arg;
    size_t used = strlen(rig->keys);
    rig->count++;
    snprintf(rig->keys + used, sizeof rig->keys - used, "%s %d\n", entry->key,
             entry->is_prefix ? -1 : (int)entry->bytes);
    return 0;
}

static inline enum store_outcome rig_list(struct rig *rig, struct store_op op)
{
    op.verb = STORE_LIST;
    op.key = op.key ? op.key : "";
    op.visit = (struct store_visit){rig_entry, rig};
    rig->keys[0] = 0;
    rig->count = 0;
    return rig_ask(rig, &op);
}

#endif
