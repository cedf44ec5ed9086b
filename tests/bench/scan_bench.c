/* ns per message of the parsers, fixed-form scan against jsmn alone, on the reference feed and on the captures. Each line: name, messages,
   ns by scan, ns by jsmn, millions of messages a second. The fastest of the rounds counts: what else runs on the machine can only slow
   one down. */
#include <stdio.h>

#include "lane.h"

enum { MESSAGES = 200000, ROUNDS = 5 };

static double round_ns(struct lane *lane)
{
    double start = bench_seconds();
    for (size_t i = 0; i < lane->feed->count; i++)
        if (!lane->feed->message[i].base)
            lane_parse(lane, &lane->feed->message[i]);
    return (bench_seconds() - start) * 1e9 / (double)(lane->feed->count - lane->feed->bases);
}

static double best_ns(struct lane *lane, bool jsmn_only)
{
    lane->ctx.jsmn_only = jsmn_only;
    double best = round_ns(lane);
    for (int round = 1; round < ROUNDS; round++) {
        double ns = round_ns(lane);
        best = ns < best ? ns : best;
    }
    return best;
}

static void measure(const char *name)
{
    struct feed feed = feed_named(name, MESSAGES);
    struct lane lane;
    if (feed.count == 0) {
        printf("%-12s not there\n", name);
        return;
    }
    lane_open(&lane, &feed);
    double scan = best_ns(&lane, false);
    uint64_t scanned = lane.levels;
    lane.levels = 0;
    double jsmn = best_ns(&lane, true);
    size_t messages = feed.count - feed.bases;
    printf("%-12s %7zu messages %6.2f levels each  scan %7.1f ns  jsmn %8.1f ns  %6.2f M msg/s%s\n",
           name, messages, (double)scanned / ROUNDS / (double)messages, scan, jsmn, 1e3 / scan,
           scanned == lane.levels ? "" : "  THE WAYS DIFFER");
}

int main(void)
{
    measure("reference");
    measure("coinbase");
    measure("binance");
    return 0;
}
