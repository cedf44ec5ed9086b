/* Everything the core decides by, to bytes and back. What is left out is what a frame leaves behind in no other way than its rows: the
   frame being stepped, its bucket, the sink. Names come first, so that a load can lay out slots and streams before it fills them. */
#include "app/core_parts.h"

#include <string.h>

#include "base/state.h"

enum {
    MARK_CORE = 0x65726f63,
    MARK_SOURCE = 0x63727573,
    MARK_NAMES = 0x656d616e,
    MARK_INSTRUMENT = 0x74736e69,
    MARK_END = 0x2e646e65,
};

static void many_u64(struct td_state *state, uint64_t *value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        td_state_u64(state, &value[i]);
}

static void many_u32(struct td_state *state, uint32_t *value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        td_state_u32(state, &value[i]);
}

static void many_i64(struct td_state *state, int64_t *value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        td_state_i64(state, &value[i]);
}

static void bounded_u8(struct td_state *state, uint8_t *value, uint8_t most)
{
    *value = (uint8_t)td_state_count(state, *value, most);
}

void core_hole_state(struct td_state *state, struct core_hole *hole)
{
    td_state_bool(state, &hole->open);
    bounded_u8(state, &hole->kind, TD_GAP_KINDS - 1);
    td_state_i64(state, &hole->gap_id);
    td_state_i64(state, &hole->from_ns);
}

/* By name: the list of venues may be another one in the next version. NULL and failed: unknown. */
static const struct venue *venue_state(struct td_state *state, const struct venue *venue)
{
    char name[TD_EXCHANGE_NAME_MAX] = "";
    if (!state->loading)
        memcpy(name, venue->name, strlen(venue->name) + 1);
    td_state_text(state, name, sizeof name);
    venue = venue_find(name);
    if (venue == NULL)
        state->failed = true;
    return venue;
}

/* ---- sources ----------------------------------------------------------------------------------- */

static void source_name_state(struct core *core, unsigned index, struct td_state *state)
{
    struct core_source *source = &core->source[index];
    struct core_source_params params = source->params;
    char url[CORE_URL_MAX] = "";
    params.venue = venue_state(state, params.venue);
    td_state_u32(state, &params.channels);
    td_state_text(state, state->loading ? url : source->rest_url, CORE_URL_MAX);
    unsigned most = state->failed ? 0 : venue_shards_max(params.venue);
    unsigned shards = td_state_count(state, source->shards, most);
    if (shards == 0)
        state->failed = true;
    if (!state->loading || state->failed)
        return;
    params.rest_url = url;
    memset(source, 0, sizeof *source);
    core_source_set(core, index, &params);
    core_lines_set(source, shards);
    core_source_stream(core, index);
}

static void line_state(struct core_line *line, struct td_state *state)
{
    td_state_bool(state, &line->up);
    td_state_bool(state, &line->silent);
    td_state_u32(state, &line->conn);
    td_state_i64(state, &line->heard_ns);
    sync_conn_state(&line->count, state);
    td_state_bool(state, &line->shadow_up);
    td_state_bool(state, &line->shadow_spoke);
    td_state_u32(state, &line->shadow_conn);
    td_state_i64(state, &line->shadow_since_ns);
    td_state_i64(state, &line->shadow_heard_ns);
    td_state_i64(state, &line->drop_asked_ns);
    sync_conn_state(&line->shadow_count, state);
    td_state_i64(state, &line->remake_after_ns);
    line->remakes = td_state_count(state, line->remakes, CORE_REMAKES_MAX);
    td_state_i64(state, &line->notice_after_ns);
}

