/* Features inside the core: what the engine of an instrument is told, and its rows. The state moves at every book event; a row is of the last
   one, at the next tick or at once (SPEC X7). */
#include <string.h>

#include "app/core_parts.h"
#include "base/metrics.h"

void core_features_clear(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    if (in->features != NULL)
        features_clear(in->features);
    for (unsigned m = 0; m < core->models.count; m++) {
        model_clear(in->model[m]);
        in->weights[m] = 0;
    }
    in->fired = (struct row_head){0};
    in->fired_no_time = false;
    in->feature_rows = in->predictions = 0;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------------- */

/* Valid until the next row of any table. Of what a model alone asked for the group keeps nothing. */
static const struct feature_row *append(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    groups_head(core->groups, in->feature_stream, &in->fired);
    struct row_features *row = groups_append(core->groups, in->feature_stream);
    row->interval_ms = core->params.emit == CORE_EMIT_EVENT ? 0 : 1000;
    row->events = (int32_t)features_events(in->features);
    row->flags = features_row_flags(in->features);
    if (in->fired_no_time)
        row->flags |= FEATURE_ROW_NO_EVENT_TIME;
    features_row(in->features, &row->feature);
    features_row_taken(in->features);
    in->feature_rows++;
    td_metric_add(TD_M_rows_features, 1);
    return &row->feature;
}

/* While features are shed their events count as told: the ledger says why there is no row. */
static void write_row(struct core *core, unsigned index)
{
    if (core_sheds(core, TD_SHED_FEATURES))
        features_row_taken(core->instrument[index].features);
    else
        append(core, index);
}

/* The book may have lost a side, or be locked, since the event that the row would be of. */
static bool is_shown(const struct core_instrument *in)
{
    return in->sync.state == TD_BOOK_PROVEN && book_levels(in->book, TD_SIDE_BID) > 0 &&
           book_levels(in->book, TD_SIDE_ASK) > 0 && !book_crossed(in->book);
}

void core_features_rows_due(struct core *core)
{
    if (core->params.emit != CORE_EMIT_SECOND)
        return;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct core_instrument *in = &core->instrument[i];
        if (features_events(in->features) > 0 && is_shown(in))
            write_row(core, i);
    }
}

/* A receive time that stands in for the venue's, to the microsecond that rows keep: what is made again from them is equal then. */
static int64_t stamp_ns(const struct td_event *event)
{
    bool ours = event->flags & TD_EVF_NO_EVENT_TIME;
    return ours ? event->event_ns - event->event_ns % TD_NS_PER_US : event->event_ns;
}

/* ---- what happens to a book ------------------------------------------------------------------------------------------------ */

/* One row for all: what is stored, and what the models look at. */
static void fire(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    const struct feature_row *row = &core->feature_row;
    td_metric_add(TD_M_feature_events, 1);
    if (core->params.emit == CORE_EMIT_EVENT && !core_sheds(core, TD_SHED_FEATURES)) {
        row = append(core, index);
    } else if (core->models.need_row) {
        features_row(in->features, &core->feature_row);
    }
    core_models_event(core, index, row);
}

void core_features_applied(struct core *core, unsigned index, const struct core_change_set *set)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    if (in->features == NULL || set->event->flags & TD_EVF_CONTINUES)
        return;
    if (set->event->kind == TD_EVENT_SNAPSHOT) {
        features_snapshot(in->features);
        core_models_flush(core, index, MODEL_FLUSHED);
        return;
    }
    if (in->sync.state != TD_BOOK_PROVEN)
        return;
    if (!features_book(in->features, in->book, instrument->price_scale, instrument->size_scale,
                       stamp_ns(set->event))) {
        td_metric_add(TD_M_features_withheld, 1);
        return;
    }
    in->fired = set->head;
    in->fired_no_time = set->event->flags & TD_EVF_NO_EVENT_TIME;
    fire(core, index);
}

void core_features_lost(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    if (in->features == NULL)
        return;
    features_lost(in->features);
    core_models_flush(core, index, MODEL_FLUSHED);
}

/* Listed trades are old ones told again, back-filled ones come after the book events that they belong to. */
void core_features_trade(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    struct feature_trade trade = {.event_ns = stamp_ns(event),
                                  .price_steps = event->trade.price_steps,
                                  .size_steps = event->trade.size_steps,
                                  .taker = event->trade.taker};
    if (in->features == NULL || event->flags & (TD_EVF_LISTED | TD_EVF_BACKFILL) ||
        core->frame->origin == TD_ORIGIN_BACKFILL ||
        !core_has_channel(core, event->instrument, TD_CHANNEL_BOOK))
        return;
    features_trade(in->features, &trade);
}

/* ---- time ------------------------------------------------------------------------------------------------------------------- */

static void tell_metrics(const struct core *core)
{
    struct features_counts sum = {0};
    for (unsigned i = 0; i < core->instrument_count; i++) {
        struct features_counts counts = features_counts(core->instrument[i].features);
        sum.window_full += counts.window_full;
        sum.clamped += counts.clamped;
        sum.trades_forced += counts.trades_forced;
    }
    td_metric_set(TD_M_feature_window_full, sum.window_full);
    td_metric_set(TD_M_feature_clamped, sum.clamped);
    td_metric_set(TD_M_feature_trades_forced, sum.trades_forced);
}

void core_features_tick(struct core *core)
{
    if (!core_has_features(&core->params))
        return;
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_models_tick(core, i);
    core_features_rows_due(core);
    tell_metrics(core);
}

/* Nothing waits over an orderly stop: the next start is another history. */
void core_features_stop(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_models_flush(core, i, MODEL_SHUTDOWN);
}
