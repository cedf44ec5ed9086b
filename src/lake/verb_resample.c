#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "features/asof.h"
#include "lake/derive.h"
#include "lake/rebuild.h"

enum { LEVELS_MAX = 20, LEVELS_DEFAULT = 10, LEVEL_ID = 121, NAME_MAX_BYTES = 24 };

/* Columns behind the head; behind them four a level with the ids of table features. */
#define GRID_COLUMNS(X)                                                                            \
    X(21, original_timestamp, INT64, TIMESTAMP_US)                                                 \
    X(22, snapshot_count, INT64, PLAIN)                                                            \
    X(23, data_staleness, DOUBLE, PLAIN)                                                           \
    X(24, is_stale, BOOLEAN, PLAIN)

enum {
    GRID_HEAD_LAST = DAYS_HEAD_COLUMNS - 1,
#define X(id, name, ...) GRID_##name,
    GRID_COLUMNS(X)
#undef X
        GRID_LEVELS,
    GRID_COLUMNS_MAX = GRID_LEVELS + 4 * LEVELS_MAX
};
static const struct column fixed[GRID_LEVELS] = {DAYS_HEAD,
#define X(id, name, physical, logical)                                                             \
    {id, #name, COLUMN_##physical, COLUMN_##logical, false, 0, FROM_ROW_I64, 0, 0},
                                                 GRID_COLUMNS(X)
#undef X
};

struct work {
    struct derive *derive;
    struct asof_params params;
    int64_t levels;
    char stem[48];
    struct table table;
    struct column column[GRID_COLUMNS_MAX];
    char name[4 * LEVELS_MAX][NAME_MAX_BYTES];
};

static void name_levels(struct work *work)
{
    static const char *const part[] = {"bid_price_L", "bid_size_L", "ask_price_L", "ask_size_L"};
    unsigned count = 4 * (unsigned)work->levels;
    memcpy(work->column, fixed, sizeof fixed);
    for (unsigned i = 0; i < count; i++) {
        struct td_str name = td_str_on(work->name[i], NAME_MAX_BYTES);
        td_str_add_format(&name, "%s%u", part[i % 4], i / 4);
        work->column[GRID_LEVELS + i] = (struct column){.field_id = (int16_t)(LEVEL_ID + i),
                                                        .name = work->name[i],
                                                        .physical = COLUMN_DOUBLE,
                                                        .optional = true,
                                                        .from = FROM_ROW_I64};
    }
    work->table = (struct table){"book_asof", 0, GRID_LEVELS + count, work->column};
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_side(const struct work *work, struct table_writer *w, const struct rebuild *rebuild,
                     uint8_t side, unsigned first)
{
    struct td_level level[LEVELS_MAX];
    uint32_t count = book_top(rebuild->book, side, (uint32_t)work->levels, level);
    for (uint32_t i = 0; i < count; i++) {
        table_put_real(w, first + 4 * i,
                       td_steps_to_double(level[i].price_steps, rebuild->price_scale));
        table_put_real(w, first + 4 * i + 1,
                       td_steps_to_double(level[i].size_steps, rebuild->size_scale));
    }
}

static void put_row(const struct work *work, struct days *days, const struct rebuild *rebuild,
                    const struct feed_head *head, const struct asof_row *row)
{
    if (!days_row(days, head, row->stamp_ns))
        return;
    struct table_writer *w = days->writer;
    table_put_whole(w, GRID_original_timestamp, row->original_ns / 1000);
    table_put_whole(w, GRID_snapshot_count, row->records);
    table_put_real(w, GRID_data_staleness, (double)row->staleness_ns / (double)TD_NS_PER_S);
    table_put_whole(w, GRID_is_stale, row->is_stale);
    put_side(work, w, rebuild, TD_SIDE_BID, GRID_LEVELS);
    put_side(work, w, rebuild, TD_SIDE_ASK, GRID_LEVELS + 2);
    days_end_row(days, head);
}

static bool shows(const struct rebuild *rebuild, enum rebuild_what what)
{
    return what == REBUILD_FIRED || (what == REBUILD_IMAGE && rebuild_two_sided(rebuild));
}

static int run_grid(struct work *work, struct rebuild *rebuild, struct days *days)
{
    struct feed_head last = {0};
    struct asof asof;
    struct asof_row row;
    asof_init(&asof, &work->params);
    while (rebuild_next(rebuild)) {
        int64_t ts_ns = feed_event_ns(&rebuild->event.head);
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        while (asof_next(&asof, ts_ns, &row))
            put_row(work, days, rebuild, &last, &row);
        if (!shows(rebuild, rebuild_apply(rebuild))) {
            asof_lost(&asof);
            continue;
        }
        asof_record(&asof, ts_ns);
        last = rebuild->event.head;
    }
    /* The bucket that the recording ends in is whole as far as it goes. */
    if (asof_next(&asof, INT64_MAX, &row))
        put_row(work, days, rebuild, &last, &row);
    return days_close(days, rebuild->code);
}

static int run_stream(struct work *work, const struct lake_stream *stream)
{
    struct days_params where = derive_days(work->derive, stream, &work->table, work->stem);
    struct rebuild rebuild;
    struct days days;
    int code = rebuild_open(&rebuild, stream, 1 << STREAM_BOOK, NULL);
    days_open(&days, &where);
    code = code ? code : run_grid(work, &rebuild, &days);
    work->derive->rows_read += rebuild.rows;
    rebuild_close(&rebuild);
    return code;
}

/* ---- options --------------------------------------------------------------------------------- */

/* "1s", "500ms", "5m" in ns; false: complaint printed. */
static bool take_span(const struct verb_args *args, const char *option, int64_t *ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", TD_NS_PER_MS},
                 {"s", TD_NS_PER_S},
                 {"m", 60 * TD_NS_PER_S},
                 {"h", TD_NS_PER_HOUR},
                 {"", TD_NS_PER_S}};
    const char *text = verb_value(args, option);
    int64_t value = 0;
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text + digits, units[i].unit) == 0 &&
            td_integer_parse(text, digits, &value) == 0 && value > 0 &&
            value <= 1000 * TD_NS_PER_HOUR / units[i].ns) {
            *ns = value * units[i].ns;
            return true;
        }
    verb_complain("Write 500ms, 1s, 5m or 1h.", "--%s: '%s' is not a span", option, text);
    return false;
}

