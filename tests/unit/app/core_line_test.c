/* Several connections a source: what is lost with one of them, where requests go, and what a checkpoint knows of them. */
#include "core_lines.h"

#include "base/state.h"

/* ---- endpoints ------------------------------------------------------------------------------------------------------ */

TEST(a_connection_takes_its_own_channels_with_it)
{
    split_begins();
    close_conn(2, 1006);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    CHECK(!core_source_status(bench.core, 0).up);
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines_up, 1);
    by(1);
    text("- D A-USD 2");
    read_rows();
    CHECK(has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_TRADES, "A-USD"));
    CHECK(has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_TICKER, "A-USD"));
    CHECK(!has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_BOOK, "A-USD"));
    open_line(3, 1);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    text("- T A-USD 9");
    read_rows();
    the_gap(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "A-USD");
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_TICKER, "A-USD", 0) == NULL);
}

TEST(a_book_that_goes_leaves_the_trades)
{
    split_begins();
    close_conn(1, 1006);
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_SYNCING);
    by(2);
    text("- T A-USD 2");
    read_rows();
    CHECK(has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_BOOK, "A-USD"));
    CHECK(!has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_TRADES, "A-USD"));
    CHECK_EQ_U64(count_rows(ROW_TRADES), 1);
    open_line(3, 0);
    text("- S A-USD 1");
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    CHECK(core_source_status(bench.core, 0).up);
}

TEST(a_book_that_is_proven_says_nothing_of_another_connection)
{
    split_begins();
    close_conn(2, 1006);
    close_conn(1, 1006);
    open_line(3, 0);
    text("- S A-USD 1");
    read_rows();
    the_gap(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "A-USD");
    CHECK(gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "A-USD", 0) == NULL);
}

TEST(silence_is_of_one_connection)
{
    fake_new(SYNC_NONE);
    fake_split();
    fake.heartbeat_ms = 1000;
    begin("A-USD");
    open_line(1, 0);
    open_line(2, 1);
    by(1);
    text("- S A-USD 1");
    bench.asked_count = 0;
    for (int i = 0; i < 8; i++) {
        by(1);
        text("- H");
        ticks(1);
    }
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 2);
    bench.asked_count = 0;
    by(2);
    for (int i = 0; i < 8; i++) {
        text("- H");
        ticks(1);
    }
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_STALE);
    CHECK_EQ_I64(asked(WIRE_REQUEST_RECONNECT, NULL)->conn, 1);
}

TEST(the_list_is_asked_for_once_a_source)
{
    fake_new(SYNC_NONE);
    fake_split();
    begin("A-USD");
    bench.asked_count = 0;
    open_line(1, 0);
    CHECK(asked(WIRE_REQUEST_FETCH, "/list") != NULL);
    bench.asked_count = 0;
    open_line(2, 1);
    CHECK(asked(WIRE_REQUEST_FETCH, "/list") == NULL);
}

/* ---- shards --------------------------------------------------------------------------------------------------------- */

TEST(a_connection_takes_its_own_symbols_with_it)
{
    shards_begin(SYNC_NONE, "A-USD,B-USD,C-USD,D-USD,E-USD");
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines, 3);
    CHECK(shard("A-USD") == 0 && shard("B-USD") == 0 && shard("C-USD") == 1 &&
          shard("D-USD") == 1 && shard("E-USD") == 2);
    for (unsigned line = 0; line < 3; line++)
        open_line(1 + line, line);
    by(1);
    text("- S A-USD 1");
    text("- S B-USD 1");
    by(2);
    text("- S C-USD 1");
    text("- S D-USD 1");
    by(3);
    text("- S E-USD 1");
    close_conn(2, 1006);
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN &&
          state("E-USD") == TD_BOOK_PROVEN);
    CHECK(state("C-USD") == TD_BOOK_SYNCING && state("D-USD") == TD_BOOK_SYNCING);
    open_line(4, 7); /* there is no such line */
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines_up, 2);
}

TEST(requests_go_to_the_connection_of_the_symbol)
{
    shards_begin(SYNC_NONE, "A-USD,B-USD,C-USD");
    fake.crossed_is_error = true;
    open_line(1, 0);
    open_line(2, 1);
    text("- S C-USD 1");
    bench.asked_count = 0;
    ticks(70); /* silent for longer than ever */
    const struct wire_request *resync = asked(WIRE_REQUEST_SEND, "resub C-USD");
    CHECK(resync != NULL && resync->conn == 2);
    bench.asked_count = 0;
    config("A-USD,B-USD");
    const struct wire_request *end = asked(WIRE_REQUEST_SEND, "unsub e0 s1 c7 \"C-USD\"");
    CHECK(end != NULL && end->conn == 2);
}

