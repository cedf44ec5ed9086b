#include "model_rig.h"

static struct model_params parsed[MODELS_MAX];
static char complaint[200];

static int parse(const char *text)
{
    struct model_params base = model_defaults();
    base.tau = 0.5;
    return model_parse(text, &base, parsed, complaint, sizeof complaint);
}

/* Refused, with words that name what is wrong. */
static void refused(const char *text, const char *names)
{
    complaint[0] = '\0';
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    if (strstr(complaint, names) == NULL)
        FAIL("'%s': '%s' does not say '%s'", text, complaint, names);
}

TEST(nothing_is_no_model)
{
    CHECK_EQ_I64(parse(""), 0);
    CHECK_EQ_I64(parse("  , "), 0);
}

TEST(an_id_alone_is_the_base)
{
    CHECK_EQ_I64(parse("mine"), 1);
    CHECK_EQ_STR(parsed[0].id, "mine");
    CHECK_EQ_I64(parsed[0].horizon_ms, 500);
    CHECK_EQ_I64(parsed[0].input_count, 4);
    CHECK_EQ_I64(parsed[0].input[3], FEATURE_volatility);
    CHECK_EQ_F64(parsed[0].tau, 0.5);
}

TEST(several_with_horizons_and_features)
{
    CHECK_EQ_I64(parse("sgd-v1@100=spread_bps+imbalance  other@1000 third=depth,x_4@1"), 4);
    CHECK_EQ_STR(parsed[0].id, "sgd-v1");
    CHECK_EQ_I64(parsed[0].horizon_ms, 100);
    CHECK_EQ_I64(parsed[0].input_count, 2);
    CHECK_EQ_I64(parsed[0].input[1], FEATURE_imbalance);
    CHECK_EQ_I64(parsed[1].horizon_ms, 1000);
    CHECK_EQ_I64(parsed[1].input_count, 4);
    CHECK_EQ_STR(parsed[2].id, "third");
    CHECK_EQ_I64(parsed[2].horizon_ms, 500);
    CHECK_EQ_I64(parsed[2].input_count, 1);
    CHECK_EQ_I64(parsed[2].input[0], FEATURE_depth);
    CHECK_EQ_STR(parsed[3].id, "x_4");
}

TEST(every_number_can_be_an_input_and_sixteen_fit)
{
    CHECK_EQ_I64(
        parse("m=bid_price_L0+bid_size_L0+ask_price_L0+ask_size_L0+bid_price_L1+bid_size_L1+"
              "ask_price_L1+ask_size_L1+bid_price_L2+bid_size_L2+ask_price_L2+ask_size_L2+"
              "bid_price_L3+bid_size_L3+ask_price_L3+ask_size_L3"),
        1);
    CHECK_EQ_I64(parsed[0].input_count, 16);
    refused("m=bid_price_L0+bid_size_L0+ask_price_L0+ask_size_L0+bid_price_L1+bid_size_L1+"
            "ask_price_L1+ask_size_L1+bid_price_L2+bid_size_L2+ask_price_L2+ask_size_L2+"
            "bid_price_L3+bid_size_L3+ask_price_L3+ask_size_L3+depth",
            "'depth'");
}

TEST(complaints_name_the_word)
{
    refused("m=spread_bps+imbalanc", "'imbalanc' of model m is not known; did you mean imbalance?");
    refused("m=zzzzzzzzzzzzz", "'zzzzzzzzzzzzz'");
    refused("m=spread_bps+", "feature ''");
    refused("m=", "feature ''");
    refused("m=depth+depth", "'depth' of model m stands twice");
    refused("m=stability_category", "is a word");
    refused("m@0", "'0'");
    refused("m@-5", "'-5'");
    refused("m@3600001", "'3600001'");
    refused("m@half", "'half'");
    refused("m@=depth", "horizon ''");
    refused("@500", "id ''");
    refused("a*b", "'a*b'");
    refused("abcdefghijklmnopqrstuvwx", "'abcdefghijklmnopqrstuvwx'");
    refused("a b a@100", "'a' stands twice");
    refused("a b c d e f g h i", "'i' is one too many");
}

TEST(the_longest_id_fits)
{
    CHECK_EQ_I64(parse("abcdefghijklmnopqrstuvw@3600000"), 1);
    CHECK_EQ_I64((int64_t)strlen(parsed[0].id), MODEL_ID_MAX - 1);
}
