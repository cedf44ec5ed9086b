/* A store in memory, with the lies that a reader must notice. One at a time; what it was asked is counted. */
#ifndef TD_TEST_FAKE_STORE_H
#define TD_TEST_FAKE_STORE_H

#include <stdio.h>
#include <stdlib.h>

#include "lake/files.h"
#include "lake/stores.h"
#include "store/store.h"
#include "test.h"

enum { FAKE_OBJECTS = 64 };

static struct fake_store {
    struct fake_object {
        char key[256];
        const uint8_t *data;
        int64_t bytes;
        unsigned version;
        bool is_ours;
    } object[FAKE_OBJECTS];
    unsigned count;
    unsigned page; /* names a page of a list; 0: 1000 */
    /* lies; of GETs */
    bool no_suffix;          /* refuses "the last n bytes" */
    bool whole;              /* ignores the range */
    bool shifted;            /* the right number of bytes from another place */
    bool shorter;            /* one byte less, and says nothing */
    bool replaced;           /* another version for each answer */
    enum store_outcome fate; /* STORE_FINE: as things are */
    unsigned spared;         /* GETs that the lies come after */
    unsigned lies_left;      /* so many, then the truth; 0: all of them */
    /* asked */
    unsigned heads, gets, lists;
    int64_t sent;
    struct store_call *done;
} fake;

static inline void fake_put(const char *key, const void *data, int64_t bytes)
{
    struct fake_object *object = &fake.object[fake.count++];
    CHECK(fake.count <= FAKE_OBJECTS);
    snprintf(object->key, sizeof object->key, "%s", key);
    object->data = data;
    object->bytes = bytes;
}

static inline struct fake_object *fake_find(const char *key)
{
    for (unsigned i = 0; i < fake.count; i++)
        if (strcmp(fake.object[i].key, key) == 0)
            return &fake.object[i];
    return NULL;
}

static inline void fake_describe(struct store_call *call, struct fake_object *object, bool lies)
{
    object->version += lies && fake.replaced;
    call->result.bytes = object->bytes;
    snprintf(call->result.etag, sizeof call->result.etag, "\"%u\"", object->version);
}

static inline void fake_get(struct store_call *call, struct fake_object *object)
{
    const struct store_op *op = &call->op;
    bool lies = fake.gets++ >= fake.spared &&
                (!fake.lies_left || fake.gets <= fake.spared + fake.lies_left);
    int64_t at = op->at, bytes = op->bytes;
    if (at < 0) {
        bytes = bytes < object->bytes ? bytes : object->bytes;
        at = object->bytes - bytes;
    }
    if (bytes < 0 || bytes > object->bytes - at)
        bytes = object->bytes - at;
    fake_describe(call, object, lies);
    if (bytes == 0 || (op->at < 0 && fake.no_suffix && lies)) {
        call->result.outcome = STORE_REFUSED;
        call->result.http_status = 416;
        return;
    }
    if (lies && fake.whole)
        at = 0, bytes = object->bytes;
    if (lies && fake.shorter)
        bytes--;
    /* In pieces, as a network brings them. */
    for (int64_t done = 0; done < bytes && call->result.outcome == STORE_FINE;) {
        int64_t part = bytes - done < 1000 ? bytes - done : 1000, from = at + done;
        if (lies && fake.shifted)
            from = (from + object->bytes / 2) % (object->bytes - part + 1);
        call->result.err = op->sink.take(op->sink.arg, object->data + from, (size_t)part);
        call->result.outcome = call->result.err ? STORE_LOCAL : STORE_FINE;
        done += part;
        fake.sent += part;
        call->result.got_bytes += part;
    }
}

static inline int fake_by_key(const void *a, const void *b)
{
    return strcmp(((const struct fake_object *)a)->key, ((const struct fake_object *)b)->key);
}

/* The token is the last name given. */
static inline void fake_list(struct store_call *call)
{
    const struct store_op *op = &call->op;
    size_t prefix = strlen(op->key);
    unsigned given = 0, page = fake.page ? fake.page : 1000;
    char last[256] = "", name[256];
    fake.lists++;
    qsort(fake.object, fake.count, sizeof fake.object[0], fake_by_key);
    snprintf(last, sizeof last, "%s", op->token ? op->token : "");
    for (unsigned i = 0; i < fake.count; i++) {
        const struct fake_object *object = &fake.object[i];
        struct store_entry entry = {.key = name, .bytes = object->bytes};
        if (strncmp(object->key, op->key, prefix) != 0)
            continue;
        const char *cut = op->delimiter ? strchr(object->key + prefix, op->delimiter[0]) : NULL;
        entry.is_prefix = cut != NULL;
        snprintf(name, sizeof name, "%.*s", cut ? (int)(cut + 1 - object->key) : 255, object->key);
        if (last[0] && strcmp(name, last) <= 0)
            continue;
        if (given++ == page) {
            snprintf(call->result.token, sizeof call->result.token, "%s", last);
            return;
        }
        memcpy(last, name, sizeof last);
        CHECK_EQ_I64(op->visit.entry(op->visit.arg, &entry), 0);
    }
}

static inline void fake_submit(void *ctx, struct store_call *call)
{
    (void)ctx;
    struct fake_object *object = fake_find(call->op.key);
    call->result = (struct store_result){.outcome = fake.fate};
    call->next = fake.done;
    fake.done = call;
    snprintf(call->result.words, sizeof call->result.words, fake.fate ? "as the test wants" : "");
    if (fake.fate)
        return;
    if (call->op.verb == STORE_LIST) {
        fake_list(call);
    } else if (!object) {
        call->result.outcome = STORE_ABSENT;
    } else if (call->op.verb == STORE_HEAD) {
        fake.heads++;
        fake_describe(call, object, false);
    } else {
        fake_get(call, object);
    }
}

static inline struct store_call *fake_wait(void *ctx, int timeout_ms)
{
    (void)ctx, (void)timeout_ms;
    struct store_call *call = fake.done;
    fake.done = call ? call->next : NULL;
    return call;
}

static inline void fake_nothing(void *ctx)
{
    (void)ctx;
}

/* Empty, under s3://bucket. */
static inline void fake_begin(void)
{
    struct store store = {.submit = fake_submit,
                          .wait = fake_wait,
                          .cancel = fake_nothing,
                          .close = fake_nothing,
                          .calls_max = 2,
                          .name = "s3://bucket"};
    for (unsigned i = 0; i < fake.count; i++)
        if (fake.object[i].is_ours)
            free((void *)(uintptr_t)fake.object[i].data);
    memset(&fake, 0, sizeof fake);
    stores_close();
    CHECK(stores_add("s3://bucket", &store));
}

/* All segments and receipts below a folder; "ready/" becomes `layer`. */
static inline void fake_fill(const char *dir, const char *prefix, const char *layer)
{
    struct file_list list = {0};
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct file_entry *file = files_at(&list, i);
        const char *below = file->path + strlen(dir) + strlen("/ready/");
        char key[256];
        FILE *from = fopen(file->path, "rb");
        uint8_t *data = malloc((size_t)file->bytes + 1);
        CHECK(from && data);
        CHECK_EQ_I64(fread(data, 1, (size_t)file->bytes + 1, from), file->bytes);
        fclose(from);
        snprintf(key, sizeof key, "%s%s/%s", prefix, layer, below);
        fake_put(key, data, file->bytes);
        fake.object[fake.count - 1].is_ours = true;
    }
    files_free(&list);
}

#endif
