#include "lake/bars_file.h"

#include <string.h>

#include "base/text.h"
#include "segment/column_from.h"

/* Columns behind the head: X(id, name, physical, optional). Ids never change meaning; new ones come last. */
#define BARS_COLUMNS(X)                                                                            \
    X(21, kind, BYTE_ARRAY, STRING, false)                                                         \
    X(22, bar_duration_sec, DOUBLE, PLAIN, true)                                                   \
    X(23, start_time, INT64, TIMESTAMP_US, false)                                                  \
    X(24, end_time, INT64, TIMESTAMP_US, false)                                                    \
    X(25, open, DOUBLE, PLAIN, false)                                                              \
    X(26, high, DOUBLE, PLAIN, false)                                                              \
    X(27, low, DOUBLE, PLAIN, false)                                                               \
    X(28, close, DOUBLE, PLAIN, false)                                                             \
    X(29, return, DOUBLE, PLAIN, true)                                                             \
    X(30, log_return, DOUBLE, PLAIN, true)                                                         \
    X(31, range, DOUBLE, PLAIN, true)                                                              \
    X(32, realized_variance, DOUBLE, PLAIN, true)                                                  \
    X(33, tick_count, INT64, PLAIN, true)                                                          \
    X(34, min_spread, DOUBLE, PLAIN, true)                                                         \
    X(35, max_spread, DOUBLE, PLAIN, true)                                                         \
    X(36, mean_spread, DOUBLE, PLAIN, true)                                                        \
    X(37, mean_relative_spread, DOUBLE, PLAIN, true)                                               \
    X(38, mean_l1_imbalance, DOUBLE, PLAIN, true)                                                  \
    X(39, mean_total_imbalance, DOUBLE, PLAIN, true)                                               \
    X(40, mean_microprice, DOUBLE, PLAIN, true)                                                    \
    X(41, mean_micro_minus_mid, DOUBLE, PLAIN, true)                                               \
    X(42, mean_bid_depth, DOUBLE, PLAIN, true)                                                     \
    X(43, mean_ask_depth, DOUBLE, PLAIN, true)                                                     \
    X(44, mean_smart_depth_imbalance, DOUBLE, PLAIN, true)                                         \
    X(45, sum_ofi, DOUBLE, PLAIN, true)                                                            \
    X(46, sum_mlofi, DOUBLE, PLAIN, true)                                                          \
    X(47, realized_vol, DOUBLE, PLAIN, true)                                                       \
    X(48, annualized_vol, DOUBLE, PLAIN, true)                                                     \
    X(49, volume, DOUBLE, PLAIN, true)                                                             \
    X(50, dollar_volume, DOUBLE, PLAIN, true)                                                      \
    X(51, trade_count, INT64, PLAIN, true)                                                         \
    X(52, buy_volume, DOUBLE, PLAIN, true)                                                         \
    X(53, sell_volume, DOUBLE, PLAIN, true)                                                        \
    X(54, vwap, DOUBLE, PLAIN, true)                                                               \
    X(55, trade_imbalance, DOUBLE, PLAIN, true)                                                    \
    X(56, buy_ratio, DOUBLE, PLAIN, true)                                                          \
    X(57, duration, DOUBLE, PLAIN, true)

enum {
    BAR_HEAD_LAST = DAYS_HEAD_COLUMNS - 1,
#define X(id, name, ...) BAR_##name,
    BARS_COLUMNS(X)
#undef X
        BAR_COLUMNS
};
_Static_assert(BAR_mean_smart_depth_imbalance - BAR_mean_spread == BOOK_MEANS - 1,
               "means stand in the order of enum book_mean");

