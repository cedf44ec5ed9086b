#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

static struct sync_tally run(struct rig_names names)
{
    rig_begin(&pass);
    rig_run(&pass, names);
    return pass.tally;
}

TEST(file_that_is_not_its_receipts_is_blocked)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_spoil(rig_from, "", "a.parquet", 500);
    struct sync_tally tally = run(RIG_NAMES("a", "b"));
    CHECK_EQ_I64(tally.blocked, 1);
    CHECK_EQ_I64(tally.sent, 1);
    CHECK_EQ_I64(tally.health, SYNC_HEALTH_DAMAGED);
    CHECK_EQ_STR(tally.failure[0].end, "blocked");
    CHECK(!rig_there(rig_to, "bronze/", "a.parquet"));
}

TEST(file_of_another_size_is_blocked)
{
    char path[1024];
    rig_fresh();
    rig_segment("a", 1000);
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/a.parquet", rig_from);
    CHECK(truncate(path, 999) == 0);
    struct sync_tally tally = run(RIG_NAMES("a"));
    CHECK_EQ_I64(tally.blocked, 1);
    CHECK(strstr(tally.failure[0].words, "size") != NULL);
}

TEST(missing_receipt_blocks_and_a_missing_file_is_gone)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_remove(rig_from, "", "_a.json");
    struct sync_tally tally = run(RIG_NAMES("a", "b"));
    CHECK_EQ_I64(tally.blocked, 1);
    CHECK_EQ_I64(tally.gone, 1);
}

TEST(receipt_that_is_none_blocks)
{
    rig_fresh();
    char path[1024];
    static const char *const texts[] = {"", "{", "{}", "{\"bytes\": 3, \"sha256\": \"xy\"}"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        rig_segment("a", 1000);
        snprintf(path, sizeof path, "%s/" RIG_HOUR "/_a.json", rig_from);
        rig_write(path, texts[i], strlen(texts[i]));
        CHECK_EQ_I64(run(RIG_NAMES("a")).blocked, 1);
    }
}

/* The hour is not over by this clock: a receipt may just be coming. */
static int64_t in_the_hour(void *ctx)
{
    (void)ctx;
    return INT64_C(1623211200) * 1000000000 + INT64_C(1800) * 1000000000; /* 2021-06-09 04:30 */
}

static void receipt_comes(void *arg, int64_t ms)
{
    (void)arg;
    rig_slept_ns += ms * 1000000;
    if (!rig_there(rig_from, "", "_a.json"))
        rig_segment("a", 1000);
}

TEST(receipt_of_an_hour_that_goes_on_is_waited_for)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_remove(rig_from, "", "_a.json");
    rig_begin(&pass);
    pass.os.clock.wall_ns = in_the_hour;
    pass.params.sleep_ms = receipt_comes;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.blocked, 0);
    CHECK_EQ_I64(pass.tally.sent, 1);
}

TEST(mark_of_other_bytes_is_not_believed)
{
    rig_fresh();
    rig_segment("a", 1000);
    run(RIG_NAMES("a"));
    rig_segment("a", 1001);
    struct sync_tally tally = run(RIG_NAMES("a"));
    CHECK_EQ_I64(tally.marked_before, 0);
    CHECK_EQ_I64(tally.conflicts, 1);
    CHECK(!rig_there(rig_from, "", "_a.done")); /* the recorder would delete by it */
}

TEST(large_file_is_summed_in_slices)
{
    rig_fresh();
    rig_segment("a", 3 * JOB_SLICE + 17);
    CHECK_EQ_I64(run(RIG_NAMES("a")).sent, 1);
}

TEST(plain_file_needs_no_receipt_and_gets_no_mark)
{
    char path[1024];
    rig_fresh();
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/n.json", rig_from);
    rig_write(path, "{}", 2);
    CHECK_EQ_I64(run(RIG_NAMES("n.json")).sent, 1);
    CHECK(rig_there(rig_to, "bronze/", "n.json"));
    CHECK_EQ_I64(run(RIG_NAMES("n.json")).there, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 0);
}

/* Buckets of one name at two endpoints. */
TEST(mark_of_another_endpoint_is_not_believed)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.store.known_as = "s3://attic at https://one";
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    snprintf(rig_to + strlen(rig_to), sizeof rig_to - strlen(rig_to), "-other");
    rig_begin(&pass);
    pass.to.store.known_as = "s3://attic at https://two";
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.marked_before, 0);
    CHECK_EQ_I64(pass.tally.sent, 1);
    rig_begin(&pass);
    pass.to.store.known_as = "s3://attic at https://one";
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.marked_before, 1);
}
