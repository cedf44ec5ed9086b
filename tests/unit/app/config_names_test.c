#include "app/config_value.h"

#include <stdio.h>

#include "test.h"

static struct td_config config;
static char said[4096];

/* One setting of a file; what is complained about stands in `said`. */
static td_err parse(const char *ini)
{
    memset(said, 0, sizeof said);
    FILE *file = fmemopen(said, sizeof said, "w");
    CHECK(file != NULL);
    td_err err = td_config_parse(&config, "x.ini", ini, strlen(ini), NULL, file);
    fclose(file);
    return err;
}

static void check_said(const char *ini, const char *wanted)
{
    CHECK_EQ_I64(parse(ini), TD_E_CONFIG);
    if (strstr(said, wanted) == NULL)
        FAIL("\"%s\" is not in what is said:\n%s", wanted, said);
}

TEST(names_are_kept_in_the_order_of_the_list)
{
    CHECK_EQ_I64(parse("[features]\nsets = rolling , quotewatch\nwith = vpin, spread_bps, vpin\n"),
                 0);
    CHECK_EQ_STR(config.features.sets, "quotewatch,rolling");
    CHECK_EQ_STR(config.features.with, "spread_bps,vpin");
    CHECK_EQ_I64(parse("[features]\nwith = order_flow_toxicity\n"), 0); /* another name of it */
    CHECK_EQ_STR(config.features.with, "vpin");
}

TEST(unknown_names_show_their_place_and_the_nearest)
{
    check_said("[features]\nsets = quotewatch, strctural\n",
               "x.ini:2:20: unknown set of features \"strctural\"; did you mean \"structural\"?\n"
               "    sets = quotewatch, strctural\n"
               "                       ^\n");
    check_said("[features]\nwithout = vpim\n",
               "x.ini:2:11: unknown feature \"vpim\"; did you mean \"vpin\"?");
    check_said("[features]\nwithout = vpin,,ofi\n", "unknown feature \"\"");
    check_said("[features]\nwith = something_else_altogether\n",
               "unknown feature \"something_else_altogether\"; docs/FEATURES.md lists them");
    check_said("[features]\nemit = 2s\n", "x.ini:2:8: emit is one of off|1s|event");
    check_said("[features]\nemit =\n", "emit is one of off|1s|event");
    check_said("[features]\nspread_regime = dynami\n", "spread_regime is one of static|dynamic");
}

/* Keys that other recorders have are no riddle. */
TEST(what_is_called_otherwise_is_told)
{
    check_said(
        "[model]\ndelta_ms = 500\n",
        "x.ini:2:1: unknown key \"delta_ms\" in [model]; the horizon stands in model.models");
    check_said("[features]\nenable_vpin = false\n", "features.without = vpin turns it off");
    check_said("[features]\nkyle_lambda_window = 301\n",
               "kyle_lambda_window is one of 1|5|15|30|60|300|900");
    check_said("[features]\nofi_levels = 11\n", "ofi_levels is 1 to 10 levels");
}

TEST(models_are_checked_where_they_stand)
{
    check_said("[model]\nmodels = a@500=spread_bpz\n", "did you mean spread_bps?");
    check_said("[model]\nmodels = a@=vpin\n", "x.ini:2:10: ");
    check_said("[model]\nmodels = a@500=vpin a@500=vpin\n", "x.ini:2:10: ");
}

TEST(numbers_that_are_none)
{
    check_said("[model]\ntau = 1e\n", "\"1e\" is not a number");
    check_said("[model]\ntau = nan\n", "is not a number");
    check_said("[model]\ntau = 2\n", "tau is 0 to 1");
    check_said("[features]\nvpin_bucket_volume = 0\n", "vpin_bucket_volume is above 0");
    check_said("[features]\nvpin_bucket_volume = some\n", "is not a number, and not auto");
    check_said("[features]\nspread_tight_percentile = 0.9\n", "is below spread_wide_percentile");
    check_said("[model]\naccuracy_min = 200\n", "is more than accuracy_window = 100");
}

TEST(numbers_read_back_digit_by_digit)
{
    static const char *const texts[] = {"0.1", "0.30000000000000004",    "1e-07", "123456.789",
                                        "0",   "2.2250738585072014e-308"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        char ini[80], out[80];
        snprintf(ini, sizeof ini, "[model]\n%s = %s\n", i == 3 ? "eta" : "alpha", texts[i]);
        if (i == 3)
            snprintf(ini, sizeof ini, "[features]\nvpin_bucket_volume = %s\n", texts[i]);
        CHECK_EQ_I64(parse(ini), 0);
        unsigned key = i == 3 ? TD_KEY_features_vpin_bucket_volume : TD_KEY_model_alpha;
        config_value_text(&config_keys[key], &config, out, sizeof out);
        CHECK_EQ_STR(out, texts[i]);
    }
}
