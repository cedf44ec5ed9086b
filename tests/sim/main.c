/* The whole recorder in one process and one thread on a lying world, from one seed: `make sim SEED=n [DAYS=d]
   [VENUES=a,b SYMBOLS=n]`. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "sim/dice.h"
#include "sim/recorder.h"
#include "sim/rows.h"

struct options {
    uint64_t seed, runs, jobs;
    double days;
    bool calm, exact, verbose, twice, plants;
    enum plant plant;
    const char *venues;
    uint64_t symbols;  /* of all together, 0: as many as usual */
    const char *again; /* what else is said to repeat it */
};

/* What a run tells whoever started it. */
struct outcome {
    bool failed;
    uint64_t hash, fired[KINDS], messages, frames, lives, starts_failed;
    uint64_t rows, files, gaps, proven, compared, trades, streams;
    double simulated_s, real_s;
    char why[512];
};

/* A run in a process of its own. */
struct job {
    pid_t child; /* 0 none */
    int end;
    double begin_s;
    struct options options;
};
enum { JOBS_MAX = 64, SYMBOLS_A_VENUE_MAX = 32, USUAL_SYMBOLS = 10 };

static struct world world;
static struct net net;
static struct trails trails;
static struct bourse bourse;
static struct recorder recorder;
static struct rows rows;
static char seed_line[512];

static int64_t log_ns(void)
{
    return world.epoch_ns + world.now_ns;
}

/* ---- the plan -------------------------------------------------------------------------------------------------------------- */

static bool spoil_clock(enum kind kind)
{
    uint64_t *dice = &world.kinds.dice;
    int64_t hour_ns = TD_NS_PER_HOUR, off_ns = world.wall_off_ns;
    switch (kind) {
    case KIND_clock_second:
        world_set_wall(&world,
                       off_ns + (int64_t)dice_below(dice, 4 * TD_NS_PER_S) - 2 * TD_NS_PER_S);
        break;
    case KIND_clock_hour_on:
        world_set_wall(&world, off_ns + hour_ns);
        break;
    case KIND_clock_hour_back:
        world_set_wall(&world, off_ns - hour_ns);
        break;
    case KIND_clock_day:
        world_set_wall(&world, off_ns + 24 * hour_ns);
        break;
    case KIND_clock_unsynced:
        world.unsynced_until_ns = world.now_ns + (int64_t)dice_between(dice, 10, 900) * TD_NS_PER_S;
        break;
    case KIND_clock_drift:
        world_set_drift(&world, (int64_t)dice_below(dice, 200001) - 100000);
        break;
    default:
        world.discipline.offset_ns = (int64_t)dice_below(dice, 200 * TD_NS_PER_MS);
    }
    return true;
}

static void spoil(enum kind kind)
{
    bool done = false;
    switch (kind_place(kind)) {
    case PLACE_LINK:
    case PLACE_VENUE:
        done = bourse_spoil(&bourse, kind);
        break;
    case PLACE_CLOCK:
        done = spoil_clock(kind);
        break;
    case PLACE_DISK:
    case PLACE_PROCESS:
        done = recorder_spoil(&recorder, kind);
        break;
    default:
        kinds_arm(&world.kinds, kind);
    }
    if (done)
        kinds_fired(&world.kinds, kind);
}

/* Storms of faults and calm hours by turns; the mean wait of each storm is its own. */
static void plan(void *arg, uint64_t mean_s)
{
    uint64_t *dice = &world.kinds.dice;
    (void)arg;
    if (world.kinds.off)
        return;
    spoil(kinds_draw(&world.kinds));
    if (dice_once_in(dice, 60)) {
        mean_s = dice_between(dice, 5, 60);
        world_later(&world, (int64_t)dice_between(dice, 300, 1500) * TD_NS_PER_S, plan, NULL,
                    mean_s);
        return;
    }
    world_later(&world, dice_wait(dice, (int64_t)mean_s * TD_NS_PER_S), plan, NULL, mean_s);
}

/* ---- one run ----------------------------------------------------------------------------------------------------------------- */

static void run_until(int64_t end_ns)
{
    unsigned turns_at_once = 0;
    while (world.now_ns < end_ns && world.failure[0] == '\0') {
        int64_t before_ns = world.now_ns;
        world_happen(&world);
        bool more = recorder_turn(&recorder);
        turns_at_once = world.now_ns - before_ns < TD_NS_PER_US * 100 ? turns_at_once + 1 : 0;
        if (turns_at_once > 10000000)
            world_fail(&world, "the recorder turns without an end");
        if (more)
            continue;
        int64_t next_ns = world_next_ns(&world), due_ns = recorder_due_ns(&recorder);
        next_ns = due_ns < next_ns ? due_ns : next_ns;
        next_ns = next_ns < end_ns ? next_ns : end_ns;
        world.now_ns = next_ns > world.now_ns ? next_ns : world.now_ns;
    }
}

