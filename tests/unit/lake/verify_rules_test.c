#include "wide.h"

static struct wide_told told;

static void check_value(unsigned feature, double value, const char *expected)
{
    struct rig rig;
    wide_open(&rig, NULL, false);
    wide_row(&rig, wide_streams(&rig, ROW_FEATURES), feature, value);
    wide_verify(&rig, &told);
    if (expected)
        CHECK(strstr(told.text, expected) != NULL);
    else
        CHECK_EQ_STR(told.text, "");
}

TEST(an_imbalance_within_one_is_fine)
{
    check_value(FEATURE_imbalance_L5, -1, NULL);
}

TEST(an_imbalance_beyond_one_is_told)
{
    check_value(FEATURE_imbalance_L5, -1.001, "imbalance_L5 is not within -1..1 in row 0");
}

TEST(a_share_beyond_one_is_told)
{
    check_value(FEATURE_spread_regime_wide_frac, 1.001,
                "spread_regime_wide_frac is not within 0..1");
}

TEST(a_mid_price_of_zero_is_told)
{
    check_value(FEATURE_mid_price, 0, "mid_price is not positive");
}

/* `spread` has a rule, `spread_regime` is a word and has none of it. */
TEST(a_rule_is_of_its_column_alone)
{
    check_value(FEATURE_spread_regime, 0, NULL);
}

TEST(a_deviation_below_zero_is_told)
{
    check_value(FEATURE_rv_300s, -1e-9, "rv_300s is negative");
}
