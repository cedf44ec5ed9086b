#include "features/exact.h"

#include <math.h>

#include "test.h"

TEST(nulls_are_skipped_not_counted_as_zero)
{
    struct exact_sum sum = {0};
    exact_add(&sum, NAN);
    CHECK(isnan(exact_mean(&sum)));
    exact_add(&sum, 3);
    exact_add(&sum, NAN);
    exact_add(&sum, 5);
    CHECK_EQ_F64(exact_mean(&sum), 4.0);
    CHECK_EQ_U64(sum.count, 2);
}

/* What a running double would have lost is still there when the large value has left. */
TEST(nothing_of_what_left_stays)
{
    struct exact_sum sum = {0};
    exact_add(&sum, 1e-7);
    exact_add(&sum, 1e17);
    exact_remove(&sum, 1e17);
    CHECK_NEAR_F64(exact_total(&sum), 1e-7, 1e-19);
}

TEST(variance_is_of_a_sample_and_does_not_cancel)
{
    struct exact_moments m = {0};
    CHECK(isnan(exact_variance(&m)));
    exact_moments_add(&m, INT64_C(4000000000000000001));
    CHECK(isnan(exact_variance(&m)));
    exact_moments_add(&m, INT64_C(4000000000000000003));
    CHECK_EQ_F64(exact_variance(&m), 2.0);
    exact_moments_add(&m, INT64_C(4000000000000000002));
    CHECK_EQ_F64(exact_variance(&m), 1.0);
    exact_moments_remove(&m, INT64_C(4000000000000000002));
    CHECK_EQ_F64(exact_variance(&m), 2.0);
}

TEST(variance_of_negative_and_mixed_values)
{
    struct exact_moments m = {0};
    const int64_t values[] = {-7, 3, 3, -1, 12};
    for (int i = 0; i < 5; i++)
        exact_moments_add(&m, values[i]);
    CHECK_NEAR_F64(exact_variance(&m), 48.0, 1e-12);
}

TEST(returns_keep_their_digits_where_the_move_is_tiny)
{
    double r = exact_log_ratio(INT64_C(10000000000001), INT64_C(10000000000000));
    CHECK_NEAR_F64(r / 1e-13, 1.0, 1e-12);
    CHECK(isnan(exact_log_ratio(5, 0)));
    CHECK(isnan(exact_log_ratio(0, 5)));
    CHECK(isnan(exact_log_ratio(-1, 5)));
}

TEST(volatility_is_the_root_of_the_sum_of_squares)
{
    struct exact_moments m = {0};
    CHECK(isnan(exact_return_volatility(&m)));
    exact_moments_add(&m, exact_return(0.003));
    exact_moments_add(&m, exact_return(-0.004));
    CHECK_NEAR_F64(exact_return_volatility(&m), 0.005, 1e-15);
    CHECK_NEAR_F64(exact_return_variance(&m), 0.0000245, 1e-17);
}
