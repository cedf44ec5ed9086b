#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/ring.h"

struct entry {
    uint64_t number;
    uint64_t inverse;
    char filler[5];
};

static struct td_ring *new_ring(uint32_t depth, uint32_t entry_bytes)
{
    return td_ring_init(aligned_alloc(64, td_ring_footprint(depth, entry_bytes)), depth,
                        entry_bytes);
}

TEST(first_in_first_out)
{
    struct td_ring *ring = new_ring(4, sizeof(uint64_t));
    CHECK(td_ring_peek(ring) == NULL);
    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < 3; i++) {
            *(uint64_t *)td_ring_claim(ring) = round * 10 + i;
            td_ring_publish(ring);
        }
        CHECK_EQ_U64(td_ring_used(ring), 3);
        for (uint64_t i = 0; i < 3; i++) {
            CHECK_EQ_U64(*(uint64_t *)td_ring_peek(ring), round * 10 + i);
            td_ring_release(ring);
        }
        CHECK(td_ring_peek(ring) == NULL);
    }
    free(ring);
}

TEST(claimed_is_not_seen_before_publish)
{
    struct td_ring *ring = new_ring(2, 8);
    CHECK(td_ring_claim(ring) != NULL);
    CHECK(td_ring_peek(ring) == NULL);
    CHECK_EQ_U64(td_ring_used(ring), 0);
    td_ring_publish(ring);
    CHECK(td_ring_peek(ring) != NULL);
    free(ring);
}

TEST(full_refuses_and_counts)
{
    struct td_ring *ring = new_ring(2, 8);
    for (int i = 0; i < 2; i++) {
        CHECK(td_ring_claim(ring) != NULL);
        td_ring_publish(ring);
    }
    CHECK(td_ring_claim(ring) == NULL);
    CHECK(td_ring_claim(ring) == NULL);
    CHECK_EQ_U64(ring->refused, 2);
    td_ring_release(ring);
    CHECK(td_ring_claim(ring) != NULL);
    CHECK_EQ_U64(ring->refused, 2);
    free(ring);
}

TEST(entries_stay_apart_and_aligned)
{
    enum { DEPTH = 8, BYTES = 13 };
    size_t footprint = td_ring_footprint(DEPTH, BYTES);
    struct td_ring *ring = new_ring(DEPTH, BYTES);
    unsigned char *end = (unsigned char *)ring + footprint, *last = NULL;
    for (int i = 0; i < DEPTH; i++) {
        unsigned char *entry = td_ring_claim(ring);
        CHECK((uintptr_t)entry % 8 == 0);
        CHECK(entry + BYTES <= end);
        CHECK(last == NULL || entry >= last + BYTES);
        last = entry;
        td_ring_publish(ring);
    }
    free(ring);
}

enum { PASSED = 200000 };

static void *produce(void *arg)
{
    struct td_ring *ring = arg;
    for (uint64_t i = 0; i < PASSED;) {
        struct entry *entry = td_ring_claim(ring);
        if (!entry) {
            sched_yield();
            continue;
        }
        *entry = (struct entry){.number = i, .inverse = ~i};
        td_ring_publish(ring);
        i++;
    }
    return NULL;
}

TEST(two_threads_lose_and_tear_nothing)
{
    struct td_ring *ring = new_ring(16, sizeof(struct entry));
    pthread_t producer;
    CHECK(pthread_create(&producer, NULL, produce, ring) == 0);
    for (uint64_t i = 0; i < PASSED;) {
        const struct entry *entry = td_ring_peek(ring);
        if (!entry) {
            sched_yield();
            continue;
        }
        CHECK_EQ_U64(entry->number, i);
        CHECK_EQ_U64(entry->inverse, ~i);
        CHECK(td_ring_used(ring) >= 1);
        td_ring_release(ring);
        i++;
    }
    CHECK(pthread_join(producer, NULL) == 0);
    CHECK_EQ_U64(td_ring_used(ring), 0);
    free(ring);
}
