/* What the core tells the engine, and when a row is written. */
#include "app/core_parts.h"

#include <math.h>

#include "../../features_on.h"
#include "base/log.h"
#include "core_rows.h"
#include "core_storm.h"
#include "segment/packed.h"

static struct feature_config config;

static void begin(enum core_emit emit)
{
    static const char *const symbols[] = {"BTC-USD", "ETH-USD"};
    struct core_params more = {0};
    config = features_on(emit);
    features_on_core(&more, &config);
    start_with("coinbase", symbols, 2, &more);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

static void change(const char *side, const char *price, const char *size)
{
    char out[256];
    snprintf(
        out, sizeof out,
        "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"%s\",\"%s\",\"%s\"]],"
        "\"time\":\"2023-11-14T22:13:%02d.000000Z\"}",
        side, price, size, 20 + (int)(bench.next_frame % 30));
    text(out);
}

static double value(const struct told *row, unsigned feature)
{
    if (!feature_has(&row->features.feature, feature))
        FAIL("%s is null", feature_at(feature)->name);
    return row->features.feature.value[feature];
}

static bool is_null(const struct told *row, unsigned feature)
{
    return !feature_has(&row->features.feature, feature);
}

/* ---- when there is a row ------------------------------------------------------------------------------------------------------ */

TEST(a_second_gives_a_row_of_its_last_event)
{
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    ticks(2);
    CHECK_EQ_U64(rows(ROW_FEATURES), 0); /* an image fires nothing */
    change("buy", "100.50", "1");
    change("buy", "100.60", "4");
    uint64_t last = bench.next_frame - 1;
    CHECK_EQ_U64(rows(ROW_FEATURES), 0);
    ticks(1);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    ticks(3);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1); /* nothing happened */
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 0);
    CHECK_EQ_STR(row->symbol, "BTC-USD");
    CHECK_EQ_U64(row->head.frame, last);
    CHECK_EQ_I64(row->features.interval_ms, 1000);
    CHECK_EQ_I64(row->features.events, 2);
    CHECK_EQ_I64(row->features.flags, 0);
    CHECK(value(row, FEATURE_mid_price) == 100.8);
    CHECK(value(row, FEATURE_bid_price_L0) == 100.6 && value(row, FEATURE_bid_size_L0) == 4);
    CHECK(!is_null(row, FEATURE_log_return));
}

TEST(each_event_gives_a_row_where_that_is_wanted)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    for (int i = 0; i < 5; i++)
        change("buy", "100.50", i % 2 ? "1" : "2");
    ticks(2);
    CHECK_EQ_U64(rows(ROW_FEATURES), 5);
    read_rows();
    for (unsigned n = 0; n < 5; n++) {
        const struct told *row = row_of(ROW_FEATURES, n);
        CHECK_EQ_I64(row->features.interval_ms, 0);
        CHECK_EQ_I64(row->features.events, 1);
        CHECK(value(row, FEATURE_bid_size_L0) == (n % 2 ? 1 : 2));
        CHECK_EQ_I64(is_null(row, FEATURE_log_return), n == 0);
    }
}

TEST(where_features_are_off_none_is_computed)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    change("buy", "100.50", "1");
    ticks(2);
    CHECK_EQ_U64(rows(ROW_FEATURES) + rows(ROW_PREDICTIONS), 0);
    CHECK(!book().has_features && book().model_count == 0);
    CHECK_EQ_I64(groups_find(bench.groups, ROW_FEATURES, "coinbase", "BTC-USD"), -1);
}

/* What is pending belongs to the hour of its event, and to the run that is over. */
TEST(an_hour_and_a_stop_write_what_is_pending)
{
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    change("buy", "100.50", "1");
    int64_t event_ns = bench.now_ns - TD_NS_PER_MS;
    unsigned seals = bench.seals;
    bench.now_ns += TD_NS_PER_HOUR;
    change("buy", "100.50", "2");
    CHECK_EQ_I64(bench.seals, seals + 1);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    told_count = 0;
    take_cuts();
    CHECK_EQ_I64(row_of(ROW_FEATURES, 0)->head.recv_ns, event_ns);
    step(TD_FRAME_STOP, "", 0);
    CHECK_EQ_U64(rows(ROW_FEATURES), 2);
    told_count = 0;
    take_cuts();
    CHECK(value(row_of(ROW_FEATURES, 0), FEATURE_bid_size_L0) == 2);
}

