/* How a column's value is found, and the words of the enumerated columns. Inside segment only: schema.c fills it in,
   gather.c acts on it. Pure tables, any thread. */
#ifndef TD_SEGMENT_COLUMN_FROM_H
#define TD_SEGMENT_COLUMN_FROM_H

#include "segment/schema.h"

enum column_from {
    FROM_NOTHING, /* nothing fills it yet: always null */
    /* one value for the whole group */
    FROM_DECK,
    FROM_EXCHANGE,
    FROM_SYMBOL,
    FROM_YEAR,
    FROM_MONTH,
    FROM_DAY,
    FROM_HOUR,
    FROM_SCHEMA_VERSION,
    FROM_FEATURE_VERSION,
    /* the frame's head; offset within struct row_head */
    FROM_HEAD_US,       /* int64 ns -> us */
    FROM_HEAD_REM,      /* int64 ns -> ns below the us */
    FROM_HEAD_RECV_REM, /* the same of the receive time, which has nothing to stand in for */
    FROM_HEAD_I64,
    FROM_HEAD_U32,
    FROM_HEAD_SEQ,  /* null without has_seq */
    FROM_HEAD_ENUM, /* uint8; aux: list */
    /* the row; offset within the table's struct */
    FROM_ROW_DOUBLE,
    FROM_ROW_DOUBLE_BIT, /* null unless bit aux of struct row_ticker.present */
    FROM_ROW_DOUBLE_IF,  /* null unless the byte at aux is set */
    FROM_ROW_REAL,       /* null when it is not a finite number */
    FROM_ROW_I64,
    FROM_ROW_I64_IF, /* null unless the byte at aux is set */
    FROM_ROW_I32,
    FROM_ROW_I32_SET, /* 0 is null */
    FROM_ROW_I32_IF,  /* null unless the byte at aux is set */
    FROM_ROW_U8,
    FROM_ROW_BOOL,
    FROM_ROW_US,
    FROM_ROW_US_SET,   /* 0 is null */
    FROM_ROW_TEXT,     /* row_text; 0 is null, "" where the column is required */
    FROM_ROW_BYTES,    /* row_text of any bytes; no statistics, no dictionary */
    FROM_ROW_ENUM,     /* uint8, index of the word; aux: list */
    FROM_ROW_ENUM_SET, /* uint8, 1 + index; 0 is null, the first word where the column is required */
    FROM_TRADE_ID,     /* int64; null when struct row_trade.uid is set */
    FROM_FEATURE, /* a value of struct row_features; offset: enum feature. Null unless present */
    FROM_FEATURE_WORD, /* the same, number of a word; aux: list */
};

enum column_list {
    LIST_SOURCE,
    LIST_BOOK_SIDE,
    LIST_BOOK_STATE,
    LIST_TAKER,
    LIST_TICKER_KIND,
    LIST_GAP_PHASE,
    LIST_CHANNEL,
    LIST_GAP_KIND,
    LIST_GAP_ACTION,
    LIST_INSTRUMENT_KIND,
    LIST_SIDE_WORDS,
    LIST_OPTION_TYPE,
    LIST_CLOCK_STATE,
    LIST_CLOCK_METHOD,
    LIST_PREDICTION_REASON,
    LIST_FRAME_KIND,
    LIST_BUCKET,
    LIST_FEATURE, /* and enum feature_words */
    COLUMN_LISTS = LIST_FEATURE + FEATURE_WORD_LISTS
};

/* Words of a list in the order of their numbers; *count gets how many. */
const char *const *schema_words(enum column_list list, unsigned *count);

/* Offset of the head index in a row as it stands in the pages. */
unsigned schema_head_offset(enum row_table table);

#endif
