#include "init/watchdog.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "init/console.h"

static int device = -1;
static bool starved;

bool watchdog_open(int64_t timeout_s)
{
    int timeout = (int)timeout_s;
    if (device >= 0)
        return true;
    device = open("/dev/watchdog0", O_WRONLY | O_CLOEXEC);
    if (device < 0)
        return false;
    if (ioctl(device, WDIOC_SETTIMEOUT, &timeout) != 0)
        say("the watchdog keeps its own timeout");
    watchdog_feed();
    return true;
}

bool watchdog_is_open(void)
{
    return device >= 0;
}

void watchdog_feed(void)
{
    if (device >= 0 && !starved)
        ioctl(device, WDIOC_KEEPALIVE, 0);
}

void watchdog_starve(void)
{
    starved = true;
}
