#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

static const int numbers[] = {
#define X(name, number, text) number,
#include "base/err.def"
#undef X
};
enum { COUNT = sizeof numbers / sizeof *numbers };

TEST(names_and_texts)
{
    CHECK_EQ_STR(td_err_name(0), "TD_OK");
    CHECK_EQ_STR(td_err_name(-1), "TD_E_RANGE");
    CHECK_EQ_STR(td_err_name(TD_E_PARQUET_CRC), "TD_E_PARQUET_CRC");
    CHECK_EQ_STR(td_err_name(-9999), "TD_E_?");
    CHECK_EQ_STR(td_err_text(TD_E_DISK_FULL), "the disk is full");
    CHECK(strlen(td_err_text(-9999)) > 0);
}

TEST(numbers_are_negative_and_unique)
{
    for (int i = 0; i < COUNT; i++) {
        CHECK(numbers[i] < 0);
        for (int j = 0; j < i; j++)
            CHECK(numbers[i] != numbers[j]);
    }
}

static td_err tried(td_err inner)
{
    TD_TRY(inner);
    return 7;
}

static td_err failed_if(int condition)
{
    TD_FAIL_IF(condition, TD_E_BUSY);
    return 0;
}

TEST(try_passes_errors_only)
{
    CHECK_EQ_I64(tried(TD_E_IO), TD_E_IO);
    CHECK_EQ_I64(tried(0), 7);
    CHECK_EQ_I64(tried(12), 7);
    CHECK_EQ_I64(failed_if(1), TD_E_BUSY);
    CHECK_EQ_I64(failed_if(0), 0);
}

TEST(broken_invariant_aborts_and_says_where)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        TD_ASSERT(1 + 1 == 3, "sums hold");
        _exit(0);
    }
    close(ends[1]);
    char said[600] = {0};
    size_t used = 0;
    for (ssize_t got;
         used < sizeof said - 1 && (got = read(ends[0], said + used, sizeof said - 1 - used)) > 0;)
        used += (size_t)got;
    close(ends[0]);
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(said, "err_test.c:") != NULL);
    CHECK(strstr(said, "sums hold") != NULL);
    CHECK(strstr(said, "1 + 1 == 3") != NULL);
}
