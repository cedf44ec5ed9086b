#include "init/shutdown.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "init/console.h"
#include "init/lamp.h"
#include "init/marks.h"
#include "init/mounts.h"
#include "init/services.h"
#include "init/watchdog.h"

enum { RECORDER_S = 75, OTHERS_S = 15, MOUNTS_S = 30, SYNC_TENTHS = 50 };

static bool recorder_gone(void)
{
    return service_at(SERVICE_RECORDER)->pid == 0;
}

static bool all_gone(void)
{
    for (int i = 0; i < SERVICES; i++)
        if (service_at(i)->pid != 0)
            return false;
    return true;
}

static int let_go(void *arg)
{
    (void)arg;
    mounts_end();
    return 0;
}

_Noreturn void shutdown_machine(enum loop_wish wish)
{
    say(wish == LOOP_POWER_OFF ? "going down" : "restarting the machine");
    service_stop(SERVICE_RECORDER);
    loop_until(recorder_gone, RECORDER_S);
    for (int i = 0; i < SERVICES; i++)
        service_stop(i);
    if (!loop_until(all_gone, OTHERS_S))
        kill(-1, SIGKILL);
    if (loop_aside(let_go, NULL, MOUNTS_S) != 0)
        say("the card was not let go in time");
    lamp_set(LAMP_STOPPED);
    lamp_turn(loop_mono_ns());
    say(MARK_DOWN);
    console_drain();
    watchdog_feed();
    reboot(wish == LOOP_POWER_OFF ? RB_POWER_OFF : RB_AUTOBOOT);
    for (;;)
        pause();
}

/* A card that answers no more would hold a sync for ever, and where there is no watchdog nobody else would restart the machine. */
static void sync_for_a_while(void)
{
    const struct timespec moment = {0, 100 * TD_NS_PER_MS};
    pid_t pid = fork();
    if (pid == 0) {
        sync();
        _exit(0);
    }
    for (int i = 0; pid > 0 && i < SYNC_TENTHS && waitpid(pid, NULL, WNOHANG) == 0; i++)
        nanosleep(&moment, NULL);
}

_Noreturn void shutdown_broken(const char *why)
{
    say("a defect of init: %s: restarting the machine", why);
    sync_for_a_while();
    console_drain();
    reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}
