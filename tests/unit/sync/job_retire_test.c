#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

static void sent(void)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 2000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a", "b"));
    rig_begin(&pass);
    pass.params.may_delete = true;
    pass.params.keep_ns = 0;
}

static bool is_whole(const char *name)
{
    char segment[64], receipt[64], mark[64];
    snprintf(segment, sizeof segment, "%s.parquet", name);
    snprintf(receipt, sizeof receipt, "_%s.json", name);
    snprintf(mark, sizeof mark, "_%s.done", name);
    int there = rig_there(rig_from, "", segment) + rig_there(rig_from, "", receipt) +
                rig_there(rig_from, "", mark);
    CHECK(there == 0 || rig_there(rig_from, "", segment));
    return there > 0;
}

TEST(goes_here_only_after_the_copy_is_proven)
{
    sent();
    rig_spoil(rig_to, "bronze/", "b.parquet", 500);
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.removed, 1);
    CHECK_EQ_I64(pass.tally.removed_bytes, 1000);
    CHECK_EQ_I64(pass.tally.kept, 1);
    CHECK(!is_whole("a"));
    CHECK(is_whole("b"));
    CHECK(!rig_there(rig_from, "", "_b.done")); /* it was not true any more */
}

TEST(stays_when_the_receipt_is_not_proven)
{
    sent();
    rig_remove(rig_to, "bronze/", "_a.json");
    rig_spoil(rig_to, "bronze/", "_b.json", 3);
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.kept, 2);
    CHECK(is_whole("a") && is_whole("b"));
}

TEST(copy_that_was_lost_is_sent_again_by_the_next_run)
{
    sent();
    rig_remove(rig_to, "bronze/", "a.parquet");
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.kept, 1);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK(rig_there(rig_to, "bronze/", "a.parquet"));
}

TEST(file_that_rotted_here_stays_and_is_told)
{
    sent();
    rig_spoil(rig_from, "", "a.parquet", 1);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.blocked, 1);
    CHECK(is_whole("a"));
}

TEST(store_without_sums_is_read_before_anything_goes)
{
    sent();
    pass.params.read_back = true;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.removed, 1);
    CHECK(pass.tally.got_bytes >= 1000);
}

static int64_t five_days_later(void *ctx)
{
    (void)ctx;
    return (1623214800 + 5 * 86400) * INT64_C(1000000000); /* of 2021-06-09 05:00 */
}

TEST(age_counts_from_the_end_of_its_hour)
{
    sent();
    pass.os.clock.wall_ns = five_days_later;
    pass.params.keep_ns = 5 * 86400 * INT64_C(1000000000) + 1;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.removed, 0);
    CHECK_EQ_I64(pass.tally.marked_before, 1);
    rig_begin(&pass);
    pass.params.may_delete = true;
    pass.os.clock.wall_ns = five_days_later;
    pass.params.keep_ns = 5 * 86400 * INT64_C(1000000000);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.removed, 1);
}

TEST(without_leave_nothing_goes)
{
    sent();
    pass.params.may_delete = false;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.removed, 0);
    CHECK(is_whole("a") && is_whole("b"));
}

TEST(dry_run_tells_what_would_go)
{
    sent();
    rig_spoil(rig_to, "bronze/", "b.parquet", 500);
    pass.params.dry_run = true;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.removed, 1);
    CHECK_EQ_I64(pass.tally.kept, 1);
    CHECK(is_whole("a") && is_whole("b") && rig_there(rig_from, "", "_b.done"));
}

TEST(empty_folders_of_a_time_that_is_over_go_too)
{
    char path[1024];
    sent();
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.removed, 2);
    snprintf(path, sizeof path, "%s/book/exchange=x/symbol=y/year=2021", rig_from);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/book/exchange=x/symbol=y", rig_from);
    CHECK(access(path, F_OK) == 0);
}

static int64_t in_the_same_day(void *ctx)
{
    (void)ctx;
    return (1623214800 + 7200) * INT64_C(1000000000);
}

TEST(folder_of_the_present_day_stays_for_the_recorder)
{
    char path[1024];
    sent();
    pass.os.clock.wall_ns = in_the_same_day;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.removed, 2);
    snprintf(path, sizeof path, "%s/" RIG_HOUR, rig_from);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/book/exchange=x/symbol=y/year=2021/month=06/day=09", rig_from);
    CHECK(access(path, F_OK) == 0);
}

/* The recorder makes the segment again, with other bytes, while the old ones are asked for. */
static bool is_made_anew(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_GET && rig->count++ == 0)
        rig_segment("a", 1001);
    return false;
}

TEST(segment_that_was_made_anew_meanwhile_stays)
{
    sent();
    pass.to.before = is_made_anew;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.removed, 0);
    CHECK_EQ_I64(pass.tally.kept, 1);
    CHECK(is_whole("a"));
    CHECK(!rig_there(rig_from, "", "_a.done"));
}
