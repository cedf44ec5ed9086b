#include "sync/outage.h"

#include "unit/test.h"

TEST(begins_with_the_third_lost_call_in_a_row)
{
    struct outage outage = {0};
    outage_note(&outage, STORE_LOST, 0, 0);
    outage_note(&outage, STORE_LOST, 0, 0);
    CHECK(!outage_is_on(&outage));
    outage_note(&outage, STORE_ABSENT, 0, 0);
    outage_note(&outage, STORE_LOST, 0, 0);
    outage_note(&outage, STORE_LOST, 0, 0);
    CHECK(!outage_is_on(&outage));
    outage_note(&outage, STORE_LOST, 0, 0);
    CHECK(outage_is_on(&outage));
}

TEST(any_answer_ends_it)
{
    for (int outcome = 0; outcome < STORE_OUTCOMES; outcome++) {
        struct outage outage = {.lost = 7, .probes = 4, .next_ns = 9};
        if (outcome == STORE_LOST)
            continue;
        outage_note(&outage, (enum store_outcome)outcome, 0, 0);
        CHECK(!outage_is_on(&outage));
        CHECK_EQ_I64(outage.probes, 0);
    }
}

TEST(waits_double_up_to_a_minute_with_half_of_it_by_chance)
{
    static const int64_t most_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct outage low = {.lost = 2}, high = {.lost = 2};
    for (unsigned i = 0; i < sizeof most_ms / sizeof most_ms[0]; i++) {
        int64_t low_ns = low.next_ns, high_ns = high.next_ns;
        outage_note(&low, STORE_LOST, low_ns, 0);
        outage_note(&high, STORE_LOST, high_ns, UINT32_MAX);
        CHECK_EQ_I64((low.next_ns - low_ns) / 1000000, most_ms[i] / 2);
        CHECK((high.next_ns - high_ns) / 1000000 <= most_ms[i]);
        CHECK((high.next_ns - high_ns) / 1000000 >= most_ms[i] - 1);
    }
}

TEST(patience_has_an_end)
{
    struct outage outage = {.lost = 2};
    for (int i = 0; i < OUTAGE_PROBES; i++) {
        outage_note(&outage, STORE_LOST, outage.next_ns, 0);
        CHECK(!outage_is_too_long(&outage));
    }
    outage_note(&outage, STORE_LOST, outage.next_ns, 0);
    CHECK(outage_is_too_long(&outage));
}

TEST(calls_that_were_under_way_when_it_began_are_no_tries)
{
    struct outage outage = {0};
    for (int i = 0; i < 64; i++)
        outage_note(&outage, STORE_LOST, 1000, UINT32_MAX);
    CHECK(outage_is_on(&outage));
    CHECK_EQ_I64(outage.probes, 1);
    CHECK(!outage_is_too_long(&outage));
}
