/* Rows as they stand in memory before they become Parquet. Values of one frame that all its rows share stand once in a head.
   Prices and sizes are doubles made from steps at the door (book/view's conversion: td_steps_to_double); texts only where the
   double cannot hold every digit. */
#ifndef TD_SEGMENT_ROW_H
#define TD_SEGMENT_ROW_H

#include <stdint.h>

#include "base/event.h"
#include "features/feature.h"

enum row_table {
    ROW_BOOK = 0,
    ROW_TRADES,
    ROW_TICKER,
    ROW_GAPS,
    ROW_INSTRUMENTS,
    ROW_CLOCK,
    ROW_FEATURES,
    ROW_PREDICTIONS,
    ROW_FRAMES,
    ROW_TABLES
};

/* Shared by the rows of one frame (SPEC 3.1 common head; deck, exchange, symbol and calendar come from the stream). */
struct row_head {
    uint64_t frame;
    int64_t recv_ns, event_ns;
    int64_t seq; /* valid when has_seq */
    uint32_t conn;
    uint8_t origin; /* enum td_origin */
    uint8_t has_seq;
};

/* Offset + 1 of a text in the group's text pages (groups_text); 0 = null. */
typedef uint32_t row_text;

struct row_book {
    double price, size;
    row_text price_text, size_text;
    uint32_t head; /* set by groups_append */
    uint8_t side, flags, state;
};

struct row_trade {
    double price, size;
    int64_t trade_id; /* valid when uid == 0 and not negative */
    row_text uid, side_raw, price_text, size_text;
    uint32_t head;
    int32_t fills; /* 0 = null */
    uint8_t taker, flags;
};

struct row_ticker {
    double value[TD_TICKER_FIELDS];
    uint32_t present; /* bit per enum td_ticker_field */
    uint32_t head;
    int64_t next_funding_ns; /* 0 = null */
    uint8_t liq_taker;
    uint8_t kind, flags;
};

struct row_gap {
    int64_t gap_id, from_ns, to_ns /* 0 = null */;
    int64_t seq_from, seq_to, missed;
    uint32_t head;
    row_text note;
    uint8_t has_seq_from, has_seq_to, has_missed;
    uint8_t phase, channel, kind, action;
};

struct row_instrument {
    double contract_size, strike; /* valid when has_contract_size, has_strike */
    int64_t expiry_ns;            /* 0 = null */
    row_text symbol_raw, canonical_symbol, base, quote, price_step, size_step, status;
    row_text contract_currency;
    int32_t price_scale, size_scale;
    uint32_t head;
    uint8_t kind;   /* 0 spot, 1 perp, 2 future, 3 option, 4 index */
    uint8_t option; /* 0 none, 1 call, 2 put */
    uint8_t has_contract_size, has_strike;
    uint8_t text_carried, has_event_time, side_is_maker;
};

/* SPEC 3.8. */
struct row_clock {
    int64_t offset_ns, error_ns, step_ns, mono_ns;
    int32_t freq_ppb; /* 0 = null */
    uint32_t head;
    row_text server;
    uint8_t has_offset, has_error, has_step;
    uint8_t state;  /* enum td_clock_state */
    uint8_t method; /* enum td_clock_method */
};

/* SPEC 3.5: the head is that of the book event that the row is of. Given out by groups_append to be filled; the group keeps it packed
   (packed.h), so the values of features that are not present need not be cleared. */
struct row_features {
    struct feature_row feature;
    int32_t interval_ms; /* 0 = every event */
    int32_t events;      /* book events since the row before */
    uint32_t head;
    uint8_t flags; /* enum feature_row_flag */
};

/* SPEC 3.6: the head is that of the event that was scored. */
struct row_prediction {
    double probability, mid, mid_later, change_pct;
    int64_t labeled_at_ns; /* 0 = null */
    int64_t samples_total;
    row_text model_id;
    int32_t horizon_ms, prediction, label;
    uint32_t head;
    uint8_t has_prediction, has_probability, has_label,
        has_later;         /* has_later: mid_later, change_pct */
    uint8_t ready, reason; /* reason: enum model_reason */
};

/* SPEC 3.8: a payload longer than GROUPS_BYTES_MAX stands in several rows, one behind the other. */
struct row_frame {
    row_text payload;
    uint32_t head;
    int32_t part, parts; /* this row's, from 0; all of the frame */
    int32_t status;      /* of an HTTP answer, 0: there was none; valid when has_status */
    uint8_t channel;     /* 1 + enum td_channel, 0 = null */
    uint8_t kind;        /* enum row_frame_kind */
    uint8_t sent, bucket, has_status;
};
enum row_frame_kind { ROW_FRAME_WS_TEXT, ROW_FRAME_WS_BINARY, ROW_FRAME_HTTP };

#endif
