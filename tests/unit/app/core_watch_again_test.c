/* Books that nothing proves start over now and then, not all at once, and lose no row by it. */
#include "core_rows.h"

#include "word_venue.h"

enum { REBASE_S = 400 };
static const char *const four[] = {"AAA", "BBB", "CCC", "DDD"};
static int64_t stamp;

static void say(const char *form, const char *name)
{
    char out[200];
    snprintf(out, sizeof out, form, name, (long long)++stamp);
    text(out);
}

static void answer_base(const char *name, int64_t seq)
{
    char url[100], body[100];
    snprintf(url, sizeof url, "https://fake.invalid/base/%s", name);
    snprintf(body, sizeof body, "B %s %lld 80 100", name, (long long)seq);
    answer(url, body);
}

static void begin(void)
{
    fake_rule(SYNC_NONE, VENUE_RESYNC_BASE);
    fake_venue.rebase_s = REBASE_S;
    start_venue(&fake_venue, four, 4, NULL);
    stamp = 1000;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    for (unsigned i = 0; i < 4; i++)
        answer_base(four[i], stamp);
    bench.asked_count = 0;
}

TEST(each_symbol_starts_over_at_its_own_time)
{
    unsigned seconds[4] = {0}, bases = 0;
    begin();
    for (unsigned s = 1; s <= REBASE_S + 10; s++) {
        for (unsigned i = 0; i < 4; i++)
            say("C %s 0 0 %lld 90", four[i]);
        ticks(1);
        unsigned before = bases;
        for (unsigned i = 0; i < 4; i++)
            if (core_book_status(bench.core, i).state != TD_BOOK_PROVEN) {
                CHECK_EQ_I64(seconds[i], 0);
                seconds[i] = s;
                bases++;
                answer_base(four[i], stamp);
            }
        CHECK(bases - before <= 1);
    }
    CHECK_EQ_I64(bases, 4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(seconds[i] >= REBASE_S * 3 / 4 && seconds[i] <= REBASE_S + 1);
        CHECK(asked(four[i]) != NULL);
    }
    read_rows();
    CHECK_EQ_I64(count_gaps(TD_GAP_PLANNED), 8); /* opened and closed */
    unsigned changes = 0;
    for (unsigned i = 0; i < told_count; i++)
        changes += told[i].table == ROW_BOOK && !(told[i].book.flags & TD_ROW_SNAPSHOT) &&
                   !(told[i].book.flags & TD_ROW_MARKER);
    CHECK_EQ_I64(changes, 4 * (REBASE_S + 10));
}

/* Changes that came meanwhile stand behind the base; one from a cache that is older than the book was is no base. */
TEST(what_comes_meanwhile_is_held)
{
    begin();
    for (unsigned s = 0; s < REBASE_S - 1; s++) {
        say("C %s 0 0 %lld 90", "AAA");
        ticks(1);
    }
    int64_t applied = stamp;
    ticks(2);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    say("C %s 0 0 %lld 91", "AAA");
    say("C %s 0 0 %lld 92", "AAA");
    answer_base("AAA", applied - 1);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    bench.asked_count = 0;
    ticks(25);
    CHECK(asked("/base/AAA") != NULL);
    answer_base("AAA", applied);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().bid_levels, 3);
    read_rows();
    const struct told *open = the_gap(TD_GAP_PLANNED, TD_GAP_OPEN, TD_CHANNEL_BOOK, "AAA");
    CHECK_EQ_I64(open->gap.from_ns, open->head.recv_ns);
    CHECK_EQ_I64(open->gap.action, TD_GAP_ACT_RESYNC);
    CHECK(open->note[0] != '\0');
    the_gap(TD_GAP_PLANNED, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "AAA");
}

TEST(without_the_span_no_book_starts_over)
{
    begin();
    fake_venue.rebase_s = 0;
    for (unsigned s = 0; s < 2 * REBASE_S; s++) {
        say("C %s 0 0 %lld 90", four[s % 4]);
        ticks(1);
    }
    CHECK_EQ_I64(bench.asked_count, 0);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}
