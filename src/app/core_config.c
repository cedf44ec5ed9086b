/* CONFIG frames: which sources and symbols there are. The first one after a start rules the source numbers of the frames that follow and
   may change everything; a later one (a reload) adds and removes symbols of the sources there are. What stays keeps its state, found by
   venue and symbol; what goes keeps its place, so that it may come back. */
#include <string.h>

#include "app/config.h"
#include "app/core_parts.h"
#include "base/log.h"
#include "base/text.h"

static const char *venue_name(unsigned index)
{
    const struct venue *venue = venue_at(index);
    return venue == NULL ? NULL : venue->name;
}

/* ---- what the wire is told ---------------------------------------------------------------------- */

typedef size_t (*venue_text)(const struct venue_subscription *sub, unsigned n, char *out,
                             size_t cap);

/* All texts of one instrument, on the connection with this number. */
static void send_texts(struct core *core, const struct venue_subscription *sub, venue_text text,
                       uint32_t conn)
{
    for (unsigned n = 0;; n++) {
        struct wire_request request = {
            .kind = WIRE_REQUEST_SEND, .source = sub->source, .conn = conn};
        request.bytes = (uint32_t)text(sub, n, request.text, sizeof request.text);
        if (request.bytes == 0)
            return;
        core->params.request(core->params.request_arg, &request);
    }
}

static void tell_line(struct core *core, unsigned index, unsigned at, venue_text text)
{
    static _Alignas(64) unsigned char mem[1024]; /* core thread only */
    const struct core_source *source = core_source_of(core, index);
    const struct core_line *line = &source->line[at];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    uint32_t channels = core_line_brings(core, instrument->source, at, index);
    if (channels == 0 || !line->up)
        return; /* the next connection subscribes to what is configured then */
    if (core->instrument[index].venue->subscribe_replaces) {
        if (text == core->instrument[index].venue->subscribe)
            core_ask_reconnect(core, instrument->source, line->conn);
        return;
    }
    TD_ASSERT(instruments_footprint(1) <= sizeof mem, "a table of one name");
    struct instruments *table = instruments_init(mem, 1);
    instruments_add(table, instrument->source, instrument->symbol, instrument->raw);
    struct venue_subscription sub = {.instruments = table,
                                     .source = instrument->source,
                                     .every_shard = true,
                                     .shard = instrument->shard,
                                     .endpoint = (uint8_t)(at % source->endpoints),
                                     .channels = channels,
                                     .wall_ns = core->frame->recv_ns};
    send_texts(core, &sub, text, line->conn);
    if (line->shadow_up)
        send_texts(core, &sub, text, line->shadow_conn);
}

void core_tell_wire(struct core *core, unsigned index, venue_text text)
{
    if (core->params.request == NULL || text == NULL)
        return;
    for (unsigned at = 0; at < core_lines(core_source_of(core, index)); at++)
        tell_line(core, index, at, text);
}

/* ---- one symbol --------------------------------------------------------------------------------- */

static const char gone[] = "no longer configured";

/* What was open ends here, and the reason now begins: time in which a channel is not configured is no time that is missing. */
static void turn(struct core *core, unsigned index, unsigned channel,
                 const struct ledger_note *note)
{
    struct ledger_note end = {.note = note->note};
    ledger_close(core, index, (enum td_channel)channel, &end);
    ledger_open_now(core, index, (enum td_channel)channel, note);
    if (channel == TD_CHANNEL_BOOK)
        core_book_lost(core, index, TD_BOOK_SYNCING, note->kind, note->action, note->note);
}

/* The channels that have a bit in `channels`. */
static void leave(struct core *core, unsigned index, uint32_t channels)
{
    struct ledger_note note = {.kind = TD_GAP_PLANNED, .note = gone};
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        if (channels & 1u << channel)
            turn(core, index, channel, &note);
}

/* A start is told of every channel alike. */
static void join(struct core *core, unsigned index, uint32_t channels)
{
    struct ledger_note note = {.kind = TD_GAP_START, .note = "newly configured"};
    if (core->start_untold)
        note = (struct ledger_note){
            .kind = TD_GAP_DISCONNECT, .action = TD_GAP_ACT_RESTART, .note = "recording starts"};
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        if (channels & 1u << channel)
            turn(core, index, channel, &note);
}

