/* Random traffic of three venues for a core, the same from a seed: snapshots, changes, finer numbers, numbers beyond doubles, trade lists,
   late and repeated trades, holes, garbled frames, lost connections, held deltas, clock, shedding, stop and start. Kept in memory, so that
   any core can be stepped through any part of it. */
#ifndef TD_TEST_APP_CORE_STORM_H
#define TD_TEST_APP_CORE_STORM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/hash.h"
#include "base/limits.h"
#include "book/book.h"
#include "book/checksum.h"
#include "test.h"

enum {
    STORM_FRAMES_MAX = 60000,
    STORM_TEXT = 4096,
    STORM_COINBASE = 0,
    STORM_BINANCE,
    STORM_KRAKEN
};

struct storm {
    struct td_frame frame[STORM_FRAMES_MAX];
    unsigned count;
    uint64_t random;
    int64_t wall_ns, mono_ns;
    int64_t trade_id[2], update_id;
    uint32_t next_conn, conn[3];
    int price_decimals;
    void *book_mem, *pool_mem;
    struct book *book; /* Kraken's, for its sums */
    struct book_pool *pool;
    bool stopped;
};

static struct storm storm;

static inline uint64_t storm_draw(uint64_t below)
{
    storm.random = storm.random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return td_hash_u64(storm.random) % below;
}

static inline void storm_frame(enum td_frame_kind kind, int source, uint16_t status,
                               const char *text, size_t bytes)
{
    CHECK(storm.count < STORM_FRAMES_MAX && bytes <= TD_FRAME_BYTES_MAX);
    char *kept = malloc(bytes + 1);
    memcpy(kept, text, bytes);
    bool device = source < 0;
    storm.frame[storm.count] =
        (struct td_frame){.number = storm.count + 1,
                          .recv_ns = storm.wall_ns,
                          .mono_ns = storm.mono_ns,
                          .payload = kept,
                          .bytes = (uint32_t)bytes,
                          .conn = device ? 0 : storm.conn[source],
                          .source = device ? TD_SOURCE_NONE : (uint16_t)source,
                          .status = status,
                          .kind = (uint8_t)kind,
                          .origin = kind == TD_FRAME_HTTP ? TD_ORIGIN_REST : TD_ORIGIN_WS};
    storm.count++;
    int64_t step_ns = (int64_t)storm_draw(5000) * TD_NS_PER_MS;
    storm.wall_ns += step_ns;
    storm.mono_ns += step_ns;
}

static inline void storm_say(enum td_frame_kind kind, int source, uint16_t status,
                             const char *format, ...)
{
    static char text[STORM_TEXT];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(bytes >= 0 && bytes < STORM_TEXT);
    storm_frame(kind, source, status, text, (size_t)bytes);
}

/* A price around the middle, now and then with more digits than ever before. */
static inline const char *storm_price(char out[48], bool bid)
{
    int64_t cents = 1000000 + (bid ? -1 : 1) * (1 + (int64_t)storm_draw(3000));
    int more = storm_draw(300) == 0 && storm.price_decimals < 9 ? ++storm.price_decimals : 2;
    int length =
        snprintf(out, 48, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
    for (; more > 2; more--)
        out[length++] = (char)('0' + (more == 3 ? 1 + storm_draw(9) : storm_draw(10)));
    out[length] = '\0';
    return out;
}

static inline const char *storm_size(char out[48])
{
    if (storm_draw(3) == 0)
        return "0";
    if (storm_draw(200) == 0) /* beyond 2^52 steps */
        snprintf(out, 48, "%llu.%08llu", 100000000ull + storm_draw(1000000000),
                 (unsigned long long)storm_draw(100000000));
    else
        snprintf(out, 48, "%llu.%04llu", (unsigned long long)storm_draw(50),
                 1ull + storm_draw(9999));
    return out;
}

/* The stamp of the frame, and rarely one that is none or ran back. */
static inline const char *storm_stamp(char out[48])
{
    int64_t second = storm.wall_ns / TD_NS_PER_S - (storm_draw(40) == 0 ? 3 : 0);
    time_t time = (time_t)second;
    struct tm utc;
    gmtime_r(&time, &utc);
    strftime(out, 48, "%Y-%m-%dT%H:%M:%S.123456Z", &utc);
    return out;
}

/* ---- Coinbase ---- */

static inline void storm_coinbase_snapshot(const char *product)
{
    char text[STORM_TEXT], price[48], size[48];
    int used = snprintf(text, sizeof text,
                        "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[", product);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 30; i++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s[\"%s\",\"%s\"]",
                             i ? "," : "", storm_price(price, side == 1), storm_size(size));
        used += snprintf(text + used, sizeof text - (size_t)used, "%s",
                         side == 0 ? "],\"bids\":[" : "]}");
    }
    storm_frame(TD_FRAME_WS_TEXT, STORM_COINBASE, 0, text, (size_t)used);
}

