/* Records that cross folders: what the wire delivers (frame), what a venue makes of it (event), and the small
   enumerations both share with the stored tables. Plain data, no behaviour. */
#ifndef TD_BASE_EVENT_H
#define TD_BASE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

/* ---- frames ------------------------------------------------------------------------------------------------ */

enum td_frame_kind {
    TD_FRAME_NONE = 0,
    TD_FRAME_WS_TEXT,   /* payload: the text */
    TD_FRAME_WS_BINARY, /* payload: the bytes */
    TD_FRAME_HTTP, /* payload: URL, a tab, the body; status: HTTP status, 0 when there was no answer */
    TD_FRAME_TICK,      /* once a second of the recorder's clock; no payload */
    TD_FRAME_CONN_OPEN, /* connection is up and upgraded; payload: URL */
    TD_FRAME_CONN_CLOSE, /* payload: reason in plain words; status: WebSocket close code, 0 or TD_CLOSE_BY_STOP */
    TD_FRAME_SENT,  /* payload: text that we sent (kept for lineage; the core ignores it) */
    TD_FRAME_START, /* recorder started; payload: build in the first line, then "cause=..." and "set_aside=N" lines (app/start.h) */
    TD_FRAME_STOP,  /* orderly stop follows; no payload */
    TD_FRAME_CONFIG, /* payload: the configuration that shapes the core, as INI text; a later one changes the symbols */
    TD_FRAME_CLOCK, /* payload: "state=synced method=ntp offset_ns=.. error_ns=.. freq_ppb=.. step_ns=.." (net/clockwork.h) */
    TD_FRAME_SEAL,  /* cut and seal everything and write a checkpoint now; payload: why */
    TD_FRAME_SHED,  /* payload: "level=N free_mb=.. why=.."; N: enum td_shed */
    TD_FRAME_NOTE, /* the ledger is to say something of the whole device; payload: "kind=disk_error from_ns=.. to_ns=.. missed=.. note=words to the end" */
    TD_FRAME_WEIGHTS, /* payload: "exchange symbol model_id" (or * for any), a line end, then weights as in model/model.h */
    TD_FRAME_KINDS
};

/* Where a frame came from; stored as column `source`. Replay does not change it. */
enum td_origin {
    TD_ORIGIN_WS = 0,
    TD_ORIGIN_REST,
    TD_ORIGIN_BACKFILL,
    TD_ORIGIN_SIM,
    TD_ORIGIN_IMPORT
};

/* status of a CONN_CLOSE that our own orderly stop caused: the STOP frame that follows is the hole. PLANNED: dropped because another
   connection took over (make before break). Below every close code. */
enum { TD_CLOSE_BY_STOP = 1, TD_CLOSE_PLANNED = 2 };
/* status of a CONN_OPEN: bit 0 is set when it comes beside a connection that is up (the core proves its books there, then drops the old
   one), the bits above are the line of its source (venue_lines). */
enum { TD_OPEN_OVERLAP = 1, TD_OPEN_LINE_SHIFT = 1 };

/* What is no longer stored while the disk is nearly full: everything up to the level (SPEC 1.12; trades last). */
enum td_shed {
    TD_SHED_NONE = 0,
    TD_SHED_FRAMES = 2,
    TD_SHED_FEATURES,
    TD_SHED_PREDICTIONS,
    TD_SHED_TICKER,
    TD_SHED_DEPTH, /* book rows beyond the best 50 levels a side */
    TD_SHED_BOOK,
    TD_SHED_TRADES,
    TD_SHED_LEVELS
};

#define TD_SOURCE_NONE UINT16_MAX

/* One frame as read from the frame log or the journal. payload points into the log: valid until it is released. */
struct td_frame {
    uint64_t number;     /* 1, 2, 3 ... in this deck's journal */
    int64_t recv_ns;     /* wall clock (UTC) right after the read */
    int64_t mono_ns;     /* monotonic clock at the same moment */
    const char *payload; /* not NUL-terminated */
    uint32_t bytes;
    uint32_t conn; /* connection number, counts over reconnects; 0 = none */
    uint16_t
        source; /* index of the configured venue instance, TD_SOURCE_NONE for device-wide frames */
    uint16_t status;
    uint8_t kind;   /* enum td_frame_kind */
    uint8_t origin; /* enum td_origin */
};

