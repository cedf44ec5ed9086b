/* Books whose base is asked for: changes wait for it under every rule, and what comes back is asked on the right way. */
#include "core_rows.h"

#include "word_venue.h"

static const char *const one[] = {"BTC"};

static void begin(enum sync_rule rule, enum venue_resync resync)
{
    fake_rule(rule, resync);
    start_venue(&fake_venue, one, 1, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
}

static void base_now(const char *words)
{
    if (fake_venue.resync == VENUE_RESYNC_REQUEST)
        text(words);
    else
        answer("https://fake.invalid/base/BTC", words);
}

/* Rows of changes (no image, no marker), each a bid with another number. */
static void check_changes(const int64_t *seq, unsigned count)
{
    unsigned n = 0;
    for (unsigned i = 0; i < told_count; i++) {
        if (told[i].table != ROW_BOOK || told[i].book.flags & (TD_ROW_SNAPSHOT | TD_ROW_MARKER))
            continue;
        CHECK(n < count);
        CHECK_EQ_I64(told[i].head.seq, seq[n]);
        CHECK_EQ_I64(told[i].head.has_seq, 1);
        n++;
    }
    CHECK_EQ_I64(n, count);
}

static void check_holding(enum sync_rule rule, enum venue_resync resync)
{
    static const int64_t kept[] = {10, 11, 12, 13};
    unsigned ends_at_base = rule == SYNC_PREV; /* it joins: what it holds is in the base already */
    begin(rule, resync);
    ticks(2);
    CHECK((asked("/base/BTC") != NULL) == (resync == VENUE_RESYNC_BASE));
    CHECK((asked("renew BTC") != NULL) == (resync == VENUE_RESYNC_REQUEST));
    text("C BTC 8 9 9 90");
    text("C BTC 9 10 10 91");
    text("C BTC 10 11 11 92");
    CHECK_EQ_I64(bucket(TD_BUCKET_PARTIAL), 3);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    base_now("B BTC 10 80 100");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("C BTC 11 12 12 93");
    text("C BTC 12 13 13 94");
    CHECK_EQ_I64(book().seq_last, 13);
    CHECK_EQ_I64(book().bid_levels, 4 + ends_at_base);
    read_rows();
    check_changes(kept + 1 - ends_at_base, 3 + ends_at_base);
}

TEST(changes_wait_for_a_base_under_every_rule)
{
    static const enum sync_rule rules[] = {SYNC_RANGE, SYNC_PREV, SYNC_BOOK1, SYNC_NONE};
    for (unsigned i = 0; i < sizeof rules / sizeof *rules; i++) {
        check_holding(rules[i], VENUE_RESYNC_BASE);
        check_holding(rules[i], VENUE_RESYNC_REQUEST);
    }
}

/* What shows the hole is held and joins the next base. */
TEST(a_hole_asks_for_a_base_on_the_socket)
{
    begin(SYNC_BOOK1, VENUE_RESYNC_REQUEST);
    text("B BTC 10 80 100");
    text("C BTC 0 0 11 90");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    ticks(15);
    bench.asked_count = 0;
    text("C BTC 0 0 13 91");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK(asked("renew BTC") != NULL);
    text("C BTC 0 0 14 92");
    text("B BTC 12 80 100");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().seq_last, 14);
    CHECK_EQ_I64(book().bid_levels, 3);
    read_rows();
    CHECK(the_gap(TD_GAP_SEQUENCE, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC") != NULL);
}

/* No level: the numbers go on, no row is written but the one that says another state. */
TEST(an_empty_change_moves_the_numbers_alone)
{
    begin(SYNC_PREV, VENUE_RESYNC_BASE);
    base_now("B BTC 10 80 100");
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    text("C BTC 10 0 10 0"); /* "nothing changed" */
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    uint64_t before = rows(ROW_BOOK);
    text("C BTC 10 0 12 0");
    CHECK_EQ_I64(rows(ROW_BOOK), before);
    CHECK_EQ_I64(book().seq_last, 12);
    text("C BTC 12 0 4 0"); /* back, and its predecessor fits */
    text("C BTC 4 0 5 90");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(rows(ROW_BOOK), before + 1);
    read_rows();
    unsigned proven = 0;
    for (unsigned i = 0; i < told_count; i++)
        proven += told[i].table == ROW_BOOK && told[i].book.flags & TD_ROW_MARKER &&
                  told[i].book.state == TD_BOOK_PROVEN;
    CHECK_EQ_I64(proven, 1);
}

TEST(a_new_image_of_the_stream_replaces_the_book)
{
    begin(SYNC_BOOK1, VENUE_RESYNC_SUBSCRIBE);
    text("B BTC 100 80 100");
    text("C BTC 0 0 101 90");
    text("B BTC 1 70 99");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().bid_levels, 1);
    text("C BTC 0 0 2 71");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().resyncs, 0);
    read_rows();
    CHECK_EQ_I64(count_gaps(TD_GAP_SEQUENCE), 0);
}

/* ---- two connections --------------------------------------------------------------------------------------------- */

static void by(uint32_t conn, const char *words)
{
    bench.conn = conn;
    text(words);
}

static void check_overlap_of(enum sync_rule rule)
{
    static const int64_t kept[] = {11, 12, 13, 14, 15};
    begin(rule, VENUE_RESYNC_BASE);
    base_now("B BTC 10 80 100");
    by(1, "C BTC 10 11 11 90");
    bench.conn = 2;
    step(TD_FRAME_CONN_OPEN, "wss://x", TD_OPEN_OVERLAP);
    by(2, "C BTC 11 12 12 91"); /* ahead: the first brings it too, or it comes next by whichever */
    by(1, "C BTC 11 12 12 91");
    by(1, "C BTC 12 13 13 92");
    by(2, "C BTC 12 13 13 92");
    by(2, "C BTC 13 14 14 93");
    by(1, "C BTC 13 14 14 93");
    bench.conn = 1;
    step(TD_FRAME_CONN_CLOSE, "planned", TD_CLOSE_PLANNED);
    by(2, "C BTC 14 15 15 94");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(book().seq_last, 15);
    CHECK_EQ_I64(book().bid_levels, 6);
    read_rows();
    check_changes(kept, 5);
    CHECK_EQ_I64(count_gaps(TD_GAP_SEQUENCE), 0);
    CHECK_EQ_I64(gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC", 0) != NULL, 0);
}

TEST(a_planned_reconnect_loses_and_doubles_nothing)
{
    check_overlap_of(SYNC_RANGE);
    check_overlap_of(SYNC_PREV);
    check_overlap_of(SYNC_BOOK1);
    check_overlap_of(SYNC_NONE);
}

/* One number from nowhere, or a venue that counts anew: no base would ever reach it. */
TEST(a_change_from_far_ahead_does_not_hold_up_the_book)
{
    begin(SYNC_RANGE, VENUE_RESYNC_BASE);
    text("C BTC 0 10 10 50");
    base_now("B BTC 9 80 100");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("C BTC 0 2148513197 2148513209 50");
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    text("C BTC 0 11 11 51");
    text("C BTC 0 12 12 52");
    base_now("B BTC 11 80 100");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    text("C BTC 0 13 13 53");
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}
