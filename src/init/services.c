#include "init/services.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/text.h"
#include "init/bundles.h"
#include "init/console.h"
#include "init/heartbeat.h"
#include "init/link.h"
#include "init/marks.h"
#include "init/places.h"
#include "init/reasons.h"

#define RIGHT(name) (UINT64_C(1) << CAP_##name)
/* Before its page there may be two minutes of asking for symbol lists, the ten minutes at most of clock.wait_s, and its journal: a start that
   is slow for its network or its clock is not killed for it. */
enum { BEAT_EVERY_MS = 500, GRACE_S = 900 };

static char name_option[80] = "hostname:tapedeck";
static const char *const lease_argv[] = {
    "/bin/udhcpc", "-f", "-i", LINK_WIRED, "-s", "/bin/dhcp-hook", "-t", "5", "-T", "3",
    "-A",          "10", "-O", "ntpsrv",   "-x", name_option,      NULL};
static const char *const clock_argv[] = {"/bin/chronyd", "-d", "-f", INIT_CHRONY_CONF, NULL};
static const char *const name_argv[] = {"/bin/mdnsd", "-n", "-i", LINK_WIRED, "/etc/mdns.d", NULL};
static const char *recorder_argv[] = {
    "/bin/tapedeck",        "record", "--config", INIT_RUN_CONFIG, "--no-view",
    INIT_RECORDER_SETTINGS, NULL};

static const char *uploads_argv[] = {
    "/bin/tape",      "sync",        "--service",       "--config", INIT_RUN_CONFIG, "--secrets",
    INIT_RUN_SECRETS, "--ca-file",   INIT_CERTIFICATES, "--status", INIT_UPLOADS,    "--state-dir",
    INIT_DECK_SYNC,   "--no-delete", INIT_DECK,         NULL};

enum { RECORDER_CA = sizeof recorder_argv / sizeof recorder_argv[0] - 2, UPLOADS_CA = 8 };

static struct service services[SERVICES] = {
    [SERVICE_LEASE] = {.name = "dhcp",
                       .plan = {.argv = lease_argv,
                                .mask = 022,
                                .capabilities =
                                    RIGHT(NET_ADMIN) | RIGHT(NET_RAW) | RIGHT(NET_BIND_SERVICE),
                                .calls = TD_RIGHTS_UDHCPC},
                       .rules = {.stop_ns = 2 * TD_NS_PER_S}},
    [SERVICE_CLOCK] = {.name = "clock",
                       .plan = {.argv = clock_argv,
                                .mask = 022,
                                .capabilities = RIGHT(SYS_TIME) | RIGHT(SYS_NICE),
                                .calls = TD_RIGHTS_CHRONYD},
                       .rules = {.stop_ns = 3 * TD_NS_PER_S}},
    [SERVICE_NAME] = {.name = "name",
                      .plan = {.argv = name_argv,
                               .uid = INIT_UID_MDNS,
                               .gid = INIT_UID_MDNS,
                               .mask = 077,
                               .nice = 5,
                               .oom_score_adj = 500,
                               .calls = TD_RIGHTS_MDNSD},
                      .rules = {.stop_ns = 2 * TD_NS_PER_S}},
    [SERVICE_RECORDER] = {.name = "recorder",
                          .plan = {.argv = recorder_argv,
                                   .uid = INIT_UID_RECORD,
                                   .gid = INIT_GID_DATA,
                                   .mask = 07, /* folders are 0750, shared ones 01770 */
                                   .oom_score_adj = -500,
                                   .locks_memory = true,
                                   .calls = TD_RIGHTS_OWN},
                          .rules = {.beats = true,
                                    .grace_ns = GRACE_S * TD_NS_PER_S,
                                    .stop_ns = 60 * TD_NS_PER_S}},
    [SERVICE_UPLOADS] = {.name = "uploads",
                         .plan = {.argv = uploads_argv,
                                  .uid = INIT_UID_SYNC,
                                  .gid = INIT_GID_DATA,
                                  .mask = 027,
                                  .nice = 10,
                                  .oom_score_adj = 300,
                                  .calls = TD_RIGHTS_OWN},
                         .rules = {.stop_ns = 10 * TD_NS_PER_S}},
};
static const struct page_view *page;

void services_init(const struct tunables *tunables)
{
    for (int i = 0; i < SERVICES; i++) {
        struct supervise_rules *rules = &services[i].rules;
        rules->pause_first_ns = TD_NS_PER_S;
        rules->pause_ns = tunables->restart_s * TD_NS_PER_S;
        rules->pause_slow_ns = 600 * TD_NS_PER_S;
        rules->restarts_max = 5;
        rules->window_ns = TD_NS_PER_HOUR;
        rules->hang_ns = tunables->hang_s * TD_NS_PER_S;
        rules->hangs_max = (unsigned)tunables->hangs;
        rules->reap_ns = 10 * TD_NS_PER_S;
        services[i].output.fd = -1;
        supervise_init(&services[i].supervise, rules);
    }
}

struct service *service_at(enum service_id id)
{
    return &services[id];
}

void services_name(const char *name)
{
    struct td_str str = td_str_on(name_option, sizeof name_option);
    td_str_add_format(&str, "hostname:%s", name);
}

void services_recorder(const char *program)
{
    recorder_argv[0] = program;
}

void services_trust_own(void)
{
    recorder_argv[RECORDER_CA] = "net.ca_file=" INIT_RUN_CA;
    uploads_argv[UPLOADS_CA] = INIT_RUN_CA;
}