static inline void storm_coinbase_change(const char *product)
{
    char price[48], size[48], more[48], another[48], stamp[48];
    bool bid = storm_draw(2);
    storm_say(TD_FRAME_WS_TEXT, STORM_COINBASE, 0,
              "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"%s\",\"%s\",\"%s\"],"
              "[\"%s\",\"%s\",\"%s\"]],\"time\":\"%s\"}",
              product, bid ? "buy" : "sell", storm_price(price, bid), storm_size(size),
              bid ? "buy" : "sell", storm_price(more, bid), storm_size(another),
              storm_stamp(stamp));
}

/* Mostly the next id; then holes, repeats and ids that come late. */
static inline void storm_coinbase_match(int which)
{
    static const int64_t steps[] = {1, 1, 1, 1, 1, 1, 2, 5, 0, -1, -3};
    char price[48], stamp[48];
    int64_t id = storm.trade_id[which] + steps[storm_draw(sizeof steps / sizeof *steps)];
    if (id > storm.trade_id[which])
        storm.trade_id[which] = id;
    storm_say(TD_FRAME_WS_TEXT, STORM_COINBASE, 0,
              "{\"type\":\"%s\",\"trade_id\":%lld,\"maker_order_id\":\"a\",\"taker_order_id\":"
              "\"b\",\"side\":\"%s\",\"size\":\"%llu.5\",\"price\":\"%s\",\"product_id\":\"%s\","
              "\"sequence\":7,\"time\":\"%s\"}",
              storm_draw(20) ? "match" : "last_match", (long long)id,
              storm_draw(2) ? "buy" : "sell", (unsigned long long)storm_draw(9),
              storm_price(price, true), which ? "ETH-USD" : "BTC-USD", storm_stamp(stamp));
}

static inline void storm_coinbase_other(int which)
{
    char stamp[48];
    const char *product = which ? "ETH-USD" : "BTC-USD";
    if (storm_draw(2))
        storm_say(TD_FRAME_WS_TEXT, STORM_COINBASE, 0,
                  "{\"type\":\"heartbeat\",\"sequence\":9,\"last_trade_id\":%lld,\"product_id\":"
                  "\"%s\",\"time\":\"%s\"}",
                  (long long)storm.trade_id[which] + (int64_t)storm_draw(2), product,
                  storm_stamp(stamp));
    else
        storm_say(
            TD_FRAME_WS_TEXT, STORM_COINBASE, 0,
            "{\"type\":\"ticker\",\"sequence\":9,\"product_id\":\"%s\",\"price\":\"101.%llu\","
            "\"time\":\"%s\"}",
            product, (unsigned long long)storm_draw(100), storm_stamp(stamp));
}

