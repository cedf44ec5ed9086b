/* The reference feed: Coinbase-form messages from a fixed seed, about 240 bytes in the mean, 86 % l2update of four levels, 12 % match, 2 % other,
   ten symbols. Distances from the touch are as recorded: most changes within 50 ticks, a few far. Snapshots of 4,000 levels a side come first,
   one a symbol, and are not counted as messages. The same call gives the same bytes on every machine. */
#ifndef TEST_BENCH_FEED_H
#define TEST_BENCH_FEED_H

#include <stddef.h>
#include <stdint.h>

enum { FEED_SYMBOLS = 10 };

struct feed_message {
    const char *text;
    uint32_t bytes;
    int64_t recv_ns;
};

struct feed {
    struct feed_message *message; /* snapshots first */
    size_t count, snapshots, bytes, levels, matches;
    char *text;
};

/* `messages` besides the snapshots. Memory is malloc'd once and lives until the program ends. */
struct feed feed_make(size_t messages, uint64_t seed);
const char *feed_symbol(unsigned index); /* "AAA-USD" ... */

/* Monotonic seconds, for all benches. */
double bench_seconds(void);

#endif
