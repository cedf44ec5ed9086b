#include "segment/file.h"

#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "segment/footer.h"

static int see_name(void *arg, const char *name, bool is_dir)
{
    uint32_t *highest = arg;
    uint32_t counter = is_dir ? 0 : path_counter(name);
    if (counter > *highest && counter < UINT32_MAX)
        *highest = counter;
    return 0;
}

/* A writer that knows nothing of its past must not take a name that stands. One that does gives the same names again on a replay: what
   stands there is compared when the file is sealed. */
static td_err next_counter(struct file_shared *shared, const struct path_partition *partition,
                           uint32_t *counter)
{
    uint32_t *last = counters_of(&shared->counters, partition);
    if (shared->counters_unknown) {
        char folder[PATH_MAX_BYTES];
        TD_TRY(path_folder(shared->ready, partition, folder));
        int listed = shared->disk->list(shared->disk->ctx, folder, see_name, last);
        TD_FAIL_IF(listed < 0 && listed != TD_E_MISSING, listed);
    }
    *counter = ++*last;
    return 0;
}

const struct table *file_table(const struct file_shared *shared, const char *name)
{
    const struct table *table = schema_find(name);
    return table == schema_table(ROW_FEATURES) ? &shared->features : table;
}

td_err file_path(const struct segment_file *file, const char *root,
                 const struct path_partition *partition, char out[PATH_MAX_BYTES])
{
    char folder[PATH_MAX_BYTES];
    TD_TRY(path_folder(root, partition, folder));
    return path_join(folder, file->name, out);
}

static td_err open_active(const struct segment_file *file, const struct file_shared *shared,
                          const struct path_partition *partition, int flags)
{
    char path[PATH_MAX_BYTES];
    TD_TRY(file_path(file, shared->active, partition, path));
    return shared->disk->open(shared->disk->ctx, path, flags, 0644);
}

/* Writes at the file's end; sums and offset travel in `file` between calls. */
static td_err out_open(struct out *out, struct segment_file *file, struct file_shared *shared,
                       const struct path_partition *partition, int flags)
{
    int handle = open_active(file, shared, partition, O_WRONLY | flags);
    TD_TRY(handle);
    *out = (struct out){.disk = shared->disk,
                        .file = handle,
                        .offset = file->offset,
                        .crc32c = file->crc32c,
                        .sha256 = &file->sha256,
                        .buffer = shared->buffer,
                        .cap = FILE_BUFFER_BYTES};
    return 0;
}

static td_err out_close(struct out *out, struct segment_file *file)
{
    td_err err = out_flush(out);
    int closed = out->disk->close(out->disk->ctx, out->file);
    file->offset = out->offset;
    file->crc32c = out->crc32c;
    return err ? err : closed < 0 ? closed : 0;
}

td_err file_begin(struct segment_file *file, struct file_shared *shared,
                  const struct path_partition *partition, int64_t hour_ns, int64_t first_recv_ns)
{
    char folder[PATH_MAX_BYTES];
    struct out out;
    TD_ASSERT(!file->open, "a stream has one open file");
    memset(file, 0, sizeof *file);
    TD_TRY(next_counter(shared, partition, &file->counter));
    file->hour_ns = hour_ns;
    file->first_recv_ns = first_recv_ns;
    mbedtls_sha256_init(&file->sha256);
    TD_FAIL_IF(mbedtls_sha256_starts(&file->sha256, 0) != 0, TD_E_UNSUPPORTED);
    TD_TRY(path_name(shared->deck, first_recv_ns, file->counter, file->name));
    TD_TRY(path_folder(shared->active, partition, folder));
    TD_TRY(shared->disk->make_dirs(shared->disk->ctx, folder));
    TD_TRY(out_open(&out, file, shared, partition, O_CREAT | O_TRUNC));
    file->open = true;
    out_put(&out, "PAR1", 4);
    return out_close(&out, file);
}

static void widen(struct range *range, int64_t least, int64_t greatest)
{
    if (!range->known || least < range->least)
        range->least = least;
    if (!range->known || greatest > range->greatest)
        range->greatest = greatest;
    range->known = true;
}

static void note_times(struct segment_file *file, const struct file_shared *shared,
                       const struct column *column)
{
    int64_t least, greatest;
    if ((column->field_id != 8 && column->field_id != 9) ||
        !encoder_last_range(shared->encoder, &least, &greatest))
        return;
    widen(column->field_id == 8 ? &file->recv_us : &file->event_us, least, greatest);
}

static void note_group(struct segment_file *file, const struct cut *cut)
{
    if (file->groups++ == 0 || cut->frame_first < file->frame_first)
        file->frame_first = cut->frame_first;
    if (cut->frame_last > file->frame_last)
        file->frame_last = cut->frame_last;
    file->rows += cut->rows;
    file->scale_epoch = cut->scale_epoch;
    if (cut->price_scale > file->price_scale)
        file->price_scale = cut->price_scale;
    if (cut->size_scale > file->size_scale)
        file->size_scale = cut->size_scale;
}

td_err file_append(struct segment_file *file, struct file_shared *shared,
                   const struct path_partition *partition, const struct cut *cut,
                   const struct group_view *view)
{
    const struct table *table = file_table(shared, partition->table);
    struct file_constants constants = {shared->deck,    partition->exchange, partition->symbol,
                                       partition->year, partition->month,    partition->day,
                                       partition->hour};
    struct out out;
    TD_TRY(out_open(&out, file, shared, partition, 0));
    meta_add_group(&shared->meta, &file->meta, cut->rows);
    for (unsigned i = 0; i < table->column_count; i++) {
        struct chunk_meta meta;
        struct chunk_stats stats;
        encode_column(shared->encoder, view, &table->column[i], &constants, &out, &meta, &stats);
        meta_add_chunk(&shared->meta, &file->meta, &meta, &stats);
        note_times(file, shared, &table->column[i]);
    }
    note_group(file, cut);
    return out_close(&out, file);
}

td_err file_finish(struct segment_file *file, struct file_shared *shared,
                   const struct path_partition *partition)
{
    struct out out;
    TD_TRY(out_open(&out, file, shared, partition, 0));
    footer_write(file, shared, partition, &out);
    TD_TRY(out_close(&out, file));
    return mbedtls_sha256_finish(&file->sha256, file->sha256_sum) == 0 ? 0 : TD_E_UNSUPPORTED;
}

void file_forget(struct segment_file *file, struct file_shared *shared)
{
    meta_clear(&shared->meta, &file->meta);
    file->open = false;
}
