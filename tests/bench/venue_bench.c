/* What one venue's parser takes of a message and of a byte.
   venue_bench VENUE FILE [ROUNDS]
   FILE in the captures' form. What is parsed are the received frames that give events (changes, trades, tickers), without snapshots and
   HTTP answers, the file as often as makes a tenth of a second a round; the fastest of the rounds counts. Bytes are those of the text, of
   compressed venues as inflated, whose inflating is timed alone too. In hot_venue alone callgrind counts. */
#include <stdio.h>
#include <stdlib.h>

#include "lane.h"
#include "venue/inflate.h"

enum { ROUNDS = 7, PARSED_BYTES = 20 << 20 };

__attribute__((noinline, noclone)) static void hot_venue(struct lane *lane)
{
    for (size_t i = 0; i < lane->feed->count; i++)
        lane_parse(lane, &lane->feed->message[i]);
}

static struct td_text text_of(const struct lane *lane, const struct feed_message *message)
{
    struct td_text text = {message->text, message->bytes};
    if (lane->venue->compression != VENUE_PLAIN && message->kind == TD_FRAME_WS_BINARY &&
        inflate_frame(lane->ctx.inflate, (enum venue_compression)lane->venue->compression, text,
                      &text) < 0)
        abort(); /* it gave events before */
    return text;
}

static void inflate_all(struct lane *lane)
{
    for (size_t i = 0; i < lane->feed->count; i++)
        text_of(lane, &lane->feed->message[i]);
}

/* Leaves those messages in the feed that count. */
static void keep_hot(struct lane *lane, struct feed *feed)
{
    size_t kept = 0;
    feed->bytes = feed->bases = 0;
    for (size_t i = 0; i < feed->count; i++) {
        struct feed_message message = feed->message[i];
        uint64_t events = lane->events;
        if (message.base)
            continue;
        lane_parse(lane, &message);
        if (lane->events == events)
            continue;
        feed->bytes += text_of(lane, &message).bytes;
        feed->message[kept++] = message;
    }
    feed->count = kept;
}

static double round_seconds(struct lane *lane, void (*work)(struct lane *), unsigned times)
{
    double start = bench_cpu_seconds();
    for (unsigned i = 0; i < times; i++)
        work(lane);
    return (bench_cpu_seconds() - start) / times;
}

static double best_seconds(struct lane *lane, void (*work)(struct lane *), unsigned times,
                           unsigned rounds)
{
    double best = round_seconds(lane, work, times);
    for (unsigned round = 1; round < rounds; round++) {
        double seconds = round_seconds(lane, work, times);
        best = seconds < best ? seconds : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    if (argc < 3 || venue_find(argv[1]) == NULL) {
        fprintf(stderr, "venue_bench VENUE FILE [ROUNDS]\n");
        return 2;
    }
    struct feed feed = feed_file(argv[2], argv[1]);
    unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : ROUNDS, times = 1;
    struct lane lane;
    lane_open(&lane, &feed);
    keep_hot(&lane, &feed);
    if (feed.count == 0)
        return 77;
    if (argc <= 3)
        times = (unsigned)(PARSED_BYTES / feed.bytes) + 1;
    double messages = (double)feed.count, best = best_seconds(&lane, hot_venue, times, rounds);
    bench_figure("venue", argv[1], "messages", messages, "messages");
    bench_figure("venue", argv[1], "bytes", (double)feed.bytes / messages, "bytes/msg");
    bench_figure("venue", argv[1], "time", best / messages * 1e9, "ns/msg");
    bench_figure("venue", argv[1], "byte", best / (double)feed.bytes * 1e9, "ns/byte");
    if (lane.venue->compression != VENUE_PLAIN)
        bench_figure("venue", argv[1], "inflating",
                     best_seconds(&lane, inflate_all, times, rounds) / messages * 1e9, "ns/msg");
    return 0;
}
