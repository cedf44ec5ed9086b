#include <stdio.h>

#include <mbedtls/sha256.h>

#include "model_rig.h"

static struct model_params params;

static struct rig trained(void)
{
    params = model_defaults();
    struct rig rig = rig_open(&params);
    struct rig_market market = {.random = 5, .mid = 1000};
    for (int i = 0; i < 5000; i++)
        rig_market_event(&rig, &market);
    return rig;
}

static size_t text_of(const struct rig *rig, char out[2000])
{
    int bytes = model_weights_text(rig->model, out, 2000);
    CHECK(bytes > 0);
    return (size_t)bytes;
}

/* The text with the hash that belongs to it. */
static size_t signed_text(const char *body, char out[4200])
{
    unsigned char digest[32];
    int bytes = snprintf(out, 4000, "%ssha256 = ", body);
    mbedtls_sha256((const unsigned char *)body, strlen(body), digest, 0);
    for (int i = 0; i < 32; i++)
        bytes += snprintf(out + bytes, 3, "%02x", digest[i]);
    out[bytes++] = '\n';
    return (size_t)bytes;
}

TEST(text_and_back_is_the_same_bit_for_bit)
{
    char text[2000], again[2000];
    struct rig rig = trained(), other = rig_open(&params);
    size_t bytes = text_of(&rig, text);
    char complaint[200] = "none";
    CHECK_EQ_I64(model_weights_check(text, bytes, &params, complaint, sizeof complaint), 0);
    CHECK(model_weights_take(other.model, text, bytes));
    CHECK_EQ_U64(text_of(&other, again), bytes);
    CHECK_EQ_MEM(text, again, bytes);
    struct model_stats a = model_stats(rig.model), b = model_stats(other.model);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_F64(a.weight[i], b.weight[i]);
    CHECK_EQ_F64(a.intercept, b.intercept);
    double inputs[4] = {1, 0.25, 50, 0.1};
    rig_event_of(&rig, 1e9, 100, inputs);
    rig_event_of(&other, 1e9, 100, inputs);
    CHECK_EQ_F64(model_stats(rig.model).probability, model_stats(other.model).probability);
    CHECK(model_stats(other.model).probability != 0.5);
    rig_close(&rig);
    rig_close(&other);
}

TEST(an_untrained_model_has_a_text_too)
{
    char text[2000];
    params = model_defaults();
    struct rig rig = rig_open(&params);
    size_t bytes = text_of(&rig, text);
    CHECK(model_weights_take(rig.model, text, bytes));
    rig_event(&rig, 0, 100);
    CHECK_EQ_F64(model_stats(rig.model).probability, 0.5);
    rig_close(&rig);
}

TEST(counts_accuracy_and_samples_stay)
{
    char text[2000];
    struct rig rig = trained(), target = trained();
    struct rig_market more = {.random = 6, .mid = 1000, .ms = 1e8};
    for (int i = 0; i < 500; i++)
        rig_market_event(&target, &more);
    size_t bytes = text_of(&rig, text);
    struct model_stats before = model_stats(target.model);
    CHECK(model_weights_take(target.model, text, bytes));
    struct model_stats after = model_stats(target.model);
    CHECK_EQ_F64(after.intercept, model_stats(rig.model).intercept);
    CHECK(after.intercept != before.intercept);
    CHECK_EQ_U64(after.samples_change, before.samples_change);
    CHECK_EQ_U64(after.samples_no_change, before.samples_no_change);
    CHECK_EQ_F64(after.accuracy, before.accuracy);
    CHECK_EQ_F64(after.brier, before.brier);
    CHECK_EQ_I64(after.waiting, before.waiting);
    rig_close(&rig);
    rig_close(&target);
}

