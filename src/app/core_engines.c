/* Features and models of all instruments: what they are laid out with, and their state. */
#include <string.h>

#include "app/core_parts.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/state.h"
#include "base/text.h"
#include "features/quotewatch.h"
#include "segment/schema.h"

enum { MARK_ENGINES = 0x65676e65, MARK_ENGINE = 0x676e6521 };

/* ---- what they are laid out with --------------------------------------------------------------------------------------------- */

/* What a row holds and what the models look at is computed alike. */
struct features_params core_engine_params(const struct core_params *params)
{
    struct features_params engine = params->features;
    for (unsigned m = 0; m < params->model_count; m++)
        for (unsigned i = 0; i < params->models[m].input_count; i++)
            feature_mask_add(&engine.on, params->models[m].input[i]);
    return engine;
}

/* Place among the four that stand ready after each event; QUOTEWATCH_INPUTS: none of them. */
static uint8_t quick_place(unsigned feature)
{
    static const uint16_t ready[QUOTEWATCH_INPUTS] = {FEATURE_spread_bps, FEATURE_imbalance,
                                                      FEATURE_depth, FEATURE_volatility};
    uint8_t place = 0;
    while (place < QUOTEWATCH_INPUTS && ready[place] != feature)
        place++;
    return place;
}

static void setup_models(struct core *core)
{
    struct core_models *models = &core->models;
    TD_ASSERT(core->params.model_count <= MODELS_MAX, "more models than there is room for");
    models->count = core->params.model_count;
    for (unsigned m = 0; m < models->count; m++) {
        models->params[m] = core->params.models[m];
        for (unsigned i = 0; i < models->params[m].input_count; i++) {
            models->quick[m][i] = quick_place(models->params[m].input[i]);
            models->need_row |= models->quick[m][i] == QUOTEWATCH_INPUTS;
        }
    }
}

/* A text, for structs have holes. */
static uint64_t hash_features(const struct features_params *p, uint64_t hash)
{
    char text[1024];
    struct td_str out = td_str_on(text, sizeof text);
    for (unsigned w = 0; w < FEATURE_MASK_WORDS; w++)
        td_str_add_format(&out, "%llx ", (unsigned long long)p->on.word[w]);
    td_str_add_format(&out, "%d %d %u %lld %d %a %u %d %a %a %a %d %d %u %u %u %a", FEATURES,
                      SCHEMA_FEATURE_VERSION, p->window_events, (long long)p->staleness_ns,
                      p->vpin_auto, p->vpin_bucket, p->vpin_buckets, p->dynamic_regime,
                      p->tight_percentile, p->wide_percentile, p->tight_ratio, p->compat_quotewatch,
                      p->session, p->regime_window_s, p->kyle_window_s, p->ofi_levels,
                      p->ofi_decay_alpha);
    TD_ASSERT(!out.cut, "the parameters fit their text");
    return td_hash64(text, out.bytes, hash);
}

static uint64_t hash_model(const struct model_params *p, uint64_t hash)
{
    char text[512];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "%s %u %u %u %a %a %a %u %u %u %d", p->id, p->horizon_ms, p->ring,
                      p->max_gap_ms, p->tau, p->eta, p->alpha, p->ready_per_class,
                      p->accuracy_window, p->accuracy_min, p->compat_quotewatch);
    for (unsigned i = 0; i < p->input_count; i++)
        td_str_add_format(&out, " %s", feature_at(p->input[i])->name);
    TD_ASSERT(!out.cut, "the parameters fit their text");
    return td_hash64(text, out.bytes, hash);
}

void core_engines_setup(struct core *core)
{
    core->params.features = core_engine_params(&core->params);
    setup_models(core);
    core->params.models = NULL; /* the caller's; ours is a copy */
    core->features_hash = 0;
    if (!core_has_features(&core->params))
        return;
    core->features_hash = hash_features(&core->params.features, 1);
    for (unsigned m = 0; m < core->models.count; m++)
        core->features_hash = hash_model(&core->models.params[m], core->features_hash);
}

/* ---- state ------------------------------------------------------------------------------------------------------------------- */

static void head_state(struct row_head *head, struct td_state *state)
{
    td_state_u64(state, &head->frame);
    td_state_i64(state, &head->recv_ns);
    td_state_i64(state, &head->event_ns);
    td_state_i64(state, &head->seq);
    td_state_u32(state, &head->conn);
    td_state_u8(state, &head->origin);
    td_state_u8(state, &head->has_seq);
}

static void engine_state(struct core *core, struct core_instrument *in, struct td_state *state)
{
    td_state_mark(state, MARK_ENGINE);
    head_state(&in->fired, state);
    td_state_bool(state, &in->fired_no_time);
    td_state_u64(state, &in->feature_rows);
    td_state_u64(state, &in->predictions);
    if (in->features != NULL)
        features_state(in->features, state);
    for (unsigned m = 0; m < core->models.count && !state->failed; m++) {
        td_state_u64(state, &in->weights[m]);
        model_state(in->model[m], state);
    }
}

/* What another configuration gathered means nothing here: features and models begin anew, and the rest of the state is as good as before. */
static void begin_anew(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        core_features_clear(core, i);
    if (core->features_hash != 0)
        TD_WARN("core", "event=features_begin_anew reason=\"[features] or [model] was changed\"");
}

void core_engines_state(struct core *core, struct td_state *state)
{
    uint64_t hash = core->features_hash;
    td_state_mark(state, MARK_ENGINES);
    td_state_u64(state, &hash);
    size_t begun = td_state_begin(state);
    if (state->loading && hash != core->features_hash) {
        td_state_pass(state, begun);
        begin_anew(core);
        return;
    }
    for (unsigned i = 0; core->features_hash != 0 && i < core->instrument_count; i++)
        if (!state->failed)
            engine_state(core, &core->instrument[i], state);
    td_state_end(state, begun);
}

size_t core_features_state_bytes(const struct core_params *params)
{
    enum { HEAD_BYTES = 256 };
    struct features_params engine = core_engine_params(params);
    size_t bytes = core_has_features(params) ? HEAD_BYTES + features_state_bytes(&engine) : 0;
    for (unsigned m = 0; m < params->model_count; m++)
        bytes += model_state_bytes(&params->models[m]) + 10;
    return bytes;
}
