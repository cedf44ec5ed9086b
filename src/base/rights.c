#include "base/rights.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rights_numbers.h"

#if defined(__x86_64__)
#define OUR_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE AUDIT_ARCH_AARCH64
#endif

/* ---- the lists ---------------------------------------------------------------------------------- */

/* Names and reasons are for readers; each program carries all lists, as numbers. */
#define CALL(name, why) __NR_##name,

static const int16_t recorder_calls[] = {
#include "base/rights_common.def"
#include "base/rights_recorder.def"
#include "base/rights_resolver.def"
    TD_RIGHTS_END,
};
static const int16_t resolver_calls[] = {
#include "base/rights_common.def"
#include "base/rights_resolver.def"
    TD_RIGHTS_END,
};
static const int16_t tape_calls[] = {
#include "base/rights_common.def"
#include "base/rights_tape.def"
    TD_RIGHTS_END,
};
static const int16_t sync_calls[] = {
#include "base/rights_common.def"
#include "base/rights_sync.def"
#include "base/rights_tape.def"
    TD_RIGHTS_END,
};
static const int16_t chronyd_calls[] = {
#include "base/rights_chronyd.def"
#include "base/rights_common.def"
#include "base/rights_daemon.def"
    TD_RIGHTS_END,
};
static const int16_t udhcpc_calls[] = {
#include "base/rights_common.def"
#include "base/rights_daemon.def"
#include "base/rights_udhcpc.def"
    TD_RIGHTS_END,
};
static const int16_t mdnsd_calls[] = {
#include "base/rights_common.def"
#include "base/rights_daemon.def"
#include "base/rights_mdnsd.def"
    TD_RIGHTS_END,
};
#undef CALL

enum { RECORDER_CALLS = sizeof recorder_calls / sizeof *recorder_calls - 1 };
_Static_assert((int)RECORDER_CALLS <= (int)TD_RIGHTS_CALLS_MAX,
               "a jump of the filter reaches 255 further");

static const int16_t *const lists[TD_RIGHTS_KINDS] = {
    [TD_RIGHTS_RECORDER] = recorder_calls, [TD_RIGHTS_RESOLVER] = resolver_calls,
    [TD_RIGHTS_TAPE] = tape_calls,         [TD_RIGHTS_SYNC] = sync_calls,
    [TD_RIGHTS_CHRONYD] = chronyd_calls,   [TD_RIGHTS_UDHCPC] = udhcpc_calls,
    [TD_RIGHTS_MDNSD] = mdnsd_calls,
};

int td_rights_call(enum td_rights_kind kind, unsigned i)
{
    return lists[kind][i];
}

/* ---- the filter --------------------------------------------------------------------------------- */

/* Is it our machine's way to call? Numbers mean other calls in another. Then one comparison a call, all jumping to the last line; a
   number that matches none, x86's 32-bit pointers among them, falls through to the end of the process. */
unsigned td_rights_program(enum td_rights_kind kind,
                           struct sock_filter program[TD_RIGHTS_PROGRAM_MAX])
{
    unsigned calls = 0, at = 0;
    for (const int16_t *call = lists[kind]; *call != TD_RIGHTS_END; call++)
        calls += *call >= 0;
    program[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_MACHINE, 1, 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[at++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (const int16_t *call = lists[kind]; *call != TD_RIGHTS_END; call++)
        if (*call >= 0)
            program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*call,
                                                         (uint8_t)calls--, 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return at;
}

td_err td_rights_filter(enum td_rights_kind kind)
{
    struct sock_filter program[TD_RIGHTS_PROGRAM_MAX];
    struct sock_fprog filter = {.len = (unsigned short)td_rights_program(kind, program),
                                .filter = program};
    TD_FAIL_IF(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0, TD_E_UNSUPPORTED);
    TD_FAIL_IF(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0, TD_E_UNSUPPORTED);
    return 0;
}

/* ---- capabilities ------------------------------------------------------------------------------- */

enum { CAPABILITY_WORDS = 2, CAPABILITIES_MAX = 64 };

static struct __user_cap_header_struct of_ourselves(void)
{
    return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
}

/* Those in `kept` stay if they are there. Without CAP_SETPCAP the bounding set stays as it is, and means nothing: nothing is executed, and
   no_new_privs would take it from what is. */
static void keep_capabilities(uint64_t kept)
{
    struct __user_cap_header_struct header = of_ourselves();
    struct __user_cap_data_struct data[CAPABILITY_WORDS] = {{0}};
    for (unsigned i = 0; i < CAPABILITIES_MAX; i++)
        if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
            break;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &header, data) != 0)
        return;
    for (unsigned i = 0; i < CAPABILITY_WORDS; i++) {
        data[i].permitted &= (uint32_t)(kept >> 32 * i);
        data[i].effective &= (uint32_t)(kept >> 32 * i);
        data[i].inheritable = 0;
    }
    header = of_ourselves();
    long failed = syscall(SYS_capset, &header, data);
    TD_ASSERT(failed == 0, "who has capabilities may drop them");
}

/* ---- a process ---------------------------------------------------------------------------------- */

static bool begun;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

bool td_rights_possible(void)
{
    return !SANITIZED;
}

td_err td_rights_begin(void)
{
    TD_FAIL_IF(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0, TD_E_UNSUPPORTED);
    keep_capabilities(UINT64_C(1) << CAP_IPC_LOCK);
    begun = true;
    return 0;
}

td_err td_rights_close(enum td_rights_kind kind)
{
    if (!begun)
        return 0;
    keep_capabilities(0);
    return td_rights_filter(kind);
}

bool td_rights_broken(int wait_status)
{
    return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS;
}
