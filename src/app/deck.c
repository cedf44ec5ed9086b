/* Layout, start and orderly stop of a deck. Start order: region, journal, writer, core, threads; stop is the exact reverse. */
#include "app/deck.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/topology.h"
#include "base/build.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/seal.h"
#include "base/text.h"

enum { DECK_TLS_ARENA_BYTES = 2 << 20 };

const char *deck_build(void)
{
    static char text[96];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "tapedeck version %s (build %s)", td_build_version(), td_build_hash());
    return text;
}

static struct framelog_params log_params(const struct deck_params *params)
{
    return (struct framelog_params){
        .path = params->shm_path, .term_bytes = params->log_term_bytes, .terms = params->log_terms};
}

static struct journal_params journal_params_of(const struct deck_params *params, const char *folder)
{
    return (struct journal_params){.disk = &params->os->disk,
                                   .folder = folder,
                                   .file_bytes = params->journal_file_bytes,
                                   .max_bytes = params->journal_max_bytes,
                                   .level = params->journal_level,
                                   .zstd_frame_blocks = JOURNAL_ZSTD_FRAME_BLOCKS,
                                   .deck = params->name};
}

static struct core_params core_params_of(const struct deck_params *params)
{
    return (struct core_params){.instruments = params->instruments,
                                .sources = params->source,
                                .source_count = params->source_count,
                                .pool_levels = params->book_pool_levels,
                                .max_depth = params->book_max_depth};
}

static struct groups_params groups_params_of(const struct deck_params *params)
{
    struct core_params core = core_params_of(params);
    return (struct groups_params){.streams_max = core_streams_needed(&core),
                                  .rows_max = params->group_rows,
                                  .pool_bytes = params->pool_bytes};
}

static struct writer_params writer_params_of(const struct deck_params *params)
{
    return (struct writer_params){.os = params->os,
                                  .data_dir = params->data_dir,
                                  .deck = params->name,
                                  .config_hash = params->config_hash,
                                  .build = deck_build(),
                                  .zstd_level = params->segment_level,
                                  .segment_bytes = params->segment_bytes,
                                  .compat = params->compat};
}

static struct wire_params wire_params_of(const struct deck_params *params)
{
    return (struct wire_params){.os = params->os,
                                .ca_pem = params->ca_pem,
                                .ca_bytes = params->ca_bytes,
                                .endpoints = params->endpoints,
                                .endpoint_count = params->endpoint_count,
                                .connect_timeout_ms = params->connect_timeout_ms,
                                .tick_ms = 1000,
                                .tls_arena_bytes = DECK_TLS_ARENA_BYTES};
}

static void plan_part(struct deck_plan *plan, const char *name, size_t bytes)
{
    TD_ASSERT(plan->count < DECK_PARTS_MAX, "more parts than the plan has lines");
    plan->part[plan->count].name = name;
    plan->part[plan->count++].bytes = bytes;
}

static const char PART_LOG[] = "frame log, on tmpfs",
                  PART_JOURNAL[] = "journal: block, zstd window",
                  PART_GROUPS[] = "row groups: page pool",
                  PART_WRITER[] = "segment writer: scratch, zstd, footers",
                  PART_WIRE[] = "wire: TLS, connections",
                  PART_CORE[] = "core: books, parser, held deltas";

struct deck_plan deck_plan_of(const struct deck_params *params)
{
    struct deck_plan plan = {0};
    struct framelog_params log = log_params(params);
    struct core_params core = core_params_of(params);
    struct groups_params groups = groups_params_of(params);
    struct writer_params writer = writer_params_of(params);
    writer.plan = &groups;
    struct journal_params journal = journal_params_of(params, "");
    struct wire_params wire = wire_params_of(params);
    plan_part(&plan, PART_LOG, framelog_bytes(&log) + framelog_footprint());
    if (params->journal)
        plan_part(&plan, PART_JOURNAL, journal_footprint(&journal));
    plan_part(&plan, PART_GROUPS, groups_footprint(&groups));
    plan_part(&plan, PART_WRITER, writer_footprint(&writer));
    if (params->endpoint_count > 0)
        plan_part(&plan, PART_WIRE, wire_footprint(&wire));
    plan_part(&plan, PART_CORE, core_footprint(&core));
    return plan;
}

size_t deck_plan_bytes(const struct deck_plan *plan)
{
    size_t sum = 0;
    for (unsigned i = 0; i < plan->count; i++)
        sum += plan->part[i].bytes;
    return sum;
}

static size_t machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0 ? (size_t)pages * (size_t)page_bytes : SIZE_MAX;
}

