#include "sync/engine.h"

#include "sync/rig.h"

/* A pass as its callers see it; what goes wrong meanwhile is tests/sync's. */

static struct rig_pass pass;

TEST(goes_and_is_marked_and_a_second_run_moves_nothing)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 300000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.found, 2);
    CHECK_EQ_I64(pass.tally.sent, 2);
    CHECK_EQ_I64(pass.tally.sent_file_bytes, 301000);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_FINE);
    CHECK(rig_there(rig_to, "bronze/", "a.parquet") && rig_there(rig_to, "bronze/", "_a.json"));
    CHECK(rig_there(rig_from, "", "_a.done") && rig_there(rig_from, "", "_b.done"));
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.marked_before, 2);
    CHECK_EQ_I64(pass.tally.there, 2);
    CHECK_EQ_I64(pass.tally.sent + pass.tally.sent_bytes + pass.tally.got_bytes, 0);
    for (int verb = 0; verb < STORE_VERBS; verb++)
        CHECK_EQ_I64(pass.to.calls[verb], 0);
}

TEST(dry_run_tells_and_does_nothing)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.params.dry_run = true;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_HEAD], 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT] + pass.to.calls[STORE_GET], 0);
    CHECK(!rig_there(rig_from, "", "_a.done"));
    CHECK(access(rig_state, F_OK) != 0);
}

static bool deny(struct rig_store *rig, struct store_call *call)
{
    rig->count++;
    call->result.outcome = STORE_DENIED;
    return true;
}

TEST(wrong_keys_end_the_pass_at_once)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_segment("c", 1000);
    rig_begin(&pass);
    pass.params.workers = 1;
    pass.to.before = deny;
    rig_run(&pass, RIG_NAMES("a", "b", "c"));
    CHECK_EQ_I64(pass.to.count, 1);
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK_EQ_I64(pass.tally.found, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_DENIED);
}

static bool lose(struct rig_store *rig, struct store_call *call)
{
    rig->count++;
    call->result.outcome = STORE_LOST;
    return true;
}

TEST(an_outage_is_asked_into_one_by_one_until_patience_ends)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_segment("c", 1000);
    rig_begin(&pass);
    pass.to.before = lose;
    rig_run(&pass, RIG_NAMES("a", "b", "c", "d"));
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_OFFLINE);
    CHECK_EQ_I64(pass.tally.failed, 3);
    CHECK(pass.to.count >= 10 && pass.to.count <= 13);
    CHECK(!rig_there(rig_from, "", "_a.done"));
}

static bool lose_ten(struct rig_store *rig, struct store_call *call)
{
    call->result.outcome = STORE_LOST;
    return ++rig->count <= 9;
}

TEST(an_outage_that_ends_costs_no_item_its_tries)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_begin(&pass);
    pass.to.before = lose_ten;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.sent, 2);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_FINE);
}

static bool stop_at_put(void *arg)
{
    return ((struct rig_pass *)arg)->to.calls[STORE_PUT] > 0;
}

TEST(stops_when_asked_to_and_the_rest_is_found_again)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_begin(&pass);
    pass.params.workers = 1;
    pass.params.stopped = stop_at_put;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.found, 1);
    CHECK_EQ_I64(pass.tally.sent + pass.tally.failed, 0);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.sent + pass.tally.there, 2);
}

static int64_t paused_ms;
static int64_t pause_then_go(void *arg)
{
    (void)arg;
    int64_t left = 5000 - rig_slept_ns / 1000000;
    paused_ms += left > 0;
    return left;
}

TEST(waits_through_a_pause_before_anything_begins)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    rig_slept_ns = paused_ms = 0;
    pass.params.pause_ms = pause_then_go;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK(paused_ms > 1);
    CHECK(rig_slept_ns >= INT64_C(5000000000));
    CHECK_EQ_I64(pass.tally.sent, 1);
}

static void room_is_short(void)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    rig_begin(&pass);
    pass.params.may_delete = true;
    /* The disk is the machine's: others may fill it meanwhile, but not by so much that one goes too few. */
    pass.params.free_bytes = disk->free_bytes(disk->ctx, rig_from) + (INT64_C(1) << 40);
}

TEST(the_oldest_go_until_there_is_room)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 2000);
    rig_segment("c", 3000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a", "b", "c"));
    for (int old = 0; old < 2; old++) { /* a dry run names each once, for its age or for the room */
        room_is_short();
        pass.params.dry_run = true;
        pass.params.keep_ns = old ? 0 : INT64_MAX;
        rig_run(&pass, RIG_NAMES("a", "b", "c"));
        CHECK_EQ_I64(pass.tally.removed, 3);
        CHECK_EQ_I64(pass.tally.removed_bytes, 6000);
        CHECK(rig_there(rig_from, "", "a.parquet") && rig_there(rig_from, "", "_c.done"));
    }
    room_is_short();
    rig_run(&pass, RIG_NAMES("a", "b", "c"));
    CHECK_EQ_I64(pass.tally.found, 3);
    CHECK_EQ_I64(pass.tally.removed, 3);
    CHECK_EQ_I64(pass.tally.removed_bytes, 6000);
}
