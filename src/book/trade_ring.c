/* Each slot has a count that says which trade it holds: 2n+1 while trade n is being written, 2n+2
   when it stands. A reader that finds the count of trade n before and after its copy has trade n.
   The payload is copied word by word by atomics with release and acquire, in place of fences: a
   reader that saw one word of a newer trade must then see the newer count as well.

   Ids are found by chains of trade numbers: from a head, which the id's hash
   chooses, to ever older trades. Nothing is taken out of a chain; it ends where the next number is
   no longer kept. Only the writer's thread walks them. */
#include "book/trade_ring.h"

#include <stdatomic.h>
#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/state.h"

enum { WORDS = sizeof(struct trade_kept) / sizeof(uint64_t) };
_Static_assert(sizeof(struct trade_kept) % sizeof(uint64_t) == 0, "copied in whole words");

struct slot {
    _Atomic uint64_t count;
    _Atomic uint64_t word[WORDS];
    uint64_t hash; /* of the whole id */
    uint32_t next; /* number of the trade behind it in its chain, low bits */
};

struct trade_ring {
    _Atomic uint64_t added; /* trades added since init */
    _Atomic uint64_t first; /* trades below this number were cleared */
    uint32_t capacity;
    uint32_t heads; /* a power of two, capacity at least; they stand behind the slots */
    struct slot slot[];
};

static uint32_t heads_for(uint32_t capacity)
{
    uint32_t heads = 1;
    while (heads < capacity)
        heads *= 2;
    return heads;
}

static uint32_t *head_of(const struct trade_ring *ring, uint64_t hash)
{
    uint32_t *heads = (uint32_t *)&ring->slot[ring->capacity];
    return &heads[hash & (ring->heads - 1)];
}

size_t trade_ring_footprint(uint32_t capacity)
{
    size_t heads = heads_for(capacity) * sizeof(uint32_t);
    return sizeof(struct trade_ring) + (size_t)capacity * sizeof(struct slot) + (heads + 7) / 8 * 8;
}

struct trade_ring *trade_ring_init(void *mem, uint32_t capacity)
{
    struct trade_ring *ring = mem;
    TD_ASSERT(capacity > 0, "a ring of no trades");
    ring->capacity = capacity;
    ring->heads = heads_for(capacity);
    memset(head_of(ring, 0), 0, ring->heads * sizeof(uint32_t));
    atomic_init(&ring->added, 0);
    atomic_init(&ring->first, 0);
    for (uint32_t i = 0; i < capacity; i++) {
        atomic_init(&ring->slot[i].count, 0);
        ring->slot[i].hash = ring->slot[i].next = 0;
        for (unsigned w = 0; w < WORDS; w++)
            atomic_init(&ring->slot[i].word[w], 0);
    }
    return ring;
}

/* Whether the trade has an id, and that of one that is kept. */
static bool has_id(const struct td_trade *trade)
{
    return trade->uid.at != NULL ? trade->uid.bytes > 0 : trade->trade_id >= 0;
}

static bool is_named(const struct trade_kept *kept)
{
    return kept->uid_bytes > 0 || kept->trade_id >= 0;
}

static uint64_t hash_of(int64_t trade_id, const char *uid, uint32_t uid_bytes)
{
    return uid_bytes > 0 ? td_hash64(uid, uid_bytes, 0) : td_hash_u64((uint64_t)trade_id);
}

static uint64_t trade_hash(const struct td_trade *trade)
{
    return hash_of(trade->trade_id, trade->uid.at, trade->uid.at != NULL ? trade->uid.bytes : 0);
}

static struct trade_kept kept_of(const struct td_trade *trade)
{
    struct trade_kept kept;
    memset(&kept, 0, sizeof kept); /* the padding is copied too */
    kept.price_steps = trade->price_steps;
    kept.size_steps = trade->size_steps;
    kept.taker = trade->taker;
    if (trade->uid.at == NULL || !has_id(trade)) {
        kept.trade_id = trade->uid.at == NULL ? trade->trade_id : -1;
        return kept;
    }
    kept.uid_bytes = (uint8_t)(trade->uid.bytes < TRADE_UID_MAX ? trade->uid.bytes : TRADE_UID_MAX);
    memcpy(kept.uid, trade->uid.at, kept.uid_bytes);
    return kept;
}