/* A plan that may not be, or that this machine cannot hold, is refused before anything is laid out. */
static td_err plan_fits(const struct deck_plan *plan, size_t max_bytes)
{
    size_t want = deck_plan_bytes(plan);
    size_t may = max_bytes != 0 ? max_bytes : machine_bytes() / 10 * 8;
    if (want <= may)
        return 0;
    TD_ERROR("deck",
             "event=plan_too_large plan_bytes=%zu may_bytes=%zu next=\"lower deck.queue_mb, "
             "segment.pool_mb or book.pool_levels, or "
             "raise deck.memory_mb; tapedeck config --effective shows the parts\"",
             want, may);
    return TD_E_NO_MEMORY;
}

/* Place of a part by the plan; the frame log's terms are a mapping of their own, only its handle stands in the region. */
static void *take_part(struct deck *deck, const struct deck_plan *plan, const char *name)
{
    if (name == PART_LOG)
        return td_region_take(&deck->region, "frame log handle", framelog_footprint());
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->part[i].name == name)
            return td_region_take(&deck->region, name, plan->part[i].bytes);
    TD_ASSERT(false, "a part that is not in the plan");
    return NULL;
}

static size_t region_bytes(const struct deck_plan *plan)
{
    size_t bytes = framelog_footprint() + (size_t)(DECK_PARTS_MAX + 1) * 64 +
                   4096; /* alignment of the parts */
    for (unsigned i = 0; i < plan->count; i++)
        bytes += plan->part[i].name == PART_LOG ? 0 : plan->part[i].bytes;
    return bytes;
}

/* One deck a folder: the lock names the holder. */
static td_err lock_folder(const char *data_dir, int *lock_fd)
{
    char path[DECK_PATH_MAX], holder[32] = "";
    struct td_str out = td_str_on(path, sizeof path);
    td_str_add_format(&out, "%s/deck.lock", data_dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t got = read(fd, holder, sizeof holder - 1);
        TD_ERROR("deck",
                 "event=folder_in_use data_dir=%s pid=%.*s next=\"stop that process or give this "
                 "one another data_dir\"",
                 data_dir, got > 0 ? (int)strcspn(holder, "\n") : 0, holder);
        close(fd);
        return TD_E_BUSY;
    }
    out = td_str_on(holder, sizeof holder);
    td_str_add_format(&out, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, holder, strlen(holder)) < 0)
        TD_WARN("deck", "event=lock_not_written data_dir=%s", data_dir);
    *lock_fd = fd; /* the lock lives as long as the deck, or as the process when that is killed */
    return 0;
}

static void request_from_core(void *arg, const struct wire_request *request)
{
    struct deck *deck = arg;
    struct wire_request *slot = td_ring_claim(wire_requests(deck->wire));
    if (slot == NULL)
        return; /* counted by the ring; what matters is asked again */
    memcpy(slot, request, offsetof(struct wire_request, text) + request->bytes);
    td_ring_publish(wire_requests(deck->wire));
    wire_kick(deck->wire);
}

static td_err open_journal(struct deck *deck, void *mem)
{
    struct td_str out = td_str_on(deck->journal_folder, sizeof deck->journal_folder);
    td_str_add_format(&out, "%s/journal", deck->params.data_dir);
    struct journal_params params = journal_params_of(&deck->params, deck->journal_folder);
    TD_TRY(journal_open(mem, &params, &deck->journal));
    deck->first_frame = journal_last_frame(deck->journal) + 1;
    framelog_set_next(deck->log, deck->first_frame);
    return 0;
}

static td_err open_wire(struct deck *deck, void *mem)
{
    struct wire_params params = wire_params_of(&deck->params);
    params.log = deck->log;
    return wire_init(mem, &params, &deck->wire);
}

