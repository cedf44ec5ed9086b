#include "init/clock.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "base/text.h"
#include "base/utc.h"
#include "init/file.h"
#include "init/places.h"

/* Operators that invite everybody; of several houses, so that no single one sets the clock. */
static const char *const public_servers[] = {"time.cloudflare.com", "time.nist.gov",
                                             "ptbtime1.ptb.de", "ptbtime2.ptb.de"};
enum { PUBLIC_SERVERS = sizeof public_servers / sizeof public_servers[0], FLOOR_TEXT_MAX = 32 };

/* ---- the floor ---- */

int64_t clock_floor_of(const char *text, size_t bytes)
{
    int64_t seconds = 0;
    size_t digits = 0;
    while (digits < bytes && digits < 10 && text[digits] >= '0' && text[digits] <= '9')
        seconds = seconds * 10 + (text[digits++] - '0');
    bool whole = digits > 0 && digits + 1 == bytes && text[digits] == '\n';
    return whole && td_utc_plausible(seconds * TD_NS_PER_S) ? seconds : 0;
}

static int64_t now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

static int64_t saved_floor(void)
{
    char path[INIT_PLACE_MAX], text[FLOOR_TEXT_MAX];
    int64_t bytes = file_read(init_place(INIT_CLOCK_FLOOR, path), text, sizeof text);
    return bytes > 0 ? clock_floor_of(text, (size_t)bytes) : 0;
}

int64_t clock_floor_apply(int64_t build_epoch_s)
{
    int64_t floor_s = saved_floor(), stands_s = now_s();
    if (floor_s < build_epoch_s)
        floor_s = build_epoch_s;
    if (stands_s >= floor_s)
        return 0;
    struct timespec forward = {.tv_sec = (time_t)floor_s};
    if (clock_settime(CLOCK_REALTIME, &forward) < 0) {
        TD_ERROR("init", "event=clock_not_set wanted_s=%lld", (long long)floor_s);
        return 0;
    }
    return (floor_s - stands_s) * TD_NS_PER_S;
}

td_err clock_floor_save(void)
{
    char path[INIT_PLACE_MAX], text[FLOOR_TEXT_MAX];
    struct td_str str = td_str_on(text, sizeof text);
    int64_t stands_s = now_s();
    TD_FAIL_IF(!td_utc_plausible(stands_s * TD_NS_PER_S), TD_E_RANGE);
    td_str_add_format(&str, "%lld\n", (long long)stands_s);
    return file_replace(init_place(INIT_CLOCK_FLOOR, path), text, str.bytes, NULL);
}

/* ---- chronyd ---- */

/* The next server of a lease's line "ntpsrv=1.2.3.4 5.6.7.8". It comes from the network: only what is an address passes. */
static bool next_lease_server(const char **at, char host[SETTINGS_HOST_MAX])
{
    while (**at && **at != '\n') {
        size_t bytes = strcspn(*at, " ,\r\n");
        bool whole = td_text_copy(host, SETTINGS_HOST_MAX, *at, bytes);
        *at += bytes;
        *at += strspn(*at, " ,\r");
        if (whole && settings_is_address(host))
            return true;
    }
    return false;
}

static const char *lease_servers(const char *lease)
{
    for (const char *line = lease; line;) {
        if (strncmp(line, "ntpsrv=", 7) == 0)
            return line + 7;
        if (strncmp(line, "ntp=", 4) == 0)
            return line + 4;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return "";
}

static void add_server(struct td_str *out, const char *host, unsigned port)
{
    td_str_add_format(out, "server %s", host);
    if (port)
        td_str_add_format(out, " port %u", port);
    td_str_add(out, " iburst\n");
}

/* Servers by name: settings_read() let no other text pass, and this looks once more. */
static unsigned add_own(struct td_str *out, const struct settings *settings)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SETTINGS_LIST_MAX; i++) {
        char host[SETTINGS_HOST_MAX];
        unsigned port;
        if (settings_server(settings->ntp[i], host, &port) < 0)
            continue;
        add_server(out, host, port);
        count++;
    }
    return count;
}

