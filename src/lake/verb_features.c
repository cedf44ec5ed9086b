#include <string.h>

#include "lake/derive.h"
#include "lake/feature_options.h"
#include "lake/rebuild.h"

enum { OWN_COLUMNS = 5, FEATURES_MEMORY = 48 << 20, SECOND_US = 1000000 };
enum { SEQ = DAYS_HEAD_COLUMNS, FLAGS, INTERVAL, VERSION, EVENTS, FIRST_FEATURE };
_Static_assert(FIRST_FEATURE == DAYS_HEAD_COLUMNS + OWN_COLUMNS, "columns before the features");

struct work {
    struct derive *derive;
    struct features_params params;
    bool each_event;
    struct table table;
    struct column column[DAYS_HEAD_COLUMNS + OWN_COLUMNS + FEATURES];
};

/* The recorder's own table, columns that are off left out. */
static void set_table(struct work *work)
{
    struct table on;
    static struct column column[DAYS_HEAD_COLUMNS + OWN_COLUMNS + FEATURES];
    TD_ASSERT(schema_table(ROW_FEATURES)->column_count ==
                  DAYS_HEAD_COLUMNS + OWN_COLUMNS + FEATURES,
              "head, own columns, features");
    schema_features_on(&work->params.on, column, &on);
    days_columns(work->column, column, on.column_count);
    work->table = (struct table){on.name, 0, on.column_count, work->column};
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_values(const struct work *work, struct table_writer *w,
                       const struct feature_row *row)
{
    for (unsigned i = FIRST_FEATURE; i < work->table.column_count; i++) {
        const struct column *column = &work->column[i];
        double value = row->value[column->offset];
        if (!feature_has(row, column->offset))
            continue;
        if (column->physical == COLUMN_DOUBLE || column->physical == COLUMN_FLOAT)
            table_put_real(w, i, value);
        else
            table_put_whole(w, i, (int64_t)value);
    }
}

static void write_row(const struct work *work, struct rebuild *rebuild, struct days *days,
                      const struct feed_head *head)
{
    struct features *features = rebuild->features;
    struct feature_row row;
    uint8_t flags = features_row_flags(features);
    if (days_row(days, head, feed_event_ns(head))) {
        struct table_writer *w = days->writer;
        feature_row_clear(&row);
        features_row(features, &row);
        if (head->flags & TD_ROW_NO_EVENT_TIME)
            flags |= FEATURE_ROW_NO_EVENT_TIME;
        if (head->has_seq)
            table_put_whole(w, SEQ, head->seq);
        table_put_whole(w, FLAGS, flags);
        table_put_whole(w, INTERVAL, work->each_event ? 0 : 1000);
        table_put_whole(w, EVENTS, features_events(features));
        put_values(work, w, &row);
        days_end_row(days, head);
    }
    features_row_taken(features);
}

/* Rows each second stand where a whole second of receive time begins: the recorder's ticks are not in its segments. */
static bool second_is_over(const struct feed_head *last, const struct feed_head *now)
{
    return now->recv_us / SECOND_US > last->recv_us / SECOND_US;
}

static int run_events(const struct work *work, struct rebuild *rebuild, struct days *days)
{
    struct feed_head fired = {0};
    bool shown = false; /* the book is as the last event that fired left it: proven, two-sided */
    while (rebuild_next(rebuild)) {
        const struct feed_head *head = &rebuild->event.head;
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        if (!work->each_event && shown && features_events(rebuild->features) &&
            second_is_over(&fired, head))
            write_row(work, rebuild, days, &fired);
        enum rebuild_what what = rebuild_apply(rebuild);
        if (what != REBUILD_TRADE)
            shown = what != REBUILD_UNPROVEN && rebuild_two_sided(rebuild);
        if (what != REBUILD_FIRED)
            continue;
        fired = *head;
        if (work->each_event)
            write_row(work, rebuild, days, &fired);
    }
    if (!work->each_event && shown && features_events(rebuild->features))
        write_row(work, rebuild, days, &fired);
    struct features_counts counts = features_counts(rebuild->features);
    work->derive->notes += counts.window_full + counts.clamped + counts.trades_forced;
    return days_close(days, rebuild->code);
}

static int run_stream(const struct work *work, const struct lake_stream *stream)
{
    struct days_params where =
        derive_days(work->derive, stream, &work->table, work->each_event ? "event" : "1s");
    struct rebuild rebuild;
    struct days days;
    where.memory = FEATURES_MEMORY;
    int code = rebuild_open(&rebuild, stream, 1 << STREAM_BOOK | 1 << STREAM_TRADES, &work->params);
    days_open(&days, &where);
    code = code ? code : run_events(work, &rebuild, &days);
    work->derive->rows_read += rebuild.rows;
    rebuild_close(&rebuild);
    return code;
}

static bool take_emit(struct work *work, const struct verb_args *args)
{
    const char *emit = verb_value(args, "emit");
    work->each_event = !emit || strcmp(emit, "event") == 0;
    if (work->each_event || strcmp(emit, "1s") == 0)
        return true;
    verb_complain("Give event or 1s.", "--emit: '%s'", emit);
    return false;
}

static int run(const struct verb_args *args)
{
    static struct work work;
    static struct derive derive;
    work.derive = &derive;
    int code = take_emit(&work, args) ? feature_options(args, &work.params) : EXIT_USAGE;
    if (code)
        return code;
    set_table(&work);
    code = derive_begin(&derive, args, 1 << STREAM_BOOK | 1 << STREAM_TRADES | REBUILD_ALSO);
    if (code)
        return code;
    derive.note = "times a window was full, a value too large for a sum or too many trades waited";
    for (uint32_t i = 0; i < derive.streams.count && !code; i++) {
        derive_next_stream(&derive);
        code = run_stream(&work, &derive.streams.stream[i]);
    }
    return derive_end(&derive, code);
}

const struct verb verb_features = {
    .name = "features",
    .summary = "feature rows again, from recorded books and trades",
    .usage = DERIVE_USAGE "[--emit event|1s] [--sets a,b] [--columns a,b] [--config FILE]",
    .detail =
        "The recorder's own engine, fed in (deck, frame) order: rows of --emit event equal those "
        "that a recorder with\n"
        "emit = event wrote, bit for bit. With --emit 1s a row is of the last event of a second of "
        "receive time.\n"
        "Table features, columns: docs/FEATURES.md.",
    .example = "  tape features --input /data --output /lake --symbol BTC-USD --sets "
               "quotewatch,structural",
    .option = {DERIVE_OPTIONS,
               {"emit", "E", "event (default) or 1s"},
               {"sets", "a,b", "columns of these sets (the recorder's default sets)"},
               {"columns", "a,b", "and these columns"},
               {"config", "FILE", "sets, windows and bounds of a recorder's tapedeck.ini"}},
    .run = run,
};
