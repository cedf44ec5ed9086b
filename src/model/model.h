/* One online model of one instrument: incremental scaler, logistic regression by stochastic gradient descent, as-of labeler, accuracy
   (SPEC 2.2, 2.3). Every firing book event is scored and becomes a sample; its label comes when a later update or tick shows the mid at
   its horizon; then the model trains and the prediction is given out, once. Fixed memory, no clock: receive times come with the calls.
   Thread: core. */
#ifndef TD_MODEL_MODEL_H
#define TD_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "features/feature.h"

enum {
    MODEL_INPUTS_MAX = 16,
    MODEL_ID_MAX = 24,
    MODELS_MAX = 8,
    MODEL_ACCURACY_WINDOW_MAX = 1000,
    MODEL_RING_MAX = 65536,
    MODEL_WEIGHTS_TEXT_MAX = 4096 /* bytes of a text of weights; any model's fits */
};

struct model;
struct td_state;

struct model_params {
    char id[MODEL_ID_MAX]; /* "sgd-v1" */
    uint32_t horizon_ms;   /* 500 */
    uint32_t input_count;
    uint16_t input[MODEL_INPUTS_MAX]; /* enum feature */
    uint32_t ring;                    /* samples that may wait for their label: 1000 */
    uint32_t max_gap_ms;              /* 2000: G of SPEC 2.2 */
    double tau, eta, alpha;           /* 0.0001, 0.01, 0.0001 */
    uint32_t ready_per_class, accuracy_window, accuracy_min; /* 100, 100, 10 */
    bool compat_quotewatch;
};
struct model_params
model_defaults(void); /* sgd-v1, 500 ms, spread_bps, imbalance, depth, volatility */

/* "sgd-v1@500=spread_bps+imbalance+depth+volatility other@1000=..." into at most MODELS_MAX params that start as `base`. Count, or TD_E_CONFIG
   with a complaint that names the word. */
int model_parse(const char *text, const struct model_params *base, struct model_params *out,
                char *complaint, size_t cap);

/* A multiple of 16; mem is aligned to 16. */
size_t model_footprint(const struct model_params *params);
struct model *model_init(void *mem, const struct model_params *params);
void model_clear(struct model *model); /* another symbol */

/* What the row head of the scored event needs later. */
struct model_event {
    uint64_t frame;
    int64_t recv_ns, event_ns, seq;
    uint32_t conn;
    uint8_t origin, has_seq;
};

enum model_reason {
    MODEL_LABELED,
    MODEL_STALE,
    MODEL_FLUSHED,
    MODEL_EVICTED,
    MODEL_SHUTDOWN,
    MODEL_REASONS
};

/* One row of table predictions (SPEC 3.6). NAN: null. */
struct prediction {
    struct model_event event;
    const char *model_id;
    uint32_t horizon_ms;
    int8_t prediction, label; /* 0, 1, -1 null */
    bool ready;               /* when it was scored */
    uint8_t reason;           /* enum model_reason */
    double probability, mid, mid_later,
        change_pct;        /* change_pct: abs(mid_later - mid) / mid * 100, what the label judges */
    int64_t labeled_at_ns; /* 0 null */
    uint64_t samples_total; /* training steps before this one */
};
typedef void model_emit(void *arg, const struct prediction *prediction);

/* A firing event: score, keep the sample, then label, train and emit what is due (order X6). inputs: input_count values, NAN where a feature is
   null (then the sample is neither scored nor trained: prediction and probability null, label given); beyond 1e70 counts as null. When the
   ring is full the oldest sample goes out first (MODEL_EVICTED). compat_quotewatch: the oldest sample alone is looked at, after the new
   one is added, and this event's mid is its price; ticks do nothing. */
void model_event(struct model *model, const struct model_event *event, double mid,
                 const double *inputs, model_emit *emit, void *arg);
/* A tick at recv_ns: what is due is labelled. */
void model_tick(struct model *model, int64_t recv_ns, model_emit *emit, void *arg);
/* In both: a receive time more than max_gap_ms behind the newest is a clock that was set back: what waits goes out (MODEL_FLUSHED), and time
   begins anew there. Less counts as the newest. compat_quotewatch: any counts as the newest. */
/* Reconnect, resync, loss of proof (MODEL_FLUSHED), or shutdown: waiting samples go out without a label. */
void model_flush(struct model *model, enum model_reason why, model_emit *emit, void *arg);

/* ---- looking at it --------------------------------------------------------------------------------------------------------------- */
struct model_stats {
    uint64_t samples_total, samples_change, samples_no_change;
    double ready_pct; /* 0-100 */
    bool ready;
    double accuracy, balanced_accuracy, brier,
        base_rate; /* of the accuracy window; NAN below accuracy_min pairs. base_rate: share of the more frequent label, which is the
                           accuracy of always naming it */
    double probability; /* of the last scored event; NAN none */
    uint32_t waiting;   /* samples without a label */
    uint64_t evicted, stale;
    double weight[MODEL_INPUTS_MAX], intercept; /* in scaled space */
};
struct model_stats model_stats(const struct model *model);
const struct model_params *model_params_of(const struct model *model);

/* ---- weights from outside (SPEC M6) ------------------------------------------------------------------------------------------------ */
/* Text form, one `key = value` a line: model, features (names joined by +), n, mean, m2, w (numbers, as many as features, round-trip digits),
   c, and last `sha256 = <hex of all bytes before this line>`; empty lines and any order before the last are fine. Bounds: n <= 1e15,
   abs(mean) <= 1e70, 0 <= m2 <= 1e150, abs(w), abs(c) <= 1e80; no mean without samples, no variance of fewer than two.
   model_weights_check: 0, or TD_E_CONFIG with a complaint. */
td_err model_weights_check(const char *text, size_t bytes, const struct model_params *params,
                           char *complaint, size_t cap);
/* Takes them over; class counts, accuracy and samples stay. False: not for this model, or not valid; nothing changed. */
bool model_weights_take(struct model *model, const char *text, size_t bytes);
/* The same text of a model as it stands; length, or TD_E_NO_ROOM. */
int model_weights_text(const struct model *model, char *out, size_t cap);

void model_state(struct model *model, struct td_state *state);
size_t model_state_bytes(const struct model_params *params); /* at most */

#endif
