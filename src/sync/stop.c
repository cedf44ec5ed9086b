#include "sync/stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"

static volatile sig_atomic_t wished;

static void hear(int number)
{
    if (wished)
        _exit(128 + number);
    wished = number;
}

void stop_listen(void)
{
    /* No SA_RESTART: a wait for the network ends early. */
    struct sigaction action = {.sa_handler = hear};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

bool stop_wished(void)
{
    return wished != 0;
}

void stop_sleep_until(int64_t mono_ns)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    /* Slices: a signal between the look and the sleep costs one of them, not the whole. */
    for (int64_t left; !wished && (left = mono_ns - clock->mono_ns(clock->ctx)) > 0;) {
        struct timespec slice = {.tv_sec = left >= TD_NS_PER_S,
                                 .tv_nsec = left >= TD_NS_PER_S ? 0 : (long)left};
        nanosleep(&slice, NULL);
    }
}
