/* The state of the clock as the recorder was told it: rows of table clock, and a row in the ledger for each step of a second or more.
   Receive stamps are never rewritten; a reader moves them with these rows. */
#include <string.h>

#include "app/core_parts.h"
#include "base/text.h"

/* Smaller steps are in the row's own column. */
#define STEP_TOLD_NS TD_NS_PER_S

static const char *const states[] = {"unsynced", "stepped", "synced", "holdover"};
static const char *const methods[] = {"none", "sntp", "ntp", "rtc", "floor"};

static uint8_t index_of(const char *const *words, unsigned count, struct td_text word)
{
    for (unsigned i = 0; word.at != NULL && i < count; i++)
        if (strlen(words[i]) == word.bytes && memcmp(words[i], word.at, word.bytes) == 0)
            return (uint8_t)i;
    return 0; /* unsynced, none: nothing better is known */
}

static void clock_row(struct core *core)
{
    const struct td_frame *frame = core->frame;
    struct td_text server = core_word(frame, "server");
    int64_t freq_ppb;
    core_head(core, core->stream_clock, frame->recv_ns, false, 0);
    struct row_clock *row = groups_append(core->groups, core->stream_clock);
    row->state = index_of(states, sizeof states / sizeof *states, core_word(frame, "state"));
    row->method = index_of(methods, sizeof methods / sizeof *methods, core_word(frame, "method"));
    row->has_offset = core_number(frame, "offset_ns", &row->offset_ns);
    row->has_error = core_number(frame, "error_ns", &row->error_ns);
    core->clock_state = row->state;
    core->clock_method = row->method;
    core->clock_offset_ns = row->has_offset ? row->offset_ns : 0;
    core->clock_error_ns = row->has_error ? row->error_ns : -1;
    row->has_step = core_number(frame, "step_ns", &row->step_ns);
    if (core_number(frame, "freq_ppb", &freq_ppb) && freq_ppb >= INT32_MIN && freq_ppb <= INT32_MAX)
        row->freq_ppb = (int32_t)freq_ppb;
    row->mono_ns = frame->mono_ns;
    if (server.at != NULL)
        row->server = groups_text(core->groups, core->stream_clock, server.at, server.bytes);
}

void core_clock(struct core *core)
{
    int64_t step_ns;
    clock_row(core);
    if (!core_number(core->frame, "step_ns", &step_ns) ||
        (step_ns < STEP_TOLD_NS && step_ns > -STEP_TOLD_NS))
        return;
    char text[TD_TEXT_MAX];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "the clock was set by %+lld.%03lld s",
                      (long long)(step_ns / TD_NS_PER_S),
                      (long long)((step_ns < 0 ? -step_ns : step_ns) / TD_NS_PER_MS % 1000));
    struct ledger_note note = {.kind = TD_GAP_CLOCK_STEP, .note = text};
    int64_t before_ns = core->last_recv_ns != 0 ? core->last_recv_ns : core->frame->recv_ns;
    ledger_device(core, before_ns, &note);
}
