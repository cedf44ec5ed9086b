#include "lake/stores.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/pages.h"
#include "store/store.h"
#include "store/wait.h"

enum { BUCKETS_MAX = 8, NAME_MAX_BYTES = PLACE_BUCKET_MAX + 8, WHY_MAX = 512 };

static struct {
    td_err (*open)(const char *name, struct store *out);
    struct bucket {
        char name[NAME_MAX_BYTES];
        struct store store;
    } bucket[BUCKETS_MAX];
    unsigned count;
    struct stores_count asked;
    char why[WHY_MAX];
    const char *advice;
} stores;

/* ---- words -------------------------------------------------------------------------------------------------------------- */

const char *stores_why(void)
{
    return stores.why;
}

const char *stores_advice(void)
{
    return stores.advice;
}

struct stores_count stores_count(void)
{
    return stores.asked;
}

td_err stores_fail(td_err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(stores.why, sizeof stores.why, format, args);
    va_end(args);
    stores.advice = NULL;
    return err;
}

static const char *advice_of(enum store_outcome outcome)
{
    switch (outcome) {
    case STORE_ABSENT:
        return "`tape ls` of the folder above shows what is there.";
    case STORE_DENIED:
        return "Check S3_ACCESS_KEY and S3_SECRET_KEY (GCS_...), and that they may list and read "
               "the bucket.";
    case STORE_NO_BUCKET:
        return "Check the bucket's name and S3_ENDPOINT (GCS_ENDPOINT).";
    case STORE_WRONG_REGION:
        return "Set S3_REGION to the bucket's region.";
    case STORE_SKEWED:
        return "Set this machine's clock.";
    case STORE_UNTRUSTED:
        return "Name the authority that signed its certificate in SSL_CERT_FILE.";
    case STORE_LOST:
        return "Check the network and S3_ENDPOINT (GCS_ENDPOINT), then try again.";
    case STORE_AGAIN:
        return "The store is busy: try again later.";
    default:
        return NULL;
    }
}

static td_err err_of(const struct store_result *result)
{
    switch (result->outcome) {
    case STORE_FINE:
        return 0;
    case STORE_ABSENT:
        return TD_E_MISSING;
    case STORE_LOCAL:
        return result->err;
    case STORE_LOST:
        return TD_E_NET_CLOSED;
    case STORE_AGAIN:
        return TD_E_NET_TIMEOUT;
    case STORE_UNTRUSTED:
        return TD_E_NET_CERT;
    case STORE_DAMAGED:
        return TD_E_NET_PROTOCOL;
    default:
        return TD_E_NET_REFUSED;
    }
}

static td_err judge(const struct store_result *result)
{
    td_err err = err_of(result);
    if (result->outcome == STORE_FINE)
        return 0;
    /* The sink's own error has its words already where it used stores_fail(). */
    if (result->outcome == STORE_LOCAL && stores.why[0])
        return err;
    const char *words = result->words[0] ? result->words : td_err_text(err);
    stores_fail(err, "%s: %s", store_outcome_words[result->outcome], words);
    stores.advice = advice_of(result->outcome);
    return err;
}

/* ---- buckets ------------------------------------------------------------------------------------------------------------ */

void stores_by(td_err (*open)(const char *name, struct store *out))
{
    stores.open = open;
}

bool stores_add(const char *name, const struct store *store)
{
    if (stores.count == BUCKETS_MAX)
        return false;
    struct bucket *bucket = &stores.bucket[stores.count];
    if (!td_text_copy(bucket->name, sizeof bucket->name, name, strlen(name)))
        return false;
    bucket->store = *store;
    stores.count++;
    return true;
}

void stores_close(void)
{
    for (unsigned i = 0; i < stores.count; i++)
        stores.bucket[i].store.close(stores.bucket[i].store.ctx);
    stores.count = 0;
    stores.asked = (struct stores_count){0};
}

static td_err open_bucket(const char *name)
{
    struct store store;
    if (stores.count == BUCKETS_MAX)
        return stores_fail(TD_E_UNSUPPORTED, "too many buckets in one command");
    if (!stores.open || stores.open(name, &store) < 0)
        return stores_fail(TD_E_CONFIG, "no way to reach the store");
    stores_add(name, &store);
    return 0;
}