TEST(a_new_symbol_goes_where_there_is_room)
{
    shards_begin(SYNC_NONE, "A-USD,B-USD,C-USD,D-USD");
    open_line(1, 0);
    open_line(2, 1);
    bench.asked_count = 0;
    config("A-USD,B-USD,C-USD,D-USD,E-USD"); /* one more connection is a restart */
    CHECK(slot("E-USD") < 0);
    CHECK(asked(WIRE_REQUEST_SEND, "sub ") == NULL);
    config("E-USD,F-USD,B-USD,D-USD"); /* who leaves makes room, and those who stay stay */
    CHECK(shard("B-USD") == 0 && shard("D-USD") == 1);
    CHECK(shard("E-USD") == 0 && shard("F-USD") == 1);
    CHECK_EQ_I64(asked(WIRE_REQUEST_SEND, "sub e0 s0 c7 \"E-USD\"")->conn, 1);
    CHECK_EQ_I64(asked(WIRE_REQUEST_SEND, "sub e0 s1 c7 \"F-USD\"")->conn, 2);
    config("A-USD,B-USD,D-USD,F-USD"); /* one that comes back */
    CHECK_EQ_I64(shard("A-USD"), 0);
    step(TD_FRAME_START, "tapedeck\ncause=crash\n", 0);
    config("F-USD,D-USD,B-USD,A-USD,C-USD"); /* a start lays them out anew */
    CHECK(shard("F-USD") == 0 && shard("D-USD") == 0 && shard("B-USD") == 1 &&
          shard("A-USD") == 1 && shard("C-USD") == 2);
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines, 3);
}

TEST(endpoints_and_shards_together)
{
    fake_new(SYNC_NONE);
    fake_split();
    fake.conn_channels_max = 2; /* one symbol of trades and ticker */
    begin("A-USD,B-USD");
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines, 4);
    for (unsigned line = 0; line < 4; line++)
        open_line(1 + line, line);
    by(1);
    text("- S A-USD 1");
    by(3);
    text("- S B-USD 1");
    read_rows();
    close_conn(4, 1006);
    close_conn(1, 1006);
    read_rows();
    CHECK(state("A-USD") == TD_BOOK_SYNCING && state("B-USD") == TD_BOOK_PROVEN);
    CHECK(!has_gap(TD_GAP_DISCONNECT, TD_CHANNEL_BOOK, "B-USD"));
}

/* ---- a checkpoint --------------------------------------------------------------------------------------------------- */

static void before_checkpoint(void)
{
    counted_begins(3);
    text("8 D A-USD 1"); /* 6 and 7 are late */
    open_beside(3, 1);
    text("1 S C-USD 1");
    text("3 D C-USD 1");
}

static void after_checkpoint(void)
{
    by(1);
    text("7 D A-USD 2");
    text("8 D A-USD 2"); /* twice */
    text("6 D B-USD 2");
    by(2);
    text("2 D C-USD 9"); /* not heard any more */
    by(3);
    text("2 D C-USD 2");
    ticks(12);
    close_conn(2, TD_CLOSE_PLANNED);
    by(3);
    text("4 T C-USD 3");
    text("9 T C-USD 4");
    by(1);
    text("9 D A-USD 3");
    config("A-USD,B-USD,D-USD");
    text("40 D D-USD 3");
    close_conn(1, 1006);
}

TEST(a_checkpoint_knows_every_line)
{
    enum { STATE_MAX = 8 << 20 };
    static unsigned char saved[STATE_MAX];
    static struct told whole[ROWS_KEPT];
    before_checkpoint();
    read_rows();
    struct td_state save = td_state_save(saved, sizeof saved);
    core_state(bench.core, &save);
    CHECK(!save.failed);
    uint64_t frame = bench.next_frame;
    int64_t now_ns = bench.now_ns;
    after_checkpoint();
    read_rows();
    unsigned count = told_count;
    memcpy(whole, told, count * sizeof *told);
    CHECK(count > 10 && count_gaps(TD_GAP_SEQUENCE) > 4);

    static const char *const other[] = {"Y-USD"};
    struct core_params more = {.capacity = 12};
    start_with("fake", other, 1, &more);
    struct td_state load = td_state_load(saved, save.used);
    core_state(bench.core, &load);
    CHECK(!load.failed && load.used == save.used);
    bench.next_frame = frame;
    bench.now_ns = now_ns;
    after_checkpoint();
    read_rows();
    CHECK_EQ_U64(told_count, count);
    const unsigned char *now = (const unsigned char *)told, *before = (const unsigned char *)whole;
    CHECK(memcmp(now, before, count * sizeof *told) == 0); /* rows begin as zeros */
}

TEST(a_state_of_other_lines_is_refused)
{
    static unsigned char saved[8 << 20];
    counted_begins(0);
    struct td_state save = td_state_save(saved, sizeof saved);
    core_state(bench.core, &save);
    CHECK(!save.failed);
    fake_split();
    struct core_params more = {.capacity = 12};
    static const char *const other[] = {"Y-USD"};
    start_with("fake", other, 1, &more);
    struct td_state load = td_state_load(saved, save.used);
    core_state(bench.core, &load);
    CHECK(load.failed);
}
