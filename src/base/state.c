#include "base/state.h"

#include <string.h>

#include "base/err.h"

struct td_state td_state_save(void *bytes, size_t cap)
{
    return (struct td_state){.at = bytes, .cap = cap};
}

/* The bytes are only read: `loading` keeps every writer away. */
struct td_state td_state_load(const void *bytes, size_t count)
{
    return (struct td_state){
        .at = (unsigned char *)(uintptr_t)bytes, .cap = count, .loading = true};
}

static unsigned char *take(struct td_state *state, size_t bytes)
{
    if (state->failed || bytes > state->cap - state->used) {
        state->failed = true;
        return NULL;
    }
    unsigned char *at = state->at + state->used;
    state->used += bytes;
    return at;
}

static void put_number(struct td_state *state, uint64_t value)
{
    do {
        unsigned char *at = take(state, 1);
        if (at == NULL)
            return;
        *at = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value != 0);
}

static uint64_t get_number(struct td_state *state)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *at = take(state, 1);
        if (at == NULL)
            return 0;
        if (shift == 63 && *at > 1)
            break;
        value |= (uint64_t)(*at & 127) << shift;
        if (*at < 128)
            return value;
    }
    state->failed = true;
    return 0;
}

void td_state_u64(struct td_state *state, uint64_t *value)
{
    if (state->loading)
        *value = get_number(state);
    else
        put_number(state, *value);
}

/* Sign in the lowest bit, so that small negative numbers are short. */
void td_state_i64(struct td_state *state, int64_t *value)
{
    uint64_t folded = (uint64_t)*value << 1 ^ (uint64_t)(*value >> 63);
    td_state_u64(state, &folded);
    if (state->loading)
        *value = (int64_t)(folded >> 1 ^ (0 - (folded & 1)));
}

static uint64_t unsigned_within(struct td_state *state, uint64_t value, uint64_t most)
{
    td_state_u64(state, &value);
    if (value > most) {
        state->failed = true;
        value = 0;
    }
    return value;
}

static int64_t signed_within(struct td_state *state, int64_t value, int64_t least, int64_t most)
{
    td_state_i64(state, &value);
    if (value < least || value > most) {
        state->failed = true;
        value = 0;
    }
    return value;
}

void td_state_u32(struct td_state *state, uint32_t *value)
{
    uint32_t found = (uint32_t)unsigned_within(state, *value, UINT32_MAX);
    if (state->loading) /* a save only looks: other threads may too */
        *value = found;
}

void td_state_i32(struct td_state *state, int32_t *value)
{
    int32_t found = (int32_t)signed_within(state, *value, INT32_MIN, INT32_MAX);
    if (state->loading) /* a save only looks: other threads may too */
        *value = found;
}

void td_state_u16(struct td_state *state, uint16_t *value)
{
    uint16_t found = (uint16_t)unsigned_within(state, *value, UINT16_MAX);
    if (state->loading) /* a save only looks: other threads may too */
        *value = found;
}

void td_state_u8(struct td_state *state, uint8_t *value)
{
    uint8_t found = (uint8_t)unsigned_within(state, *value, UINT8_MAX);
    if (state->loading) /* a save only looks: other threads may too */
        *value = found;
}

void td_state_i8(struct td_state *state, int8_t *value)
{
    int8_t found = (int8_t)signed_within(state, *value, INT8_MIN, INT8_MAX);
    if (state->loading) /* a save only looks: other threads may too */
        *value = found;
}

void td_state_bool(struct td_state *state, bool *value)
{
    bool found = unsigned_within(state, state->loading ? 0 : *value, 1) != 0;
    if (state->loading)
        *value = found;
}

void td_state_double(struct td_state *state, double *value)
{
    td_state_raw(state, value, sizeof *value);
}

void td_state_raw(struct td_state *state, void *bytes, size_t count)
{
    unsigned char *at = take(state, count);
    if (at == NULL && state->loading)
        memset(bytes, 0, count);
    else if (at != NULL && state->loading)
        memcpy(bytes, at, count);
    else if (at != NULL)
        memcpy(at, bytes, count);
}

void td_state_text(struct td_state *state, char *text, size_t cap)
{
    uint32_t bytes = state->loading ? 0 : (uint32_t)strnlen(text, cap - 1);
    bytes = td_state_count(state, bytes, (uint32_t)(cap - 1));
    td_state_raw(state, text, bytes);
    if (state->loading)
        text[bytes] = '\0';
}

uint32_t td_state_count(struct td_state *state, uint32_t value, uint32_t most)
{
    return (uint32_t)unsigned_within(state, value, most);
}

void td_state_mark(struct td_state *state, uint32_t tag)
{
    uint32_t found = tag;
    td_state_u32(state, &found);
    if (found != tag)
        state->failed = true;
}

/* ---- stretches --------------------------------------------------------------------------------- */

enum { LENGTH_BYTES = 4 };

/* Saving: where the stretch begins. Loading: where it ends. */
size_t td_state_begin(struct td_state *state)
{
    unsigned char length[LENGTH_BYTES] = {0};
    size_t bytes = 0;
    td_state_raw(state, length, sizeof length);
    if (!state->loading)
        return state->used;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        bytes |= (size_t)length[i] << (8 * i);
    if (bytes > state->cap - state->used) {
        state->failed = true;
        bytes = 0;
    }
    return state->used + bytes;
}

void td_state_end(struct td_state *state, size_t begun)
{
    if (state->failed)
        return;
    if (state->loading) {
        state->failed = state->used != begun;
        return;
    }
    size_t bytes = state->used - begun;
    state->failed = bytes > UINT32_MAX;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        state->at[begun - LENGTH_BYTES + i] = (unsigned char)(bytes >> (8 * i));
}

void td_state_pass(struct td_state *state, size_t begun)
{
    TD_ASSERT(state->loading, "only a load passes over what stands there");
    if (!state->failed)
        state->used = begun;
}
