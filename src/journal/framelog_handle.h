/* The frame log's process-local handle and how it finds its places in the mapping. Private to src/journal/framelog*.c. */
#ifndef TD_JOURNAL_FRAMELOG_HANDLE_H
#define TD_JOURNAL_FRAMELOG_HANDLE_H

#include "journal/framelog_layout.h"
#include "journal/framelog_map.h"

/* What only the producer touches. */
struct producer {
    _Alignas(FRAMELOG_LINE) uint64_t head;
    uint64_t limit; /* end of the term that was entered last; head never passes it */
    uint64_t next_number;
};

/* What only one reader touches. */
struct reader {
    _Alignas(FRAMELOG_LINE) uint64_t at; /* behind the last frame handed out; FRAMELOG_DETACHED */
    uint64_t number;                     /* of that frame */
};

struct framelog {
    struct framelog_map map;
    uint64_t term_bytes, ring_bytes;
    uint32_t term_shift;
    bool appended_any;
    struct producer producer;
    struct reader reader[FRAMELOG_READERS];
};

static inline struct framelog_record *record_at(const struct framelog *log, uint64_t position)
{
    return (struct framelog_record *)(log->map.terms + position % log->ring_bytes);
}

/* The lap in the commit word keeps the first record of a term's earlier use from reading as new. */
static inline uint64_t commit_word(const struct framelog *log, uint64_t position, uint32_t bytes)
{
    return ((position >> log->term_shift) + 1) << 32 | bytes;
}

/* Record bytes at position, 0 when none is committed there. */
static inline uint32_t committed_bytes(const struct framelog *log, uint64_t position)
{
    uint64_t word = atomic_load_explicit(&record_at(log, position)->commit, memory_order_acquire);
    uint32_t bytes = (uint32_t)word;
    return word == commit_word(log, position, bytes) ? bytes : 0;
}

/* Bytes between a released position and the newest record. The positions are read first; one that holds nothing is beyond. */
static inline uint64_t bytes_behind(const struct framelog *log, uint64_t released)
{
    uint64_t head = atomic_load_explicit(&log->map.page->head, memory_order_acquire);
    uint64_t used = released < head ? head - released : 0;
    return used < log->ring_bytes ? used : log->ring_bytes;
}

#endif