/* How many lines the venue has another version may see otherwise. */
static void source_state(struct core *core, unsigned index, struct td_state *state)
{
    struct core_source *source = &core->source[index];
    unsigned lines = core_lines(source);
    td_state_mark(state, MARK_SOURCE);
    td_state_i64(state, &source->last_frame_ns);
    td_state_i64(state, &source->next_ask_ns);
    td_state_i64(state, &source->list_after_ns);
    td_state_i64(state, &source->next_alone_ns);
    td_state_bool(state, &source->list_known);
    source->list_next = (uint16_t)td_state_count(state, source->list_next, UINT16_MAX);
    source->list_came = (uint16_t)td_state_count(state, source->list_came, UINT16_MAX);
    td_state_i64(state, &source->alarm_after_ns);
    td_state_u64(state, &source->frames);
    td_state_u64(state, &source->bytes);
    many_u64(state, source->bucket, TD_BUCKETS);
    many_u64(state, source->skew, CORE_SKEW_BUCKETS);
    if (td_state_count(state, lines, TD_LINES_MAX) != lines)
        state->failed = true;
    for (unsigned line = 0; line < lines && !state->failed; line++) {
        line_state(&source->line[line], state);
        td_state_raw(state, core->parser[index][line], sizeof core->parser[index][line]);
    }
}

/* ---- instruments ------------------------------------------------------------------------------- */

static void instrument_name_state(struct core *core, unsigned index, struct td_state *state)
{
    struct core_instrument *in = &core->instrument[index];
    const struct venue *venue = venue_state(state, in->venue);
    if (!state->loading || state->failed)
        return;
    uint16_t source = instruments_peek(core->instruments, index)->source;
    bool retired = source == INSTRUMENT_RETIRED;
    if ((!retired &&
         (source >= core->params.source_count || core->source[source].params.venue != venue ||
          instruments_peek(core->instruments, index)->shard >= core->source[source].shards)) ||
        !core_slot_open(core, index, venue)) {
        state->failed = true;
        return;
    }
    if (!core_slot_streams(core, index))
        state->failed = true;
}

static void trades_state(struct core_instrument *in, struct td_state *state)
{
    td_state_bool(state, &in->have_trade_id);
    td_state_i64(state, &in->last_trade_id);
    td_state_i64(state, &in->heartbeat_trade_id);
    td_state_u64(state, &in->trades);
    td_state_u64(state, &in->trade_gaps);
    td_state_u64(state, &in->trades_missed);
    td_state_u32(state, &in->repeats);
    td_state_i64(state, &in->repeat_id);
    for (unsigned e = 0; e < VENUE_ENDPOINTS_MAX; e++) {
        td_state_bool(state, &in->overlap[e].trades_ahead);
        td_state_bool(state, &in->overlap[e].trades_moved);
    }
    td_state_i64(state, &in->traded_ns);
    core_backfill_state(in, state);
    trade_ring_state(in->newest, state);
}

static void truth_state(struct core_instrument *in, struct td_state *state)
{
    td_state_i64(state, &in->proven_ns);
    td_state_i64(state, &in->book_heard_ns);
    td_state_i64(state, &in->longest_pause_ns);
    td_state_u32(state, &in->fails);
    td_state_u32(state, &in->breaks);
    td_state_i64(state, &in->breaks_from_ns);
    for (unsigned e = 0; e < VENUE_ENDPOINTS_MAX; e++) {
        td_state_bool(state, &in->overlap[e].moved);
        td_state_bool(state, &in->overlap[e].alone);
    }
}

static void day_state(struct core_instrument *in, struct td_state *state)
{
    struct core_day *day = &in->today;
    many_u64(state, day->frames, CORE_CHANNELS);
    many_u64(state, day->rows, CORE_CHANNELS);
    td_state_u64(state, &day->missed);
    many_u32(state, day->gaps, TD_GAP_KINDS);
    many_u32(state, &day->state_ms[0][0], CORE_HOURS * CORE_TIMES);
    td_state_i64(state, &in->counted_ms);
    bounded_u8(state, &in->counted_state, CORE_TIMES - 1);
}

static void book_side_state(struct core_instrument *in, struct td_state *state)
{
    sync_state(&in->sync, state);
    bounded_u8(state, &in->written_state, TD_BOOK_BROKEN);
    td_state_u8(state, &in->price_decimals);
    td_state_u8(state, &in->size_decimals);
    td_state_u64(state, &in->price_bits);
    td_state_u64(state, &in->size_bits);
    td_state_u64(state, &in->changes);
    td_state_bool(state, &in->want_resync);
    td_state_i64(state, &in->resync_after_ns);
    truth_state(in, state);
    book_state(in->book, state);
    if (in->hold != NULL)
        sync_hold_state(in->hold, state);
}