static uint32_t channels_of(const struct core *core, unsigned index)
{
    return core->source[instruments_peek(core->instruments, index)->source].params.channels;
}

/* Nothing was ever told of it: another configuration than the one that is read back named it. */
static bool untouched(const struct core_instrument *in)
{
    bool touched = in->announced;
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        touched |= in->hole[channel].open || in->last_good_ns[channel] != 0;
    return !touched;
}

static void retire(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    TD_INFO("core", "exchange=%s symbol=%s event=no_longer_recorded", in->venue->name,
            instruments_peek(core->instruments, index)->symbol);
    core_count_book_time(core, index);
    if (!untouched(in))
        leave(core, index, channels_of(core, index));
    core_shed_leave(core, index);
    core_tell_wire(core, index, in->venue->unsubscribe);
    core_slot_empty(core, index);
    in->want_resync = false;
    memset(in->overlap, 0, sizeof in->overlap);
    instruments_move(core->instruments, index, INSTRUMENT_RETIRED);
}

/* As when its connection opens. */
static void begin(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t now_ns = core_pace_ns(core);
    TD_INFO("core", "exchange=%s symbol=%s event=recorded_from_now", in->venue->name,
            instruments_peek(core->instruments, index)->symbol);
    in->counted_ms = 0;
    in->have_trade_id = false; /* trades of the time between are none that are missing */
    in->heartbeat_trade_id = -1;
    in->resync_after_ns = now_ns;
    in->book_heard_ns = in->traded_ns = 0;
    in->sync.twin = core_is_doubled(core, index, TD_CHANNEL_BOOK);
    join(core, index, channels_of(core, index));
    core_count_book_time(core, index);
    core_shed_join(core, index);
    if (!core_any_up(core_source_of(core, index)))
        return;
    core_source_of(core, index)->list_after_ns = now_ns; /* its steps are not known yet */
    core_tell_wire(core, index, in->venue->subscribe);
    core_voice_begin(core, index);
    if (in->hold != NULL && core_book_up(core, index))
        core_want_resync(core, index, now_ns + TD_NS_PER_S);
}

/* A place that had this name before, -1 none. */
static int place_of(const struct core *core, const struct venue *venue, const char *raw)
{
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_peek(core->instruments, i);
        if (instrument->source == INSTRUMENT_RETIRED && core->instrument[i].venue == venue &&
            strcmp(instrument->raw, raw) == 0)
            return (int)i;
    }
    return -1;
}

static int retired_place(const struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == INSTRUMENT_RETIRED)
            return (int)i;
    return -1;
}

/* A place of which nothing is known: one that was never used, else one whose name went. */
static int new_place(struct core *core, uint16_t source, const char *symbol, const char *raw)
{
    int index = retired_place(core);
    if (core->instrument_count < core->instrument_capacity)
        index = instruments_add(core->instruments, source, symbol, raw);
    else if (index >= 0)
        index = instruments_replace(core->instruments, (unsigned)index, source, symbol, raw);
    if (index < 0)
        return -1;
    core->instrument_count = instruments_count(core->instruments);
    core_slot_open(core, (unsigned)index, core->source[source].params.venue);
    return core_slot_streams(core, (unsigned)index) ? index : -1;
}

static bool add(struct core *core, uint16_t source, unsigned shard, const char *symbol,
                const char *raw)
{
    const struct venue *venue = core->source[source].params.venue;
    if (core_venue_holds(venue) && core->hold_free == 0)
        return false;
    int index = place_of(core, venue, raw);
    if (index >= 0) {
        instruments_move(core->instruments, (unsigned)index, source);
        core_slot_resume(core, (unsigned)index);
    } else {
        index = new_place(core, source, symbol, raw);
    }
    if (index < 0)
        return false;
    instruments_at(core->instruments, (unsigned)index)->shard = (uint8_t)shard;
    begin(core, (unsigned)index);
    return true;
}

