#include "sync/tally.h"

#include <stdio.h>

#include "unit/test.h"

TEST(every_health_has_a_word_and_an_advice)
{
    for (int i = 0; i < SYNC_HEALTHS; i++) {
        CHECK(sync_health_words[i] != NULL && sync_health_words[i][0] != 0);
        CHECK(sync_health_advice[i] != NULL && sync_health_advice[i][0] != 0);
        for (int j = 0; j < i; j++)
            CHECK(strcmp(sync_health_words[i], sync_health_words[j]) != 0);
    }
}

static enum sync_health health(enum store_outcome outcome)
{
    struct store_result result = {.outcome = outcome};
    return sync_health_of(&result);
}

TEST(what_nothing_can_work_with_ends_a_pass)
{
    static const enum store_outcome ending[] = {STORE_DENIED, STORE_SKEWED, STORE_NO_BUCKET,
                                                STORE_WRONG_REGION, STORE_UNTRUSTED};
    unsigned ends = 0;
    for (int i = 0; i < STORE_OUTCOMES; i++)
        ends += sync_health_ends_pass(health((enum store_outcome)i));
    CHECK_EQ_I64(ends, sizeof ending / sizeof ending[0]);
    for (unsigned i = 0; i < sizeof ending / sizeof ending[0]; i++)
        CHECK(sync_health_ends_pass(health(ending[i])));
    CHECK_EQ_I64(health(STORE_LOST), SYNC_HEALTH_OFFLINE);
    CHECK_EQ_I64(health(STORE_AGAIN), SYNC_HEALTH_BUSY);
    CHECK_EQ_I64(health(STORE_LOCAL), SYNC_HEALTH_LOCAL);
    CHECK_EQ_I64(health(STORE_FINE), SYNC_HEALTH_FINE);
    CHECK_EQ_I64(health(STORE_ABSENT), SYNC_HEALTH_FINE);
}

TEST(first_failures_are_kept_and_all_are_counted)
{
    static struct sync_tally tally;
    struct store_result why = {.outcome = STORE_REFUSED, .words = "no"};
    char key[600];
    for (int i = 0; i < SYNC_FAILURES_MAX + 5; i++) {
        snprintf(key, sizeof key, "%0500d", i);
        tally_failure(&tally, key, "failed", &why);
    }
    CHECK_EQ_I64(tally.failures, SYNC_FAILURES_MAX + 5);
    CHECK_EQ_I64(strlen(tally.failure[19].key), 255);
    CHECK_EQ_STR(tally.failure[19].key + 253, "19"); /* cut from the left */
    CHECK_EQ_STR(tally.failure[0].end, "failed");
    CHECK_EQ_STR(tally.failure[0].words, "no");
    CHECK_EQ_I64(tally.failure[0].outcome, STORE_REFUSED);
}