/* The newest trades as the venue's history has them: what fell into a hole, and what is there already. */
static inline void storm_coinbase_history(int which)
{
    char text[STORM_TEXT], stamp[48];
    int used = snprintf(text, sizeof text, "https://x/products/%s/trades?limit=1000&after=9\t[",
                        which ? "ETH-USD" : "BTC-USD");
    for (int64_t n = 0; n < 25; n++)
        used +=
            snprintf(text + used, sizeof text - (size_t)used,
                     "%s{\"trade_id\":%lld,\"side\":\"buy\",\"size\":\"0.25\",\"price\":"
                     "\"101.25\",\"time\":\"%s\"}",
                     n > 0 ? "," : "", (long long)(storm.trade_id[which] - n), storm_stamp(stamp));
    storm_say(TD_FRAME_HTTP, STORM_COINBASE, 200, "%s]", text);
}

static inline void storm_coinbase(void)
{
    int which = (int)storm_draw(2);
    const char *product = which ? "ETH-USD" : "BTC-USD";
    uint64_t what = storm_draw(1000);
    if (what < 8)
        storm_coinbase_snapshot(product);
    else if (what < 600)
        storm_coinbase_change(product);
    else if (what < 850)
        storm_coinbase_match(which);
    else if (what < 990)
        storm_coinbase_other(which);
    else if (what < 997)
        storm_coinbase_history(which);
    else
        storm_say(TD_FRAME_WS_TEXT, STORM_COINBASE, 0, "{\"type\":\"l2update\",\"product_id\":\"%s",
                  product);
}

/* ---- Binance ---- */

static inline void storm_binance_base(void)
{
    char price[48], ask[48];
    storm_say(TD_FRAME_HTTP, STORM_BINANCE, storm_draw(6) ? 200 : 503,
              "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000\t"
              "{\"lastUpdateId\":%lld,\"bids\":[[\"%s\",\"1\"]],\"asks\":[[\"%s\",\"2\"]]}",
              (long long)storm.update_id - (int64_t)storm_draw(12), storm_price(price, true),
              storm_price(ask, false));
}

static inline void storm_binance(void)
{
    char price[48], size[48];
    uint64_t what = storm_draw(1000);
    int64_t first = storm.update_id + 1 + (what < 6 ? 4 : 0), last = first + (int64_t)storm_draw(4);
    if (what < 25) {
        storm_binance_base();
        return;
    }
    if (what < 750) {
        storm.update_id = last;
        storm_say(TD_FRAME_WS_TEXT, STORM_BINANCE, 0,
                  "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%lld,"
                  "\"s\":\"BTCUSDT\",\"U\":%lld,\"u\":%lld,\"b\":[[\"%s\",\"%s\"]],\"a\":[]}}",
                  (long long)(storm.wall_ns / TD_NS_PER_MS), (long long)first, (long long)last,
                  storm_price(price, true), storm_size(size));
        return;
    }
    storm_say(
        TD_FRAME_WS_TEXT, STORM_BINANCE, 0,
        "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":%lld,\"s\":\"BTCUSDT\","
        "\"t\":%lld,\"p\":\"%s\",\"q\":\"0.5\",\"T\":%lld,\"m\":%s,\"M\":true}}",
        (long long)(storm.wall_ns / TD_NS_PER_MS), (long long)(storm.update_id),
        storm_price(price, true), (long long)(storm.wall_ns / TD_NS_PER_MS),
        storm_draw(2) ? "true" : "false");
}

/* ---- Kraken: numbers of one decimal and eight, and their sum ---- */

static inline unsigned long long storm_kraken_sum(void)
{
    uint32_t sum = book_checksum_kraken(storm.book, 1, 8, 1, 8);
    return storm_draw(150) ? sum : sum ^ 1;
}

static inline void storm_kraken_set(uint8_t side, int64_t price, int64_t size)
{
    book_set(storm.book, side, price, size);
}