static bool take_options(struct work *work, const struct verb_args *args)
{
    struct td_str stem = td_str_on(work->stem, sizeof work->stem);
    work->params = (struct asof_params){TD_NS_PER_S, -1, verb_flag(args, "forward-fill")};
    work->levels = LEVELS_DEFAULT;
    if (!take_span(args, "frequency", &work->params.grid_ns) ||
        !take_span(args, "max-staleness", &work->params.max_staleness_ns) ||
        !verb_count(args, "levels", &work->levels))
        return false;
    if (work->levels < 1 || work->levels > LEVELS_MAX) {
        verb_complain("Give 1 to 20.", "--levels: %lld levels a side", (long long)work->levels);
        return false;
    }
    td_str_add_format(&stem, "%lldms-%lldlevels%s",
                      (long long)(work->params.grid_ns / TD_NS_PER_MS), (long long)work->levels,
                      work->params.forward_fill ? "-filled" : "");
    name_levels(work);
    return true;
}

static int run(const struct verb_args *args)
{
    static struct work work;
    static struct derive derive;
    work.derive = &derive;
    if (!take_options(&work, args))
        return EXIT_USAGE;
    int code = derive_begin(&derive, args, 1 << STREAM_BOOK | REBUILD_ALSO);
    if (code)
        return code;
    for (uint32_t i = 0; i < derive.streams.count && !code; i++) {
        derive_next_stream(&derive);
        code = run_stream(&work, &derive.streams.stream[i]);
    }
    return derive_end(&derive, code);
}

const struct verb verb_resample = {
    .name = "resample",
    .summary = "the book at the end of each step of a time grid",
    .usage = DERIVE_USAGE "[--frequency 1s] [--levels 10] [--max-staleness 5s] [--forward-fill]",
    .detail = "Of each bucket of event time the last state of a proven, two-sided book, stamped "
              "(ts_event) with the bucket's END:\n"
              "no row uses what came after its stamp. Table book_asof, columns: docs/FORMAT.md.",
    .example = "  tape resample --input /data --output /lake --frequency 1s --levels 5 "
               "--max-staleness 10s --forward-fill",
    .option = {DERIVE_OPTIONS,
               {"frequency", "F", "width of the grid: 500ms, 1s (default), 5m"},
               {"levels", "N", "levels a side, 1 to 20 (10)"},
               {"max-staleness", "F", "rows older than this are marked is_stale"},
               {"forward-fill", NULL, "a row for buckets without a change, too"}},
    .run = run,
};