/* Every received frame ends in exactly one bucket; the buckets sum to the frames received. */
enum td_bucket {
    TD_BUCKET_OK = 0, /* used in full */
    TD_BUCKET_IGNORED, /* known and not data: acknowledgement, heartbeat, notice, a channel nobody asked for */
    TD_BUCKET_PARTIAL,   /* held back for a book base, or used in part */
    TD_BUCKET_MALFORMED, /* not the venue's form; kept in the journal */
    TD_BUCKET_GAP,       /* showed a hole, or a checksum that does not hold */
    TD_BUCKET_STALE,     /* older than what the book holds already */
    TD_BUCKET_ABSURD, /* well formed, but a value that cannot be: beyond int64 steps, time outside 2000..2100 */
    TD_BUCKETS
};

/* ---- events ------------------------------------------------------------------------------------------------ */

enum td_side { TD_SIDE_NONE = 0, TD_SIDE_BID = 1, TD_SIDE_ASK = 2 };
/* Taker side of a trade: BUY lifts asks. */
enum td_taker { TD_TAKER_UNKNOWN = 0, TD_TAKER_BUY = 1, TD_TAKER_SELL = 2 };

/* One level of the wire: absolute size in steps, 0 = level gone. */
struct td_level {
    int64_t price_steps;
    int64_t size_steps;
    uint8_t side; /* enum td_side */
};

enum td_event_kind {
    TD_EVENT_SNAPSHOT = 1,
    TD_EVENT_DELTA,
    TD_EVENT_TRADE,
    TD_EVENT_TICKER,
    TD_EVENT_HEARTBEAT,
    TD_EVENT_REFUSED, /* the venue refuses this symbol's subscription; the rest of its batch may be refused with it */
    TD_EVENT_KINDS
};

/* Text inside the frame's payload. */
struct td_text {
    const char *at; /* NULL = absent */
    uint32_t bytes;
};

enum td_event_flag {
    TD_EVF_NO_EVENT_TIME = 1, /* the venue gave no stamp: event_ns is recv_ns */
    TD_EVF_LISTED = 2,        /* trade from the list a venue repeats on subscribe */
    TD_EVF_HAS_SEQ = 4,       /* seq_last is the venue's number */
    TD_EVF_HAS_CHECKSUM = 8,  /* checksum is to be compared after applying */
    TD_EVF_CONTINUES = 16,    /* levels of this event go on in the next flush (large snapshot) */
    TD_EVF_CONTINUED = 32,    /* levels continue the event of the previous flush */
    TD_EVF_LIQUIDATION = 64,
    TD_EVF_AGGREGATED = 128,
};
/* Flags of an event are 16 bits. */
enum { TD_EVF_BACKFILL = 256 /* trade from the venue's history, asked for after a hole */ };

struct td_trade {
    int64_t price_steps;
    int64_t size_steps;
    int64_t trade_id;   /* valid when uid.at == NULL; -1 = the venue gave none */
    struct td_text uid; /* id that is not an integer of at most 18 digits */
    struct td_text side_raw;
    uint8_t taker; /* enum td_taker */
};

/* Ticker values; bit (1 << enum td_ticker_field) of `present` says which are there. */
enum td_ticker_field {
    TD_TICKER_BID,
    TD_TICKER_BID_SIZE,
    TD_TICKER_ASK,
    TD_TICKER_ASK_SIZE,
    TD_TICKER_LAST,
    TD_TICKER_LAST_SIZE,
    TD_TICKER_OPEN,
    TD_TICKER_HIGH,
    TD_TICKER_LOW,
    TD_TICKER_CLOSE,
    TD_TICKER_VWAP,
    TD_TICKER_BASE_VOLUME,
    TD_TICKER_QUOTE_VOLUME,
    TD_TICKER_CHANGE,
    TD_TICKER_PERCENTAGE,
    TD_TICKER_MARK_PRICE,
    TD_TICKER_INDEX_PRICE,
    TD_TICKER_FUNDING_RATE,
    TD_TICKER_OPEN_INTEREST,
    TD_TICKER_LIQ_PRICE,
    TD_TICKER_LIQ_SIZE,
    TD_TICKER_FIELDS
};
enum td_ticker_kind {
    TD_TICKER_KIND_TICKER,
    TD_TICKER_KIND_BBO,
    TD_TICKER_KIND_DERIVED,
    TD_TICKER_KIND_MARK,
    TD_TICKER_KIND_FUNDING,
    TD_TICKER_KIND_OPEN_INTEREST,
    TD_TICKER_KIND_LIQUIDATION
};

struct td_ticker {
    double value[TD_TICKER_FIELDS]; /* correctly rounded from the wire's text (base/decimal.h) */
    int64_t next_funding_ns;        /* 0: not told */
    uint32_t present;
    uint8_t kind;      /* enum td_ticker_kind */
    uint8_t liq_taker; /* enum td_taker of a liquidation's order */
};

