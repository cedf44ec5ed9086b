#include "init/boot.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/os.h"
#include "init/booted.h"
#include "init/bundles.h"
#include "init/check.h"
#include "init/clock.h"
#include "init/config_choice.h"
#include "init/console.h"
#include "init/lamp.h"
#include "init/loop.h"
#include "init/marks.h"
#include "init/modules.h"
#include "init/mounts.h"
#include "init/network.h"
#include "init/places.h"
#include "init/reasons.h"
#include "init/services.h"
#include "init/settings.h"
#include "init/shutdown.h"
#include "init/status.h"
#include "init/storage.h"
#include "init/textfile.h"
#include "init/tunables.h"
#include "init/watchdog.h"

enum {
    CARD_S = 20,
    CABLE_S = 6,   /* a switch may take so long to let a port through */
    ADDRESS_S = 6, /* behind a cable */
    TIME_S = 10,
    TRIAL_SPANS = 3, /* times healthy_s */
    FLOOR_EVERY_S = 3600,
    KEEP_S = 10,
    SETTINGS_FILE_MAX = 16384,
    BUILD_FILE_MAX = 1024
};

static struct tunables tunables;
static struct settings settings;
static struct config_choice config;
static const char *chosen_for; /* the recorder that checked it */
static int64_t build_epoch_s;
static char version[BOOT_VERSION_MAX];

/* ---- ground under the feet ------------------------------------------------------------------------------------------ */

static void feed(void)
{
    if (watchdog_open(tunables.wdt_s))
        watchdog_feed();
}

static int64_t wall_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->wall_ns(clock->ctx);
}

static void tell_start(void)
{
    static char build[BUILD_FILE_MAX];
    char epoch[24];
    textfile_read(INIT_BUILD, build, sizeof build);
    textfile_value(build, "version", version, sizeof version);
    build_epoch_s = strtoll(textfile_value(build, "epoch", epoch, sizeof epoch), NULL, 10);
    booted_begin(tunables.slot, version);
    if (booted_letter() != 0)
        say(MARK_STARTED, version, booted_letter());
    else
        say("started %s, the slot is told by the card", version);
}

/* A defect of ours: without init the kernel panics and restarts the machine; so it says why before. */
static void broken(int number)
{
    static const char *const words[] = {[SIGABRT] = "an invariant does not hold",
                                        [SIGSEGV] = "it crashed (SIGSEGV)",
                                        [SIGBUS] = "it crashed (SIGBUS)",
                                        [SIGILL] = "it crashed (SIGILL)",
                                        [SIGFPE] = "it crashed (SIGFPE)"};
    shutdown_broken(words[number]);
}

static void catch_defects(void)
{
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    const struct sigaction action = {.sa_handler = broken, .sa_flags = (int)SA_RESETHAND};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
}

static void ground(void)
{
    static char cmdline[4096];
    mounts_begin();
    console_open();
    td_log_setup(2, TD_LOG_WARN, wall_ns);
    catch_defects();
    loop_open();
    textfile_read("/proc/cmdline", cmdline, sizeof cmdline);
    tunables_read(&tunables, cmdline);
    services_init(&tunables);
    tell_start();
    mounts_tell();
    lamp_set(LAMP_STARTING);
    lamp_open("/sys/class/leds");
    modules_load(INIT_MODULES, feed);
    lamp_open("/sys/class/leds"); /* its driver may be one of them */
    if (!watchdog_open(tunables.wdt_s))
        say("there is no watchdog");
}

/* ---- the card ------------------------------------------------------------------------------------------------------- */

static void restart_if(bool needed)
{
    if (needed)
        shutdown_machine(LOOP_REBOOT);
}

static void take_card(void)
{
    if (!storage_find(CARD_S)) {
        say("nothing is recorded: %s", storage_trouble());
        return;
    }
    bool known = booted_letter() != 0;
    bool other = booted_settle(storage_card());
    if (!known && booted_letter() != 0)
        say(MARK_STARTED, version, booted_letter());
    restart_if(other);
    storage_mount_config();
    if (storage_mount_data())
        reasons_load(INIT_REASONS);
    restart_if(bundles_apply(storage_card(), version));
}

static void read_settings(void)
{
    static char text[SETTINGS_FILE_MAX];
    int64_t bytes = textfile_read(INIT_CARD "/network.ini", text, sizeof text);
    settings_read(&settings, bytes < 0 ? NULL : text, bytes < 0 ? 0 : (size_t)bytes);
    if (bytes == TD_E_RANGE || bytes == TD_E_IO)
        snprintf(settings.complaints, sizeof settings.complaints,
                 "network.ini %s: it is passed over\n",
                 bytes == TD_E_RANGE ? "is larger than 16 KiB" : "cannot be read from the card");
}

static int keep_config(void *arg)
{
    (void)arg;
    return config_keep(&config) ? 0 : 1;
}

/* The recorder that will run judges its configuration: an update may know more settings than the slot's own. */
static void choose_config(void)
{
    chosen_for = bundles_recorder();
    services_recorder(chosen_for);
    config_choose(&config, check_config);
    if (storage_trouble() == NULL && loop_aside(keep_config, NULL, KEEP_S) != 0)
        say("the configuration is not kept");
    if (access(INIT_RUN_CA, R_OK) == 0)
        services_trust_own();
}

/* ---- time ----------------------------------------------------------------------------------------------------------- */

