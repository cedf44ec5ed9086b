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
        row->has_liq = i % 4 == 0;
        row->liq_taker = row->has_liq ? TD_TAKER_SELL : TD_TAKER_UNKNOWN;
        row->liq_price = 1.5;
        row->liq_size = i;
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

#endif
