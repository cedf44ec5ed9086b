#include "journal/framelog.h"

#include <string.h>

#include "journal/framelog_handle.h"

size_t framelog_footprint(void)
{
    return sizeof(struct framelog);
}

td_err framelog_open(void *mem, const struct framelog_params *params, struct framelog **log)
{
    struct framelog *l = mem;
    TD_ASSERT((uintptr_t)mem % FRAMELOG_LINE == 0, "the handle must stand on a cache line");
    memset(l, 0, sizeof *l);
    TD_TRY(framelog_map_open(&l->map, params));
    l->term_bytes = params->term_bytes;
    l->term_shift = (uint32_t)__builtin_ctz(params->term_bytes);
    l->ring_bytes = l->term_bytes * params->terms;
    l->producer.next_number = 1;
    *log = l;
    return 0;
}

void framelog_close(struct framelog *log, bool remove_file)
{
    framelog_map_close(&log->map, remove_file);
}

/* ---- places ---- */

/* The journal's position is read first: a reader that rejoins holds on at the journal's position, then looks whether the
   journal has moved since. Either it sees that, or whoever comes here with the journal's new position sees the hold. */
static uint64_t released_by_all(const struct framelog *log)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < FRAMELOG_READERS; i++) {
        uint64_t at = atomic_load(&log->map.page->reader[i].released);
        least = at < least ? at : least;
    }
    return least;
}

/* ---- jumbo slot ---- */

char *framelog_jumbo_lend(struct framelog *log)
{
    _Atomic uint64_t *jumbo = &log->map.page->jumbo;
    if (atomic_load_explicit(jumbo, memory_order_acquire) != FRAMELOG_JUMBO_FREE)
        return NULL;
    atomic_store_explicit(jumbo, FRAMELOG_JUMBO_LENT, memory_order_relaxed);
    return log->map.jumbo;
}

static void jumbo_empty(struct framelog *log)
{
    framelog_map_punch_jumbo(&log->map);
    atomic_store_explicit(&log->map.page->jumbo, FRAMELOG_JUMBO_FREE, memory_order_release);
}

void framelog_jumbo_return(struct framelog *log)
{
    uint64_t state = atomic_load_explicit(&log->map.page->jumbo, memory_order_relaxed);
    TD_ASSERT(state == FRAMELOG_JUMBO_LENT, "only a lent slot can be returned");
    jumbo_empty(log);
}

/* Both readers may come here at once; each has stored its position before it looks at the other's
   (all sequentially consistent), so at least one sees that both are past, and the exchange lets one
   of them do the work. */
static void jumbo_release(struct framelog *log)
{
    _Atomic uint64_t *jumbo = &log->map.page->jumbo;
    uint64_t end = atomic_load(jumbo);
    if (end <= FRAMELOG_JUMBO_EMPTYING || released_by_all(log) < end)
        return;
    if (atomic_compare_exchange_strong(jumbo, &end, FRAMELOG_JUMBO_EMPTYING))
        jumbo_empty(log);
}

/* ---- producer ---- */

static void commit(struct framelog *log, uint32_t bytes)
{
    struct producer *p = &log->producer;
    struct framelog_record *record = record_at(log, p->head);
    uint64_t next = p->head + bytes;
    if (next < p->limit)
        atomic_store_explicit(&record_at(log, next)->commit, 0, memory_order_relaxed);
    atomic_store_explicit(&record->commit, commit_word(log, p->head, bytes), memory_order_release);
    p->head = next;
    atomic_store_explicit(&log->map.page->head, next, memory_order_release);
}

/* Makes head stand before `bytes` of room in one term. */
static td_err make_room(struct framelog *log, uint32_t bytes)
{
    struct producer *p = &log->producer;
    if (p->head + bytes <= p->limit)
        return 0;
    if (p->limit + log->term_bytes > released_by_all(log) + log->ring_bytes)
        return TD_E_AGAIN;
    if (p->head < p->limit) {
        record_at(log, p->head)->flags = FRAMELOG_PADDING;
        commit(log, (uint32_t)(p->limit - p->head));
    }
    p->limit += log->term_bytes;
    return 0;
}

static void fill_record(struct framelog *log, const struct td_frame *frame, uint16_t flags)
{
    struct framelog_record *record = record_at(log, log->producer.head);
    record->payload_bytes = frame->bytes;
    record->kind = frame->kind;
    record->origin = frame->origin;
    record->flags = flags;
    record->number = frame->number;
    record->recv_ns = frame->recv_ns;
    record->mono_ns = frame->mono_ns;
    record->conn = frame->conn;
    record->source = frame->source;
    record->status = frame->status;
    if (frame->bytes && !(flags & FRAMELOG_JUMBO))
        memcpy(record->payload, frame->payload, frame->bytes);
}

static td_err append_jumbo(struct framelog *log, struct td_frame *frame)
{
    uint32_t bytes = sizeof(struct framelog_record);
    TD_TRY(make_room(log, bytes));
    if (frame->payload != log->map.jumbo) {
        char *slot = framelog_jumbo_lend(log);
        TD_FAIL_IF(!slot, TD_E_AGAIN);
        memcpy(slot, frame->payload, frame->bytes);
    }
    atomic_store(&log->map.page->jumbo, log->producer.head + bytes);
    frame->number = log->producer.next_number;
    fill_record(log, frame, FRAMELOG_JUMBO);
    commit(log, bytes);
    return 0;
}

