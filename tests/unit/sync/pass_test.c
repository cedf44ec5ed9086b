/* What ends a pass early. What a whole one does: tests/cli/sync_test.sh. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "sync/pass.h"

#define HOUR_OF_DAY(hour) ((INT64_C(1789948800) + (hour)*3600) * TD_NS_PER_S)

static struct sync_options options;
static struct sync_tally tally;
static struct watch watch;
static struct pass_end end;
static char first_copy[1024];

static bool stands(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Seven o'clock until the first object is at its place, nine from then on. */
static int64_t wall_ns(void *ctx)
{
    (void)ctx;
    return stands(first_copy) ? HOUR_OF_DAY(9) : HOUR_OF_DAY(7);
}

static void put(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT, 0644);
    CHECK(file >= 0);
    CHECK_EQ_I64(write(file, name, 3), 3);
    close(file);
}

static void run(const struct td_os *os)
{
    watch_begin(&watch, &options, os);
    pass_run(&options, os, &watch, &tally, &end);
}

TEST(quiet_hours_end_it_between_two_objects)
{
    static struct td_os os;
    os = *td_os_linux();
    os.clock.wall_ns = wall_ns;
    const char *from = test_tmpdir(), *to = test_tmpdir();
    static const char *const names[] = {"aaa", "bbb", "ccc"};
    for (int i = 0; i < 3; i++)
        put(from, names[i]);
    options = (struct sync_options){.layout = LAYOUT_SAME, .set = {.workers = 1, .keep_days = -1}};
    snprintf(options.from.prefix, sizeof options.from.prefix, "%s", from);
    snprintf(options.to.prefix, sizeof options.to.prefix, "%s", to);
    snprintf(options.state_dir, sizeof options.state_dir, "%s/.state", from);
    snprintf(first_copy, sizeof first_copy, "%s/aaa", to);
    CHECK_EQ_I64(pace_hours_parse(&options.quiet, "08:00-20:00"), 0);
    run(&os);
    CHECK(end.interrupted);
    CHECK_EQ_I64(end.code, EXIT_FINE);
    CHECK_EQ_I64(tally.sent, 1);
    CHECK(stands(first_copy));
    /* The next one, in hours that are not quiet, does the rest and only that. */
    CHECK_EQ_I64(pace_hours_parse(&options.quiet, "01:00-02:00"), 0);
    run(&os);
    CHECK(!end.interrupted);
    CHECK_EQ_I64(end.health, SYNC_HEALTH_FINE);
    CHECK_EQ_I64(tally.sent, 2);
    CHECK_EQ_I64(tally.there, 1);
}

TEST(a_source_that_went_away)
{
    options = (struct sync_options){.layout = LAYOUT_SAME, .set = {.workers = 1, .keep_days = -1}};
    snprintf(options.from.prefix, sizeof options.from.prefix, "%s/gone", test_tmpdir());
    snprintf(options.to.prefix, sizeof options.to.prefix, "%s", test_tmpdir());
    run(td_os_linux());
    CHECK_EQ_I64(end.code, EXIT_DISK);
    CHECK_EQ_I64(end.health, SYNC_HEALTH_LOCAL);
    CHECK(end.words[0] != 0);
}
