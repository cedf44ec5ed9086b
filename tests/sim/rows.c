#include "sim/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/hash.h"

/* HELD_FRAMES: a change may wait so long for its base. */
enum { HELD_FRAMES = 3000, LOOK_FILES_MAX = 4096, CHECKED_LEVELS = 10, PATH_MAX_HERE = 512 };

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
        TD_ASSERT(book->stored != NULL, "no memory for the trades");
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

/* The mark of a frame; those before it are dealt with. */
static const struct mark *mark_of(struct rows_book *book, uint64_t frame)
{
    struct rows_mark_list *list = &book->marks;
    while (list->first < list->count && list->mark[list->first].frame <= frame) {
        const struct mark *mark = &list->mark[list->first];
        book->spoilt |= mark->spoils;
        book->spoilt_frame = mark->spoils ? mark->frame : book->spoilt_frame;
        if (mark->frame == frame)
            return mark;
        list->first++;
    }
    return NULL;
}

/* ---- books --------------------------------------------------------------------------------------------------------------- */

static struct rows_book *book_at(struct rows *rows, unsigned index)
{
    struct rows_book *book = &rows->book[index];
    if (book->begun)
        return book;
    uint32_t cap = bourse_truth(rows->bourse, index)->market->is.levels_max + 4096;
    for (int ask = 0; ask < 2; ask++) {
        book->memory[ask] = malloc(cap * sizeof *book->memory[ask]);
        TD_ASSERT(book->memory[ask] != NULL, "no memory for a book of rows");
        levels_init(&book->side[ask], book->memory[ask], cap, !ask);
    }
    book->begun = true;
    return book;
}

static bool same_top(const struct levels *a, const struct levels *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++) {
        const struct level *x = levels_nth(a, i), *y = levels_nth(b, i);
        if (x == NULL || y == NULL)
            return x == y;
        if (x->price_steps != y->price_steps || x->size_steps != y->size_steps)
            return false;
    }
    return true;
}

static uint32_t depth_of(const struct market *market, const struct house *house, bool spoilt)
{
    (void)market;
    if (house->feed != &feed_kraken)
        return UINT32_MAX;
    return spoilt ? CHECKED_LEVELS : 1000;
}

static void complain_book(struct rows *rows, const struct truth *truth,
                          const struct rows_book *book, uint64_t frame, uint32_t depth)
{
    for (int ask = 0; ask < 2; ask++)
        for (uint32_t i = 0; i < depth; i++) {
            const struct level *x = levels_nth(&book->side[ask], i);
            const struct level *y = levels_nth(&truth->side[ask], i);
            if (x && y && x->price_steps == y->price_steps && x->size_steps == y->size_steps)
                continue;
            if (!x && !y)
                break;
            world_fail(rows->world,
                       "the book of %s at frame %llu is marked proven and is wrong: %s level %u "
                       "is %lld x %lld, truly %lld x %lld (%u levels, truly %u)",
                       truth->market->is.raw, (unsigned long long)frame, ask ? "ask" : "bid", i,
                       x ? (long long)x->price_steps : 0, x ? (long long)x->size_steps : 0,
                       y ? (long long)y->price_steps : 0, y ? (long long)y->size_steps : 0,
                       book->side[ask].count, truth->side[ask].count);
            return;
        }
}

