#include "init/process.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define CODE(n) ((n) << 8)

static const char *said(int status, const char *killed)
{
    static char text[128];
    process_end_text(status, killed, text, sizeof text);
    return text;
}

TEST(exit_codes_in_words)
{
    CHECK_EQ_STR(said(CODE(3), NULL), "exit code 3: configuration");
    CHECK_EQ_STR(said(CODE(5), NULL), "exit code 5: disk");
    CHECK_EQ_STR(said(CODE(0), NULL), "exit code 0: it ended by itself");
    CHECK_EQ_STR(said(CODE(127), NULL), "exit code 127: it could not be started");
    CHECK_EQ_STR(said(CODE(42), NULL), "exit code 42");
}

TEST(signals_in_words)
{
    CHECK_EQ_STR(said(SIGSYS, NULL), "signal 31: a forbidden system call");
    CHECK(strstr(said(SIGSEGV, NULL), "crashed") != NULL);
    CHECK(strstr(said(SIGABRT, NULL), "stopped itself") != NULL);
    CHECK_EQ_STR(said(SIGUSR1, NULL), "signal 10");
}

TEST(a_kill_of_ours_says_why)
{
    CHECK_EQ_STR(said(SIGKILL, "hung"), "hung");
    CHECK(strstr(said(SIGKILL, NULL), "from outside") != NULL);
    CHECK_EQ_STR(said(SIGTERM, "hung"), "signal 15");
}

/* The child's words, to its end. */
static int run(const struct process_plan *plan, char *words, size_t cap)
{
    int out, status = -1, pid = process_start(plan, &out);
    size_t bytes = 0;
    CHECK(pid > 0);
    for (ssize_t got = 1; got != 0;) {
        struct pollfd ready = {out, POLLIN, 0};
        poll(&ready, 1, -1);
        got = read(out, words + bytes, cap - 1 - bytes);
        bytes += got > 0 ? (size_t)got : 0;
    }
    words[bytes] = '\0';
    close(out);
    CHECK_EQ_I64(waitpid(pid, &status, 0), pid);
    return status;
}

static struct process_plan plan_of(const char *const *argv)
{
    return (struct process_plan){
        .argv = argv, .uid = 100, .gid = 101, .mask = 027, .calls = TD_RIGHTS_OWN};
}

TEST(a_child_has_its_user_and_no_rights)
{
    static const char *const argv[] = {"/bin/cat", "/proc/self/status", NULL};
    char words[8192];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    struct process_plan plan = plan_of(argv);
    CHECK_EQ_I64(run(&plan, words, sizeof words), 0);
    CHECK(strstr(words, "Uid:\t100\t100\t100\t100") != NULL);
    CHECK(strstr(words, "Gid:\t101\t101\t101\t101") != NULL);
    CHECK(strstr(words, "CapEff:\t0000000000000000") != NULL);
    CHECK(strstr(words, "CapBnd:\t0000000000000000") != NULL);
    CHECK(strstr(words, "NoNewPrivs:\t1") != NULL);
    CHECK(strstr(words, "Umask:\t0027") != NULL);
    CHECK(strstr(words, "SigBlk:\t0000000000000000") != NULL);
}

TEST(roots_child_keeps_what_the_plan_names)
{
    static const char *const argv[] = {"/bin/cat", "/proc/self/status", NULL};
    char words[8192];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    struct process_plan plan = {
        .argv = argv, .mask = 022, .capabilities = 1 << 10, .calls = TD_RIGHTS_OWN};
    CHECK_EQ_I64(run(&plan, words, sizeof words), 0);
    CHECK(strstr(words, "Uid:\t0\t0\t0\t0") != NULL);
    CHECK(strstr(words, "CapEff:\t0000000000000400") != NULL);
    CHECK(strstr(words, "CapBnd:\t0000000000000400") != NULL);
}

TEST(a_program_that_is_not_there_says_so)
{
    static const char *const argv[] = {"/bin/no-such-program", NULL};
    char words[512];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    struct process_plan plan = plan_of(argv);
    CHECK_EQ_I64(WEXITSTATUS(run(&plan, words, sizeof words)), PROCESS_NOT_RUN);
    CHECK(strstr(words, "no-such-program") != NULL);
}

static const enum td_rights_kind listed[] = {TD_RIGHTS_CHRONYD, TD_RIGHTS_UDHCPC, TD_RIGHTS_MDNSD};

TEST(a_program_runs_under_its_list)
{
    static const char *const argv[] = {"/bin/true", NULL};
    char words[512];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        struct process_plan plan = plan_of(argv);
        plan.calls = listed[i];
        CHECK_EQ_I64(run(&plan, words, sizeof words), 0);
        CHECK_EQ_STR(words, "");
    }
}

/* The shell's own kill, which no program of init's needs. */
TEST(a_program_that_leaves_its_list_is_ended)
{
    static const char *const argv[] = {"/bin/sh", "-c", "kill -0 $$", NULL};
    char words[512];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    struct process_plan plan = plan_of(argv);
    CHECK_EQ_I64(run(&plan, words, sizeof words), 0);
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        plan.calls = listed[i];
        int status = run(&plan, words, sizeof words);
        CHECK(td_rights_broken(status));
        CHECK_EQ_STR(said(status, NULL), "signal 31: a forbidden system call");
    }
}

/* udhcpc's hook: what it executes is held to the list, and may end as it likes. */
TEST(what_a_program_executes_inherits_the_list)
{
    static const char *const argv[] = {
        "/bin/sh", "-c", "/bin/true || exit 1; /bin/sh -c 'kill -0 $$'; exit $?", NULL};
    char words[512];
    if (getuid() != 0)
        SKIP("rights can only be given away by root");
    struct process_plan plan = plan_of(argv);
    CHECK_EQ_I64(run(&plan, words, sizeof words), 0);
    plan.calls = TD_RIGHTS_UDHCPC;
    CHECK_EQ_I64(WEXITSTATUS(run(&plan, words, sizeof words)), 128 + SIGSYS);
}

static int answer(void *arg)
{
    return *(int *)arg;
}

TEST(a_step_aside_tells_by_its_exit_code)
{
    int want = 42, status, pid = process_aside(answer, &want);
    CHECK(pid > 0);
    CHECK_EQ_I64(waitpid(pid, &status, 0), pid);
    CHECK_EQ_I64(WEXITSTATUS(status), 42);
}
