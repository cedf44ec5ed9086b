#include "test.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rights.h"

static const char *const kinds[TD_RIGHTS_KINDS] = {
    [TD_RIGHTS_RECORDER] = "recorder", [TD_RIGHTS_RESOLVER] = "resolver",
    [TD_RIGHTS_TAPE] = "tape",         [TD_RIGHTS_SYNC] = "sync",
    [TD_RIGHTS_CHRONYD] = "chronyd",   [TD_RIGHTS_UDHCPC] = "udhcpc",
    [TD_RIGHTS_MDNSD] = "mdnsd",
};

/* ---- what the filter says, without running it ---- */

/* The kernel's machine, as far as our programs use it. */
static uint32_t verdict(const struct sock_filter *program, unsigned count, uint32_t arch,
                        uint32_t number)
{
    struct seccomp_data data = {.nr = (int)number, .arch = arch};
    uint32_t value = 0;
    for (unsigned at = 0; at < count; at++) {
        const struct sock_filter *step = &program[at];
        if (step->code == (BPF_LD | BPF_W | BPF_ABS))
            memcpy(&value, (const char *)&data + step->k, sizeof value);
        else if (step->code == (BPF_JMP | BPF_JEQ | BPF_K))
            at += value == step->k ? step->jt : step->jf;
        else
            return step->code == (BPF_RET | BPF_K) ? step->k : 0;
    }
    return 0;
}

static bool is_listed(enum td_rights_kind kind, int number)
{
    int call;
    for (unsigned i = 0; (call = td_rights_call(kind, i)) != TD_RIGHTS_END; i++)
        if (call == number)
            return true;
    return false;
}

#if defined(__x86_64__)
static const uint32_t our_machine = AUDIT_ARCH_X86_64, other_machine = AUDIT_ARCH_I386;
#else
static const uint32_t our_machine = AUDIT_ARCH_AARCH64, other_machine = AUDIT_ARCH_ARM;
#endif

TEST(the_filter_lets_pass_what_is_listed_and_nothing_else)
{
    for (unsigned k = 0; k < TD_RIGHTS_KINDS; k++) {
        struct sock_filter program[TD_RIGHTS_PROGRAM_MAX];
        unsigned count = td_rights_program(k, program), wrong = 0;
        CHECK(count <= TD_RIGHTS_PROGRAM_MAX);
        for (int number = 0; number < 4096; number++) {
            uint32_t wanted = is_listed(k, number) ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS;
            wrong += verdict(program, count, our_machine, (uint32_t)number) != wanted;
            /* Numbers of another machine mean other calls. */
            wrong += verdict(program, count, other_machine, (uint32_t)number) !=
                     SECCOMP_RET_KILL_PROCESS;
            /* x86-64 with 32-bit pointers calls by these. */
            wrong += verdict(program, count, our_machine, (uint32_t)number | 0x40000000u) !=
                     SECCOMP_RET_KILL_PROCESS;
        }
        CHECK_EQ_U64(wrong, 0);
    }
}

TEST(no_call_stands_twice_and_the_children_may_less_than_the_recorder)
{
    int call, other;
    for (unsigned k = 0; k < TD_RIGHTS_KINDS; k++)
        for (unsigned i = 0; (call = td_rights_call(k, i)) != TD_RIGHTS_END; i++)
            for (unsigned j = 0; j < i && (other = td_rights_call(k, j)) != TD_RIGHTS_END; j++)
                if (call >= 0 && call == other)
                    FAIL("%s: call %d stands twice", kinds[k], call);
    unsigned more = 0;
    for (unsigned i = 0; (call = td_rights_call(TD_RIGHTS_RESOLVER, i)) != TD_RIGHTS_END; i++)
        CHECK(call < 0 || is_listed(TD_RIGHTS_RECORDER, call));
    for (unsigned i = 0; (call = td_rights_call(TD_RIGHTS_RECORDER, i)) != TD_RIGHTS_END; i++)
        more += call >= 0 && !is_listed(TD_RIGHTS_RESOLVER, call);
    CHECK(more > 20);
}