static void add_network(struct td_str *out, const struct settings *settings, const char *lease)
{
    char host[SETTINGS_HOST_MAX];
    const char *at = settings->dhcp ? lease_servers(lease) : "";
    for (unsigned i = 0; i < SETTINGS_LIST_MAX && next_lease_server(&at, host); i++)
        add_server(out, host, 0);
    for (unsigned i = 0; i < PUBLIC_SERVERS; i++)
        add_server(out, public_servers[i], 0);
}

size_t clock_chrony_text(const struct settings *settings, const char *lease, bool has_rtc,
                         char out[CLOCK_TEXT_MAX])
{
    struct td_str str = td_str_on(out, CLOCK_TEXT_MAX);
    if (add_own(&str, settings) == 0)
        add_network(&str, settings, lease);
    /* One step, at the first answer; from then on the clock is slewed, for a step makes stamps run backwards. Nobody is served and
       no socket takes commands. */
    td_str_add(&str, "makestep 1 1\n"
                     "driftfile " INIT_DATA "/chrony.drift\n"
                     "pidfile /run/chronyd.pid\n"
                     "port 0\n"
                     "cmdport 0\n"
                     "bindcmdaddress /\n");
    /* The kernel writes the time to a clock chip each 11 minutes; without one there is nothing to write. */
    if (has_rtc)
        td_str_add(&str, "rtcsync\n");
    TD_ASSERT(!str.cut, "CLOCK_TEXT_MAX holds the longest names");
    return str.bytes;
}

static void read_lease(char out[CLOCK_LEASE_MAX])
{
    char path[INIT_PLACE_MAX];
    int64_t bytes = file_read(init_place(INIT_LEASE, path), out, CLOCK_LEASE_MAX - 1);
    out[bytes > 0 ? bytes : 0] = 0;
}

td_err clock_write_chrony_conf(const struct settings *settings)
{
    char path[INIT_PLACE_MAX], lease[CLOCK_LEASE_MAX], text[CLOCK_TEXT_MAX];
    read_lease(lease);
    size_t bytes = clock_chrony_text(settings, lease, access("/dev/rtc0", F_OK) == 0, text);
    return file_replace(init_place(INIT_CHRONY_CONF, path), text, bytes, NULL);
}

void clock_sources_of(const struct settings *settings, const char *lease,
                      char out[CLOCK_SOURCE_MAX])
{
    char host[SETTINGS_HOST_MAX];
    const char *at = settings->dhcp ? lease_servers(lease) : "";
    struct td_str str = td_str_on(out, CLOCK_SOURCE_MAX);
    for (unsigned i = 0; i < SETTINGS_LIST_MAX && settings->ntp[i][0]; i++)
        td_str_add_format(&str, "%s%s", i ? ", " : "network.ini: ", settings->ntp[i]);
    if (settings->ntp[0][0])
        return;
    for (unsigned i = 0; i < SETTINGS_LIST_MAX && next_lease_server(&at, host); i++)
        td_str_add_format(&str, "%s%s", i ? ", " : "your router names ", host);
    td_str_add_format(&str, "%s%s and others",
                      str.bytes ? "; beside it " : "public servers: ", public_servers[0]);
}

void clock_sources(const struct settings *settings, char out[CLOCK_SOURCE_MAX])
{
    char lease[CLOCK_LEASE_MAX];
    read_lease(lease);
    clock_sources_of(settings, lease, out);
}

/* ---- the kernel's word ---- */

void clock_look(struct clock_look *look)
{
    struct td_discipline seen = {0};
    const struct td_clock *clock = &td_os_linux()->clock;
    bool known = clock->discipline(clock->ctx, &seen) == 0;
    *look = (struct clock_look){.synced = known && seen.synced,
                                .error_ns = known ? seen.error_ns : -1,
                                .offset_ns = seen.offset_ns};
}
