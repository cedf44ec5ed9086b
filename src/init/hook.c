#include "init/hook.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "init/lease.h"
#include "init/link.h"
#include "init/places.h"

enum { NEARLY_OVER_S = 10 };

static int64_t boot_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static int refuse(const char *what, td_err err)
{
    fprintf(stderr, "%s: %s\n", what, td_err_text(err));
    return 1;
}

static int bound(char *const *environment)
{
    struct lease lease, old;
    char text[16];
    td_err err = lease_read(&lease, environment);
    if (err < 0)
        return refuse("the server's answer is not usable", err);
    bool fresh = lease_load(&old) < 0 || old.address != lease.address;
    lease.until_s = lease.seconds == 0 ? 0 : boot_s() + lease.seconds;
    err = link_set(lease.interface, lease.address, lease.prefix, lease.router);
    if (err < 0)
        return refuse("the address is not taken", err);
    err = lease_save(&lease);
    if (err < 0)
        return refuse("the lease is not kept", err);
    if (fresh)
        fprintf(stderr, "address %s/%u for %lld s\n", lease_address_text(lease.address, text),
                lease.prefix, (long long)lease.seconds);
    return 0;
}

/* udhcpc says so at its own start too: a lease that runs on keeps its address, and connections live on. */
static int gone(void)
{
    struct lease lease;
    if (lease_load(&lease) == 0 && (lease.until_s == 0 || lease.until_s > boot_s() + NEARLY_OVER_S))
        return 0;
    unlink(INIT_LEASE);
    link_up(LINK_WIRED);
    td_err err = link_clear(LINK_WIRED);
    return err < 0 && err != TD_E_MISSING ? refuse("the address does not go", err) : 0;
}

int hook_main(int argc, char **argv, char *const *environment)
{
    enum lease_event event = argc > 1 ? lease_event(argv[1]) : LEASE_IGNORED;
    if (event == LEASE_BOUND)
        return bound(environment);
    if (event == LEASE_REFUSED)
        unlink(INIT_LEASE);
    return event == LEASE_GONE || event == LEASE_REFUSED ? gone() : 0;
}
