#include "init/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/exits.h"
#include "base/text.h"
#include "init/textfile.h"

enum { FILES_MAX = 1024, PROCESSES_MAX = 256 };

static char *const environment[] = {"PATH=/bin", "HOME=/tmp", "TZ=UTC", NULL};

/* ---- in the child ---------------------------------------------------------------------------------------------------- */

static _Noreturn void give_up(const char *what)
{
    dprintf(2, "%s: %s\n", what, strerror(errno));
    _exit(PROCESS_NOT_RUN);
}

static void plain_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
}

static void limit(int what, rlim_t value)
{
    struct rlimit to = {value, value};
    if (setrlimit(what, &to) != 0)
        give_up("limit");
}

static void set_limits(const struct process_plan *plan)
{
    char text[16];
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, FILES_MAX);
    limit(RLIMIT_MEMLOCK, plan->locks_memory ? RLIM_INFINITY : 64 << 10);
    if (plan->uid != 0)
        limit(RLIMIT_NPROC, PROCESSES_MAX);
    snprintf(text, sizeof text, "%d", plan->oom_score_adj);
    textfile_set("/proc/self/oom_score_adj", text);
    setpriority(PRIO_PROCESS, 0, plan->nice);
}

static void drop_rights(const struct process_plan *plan)
{
    for (int bit = 0; prctl(PR_CAPBSET_READ, bit) >= 0; bit++)
        if (plan->uid != 0 || !(plan->capabilities >> bit & 1))
            if (prctl(PR_CAPBSET_DROP, bit) != 0)
                give_up("rights");
    if (setgroups(0, NULL) != 0 || setresgid(plan->gid, plan->gid, plan->gid) != 0 ||
        setresuid(plan->uid, plan->uid, plan->uid) != 0)
        give_up("user");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up("no new rights");
    if (plan->calls != TD_RIGHTS_OWN && td_rights_filter(plan->calls) < 0)
        give_up("list of calls");
}

static _Noreturn void become(const struct process_plan *plan, int out)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(out, 2) < 0 || dup2(out, 1) < 0 || (null_fd >= 0 && dup2(null_fd, 0) < 0))
        _exit(PROCESS_NOT_RUN);
    plain_signals();
    setsid();
    umask(plan->mask);
    if (chdir("/") != 0)
        give_up("/");
    set_limits(plan);
    drop_rights(plan);
    execve(plan->argv[0], (char *const *)plan->argv, environment);
    give_up(plan->argv[0]);
}

/* ---- in init ------------------------------------------------------------------------------------------------------- */

int process_start(const struct process_plan *plan, int *out)
{
    int ends[2];
    TD_FAIL_IF(pipe2(ends, O_CLOEXEC) != 0, TD_E_IO);
    pid_t pid = fork();
    if (pid == 0)
        become(plan, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return TD_E_IO;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *out = ends[0];
    return pid;
}

int process_aside(int (*step)(void *arg), void *arg)
{
    pid_t pid = fork();
    if (pid == 0) {
        plain_signals();
        _exit(step(arg));
    }
    return pid < 0 ? TD_E_IO : pid;
}

static const char *code_words(int code)
{
    switch (code) {
    case EXIT_FINE:
        return "it ended by itself";
    case EXIT_USAGE:
        return "called in a way it does not know";
    case EXIT_CONFIG:
        return "configuration";
    case EXIT_NETWORK:
        return "network";
    case EXIT_DISK:
        return "disk";
    case EXIT_CORRUPT:
        return "damaged data";
    case EXIT_BROKEN:
        return "a defect of the program";
    case PROCESS_NOT_RUN:
        return "it could not be started";
    default:
        return NULL;
    }
}

static const char *signal_words(int number)
{
    switch (number) {
    case SIGSYS:
        return "a forbidden system call";
    case SIGKILL:
        return "killed from outside: out of memory?";
    case SIGABRT:
        return "a defect of the program: it stopped itself";
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
        return "a defect of the program: it crashed";
    default:
        return NULL;
    }
}

void process_end_text(int status, const char *killed, char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    bool by_signal = WIFSIGNALED(status);
    int number = by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
    const char *words = by_signal ? signal_words(number) : code_words(number);
    if (by_signal && number == SIGKILL && killed != NULL) {
        td_str_add(&str, killed);
        return;
    }
    td_str_add_format(&str, "%s %d", by_signal ? "signal" : "exit code", number);
    if (words != NULL)
        td_str_add_format(&str, ": %s", words);
}
