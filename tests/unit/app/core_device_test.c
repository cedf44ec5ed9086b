/* What concerns every source at once: starts, stops, missing frames, frames set aside, notes, the clock, hours. */
#include "core_rows.h"

#define CRASH "tapedeck\ncause=crash\n"
#define DAY_NS (24 * TD_NS_PER_HOUR)
static const char beat[] =
    "{\"type\":\"heartbeat\",\"sequence\":9,\"last_trade_id\":12,\"product_id\":\"BTC-USD\","
    "\"time\":\"2023-11-14T22:13:20.000000Z\"}";

static void begin(const char *cause)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_START, cause, 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    match(10, "sell");
}

/* ---- starts ------------------------------------------------------------------------------------------------------- */

TEST(a_crash_is_a_span_of_the_device_and_a_hole_of_each_channel)
{
    begin("tapedeck");
    int64_t last_ns = bench.now_ns - TD_NS_PER_MS;
    bench.now_ns += 7 * TD_NS_PER_S;
    step(TD_FRAME_START, CRASH, 0);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    CHECK(!core_source_status(bench.core, 0).up);
    bench.conn = 2;
    bench.now_ns += 2 * TD_NS_PER_S;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    int64_t good_ns = bench.now_ns - TD_NS_PER_MS;
    read_rows();
    const struct told *opened = the_gap(TD_GAP_CRASH, TD_GAP_OPEN, TD_CHANNEL_ALL, "_all");
    const struct told *closed = the_gap(TD_GAP_CRASH, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_I64(opened->gap.gap_id, closed->gap.gap_id);
    CHECK_EQ_I64(closed->gap.from_ns, last_ns);
    CHECK_EQ_I64(closed->gap.to_ns, last_ns + 7 * TD_NS_PER_S + TD_NS_PER_MS);
    CHECK_EQ_I64(closed->gap.action, TD_GAP_ACT_RESTART);
    CHECK(!closed->gap.has_missed);
    for (unsigned channel = 0; channel < 3; channel++) {
        opened = gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, (enum td_channel)channel, "BTC-USD", 1);
        closed = gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, (enum td_channel)channel, "BTC-USD", 1);
        CHECK(opened != NULL && closed != NULL);
        CHECK_EQ_I64(opened->gap.action, TD_GAP_ACT_RESTART);
        CHECK_EQ_STR(opened->note, "recording starts");
        CHECK_EQ_I64(closed->gap.to_ns, good_ns); /* the book's image ends all three */
    }
    check_ledger();
}

TEST(a_book_that_was_proven_gets_a_marker_at_a_start)
{
    begin("tapedeck");
    uint64_t before = rows(ROW_BOOK);
    step(TD_FRAME_START, CRASH, 0);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    step(TD_FRAME_CONFIG, "", 0); /* says of which channels the start is told */
    CHECK_EQ_I64(rows(ROW_BOOK), before + 1);
    read_rows();
    CHECK_EQ_I64(told[0].table, ROW_BOOK);
    unsigned markers = 0;
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_BOOK && told[i].book.flags & TD_ROW_MARKER) {
            CHECK_EQ_I64(told[i].book.state, TD_BOOK_SYNCING);
            markers++;
        }
    CHECK_EQ_I64(markers, 1);
}

