#include "crash/deck_rig.h"

#include <stdlib.h>
#include <string.h>

#include "crash/feed.h"
#include "features_on.h"

int64_t rig_now_ns;

static int64_t clock_ns(void *ctx)
{
    (void)ctx;
    return rig_now_ns;
}

static void random_fill(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    memset(out, 7, bytes);
}

/* Whoever waits for the disk waits for a sync: time goes on. */
static void idle(void *arg)
{
    (void)arg;
    rig_now_ns += 100 * TD_NS_PER_MS;
}

static void add_symbol(struct instruments *table, uint16_t source, const char *name,
                       const char *raw)
{
    int added = instruments_add(table, source, name, raw);
    TD_ASSERT(added >= 0, "a symbol of the feed");
}

static struct instruments *symbols(void *mem)
{
    struct instruments *table = instruments_init(mem, 4);
    add_symbol(table, 0, "BTC-USD", "BTC-USD");
    add_symbol(table, 0, "ETH-USD", "ETH-USD");
    add_symbol(table, 1, "BTC-USD", "BTC/USD");
    add_symbol(table, 2, "BTC-USDT", "BTCUSDT");
    return table;
}

struct deck_params rig_params(const struct td_disk *disk, struct td_os *os, const char *log_path)
{
    static const char *const venues[FEED_VENUES] = {"coinbase", "kraken", "binance"};
    static void *table;
    if (!table)
        table = malloc(instruments_footprint(4));
    *os = (struct td_os){.clock = {.wall_ns = clock_ns, .mono_ns = clock_ns},
                         .random = {.fill = random_fill},
                         .disk = *disk};
    struct deck_params params = {.os = os,
                                 .name = "crash",
                                 .data_dir = "data",
                                 .shm_path = log_path,
                                 .config_hash = "0123456789abcdef",
                                 .config_text = RIG_CONFIG,
                                 .instruments = symbols(table),
                                 .source_count = FEED_VENUES,
                                 .log_term_bytes = 64 << 10,
                                 .log_terms = 3,
                                 .journal = true,
                                 .journal_sync_ms = 1000,
                                 .journal_file_bytes = 256 << 10,
                                 .journal_max_bytes = 8 << 20,
                                 .journal_level = 1,
                                 .segment_level = 1,
                                 .segment_bytes = 24 << 10,
                                 .group_rows = 200,
                                 .pool_bytes = 2 << 20,
                                 .book_pool_levels = 4096,
                                 .features = features_on(CORE_EMIT_SECOND),
                                 .stepped = true,
                                 .idle = idle};
    for (int i = 0; i < FEED_VENUES; i++) {
        const struct venue *venue = venue_find(venues[i]);
        params.source[i] =
            (struct core_source_params){.venue = venue, .rest_url = venue->rest_url, .channels = 7};
    }
    return params;
}
