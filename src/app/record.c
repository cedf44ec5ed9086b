#include "app/record.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/exits.h"
#include "app/list_follow.h"
#include "app/report.h"
#include "app/room.h"
#include "app/setup.h"
#include "app/view.h"
#include "app/warden.h"
#include "app/weights_note.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/rights.h"

struct record {
    struct setup_options options;
    long for_s; /* stop after so long; 0: never */
    bool json, quiet, no_view;
};

static void usage(FILE *out)
{
    fprintf(out,
            "tapedeck record: record the configured venues until SIGINT or SIGTERM\n\n"
            "  tapedeck record [--config FILE] [--sources LIST] [--set section.key=value]...\n\n"
            "  --config FILE          default: $TAPEDECK_CONFIG, ./tapedeck.ini, "
            "~/.config/tapedeck/tapedeck.ini,\n"
            "                         /etc/tapedeck/tapedeck.ini\n"
            "  --sources LIST         only these of the configured venues, comma separated\n"
            "  --set section.key=v    override one value of the file\n"
            "  --stats-interval N     seconds between lines of statistics (no terminal)\n"
            "  --for SECONDS          stop cleanly after so long\n"
            "  --no-view              no live view on a terminal\n"
            "  --json                 print the final report as JSON\n"
            "  --quiet                warnings and errors only\n\n"
            "example\n"
            "  tapedeck record --config tapedeck.ini --sources coinbase\n\n"
            "The first signal drains and seals, a second one ends at once; neither loses what was "
            "received.\nSIGHUP reads the configuration again: symbols may be added and removed "
            "without a "
            "gap, and model.weights_file is read.\n"
            "exit codes: 0 fine, 2 usage, 3 configuration, 5 disk\n");
}

