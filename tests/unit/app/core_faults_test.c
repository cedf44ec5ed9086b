/* The ledger under faults that are known: what was injected stands in it, nothing else does, and its sums are those of the counters. */
#include "core_rows.h"

/* ---- ids ------------------------------------------------------------------------------------------------------------------ */

static int64_t ids[3][2];

/* Both symbols lose their connection in one frame; `first_is_broken`: the first one's book was lost before. */
static void lose_both(bool first_is_broken, int64_t out[3][2])
{
    static const char *const symbols[] = {"BTC-USD", "ETH-USD"};
    static const char other[] = "{\"type\":\"snapshot\",\"product_id\":\"ETH-USD\",\"asks\":[["
                                "\"101.00\",\"2\"]],\"bids\":[[\"100.00\",\"1\"]]}";
    start_with("coinbase", symbols, 2, NULL);
    step(TD_FRAME_START, "tapedeck", 0);
    step(TD_FRAME_CONN_OPEN, "wss://x", 0);
    text(snapshot);
    text(other);
    text(first_is_broken ? "{\"type\":\"l2update\",\"product_id\":\"BTC-USD\",\"changes\":[[\"buy\""
                         : "{\"type\":\"subscriptions\"}");
    read_rows();
    step(TD_FRAME_CONN_CLOSE, "peer closed", 1006);
    read_rows();
    for (unsigned channel = 0; channel < 3; channel++) {
        out[channel][0] =
            the_gap(TD_GAP_DISCONNECT, TD_GAP_OPEN, (enum td_channel)channel, "ETH-USD")
                ->gap.gap_id;
        out[channel][1] =
            gap_of(TD_GAP_DISCONNECT, TD_GAP_OPEN, (enum td_channel)channel, "BTC-USD", 0) != NULL;
    }
}

TEST(a_symbol_that_is_broken_already_shifts_no_id_of_another)
{
    int64_t broken[3][2];
    lose_both(false, ids);
    lose_both(true, broken);
    CHECK(ids[0][1] && !broken[0][1]); /* one hole at a time */
    for (unsigned channel = 0; channel < 3; channel++)
        CHECK_EQ_I64(broken[channel][0], ids[channel][0]);
    CHECK(ids[0][0] < ids[1][0] && ids[1][0] < ids[2][0]);
}
