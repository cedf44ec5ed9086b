#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "sync/lock.h"

TEST(one_at_a_time_and_the_second_learns_who)
{
    const char *folder = test_tmpdir();
    int64_t holder = 0;
    int lock = lock_take(folder, &holder);
    CHECK(lock >= 0);
    CHECK_EQ_I64(lock_take(folder, &holder), TD_E_BUSY);
    CHECK_EQ_I64(holder, getpid());
    lock_leave(lock);
    lock = lock_take(folder, &holder);
    CHECK(lock >= 0);
    lock_leave(lock);
}

TEST(a_dead_process_holds_nothing)
{
    const char *folder = test_tmpdir();
    int64_t holder = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(lock_take(folder, &holder) < 0);
    int status = 1;
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    CHECK_EQ_I64(status, 0);
    int lock = lock_take(folder, &holder);
    CHECK(lock >= 0);
    lock_leave(lock);
}

TEST(no_folder)
{
    int64_t holder = 0;
    CHECK_EQ_I64(lock_take("/nowhere/at/all", &holder), TD_E_IO);
}
