/* What a core is made of and where it stands in its memory: slots for instruments, books and held deltas, some of them spare for symbols
   that a later configuration adds. */
#include <string.h>

#include "app/core_parts.h"
#include "base/text.h"
#include "venue/inflate.h"

enum {
    CORE_JSON_TOKENS = 1 << 17, /* a snapshot of 43,000 levels that is not of the fixed form */
    CORE_HOLD_DELTAS = 512,     /* 51 s of 100 ms deltas while a base is on its way */
    CORE_HOLD_LEVELS = 16384,
};

static size_t aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static unsigned capacity_of(const struct core_params *params)
{
    unsigned count = instruments_count(params->instruments);
    return params->capacity > count ? params->capacity : count;
}

bool core_venue_holds(const struct venue *venue)
{
    return venue->resync != VENUE_RESYNC_SUBSCRIBE;
}

static bool holds_deltas(const struct core_params *params, unsigned source)
{
    return source < params->source_count && core_venue_holds(params->sources[source].venue);
}

/* Of one for all sources: what an event points to lives until its frame is done with. */
static size_t inflate_bytes(const struct core_params *params)
{
    for (unsigned s = 0; s < params->source_count; s++)
        if (params->sources[s].venue->compression != VENUE_PLAIN)
            return inflate_footprint(TD_INFLATED_MAX);
    return 0;
}

/* One for each instrument of a venue that holds; where there is such a venue, the spare slots may become its own. */
static unsigned holds_of(const struct core_params *params)
{
    unsigned count = instruments_count(params->instruments), holds = 0;
    bool any = false;
    for (unsigned i = 0; i < count; i++)
        holds += holds_deltas(params, instruments_peek(params->instruments, i)->source);
    for (unsigned s = 0; s < params->source_count; s++)
        any |= holds_deltas(params, s);
    return any ? holds + capacity_of(params) - count : holds;
}

size_t core_footprint(const struct core_params *params)
{
    size_t capacity = capacity_of(params);
    size_t one = aligned(book_footprint()) + aligned(trade_ring_footprint(TD_TRADES_KEPT));
    size_t hold = aligned(sync_hold_footprint(CORE_HOLD_DELTAS, CORE_HOLD_LEVELS));
    return aligned(sizeof(struct core)) + aligned(capacity * sizeof(struct core_instrument)) +
           aligned(instruments_footprint((unsigned)capacity)) +
           aligned(book_pool_footprint(params->pool_levels)) +
           aligned(json_footprint(CORE_JSON_TOKENS)) + aligned(inflate_bytes(params)) +
           aligned(TD_BATCH_EVENTS_MAX * sizeof(struct td_event)) +
           aligned(TD_BATCH_LEVELS_MAX * sizeof(struct td_level)) + capacity * one +
           holds_of(params) * hold + core_features_bytes(params) + core_models_bytes(params);
}

size_t core_features_bytes(const struct core_params *params)
{
    struct features_params engine = core_engine_params(params);
    size_t one = core_has_features(params) ? aligned(features_footprint(&engine)) : 0;
    return capacity_of(params) * one;
}

size_t core_models_bytes(const struct core_params *params)
{
    size_t one = 0;
    for (unsigned m = 0; m < params->model_count; m++)
        one += aligned(model_footprint(&params->models[m]));
    return capacity_of(params) * one;
}

/* A place may get another name, and the streams of the old one stay. */
unsigned core_streams_needed(const struct core_params *params)
{
    unsigned count = instruments_count(params->instruments);
    unsigned one = CORE_TABLES + (params->emit != CORE_EMIT_OFF) + params->model_count;
    unsigned fixed = count * one + 2 * params->source_count + 2; /* each: gaps, frames */
    if (params->capacity == 0)
        return fixed;
    return fixed + (2 * capacity_of(params) - count) * one + 2 * TD_SOURCES_MAX;
}

/* Rows and heads stand in pages of their own, and so do texts: those of predictions, trades and instruments. */
unsigned core_pages_needed(const struct core_params *params)
{
    enum { TEXTS = 2 };
    unsigned one =
        2 * CORE_TABLES + TEXTS + 2 * (params->emit != CORE_EMIT_OFF) + 3 * params->model_count;
    unsigned frames = params->frames ? 3 * params->source_count : 0;
    return instruments_count(params->instruments) * one + frames;
}

