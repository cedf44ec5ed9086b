/* A second connection beside the first of one line among several (core_conn_test.c has those of venues with one). */
#include "core_lines.h"

TEST(a_second_line_is_replaced_without_a_loss)
{
    shards_begin(SYNC_NONE, "A-USD,B-USD,C-USD");
    open_line(1, 0);
    text("- S A-USD 1");
    text("- S B-USD 1");
    open_line(2, 1);
    text("- S C-USD 1");
    text("- T C-USD 1");
    read_rows();
    open_beside(3, 1);
    text("- D C-USD 2"); /* no image yet: the first is heard */
    CHECK_EQ_U64(bucket(TD_BUCKET_STALE), 1);
    text("- S C-USD 3");
    by(2);
    text("- D C-USD 4");
    CHECK_EQ_U64(bucket(TD_BUCKET_STALE), 2);
    by(3);
    text("- D C-USD 4");
    text("- T C-USD 2");
    bench.asked_count = 0;
    ticks(12);
    CHECK_EQ_I64(asked(WIRE_REQUEST_DROP, NULL)->conn, 2);
    by(1);
    text("- D A-USD 2");
    CHECK_EQ_U64(bucket(TD_BUCKET_STALE), 2);
    close_conn(2, TD_CLOSE_PLANNED);
    by(3);
    text("- D C-USD 5");
    read_rows();
    CHECK_EQ_U64(count_gaps(TD_GAP_DISCONNECT), 0);
    CHECK_EQ_U64(count_gaps(TD_GAP_PLANNED), 2);
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("C-USD") == TD_BOOK_PROVEN);
    close_conn(3, 1006);
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("C-USD") == TD_BOOK_SYNCING);
}

TEST(the_trades_of_a_split_venue_overlap_by_themselves)
{
    split_begins();
    open_beside(3, 1);
    text("- T A-USD 2");
    by(2);
    text("- T A-USD 2");
    by(1);
    text("- D A-USD 2");
    CHECK_EQ_U64(bucket(TD_BUCKET_STALE), 1);
    bench.asked_count = 0;
    ticks(12);
    CHECK_EQ_I64(asked(WIRE_REQUEST_DROP, NULL)->conn, 2);
    close_conn(2, TD_CLOSE_PLANNED);
    read_rows();
    CHECK_EQ_U64(count_gaps(TD_GAP_DISCONNECT), 0);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
}

static void named_trades_overlap(const char *way)
{
    shards_begin(SYNC_NONE, "A-USD");
    open_line(1, 0);
    text("- S A-USD 1");
    text("- T A-USD 7");
    open_beside(2, 0);
    for (const char *at = way; *at != '\0'; at++) {
        by(*at >= 'a' ? 2 : 1);
        char out[32];
        snprintf(out, sizeof out, *at == 's' ? "- S A-USD 1" : "- T A-USD %d", *at & 15);
        text(out);
    }
    CHECK_EQ_U64(core_book_status(bench.core, (unsigned)slot("A-USD")).trades, 4);
    read_rows();
    CHECK_EQ_U64(count_gaps(TD_GAP_TRADE_ID), 0);
}

/* Ids that are names: whichever connection is ahead, before or after its image, each trade is stored once. Trades 1, 2, 3: capitals by the
   first connection, small letters by the second, s its image. */
TEST(trades_with_names_are_stored_once_in_an_overlap)
{
    named_trades_overlap("ABabsCc");
    named_trades_overlap("absABCc"); /* what came by the second alone, before its image */
    named_trades_overlap("abcsABC");
    named_trades_overlap("AsbcBCa");
}

/* Numbered changes: an image by the second connection does not set the book back, and what comes twice is old. */
TEST(numbered_changes_of_two_connections_are_one_chain)
{
    fake_new(SYNC_PREV);
    begin("A-USD");
    open_line(1, 0);
    text("- S A-USD 10");
    text("- D A-USD 11");
    text("- D A-USD 12");
    read_rows();
    open_beside(2, 0);
    text("- S A-USD 11"); /* late */
    text("- D A-USD 12");
    text("- D A-USD 13");
    by(1);
    text("- D A-USD 13");
    text("- D A-USD 14");
    by(2);
    text("- D A-USD 14");
    text("- D A-USD 15");
    CHECK_EQ_I64(core_book_status(bench.core, (unsigned)slot("A-USD")).seq_last, 15);
    close_conn(2, 1006); /* the first goes on, and lost nothing */
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    by(1);
    text("- D A-USD 15");
    text("- D A-USD 16");
    read_rows();
    CHECK_EQ_U64(count_gaps(TD_GAP_SEQUENCE) + count_gaps(TD_GAP_DISCONNECT), 0);
    int64_t next = 13;
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_BOOK)
            CHECK_EQ_I64(told[i].head.seq, next++);
    CHECK_EQ_I64(next, 17);
}

