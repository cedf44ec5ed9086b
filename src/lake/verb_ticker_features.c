#include <string.h>

#include "features/ticker_features.h"
#include "lake/window_columns.h"

enum { TICKERS_MAX = 1 << 18 };

/* Columns behind the head; ids never change meaning. */
#define TICKER_COLUMNS(X)                                                                          \
    X(21, kind, BYTE_ARRAY, STRING, false)                                                         \
    X(22, bid, DOUBLE, PLAIN, true)                                                                \
    X(23, bid_size, DOUBLE, PLAIN, true)                                                           \
    X(24, ask, DOUBLE, PLAIN, true)                                                                \
    X(25, ask_size, DOUBLE, PLAIN, true)                                                           \
    X(26, flags, INT32, UINT8, false)                                                              \
    X(27, spread, DOUBLE, PLAIN, true)                                                             \
    X(28, mid_price, DOUBLE, PLAIN, true)                                                          \
    X(29, relative_spread, DOUBLE, PLAIN, true)                                                    \
    X(30, volume_imbalance, DOUBLE, PLAIN, true)                                                   \
    X(31, minute, INT32, PLAIN, false)                                                             \
    X(32, day_of_week, INT32, PLAIN, false)                                                        \
    X(33, is_weekend, INT32, PLAIN, false)                                                         \
    X(34, window_short, BOOLEAN, PLAIN, false)

