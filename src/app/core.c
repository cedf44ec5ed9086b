/* core_step: one frame through venue, books, trades and ledger. */
#include "app/core.h"

#include <string.h>

#include "app/core_parts.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

enum {
    CORE_JSON_TOKENS = 1 << 17, /* a snapshot of 43,000 levels that is not of the fixed form */
    CORE_HOLD_DELTAS = 512,     /* 51 s of 100 ms deltas while a base is on its way */
    CORE_HOLD_LEVELS = 16384,
    GAP_IDS_PER_FRAME = 4096,
    CORE_HEARTBEATS_MISSED = 5, /* so many of the venue's own beats may fail to come */
};

static size_t aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static bool needs_hold(const struct core_params *params, unsigned index)
{
    const struct instrument *instrument = instruments_at(params->instruments, index);
    return params->sources[instrument->source].venue->rule == SYNC_RANGE;
}

size_t core_footprint(const struct core_params *params)
{
    unsigned count = instruments_count(params->instruments);
    size_t bytes = aligned(sizeof(struct core)) + aligned(count * sizeof(struct core_instrument));
    bytes += aligned(book_pool_footprint(params->pool_levels)) +
             aligned(json_footprint(CORE_JSON_TOKENS));
    bytes += aligned(TD_BATCH_EVENTS_MAX * sizeof(struct td_event));
    bytes += aligned(TD_BATCH_LEVELS_MAX * sizeof(struct td_level));
    for (unsigned i = 0; i < count; i++) {
        bytes += aligned(book_footprint()) + aligned(trade_ring_footprint(TD_TRADES_KEPT));
        if (needs_hold(params, i))
            bytes += aligned(sync_hold_footprint(CORE_HOLD_DELTAS, CORE_HOLD_LEVELS));
    }
    return bytes;
}

unsigned core_streams_needed(const struct core_params *params)
{
    return instruments_count(params->instruments) * CORE_TABLES + params->source_count + 2;
}

static void *take(unsigned char **at, size_t bytes)
{
    void *mem = *at;
    *at += aligned(bytes);
    return mem;
}

static int stream_of(struct core *core, enum row_table table, const char *exchange,
                     const char *symbol)
{
    int stream = groups_stream(core->groups, table, exchange, symbol);
    TD_ASSERT(stream >= 0, "row streams were counted too few");
    return stream;
}

static void init_instrument(struct core *core, unsigned index, unsigned char **at)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_at(core->instruments, index);
    const struct venue *venue = core->source[instrument->source].params.venue;
    memset(in, 0, sizeof *in);
    in->book = book_init(take(at, book_footprint()), core->pool);
    in->newest = trade_ring_init(take(at, trade_ring_footprint(TD_TRADES_KEPT)), TD_TRADES_KEPT);
    sync_init(&in->sync, (enum sync_rule)venue->rule);
    if (venue->rule == SYNC_RANGE)
        in->hold = sync_hold_init(take(at, sync_hold_footprint(CORE_HOLD_DELTAS, CORE_HOLD_LEVELS)),
                                  CORE_HOLD_DELTAS, CORE_HOLD_LEVELS);
    in->written_state = TD_BOOK_SYNCING;
    in->heartbeat_trade_id = -1;
    for (unsigned table = 0; table < CORE_TABLES; table++)
        in->stream[table] = stream_of(core, (enum row_table)table, venue->name, instrument->symbol);
}

static void flush_sink(struct venue_sink *sink);

struct core *core_init(void *mem, const struct core_params *params)
{
    unsigned char *at = mem;
    struct core *core = take(&at, sizeof *core);
    memset(core, 0, sizeof *core);
    core->params = *params;
    core->instruments = params->instruments;
    core->groups = params->groups;
    core->instrument_count = instruments_count(params->instruments);
    core->instrument = take(&at, core->instrument_count * sizeof *core->instrument);
    core->pool =
        book_pool_init(take(&at, book_pool_footprint(params->pool_levels)), params->pool_levels);
    core->json = json_init(take(&at, json_footprint(CORE_JSON_TOKENS)), CORE_JSON_TOKENS);
    core->sink.event = take(&at, TD_BATCH_EVENTS_MAX * sizeof *core->sink.event);
    core->sink.level = take(&at, TD_BATCH_LEVELS_MAX * sizeof *core->sink.level);
    core->sink.flush = flush_sink;
    core->sink.flush_arg = core;
    core->hour = -1;
    core->next_gap_id = 1;
    TD_ASSERT(params->source_count <= TD_SOURCES_MAX, "too many sources");
    for (unsigned s = 0; s < params->source_count; s++) {
        core->source[s].params = params->sources[s];
        core->source[s].stream_all =
            stream_of(core, ROW_GAPS, params->sources[s].venue->name, "_all");
    }
    core->stream_device = stream_of(core, ROW_GAPS, "_all", "_all");
    core->stream_clock = stream_of(core, ROW_CLOCK, "_all", "_all");
    for (unsigned i = 0; i < core->instrument_count; i++)
        init_instrument(core, i, &at);
    return core;
}

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
    if (event->flags & (TD_EVF_NO_EVENT_TIME | TD_EVF_LISTED | TD_EVF_CONTINUED))
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
        default:
            core_heartbeat(core, event);
        }
        i += run;
    }
}

