#include "sync/life.h"
#include "sync/rig.h"

enum { PART = 64 << 10, BYTES = 5 * PART + 100 };

static struct rig_pass pass;

/* From the store into another. */
static void begin(void)
{
    rig_begin(&pass);
    pass.params.from_dir = NULL;
    pass.params.marks = false;
    pass.params.part_bytes = PART;
}

static bool is_spooled(void)
{
    char command[1200];
    snprintf(command, sizeof command, "ls -A '%s/spool' | grep -q .", rig_state);
    return system(command) == 0;
}

TEST(comes_part_by_part_and_the_spool_is_empty_then)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.from.calls[STORE_GET], 1 + 6);
    CHECK(rig_there(rig_to, "bronze/", "a.parquet") && rig_there(rig_to, "bronze/", "_a.json"));
    CHECK(!is_spooled());
}

static bool stop_at_fourth(void *arg)
{
    return ((struct rig_pass *)arg)->from.calls[STORE_GET] >= 1 + 4;
}

TEST(restart_goes_on_where_the_spool_ends)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.params.stopped = stop_at_fourth;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK(is_spooled());
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.from.calls[STORE_GET], 1 + 3); /* the fourth once more, fifth, sixth */
}

TEST(bytes_that_are_not_the_receipts_are_blocked)
{
    rig_fresh();
    rig_segment("a", BYTES);
    rig_spoil(rig_from, "", "a.parquet", 5000);
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.blocked, 1);
    CHECK_EQ_I64(pass.from.calls[STORE_GET], 1 + 2 * 6); /* fetched twice */
    CHECK(!rig_there(rig_to, "bronze/", "a.parquet"));
    CHECK(!is_spooled());
}

static void cut_once(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_GET && call->op.bytes > 0 && rig->count++ == 1)
        call->result.outcome = STORE_DAMAGED;
}

TEST(part_that_came_damaged_comes_again)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.from.after = cut_once;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.from.calls[STORE_GET], 1 + 7);
}

static void refuse_the_name(struct rig_store *rig, struct store_call *call)
{
    (void)rig;
    if (call->op.verb == STORE_PUT)
        call->result.outcome = STORE_REFUSED;
}

/* A bucket full of names that no folder takes must not fill the disk with what was fetched for them. */
TEST(what_the_other_end_refuses_is_not_kept)
{
    rig_fresh();
    rig_segment("a", 1000);
    begin();
    pass.to.after = refuse_the_name;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK(!is_spooled());
}

static void cut_short(struct rig_store *rig, struct store_call *call)
{
    (void)rig;
    if (call->op.verb == STORE_HEAD && call->result.outcome == STORE_FINE)
        call->result.bytes += PART;
}

/* The source is another one each time it is asked. */
TEST(source_that_is_shorter_than_it_says_is_told_and_not_kept)
{
    char path[1024], bytes[5000] = "";
    rig_fresh();
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/n.json", rig_from);
    rig_write(path, bytes, sizeof bytes);
    begin();
    pass.from.after = cut_short;
    rig_run(&pass, RIG_NAMES("n.json"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK(strstr(pass.tally.failure[0].words, "not as many bytes") != NULL);
    CHECK(!is_spooled());
}

TEST(receipt_that_is_missing_there_blocks)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_remove(rig_from, "", "_a.json");
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.blocked, 1);
}

TEST(plain_object_is_carried_too)
{
    char path[1024];
    rig_fresh();
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/n.json", rig_from);
    rig_write(path, "{}", 2);
    begin();
    rig_run(&pass, RIG_NAMES("n.json"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK(rig_there(rig_to, "bronze/", "n.json"));
    begin();
    rig_run(&pass, RIG_NAMES("n.json", "gone.json"));
    CHECK_EQ_I64(pass.tally.there, 1);
    CHECK_EQ_I64(pass.tally.gone, 1);
}

TEST(source_receipt_of_any_size_is_none)
{
    static char large[JOB_RECEIPT_MAX + 4096];
    char path[1024];
    rig_fresh();
    rig_segment("a", BYTES);
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/_a.json", rig_from);
    rig_write(path, large, sizeof large);
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.blocked, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_DAMAGED);
}
