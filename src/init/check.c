#include "init/check.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/exits.h"
#include "base/limits.h"
#include "base/text.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/places.h"
#include "init/process.h"
#include "init/services.h"

enum { CHECK_S = 30 };

/* What it says until it ends; cut to fit. False: it does not end. */
static bool listen(int out, char *words, unsigned cap)
{
    char bytes[512];
    struct td_str str = td_str_on(words, cap);
    int64_t end_ns = loop_mono_ns() + CHECK_S * TD_NS_PER_S;
    while (loop_mono_ns() < end_ns) {
        struct pollfd ready = {out, POLLIN, 0};
        poll(&ready, 1, 100);
        ssize_t got = ready.revents == 0 ? -1 : read(out, bytes, sizeof bytes);
        if (got == 0)
            return true;
        if (got > 0)
            td_str_add_bytes(&str, bytes, (size_t)got);
        loop_turn(0);
    }
    return false;
}

bool check_is_sound(int status)
{
    return WIFEXITED(status) &&
           (WEXITSTATUS(status) == EXIT_FINE || WEXITSTATUS(status) == EXIT_NETWORK);
}

int check_config(const char *path, char *words, unsigned cap)
{
    const char *argv[] = {service_at(SERVICE_RECORDER)->plan.argv[0],
                          "config",
                          "--config",
                          path,
                          INIT_RECORDER_SETTINGS,
                          NULL};
    const struct process_plan plan = {.argv = argv,
                                      .uid = INIT_UID_RECORD,
                                      .gid = INIT_GID_DATA,
                                      .mask = 077,
                                      .locks_memory = true,
                                      .calls = TD_RIGHTS_OWN};
    int out, status, pid = process_start(&plan, &out);
    if (pid < 0) {
        say("the configuration is not checked: the check does not start");
        return 0;
    }
    loop_expect(pid);
    bool ended = listen(out, words, cap) && loop_wait(&status, CHECK_S);
    close(out);
    if (ended)
        return check_is_sound(status) ? 0 : 1;
    say("the configuration is not checked: the check does not end");
    kill(pid, SIGKILL);
    return 0;
}
