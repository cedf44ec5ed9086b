#include "book/sync.h"

#include "base/state.h"

#include <stdlib.h>

#include "test.h"

static struct sync new_sync(enum sync_rule rule)
{
    struct sync sync;

    sync_init(&sync, rule, rule == SYNC_RANGE);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    return sync;
}

static enum sync_verdict base(struct sync *sync, int64_t seq)
{
    struct td_event event = {.kind = TD_EVENT_SNAPSHOT, .flags = TD_EVF_HAS_SEQ, .seq_last = seq};

    return sync_judge(sync, &event);
}

static enum sync_verdict range(struct sync *sync, int64_t first, int64_t last)
{
    struct td_event event = {
        .kind = TD_EVENT_DELTA, .flags = TD_EVF_HAS_SEQ, .seq_first = first, .seq_last = last};

    return sync_judge(sync, &event);
}

static enum sync_verdict prev(struct sync *sync, int64_t before, int64_t last)
{
    struct td_event event = {
        .kind = TD_EVENT_DELTA, .flags = TD_EVF_HAS_SEQ, .seq_prev = before, .seq_last = last};

    return sync_judge(sync, &event);
}

static enum sync_verdict plain(struct sync *sync, uint8_t kind, uint8_t flags)
{
    struct td_event event = {.kind = kind, .flags = flags};

    return sync_judge(sync, &event);
}

/* ---- RANGE ------------------------------------------------------------------------------- */

TEST(range_holds_until_a_base_and_joins)
{
    struct sync sync = new_sync(SYNC_RANGE);

    CHECK(range(&sync, 90, 95) == SYNC_HOLD);
    CHECK(range(&sync, 96, 100) == SYNC_HOLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(base(&sync, 97) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(range(&sync, 90, 95) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(range(&sync, 96, 100) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 101, 101) == SYNC_APPLY);
    CHECK(range(&sync, 102, 110) == SYNC_APPLY);
    CHECK_EQ_I64(sync.seq_last, 110);
    CHECK_EQ_U64(sync.resyncs, 0);
}

TEST(range_joins_at_each_edge)
{
    const struct {
        int64_t first, last;
        enum sync_verdict verdict;
    } at_100[] = {{95, 100, SYNC_DROP_OLD}, {100, 100, SYNC_DROP_OLD}, {95, 101, SYNC_APPLY},
                  {101, 101, SYNC_APPLY},   {101, 300, SYNC_APPLY},    {100, 101, SYNC_APPLY},
                  {102, 102, SYNC_HOLE},    {102, 300, SYNC_HOLE}};

    for (size_t i = 0; i < sizeof(at_100) / sizeof(*at_100); i++) {
        struct sync sync = new_sync(SYNC_RANGE);
        CHECK(base(&sync, 100) == SYNC_APPLY);
        CHECK_EQ_I64(range(&sync, at_100[i].first, at_100[i].last), at_100[i].verdict);
    }
}

TEST(range_gap_breaks_until_a_newer_base_joins)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, 10);
    CHECK(range(&sync, 11, 12) == SYNC_APPLY);
    CHECK(range(&sync, 14, 15) == SYNC_HOLE);
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK_EQ_U64(sync.resyncs, 1);
    CHECK(range(&sync, 16, 17) == SYNC_HOLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK(base(&sync, 15) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(range(&sync, 14, 15) == SYNC_DROP_OLD);
    CHECK(range(&sync, 16, 17) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK_EQ_U64(sync.resyncs, 1);
}

TEST(range_base_older_than_held_deltas_is_a_hole)
{
    struct sync sync = new_sync(SYNC_RANGE);

    CHECK(range(&sync, 50, 55) == SYNC_HOLD);
    CHECK(base(&sync, 40) == SYNC_APPLY);
    CHECK(range(&sync, 50, 55) == SYNC_HOLE);
    CHECK(range(&sync, 50, 55) == SYNC_HOLD);
    CHECK(base(&sync, 60) == SYNC_APPLY);
    CHECK(range(&sync, 50, 55) == SYNC_DROP_OLD);
    CHECK(range(&sync, 56, 60) == SYNC_DROP_OLD);
    CHECK(range(&sync, 61, 62) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

TEST(range_duplicate_is_dropped)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, 10);
    CHECK(range(&sync, 11, 12) == SYNC_APPLY);
    CHECK(range(&sync, 11, 12) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 13, 13) == SYNC_APPLY);
}

TEST(range_base_never_sets_a_book_back)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, 10);
    range(&sync, 11, 20);
    CHECK(base(&sync, 15) == SYNC_DROP_OLD);
    CHECK(base(&sync, 20) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 21, 21) == SYNC_APPLY);
    CHECK(base(&sync, 30) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(base(&sync, 29) == SYNC_DROP_OLD);
    CHECK(range(&sync, 28, 31) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

TEST(range_at_the_ends_of_int64)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, INT64_MAX);
    CHECK(range(&sync, INT64_MIN, INT64_MAX) == SYNC_DROP_OLD);
    sync = new_sync(SYNC_RANGE);
    base(&sync, INT64_MIN);
    CHECK(range(&sync, INT64_MIN + 1, INT64_MAX) == SYNC_APPLY);
}

