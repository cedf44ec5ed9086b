/* Single-producer single-consumer ring of fixed-size entries, lock-free, memory given by the caller.
   A full ring refuses (td_ring_claim returns NULL) and counts; what happens then stands in app/topology.c. */
#ifndef TD_BASE_RING_H
#define TD_BASE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct td_ring {
    _Alignas(64) _Atomic uint64_t head; /* next to write; producer's */
    uint64_t tail_seen;                 /* producer's copy of tail */
    _Atomic uint64_t refused;
    _Alignas(64) _Atomic uint64_t tail; /* next to read; consumer's */
    uint64_t head_seen;
    _Alignas(64) uint32_t depth; /* power of two */
    uint32_t entry_bytes;
    uint8_t entries[];
};

/* depth: power of two. */
size_t td_ring_footprint(uint32_t depth, uint32_t entry_bytes);
struct td_ring *td_ring_init(void *mem, uint32_t depth, uint32_t entry_bytes);

/* Producer: room for one entry or NULL; publish makes it visible. */
void *td_ring_claim(struct td_ring *ring);
void td_ring_publish(struct td_ring *ring);

/* Consumer: oldest entry or NULL; release gives its place back. */
void *td_ring_peek(struct td_ring *ring);
void td_ring_release(struct td_ring *ring);

/* Either side: entries in the ring now (a moment's view). */
uint32_t td_ring_used(const struct td_ring *ring);

#endif