static void heal(void)
{
    world.kinds.off = true;
    kinds_disarm_all(&world.kinds);
    bourse_heal(&bourse);
    recorder_heal(&recorder);
    world.unsynced_until_ns = 0;
}

/* The journal first: its frames tell what the rows must be. */
static void look(void *arg, uint64_t what)
{
    (void)arg;
    recorder_look(&recorder);
    rows_look(&rows);
    world_later(&world, 1800 * TD_NS_PER_S, look, NULL, what);
}

/* Planted: from now on no sync is true, and then the power goes. */
static void break_promise(void *arg, uint64_t what)
{
    (void)arg;
    if (what == 0) {
        recorder_lie(&recorder);
        world_later(&world, 60 * TD_NS_PER_S, break_promise, NULL, 1);
    } else {
        recorder_spoil(&recorder, KIND_power_none);
    }
}

/* Shared out, the first ones get what is left over. */
static void choose_venues(const struct options *options, struct bourse_params *params)
{
    unsigned symbols = options->symbols ? (unsigned)options->symbols : USUAL_SYMBOLS;
    params->venues = venues_read(options->venues, params->venue);
    for (unsigned i = 0; i < params->venues; i++)
        params->symbols[i] = symbols / params->venues + (i < symbols % params->venues);
}

static void simulate(const struct options *options, struct outcome *outcome)
{
    enum { CALM_AT_END_S = 900, HUSH_S = 5 }; /* what is under way arrives */
    struct bourse_params params = {.rate = options->exact  ? 25
                                           : options->calm ? 10
                                                           : 0,
                                   .steady = options->exact};
    int64_t end_ns = (int64_t)(options->days * 86400e9);
    choose_venues(options, &params);
    world_init(&world, options->seed);
    if (params.rate == 0) /* calm by nature: what counts here is how many faults an hour meet */
        params.rate = (unsigned)dice_between(&world.kinds.dice, 1, 5) *
                      (options->symbols > USUAL_SYMBOLS ? options->symbols / USUAL_SYMBOLS : 1);
    net_init(&net, &world);
    trails_init(&trails, &world);
    bourse_init(&bourse, &world, &net, &trails, &params);
    td_log_setup(2, options->verbose ? TD_LOG_INFO : TD_LOG_OFF, log_ns);
    recorder_init(&recorder, &world, &net, &bourse, &trails);
    world.plant = options->plant;
    if (options->plant == PLANT_PROMISE)
        world_later(&world, 600 * TD_NS_PER_S, break_promise, NULL, 0);
    rows_init(&rows, &world, &bourse, recorder.disk, recorder.data_dir, recorder.shm_dir);
    rows.exact = options->exact;
    trails.marked = rows_mark;
    trails.closed = rows_closed;
    trails.set_aside = rows_set_aside;
    trails.marked_arg = &rows;
    world_later(&world, 1700 * TD_NS_PER_S, look, NULL, 0);
    if (!options->calm)
        world_later(&world, 60 * TD_NS_PER_S, plan, NULL, dice_between(&world.kinds.dice, 5, 60));
    run_until(end_ns);
    heal();
    if (options->exact)
        bourse_hush(&bourse);
    run_until(end_ns + (options->exact ? HUSH_S : CALM_AT_END_S) * TD_NS_PER_S);
    recorder_stop(&recorder);
    if (world.failure[0] == '\0')
        rows_end(&rows);
    outcome->hash = trails.hash ^ rows.hash;
    outcome->rows = rows.rows;
    outcome->gaps = rows.gaps;
    outcome->streams = rows.streams;
    outcome->files = rows.files;
    for (unsigned i = 0; i < TRUTHS; i++) {
        outcome->proven += rows.book[i].proven;
        outcome->compared += rows.book[i].compared;
        outcome->trades += rows.book[i].trades_stored;
    }
    outcome->messages = trails.checked;
    outcome->frames = trails.next_frame - 1;
    outcome->lives = recorder.lives;
    outcome->starts_failed = recorder.start_errors;
    outcome->simulated_s = (double)world.now_ns / 1e9;
    memcpy(outcome->fired, world.kinds.fired, sizeof outcome->fired);
    outcome->failed = world.failure[0] != '\0';
    snprintf(outcome->why, sizeof outcome->why, "%s", world.failure);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say_seed(int signal_number)
{
    ssize_t ignored = write(1, seed_line, strlen(seed_line));
    (void)ignored;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void remove_rest(int pid)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf /dev/shm/tapedeck-sim-%d", pid);
    int ignored = system(command);
    (void)ignored;
}

/* Each run has a process of its own, so that one that dies takes no other along and all begin alike. */
static struct job begin(const struct options *options)
{
    static struct outcome outcome;
    struct job job = {.begin_s = now_s(), .options = *options};
    int ends[2];
    if (pipe(ends) != 0)
        exit(2);
    snprintf(seed_line, sizeof seed_line, "repeat it: make sim SEED=%llu DAYS=%g%s\n",
             (unsigned long long)options->seed, options->days, options->again);
    fflush(stdout);
    job.child = fork();
    if (job.child == 0) {
        signal(SIGABRT, say_seed);
        signal(SIGSEGV, say_seed);
        signal(SIGBUS, say_seed);
        simulate(options, &outcome);
        fflush(stdout);
        ssize_t written = write(ends[1], &outcome, sizeof outcome);
        _exit(written != sizeof outcome);
    }
    close(ends[1]);
    job.end = ends[0];
    return job;
}

/* Its process has ended, or is waited for. */
static struct outcome end(struct job *job)
{
    struct outcome outcome;
    if (read(job->end, &outcome, sizeof outcome) != sizeof outcome)
        outcome = (struct outcome){.failed = true, .why = "the process died"};
    close(job->end);
    waitpid(job->child, NULL, 0);
    remove_rest(job->child);
    outcome.real_s = now_s() - job->begin_s;
    job->child = 0;
    return outcome;
}

static struct outcome run(const struct options *options)
{
    struct job job = begin(options);
    return end(&job);
}

/* ---- program ------------------------------------------------------------------------------------------------------------------ */

static void print(const struct options *options, const struct outcome *outcome)
{
    printf("seed %llu: %s, %.0f s in %.1f s (%.0f x real time), %llu messages (%.0f/s), %llu "
           "frames, %llu lives, %u kinds of faults, hash %016llx\n",
           (unsigned long long)options->seed, outcome->failed ? "FAILED" : "fine",
           outcome->simulated_s, outcome->real_s, outcome->simulated_s / outcome->real_s,
           (unsigned long long)outcome->messages, (double)outcome->messages / outcome->real_s,
           (unsigned long long)outcome->frames, (unsigned long long)outcome->lives,
           kinds_seen(outcome->fired), (unsigned long long)outcome->hash);
    printf("  %llu rows in %llu segments verified, %llu proven frames of books, %llu compared with "
           "the true book, %llu trades, %llu gaps\n",
           (unsigned long long)outcome->rows, (unsigned long long)outcome->files,
           (unsigned long long)outcome->proven, (unsigned long long)outcome->compared,
           (unsigned long long)outcome->trades, (unsigned long long)outcome->gaps);
    if (options->exact)
        printf("  %llu streams with as many rows as the venue told\n",
               (unsigned long long)outcome->streams);
    if (outcome->failed)
        printf("  FAILED after %.3f s: %s\n  repeat it: make sim SEED=%llu DAYS=%g%s\n",
               outcome->simulated_s, outcome->why, (unsigned long long)options->seed, options->days,
               options->again);
    fflush(stdout);
}

/* As make would be told. */
static void check_venues(struct options *options)
{
    static char again[256];
    const struct sim_venue *list[VENUES_MAX];
    unsigned venues = venues_read(options->venues, list);
    if (venues == 0 || options->symbols > (uint64_t)venues * SYMBOLS_A_VENUE_MAX) {
        fprintf(stderr, "no such venues, or too many symbols for them\n");
        exit(2);
    }
    struct td_str out = td_str_on(again, sizeof again);
    if (strcmp(options->venues, venues_usual) != 0)
        td_str_add_format(&out, " VENUES=%s", options->venues);
    if (options->symbols > 0)
        td_str_add_format(&out, " SYMBOLS=%llu", (unsigned long long)options->symbols);
    if (options->calm)
        td_str_add_format(&out, " SIM_OPTIONS=--%s", options->exact ? "exact" : "calm");
    again[out.bytes] = '\0';
    options->again = again;
}

static struct options read_options(int count, char **arguments)
{
    static const struct option list[] = {
        {"seed", required_argument, NULL, 's'},    {"runs", required_argument, NULL, 'r'},
        {"days", required_argument, NULL, 'd'},    {"calm", no_argument, NULL, 'c'},
        {"exact", no_argument, NULL, 'e'},         {"venues", required_argument, NULL, 'V'},
        {"symbols", required_argument, NULL, 'S'}, {"verbose", no_argument, NULL, 'v'},
        {"plants", no_argument, NULL, 'p'},        {"twice", no_argument, NULL, 't'},
        {"jobs", required_argument, NULL, 'j'},    {NULL, 0, NULL, 0}};
    struct options options = {.seed = 1, .runs = 1, .days = 1, .jobs = 1, .venues = venues_usual};
    int option;
    while ((option = getopt_long(count, arguments, "", list, NULL)) != -1) {
        options.seed = option == 's' ? strtoull(optarg, NULL, 10) : options.seed;
        options.runs = option == 'r' ? strtoull(optarg, NULL, 10) : options.runs;
        options.days = option == 'd' ? strtod(optarg, NULL) : options.days;
        options.jobs = option == 'j' ? strtoull(optarg, NULL, 10) : options.jobs;
        options.calm |= option == 'c' || option == 'e';
        options.exact |= option == 'e';
        options.venues = option == 'V' ? optarg : options.venues;
        options.symbols = option == 'S' ? strtoull(optarg, NULL, 10) : options.symbols;
        options.verbose |= option == 'v';
        options.twice |= option == 't';
        options.plants |= option == 'p';
        if (option == '?')
            exit(2);
    }
    check_venues(&options);
    options.jobs = options.jobs < 1 ? 1 : options.jobs > JOBS_MAX ? JOBS_MAX : options.jobs;
    return options;
}

/* Each planted bug must be seen, or the checks prove nothing. */
static int prove_checks(struct options options)
{
    static const char *const what[PLANTS] = {"", "a message is swallowed", "a wrong book is proven",
                                             "a row of the ledger misses",
                                             "a promise before the sync"};
    unsigned missed = 0;
    options.calm = true;
    options.days = 0.05;
    for (options.plant = PLANT_NONE + 1; options.plant < PLANTS; options.plant++) {
        struct outcome outcome = run(&options);
        printf("planted: %s: %s\n", what[options.plant], outcome.failed ? "caught" : "MISSED");
        missed += !outcome.failed;
    }
    printf("%u passed, %u failed\n", PLANTS - 1 - missed, missed);
    return missed > 0;
}

struct sum {
    uint64_t fired[KINDS], failed, ended;
    double simulated_s;
};

/* Waits for any of them. */
static void take_one(struct job job[JOBS_MAX], struct sum *sum)
{
    siginfo_t gone;
    waitid(P_ALL, 0, &gone, WEXITED | WNOWAIT);
    struct job *one = job;
    while (one->child != gone.si_pid)
        one++;
    struct outcome outcome = end(one);
    if (one->options.twice && !outcome.failed && run(&one->options).hash != outcome.hash) {
        outcome.failed = true;
        snprintf(outcome.why, sizeof outcome.why, "another run of the same seed differs");
    }
    print(&one->options, &outcome);
    sum->ended++;
    sum->failed += outcome.failed;
    sum->simulated_s += outcome.simulated_s;
    for (unsigned kind = 0; kind < KINDS; kind++)
        sum->fired[kind] += outcome.fired[kind];
}

static void run_all(struct options options, struct sum *sum)
{
    static struct job job[JOBS_MAX];
    uint64_t begun = 0;
    while (sum->ended < options.runs) {
        for (uint64_t i = 0; i < options.jobs && begun < options.runs; i++)
            if (job[i].child == 0) {
                job[i] = begin(&options);
                options.seed++;
                begun++;
            }
        take_one(job, sum);
    }
}

int main(int count, char **arguments)
{
    static struct sum sum;
    struct options options = read_options(count, arguments);
    double begin_s = now_s();
    if (options.plants)
        return prove_checks(options);
    run_all(options, &sum);
    printf("faults that fired, %u kinds of %u:\n", kinds_seen(sum.fired), KINDS - 1);
    kinds_print(sum.fired, stdout);
    printf("%.0f s in %.0f s, %.0f x real time\n", sum.simulated_s, now_s() - begin_s,
           sum.simulated_s / (now_s() - begin_s));
    printf("%llu passed, %llu failed\n", (unsigned long long)(sum.ended - sum.failed),
           (unsigned long long)sum.failed);
    return sum.failed > 0;
}