/* Any changed byte, any missing end. */
TEST(any_damage_is_refused_and_changes_nothing)
{
    char text[2000], bad[2000], before[2000], after[2000], complaint[200];
    struct rig rig = trained();
    size_t bytes = text_of(&rig, text);
    struct rig_market more = {.random = 6, .mid = 1000, .ms = 1e8};
    for (int i = 0; i < 500; i++)
        rig_market_event(&rig, &more);
    size_t own = text_of(&rig, before);
    for (size_t i = 0; i + 1 < bytes; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(bad, text, bytes);
            bad[i] = (char)(bad[i] ^ 1 << bit);
            complaint[0] = '\0';
            CHECK_EQ_I64(model_weights_check(bad, bytes, &params, complaint, sizeof complaint),
                         TD_E_CONFIG);
            CHECK(complaint[0] != '\0');
            CHECK(!model_weights_take(rig.model, bad, bytes));
        }
    for (size_t cut = 0; cut + 1 < bytes; cut++)
        CHECK(!model_weights_take(rig.model, text, cut));
    CHECK(model_weights_take(rig.model, before, own)); /* a good one still is */
    CHECK_EQ_U64(text_of(&rig, after), own);
    CHECK_EQ_MEM(before, after, own);
    rig_close(&rig);
}

#define HEAD "model = sgd-v1\nfeatures = spread_bps+imbalance+depth+volatility\n"
#define REST "mean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 -2 3e-1 4\nc = -0.5\n"
#define GOOD HEAD "n = 10\n" REST

static void refused(const char *body, const char *says)
{
    char text[4200], complaint[200] = "";
    size_t bytes = signed_text(body, text);
    params = model_defaults();
    CHECK_EQ_I64(model_weights_check(text, bytes, &params, complaint, sizeof complaint),
                 TD_E_CONFIG);
    if (strstr(complaint, says) == NULL)
        FAIL("'%s' does not say '%s'", complaint, says);
}

TEST(a_text_by_hand_is_taken)
{
    char text[4200], complaint[200] = "";
    params = model_defaults();
    static const char *const fine[] = {
        GOOD,
        "c=-0.5\r\nw =1 -2  0.3 4 \r\n\r\nm2 = 1 2 3 4\nmean = 1 2 3 4\nn=10\n" HEAD,
        HEAD "n = 1\nmean = 1 2 3 4\nm2 = 0 0 0 0\nw = 0 0 0 0\nc = 0\n",
        HEAD "n = 1000000000000000\nmean = 1e70 -1e70 0 0\nm2 = 1e150 0 0 1\nw = 1e80 0 0 0\n"
             "c = 1e80\n",
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        size_t bytes = signed_text(fine[i], text);
        if (model_weights_check(text, bytes, &params, complaint, sizeof complaint) != 0)
            FAIL("text %zu: %s", i, complaint);
    }
    struct rig rig = rig_open(&params);
    CHECK(model_weights_take(rig.model, text, signed_text(GOOD, text)));
    CHECK_EQ_F64(model_stats(rig.model).weight[2], 0.3);
    double inputs[4] = {1, 2, 3, 4 + sqrt(0.4)};
    rig_event_of(&rig, 0, 100, inputs);
    CHECK_NEAR_F64(model_stats(rig.model).probability, 1 / (1 + exp(-3.5)), 1e-15);
    rig_close(&rig);
}

TEST(what_does_not_fit_the_model_is_named)
{
    refused("model = other\n" GOOD, "line 1: model is 'other', not 'sgd-v1'");
    refused("model = sgd-v1\nfeatures = spread_bps+depth+imbalance+volatility\nn = 10\n" REST,
            "line 2: feature 2 is 'depth', the model's is 'imbalance'");
    refused("model = sgd-v1\nfeatures = spread_bps+imbalance+depth\nn = 10\n" REST,
            "3 features, the model has 4");
    refused("model = sgd-v1\nfeatures = spread_bps+imbalance+depth+volatility+depth\nn = 10\n" REST,
            "'depth' is one more than the model's 4");
    refused("model = sgd-v1\nfeatures = spread_bps+imbalanse+depth+volatility\nn = 10\n" REST,
            "'imbalanse' is not known");
    refused(HEAD "n = 10\nmean = 1 2 3\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = 0\n", "mean has 3 numbers");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4 5\nw = 1 2 3 4\nc = 0\n",
            "m2 has more than 4 numbers");
}

