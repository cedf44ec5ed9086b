#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

static void begin(void)
{
    rig_begin(&pass);
    pass.params.from_dir = NULL;
    pass.params.marks = false;
}

static void carried(void)
{
    rig_fresh();
    rig_segment("a", 1000);
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    begin();
}

TEST(second_run_moves_nothing_not_even_a_receipt)
{
    carried();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there, 1);
    CHECK_EQ_I64(pass.tally.got_bytes + pass.tally.sent_bytes, 0);
    CHECK_EQ_I64(pass.from.calls[STORE_GET] + pass.to.calls[STORE_GET], 0);
}

TEST(damaged_destination_is_not_taken_for_equal)
{
    carried();
    rig_spoil(rig_to, "bronze/", "a.parquet", 9);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there, 0);
    CHECK_EQ_I64(pass.tally.conflicts, 1);
}

static void no_sums(struct rig_store *rig, struct store_call *call)
{
    (void)rig;
    call->result.has_crc32c = call->result.has_sha256 = false;
}

/* A claim is good enough for what it should be, not for what it is. */
TEST(destination_must_have_summed_its_bytes_itself)
{
    carried();
    pass.to.after = no_sums;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there, 1);
    CHECK(pass.to.calls[STORE_GET] > 0);
}

TEST(source_that_changed_is_looked_at_closely)
{
    carried();
    rig_segment("a", 1001);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.conflicts, 1);
}

/* Also where the destination vouches for its bytes. */
TEST(read_back_means_all_of_them)
{
    carried();
    pass.params.read_back = true;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there, 1);
    CHECK(pass.tally.got_bytes >= 1000);
    CHECK_EQ_I64(pass.tally.sent_bytes, 0);
}
