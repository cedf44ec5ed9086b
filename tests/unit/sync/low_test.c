#include "test.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync/low.h"

/* In a child: nobody gets a priority back without rights. */
static int in_a_child(int nice)
{
    int status = -1;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        low_priority(nice);
        int wrong = getpriority(PRIO_PROCESS, 0) != nice;
        wrong |= (syscall(SYS_sched_getscheduler, 0) != SCHED_IDLE) << 1;
        wrong |= (syscall(SYS_ioprio_get, 1, 0) >> 13 != 3) << 2;
        _exit(wrong);
    }
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(last_at_the_processor_and_at_the_disk)
{
    if (getpriority(PRIO_PROCESS, 0) > 10)
        SKIP("this runs with a nice value above 10 itself");
    int wrong = in_a_child(10);
    CHECK_EQ_I64(wrong & 1, 0);
    if (wrong)
        SKIP("this kernel lets nobody have %s",
             wrong & 2 ? "idle processor time" : "idle disk time");
}
