/* What a day's time of a book was worth, told by the holes of the ledger as they open and close, so that the state page and `tape gaps`
   say the same: a hole takes away the time since the last good frame too, and the time in which the recorder was down. By receive
   stamps, as the ledger. */
#include <string.h>

#include "app/core_parts.h"

#define HOUR_MS (TD_NS_PER_HOUR / TD_NS_PER_MS)

/* Rounds down, also before 1970. */
static int64_t ms_of(int64_t ns)
{
    return ns / TD_NS_PER_MS - (ns % TD_NS_PER_MS < 0);
}

/* What of from..to lies in an hour of the day; false: nothing. */
static bool piece(const struct core *core, int hour, int64_t from_ms, int64_t to_ms,
                  uint32_t *piece_ms)
{
    int64_t begin_ms = (core->day * CORE_HOURS + hour) * HOUR_MS, end_ms = begin_ms + HOUR_MS;
    begin_ms = from_ms > begin_ms ? from_ms : begin_ms;
    end_ms = to_ms < end_ms ? to_ms : end_ms;
    *piece_ms = end_ms > begin_ms ? (uint32_t)(end_ms - begin_ms) : 0;
    return *piece_ms > 0;
}

static void add(struct core *core, struct core_instrument *in, int64_t from_ms, int64_t to_ms)
{
    uint32_t ms;
    for (int hour = 0; hour < CORE_HOURS; hour++)
        if (piece(core, hour, from_ms, to_ms, &ms))
            in->today.state_ms[hour][in->counted_state] += ms;
}

/* Up to the end of the hour that is open: what lies behind it is counted when that hour is. */
void core_count_book_time(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t now_ms = ms_of(core->frame->recv_ns), end_ms = (core->hour + 1) * HOUR_MS;
    now_ms = now_ms < end_ms ? now_ms : end_ms;
    if (in->counted_ms != 0 && now_ms > in->counted_ms &&
        core_has_channel(core, index, TD_CHANNEL_BOOK))
        add(core, in, in->counted_ms, now_ms);
    in->counted_ms = now_ms;
    in->counted_state = in->shed[TD_CHANNEL_BOOK].open ? CORE_TIME_ABSENT : in->sync.state;
}

void core_count_time(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (core->instrument[i].counted_ms != 0)
            core_count_book_time(core, i);
}

void core_count_lost(struct core *core, unsigned index, int64_t from_ns, int64_t to_ns,
                     unsigned worth)
{
    struct core_instrument *in = &core->instrument[index];
    uint32_t ms;
    if (in->counted_state != CORE_TIME_PROVEN || in->counted_ms == 0)
        return;
    core_count_book_time(core, index);
    for (int hour = 0; hour < CORE_HOURS; hour++) {
        uint32_t *of = in->today.state_ms[hour];
        if (!piece(core, hour, ms_of(from_ns), ms_of(to_ns), &ms))
            continue;
        ms = ms < of[CORE_TIME_PROVEN] ? ms : of[CORE_TIME_PROVEN];
        of[CORE_TIME_PROVEN] -= ms;
        of[worth] += ms;
    }
}

void core_day_begin(struct core *core, int64_t day)
{
    core->day = day;
    memset(core->device_today, 0, sizeof core->device_today);
    for (unsigned i = 0; i < core->instrument_count; i++)
        memset(&core->instrument[i].today, 0, sizeof core->instrument[i].today);
}
