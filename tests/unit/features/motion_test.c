#include "features/motion.h"

#include <math.h>

#include "base/limits.h"
#include "test.h"

TEST(speed_and_its_change)
{
    struct motion motion = {0};
    motion_reset(&motion);
    motion_add(&motion, 2000, 10 * TD_NS_PER_S);
    CHECK_EQ_F64(motion_velocity(&motion), NAN);
    CHECK_EQ_F64(motion_log_return(&motion), NAN);
    motion_add(&motion, 2010, 12 * TD_NS_PER_S);
    CHECK_EQ_F64(motion_velocity(&motion), 2.5);
    CHECK_EQ_F64(motion_acceleration(&motion), NAN);
    motion_add(&motion, 2030, 13 * TD_NS_PER_S);
    CHECK_EQ_F64(motion_velocity(&motion), 10.0);
    CHECK_EQ_F64(motion_acceleration(&motion), 7.5 / 1.5);
    CHECK_NEAR_F64(motion_log_return(&motion), log(2030.0 / 2010.0), 1e-15);
    motion_add(&motion, 2030, 13 * TD_NS_PER_S); /* no time between */
    CHECK_EQ_F64(motion_velocity(&motion), NAN);
    CHECK_EQ_F64(motion_acceleration(&motion), NAN);
    CHECK_EQ_F64(motion_log_return(&motion), 0.0);
    motion_add(&motion, 2040, 14 * TD_NS_PER_S); /* none between the two before */
    CHECK_EQ_F64(motion_velocity(&motion), 5.0);
    CHECK_EQ_F64(motion_acceleration(&motion), NAN);
    motion_reset(&motion);
    motion_add(&motion, 2040, 15 * TD_NS_PER_S);
    CHECK_EQ_F64(motion_velocity(&motion), NAN);
}

/* A tick at a high price keeps its digits. */
TEST(a_small_return)
{
    struct motion motion = {0};
    motion_add(&motion, INT64_C(2000000000000001), 1);
    motion_add(&motion, INT64_C(2000000000000002), 2);
    CHECK_NEAR_F64(motion_log_return(&motion), 5e-16, 1e-30);
}

TEST(a_finer_scale)
{
    struct motion motion = {0};
    motion_add(&motion, 2000, 0);
    motion_add(&motion, 2010, TD_NS_PER_S);
    CHECK(motion_rescale(&motion, 100));
    CHECK_EQ_F64(motion_velocity(&motion), 500.0);
    CHECK(!motion_rescale(&motion, INT64_C(1) << 50));
}
