#include "features/smooth.h"

#include <math.h>

#include "base/limits.h"
#include "test.h"

TEST(closed_form_at_uneven_steps)
{
    static const double x[] = {3, -1, 4, 1, -5, 9}, dt_s[] = {0, 0.25, 3, 0.001, 40, 1.5};
    struct smooth s = {0};
    int64_t at_ns = 0;
    double weight[6] = {1};

    for (int i = 0; i < 6; i++) {
        double left = i == 0 ? 0 : exp(-dt_s[i] / 2), expected = 0;
        for (int j = 0; j < i; j++)
            weight[j] *= left;
        weight[i] = 1 - left;
        for (int j = 0; j <= i; j++)
            expected += weight[j] * x[j];
        at_ns += (int64_t)(dt_s[i] * 1e9);
        CHECK_NEAR_F64(smooth_add(&s, x[i], at_ns, 2, 0), expected, 1e-9);
    }
}

TEST(time_that_stands_changes_nothing)
{
    struct smooth s = {0};
    smooth_add(&s, 5, 1000, 2, 0);
    CHECK_EQ_F64(smooth_add(&s, 9, 1000, 2, 0), 5);
    CHECK_EQ_F64(smooth_add(&s, 9, 500, 2, 0), 5);
    CHECK_EQ_F64(smooth_share(-1, 2), 0);
}

TEST(a_pause_counts_600_s_at_most)
{
    CHECK_EQ_F64(smooth_share(3600 * TD_NS_PER_S, 1000), smooth_share(600 * TD_NS_PER_S, 1000));
    CHECK_NEAR_F64(smooth_share(600 * TD_NS_PER_S, 1000), 1 - exp(-0.6), 1e-15);
}

TEST(median_of_the_newest_first)
{
    struct smooth s = {0};
    static const double x[] = {1, 100, 3, 2, 50, 4, 5};
    static const double median[] = {1, 50.5, 3, 2.5, 3, 4, 4};

    for (int i = 0; i < 7; i++) /* steps so long that nothing of the past is left */
        CHECK_NEAR_F64(smooth_add(&s, x[i], i * 600 * TD_NS_PER_S, 1, 5), median[i], 1e-9);
}
