#include "exchange/fault.h"

#include "test.h"

TEST(names_find_their_kinds)
{
    for (unsigned kind = 1; kind < FAULT_COUNT; kind++) {
        const char *name = fault_name(kind);
        CHECK_EQ_I64(fault_named(name, strlen(name)), kind);
        CHECK(fault_place(kind) != FAULT_PLACE_NOWHERE);
    }
    CHECK_EQ_I64(fault_named("drops", 5), FAULT_NONE);
    CHECK_EQ_I64(fault_named("none", 4), FAULT_NONE);
}

TEST(armed_faults_meet_what_they_name_and_are_spent)
{
    struct faults faults;
    faults_init(&faults, 1);
    CHECK(faults_arm(&faults, (struct fault){FAULT_DROP, 2, 0, 2, 0}));
    CHECK_EQ_I64(faults_pick(&faults, 1, 0, true).kind, FAULT_NONE);
    CHECK_EQ_I64(faults_pick(&faults, 2, 1, true).kind, FAULT_NONE);
    CHECK_EQ_I64(faults_pick(&faults, 2, 0, true).kind, FAULT_DROP);
    CHECK_EQ_I64(faults_pick(&faults, 2, 0, true).kind, FAULT_DROP);
    CHECK_EQ_I64(faults_pick(&faults, 2, 0, true).kind, FAULT_NONE);
    CHECK_EQ_U64(faults.injected[FAULT_DROP], 2);
}

TEST(what_is_given_back_comes_again)
{
    struct faults faults;
    faults_init(&faults, 1);
    faults_arm(&faults, (struct fault){FAULT_REORDER, FAULT_ANY, FAULT_ANY, 1, 0});
    struct fault fault = faults_pick(&faults, 0, 0, true);
    faults_give_back(&faults, fault);
    CHECK_EQ_U64(faults.injected[FAULT_REORDER], 0);
    CHECK_EQ_I64(faults_pick(&faults, 0, 0, true).kind, FAULT_REORDER);
    CHECK_EQ_U64(faults.injected[FAULT_REORDER], 1);
}

TEST(upgrades_and_answers_have_their_own)
{
    struct faults faults;
    faults_init(&faults, 1);
    faults_arm(&faults, (struct fault){FAULT_REFUSE, FAULT_ANY, FAULT_ANY, 1, 0});
    faults_arm(&faults, (struct fault){FAULT_HTTP_HTML, FAULT_ANY, FAULT_ANY, 1, 0});
    CHECK_EQ_I64(faults_pick(&faults, 0, 0, true).kind, FAULT_NONE);
    CHECK_EQ_I64(faults_pick_at(&faults, FAULT_PLACE_ANSWER).kind, FAULT_HTTP_HTML);
    struct fault fault = faults_pick_at(&faults, FAULT_PLACE_UPGRADE);
    CHECK_EQ_I64(fault.kind, FAULT_REFUSE);
    CHECK_EQ_I64(fault.amount, 429);
}

TEST(chances_follow_the_seed)
{
    uint64_t thrown[2];
    for (int run = 0; run < 2; run++) {
        struct faults faults;
        faults_init(&faults, 7);
        faults.per_million[FAULT_DROP] = 100000;
        for (unsigned i = 0; i < 10000; i++)
            faults_pick(&faults, 0, 0, true);
        thrown[run] = faults.injected[FAULT_DROP];
        CHECK_EQ_I64(faults_pick(&faults, 0, 0, false).kind, FAULT_NONE);
    }
    CHECK_EQ_U64(thrown[0], thrown[1]);
    CHECK(thrown[0] > 800 && thrown[0] < 1200);
}
