/* Venues that number all that a connection says: holes, repeats, late ones. */
#include "core_lines.h"

TEST(a_hole_in_its_numbers_loses_the_books_of_a_connection)
{
    counted_begins(0);
    text("8 T B-USD 7");
    CHECK(state("A-USD") == TD_BOOK_BROKEN && state("B-USD") == TD_BOOK_BROKEN);
    CHECK_EQ_I64(state("C-USD"), TD_BOOK_PROVEN);
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 1);
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 1);
    read_rows();
    const struct told *gap = the_gap(TD_GAP_SEQUENCE, TD_GAP_OPEN, TD_CHANNEL_BOOK, "A-USD");
    CHECK_EQ_I64(gap->gap.missed, 2);
    CHECK_EQ_I64(gap->gap.action, TD_GAP_ACT_RECONNECT);
    CHECK(gap->gap.seq_from == 5 && gap->gap.seq_to == 8);
    CHECK(has_gap(TD_GAP_SEQUENCE, TD_CHANNEL_TRADES, "A-USD"));
    CHECK(has_gap(TD_GAP_SEQUENCE, TD_CHANNEL_TICKER, "B-USD"));
    the_gap(TD_GAP_SEQUENCE, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "B-USD"); /* by this very trade */
    CHECK(!has_gap(TD_GAP_SEQUENCE, TD_CHANNEL_BOOK, "C-USD"));
    close_conn(1, 1000);
    open_line(3, 0);
    text("1 S A-USD 1"); /* its own count, from its first number on */
    text("2 S B-USD 1");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN);
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 1);
}

TEST(a_message_that_comes_twice_is_not_used_twice)
{
    counted_begins(0);
    text("6 T A-USD -1");
    text("6 T A-USD -1");
    text("4 H");
    CHECK_EQ_U64(bucket(TD_BUCKET_STALE), 2);
    read_rows();
    CHECK_EQ_U64(count_rows(ROW_TRADES), 1);
    CHECK_EQ_U64(count_rows(ROW_GAPS), 0);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
}

TEST(late_messages_within_the_slack_are_no_hole)
{
    counted_begins(2);
    text("7 D A-USD 1");
    text("8 D B-USD 1");
    text("6 D A-USD 1");
    text("10 D A-USD 1");
    text("11 D A-USD 1");
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP) + bucket(TD_BUCKET_STALE), 0);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    text("12 D A-USD 1"); /* 9 may not come any more */
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 1);
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_BROKEN);
    read_rows();
    CHECK_EQ_I64(the_gap(TD_GAP_SEQUENCE, TD_GAP_OPEN, TD_CHANNEL_BOOK, "B-USD")->gap.missed, 1);
}

TEST(numbers_that_begin_anew_are_a_hole)
{
    counted_begins(0);
    for (int n = 6; n < 40; n++) {
        char out[32];
        snprintf(out, sizeof out, "%d H", n);
        text(out);
    }
    text("1 D A-USD 1");
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 1);
    CHECK(state("A-USD") == TD_BOOK_BROKEN && state("C-USD") == TD_BOOK_PROVEN);
    read_rows();
    CHECK(!the_gap(TD_GAP_SEQUENCE, TD_GAP_OPEN, TD_CHANNEL_BOOK, "A-USD")->gap.has_missed);
}

TEST(a_frame_that_cannot_be_read_shows_or_tells_its_loss)
{
    counted_begins(0);
    text("6 D A-USD"); /* it has a number, so no hole will show */
    CHECK_EQ_U64(bucket(TD_BUCKET_MALFORMED), 1);
    CHECK(state("A-USD") == TD_BOOK_BROKEN && state("B-USD") == TD_BOOK_BROKEN &&
          state("C-USD") == TD_BOOK_PROVEN);
    text("7 S B-USD 1");
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 0);
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_PROVEN);
    text(""); /* it has none: the next number shows it */
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_PROVEN);
    text("9 D B-USD 1");
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_BROKEN);
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP), 1);
}

/* A venue that leaves numbers out by habit is not connected to again each time. */
TEST(a_connection_is_made_anew_ever_more_seldom)
{
    counted_begins(0);
    unsigned remade = 0;
    for (int n = 10; n < 1000; n += 10) {
        char out[32];
        snprintf(out, sizeof out, "%d H", n);
        bench.asked_count = 0;
        text(out);
        remade += asked(WIRE_REQUEST_RECONNECT, NULL) != NULL;
        bench.now_ns += TD_NS_PER_S;
    }
    CHECK_EQ_U64(remade, 4); /* at 0, 10, 30 and 70 s */
}

/* While a second connection is proven, a hole on one loses what that one brings. */
TEST(a_hole_beside_a_second_connection_loses_what_it_brings)
{
    counted_begins(0);
    open_beside(3, 0);
    text("1 S A-USD 1"); /* A has moved, B has not */
    by(1);
    text("9 H");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_BROKEN);
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 1);
    by(3);
    text("2 S B-USD 1");
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_PROVEN);
    close_conn(1, 1000);
    by(3);
    text("3 D A-USD 1");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN);
    text("5 D A-USD 1"); /* its own count went on with it */
    CHECK(state("A-USD") == TD_BOOK_BROKEN && state("B-USD") == TD_BOOK_BROKEN);
}

static size_t no_resubscribe(const struct instrument *instrument, unsigned n, char *text,
                             size_t cap)
{
    (void)instrument, (void)n, (void)text, (void)cap;
    return 0;
}

/* Where no text brings an image anew, a book that is not to be believed gets one by a new connection; but not again and again. */
TEST(a_book_that_no_text_renews_is_renewed_by_a_new_connection)
{
    counted_begins(0);
    fake.resubscribe = no_resubscribe;
    text(
        "6 D A-USD"); /* cannot be read, but is counted: both books of the connection are doubtful */
    CHECK(state("A-USD") == TD_BOOK_BROKEN && state("B-USD") == TD_BOOK_BROKEN);
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 1);
    CHECK_EQ_U64(bench.asked_count, 1); /* for both */
    close_conn(1, 1000);
    open_line(3, 0);
    text("1 S A-USD 1");
    text("2 S B-USD 1");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN);
    bench.asked_count = 0;
    text("3 D A-USD");
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_BROKEN);
    CHECK_EQ_U64(bench.asked_count, 0);
    for (int second = 0; second < 30 && bench.asked_count == 0; second++) {
        bench.now_ns += TD_NS_PER_S;
        text("- H");
        step(TD_FRAME_TICK, "", 0);
    }
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 3);
}

/* The other books of the connection must not pay for it once a minute. */
TEST(a_quiet_book_that_no_text_renews_is_suspected_once)
{
    unsigned remade = 0;
    uint32_t conn = 1;
    counted_begins(0);
    fake.resubscribe = NULL;
    for (int second = 0, n = 6; second < 400; second++) {
        char out[64];
        bench.now_ns += TD_NS_PER_S;
        by(2);
        snprintf(out, sizeof out, "%d D C-USD 1", second + 2);
        text(out);
        by(conn);
        snprintf(out, sizeof out, "%d D B-USD 1", n++);
        text(out);
        step(TD_FRAME_TICK, "", 0);
        if (asked(WIRE_REQUEST_RECONNECT, NULL) == NULL)
            continue;
        CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, conn);
        remade++;
        bench.asked_count = 0;
        close_conn(conn, 1000);
        open_line(conn = 3 + remade, 0);
        text("1 S A-USD 1");
        text("2 S B-USD 1");
        n = 3;
    }
    CHECK_EQ_U64(remade, 1);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
}
