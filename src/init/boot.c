#include "init/boot.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "init/console.h"
#include "init/lease.h"
#include "init/link.h"
#include "init/loop.h"
#include "init/marks.h"
#include "init/modules.h"
#include "init/mounts.h"
#include "init/places.h"
#include "init/services.h"
#include "init/shutdown.h"
#include "init/textfile.h"
#include "init/tunables.h"
#include "init/watchdog.h"

static struct tunables tunables;

static void feed(void)
{
    watchdog_open(tunables.wdt_s);
    watchdog_feed();
}

static void ground(void)
{
    static char cmdline[4096], build[1024];
    char version[64];
    mounts_begin();
    console_open();
    mounts_tell();
    loop_open();
    textfile_read("/proc/cmdline", cmdline, sizeof cmdline);
    tunables_read(&tunables, cmdline);
    services_init(&tunables);
    textfile_read(INIT_BUILD, build, sizeof build);
    say(MARK_STARTED, textfile_value(build, "version", version, sizeof version),
        tunables.slot == 0 ? 'A' : tunables.slot);
    modules_load(INIT_MODULES, feed);
    if (!watchdog_open(tunables.wdt_s))
        say("there is no watchdog");
}

static bool has_address(void)
{
    return link_address(LINK_WIRED) != 0;
}

_Noreturn void boot_run(void)
{
    char address[16];
    ground();
    link_up("lo");
    link_up(LINK_WIRED);
    service_want(SERVICE_LEASE);
    if (loop_until(has_address, 10))
        say(MARK_ADDRESS, lease_address_text(link_address(LINK_WIRED), address));
    mkdir("/run/config", 0755);
    if (symlink(INIT_SHIPPED_CONFIG, INIT_RUN_CONFIG) != 0)
        say("no configuration");
    mounts_data_folders();
    service_want(SERVICE_RECORDER);
    while (loop_wish() == LOOP_GO_ON)
        loop_turn(loop_mono_ns() + TD_NS_PER_S);
    shutdown_machine(loop_wish());
}
