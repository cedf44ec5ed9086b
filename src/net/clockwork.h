/* What the clock does, as frames CLOCK tell it (SPEC 3.8): pure functions over samples that the wire takes once a tick. The Pi has no
   clock of its own, so the wall clock starts anywhere and is stepped later; nothing stamped is changed by that, but each step is told.

   state: stepped = wall and monotonic time went apart by 100 ms or more since the last sample; synced = the kernel says that a time
   daemon vouches for it; holdover = it was so and no step came since; unsynced = else. */
#ifndef TD_NET_CLOCKWORK_H
#define TD_NET_CLOCKWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"
#include "base/os.h"

enum { CLOCKWORK_TEXT_MAX = 192 };

struct clockwork_sample {
    int64_t wall_ns, mono_ns;
    bool known; /* discipline is the kernel's word */
    struct td_discipline discipline;
};

/* What one frame tells. */
struct clockwork_reading {
    uint8_t state, method; /* enum td_clock_state, enum td_clock_method */
    bool has_offset, has_error, has_freq, has_step;
    int64_t offset_ns, error_ns, step_ns;
    int32_t freq_ppb;
};

/* All zero but `floor` is the start. */
struct clockwork {
    bool
        floor; /* the wall clock was set from a known lower bound before the start: method floor until a daemon takes over */
    bool started, was_synced;
    uint8_t state, method; /* told last */
    int64_t wall_ns, mono_ns, told_mono_ns;
};

struct clockwork_sample clockwork_look(const struct td_clock *clock);
/* True: *reading is to be told now: the first one, a step, a change of state or method, or 60 s after the last. */
bool clockwork_tick(struct clockwork *work, const struct clockwork_sample *sample,
                    struct clockwork_reading *reading);

/* Payload of a CLOCK frame; returns its bytes. */
size_t clockwork_write(const struct clockwork_reading *reading, char out[CLOCKWORK_TEXT_MAX]);
/* And back; unknown keys are passed over. TD_E_SYNTAX: not of that form, or without state and method. */
td_err clockwork_read(const char *text, size_t bytes, struct clockwork_reading *reading);

#endif
