#include "segment/column_from.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "segment/packed.h"

#define HEAD(field) ((uint16_t)offsetof(struct row_head, field))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* R: required, O: optional; then the physical and logical type that SPEC 3 gives. */
#define R_(id, name, physical, logical, from, offset, aux)                                         \
    {                                                                                              \
        id, name, COLUMN_##physical, COLUMN_##logical, false, 0, FROM_##from, offset, aux          \
    }
#define O_(id, name, physical, logical, from, offset, aux)                                         \
    {                                                                                              \
        id, name, COLUMN_##physical, COLUMN_##logical, true, 0, FROM_##from, offset, aux           \
    }

/* clang-format off */
#define HEAD_PLACE                                                            \
    R_(1, "deck",     BYTE_ARRAY, STRING, DECK, 0, 0),                        \
    R_(2, "exchange", BYTE_ARRAY, STRING, EXCHANGE, 0, 0),                    \
    R_(3, "symbol",   BYTE_ARRAY, STRING, SYMBOL, 0, 0),                      \
    R_(4, "year",     INT32, PLAIN, YEAR, 0, 0),                              \
    R_(5, "month",    INT32, PLAIN, MONTH, 0, 0),                             \
    R_(6, "day",      INT32, PLAIN, DAY, 0, 0),                               \
    R_(7, "hour",     INT32, PLAIN, HOUR, 0, 0),                              \
    R_(8, "ts_recv",  INT64, TIMESTAMP_US, HEAD_US, HEAD(recv_ns), 0)

#define HEAD_FULL                                                             \
    HEAD_PLACE,                                                               \
    R_(9,  "ts_event",       INT64, TIMESTAMP_US, HEAD_US, HEAD(event_ns), 0),\
    R_(10, "event_ns_rem",   INT32, INT16, HEAD_REM, HEAD(event_ns), 0),      \
    R_(11, "frame",          INT64, PLAIN, HEAD_I64, HEAD(frame), 0),         \
    R_(12, "conn",           INT32, PLAIN, HEAD_U32, HEAD(conn), 0),          \
    R_(13, "schema_version", INT32, UINT16, SCHEMA_VERSION, 0, 0),            \
    R_(14, "source",         BYTE_ARRAY, STRING, HEAD_ENUM, HEAD(origin), LIST_SOURCE)