TEST(range_event_in_parts)
{
    struct sync sync = new_sync(SYNC_RANGE);
    struct td_event part = {.kind = TD_EVENT_SNAPSHOT, .flags = TD_EVF_CONTINUES, .seq_last = 10};

    CHECK(sync_judge(&sync, &part) == SYNC_APPLY);
    part.flags = TD_EVF_CONTINUED;
    CHECK(sync_judge(&sync, &part) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    part = (struct td_event){
        .kind = TD_EVENT_DELTA, .flags = TD_EVF_CONTINUES, .seq_first = 11, .seq_last = 12};
    CHECK(sync_judge(&sync, &part) == SYNC_APPLY);
    part.flags = TD_EVF_CONTINUED;
    CHECK(sync_judge(&sync, &part) == SYNC_APPLY);
    CHECK(range(&sync, 13, 13) == SYNC_APPLY);
    part.kind = TD_EVENT_SNAPSHOT; /* the rest of a base that was dropped */
    part.seq_last = 11;
    CHECK(sync_judge(&sync, &part) == SYNC_DROP_OLD);
}

/* A rest goes where its first part went, also where no base stands yet. */
TEST(parts_before_a_base_stay_together)
{
    const enum sync_rule rules[] = {SYNC_RANGE, SYNC_PREV, SYNC_BOOK1, SYNC_SUM, SYNC_NONE};
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct sync sync = new_sync(rules[i]);
        enum sync_verdict wanted = rules[i] == SYNC_RANGE ? SYNC_HOLD : SYNC_APPLY;
        struct td_event part = {.kind = TD_EVENT_DELTA,
                                .flags = TD_EVF_CONTINUES | TD_EVF_HAS_SEQ,
                                .seq_first = 11,
                                .seq_last = 12,
                                .seq_prev = 10};
        CHECK(sync_judge(&sync, &part) == wanted);
        part.flags |= TD_EVF_CONTINUED;
        CHECK(sync_judge(&sync, &part) == wanted);
        part.flags &= (uint8_t)~TD_EVF_CONTINUES;
        CHECK(sync_judge(&sync, &part) == wanted);
        CHECK(sync.state != TD_BOOK_PROVEN);
    }
}

/* ---- PREV, BOOK1, CONN1 ------------------------------------------------------------------ */