/* A large frame's levels so far; the parser goes on after it. */
static void flush_sink(struct venue_sink *sink)
{
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
                            .sink = &core->sink,
                            .source = frame->source,
                            .state = source->state,
                            .listing = core_listing,
                            .listing_arg = core};
    source->frames++;
    source->bytes += frame->bytes;
    source->last_frame_ns = frame->recv_ns;
    source->heard_ns = core_pace_ns(core);
    core->bucket = TD_BUCKET_OK;
    core->list_seen = false;
    if (frame->kind == TD_FRAME_HTTP && frame->status != 200) {
        core->bucket = TD_BUCKET_IGNORED;
        core_answer_failed(core);
    } else {
        int got = parse(core, source, &ctx);
        if (got == TD_BUCKET_OK)
            take_events(core, &core->sink);
        else
            core_doubt(core, got);
    }
    if (core->list_seen)
        core_listing_done(core, frame->source);
    source->bucket[core->bucket]++;
    td_metric_add(TD_M_bucket_ok + (unsigned)core->bucket, 1);
}

/* ---- connection and time -------------------------------------------------------------------------------------------- */

static void conn_open(struct core *core, struct core_source *source)
{
    source->up = true;
    source->silent = false;
    source->conn = core->frame->conn;
    source->last_frame_ns = core->frame->recv_ns;
    source->heard_ns = core_pace_ns(core);
    source->next_ask_ns = 0;
    memset(source->state, 0, sizeof source->state);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        if (instruments_at(core->instruments, i)->source != core->frame->source)
            continue;
        sync_reset(&core->instrument[i].sync, TD_BOOK_SYNCING);
        core->instrument[i].heartbeat_trade_id = -1;
        core->instrument[i].want_resync = false; /* the subscription brings what was wanted */
        core->instrument[i].resync_after_ns = core_pace_ns(core);
        if (core->instrument[i].hold != NULL)
            core_want_resync(
                core, i, core_pace_ns(core) + TD_NS_PER_S); /* after the first deltas are held */
    }
    source->list_after_ns = core_pace_ns(core); /* asked for at once, and daily */
    core_ask_list_due(core, core->frame->source);
}

static void conn_close(struct core *core, struct core_source *source)
{
    char reason[TD_TEXT_MAX];
    if (!source->up)
        return; /* an attempt that never came up: nothing was followed */
    source->up = false;
    if (core->frame->status == TD_CLOSE_BY_STOP)
        return; /* one row `stop` of the whole device will say it */
    td_text_copy(reason, sizeof reason, core->frame->payload, core->frame->bytes);
    struct ledger_note note = {
        .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RECONNECT, .note = reason};
    for (unsigned i = 0; i < core->instrument_count; i++) {
        if (instruments_at(core->instruments, i)->source != core->frame->source)
            continue;
        if (source->params.channels & (1u << TD_CHANNEL_BOOK))
            core_book_lost(core, i, TD_BOOK_SYNCING, TD_GAP_DISCONNECT, TD_GAP_ACT_RECONNECT,
                           reason);
        if (source->params.channels & (1u << TD_CHANNEL_TRADES))
            ledger_open(core, i, TD_CHANNEL_TRADES, &note);
        if (source->params.channels & (1u << TD_CHANNEL_TICKER))
            ledger_open(core, i, TD_CHANNEL_TICKER, &note);
    }
}

/* A venue that promised to speak and does not: its books are stale now, and the connection is made anew. */
static void check_silence(struct core *core, uint16_t index)
{
    struct core_source *source = &core->source[index];
    int64_t limit_ns =
        CORE_HEARTBEATS_MISSED * (int64_t)source->params.venue->heartbeat_ms * TD_NS_PER_MS;
    if (!source->up || limit_ns == 0 || core_pace_ns(core) - source->heard_ns <= limit_ns)
        return;
    source->heard_ns = core_pace_ns(core); /* should the request be lost, it is made again */
    for (unsigned i = 0; i < core->instrument_count && !source->silent; i++)
        if (instruments_at(core->instruments, i)->source == index)
            core_book_lost(core, i, TD_BOOK_STALE, TD_GAP_SILENT, TD_GAP_ACT_RECONNECT,
                           "no heartbeat from the venue");
    source->silent = true;
    core_ask_reconnect(core, index);
}

