/* core_step: one frame through venue, books, trades and ledger. */
#include "app/core.h"

#include <string.h>

#include "app/core_parts.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

/* ---- helpers of the other core files --------------------------------------------------------------------------- */

void core_head(struct core *core, int stream, int64_t event_ns, bool has_seq, int64_t seq)
{
    const struct td_frame *frame = core->frame;
    struct row_head head = {.frame = frame->number,
                            .recv_ns = frame->recv_ns,
                            .event_ns = event_ns,
                            .seq = seq,
                            .conn = frame->conn,
                            .origin = frame->origin,
                            .has_seq = has_seq};
    groups_head(core->groups, stream, &head);
}

/* The exact digits where a double no longer holds every step; 0 (null) where it does. */
row_text core_big_text(struct core *core, int stream, int64_t steps, int scale)
{
    char text[TD_DECIMAL_TEXT_MAX];
    if (!core_needs_text(steps))
        return 0;
    size_t bytes = td_decimal_from_steps(steps, scale, text);
    return groups_text(core->groups, stream, text, bytes);
}

/* ---- data frames -------------------------------------------------------------------------------------------------- */

const int core_skew_bounds_ms[CORE_SKEW_BUCKETS - 1] = {-1000, -100, 0, 10, 100, 1000, 10000};

static void count_skew(struct core *core, const struct td_event *event)
{
    unsigned bucket = 0;
    if (event->flags & (TD_EVF_NO_EVENT_TIME | TD_EVF_LISTED | TD_EVF_CONTINUED | TD_EVF_BACKFILL))
        return;
    int64_t skew_ns = core->frame->recv_ns - event->event_ns;
    while (bucket < CORE_SKEW_BUCKETS - 1 && skew_ns > core_skew_bounds_ms[bucket] * TD_NS_PER_MS)
        bucket++;
    core_source_of(core, event->instrument)->skew[bucket]++;
}

static void take_events(struct core *core, const struct venue_sink *sink)
{
    for (uint32_t i = 0; i < sink->event_count; i++)
        count_skew(core, &sink->event[i]);
    for (uint32_t i = 0; i < sink->event_count;) {
        const struct td_event *event = &sink->event[i];
        uint32_t run = 1;
        if (!core->instrument[event->instrument].announced)
            core_announce(core, event->instrument);
        if (__builtin_expect(!core->instrument[event->instrument].voice.spoke, 0) &&
            event->kind != TD_EVENT_REFUSED && core->frame->kind != TD_FRAME_HTTP)
            core_voice_heard(core, event->instrument);
        switch (event->kind) {
        case TD_EVENT_SNAPSHOT:
        case TD_EVENT_DELTA:
            core_book_event(core, event, &sink->level[event->level_first]);
            break;
        case TD_EVENT_TRADE:
            while (i + run < sink->event_count && sink->event[i + run].kind == TD_EVENT_TRADE &&
                   sink->event[i + run].instrument == event->instrument)
                run++;
            core_trades(core, event, run);
            break;
        case TD_EVENT_TICKER:
            core_ticker(core, event);
            break;
        case TD_EVENT_REFUSED:
            core_refused(core, event->instrument);
            break;
        default:
            core_heartbeat(core, event);
        }
        i += run;
    }
}

/* A large frame's levels so far; the parser goes on after it. */
void core_flush(struct venue_sink *sink)
{
    if (core_numbers_fit(sink->flush_arg))
        take_events(sink->flush_arg, sink);
}

/* Each parse names all scales it needs for one instrument, and each retry makes one finer, so the instruments bound them. */
static int parse(struct core *core, struct core_source *source, struct venue_ctx *ctx)
{
    struct venue_sink *sink = &core->sink;
    int got = venue_parse(source->params.venue, ctx, core->frame);
    for (unsigned tries = 0; got == TD_E_OFF_GRID && tries < 2 * core->instrument_count; tries++) {
        if (core_rescale(core, (unsigned)sink->need_instrument, sink->need_price_scale,
                         sink->need_size_scale) < 0)
            return TD_E_OVERFLOW;
        got = venue_parse(source->params.venue, ctx, core->frame);
    }
    return got == TD_E_OFF_GRID ? TD_E_OVERFLOW : got;
}

