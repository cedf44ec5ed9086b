/* crash [--subject journal|deck|update] [--points N] [--double N] [--kills N] [--seed S] [--jobs N] [--plant NAME]
         [--point K [--twice SEED]]

   Points are spread evenly over all there are. A failure prints the line that brings it back. Ends on `N passed, N failed`. With
   --plant the bug of that name is put in; it passes when it is found. --plants does so with all of them. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "crash/crash.h"

enum {
    JOBS_MAX = 64,
    FAILURES_SHOWN = 10,
    NOTHING = -1,
    RECOVERY_S_MAX = 60, /* one that never ends is a failure too */
};

struct options {
    const struct crash_subject *subject;
    const struct crash_plant *plant;
    uint64_t points, doubles, kills, seed, twice;
    int64_t point, kill;
    unsigned jobs;
    bool has_twice, verbose;
};

/* Shared by all workers. */
struct tally {
    _Atomic uint64_t passed, failed;
    _Atomic uint64_t shown;
    _Atomic int64_t at[JOBS_MAX]; /* task that the worker is at, to go on behind it when it dies */
};

/* The profile with counters has it; a process that leaves without it would have counted for nothing. */
extern void __gcov_dump(void) __attribute__((weak));

static struct options options;
static struct tally *tally;
static struct crash_run reference;
static struct crash_points points;

static const struct crash_subject *const subjects[] = {&crash_journal, &crash_deck, &crash_update};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static _Noreturn void leave(int code)
{
    fflush(stdout);
    if (__gcov_dump != NULL)
        __gcov_dump();
    _exit(code);
}

/* ---- one task: a point, cut once or twice ---------------------------------------------------------------------------------- */

static void say_failed(const struct crash_trial *trial, const char *how)
{
    const struct crash_point *point = trial->point;
    atomic_fetch_add(&tally->failed, 1);
    if (options.plant || atomic_fetch_add(&tally->shown, 1) >= FAILURES_SHOWN)
        return;
    printf("%sFAILED crash --subject %s --seed %llu %s  (%u changes made%s, %s upto %u): %s\n",
           isatty(1) ? "\r" : "", options.subject->name, (unsigned long long)options.seed, how,
           point->entries, point->torn ? ", the last in part" : "", sim_cut_words[point->cut.mode],
           point->cut.upto, trial->why);
    fflush(stdout);
}

/* The card as the reference had it after so many changes; only ever brought forward. */
static struct sim_disk *forward(uint32_t entries)
{
    static struct sim_disk *card;
    static uint32_t done;
    if (!card)
        card = sim_disk_new(0);
    if (!card || done > entries || done == 0) {
        sim_disk_copy(card, reference.before);
        done = 0;
    }
    for (; done < entries; done++)
        sim_disk_redo(card, reference.disk, done);
    return card;
}

static struct sim_disk *spare(unsigned which)
{
    static struct sim_disk *disks[4];
    if (!disks[which])
        disks[which] = sim_disk_new(0);
    return disks[which];
}

static struct sim_disk *cut_card(const struct crash_point *point, unsigned which)
{
    struct sim_disk *disk = spare(which);
    sim_disk_copy(disk, forward(point->entries));
    sim_disk_cut(disk, &point->cut);
    return disk;
}

static void *trial_memory(void)
{
    static void *memory;
    if (!memory)
        memory = malloc(options.subject->memory_bytes + 1);
    memset(memory, 0, options.subject->memory_bytes);
    return memory;
}

static void cut_once(uint64_t number)
{
    char how[64];
    struct crash_point point = crash_point_at(&points, number);
    struct crash_trial trial = {.point = &point,
                                .expect = crash_note_at(&reference, &point),
                                .past = &reference,
                                .memory = trial_memory()};
    snprintf(how, sizeof how, "--point %llu", (unsigned long long)number);
    if (options.subject->recover(cut_card(&point, 0), &trial))
        atomic_fetch_add(&tally->passed, 1);
    else
        say_failed(&trial, how);
}

