#include "init/tunables.h"

#include "test.h"

static struct tunables read(const char *cmdline)
{
    struct tunables tunables;
    tunables_read(&tunables, cmdline);
    return tunables;
}

TEST(without_words_the_defaults)
{
    struct tunables t = read("console=ttyS1,115200 quiet panic=5\n");
    CHECK_EQ_I64(t.hang_s, 20);
    CHECK_EQ_I64(t.hangs, 3);
    CHECK_EQ_I64(t.wdt_s, 15);
    CHECK_EQ_I64(t.healthy_s, 600);
    CHECK_EQ_I64(t.restart_s, 30);
    CHECK_EQ_I64(t.status_s, 900);
    CHECK_EQ_I64(t.slot, 0);
}

TEST(words_among_others)
{
    struct tunables t =
        read("quiet tapedeck.hang_s=3 tapedeck.hangs=2 tapedeck.restart_s=1 tapedeck.wdt_s=5 "
             "tapedeck.status_s=1 tapedeck.healthy_s=7 tapedeck.slot=B console=ttyAMA0\n");
    CHECK_EQ_I64(t.hang_s, 3);
    CHECK_EQ_I64(t.hangs, 2);
    CHECK_EQ_I64(t.wdt_s, 5);
    CHECK_EQ_I64(t.healthy_s, 7);
    CHECK_EQ_I64(t.restart_s, 1);
    CHECK_EQ_I64(t.status_s, 1);
    CHECK_EQ_I64(t.slot, 'B');
}

TEST(the_last_one_counts)
{
    CHECK_EQ_I64(read("tapedeck.hang_s=3 tapedeck.hang_s=4").hang_s, 4);
}

TEST(what_is_no_number_or_out_of_range_keeps_the_default)
{
    static const char *const bad[] = {"tapedeck.hang_s=",
                                      "tapedeck.hang_s=0",
                                      "tapedeck.hang_s=-5",
                                      "tapedeck.hang_s=5s",
                                      "tapedeck.hang_s=99999",
                                      "tapedeck.hang_s",
                                      "xtapedeck.hang_s=5",
                                      "tapedeck.hang_ss=5",
                                      "tapedeck.hang=5",
                                      "tapedeck.=5",
                                      "tapedeck.hang_s=+5",
                                      "tapedeck.hang_s=99999999999999999999999999999",
                                      "hang_s=5",
                                      "=5",
                                      "=tapedeck.hang_s=5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (read(bad[i]).hang_s != 20)
            FAIL("taken: %s", bad[i]);
}

TEST(slots_are_a_or_b)
{
    CHECK_EQ_I64(read("tapedeck.slot=A").slot, 'A');
    CHECK_EQ_I64(read("tapedeck.slot=C").slot, 0);
    CHECK_EQ_I64(read("tapedeck.slot=AB").slot, 0);
    CHECK_EQ_I64(read("tapedeck.slot=").slot, 0);
}