static int64_t mono_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx);
}

void service_want(enum service_id id)
{
    supervise_want(&services[id].supervise, mono_ns());
}

void service_stop(enum service_id id)
{
    supervise_stop(&services[id].supervise, mono_ns());
}

void service_renew(enum service_id id)
{
    supervise_renew(&services[id].supervise, mono_ns());
}

/* ---- start and end -------------------------------------------------------------------------------------------------- */

static void start(struct service *service, int64_t now_ns)
{
    int out, pid = process_start(&service->plan, &out);
    if (pid < 0) {
        say("%s cannot be started: %s", service->name, strerror(errno));
        supervise_ended(&service->supervise, now_ns);
        return;
    }
    service->pid = pid;
    service->since_ns = now_ns;
    output_begin(&service->output, out);
    supervise_started(&service->supervise, now_ns);
    if (service == &services[SERVICE_RECORDER])
        say(MARK_RECORDER_STARTED, pid);
}

static const char *why_killed(const struct supervise *supervise)
{
    if (supervise->state != SUPERVISE_KILLED)
        return NULL;
    return supervise->hung ? "hung: its heartbeat stood still" : "it did not end in time";
}

static void describe(struct service *service, int status)
{
    char words[96];
    struct td_str str = td_str_on(service->ended, sizeof service->ended);
    process_end_text(status, why_killed(&service->supervise), words, sizeof words);
    td_str_add(&str, words);
    if (status != 0 && service->output.last[0] != '\0')
        td_str_add_format(&str, ": %s", service->output.last);
}

static void tell_restart(const struct service *service, int64_t now_ns)
{
    unsigned restarts = supervise_restarts(&service->supervise, now_ns);
    int64_t pause_ns = service->supervise.due_ns - now_ns;
    if (service->supervise.state != SUPERVISE_WAITING)
        return;
    if (restarts > service->rules.restarts_max)
        say("%s ended %u times within the hour: it is tried again every %lld s only", service->name,
            restarts, (long long)(service->rules.pause_slow_ns / TD_NS_PER_S));
    else if (pause_ns > 0)
        say("%s is started again in %lld s", service->name, (long long)(pause_ns / TD_NS_PER_S));
}

static void end(struct service *service, int status, int64_t now_ns)
{
    if (service == &services[SERVICE_UPLOADS] && status == 0)
        service_stop(SERVICE_UPLOADS);
    bool wished = !service->supervise.wanted || service->supervise.renewing;
    output_end(&service->output, service->name, now_ns);
    describe(service, status);
    service->pid = 0;
    if (service == &services[SERVICE_RECORDER])
        say(MARK_RECORDER_ENDED, service->ended);
    else if (!wished)
        say("%s ended: %s", service->name, service->ended);
    if (!wished)
        reasons_add("%s: %s", service->name, service->ended);
    supervise_ended(&service->supervise, now_ns);
    tell_restart(service, now_ns);
    if (service == &services[SERVICE_RECORDER] && !wished && bundles_recorder_crashed())
        services_recorder(bundles_recorder());
}

bool services_ended(int pid, int status, int64_t now_ns)
{
    for (int i = 0; i < SERVICES; i++)
        if (services[i].pid == pid) {
            end(&services[i], status, now_ns);
            return true;
        }
    return false;
}

/* ---- turns --------------------------------------------------------------------------------------------------------- */

static void carry_out(struct service *service, int64_t now_ns)
{
    switch (supervise_turn(&service->supervise, now_ns)) {
    case SUPERVISE_START:
        start(service, now_ns);
        break;
    case SUPERVISE_ASK:
        kill(service->pid, SIGTERM);
        break;
    case SUPERVISE_KILL:
        say("%s: %s: killed", service->name, why_killed(&service->supervise));
        kill(service->pid, SIGKILL);
        break;
    case SUPERVISE_NOTHING:
        break;
    }
}

int64_t services_turn(int64_t now_ns)
{
    struct service *recorder = &services[SERVICE_RECORDER];
    int64_t next_ns = INT64_MAX;
    page = recorder->pid == 0 ? NULL : heartbeat_read(INIT_SHM, recorder->pid);
    if (page != NULL)
        supervise_beat(&recorder->supervise, now_ns, page->deck.published_mono_ns);
    for (int i = 0; i < SERVICES; i++) {
        output_turn(&services[i].output, services[i].name, now_ns);
        carry_out(&services[i], now_ns);
        int64_t own_ns = supervise_next_ns(&services[i].supervise);
        next_ns = own_ns < next_ns ? own_ns : next_ns;
    }
    int64_t beat_ns = recorder->pid == 0 ? INT64_MAX : now_ns + BEAT_EVERY_MS * TD_NS_PER_MS;
    return beat_ns < next_ns ? beat_ns : next_ns;
}

unsigned services_pipes(struct pollfd pipes[SERVICES])
{
    unsigned count = 0;
    for (int i = 0; i < SERVICES; i++)
        if (services[i].output.fd >= 0)
            pipes[count++] = (struct pollfd){services[i].output.fd, POLLIN, 0};
    return count;
}

const char *services_lost(void)
{
    for (int i = 0; i < SERVICES; i++)
        if (services[i].rules.beats && services[i].supervise.lost != NULL)
            return services[i].supervise.lost;
    return NULL;
}

const struct page_view *services_page(void)
{
    return page;
}
