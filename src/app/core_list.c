/* Instruments inside the core: what a venue's list says of them, finer scales, rows of table instruments. */
#include <string.h>

#include "app/core_parts.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"

/* True when the text is another one now. Pages of a list add to each other: what one does not tell stays as another told it. */
static bool copy_text(char *out, size_t cap, struct td_text text)
{
    size_t bytes = text.bytes < cap - 1 ? text.bytes : cap - 1;
    if (text.at == NULL || (strncmp(out, text.at, bytes) == 0 && out[bytes] == '\0'))
        return false;
    memcpy(out, text.at, bytes);
    out[bytes] = '\0';
    return true;
}

static int step_scale(struct td_text step, int now)
{
    if (step.at == NULL)
        return now;
    int scale = td_decimal_scale(step.at, step.bytes);
    return scale > now ? scale : now;
}

static bool copy_contract(struct instrument *instrument, const struct venue_listing *listing)
{
    uint8_t kind = listing->kind != INSTRUMENT_SPOT ? listing->kind : instrument->kind;
    uint8_t option = listing->option != INSTRUMENT_NO_OPTION ? listing->option : instrument->option;
    int64_t expiry_ns = listing->expiry_ns != 0 ? listing->expiry_ns : instrument->expiry_ns;
    bool changed = instrument->kind != kind || instrument->option != option ||
                   instrument->expiry_ns != expiry_ns;
    instrument->kind = kind;
    instrument->option = option;
    instrument->expiry_ns = expiry_ns;
    changed |= copy_text(instrument->contract_size, sizeof instrument->contract_size,
                         listing->contract_size);
    changed |= copy_text(instrument->contract_currency, sizeof instrument->contract_currency,
                         listing->contract_currency);
    return changed | copy_text(instrument->strike, sizeof instrument->strike, listing->strike);
}

void core_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    struct core *core = ctx->listing_arg;
    core->list_seen = true;
    int index =
        instruments_find(core->instruments, ctx->source, listing->raw.at, listing->raw.bytes);
    if (index < 0)
        return;
    struct instrument *instrument = instruments_at(core->instruments, (unsigned)index);
    bool changed = !instrument->listed;
    instrument->listed = true;
    changed |= copy_text(instrument->base, sizeof instrument->base, listing->base);
    changed |= copy_text(instrument->quote, sizeof instrument->quote, listing->quote);
    changed |=
        copy_text(instrument->price_step, sizeof instrument->price_step, listing->price_step);
    changed |= copy_text(instrument->size_step, sizeof instrument->size_step, listing->size_step);
    changed |= copy_text(instrument->status, sizeof instrument->status, listing->status);
    changed |= copy_contract(instrument, listing);
    int price_scale = step_scale(listing->price_step, instrument->price_scale);
    int size_scale = step_scale(listing->size_step, instrument->size_scale);
    if (price_scale != instrument->price_scale || size_scale != instrument->size_scale)
        core_rescale(core, (unsigned)index, price_scale, size_scale);
    else if (changed)
        core_announce(core, (unsigned)index);
}

void core_listing_done(struct core *core, uint16_t source)
{
    core->source[source].list_known = true;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_at(core->instruments, i);
        if (instrument->source == source && !instrument->listed)
            TD_ERROR("core",
                     "source=%s symbol=%s raw=%s error=\"the venue does not list this symbol\" "
                     "next=\"correct it in "
                     "tapedeck.ini; the other symbols run on\"",
                     core->source[source].params.venue->name, instrument->symbol, instrument->raw);
    }
}

/* Whether everything stored so far gives its digits back by a scale that is finer by `factor`. Tickers may name prices a little
   beyond what book and trades held, hence the margin. */
static bool stays_exact(uint64_t *bits, int64_t factor)
{
    enum { MARGIN = 16 };
    bool exact = *bits < (uint64_t)(TD_STEPS_EXACT_MAX / MARGIN) / (uint64_t)factor;
    *bits = exact ? *bits * (uint64_t)factor : 0; /* else rows begin a file anew */
    return exact;
}

