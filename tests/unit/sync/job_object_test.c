#include "sync/life.h"
#include "sync/rig.h"

static struct rig_pass pass;

/* ---- the judgement ----------------------------------------------------------------------------- */

static struct store_result told(const struct store_identity *ours)
{
    return (struct store_result){
        .outcome = STORE_FINE, .bytes = ours->bytes, .has_crc32c = true, .crc32c = ours->crc32c};
}

TEST(judged_by_the_stores_own_sum_never_by_a_claim)
{
    const struct store_identity ours = digest_of("abc", 3), other = digest_of("abd", 3);
    struct store_result result = told(&ours);
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_EQUAL);
    result = told(&other);
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_FOREIGN);
    result.has_identity = true;
    result.identity = ours;
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_OURS_DAMAGED);
    result.has_crc32c = false;
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_UNSURE);
    result.bytes = 2;
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_OURS_DAMAGED);
    result.has_identity = false;
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_FOREIGN);
    result.outcome = STORE_ABSENT;
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_ABSENT);
}

TEST(both_sums_must_be_right)
{
    const struct store_identity ours = digest_of("abc", 3), other = digest_of("abd", 3);
    struct store_result result = told(&ours);
    result.has_sha256 = true;
    memcpy(result.sha256, other.sha256, sizeof other.sha256);
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_FOREIGN);
    memcpy(result.sha256, ours.sha256, sizeof ours.sha256);
    CHECK_EQ_I64(copy_judge(&result, &ours), COPY_EQUAL);
}

/* ---- the ways there ---------------------------------------------------------------------------- */

static bool is_segment(const struct store_call *call)
{
    return strstr(call->op.key, ".parquet") != NULL;
}

static void forget_sums(struct rig_store *rig, struct store_call *call)
{
    (void)rig;
    call->result.has_crc32c = call->result.has_sha256 = call->result.has_identity = false;
}

TEST(store_without_sums_is_read_back)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.after = forget_sums;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_GET], 3); /* segment, receipt before and after */
}

TEST(read_back_is_asked_for)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.params.read_back = true;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK(pass.tally.got_bytes >= 1000);
}

static bool do_nothing(struct rig_store *rig, struct store_call *call)
{
    call->result.outcome = STORE_FINE;
    rig->count += call->op.verb == STORE_PUT;
    return call->op.verb == STORE_PUT;
}

TEST(store_that_says_yes_and_does_nothing_gets_three_more_tries)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = do_nothing;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK_EQ_I64(pass.to.count, 1 + RETRY_TRIES);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_DAMAGED);
    CHECK(!rig_there(rig_from, "", "_a.done"));
}

static bool no_condition(struct rig_store *rig, struct store_call *call)
{
    if (!call->op.only_if_absent)
        return false;
    rig->count++;
    call->result.outcome = STORE_UNSUPPORTED;
    return true;
}

TEST(condition_that_the_store_has_not_is_left_out_for_the_rest)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_segment("b", 1000);
    rig_begin(&pass);
    pass.params.workers = 1;
    pass.to.before = no_condition;
    rig_run(&pass, RIG_NAMES("a", "b"));
    CHECK_EQ_I64(pass.tally.sent, 2);
    CHECK_EQ_I64(pass.to.count, 1);
}

/* The answer of the first PUT is lost, and it happened. */
static void lose_answer(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_PUT && is_segment(call) && rig->count++ == 0)
        call->result.outcome = STORE_LOST;
}

TEST(lost_answer_is_settled_by_asking)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.after = lose_answer;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.to.count, 1);
    CHECK_EQ_I64(pass.tally.retries, 1);
}

/* Our own copy is damaged once on its way. */
static void damage_once(struct rig_store *rig, struct store_call *call)
{
    if (call->op.verb == STORE_PUT && is_segment(call) && rig->count++ == 0)
        rig_spoil(rig_to, "bronze/", "a.parquet", 7);
    if (call->op.verb == STORE_HEAD && is_segment(call) && call->result.outcome == STORE_FINE) {
        char path[1024];
        struct store_identity ours;
        const struct td_disk *disk = &td_os_linux()->disk;
        snprintf(path, sizeof path, "%s/" RIG_HOUR "/a.parquet", rig_from);
        int file = open(path, O_RDONLY);
        CHECK_EQ_I64(digest_of_file(disk, file, 0, 1000, &ours), 0);
        close(file);
        call->result.identity = ours; /* what we claimed */
        call->result.has_identity = true;
    }
}

TEST(own_damaged_copy_is_sent_over_itself)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.after = damage_once;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.to.count, 2);
    CHECK_EQ_I64(pass.tally.sent, 1);
    CHECK_EQ_I64(pass.tally.health, SYNC_HEALTH_FINE);
}

TEST(another_object_of_the_name_is_a_conflict)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    rig_remove(rig_from, "", "_a.done");
    rig_spoil(rig_to, "bronze/", "a.parquet", 7);
    rig_begin(&pass);
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.conflicts, 1);
    CHECK_EQ_I64(pass.to.calls[STORE_PUT], 0);
}

/* Ours lies there and cannot be read; nothing new is taken either. */
static bool sick_disk(struct rig_store *rig, struct store_call *call)
{
    if (!is_segment(call))
        return false;
    call->result.outcome = call->op.verb == STORE_PUT   ? STORE_AGAIN
                           : call->op.verb == STORE_GET ? STORE_DAMAGED
                                                        : STORE_FINE;
    rig->count += call->op.verb == STORE_PUT;
    if (rig->count > 50)
        call->result.outcome = STORE_DENIED;
    char path[1024];
    const struct td_disk *disk = &td_os_linux()->disk;
    snprintf(path, sizeof path, "%s/" RIG_HOUR "/a.parquet", rig_from);
    int file = open(path, O_RDONLY);
    CHECK_EQ_I64(digest_of_file(disk, file, 0, 1000, &call->result.identity), 0);
    close(file);
    call->result.has_identity = true;
    call->result.bytes = 1000;
    return true;
}

TEST(copy_that_is_neither_read_nor_replaced_is_given_up)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.to.before = sick_disk;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.failed, 1);
    CHECK(pass.tally.health != SYNC_HEALTH_DENIED);
    CHECK(pass.to.count <= 2 * (1 + RETRY_TRIES));
}

/* What was read once is not proof for a mark: the recorder deletes by it. */
TEST(mark_needs_bytes_that_were_read_now)
{
    rig_fresh();
    rig_segment("a", 1000);
    rig_begin(&pass);
    pass.params.marks = false;
    pass.to.after = forget_sums;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.sent, 1);
    rig_spoil(rig_to, "bronze/", "a.parquet", 7);
    rig_begin(&pass);
    pass.to.after = forget_sums;
    rig_run(&pass, RIG_NAMES("a"));
    CHECK_EQ_I64(pass.tally.conflicts, 1);
    CHECK(!rig_there(rig_from, "", "_a.done"));
}