TEST(no_row_while_a_book_is_not_proven_and_none_over_the_hole)
{
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    change("buy", "100.50", "1");
    change("buy", "100.60", "1");
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    ticks(2);
    bench.conn++;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    ticks(2);
    text(snapshot);
    ticks(2);
    CHECK_EQ_U64(rows(ROW_FEATURES), 0);
    change("buy", "100.70", "1");
    ticks(1);
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 0);
    CHECK_EQ_I64(row->features.events, 3); /* two of them before the hole */
    CHECK(is_null(row, FEATURE_log_return) && is_null(row, FEATURE_ofi));
    CHECK(value(row, FEATURE_volatility) == 0); /* one mid since */
    CHECK_EQ_I64(count_rows(ROW_FEATURES), 1);
}

TEST(a_snapshot_in_between_ends_the_history)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    change("buy", "100.50", "1");
    change("buy", "100.60", "1");
    text(snapshot);
    change("buy", "100.70", "1");
    read_rows();
    CHECK(!is_null(row_of(ROW_FEATURES, 1), FEATURE_ofi));
    CHECK(is_null(row_of(ROW_FEATURES, 2), FEATURE_ofi));
}

TEST(a_crash_ends_the_history_too)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    change("buy", "100.50", "1");
    step(TD_FRAME_START, "tapedeck version 0.1.0 (build abc)\ncause=crash\n", 0);
    bench.conn++;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    change("buy", "100.70", "1");
    read_rows();
    CHECK(is_null(row_of(ROW_FEATURES, 1), FEATURE_log_return));
}

/* A side that empties withholds the row of an event that was good; when it is back there is one again. */
TEST(a_book_of_one_side_is_withheld)
{
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    change("sell", "101.50", "1");
    uint64_t withheld = td_metric_get(TD_M_features_withheld);
    change("sell", "101.50", "0");
    change("sell", "101.00", "0");
    change("sell", "102.00", "0");
    CHECK_EQ_U64(td_metric_get(TD_M_features_withheld), withheld + 1);
    ticks(1);
    CHECK_EQ_U64(rows(ROW_FEATURES), 0);
    change("sell", "103.00", "1");
    ticks(1);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    read_rows();
    CHECK(value(row_of(ROW_FEATURES, 0), FEATURE_mid_price) == 101.5);
    CHECK_EQ_I64(row_of(ROW_FEATURES, 0)->features.events, 4);
}

TEST(a_venue_without_a_stamp_is_flagged)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"100.2\",\"1\"]]"
         "}");
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 0);
    CHECK(row->features.flags & FEATURE_ROW_NO_EVENT_TIME);
    CHECK_EQ_I64(row->head.event_ns, row->head.recv_ns);
}

/* ---- while the disk is nearly full ---------------------------------------------------------------------------------------------- */

TEST(shed_features_and_predictions_go_on_being_computed)
{
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    change("buy", "100.50", "1");
    ticks(2);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    CHECK(rows(ROW_PREDICTIONS) > 0);
    step(TD_FRAME_SHED, "level=3 free_mb=3 why=test", 0);
    uint64_t predictions = rows(ROW_PREDICTIONS);
    change("buy", "100.60", "1");
    change("buy", "100.70", "1");
    ticks(3);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), predictions + 4); /* two models */
    step(TD_FRAME_SHED, "level=4 free_mb=3 why=test", 0);
    change("buy", "100.80", "1");
    ticks(3);
    CHECK_EQ_U64(rows(ROW_PREDICTIONS), predictions + 4);
    CHECK_EQ_U64(book().model.stats.samples_total, 4); /* learned from all the same */
    step(TD_FRAME_SHED, "level=0 free_mb=3000 why=test", 0);
    ticks(1);
    CHECK_EQ_U64(rows(ROW_FEATURES), 1); /* what was shed is not told late */
    change("buy", "100.90", "1");
    ticks(1);
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 1);
    CHECK_EQ_I64(row->features.events, 1);
    CHECK(!is_null(row, FEATURE_log_return));
}

