#include "base/ring.h"

#include "base/err.h"

/* Entries keep 8-byte alignment whatever size the caller states. */
static uint32_t stride_of(uint32_t entry_bytes)
{
    return (entry_bytes + 7) & ~7u;
}

size_t td_ring_footprint(uint32_t depth, uint32_t entry_bytes)
{
    size_t bytes = sizeof(struct td_ring) + (size_t)depth * stride_of(entry_bytes);
    return (bytes + 63) & ~(size_t)63;
}

struct td_ring *td_ring_init(void *mem, uint32_t depth, uint32_t entry_bytes)
{
    TD_ASSERT(depth && (depth & (depth - 1)) == 0, "ring depth is a power of two");
    TD_ASSERT(entry_bytes && entry_bytes <= UINT32_MAX - 7, "ring entry has a size");
    struct td_ring *ring = mem;
    ring->tail_seen = 0;
    ring->head_seen = 0;
    ring->depth = depth;
    ring->entry_bytes = stride_of(entry_bytes);
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->refused, 0);
    return ring;
}

static void *entry_at(struct td_ring *ring, uint64_t number)
{
    return ring->entries + (size_t)(number & (ring->depth - 1)) * ring->entry_bytes;
}

/* Each side looks at the other's counter only when its own copy says full or empty: the cache line
   then travels once a batch, not once an entry. */
void *td_ring_claim(struct td_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - ring->tail_seen >= ring->depth) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head - ring->tail_seen >= ring->depth) {
            uint64_t refused = atomic_load_explicit(&ring->refused, memory_order_relaxed);
            atomic_store_explicit(&ring->refused, refused + 1, memory_order_relaxed);
            return NULL;
        }
    }
    return entry_at(ring, head);
}

void td_ring_publish(struct td_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

void *td_ring_peek(struct td_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail == ring->head_seen) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail == ring->head_seen)
            return NULL;
    }
    return entry_at(ring, tail);
}

void td_ring_release(struct td_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

/* Tail first: it never passes head, so the difference cannot come out negative. */
uint32_t td_ring_used(const struct td_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t used = head - tail;
    return used > ring->depth ? ring->depth : (uint32_t)used;
}
