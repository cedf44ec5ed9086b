#include "sync/job.h"

#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

TEST(states_and_ends_have_words)
{
    for (int i = 0; i < JOB_STATES; i++)
        CHECK(job_state_words[i] != NULL && job_state_words[i][0] != 0);
    for (int i = 0; i < JOB_ENDS; i++)
        CHECK(job_end_words[i] != NULL && job_end_words[i][0] != 0);
}

static char way[400];

static void moved(void *arg, const struct sync_item *item, enum job_state state)
{
    (void)arg;
    (void)item;
    struct td_str str = td_str_on(way + strlen(way), sizeof way - strlen(way));
    td_str_add(&str, job_state_words[state]);
    td_str_add_char(&str, ' ');
}

TEST(goes_through_its_states_in_order)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.params.moved = moved;
    pass.params.may_delete = true;
    pass.params.keep_ns = 0;
    way[0] = 0;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_STR(way,
                 "sealed asked uploading uploaded verified receipted marked deletable deleted ");
}

static bool busy(struct rig_store *rig, struct store_call *call)
{
    call->result.outcome = STORE_AGAIN;
    return call->op.verb == STORE_PUT && ++rig->count <= RETRY_PATIENCE;
}

TEST(patience_is_asked_for_eight_times)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = busy;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.tally.retries, RETRY_PATIENCE);
    CHECK_EQ_I64(pass.to.calls[STORE_HEAD], 1 + RETRY_PATIENCE + 1); /* asked before each */
}

static bool too_busy(struct rig_store *rig, struct store_call *call)
{
    (void)rig;
    call->result.outcome = STORE_AGAIN;
    return call->op.verb == STORE_PUT;
}

TEST(and_then_given_up_for_this_pass)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = too_busy;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_BUSY);
    CHECK(rig_there(rig_from, "", "a.parquet"));
}

static bool refuse(struct rig_store *rig, struct store_call *call)
{
    call->result.outcome = STORE_REFUSED;
    rig->count += call->op.verb == STORE_PUT;
    return call->op.verb == STORE_PUT;
}

TEST(what_is_refused_is_not_asked_twice)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = refuse;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.to.count, 1);
    CHECK_EQ_I64(pass.tally.failed, 1);
}