static void voice_state(struct core_voice *voice, struct td_state *state)
{
    td_state_bool(state, &voice->spoke);
    td_state_bool(state, &voice->refused);
    td_state_u32(state, &voice->alone);
    td_state_i64(state, &voice->ask_ns);
    td_state_i64(state, &voice->said_ns);
}

static void instrument_state(struct core_instrument *in, struct td_state *state)
{
    td_state_mark(state, MARK_INSTRUMENT);
    td_state_bool(state, &in->text_carried);
    td_state_bool(state, &in->announced);
    many_i64(state, in->last_event_ns, CORE_CHANNELS);
    many_i64(state, in->last_good_ns, CORE_CHANNELS);
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++) {
        core_hole_state(state, &in->hole[channel]);
        core_hole_state(state, &in->shed[channel]);
    }
    voice_state(&in->voice, state);
    trades_state(in, state);
    day_state(in, state);
    book_side_state(in, state);
}

/* ---- the whole --------------------------------------------------------------------------------- */

static void device_state(struct core *core, struct td_state *state)
{
    td_state_mark(state, MARK_CORE);
    td_state_count(state, core->instrument_count, core->instrument_capacity);
    td_state_u32(state, &core->conn_max);
    td_state_bool(state, &core->awaits_config);
    td_state_bool(state, &core->start_untold);
    td_state_u32(state, &core->params.max_depth);
    td_state_bool(state, &core->params.frames);
    td_state_i64(state, &core->hour);
    td_state_i64(state, &core->day);
    many_u64(state, core->gap_count, TD_GAP_KINDS);
    many_u32(state, core->device_today, TD_GAP_KINDS);
    td_state_u64(state, &core->last_frame);
    td_state_i64(state, &core->last_recv_ns);
    bounded_u8(state, &core->shed, TD_SHED_LEVELS - 1);
    core_hole_state(state, &core->shed_hole);
    core_hole_state(state, &core->stop_hole);
    bounded_u8(state, &core->clock_state, TD_CLOCK_HOLDOVER);
    bounded_u8(state, &core->clock_method, TD_CLOCK_FLOOR);
    td_state_i64(state, &core->clock_offset_ns);
    td_state_i64(state, &core->clock_error_ns);
}

/* Loading: the names that core_init was given go, with their streams; nothing was appended to those yet. */
static void names_state(struct core *core, struct td_state *state)
{
    td_state_mark(state, MARK_NAMES);
    if (state->loading)
        core_names_forget(core);
    unsigned sources = td_state_count(state, core->params.source_count, TD_SOURCES_MAX);
    for (unsigned s = 0; s < sources && !state->failed; s++)
        source_name_state(core, s, state);
    if (state->loading) /* a save that finds no room changes nothing */
        core->params.source_count = sources;
    instruments_state(core->instruments, state);
    unsigned count = state->failed ? 0 : instruments_count(core->instruments);
    for (unsigned i = 0; i < count && !state->failed; i++)
        instrument_name_state(core, i, state);
    if (state->loading)
        core->instrument_count = state->failed ? 0 : count;
}

void core_state(struct core *core, struct td_state *state)
{
    for (unsigned i = 0; !state->loading && i < core->instrument_count; i++)
        book_state_point(core->instrument[i].book);
    device_state(core, state);
    names_state(core, state);
    for (unsigned s = 0; s < core->params.source_count && !state->failed; s++)
        source_state(core, s, state);
    for (unsigned i = 0; i < core->instrument_count && !state->failed; i++)
        instrument_state(&core->instrument[i], state);
    if (!state->failed)
        core_engines_state(core, state);
    if (!state->failed)
        groups_state(core->groups, state);
    td_state_mark(state, MARK_END);
}

struct core_state_head core_state_head(const void *bytes, size_t count)
{
    struct core_state_head head = {0};
    struct td_state state = td_state_load(bytes, count);
    td_state_mark(&state, MARK_CORE);
    head.slots = td_state_count(&state, 0, TD_INSTRUMENTS_MAX);
    td_state_u32(&state, &head.conn);
    return state.failed ? (struct core_state_head){0} : head;
}
