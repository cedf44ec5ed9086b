/* Every limit of the product: name, unit, what it costs. limits_check.h refuses impossible combinations. */
#ifndef TD_BASE_LIMITS_H
#define TD_BASE_LIMITS_H

enum {
    /* Largest WebSocket or HTTP payload (bytes). A real Coinbase Advanced snapshot is 5 MB; one such buffer exists. */
    TD_FRAME_BYTES_MAX = 16 << 20,
    /* Longest text of a compressed frame (bytes): what a bomb may cost. Full books of venues that compress stay below 1 MiB. */
    TD_INFLATED_MAX = 4 << 20,
    /* Receive buffer of one connection (bytes): covers all but the rare snapshot, which borrows the jumbo slot. */
    TD_CONN_BUFFER_BYTES = 256 << 10,
    /* Frame log: terms and bytes of each. 16 MiB holds about 15 s of a 5,000 msg/s burst at 240 B. */
    TD_LOG_TERMS = 4,
    TD_LOG_TERM_BYTES = 4 << 20,

    /* Sources are configured venue instances; instruments are (source, symbol) pairs. */
    TD_SOURCES_MAX = 32,
    TD_INSTRUMENTS_MAX = 512,
    TD_CONNS_MAX = 64,
    /* Connections of one source: its endpoints times the shares of its symbols. */
    TD_LINES_MAX = 8,

    TD_EXCHANGE_NAME_MAX = 24, /* bytes with the final NUL */
    TD_SYMBOL_MAX = 40,
    TD_DECK_NAME_MAX = 24,
    TD_URL_MAX = 2048,

    /* Events and levels one parse may gather before the sink is flushed: 16,384 levels are 384 KiB. */
    TD_BATCH_EVENTS_MAX = 1200,
    TD_BATCH_LEVELS_MAX = 16384,

    /* Newest trades kept of each symbol for readers beside the core: 88 B each. */
    TD_TRADES_KEPT = 1000,

    /* Decimal digits after the point that an instrument may have (venues go to 15). */
    TD_SCALE_MAX = 18,

    /* Row groups: rows, and bytes of one page of the shared pool. 64k rows is where larger stops paying. */
    TD_GROUP_ROWS_MAX = 65536,
    TD_PAGE_BYTES = 16 << 10,
    TD_SEGMENT_GROUPS_MAX =
        1024, /* the Parquet row-group ordinal is an int16; our reader's arena too */

    /* Longest text value of a row (bytes): price text, trade id, note. */
    TD_TEXT_MAX = 256,
};

/* Sealing threshold of a segment file (encoded bytes): objects of 50 to 100 MB suit object stores. */
#define TD_SEGMENT_BYTES_MAX (50ll * 1000 * 1000)

/* From here on a double no longer holds every step, so the row carries the text as well. */
#define TD_STEPS_EXACT_MAX (INT64_C(1) << 52)

#define TD_NS_PER_S INT64_C(1000000000)
#define TD_NS_PER_MS INT64_C(1000000)
#define TD_NS_PER_US INT64_C(1000)
#define TD_NS_PER_HOUR (3600 * TD_NS_PER_S)

#endif
