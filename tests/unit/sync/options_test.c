#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sync/options.h"

extern const struct verb verb_sync;

static struct sync_settings settings;
static struct sync_options options;
static struct verb_args args;
static char *paths[4];
static char root[512], deck[600], lake[600], other[600];

/* root/deck has ready/, root/lake has bronze/, root/other has nothing; the configuration knows the deck. */
static void world(void)
{
    char below[700];
    if (root[0] == 0) {
        snprintf(root, sizeof root, "%s", test_tmpdir());
        CHECK(chdir(root) == 0);
        snprintf(deck, sizeof deck, "%s/deck", root);
        snprintf(lake, sizeof lake, "%s/lake", root);
        snprintf(other, sizeof other, "%s/other", root);
        const char *const folders[] = {deck, lake, other};
        for (int i = 0; i < 3; i++)
            CHECK(mkdir(folders[i], 0755) == 0);
        snprintf(below, sizeof below, "%s/ready", deck);
        CHECK(mkdir(below, 0755) == 0);
        snprintf(below, sizeof below, "%s/bronze", lake);
        CHECK(mkdir(below, 0755) == 0);
    }
    settings = (struct sync_settings){
        .deletes = true, .interval_s = 300, .workers = 5, .keep_days = -1, .free_bytes = 1000};
    CHECK(td_text_copy(settings.data_dir, sizeof settings.data_dir, deck, strlen(deck)));
    snprintf(settings.to, sizeof settings.to, "s3://configured/p");
    memset(&args, 0, sizeof args);
    args.verb = &verb_sync;
    args.path = paths;
}

static void give(const char *option, const char *value)
{
    for (int i = 0; verb_sync.option[i].name; i++)
        if (strcmp(verb_sync.option[i].name, option) == 0) {
            args.value[i] = value;
            return;
        }
    FAIL("no option %s", option);
}

static void place(const char *path)
{
    paths[args.path_count++] = (char *)(uintptr_t)path;
}

static int taken(void)
{
    return options_of(&args, &settings, &options);
}

TEST(nothing_given_is_the_deck_to_the_configured_store)
{
    char state[700];
    world();
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from_text, deck);
    CHECK_EQ_STR(options.to_text, "s3://configured/p");
    CHECK_EQ_I64(options.layout, LAYOUT_DECK);
    CHECK(!options.download && !options.continuous && !options.dry_run && options.marks);
    snprintf(state, sizeof state, "%s/sync", deck);
    CHECK_EQ_STR(options.state_dir, state);
    CHECK(options.may_delete);
    CHECK_EQ_I64(options.set.free_bytes, 1000);
}

TEST(one_place_is_the_end_that_fits)
{
    world();
    place("gs://mine");
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from_text, deck);
    CHECK_EQ_STR(options.to_text, "gs://mine");
    world();
    place(other);
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from_text, other);
    CHECK_EQ_STR(options.to_text, "s3://configured/p");
    world();
    place(other);
    give("direction", "download");
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from_text, "s3://configured/p");
    CHECK_EQ_STR(options.to_text, other);
    CHECK(options.download && !options.may_delete && !options.marks);
    world();
    place("s3://mine");
    give("source", other);
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from_text, other);
    CHECK_EQ_STR(options.to_text, "s3://mine");
}

TEST(two_places_tell_the_direction)
{
    world();
    place("s3://aaa/b");
    place(other);
    CHECK_EQ_I64(taken(), 0);
    CHECK(options.download);
    world();
    settings.download = true;
    place(deck);
    place("s3://aaa/b");
    CHECK_EQ_I64(taken(), 0);
    CHECK(!options.download);
    world();
    place(deck);
    place("s3://aaa/b");
    give("direction", "download");
    CHECK_EQ_I64(taken(), EXIT_USAGE);
    world();
    place("s3://aaa");
    place("s3://bbb");
    place("s3://ccc");
    CHECK_EQ_I64(taken(), EXIT_USAGE);
}

TEST(no_destination)
{
    world();
    settings.to[0] = 0;
    CHECK_EQ_I64(taken(), EXIT_CONFIG);
    world();
    place("/nowhere/at/all");
    CHECK_EQ_I64(taken(), EXIT_DISK);
    world();
    place("s3://");
    CHECK_EQ_I64(taken(), EXIT_USAGE);
}

/* What the command line says wrongly is a mistake of use, what the file says one of configuration. */
TEST(mistakes_of_the_configuration)
{
    static const char *const wrong[] = {"ftp://host/x", "s3:/bucket/x", "gs:bucket"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        world();
        place("deck");
        place(wrong[i]);
        CHECK_EQ_I64(taken(), EXIT_USAGE);
        for (int down = 0; down < 2; down++) {
            world();
            settings.download = down;
            snprintf(settings.to, sizeof settings.to, "%s", wrong[i]);
            CHECK_EQ_I64(taken(), EXIT_CONFIG);
        }
    }
    world();
    snprintf(settings.paths, sizeof settings.paths, " , ,");
    CHECK_EQ_I64(taken(), EXIT_CONFIG);
    world();
    give("paths", ",");
    CHECK_EQ_I64(taken(), EXIT_USAGE);
}

TEST(layouts)
{
    char ready[700];
    world();
    snprintf(ready, sizeof ready, "%s/ready/", deck);
    place(ready);
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_I64(options.layout, LAYOUT_SEGMENTS);
    char state[700];
    snprintf(state, sizeof state, "%s/sync", deck);
    CHECK_EQ_STR(options.state_dir, state);
    world();
    place(lake);
    place(other);
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_I64(options.layout, LAYOUT_SAME);
    snprintf(state, sizeof state, "%s/.tape-sync", lake);
    CHECK_EQ_STR(options.state_dir, state);
    world();
    place(lake);
    place(other);
    give("direction", "download");
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_I64(options.layout, LAYOUT_BACK);
}

