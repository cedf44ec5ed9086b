#include "init/status.h"

#include "test.h"

#define S INT64_C(1000000000)

TEST(the_first_one_waits_until_there_is_something_to_say)
{
    CHECK(!status_due(true, false, 5 * S, 0, 900));
    CHECK(status_due(false, true, 5 * S, 0, 900));
}

TEST(news_wait_a_minute_and_the_rest_its_time)
{
    CHECK(!status_due(true, true, 159 * S, 100 * S, 900));
    CHECK(status_due(true, true, 160 * S, 100 * S, 900));
    CHECK(!status_due(false, true, 999 * S, 100 * S, 900));
    CHECK(status_due(false, true, 1000 * S, 100 * S, 900));
}

TEST(a_bench_may_have_it_each_second)
{
    CHECK(status_due(false, true, 101 * S, 100 * S, 1));
    CHECK(!status_due(true, true, 100 * S, 100 * S, 1));
}
