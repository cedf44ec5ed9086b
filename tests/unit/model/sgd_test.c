#include "model/sgd.h"
#include "model_rig.h"

TEST(sigmoid_is_stable)
{
    CHECK_EQ_F64(sigmoid(0), 0.5);
    CHECK_EQ_F64(sigmoid(-0.0), 0.5);
    CHECK_EQ_F64(sigmoid(1e308), 1);
    CHECK_EQ_F64(sigmoid(-1e308), 0);
    CHECK_EQ_F64(sigmoid(-INFINITY), 0);
    CHECK_EQ_F64(sigmoid(INFINITY), 1);
    for (double x = -30; x <= 30; x += 0.37) {
        double exact = (double)(1 / (1 + expl(-(long double)x)));
        CHECK_NEAR_F64(sigmoid(x), exact, 4e-16 * exact);
        CHECK_NEAR_F64(sigmoid(x) + sigmoid(-x), 1, 3e-16);
    }
}

/* The step of the specification in long double, weights and all. */
static void exact_step(long double *w, long double *c, const double *z, int label)
{
    long double p = *c;
    for (int i = 0; i < 4; i++)
        p += w[i] * z[i];
    long double g = 1 / (1 + expl(-p)) - label;
    for (int i = 0; i < 4; i++)
        w[i] = w[i] * 0.999999L - 0.01L * g * z[i];
    *c -= 0.01L * g;
}

TEST(follows_the_step_over_100000_samples)
{
    struct sgd sgd = {0};
    long double w[4] = {0}, c = 0, margin_most = 0;
    uint64_t random = 11;
    for (int step = 0; step < 100000; step++) {
        double z[4];
        for (int i = 0; i < 4; i++)
            z[i] = 1.7 * rig_uniform(&random);
        int label = z[0] - 0.5 * z[2] + 2 * rig_uniform(&random) > 0.7;
        double margin = fabs(sgd_margin(&sgd, z, 4));
        margin_most = margin > margin_most ? margin : margin_most;
        sgd_step(&sgd, z, 4, label, 0.01, 0.0001);
        exact_step(w, &c, z, label);
    }
    CHECK(margin_most > 2 && margin_most < 18);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR_F64(sgd.w[i], (double)w[i], 1e-9 * fabs((double)w[i]));
    CHECK_NEAR_F64(sgd.c, (double)c, 1e-9 * fabs((double)c));
    CHECK(sgd.w[0] > 0.5 && sgd.w[2] < -0.2);
}

TEST(shrinking_spares_the_intercept)
{
    struct sgd sgd = {.w = {3, -2}, .c = 4};
    double zero[2] = {0, 0};
    sgd_step(&sgd, zero, 2, 1, 0.01, 0.5);
    CHECK_EQ_F64(sgd.w[0], 3 * (1 - 0.01 * 0.5));
    CHECK_EQ_F64(sgd.w[1], -2 * (1 - 0.01 * 0.5));
    CHECK_NEAR_F64(sgd.c, 4 + 0.01 * (1 - sigmoid(4)), 1e-15);
    sgd_step(&sgd, zero, 2, 1, 2, 0.6); /* eta * alpha above 1: to nothing, not past it */
    CHECK_EQ_F64(sgd.w[0], 0);
}

/* 1 - sigmoid(40) is 4e-18, which a subtraction would lose. */
TEST(large_margins_still_move_by_the_right_amount)
{
    struct sgd sgd = {.w = {40}};
    double z[1] = {1};
    sgd_step(&sgd, z, 1, 1, 1e17, 0);
    CHECK_NEAR_F64(sgd.w[0] - 40, 1e17 * exp(-40.0), 1e-9);
}

TEST(huge_weights_are_not_sound)
{
    struct sgd sgd = {.w = {1e90, -1e90}, .c = 1e90};
    CHECK(sgd_sound(&sgd, 2));
    sgd.w[1] = NAN;
    CHECK(!sgd_sound(&sgd, 2));
    CHECK(sgd_sound(&sgd, 1));
    sgd.c = -1.1e90;
    CHECK(!sgd_sound(&sgd, 1));
}
