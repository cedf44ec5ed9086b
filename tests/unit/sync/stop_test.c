#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "sync/stop.h"

/* What a child makes of so many signals to itself; it would sleep for an hour. */
static int child_of(int signals, int number)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    int status = -1;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        stop_listen();
        int before = stop_wished();
        for (int i = 0; i < signals; i++)
            raise(number);
        stop_sleep_until(clock->mono_ns(clock->ctx) + 3600 * TD_NS_PER_S);
        _exit(before ? 1 : stop_wished() ? 0 : 2);
    }
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(the_first_signal_is_a_wish)
{
    CHECK_EQ_I64(child_of(1, SIGTERM), 0);
    CHECK_EQ_I64(child_of(1, SIGINT), 0);
}

TEST(the_second_one_ends_at_once)
{
    CHECK_EQ_I64(child_of(2, SIGTERM), 128 + SIGTERM);
    CHECK_EQ_I64(child_of(2, SIGINT), 128 + SIGINT);
}

TEST(a_time_that_is_past_is_not_waited_for)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    stop_sleep_until(clock->mono_ns(clock->ctx) - TD_NS_PER_S);
    CHECK(!stop_wished());
}
