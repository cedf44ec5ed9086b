#include "init/status.h"

#include <string.h>

#include "base/crc.h"
#include "base/limits.h"
#include "base/os.h"
#include "base/text.h"
#include "base/utc.h"
#include "init/booted.h"
#include "init/bundles.h"
#include "init/clock.h"
#include "init/console.h"
#include "init/heartbeat.h"
#include "init/lamp.h"
#include "init/loop.h"
#include "init/network.h"
#include "init/places.h"
#include "init/reasons.h"
#include "init/report.h"
#include "init/services.h"
#include "init/storage.h"

enum { CHANGED_EVERY_S = 60, SETTLED_S = 20, PAGE_SECONDS = 3 };

static const struct status_of *of;
static struct report_facts facts;
static char text[REPORT_TEXT_MAX];
static size_t text_bytes;
static int64_t begun_ns;

void status_begin(const struct status_of *given)
{
    of = given;
    begun_ns = loop_mono_ns();
}

/* ---- facts ----------------------------------------------------------------------------------------------------------- */

static void copy(char *out, size_t cap, const char *from)
{
    td_text_copy(out, cap, from, strlen(from));
}

static void say_running(struct td_str *str, const struct service *recorder)
{
    char since[TD_UTC_TEXT_MAX];
    int64_t age_ns = facts.mono_ns - recorder->since_ns;
    td_utc_iso((facts.wall_ns - age_ns) / TD_NS_PER_S * TD_NS_PER_S, since);
    td_str_add_format(str, "running since %.10s %.5s UTC", since, since + 11);
}

/* No countdown: what changes each second would be news each second. */
static void gather_recorder(void)
{
    const struct service *recorder = service_at(SERVICE_RECORDER);
    struct td_str str = td_str_on(facts.recorder, sizeof facts.recorder);
    facts.restarts_hour = supervise_restarts(&recorder->supervise, facts.mono_ns);
    facts.page = services_page();
    facts.life = heartbeat_life(facts.mono_ns);
    if (recorder->pid != 0)
        say_running(&str, recorder);
    else if (recorder->ended[0] != '\0' && facts.restarts_hour > recorder->rules.restarts_max)
        td_str_add_format(&str, "tried again each ten minutes; ended: %s", recorder->ended);
    else if (recorder->ended[0] != '\0')
        td_str_add_format(&str, "started again in a moment; ended: %s", recorder->ended);
}

static void gather_uploads(void)
{
    const struct service *uploads = service_at(SERVICE_UPLOADS);
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[INIT_PLACE_MAX];
    facts.uploads = uploads->supervise.wanted;
    facts.uploader[0] = '\0';
    if (!facts.uploads)
        return;
    if (sync_status_read(disk, init_place(INIT_UPLOADS, path), &facts.sync) < 0)
        facts.sync = (struct sync_status){.backlog_segments = -1};
    if (uploads->ended[0] != '\0' && uploads->pid == 0)
        copy(facts.uploader, sizeof facts.uploader, uploads->ended);
}

static void gather(int64_t now_ns)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    copy(facts.version, sizeof facts.version, of->version);
    copy(facts.name, sizeof facts.name, of->settings->name);
    network_address(facts.address, sizeof facts.address);
    facts.wall_ns = clock->wall_ns(clock->ctx);
    facts.mono_ns = now_ns;
    facts.config = *of->config;
    copy(facts.settings_complaints, sizeof facts.settings_complaints, of->settings->complaints);
    clock_look(&facts.clock);
    clock_sources(of->settings, facts.time_source);
    facts.data_trouble = storage_trouble();
    gather_recorder();
    gather_uploads();
    booted_text(facts.update, sizeof facts.update);
    size_t bytes = strlen(facts.update);
    bundles_text(facts.update + bytes, sizeof facts.update - bytes);
    for (unsigned i = 0; i < REPORT_REASONS; i++)
        copy(facts.reason[i], sizeof facts.reason[i], reasons_at(i));
}

/* A sum over what is worth being told at once. */
static uint32_t verdict(void)
{
    static struct report_trouble troubles[REPORT_TROUBLES_MAX];
    unsigned count = report_troubles(&facts, troubles);
    uint32_t sum = td_crc32c(0, facts.address, strlen(facts.address));
    for (unsigned i = 0; i < count; i++)
        sum = td_crc32c(sum, troubles[i].what, strlen(troubles[i].what) + 1);
    return sum;
}

/* ---- where it goes --------------------------------------------------------------------------------------------------- */

bool status_due(bool changed, bool settled, int64_t now_ns, int64_t last_ns, int64_t every_s)
{
    if (last_ns == 0)
        return settled;
    int64_t age_ns = now_ns - last_ns;
    return age_ns >= every_s * TD_NS_PER_S || (changed && age_ns >= CHANGED_EVERY_S * TD_NS_PER_S);
}

static int write_it(void *arg)
{
    (void)arg;
    return report_write(text, text_bytes) == 0 ? 0 : 1;
}

/* The recorder has something on its page, or will not soon. */
static bool settled(int64_t now_ns)
{
    static int64_t seen_ns;
    if (facts.page != NULL && seen_ns == 0)
        seen_ns = now_ns;
    return (seen_ns != 0 && now_ns - seen_ns >= PAGE_SECONDS * TD_NS_PER_S) ||
           now_ns - begun_ns >= SETTLED_S * TD_NS_PER_S;
}

static void to_card(uint32_t sum, int64_t now_ns)
{
    static int64_t last_ns;
    static uint32_t last_sum;
    if (!status_due(sum != last_sum, settled(now_ns), now_ns, last_ns, of->every_s))
        return;
    text_bytes = report_text(&facts, text);
    if (!loop_aside_begin(write_it, NULL))
        return;
    last_ns = now_ns;
    last_sum = sum;
}

static void to_console(uint32_t sum, int64_t now_ns)
{
    static int64_t last_ns;
    static uint32_t last_sum;
    int64_t every_s = of->every_s < CHANGED_EVERY_S ? CHANGED_EVERY_S : of->every_s;
    if (!status_due(sum != last_sum, settled(now_ns), now_ns, last_ns, every_s))
        return;
    console_text(text, report_ten(&facts, text));
    last_ns = now_ns;
    last_sum = sum;
}

void status_turn(int64_t now_ns)
{
    gather(now_ns);
    lamp_set(report_lamp(&facts));
    uint32_t sum = verdict();
    to_console(sum, now_ns);
    to_card(sum, now_ns);
}
