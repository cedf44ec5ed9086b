#include "lake/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lake/segment_info.h"
#include "lake/verb.h"

enum { NAMES_BYTES_MAX = 256 << 20 };

static const char *const table_name[STREAM_TABLES] = {"book", "trades", "ticker", "predictions",
                                                      "instruments"};

/* A segment with what its footer says. */
struct found {
    struct stream_file file;
    struct path_partition partition;
    char deck[TD_DECK_NAME_MAX];
    enum stream_table table;
};

static int table_of(const char *name)
{
    for (int i = 0; i < STREAM_TABLES; i++)
        if (strcmp(name, table_name[i]) == 0)
            return i;
    return -1;
}

static bool wanted(const struct streams_request *request, const struct path_partition *partition)
{
    int table = table_of(partition->table);
    return table >= 0 && request->tables >> table & 1 &&
           (!request->exchange || strcmp(request->exchange, partition->exchange) == 0) &&
           (!request->symbol || strcmp(request->symbol, partition->symbol) == 0);
}

static int no_lineage(const char *path)
{
    verb_complain("Name a data directory, its ready/, or segments as the recorder wrote them.",
                  "%s: its footer does not say whose rows it holds", path);
    return EXIT_CORRUPT;
}

static int describe(struct found *found, const struct file_entry *entry, const struct pq_meta *meta)
{
    struct segment_info info;
    const char *deck = footer_key(meta, "deck");
    segment_info_path(&info, entry->path);
    segment_info_footer(&info, meta);
    found->partition = info.partition;
    found->file = (struct stream_file){.path = entry->path,
                                       .rows = meta->rows,
                                       .bytes = entry->bytes,
                                       .price_scale = segment_price_scale(meta),
                                       .size_scale = segment_size_scale(meta)};
    if (!deck || found->file.price_scale < 0 || found->file.size_scale < 0 ||
        !segment_number(meta, "journal_first_frame", &found->file.frame_first) ||
        !segment_number(meta, "journal_last_frame", &found->file.frame_last))
        return no_lineage(entry->path);
    td_text_copy(found->deck, sizeof found->deck, deck, strlen(deck));
    return EXIT_FINE;
}

static int look(const struct streams_request *request, const struct file_entry *entry,
                struct lake_buffer *all)
{
    struct path_partition partition;
    struct found found = {0};
    struct reader *reader;
    if (entry->is_receipt || entry->is_open ||
        (path_parse(entry->path, &partition) == 0 && !wanted(request, &partition)))
        return EXIT_FINE;
    td_err err = reader_open(entry->path, NULL, &reader);
    int code = verb_exit(err);
    if (err)
        verb_complain("`tape verify` says more.", "%s: %s", entry->path, reader_why(reader));
    else if (footer_key(reader_meta(reader), "table"))
        code = describe(&found, entry, reader_meta(reader));
    reader_close(reader);
    if (code || !found.file.path || !wanted(request, &found.partition) || !found.file.rows)
        return code;
    found.table = (enum stream_table)table_of(found.partition.table);
    return verb_exit(lake_append(all, &found, sizeof found));
}

/* ---- order ----------------------------------------------------------------------------------- */

static int whose(const struct found *a, const struct found *b)
{
    int order = strcmp(a->deck, b->deck);
    order = order ? order : strcmp(a->partition.exchange, b->partition.exchange);
    return order ? order : strcmp(a->partition.symbol, b->partition.symbol);
}

/* A table's files follow each other: the last frame rises also where the first rows are of frames that were held back. */
static int by_order(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    int order = whose(a, b);
    if (order)
        return order;
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    if (a->file.frame_last != b->file.frame_last)
        return a->file.frame_last < b->file.frame_last ? -1 : 1;
    if (a->file.frame_first != b->file.frame_first)
        return a->file.frame_first < b->file.frame_first ? -1 : 1;
    return strcmp(a->file.path, b->file.path);
}

static void begin_stream(struct lake_stream *stream, const struct found *found)
{
    memset(stream, 0, sizeof *stream);
    memcpy(stream->deck, found->deck, sizeof stream->deck);
    memcpy(stream->exchange, found->partition.exchange, sizeof stream->exchange);
    memcpy(stream->symbol, found->partition.symbol, sizeof stream->symbol);
}

static void add_file(struct lake_stream *stream, const struct found *found,
                     const struct stream_file *file)
{
    if (!stream->files[found->table]++)
        stream->file[found->table] = file;
    if (found->table == STREAM_INSTRUMENTS)
        return;
    if (file->price_scale > stream->price_scale)
        stream->price_scale = file->price_scale;
    if (file->size_scale > stream->size_scale)
        stream->size_scale = file->size_scale;
}

static bool is_recorded(const struct lake_stream *stream)
{
    for (int i = 0; i < STREAM_INSTRUMENTS; i++)
        if (stream->files[i])
            return true;
    return false;
}

static void drop_unrecorded(struct streams *streams)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < streams->count; i++)
        if (is_recorded(&streams->stream[i]))
            streams->stream[kept++] = streams->stream[i];
    streams->count = kept;
}

static td_err arrange(struct streams *streams, struct found *found, size_t count)
{
    struct stream_file *file = lake_take(&streams->arena, count, sizeof *file);
    streams->stream = lake_take(&streams->arena, count, sizeof *streams->stream);
    TD_FAIL_IF(!file || !streams->stream, TD_E_NO_MEMORY);
    if (count)
        qsort(found, count, sizeof *found, by_order);
    for (size_t i = 0; i < count; i++) {
        const char *path = found[i].file.path;
        if (i == 0 || whose(&found[i - 1], &found[i]) != 0)
            begin_stream(&streams->stream[streams->count++], &found[i]);
        file[i] = found[i].file;
        file[i].path = lake_text(&streams->arena, path, strlen(path));
        TD_FAIL_IF(!file[i].path, TD_E_NO_MEMORY);
        add_file(&streams->stream[streams->count - 1], &found[i], &file[i]);
        streams->bytes += file[i].bytes;
    }
    drop_unrecorded(streams);
    return 0;
}

int streams_find(struct streams *streams, const struct streams_request *request)
{
    struct file_list list = {0};
    struct lake_buffer all = {0};
    int code = EXIT_FINE;
    streams->arena.limit = NAMES_BYTES_MAX;
    for (int i = 0; i < request->path_count && !code; i++)
        code = files_collect_or_complain(&list, request->path[i]);
    for (size_t i = 0; i < list.count && !code; i++)
        code = look(request, files_at(&list, i), &all);
    if (!code) {
        size_t count = all.bytes / sizeof(struct found);
        code = verb_exit(arrange(streams, (struct found *)(void *)all.data, count));
    }
    lake_buffer_free(&all);
    files_free(&list);
    return code;
}

void streams_free(struct streams *streams)
{
    lake_arena_free(&streams->arena);
    *streams = (struct streams){0};
}