/* A finer scale, in place: book and held deltas are multiplied, nothing is rounded. TD_E_OVERFLOW when the finer steps do not fit; the
   instrument is unchanged then. */
td_err core_rescale(struct core *core, unsigned index, int price_scale, int size_scale)
{
    struct instrument *instrument = instruments_at(core->instruments, index);
    struct core_instrument *in = &core->instrument[index];
    price_scale = price_scale > instrument->price_scale ? price_scale : instrument->price_scale;
    size_scale = size_scale > instrument->size_scale ? size_scale : instrument->size_scale;
    TD_FAIL_IF(price_scale > TD_SCALE_MAX || size_scale > TD_SCALE_MAX, TD_E_OVERFLOW);
    int64_t price_factor = td_pow10(price_scale - instrument->price_scale);
    int64_t size_factor = td_pow10(size_scale - instrument->size_scale);
    TD_TRY(book_rescale(in->book, price_factor, size_factor));
    if (in->features != NULL)
        features_rescale(in->features, price_factor, size_factor);
    if (in->hold != NULL && sync_hold_rescale(in->hold, price_factor, size_factor) < 0)
        sync_hold_clear(in->hold); /* a base that needs them will show the hole */
    instrument->price_scale = (int8_t)price_scale;
    instrument->size_scale = (int8_t)size_scale;
    bool exact = stays_exact(&in->price_bits, price_factor);
    exact &= stays_exact(&in->size_bits, size_factor);
    for (unsigned table = 0; table < CORE_TABLES; table++)
        groups_scales(core->groups, in->stream[table], price_scale, size_scale, exact);
    if (in->feature_stream >= 0)
        groups_scales(core->groups, in->feature_stream, price_scale, size_scale, true);
    for (unsigned m = 0; m < core->models.count; m++)
        groups_scales(core->groups, in->prediction_stream[m], price_scale, size_scale, true);
    core_announce(core, index);
    return 0;
}

static row_text keep(struct core *core, int stream, const char *text)
{
    return text[0] == '\0' ? 0 : groups_text(core->groups, stream, text, strlen(text));
}

/* The step column is never null: without a list it is the finest step seen. */
static row_text keep_step(struct core *core, int stream, const char *step, int scale)
{
    char text[TD_DECIMAL_TEXT_MAX];
    if (step[0] != '\0')
        return keep(core, stream, step);
    td_decimal_from_steps(1, scale, text);
    return keep(core, stream, text);
}

static bool number(const char *text, double *value)
{
    return td_decimal_to_double(text, strlen(text), value) == 0;
}

static void announce_contract(struct core *core, int stream, const struct instrument *instrument,
                              struct row_instrument *row)
{
    row->kind = instrument->kind;
    row->has_contract_size = number(instrument->contract_size, &row->contract_size);
    row->contract_currency = keep(core, stream, instrument->contract_currency);
    row->expiry_ns = instrument->expiry_ns;
    row->has_strike = number(instrument->strike, &row->strike);
    row->option = instrument->option;
}

void core_announce(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_at(core->instruments, index);
    const struct venue *venue = core->source[instrument->source].params.venue;
    int stream = in->stream[ROW_INSTRUMENTS];
    core_head(core, stream, core->frame->recv_ns, false, 0);
    struct row_instrument *row = groups_append(core->groups, stream);
    row->symbol_raw = keep(core, stream, instrument->raw);
    row->canonical_symbol = keep(core, stream, instrument->symbol);
    row->base = keep(core, stream, instrument->base);
    row->quote = keep(core, stream, instrument->quote);
    row->price_step = keep_step(core, stream, instrument->price_step, instrument->price_scale);
    row->size_step = keep_step(core, stream, instrument->size_step, instrument->size_scale);
    row->status = keep(core, stream, instrument->status);
    announce_contract(core, stream, instrument, row);
    row->price_scale = instrument->price_scale;
    row->size_scale = instrument->size_scale;
    row->text_carried = in->text_carried;
    row->has_event_time = venue->has_event_time;
    row->side_is_maker = venue->side_is_maker;
    in->announced = true;
    td_metric_add(TD_M_rows_instruments, 1);
}