static void compare(struct rows *rows, unsigned index, uint64_t frame, uint64_t seq)
{
    struct rows_book *book = &rows->book[index];
    struct truth *truth = bourse_truth(rows->bourse, index);
    unsigned host = NET_HOSTS - 1;
    while (index < rows->bourse->truth_base[host])
        host--;
    const struct house *house = &rows->bourse->house[host];
    bool by_seq = house->feed->seq_per_change;
    const struct mark *mark = mark_of(book, frame);
    book->proven++;
    if (book->spoilt && house->feed != &feed_kraken) {
        book->spoilt_rows++;
        return;
    }
    if (!by_seq && mark == NULL)
        return;
    if (!(by_seq ? truth_walk_seq(truth, seq) : truth_walk(truth, mark->position)))
        return;
    uint32_t depth = depth_of(truth->market, house, book->spoilt);
    book->compared++;
    if (!same_top(&book->side[0], &truth->side[0], depth) ||
        !same_top(&book->side[1], &truth->side[1], depth))
        complain_book(rows, truth, book, frame, depth);
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

struct columns {
    struct reader *reader;
    uint32_t group;
    size_t rows;
    struct pq_values values[16];
    const char *const *name;
    unsigned count;
};

static bool load(struct columns *columns, struct rows *rows, const char *path)
{
    for (unsigned i = 0; i < columns->count; i++) {
        int at = footer_column(reader_meta(columns->reader), columns->name[i]);
        if (at < 0 ||
            reader_column(columns->reader, columns->group, (uint32_t)at, &columns->values[i]) < 0) {
            world_fail(rows->world, "%s: column %s cannot be read: %s", path, columns->name[i],
                       reader_why(columns->reader));
            return false;
        }
        columns->rows = columns->values[i].rows;
    }
    return true;
}

static int64_t number(const struct columns *columns, unsigned column, size_t row)
{
    return columns->values[column].cell[row].i;
}

static bool text_is(const struct columns *columns, unsigned column, size_t row, const char *word)
{
    const struct pq_values *values = &columns->values[column];
    struct pq_text text = values->cell[row].text;
    return text.bytes == strlen(word) && memcmp(values->heap + text.at, word, text.bytes) == 0;
}

static int64_t steps(const struct columns *columns, unsigned column, unsigned text_column,
                     size_t row, int scale)
{
    const struct pq_values *texts = &columns->values[text_column];
    if (texts->valid[row]) {
        int64_t value = 0;
        struct pq_text text = texts->cell[row].text;
        char copy[96];
        snprintf(copy, sizeof copy, "%.*s", (int)(text.bytes < 95 ? text.bytes : 95),
                 (const char *)texts->heap + text.at);
        long double exact = strtold(copy, NULL) * (long double)td_pow10(scale);
        value = (int64_t)roundl(exact);
        return value;
    }
    return llround(columns->values[column].cell[row].f * (double)td_pow10(scale));
}

enum { B_FRAME, B_SEQ, B_SIDE, B_PRICE, B_SIZE, B_FLAGS, B_STATE, B_PRICE_TEXT, B_SIZE_TEXT };
static const char *const book_columns[] = {"frame", "seq",        "side",       "price",    "size",
                                           "flags", "book_state", "price_text", "size_text"};

static void book_row(struct rows *rows, unsigned index, const struct columns *c, size_t row)
{
    struct rows_book *book = book_at(rows, index);
    const struct market_params *is = &bourse_truth(rows->bourse, index)->market->is;
    uint64_t frame = (uint64_t)number(c, B_FRAME, row);
    int64_t flags = number(c, B_FLAGS, row);
    const struct mark *mark = mark_of(book, frame);
    /* Changes that waited for a base keep the frames they came with. */
    bool by_seq = is->seq_per_change;
    if (frame < book->last_row_frame && !by_seq)
        world_fail(rows->world, "book rows of %s: frame %llu follows frame %llu", is->raw,
                   (unsigned long long)frame, (unsigned long long)book->last_row_frame);
    book->last_row_frame = frame;
    if (flags & TD_ROW_CLEAR) {
        book->side[0].count = book->side[1].count = 0;
        book->spoilt =
            (mark && mark->spoils) || (by_seq && frame < book->spoilt_frame + HELD_FRAMES);
    }
    if (!(flags & TD_ROW_MARKER)) {
        bool ask = text_is(c, B_SIDE, row, "ask");
        if (book->side[ask].count + 1 < book->side[ask].cap)
            levels_set(&book->side[ask], steps(c, B_PRICE, B_PRICE_TEXT, row, is->price_scale),
                       steps(c, B_SIZE, B_SIZE_TEXT, row, is->size_scale));
    }
    if (flags & TD_ROW_LAST && text_is(c, B_STATE, row, "proven") && !(flags & TD_ROW_MARKER))
        compare(rows, index, frame, (uint64_t)number(c, B_SEQ, row));
}

enum { T_FRAME, T_ID, T_FLAGS };
static const char *const trade_columns[] = {"frame", "trade_id", "flags"};

static void trade_row(struct rows *rows, unsigned index, const struct columns *c, size_t row)
{
    struct rows_book *book = book_at(rows, index);
    const struct market *market = bourse_truth(rows->bourse, index)->market;
    uint64_t id = (uint64_t)number(c, T_ID, row);
    bool valid = c->values[T_ID].valid[row] && id <= market->trades;
    if (!valid) /* a lie of the venue's */
        return;
    uint64_t place = id - book->trade_base;
    if (book->stored && id >= book->trade_base && place < book->trade_cap &&
        book->stored[place] & 2)
        world_fail(rows->world, "trade %llu of %s is stored twice, again with frame %llu",
                   (unsigned long long)id, market->is.raw,
                   (unsigned long long)number(c, T_FRAME, row));
    note_trade(book, id, 2);
    book->trades_stored++;
}

enum { G_FRAME, G_ID, G_PHASE, G_KIND };
static const char *const gap_columns[] = {"frame", "gap_id", "phase", "kind"};

static struct rows_gap *gap_with(struct rows *rows, int64_t id)
{
    for (unsigned i = rows->gaps; i-- > 0;)
        if (rows->gap[i].id == id)
            return &rows->gap[i];
    return NULL;
}

static void gap_row(struct rows *rows, int index, const struct columns *c, size_t row)
{
    int64_t id = number(c, G_ID, row);
    struct rows_gap *gap = gap_with(rows, id);
    rows->gap_rows++;
    if (rows->world->plant == PLANT_NO_GAP && text_is(c, G_PHASE, row, "open")) {
        rows->world->plant = PLANT_NONE;
        return;
    }
    if (text_is(c, G_PHASE, row, "close")) {
        if (gap)
            gap->close_frame = (uint64_t)number(c, G_FRAME, row);
        else if (!text_is(c, G_KIND, row, "start")) /* the first of all has no opening */
            world_fail(rows->world, "gap %lld is closed and was never opened", (long long)id);
        return;
    }
    if (gap)
        world_fail(rows->world, "gap %lld is opened twice", (long long)id);
    if (rows->gaps == ROWS_GAPS_MAX)
        return;
    struct pq_text kind = c->values[G_KIND].cell[row].text;
    gap = &rows->gap[rows->gaps++];
    *gap = (struct rows_gap){
        .id = id, .open_frame = (uint64_t)number(c, G_FRAME, row), .market = index};
    snprintf(gap->kind, sizeof gap->kind, "%.*s", (int)kind.bytes,
             (const char *)c->values[G_KIND].heap + kind.at);
}

static const struct kind_of_file {
    const char *table;
    const char *const *name;
    unsigned count;
    void (*each)(struct rows *rows, unsigned index, const struct columns *c, size_t row);
} file_kinds[] = {{"/book/", book_columns, 9, book_row}, {"/trades/", trade_columns, 3, trade_row}};

static int truth_of_path(struct rows *rows, const char *path)
{
    for (unsigned host = 0; host < NET_HOSTS; host++)
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
    for (unsigned i = 0; i < 2; i++)
        if (strstr(found->path, file_kinds[i].table))
            kind = &file_kinds[i];
    if (!gaps && (kind == NULL || index < 0))
        return;
    if (reader_open_memory(found->data, (size_t)found->bytes, NULL, &columns.reader) < 0) {
        world_fail(rows->world, "%s cannot be read: %s", found->path, reader_why(columns.reader));
        reader_close(columns.reader);
        return;
    }
    columns.name = gaps ? gap_columns : kind->name;
    columns.count = gaps ? 4 : kind->count;
    uint32_t groups = reader_meta(columns.reader)->group_count;
    for (; columns.group < groups && load(&columns, rows, found->path); columns.group++)
        for (size_t row = 0; row < columns.rows; row++, rows->rows++) {
            if (gaps)
                gap_row(rows, index, &columns, row);
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
        load(&columns, rows, found->path) && columns.rows > 0)
        frame = (uint64_t)number(&columns, 0, 0);
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

/* What a damaged journal lost stands before the frame that tells of it. */
static bool is_of_the_card(const struct rows_gap *gap, uint64_t frame)
{
    enum { FRAMES_LOST_MAX = 2000 };
    return gap->market == -1 && frame < gap->open_frame &&
           gap->open_frame < frame + FRAMES_LOST_MAX &&
           (strcmp(gap->kind, "disk_error") == 0 || strcmp(gap->kind, "power_loss") == 0);
}

/* The ledger says that what came with this frame may miss. */
static bool excused(const struct rows *rows, unsigned index, uint64_t frame)
{
    for (unsigned i = 0; i < rows->gaps; i++) {
        const struct rows_gap *gap = &rows->gap[i];
        if ((gap->market == (int)index || gap->market == -1) && gap->open_frame <= frame &&
            (gap->close_frame == 0 || frame <= gap->close_frame))
            return true;
        if (is_of_the_card(gap, frame))
            return true;
    }
    return false;
}

static void check_trades(struct rows *rows, unsigned index)
{
    const struct rows_book *book = &rows->book[index];
    const struct truth *truth = bourse_truth(rows->bourse, index);
    for (uint32_t i = 0; i < book->trades.count; i++) {
        const struct mark *mark = &book->trades.mark[i];
        uint64_t place = mark->trade - book->trade_base;
        if (place >= book->trade_cap || book->stored[place] & 2 ||
            excused(rows, index, mark->frame))
            continue;
        world_fail(rows->world, "trade %llu of %s came with frame %llu and is not stored",
                   (unsigned long long)mark->trade, truth->market->is.raw,
                   (unsigned long long)mark->frame);
        return;
    }
}

void rows_end(struct rows *rows)
{
    unsigned open = 0;
    rows_look(rows);
    for (unsigned i = 0; i < TRUTHS; i++)
        if (rows->book[i].stored)
            check_trades(rows, i);
    for (unsigned i = 0; i < rows->gaps; i++)
        if (rows->gap[i].close_frame == 0 && strcmp(rows->gap[i].kind, "stop") != 0 && open++ == 0)
            world_fail(rows->world, "gap %lld (%s, opened at frame %llu) was never closed",
                       (long long)rows->gap[i].id, rows->gap[i].kind,
                       (unsigned long long)rows->gap[i].open_frame);
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
    TD_ASSERT(rows->gap != NULL, "no memory for the ledger");
    rows->verify = (struct verify){.tell = told_by_verify, .ctx = rows};
}