/* ---- symbols that come and go meanwhile ---------------------------------------------------------------------------------- */

/* What left while two connections were up knows nothing of their end when it is back: changes that are old are then no other's. */
TEST(a_symbol_that_left_in_an_overlap_comes_back_alone)
{
    shards_begin(SYNC_PREV, "A-USD,B-USD");
    open_line(1, 0);
    text("- S A-USD 1");
    text("- S B-USD 1");
    open_beside(2, 0);
    text("- S A-USD 1");
    config("A-USD");
    close_conn(1, TD_CLOSE_PLANNED);
    config("A-USD,B-USD");
    by(2);
    text("- S B-USD 100");
    text("- D B-USD 101");
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_PROVEN);
    for (int n = 5; n < 10; n++) { /* the venue counts anew */
        char out[32];
        snprintf(out, sizeof out, "- D B-USD %d", n);
        text(out);
    }
    CHECK(state("B-USD") != TD_BOOK_PROVEN);
    read_rows();
    CHECK(has_gap(TD_GAP_SEQUENCE, TD_CHANNEL_BOOK, "B-USD"));
}

TEST(a_symbol_that_joins_in_an_overlap_is_heard_twice)
{
    shards_begin(SYNC_PREV, "A-USD");
    open_line(1, 0);
    text("- S A-USD 1");
    open_beside(2, 0);
    config("A-USD,B-USD");
    by(1);
    text("- S B-USD 1");
    for (unsigned conn = 1; conn <= 2; conn++) {
        by(conn);
        for (int n = 2; n < 9; n++) {
            char out[32];
            snprintf(out, sizeof out, "- D B-USD %d", n);
            text(out);
        }
    }
    CHECK_EQ_I64(state("B-USD"), TD_BOOK_PROVEN);
    read_rows();
    CHECK(!has_gap(TD_GAP_SEQUENCE, TD_CHANNEL_BOOK, "B-USD"));
}

/* ---- what asks for a second connection -------------------------------------------------------------------------------- */

static unsigned overlaps_asked(uint32_t conn)
{
    unsigned count = 0;
    for (unsigned i = 0; i < bench.asked_count; i++)
        count += bench.asked[i].kind == WIRE_REQUEST_OVERLAP && bench.asked[i].conn == conn;
    return count;
}

TEST(a_notice_replaces_its_connection_without_a_loss)
{
    split_begins();
    bench.asked_count = 0;
    by(1);
    text("- L");
    text("- L"); /* said twice, meant once */
    CHECK_EQ_U64(bucket(TD_BUCKET_IGNORED), 2);
    CHECK_EQ_U64(overlaps_asked(1), 1);
    CHECK_EQ_U64(overlaps_asked(2), 0);
    open_beside(3, 0);
    text("- L"); /* and by the new one */
    text("- S A-USD 2");
    by(1);
    text("- L");
    text("- D A-USD 2"); /* the second has it */
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    ticks(12);
    CHECK_EQ_I64(asked(WIRE_REQUEST_DROP, NULL)->conn, 1);
    close_conn(1, TD_CLOSE_PLANNED);
    by(3);
    text("- D A-USD 3");
    by(2);
    text("- T A-USD 2");
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    read_rows();
    const struct told *said = the_gap(TD_GAP_VENUE_NOTICE, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_STR(said->note, "- L");
    CHECK(said->gap.has_missed && said->gap.missed == 0);
    CHECK_EQ_U64(count_gaps(TD_GAP_VENUE_NOTICE), 2); /* opened and closed */
    CHECK_EQ_U64(count_gaps(TD_GAP_PLANNED), 2);
    CHECK_EQ_U64(count_rows(ROW_GAPS), 4);
    CHECK_EQ_U64(overlaps_asked(1) + overlaps_asked(2) + overlaps_asked(3), 1);
}

TEST(a_notice_a_minute_later_is_another)
{
    split_begins();
    bench.asked_count = 0;
    by(1);
    text("- L");
    ticks(59);
    text("- L");
    CHECK_EQ_U64(overlaps_asked(1), 1);
    ticks(2);
    text("- L");
    CHECK_EQ_U64(overlaps_asked(1), 2);
    by(9); /* nobody knows that one */
    ticks(61);
    text("- L");
    CHECK_EQ_U64(overlaps_asked(1) + overlaps_asked(9), 2);
}