/* A mark that names "backup" would mean another folder elsewhere. */
TEST(folders_have_one_name)
{
    char backup[700];
    world();
    place("deck/");
    place("backup//");
    snprintf(backup, sizeof backup, "%s/backup", root);
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_STR(options.from.prefix, deck);
    CHECK_EQ_STR(options.to.prefix, backup);
    CHECK_EQ_STR(options.to_text, "backup//");
    static const char *const same[] = {"./backup", "other/../backup/.", "deck//./..//backup"};
    for (unsigned i = 0; i < sizeof same / sizeof *same; i++) {
        world();
        place("deck");
        place(same[i]);
        CHECK_EQ_I64(taken(), 0);
        CHECK_EQ_STR(options.to.prefix, backup);
    }
}

/* In the folder itself it is what it is from outside. */
TEST(a_folder_by_its_dot)
{
    char state[700];
    world();
    CHECK(chdir("deck/ready") == 0);
    for (int i = 0; i < 2; i++) {
        world();
        place(i ? "../ready/." : ".");
        place("s3://aaa");
        CHECK_EQ_I64(taken(), 0);
        CHECK_EQ_I64(options.layout, LAYOUT_SEGMENTS);
        snprintf(state, sizeof state, "%s/sync", deck);
        CHECK_EQ_STR(options.state_dir, state);
    }
    CHECK(chdir(root) == 0);
}

TEST(places_in_each_other_are_refused)
{
    static const char *const pairs[][2] = {{"deck", "deck"},
                                           {"deck", "deck/new/below"},
                                           {"deck/ready", "deck"},
                                           {"deck", "other/../deck"},
                                           {".", "other"},
                                           {"s3://aaa/b", "s3://aaa/b"},
                                           {"s3://aaa", "s3://aaa/b"},
                                           {"s3://aaa/b/", "s3://aaa/b/c"}};
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        world();
        place(pairs[i][0]);
        place(pairs[i][1]);
        if (taken() != EXIT_USAGE)
            FAIL("%s to %s", pairs[i][0], pairs[i][1]);
    }
    world();
    place("s3://aaa/b");
    place("s3://aaa/b");
    give("from-endpoint-url", "https://elsewhere");
    CHECK_EQ_I64(taken(), 0);
    static const char *const apart[] = {"s3://aaa/bc", "s3://aaa", "gs://aaa/b/c"};
    for (unsigned i = 0; i < sizeof apart / sizeof *apart; i++) {
        world();
        place("s3://aaa/b");
        place(apart[i]);
        CHECK_EQ_I64(taken(), 0);
    }
    world();
    place("deck");
    place("deckard");
    CHECK_EQ_I64(taken(), 0);
}

TEST(what_may_be_deleted)
{
    world();
    give("no-delete", "");
    CHECK_EQ_I64(taken(), 0);
    CHECK(!options.may_delete);
    world();
    give("no-marks", "");
    CHECK_EQ_I64(taken(), 0);
    CHECK(!options.may_delete && !options.marks);
    world();
    settings.deletes = false;
    CHECK_EQ_I64(taken(), 0);
    CHECK(!options.may_delete);
    /* Elsewhere than in the deck's own folder: by an age that is asked for, never for room. */
    world();
    settings.keep_days = 3;
    place(lake);
    CHECK_EQ_I64(taken(), 0);
    CHECK(!options.may_delete);
    world();
    place(lake);
    give("keep-days", "7");
    CHECK_EQ_I64(taken(), 0);
    CHECK(options.may_delete);
    CHECK_EQ_I64(options.set.keep_days, 7);
    CHECK_EQ_I64(options.set.free_bytes, 0);
}

TEST(the_command_line_wins)
{
    world();
    settings.interval_s = 900;
    snprintf(settings.bandwidth, sizeof settings.bandwidth, "1M");
    snprintf(settings.quiet_hours, sizeof settings.quiet_hours, "08:00-20:00");
    CHECK_EQ_I64(taken(), 0);
    CHECK_EQ_I64(options.bytes_per_s, 1000000);
    CHECK_EQ_I64(options.set.interval_s, 900);
    CHECK(pace_quiet_ns(&options.quiet, INT64_C(9) * 3600 * 1000000000) > 0);
    give("mode", "continuous");
    give("interval", "60");
    give("max-workers", "32");
    give("bandwidth", "2M");
    give("quiet-hours", "");
    give("read-back", "");
    give("json", "");
    CHECK_EQ_I64(taken(), 0);
    CHECK(options.continuous && options.json && options.set.read_back);
    CHECK_EQ_I64(options.bytes_per_s, 2000000);
    CHECK_EQ_I64(options.set.interval_s, 60);
    CHECK_EQ_I64(options.set.workers, 32);
    CHECK_EQ_I64(pace_quiet_ns(&options.quiet, INT64_C(9) * 3600 * 1000000000), 0);
}

TEST(mistakes)
{
    static const char *const wrong[][2] = {{"mode", "always"},      {"direction", "up"},
                                           {"interval", "0"},       {"interval", "soon"},
                                           {"max-workers", "33"},   {"max-workers", "0"},
                                           {"bandwidth", "fast"},   {"quiet-hours", "night"},
                                           {"keep-days", "100000"}, {"keep-days", "-2"}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        world();
        give(wrong[i][0], wrong[i][1]);
        if (taken() != EXIT_USAGE)
            FAIL("--%s %s", wrong[i][0], wrong[i][1]);
    }
    world();
    give("dry-run", "");
    give("mode", "continuous");
    CHECK_EQ_I64(taken(), EXIT_USAGE);
}