/* ---- the set of symbols ------------------------------------------------------------------------- */

/* The n-th symbol of a section as the venue spells it; false where it cannot be spelled, or nothing is recorded of the section. */
static bool spelled(const struct core *core, const struct td_config *config, unsigned section,
                    unsigned n, char raw[TD_SYMBOL_MAX])
{
    const struct td_config_venue *venue = &config->venue[section];
    const char *symbol = config->symbol[venue->symbol_first + n];
    return venue->enabled && core->source[section].params.venue->spell(symbol, raw) == 0;
}

static bool is_wanted(const struct core *core, const struct td_config *config, unsigned index)
{
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    char raw[TD_SYMBOL_MAX];
    for (unsigned n = 0; n < config->venue[instrument->source].symbol_count; n++)
        if (spelled(core, config, instrument->source, n, raw) && strcmp(raw, instrument->raw) == 0)
            return true;
    return false;
}

static void retire_unwanted(struct core *core, const struct td_config *config)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source != INSTRUMENT_RETIRED &&
            !is_wanted(core, config, i))
            retire(core, i);
}

static void not_recorded(const struct core *core, uint16_t source, const char *symbol,
                         const char *reason, const char *next)
{
    TD_ERROR("core", "exchange=%s symbol=%s event=not_recorded reason=\"%s\" next=\"%s\"",
             core->source[source].params.venue->name, symbol, reason, next);
}

/* A symbol of the configuration that is not yet on a line of its source. index: its place, -1 none. */
static void place(struct core *core, uint16_t source, int index, const char *symbol,
                  const char *raw)
{
    const struct core_source_params *params = &core->source[source].params;
    int shard = venue_shard_free(params->venue, params->channels, core->instruments, source,
                                 core->source[source].shards);
    if (shard < 0) {
        not_recorded(core, source, symbol, "its connections are full", "restart, for one more");
        if (index >= 0)
            retire(core, (unsigned)index);
    } else if (index >= 0) {
        instruments_at(core->instruments, (unsigned)index)->shard = (uint8_t)shard;
    } else if (!add(core, source, (unsigned)shard, symbol, raw)) {
        not_recorded(core, source, symbol, "no room", "raise deck.spare_symbols and restart");
    }
}

static void add_wanted(struct core *core, const struct td_config *config, unsigned section)
{
    char raw[TD_SYMBOL_MAX];
    for (unsigned n = 0; n < config->venue[section].symbol_count; n++) {
        const char *symbol = config->symbol[config->venue[section].symbol_first + n];
        if (!spelled(core, config, section, n, raw))
            continue;
        int index = instruments_find(core->instruments, (uint16_t)section, raw, strlen(raw));
        if (index < 0 ||
            instruments_peek(core->instruments, (unsigned)index)->shard == VENUE_NO_SHARD)
            place(core, (uint16_t)section, index, symbol, raw);
    }
}

/* A start lays the lines out anew, as the wire does, in the order of the configuration: nothing is connected yet. */
static void forget_lines(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source != INSTRUMENT_RETIRED)
            instruments_at(core->instruments, i)->shard = VENUE_NO_SHARD;
    for (unsigned s = 0; s < core->params.source_count; s++)
        core_lines_set(&core->source[s], venue_shards_max(core->source[s].params.venue));
}

/* ---- the set of sources ------------------------------------------------------------------------- */

static int section_of(const struct td_config *config, const char *name)
{
    for (unsigned v = 0; v < config->venue_count; v++)
        if (strcmp(config->venue[v].name, name) == 0)
            return (int)v;
    return -1;
}

static bool same_sources(const struct core *core, const struct td_config *config)
{
    bool same = core->params.source_count == config->venue_count;
    for (unsigned s = 0; same && s < config->venue_count; s++)
        same = strcmp(core->source[s].params.venue->name, config->venue[s].name) == 0;
    return same;
}

static void set_source(struct core *core, unsigned index, const struct td_config_venue *section)
{
    const struct venue *venue = venue_find(section->name);
    struct core_source_params params = {.venue = venue,
                                        .rest_url = section->rest_url[0] != '\0' ? section->rest_url
                                                                                 : venue->rest_url,
                                        .channels = section->channels};
    core_source_set(core, index, &params);
}

