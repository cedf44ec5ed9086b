/* Rows for the segment tests: small, made by arithmetic, with a null in every column that may have one. */
#ifndef TD_TESTS_SEGMENT_SAMPLE_H
#define TD_TESTS_SEGMENT_SAMPLE_H

#include "base/decimal.h"
#include "segment_rig.h"

static inline struct row_head sample_head(uint64_t frame)
{
    return (struct row_head){.frame = frame,
                             .recv_ns = RIG_START_NS + (int64_t)frame * 1234567,
                             .event_ns = RIG_START_NS + (int64_t)frame * 1230001,
                             .seq = (int64_t)frame * 3,
                             .conn = 7,
                             .has_seq = frame % 4 != 0};
}

static inline row_text sample_text(struct groups *groups, int stream, const char *format,
                                   int number)
{
    char text[64];
    int bytes = snprintf(text, sizeof text, format, number);
    return groups_text(groups, stream, text, (size_t)bytes);
}

static inline void sample_book(struct groups *groups, int stream, int rows, int rows_per_frame)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head(1 + (uint64_t)(i / rows_per_frame));
        if (i % rows_per_frame == 0)
            groups_head(groups, stream, &head);
        struct row_book *row = groups_append(groups, stream);
        row->price = td_steps_to_double(6000000 + i % 977, 2);
        row->size = td_steps_to_double((int64_t)i * 7919 % 100003, 5);
        row->side = i % 3 ? TD_SIDE_BID : TD_SIDE_ASK;
        row->flags = i % rows_per_frame == rows_per_frame - 1 ? TD_ROW_LAST : 0;
        row->state = i < 5 ? TD_BOOK_SYNCING : TD_BOOK_PROVEN;
        if (i % 1000 == 3)
            row->size_text = sample_text(groups, stream, "%d000000000000000", i);
    }
}

static inline void sample_trades(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_trade *row = groups_append(groups, stream);
        row->price = td_steps_to_double(6000000 + i % 13, 2);
        row->size = td_steps_to_double(1 + i % 50, 4);
        row->taker = (uint8_t)(i % 3);
        row->fills = i % 5;
        if (i % 10 == 9)
            row->uid = sample_text(groups, stream, "trade-%d", i);
        else
            row->trade_id = 1000 + i;
        if (i % 2)
            row->side_raw = sample_text(groups, stream, i % 4 == 1 ? "SELL" : "BUY%.0d", 0);
    }
}

static inline void sample_ticker(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_ticker *row = groups_append(groups, stream);
        row->kind = (uint8_t)(i % 7);
        row->present = (uint32_t)i * 2654435761u;
        for (int f = 0; f < TD_TICKER_FIELDS; f++)
            row->value[f] = f * 1000 + i * 0.25;
        row->next_funding_ns = i % 3 ? RIG_START_NS : 0;
        row->liq_taker = i % 4 == 0 ? TD_TAKER_SELL : TD_TAKER_UNKNOWN;
    }
}

static inline void sample_gaps(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_gap *row = groups_append(groups, stream);
        row->gap_id = i + 1;
        row->from_ns = RIG_START_NS;
        row->to_ns = i % 2 ? RIG_START_NS + i * TD_NS_PER_MS : 0;
        row->phase = (uint8_t)(i % 2);
        row->channel = (uint8_t)(i % 4);
        row->kind = (uint8_t)(i % TD_GAP_KINDS);
        row->action = (uint8_t)(i % 5);
        row->has_missed = i % 2 != 0;
        row->missed = i;
        row->has_seq_from = row->has_seq_to = i % 3 == 0;
        row->seq_from = 100 + i;
        row->seq_to = 200 + i;
        if (i % 2)
            row->note = sample_text(groups, stream, "lost \"%d\" of \xE2\x82\xAC", i);
    }
}

static inline void sample_instruments(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_instrument *row = groups_append(groups, stream);
        row->symbol_raw = sample_text(groups, stream, "BTC/USD%.0d", 0);
        row->price_step = sample_text(groups, stream, "0.0%d", i + 1);
        row->size_step = sample_text(groups, stream, "1e-%d", i + 1);
        row->base = i ? sample_text(groups, stream, "BTC%.0d", 0) : 0;
        row->price_scale = 2;
        row->size_scale = 8;
        row->kind = (uint8_t)(i % 5);
        row->has_contract_size = i % 2 != 0;
        row->contract_size = 0.01 * i;
        row->contract_currency = i % 2 ? sample_text(groups, stream, "BTC%.0d", 0) : 0;
        row->expiry_ns = i % 2 ? 1798185600 * TD_NS_PER_S : 0;
        row->has_strike = i == 3;
        row->strike = 50000;
        row->option = (uint8_t)(i % 3);
        row->text_carried = i % 2 != 0;
        row->has_event_time = i % 2 == 0;
        row->side_is_maker = i % 2 != 0;
    }
}

