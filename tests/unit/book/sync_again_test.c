/* Books whose base is asked for and comes beside the stream: changes wait for it, and join it as their rule says. */
#include "book/sync.h"

#include "test.h"

static struct sync holding(enum sync_rule rule)
{
    struct sync sync;

    sync_init(&sync, rule, true);
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

static enum sync_verdict plain(struct sync *sync, uint8_t kind, uint8_t flags)
{
    struct td_event event = {.kind = kind, .flags = flags};

    return sync_judge(sync, &event);
}

static enum sync_verdict span(struct sync *sync, int64_t before, int64_t first, int64_t last)
{
    struct td_event event = {.kind = TD_EVENT_DELTA,
                             .flags = TD_EVF_HAS_SEQ,
                             .seq_prev = before,
                             .seq_first = first,
                             .seq_last = last};

    return sync_judge(sync, &event);
}

/* Binance futures: pu, U, u; U is not pu + 1. */
TEST(prev_holds_and_joins_where_a_change_reaches_over)
{
    struct sync sync = holding(SYNC_PREV);

    CHECK(span(&sync, 80, 85, 90) == SYNC_HOLD);
    CHECK(base(&sync, 100) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(span(&sync, 80, 85, 90) == SYNC_DROP_OLD);
    CHECK(span(&sync, 90, 95, 105) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(span(&sync, 105, 111, 120) == SYNC_APPLY);
    CHECK(span(&sync, 119, 120, 130) == SYNC_HOLE); /* only the first may reach over */
    CHECK(span(&sync, 130, 131, 140) == SYNC_HOLD);
    CHECK(base(&sync, 130) == SYNC_APPLY);
    CHECK(span(&sync, 130, 131, 140) == SYNC_APPLY);
    CHECK_EQ_U64(sync.resyncs, 1);
}

TEST(prev_joins_at_each_edge)
{
    const struct {
        int64_t prev, first, last;
        enum sync_verdict verdict;
    } at_100[] = {{80, 90, 99, SYNC_DROP_OLD}, {90, 95, 100, SYNC_APPLY},
                  {90, 100, 110, SYNC_APPLY},  {90, 104, 110, SYNC_APPLY},
                  {100, 104, 110, SYNC_APPLY}, {100, 100, 110, SYNC_APPLY},
                  {101, 102, 110, SYNC_HOLE}};

    for (size_t i = 0; i < sizeof(at_100) / sizeof(*at_100); i++) {
        struct sync sync = holding(SYNC_PREV);
        CHECK(base(&sync, 100) == SYNC_APPLY);
        CHECK_EQ_I64(span(&sync, at_100[i].prev, at_100[i].first, at_100[i].last),
                     at_100[i].verdict);
    }
}

/* HTX: the first whose prevSeqNum is not behind the base. */
TEST(prev_whose_first_is_its_predecessor)
{
    struct sync sync = holding(SYNC_PREV);

    CHECK(span(&sync, 10, 10, 20) == SYNC_HOLD);
    CHECK(base(&sync, 25) == SYNC_APPLY);
    CHECK(span(&sync, 10, 10, 20) == SYNC_DROP_OLD);
    CHECK(span(&sync, 20, 20, 30) == SYNC_APPLY);
    CHECK(span(&sync, 30, 30, 31) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(base(&sync, 31) == SYNC_DROP_OLD); /* asked for twice */
    CHECK(span(&sync, 32, 32, 33) == SYNC_HOLE);
}

TEST(book1_holds_and_goes_on_behind_the_base)
{
    struct sync sync = holding(SYNC_BOOK1);

    CHECK(range(&sync, 0, 8) == SYNC_HOLD);
    CHECK(base(&sync, 9) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
    CHECK(range(&sync, 0, 8) == SYNC_DROP_OLD);
    CHECK(range(&sync, 0, 9) == SYNC_DROP_OLD);
    CHECK(range(&sync, 0, 10) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 0, 12) == SYNC_HOLE);
    CHECK(range(&sync, 0, 13) == SYNC_HOLD);
}

/* Bitstamp: stamps that rise. Nothing proves more than the base itself. */
TEST(none_with_numbers_drops_what_the_base_has)
{
    struct sync sync = holding(SYNC_NONE);

    CHECK(range(&sync, 0, 900) == SYNC_HOLD);
    CHECK(base(&sync, 1000) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(range(&sync, 0, 900) == SYNC_DROP_OLD);
    CHECK(range(&sync, 0, 1000) == SYNC_DROP_OLD);
    CHECK(range(&sync, 0, 1400) == SYNC_APPLY);
    CHECK(range(&sync, 0, 1400) == SYNC_APPLY); /* two at one moment */
    CHECK(range(&sync, 0, 9000) == SYNC_APPLY);
    CHECK(base(&sync, 8000) == SYNC_DROP_OLD);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    sync.twin = true;
    CHECK(range(&sync, 0, 9000) == SYNC_DROP_OLD);
}

TEST(none_without_numbers_is_proven_by_its_base)
{
    struct sync sync = holding(SYNC_NONE);

    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_HOLD);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, 0) == SYNC_APPLY);
    CHECK(plain(&sync, TD_EVENT_DELTA, 0) == SYNC_APPLY);
    CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
    CHECK(plain(&sync, TD_EVENT_SNAPSHOT, 0) == SYNC_APPLY);
}

/* What the stream itself brings replaces the book at any time, whatever its number. */
TEST(a_snapshot_of_the_stream_is_never_old)
{
    const enum sync_rule rules[] = {SYNC_RANGE, SYNC_PREV, SYNC_BOOK1, SYNC_NONE};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct sync sync;
        sync_init(&sync, rules[i], false);
        CHECK(span(&sync, 1, 2, 2) == SYNC_APPLY); /* nothing is held: it waits for nothing */
        CHECK_EQ_I64(sync.state, TD_BOOK_SYNCING);
        CHECK(base(&sync, 100) == SYNC_APPLY);
        CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
        CHECK(span(&sync, 100, 101, 101) == SYNC_APPLY);
        CHECK(base(&sync, 1) == SYNC_APPLY);
        CHECK(span(&sync, 1, 2, 2) == SYNC_APPLY);
        CHECK_EQ_I64(sync.state, TD_BOOK_PROVEN);
        CHECK_EQ_U64(sync.resyncs, 0);
    }
}

TEST(two_connections_merge_by_numbers)
{
    struct sync sync = holding(SYNC_PREV);
    struct td_event event = {
        .kind = TD_EVENT_DELTA, .flags = TD_EVF_HAS_SEQ, .seq_prev = 110, .seq_last = 120};

    base(&sync, 100);
    span(&sync, 100, 101, 105);
    CHECK(sync_merges(&sync));
    sync.twin = true;
    CHECK(sync_ahead(&sync, &event));
    event.seq_prev = 105;
    CHECK(!sync_ahead(&sync, &event));
    CHECK(span(&sync, 90, 91, 105) == SYNC_DROP_OLD);
    CHECK(span(&sync, 102, 103, 108) == SYNC_APPLY); /* the other one cuts its changes elsewhere */
    sync = holding(SYNC_BOOK1);
    base(&sync, 100);
    CHECK(sync_merges(&sync) && sync_ahead(&sync, &event));
    event.seq_last = 101;
    CHECK(!sync_ahead(&sync, &event));
    sync = holding(SYNC_NONE);
    CHECK(!sync_merges(&sync) && !sync_passed(&sync, &event));
    base(&sync, 100);
    CHECK(!sync_passed(&sync, &event));
    event.seq_last = 100;
    CHECK(sync_passed(&sync, &event));
    sync_init(&sync, SYNC_PREV, false);
    CHECK(!sync_merges(&sync));
}

TEST(a_base_older_than_what_was_there_is_none)
{
    struct sync sync = holding(SYNC_NONE);

    base(&sync, 1000);
    range(&sync, 0, 2000);
    sync_reset(&sync, TD_BOOK_SYNCING);
    sync.seq_floor = 2000;
    CHECK(range(&sync, 0, 3000) == SYNC_HOLD);
    CHECK(base(&sync, 1999) == SYNC_DROP_OLD);
    CHECK(base(&sync, 2000) == SYNC_APPLY);
    CHECK(range(&sync, 0, 3000) == SYNC_APPLY);
    sync_reset(&sync, TD_BOOK_SYNCING);
    CHECK(base(&sync, 5) == SYNC_APPLY);
}