enum { TD_DECIMALS_SHORTEST = 0xFF };

/* One event of one instrument. Snapshot and delta name a run of levels in the sink. */
struct td_event {
    uint8_t kind;        /* enum td_event_kind */
    uint16_t flags;      /* enum td_event_flag */
    uint16_t instrument; /* index in the instrument table */
    int64_t event_ns;    /* venue's stamp */
    /* Sequence as the venue's rule needs it: RANGE first..last, PREV prev -> last, BOOK+1/CONN+1 last. */
    int64_t seq_first, seq_last, seq_prev;
    uint32_t checksum;
    /* Decimals that the tokens of this event were printed with, the most of them (checksum venues print a constant number); 0xFF where
       the venue leaves out zeros at the end (OKX). */
    uint8_t price_decimals, size_decimals; /* TD_DECIMALS_SHORTEST: zeros at the end are left out */
    uint32_t level_first, level_count;
    int64_t last_trade_id; /* heartbeat: the venue's last trade id, -1 unknown */
    union {
        struct td_trade trade;
        struct td_ticker ticker;
    };
};

/* How a venue's book stream shows that something is missing (VENUES A4). */
enum sync_rule {
    SYNC_NONE, /* nothing proves a hole: snapshot proves the book; heartbeat, trade ids, crossed book are the tripwires */
    SYNC_RANGE, /* U..u: seq_first..seq_last */
    SYNC_PREV, /* names its predecessor: seq_prev, seq_last; seq_first where the first change may reach over the base */
    SYNC_BOOK1, /* +1 per book: seq_last */
    SYNC_CONN1, /* +1 per connection, over all that it says (venue_sink.conn_seq): the books themselves are as with NONE */
    SYNC_SUM    /* only a checksum proves it (Kraken) */
};

/* ---- words of the stored tables ----------------------------------------------------------------------------- */

enum td_book_state { TD_BOOK_SYNCING = 0, TD_BOOK_PROVEN, TD_BOOK_STALE, TD_BOOK_BROKEN };

/* book.flags and trades.flags (SPEC 3.2, 3.3) */
enum td_row_flag {
    TD_ROW_SNAPSHOT = 1, /* in trades: LISTED */
    TD_ROW_LAST = 2,
    TD_ROW_CLEAR = 4, /* in trades: AGGREGATED */
    TD_ROW_NO_EVENT_TIME = 8,
    TD_ROW_TIME_BACK = 16,
    TD_ROW_IMPLIED = 32, /* in trades: LIQUIDATION */
    TD_ROW_BACKFILL = 64,
    TD_ROW_MARKER = 128,
};

enum td_channel { TD_CHANNEL_BOOK = 0, TD_CHANNEL_TRADES, TD_CHANNEL_TICKER, TD_CHANNEL_ALL };

enum td_gap_kind {
    TD_GAP_START,
    TD_GAP_STOP,
    TD_GAP_POWER_LOSS,
    TD_GAP_CRASH,
    TD_GAP_DISCONNECT,
    TD_GAP_SEQUENCE,
    TD_GAP_CHECKSUM,
    TD_GAP_CROSSED,
    TD_GAP_SILENT,
    TD_GAP_TRADE_ID,
    TD_GAP_PARSE,
    TD_GAP_OVERSIZE,
    TD_GAP_OVERFLOW,
    TD_GAP_SHED,
    TD_GAP_JOURNAL_FULL,
    TD_GAP_DISK_ERROR,
    TD_GAP_CLOCK_STEP,
    TD_GAP_VENUE_NOTICE,
    TD_GAP_PLANNED,
    TD_GAP_KINDS
};
enum td_gap_action {
    TD_GAP_ACT_NONE,
    TD_GAP_ACT_RESYNC,
    TD_GAP_ACT_RECONNECT,
    TD_GAP_ACT_BACKFILLED,
    TD_GAP_ACT_RESTART
};
/* clock.state, clock.method (SPEC 3.8) */
enum td_clock_state { TD_CLOCK_UNSYNCED, TD_CLOCK_STEPPED, TD_CLOCK_SYNCED, TD_CLOCK_HOLDOVER };
enum td_clock_method { TD_CLOCK_NONE, TD_CLOCK_SNTP, TD_CLOCK_NTP, TD_CLOCK_RTC, TD_CLOCK_FLOOR };
enum td_gap_phase { TD_GAP_OPEN = 0, TD_GAP_CLOSE = 1 };

#endif
