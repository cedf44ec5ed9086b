#include "app/feature_config.h"

#include <stdio.h>

#include "app/core.h"
#include "features/session.h"
#include "test.h"

static struct td_config config;

static struct feature_config of(const char *ini)
{
    CHECK_EQ_I64(td_config_parse(&config, "x.ini", ini, strlen(ini), NULL, stderr), 0);
    return feature_config_of(&config);
}

TEST(defaults_are_those_of_the_modules)
{
    struct feature_config got = of("");
    struct features_params features = features_defaults();
    struct model_params model = model_defaults();
    CHECK_EQ_I64(got.emit, CORE_EMIT_SECOND);
    CHECK_EQ_MEM(&got.features.on, &features.on, sizeof features.on);
    CHECK_EQ_U64(got.features.window_events, features.window_events);
    CHECK_EQ_I64(got.features.staleness_ns, features.staleness_ns);
    CHECK_EQ_I64(got.features.vpin_auto, features.vpin_auto);
    CHECK(got.features.vpin_bucket == features.vpin_bucket);
    CHECK_EQ_U64(got.features.vpin_buckets, features.vpin_buckets);
    CHECK_EQ_I64(got.features.dynamic_regime, features.dynamic_regime);
    CHECK(got.features.tight_percentile == features.tight_percentile);
    CHECK(got.features.wide_percentile == features.wide_percentile);
    CHECK(got.features.tight_ratio == features.tight_ratio);
    CHECK_EQ_U64(got.features.regime_window_s, features.regime_window_s);
    CHECK_EQ_U64(got.features.kyle_window_s, features.kyle_window_s);
    CHECK_EQ_U64(got.features.ofi_levels, features.ofi_levels);
    CHECK(got.features.ofi_decay_alpha == features.ofi_decay_alpha);
    CHECK_EQ_I64(got.features.session, SESSION_UTC_DAY);
    CHECK_EQ_I64(got.model_count, 1);
    CHECK_EQ_STR(got.model[0].id, model.id);
    CHECK_EQ_U64(got.model[0].horizon_ms, model.horizon_ms);
    CHECK_EQ_U64(got.model[0].input_count, model.input_count);
    CHECK_EQ_MEM(got.model[0].input, model.input, model.input_count * sizeof *model.input);
    CHECK_EQ_U64(got.model[0].ring, model.ring);
    CHECK_EQ_U64(got.model[0].max_gap_ms, model.max_gap_ms);
    CHECK(got.model[0].tau == model.tau && got.model[0].eta == model.eta &&
          got.model[0].alpha == model.alpha);
    CHECK_EQ_U64(got.model[0].ready_per_class, model.ready_per_class);
    CHECK_EQ_U64(got.model[0].accuracy_window, model.accuracy_window);
    CHECK_EQ_U64(got.model[0].accuracy_min, model.accuracy_min);
}

static unsigned columns(const struct feature_config *got)
{
    unsigned count = 0;
    for (unsigned f = 0; f < FEATURES; f++)
        count += feature_mask_has(&got->features.on, f);
    return count;
}

TEST(sets_and_single_columns)
{
    struct feature_config got =
        of("[features]\nsets = quotewatch\nwithout = depth, volatility\nwith = vpin,bid_gini\n");
    unsigned set = 0;
    for (unsigned f = 0; f < FEATURES; f++)
        set += feature_at(f)->set == FEATURE_SET_QUOTEWATCH;
    CHECK_EQ_I64(columns(&got), set);
    CHECK(feature_mask_has(&got.features.on, FEATURE_spread_bps));
    CHECK(!feature_mask_has(&got.features.on, FEATURE_depth));
    CHECK(feature_mask_has(&got.features.on, FEATURE_vpin));
    CHECK(feature_mask_has(&got.features.on, FEATURE_bid_gini));
    got = of("[features]\nsets =\n");
    CHECK_EQ_I64(columns(&got), 0);
    CHECK_EQ_I64(got.emit, CORE_EMIT_OFF);
    got =
        of("[features]\nsets = quotewatch,levels,structural,dynamic,rolling,mechanics,optional\n");
    CHECK_EQ_I64(columns(&got), FEATURES);
}

TEST(every_key_reaches_its_parameter)
{
    struct feature_config got =
        of("[features]\nemit = event\nwindow_events = 4096\nvpin_bucket_volume = auto\n"
           "vpin_window_buckets = 7\nspread_regime = static\nspread_tight_percentile = 0.05\n"
           "spread_wide_percentile = 0.95\nspread_tight_threshold_bps = 5\n"
           "spread_regime_window = 900\nkyle_lambda_window = 60\nofi_levels = 3\nofi_decay_alpha = "
           "0.25\n"
           "max_state_staleness_seconds = 60.5\nsession = rth_et\ncompat = quotewatch\n"
           "[model]\nmodels = a@100=spread_bps b@900=imbalance+vpin\ntau = 0.001\nbuffer = 9\n"
           "label_max_gap_ms = 70\neta = 0.5\nalpha = 0.25\nready_per_class = 3\n"
           "accuracy_window = 20\naccuracy_min = 2\n");
    CHECK_EQ_I64(got.emit, CORE_EMIT_EVENT);
    CHECK_EQ_U64(got.features.window_events, 4096);
    CHECK(got.features.vpin_auto);
    CHECK_EQ_U64(got.features.vpin_buckets, 7);
    CHECK(!got.features.dynamic_regime);
    CHECK(got.features.tight_percentile == 0.05 && got.features.wide_percentile == 0.95);
    CHECK(got.features.tight_ratio == 0.0005);
    CHECK_EQ_U64(got.features.regime_window_s, 900);
    CHECK_EQ_U64(got.features.kyle_window_s, 60);
    CHECK_EQ_U64(got.features.ofi_levels, 3);
    CHECK(got.features.ofi_decay_alpha == 0.25);
    CHECK_EQ_I64(got.features.staleness_ns, 60500000000);
    CHECK_EQ_I64(got.features.session, SESSION_RTH_ET);
    CHECK(got.features.compat_quotewatch);
    CHECK_EQ_I64(got.model_count, 2);
    CHECK_EQ_STR(got.model[1].id, "b");
    for (unsigned m = 0; m < 2; m++) {
        CHECK_EQ_U64(got.model[m].horizon_ms, m == 0 ? 100 : 900);
        CHECK_EQ_U64(got.model[m].ring, 9);
        CHECK_EQ_U64(got.model[m].max_gap_ms, 70);
        CHECK(got.model[m].tau == 0.001 && got.model[m].eta == 0.5 && got.model[m].alpha == 0.25);
        CHECK_EQ_U64(got.model[m].ready_per_class, 3);
        CHECK_EQ_U64(got.model[m].accuracy_window, 20);
        CHECK_EQ_U64(got.model[m].accuracy_min, 2);
        CHECK(got.model[m].compat_quotewatch);
    }
}

TEST(no_model_and_no_row)
{
    struct feature_config got = of("[features]\nemit = off\n[model]\nmodels =\n");
    CHECK_EQ_I64(got.emit, CORE_EMIT_OFF);
    CHECK_EQ_I64(got.model_count, 0);
}
