#include "segment/writer.h"

#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "segment/cut.h"
#include "segment/file.h"
#include "segment/sealing.h"

struct counts {
    _Atomic uint64_t groups, rows[ROW_TABLES], segments, segment_bytes, table_bytes[ROW_TABLES];
    _Atomic uint64_t sealed_frame;
    _Atomic int last_err;
};

struct writer {
    struct writer_params params;
    struct file_shared shared;
    struct segment_file *file; /* one per stream */
    uint32_t streams_max, rows_max;
    void *view_memory;
    struct counts counts;
    _Atomic bool finishing;
    /* The batch being sealed: streams in rising order. */
    uint32_t *batch;
    uint32_t batch_count;
};

/* ---- memory ----------------------------------------------------------------------------------- */

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static const struct groups_params *shape(const struct writer_params *params)
{
    return params->groups != NULL ? cut_params(params->groups) : params->plan;
}

static struct encoder_params encoder_params_of(const struct writer_params *params)
{
    return (struct encoder_params){.rows_max = shape(params)->rows_max,
                                   .zstd_level = params->zstd_level,
                                   .compat = params->compat};
}

/* 2 MiB is about 2,000 row groups of `book` or 250 of `features`; each open file has its first block on top. */
enum { META_SHARED_BLOCKS = (2 << 20) / META_BLOCK_BYTES };

static uint32_t meta_blocks(const struct writer_params *params)
{
    return META_SHARED_BLOCKS + shape(params)->streams_max;
}

static size_t features_columns_bytes(void)
{
    return schema_table(ROW_FEATURES)->column_count * sizeof(struct column);
}

size_t writer_footprint(const struct writer_params *params)
{
    const struct groups_params *groups = shape(params);
    struct encoder_params encoder = encoder_params_of(params);
    return align(sizeof(struct writer)) + align(groups->streams_max * sizeof(struct segment_file)) +
           align(groups->streams_max * sizeof(uint32_t)) +
           align(group_view_footprint(groups->rows_max)) + align(encoder_footprint(&encoder)) +
           align(meta_footprint(meta_blocks(params))) +
           align(counters_footprint(groups->streams_max)) + FILE_BUFFER_BYTES +
           align(features_columns_bytes());
}

static void *carve(unsigned char **at, size_t bytes)
{
    void *mem = *at;
    *at += align(bytes);
    return mem;
}

static td_err lay_out(struct writer *writer, unsigned char *at)
{
    const struct writer_params *params = &writer->params;
    struct encoder_params encoder = encoder_params_of(params);
    writer->file = carve(&at, writer->streams_max * sizeof(struct segment_file));
    memset(writer->file, 0, writer->streams_max * sizeof(struct segment_file));
    writer->batch = carve(&at, writer->streams_max * sizeof(uint32_t));
    writer->view_memory = carve(&at, group_view_footprint(writer->rows_max));
    void *encoder_memory = carve(&at, encoder_footprint(&encoder));
    void *meta_memory = carve(&at, meta_footprint(meta_blocks(params)));
    meta_init(&writer->shared.meta, meta_memory, meta_blocks(params));
    void *counters_memory = carve(&at, counters_footprint(writer->streams_max));
    counters_init(&writer->shared.counters, counters_memory, writer->streams_max);
    writer->shared.counters_unknown = true;
    writer->shared.buffer = carve(&at, FILE_BUFFER_BYTES);
    schema_features_on(cut_params(params->groups)->features_on,
                       carve(&at, features_columns_bytes()), &writer->shared.features);
    return encoder_init(encoder_memory, &encoder, &writer->shared.encoder);
}

static td_err copy_texts(struct file_shared *shared, const struct writer_params *params)
{
    path_sanitise(params->deck, strlen(params->deck), shared->deck, sizeof shared->deck);
    bool fits =
        td_text_copy(shared->build, sizeof shared->build, params->build, strlen(params->build)) &&
        td_text_copy(shared->config_hash, sizeof shared->config_hash, params->config_hash,
                     strlen(params->config_hash));
    TD_FAIL_IF(!fits, TD_E_RANGE);
    TD_TRY(path_join(params->data_dir, "active", shared->active));
    return path_join(params->data_dir, "ready", shared->ready);
}