static void cut_twice(uint64_t number, uint64_t seed)
{
    static struct crash_run run;
    char how[96];
    struct crash_point point = crash_point_at(&points, number);
    struct crash_trial trial = {.point = &point,
                                .expect = crash_note_at(&reference, &point),
                                .past = &reference,
                                .memory = trial_memory(),
                                .run = &run};
    snprintf(how, sizeof how, "--point %llu --twice %llu", (unsigned long long)number,
             (unsigned long long)seed);
    run.disk = cut_card(&point, 0);
    if (!run.before)
        run.before = sim_disk_new(0);
    if (!options.subject->recover(run.disk, &trial)) {
        say_failed(&trial, how);
        return;
    }
    struct crash_point again = crash_point_drawn(&run, seed);
    struct sim_disk *disk = spare(2);
    sim_disk_copy(disk, run.before);
    for (uint32_t i = 0; i < again.entries; i++)
        sim_disk_redo(disk, run.disk, i);
    sim_disk_cut(disk, &again.cut);
    struct crash_trial second = {.point = &again,
                                 .expect = crash_note_at(&run, &again),
                                 .past = &run,
                                 .memory = trial.memory,
                                 .second = true};
    if (options.subject->recover(disk, &second))
        atomic_fetch_add(&tally->passed, 1);
    else
        say_failed(&second, how);
}

/* Tasks 0..points-1 are single cuts, then come the doubles; both rise with the record. */
struct task {
    uint64_t number, seed;
    bool twice;
};

static struct task task_of(uint64_t index)
{
    uint64_t rounds = (options.points + points.all - 1) / points.all;
    if (index < options.points && rounds <= 1)
        return (struct task){.number = index * points.all / options.points};
    if (index < options.points)
        return (struct task){.number = index / rounds + index % rounds * points.all};
    uint64_t at = index - options.points, seed = options.seed + at;
    return (struct task){
        .number = at * points.all / options.doubles, .seed = crash_random(&seed), .twice = true};
}

static void do_task(uint64_t index)
{
    struct task task = task_of(index);
    alarm(RECOVERY_S_MAX);
    if (task.twice)
        cut_twice(task.number, task.seed);
    else
        cut_once(task.number);
}

/* ---- kills: the process dies in the middle of the reference, the kernel lives -------------------------------------------------- */

struct killing {
    struct crash_run run;
    uint64_t next, step; /* entries */
    char log[64], log_copy[80];
};

static bool copy_file(const char *from, const char *to)
{
    static char data[1 << 16];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t got = 0;
    while (in && out && (got = fread(data, 1, sizeof data, in)) > 0)
        fwrite(data, 1, got, out);
    bool good = in && out && !ferror(in) && !ferror(out);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        good = false;
    return good;
}

/* The child is what comes after the kill: the dead process's memory is there, but nobody looks at it. */
static void after_kill(struct killing *k, uint32_t entry)
{
    struct crash_point point = {.number = entry, .entries = entry, .kill = true};
    struct crash_trial trial = {
        .point = &point, .expect = k->run.now, .past = &reference, .memory = trial_memory()};
    trial.expect.promised = trial.expect.taken;
    char how[64];
    snprintf(how, sizeof how, "--kill %u", entry);
    if (k->run.now.taken > 0 && !copy_file(k->log, k->log_copy))
        crash_fails(&trial, "no frame log to take over");
    options.subject->set_log_path(k->log_copy);
    alarm(RECOVERY_S_MAX);
    crash_unwatch(&k->run);
    sim_disk_kill(k->run.disk);
    sim_disk_faults_clear(k->run.disk);
    bool good = trial.why[0] == 0 && options.subject->recover(k->run.disk, &trial);
    alarm(0);
    unlink(k->log_copy);
    if (good)
        atomic_fetch_add(&tally->passed, 1);
    else
        say_failed(&trial, how);
    leave(0);
}