TEST(prev_names_its_predecessor)
{
    struct sync sync = new_sync(SYNC_PREV);

    CHECK(base(&sync, 100) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(prev(&sync, 100, 107) == SYNC_APPLY);
    CHECK(prev(&sync, 107, 109) == SYNC_APPLY);
    CHECK(prev(&sync, 107, 109) == SYNC_DROP_OLD);
    CHECK(prev(&sync, 109, 109) == SYNC_APPLY); /* "nothing changed" */
    CHECK(prev(&sync, 109, 3) == SYNC_APPLY);   /* the venue starts its count anew */
    CHECK(prev(&sync, 3, 5) == SYNC_APPLY);
    CHECK(prev(&sync, 8, 9) == SYNC_HOLE);
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK(prev(&sync, 9, 10) == SYNC_APPLY); /* no second alarm */
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK_EQ_U64(sync.resyncs, 1);
    CHECK(base(&sync, 50) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

TEST(prev_joins_a_base_between_two_deltas)
{
    struct sync sync = new_sync(SYNC_PREV);
    struct td_event event = {.kind = TD_EVENT_DELTA,
                             .flags = TD_EVF_HAS_SEQ,
                             .seq_prev = 90,
                             .seq_first = 95,
                             .seq_last = 105};

    base(&sync, 100);
    CHECK(prev(&sync, 80, 90) == SYNC_DROP_OLD);
    CHECK(sync_judge(&sync, &event) == SYNC_APPLY);
    event = (struct td_event){.kind = TD_EVENT_DELTA,
                              .flags = TD_EVF_HAS_SEQ,
                              .seq_prev = 99,
                              .seq_first = 100,
                              .seq_last = 110};
    CHECK(sync_judge(&sync, &event) == SYNC_HOLE); /* only the first may */
}

static void check_plus_one(enum sync_rule rule)
{
    struct sync sync = new_sync(rule);

    CHECK(base(&sync, 7) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 0, 8) == SYNC_APPLY);
    CHECK(range(&sync, 0, 9) == SYNC_APPLY);
    CHECK(range(&sync, 0, 9) == SYNC_DROP_OLD);
    CHECK(range(&sync, 0, 4) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 0, 11) == SYNC_HOLE);
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK_EQ_U64(sync.resyncs, 1);
    CHECK(base(&sync, 20) == SYNC_APPLY);
    CHECK(range(&sync, 0, 21) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

TEST(book1_counts_by_one)
{
    check_plus_one(SYNC_BOOK1);
}

/* Its numbers are the connection's: a book says nothing by them. */
TEST(conn1_is_as_none)
{
    struct sync sync = new_sync(SYNC_CONN1);

    CHECK(base(&sync, 7) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 0, 12) == SYNC_APPLY);
    CHECK(range(&sync, 0, 9) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

/* ---- SUM, NONE --------------------------------------------------------------------------- */

TEST(sum_breaks_once_on_a_checksum)
{
    struct sync sync = new_sync(SYNC_SUM);

    CHECK(!sync_checksum_failed(&sync)); /* no snapshot yet: nothing is believed */
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK(sync_checksum_failed(&sync));
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK(!sync_checksum_failed(&sync));
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK_EQ_U64(sync.resyncs, 1);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(sync_checksum_failed(&sync));
    CHECK_EQ_U64(sync.resyncs, 2);
}

TEST(none_is_proven_by_its_snapshot)
{
    struct sync sync = new_sync(SYNC_NONE);

    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    sync_reset(&sync, TD_BOOK_STALE);
    CHECK_EQ_I64(sync.state, TD_BOOK_STALE);
    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_STALE);
}

static void expect_parts(enum sync_rule rule, enum td_book_state meanwhile)
{
    struct sync sync = new_sync(rule);

    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, TD_EVF_CONTINUES) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, meanwhile);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, TD_EVF_CONTINUED | TD_EVF_CONTINUES) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, meanwhile);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, TD_EVF_CONTINUED) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

/* The pieces are of one frame, and a row bears the state after its frame. */
TEST(snapshot_in_parts_bears_the_state_after_its_frame)
{
    expect_parts(SYNC_NONE, TD_BOOK_PROVEN);
    expect_parts(SYNC_SUM, TD_BOOK_SYNCING); /* its checksum is asked at the end */
}