static bool has_cable(void)
{
    network_turn();
    return network_has_cable();
}

static bool has_address(void)
{
    network_turn();
    return network_has_address();
}

static bool is_synced(void)
{
    struct clock_look look;
    network_turn();
    clock_look(&look);
    return look.synced;
}

static void take_time(void)
{
    clock_floor_apply(build_epoch_s);
    bool online = loop_until(has_cable, CABLE_S) && loop_until(has_address, ADDRESS_S);
    network_begin_time();
    bool synced = online && loop_until(is_synced, TIME_S);
    say(MARK_TIME, synced ? "synced" : "floor");
}

/* ---- for ever -------------------------------------------------------------------------------------------------------- */

static int keep_floor(void *arg)
{
    (void)arg;
    return clock_floor_save() == 0 ? 0 : 1;
}

static int keep_reasons(void *arg)
{
    (void)arg;
    return reasons_save(INIT_REASONS) == 0 ? 0 : 1;
}

/* Reasons go out as they come, the clock's floor once an hour; what finds another write under way waits for its turn. */
static void keep(int64_t now_ns)
{
    static int64_t floor_ns;
    if (storage_trouble() != NULL)
        return;
    if (floor_ns == 0)
        floor_ns = now_ns;
    if (reasons_unsaved() && loop_aside_begin(keep_reasons, NULL))
        reasons_saved();
    if (now_ns - floor_ns >= FLOOR_EVERY_S * TD_NS_PER_S && loop_aside_begin(keep_floor, NULL))
        floor_ns = now_ns;
}

/* The watchdog then resets; where there is none, or it does not, init does. */
static void starve_if_lost(int64_t now_ns)
{
    static int64_t lost_ns;
    const char *why = services_lost();
    if (why == NULL)
        return;
    if (lost_ns == 0) {
        lost_ns = now_ns;
        say(MARK_STARVED, why);
        reasons_add("the machine is reset: the recorder: %s", why);
        watchdog_starve();
    }
    if (now_ns - lost_ns > (2 * tunables.wdt_s + 10) * TD_NS_PER_S)
        shutdown_broken("the watchdog did not reset the machine");
}

/* An update that proves nothing is ended here: the box may stand where nobody cuts its power. The boots that are left follow, then the slot
   from before. */
static void end_trial(int64_t now_ns)
{
    static int64_t since_ns;
    const char *tried = booted_on_trial() ? version : bundles_on_trial();
    if (since_ns == 0)
        since_ns = now_ns;
    if (tried == NULL || now_ns - since_ns < TRIAL_SPANS * tunables.healthy_s * TD_NS_PER_S)
        return;
    say("the update has not proven itself in this boot");
    reasons_add("the update %s has not proven itself in this boot", tried);
    loop_ask(LOOP_REBOOT);
}

/* Who works in the deck's folder. */
static void start_deck(void)
{
    service_want(SERVICE_RECORDER);
    service_want(SERVICE_UPLOADS);
}

static void stop_deck(void)
{
    service_stop(SERVICE_RECORDER);
    service_stop(SERVICE_UPLOADS);
}

static bool deck_is_left(void)
{
    return service_at(SERVICE_RECORDER)->pid == 0 && service_at(SERVICE_UPLOADS)->pid == 0;
}

/* An updated recorder was given up: the slot's own has a say of its own about the configuration. */
static void follow_recorder(void)
{
    if (chosen_for == bundles_recorder())
        return;
    stop_deck();
    choose_config();
    if (storage_trouble() == NULL)
        start_deck();
}

static void follow_card(int64_t now_ns)
{
    static bool ever;
    ever |= storage_trouble() == NULL;
    bool was_there = storage_card() != NULL;
    enum storage_event event = storage_turn(now_ns, deck_is_left());
    if (!was_there && storage_card() != NULL && booted_settle(storage_card()))
        loop_ask(LOOP_REBOOT);
    if (event == STORAGE_LOST) {
        reasons_add("the recorder is stopped: %s", storage_trouble());
        stop_deck();
    } else if (event == STORAGE_MOUNTED) {
        if (!ever)
            reasons_load(INIT_REASONS);
        choose_config();
        start_deck();
    }
}

static void second(int64_t now_ns)
{
    network_turn();
    follow_card(now_ns);
    follow_recorder();
    if (booted_proves(services_page(), now_ns, tunables.healthy_s))
        booted_mark_healthy();
    end_trial(now_ns);
    starve_if_lost(now_ns);
    keep(now_ns);
    status_turn(now_ns);
}

_Noreturn void boot_run(void)
{
    ground();
    take_card();
    read_settings();
    network_begin(&settings);
    choose_config();
    take_time();
    reasons_add("the box was started: %s, slot %c", version, booted_letter());
    const struct status_of of = {version, &settings, &config, tunables.status_s};
    status_begin(&of);
    if (storage_trouble() == NULL)
        start_deck();
    while (loop_wish() == LOOP_GO_ON) {
        int64_t now_ns = loop_mono_ns();
        second(now_ns);
        while (loop_wish() == LOOP_GO_ON && loop_mono_ns() < now_ns + TD_NS_PER_S)
            loop_turn(now_ns + TD_NS_PER_S);
    }
    if (storage_trouble() == NULL) {
        loop_aside(keep_reasons, NULL, KEEP_S);
        loop_aside(keep_floor, NULL, KEEP_S);
    }
    shutdown_machine(loop_wish());
}
