/* Several connections a source: what is lost with one of them, where requests go, and what the numbers of a connection tell. */
#include "core_rows.h"

#include "base/log.h"
#include "base/state.h"
#include "fake_venue.h"

static void by(uint32_t conn)
{
    bench.conn = conn;
}

static void open_line(uint32_t conn, unsigned line)
{
    by(conn);
    step(TD_FRAME_CONN_OPEN, "wss://x", (uint16_t)(line << TD_OPEN_LINE_SHIFT));
}

static void open_beside(uint32_t conn, unsigned line)
{
    by(conn);
    step(TD_FRAME_CONN_OPEN, "wss://x", (uint16_t)(line << TD_OPEN_LINE_SHIFT | TD_OPEN_OVERLAP));
}

static void close_conn(uint32_t conn, uint16_t status)
{
    by(conn);
    step(TD_FRAME_CONN_CLOSE, "peer reset", status);
}

static void config(const char *symbols)
{
    char out[256];
    snprintf(out, sizeof out, "[fake]\nsymbols = %s\n", symbols);
    step(TD_FRAME_CONFIG, out, 0);
}

/* As a start does it: the first CONFIG frame lays the lines out. */
static void begin(const char *symbols)
{
    static const char *const none[] = {"X-USD"};
    struct core_params more = {.capacity = 12};
    td_log_setup(2, TD_LOG_OFF, NULL);
    start_with("fake", none, 1, &more);
    step(TD_FRAME_START, "tapedeck\ncause=first\n", 0);
    config(symbols);
}

static int slot(const char *raw)
{
    return instruments_find(core_instruments(bench.core), 0, raw, strlen(raw));
}

static uint8_t shard(const char *raw)
{
    return instruments_peek(core_instruments(bench.core), (unsigned)slot(raw))->shard;
}

static uint8_t state(const char *raw)
{
    return core_book_status(bench.core, (unsigned)slot(raw)).state;
}

static const struct wire_request *asked(enum wire_request_kind kind, const char *part)
{
    for (unsigned i = 0; i < bench.asked_count; i++)
        if (bench.asked[i].kind == kind &&
            (part == NULL ||
             memmem(bench.asked[i].text, bench.asked[i].bytes, part, strlen(part)) != NULL))
            return &bench.asked[i];
    return NULL;
}

static bool has_gap(enum td_gap_kind kind, enum td_channel channel, const char *symbol)
{
    return gap_of(kind, TD_GAP_OPEN, channel, symbol, 0) != NULL;
}

/* ---- endpoints ------------------------------------------------------------------------------------------------------ */

static void split_begins(void)
{
    fake_new(SYNC_NONE);
    fake_split();
    begin("A-USD");
    open_line(1, 0);
    open_line(2, 1);
    by(1);
    text("- S A-USD 1");
    by(2);
    text("- T A-USD 1");
    text("- K A-USD 1");
    CHECK_EQ_I64(state("A-USD"), TD_BOOK_PROVEN);
    CHECK(core_source_status(bench.core, 0).up);
    CHECK_EQ_U64(core_source_status(bench.core, 0).lines, 2);
    read_rows();
}

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

static void shards_begin(enum sync_rule rule, const char *symbols)
{
    fake_new(rule);
    fake.conn_channels_max = 6; /* two symbols of three channels */
    begin(symbols);
}

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

/* ---- overlap -------------------------------------------------------------------------------------------------------- */

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

/* ---- numbers of a connection ---------------------------------------------------------------------------------------- */

static void counted_begins(unsigned slack)
{
    shards_begin(SYNC_CONN1, "A-USD,B-USD,C-USD");
    fake.conn_seq_slack = (uint8_t)slack;
    open_line(1, 0);
    text("1 S A-USD 1");
    text("2 S B-USD 1");
    text("3 T A-USD 1");
    open_line(2, 1);
    text("1 S C-USD 1");
    by(1);
    text("4 H");
    text("5 D A-USD 1");
    CHECK(state("A-USD") == TD_BOOK_PROVEN && state("B-USD") == TD_BOOK_PROVEN &&
          state("C-USD") == TD_BOOK_PROVEN);
    CHECK_EQ_U64(bucket(TD_BUCKET_GAP) + bucket(TD_BUCKET_STALE), 0);
    bench.asked_count = 0;
    read_rows();
}

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
    for (unsigned i = 0; i < count; i++)
        CHECK(memcmp(&told[i], &whole[i], sizeof *told) == 0);
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
