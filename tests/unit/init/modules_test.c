#include "init/modules.h"

#include <string.h>

#include "test.h"

static struct modules_line line;
static size_t at;

static bool next(const char *text)
{
    return modules_next(text, strlen(text), &at, &line);
}

TEST(one_name_a_line_in_their_order)
{
    static const char list[] = "fixed.ko.xz\nsdhci.ko.xz\r\n\n# comment\next4.ko";
    at = 0;
    CHECK(next(list));
    CHECK_EQ_STR(line.name, "fixed.ko.xz");
    CHECK_EQ_STR(line.options, "");
    CHECK(next(list));
    CHECK_EQ_STR(line.name, "sdhci.ko.xz");
    CHECK(next(list));
    CHECK_EQ_STR(line.name, "ext4.ko");
    CHECK(!next(list));
    CHECK(!next(list));
}

TEST(options_stand_behind_a_blank)
{
    at = 0;
    CHECK(next("bcm2835_wdt.ko.xz nowayout=1 heartbeat=15 \n"));
    CHECK_EQ_STR(line.name, "bcm2835_wdt.ko.xz");
    CHECK_EQ_STR(line.options, "nowayout=1 heartbeat=15");
}

TEST(names_that_leave_the_folder_are_passed_over)
{
    at = 0;
    CHECK(next("../evil.ko\n/etc/x\n.hidden\na/b.ko\n\x01.ko\ngood.ko\n"));
    CHECK_EQ_STR(line.name, "good.ko");
    CHECK(!next("../evil.ko\n/etc/x\n.hidden\na/b.ko\n\x01.ko\ngood.ko\n"));
}

TEST(what_is_too_long_is_passed_over)
{
    char list[600];
    memset(list, 'a', sizeof list);
    memcpy(list + 590, "\nb.ko", 6);
    at = 0;
    CHECK(next(list));
    CHECK_EQ_STR(line.name, "b.ko");
}

TEST(zeros_are_no_name)
{
    static const char list[] = "a\0b.ko\nc.ko\n";
    at = 0;
    CHECK(modules_next(list, sizeof list - 1, &at, &line));
    CHECK_EQ_STR(line.name, "c.ko");
}

TEST(an_empty_list)
{
    at = 0;
    CHECK(!next(""));
    CHECK(!next("\n\n\n"));
}
