/* The memory plan of a deck, and the parameters that its parts get. */
#include <unistd.h>

#include "app/deck_parts.h"
#include "base/build.h"
#include "base/log.h"
#include "base/text.h"

/* The roots, and each connection with the spare one and the fetches (net/tls.h). */
enum { TLS_ARENA_BYTES = 2 << 20, TLS_ROOTS_BYTES = 512 << 10, TLS_CONN_BYTES = 64 << 10 };

const char *deck_build(void)
{
    static char text[96];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "tapedeck version %s (build %s)", td_build_version(), td_build_hash());
    return text;
}

struct framelog_params deck_log_params(const struct deck_params *params)
{
    return (struct framelog_params){
        .path = params->shm_path, .term_bytes = params->log_term_bytes, .terms = params->log_terms};
}

struct journal_params deck_journal_params(const struct deck_params *params, const char *folder)
{
    return (struct journal_params){.disk = &params->os->disk,
                                   .folder = folder,
                                   .file_bytes = params->journal_file_bytes,
                                   .max_bytes = params->journal_max_bytes,
                                   .level = params->journal_level,
                                   .zstd_frame_blocks = JOURNAL_ZSTD_FRAME_BLOCKS,
                                   .deck = params->name};
}

struct core_params deck_core_params(const struct deck_params *params)
{
    return (struct core_params){.instruments = params->instruments,
                                .ask_volumes = params->ask_volumes,
                                .sources = params->source,
                                .source_count = params->source_count,
                                .pool_levels = params->book_pool_levels,
                                .max_depth = params->book_max_depth,
                                .frames = params->frames,
                                .capacity = params->capacity,
                                .emit = (enum core_emit)params->features.emit,
                                .features = params->features.features,
                                .models = params->features.model,
                                .model_count = params->features.model_count};
}

struct groups_params deck_groups_params(const struct deck_params *params)
{
    struct core_params core = deck_core_params(params);
    return (struct groups_params){.streams_max = core_streams_needed(&core),
                                  .rows_max = params->group_rows,
                                  .pool_bytes = params->pool_bytes,
                                  .features_on = &params->features.features.on};
}

struct writer_params deck_writer_params(const struct deck_params *params)
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

static uint32_t tls_arena_bytes(const struct deck_params *params)
{
    enum { BESIDE = 1 + 4 };
    uint32_t want = TLS_ROOTS_BYTES + (params->endpoint_count + BESIDE) * TLS_CONN_BYTES;
    return want > TLS_ARENA_BYTES ? want : TLS_ARENA_BYTES;
}

struct wire_params deck_wire_params(const struct deck_params *params)
{
    return (struct wire_params){.os = params->os,
                                .ca_pem = params->ca_pem,
                                .ca_bytes = params->ca_bytes,
                                .endpoints = params->endpoints,
                                .endpoint_count = params->endpoint_count,
                                .connect_timeout_ms = params->connect_timeout_ms,
                                .tick_ms = 1000,
                                .tls_arena_bytes = tls_arena_bytes(params)};
}

/* A level costs some 5 bytes; what does not fit is not written, and recovery begins at an older checkpoint. */
size_t deck_state_bytes(const struct deck_params *params)
{
    enum { LEVEL_BYTES = 10, INSTRUMENT_BYTES = 320 << 10, REST_BYTES = 1 << 20 };
    unsigned count = instruments_count(params->instruments);
    struct core_params core = deck_core_params(params);
    count = params->capacity > count ? params->capacity : count;
    return (size_t)params->book_pool_levels * LEVEL_BYTES +
           (size_t)count * (INSTRUMENT_BYTES + core_features_state_bytes(&core)) + REST_BYTES;
}

static void plan_part(struct deck_plan *plan, const char *name, size_t bytes)
{
    TD_ASSERT(plan->count < DECK_PARTS_MAX, "more parts than the plan has lines");
    plan->part[plan->count].name = name;
    plan->part[plan->count++].bytes = bytes;
}

const char DECK_PART_LOG[] = "frame log, on tmpfs",
           DECK_PART_JOURNAL[] = "journal: block, zstd window",
           DECK_PART_GROUPS[] = "row groups: page pool",
           DECK_PART_WRITER[] = "segment writer: scratch, zstd, footers",
           DECK_PART_WIRE[] = "wire: TLS, connections",
           DECK_PART_CORE[] = "core: books, parser, held deltas",
           DECK_PART_FEATURES[] = "features: windows", DECK_PART_MODELS[] = "models",
           DECK_PART_READER[] = "journal reader, while recovering",
           DECK_PART_STATE[] = "checkpoint, while one is made";

struct deck_plan deck_plan_of(const struct deck_params *params)
{
    struct deck_plan plan = {0};
    struct framelog_params log = deck_log_params(params);
    struct core_params core = deck_core_params(params);
    struct groups_params groups = deck_groups_params(params);
    struct writer_params writer = deck_writer_params(params);
    writer.plan = &groups;
    struct journal_params journal = deck_journal_params(params, "");
    struct wire_params wire = deck_wire_params(params);
    plan_part(&plan, DECK_PART_LOG, framelog_bytes(&log) + framelog_footprint());
    if (params->journal)
        plan_part(&plan, DECK_PART_JOURNAL, journal_footprint(&journal));
    plan_part(&plan, DECK_PART_GROUPS, groups_footprint(&groups));
    plan_part(&plan, DECK_PART_WRITER, writer_footprint(&writer));
    if (params->endpoint_count > 0)
        plan_part(&plan, DECK_PART_WIRE, wire_footprint(&wire));
    size_t features = core_features_bytes(&core), models = core_models_bytes(&core);
    plan_part(&plan, DECK_PART_CORE, core_footprint(&core) - features - models);
    plan_part(&plan, DECK_PART_FEATURES, features);
    plan_part(&plan, DECK_PART_MODELS, models);
    if (params->journal || params->drain_folder != NULL) {
        plan_part(&plan, DECK_PART_READER, journal_reader_footprint());
        plan_part(&plan, DECK_PART_STATE, deck_state_bytes(params));
    }
    return plan;
}

size_t deck_plan_bytes(const struct deck_plan *plan)
{
    size_t sum = 0;
    for (unsigned i = 0; i < plan->count; i++)
        sum += plan->part[i].bytes;
    return sum;
}

size_t deck_plan_part(const struct deck_plan *plan, const char *name)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->part[i].name == name)
            return plan->part[i].bytes;
    return 0;
}

static size_t machine_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0 ? (size_t)pages * (size_t)page_bytes : SIZE_MAX;
}

/* Half of the pool is for open groups. */
void deck_pool_tell(const struct deck_params *params)
{
    struct core_params core = deck_core_params(params);
    uint64_t want = 2ull * TD_PAGE_BYTES * core_pages_needed(&core);
    if (want > params->pool_bytes)
        TD_WARN(
            "deck",
            "event=pool_small pool_mb=%llu want_mb=%llu next=\"raise segment.pool_mb: row groups "
            "of a few rows cost time and room\"",
            (unsigned long long)(params->pool_bytes >> 20), (unsigned long long)((want >> 20) + 1));
}

/* A plan that may not be, or that this machine cannot hold, is refused before anything is laid out. */
td_err deck_plan_fits(const struct deck_plan *plan, size_t max_bytes)
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
