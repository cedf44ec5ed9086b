#include <string.h>

#include "lake/window_columns.h"

enum { TRADES_MAX = 1 << 20 };

/* Columns behind the head; ids never change meaning. */
#define TRADE_COLUMNS(X)                                                                           \
    X(21, trade_id, INT64, PLAIN, true)                                                            \
    X(22, trade_uid, BYTE_ARRAY, STRING, true)                                                     \
    X(23, side, BYTE_ARRAY, STRING, true)                                                          \
    X(24, price, DOUBLE, PLAIN, false)                                                             \
    X(25, size, DOUBLE, PLAIN, false)                                                              \
    X(26, flags, INT32, UINT8, false)                                                              \
    X(27, is_buy, INT32, PLAIN, true)                                                              \
    X(28, dollar_volume, DOUBLE, PLAIN, false)                                                     \
    X(29, signed_volume, DOUBLE, PLAIN, true)                                                      \
    X(30, log_return, DOUBLE, PLAIN, true)                                                         \
    X(31, minute, INT32, PLAIN, false)                                                             \
    X(32, day_of_week, INT32, PLAIN, false)                                                        \
    X(33, is_weekend, INT32, PLAIN, false)                                                         \
    X(34, window_short, BOOLEAN, PLAIN, false)

enum {
    TRADE_HEAD_LAST = DAYS_HEAD_COLUMNS - 1,
#define X(id, name, ...) TRADE_##name,
    TRADE_COLUMNS(X)
#undef X
        TRADE_WINDOWS
};
static const struct column columns[TRADE_WINDOWS] = {DAYS_HEAD,
#define X(id, name, physical, logical, optional)                                                   \
    {id, #name, COLUMN_##physical, COLUMN_##logical, optional, 0, FROM_ROW_I64, 0, 0},
                                                     TRADE_COLUMNS(X)
#undef X
};
static const struct table table = {"trades_features", 0, TRADE_WINDOWS, columns};
static const struct window_column each[] = {
    {"vwap_", COLUMN_DOUBLE},          {"volume_", COLUMN_DOUBLE},
    {"dollar_volume_", COLUMN_DOUBLE}, {"trade_count_", COLUMN_INT64},
    {"buy_ratio_", COLUMN_DOUBLE},     {"realized_var_", COLUMN_DOUBLE}};
enum { EACH = sizeof each / sizeof each[0] };

enum { PRICE = FEED_HEAD_COLUMNS, SIZE, PRICE_TEXT, SIZE_TEXT, SIDE, ID, UID };
static const char *const names[] = {FEED_HEAD_NAMES, "price",     "size",
                                    "price_text",    "size_text", "side",
                                    "trade_id",      "trade_uid", NULL};
static const char *const sides[] = {"buy", "sell", NULL};

static void put_window(struct table_writer *w, unsigned at, const struct trade_feature_window *of)
{
    table_put_real(w, at, of->vwap);
    table_put_real(w, at + 1, of->volume);
    table_put_real(w, at + 2, of->dollar_volume);
    table_put_whole(w, at + 3, (int64_t)of->trades);
    table_put_real(w, at + 4, of->buy_ratio);
    table_put_real(w, at + 5, of->realized_var);
}

static void put_identity(struct table_writer *w, const struct cursor *cursor)
{
    const char *text;
    size_t bytes;
    int64_t id;
    double value;
    if (cursor_whole(cursor, ID, &id))
        table_put_whole(w, TRADE_trade_id, id);
    if (cursor_text(cursor, UID, &text, &bytes))
        table_put_text(w, TRADE_trade_uid, text, bytes);
    if (cursor_text(cursor, SIDE, &text, &bytes))
        table_put_text(w, TRADE_side, text, bytes);
    if (cursor_real(cursor, PRICE, &value))
        table_put_real(w, TRADE_price, value);
    if (cursor_real(cursor, SIZE, &value))
        table_put_real(w, TRADE_size, value);
}

static void put_row(struct window_work *work, struct table_writer *w, const struct cursor *cursor,
                    const struct feed_head *head, const struct trade_feature_row *row)
{
    put_identity(w, cursor);
    table_put_whole(w, TRADE_flags, head->flags);
    if (!isnan(row->is_buy))
        table_put_whole(w, TRADE_is_buy, (int64_t)row->is_buy);
    table_put_real(w, TRADE_dollar_volume, row->dollar_volume);
    table_put_real(w, TRADE_signed_volume, row->signed_volume);
    table_put_real(w, TRADE_log_return, row->log_return);
    window_calendar(w, TRADE_minute, feed_event_ns(head));
    table_put_whole(w, TRADE_window_short, row->window_short);
    for (unsigned i = 0; i < work->windows; i++)
        put_window(w, TRADE_WINDOWS + i * EACH, &row->window[i]);
}

static int run_rows(struct window_work *work, struct cursor *cursor,
                    struct trade_features *features, struct days *days)
{
    while (cursor_next(cursor)) {
        struct feed_head head;
        struct bar_trade trade = {0};
        struct trade_feature_row row;
        feed_head(cursor, &head);
        trade.ts_ns = feed_event_ns(&head);
        trade.taker = (uint8_t)(cursor_word(cursor, SIDE, sides) + 1);
        if (!cursor_steps(cursor, PRICE, PRICE_TEXT, true, &trade.price_steps) ||
            !cursor_steps(cursor, SIZE, SIZE_TEXT, false, &trade.size_steps))
            break;
        trade_features_add(features, &trade, &row);
        work->derive->rows_read++;
        work->derive->notes += row.window_short;
        derive_moved(work->derive, cursor->bytes);
        if (!days_row(days, &head, trade.ts_ns))
            continue;
        put_row(work, days->writer, cursor, &head, &row);
        days_end_row(days, &head);
    }
    return days_close(days, cursor->code);
}

static int run_stream(struct window_work *work, const struct lake_stream *stream)
{
    struct trade_features_params params = {.trades_max = TRADES_MAX,
                                           .price_scale = stream->price_scale,
                                           .size_scale = stream->size_scale};
    struct days_params where = derive_days(work->derive, stream, &work->columns.table, "");
    struct cursor cursor;
    struct days days;
    memcpy(params.window_s, work->window_s, sizeof params.window_s);
    if (lake_reserve(&work->memory, trade_features_footprint(&params)) < 0) {
        verb_complain(NULL, "no memory for the windows");
        return verb_exit(TD_E_NO_MEMORY);
    }
    days_open(&days, &where);
    cursor_open(&cursor, stream, STREAM_TRADES, names);
    int code = run_rows(work, &cursor, trade_features_init(work->memory.data, &params), &days);
    cursor_close(&cursor);
    return code;
}

static int run(const struct verb_args *args)
{
    static const struct window_verb verb = {
        .table = &table,
        .each = each,
        .each_count = EACH,
        .stream = STREAM_TRADES,
        .note = "rows had a window shorter than its name: more trades than it holds (1,048,576)",
        .run_stream = run_stream,
    };
    return window_run(args, &verb);
}

const struct verb verb_trade_features = {
    .name = "trade-features",
    .summary = "a row of features for each trade",
    .usage = DERIVE_USAGE "[--rolling-windows 60,300,900] [--exchange X] [--symbol S]",
    .detail = "Rows in the order of arrival; the window of a row is (t - w, t] of event time and "
              "holds the trade itself.\n"
              "Table trades_features, columns: docs/FORMAT.md.",
    .example = "  tape trade-features --input /data --output /lake --symbol BTC-USD",
    .option = {DERIVE_OPTIONS, {"rolling-windows", "S", "seconds, up to 3 of them (60,300,900)"}},
    .run = run,
};
