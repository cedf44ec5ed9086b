/* What the benches run on. The reference feed: Coinbase-form messages from a fixed seed, about 240 bytes in the mean, 86 % l2update of
   four levels, 12 % match, 2 % other, ten symbols. Distances from the touch are as recorded: most changes within 50 ticks, a few far.
   Snapshots of 4,000 levels a side come first, one a symbol. The same call gives the same bytes on every machine. Beside it: captures of
   recorded traffic. Memory is malloc'd once and lives until the program ends. */
#ifndef TEST_BENCH_FEED_H
#define TEST_BENCH_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

enum { FEED_SYMBOLS = 10 };

struct feed_message {
    const char *text;
    uint32_t bytes;
    uint8_t kind; /* enum td_frame_kind: text or HTTP */
    bool base;    /* a whole image of a book: not counted as a message */
    int64_t recv_ns;
};

struct feed {
    const char *name, *venue;
    struct feed_message *message;
    size_t count, bases;
    size_t bytes; /* of all but the bases */
    char *text;
};

/* `messages` besides the bases. */
struct feed feed_make(size_t messages, uint64_t seed);
const char *feed_symbol(unsigned index); /* "BTC-USD" ... */

/* A recording of the folder captures/ in TAPEDECK_SHARED (default ../shared); count 0 when it is not there. Only what was received is kept. Snapshots and HTTP answers are the bases. */
struct feed feed_capture(const char *file, const char *venue);
/* The same of any file in the captures' form, packed or plain; of binary frames their bytes. */
struct feed feed_file(const char *path, const char *venue);

/* "reference", "coinbase" or "binance"; messages counts for the first only. Ends the program on another name. */
struct feed feed_named(const char *name, size_t messages);

struct td_frame feed_frame(const struct feed_message *message);

/* Monotonic seconds, for all benches. */
double bench_seconds(void);
/* Seconds of the CPU that this thread had: what else runs on the machine counts less. For work that never waits. */
double bench_cpu_seconds(void);
/* The same of all threads of the process, those that ended too. */
double bench_process_seconds(void);

/* One measured figure on one line of stdout: `figure TAB name TAB value TAB unit`; tools/bench collects these. */
void bench_figure(const char *stage, const char *feed, const char *what, double value,
                  const char *unit);

#endif
