#include "init/loop.h"

#include "init/services.h"
#include "test.h"

static const struct tunables quick = {.hang_s = 20, .hangs = 3, .restart_s = 30};

static int answer(void *arg)
{
    return *(int *)arg;
}

/* One that has ended counts as under way until a turn has fetched it: without a wait this is refused each time. */
TEST(a_step_waits_for_the_one_that_is_under_way)
{
    int first = 1, second = 42;
    services_init(&quick);
    CHECK(loop_aside_begin(answer, &first));
    CHECK(!loop_aside_begin(answer, &second));
    CHECK_EQ_I64(loop_aside(answer, &second, 60), 42);
    CHECK_EQ_I64(loop_aside(answer, &first, 60), 1);
}
