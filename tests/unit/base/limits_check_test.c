#include "test.h"

#include "base/limits_check.h"

/* The asserts of limits_check.h hold when this compiles; here the helper that they rest on is shown
 * to tell apart. */
TEST(power_of_two)
{
    CHECK(TD_IS_POWER_OF_TWO(1));
    CHECK(TD_IS_POWER_OF_TWO(4096));
    CHECK(!TD_IS_POWER_OF_TWO(0));
    CHECK(!TD_IS_POWER_OF_TWO(12));
    CHECK(!TD_IS_POWER_OF_TWO(-8));
}