/* ---- in the kernel ---- */

static bool kernel_has_filters(void)
{
    FILE *actions = fopen("/proc/sys/kernel/seccomp/actions_avail", "r");
    char line[256] = "";
    bool has = actions != NULL && fgets(line, sizeof line, actions) != NULL &&
               strstr(line, "kill_process") != NULL;
    if (actions != NULL)
        fclose(actions);
    return has;
}

enum { DONE = 77 };

/* Not _exit: the sanitizer's has calls of its own. */
static void leave(int code)
{
    syscall(SYS_exit_group, code);
}

/* The end of a child that took these rights and made the call; its arguments are such that it would do nothing. */
static int end_of(enum td_rights_kind kind, long number)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (td_rights_filter(kind) < 0)
            leave(1);
        syscall(number, -1L, 0L, 0L, 0L, 0L, 0L);
        leave(DONE);
    }
    return waitpid(child, &status, 0) == child ? status : 0;
}

#define MAY(kind) (1u << TD_RIGHTS_##kind)
enum {
    PROGRAMS = MAY(CHRONYD) | MAY(UDHCPC) | MAY(MDNSD),
    NETWORKED = MAY(RECORDER) | MAY(RESOLVER) | MAY(SYNC) | PROGRAMS
};

struct forbidden {
    long number;
    const char *name;
    unsigned may; /* who has it all the same */
};

static const struct forbidden forbidden[] = {
    {SYS_execve, "execve", PROGRAMS},
    {SYS_execveat, "execveat", 0},
    {SYS_ptrace, "ptrace", 0},
    {SYS_process_vm_readv, "process_vm_readv", 0},
    {SYS_mount, "mount", 0},
    {SYS_umount2, "umount2", 0},
    {SYS_pivot_root, "pivot_root", 0},
    {SYS_chroot, "chroot", 0},
    {SYS_setuid, "setuid", 0},
    {SYS_setresuid, "setresuid", 0},
    {SYS_fchownat, "fchownat", MAY(CHRONYD)},
    {SYS_fchmodat, "fchmodat", 0},
    {SYS_open_by_handle_at, "open_by_handle_at", 0},
    {SYS_init_module, "init_module", 0},
    {SYS_finit_module, "finit_module", 0},
    {SYS_bpf, "bpf", 0},
    {SYS_keyctl, "keyctl", 0},
    {SYS_unshare, "unshare", 0},
    {SYS_setns, "setns", 0},
    {SYS_reboot, "reboot", 0},
    {SYS_clock_settime, "clock_settime", MAY(CHRONYD)},
    {SYS_listen, "listen", 0},
    {SYS_accept4, "accept4", 0},
    {SYS_io_uring_setup, "io_uring_setup", 0},
    {SYS_userfaultfd, "userfaultfd", 0},
    {SYS_perf_event_open, "perf_event_open", 0},
    {SYS_process_vm_writev, "process_vm_writev", 0},
    {SYS_delete_module, "delete_module", 0},
    {SYS_kexec_load, "kexec_load", 0},
    {SYS_swapon, "swapon", 0},
    {SYS_add_key, "add_key", 0},
    {SYS_settimeofday, "settimeofday", 0},
    {SYS_sethostname, "sethostname", 0},
    {SYS_setpriority, "setpriority", MAY(SYNC)},
    {SYS_dup, "dup", 0},
    {SYS_socket, "socket", NETWORKED},
    {SYS_connect, "connect", NETWORKED},
    {SYS_clone, "clone", MAY(RECORDER) | MAY(TAPE) | MAY(SYNC) | MAY(CHRONYD) | MAY(UDHCPC)},
    {SYS_kill, "kill", MAY(RECORDER)},
};

