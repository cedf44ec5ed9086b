#include "init/network.h"

#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/text.h"
#include "init/clock.h"
#include "init/console.h"
#include "init/file.h"
#include "init/lease.h"
#include "init/link.h"
#include "init/marks.h"
#include "init/places.h"
#include "init/services.h"
#include "init/textfile.h"

static const struct settings *settings;
static bool there, cable, timed;
static uint32_t address;
static uint32_t servers; /* a sum over chronyd's configuration */

/* ---- names ---------------------------------------------------------------------------------------------------------- */

/* network.ini's servers stand whatever a lease says; with a static address and none given, the gateway is asked. */
static void write_names(void)
{
    static const struct file_rights readable = {.mode = 0644};
    char text[LEASE_TEXT_MAX];
    struct td_str str = td_str_on(text, sizeof text);
    for (int i = 0; i < SETTINGS_LIST_MAX; i++)
        if (settings_is_address(settings->dns[i]))
            td_str_add_format(&str, "nameserver %s\n", settings->dns[i]);
    if (str.bytes == 0 && !settings->dhcp && settings_is_address(settings->gateway))
        td_str_add_format(&str, "nameserver %s\n", settings->gateway);
    if (str.bytes == 0)
        return;
    td_str_add(&str, LEASE_RESOLV_OPTIONS);
    if (file_replace(INIT_RESOLV_CONF, text, str.bytes, &readable) < 0 ||
        file_replace(LEASE_NAMES_FIXED, "", 0, &readable) < 0)
        say("the name servers of network.ini are not kept");
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

static void set_static(void)
{
    uint32_t own, router = 0;
    unsigned prefix;
    lease_address(settings->gateway, strlen(settings->gateway), &router);
    td_err err = link_parse(settings->address, &own, &prefix);
    if (err == 0)
        err = link_set(LINK_WIRED, own, prefix, router);
    if (err < 0)
        say("the address %s is not taken: %s", settings->address, td_err_text(err));
}

/* It may come late, with its driver. */
static void take_interface(void)
{
    there = if_nametoindex(LINK_WIRED) != 0 && link_up(LINK_WIRED) == 0;
    if (!there)
        return;
    if (settings->dhcp)
        service_want(SERVICE_LEASE);
    else
        set_static();
}

void network_begin(const struct settings *wanted)
{
    settings = wanted;
    if (sethostname(settings->name, strlen(settings->name)) != 0)
        say("the host name is not taken");
    services_name(settings->name);
    link_up("lo");
    write_names();
    take_interface();
    if (!there)
        say("there is no wired network interface yet");
}

/* A cable that comes back may lead to another network: the lease is asked for again. A static address needs nothing, but its route is gone
   where the kernel took it with the link. */
static void follow_cable(void)
{
    bool now = link_has_carrier(LINK_WIRED);
    if (now == cable)
        return;
    cable = now;
    say(cable ? "the network cable is in" : "the network cable is out");
    int pid = service_at(SERVICE_LEASE)->pid;
    if (cable && !settings->dhcp)
        set_static();
    else if (cable && pid != 0)
        kill(pid, SIGUSR1);
}

/* mdnsd runs with one address alone: when that changes under it, it takes its own words for another's and calls itself tapedeck-2. */
static void renew_name(void)
{
    if (address == 0) {
        service_stop(SERVICE_NAME);
    } else {
        service_renew(SERVICE_NAME);
        service_want(SERVICE_NAME); /* one that is still ending, too */
    }
}

static void follow_address(void)
{
    char text[16];
    uint32_t now = link_address(LINK_WIRED);
    if (now == address)
        return;
    address = now;
    if (address != 0)
        say(MARK_ADDRESS, lease_address_text(address, text));
    else
        say("the network address is gone");
    renew_name();
    if (timed)
        network_begin_time();
    /* One that ended for want of a network need not wait out its pause. */
    if (address != 0 && service_at(SERVICE_RECORDER)->pid == 0)
        service_renew(SERVICE_RECORDER);
}

void network_turn(void)
{
    if (!there)
        take_interface();
    if (!there)
        return;
    follow_cable();
    follow_address();
}

bool network_has_address(void)
{
    return link_address(LINK_WIRED) != 0;
}

bool network_has_cable(void)
{
    return there && link_has_carrier(LINK_WIRED);
}

void network_begin_time(void)
{
    static char text[CLOCK_TEXT_MAX];
    if (clock_write_chrony_conf(settings) < 0)
        say("the time service's configuration is not written");
    int64_t bytes = textfile_read(INIT_CHRONY_CONF, text, sizeof text);
    uint32_t sum = td_crc32c(0, text, bytes < 0 ? 0 : (size_t)bytes);
    if (timed && sum != servers)
        service_renew(SERVICE_CLOCK);
    servers = sum;
    timed = true;
    service_want(SERVICE_CLOCK);
}

void network_address(char *out, size_t cap)
{
    char text[16];
    struct td_str str = td_str_on(out, cap);
    if (!there)
        td_str_add(&str, "no wired network interface");
    else if (!cable)
        td_str_add(&str, "no cable");
    else if (address == 0)
        td_str_add(&str, settings->dhcp ? "no answer from DHCP"
                                        : "no address: the one of network.ini is not taken");
    else
        td_str_add_format(&str, "%s (%s)", lease_address_text(address, text),
                          settings->dhcp ? "DHCP" : "network.ini");
}
