/* Trades that were missed come from the venue's history: once each, marked, and moving nothing but rows. */
#include "app/core_parts.h"

#include "core_rows.h"

#include "base/state.h"
#include "word_venue.h"

static const char *const one[] = {"BTC"};

static void trade(int64_t id)
{
    char out[64];
    snprintf(out, sizeof out, "T BTC %lld", (long long)id);
    text(out);
}

/* The venue's history of first..last, newest first, as the answer to what was asked for. */
static void history(int64_t first, int64_t last)
{
    char body[12 << 10];
    int used = snprintf(body, sizeof body, "H BTC");
    for (int64_t id = last; id >= first; id--)
        used += snprintf(body + used, sizeof body - (size_t)used, " %lld", (long long)id);
    answer("https://fake.invalid/trades/BTC?first=0&last=0", body);
}

/* The ids of the newest request; false: none since. */
static bool was_asked(int64_t *first, int64_t *last)
{
    long long a, b;
    const char *found = asked("/trades/BTC?");
    if (found == NULL)
        return false;
    CHECK_EQ_I64(sscanf(strstr(found, "first="), "first=%lld&last=%lld", &a, &b), 2);
    *first = a;
    *last = b;
    bench.asked_count = 0;
    return true;
}

static void begin(void)
{
    fake_rule(SYNC_NONE, VENUE_RESYNC_SUBSCRIBE);
    fake_venue.base_gap_ms = 10;
    start_venue(&fake_venue, one, 1, NULL);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text("B BTC 1 80 100");
    trade(100);
}

static void check_asked(int64_t first, int64_t last)
{
    int64_t a = 0, b = 0;
    CHECK(was_asked(&a, &b));
    CHECK_EQ_I64(a, first);
    CHECK_EQ_I64(b, last);
}

/* The n-th row `close` of the hole. */
static const struct told *closed(unsigned n)
{
    return gap_of(TD_GAP_TRADE_ID, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC", n);
}

TEST(a_hole_is_filled_and_told)
{
    begin();
    trade(106);
    CHECK_EQ_I64(book().trades_missed, 5);
    ticks(2);
    check_asked(101, 105);
    history(98, 110); /* more than was asked for */
    CHECK_EQ_I64(book().trades_missed, 0);
    CHECK_EQ_I64(book().trades, 7);
    history(98, 110);
    CHECK_EQ_I64(book().trades, 7);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 1);
    trade(107); /* the last id is as it was */
    CHECK_EQ_I64(book().trade_gaps, 1);
    ticks(60);
    CHECK(asked("/trades/") == NULL);
    read_rows();
    static const int64_t ids[] = {100, 106, 101, 102, 103, 104, 105, 107};
    for (unsigned i = 0; i < 8; i++) {
        const struct told *row = row_of(ROW_TRADES, i);
        bool late = ids[i] > 100 && ids[i] < 106;
        CHECK_EQ_I64(row->trade.trade_id, ids[i]);
        CHECK_EQ_I64((row->trade.flags & TD_ROW_BACKFILL) != 0, late);
        CHECK_EQ_I64(row->head.origin, late ? TD_ORIGIN_BACKFILL : TD_ORIGIN_WS);
        CHECK_EQ_I64((row->trade.flags & TD_ROW_LAST) != 0, !late || ids[i] == 105);
    }
    CHECK_EQ_I64(count_rows(ROW_TRADES), 8);
    const struct told *first = closed(0), *again = closed(1);
    CHECK(first != NULL && again != NULL && closed(2) == NULL);
    CHECK_EQ_I64(first->gap.action, TD_GAP_ACT_NONE);
    CHECK_EQ_I64(first->gap.missed, 5);
    CHECK_EQ_I64(again->gap.action, TD_GAP_ACT_BACKFILLED);
    CHECK_EQ_I64(again->gap.missed, 0);
    CHECK_EQ_I64(again->gap.gap_id, first->gap.gap_id);
    CHECK_EQ_I64(again->gap.from_ns, first->gap.from_ns);
    CHECK_EQ_I64(again->gap.to_ns, first->gap.to_ns);
    CHECK_EQ_STR(again->note, "5 of 5 trades came later");
}

TEST(what_the_history_lacks_stays_missing)
{
    begin();
    trade(111);
    ticks(2);
    check_asked(101, 110);
    history(104, 110);
    ticks(2);
    check_asked(101, 103);
    unsigned asks = 1;
    int64_t first, last;
    for (unsigned i = 0; i < 300; i++) {
        ticks(1);
        asks += was_asked(&first, &last);
    }
    CHECK_EQ_I64(asks, 3);
    CHECK_EQ_I64(book().trades_missed, 3);
    read_rows();
    CHECK_EQ_I64(closed(1)->gap.action, TD_GAP_ACT_BACKFILLED);
    CHECK_EQ_I64(closed(1)->gap.missed, 3);
    CHECK_EQ_STR(closed(1)->note, "7 of 10 trades came later");
}

/* Nothing came: the ledger has said it all already. */
TEST(a_venue_that_does_not_answer_changes_nothing)
{
    begin();
    trade(111);
    ticks(200);
    unsigned asks = 0;
    for (unsigned i = 0; i < bench.asked_count; i++)
        asks += strstr(bench.asked[i].text, "/trades/") != NULL;
    CHECK_EQ_I64(asks, 3);
    read_rows();
    CHECK(closed(0) != NULL && closed(1) == NULL);
    CHECK_EQ_I64(book().trades_missed, 10);
}