#define AT(field) ((uint16_t)offsetof(struct row_book, field))
static const struct column book_columns[] = {
    HEAD_FULL,
    O_(21, "seq",        INT64, PLAIN, HEAD_SEQ, HEAD(seq), 0),
    R_(22, "side",       BYTE_ARRAY, STRING, ROW_ENUM_SET, AT(side), LIST_BOOK_SIDE),
    R_(23, "price",      DOUBLE, PLAIN, ROW_DOUBLE, AT(price), 0),
    R_(24, "size",       DOUBLE, PLAIN, ROW_DOUBLE, AT(size), 0),
    R_(25, "flags",      INT32, UINT8, ROW_U8, AT(flags), 0),
    R_(26, "book_state", BYTE_ARRAY, STRING, ROW_ENUM, AT(state), LIST_BOOK_STATE),
    O_(27, "price_text", BYTE_ARRAY, STRING, ROW_TEXT, AT(price_text), 0),
    O_(28, "size_text",  BYTE_ARRAY, STRING, ROW_TEXT, AT(size_text), 0),
};
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_trade, field))
static const struct column trades_columns[] = {
    HEAD_FULL,
    O_(21, "trade_id",   INT64, PLAIN, TRADE_ID, AT(trade_id), 0),
    O_(22, "trade_uid",  BYTE_ARRAY, STRING, ROW_TEXT, AT(uid), 0),
    O_(23, "side",       BYTE_ARRAY, STRING, ROW_ENUM_SET, AT(taker), LIST_TAKER),
    O_(24, "side_raw",   BYTE_ARRAY, STRING, ROW_TEXT, AT(side_raw), 0),
    R_(25, "price",      DOUBLE, PLAIN, ROW_DOUBLE, AT(price), 0),
    R_(26, "size",       DOUBLE, PLAIN, ROW_DOUBLE, AT(size), 0),
    O_(27, "seq",        INT64, PLAIN, HEAD_SEQ, HEAD(seq), 0),
    R_(28, "flags",      INT32, UINT8, ROW_U8, AT(flags), 0),
    O_(29, "fills",      INT32, PLAIN, ROW_I32_SET, AT(fills), 0),
    O_(30, "price_text", BYTE_ARRAY, STRING, ROW_TEXT, AT(price_text), 0),
    O_(31, "size_text",  BYTE_ARRAY, STRING, ROW_TEXT, AT(size_text), 0),
};
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_ticker, field))
#define VALUE(id, name, which)                                                                   \
    O_(id, name, DOUBLE, PLAIN, ROW_DOUBLE_BIT,                                                  \
       (uint16_t)(offsetof(struct row_ticker, value) + TD_TICKER_##which * sizeof(double)), TD_TICKER_##which)
static const struct column ticker_columns[] = {
    HEAD_FULL,
    R_(21, "kind", BYTE_ARRAY, STRING, ROW_ENUM, AT(kind), LIST_TICKER_KIND),
    VALUE(22, "bid", BID),
    VALUE(23, "bid_size", BID_SIZE),
    VALUE(24, "ask", ASK),
    VALUE(25, "ask_size", ASK_SIZE),
    VALUE(26, "last", LAST),
    VALUE(27, "last_size", LAST_SIZE),
    VALUE(28, "open", OPEN),
    VALUE(29, "high", HIGH),
    VALUE(30, "low", LOW),
    VALUE(31, "close", CLOSE),
    VALUE(32, "vwap", VWAP),
    VALUE(33, "base_volume", BASE_VOLUME),
    VALUE(34, "quote_volume", QUOTE_VOLUME),
    VALUE(35, "change", CHANGE),
    VALUE(36, "percentage", PERCENTAGE),
    VALUE(37, "mark_price", MARK_PRICE),
    VALUE(38, "index_price", INDEX_PRICE),
    VALUE(39, "funding_rate", FUNDING_RATE),
    O_(40, "next_funding", INT64, TIMESTAMP_US, ROW_US_SET, AT(next_funding_ns), 0),
    VALUE(41, "open_interest", OPEN_INTEREST),
    O_(42, "liq_side", BYTE_ARRAY, STRING, ROW_ENUM_SET, AT(liq_taker), LIST_TAKER),
    VALUE(43, "liq_price", LIQ_PRICE),
    VALUE(44, "liq_size", LIQ_SIZE),
    R_(45, "flags", INT32, UINT8, ROW_U8, AT(flags), 0),
};
#undef VALUE
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_gap, field))
static const struct column gaps_columns[] = {
    HEAD_FULL,
    R_(21, "gap_id",   INT64, PLAIN, ROW_I64, AT(gap_id), 0),
    R_(22, "phase",    BYTE_ARRAY, STRING, ROW_ENUM, AT(phase), LIST_GAP_PHASE),
    R_(23, "channel",  BYTE_ARRAY, STRING, ROW_ENUM, AT(channel), LIST_CHANNEL),
    R_(24, "kind",     BYTE_ARRAY, STRING, ROW_ENUM, AT(kind), LIST_GAP_KIND),
    R_(25, "ts_from",  INT64, TIMESTAMP_US, ROW_US, AT(from_ns), 0),
    O_(26, "ts_to",    INT64, TIMESTAMP_US, ROW_US_SET, AT(to_ns), 0),
    O_(27, "seq_from", INT64, PLAIN, ROW_I64_IF, AT(seq_from), AT(has_seq_from)),
    O_(28, "seq_to",   INT64, PLAIN, ROW_I64_IF, AT(seq_to), AT(has_seq_to)),
    O_(29, "missed",   INT64, PLAIN, ROW_I64_IF, AT(missed), AT(has_missed)),
    R_(30, "action",   BYTE_ARRAY, STRING, ROW_ENUM, AT(action), LIST_GAP_ACTION),
    O_(31, "note",     BYTE_ARRAY, STRING, ROW_TEXT, AT(note), 0),
};
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_instrument, field))
static const struct column instruments_columns[] = {
    HEAD_PLACE,
    R_(21, "symbol_raw",        BYTE_ARRAY, STRING, ROW_TEXT, AT(symbol_raw), 0),
    O_(22, "canonical_symbol",  BYTE_ARRAY, STRING, ROW_TEXT, AT(canonical_symbol), 0),
    O_(23, "base",              BYTE_ARRAY, STRING, ROW_TEXT, AT(base), 0),
    O_(24, "quote",             BYTE_ARRAY, STRING, ROW_TEXT, AT(quote), 0),
    R_(25, "kind",              BYTE_ARRAY, STRING, ROW_ENUM, AT(kind), LIST_INSTRUMENT_KIND),
    R_(26, "price_step",        BYTE_ARRAY, STRING, ROW_TEXT, AT(price_step), 0),
    R_(27, "size_step",         BYTE_ARRAY, STRING, ROW_TEXT, AT(size_step), 0),
    R_(28, "price_scale",       INT32, PLAIN, ROW_I32, AT(price_scale), 0),
    R_(29, "size_scale",        INT32, PLAIN, ROW_I32, AT(size_scale), 0),
    O_(30, "contract_size",     DOUBLE, PLAIN, ROW_DOUBLE_IF, AT(contract_size), AT(has_contract_size)),
    O_(31, "contract_currency", BYTE_ARRAY, STRING, ROW_TEXT, AT(contract_currency), 0),
    O_(32, "expiry",            INT64, TIMESTAMP_US, ROW_US_SET, AT(expiry_ns), 0),
    O_(33, "strike",            DOUBLE, PLAIN, ROW_DOUBLE_IF, AT(strike), AT(has_strike)),
    O_(34, "option_type",       BYTE_ARRAY, STRING, ROW_ENUM_SET, AT(option), LIST_OPTION_TYPE),
    O_(35, "status",            BYTE_ARRAY, STRING, ROW_TEXT, AT(status), 0),
    R_(36, "text_carried",      BOOLEAN, PLAIN, ROW_BOOL, AT(text_carried), 0),
    R_(37, "has_event_time",    BOOLEAN, PLAIN, ROW_BOOL, AT(has_event_time), 0),
    R_(38, "side_words",        BYTE_ARRAY, STRING, ROW_ENUM, AT(side_is_maker), LIST_SIDE_WORDS),
    {39, "listing_sha256", COLUMN_FIXED, COLUMN_PLAIN, true, 32, FROM_NOTHING, 0, 0},
};
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_clock, field))
static const struct column clock_columns[] = {
    HEAD_PLACE,
    R_(21, "state",     BYTE_ARRAY, STRING, ROW_ENUM, AT(state), LIST_CLOCK_STATE),
    R_(22, "method",    BYTE_ARRAY, STRING, ROW_ENUM, AT(method), LIST_CLOCK_METHOD),
    O_(23, "offset_ns", INT64, PLAIN, ROW_I64_IF, AT(offset_ns), AT(has_offset)),
    O_(24, "error_ns",  INT64, PLAIN, ROW_I64_IF, AT(error_ns), AT(has_error)),
    O_(25, "freq_ppb",  INT32, PLAIN, ROW_I32_SET, AT(freq_ppb), 0),
    O_(26, "step_ns",   INT64, PLAIN, ROW_I64_IF, AT(step_ns), AT(has_step)),
    O_(27, "server",    BYTE_ARRAY, STRING, ROW_TEXT, AT(server), 0),
    R_(28, "mono_ns",   INT64, PLAIN, ROW_I64, AT(mono_ns), 0),
};
#undef AT