static void store(struct trade_ring *ring, const struct trade_kept *kept, uint64_t hash)
{
    uint64_t words[WORDS];
    memcpy(words, kept, sizeof *kept);
    uint64_t number = atomic_load_explicit(&ring->added, memory_order_relaxed);
    struct slot *slot = &ring->slot[number % ring->capacity];
    slot->hash = hash;
    if (is_named(kept)) {
        slot->next = *head_of(ring, hash);
        *head_of(ring, hash) = (uint32_t)number;
    }
    atomic_store_explicit(&slot->count, 2 * number + 1, memory_order_relaxed);
    for (unsigned w = 0; w < WORDS; w++)
        atomic_store_explicit(&slot->word[w], words[w], memory_order_release);
    atomic_store_explicit(&slot->count, 2 * number + 2, memory_order_release);
    atomic_store_explicit(&ring->added, number + 1, memory_order_release);
}

void trade_ring_add(struct trade_ring *ring, const struct td_trade *trade, int64_t time_ns,
                    int price_scale, int size_scale)
{
    struct trade_kept kept = kept_of(trade);
    kept.time_ns = time_ns;
    kept.price_scale = (int8_t)price_scale;
    kept.size_scale = (int8_t)size_scale;
    store(ring, &kept, trade_hash(trade));
}

void trade_ring_clear(struct trade_ring *ring)
{
    uint64_t added = atomic_load_explicit(&ring->added, memory_order_relaxed);
    atomic_store_explicit(&ring->first, added, memory_order_release);
}

/* ---- readers ------------------------------------------------------------------------------- */

/* Trades from..end-1 are looked at, newest first. */
struct span {
    uint64_t from, end;
};

/* `added` is read first: a clear between the two reads then leaves nothing, and never a mixture of
   trades from before and after it. */
static struct span span_of(const struct trade_ring *ring)
{
    uint64_t end = atomic_load_explicit(&ring->added, memory_order_acquire);
    uint64_t from = atomic_load_explicit(&ring->first, memory_order_acquire);
    if (end > ring->capacity && from < end - ring->capacity)
        from = end - ring->capacity;
    return (struct span){from < end ? from : end, end};
}

/* The newest trade of the span, which shrinks by it. False at its end, or when the writer has
   come round to this slot: the older ones are gone before it. */
static bool next_older(const struct trade_ring *ring, struct span *span, struct trade_kept *out)
{
    uint64_t words[WORDS];
    if (span->end == span->from)
        return false;
    uint64_t number = --span->end;
    const struct slot *slot = &ring->slot[number % ring->capacity];
    if (atomic_load_explicit(&slot->count, memory_order_acquire) != 2 * number + 2)
        return false;
    for (unsigned w = 0; w < WORDS; w++)
        words[w] = atomic_load_explicit(&slot->word[w], memory_order_acquire);
    if (atomic_load_explicit(&slot->count, memory_order_relaxed) != 2 * number + 2)
        return false;
    memcpy(out, words, sizeof *out);
    return true;
}

/* Trade `number` has the id of this one: the same hash, and the same bytes as far as they are kept. */
static bool is_same(const struct trade_ring *ring, uint64_t number, uint64_t hash,
                    const struct trade_kept *kept)
{
    struct span one = {number, number + 1};
    struct trade_kept other;
    return ring->slot[number % ring->capacity].hash == hash && next_older(ring, &one, &other) &&
           other.trade_id == kept->trade_id && other.uid_bytes == kept->uid_bytes &&
           memcmp(other.uid, kept->uid, sizeof other.uid) == 0;
}

/* Each step goes further back, by the low bits of numbers: a head or a link that is older than all
   that are kept, or was never set, ends it or leads to a trade of another id. */
bool trade_ring_has(const struct trade_ring *ring, const struct td_trade *trade)
{
    struct span span = span_of(ring);
    struct trade_kept kept = kept_of(trade);
    uint64_t hash = trade_hash(trade);
    uint32_t back = 0, link = *head_of(ring, hash);
    while (has_id(trade)) {
        uint32_t further = (uint32_t)span.end - link;
        if (further <= back || further > span.end - span.from)
            return false;
        back = further;
        if (is_same(ring, span.end - back, hash, &kept))
            return true;
        link = ring->slot[(span.end - back) % ring->capacity].next;
    }
    return false;
}

bool trade_ring_lacks(const struct trade_ring *ring, int64_t trade_id)
{
    struct span span = span_of(ring);
    struct trade_kept kept;
    bool reaches = span.end - span.from < ring->capacity;
    while (next_older(ring, &span, &kept)) {
        if (kept.uid_bytes == 0 && kept.trade_id == trade_id)
            return false;
        reaches |= kept.uid_bytes == 0 && kept.trade_id < trade_id;
    }
    return reaches;
}

uint32_t trade_ring_recent(const struct trade_ring *ring, uint32_t n, struct trade_kept *out)
{
    struct span span = span_of(ring);
    uint32_t got = 0;
    while (got < n && next_older(ring, &span, &out[got]))
        got++;
    return got;
}