td_err deck_open(struct deck *deck, const struct deck_params *params)
{
    memset(deck, 0, sizeof *deck);
    deck->lock_fd = -1;
    deck->params = *params;
    deck->first_frame = 1;
    pthread_mutex_init(&deck->status_lock, NULL);
    const struct td_disk *disk = &params->os->disk;
    TD_TRY(disk->make_dirs(disk->ctx, params->data_dir));
    TD_TRY(lock_folder(params->data_dir, &deck->lock_fd));
    struct deck_plan plan = deck_plan_of(params);
    TD_TRY(plan_fits(&plan, params->memory_max_bytes));
    TD_TRY(td_region_open(&deck->region, region_bytes(&plan)));
    struct framelog_params log = log_params(params);
    TD_TRY(framelog_open(take_part(deck, &plan, PART_LOG), &log, &deck->log));
    if (params->journal)
        TD_TRY(open_journal(deck, take_part(deck, &plan, PART_JOURNAL)));
    struct groups_params groups = groups_params_of(params);
    deck->groups = groups_init(take_part(deck, &plan, PART_GROUPS), &groups);
    struct writer_params writer = writer_params_of(params);
    writer.groups = deck->groups;
    writer.synced_frame = params->journal ? &deck->synced_frame : NULL;
    writer.synced_bell = &deck->synced_bell;
    TD_TRY(writer_init(take_part(deck, &plan, PART_WRITER), &writer, &deck->writer));
    struct core_params core = core_params_of(&deck->params);
    core.groups = deck->groups;
    if (params->endpoint_count > 0) {
        TD_TRY(open_wire(deck, take_part(deck, &plan, PART_WIRE)));
        core.request = request_from_core;
        core.request_arg = deck;
    }
    deck->core = core_init(take_part(deck, &plan, PART_CORE), &core);
    return 0;
}

static void start_threads(struct deck *deck)
{
    for (unsigned i = 0; i < topology_thread_count; i++) {
        const struct topology_thread *thread = &topology_threads[i];
        if ((thread->needs_journal && deck->journal == NULL) ||
            (thread->needs_wire && deck->wire == NULL))
            continue;
        int failed = pthread_create(&deck->thread[deck->thread_count], NULL, thread->body, deck);
        TD_ASSERT(failed == 0, "the system gives no thread at start");
        pthread_setname_np(deck->thread[deck->thread_count], thread->name);
        deck->thread_count++;
    }
}

static void feed_text(struct deck *deck, enum td_frame_kind kind, int64_t ns, enum td_origin origin,
                      const char *text)
{
    struct td_frame frame = {.recv_ns = ns,
                             .mono_ns = 0,
                             .payload = text,
                             .bytes = (uint32_t)strlen(text),
                             .source = TD_SOURCE_NONE,
                             .kind = (uint8_t)kind,
                             .origin = (uint8_t)origin};
    deck_feed(deck, &frame);
}

void deck_start(struct deck *deck, int64_t start_ns, enum td_origin origin)
{
    feed_text(deck, TD_FRAME_START, start_ns, origin, deck_build());
    feed_text(deck, TD_FRAME_CONFIG, start_ns, origin, deck->params.config_text);
    td_region_seal(&deck->region, deck->params.lock_memory);
    start_threads(deck);
    td_seal();
}

void deck_feed(struct deck *deck, struct td_frame *frame)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(framelog_bell_released(deck->log));
        td_err err = framelog_append(deck->log, frame);
        if (err == 0)
            break;
        TD_ASSERT(err == TD_E_AGAIN, "a frame that the log can never take");
        td_doorbell_wait(framelog_bell_released(deck->log), seen, 1000);
    }
    if (deck->journal == NULL) { /* nobody else reads for the journal */
        struct td_frame drained;
        while (framelog_read(deck->log, FRAMELOG_JOURNAL, &drained) == 1)
            continue;
        framelog_release(deck->log, FRAMELOG_JOURNAL);
    }
}

td_err deck_stop(struct deck *deck, int64_t stop_ns)
{
    unsigned joined = deck->thread_count;
    atomic_store(&deck->stopping,
                 true); /* before the wire's last frames: the log may be full for good */
    if (deck->wire !=
        NULL) { /* the wire is the only other producer: it must be silent before STOP */
        wire_stop(deck->wire);
        pthread_join(deck->thread[--joined], NULL);
    }
    feed_text(deck, TD_FRAME_STOP, stop_ns, TD_ORIGIN_WS, "");
    framelog_finish(deck->log);
    for (unsigned i = 0; i < joined; i++)
        pthread_join(deck->thread[i], NULL);
    deck->thread_count = 0;
    td_unseal();
    td_err err = writer_stats(deck->writer).last_err;
    if (deck->journal != NULL) {
        td_err closed = journal_close(deck->journal);
        err = err < 0 ? err : closed;
        err = err < 0 ? err : atomic_load(&deck->journal_err);
    }
    return err;
}

void deck_status_copy(struct deck *deck, struct deck_status *out)
{
    pthread_mutex_lock(&deck->status_lock);
    *out = deck->status;
    pthread_mutex_unlock(&deck->status_lock);
}

void deck_close(struct deck *deck)
{
    if (deck->wire != NULL)
        wire_close(deck->wire);
    if (deck->log != NULL)
        framelog_close(deck->log, true);
    td_region_close(&deck->region);
    if (deck->lock_fd >= 0)
        close(deck->lock_fd);
    deck->lock_fd = -1;
}
