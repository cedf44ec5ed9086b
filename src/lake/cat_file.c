#include "lake/cat_file.h"

#include <string.h>

#include "base/text.h"
#include "lake/reader.h"
#include "lake/segment_info.h"
#include "lake/verb.h"

enum { NOWHERE = -1 };

/* Columns to fetch (each once) and which of them to show. */
struct plan {
    struct lake_arena arena;
    struct reader *reader;
    const struct pq_meta *meta;
    uint32_t fetch_count, show_count;
    uint32_t *fetch;          /* column numbers */
    struct pq_values *values; /* as many */
    uint32_t *show;           /* indices into fetch */
    struct show_column *column;
    int *width;
    int symbol, exchange, time; /* indices into fetch of the filters, or NOWHERE */
};

static int fetch_column(struct plan *plan, int column)
{
    for (uint32_t i = 0; i < plan->fetch_count; i++)
        if (plan->fetch[i] == (uint32_t)column)
            return (int)i;
    plan->fetch[plan->fetch_count] = (uint32_t)column;
    return (int)plan->fetch_count++;
}

/* ---- which columns ---- */

static const struct pq_column *column_of(const struct plan *plan, uint32_t shown)
{
    return &plan->meta->column[plan->fetch[plan->show[shown]]];
}

static bool ends_in_text(const char *name)
{
    size_t bytes = strlen(name);
    return bytes > 5 && strcmp(name + bytes - 5, "_text") == 0;
}

/* Of a table as wide as features a terminal shows the first few columns; others are named by --columns. */
enum { COLUMNS_SHOWN = 16, COLUMNS_WIDE = 64 };

