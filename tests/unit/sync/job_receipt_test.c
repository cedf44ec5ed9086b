#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

static bool is_receipt(const struct store_call *call)
{
    return strstr(call->op.key, "/_a.json") != NULL;
}

/* The receipt is sent when its segment is there, and not before. */
static bool watch_order(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_PUT && is_receipt(call)) {
        rig->count++;
        CHECK(rig_there(rig_to, "bronze/", "a.parquet"));
    }
    return false;
}

TEST(receipt_goes_last)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = watch_order;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.to.count, 1);
    CHECK_EQ_I64(pass.tally.sent, 1);
}

TEST(only_the_receipt_was_missing)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    rig_remove(rig_to, "bronze/", "_a.json");
    rig_remove(rig_from, "", "_a.done");
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 1);
    CHECK(rig_there(rig_to, "bronze/", "_a.json"));
    CHECK(rig_there(rig_from, "", "_a.done"));
}

TEST(another_receipt_is_a_conflict_and_there_is_no_mark)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    rig_remove(rig_from, "", "_a.done");
    rig_spoil(rig_to, "bronze/", "_a.json", 5);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.conflicts, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 0);
    CHECK(!rig_there(rig_from, "", "_a.done"));
}

static void take_away(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_PUT && is_receipt(call) && rig->count++ == 0) {
        rig_remove(rig_from, "", "a.parquet");
        rig_remove(rig_from, "", "_a.json");
    }
}

TEST(no_mark_for_a_segment_that_retention_took_meanwhile)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.after = take_away;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK(!rig_there(rig_from, "", "_a.done"));
}

TEST(another_receipt_of_any_size_is_a_conflict)
{
    static char large[JOB_RECEIPT_MAX + 4096];
    char path[1024];
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    rig_remove(rig_from, "", "_a.done");
    snprintf(path, sizeof path, "%s/bronze/" RIG_HOUR "/_a.json", rig_to);
    rig_write(path, large, sizeof large);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.conflicts, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_DAMAGED);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 0);
}