static inline void sample_clock(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_clock *row = groups_append(groups, stream);
        row->state = (uint8_t)(i % 4);
        row->method = (uint8_t)(i % 5);
        row->has_offset = i % 2 == 0;
        row->offset_ns = -1000 * i;
        row->has_error = i % 3 == 0;
        row->error_ns = 500 + i;
        row->freq_ppb = i % 4 ? -20 * i : 0;
        row->has_step = i % 7 == 0;
        row->step_ns = i * TD_NS_PER_S;
        row->mono_ns = i * TD_NS_PER_MS;
        if (i % 5)
            row->server = sample_text(groups, stream, "192.0.2.%d", i % 5);
    }
}

/* A value for any column of features, each within what the column may hold; some are null. */
static inline bool sample_feature(unsigned f, int i, double *value)
{
    const struct feature_info *info = feature_at(f);
    unsigned words = 0, dice = ((unsigned)i * 2654435761u + f * 40503u) >> 7;
    if (dice % 13 == 0)
        return false;
    if (info->type == FEATURE_WORD)
        feature_word_list(info->words, &words);
    *value = info->type == FEATURE_DOUBLE  ? td_steps_to_double(6412345 + dice % (f + 3), 2)
             : info->type == FEATURE_FLOAT ? (double)(dice % 10007) / 10007
             : info->type == FEATURE_WORD  ? dice / 16 % words
                                           : dice % 2;
    return true;
}

/* Odd ones: what a float cannot hold is null, what it holds inexactly is rounded, -0 is 0. */
static inline void sample_odd_feature(int i, unsigned *f, double *value)
{
    static const struct {
        unsigned feature;
        double value;
    } odd[] = {
        {FEATURE_mid_velocity, 1e300},   {FEATURE_mid_velocity, -3e38}, {FEATURE_mid_accel, -0.0},
        {FEATURE_log_return, 1e-46},     {FEATURE_ofi, -0.0},           {FEATURE_ofi, -1e300},
        {FEATURE_bars_since_open, 1e10}, {FEATURE_bars_since_open, -7}};
    *f = odd[i % 8].feature;
    *value = odd[i % 8].value;
}

/* All values of row i, as a core would put them. */
static inline void sample_feature_row(struct row_features *row, int i)
{
    unsigned f;
    double value;
    for (f = 0; f < FEATURES; f++)
        if (sample_feature(f, i, &value))
            feature_put(&row->feature, f, value);
    sample_odd_feature(i, &f, &value);
    feature_put(&row->feature, f, value);
    row->interval_ms = 1000;
    row->events = 1 + i % 40;
    row->flags = i % 3 ? 0 : TD_ROW_NO_EVENT_TIME;
}

static inline void sample_features(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        sample_feature_row(groups_append(groups, stream), i);
    }
}

static inline void sample_prediction_row(struct row_prediction *row, int i)
{
    row->horizon_ms = 500;
    row->has_prediction = row->has_probability = i > 20;
    row->probability = i % 29 / 29.0;
    row->prediction = row->probability > 0.5;
    row->ready = i > 30;
    row->has_label = row->has_later = i % 5 != 0;
    row->label = i % 3 == 0;
    row->reason = (uint8_t)(i % 5 ? 0 : 1 + i / 5 % 4);
    row->mid = i % 17 ? td_steps_to_double(6412345 + i % 31, 3) : (double)NAN;
    row->mid_later = td_steps_to_double(6412345 + i % 37, 3) * 1.0001;
    row->change_pct = i % 7 / 7.0;
    row->samples_total = i;
}

static inline void sample_predictions(struct groups *groups, int stream, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        groups_head(groups, stream, &head);
        struct row_prediction *row = groups_append(groups, stream);
        sample_prediction_row(row, i);
        row->labeled_at_ns = i % 5 ? head.recv_ns + (500 + i % 7) * TD_NS_PER_MS : 0;
        row->model_id = sample_text(groups, stream, "sgd-v%d", 1 + i % 2);
    }
}

#endif