/* Rows of features stand packed in the pages. */
#define AT(field) ((uint16_t)offsetof(struct packed_row, field))
#define COLUMN_OF_DOUBLE(id, name, words) O_(id, #name, DOUBLE, PLAIN, FEATURE, FEATURE_##name, 0)
#define COLUMN_OF_FLOAT(id, name, words)  O_(id, #name, FLOAT, PLAIN, FEATURE, FEATURE_##name, 0)
#define COLUMN_OF_INT(id, name, words)    O_(id, #name, INT32, PLAIN, FEATURE, FEATURE_##name, 0)
#define COLUMN_OF_WORD(id, name, words)                                                          \
    O_(id, #name, BYTE_ARRAY, STRING, FEATURE_WORD, FEATURE_##name, LIST_FEATURE + FEATURE_WORDS_##words)
#define FEATURE(id, name, set, type, words, ...) COLUMN_OF_##type(id, name, words),
static const struct column features_columns[] = {
    HEAD_FULL,
    O_(21, "seq",             INT64, PLAIN, HEAD_SEQ, HEAD(seq), 0),
    R_(22, "flags",           INT32, UINT8, ROW_U8, AT(flags), 0),
    R_(23, "interval_ms",     INT32, PLAIN, ROW_I32, AT(interval_ms), 0),
    R_(24, "feature_version", INT32, PLAIN, FEATURE_VERSION, 0, 0),
    R_(25, "events",          INT32, PLAIN, ROW_I32, AT(events), 0),
#include "features/feature_list.def"
};
#undef FEATURE
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_prediction, field))
static const struct column predictions_columns[] = {
    HEAD_FULL,
    R_(21, "model_id",      BYTE_ARRAY, STRING, ROW_TEXT, AT(model_id), 0),
    R_(22, "horizon_ms",    INT32, PLAIN, ROW_I32, AT(horizon_ms), 0),
    O_(23, "prediction",    INT32, PLAIN, ROW_I32_IF, AT(prediction), AT(has_prediction)),
    O_(24, "probability",   FLOAT, PLAIN, ROW_DOUBLE_IF, AT(probability), AT(has_probability)),
    R_(25, "ready",         BOOLEAN, PLAIN, ROW_BOOL, AT(ready), 0),
    O_(26, "label",         INT32, PLAIN, ROW_I32_IF, AT(label), AT(has_label)),
    O_(27, "labeled_at",    INT64, TIMESTAMP_US, ROW_US_SET, AT(labeled_at_ns), 0),
    R_(28, "reason",        BYTE_ARRAY, STRING, ROW_ENUM, AT(reason), LIST_PREDICTION_REASON),
    O_(29, "mid",           DOUBLE, PLAIN, ROW_REAL, AT(mid), 0),
    O_(30, "mid_later",     DOUBLE, PLAIN, ROW_DOUBLE_IF, AT(mid_later), AT(has_later)),
    O_(31, "change_pct",    DOUBLE, PLAIN, ROW_DOUBLE_IF, AT(change_pct), AT(has_later)),
    R_(32, "samples_total", INT64, PLAIN, ROW_I64, AT(samples_total), 0),
};
#undef AT