/* What stands there is torn or half: the journal holds its frames. */
static td_err drop_active(const struct file_shared *shared)
{
    const struct td_disk *disk = shared->disk;
    int removed = disk->remove_tree(disk->ctx, shared->active);
    TD_FAIL_IF(removed < 0 && removed != TD_E_MISSING, removed);
    TD_TRY(disk->make_dirs(disk->ctx, shared->active));
    return disk->make_dirs(disk->ctx, shared->ready);
}

td_err writer_init(void *mem, const struct writer_params *params, struct writer **writer)
{
    struct writer *self = mem;
    const struct td_disk *disk = &params->os->disk;
    memset(self, 0, sizeof *self);
    self->params = *params;
    self->streams_max = cut_params(params->groups)->streams_max;
    self->rows_max = cut_params(params->groups)->rows_max;
    self->shared.disk = disk;
    TD_TRY(lay_out(self, (unsigned char *)mem + align(sizeof *self)));
    TD_TRY(copy_texts(&self->shared, params));
    TD_TRY(drop_active(&self->shared));
    *writer = self;
    return 0;
}

td_err writer_reset(struct writer *writer)
{
    struct file_shared *shared = &writer->shared;
    TD_ASSERT(groups_queue_empty(writer->params.groups), "the disk thread is at work");
    TD_TRY(drop_active(shared));
    for (uint32_t i = 0; i < writer->streams_max; i++)
        file_forget(&writer->file[i], shared);
    counters_init(&shared->counters, shared->counters.at, writer->streams_max);
    shared->counters_unknown = true;
    atomic_store_explicit(&writer->counts.last_err, 0, memory_order_relaxed);
    return 0;
}

void writer_state(struct writer *writer, struct td_state *state)
{
    counters_state(&writer->shared.counters, state);
    if (state->loading && !state->failed)
        writer->shared.counters_unknown = false;
}

void writer_names_from_start(struct writer *writer)
{
    counters_init(&writer->shared.counters, writer->shared.counters.at, writer->streams_max);
    writer->shared.counters_unknown = false;
}

/* ---- sealing ---------------------------------------------------------------------------------- */

static void add(_Atomic uint64_t *count, uint64_t amount)
{
    atomic_fetch_add_explicit(count, amount, memory_order_relaxed);
}

static struct path_partition partition_of(const struct writer *writer, uint32_t stream,
                                          int64_t hour_ns)
{
    struct stream_name name = cut_stream(writer->params.groups, (int)stream);
    struct path_partition partition;
    memset(&partition, 0, sizeof partition);
    path_partition_of(&partition, schema_table(name.table)->name, name.exchange, name.symbol,
                      hour_ns);
    return partition;
}

static struct seal_item batch_item(void *arg, uint32_t index)
{
    struct writer *writer = arg;
    uint32_t stream = writer->batch[index];
    struct segment_file *file = &writer->file[stream];
    return (struct seal_item){file, partition_of(writer, stream, file->hour_ns)};
}

static void count_sealed(struct writer *writer, uint32_t stream)
{
    uint64_t bytes = (uint64_t)writer->file[stream].offset;
    if (writer->file[stream].fate != FATE_PUBLISH)
        return;
    add(&writer->counts.segments, 1);
    add(&writer->counts.segment_bytes, bytes);
    add(&writer->counts.table_bytes[cut_stream(writer->params.groups, (int)stream).table], bytes);
    td_metric_add(TD_M_segments_sealed, 1);
    td_metric_add(TD_M_segment_bytes, bytes);
}

static td_err seal_listed(struct writer *writer)
{
    TD_TRY(seal_batch(&writer->shared, writer->batch_count, batch_item, writer));
    for (uint32_t i = 0; i < writer->batch_count; i++) {
        count_sealed(writer, writer->batch[i]);
        file_forget(&writer->file[writer->batch[i]], &writer->shared);
    }
    return 0;
}