static inline void storm_kraken_snapshot(void)
{
    char text[STORM_TEXT], stamp[48];
    int used =
        snprintf(text, sizeof text,
                 "{\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":\"BTC/USD\"");
    book_clear(storm.book);
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        used += snprintf(text + used, sizeof text - (size_t)used, ",\"%s\":[",
                         side == TD_SIDE_BID ? "bids" : "asks");
        for (int i = 0; i < 20; i++) {
            int64_t price = side == TD_SIDE_BID ? 1000 - 2 * i : 1003 + 2 * i,
                    size = 1 + (int64_t)storm_draw(900000000);
            storm_kraken_set(side, price, size);
            used += snprintf(text + used, sizeof text - (size_t)used,
                             "%s{\"price\":%lld.%lld,\"qty\":%lld.%08lld}", i ? "," : "",
                             (long long)(price / 10), (long long)(price % 10),
                             (long long)(size / 100000000), (long long)(size % 100000000));
        }
        used += snprintf(text + used, sizeof text - (size_t)used, "]");
    }
    used += snprintf(text + used, sizeof text - (size_t)used,
                     ",\"checksum\":%llu,\"timestamp\":\"%s\"}]}", storm_kraken_sum(),
                     storm_stamp(stamp));
    storm_frame(TD_FRAME_WS_TEXT, STORM_KRAKEN, 0, text, (size_t)used);
}

static inline void storm_kraken(void)
{
    char stamp[48];
    if (storm_draw(60) == 0 || book_levels(storm.book, TD_SIDE_BID) < 12) {
        storm_kraken_snapshot();
        return;
    }
    int64_t price = 1000 - 2 * (int64_t)storm_draw(60),
            size = storm_draw(3) ? 1 + (int64_t)storm_draw(900000000) : 0;
    storm_kraken_set(TD_SIDE_BID, price, size);
    storm_say(
        TD_FRAME_WS_TEXT, STORM_KRAKEN, 0,
        "{\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"bids\":"
        "[{\"price\":%lld.%lld,\"qty\":%lld.%08lld}],\"asks\":[],\"checksum\":%llu,"
        "\"timestamp\":\"%s\"}]}",
        (long long)(price / 10), (long long)(price % 10), (long long)(size / 100000000),
        (long long)(size % 100000000), storm_kraken_sum(), storm_stamp(stamp));
}

/* ---- connections and the device ---- */

static inline void storm_open(int source)
{
    storm.conn[source] = ++storm.next_conn;
    storm_say(TD_FRAME_CONN_OPEN, source, 0, "wss://venue.example");
    if (source == STORM_KRAKEN)
        storm_kraken_snapshot();
    if (source != STORM_COINBASE)
        return;
    storm_coinbase_snapshot("BTC-USD");
    storm_coinbase_snapshot("ETH-USD");
}

/* The symbol list, or no answer to it. */
static inline void storm_list(void)
{
    storm_say(TD_FRAME_HTTP, STORM_COINBASE, storm_draw(2) ? 200 : 503,
              "https://api.exchange.coinbase.com/products\t[{\"id\":\"BTC-USD\",\"base_currency\":"
              "\"BTC\",\"quote_currency\":\"USD\",\"quote_increment\":\"0.01\",\"base_increment\":"
              "\"0.00000001\",\"status\":\"%s\"}]",
              storm_draw(2) ? "online" : "delisted");
}

/* Make before break: a second connection, both speak, then the first goes, or the second. */
static inline void storm_overlap(int source)
{
    uint32_t first = storm.conn[source], second = ++storm.next_conn;
    storm.conn[source] = second;
    storm_say(TD_FRAME_CONN_OPEN, source, TD_OPEN_OVERLAP, "wss://venue.example");
    for (unsigned i = storm_draw(60); i > 0; i--) {
        storm.conn[source] = storm_draw(3) ? second : first;
        if (source == STORM_COINBASE)
            storm_draw(6) ? storm_coinbase() : storm_coinbase_snapshot("BTC-USD");
        else if (source == STORM_BINANCE)
            storm_binance();
        else
            storm_kraken();
        if (storm_draw(3) == 0)
            storm_say(TD_FRAME_TICK, -1, 0, "%s", "");
        if (storm_draw(50) == 0)
            storm_say(TD_FRAME_SEAL, -1, 0, "test");
    }
    bool keeps_first = storm_draw(4) == 0;
    storm.conn[source] = keeps_first ? second : first;
    storm_say(TD_FRAME_CONN_CLOSE, source, keeps_first ? 1006 : TD_CLOSE_PLANNED, "replaced");
    storm.conn[source] = keeps_first ? first : second;
}