TEST(the_causes_of_a_start_have_their_kinds)
{
    static const struct {
        const char *text;
        enum td_gap_kind kind;
    } causes[] = {{"x\ncause=power_loss\n", TD_GAP_POWER_LOSS}, {CRASH, TD_GAP_CRASH}};
    for (unsigned i = 0; i < 2; i++) {
        begin("tapedeck");
        step(TD_FRAME_START, causes[i].text, 0);
        read_rows();
        the_gap(causes[i].kind, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
        the_gap(TD_GAP_START, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    }
}

TEST(a_start_after_a_stop_closes_the_hole_of_the_stop)
{
    begin("tapedeck");
    step(TD_FRAME_STOP, "", 0);
    CHECK_EQ_U64(bench.sealed_frame, bench.next_frame); /* a checkpoint made there has seen it */
    int64_t stop_ns = bench.now_ns - TD_NS_PER_MS;
    bench.now_ns += 3600 * TD_NS_PER_S;
    step(TD_FRAME_START, "tapedeck\ncause=stop\n", 0);
    int64_t start_ns = bench.now_ns - TD_NS_PER_MS;
    read_rows();
    const struct told *opened = the_gap(TD_GAP_STOP, TD_GAP_OPEN, TD_CHANNEL_ALL, "_all");
    const struct told *closed = the_gap(TD_GAP_STOP, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_I64(opened->gap.gap_id, closed->gap.gap_id);
    CHECK_EQ_I64(closed->gap.from_ns, stop_ns);
    CHECK_EQ_I64(closed->gap.to_ns, start_ns);
    CHECK_EQ_I64(closed->gap.action, TD_GAP_ACT_RESTART);
}

TEST(what_was_asked_before_a_restart_does_not_pace_what_comes_after)
{
    begin("tapedeck");
    bench.now_ns = TD_NS_PER_S; /* the board started anew, and its monotonic clock with it */
    bench.wall_ahead_ns = 1700000100 * TD_NS_PER_S;
    step(TD_FRAME_START, CRASH, 0);
    bench.conn = 2;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    for (unsigned i = 0; i < 70; i++) {
        bench.now_ns += TD_NS_PER_S;
        step(TD_FRAME_TICK, "", 0);
    }
    CHECK(bench.asked_count > 0); /* silence is seen */
}

TEST(held_changes_without_a_base_are_told_at_the_stop)
{
    start("binance", "BTC-USDT");
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    depth(1, 5, "99.00", "1");
    step(TD_FRAME_STOP, "", 0);
    read_rows();
    the_gap(TD_GAP_STOP, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USDT");
}

/* ---- frames that cannot be had or read ----------------------------------------------------------------------------- */

TEST(missing_frames_are_counted_and_no_book_stays_proven)
{
    begin("tapedeck");
    bench.next_frame += 41;
    bench.asked_count = 0;
    text(beat);
    CHECK_EQ_I64(book().state, TD_BOOK_SYNCING);
    CHECK(bench.asked_count > 0);
    match(11, "sell");
    text(snapshot);
    read_rows();
    const struct told *closed = the_gap(TD_GAP_DISK_ERROR, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK(closed->gap.has_missed);
    CHECK_EQ_I64(closed->gap.missed, 41);
    the_gap(TD_GAP_DISK_ERROR, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD");
    the_gap(TD_GAP_DISK_ERROR, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC-USD");
    the_gap(TD_GAP_DISK_ERROR, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC-USD");
}

TEST(a_frame_that_is_set_aside_is_kept_told_and_not_read)
{
    static const uint64_t aside[] = {4};
    static const char *const symbols[] = {"BTC-USD", "ETH-USD"};
    struct core_params more = {.aside = aside, .aside_count = 1};
    start_with("coinbase", symbols, 2, &more);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    bench.asked_count = 0;
    match(10, "sell"); /* the fourth frame */
    CHECK_EQ_I64(rows(ROW_TRADES), 0);
    CHECK_EQ_I64(book().state, TD_BOOK_BROKEN);
    CHECK(bench.asked_count > 0);
    CHECK_EQ_I64(bucket(TD_BUCKET_MALFORMED), 1);
    match(11, "sell");
    CHECK_EQ_I64(rows(ROW_TRADES), 1);
    read_rows();
    const struct told *closed = the_gap(TD_GAP_PARSE, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_STR(closed->note, "set aside: it stopped the recorder twice");
    the_gap(TD_GAP_PARSE, TD_GAP_OPEN, TD_CHANNEL_BOOK, "BTC-USD");
}

TEST(a_note_is_told_as_it_says)
{
    begin("tapedeck");
    step(TD_FRAME_NOTE,
         "kind=journal_full from_ns=1700000000000000000 to_ns=1700000005000000000 "
         "missed=12 note=the journal was full for a while",
         0);
    step(TD_FRAME_NOTE, "kind=unheard_of note=x", 0);
    step(TD_FRAME_NOTE, "", 0);
    read_rows();
    const struct told *closed = the_gap(TD_GAP_JOURNAL_FULL, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_I64(closed->gap.from_ns, 1700000000 * TD_NS_PER_S);
    CHECK_EQ_I64(closed->gap.to_ns, 1700000005 * TD_NS_PER_S);
    CHECK_EQ_I64(closed->gap.missed, 12);
    CHECK_EQ_STR(closed->note, "the journal was full for a while");
}

/* ---- the clock -------------------------------------------------------------------------------------------------------- */

TEST(the_clock_is_a_row_each_time)
{
    begin("tapedeck");
    step(TD_FRAME_CLOCK,
         "state=synced method=ntp offset_ns=-1500 error_ns=20000 freq_ppb=-7 step_ns=0", 0);
    step(TD_FRAME_CLOCK, "state=unsynced method=none", 0);
    read_rows();
    const struct told *row[2] = {NULL, NULL};
    unsigned count = 0;
    for (unsigned i = 0; i < told_count; i++)
        if (told[i].table == ROW_CLOCK && count < 2)
            row[count++] = &told[i];
    if (row[0] == NULL || row[1] == NULL)
        FAIL("%u rows of clock", count);
    CHECK_EQ_I64(row[0]->clock.state, TD_CLOCK_SYNCED);
    CHECK_EQ_I64(row[0]->clock.method, TD_CLOCK_NTP);
    CHECK(row[0]->clock.has_offset && row[0]->clock.offset_ns == -1500);
    CHECK(row[0]->clock.has_error && row[0]->clock.error_ns == 20000);
    CHECK_EQ_I64(row[0]->clock.freq_ppb, -7);
    CHECK_EQ_I64(row[1]->clock.state, TD_CLOCK_UNSYNCED);
    CHECK(!row[1]->clock.has_offset && !row[1]->clock.has_error && !row[1]->clock.has_step);
    CHECK_EQ_I64(count_gaps(TD_GAP_CLOCK_STEP), 0);
}

/* A hole that is open over the step, a book and the hours: nothing runs backwards, nothing is lost, no hour is sealed twice over. */
static void step_clock(int64_t to_wall_ns)
{
    char payload[160];
    begin("tapedeck");
    bench.now_ns += TD_NS_PER_S;
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    int64_t step_ns = to_wall_ns - (bench.now_ns + bench.wall_ahead_ns);
    bench.wall_ahead_ns += step_ns;
    snprintf(payload, sizeof payload, "state=stepped method=sntp step_ns=%lld", (long long)step_ns);
    take_cuts();
    step(TD_FRAME_CLOCK, payload, 0);
    take_cuts();
    bench.conn = 2;
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    match(13, "sell");
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
}

static void check_step(int64_t to_wall_ns, bool back)
{
    step_clock(to_wall_ns);
    told_count = 0;
    step(TD_FRAME_SEAL, "test", 0);
    take_cuts();
    check_ledger();
    const struct told *closed = the_gap(TD_GAP_CLOCK_STEP, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_I64(closed->gap.to_ns, closed->head.recv_ns); /* the stamp after */
    if (back)
        CHECK_EQ_I64(closed->gap.from_ns, closed->gap.to_ns);
    CHECK_EQ_I64(strstr(closed->note, "set back meanwhile") != NULL, back);
    CHECK(strstr(closed->note, "the clock was set by ") != NULL);
    closed = gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC-USD", 1);
    if (closed == NULL) /* the start's own hole stands in an hour that was taken already */
        closed = the_gap(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_BOOK, "BTC-USD");
    CHECK_EQ_I64(closed->gap.to_ns, closed->head.recv_ns);
    the_gap(TD_GAP_TRADE_ID, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC-USD");
}

TEST(steps_of_the_clock_leave_no_negative_span)
{
    static const int64_t now_ns = 1700000000 * TD_NS_PER_S;
    check_step(now_ns + TD_NS_PER_HOUR, false);
    check_step(now_ns - TD_NS_PER_HOUR, true);
    check_step(now_ns + DAY_NS, false);
    check_step(now_ns - DAY_NS, true);
    check_step(5 * TD_NS_PER_S, true);            /* 1970 */
    check_step(4291747200 * TD_NS_PER_S, false);  /* 2106 */
    check_step(now_ns + 20 * TD_NS_PER_S, false); /* within the hour */
}

TEST(a_clock_that_is_set_back_before_a_start_is_said)
{
    begin("tapedeck");
    take_cuts();
    bench.wall_ahead_ns = -100 * DAY_NS; /* no clock of its own: it begins at a floor */
    step(TD_FRAME_START, CRASH, 0);
    read_rows();
    check_ledger();
    const struct told *closed = the_gap(TD_GAP_CRASH, TD_GAP_CLOSE, TD_CHANNEL_ALL, "_all");
    CHECK_EQ_I64(closed->gap.from_ns, closed->gap.to_ns);
    CHECK(strstr(closed->note, "set back meanwhile") != NULL);
}

/* ---- hours ---------------------------------------------------------------------------------------------------------------- */

TEST(hours_and_days_without_a_row_are_sealed_once_each)
{
    start("coinbase", "BTC-USD");
    step(TD_FRAME_START, "tapedeck", 0);
    for (unsigned hour = 0; hour < 30; hour++) {
        bench.now_ns += TD_NS_PER_HOUR;
        step(TD_FRAME_TICK, "", 0);
        step(TD_FRAME_TICK, "", 0);
        take_cuts();
        CHECK_EQ_I64(bench.seals, hour + 1);
        CHECK_EQ_U64(bench.sealed_frame,
                     bench.next_frame - 2); /* not seen: the tick of the new hour */
    }
}

TEST(a_seal_frame_seals_as_an_hour_does)
{
    begin("tapedeck");
    depth(1, 5, "99.00", "1");
    step(TD_FRAME_SEAL, "journal is half full", 0);
    CHECK_EQ_I64(bench.seals, 1);
    CHECK_EQ_U64(bench.sealed_frame, bench.next_frame - 1);
    CHECK_EQ_I64(book().state, TD_BOOK_PROVEN);
    take_cuts();
}

/* ---- the day's count ------------------------------------------------------------------------------------------------------ */

TEST(the_day_counts_frames_rows_holes_and_time_by_state)
{
    begin("tapedeck");
    match(14, "sell");
    for (unsigned i = 0; i < 10; i++) {
        bench.now_ns += TD_NS_PER_S;
        text(beat);
        step(TD_FRAME_TICK, "", 0);
    }
    struct core_book_status status = book();
    CHECK_EQ_I64(status.frames_today[TD_CHANNEL_BOOK], 1);
    CHECK_EQ_I64(status.rows_today[TD_CHANNEL_BOOK], 4);
    CHECK_EQ_I64(status.rows_today[TD_CHANNEL_TRADES], 2);
    CHECK_EQ_I64(status.trades_missed_today, 3);
    CHECK_EQ_I64(status.gaps_today[TD_GAP_DISCONNECT], 3);
    CHECK_EQ_I64(status.gaps_today[TD_GAP_TRADE_ID], 1);
    uint64_t proven_ms = status.state_ms_today[TD_BOOK_PROVEN];
    CHECK(proven_ms >= 10000 && proven_ms < 10100);
    CHECK(status.state_ms_today[TD_BOOK_SYNCING] > 0 &&
          status.state_ms_today[TD_BOOK_SYNCING] < 10);
    CHECK_EQ_U64(core_book_hour_ms(bench.core, 0, 22, TD_BOOK_PROVEN), proven_ms);
    text("{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\",\"99.00\","
         "\"1\"]],\"time\":\"2023-11-14T22:13:20.000001Z\"}");
    bench.now_ns +=
        3 * TD_NS_PER_S; /* nothing came: not proven, once the connection turns out lost */
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    bench.now_ns += 5 * TD_NS_PER_S;
    step(TD_FRAME_TICK, "", 0);
    CHECK_EQ_U64(book().state_ms_today[TD_BOOK_STALE] / 100, 30);
    CHECK(book().state_ms_today[TD_BOOK_SYNCING] >= 5000);
    CHECK_EQ_U64(book().state_ms_today[TD_BOOK_PROVEN] / 100, proven_ms / 100);
    bench.now_ns += 2 * TD_NS_PER_HOUR; /* past midnight */
    step(TD_FRAME_TICK, "", 0);
    take_cuts();
    CHECK_EQ_U64(book().state_ms_today[TD_BOOK_PROVEN], 0);
    CHECK_EQ_U64(book().trades_missed_today, 0);
}