TEST(a_forbidden_call_ends_every_kind_of_process)
{
    if (!kernel_has_filters())
        SKIP("this kernel has no filter of calls");
    for (unsigned k = 0; k < TD_RIGHTS_KINDS; k++) {
        for (unsigned i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
            if (!(forbidden[i].may >> k & 1) && !td_rights_broken(end_of(k, forbidden[i].number)))
                FAIL("%s may call %s", kinds[k], forbidden[i].name);
        int status = end_of(k, SYS_getpid);
        CHECK(!td_rights_broken(status) && WIFEXITED(status) && WEXITSTATUS(status) == DONE);
    }
}

TEST(children_remove_and_rename_nothing)
{
    if (!kernel_has_filters())
        SKIP("this kernel has no filter of calls");
    CHECK(td_rights_broken(end_of(TD_RIGHTS_RESOLVER, SYS_unlinkat)));
    CHECK(td_rights_broken(end_of(TD_RIGHTS_RESOLVER, SYS_renameat2)));
    CHECK(td_rights_broken(end_of(TD_RIGHTS_RESOLVER, SYS_clone)));
}

static void *call_ptrace(void *arg)
{
    syscall(SYS_ptrace, -1L, 0L, 0L, 0L);
    return arg;
}

/* Every thread that comes later is under it, and what one does ends all. */
TEST(a_thread_that_breaks_it_ends_the_process)
{
    if (!kernel_has_filters())
        SKIP("this kernel has no filter of calls");
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        if (td_rights_filter(TD_RIGHTS_RECORDER) == 0 &&
            pthread_create(&thread, NULL, call_ptrace, NULL) == 0)
            pthread_join(thread, NULL);
        leave(DONE);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(td_rights_broken(status));
}

/* Else a defect of ours would look like a broken rule. */
TEST(a_broken_invariant_still_ends_as_that)
{
    if (!kernel_has_filters())
        SKIP("this kernel has no filter of calls");
    for (unsigned k = 0; k < TD_RIGHTS_KINDS; k++) {
        int status = 0;
        void (*volatile end)(void) =
            abort; /* not seen by the sanitizer, which has calls of its own */
        pid_t child = fork();
        if (child == 0) {
            if (td_rights_filter(k) == 0)
                end();
            leave(DONE);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        CHECK_EQ_I64(WTERMSIG(status), SIGABRT);
    }
}

/* ---- capabilities ---- */

static uint64_t status_number(const char *key)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long long number = UINT64_MAX;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            number = strtoull(line + strlen(key), NULL, 16);
    if (file != NULL)
        fclose(file);
    return number;
}

static int capabilities_after(void)
{
    uint64_t lock = UINT64_C(1) << CAP_IPC_LOCK;
    uint64_t filters = status_number("Seccomp_filters:");
    if (td_rights_close(TD_RIGHTS_TAPE) != 0 || status_number("Seccomp_filters:") != filters)
        return 2; /* not begun: nothing happens */
    if (td_rights_begin() != 0 || status_number("NoNewPrivs:") != 1)
        return 3;
    if ((status_number("CapEff:") | status_number("CapPrm:")) & ~lock)
        return 4;
    if (status_number("CapInh:") != 0 || status_number("CapAmb:") != 0)
        return 5;
    if (geteuid() == 0 && status_number("CapBnd:") != 0)
        return 6;
    if (td_rights_close(TD_RIGHTS_RECORDER) != 0 || status_number("Seccomp:") != 2)
        return 7;
    if (status_number("CapEff:") != 0 || status_number("CapPrm:") != 0)
        return 8;
    /* A child made later narrows itself further. */
    if (td_rights_close(TD_RIGHTS_RESOLVER) != 0 || status_number("CapEff:") != 0)
        return 9;
    return DONE;
}

TEST(capabilities_go_in_two_steps_and_nothing_brings_them_back)
{
    if (!kernel_has_filters())
        SKIP("this kernel has no filter of calls");
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        leave(capabilities_after());
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_EQ_I64(WEXITSTATUS(status), DONE);
}

TEST(only_a_broken_rule_is_called_so)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        raise(SIGTERM);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(!td_rights_broken(status));
    CHECK(!td_rights_broken(0));
}