static td_err seal_one(struct writer *writer, uint32_t stream)
{
    writer->batch[0] = stream;
    writer->batch_count = 1;
    return seal_listed(writer);
}

/* hour_ns: only files of that hour; NULL: all. */
static td_err seal_open(struct writer *writer, const int64_t *hour_ns)
{
    writer->batch_count = 0;
    for (uint32_t i = 0; i < writer->streams_max; i++)
        if (writer->file[i].open && (!hour_ns || writer->file[i].hour_ns == *hour_ns))
            writer->batch[writer->batch_count++] = i;
    return seal_listed(writer);
}

/* Blocks in use beyond the first one of each open file: how many streams there is room for must not decide what is sealed. */
static uint32_t meta_shared(const struct writer *writer)
{
    uint32_t shared = 0;
    for (uint32_t i = 0; i < writer->streams_max; i++)
        if (writer->file[i].meta.blocks > 1)
            shared += writer->file[i].meta.blocks - 1;
    return shared;
}

static bool goes_first(const struct writer *writer, uint32_t stream, uint32_t than)
{
    uint32_t blocks = writer->file[stream].meta.blocks, other = writer->file[than].meta.blocks;
    const struct groups *groups = writer->params.groups;
    return blocks > other ||
           (blocks == other && stream_name_compare(cut_stream(groups, (int)stream),
                                                   cut_stream(groups, (int)than)) < 0);
}

/* The shared pool of footer metadata must take one more group: else the file that holds most of it goes, the first by name on a tie. */
static td_err make_meta_room(struct writer *writer, unsigned columns)
{
    while (meta_shared(writer) + meta_blocks_for(columns) > META_SHARED_BLOCKS) {
        uint32_t largest = 0;
        for (uint32_t i = 1; i < writer->streams_max; i++)
            if (writer->file[i].open && goes_first(writer, i, largest))
                largest = i;
        TD_TRY(seal_one(writer, largest));
    }
    return 0;
}

/* ---- groups ----------------------------------------------------------------------------------- */

static bool fits_file(const struct segment_file *file, const struct cut *cut)
{
    return file->hour_ns == cut->hour_ns && file->groups < TD_SEGMENT_GROUPS_MAX &&
           file->scale_epoch == cut->scale_epoch;
}

/* After the hour's seal come rows whose heads still lie before it: predictions that were labelled since. Their files are of many streams,
   and what is behind by an hour is behind together: one batch, for a seal costs two syncs however many files it has. */
static td_err make_file_room(struct writer *writer, uint32_t stream, const struct cut *cut)
{
    const struct segment_file *file = &writer->file[stream];
    int64_t hour_ns = file->hour_ns;
    if (!file->open || fits_file(file, cut))
        return 0;
    return hour_ns == cut->hour_ns ? seal_one(writer, stream) : seal_open(writer, &hour_ns);
}

static td_err append_group(struct writer *writer, const struct cut *cut,
                           const struct group_view *view)
{
    uint32_t stream = (uint32_t)cut->stream;
    struct segment_file *file = &writer->file[stream];
    struct path_partition partition = partition_of(writer, stream, cut->hour_ns);
    TD_TRY(make_meta_room(writer, file_table(&writer->shared, partition.table)->column_count));
    TD_TRY(make_file_room(writer, stream, cut));
    if (!file->open)
        TD_TRY(file_begin(file, &writer->shared, &partition, cut->hour_ns,
                          group_view_head(view, 0)->recv_ns));
    TD_TRY(file_append(file, &writer->shared, &partition, cut, view));
    add(&writer->counts.groups, 1);
    add(&writer->counts.rows[view->table], cut->rows);
    td_metric_add(TD_M_groups_written, 1);
    return file->offset >= writer->params.segment_bytes ? seal_one(writer, stream) : 0;
}

