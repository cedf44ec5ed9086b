#include "sim/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "sim/rows_parts.h"

enum { LOOK_FILES_MAX = 4096, PATH_MAX_HERE = 512 };

struct found {
    char path[PATH_MAX_HERE];
    int64_t bytes;
    uint64_t first_frame;
    void *data;
};

struct finding {
    struct rows *rows;
    struct found *found;
    unsigned count;
};

/* ---- marks ------------------------------------------------------------------------------------------------------------- */

static void note_trade(struct rows_book *book, uint64_t id, uint8_t bit)
{
    if (book->stored == NULL) {
        book->trade_base = id > 100000 ? id - 100000 : 0;
        book->trade_cap = 1 << 21;
        book->stored = calloc(book->trade_cap, 1);
        book->stored_frame = calloc(book->trade_cap, sizeof *book->stored_frame);
        TD_ASSERT(book->stored && book->stored_frame, "no memory for the trades");
    }
    if (id < book->trade_base || id - book->trade_base >= book->trade_cap)
        return;
    book->stored[id - book->trade_base] |= bit;
}

static void push(struct rows_mark_list *list, const struct mark *mark)
{
    if (list->first > 1024 && 2 * list->first > list->count) {
        list->count -= list->first;
        memmove(list->mark, list->mark + list->first, list->count * sizeof *list->mark);
        list->first = 0;
    }
    if (list->count == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 1024;
        list->mark = realloc(list->mark, list->cap * sizeof *list->mark);
        TD_ASSERT(list->mark != NULL, "no memory for the marks");
    }
    list->mark[list->count++] = *mark;
}