static void *take(unsigned char **at, size_t bytes)
{
    void *mem = *at;
    *at += aligned(bytes);
    return mem;
}

/* A name that stood before has its stream; at the start each has one of its own, for two sources may be one venue. Negative: no room. */
static int stream_of(struct core *core, enum row_table table, const char *exchange,
                     const char *symbol)
{
    int stream = core->begun ? groups_find(core->groups, table, exchange, symbol) : -1;
    return stream >= 0 ? stream : groups_stream(core->groups, table, exchange, symbol);
}

/* ---- a slot ------------------------------------------------------------------------------------ */

/* One that is no longer recorded holds nothing back. */
bool core_slot_open(struct core *core, unsigned index, const struct venue *venue)
{
    struct core_instrument *in = &core->instrument[index];
    bool holds = core_venue_holds(venue) &&
                 instruments_peek(core->instruments, index)->source != INSTRUMENT_RETIRED;
    const struct core_instrument was = *in;
    if (holds && core->hold_free == 0)
        return false;
    memset(in, 0, sizeof *in);
    in->book = was.book;
    in->newest = was.newest;
    in->features = was.features;
    memcpy(in->model, was.model, sizeof in->model);
    trade_ring_clear(in->newest);
    core_features_clear(core, index);
    in->venue = venue;
    sync_init(&in->sync, (enum sync_rule)venue->rule, core_venue_holds(venue));
    if (holds)
        in->hold = core->hold[--core->hold_free];
    in->written_state = TD_BOOK_SYNCING;
    in->heartbeat_trade_id = -1;
    return true;
}

/* One a model, all of one name (segment/groups.h). They are registered one behind the other, so the first leads to the rest. */
static bool prediction_streams(struct core *core, struct core_instrument *in, const char *symbol)
{
    const char *exchange = in->venue->name;
    int first = core->begun ? groups_find(core->groups, ROW_PREDICTIONS, exchange, symbol) : -1;
    for (unsigned m = 0; m < core->models.count; m++) {
        in->prediction_stream[m] =
            first >= 0 ? first + (int)m
                       : groups_stream(core->groups, ROW_PREDICTIONS, exchange, symbol);
        if (in->prediction_stream[m] < 0)
            return false;
    }
    return true;
}

/* Scales that are known already are those of its files. */
bool core_slot_streams(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    const char *exchange = in->venue->name;
    bool all = true;
    for (unsigned table = 0; table < CORE_TABLES; table++) {
        in->stream[table] = stream_of(core, (enum row_table)table, exchange, instrument->symbol);
        all &= in->stream[table] >= 0;
    }
    in->feature_stream = -1;
    if (core->params.emit != CORE_EMIT_OFF) {
        in->feature_stream = stream_of(core, ROW_FEATURES, exchange, instrument->symbol);
        all &= in->feature_stream >= 0;
    }
    return all && prediction_streams(core, in, instrument->symbol);
}

void core_slot_resume(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    if (core_venue_holds(in->venue))
        in->hold = core->hold[--core->hold_free];
}

void core_slot_empty(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    book_clear(in->book);
    if (in->hold == NULL)
        return;
    sync_hold_clear(in->hold);
    core->hold[core->hold_free++] = in->hold;
    in->hold = NULL;
}

/* ---- sources and the device -------------------------------------------------------------------- */

void core_source_set(struct core *core, unsigned index, const struct core_source_params *params)
{
    struct core_source *source = &core->source[index];
    source->params = *params;
    td_text_copy(source->rest_url, sizeof source->rest_url, params->rest_url,
                 strlen(params->rest_url));
    source->params.rest_url = source->rest_url;
}

void core_device_streams(struct core *core)
{
    core->stream_device = stream_of(core, ROW_GAPS, "_all", "_all");
    core->stream_clock = stream_of(core, ROW_CLOCK, "_all", "_all");
}

void core_source_stream(struct core *core, unsigned index)
{
    struct core_source *source = &core->source[index];
    source->stream_all = stream_of(core, ROW_GAPS, source->params.venue->name, "_all");
    source->stream_frames =
        core->params.frames ? stream_of(core, ROW_FRAMES, source->params.venue->name, "_all") : -1;
}