TEST(a_large_hole_is_filled_page_by_page_at_its_newer_end)
{
    begin();
    trade(100 + 7001);
    int64_t first = 0, last = 0, came = 0;
    for (unsigned i = 0; i < 20; i++) {
        ticks(2);
        if (!was_asked(&first, &last))
            break;
        CHECK(last - first < 1000);
        history(first, last);
        came += last - first + 1;
    }
    CHECK_EQ_I64(came, CORE_BACKFILL_IDS);
    CHECK_EQ_I64(first, 100 + 7001 - CORE_BACKFILL_IDS);
    CHECK_EQ_I64(book().trades_missed, 2000);
    read_rows();
    CHECK_EQ_I64(closed(1)->gap.missed, 2000);
}

TEST(a_hole_after_a_disconnect_is_filled_under_its_own_gap)
{
    begin();
    step(TD_FRAME_CONN_CLOSE, "lost", 1006);
    ticks(3);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    trade(104);
    ticks(2);
    check_asked(101, 103);
    history(101, 103);
    read_rows();
    const struct told *row = gap_of(TD_GAP_DISCONNECT, TD_GAP_CLOSE, TD_CHANNEL_TRADES, "BTC", 1);
    CHECK(row != NULL);
    CHECK_EQ_I64(row->gap.action, TD_GAP_ACT_BACKFILLED);
    CHECK_EQ_I64(row->gap.missed, 0);
    CHECK_EQ_I64(row->gap.gap_id,
                 the_gap(TD_GAP_DISCONNECT, TD_GAP_OPEN, TD_CHANNEL_TRADES, "BTC")->gap.gap_id);
}

TEST(what_comes_late_by_the_stream_is_not_asked_for_again)
{
    begin();
    trade(104);
    trade(102);
    ticks(2);
    check_asked(101, 103);
    history(101, 103);
    CHECK_EQ_I64(book().trades, 5);
    read_rows();
    unsigned late = 0;
    for (unsigned i = 0; i < 5; i++)
        late += (row_of(ROW_TRADES, i)->trade.flags & TD_ROW_BACKFILL) != 0;
    CHECK_EQ_I64(late, 2);
}

TEST(history_that_nobody_asked_for_is_not_stored)
{
    begin();
    history(50, 120);
    CHECK_EQ_I64(book().trades, 1);
    CHECK_EQ_I64(bucket(TD_BUCKET_STALE), 1);
    trade(101);
    CHECK_EQ_I64(book().trade_gaps, 0);
}

TEST(a_hole_that_is_being_filled_outlives_a_save)
{
    static unsigned char bytes[16 << 10], copy[16 << 10];
    static struct core_instrument other;
    begin();
    trade(106);
    ticks(2);
    history(103, 104);
    struct core_instrument *in = &bench.core->instrument[0];
    struct td_state save = td_state_save(bytes, sizeof bytes);
    core_backfill_state(in, &save);
    memset(&other, 0, sizeof other);
    struct td_state load = td_state_load(bytes, save.used);
    core_backfill_state(&other, &load);
    CHECK(!load.failed && load.used == save.used);
    CHECK_EQ_I64(other.backfill[0].left, 3);
    struct td_state again = td_state_save(copy, sizeof copy);
    core_backfill_state(&other, &again);
    CHECK(again.used == save.used && memcmp(copy, bytes, save.used) == 0);
    bytes[1] = bytes[2] = 0xFF; /* more than there can be */
    load = td_state_load(bytes, save.used);
    core_backfill_state(&other, &load);
    CHECK(load.failed);
}

/* The newest trades do not know what came from the history: the list after the next subscribe repeats it nevertheless. */
TEST(what_came_from_the_history_is_not_stored_again)
{
    static unsigned char bytes[16 << 10];
    begin();
    trade(106);
    ticks(2);
    history(103, 104);
    trade(103); /* while the rest is waited for */
    CHECK_EQ_I64(book().trades, 4);
    ticks(2);
    history(101, 102);
    ticks(60); /* 105 does not come */
    struct core_instrument *in = &bench.core->instrument[0];
    struct td_state save = td_state_save(bytes, sizeof bytes);
    core_backfill_state(in, &save);
    memset(in->backfill, 0, sizeof in->backfill);
    struct td_state load = td_state_load(bytes, save.used);
    core_backfill_state(in, &load);
    CHECK(!load.failed);
    text("T BTC 100 101 102 103 104 105 106 107");
    CHECK_EQ_I64(book().trades, 8);
    history(101, 105); /* an answer that took its time */
    text("T BTC 100 101 102 103 104 105 106 107");
    CHECK_EQ_I64(book().trades, 8);
    CHECK_EQ_I64(book().trade_gaps, 1);
    for (int64_t id = 120; id < 300; id += 3) { /* more holes than there are places */
        trade(id);
        ticks(2);
        history(id - 2, id - 1);
    }
    CHECK_EQ_I64(book().trades_missed, 10 + 1); /* 105 is counted for good */
}

TEST(ids_that_begin_anew_have_no_history)
{
    begin();
    trade(5000);
    ticks(2);
    history(4000, 4999);
    for (int64_t id = 200; id < 200 + 2 * TD_TRADES_KEPT; id++)
        trade(id);
    CHECK_EQ_I64(book().trade_gaps, 2);
    int64_t had = (int64_t)book().trades;
    for (int64_t id = 200 + 2 * TD_TRADES_KEPT; id < 5010; id++)
        trade(id);
    CHECK_EQ_I64(book().trades, had + 5010 - 200 - 2 * TD_TRADES_KEPT);
}

TEST(a_venue_without_a_history_is_not_asked)
{
    begin();
    fake_venue.trades_url = NULL;
    trade(106);
    ticks(30);
    CHECK(asked("/trades/") == NULL);
    CHECK_EQ_I64(book().trades_missed, 5);
}