static td_err append_small(struct framelog *log, struct td_frame *frame)
{
    uint32_t bytes = (uint32_t)sizeof(struct framelog_record) + frame->bytes;
    bytes = (bytes + FRAMELOG_ALIGN - 1) & ~(uint32_t)(FRAMELOG_ALIGN - 1);
    TD_TRY(make_room(log, bytes));
    frame->number = log->producer.next_number;
    fill_record(log, frame, 0);
    commit(log, bytes);
    return 0;
}

td_err framelog_append(struct framelog *log, struct td_frame *frame)
{
    TD_FAIL_IF(frame->bytes > TD_FRAME_BYTES_MAX, TD_E_NET_OVERSIZE);
    bool jumbo =
        frame->bytes > log->term_bytes / 2 || (frame->bytes && frame->payload == log->map.jumbo);
    TD_TRY(jumbo ? append_jumbo(log, frame) : append_small(log, frame));
    log->appended_any = true;
    log->producer.next_number++;
    atomic_store_explicit(&log->map.page->next_number, log->producer.next_number,
                          memory_order_relaxed);
    td_doorbell_ring(&log->map.page->appended);
    return 0;
}

void framelog_set_next(struct framelog *log, uint64_t next_number)
{
    TD_ASSERT(!log->appended_any, "numbers are set before the first frame");
    log->producer.next_number = next_number;
    atomic_store_explicit(&log->map.page->next_number, next_number, memory_order_relaxed);
    for (unsigned i = 0; i < FRAMELOG_READERS; i++) {
        log->reader[i].number = next_number - 1;
        atomic_store(&log->map.page->reader[i].number, next_number - 1);
    }
}

void framelog_set_epoch(struct framelog *log, uint64_t journal_epoch)
{
    TD_ASSERT(!log->appended_any, "the epoch is set before the first frame");
    log->map.page->journal_epoch = journal_epoch;
}

uint64_t framelog_next(const struct framelog *log)
{
    return atomic_load_explicit(&log->map.page->next_number, memory_order_relaxed);
}

void framelog_finish(struct framelog *log)
{
    atomic_store_explicit(&log->map.page->finished, 1, memory_order_release);
    td_doorbell_ring(&log->map.page->appended);
}

/* ---- readers ---- */

static void frame_from_record(struct framelog *log, const struct framelog_record *record,
                              struct td_frame *frame)
{
    *frame = (struct td_frame){
        .number = record->number,
        .recv_ns = record->recv_ns,
        .mono_ns = record->mono_ns,
        .payload = record->flags & FRAMELOG_JUMBO ? log->map.jumbo : record->payload,
        .bytes = record->payload_bytes,
        .conn = record->conn,
        .source = record->source,
        .status = record->status,
        .kind = record->kind,
        .origin = record->origin,
    };
}

int framelog_read(struct framelog *log, enum framelog_reader who, struct td_frame *frame)
{
    struct reader *reader = &log->reader[who];
    uint32_t bytes;
    if (reader->at == FRAMELOG_DETACHED)
        return 0;
    while ((bytes = committed_bytes(log, reader->at)) != 0) {
        const struct framelog_record *record = record_at(log, reader->at);
        reader->at += bytes;
        if (record->flags & FRAMELOG_PADDING)
            continue;
        frame_from_record(log, record, frame);
        reader->number = frame->number;
        return 1;
    }
    return 0;
}

struct framelog_mark framelog_mark(const struct framelog *log, enum framelog_reader who)
{
    return (struct framelog_mark){log->reader[who].at, log->reader[who].number};
}

void framelog_release_to(struct framelog *log, enum framelog_reader who, struct framelog_mark mark)
{
    struct framelog_reader_line *line = &log->map.page->reader[who];
    atomic_store_explicit(&line->number, mark.number, memory_order_release);
    atomic_store(&line->released, mark.at);
    jumbo_release(log);
    td_doorbell_ring(&log->map.page->released);
}

void framelog_release(struct framelog *log, enum framelog_reader who)
{
    framelog_release_to(log, who, framelog_mark(log, who));
}

void framelog_rewind(struct framelog *log, enum framelog_reader who)
{
    const struct framelog_reader_line *line = &log->map.page->reader[who];
    log->reader[who].at = atomic_load(&line->released);
    log->reader[who].number = atomic_load(&line->number);
}

bool framelog_finished(const struct framelog *log, enum framelog_reader who)
{
    if (!atomic_load_explicit(&log->map.page->finished, memory_order_acquire))
        return false;
    return log->reader[who].at == atomic_load_explicit(&log->map.page->head, memory_order_acquire);
}

/* ---- state ---- */

struct td_doorbell *framelog_bell_appended(struct framelog *log)
{
    return &log->map.page->appended;
}

struct td_doorbell *framelog_bell_released(struct framelog *log)
{
    return &log->map.page->released;
}

unsigned framelog_fill_percent(const struct framelog *log)
{
    return (unsigned)(bytes_behind(log, released_by_all(log)) * 100 / log->ring_bytes);
}