static td_err seal_at(struct writer *writer, const struct cut *cut)
{
    TD_TRY(seal_open(writer, NULL));
    atomic_store_explicit(&writer->counts.sealed_frame, cut->frame_last, memory_order_release);
    return writer->params.sealed == NULL
               ? 0
               : writer->params.sealed(writer->params.sealed_arg, cut->frame_last,
                                       (enum groups_seal)cut->seal);
}

static td_err handle(struct writer *writer, const struct cut *cut)
{
    struct group_view view;
    if (cut->stream < 0)
        return seal_at(writer, cut);
    group_view_init(&view, writer->view_memory, writer->rows_max, cut,
                    cut_stream(writer->params.groups, cut->stream).table, writer->params.groups);
    return append_group(writer, cut, &view);
}

/* The frame that causes a seal is not part of what is sealed; all before it are. */
static bool is_synced(const struct writer *writer, const struct cut *cut)
{
    const _Atomic uint64_t *synced = writer->params.synced_frame;
    uint64_t wanted = cut->frame_cause;
    if (cut->stream < 0 && wanted > 0)
        wanted--;
    return !synced || atomic_load_explicit(synced, memory_order_acquire) >= wanted;
}

static void stop_writing(struct writer *writer, td_err err)
{
    atomic_store_explicit(&writer->counts.last_err, err, memory_order_relaxed);
    TD_ERROR("segment", "event=stopped error=%s text=\"%s\"", td_err_name(err), td_err_text(err));
}

/* What comes after an error is given back at once, synced or not: the core must not wait for it. */
int writer_step(struct writer *writer)
{
    const struct cut *cut = cut_peek(writer->params.groups);
    td_err err = atomic_load_explicit(&writer->counts.last_err, memory_order_relaxed);
    if (!cut || (!err && !is_synced(writer, cut)))
        return 0;
    if (!err && (err = handle(writer, cut)) < 0)
        stop_writing(writer, err);
    cut_done(writer->params.groups);
    return err < 0 ? err : 1;
}

/* ---- thread ----------------------------------------------------------------------------------- */

/* Sleeps on whichever bell can bring the next step: the journal's when a group waits for it, else the queue's. */
static void wait_for_work(struct writer *writer, uint32_t cut_seen, uint32_t synced_seen)
{
    enum { SYNC_POLL_MS = 1000 };
    struct td_doorbell *bell = cut_bell(writer->params.groups);
    if (cut_peek(writer->params.groups) && writer->params.synced_bell)
        td_doorbell_wait(writer->params.synced_bell, synced_seen, SYNC_POLL_MS);
    else
        td_doorbell_wait(bell, cut_seen, SYNC_POLL_MS);
}

void writer_run(struct writer *writer)
{
    struct td_doorbell *synced_bell = writer->params.synced_bell;
    for (;;) {
        bool finishing = atomic_load(&writer->finishing);
        uint32_t cut_seen = td_doorbell_seen(cut_bell(writer->params.groups));
        uint32_t synced_seen = synced_bell ? td_doorbell_seen(synced_bell) : 0;
        if (writer_step(writer) != 0)
            continue;
        if (finishing && !cut_peek(writer->params.groups))
            return;
        wait_for_work(writer, cut_seen, synced_seen);
    }
}

void writer_finish(struct writer *writer)
{
    atomic_store(&writer->finishing, true);
    td_doorbell_ring(cut_bell(writer->params.groups));
}

struct writer_stats writer_stats(const struct writer *writer)
{
    const struct counts *counts = &writer->counts;
    struct writer_stats stats = {.groups = counts->groups,
                                 .segments = counts->segments,
                                 .segment_bytes = counts->segment_bytes,
                                 .sealed_frame = counts->sealed_frame,
                                 .remade = writer->shared.remade,
                                 .differs = writer->shared.differs,
                                 .last_err = counts->last_err};
    for (unsigned t = 0; t < ROW_TABLES; t++) {
        stats.rows[t] = counts->rows[t];
        stats.table_bytes[t] = counts->table_bytes[t];
    }
    return stats;
}
