#include <math.h>

#include "features/quotewatch.h"
#include "test.h"

TEST(clamps)
{
    CHECK_EQ_F64(stability_score(0, 0, 0), 100.0);
    CHECK_EQ_F64(stability_score(1, 0, 0.5), 100.0);
    CHECK_EQ_F64(stability_score(-3, 0, 0.1), 100.0);
    CHECK_EQ_F64(stability_score(10, 1, 5), 0.0);
    CHECK_EQ_F64(stability_score(1000, -1, 500), 0.0);
    CHECK_NEAR_F64(stability_score(5.5, 0, 0), 80, 1e-12);  /* half of 40 */
    CHECK_NEAR_F64(stability_score(0, 0.5, 0), 85, 1e-12);  /* half of 30 */
    CHECK_NEAR_F64(stability_score(0, 0, 2.75), 85, 1e-12); /* half of 30 */
    CHECK_NEAR_F64(stability_score(10, 0.25, 5), 22.5, 1e-12);
}

TEST(imbalance_counts_alike_on_both_sides)
{
    for (int i = 0; i <= 100; i++)
        CHECK_EQ_F64(stability_score(3, i / 100.0, 1), stability_score(3, -i / 100.0, 1));
}

TEST(categories_begin_at_40_and_70)
{
    CHECK(stability_category(100) == STABILITY_STABLE);
    CHECK(stability_category(70) == STABILITY_STABLE);
    CHECK(stability_category(nextafter(70, 0)) == STABILITY_MODERATE);
    CHECK(stability_category(40) == STABILITY_MODERATE);
    CHECK(stability_category(nextafter(40, 0)) == STABILITY_UNSTABLE);
    CHECK(stability_category(0) == STABILITY_UNSTABLE);
}

/* By the score itself: 69.96 is shown as 70.0 and is MODERATE. */
TEST(category_of_the_unrounded_score)
{
    double score = stability_score(1, 1, 0.506);

    CHECK_NEAR_F64(score, 69.96, 1e-9);
    CHECK(stability_category(score) == STABILITY_MODERATE);
}

TEST(no_score_without_its_inputs)
{
    CHECK(isnan(stability_score(NAN, 0, 0)));
    CHECK(isnan(stability_score(1, NAN, 0)));
    CHECK(isnan(stability_score(1, 0, NAN)));
}