/* NULL: *err says why. */
static const struct store *bucket_of(const struct place *place, td_err *err)
{
    char name[NAME_MAX_BYTES];
    struct place root = *place;
    root.prefix[0] = 0;
    *err = place_text(&root, "", name, sizeof name) ? 0 : TD_E_RANGE;
    for (int again = 0; again < 2 && !*err; again++) {
        for (unsigned i = 0; i < stores.count; i++)
            if (strcmp(stores.bucket[i].name, name) == 0)
                return &stores.bucket[i].store;
        *err = open_bucket(name);
    }
    return NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------- */

/* Where the path points; NULL: *err says why not. */
static const struct store *resolve(const char *path, struct place *place, td_err *err)
{
    if (place_parse(place, path) == 0 && place->kind != PLACE_LOCAL)
        return bucket_of(place, err);
    *err = stores_fail(TD_E_SYNTAX, "no bucket has this name: s3://bucket/folder, "
                                    "gs://bucket/folder; 3 to 63 of a-z 0-9 . -");
    return NULL;
}

/* The key is that of the path, but of a list, whose prefix ends in a slash. */
static td_err ask(const char *path, struct store_call *call)
{
    struct place place;
    td_err err;
    stores.why[0] = 0;
    stores.advice = NULL;
    const struct store *store = resolve(path, &place, &err);
    if (!store)
        return err;
    size_t bytes = strlen(place.prefix);
    if (call->op.verb == STORE_LIST && bytes) {
        TD_FAIL_IF(bytes + 1 >= sizeof place.prefix, stores_fail(TD_E_RANGE, "name is too long"));
        memcpy(place.prefix + bytes, "/", 2);
    }
    call->op.key = place.prefix;
    store_ask(store, td_os_linux(), call);
    call->op.key = NULL;
    stores.asked.requests++;
    stores.asked.bytes += call->result.got_bytes;
    return judge(&call->result);
}

static void describe(const struct store_result *result, struct stores_object *object)
{
    object->bytes = result->bytes;
    memcpy(object->etag, result->etag, sizeof object->etag);
}

td_err stores_head(const char *path, struct stores_object *object)
{
    struct store_call call = {.op = {.verb = STORE_HEAD}};
    TD_TRY(ask(path, &call));
    describe(&call.result, object);
    return 0;
}

td_err stores_get(const char *path, int64_t at, int64_t bytes, struct store_sink sink,
                  struct stores_object *object)
{
    struct store_call call = {.op = {.verb = STORE_GET, .at = at, .bytes = bytes, .sink = sink}};
    TD_TRY(ask(path, &call));
    describe(&call.result, object);
    return 0;
}

/* One of stores_get_together(). */
struct together {
    struct store_call call;
    struct place place;
};

static void collect(const struct store *store, unsigned count)
{
    while (count > 0) {
        struct store_call *call = store->wait(store->ctx, -1);
        TD_ASSERT(call, "a store gives back what it was given");
        struct stores_fetch *fetch = call->tag;
        describe(&call->result, &fetch->object);
        fetch->err = err_of(&call->result);
        stores.asked.requests++;
        stores.asked.bytes += call->result.got_bytes;
        count--;
    }
}

void stores_get_together(struct stores_fetch *fetch, unsigned count)
{
    static struct together each[STORES_TOGETHER];
    const struct store *first = NULL;
    unsigned asked = 0;
    TD_ASSERT(count <= STORES_TOGETHER, "no more than a store takes at once");
    for (unsigned i = 0; i < count; i++) {
        struct together *one = &each[i];
        fetch[i].err = TD_E_AGAIN;
        const struct store *store = resolve(fetch[i].path, &one->place, &fetch[i].err);
        if (!store || (first && store != first))
            continue;
        first = store;
        one->call = (struct store_call){.op = {.verb = STORE_GET,
                                               .key = one->place.prefix,
                                               .at = fetch[i].at,
                                               .bytes = fetch[i].bytes,
                                               .sink = fetch[i].sink},
                                        .tag = &fetch[i]};
        store->submit(store->ctx, &one->call);
        asked++;
    }
    if (first)
        collect(first, asked);
}

td_err stores_list(const char *path, const char *delimiter, struct store_visit visit)
{
    struct pages way = {.count = 0};
    do {
        struct store_call call = {.op = {.verb = STORE_LIST,
                                         .token = pages_token(&way),
                                         .delimiter = delimiter,
                                         .visit = visit}};
        TD_TRY(ask(path, &call));
        if (!pages_next(&way, call.result.token))
            return stores_fail(TD_E_NET_PROTOCOL, "the store's list does not come to its end");
    } while (pages_token(&way) != NULL);
    return 0;
}
