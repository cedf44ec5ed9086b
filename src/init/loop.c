#include "init/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "init/console.h"
#include "init/lamp.h"
#include "init/process.h"
#include "init/services.h"
#include "init/watchdog.h"

enum { TURN_MS_MAX = 1000, OTHER_S = 10 };

static int signals = -1;
static enum loop_wish wish;
static struct awaited {
    int pid; /* 0: none */
    int status;
    bool ended;
} aside, expected;

int64_t loop_mono_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx);
}

void loop_open(void)
{
    sigset_t set;
    sigfillset(&set);
    /* What a defect of our own raises is not held back. */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&set, faults[i]);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    reboot(RB_DISABLE_CAD); /* ctrl-alt-del becomes a SIGINT */
}

enum loop_wish loop_wish(void)
{
    return wish;
}

void loop_ask(enum loop_wish asked)
{
    if (wish == LOOP_GO_ON)
        wish = asked;
}

static void take_signals(void)
{
    struct signalfd_siginfo got;
    while (signals >= 0 && read(signals, &got, sizeof got) == sizeof got) {
        if (got.ssi_signo == SIGTERM || got.ssi_signo == SIGINT)
            loop_ask(LOOP_REBOOT);
        else if (got.ssi_signo == SIGUSR1 || got.ssi_signo == SIGUSR2 || got.ssi_signo == SIGPWR)
            loop_ask(LOOP_POWER_OFF);
    }
}

/* Also of processes that lost their parent. */
static void reap(void)
{
    int pid, status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == aside.pid)
            aside = (struct awaited){0, status, true};
        else if (pid == expected.pid)
            expected = (struct awaited){0, status, true};
        else
            services_ended(pid, status, loop_mono_ns());
    }
}

void loop_turn(int64_t until_ns)
{
    struct pollfd fds[SERVICES + 1];
    int64_t now_ns = loop_mono_ns();
    int64_t next_ns = services_turn(now_ns);
    int64_t lamp_ns = lamp_turn(now_ns);
    next_ns = next_ns < until_ns ? next_ns : until_ns;
    next_ns = lamp_ns < next_ns - now_ns ? now_ns + lamp_ns : next_ns;
    int64_t wait_ms = next_ns <= now_ns ? 0 : (next_ns - now_ns) / TD_NS_PER_MS + 1;
    watchdog_feed();
    unsigned count = services_pipes(fds);
    fds[count++] = (struct pollfd){signals, POLLIN, 0};
    poll(fds, count, wait_ms > TURN_MS_MAX ? TURN_MS_MAX : (int)wait_ms);
    take_signals();
    reap();
    watchdog_feed();
}

bool loop_until(bool (*holds)(void), int64_t seconds)
{
    int64_t end_ns = loop_mono_ns() + seconds * TD_NS_PER_S;
    while (!holds()) {
        int64_t now_ns = loop_mono_ns(), next_ns = now_ns + 50 * TD_NS_PER_MS;
        if (now_ns >= end_ns)
            return false;
        loop_turn(next_ns < end_ns ? next_ns : end_ns);
    }
    return true;
}

bool loop_aside_begin(int (*step)(void *arg), void *arg)
{
    if (aside.pid != 0)
        return false;
    int pid = process_aside(step, arg);
    if (pid < 0)
        return false;
    aside = (struct awaited){.pid = pid};
    return true;
}

static bool aside_is_free(void)
{
    return aside.pid == 0;
}

static bool aside_ended(void)
{
    return aside.ended;
}

int loop_aside(int (*step)(void *arg), void *arg, int64_t seconds)
{
    if (!loop_until(aside_is_free, OTHER_S) || !loop_aside_begin(step, arg) ||
        !loop_until(aside_ended, seconds))
        return TD_E_AGAIN;
    return WIFEXITED(aside.status) ? WEXITSTATUS(aside.status) : TD_E_IO;
}

void loop_expect(int pid)
{
    expected = (struct awaited){.pid = pid};
}

static bool expected_ended(void)
{
    return expected.ended;
}

bool loop_wait(int *status, int64_t seconds)
{
    bool ended = loop_until(expected_ended, seconds);
    *status = expected.status;
    return ended;
}
