#include "lake/scores.h"

#include <math.h>

#include "test.h"

static struct scores_of of(const int (*pairs)[2], const float *probability, int count)
{
    struct scores scores = {0};
    for (int i = 0; i < count; i++)
        CHECK_EQ_I64(scores_add(&scores, pairs[i][0], pairs[i][1], probability[i]), 0);
    struct scores_of out = scores_of(&scores);
    scores_free(&scores);
    return out;
}

TEST(nothing_is_null)
{
    struct scores scores = {0};
    struct scores_of s = scores_of(&scores);
    CHECK_EQ_U64(s.pairs, 0);
    CHECK(isnan(s.accuracy));
    CHECK(isnan(s.balanced_accuracy));
    CHECK(isnan(s.auc));
    CHECK(isnan(s.brier));
    CHECK(isnan(s.base_rate));
}

TEST(counts_by_hand)
{
    const int pairs[][2] = {{1, 1}, {0, 1}, {0, 0}, {1, 0}, {0, 0}};
    const float probability[] = {0.75F, 0.25F, 0.125F, 0.5F, 0.25F};
    struct scores_of s = of(pairs, probability, 5);
    CHECK_EQ_F64(s.accuracy, 0.6);
    CHECK_NEAR_F64(s.balanced_accuracy, (0.5 + 2.0 / 3) / 2, 1e-15);
    CHECK_NEAR_F64(s.auc, (3 + 1.5) / 6, 1e-15);
    CHECK_NEAR_F64(s.brier, (0.0625 + 0.5625 + 0.015625 + 0.25 + 0.0625) / 5, 1e-15);
    CHECK_EQ_F64(s.base_rate, 0.6);
    CHECK_EQ_F64(s.positive_rate, 0.4);
}

TEST(one_label_alone_has_neither_auc_nor_balance)
{
    const int pairs[][2] = {{0, 0}, {1, 0}};
    const float probability[] = {0.2F, 0.9F};
    struct scores_of s = of(pairs, probability, 2);
    CHECK(isnan(s.auc));
    CHECK(isnan(s.balanced_accuracy));
    CHECK_EQ_F64(s.base_rate, 1.0);
    CHECK_EQ_F64(s.accuracy, 0.5);
}

TEST(equal_probabilities_count_half)
{
    const int pairs[][2] = {{1, 0}, {1, 1}, {1, 1}, {1, 0}};
    const float probability[] = {0.5F, 0.5F, 0.5F, 0.5F};
    CHECK_EQ_F64(of(pairs, probability, 4).auc, 0.5);
}

/* A probability of 0 is a probability; none at all is left out of AUC and Brier and stays in the counts. */
TEST(zero_is_no_null)
{
    const int pairs[][2] = {{0, 1}, {0, 0}, {1, 1}};
    const float probability[] = {0, -0.0F, NAN};
    struct scores_of s = of(pairs, probability, 3);
    CHECK_EQ_U64(s.pairs, 3);
    CHECK_EQ_F64(s.brier, 0.5);
    CHECK_EQ_F64(s.auc, 0.5);
}

TEST(joined_groups_score_as_one)
{
    struct scores a = {0}, b = {0}, all = {0};
    for (int i = 0; i < 100; i++) {
        int label = i * 7 % 10 < 3, prediction = i % 5 < 2;
        float probability = (float)(i * 37 % 101) / 101;
        scores_add(i % 2 ? &a : &b, prediction, label, probability);
        scores_add(&all, prediction, label, probability);
    }
    CHECK_EQ_I64(scores_join(&a, &b), 0);
    struct scores_of x = scores_of(&a), y = scores_of(&all);
    CHECK_EQ_F64(x.auc, y.auc);
    CHECK_EQ_F64(x.brier, y.brier);
    CHECK_EQ_F64(x.accuracy, y.accuracy);
    CHECK_EQ_F64(x.balanced_accuracy, y.balanced_accuracy);
    scores_free(&a);
    scores_free(&b);
    scores_free(&all);
}
