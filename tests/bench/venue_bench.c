/* What one venue's parser takes of a message and of a byte.
   venue_bench VENUE FILE [ROUNDS]
   FILE in the captures' form. Every received frame but snapshots and HTTP answers is parsed, the file as often as makes a tenth of a second
   a round; the fastest of the rounds counts. In hot_venue alone callgrind counts. */
#include <stdio.h>
#include <stdlib.h>

#include "lane.h"

enum { ROUNDS = 7, PARSED_BYTES = 20 << 20 };

__attribute__((noinline, noclone)) static void hot_venue(struct lane *lane)
{
    for (size_t i = 0; i < lane->feed->count; i++)
        if (!lane->feed->message[i].base)
            lane_parse(lane, &lane->feed->message[i]);
}

static double round_seconds(struct lane *lane, unsigned times)
{
    double start = bench_cpu_seconds();
    for (unsigned i = 0; i < times; i++)
        hot_venue(lane);
    return (bench_cpu_seconds() - start) / times;
}

int main(int argc, char **argv)
{
    if (argc < 3 || venue_find(argv[1]) == NULL) {
        fprintf(stderr, "venue_bench VENUE FILE [ROUNDS]\n");
        return 2;
    }
    struct feed feed = feed_file(argv[2], argv[1]);
    double messages = (double)(feed.count - feed.bases);
    unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : ROUNDS, times = 1;
    if (feed.count == feed.bases)
        return 77;
    if (argc <= 3)
        times = (unsigned)(PARSED_BYTES / (feed.bytes + 1)) + 1;
    struct lane lane;
    lane_open(&lane, &feed);
    double best = round_seconds(&lane, times);
    for (unsigned round = 1; round < rounds; round++) {
        double seconds = round_seconds(&lane, times);
        best = seconds < best ? seconds : best;
    }
    bench_figure("venue", argv[1], "messages", messages, "messages");
    bench_figure("venue", argv[1], "bytes", (double)feed.bytes / messages, "bytes/msg");
    bench_figure("venue", argv[1], "time", best / messages * 1e9, "ns/msg");
    bench_figure("venue", argv[1], "byte", best / (double)feed.bytes * 1e9, "ns/byte");
    return 0;
}
