#include "model/scaler.h"
#include "model_rig.h"

/* The same recurrences in long double, in the form that keeps the variance. */
struct exact {
    long double n, mean, variance;
};

static void exact_add(struct exact *e, double x)
{
    long double off = x - e->mean, n = e->n + 1;
    long double m2 = e->variance * e->n + e->n / n * off * off;
    e->mean = (e->mean * e->n + x) / n;
    e->variance = m2 / n;
    e->n = n;
}

TEST(follows_the_recurrences_over_100000_samples)
{
    struct scaler scaler;
    struct exact exact[3] = {0};
    uint64_t random = 3;
    scaler_clear(&scaler);
    for (int step = 0; step < 100000; step++) {
        double x[3] = {rig_uniform(&random), 1e5 + rig_uniform(&random) * 30,
                       step < 50000 ? -3 : 1e-3 * rig_uniform(&random)};
        scaler_add(&scaler, x, 3);
        for (int i = 0; i < 3; i++)
            exact_add(&exact[i], x[i]);
    }
    CHECK_EQ_U64(scaler.n, 100000);
    for (int i = 0; i < 3; i++) {
        double mean = (double)exact[i].mean, scale = (double)sqrtl(exact[i].variance);
        CHECK_NEAR_F64(scaler.mean[i], mean, 1e-9 * fabs(mean));
        CHECK_NEAR_F64(scaler.scale[i], scale, 1e-9 * scale);
    }
}

TEST(the_first_sample_scales_to_zero)
{
    struct scaler scaler;
    double x[2] = {17, -4}, z[2] = {1, 1};
    scaler_clear(&scaler);
    scaler_add(&scaler, x, 2);
    scaler_apply(&scaler, x, 2, z);
    CHECK_EQ_F64(z[0], 0);
    CHECK_EQ_F64(z[1], 0);
    CHECK_EQ_F64(scaler.scale[0], 1);
}

/* Rounding makes a variance of a constant that cannot be held exactly; it must not be divided by. */
TEST(a_constant_feature_has_scale_one)
{
    struct scaler scaler;
    double x[2] = {0.1 + 1e5, 0};
    scaler_clear(&scaler);
    for (int step = 0; step < 5000; step++) {
        scaler_add(&scaler, x, 2);
        CHECK_EQ_F64(scaler.scale[0], 1);
        CHECK_EQ_F64(scaler.scale[1], 1);
    }
}

TEST(the_least_real_change_ends_being_constant)
{
    struct scaler scaler;
    double same[1] = {5}, other[1] = {5.001};
    scaler_clear(&scaler);
    for (int step = 0; step < 100; step++)
        scaler_add(&scaler, same, 1);
    CHECK_EQ_F64(scaler.scale[0], 1);
    scaler_add(&scaler, other, 1);
    CHECK_NEAR_F64(scaler.scale[0], 0.001 * sqrt(100.0) / 101, 1e-9);
}

TEST(settle_gives_the_scales_that_adding_gave)
{
    struct scaler scaler, again;
    uint64_t random = 5;
    scaler_clear(&scaler);
    for (int step = 0; step < 1000; step++) {
        double x[2] = {rig_uniform(&random), 8};
        scaler_add(&scaler, x, 2);
        again = scaler;
        again.scale[0] = again.scale[1] = 77;
        scaler_settle(&again, 2);
        CHECK_EQ_F64(again.scale[0], scaler.scale[0]);
        CHECK_EQ_F64(again.scale[1], scaler.scale[1]);
    }
}

TEST(missing_and_absurd_inputs_are_incomplete)
{
    double fine[3] = {-1e70, 0, 1e70};
    CHECK(scaler_complete(fine, 3));
    static const double bad[] = {NAN, INFINITY, -INFINITY, 2e70, -1e300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double x[3] = {1, 2, bad[i]};
        CHECK(!scaler_complete(x, 3));
        CHECK(scaler_complete(x, 2));
    }
}

TEST(what_no_samples_can_have_is_not_sound)
{
    struct scaler scaler, bad;
    scaler_clear(&scaler);
    CHECK(scaler_sound(&scaler, 4));
    double x[2] = {1e70, -1e70};
    for (int i = 0; i < 10; i++) {
        scaler_add(&scaler, &x[i % 2], 1);
        CHECK(scaler_sound(&scaler, 1));
    }
    bad = scaler;
    bad.m2[0] = -1e-300;
    CHECK(!scaler_sound(&bad, 1));
    bad = scaler;
    bad.mean[0] = NAN;
    CHECK(!scaler_sound(&bad, 1));
    bad.mean[0] = INFINITY;
    CHECK(!scaler_sound(&bad, 1));
    bad = scaler;
    bad.m2[0] = NAN;
    CHECK(!scaler_sound(&bad, 1));
    bad = scaler;
    bad.n = 1;
    CHECK(!scaler_sound(&bad, 1));
    bad.m2[0] = 0;
    CHECK(scaler_sound(&bad, 1));
    bad.n = 0;
    bad.mean[0] = 3;
    CHECK(!scaler_sound(&bad, 1));
    bad.n = (UINT64_C(1) << 53) + 1;
    CHECK(!scaler_sound(&bad, 1));
}