uint32_t trade_ring_since(const struct trade_ring *ring, int64_t since_ns, uint32_t n,
                          struct trade_kept *out)
{
    struct span span = span_of(ring);
    struct trade_kept kept;
    uint32_t got = 0;
    while (got < n && next_older(ring, &span, &kept))
        if (kept.time_ns > since_ns)
            out[got++] = kept;
    return got;
}

/* Sizes bought and sold, in steps of the finest scale seen. */
struct flow {
    __int128 buys, sells;
    int scale;
};

/* False when a sum leaves 128 bits. */
static bool flow_add(struct flow *flow, const struct trade_kept *kept)
{
    __int128 size = kept->size_steps;
    if (kept->size_scale > flow->scale) {
        int64_t factor = td_pow10(kept->size_scale - flow->scale);
        flow->scale = kept->size_scale;
        if (__builtin_mul_overflow(flow->buys, factor, &flow->buys) ||
            __builtin_mul_overflow(flow->sells, factor, &flow->sells))
            return false;
    }
    size *= td_pow10(flow->scale - kept->size_scale);
    __int128 *sum = kept->taker == TD_TAKER_BUY ? &flow->buys : &flow->sells;
    return !__builtin_add_overflow(*sum, size, sum);
}

struct trade_imbalance trade_ring_imbalance(const struct trade_ring *ring, int64_t now_ns,
                                            int64_t window_ns)
{
    static const struct trade_imbalance undefined = {false, 0};
    struct span span = span_of(ring);
    struct flow flow = {0, 0, 0};
    struct trade_kept kept;
    __int128 total;
    while (next_older(ring, &span, &kept)) {
        bool inside =
            kept.time_ns <= now_ns && (__int128)kept.time_ns > (__int128)now_ns - window_ns;
        if (inside && kept.taker != TD_TAKER_UNKNOWN && !flow_add(&flow, &kept))
            return undefined;
    }
    if (__builtin_add_overflow(flow.buys, flow.sells, &total) || total == 0)
        return undefined;
    return (struct trade_imbalance){true, (double)(flow.buys - flow.sells) / (double)total};
}

/* ---- state --------------------------------------------------------------------------------- */

/* Differences to the trade before are short: a thousand trades of each symbol are saved. */
static void delta_state(struct td_state *state, int64_t *value, int64_t before)
{
    int64_t step = (int64_t)((uint64_t)*value - (uint64_t)before);
    td_state_i64(state, &step);
    *value = (int64_t)((uint64_t)before + (uint64_t)step);
}

static void kept_state(struct td_state *state, struct trade_kept *kept, uint64_t *hash,
                       const struct trade_kept *before)
{
    delta_state(state, &kept->time_ns, before->time_ns);
    delta_state(state, &kept->price_steps, before->price_steps);
    td_state_i64(state, &kept->size_steps);
    delta_state(state, &kept->trade_id, before->trade_id);
    td_state_i8(state, &kept->price_scale);
    td_state_i8(state, &kept->size_scale);
    td_state_u8(state, &kept->taker);
    kept->uid_bytes = (uint8_t)td_state_count(state, kept->uid_bytes, TRADE_UID_MAX);
    td_state_raw(state, kept->uid, kept->uid_bytes);
    if (kept->uid_bytes == TRADE_UID_MAX) /* it may have been cut */
        td_state_u64(state, hash);
    else if (state->loading)
        *hash = hash_of(kept->trade_id, kept->uid, kept->uid_bytes);
    if (kept->price_scale < 0 || kept->price_scale > TD_SCALE_MAX || kept->size_scale < 0 ||
        kept->size_scale > TD_SCALE_MAX || kept->taker > TD_TAKER_SELL)
        state->failed = true;
}

void trade_ring_state(struct trade_ring *ring, struct td_state *state)
{
    struct span span = span_of(ring);
    uint32_t count = td_state_count(state, (uint32_t)(span.end - span.from), ring->capacity);
    struct trade_kept before;
    memset(&before, 0, sizeof before);
    for (uint32_t i = 0; i < count && !state->failed; i++) {
        struct trade_kept kept;
        memset(&kept, 0, sizeof kept);
        struct span one = {span.from, span.from + i + 1};
        uint64_t hash = state->loading ? 0 : ring->slot[(span.from + i) % ring->capacity].hash;
        if (!state->loading && !next_older(ring, &one, &kept))
            state->failed = true; /* the writer's thread is the one that saves */
        kept_state(state, &kept, &hash, &before);
        before = kept;
        if (state->loading && !state->failed)
            store(ring, &kept, hash);
    }
}
