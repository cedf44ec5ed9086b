#include "sync/life.h"
#include "sync/rig.h"

enum { PART = 64 << 10, BYTES = 5 * PART + 100 };

static struct rig_pass pass;

static void begin(void)
{
    rig_begin(&pass);
    pass.params.single_bytes = PART;
    pass.params.part_bytes = PART;
}

static int count_name(void *arg, const char *name, bool is_dir)
{
    (void)name;
    *(int *)arg += !is_dir;
    return 0;
}

static bool records_left(void)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[1024];
    int count = 0;
    snprintf(path, sizeof path, "%s/uploads", rig_state);
    CHECK(disk->list(disk->ctx, path, count_name, &count) >= 0);
    return count > 0;
}

TEST(large_object_goes_in_parts)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_OPEN], 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_PUT], 6);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 1); /* the receipt */
    CHECK(!records_left());
}

static bool stop_at_third(void *arg)
{
    return ((struct rig_pass *)arg)->to.calls[STORE_PARTS_PUT] >= 3;
}

TEST(restart_goes_on_with_the_parts_that_both_know)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.params.stopped = stop_at_third;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK(records_left());
    begin();
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.tally.resumed_parts, 3);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_PUT], 3);
    CHECK(!records_left());
}

static bool forget_upload(struct rig_store *rig, struct store_call *call)
{
    bool is_it = call->op.verb == STORE_PARTS_LIST && rig->count++ == 0;
    if (is_it)
        call->result.outcome = STORE_NO_UPLOAD;
    return is_it;
}

TEST(upload_that_the_store_forgot_begins_anew)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.params.stopped = stop_at_third;
    rig_run(&pass, RIG_NAMES("a"));
    begin();
    pass.to.before = forget_upload;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.tally.resumed_parts, 0);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_PUT], 6);
}

static bool refuse_close(struct rig_store *rig, struct store_call *call)
{
    bool is_it = call->op.verb == STORE_PARTS_CLOSE && rig->count++ < 2;
    if (is_it)
        call->result.outcome = STORE_REFUSED;
    return is_it;
}

TEST(parts_that_are_refused_twice_are_dropped_and_sent_again)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.to.before = refuse_close;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_DROP], 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_OPEN], 2);
    CHECK(!records_left());
}

/* Another instance was faster. */
static bool twin(struct rig_store *rig, struct store_call *call)
{
    char command[2200];
    if (call->op.verb != STORE_PARTS_CLOSE || rig->count++ > 0)
        return false;
    snprintf(command, sizeof command,
             "mkdir -p '%s/bronze/" RIG_HOUR "' && cp '%s/" RIG_HOUR
             "/a.parquet' '%s/bronze/" RIG_HOUR "/'",
             rig_to, rig_from, rig_to);
    CHECK(system(command) == 0);
    return false;
}

TEST(upload_that_a_twin_overtook_is_dropped)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.to.before = twin;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.there + pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_DROP], 1);
    CHECK(rig_there(rig_from, "", "_a.done"));
    CHECK(!records_left());
}

static void lose_close(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_PARTS_CLOSE && rig->count++ == 0)
        call->result.outcome = STORE_LOST;
}

TEST(lost_answer_of_the_last_step_is_settled_by_asking)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.to.after = lose_close;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PARTS_PUT], 6);
    CHECK(!records_left());
}

/* It has pages without end, and nothing on them. */
static bool endless_pages(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb != STORE_PARTS_LIST)
        return false;
    call->result.outcome = STORE_FINE;
    call->result.next_part = ++rig->count < 1000 ? call->op.after_part + 1 : 0;
    return true;
}

TEST(pages_of_parts_without_end_are_not_read_on)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.params.stopped = stop_at_third;
    rig_run(&pass, RIG_NAMES("a"));
    begin();
    pass.to.before = endless_pages;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK(pass.to.count <= 3);
}

/* The last step never works, and each time the parts are gone. */
static bool parts_without_end(struct rig_store *rig, struct store_call *call)
{
    bool closes = call->op.verb == STORE_PARTS_CLOSE;
    if (!closes && call->op.verb != STORE_PARTS_LIST)
        return false;
    call->result.outcome = closes ? STORE_AGAIN : STORE_FINE;
    if (closes && ++rig->count > 50)
        call->result.outcome = STORE_DENIED;
    return true;
}

TEST(last_step_that_never_works_is_given_up)
{
    rig_fresh();
    rig_segment("a", BYTES);
    begin();
    pass.to.before = parts_without_end;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_BUSY);
    CHECK(pass.to.count <= 1 + RETRY_PATIENCE);
}
