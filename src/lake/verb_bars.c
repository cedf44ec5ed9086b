#include <string.h>

#include "base/decimal.h"
#include "features/bars.h"
#include "lake/bars_file.h"
#include "lake/derive.h"
#include "lake/rebuild.h"

/* What the bars of one channel of one stream are made with. */
struct work {
    struct derive *derive;
    const struct lake_stream *stream;
    int duration_s[BAR_DURATIONS];
    unsigned durations;
    const char *threshold; /* decimal text of base units */
};

/* ---- book ------------------------------------------------------------------------------------ */

static const uint16_t tick_feature[BOOK_MEANS] = {
    [BOOK_MEAN_SPREAD] = FEATURE_spread,
    [BOOK_MEAN_RELATIVE_SPREAD] = FEATURE_relative_spread,
    [BOOK_MEAN_L1_IMBALANCE] = FEATURE_imbalance_L1,
    [BOOK_MEAN_TOTAL_IMBALANCE] = FEATURE_total_imbalance,
    [BOOK_MEAN_MICROPRICE] = FEATURE_microprice,
    [BOOK_MEAN_MICRO_MINUS_MID] = FEATURE_micro_minus_mid,
    [BOOK_MEAN_BID_DEPTH] = FEATURE_total_bid_depth,
    [BOOK_MEAN_ASK_DEPTH] = FEATURE_total_ask_depth,
    [BOOK_MEAN_SMART_DEPTH_IMBALANCE] = FEATURE_smart_depth_imbalance,
};
static const uint16_t path_feature[] = {FEATURE_mid_price, FEATURE_log_return, FEATURE_ofi,
                                        FEATURE_mlofi};

static struct features_params tick_params(void)
{
    struct features_params params = features_defaults();
    memset(&params.on, 0, sizeof params.on);
    for (int i = 0; i < BOOK_MEANS; i++)
        feature_mask_add(&params.on, tick_feature[i]);
    for (size_t i = 0; i < sizeof path_feature / sizeof path_feature[0]; i++)
        feature_mask_add(&params.on, path_feature[i]);
    return params;
}

static double value_of(const struct feature_row *row, unsigned feature)
{
    return feature_has(row, feature) ? row->value[feature] : NAN;
}

static void tick_of(struct rebuild *rebuild, struct book_tick *tick)
{
    struct feature_row row;
    feature_row_clear(&row);
    features_row(rebuild->features, &row);
    features_row_taken(rebuild->features);
    tick->ts_ns = feed_event_ns(&rebuild->event.head);
    tick->mid = value_of(&row, FEATURE_mid_price);
    tick->log_return = value_of(&row, FEATURE_log_return);
    tick->ofi = value_of(&row, FEATURE_ofi);
    tick->mlofi = value_of(&row, FEATURE_mlofi);
    for (int i = 0; i < BOOK_MEANS; i++)
        tick->value[i] = value_of(&row, tick_feature[i]);
}

/* ---- one channel ----------------------------------------------------------------------------- */

/* A bar's lineage is that of its last record. */
struct lane {
    struct bars_file file;
    struct book_bars book;
    struct trade_bars trades;
    struct feed_head last;
};

static void book_lane(struct lane *lane, const struct book_tick *tick, const struct feed_head *head)
{
    struct book_bar bar;
    if (book_bars_add(&lane->book, tick, &bar))
        bars_file_book(&lane->file, &lane->last, &bar);
    lane->last = *head;
}

static void trade_lane(struct lane *lane, const struct bar_trade *trade,
                       const struct feed_head *head)
{
    struct trade_bar bar;
    if (trade_bars_add(&lane->trades, trade, &bar))
        bars_file_trade(&lane->file, &lane->last, &bar);
    lane->last = *head;
}

static void open_lanes(struct work *work, struct lane *lane, const char *kind)
{
    for (unsigned i = 0; i < work->durations; i++) {
        int64_t duration_ns = work->duration_s[i] * TD_NS_PER_S;
        bars_file_open(&lane[i].file, work->derive, work->stream, kind, duration_ns);
        book_bars_init(&lane[i].book, duration_ns);
        trade_bars_init(&lane[i].trades, duration_ns, work->stream->price_scale,
                        work->stream->size_scale);
    }
}

static int close_lanes(struct work *work, struct lane *lane, int code)
{
    for (unsigned i = 0; i < work->durations; i++) {
        struct book_bar book;
        struct trade_bar trade;
        if (book_bars_end(&lane[i].book, &book))
            bars_file_book(&lane[i].file, &lane[i].last, &book);
        if (trade_bars_end(&lane[i].trades, &trade))
            bars_file_trade(&lane[i].file, &lane[i].last, &trade);
        code = verb_worse(code, bars_file_close(&lane[i].file, code));
    }
    return code;
}

static int run_book(struct work *work, struct rebuild *rebuild)
{
    struct lane lane[BAR_DURATIONS] = {0};
    open_lanes(work, lane, "book");
    while (rebuild_next(rebuild)) {
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        if (rebuild_apply(rebuild) != REBUILD_FIRED)
            continue;
        struct book_tick tick;
        tick_of(rebuild, &tick);
        for (unsigned i = 0; i < work->durations; i++)
            book_lane(&lane[i], &tick, &rebuild->event.head);
    }
    return close_lanes(work, lane, rebuild->code);
}

