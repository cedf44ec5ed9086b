#include "features/asof.h"

#include "test.h"

static struct asof asof_of(int64_t grid, int64_t staleness, bool fill)
{
    struct asof asof;
    asof_init(&asof, &(struct asof_params){grid, staleness, fill});
    return asof;
}

TEST(the_last_record_of_a_bucket_stands_at_its_end)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    CHECK(!asof_next(&asof, 3, &row));
    asof_record(&asof, 3);
    CHECK(!asof_next(&asof, 9, &row));
    asof_record(&asof, 9);
    CHECK(asof_next(&asof, 10, &row));
    CHECK_EQ_I64(row.stamp_ns, 10);
    CHECK_EQ_I64(row.original_ns, 9);
    CHECK_EQ_I64(row.staleness_ns, 1);
    CHECK_EQ_U64(row.records, 2);
    CHECK(!asof_next(&asof, 10, &row));
}

/* A record at the stamp itself belongs to the bucket that begins there. */
TEST(no_row_uses_what_came_at_its_stamp_or_after)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    int64_t newest = -1;
    for (int64_t ts = 0; ts < 1000; ts += 3) {
        while (asof_next(&asof, ts, &row)) {
            CHECK(row.original_ns < row.stamp_ns);
            CHECK(row.original_ns == newest);
            CHECK(row.stamp_ns <= ts);
        }
        asof_record(&asof, ts);
        newest = ts;
    }
}

TEST(buckets_without_a_record_give_no_row)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    asof_record(&asof, 5);
    CHECK(asof_next(&asof, 95, &row));
    CHECK_EQ_I64(row.stamp_ns, 10);
    CHECK(!asof_next(&asof, 95, &row));
}

TEST(forward_fill_repeats_and_grows_stale)
{
    struct asof asof = asof_of(10, 15, true);
    struct asof_row row;
    asof_record(&asof, 5);
    for (int i = 1; i <= 4; i++) {
        CHECK(asof_next(&asof, 45, &row));
        CHECK_EQ_I64(row.stamp_ns, 10 * i);
        CHECK_EQ_I64(row.staleness_ns, 10 * i - 5);
        CHECK_EQ_U64(row.records, i == 1);
        CHECK_EQ_I64(row.is_stale, i > 2);
    }
    CHECK(!asof_next(&asof, 45, &row));
    asof_record(&asof, 45);
    CHECK(asof_next(&asof, 50, &row));
    CHECK_EQ_U64(row.records, 1);
}

TEST(stale_is_strictly_beyond_the_limit)
{
    struct asof asof = asof_of(10, 5, false);
    struct asof_row row;
    asof_record(&asof, 5);
    CHECK(asof_next(&asof, 10, &row));
    CHECK(!row.is_stale);
    asof_record(&asof, 14);
    CHECK(asof_next(&asof, 20, &row));
    CHECK(row.is_stale);
}

TEST(what_lost_its_proof_is_not_shown)
{
    struct asof asof = asof_of(10, -1, true);
    struct asof_row row;
    asof_record(&asof, 5);
    asof_lost(&asof);
    CHECK(!asof_next(&asof, 100, &row));
    asof_record(&asof, 101);
    CHECK(asof_next(&asof, 110, &row));
    CHECK_EQ_U64(row.records, 1);
}

TEST(a_late_record_counts_at_the_newest_time)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    asof_record(&asof, 25);
    asof_record(&asof, 4);
    CHECK(!asof_next(&asof, 29, &row));
    CHECK(asof_next(&asof, 30, &row));
    CHECK_EQ_I64(row.original_ns, 25);
    CHECK_EQ_U64(row.records, 2);
}

TEST(buckets_before_1970_are_floored)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    asof_record(&asof, -13);
    CHECK(asof_next(&asof, -10, &row));
    CHECK_EQ_I64(row.stamp_ns, -10);
}

/* What came at 12 is in the state although it was no record: the row is not stamped 10. */
TEST(time_moves_by_what_is_not_shown_too)
{
    struct asof asof = asof_of(10, -1, false);
    struct asof_row row;
    asof_record(&asof, 3);
    CHECK(!asof_next(&asof, 4, &row));
    CHECK(asof_next(&asof, 12, &row));
    asof_lost(&asof);
    asof_record(&asof, 8);
    CHECK(!asof_next(&asof, 19, &row));
    CHECK(asof_next(&asof, 20, &row));
    CHECK_EQ_I64(row.original_ns, 12);
}
