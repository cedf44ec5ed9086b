/* What a status view and tests may look at. */
#include <string.h>

#include "app/core_parts.h"

unsigned core_source_count(const struct core *core)
{
    return core->params.source_count;
}

struct core_source_status core_source_status(const struct core *core, unsigned index)
{
    const struct core_source *source = &core->source[index];
    struct core_source_status status = {.name = source->params.venue->name,
                                        .conn = source->line[0].conn,
                                        .frames = source->frames,
                                        .bytes = source->bytes,
                                        .last_frame_ns = source->last_frame_ns};
    core_lines_count(source, &status.lines, &status.lines_up);
    status.up = status.lines > 0 && status.lines_up == status.lines;
    memcpy(status.bucket, source->bucket, sizeof status.bucket);
    memcpy(status.skew, source->skew, sizeof status.skew);
    return status;
}

unsigned core_book_count(const struct core *core)
{
    return core->instrument_count;
}

static void engines_status(const struct core *core, const struct core_instrument *in,
                           struct core_book_status *status)
{
    status->has_features = in->features != NULL;
    status->feature_rows = in->feature_rows;
    status->predictions = in->predictions;
    status->model_count = core->models.count;
    if (in->features != NULL)
        status->features = features_counts(in->features);
    if (core->models.count == 0)
        return;
    const struct model_params *params = &core->models.params[0];
    memcpy(status->model.id, params->id, sizeof status->model.id);
    status->model.horizon_ms = params->horizon_ms;
    status->model.stats = model_stats(in->model[0]);
}

struct core_book_status core_book_status(const struct core *core, unsigned index)
{
    const struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_at(core->instruments, index);
    struct core_book_status status = {
        .exchange = core->instrument[index].venue->name,
        .symbol = instrument->symbol,
        .state = in->sync.state,
        .recorded = instrument->source != INSTRUMENT_RETIRED,
        .bid_levels = book_levels(in->book, TD_SIDE_BID),
        .ask_levels = book_levels(in->book, TD_SIDE_ASK),
        .seq_last = in->sync.seq_last,
        .changes = in->changes,
        .trades = in->trades,
        .trade_gaps = in->trade_gaps,
        .trades_missed = in->trades_missed,
        .resyncs = in->sync.resyncs,
        .view = book_view_of(in->book, instrument->price_scale, instrument->size_scale),
        .trades_missed_today = in->today.missed,
        .shed = core->shed >= TD_SHED_TICKER,
        .price_scale = instrument->price_scale,
        .size_scale = instrument->size_scale,
    };
    engines_status(core, in, &status);
    for (unsigned c = 0; c < CORE_CHANNELS; c++)
        if (in->last_good_ns[c] > status.last_recv_ns)
            status.last_recv_ns = in->last_good_ns[c];
    for (unsigned c = 0; c < CORE_CHANNELS; c++) {
        const struct core_hole *hole = &in->hole[c];
        if (!hole->open || hole->kind == TD_GAP_PLANNED || /* not to be recorded */
            (status.hole_open && status.hole_from_ns <= hole->from_ns))
            continue;
        status.hole_open = true;
        status.hole_kind = hole->kind;
        status.hole_channel = (uint8_t)c;
        status.hole_from_ns = hole->from_ns;
    }
    for (unsigned worth = 0; worth < CORE_TIMES; worth++)
        for (unsigned hour = 0; hour < CORE_HOURS; hour++)
            status.state_ms_today[worth] += in->today.state_ms[hour][worth];
    memcpy(status.frames_today, in->today.frames, sizeof status.frames_today);
    memcpy(status.rows_today, in->today.rows, sizeof status.rows_today);
    memcpy(status.gaps_today, in->today.gaps, sizeof status.gaps_today);
    return status;
}

uint64_t core_book_hour_ms(const struct core *core, unsigned instrument, unsigned hour,
                           unsigned worth)
{
    TD_ASSERT(hour < CORE_HOURS && worth < CORE_TIMES, "an hour of a day");
    return core->instrument[instrument].today.state_ms[hour][worth];
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

struct core_device_status core_device_status(const struct core *core)
{
    struct core_device_status status = {.clock_state = core->clock_state,
                                        .clock_method = core->clock_method,
                                        .clock_offset_ns = core->clock_offset_ns,
                                        .clock_error_ns = core->clock_error_ns,
                                        .shed = core->shed};
    memcpy(status.gaps_today, core->device_today, sizeof status.gaps_today);
    return status;
}

uint64_t core_frame(const struct core *core)
{
    return core->last_frame;
}

uint32_t core_conn(const struct core *core)
{
    return core->conn_max;
}

const struct instruments *core_instruments(const struct core *core)
{
    return core->instruments;
}