static inline void storm_restart(void)
{
    for (int source = 0; source < 3; source++)
        storm_say(TD_FRAME_CONN_CLOSE, source, TD_CLOSE_BY_STOP, "recorder stops");
    storm_say(TD_FRAME_STOP, -1, 0, "%s", "");
    storm_say(TD_FRAME_START, -1, 0, "tapedeck version 0.1.0 (build abc)\ncause=stop\n");
    for (int source = 0; source < 3; source++)
        storm_open(source);
}

static inline void storm_device(void)
{
    switch (storm_draw(18)) {
    case 12:
    case 13:
    case 14:
        storm_overlap((int)storm_draw(3));
        break;
    case 15:
    case 16:
        storm_list();
        break;
    case 0:
        storm_say(TD_FRAME_CLOCK, -1, 0,
                  "state=synced method=ntp offset_ns=%llu error_ns=5 freq_ppb=7 step_ns=0",
                  (unsigned long long)storm_draw(1000));
        break;
    case 1:
        storm_say(TD_FRAME_SHED, -1, 0, "level=%llu free_mb=3 why=test",
                  (unsigned long long)storm_draw(TD_SHED_LEVELS));
        break;
    case 2:
    case 3:
        storm_say(TD_FRAME_SHED, -1, 0, "level=0 free_mb=300 why=test");
        break;
    case 4:
        storm_say(TD_FRAME_SEAL, -1, 0, "test");
        break;
    case 5:
        storm_restart();
        break;
    case 6:
        storm.wall_ns += 2 * TD_NS_PER_HOUR - (int64_t)storm_draw(4) * TD_NS_PER_HOUR;
        break;
    default: {
        int source = (int)storm_draw(3);
        storm_say(TD_FRAME_CONN_CLOSE, source, 1006, "peer closed");
        for (unsigned i = storm_draw(20); i > 0; i--)
            storm_say(TD_FRAME_TICK, -1, 0, "%s", "");
        storm_open(source);
    }
    }
}

static inline void storm_make(uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < storm.count; i++)
        free((void *)(uintptr_t)storm.frame[i].payload);
    free(storm.book_mem);
    free(storm.pool_mem);
    memset(&storm, 0, sizeof storm);
    storm.random = seed;
    storm.wall_ns = INT64_C(1780978500) * TD_NS_PER_S;
    storm.mono_ns = 1000 * TD_NS_PER_S;
    storm.trade_id[0] = 1000;
    storm.trade_id[1] = 5000000;
    storm.update_id = 70000;
    storm.price_decimals = 2;
    storm.pool_mem = malloc(book_pool_footprint(8192));
    storm.book_mem = malloc(book_footprint());
    storm.pool = book_pool_init(storm.pool_mem, 8192);
    storm.book = book_init(storm.book_mem, storm.pool);
    storm_say(TD_FRAME_START, -1, 0, "tapedeck version 0.1.0 (build abc)\ncause=first\n");
    for (int source = 0; source < 3; source++)
        storm_open(source);
    while (storm.count < count) {
        uint64_t what = storm_draw(1000);
        if (what < 420)
            storm_coinbase();
        else if (what < 640)
            storm_binance();
        else if (what < 840)
            storm_kraken();
        else if (what < 992)
            storm_say(TD_FRAME_TICK, -1, 0, "%s", "");
        else
            storm_device();
    }
}

#endif