static void at_entry(void *arg, uint32_t entry)
{
    struct killing *k = arg;
    if (entry < k->next)
        return;
    k->next = entry + k->step;
    fflush(stdout);
    pid_t child = fork();
    TD_ASSERT(child >= 0, "the system gives a process");
    if (child == 0)
        after_kill(k, entry);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        atomic_fetch_add(&tally->failed, 1);
        printf("FAILED crash --subject %s --kill %u: recovery died by signal %d\n",
               options.subject->name, entry, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
}

static void kill_run(void)
{
    static struct killing k;
    uint32_t entries = sim_disk_entries(reference.disk);
    if (!options.subject->set_log_path || (options.kills == 0 && options.kill == NOTHING))
        return;
    k.step = options.kills ? entries / options.kills : UINT32_MAX;
    k.step = k.step ? k.step : 1;
    k.next = options.kill == NOTHING ? 0 : (uint64_t)options.kill;
    k.run.disk = sim_disk_new(0);
    k.run.at_entry = at_entry;
    k.run.at_arg = &k;
    snprintf(k.log, sizeof k.log, "/dev/shm/tapedeck-crash-%d", (int)getpid());
    snprintf(k.log_copy, sizeof k.log_copy, "%s.left", k.log);
    options.subject->set_log_path(k.log);
    options.subject->reference(&k.run);
    unlink(k.log);
    sim_disk_free(k.run.disk);
}

/* ---- workers ---------------------------------------------------------------------------------------------------------------------- */

static void work(unsigned worker, uint64_t from, uint64_t end)
{
    for (uint64_t task = from; task < end; task++) {
        if (options.plant && atomic_load(&tally->failed) > 0)
            return; /* found */
        atomic_store(&tally->at[worker], (int64_t)task);
        do_task(task);
    }
}

/* A recovery that dies is a failure of its point; the next one goes on behind it. */
static void tend(unsigned worker, uint64_t from, uint64_t end)
{
    while (from < end) {
        fflush(stdout);
        pid_t child = fork();
        TD_ASSERT(child >= 0, "the system gives a process");
        if (child == 0) {
            work(worker, from, end);
            leave(0);
        }
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return;
        uint64_t at = (uint64_t)atomic_load(&tally->at[worker]);
        struct task task = task_of(at);
        struct crash_point point = crash_point_at(&points, task.number);
        struct crash_trial trial = {.point = &point};
        char how[96];
        snprintf(how, sizeof how, task.twice ? "--point %llu --twice %llu" : "--point %llu",
                 (unsigned long long)task.number, (unsigned long long)task.seed);
        crash_fails(&trial, "it died by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        say_failed(&trial, how);
        from = at + 1;
    }
}

static void show_progress(uint64_t tasks)
{
    if (!isatty(1))
        return;
    uint64_t done = atomic_load(&tally->passed) + atomic_load(&tally->failed);
    printf("\r%s: %llu of %llu points, %llu failed ", options.subject->name,
           (unsigned long long)done, (unsigned long long)tasks,
           (unsigned long long)atomic_load(&tally->failed));
    fflush(stdout);
}

static void run_all(void)
{
    uint64_t tasks = options.points + options.doubles;
    pid_t tender[JOBS_MAX];
    fflush(stdout);
    for (unsigned w = 0; w < options.jobs; w++) {
        tender[w] = fork();
        TD_ASSERT(tender[w] >= 0, "the system gives a process");
        if (tender[w] == 0) {
            tend(w, tasks * w / options.jobs, tasks * (w + 1) / options.jobs);
            leave(0);
        }
    }
    for (unsigned running = options.jobs; running > 0;) {
        int status = 0;
        pid_t ended = waitpid(-1, &status, isatty(1) ? WNOHANG : 0);
        running -= ended > 0;
        if (ended == 0)
            usleep(200000);
        show_progress(tasks);
    }
    kill_run();
    if (isatty(1))
        printf("\n");
}

/* ---- the program ------------------------------------------------------------------------------------------------------------------ */

static void lay_reference(void)
{
    tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    TD_ASSERT(tally != MAP_FAILED, "memory for the tally");
    reference.disk = sim_disk_new(0);
    reference.before = sim_disk_new(0);
    if (options.plant)
        sim_disk_fault(reference.disk, &options.plant->fault);
    if (options.plant && options.subject->plant)
        options.subject->plant(options.plant->name);
    options.subject->reference(&reference);
    crash_points_init(&points, &reference, options.seed);
}

static int run_subject(const struct crash_subject *subject)
{
    options.subject = subject;
    lay_reference();
    if (options.point != NOTHING) {
        if (options.has_twice)
            cut_twice((uint64_t)options.point, options.twice);
        else
            cut_once((uint64_t)options.point);
    } else if (options.kill != NOTHING) {
        kill_run();
    } else {
        run_all();
    }
    uint64_t failed = atomic_load(&tally->failed);
    printf("%s: %u changes, %llu points, %llu passed, %llu failed\n", subject->name,
           sim_disk_entries(reference.disk), (unsigned long long)points.all,
           (unsigned long long)atomic_load(&tally->passed), (unsigned long long)failed);
    return failed != 0;
}

static bool in_child(int (*body)(const void *arg), const void *arg, uint64_t *passed,
                     uint64_t *failed)
{
    fflush(stdout);
    uint64_t *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        int code = body(arg);
        counts[0] = atomic_load(&tally->passed);
        counts[1] = atomic_load(&tally->failed);
        leave(code);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    *passed = counts[0];
    *failed = counts[1];
    munmap(counts, 4096);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int subject_body(const void *arg)
{
    return run_subject(arg);
}

static int plant_body(const void *arg)
{
    options.plant = arg;
    for (int i = 0; i < SUBJECTS; i++)
        if (strcmp(subjects[i]->name, options.plant->subject) == 0)
            return run_subject(subjects[i]);
    return 1;
}

/* Each bug must be found. */
static void run_plants(const char *only, uint64_t *passed, uint64_t *failed)
{
    for (unsigned i = 0; i < crash_plant_count; i++) {
        uint64_t good, bad;
        if (only && strcmp(only, crash_plants[i].name) != 0)
            continue;
        in_child(plant_body, &crash_plants[i], &good, &bad);
        printf("plant %s (%s): %s\n", crash_plants[i].name, crash_plants[i].what,
               bad ? "found" : "NOT FOUND");
        *(bad ? passed : failed) += 1;
    }
}

static void run_subjects(const char *only, uint64_t *passed, uint64_t *failed)
{
    for (int i = 0; i < SUBJECTS; i++) {
        uint64_t good, bad;
        if (only && strcmp(only, subjects[i]->name) != 0)
            continue;
        bool ended = in_child(subject_body, subjects[i], &good, &bad);
        *passed += good;
        *failed += bad + (!ended && bad == 0);
    }
}

static const char *value(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (argv[i] != NULL && strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return NULL;
}

static uint64_t number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *text = value(argc, argv, name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t passed = 0, failed = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options = (struct options){.points = number(argc, argv, "--points", 2000),
                               .doubles = number(argc, argv, "--double", 200),
                               .kills = number(argc, argv, "--kills", 100),
                               .seed = number(argc, argv, "--seed", 1),
                               .point = (int64_t)number(argc, argv, "--point", UINT64_MAX),
                               .kill = (int64_t)number(argc, argv, "--kill", UINT64_MAX),
                               .twice = number(argc, argv, "--twice", 0),
                               .has_twice = value(argc, argv, "--twice") != NULL,
                               .jobs = (unsigned)number(argc, argv, "--jobs", (uint64_t)cores)};
    options.jobs = options.jobs < 1 ? 1 : options.jobs > JOBS_MAX ? JOBS_MAX : options.jobs;
    td_log_setup(2, options.point != NOTHING || options.kill != NOTHING ? TD_LOG_INFO : TD_LOG_OFF,
                 NULL);
    const char *plant = value(argc, argv, "--plant");
    if (plant)
        run_plants(strcmp(plant, "all") == 0 ? NULL : plant, &passed, &failed);
    else
        run_subjects(value(argc, argv, "--subject"), &passed, &failed);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    return failed != 0;
}
