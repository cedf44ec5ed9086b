/* Frames for the journal's tests: a function of seed and number alone, so that a reader's frame can be checked by its number. */
#ifndef TD_TEST_FRAMES_H
#define TD_TEST_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "unit/test.h"

static inline uint64_t frames_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* One source of test frames; buffer holds TD_FRAME_BYTES_MAX. */
struct frames {
    uint64_t seed;
    uint32_t bytes_most; /* payloads are 0 .. bytes_most */
    char *buffer;
};

/* Payload: half words that repeat, half noise, so that zstd finds some of it. */
static inline void frames_fill(char *out, uint32_t bytes, uint64_t state)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        if (i % 8 == 0)
            word = frames_random(&state);
        out[i] = i % 16 < 8 ? "\"price\":"[i % 8] : (char)(word >> (i % 8 * 8));
    }
}

static inline struct td_frame frames_make(struct frames *f, uint64_t number)
{
    uint64_t state = f->seed * 1000003 + number;
    struct td_frame frame = {.number = number};
    frame.recv_ns = (int64_t)(number * 1000000 + frames_random(&state) % 2000000);
    frame.mono_ns = frame.recv_ns - 5000 + (int64_t)(frames_random(&state) % 3);
    uint64_t bits = frames_random(&state);
    frame.conn = bits & 3;
    frame.source = bits & 64 ? TD_SOURCE_NONE : (bits >> 2) & 1;
    frame.status = bits & 128 ? 200 : 0;
    frame.kind = (uint8_t)(1 + (bits >> 8) % (TD_FRAME_KINDS - 1));
    frame.origin = (bits >> 20) & 1;
    frame.bytes = bits & 256 ? 0 : (uint32_t)(frames_random(&state) % (f->bytes_most + 1u));
    frames_fill(f->buffer, frame.bytes, state);
    frame.payload = f->buffer;
    return frame;
}

static inline bool frames_equal(const struct td_frame *a, const struct td_frame *b)
{
    return a->number == b->number && a->recv_ns == b->recv_ns && a->mono_ns == b->mono_ns &&
           a->bytes == b->bytes && a->conn == b->conn && a->source == b->source &&
           a->status == b->status && a->kind == b->kind && a->origin == b->origin &&
           (a->bytes == 0 || memcmp(a->payload, b->payload, a->bytes) == 0);
}

#endif