void rows_mark(void *arg, const struct mark *mark)
{
    struct rows *rows = arg;
    struct rows_book *book = &rows->book[mark->market];
    if (mark->trade > 0) {
        note_trade(book, mark->trade, 1);
        book->trades_told++;
        push(&book->trades, mark);
    } else if (mark->say == SAY_BOOK || mark->say == SAY_SNAPSHOT || mark->spoils) {
        push(&book->marks, mark);
    }
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

enum { T_FRAME, T_ID, T_FLAGS };
static const char *const trade_columns[] = {"frame", "trade_id", "flags"};

static void trade_row(struct rows *rows, unsigned index, const struct columns *c, size_t row)
{
    struct rows_book *book = &rows->book[index];
    const struct market *market = bourse_truth(rows->bourse, index)->market;
    uint64_t id = (uint64_t)columns_number(c, T_ID, row);
    bool valid = c->values[T_ID].valid[row] && id <= market->trades;
    if (!valid) /* a lie of the venue's */
        return;
    uint64_t place = id - book->trade_base;
    if (book->stored && id >= book->trade_base && place < book->trade_cap &&
        book->stored[place] & 2 && !world_tainted(rows->world, book->stored_frame[place]))
        world_fail(rows->world,
                   "trade %llu of %s is stored twice, of frame %u and of frame %llu (%s)",
                   (unsigned long long)id, market->is.raw, book->stored_frame[place],
                   (unsigned long long)columns_number(c, T_FRAME, row), rows->path);
    note_trade(book, id, 2);
    book->trade_rows += !(columns_number(c, T_FLAGS, row) & (TD_ROW_SNAPSHOT | TD_ROW_BACKFILL));
    if (place < book->trade_cap)
        book->stored_frame[place] = (uint32_t)columns_number(c, T_FRAME, row);
    book->trades_stored++;
}

static const char *const ticker_columns[] = {"frame"};

static void ticker_row(struct rows *rows, unsigned index, const struct columns *c, size_t row)
{
    (void)c;
    (void)row;
    rows->book[index].ticker_rows++;
}

static const struct kind_of_file {
    const char *table;
    const char *const *name;
    unsigned count;
    void (*each)(struct rows *rows, unsigned index, const struct columns *c, size_t row);
} file_kinds[] = {{"/book/", rows_book_columns, ROWS_BOOK_COLUMNS, rows_book_row},
                  {"/trades/", trade_columns, 3, trade_row},
                  {"/ticker/", ticker_columns, 1, ticker_row}};
enum { FILE_KINDS = sizeof file_kinds / sizeof *file_kinds };

static int truth_of_path(struct rows *rows, const char *path)
{
    for (unsigned host = 0; host < rows->bourse->params.venues; host++)
        for (unsigned i = 0; i < rows->bourse->house[host].markets; i++) {
            char part[128];
            snprintf(part, sizeof part, "/exchange=%s/symbol=%s/",
                     rows->bourse->house[host].feed->name,
                     rows->bourse->house[host].market[i].is.symbol);
            if (strstr(path, part))
                return (int)(rows->bourse->truth_base[host] + i);
        }
    return strstr(path, "/exchange=_all/") ? -1 : -2;
}

static void walk_file(struct rows *rows, const struct found *found)
{
    struct columns columns = {0};
    const struct kind_of_file *kind = NULL;
    int index = truth_of_path(rows, found->path);
    bool gaps = strstr(found->path, "/gaps/") != NULL;
    for (unsigned i = 0; i < (rows->exact ? FILE_KINDS : FILE_KINDS - 1); i++) /* tickers last */
        if (strstr(found->path, file_kinds[i].table))
            kind = &file_kinds[i];
    if (!gaps && (kind == NULL || index < 0))
        return;
    if (reader_open_memory(found->data, (size_t)found->bytes, NULL, &columns.reader) < 0) {
        world_fail(rows->world, "%s cannot be read: %s", found->path, reader_why(columns.reader));
        reader_close(columns.reader);
        return;
    }
    rows->path = found->path;
    columns.name = gaps ? rows_gap_columns : kind->name;
    columns.count = gaps ? ROWS_GAP_COLUMNS : kind->count;
    uint32_t groups = reader_meta(columns.reader)->group_count;
    for (; columns.group < groups && columns_load(&columns, rows->world, found->path);
         columns.group++)
        for (size_t row = 0; row < columns.rows; row++, rows->rows++) {
            if (gaps)
                rows_gap_row(rows, index, &columns, row);
            else
                kind->each(rows, (unsigned)index, &columns, row);
        }
    for (unsigned i = 0; i < columns.count; i++)
        values_free(&columns.values[i]);
    reader_close(columns.reader);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------- */

static bool is_new(struct rows *rows, const char *path)
{
    uint64_t hash = td_hash64(path, strlen(path), 3);
    unsigned at = (unsigned)(hash % ROWS_FILES_MAX);
    for (; rows->seen[at] != 0; at = (at + 1) % ROWS_FILES_MAX)
        if (rows->seen[at] == hash)
            return false;
    TD_ASSERT(++rows->files < ROWS_FILES_MAX / 2, "more segments than the rig can remember");
    rows->seen[at] = hash;
    return true;
}

static void find(void *arg, const char *path, int64_t bytes)
{
    struct finding *finding = arg;
    size_t length = strlen(path);
    if (length < 8 || strcmp(path + length - 8, ".parquet") != 0 || !is_new(finding->rows, path))
        return;
    TD_ASSERT(finding->count < LOOK_FILES_MAX, "too many segments at once");
    struct found *found = &finding->found[finding->count++];
    snprintf(found->path, sizeof found->path, "/%s", path);
    found->bytes = bytes;
}

static void write_copy(const char *path, const void *data, size_t bytes)
{
    char folder[PATH_MAX_HERE + 256], command[PATH_MAX_HERE + 300];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(folder, 0700);
        *at = '/';
    }
    mkdir(folder, 0700);
    (void)command;
    FILE *file = fopen(path, "wb");
    TD_ASSERT(file != NULL, "a copy to be verified cannot be made");
    fwrite(data, 1, bytes, file);
    fclose(file);
}

static void told_by_verify(void *ctx, const char *path, const char *kind, const char *what)
{
    struct rows *rows = ctx;
    if (rows->complaint[0] == '\0')
        snprintf(rows->complaint, sizeof rows->complaint, "%s: %s: %s", path, kind, what);
}

/* As `tape verify` would, from a copy: the card is not in this file system. */
static void verify_copy(struct rows *rows, const struct found *found)
{
    char path[PATH_MAX_HERE + 200], receipt[PATH_MAX_HERE], copy[PATH_MAX_HERE + 200];
    const char *name = strrchr(found->path, '/') + 1;
    static char text[64 << 10];
    snprintf(path, sizeof path, "%s%s", rows->copy_dir, found->path);
    snprintf(receipt, sizeof receipt, "%.*s_%.*s.json", (int)(name - found->path), found->path,
             (int)(strlen(name) - strlen(".parquet")), name);
    int64_t bytes = sim_disk_peek(rows->disk, receipt, text, sizeof text);
    if (bytes <= 0) {
        snprintf(receipt, sizeof receipt, "%.*s_%s.json", (int)(name - found->path), found->path,
                 name);
        bytes = sim_disk_peek(rows->disk, receipt, text, sizeof text);
    }
    snprintf(copy, sizeof copy, "%s%s", rows->copy_dir, receipt);
    write_copy(path, found->data, (size_t)found->bytes);
    if (bytes > 0)
        write_copy(copy, text, (size_t)bytes);
    rows->complaint[0] = '\0';
    verify_segment(&rows->verify, path);
    if (rows->verify.problems > 0)
        world_fail(rows->world, "%s", rows->complaint);
    unlink(path);
    unlink(copy);
}

static int by_frame(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    if (left->first_frame != right->first_frame)
        return left->first_frame < right->first_frame ? -1 : 1;
    return strcmp(left->path, right->path);
}

static uint64_t first_frame(struct rows *rows, const struct found *found)
{
    static const char *const names[] = {"frame"};
    struct columns columns = {.name = names, .count = 1};
    uint64_t frame = 0;
    if (reader_open_memory(found->data, (size_t)found->bytes, NULL, &columns.reader) == 0 &&
        footer_column(reader_meta(columns.reader), "frame") >= 0 &&
        columns_load(&columns, rows->world, found->path) && columns.rows > 0)
        frame = (uint64_t)columns_number(&columns, 0, 0);
    values_free(&columns.values[0]);
    reader_close(columns.reader);
    return frame;
}

void rows_look(struct rows *rows)
{
    static struct found found[LOOK_FILES_MAX];
    struct finding finding = {rows, found, 0};
    sim_disk_walk(rows->disk, rows->ready, find, &finding);
    for (unsigned i = 0; i < finding.count; i++) {
        found[i].data = malloc((size_t)found[i].bytes + 1);
        TD_ASSERT(found[i].data != NULL, "no memory for a segment");
        sim_disk_peek(rows->disk, found[i].path, found[i].data, found[i].bytes);
        found[i].first_frame = first_frame(rows, &found[i]);
    }
    qsort(found, finding.count, sizeof *found, by_frame);
    for (unsigned i = 0; i < finding.count; i++) {
        rows->hash = td_hash64(found[i].data, (size_t)found[i].bytes, rows->hash);
        rows->bytes += (uint64_t)found[i].bytes;
        verify_copy(rows, &found[i]);
        walk_file(rows, &found[i]);
        free(found[i].data);
    }
}

static const char *market_of(const struct rows *rows, const struct rows_gap *gap)
{
    return gap->market >= 0 ? bourse_truth(rows->bourse, (unsigned)gap->market)->market->is.raw
                            : "all";
}

void rows_end(struct rows *rows)
{
    unsigned open = 0;
    rows_look(rows);
    rows_check_holes(rows);
    if (rows->exact)
        rows_count(rows);
    for (unsigned i = 0; i < rows->gaps; i++)
        if (rows->gap[i].close_frame == 0 && strcmp(rows->gap[i].kind, "stop") != 0 && open++ == 0)
            world_fail(
                rows->world, "gap %lld (%s of %s, %s, opened at frame %llu) was never closed",
                (long long)rows->gap[i].id, rows->gap[i].channel, market_of(rows, &rows->gap[i]),
                rows->gap[i].kind, (unsigned long long)rows->gap[i].open_frame);
}

void rows_init(struct rows *rows, struct world *world, struct bourse *bourse, struct sim_disk *disk,
               const char *data_dir, const char *copy_dir)
{
    memset(rows, 0, sizeof *rows);
    rows->world = world;
    rows->bourse = bourse;
    rows->disk = disk;
    snprintf(rows->ready, sizeof rows->ready, "%s/ready", data_dir + 1);
    snprintf(rows->copy_dir, sizeof rows->copy_dir, "%s", copy_dir);
    rows->gap = malloc(ROWS_GAPS_MAX * sizeof *rows->gap);
    rows->close = malloc(ROWS_CLOSES_MAX * sizeof *rows->close);
    TD_ASSERT(rows->gap && rows->close, "no memory for the ledger");
    rows->verify = (struct verify){.tell = told_by_verify, .ctx = rows};
}