#define AT(field) ((uint16_t)offsetof(struct row_frame, field))
static const struct column frames_columns[] = {
    HEAD_FULL,
    O_(21, "channel",     BYTE_ARRAY, STRING, ROW_ENUM_SET, AT(channel), LIST_CHANNEL),
    R_(22, "kind",        BYTE_ARRAY, STRING, ROW_ENUM, AT(kind), LIST_FRAME_KIND),
    R_(23, "sent",        BOOLEAN, PLAIN, ROW_BOOL, AT(sent), 0),
    R_(24, "bucket",      BYTE_ARRAY, STRING, ROW_ENUM, AT(bucket), LIST_BUCKET),
    R_(25, "payload",     BYTE_ARRAY, PLAIN, ROW_BYTES, AT(payload), 0),
    R_(26, "ts_recv_rem", INT32, INT16, HEAD_RECV_REM, HEAD(recv_ns), 0),
    R_(27, "part",        INT32, PLAIN, ROW_I32, AT(part), 0),
    R_(28, "parts",       INT32, PLAIN, ROW_I32, AT(parts), 0),
    O_(29, "status",      INT32, PLAIN, ROW_I32_IF, AT(status), AT(has_status)),
};
#undef AT

static const struct table tables[ROW_TABLES] = {
    [ROW_BOOK]        = {"book", sizeof(struct row_book), COUNT(book_columns), book_columns},
    [ROW_TRADES]      = {"trades", sizeof(struct row_trade), COUNT(trades_columns), trades_columns},
    [ROW_TICKER]      = {"ticker", sizeof(struct row_ticker), COUNT(ticker_columns), ticker_columns},
    [ROW_GAPS]        = {"gaps", sizeof(struct row_gap), COUNT(gaps_columns), gaps_columns},
    [ROW_INSTRUMENTS] = {"instruments", sizeof(struct row_instrument), COUNT(instruments_columns), instruments_columns},
    [ROW_CLOCK]       = {"clock", sizeof(struct row_clock), COUNT(clock_columns), clock_columns},
    [ROW_FEATURES]    = {"features", sizeof(struct row_features), COUNT(features_columns), features_columns},
    [ROW_PREDICTIONS] = {"predictions", sizeof(struct row_prediction), COUNT(predictions_columns), predictions_columns},
    [ROW_FRAMES]      = {"frames", sizeof(struct row_frame), COUNT(frames_columns), frames_columns},
};