static void tick(struct core *core)
{
    for (unsigned s = 0; s < core->params.source_count; s++) {
        check_silence(core, (uint16_t)s);
        core_ask_due(core, (uint16_t)s);
        core_ask_overdue(core, (uint16_t)s);
        core_ask_list_due(core, (uint16_t)s);
    }
}

/* A new receive hour closes every segment. The clock may step either way: any other hour is a new one. */
static void check_hour(struct core *core)
{
    int64_t hour = core->frame->recv_ns / TD_NS_PER_HOUR;
    if (__builtin_expect(hour == core->hour, 1))
        return;
    if (core->hour >= 0) {
        core_book_forget_held(core);
        groups_seal_all(core->groups, GROUPS_SEAL_HOUR, core->frame->number);
    }
    core->hour = hour;
}

void core_step(struct core *core, const struct td_frame *frame)
{
    bool of_source = frame->source < core->params.source_count;
    core->frame = frame;
    check_hour(core);
    switch (frame->kind) {
    case TD_FRAME_WS_TEXT:
    case TD_FRAME_WS_BINARY:
    case TD_FRAME_HTTP:
        if (of_source)
            data_frame(core);
        break;
    case TD_FRAME_CONN_OPEN:
        if (of_source)
            conn_open(core, &core->source[frame->source]);
        break;
    case TD_FRAME_CONN_CLOSE:
        if (of_source)
            conn_close(core, &core->source[frame->source]);
        break;
    case TD_FRAME_TICK:
        tick(core);
        break;
    case TD_FRAME_START:
        /* Ids rise over restarts: a run writes far fewer gaps than 4,096 a frame. */
        core->next_gap_id = (int64_t)(frame->number - 1) * GAP_IDS_PER_FRAME + 1;
        ledger_device(core, TD_GAP_START, TD_GAP_CLOSE, "recording starts");
        break;
    case TD_FRAME_STOP:
        ledger_device(core, TD_GAP_STOP, TD_GAP_OPEN, "orderly stop");
        groups_seal_all(core->groups, GROUPS_SEAL_STOP, frame->number);
        break;
    default: /* CONFIG and SENT are kept for lineage; nothing follows from them here */
        break;
    }
    td_metric_set(TD_M_core_frame, frame->number);
    core->frame = NULL;
}

/* ---- status ------------------------------------------------------------------------------------------------------------ */

unsigned core_source_count(const struct core *core)
{
    return core->params.source_count;
}

struct core_source_status core_source_status(const struct core *core, unsigned index)
{
    const struct core_source *source = &core->source[index];
    struct core_source_status status = {.name = source->params.venue->name,
                                        .up = source->up,
                                        .conn = source->conn,
                                        .frames = source->frames,
                                        .bytes = source->bytes,
                                        .last_frame_ns = source->last_frame_ns};
    memcpy(status.bucket, source->bucket, sizeof status.bucket);
    memcpy(status.skew, source->skew, sizeof status.skew);
    return status;
}

unsigned core_book_count(const struct core *core)
{
    return core->instrument_count;
}

struct core_book_status core_book_status(const struct core *core, unsigned index)
{
    const struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_at(core->instruments, index);
    return (struct core_book_status){
        .exchange = core->source[instrument->source].params.venue->name,
        .symbol = instrument->symbol,
        .state = in->sync.state,
        .bid_levels = book_levels(in->book, TD_SIDE_BID),
        .ask_levels = book_levels(in->book, TD_SIDE_ASK),
        .seq_last = in->sync.seq_last,
        .changes = in->changes,
        .trades = in->trades,
        .trade_gaps = in->trade_gaps,
        .trades_missed = in->trades_missed,
        .resyncs = in->sync.resyncs,
        .view = book_view_of(in->book, instrument->price_scale, instrument->size_scale),
    };
}

const struct book *core_book(const struct core *core, unsigned index)
{
    return core->instrument[index].book;
}

const struct trade_ring *core_trades_of(const struct core *core, unsigned index)
{
    return core->instrument[index].newest;
}

uint64_t core_gaps_by_kind(const struct core *core, enum td_gap_kind kind)
{
    return core->gap_count[kind];
}