/* Books that are not stored are followed. */
TEST(features_of_a_book_that_is_shed)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    step(TD_FRAME_SHED, "level=7 free_mb=3 why=test", 0);
    change("buy", "100.50", "1");
    step(TD_FRAME_SHED, "level=0 free_mb=3000 why=test", 0);
    change("buy", "100.60", "1");
    read_rows();
    CHECK_EQ_I64(count_rows(ROW_FEATURES), 1);
    CHECK(!is_null(row_of(ROW_FEATURES, 0), FEATURE_log_return));
}

/* ---- trades ------------------------------------------------------------------------------------------------------------------------- */

TEST(trades_count_with_the_next_book_event_and_listed_ones_never)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    change("buy", "100.50", "1");
    match(11, "sell"); /* the taker buys */
    text("{\"type\":\"last_match\",\"trade_id\":12,\"maker_order_id\":\"a\",\"taker_order_id\":"
         "\"b\","
         "\"side\":\"sell\",\"size\":\"8\",\"price\":\"100.5\",\"product_id\":\"BTC-USD\","
         "\"sequence\":7,\"time\":\"2023-11-14T22:13:20.000000Z\"}");
    change("buy", "100.60", "1");
    read_rows();
    CHECK(value(row_of(ROW_FEATURES, 0), FEATURE_trade_vol_900s) == 0);
    CHECK(is_null(row_of(ROW_FEATURES, 0), FEATURE_tfi_900s));
    CHECK(value(row_of(ROW_FEATURES, 1), FEATURE_trade_vol_900s) == 0.5);
    CHECK(value(row_of(ROW_FEATURES, 1), FEATURE_tfi_900s) == 1);
}

/* ---- scales, other symbols ---------------------------------------------------------------------------------------------------------- */

TEST(finer_numbers_keep_the_history)
{
    begin(CORE_EMIT_EVENT);
    text(snapshot);
    change("buy", "100.50", "1");
    change("buy", "100.5001", "1.00001");
    read_rows();
    const struct told *row = row_of(ROW_FEATURES, 1);
    CHECK(value(row, FEATURE_bid_price_L0) == 100.5001);
    CHECK(value(row, FEATURE_mid_price) == 100.75005);
    CHECK(fabs(value(row, FEATURE_log_return) - log(100.75005 / 100.75)) < 1e-12);
    CHECK(value(row, FEATURE_ofi) == 1.00001);
}

TEST(symbols_do_not_touch_each_other)
{
    static const char other[] = "{\"type\":\"snapshot\",\"product_id\":\"ETH-USD\",\"asks\":[["
                                "\"11.00\",\"2\"]],\"bids\":[[\"10.00\",\"1\"]]}";
    begin(CORE_EMIT_SECOND);
    text(snapshot);
    text(other);
    change("buy", "100.50", "1");
    ticks(1);
    read_rows();
    CHECK_EQ_I64(count_rows(ROW_FEATURES), 1);
    CHECK_EQ_STR(row_of(ROW_FEATURES, 0)->symbol, "BTC-USD");
}

/* ---- every change is told ------------------------------------------------------------------------------------------------------------ */

enum { STORM_NAMES = 4, COLUMNS_FEW = 30 };

