/* A folder with segments, a store that a test can bend (a folder behind it), and a pass between them. */
#ifndef TD_UNIT_SYNC_RIG_H
#define TD_UNIT_SYNC_RIG_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/local.h"
#include "sync/engine.h"
#include "unit/test.h"

/* An hour that is long over. */
#define RIG_HOUR "book/exchange=x/symbol=y/year=2021/month=06/day=09/hour=04"

static char rig_from[512], rig_to[512], rig_state[512];

/* ---- the store --------------------------------------------------------------------------------- */

struct rig_store {
    struct store store, folder;
    /* Before the folder does it: true, the call is answered. After: the result may be bent. */
    bool (*before)(struct rig_store *rig, struct store_call *call);
    void (*after)(struct rig_store *rig, struct store_call *call);
    struct store_call *answered; /* a list */
    unsigned calls[STORE_VERBS];
    unsigned count; /* the test's */
};

static inline void rig_submit(void *ctx, struct store_call *call)
{
    struct rig_store *rig = ctx;
    rig->calls[call->op.verb]++;
    if (rig->before && rig->before(rig, call)) {
        call->next = rig->answered;
        rig->answered = call;
        return;
    }
    rig->folder.submit(rig->folder.ctx, call);
}

static inline struct store_call *rig_wait(void *ctx, int timeout_ms)
{
    struct rig_store *rig = ctx;
    struct store_call *call = rig->answered;
    if (call) {
        rig->answered = call->next;
        return call;
    }
    call = rig->folder.wait(rig->folder.ctx, timeout_ms);
    if (call && rig->after)
        rig->after(rig, call);
    return call;
}

static inline void rig_cancel(void *ctx)
{
    struct rig_store *rig = ctx;
    rig->folder.cancel(rig->folder.ctx);
}

static inline void rig_close(void *ctx)
{
    struct rig_store *rig = ctx;
    rig->folder.close(rig->folder.ctx);
}

static inline void rig_open(struct rig_store *rig, const char *folder)
{
    const struct td_os *os = td_os_linux();
    CHECK_EQ_I64(local_open(&os->disk, &os->random, folder, true, 8, &rig->folder), 0);
    rig->store = rig->folder;
    rig->store.submit = rig_submit;
    rig->store.wait = rig_wait;
    rig->store.cancel = rig_cancel;
    rig->store.close = rig_close;
    rig->store.ctx = rig;
    rig->store.is_local = false;
}

/* ---- files ------------------------------------------------------------------------------------- */

static inline void rig_write(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(data, 1, bytes, file) == bytes);
    CHECK(fclose(file) == 0);
}

/* A byte of a file becomes another one. */
static inline void rig_spoil(const char *root, const char *prefix, const char *name, off_t at)
{
    char path[1400];
    snprintf(path, sizeof path, "%s/%s" RIG_HOUR "/%s", root, prefix, name);
    int file = open(path, O_RDWR);
    char c = 0;
    CHECK(file >= 0 && pread(file, &c, 1, at) == 1);
    c ^= 1;
    CHECK(pwrite(file, &c, 1, at) == 1 && close(file) == 0);
}

static inline bool rig_there(const char *root, const char *prefix, const char *name)
{
    char path[1400];
    snprintf(path, sizeof path, "%s/%s" RIG_HOUR "/%s", root, prefix, name);
    return access(path, F_OK) == 0;
}

static inline void rig_remove(const char *root, const char *prefix, const char *name)
{
    char path[1400];
    snprintf(path, sizeof path, "%s/%s" RIG_HOUR "/%s", root, prefix, name);
    CHECK(unlink(path) == 0);
}

static inline void rig_fresh(void)
{
    static unsigned count;
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[1024];
    count++;
    snprintf(rig_from, sizeof rig_from, "%s/%u/from", test_tmpdir(), count);
    snprintf(rig_to, sizeof rig_to, "%s/%u/to", test_tmpdir(), count);
    snprintf(rig_state, sizeof rig_state, "%s/%u/state", test_tmpdir(), count);
    snprintf(path, sizeof path, "%s/" RIG_HOUR, rig_from);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
}

/* <name>.parquet with its receipt. */
static inline void rig_segment(const char *name, size_t bytes)
{
    char path[1024], hex[65], text[512];
    char *data = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (char)(i * 7 + (i >> 8) + bytes);
    struct store_identity identity = digest_of(data, bytes);
    identity_hex(identity.sha256, hex);
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/%s.parquet", rig_from, name);
    rig_write(path, data, bytes);
    free(data);
    int length =
        snprintf(text, sizeof text,
                 "{\n  \"bytes\": %lld,\n  \"sha256\": \"%s\",\n  \"crc32c\": \"%08x\"\n}\n",
                 (long long)identity.bytes, hex, (unsigned)identity.crc32c);
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/_%s.json", rig_from, name);
    rig_write(path, text, (size_t)length);
}

/* ---- a pass ------------------------------------------------------------------------------------ */

/* Names, ended by NULL; one that ends in .json is a plain item. */
struct rig_names {
    const char *name[8];
    unsigned at;
};

static inline int rig_next(void *arg, struct sync_item *item)
{
    struct rig_names *names = arg;
    const char *name = names->name[names->at];
    if (!name)
        return 0;
    names->at++;
    bool plain = strstr(name, ".json") != NULL;
    *item = (struct sync_item){.kind = plain ? SYNC_PLAIN : SYNC_SEGMENT};
    snprintf(item->from_key, sizeof item->from_key, RIG_HOUR "/%s%s", name,
             plain ? "" : ".parquet");
    snprintf(item->to_key, sizeof item->to_key, "bronze/" RIG_HOUR "/%s%s", name,
             plain ? "" : ".parquet");
    return 1;
}

/* Clock runs on by itself: a wait takes no time. */
static int64_t rig_slept_ns;
static inline void rig_sleep(void *arg, int64_t ms)
{
    (void)arg;
    rig_slept_ns += ms * 1000000;
}
static inline int64_t rig_mono_ns(void *ctx)
{
    (void)ctx;
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx) + rig_slept_ns;
}

struct rig_pass {
    struct rig_store to, from;
    struct engine_params params;
    struct sync_tally tally;
    struct td_os os;
};

/* From the folder into the store, with marks; change what is to be otherwise, then rig_run. */
static inline void rig_begin(struct rig_pass *pass)
{
    memset(pass, 0, sizeof *pass);
    pass->os = *td_os_linux();
    pass->os.clock.mono_ns = rig_mono_ns;
    rig_open(&pass->to, rig_to);
    rig_open(&pass->from, rig_from);
    pass->params = (struct engine_params){.os = &pass->os,
                                          .from = &pass->from.store,
                                          .to = &pass->to.store,
                                          .workers = 3,
                                          .state_dir = rig_state,
                                          .from_dir = rig_from,
                                          .marks = true,
                                          .plain = true,
                                          .keep_ns = INT64_MAX,
                                          .to_prefix = "bronze/",
                                          .sleep_ms = rig_sleep,
                                          .arg = pass};
}

static inline void rig_run(struct rig_pass *pass, struct rig_names names)
{
    pass->params.source = (struct sync_source){rig_next, &names};
    CHECK_EQ_I64(engine_run(&pass->params, &pass->tally), 0);
    pass->from.store.close(pass->from.store.ctx);
    pass->to.store.close(pass->to.store.ctx);
}

#define RIG_NAMES(...)                                                                             \
    (struct rig_names)                                                                             \
    {                                                                                              \
        {__VA_ARGS__}, 0                                                                           \
    }

#endif
