/* State to bytes and back by one function for both ways: each module describes its fields once, in order, with the calls below, and
   the same call saves or loads. Values are variable-length integers, so that a checkpoint is small and the same on every machine.
   Loading is hostile-proof: whatever the bytes say, at most the caller's memory is written and `failed` is set. Pure; caller's memory. */
#ifndef TD_BASE_STATE_H
#define TD_BASE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_state {
    unsigned char *at;
    size_t used, cap; /* loading: cap = bytes there are */
    bool loading;
    bool failed; /* no room, or bytes that cannot be; sticky: values loaded from then on are 0 */
};

struct td_state td_state_save(void *bytes, size_t cap);
struct td_state td_state_load(const void *bytes, size_t count);

/* Each: saves *value, or sets it. */
void td_state_u64(struct td_state *state, uint64_t *value);
void td_state_i64(struct td_state *state, int64_t *value);
void td_state_u32(struct td_state *state, uint32_t *value);
void td_state_i32(struct td_state *state, int32_t *value);
void td_state_u16(struct td_state *state, uint16_t *value);
void td_state_u8(struct td_state *state, uint8_t *value);
void td_state_i8(struct td_state *state, int8_t *value);
void td_state_bool(struct td_state *state, bool *value);
void td_state_double(struct td_state *state, double *value); /* bit for bit */
void td_state_raw(struct td_state *state, void *bytes, size_t count);
/* NUL-terminated text in cap bytes. */
void td_state_text(struct td_state *state, char *text, size_t cap);
/* A count that must not exceed `most`; fails (and is 0) when it does. */
uint32_t td_state_count(struct td_state *state, uint32_t value, uint32_t most);
/* Names a section: loading fails when another one stands there, so that a mismatch is found where it begins. */
void td_state_mark(struct td_state *state, uint32_t tag);
/* A stretch that a load may pass over: what begin returned goes to end, with the calls of the stretch between them, or, when loading, to
   pass instead of both. A load fails where it does not end as it was saved. */
size_t td_state_begin(struct td_state *state);
void td_state_end(struct td_state *state, size_t begun);
void td_state_pass(struct td_state *state, size_t begun);

#endif
