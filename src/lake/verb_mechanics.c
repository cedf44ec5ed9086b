#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/text.h"
#include "lake/feature_options.h"
#include "lake/rebuild.h"
#include "lake/touches.h"

/* event_id is of (symbol, ts, kind, price); one name on two venues is two symbols. */
static uint64_t symbol_hash(const struct lake_stream *stream)
{
    char text[2 * PATH_VALUE_MAX + 2];
    struct td_str name = td_str_on(text, sizeof text);
    td_str_add_format(&name, "%s|%s", stream->exchange, stream->symbol);
    return td_hash64(text, name.bytes, 0);
}

static bool is_old(const struct feed_event *event)
{
    return event->head.flags & TD_ROW_SNAPSHOT || event->head.origin == TD_ORIGIN_BACKFILL;
}

static int run_events(struct derive *derive, struct rebuild *rebuild, struct touches *touches)
{
    mechanics_on_touch(features_mechanics(rebuild->features), touches_found, touches,
                       symbol_hash(rebuild->stream));
    while (rebuild_next(rebuild)) {
        const struct feed_event *event = &rebuild->event;
        derive_moved(derive, feed_bytes(&rebuild->feed));
        touches->head = event->head;
        if (event->is_trade && !is_old(event))
            touches_trade(touches, feed_event_ns(&event->head),
                          td_steps_to_double(event->price_steps, rebuild->stream->price_scale));
        if (rebuild_apply(rebuild) == REBUILD_FIRED)
            features_row_taken(rebuild->features);
    }
    struct mechanics_counts counts = mechanics_counts(features_mechanics(rebuild->features));
    derive->notes += counts.flows_full + counts.prints_full + counts.clusters_full;
    derive->notes += counts.touches_refused;
    return touches_close(touches, rebuild->code);
}

static int run_stream(struct derive *derive, const struct lake_stream *stream,
                      const struct features_params *params)
{
    static struct touches touches;
    struct mechanics_params mechanics = mechanics_defaults();
    struct rebuild rebuild;
    mechanics.session = params->session;
    touches_open(&touches, derive, stream, &mechanics);
    int code = rebuild_open(&rebuild, stream, 1 << STREAM_BOOK | 1 << STREAM_TRADES, params);
    code = code ? code : run_events(derive, &rebuild, &touches);
    derive->rows_read += rebuild.rows;
    rebuild_close(&rebuild);
    return code;
}

static bool take_session(const struct verb_args *args, struct features_params *params)
{
    const char *name = verb_value(args, "session");
    int session = name ? session_find(name) : params->session;
    if (session < 0)
        verb_complain("Give utc_day or rth_et.", "--session: '%s'", name);
    else
        params->session = session;
    return session >= 0;
}

/* Its columns are the table's; the recorder's sets do not matter. */
static void ask_for_mechanics(struct features_params *params)
{
    memset(&params->on, 0, sizeof params->on);
    for (unsigned i = 0; i < FEATURES; i++)
        if (feature_at(i)->set == FEATURE_SET_MECHANICS)
            feature_mask_add(&params->on, i);
}

static int run(const struct verb_args *args)
{
    struct derive derive;
    struct features_params params;
    int code = feature_config(args, &params);
    if (!code && !take_session(args, &params))
        code = EXIT_USAGE;
    if (code)
        return code;
    ask_for_mechanics(&params);
    code = derive_begin(&derive, args, 1 << STREAM_BOOK | 1 << STREAM_TRADES | REBUILD_ALSO);
    if (code)
        return code;
    derive.note = "times something had to leave early or was refused: more than there is room for";
    for (uint32_t i = 0; i < derive.streams.count && !code; i++) {
        derive_next_stream(&derive);
        code = run_stream(&derive, &derive.streams.stream[i], &params);
    }
    return derive_end(&derive, code);
}

const struct verb verb_mechanics = {
    .name = "mechanics",
    .summary = "touches of price levels, with what followed",
    .usage = DERIVE_USAGE "[--session utc_day|rth_et] [--config FILE]",
    .detail =
        "A row a touch: at the close of a one-minute bar that reached a level. Columns of the "
        "mechanics as they were then,\n"
        "by the recorder's own causal engine; then the outcome labels, which look forward, for "
        "windows of 2, 4 and 8 minutes.\n"
        "Labels are null (label_complete false) where the recording ends before their windows do. "
        "Table touches:\n"
        "docs/FORMAT.md.",
    .example = "  tape mechanics --input /data --output /lake --symbol BTC-USD",
    .option = {DERIVE_OPTIONS,
               {"session", "S", "trading session: utc_day (default) or rth_et"},
               {"config", "FILE", "the session of a recorder's tapedeck.ini"}},
    .run = run,
};
