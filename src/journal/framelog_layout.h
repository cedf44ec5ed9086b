/* The frame log's mapping, byte by byte: what a process that takes over after a crash finds on tmpfs.

     page 0          struct framelog_page: sizes, positions, bells (each writer on cache lines of its own)
     page 1 ...      `terms` terms of `term_bytes`: records, 16-byte aligned, never across a term's end
     after the terms jumbo slot of `jumbo_bytes`: the payload of the one record that carries FRAMELOG_JUMBO

   Positions are bytes since the log began; position p stands in term (p / term_bytes) mod terms.
   A record is there when its commit word says so: lap of its term (p / term_bytes + 1) in the upper half, record bytes in the
   lower. It is stored last, and the word behind the record is cleared before, so whatever a killed writer left half done
   reads as "nothing yet". Private to src/journal/framelog*.c and its tests. */
#ifndef TD_JOURNAL_FRAMELOG_LAYOUT_H
#define TD_JOURNAL_FRAMELOG_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/doorbell.h"
#include "journal/framelog.h"

#define FRAMELOG_MAGIC UINT64_C(0x31474F4C52464454) /* "TDFRLOG1" */

enum {
    FRAMELOG_VERSION = 2,
    FRAMELOG_PAGE_BYTES = 4096,
    FRAMELOG_ALIGN = 16,
    FRAMELOG_LINE = 64,
    FRAMELOG_TERM_BYTES_MIN = 64 << 10,
    FRAMELOG_TERM_BYTES_MAX = 1 << 30,
    FRAMELOG_TERMS_MIN = 3,
};

/* Bits of framelog_record.flags */
enum { FRAMELOG_PADDING = 1, FRAMELOG_JUMBO = 2 };

/* Values of framelog_page.jumbo; anything else is the position behind the record that owns the slot. */
enum { FRAMELOG_JUMBO_FREE = 0, FRAMELOG_JUMBO_LENT = 1, FRAMELOG_JUMBO_EMPTYING = 2 };

/* Released position of a reader that has let go: it holds nothing. */
#define FRAMELOG_DETACHED UINT64_MAX

struct framelog_reader_line {
    _Alignas(FRAMELOG_LINE) _Atomic uint64_t
        released;            /* position up to which this reader needs nothing any more */
    _Atomic uint64_t number; /* of the last frame before it; stored first */
};

struct framelog_page {
    _Atomic uint64_t magic; /* written last: a file without it was never finished */
    uint32_t version;
    uint32_t page_bytes;
    uint32_t term_bytes;
    uint32_t terms;
    uint64_t jumbo_bytes;
    uint64_t mapping_bytes;
    uint64_t unused;                               /* 0 */
    uint64_t journal_epoch;                        /* of the journal that these frames go to */
    _Alignas(FRAMELOG_LINE) _Atomic uint64_t head; /* position behind the last committed record */
    _Atomic uint64_t next_number;                  /* number of the next frame */
    _Atomic uint32_t finished;
    struct framelog_reader_line reader[FRAMELOG_READERS];
    _Alignas(FRAMELOG_LINE) _Atomic uint64_t jumbo;
    _Alignas(FRAMELOG_LINE) _Atomic uint64_t core_at; /* frame that the core is stepping, 0: none */
    _Alignas(FRAMELOG_LINE) struct td_doorbell appended;
    _Alignas(FRAMELOG_LINE) struct td_doorbell released;
};
_Static_assert(sizeof(struct framelog_page) <= FRAMELOG_PAGE_BYTES, "the header must fit its page");

/* A padding record has only the first 16 bytes. */
struct framelog_record {
    _Atomic uint64_t commit;
    uint32_t payload_bytes;
    uint8_t kind;
    uint8_t origin;
    uint16_t flags;
    uint64_t number;
    int64_t recv_ns;
    int64_t mono_ns;
    uint32_t conn;
    uint16_t source;
    uint16_t status;
    char payload[];
};
_Static_assert(sizeof(struct framelog_record) == 48, "record header is part of the layout");

#endif
