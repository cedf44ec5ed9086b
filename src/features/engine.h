/* The inside of struct features, for features.c, features_row.c and features_state.c alone. */
#ifndef TD_FEATURES_ENGINE_H
#define TD_FEATURES_ENGINE_H

#include "features/bands.h"
#include "features/features.h"
#include "features/flow.h"
#include "features/mechanics.h"
#include "features/motion.h"
#include "features/pending.h"
#include "features/quotewatch.h"
#include "features/top.h"
#include "features/vpin.h"
#include "features/window.h"

/* What the columns that are on ask for; the rest is neither kept nor computed. */
struct features_wants {
    bool set[FEATURE_SETS];
    bool window, flow, regime, kyle, slow, vpin, bands;
};

struct features {
    struct features_params params;
    struct features_wants wants;
    struct window window;
    struct flow flow;
    struct motion motion;
    struct top top;
    struct bands bands;
    struct quotewatch quotewatch;
    struct vpin vpin;
    struct pending *pending;
    struct mechanics *mechanics; /* NULL: off */

    bool have_time;  /* a book event has fired */
    bool fresh;      /* top and bands are those of the last one that fired */
    bool have_scale; /* a book has told them */
    int8_t price_scale, size_scale;
    int64_t now_ns;    /* of the last one that fired */
    int64_t buy, sell; /* volume since then, size steps */
    int64_t cut_to_ns; /* until then a window holds a value that was cut */
    uint32_t events;   /* since the row was taken */
    struct features_counts counts;

    /* Of the last event that fired. */
    bool vpin_moved;                           /* since its values below were taken */
    double log_return, vpin_value, vpin_share; /* NAN null */
    struct flow_values flow_values;
    int64_t twice_mid;
};

#endif