static struct bar_trade trade_of(const struct feed_event *event)
{
    return (struct bar_trade){feed_event_ns(&event->head), event->price_steps, event->size_steps,
                              event->taker};
}

static int run_trades(struct work *work, struct rebuild *rebuild)
{
    struct lane lane[BAR_DURATIONS] = {0};
    open_lanes(work, lane, "trades");
    while (rebuild_next(rebuild)) {
        struct bar_trade trade = trade_of(&rebuild->event);
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        for (unsigned i = 0; i < work->durations; i++)
            trade_lane(&lane[i], &trade, &rebuild->event.head);
    }
    return close_lanes(work, lane, rebuild->code);
}

static int run_volume(struct work *work, struct rebuild *rebuild)
{
    struct volume_file volume;
    int64_t steps;
    if (td_decimal_to_steps(work->threshold, strlen(work->threshold), work->stream->size_scale,
                            &steps) < 0 ||
        steps <= 0) {
        verb_complain("Give base units, as in 100 or 0.5.",
                      "--threshold: %s is no number of %s's size steps", work->threshold,
                      work->stream->symbol);
        return EXIT_USAGE;
    }
    volume_file_open(&volume, work->derive, work->stream, work->threshold, steps);
    while (rebuild_next(rebuild)) {
        struct bar_trade trade = trade_of(&rebuild->event);
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        volume_file_add(&volume, &trade, &rebuild->event.head);
    }
    return bars_file_close(&volume.file, rebuild->code);
}

static int run_ticks(struct work *work, struct rebuild *rebuild)
{
    struct bars_file file;
    static struct candles candles;
    candles_init(&candles);
    bars_file_open(&file, work->derive, work->stream, "ticks", 0);
    while (rebuild_next(rebuild)) {
        derive_moved(work->derive, feed_bytes(&rebuild->feed));
        if (rebuild_apply(rebuild) != REBUILD_FIRED)
            continue;
        int64_t ts_ns = feed_event_ns(&rebuild->event.head);
        features_row_taken(rebuild->features);
        if (candles_add(&candles, ts_ns, features_mid(rebuild->features)))
            bars_file_candle(&file, &rebuild->event.head,
                             candles_at(&candles, candles_count(&candles) - 1));
    }
    return bars_file_close(&file, rebuild->code);
}

static const struct channel {
    const char *name;
    unsigned tables;
    bool engine;
    int (*run)(struct work *work, struct rebuild *rebuild);
} channels[] = {
    {"book", 1 << STREAM_BOOK | REBUILD_ALSO, true, run_book},
    {"trades", 1 << STREAM_TRADES, false, run_trades},
    {"volume", 1 << STREAM_TRADES, false, run_volume},
    {"ticks", 1 << STREAM_BOOK | REBUILD_ALSO, true, run_ticks},
};

static int run_stream(struct work *work, const struct channel *channel)
{
    struct features_params params = tick_params();
    struct rebuild rebuild;
    int code =
        rebuild_open(&rebuild, work->stream, channel->tables, channel->engine ? &params : NULL);
    if (!code)
        code = channel->run(work, &rebuild);
    work->derive->rows_read += rebuild.rows;
    rebuild_close(&rebuild);
    return code;
}

static const struct channel *channel_of(const struct verb_args *args)
{
    const char *name = verb_value(args, "channel");
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        if (name && strcmp(name, channels[i].name) == 0)
            return &channels[i];
    verb_complain("Channels are book, trades, volume and ticks.", "--channel: '%s'",
                  name ? name : "not given");
    return NULL;
}

static int run(const struct verb_args *args)
{
    struct derive derive;
    struct work work = {.derive = &derive, .threshold = verb_value(args, "threshold")};
    const struct channel *channel = channel_of(args);
    if (!channel)
        return EXIT_USAGE;
    work.durations = derive_numbers("durations", verb_value(args, "durations"), "60,300,900,3600",
                                    24 * 3600, BAR_DURATIONS, work.duration_s);
    work.threshold = work.threshold ? work.threshold : "100";
    if (!work.durations)
        return EXIT_USAGE;
    int code = derive_begin(&derive, args, channel->tables);
    if (code)
        return code;
    for (uint32_t i = 0; i < derive.streams.count && !code; i++) {
        work.stream = &derive.streams.stream[i];
        derive_next_stream(&derive);
        code = run_stream(&work, channel);
    }
    return derive_end(&derive, code);
}

const struct verb verb_bars = {
    .name = "bars",
    .summary = "bars of time, volume or ticks",
    .usage = DERIVE_USAGE "--channel book|trades|volume|ticks [--durations 60,300] [--threshold N]",
    .detail =
        "Time bars stand on multiples of their duration since 1970, labelled by their start; a "
        "window without a record\n"
        "gives no bar. Volume bars close at the threshold, exactly; what is left open at the end "
        "is not written. Ticks are\n"
        "candles of ten mids. Bars of the book come from proven, two-sided books alone. Tables and "
        "columns: docs/FORMAT.md.",
    .example = "  tape bars --input /data --output /lake --channel trades --durations 60,3600 "
               "--symbol BTC-USD",
    .option = {DERIVE_OPTIONS,
               {"channel", "C", "book, trades, volume or ticks"},
               {"durations", "S", "seconds, up to 7 of them (60,300,900,3600)"},
               {"threshold", "N", "base units of a volume bar (100)"}},
    .run = run,
};