/* Where instruments are that are no longer recorded: a source that is never up and has no channel. */
static void init_nowhere(struct core *core)
{
    struct core_source *nowhere = &core->source[INSTRUMENT_RETIRED];
    nowhere->params.venue = venue_at(0);
    nowhere->params.rest_url = nowhere->rest_url;
    core_lines_set(nowhere, 1);
}

/* ---- the whole --------------------------------------------------------------------------------- */

/* What was asked for of a row and what the models need is computed alike. */
static void init_engines(struct core *core, struct core_instrument *in, unsigned char **at)
{
    const struct features_params *params = &core->params.features;
    if (core_has_features(&core->params))
        in->features = features_init(take(at, features_footprint(params)), params);
    for (unsigned m = 0; m < core->models.count; m++)
        in->model[m] =
            model_init(take(at, model_footprint(&core->models.params[m])), &core->models.params[m]);
}

static void init_slots(struct core *core, unsigned char **at)
{
    unsigned holds = holds_of(&core->params);
    size_t hold_bytes = sync_hold_footprint(CORE_HOLD_DELTAS, CORE_HOLD_LEVELS);
    memset(core->instrument, 0, core->instrument_capacity * sizeof *core->instrument);
    for (unsigned i = 0; i < core->instrument_capacity; i++) {
        core->instrument[i].book = book_init(take(at, book_footprint()), core->pool);
        core->instrument[i].newest =
            trade_ring_init(take(at, trade_ring_footprint(TD_TRADES_KEPT)), TD_TRADES_KEPT);
        init_engines(core, &core->instrument[i], at);
    }
    for (unsigned i = 0; i < holds; i++)
        core->hold[core->hold_free++] =
            sync_hold_init(take(at, hold_bytes), CORE_HOLD_DELTAS, CORE_HOLD_LEVELS);
}

static void init_names(struct core *core)
{
    const struct core_params *params = &core->params;
    TD_ASSERT(params->source_count <= TD_SOURCES_MAX, "too many sources");
    init_nowhere(core);
    core_device_streams(core);
    for (unsigned s = 0; s < params->source_count; s++) {
        core_source_set(core, s, &params->sources[s]);
        core_source_stream(core, s);
    }
    instruments_copy(core->instruments, params->instruments);
    core->instrument_count = instruments_count(core->instruments);
    core_lines_found(core);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint16_t source = instruments_peek(core->instruments, i)->source;
        bool opened = core_slot_open(core, i, core->source[source].params.venue);
        TD_ASSERT(opened, "held deltas were counted too few");
        bool streams = core_slot_streams(core, i);
        TD_ASSERT(streams, "row streams were counted too few");
    }
}

void core_names_forget(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_slot_empty(core, i);
    core->instrument_count = 0;
    groups_reset(core->groups);
    core_device_streams(core);
}

struct core *core_init(void *mem, const struct core_params *params)
{
    unsigned char *at = mem;
    struct core *core = take(&at, sizeof *core);
    memset(core, 0, sizeof *core);
    core->params = *params;
    core->groups = params->groups;
    core->instrument_capacity = capacity_of(params);
    core->instrument = take(&at, core->instrument_capacity * sizeof *core->instrument);
    core->instruments = instruments_init(
        take(&at, instruments_footprint(core->instrument_capacity)), core->instrument_capacity);
    core->pool =
        book_pool_init(take(&at, book_pool_footprint(params->pool_levels)), params->pool_levels);
    core->json = json_init(take(&at, json_footprint(CORE_JSON_TOKENS)), CORE_JSON_TOKENS);
    if (inflate_bytes(params) > 0)
        core->inflate = inflate_init(take(&at, inflate_bytes(params)), TD_INFLATED_MAX);
    core->sink.event = take(&at, TD_BATCH_EVENTS_MAX * sizeof *core->sink.event);
    core->sink.level = take(&at, TD_BATCH_LEVELS_MAX * sizeof *core->sink.level);
    core->sink.flush = core_flush;
    core->sink.flush_arg = core;
    core->hour = core->day = -1;
    core_engines_setup(core);
    init_slots(core, &at);
    init_names(core);
    core->begun = true;
    return core;
}
