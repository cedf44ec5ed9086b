/* Models inside the core: one of each kind an instrument, fed with the same event; predictions become rows when their label is known. */
#include <math.h>
#include <string.h>

#include "app/core_parts.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

/* Where a prediction belongs. */
struct scored {
    struct core *core;
    unsigned index, model;
};

static void count(enum model_reason reason)
{
    static const enum td_metric metric[MODEL_REASONS] = {TD_M_labels_known, TD_M_labels_stale,
                                                         TD_M_labels_flushed, TD_M_labels_evicted,
                                                         TD_M_labels_shutdown};
    td_metric_add(metric[reason], 1);
}

static struct row_head head_of(const struct model_event *event)
{
    return (struct row_head){.frame = event->frame,
                             .recv_ns = event->recv_ns,
                             .event_ns = event->event_ns,
                             .seq = event->seq,
                             .conn = event->conn,
                             .origin = event->origin,
                             .has_seq = event->has_seq};
}

static void write_row(struct core *core, int stream, const struct prediction *p)
{
    struct row_head head = head_of(&p->event);
    groups_head(core->groups, stream, &head);
    struct row_prediction *row = groups_append(core->groups, stream);
    row->model_id = groups_text(core->groups, stream, p->model_id, strlen(p->model_id));
    row->horizon_ms = (int32_t)p->horizon_ms;
    row->prediction = p->prediction;
    row->has_prediction = p->prediction >= 0;
    row->has_probability = !isnan(p->probability);
    row->probability = row->has_probability ? p->probability : 0;
    row->label = p->label;
    row->has_label = p->label >= 0;
    row->mid = p->mid;
    row->has_later = !isnan(p->mid_later);
    row->mid_later = row->has_later ? p->mid_later : 0;
    row->change_pct = row->has_later ? p->change_pct : 0;
    row->labeled_at_ns = p->labeled_at_ns;
    row->samples_total = (int64_t)p->samples_total;
    row->ready = p->ready;
    row->reason = p->reason;
}

static void emit(void *arg, const struct prediction *p)
{
    const struct scored *scored = arg;
    struct core *core = scored->core;
    struct core_instrument *in = &core->instrument[scored->index];
    count((enum model_reason)p->reason);
    if (core_sheds(core, TD_SHED_PREDICTIONS))
        return;
    write_row(core, in->prediction_stream[scored->model], p);
    in->predictions++;
    td_metric_add(TD_M_rows_predictions, 1);
}

/* ---- events and time ------------------------------------------------------------------------------------------------------ */

static void gather(const struct core *core, const struct core_instrument *in, unsigned model,
                   const struct feature_row *row, double *inputs)
{
    const struct model_params *params = &core->models.params[model];
    const double *quick = features_quotewatch(in->features);
    for (unsigned i = 0; i < params->input_count; i++)
        inputs[i] = !core->models.need_row               ? quick[core->models.quick[model][i]]
                    : feature_has(row, params->input[i]) ? row->value[params->input[i]]
                                                         : NAN;
}

/* The row may be gone with the first prediction: all inputs are taken before. */
void core_models_event(struct core *core, unsigned index, const struct feature_row *row)
{
    struct core_instrument *in = &core->instrument[index];
    double inputs[MODELS_MAX][MODEL_INPUTS_MAX];
    const struct row_head *head = &in->fired;
    struct model_event event = {.frame = head->frame,
                                .recv_ns = head->recv_ns,
                                .event_ns = head->event_ns,
                                .seq = head->seq,
                                .conn = head->conn,
                                .origin = head->origin,
                                .has_seq = head->has_seq};
    double mid = features_mid(in->features);
    for (unsigned m = 0; m < core->models.count; m++)
        gather(core, in, m, row, inputs[m]);
    for (unsigned m = 0; m < core->models.count; m++)
        model_event(in->model[m], &event, mid, inputs[m], emit, &(struct scored){core, index, m});
}

void core_models_tick(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    for (unsigned m = 0; m < core->models.count; m++)
        model_tick(in->model[m], core->frame->recv_ns, emit, &(struct scored){core, index, m});
}

void core_models_flush(struct core *core, unsigned index, enum model_reason why)
{
    struct core_instrument *in = &core->instrument[index];
    for (unsigned m = 0; m < core->models.count; m++)
        model_flush(in->model[m], why, emit, &(struct scored){core, index, m});
}

/* ---- weights from outside ---------------------------------------------------------------------------------------------------- */

/* Whom a WEIGHTS frame means: "exchange symbol model", each a name or *. */
enum { WANTED_EXCHANGE, WANTED_SYMBOL, WANTED_MODEL, WANTED };

static bool is_wanted(struct td_text word, const char *name)
{
    return (word.bytes == 1 && word.at[0] == '*') ||
           (word.bytes == strlen(name) && memcmp(word.at, name, word.bytes) == 0);
}

/* False: not of that form. *rest: what stands behind the line. */
static bool read_address(const struct td_frame *frame, struct td_text wanted[WANTED],
                         struct td_text *rest)
{
    const char *line_end = memchr(frame->payload, '\n', frame->bytes), *at = frame->payload;
    if (line_end == NULL)
        return false;
    for (unsigned w = 0; w < WANTED; w++) {
        const char *space = memchr(at, ' ', (size_t)(line_end - at));
        const char *end = space != NULL ? space : line_end;
        if (end == at || (space == NULL) != (w == WANTED - 1))
            return false;
        wanted[w] = (struct td_text){at, (uint32_t)(end - at)};
        at = end + 1;
    }
    *rest = (struct td_text){line_end + 1,
                             (uint32_t)(frame->bytes - (size_t)(line_end + 1 - frame->payload))};
    return true;
}

/* The same weights again change nothing: a start sends those of its file each time, and what was learned since stays. */
static void take(struct core *core, unsigned index, unsigned model, struct td_text text)
{
    struct core_instrument *in = &core->instrument[index];
    const struct model_params *params = &core->models.params[model];
    uint64_t hash = td_hash64(text.at, text.bytes, 1);
    char complaint[TD_TEXT_MAX] = "";
    if (in->weights[model] == hash)
        return;
    if (model_weights_take(in->model[model], text.at, text.bytes)) {
        in->weights[model] = hash;
        td_metric_add(TD_M_weights_taken, 1);
        TD_INFO("core", "exchange=%s symbol=%s model=%s event=weights_taken", in->venue->name,
                instruments_peek(core->instruments, index)->symbol, params->id);
        return;
    }
    model_weights_check(text.at, text.bytes, params, complaint, sizeof complaint);
    td_metric_add(TD_M_weights_refused, 1);
    TD_ERROR("core",
             "exchange=%s symbol=%s model=%s event=weights_refused reason=\"%s\" next=\"the model "
             "goes on with those it has\"",
             in->venue->name, instruments_peek(core->instruments, index)->symbol, params->id,
             complaint);
}

void core_weights(struct core *core)
{
    struct td_text wanted[WANTED], text;
    if (!read_address(core->frame, wanted, &text)) {
        TD_ERROR("core",
                 "frame=%llu event=weights_ignored reason=\"no exchange, symbol and model\"",
                 (unsigned long long)core->frame->number);
        return;
    }
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_peek(core->instruments, i);
        bool meant = is_wanted(wanted[WANTED_EXCHANGE], core->instrument[i].venue->name) &&
                     is_wanted(wanted[WANTED_SYMBOL], instrument->symbol);
        for (unsigned m = 0; meant && m < core->models.count; m++)
            if (is_wanted(wanted[WANTED_MODEL], core->models.params[m].id))
                take(core, i, m, text);
    }
}