TEST(crossed_for_two_frames_breaks)
{
    struct sync sync = new_sync(SYNC_NONE);

    CHECK(!sync_crossed(&sync, true) && !sync_crossed(&sync, true)); /* no base yet */
    plain(&sync, TD_EVENT_SNAPSHOT, 0);
    CHECK(!sync_crossed(&sync, true));
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(!sync_crossed(&sync, false));
    CHECK(!sync_crossed(&sync, true));
    CHECK(sync_crossed(&sync, true));
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
    CHECK(!sync_crossed(&sync, true));
    CHECK(!sync_crossed(&sync, true));
    CHECK_EQ_U64(sync.resyncs, 1);
    plain(&sync, TD_EVENT_SNAPSHOT, 0);
    CHECK(!sync_crossed(&sync, true)); /* a new base, a new count */
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

/* ---- old deltas -------------------------------------------------------------------------- */

TEST(a_few_old_deltas_are_repeats_and_more_are_a_new_count)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, 1000);
    for (int i = 0; i < 9; i++) /* before the join they are what was held too long */
        CHECK(range(&sync, 900 + i, 900 + i) == SYNC_DROP_OLD);
    CHECK(range(&sync, 1001, 1001) == SYNC_APPLY);
    for (int i = 0; i < 3; i++)
        CHECK(range(&sync, 900, 900) == SYNC_DROP_OLD);
    CHECK(range(&sync, 1002, 1002) == SYNC_APPLY); /* counted anew */
    for (int i = 0; i < 3; i++)
        CHECK(range(&sync, 900, 900) == SYNC_DROP_OLD);
    CHECK(range(&sync, 900, 900) == SYNC_HOLE);
    CHECK_EQ_I64(sync.state, TD_BOOK_BROKEN);
}

TEST(a_number_from_far_back_is_a_hole_at_once)
{
    static const int64_t back[] = {0, 5, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        struct sync sync = new_sync(SYNC_RANGE);
        base(&sync, 5000000000);
        CHECK(range(&sync, 5000000001, 5000000001) == SYNC_APPLY);
        CHECK(range(&sync, back[i], back[i]) == SYNC_HOLE);
    }
    struct sync sync = new_sync(SYNC_PREV);
    base(&sync, 5000000000);
    CHECK(prev(&sync, 5000000000, 5000000001) == SYNC_APPLY);
    CHECK(prev(&sync, 5000000001, 7) == SYNC_APPLY); /* names its predecessor: it may step back */
    CHECK(prev(&sync, 1, 2) == SYNC_DROP_OLD);
}

TEST(with_a_twin_old_deltas_are_normal)
{
    struct sync sync = new_sync(SYNC_RANGE);

    base(&sync, 5000000000);
    CHECK(range(&sync, 5000000001, 5000000001) == SYNC_APPLY);
    sync.twin = true;
    for (int i = 0; i < 50; i++)
        CHECK(range(&sync, 5, 5) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
}

TEST(what_is_ahead_is_told_without_a_change)
{
    struct sync sync = new_sync(SYNC_RANGE);
    struct td_event event = {.kind = TD_EVENT_DELTA, .flags = TD_EVF_HAS_SEQ};

    base(&sync, 100);
    CHECK(range(&sync, 101, 101) == SYNC_APPLY);
    event.seq_first = event.seq_last = 103;
    CHECK(sync_ahead(&sync, &event));
    event.seq_first = 102;
    CHECK(!sync_ahead(&sync, &event));
    event.seq_first = event.seq_last = 90;
    CHECK(!sync_ahead(&sync, &event));
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK_EQ_I64(sync.seq_last, 101);
}

TEST(every_field_outlives_a_save)
{
    unsigned char bytes[128];
    struct sync sync = {SYNC_RANGE, TD_BOOK_BROKEN, true, true, true, 5000000000, -7, 6, 9, 11, 2,
                        true},
                other;
    struct td_state save = td_state_save(bytes, sizeof bytes);
    sync_state(&sync, &save);
    struct td_state load = td_state_load(bytes, save.used);
    sync_init(&other, SYNC_RANGE, true);
    sync_state(&other, &load);
    CHECK(!load.failed && load.used == save.used);
    CHECK_EQ_I64(other.rule, SYNC_RANGE);
    CHECK_EQ_I64(other.state, sync.state);
    CHECK(other.have_base && other.joined);
    CHECK_EQ_I64(other.seq_last, sync.seq_last);
    CHECK_EQ_I64(other.seq_broken, sync.seq_broken);
    CHECK_EQ_I64(other.seq_floor, sync.seq_floor);
    CHECK_EQ_U64(other.crossed_frames, sync.crossed_frames);
    CHECK_EQ_U64(other.resyncs, sync.resyncs);
    CHECK_EQ_U64(other.old_run, sync.old_run);
    CHECK(other.twin);
    bytes[0] = TD_BOOK_BROKEN + 1;
    load = td_state_load(bytes, save.used);
    sync_state(&other, &load);
    CHECK(load.failed);
}
