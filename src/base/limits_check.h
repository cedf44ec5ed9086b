/* Combinations of limits.h that cannot work do not compile. Static asserts only; included by
 * limits_check.c. */
#ifndef TD_BASE_LIMITS_CHECK_H
#define TD_BASE_LIMITS_CHECK_H

#include <assert.h>

#include "base/decimal.h"
#include "base/event.h"
#include "base/limits.h"

#define TD_IS_POWER_OF_TWO(n) ((n) > 0 && ((n) & ((n)-1)) == 0)

/* Index masks and shifts. */
static_assert(TD_IS_POWER_OF_TWO(TD_LOG_TERMS), "terms are found by a mask");
static_assert(TD_IS_POWER_OF_TWO(TD_LOG_TERM_BYTES), "places in a term are found by a mask");
static_assert(TD_IS_POWER_OF_TWO(TD_PAGE_BYTES), "pages of the pool are found by a shift");
static_assert(TD_IS_POWER_OF_TWO(TD_CONN_BUFFER_BYTES), "receive buffers are whole pages");

/* The wire: one jumbo slot takes the largest frame, and a real Coinbase snapshot of 5 MB with room
 * to grow. */
static_assert(TD_CONN_BUFFER_BYTES < TD_FRAME_BYTES_MAX, "the jumbo slot is the larger one");
static_assert(TD_FRAME_BYTES_MAX >= 2 * 5000000, "the largest known snapshot fits twice");
static_assert(TD_INFLATED_MAX <= TD_FRAME_BYTES_MAX,
              "what was packed is no longer than what comes plain");
static_assert(TD_FRAME_BYTES_MAX <= INT32_MAX, "frame bytes are counted in 32 bits");

/* The frame log: one term is being filled, the others may be held by a late reader. It takes 10 s
   of a 5,000 msg/s burst (240 B and a header of at most 64 B each) and lets the writer go on while
   a term is held. */
static_assert(TD_LOG_TERMS >= 3, "writer, reader and one between");
static_assert((long long)TD_LOG_TERMS * TD_LOG_TERM_BYTES >= 10ll * 5000 * (240 + 64),
              "the log holds a burst");
static_assert(TD_LOG_TERM_BYTES >= 4 * TD_CONN_BUFFER_BYTES,
              "a term holds several ordinary frames");

/* The Pi 4 has 1 GiB at least; the fixed parts of wire and log stay within 64 MiB of it. */
static_assert((long long)TD_CONNS_MAX * TD_CONN_BUFFER_BYTES + TD_FRAME_BYTES_MAX +
                      (long long)TD_LOG_TERMS * TD_LOG_TERM_BYTES <=
                  64ll << 20,
              "wire and log memory fits the board");

/* Indices that travel in 16 bits. */
static_assert(TD_SOURCES_MAX < TD_SOURCE_NONE, "source index fits its field");
static_assert(TD_INSTRUMENTS_MAX <= UINT16_MAX, "instrument index fits its field");
static_assert(TD_CONNS_MAX >= TD_SOURCES_MAX, "each source has a connection");
static_assert(TD_FRAME_KINDS <= UINT8_MAX && TD_BUCKETS <= UINT8_MAX, "kinds fit a byte");

/* A batch: a snapshot is cut into several flushes, so the batch only has to stay in the
 * second-level cache of the board. */
static_assert(sizeof(struct td_level) * TD_BATCH_LEVELS_MAX <= 512 << 10,
              "gathered levels stay in cache");
static_assert(TD_BATCH_EVENTS_MAX >= 1000,
              "the list of trades that a venue repeats on subscribe fits");
static_assert(TD_BATCH_LEVELS_MAX >= TD_BATCH_EVENTS_MAX, "an event has a level as a rule");

/* Numbers. */
static_assert(TD_SCALE_MAX <= 18, "10^scale fits int64");
static_assert(TD_STEPS_EXACT_MAX == INT64_C(1) << 52,
              "a double holds a step and its half below this");
static_assert(TD_DECIMAL_TEXT_MAX >= 1 + 20 + 1 + TD_SCALE_MAX + 1, "any steps have room as text");
static_assert((int)TD_TEXT_MAX >= (int)TD_DECIMAL_TEXT_MAX, "a row's text column holds any number");
static_assert(TD_TICKER_FIELDS <= 32, "presence of ticker fields is 32 bits");

/* Files. */
static_assert(TD_SEGMENT_GROUPS_MAX <= INT16_MAX, "row-group ordinal is an int16");
static_assert(TD_GROUP_ROWS_MAX * 1ll <= INT32_MAX / TD_TEXT_MAX,
              "text bytes of a group fit 32 bits");

#endif