static const struct column columns[BAR_COLUMNS] = {DAYS_HEAD,
#define X(id, name, physical, logical, optional)                                                   \
    {id, #name, COLUMN_##physical, COLUMN_##logical, optional, 0, FROM_ROW_I64, 0, 0},
                                                   BARS_COLUMNS(X)
#undef X
};

const struct table bars_table = {"bars", 0, BAR_COLUMNS, columns};

/* ---- files ----------------------------------------------------------------------------------- */

static void open_stem(struct bars_file *file, struct derive *derive,
                      const struct lake_stream *stream)
{
    struct days_params params = derive_days(derive, stream, &bars_table, file->stem);
    days_open(&file->days, &params);
}

void bars_file_open(struct bars_file *file, struct derive *derive, const struct lake_stream *stream,
                    const char *kind, int64_t duration_ns)
{
    struct td_str stem = td_str_on(file->stem, sizeof file->stem);
    file->kind = kind;
    file->duration_ns = duration_ns;
    td_str_add(&stem, kind);
    if (duration_ns)
        td_str_add_format(&stem, "-%llds", (long long)(duration_ns / TD_NS_PER_S));
    open_stem(file, derive, stream);
}

int bars_file_close(struct bars_file *file, int code)
{
    return days_close(&file->days, code);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int64_t us_of(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}

static void put_path(struct table_writer *w, const struct bar_path *path)
{
    table_put_real(w, BAR_open, path->open);
    table_put_real(w, BAR_high, path->high);
    table_put_real(w, BAR_low, path->low);
    table_put_real(w, BAR_close, path->close);
    table_put_real(w, BAR_return, path->simple_return);
    table_put_real(w, BAR_log_return, path->log_return);
    table_put_real(w, BAR_range, path->range);
    table_put_real(w, BAR_realized_variance, path->realized_variance);
}

static bool begin_row(struct bars_file *file, const struct feed_head *head, int64_t start_ns,
                      int64_t end_ns)
{
    if (!days_row(&file->days, head, start_ns))
        return false;
    struct table_writer *w = file->days.writer;
    table_put_text(w, BAR_kind, file->kind, strlen(file->kind));
    table_put_whole(w, BAR_start_time, us_of(start_ns));
    table_put_whole(w, BAR_end_time, us_of(end_ns));
    if (file->duration_ns)
        table_put_real(w, BAR_bar_duration_sec, (double)file->duration_ns / (double)TD_NS_PER_S);
    return true;
}

void bars_file_book(struct bars_file *file, const struct feed_head *head,
                    const struct book_bar *bar)
{
    if (!begin_row(file, head, bar->start_ns, bar->start_ns + file->duration_ns))
        return;
    struct table_writer *w = file->days.writer;
    put_path(w, &bar->path);
    table_put_whole(w, BAR_tick_count, bar->ticks);
    table_put_real(w, BAR_min_spread, bar->min_spread);
    table_put_real(w, BAR_max_spread, bar->max_spread);
    for (unsigned i = 0; i < BOOK_MEANS; i++)
        table_put_real(w, BAR_mean_spread + i, bar->mean[i]);
    table_put_real(w, BAR_sum_ofi, bar->sum_ofi);
    table_put_real(w, BAR_sum_mlofi, bar->sum_mlofi);
    table_put_real(w, BAR_realized_vol, bar->realized_vol);
    table_put_real(w, BAR_annualized_vol, bar->annualized_vol);
    days_end_row(&file->days, head);
}

void bars_file_trade(struct bars_file *file, const struct feed_head *head,
                     const struct trade_bar *bar)
{
    if (!begin_row(file, head, bar->start_ns, bar->start_ns + file->duration_ns))
        return;
    struct table_writer *w = file->days.writer;
    put_path(w, &bar->path);
    table_put_real(w, BAR_volume, bar->volume);
    table_put_real(w, BAR_dollar_volume, bar->dollar_volume);
    table_put_whole(w, BAR_trade_count, (int64_t)bar->trades);
    table_put_real(w, BAR_buy_volume, bar->buy_volume);
    table_put_real(w, BAR_sell_volume, bar->sell_volume);
    table_put_real(w, BAR_vwap, bar->vwap);
    table_put_real(w, BAR_trade_imbalance, bar->imbalance);
    days_end_row(&file->days, head);
}

void bars_file_volume(struct bars_file *file, const struct feed_head *head,
                      const struct volume_bar *bar)
{
    if (!begin_row(file, head, bar->start_ns, bar->end_ns))
        return;
    struct table_writer *w = file->days.writer;
    put_path(w, &bar->path);
    table_put_real(w, BAR_volume, bar->volume);
    table_put_whole(w, BAR_trade_count, (int64_t)bar->trades);
    table_put_real(w, BAR_buy_volume, bar->buy_volume);
    table_put_real(w, BAR_sell_volume, bar->sell_volume);
    table_put_real(w, BAR_vwap, bar->vwap);
    table_put_real(w, BAR_buy_ratio, bar->buy_ratio);
    table_put_real(w, BAR_duration, (double)(bar->end_ns - bar->start_ns) / (double)TD_NS_PER_S);
    days_end_row(&file->days, head);
}

void bars_file_candle(struct bars_file *file, const struct feed_head *head,
                      const struct candle *candle)
{
    if (!begin_row(file, head, candle->start_ns, candle->end_ns))
        return;
    struct table_writer *w = file->days.writer;
    table_put_real(w, BAR_open, candle->open);
    table_put_real(w, BAR_high, candle->high);
    table_put_real(w, BAR_low, candle->low);
    table_put_real(w, BAR_close, candle->close);
    table_put_whole(w, BAR_tick_count, candle->ticks);
    table_put_real(w, BAR_duration,
                   (double)(candle->end_ns - candle->start_ns) / (double)TD_NS_PER_S);
    days_end_row(&file->days, head);
}

/* ---- volume ---------------------------------------------------------------------------------- */

void volume_file_open(struct volume_file *volume, struct derive *derive,
                      const struct lake_stream *stream, const char *threshold, int64_t steps)
{
    struct bars_file *file = &volume->file;
    struct td_str stem = td_str_on(file->stem, sizeof file->stem);
    file->kind = "volume";
    file->duration_ns = 0;
    td_str_add_format(&stem, "volume-%s", threshold);
    open_stem(file, derive, stream);
    volume_bars_init(&volume->bars, steps, stream->price_scale, stream->size_scale);
}

static void bar_full(void *arg, const struct volume_bar *bar)
{
    struct volume_file *volume = arg;
    bars_file_volume(&volume->file, &volume->head, bar);
}

void volume_file_add(struct volume_file *volume, const struct bar_trade *trade,
                     const struct feed_head *head)
{
    volume->head = *head;
    volume_bars_add(&volume->bars, trade, bar_full, volume);
}