TEST(numbers_that_cannot_be_are_named)
{
    refused(HEAD "n = ten\n" REST, "n is no count: 'ten'");
    refused(HEAD "n = -1\n" REST, "n is no count");
    refused(HEAD "n = 1000000000000001\n" REST, "beyond 1e15");
    refused(HEAD "n = 10\nmean = 1 nan 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = 0\n",
            "mean: 'nan' is no finite number");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 inf 4\nw = 1 2 3 4\nc = 0\n", "m2: 'inf'");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 1e999\nc = 0\n", "w: '1e999'");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = 0x10\n", "c: '0x10'");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc =\n", "c: ''");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = 1 2\n", "c: '1 2'");
    refused(HEAD "n = 10\nmean = 1e71 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = 0\n", "beyond 1e70");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = -1 2 3 4\nw = 1 2 3 4\nc = 0\n",
            "spread_bps: m2 is negative");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1e151 2 3 4\nw = 1 2 3 4\nc = 0\n", "beyond 1e150");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 1e-200 4\nw = 1 2 3 4\nc = 0\n",
            "depth: m2 is too small");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4e80\nc = 0\n",
            "volatility: w is beyond 1e80");
    refused(HEAD "n = 10\nmean = 1 2 3 4\nm2 = 1 2 3 4\nw = 1 2 3 4\nc = -1e81\n",
            "c is beyond 1e80");
    refused(HEAD "n = 0\nmean = 1 0 0 0\nm2 = 0 0 0 0\nw = 1 2 3 4\nc = 0\n",
            "of fewer samples than n says");
    refused(HEAD "n = 1\n" REST, "of fewer samples than n says");
}

TEST(form_that_is_wrong_is_named)
{
    refused("", "'model' is missing");
    refused(HEAD REST, "'n' is missing");
    refused(GOOD "c = 1\n", "line 8: 'c' stands twice");
    refused(GOOD "extra = 1\n", "'extra' is not known");
    refused(GOOD "words\n", "no 'key = value': 'words'");
    refused(GOOD "w\x01\xff = 4\n", "'w\?\?' is not known");
    char text[4200], complaint[200];
    size_t bytes = signed_text(GOOD, text);
    memcpy(text + bytes, "c = 4\n", 6);
    CHECK(model_weights_check(text, bytes + 6, &params, complaint, sizeof complaint) < 0);
    CHECK(strstr(complaint, "'c' behind sha256") != NULL);
    CHECK(model_weights_check(GOOD, strlen(GOOD), &params, complaint, sizeof complaint) < 0);
    CHECK_EQ_STR(complaint, "'sha256' is missing");
    text[30] ^= 1;
    CHECK(model_weights_check(text, bytes, &params, complaint, sizeof complaint) < 0);
    static char big[5000];
    memset(big, '\n', sizeof big);
    CHECK(model_weights_check(big, sizeof big, &params, complaint, sizeof complaint) < 0);
    CHECK(strstr(complaint, "longer than") != NULL);
}

TEST(a_changed_number_is_told_by_the_hash)
{
    char text[4200], complaint[200];
    params = model_defaults();
    size_t bytes = signed_text(GOOD, text);
    *strstr(text, "-0.5") = '0';
    memcpy(strstr(text, "00.5"), "10.5", 4);
    CHECK(model_weights_check(text, bytes, &params, complaint, sizeof complaint) < 0);
    CHECK(strstr(complaint, "line 8: sha256 of the lines above is") != NULL);
}

TEST(no_room_is_said)
{
    char text[2000];
    struct rig rig = trained();
    size_t bytes = text_of(&rig, text);
    for (size_t cap = 1; cap <= bytes; cap += 13)
        CHECK_EQ_I64(model_weights_text(rig.model, text, cap), TD_E_NO_ROOM);
    CHECK_EQ_I64(model_weights_text(rig.model, text, bytes), TD_E_NO_ROOM);
    CHECK_EQ_I64(model_weights_text(rig.model, text, bytes + 1), (int64_t)bytes);
    rig_close(&rig);
}
