#include "init/lamp.h"

#include <stdio.h>

#include "init/file.h"
#include "test.h"

enum { MS = 1000000 };
static char folder[600], path[700];

static const char *part(const char *lamp, const char *name)
{
    snprintf(path, sizeof path, "%s/%s/%s", folder, lamp, name);
    return path;
}

static void make_lamp(const char *lamp)
{
    CHECK_EQ_I64(file_make_folder(part(lamp, "")), 0);
    CHECK_EQ_I64(file_replace(part(lamp, "trigger"), "[mmc0]", 6, NULL), 0);
    CHECK_EQ_I64(file_replace(part(lamp, "brightness"), "x", 1, NULL), 0);
}

static char shown(const char *lamp)
{
    char text[8] = "";
    CHECK_EQ_I64(file_read(part(lamp, "brightness"), text, sizeof text), 1);
    return text[0];
}

static void fresh(void)
{
    snprintf(folder, sizeof folder, "%s", test_tmpdir());
}

/* One round as text, 25 ms a letter. */
static void check_round(enum lamp_pattern pattern, const char *letters)
{
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; letters[i]; i++) {
            int64_t until_ns;
            int64_t at_ms = (int64_t)(round * strlen(letters) + i) * 25;
            CHECK_EQ_I64(lamp_lit(pattern, at_ms * MS, &until_ns), letters[i] == '#');
            CHECK(until_ns >= 25 * MS);
        }
}

TEST(the_patterns)
{
    check_round(LAMP_ALARM, "#####.....");
    check_round(LAMP_RECORDING,
                "####............................................................................");
    check_round(LAMP_WARNING,
                "####........####................................................................");
    check_round(LAMP_UPDATING,
                "############################################################....................");
    check_round(LAMP_STARTING, "##########");
    check_round(LAMP_STOPPED, "..........");
}

TEST(until_is_the_moment_of_the_change)
{
    for (enum lamp_pattern pattern = LAMP_STARTING; pattern <= LAMP_STOPPED; pattern++)
        for (int64_t at = 0; at < 4000LL * MS; at += 7 * MS) {
            int64_t until_ns, other_ns;
            bool lit = lamp_lit(pattern, at, &until_ns);
            if (until_ns == INT64_MAX)
                continue;
            CHECK_EQ_I64(lamp_lit(pattern, at + until_ns - 1, &other_ns), lit);
            CHECK_EQ_I64(lamp_lit(pattern, at + until_ns, &other_ns), !lit);
        }
}

TEST(the_board_s_lamp_is_taken_and_its_trigger_ended)
{
    char text[8] = "";
    fresh();
    make_lamp("PWR");
    make_lamp("mmc0::");
    make_lamp("ACT");
    lamp_open(folder);
    lamp_set(LAMP_STARTING);
    CHECK_EQ_I64(lamp_turn(5), INT64_MAX);
    CHECK_EQ_I64(shown("ACT"), '1');
    CHECK_EQ_I64(shown("PWR"), 'x');
    CHECK_EQ_I64(file_read(part("ACT", "trigger"), text, sizeof text), 6);
    CHECK(strncmp(text, "none", 4) == 0);
}

TEST(a_change_begins_the_pattern_anew_and_only_changes_are_written)
{
    fresh();
    make_lamp("green:act");
    lamp_open(folder);
    lamp_set(LAMP_ALARM);
    lamp_turn(1000LL * MS);
    lamp_set(LAMP_RECORDING);
    CHECK_EQ_I64(lamp_turn(1060LL * MS), 100 * MS);
    CHECK_EQ_I64(shown("green:act"), '1');
    lamp_set(LAMP_RECORDING); /* the same again changes nothing */
    CHECK_EQ_I64(lamp_turn(1100LL * MS), 60 * MS);
    CHECK_EQ_I64(lamp_turn(1160LL * MS), 1900LL * MS);
    CHECK_EQ_I64(shown("green:act"), '0');
    CHECK_EQ_I64(file_replace(part("green:act", "brightness"), "x", 1, NULL), 0);
    lamp_open(folder);
    lamp_turn(1200LL * MS); /* a lamp found anew is written */
    CHECK_EQ_I64(shown("green:act"), '0');
}

TEST(no_lamp_is_fine)
{
    fresh();
    make_lamp("PWR");
    lamp_open(folder);
    lamp_set(LAMP_ALARM);
    CHECK_EQ_I64(lamp_turn(1), INT64_MAX);
    CHECK_EQ_I64(shown("PWR"), 'x');
    lamp_open("/no such folder");
    CHECK_EQ_I64(lamp_turn(2), INT64_MAX);
}