/* What the path says already and what only lineage needs stays away from a terminal. */
static bool hidden(const char *name)
{
    static const char *const names[] = {"deck",           "year",         "month", "day",
                                        "hour",           "event_ns_rem", "frame", "conn",
                                        "schema_version", "source"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return ends_in_text(name);
}

static void choose_default(struct plan *plan, const struct cat_request *request)
{
    bool all =
        request->format != SHOW_TEXT || (request->columns && strcmp(request->columns, "all") == 0);
    bool native = footer_column(plan->meta, "ts_recv") >= 0;
    uint32_t most = all || plan->meta->column_count < COLUMNS_WIDE ? UINT32_MAX : COLUMNS_SHOWN;
    for (uint32_t i = 0; i < plan->meta->column_count && plan->show_count < most; i++)
        if (all || !native || !hidden(plan->meta->column[i].name))
            plan->show[plan->show_count++] = (uint32_t)fetch_column(plan, (int)i);
}

static int no_column(const struct plan *plan, const char *name, const char *path)
{
    char next[256];
    struct td_str text = td_str_on(next, sizeof next);
    const char *near = NULL;
    unsigned best = 3;
    for (uint32_t i = 0; i < plan->meta->column_count; i++) {
        unsigned distance = td_text_distance(name, plan->meta->column[i].name);
        if (distance < best) {
            best = distance;
            near = plan->meta->column[i].name;
        }
    }
    td_str_add_format(
        &text, near ? "Did you mean %s?" : "`tape cat --columns all --limit 1` shows the names.",
        near);
    verb_complain(next, "%s: no column '%s'", path, name);
    return EXIT_USAGE;
}

static int choose_named(struct plan *plan, const char *columns, const char *path)
{
    for (const char *at = columns; *at;) {
        char name[128];
        size_t bytes = strcspn(at, ",");
        td_text_copy(name, sizeof name, at, bytes);
        int column = footer_column(plan->meta, name);
        if (column < 0)
            return no_column(plan, name, path);
        if (plan->show_count == plan->meta->column_count) {
            verb_complain(NULL, "--columns names more columns than %s has", path);
            return EXIT_USAGE;
        }
        plan->show[plan->show_count++] = (uint32_t)fetch_column(plan, column);
        at += bytes + (at[bytes] == ',');
    }
    return EXIT_FINE;
}

/* A filter's column; a file without it cannot be filtered. */
static int filter_column(struct plan *plan, bool wanted, const char *name, int type,
                         const char *path, int *index)
{
    int column = footer_column(plan->meta, name);
    *index = NOWHERE;
    if (!wanted)
        return EXIT_FINE;
    if (column < 0 || plan->meta->column[column].type != type) {
        verb_complain("Leave the filter away for files that are not Tapedeck's.",
                      "%s: no column %s to filter by", path, name);
        return EXIT_USAGE;
    }
    *index = fetch_column(plan, column);
    return EXIT_FINE;
}

static int choose(struct plan *plan, const struct cat_request *request, const char *path)
{
    int code = EXIT_FINE;
    if (request->columns && strcmp(request->columns, "all") != 0)
        code = choose_named(plan, request->columns, path);
    else
        choose_default(plan, request);
    if (!code)
        code = filter_column(plan, request->symbol, "symbol", PQ_BYTE_ARRAY, path, &plan->symbol);
    if (!code)
        code = filter_column(plan, request->exchange, "exchange", PQ_BYTE_ARRAY, path,
                             &plan->exchange);
    if (!code)
        code = filter_column(plan, request->has_from || request->has_to, "ts_recv", PQ_INT64, path,
                             &plan->time);
    return code;
}

/* ---- how they are shown ---- */

static int scale_of(const struct plan *plan, const char *name)
{
    if (strcmp(name, "price") == 0)
        return segment_price_scale(plan->meta);
    return strcmp(name, "size") == 0 ? segment_size_scale(plan->meta) : SHOW_NO_SCALE;
}

/* price -> price_text, fetched along with it. */
static int twin_of(struct plan *plan, const struct pq_column *column)
{
    char name[160];
    struct td_str text = td_str_on(name, sizeof name);
    td_str_add_format(&text, "%s_text", column->name);
    int twin = column->type == PQ_DOUBLE ? footer_column(plan->meta, name) : NOWHERE;
    return twin >= 0 && plan->meta->column[twin].type == PQ_BYTE_ARRAY ? fetch_column(plan, twin)
                                                                       : NOWHERE;
}

static int width_of(const struct pq_column *column)
{
    static const int least[PQ_TYPES] = {
        [PQ_BOOLEAN] = 5, [PQ_INT32] = 6,   [PQ_INT64] = 12,     [PQ_INT96] = 24,
        [PQ_FLOAT] = 9,   [PQ_DOUBLE] = 14, [PQ_BYTE_ARRAY] = 8, [PQ_FIXED] = 8};
    int name = (int)strlen(column->name);
    int values = column->logical == PQ_TIMESTAMP ? 27 : least[column->type];
    return name > values ? name : values;
}

static void style(struct plan *plan, const struct cat_request *request)
{
    for (uint32_t i = 0; i < plan->show_count; i++) {
        const struct pq_column *column = column_of(plan, i);
        int twin = twin_of(plan, column);
        struct show_column *show = &plan->column[i];
        show->scale = scale_of(plan, column->name);
        show->values = &plan->values[plan->show[i]];
        show->exact_text = twin >= 0 ? &plan->values[twin] : NULL;
        show->quoted = request->exact && (twin >= 0 || show->scale >= 0);
        plan->width[i] = width_of(column);
    }
}

/* Printed when the columns are others than before. Csv cannot change columns midway. */
static int header(struct plan *plan, struct cat_request *request, const char *path)
{
    char text[CAT_HEADER_MAX];
    struct td_str line = td_str_on(text, sizeof text);
    for (uint32_t i = 0; i < plan->show_count; i++) {
        const struct pq_column *column = column_of(plan, i);
        const char *gap = i + 1 < plan->show_count ? " " : "";
        bool right = column->type < PQ_BYTE_ARRAY && column->type != PQ_INT96;
        if (request->format == SHOW_CSV)
            td_str_add_format(&line, "%s%s", i ? "," : "", column->name);
        else
            td_str_add_format(&line, "%*s%s",
                              right  ? plan->width[i]
                              : *gap ? -plan->width[i]
                                     : 0,
                              column->name, gap);
    }
    if (request->format == SHOW_JSONL || strcmp(text, request->header) == 0)
        return EXIT_FINE;
    if (request->format == SHOW_CSV && request->header[0]) {
        verb_complain("Choose one table with --table, or columns they share with --columns.",
                      "%s: its columns are not those of the files before it", path);
        return EXIT_USAGE;
    }
    if (request->header[0])
        puts("");
    for (size_t at = 0, part; text[at]; at += part) {
        part = strcspn(text + at, "\n") + (strchr(text + at, '\n') != NULL);
        show_plain_text(stdout, text + at, part);
    }
    puts("");
    memcpy(request->header, text, sizeof text);
    return EXIT_FINE;
}

/* ---- rows ---- */

static bool text_is(const struct pq_values *values, size_t row, const char *word)
{
    size_t bytes = strlen(word);
    return values->valid[row] && values->cell[row].text.bytes == bytes &&
           (bytes == 0 || memcmp(values->heap + values->cell[row].text.at, word, bytes) == 0);
}

static bool passes(const struct plan *plan, const struct cat_request *request, size_t row)
{
    if (plan->symbol >= 0 && !text_is(&plan->values[plan->symbol], row, request->symbol))
        return false;
    if (plan->exchange >= 0 && !text_is(&plan->values[plan->exchange], row, request->exchange))
        return false;
    if (plan->time < 0)
        return true;
    const struct pq_values *time = &plan->values[plan->time];
    int64_t us = time->cell[row].i;
    return time->valid[row] && (!request->has_from || us >= request->from_us) &&
           (!request->has_to || us < request->to_us);
}

static void print_row(const struct plan *plan, struct cat_request *request, size_t row)
{
    static const char *const open[] = {"", "", "{"}, *const between[] = {" ", ",", ","},
                             *const end[] = {"", "", "}"};
    fputs(open[request->format], stdout);
    for (uint32_t i = 0; i < plan->show_count; i++) {
        const struct show_column *column = &plan->column[i];
        const char *name = column->values->column->name;
        bool last_text = request->format == SHOW_TEXT && i + 1 == plan->show_count;
        bool left = column->values->column->type >= PQ_BYTE_ARRAY;
        fputs(i ? between[request->format] : "", stdout);
        if (request->format == SHOW_JSONL) {
            show_json_text(stdout, name, strlen(name));
            fputc(':', stdout);
        }
        if (column->quoted || (request->exact && column->exact_text))
            request->inexact += show_is_inexact(column, row);
        show_cell(stdout, request->format, column, row, last_text && left ? 0 : plan->width[i]);
    }
    fputs(end[request->format], stdout);
    fputc('\n', stdout);
}

static int print_groups(struct plan *plan, struct cat_request *request, const char *path)
{
    struct reader_batch batch = {
        .reader = plan->reader,
        .column_count = plan->fetch_count,
        .column = plan->fetch,
        .values = plan->values,
        .range_column = plan->time < 0 ? -1 : (int)plan->fetch[plan->time],
        .from = request->has_from ? request->from_us : INT64_MIN,
        .to = request->has_to ? request->to_us : INT64_MAX,
    };
    int more = 0;
    while (request->rows_left > 0 && !ferror(stdout) && (more = reader_batch_next(&batch)) > 0) {
        request->groups_read++;
        for (size_t row = 0; row < batch.rows && request->rows_left > 0; row++) {
            if (!passes(plan, request, row))
                continue;
            print_row(plan, request, row);
            request->rows_left--;
        }
    }
    request->groups_pruned += batch.groups_pruned;
    if (more >= 0)
        return EXIT_FINE;
    verb_complain("Rows before this point are good. `tape verify` says what else is wrong.",
                  "%s: %s", path, reader_why(plan->reader));
    return verb_exit(more);
}

static bool make_room(struct plan *plan)
{
    uint32_t columns = plan->meta->column_count;
    plan->arena.limit = 4 << 20;
    plan->fetch = lake_take(&plan->arena, columns, sizeof *plan->fetch);
    plan->values = lake_take(&plan->arena, columns, sizeof *plan->values);
    plan->show = lake_take(&plan->arena, columns, sizeof *plan->show);
    plan->column = lake_take(&plan->arena, columns, sizeof *plan->column);
    plan->width = lake_take(&plan->arena, columns, sizeof *plan->width);
    return plan->fetch && plan->values && plan->show && plan->column && plan->width;
}

static int print_file(struct plan *plan, struct cat_request *request, const char *path)
{
    if (!make_room(plan)) {
        verb_complain(NULL, "%s: out of memory", path);
        return EXIT_DISK;
    }
    int code = choose(plan, request, path);
    if (code)
        return code;
    style(plan, request);
    code = header(plan, request, path);
    return code ? code : print_groups(plan, request, path);
}

int cat_file(struct cat_request *request, const char *path)
{
    struct plan plan = {0};
    int code;
    td_err err = reader_open(path, NULL, &plan.reader);
    if (err) {
        verb_complain("`tape verify` tells more.", "%s: %s", path, reader_why(plan.reader));
        code = verb_exit(err);
    } else {
        plan.meta = reader_meta(plan.reader);
        code = print_file(&plan, request, path);
    }
    for (uint32_t i = 0; i < plan.fetch_count; i++)
        values_free(&plan.values[i]);
    lake_arena_free(&plan.arena);
    reader_close(plan.reader);
    return code;
}
