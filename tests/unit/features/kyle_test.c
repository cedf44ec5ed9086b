#include "features/kyle.h"

#include <stdlib.h>

#include "test.h"

struct pairs {
    struct kyle kyle;
    struct moments returns;
};

static void add(struct pairs *pairs, double log_return, int64_t ofi)
{
    int64_t fixed = (int64_t)(log_return * 0x1p56);
    kyle_add(&pairs->kyle, fixed, ofi);
    moments_add(&pairs->returns, fixed);
}

static int64_t flow_of(int i)
{
    return i * 7919 % 2001 - 1000;
}

/* Returns of about 1e-5, as ticks of a liquid market have: r2 is not lost (SPEC's correction). */
TEST(a_synthetic_lambda_is_recovered)
{
    struct pairs pairs = {0};
    for (int i = 0; i < 5000; i++)
        add(&pairs, 2.5e-6 * (double)flow_of(i) * 0.01,
            flow_of(i)); /* scale 2: 0.01 units a step */
    struct kyle_values values = kyle_of(&pairs.kyle, &pairs.returns, 0.01);
    CHECK_NEAR_F64(values.lambda, 2.5e-6, 2.5e-15);
    CHECK_NEAR_F64(values.r2, 1.0, 1e-9);
}

TEST(noise_lowers_r2_and_not_lambda)
{
    struct pairs pairs = {0};
    for (int i = 0; i < 5000; i++) /* each flow twice, with opposite noise */
        for (int sign = -1; sign <= 1; sign += 2)
            add(&pairs, 1e-8 * (double)flow_of(i) + sign * 1e-5, flow_of(i));
    struct kyle_values values = kyle_of(&pairs.kyle, &pairs.returns, 1);
    CHECK_NEAR_F64(values.lambda, 1e-8, 1e-15);
    CHECK(values.r2 > 0.2 && values.r2 < 0.3);
}

TEST(guards)
{
    struct pairs pairs = {0};
    add(&pairs, 1e-5, 3);
    CHECK_EQ_F64(kyle_of(&pairs.kyle, &pairs.returns, 1).lambda, NAN); /* n < 2 */
    add(&pairs, 2e-5, 3);
    CHECK_EQ_F64(kyle_of(&pairs.kyle, &pairs.returns, 1).lambda, NAN); /* no variance */
    add(&pairs, 2e-5, 5);
    CHECK(!isnan(kyle_of(&pairs.kyle, &pairs.returns, 1).lambda));
    CHECK_EQ_F64(kyle_of(&pairs.kyle, &pairs.returns, 1e-6).lambda, NAN); /* variance of 1e-12 */
    for (int i = 3; i < 9; i++)
        add(&pairs, 1e-5 * i, i);
    CHECK_EQ_F64(kyle_of(&pairs.kyle, &pairs.returns, 1).r2, NAN); /* n = 9 */
    add(&pairs, 1e-5, 9);
    CHECK(!isnan(kyle_of(&pairs.kyle, &pairs.returns, 1).r2));
    CHECK(!isnan(kyle_of(&pairs.kyle, &pairs.returns, 1e-6).r2));
}

TEST(still_prices_have_no_r2)
{
    struct pairs pairs = {0};
    for (int i = 0; i < 50; i++)
        add(&pairs, 0, i);
    struct kyle_values values = kyle_of(&pairs.kyle, &pairs.returns, 1);
    CHECK_EQ_F64(values.lambda, 0.0);
    CHECK_EQ_F64(values.r2, NAN);
}

/* What leaves leaves nothing behind, whatever its size. */
TEST(what_left_does_not_show)
{
    struct pairs pairs = {0};
    for (int i = 0; i < 100; i++)
        add(&pairs, 1e-5 * i, flow_of(i));
    struct kyle_values before = kyle_of(&pairs.kyle, &pairs.returns, 1);
    int64_t large = INT64_C(1) << 61, jump = INT64_C(40) << 56;
    for (int i = 0; i < 1000; i++) {
        kyle_add(&pairs.kyle, i % 2 ? jump : -jump, large);
        moments_add(&pairs.returns, jump);
    }
    for (int i = 0; i < 1000; i++) {
        kyle_remove(&pairs.kyle, i % 2 ? jump : -jump, large);
        moments_remove(&pairs.returns, jump);
    }
    struct kyle_values after = kyle_of(&pairs.kyle, &pairs.returns, 1);
    CHECK_EQ_F64(before.lambda, after.lambda);
    CHECK_EQ_F64(before.r2, after.r2);
}