static void data_frame(struct core *core)
{
    const struct td_frame *frame = core->frame;
    struct core_source *source = &core->source[frame->source];
    struct venue_ctx ctx = {.instruments = core->instruments,
                            .json = core->json,
                            .inflate = core->inflate,
                            .sink = &core->sink,
                            .source = frame->source,
                            .state = core_conn_data(core, source),
                            .listing = core_listing,
                            .listing_arg = core};
    source->frames++;
    source->bytes += frame->bytes;
    source->last_frame_ns = frame->recv_ns;
    core->bucket = TD_BUCKET_OK;
    core->list_seen = false;
    if (frame->kind == TD_FRAME_HTTP && core_is_volumes(core, frame->source)) {
        core->bucket = TD_BUCKET_IGNORED;
    } else if (frame->kind == TD_FRAME_HTTP && frame->status != 200) {
        core->bucket = TD_BUCKET_IGNORED;
        core_answer_failed(core);
    } else {
        int got = parse(core, source, &ctx);
        if (!core_numbers_fit(core))
            core->bucket = TD_BUCKET_STALE;
        else if (got == TD_BUCKET_OK)
            take_events(core, &core->sink);
        else
            core_doubt(core, got);
        if (core->numbered == CORE_SHOWS_HOLE)
            core->bucket = TD_BUCKET_GAP;
        if (got == TD_BUCKET_OK && core_list_whole(core, frame->source))
            core_listing_done(core, frame->source);
    }
    core_frame_rows(core, source);
    core->from_shadow = false;
    source->bucket[core->bucket]++;
    td_metric_add(TD_M_bucket_ok + (unsigned)core->bucket, 1);
}

/* ---- time ------------------------------------------------------------------------------------------------------------- */

static void tick(struct core *core)
{
    for (unsigned s = 0; s < core->params.source_count; s++)
        core_conn_tick(core, (uint16_t)s);
    core_watch(core);
    for (unsigned s = 0; s < core->params.source_count; s++) {
        core_refuse_tick(core, (uint16_t)s);
        core_ask_due(core, (uint16_t)s);
        core_backfill_tick(core, (uint16_t)s);
        core_ask_overdue(core, (uint16_t)s);
        core_ask_list_due(core, (uint16_t)s);
    }
    core_features_tick(core);
}

void core_seal(struct core *core, enum groups_seal why, uint64_t next_frame)
{
    groups_seal_all(core->groups, why, core->frame->number);
    if (core->params.sealed != NULL)
        core->params.sealed(core->params.sealed_arg, next_frame, why);
}

/* What a checkpoint sees must not depend on the frame that causes it: deltas that wait for a base are asked for anew. */
static void seal_before(struct core *core)
{
    core_count_time(core);
    core_book_forget_held(core);
    core_features_rows_due(core);
    core_seal(core, GROUPS_SEAL_HOUR, core->frame->number);
}

/* Rounds down, also before 1970. */
static int64_t periods(int64_t ns, int64_t period_ns)
{
    return ns / period_ns - (ns % period_ns < 0);
}

/* A new receive hour closes every segment. The clock may step either way: any other hour is a new one. */
static void check_hour(struct core *core)
{
    int64_t hour = periods(core->frame->recv_ns, TD_NS_PER_HOUR);
    if (__builtin_expect(hour == core->hour, 1))
        return;
    if (core->hour >= 0)
        seal_before(core);
    core->hour = hour;
    int64_t day = periods(core->frame->recv_ns, CORE_HOURS * TD_NS_PER_HOUR);
    if (day != core->day)
        core_day_begin(core, day);
}

static void take_frame(struct core *core, const struct td_frame *frame)
{
    bool of_source = frame->source < core->params.source_count;
    switch (frame->kind) {
    case TD_FRAME_WS_TEXT:
    case TD_FRAME_WS_BINARY:
    case TD_FRAME_HTTP:
        if (of_source)
            data_frame(core);
        break;
    case TD_FRAME_CONN_OPEN:
        if (of_source) {
            core_conn_open(core, &core->source[frame->source]);
            core_voice_opened(core);
        }
        break;
    case TD_FRAME_CONN_CLOSE:
        if (of_source)
            core_conn_close(core, &core->source[frame->source]);
        break;
    case TD_FRAME_TICK:
        tick(core);
        break;
    case TD_FRAME_START:
        core_start(core);
        break;
    case TD_FRAME_CONFIG:
        core_config(core);
        break;
    case TD_FRAME_STOP:
        core_stop(core);
        break;
    case TD_FRAME_SEAL:
        seal_before(core);
        break;
    case TD_FRAME_CLOCK:
        core_clock(core);
        break;
    case TD_FRAME_SHED:
        core_shed(core);
        break;
    case TD_FRAME_NOTE:
        core_note(core);
        break;
    case TD_FRAME_WEIGHTS:
        core_weights(core);
        break;
    case TD_FRAME_SENT: /* kept for lineage; nothing else follows from it here */
        if (of_source)
            core_frame_rows(core, &core->source[frame->source]);
        break;
    default:
        break;
    }
}

void core_step(struct core *core, const struct td_frame *frame)
{
    TD_ASSERT(frame->number > core->last_frame, "a frame came before its predecessor");
    core->frame = frame;
    check_hour(core);
    groups_frame(core->groups, frame->number);
    if (__builtin_expect(core->start_untold && frame->kind != TD_FRAME_CONFIG, 0))
        core_start_told(core);
    if (__builtin_expect(core->last_frame != 0 && frame->number != core->last_frame + 1, 0))
        core_frames_missing(core);
    if (__builtin_expect(core_is_aside(core), 0))
        core_set_aside(core);
    else
        take_frame(core, frame);
    core_stepped(core);
    td_metric_set(TD_M_core_frame, frame->number);
    core->frame = NULL;
}