enum {
    TICKER_HEAD_LAST = DAYS_HEAD_COLUMNS - 1,
#define X(id, name, ...) TICKER_##name,
    TICKER_COLUMNS(X)
#undef X
        TICKER_WINDOWS
};
static const struct column columns[TICKER_WINDOWS] = {DAYS_HEAD,
#define X(id, name, physical, logical, optional)                                                   \
    {id, #name, COLUMN_##physical, COLUMN_##logical, optional, 0, FROM_ROW_I64, 0, 0},
                                                      TICKER_COLUMNS(X)
#undef X
};
static const struct table table = {"ticker_features", 0, TICKER_WINDOWS, columns};
static const struct window_column each[] = {{"mid_price_mean_", COLUMN_DOUBLE},
                                            {"mid_price_std_", COLUMN_DOUBLE},
                                            {"spread_mean_", COLUMN_DOUBLE},
                                            {"vol_imbalance_mean_", COLUMN_DOUBLE}};
enum { EACH = sizeof each / sizeof each[0] };

/* Prices of tickers are the venue's; they carry no text of their own. */
enum { KIND = FEED_HEAD_COLUMNS, BID, BID_SIZE, ASK, ASK_SIZE, NO_TEXT };
static const char *const names[] = {FEED_HEAD_NAMES, "kind",     "bid",        "bid_size",
                                    "ask",           "ask_size", "price_text", NULL};
static const char *const kinds[] = {"ticker", "bbo", "derived", NULL};

static void put_quote(struct table_writer *w, const struct cursor *cursor)
{
    const char *text;
    size_t bytes;
    double value;
    if (cursor_text(cursor, KIND, &text, &bytes))
        table_put_text(w, TICKER_kind, text, bytes);
    for (unsigned i = 0; i < 4; i++)
        if (cursor_real(cursor, BID + i, &value))
            table_put_real(w, TICKER_bid + i, value);
}

static void put_row(struct window_work *work, struct table_writer *w, const struct cursor *cursor,
                    const struct feed_head *head, const struct ticker_feature_row *row)
{
    put_quote(w, cursor);
    table_put_whole(w, TICKER_flags, head->flags);
    table_put_real(w, TICKER_spread, row->spread);
    table_put_real(w, TICKER_mid_price, row->mid_price);
    table_put_real(w, TICKER_relative_spread, row->relative_spread);
    table_put_real(w, TICKER_volume_imbalance, row->volume_imbalance);
    window_calendar(w, TICKER_minute, feed_event_ns(head));
    table_put_whole(w, TICKER_window_short, row->window_short);
    for (unsigned i = 0; i < work->windows; i++) {
        const struct ticker_feature_window *window = &row->window[i];
        unsigned at = TICKER_WINDOWS + i * EACH;
        table_put_real(w, at, window->mid_price_mean);
        table_put_real(w, at + 1, window->mid_price_std);
        table_put_real(w, at + 2, window->spread_mean);
        table_put_real(w, at + 3, window->vol_imbalance_mean);
    }
}

/* False: reading failed. */
static bool take_quote(struct cursor *cursor, const struct feed_head *head,
                       struct ticker_quote *quote)
{
    double value;
    *quote = (struct ticker_quote){.ts_ns = feed_event_ns(head)};
    quote->has_sizes = cursor_real(cursor, BID_SIZE, &quote->bid_size) &&
                       cursor_real(cursor, ASK_SIZE, &quote->ask_size);
    quote->has_prices = cursor_real(cursor, BID, &value) && cursor_real(cursor, ASK, &value);
    return !quote->has_prices || (cursor_steps(cursor, BID, NO_TEXT, true, &quote->bid_steps) &&
                                  cursor_steps(cursor, ASK, NO_TEXT, true, &quote->ask_steps));
}

static int run_rows(struct window_work *work, struct cursor *cursor,
                    struct ticker_features *features, struct days *days)
{
    while (cursor_next(cursor)) {
        struct feed_head head;
        struct ticker_quote quote;
        struct ticker_feature_row row;
        work->derive->rows_read++;
        derive_moved(work->derive, cursor->bytes);
        if (cursor_word(cursor, KIND, kinds) < 0)
            continue;
        feed_head(cursor, &head);
        if (!take_quote(cursor, &head, &quote))
            break;
        ticker_features_add(features, &quote, &row);
        work->derive->notes += row.window_short;
        if (!days_row(days, &head, quote.ts_ns))
            continue;
        put_row(work, days->writer, cursor, &head, &row);
        days_end_row(days, &head);
    }
    return days_close(days, cursor->code);
}

static int run_stream(struct window_work *work, const struct lake_stream *stream)
{
    struct ticker_features_params params = {.tickers_max = TICKERS_MAX,
                                            .price_scale = stream->price_scale};
    struct days_params where = derive_days(work->derive, stream, &work->columns.table, "");
    struct cursor cursor;
    struct days days;
    memcpy(params.window_s, work->window_s, sizeof params.window_s);
    if (lake_reserve(&work->memory, ticker_features_footprint(&params)) < 0) {
        verb_complain(NULL, "no memory for the windows");
        return verb_exit(TD_E_NO_MEMORY);
    }
    days_open(&days, &where);
    cursor_open(&cursor, stream, STREAM_TICKER, names);
    int code = run_rows(work, &cursor, ticker_features_init(work->memory.data, &params), &days);
    cursor_close(&cursor);
    return code;
}

static int run(const struct verb_args *args)
{
    static const struct window_verb verb = {
        .table = &table,
        .each = each,
        .each_count = EACH,
        .stream = STREAM_TICKER,
        .note = "rows had a window shorter than its name: more tickers than it holds (262,144)",
        .run_stream = run_stream,
    };
    return window_run(args, &verb);
}

const struct verb verb_ticker_features = {
    .name = "ticker-features",
    .summary = "a row of features for each ticker",
    .usage = DERIVE_USAGE "[--rolling-windows 60,300,900] [--exchange X] [--symbol S]",
    .detail =
        "Rows of kind ticker, bbo and derived, in the order of arrival; the window of a row is (t "
        "- w, t] of event time.\n"
        "Table ticker_features, columns: docs/FORMAT.md.",
    .example = "  tape ticker-features --input /data --output /lake --rolling-windows 60,900",
    .option = {DERIVE_OPTIONS, {"rolling-windows", "S", "seconds, up to 3 of them (60,300,900)"}},
    .run = run,
};