/* Sources as the sections stand, those of before with their state. Instruments of one that is no more are retired already. */
static void renumber(struct core *core, const struct td_config *config)
{
    static struct core_source next[TD_SOURCES_MAX]; /* core thread only */
    uint16_t to[TD_SOURCES_MAX + 1];
    bool known[TD_SOURCES_MAX] = {false};
    memset(next, 0, sizeof next);
    for (unsigned s = 0; s <= TD_SOURCES_MAX; s++)
        to[s] = INSTRUMENT_RETIRED;
    for (unsigned s = 0; s < core->params.source_count; s++) {
        int section = section_of(config, core->source[s].params.venue->name);
        if (section < 0 || known[section])
            continue;
        to[s] = (uint16_t)section;
        next[section] = core->source[s];
        known[section] = true;
    }
    memcpy(core->source, next, sizeof next);
    memset(core->parser, 0, sizeof core->parser);
    core->params.source_count = config->venue_count;
    instruments_renumber(core->instruments, to);
    for (unsigned s = 0; s < config->venue_count; s++) {
        set_source(core, s, &config->venue[s]);
        core_source_stream(core, s); /* those of before have theirs; frames may be on now, or off */
    }
}

static void retire_lost_sources(struct core *core, const struct td_config *config)
{
    for (unsigned i = 0; i < core->instrument_count; i++) {
        uint16_t source = instruments_peek(core->instruments, i)->source;
        if (source != INSTRUMENT_RETIRED && section_of(config, core->instrument[i].venue->name) < 0)
            retire(core, i);
    }
}

/* The channels of an instrument that stays are others after a start: `was`, by instrument. */
static void change_channels(struct core *core, const uint32_t *was, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t now = channels_of(core, i);
        if (was[i] == now || instruments_peek(core->instruments, i)->source == INSTRUMENT_RETIRED)
            continue;
        core_shed_leave(core, i);
        if (!untouched(&core->instrument[i]))
            leave(core, i, was[i] & ~now);
        if (was[i] & ~now & 1u << TD_CHANNEL_BOOK)
            book_clear(core->instrument[i].book);
        join(core, i, now & ~was[i]);
        core_shed_join(core, i);
    }
}

/* ---- the frame ---------------------------------------------------------------------------------- */

/* Text that names no venue says nothing of symbols: replays of captures have such. */
static bool read_config(const struct core *core, struct td_config *config)
{
    const struct td_frame *frame = core->frame;
    td_err err = td_config_parse(config, "CONFIG", frame->payload, frame->bytes, venue_name, NULL);
    if (err < 0)
        TD_ERROR("core", "frame=%llu event=config_ignored error=%s",
                 (unsigned long long)frame->number, td_err_name(err));
    return err == 0 && config->venue_count > 0;
}

static void take_config(struct core *core, bool starts)
{
    static struct td_config config; /* core thread only; too large for the stack */
    static uint32_t was[TD_INSTRUMENTS_MAX];
    unsigned count = core->instrument_count;
    for (unsigned i = 0; i < count; i++)
        was[i] = channels_of(core, i);
    if (!read_config(core, &config))
        return;
    if (!starts && !same_sources(core, &config)) {
        TD_ERROR("core",
                 "frame=%llu event=config_ignored reason=\"other venues than at the start\"",
                 (unsigned long long)core->frame->number);
        return;
    }
    if (starts) {
        core->params.max_depth = (uint32_t)config.book.max_depth;
        core->params.frames = config.segment.frames;
        retire_lost_sources(core, &config);
        renumber(core, &config);
    }
    retire_unwanted(core, &config);
    change_channels(core, was, count);
    if (starts)
        forget_lines(core);
    for (unsigned s = 0; s < config.venue_count; s++)
        add_wanted(core, &config, s);
    if (starts)
        core_lines_found(core);
}

void core_config(struct core *core)
{
    bool starts = core->awaits_config;
    core->awaits_config = false;
    take_config(core, starts);
    if (core->start_untold)
        core_start_told(core);
}
