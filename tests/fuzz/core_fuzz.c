/* The core on frames of all kinds with any payloads, as a journal may hold them: a head of five bytes each (kind, source and status, how
   far the clock goes on, length), then the payload. No payload stops the recorder, and the same frames give the same state. */
#include <stdlib.h>
#include <string.h>

#include "app/core.h"
#include "base/hash.h"
#include "base/state.h"
#include "core_room.h"
#include "segment/cut.h"

enum { CORE_STATE_MAX = 1 << 20, CORE_HEAD = 5, CORE_FRAMES_MAX = 120 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct {
    struct core *now;
    uint64_t sum; /* of the states at the seals and of the rows between */
    size_t saved_bytes;
    unsigned char saved[CORE_STATE_MAX];
} deck;

static struct core_room place;

static unsigned char again[CORE_STATE_MAX];

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3);
}

/* In place of the disk: what is cut is thrown away, its rows are counted. */
static int drain(void *arg)
{
    const struct cut *cut;
    int taken = 0;
    (void)arg;
    for (; (cut = cut_peek(place.params.groups)) != NULL; taken++) {
        deck.sum = mix(deck.sum, cut->rows ^ cut->frame_last << 16);
        cut_done(place.params.groups);
    }
    return taken;
}

static void sealed(void *arg, uint64_t frame, enum groups_seal why)
{
    struct td_state state = td_state_save(deck.saved, sizeof deck.saved);
    (void)arg;
    drain(NULL);
    core_state(deck.now, &state);
    TD_ASSERT(!state.failed, "there is room for the state");
    TD_ASSERT(core_state_head(deck.saved, state.used).slots > 0, "it says its places");
    deck.saved_bytes = state.used;
    deck.sum = mix(mix(deck.sum, td_hash64(deck.saved, state.used, 0)), frame ^ why);
}

/* Kinds, statuses and sources of the wire and some of none. */
static void frame_of(const uint8_t *head, struct td_frame *frame)
{
    static const uint16_t statuses[] = {0, 200, 1, 2, 404, 429, 1001, 1012};
    uint64_t step_ns = (uint64_t)head[2] * head[2] * 50 * TD_NS_PER_MS;
    frame->number++;
    frame->kind = (uint8_t)(1 + head[0] % (TD_FRAME_KINDS - 1));
    frame->source = head[1] % 4 == 3 ? TD_SOURCE_NONE : head[1] % 4;
    frame->status = statuses[head[1] >> 2 & 7];
    frame->conn += frame->kind == TD_FRAME_CONN_OPEN;
    frame->mono_ns += (int64_t)step_ns;
    frame->recv_ns += head[1] & 128 ? -(int64_t)step_ns : (int64_t)step_ns;
    frame->bytes = (uint32_t)head[3] | (uint32_t)head[4] << 8;
}

static uint64_t run(const uint8_t *data, size_t bytes)
{
    struct td_frame frame = {.recv_ns = INT64_C(1790000000) * TD_NS_PER_S, .mono_ns = TD_NS_PER_S};
    const uint8_t *at = data, *end = data + bytes;
    place.params.groups = groups_init(place.groups, &place.groups_params);
    groups_inline(place.params.groups, drain, NULL);
    deck.now = core_init(place.core, &place.params);
    deck.sum = deck.saved_bytes = 0;
    while (end - at >= CORE_HEAD && frame.number < CORE_FRAMES_MAX) {
        frame_of(at, &frame);
        at += CORE_HEAD;
        frame.bytes = frame.bytes < (uint32_t)(end - at) ? frame.bytes : (uint32_t)(end - at);
        frame.payload = (const char *)at;
        at += frame.bytes;
        core_step(deck.now, &frame);
        TD_ASSERT(core_frame(deck.now) == frame.number, "each frame is one step");
        drain(NULL);
    }
    return deck.sum;
}

/* The last state, loaded and saved again. */
static void check_load(void)
{
    struct td_state load = td_state_load(deck.saved, deck.saved_bytes),
                    save = td_state_save(again, sizeof again);
    if (deck.saved_bytes == 0)
        return;
    place.params.groups = groups_init(place.groups, &place.groups_params);
    groups_inline(place.params.groups, drain, NULL);
    deck.now = core_init(place.core, &place.params);
    core_state(deck.now, &load);
    TD_ASSERT(!load.failed, "what was saved is loaded");
    core_state(deck.now, &save);
    TD_ASSERT(save.used == deck.saved_bytes && memcmp(again, deck.saved, save.used) == 0,
              "and saved again to the same");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (place.core == NULL) {
        core_room_lay_out(&place);
        place.params.sealed = sealed;
    }
    TD_ASSERT(run(data, bytes) == run(data, bytes), "the same frames, the same states");
    check_load();
    return 0;
}