/* What a row has of the book as it stands: the same as of an engine that has just seen it for the first time. */
static unsigned check_row(struct core_instrument *in, const struct instrument *instrument,
                          struct features *fresh)
{
    static struct feature_row kept, anew;
    unsigned compared = 0;
    features_clear(fresh);
    features_snapshot(fresh);
    CHECK(features_book(fresh, in->book, instrument->price_scale, instrument->size_scale,
                        in->fired.event_ns));
    features_row(in->features, &kept);
    features_row(fresh, &anew);
    for (unsigned f = 0; f < FEATURES; f++) {
        unsigned set = feature_at(f)->set;
        if (set != FEATURE_SET_LEVELS && set != FEATURE_SET_STRUCTURAL &&
            set != FEATURE_SET_OPTIONAL)
            continue;
        if (f == FEATURE_minute || f == FEATURE_day_of_week || f == FEATURE_is_weekend)
            continue; /* of event time, which never steps back within a history */
        compared++;
        if (feature_has(&kept, f) != feature_has(&anew, f) ||
            (feature_has(&kept, f) && kept.value[f] != anew.value[f]))
            FAIL("%s: %.17g of a row, %.17g anew (frame %llu)", feature_at(f)->name, kept.value[f],
                 anew.value[f], (unsigned long long)in->fired.frame);
    }
    return compared;
}

static struct core *storm_core(struct groups **groups)
{
    static const char *const venues[] = {"coinbase", "binance", "kraken"};
    static const char *const names[STORM_NAMES][2] = {{"coinbase", "BTC-USD"},
                                                      {"coinbase", "ETH-USD"},
                                                      {"binance", "BTC-USDT"},
                                                      {"kraken", "BTC-USD"}};
    static struct core_source_params source[3];
    struct instruments *table = instruments_init(take(instruments_footprint(STORM_NAMES)), 4);
    for (uint16_t s = 0; s < 3; s++) {
        const struct venue *venue = venue_find(venues[s]);
        source[s] =
            (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
        for (unsigned i = 0; i < STORM_NAMES; i++) {
            char raw[TD_SYMBOL_MAX];
            if (strcmp(names[i][0], venues[s]) != 0)
                continue;
            CHECK_EQ_I64(venue->spell(names[i][1], raw), 0);
            CHECK(instruments_add(table, s, names[i][1], raw) >= 0);
        }
    }
    struct core_params params = {.instruments = table,
                                 .sources = source,
                                 .source_count = 3,
                                 .pool_levels = 4096,
                                 .max_depth = 25};
    config = features_on(CORE_EMIT_SECOND);
    features_on_core(&params, &config);
    struct groups_params of = {
        .streams_max = core_streams_needed(&params), .rows_max = 4096, .pool_bytes = 8 << 20};
    params.groups = *groups = groups_init(take(groups_footprint(&of)), &of);
    return core_init(take(core_footprint(&params)), &params);
}

TEST(the_engine_knows_every_change_of_a_book)
{
    struct groups *groups;
    unsigned compared = 0, of[STORM_NAMES] = {0};
    td_log_setup(2, TD_LOG_OFF, NULL);
    storm_make(7, 6000);
    mem_used = 0;
    struct core *core = storm_core(&groups);
    struct features *fresh =
        features_init(take(features_footprint(&core->params.features)), &core->params.features);
    for (unsigned n = 0; n < storm.count; n++) {
        core_step(core, &storm.frame[n]);
        for (unsigned i = 0; i < core->instrument_count && i < STORM_NAMES; i++) {
            struct core_instrument *in = &core->instrument[i];
            const struct instrument *instrument = instruments_peek(core->instruments, i);
            bool fired = in->fired.frame == storm.frame[n].number;
            if (!fired || in->sync.state != TD_BOOK_PROVEN || book_crossed(in->book))
                continue;
            if (book_levels(in->book, TD_SIDE_BID) == 0 || book_levels(in->book, TD_SIDE_ASK) == 0)
                continue;
            compared += check_row(in, instrument, fresh);
            of[i]++;
        }
        while (cut_peek(groups) != NULL)
            cut_done(groups);
    }
    CHECK(compared > 1000 * COLUMNS_FEW);
    for (unsigned i = 0; i < STORM_NAMES; i++)
        CHECK(of[i] > 20);
}