static int parse_options(struct record *record, int argc, char **argv, bool *help)
{
    static char stats[64];
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"sources", required_argument, NULL, 'S'},
        {"set", required_argument, NULL, 's'},    {"stats-interval", required_argument, NULL, 'i'},
        {"for", required_argument, NULL, 'f'},    {"no-view", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},         {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {0},
    };
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "h", options, &index)) != -1) {
        if (option == 'c' || option == 'S' || option == 's') {
            setup_option(&record->options,
                         option == 'c'   ? "config"
                         : option == 'S' ? "sources"
                                         : "set",
                         optarg);
        } else if (option == 'i') {
            snprintf(stats, sizeof stats, "deck.stats_interval_s=%s", optarg);
            setup_option(&record->options, "set", stats);
        } else if (option == 'f') {
            char *end;
            record->for_s = strtol(optarg, &end, 10);
            if (*end != '\0' || record->for_s <= 0) {
                fprintf(stderr, "tapedeck record: --for wants a number of seconds, not %s\n",
                        optarg);
                return EXIT_USAGE;
            }
        } else if (option == 'n') {
            record->no_view = true;
        } else if (option == 'j') {
            record->json = true;
        } else if (option == 'q') {
            record->quiet = true;
        } else if (option == 'h') {
            *help = true;
            return EXIT_FINE;
        } else {
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr,
                "tapedeck record: unexpected argument: %s\n  see `tapedeck record --help`\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

/* ---- signals: blocked everywhere, taken by the main thread ---------------------------------------------------------- */

static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/* Nothing is drained and nothing is lost: the frame log's file stays, and the next start takes it over. */
static void end_with(const char *text, size_t bytes, int code)
{
    ssize_t ignored = write(2, text, bytes);
    (void)ignored;
    _exit(code);
}

static void end_now(int signal_number)
{
    (void)signal_number;
    static const char text[] =
        "tapedeck: second signal: ending at once; what was received stands in "
        "the journal and the frame log, the next start goes on from there\n";
    end_with(text, sizeof text - 1, 128 + SIGINT);
}

static void end_late(void)
{
    static const char text[] = "tapedeck: not drained in time; what was received stands in the "
                               "journal and the frame log, the next start goes on from there\n";
    end_with(text, sizeof text - 1, EXIT_DISK);
}

static void let_second_signal_end(void)
{
    struct sigaction action = {.sa_handler = end_now};
    sigset_t set = ending_signals();
    sigdelset(&set, SIGHUP); /* a terminal that goes away interrupts no drain */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- the run ------------------------------------------------------------------------------------------------------------ */

static int64_t wall_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->wall_ns(clock->ctx);
}

/* No clock in the box survives the night: before time from the network came it may stand before what was recorded last. A wait helps often;
   after it, recording starts as it is. */
static void wait_for_clock(const struct setup *setup, const struct deck *deck)
{
    const struct td_clock *clock = &setup->deck.os->clock;
    int64_t end_ns = clock->mono_ns(clock->ctx) + setup->config.clock.wait_s * TD_NS_PER_S;
    if (clock->wall_ns(clock->ctx) >= deck->recovery.last_recv_ns)
        return;
    TD_WARN("record", "event=clock_behind next=\"waiting for the time, %d s at most\"",
            setup->config.clock.wait_s);
    while (clock->wall_ns(clock->ctx) < deck->recovery.last_recv_ns &&
           clock->mono_ns(clock->ctx) < end_ns) {
        struct timespec moment = {0, 100 * TD_NS_PER_MS};
        nanosleep(&moment, NULL);
    }
}

/* What stands while the recorder runs. */
struct run {
    const struct record *record;
    struct setup *setup;
    struct deck *deck;
    struct view *view;
    struct warden *warden;
    struct list_follow *follow; /* NULL: symbols are names */
    bool reload_due, weights_due, lists_due;
};

/* SIGHUP, or a symbol list that came. The wire must have taken the note before; else it is done a second later. */
static void reload(struct run *run)
{
    struct td_ring *notes = wire_notes(run->deck->wire);
    if (run->follow != NULL)
        run->lists_due |= list_follow_turn(run->follow);
    if ((!run->reload_due && !run->lists_due) || td_ring_used(notes) > 0)
        return;
    struct wire_note *note = td_ring_claim(notes);
    bool asked = run->reload_due;
    bool changed = asked ? setup_reload(run->setup, note) : chosen_listed(run->setup, note);
    if (asked)
        run->reload_due = false;
    else
        run->lists_due = false;
    if (!changed) {
        TD_INFO("record", "event=%s changed=nothing", asked ? "reload" : "lists");
        return;
    }
    td_ring_publish(notes);
    wire_kick(run->deck->wire);
    TD_INFO("record", "event=%s changed=symbols", asked ? "reload" : "lists");
}

/* At the start and after SIGHUP; behind the symbols, so that new ones have them too. Those that were taken before change nothing. */
static void send_weights(struct run *run)
{
    static char text[WEIGHTS_TEXT_MAX]; /* large */
    const char *path = run->setup->config.model.weights_file;
    if (!run->weights_due || run->reload_due || td_ring_used(wire_notes(run->deck->wire)) > 0)
        return;
    size_t bytes = path[0] == '\0' ? 0
                                   : weights_note_read(&run->setup->deck.os->disk, path,
                                                       &run->setup->deck.features, text);
    run->weights_due = bytes > 0 && !deck_note(run->deck, TD_FRAME_WEIGHTS, text, bytes);
}

/* Draw or log until a signal comes or the time is over. */
static void watch(struct run *run)
{
    const struct record *record = run->record;
    const struct setup *setup = run->setup;
    struct view *view = run->view;
    sigset_t set = ending_signals();
    const struct td_clock *clock = &setup->deck.os->clock;
    int64_t begin_ns = clock->mono_ns(clock->ctx);
    int64_t next_log_ns = begin_ns + setup->config.deck.stats_interval_s * TD_NS_PER_S;
    for (;;) {
        struct timespec second = {1, 0};
        siginfo_t info;
        int got = sigtimedwait(&set, &info, &second);
        int64_t now_ns = clock->mono_ns(clock->ctx);
        if (got == SIGINT || got == SIGTERM)
            return;
        run->reload_due |= got == SIGHUP;
        run->weights_due |= got == SIGHUP;
        reload(run);
        send_weights(run);
        if (record->for_s > 0 && now_ns - begin_ns >= record->for_s * TD_NS_PER_S)
            return;
        warden_turn(run->warden);
        if (view->screen)
            view_draw(view);
        else if (setup->config.deck.stats_interval_s > 0 && now_ns >= next_log_ns) {
            view_log(view);
            next_log_ns = now_ns + setup->config.deck.stats_interval_s * TD_NS_PER_S;
        }
    }
}

static void begin_warden(struct warden *warden, const struct setup *setup, struct deck *deck)
{
    static struct page_view page; /* large */
    static char path[PAGE_PATH_MAX];
    const struct td_config *config = &setup->config;
    bool named = page_path(config->deck.shm_dir, config->deck.id, path) == 0;
    struct warden_params params = {
        .deck = deck,
        .page_path = named ? path : NULL,
        .reserve_bytes = (int64_t)config->disk.reserve_mb << 20,
        .free_bytes = (int64_t)config->disk.free_mb << 20,
        .delete_unverified = config->disk.delete_unverified,
        .sys_root = "",
        .wear = {.size_bytes = config->card.bytes_gb * INT64_C(1000000000),
                 .cycles = config->card.cycles,
                 .amplification = config->card.amplification,
                 .budget_bytes = config->card.budget_mb * INT64_C(1000000)}};
    warden_init(warden, &params, &page);
}

/* From here on it may lock memory, and what its user may; deck_start takes the rest. */
static void begin_rights(const struct setup *setup)
{
    const char *why = !setup->config.deck.rights ? "deck.rights is false"
                      : !td_rights_possible()    ? "a build with sanitizers asks for more"
                      : td_rights_begin() < 0    ? "the kernel cannot"
                                                 : NULL;
    if (why != NULL)
        TD_WARN("record", "event=rights_kept reason=\"%s\"", why);
}

/* So that whoever starts the recorder again finds room. */
static void make_room(const struct setup *setup)
{
    uint64_t segments;
    int64_t made = room_make(&setup->deck.os->disk, setup->deck.data_dir,
                             (int64_t)setup->config.disk.free_mb << 20, &segments);
    fprintf(stderr, "tapedeck: %lld MB were made free, %llu uploaded segments are gone; %s\n",
            (long long)(made >> 20), (unsigned long long)segments,
            made > 0 ? "the next start has them" : "carry segments out of ready/ and delete them");
}

static int open_failed(const struct setup *setup, td_err err)
{
    if (err == TD_E_DISK_FULL)
        make_room(setup);
    fprintf(
        stderr, "tapedeck: cannot start in %s: %s (%s)\n  check deck.data_dir and deck.shm_dir%s\n",
        setup->deck.data_dir, td_err_text(err), td_err_name(err),
        geteuid() == 0 ? "; root records without root's privileges, so the folder is to be root's"
                       : "");
    return EXIT_DISK;
}

static int run(const struct record *record, struct setup *setup)
{
    static struct deck deck;
    static struct view view;
    static struct warden warden;
    sigset_t set = ending_signals();
    const struct td_clock *clock = &setup->deck.os->clock;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    int64_t begin_ns = clock->mono_ns(clock->ctx);
    begin_rights(setup);
    td_err err = deck_open(&deck, &setup->deck);
    if (err == TD_E_NO_MEMORY)
        return EXIT_CONFIG; /* the sum was said */
    if (err < 0)
        return open_failed(setup, err);
    if (!record->quiet && !record->json)
        td_region_print(&deck.region, stderr, false);
    bool terminal = isatty(1) && !record->no_view && !record->json && !record->quiet;
    view_init(&view, &deck, stdout, terminal, terminal && getenv("NO_COLOR") == NULL);
    TD_INFO("record", "event=start deck=%s data_dir=%s sources=%u symbols=%u frame=%llu",
            setup->deck.name, setup->deck.data_dir, setup_sources(setup),
            instruments_count(setup->instruments), (unsigned long long)deck.first_frame);
    wait_for_clock(setup, &deck);
    deck_start(&deck, wall_ns(), TD_ORIGIN_WS);
    begin_warden(&warden, setup, &deck);
    watch(&(struct run){.record = record,
                        .setup = setup,
                        .deck = &deck,
                        .view = &view,
                        .warden = &warden,
                        .follow = setup->deck.heard_arg,
                        .weights_due = true});
    TD_INFO("record", "event=stopping next=\"draining and sealing\"");
    let_second_signal_end();
    err = deck_stop(&deck, wall_ns());
    if (err == TD_E_AGAIN)
        end_late();
    warden_end(&warden);
    struct report report = {.deck = &deck,
                            .seconds = (double)(clock->mono_ns(clock->ctx) - begin_ns) / 1e9};
    report_print(&report, stdout, record->json);
    deck_close(&deck);
    if (err < 0)
        fprintf(stderr,
                "tapedeck: writing to %s failed: %s; what it holds is read at the next start\n",
                setup->deck.data_dir, td_err_text(err));
    return err < 0 ? EXIT_DISK : EXIT_FINE;
}

int record_main(int argc, char **argv)
{
    static struct setup setup;
    static struct record record;
    bool help = false;
    int bad = parse_options(&record, argc, argv, &help);
    if (help)
        usage(stdout);
    if (help || bad != EXIT_FINE)
        return bad;
    td_log_setup(2, TD_LOG_INFO, wall_ns);
    record.options.lists = SETUP_LISTS_FETCHED;
    record.options.quiet = record.quiet;
    bad = setup_load(&setup, &record.options);
    if (bad == EXIT_FINE)
        bad = setup_certificates(&setup);
    if (bad != EXIT_FINE)
        return bad;
    enum td_log_level level = (enum td_log_level)setup.config.deck.log_level;
    setup.deck.heard_arg = list_follow_open(&setup);
    setup.deck.heard = setup.deck.heard_arg != NULL ? list_follow_hear : NULL;
    td_log_setup(2, record.quiet && level < TD_LOG_WARN ? TD_LOG_WARN : level, wall_ns);
    return run(&record, &setup);
}