#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}
static const char *const *const lists[LIST_FEATURE] = {
    [LIST_SOURCE]          = WORDS("ws", "rest", "backfill", "sim", "import"),
    [LIST_BOOK_SIDE]       = WORDS("bid", "ask"),
    [LIST_BOOK_STATE]      = WORDS("syncing", "proven", "stale", "broken"),
    [LIST_TAKER]           = WORDS("buy", "sell"),
    [LIST_TICKER_KIND]     = WORDS("ticker", "bbo", "derived", "mark", "funding", "open_interest", "liquidation"),
    [LIST_GAP_PHASE]       = WORDS("open", "close"),
    [LIST_CHANNEL]         = WORDS("book", "trades", "ticker", "all"),
    [LIST_GAP_KIND]        = WORDS("start", "stop", "power_loss", "crash", "disconnect", "sequence", "checksum", "crossed",
                                   "silent", "trade_id", "parse", "oversize", "overflow", "shed", "journal_full",
                                   "disk_error", "clock_step", "venue_notice", "planned"),
    [LIST_GAP_ACTION]      = WORDS("none", "resync", "reconnect", "backfilled", "restart"),
    [LIST_INSTRUMENT_KIND] = WORDS("spot", "perp", "future", "option", "index"),
    [LIST_SIDE_WORDS]      = WORDS("taker", "maker"),
    [LIST_OPTION_TYPE]     = WORDS("call", "put"),
    [LIST_CLOCK_STATE]     = WORDS("unsynced", "stepped", "synced", "holdover"),
    [LIST_CLOCK_METHOD]    = WORDS("none", "sntp", "ntp", "rtc", "floor"),
    [LIST_FRAME_KIND]      = WORDS("ws_text", "ws_binary", "http"),
    [LIST_BUCKET]          = WORDS("ok", "ignored", "partial", "malformed", "gap", "stale", "absurd"),
    [LIST_PREDICTION_REASON] = WORDS("labeled", "stale", "flushed", "evicted", "shutdown"),
};
/* clang-format on */

/* A presence byte's offset travels in `aux`. */
_Static_assert(offsetof(struct row_gap, has_missed) < 256, "aux holds the offset");
_Static_assert(offsetof(struct row_clock, has_step) < 256, "aux holds the offset");
_Static_assert(offsetof(struct row_prediction, has_later) < 256, "aux holds the offset");

const struct table *schema_table(enum row_table table)
{
    TD_ASSERT((unsigned)table < ROW_TABLES, "no such table");
    return &tables[table];
}

const struct table *schema_find(const char *name)
{
    for (unsigned i = 0; i < ROW_TABLES; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

const struct column *schema_column(const struct table *table, const char *name)
{
    for (unsigned i = 0; i < table->column_count; i++)
        if (strcmp(table->column[i].name, name) == 0)
            return &table->column[i];
    return NULL;
}

bool schema_may_be_absent(const struct column *column)
{
    return column->from == FROM_FEATURE || column->from == FROM_FEATURE_WORD;
}

void schema_features_on(const struct feature_mask *on, struct column *column, struct table *table)
{
    *table = tables[ROW_FEATURES];
    unsigned count = 0;
    for (unsigned i = 0; i < table->column_count; i++)
        if (!schema_may_be_absent(&table->column[i]) ||
            feature_mask_has(on, table->column[i].offset))
            column[count++] = table->column[i];
    table->column = column;
    table->column_count = count;
}

const char *const *schema_words(enum column_list list, unsigned *count)
{
    TD_ASSERT((unsigned)list < COLUMN_LISTS, "no such list");
    if (list >= LIST_FEATURE)
        return feature_word_list(list - LIST_FEATURE, count);
    unsigned n = 0;
    while (lists[list][n])
        n++;
    *count = n;
    return lists[list];
}

unsigned schema_head_offset(enum row_table table)
{
    switch (table) {
    case ROW_BOOK:
        return offsetof(struct row_book, head);
    case ROW_TRADES:
        return offsetof(struct row_trade, head);
    case ROW_TICKER:
        return offsetof(struct row_ticker, head);
    case ROW_GAPS:
        return offsetof(struct row_gap, head);
    case ROW_INSTRUMENTS:
        return offsetof(struct row_instrument, head);
    case ROW_CLOCK:
        return offsetof(struct row_clock, head);
    case ROW_FEATURES:
        return offsetof(struct packed_row, head);
    case ROW_PREDICTIONS:
        return offsetof(struct row_prediction, head);
    case ROW_FRAMES:
        return offsetof(struct row_frame, head);
    case ROW_TABLES:
        break;
    }
    TD_ASSERT(false, "no such table");
}
