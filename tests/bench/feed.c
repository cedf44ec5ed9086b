#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zstd.h>

enum {
    SNAPSHOT_LEVELS = 4000,
    LEVELS_PER_UPDATE = 4,
    MESSAGE_BYTES_MAX = 420,
    CAPTURE_BYTES_MAX = 64 << 20
};

static const char *const symbols[FEED_SYMBOLS] = {"BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD",
                                                  "ADA-USD", "DOT-USD", "LTC-USD", "BCH-USD",
                                                  "UNI-USD", "AVA-USD"};

struct maker {
    uint64_t state;
    int64_t mid[FEED_SYMBOLS]; /* ticks of 0.01 */
    int64_t trade_id[FEED_SYMBOLS], sequence;
    int64_t now_us;
    char *at, *end;
};

const char *feed_symbol(unsigned index)
{
    return symbols[index];
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double bench_cpu_seconds(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double bench_process_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t draw(struct maker *m)
{
    m->state += 0x9e3779b97f4a7c15u;
    uint64_t z = m->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Ticks from the touch: 60 % within 5, 30 % within 50, the rest to 4,000. */
static int64_t distance(struct maker *m)
{
    uint64_t kind = draw(m) % 10;
    return (int64_t)(draw(m) % (kind < 6 ? 5 : kind < 9 ? 50 : SNAPSHOT_LEVELS));
}

static void put_price(struct maker *m, int64_t ticks)
{
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "%lld.%02lld", (long long)(ticks / 100),
                      (long long)(ticks % 100));
}

static void put_size(struct maker *m)
{
    uint64_t steps = draw(m) % 1000000000 + 1;
    m->at +=
        snprintf(m->at, (size_t)(m->end - m->at), "%llu.%08llu",
                 (unsigned long long)(steps / 100000000), (unsigned long long)(steps % 100000000));
}

static void put_time(struct maker *m)
{
    int64_t us = m->now_us % 60000000, minute = m->now_us / 60000000 % 60;
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "\"2026-09-21T04:%02lld:%02lld.%06lldZ\"",
                      (long long)minute, (long long)(us / 1000000), (long long)(us % 1000000));
}

static void put_change(struct maker *m, int ask, int64_t ticks, int gone)
{
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "[\"%s\",\"", ask ? "sell" : "buy");
    put_price(m, ticks);
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "\",\"");
    if (gone)
        m->at += snprintf(m->at, (size_t)(m->end - m->at), "0.00000000");
    else
        put_size(m);
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "\"]");
}

/* Now and then the middle moves by a tick; the level it runs over is deleted first, so the book never crosses. */
static int put_move(struct maker *m, unsigned s)
{
    if (draw(m) % 50 != 0)
        return 0;
    int up = (int)(draw(m) % 2);
    m->mid[s] += up ? 1 : -1;
    put_change(m, up, m->mid[s], 1);
    *m->at++ = ',';
    return 1;
}

static void put_update(struct maker *m, unsigned s)
{
    m->at += snprintf(m->at, (size_t)(m->end - m->at),
                      "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[", symbols[s]);
    for (int i = put_move(m, s); i < LEVELS_PER_UPDATE; i++) {
        int ask = (int)(draw(m) % 2);
        int64_t away = 1 + distance(m);
        put_change(m, ask, m->mid[s] + (ask ? away : -away), draw(m) % 5 < 2);
        if (i + 1 < LEVELS_PER_UPDATE)
            *m->at++ = ',';
    }
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "],\"time\":");
    put_time(m);
    *m->at++ = '}';
}

static void put_match(struct maker *m, unsigned s)
{
    m->at += snprintf(
        m->at, (size_t)(m->end - m->at),
        "{\"type\":\"match\",\"trade_id\":%lld,\"maker_order_id\":\"%016llx-%016llx\","
        "\"taker_order_id\":\"%016llx\","
        "\"side\":\"%s\",\"size\":\"",
        (long long)++m->trade_id[s], (unsigned long long)draw(m), (unsigned long long)draw(m),
        (unsigned long long)draw(m), draw(m) % 2 ? "buy" : "sell");
    put_size(m);
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "\",\"price\":\"");
    put_price(m, m->mid[s]);
    m->at += snprintf(m->at, (size_t)(m->end - m->at),
                      "\",\"product_id\":\"%s\",\"sequence\":%lld,\"time\":", symbols[s],
                      (long long)++m->sequence);
    put_time(m);
    *m->at++ = '}';
}

static void put_heartbeat(struct maker *m, unsigned s)
{
    m->at += snprintf(m->at, (size_t)(m->end - m->at),
                      "{\"type\":\"heartbeat\",\"sequence\":%lld,\"last_trade_id\":%lld,\"product_"
                      "id\":\"%s\",\"time\":",
                      (long long)++m->sequence, (long long)m->trade_id[s], symbols[s]);
    put_time(m);
    *m->at++ = '}';
}

static void put_side(struct maker *m, unsigned s, int ask)
{
    for (int64_t i = 1; i <= SNAPSHOT_LEVELS; i++) {
        m->at += snprintf(m->at, (size_t)(m->end - m->at), "%s[\"", i == 1 ? "" : ",");
        put_price(m, m->mid[s] + (ask ? i : -i));
        m->at += snprintf(m->at, (size_t)(m->end - m->at), "\",\"");
        put_size(m);
        m->at += snprintf(m->at, (size_t)(m->end - m->at), "\"]");
    }
}

static void put_snapshot(struct maker *m, unsigned s)
{
    m->at += snprintf(m->at, (size_t)(m->end - m->at),
                      "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[", symbols[s]);
    put_side(m, s, 1);
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "],\"bids\":[");
    put_side(m, s, 0);
    m->at += snprintf(m->at, (size_t)(m->end - m->at), "]}");
}

static void add(struct feed *feed, struct maker *m, char *begin, bool base)
{
    feed->message[feed->count++] =
        (struct feed_message){begin, (uint32_t)(m->at - begin), TD_FRAME_WS_TEXT, base,
                              (1790000000000000 + m->now_us) * 1000};
    feed->bases += base;
    feed->bytes += base ? 0 : (size_t)(m->at - begin);
}

struct feed feed_make(size_t messages, uint64_t seed)
{
    struct feed feed = {.name = "reference", .venue = "coinbase"};
    struct maker m = {.state = seed, .now_us = 1};
    size_t room =
        messages * MESSAGE_BYTES_MAX + (size_t)FEED_SYMBOLS * SNAPSHOT_LEVELS * 2 * 40 + 4096;
    feed.text = malloc(room);
    feed.message = malloc((messages + FEED_SYMBOLS) * sizeof *feed.message);
    if (feed.text == NULL || feed.message == NULL)
        abort();
    m.at = feed.text;
    m.end = feed.text + room;
    for (unsigned s = 0; s < FEED_SYMBOLS; s++) {
        char *begin = m.at;
        m.mid[s] = 6000000 / (s + 1) + 10000;
        put_snapshot(&m, s);
        add(&feed, &m, begin, true);
    }
    for (size_t i = 0; i < messages; i++) {
        char *begin = m.at;
        uint64_t kind = draw(&m) % 100;
        unsigned s = (unsigned)(draw(&m) % FEED_SYMBOLS);
        m.now_us += 200;
        if (kind < 86)
            put_update(&m, s);
        else if (kind < 98)
            put_match(&m, s);
        else
            put_heartbeat(&m, s);
        add(&feed, &m, begin, false);
    }
    return feed;
}

/* ---- recorded traffic ---------------------------------------------------------------------------------------------------- */

static bool is_packed(const char *bytes, size_t count)
{
    return count > 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0;
}

static size_t unpack(const char *path, char *text)
{
    char *packed = malloc(CAPTURE_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    size_t count = file != NULL ? fread(packed, 1, CAPTURE_BYTES_MAX, file) : 0;
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_outBuffer to = {text, CAPTURE_BYTES_MAX, 0};
    ZSTD_inBuffer from = {packed, count, 0};
    if (!is_packed(packed, count))
        memcpy(text, packed, to.pos = count);
    while (is_packed(packed, count) && from.pos < from.size && to.pos < to.size &&
           !ZSTD_isError(ZSTD_decompressStream(context, &to, &from)))
        continue;
    if (file != NULL)
        fclose(file);
    ZSTD_freeDCtx(context);
    free(packed);
    return to.pos;
}

/* In place. Bytes. */
static uint32_t decode_base64(char *text, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t word = 0, bits = 0, out = 0;
    for (size_t i = 0; i < bytes && text[i] != '='; i++) {
        const char *digit = memchr(digits, text[i], sizeof digits - 1);
        word = word << 6 | (uint32_t)(digit != NULL ? digit - digits : 0);
        bits += 6;
        if (bits >= 8)
            text[out++] = (char)(word >> (bits -= 8));
    }
    return out;
}

static uint8_t kind_of(char direction)
{
    return direction == 'h'   ? TD_FRAME_HTTP
           : direction == 'b' ? TD_FRAME_WS_BINARY
           : direction == '<' ? TD_FRAME_WS_TEXT
                              : TD_FRAME_NONE;
}

static void add_line(struct feed *feed, char *line, char *end)
{
    char *dir = memchr(line, '\t', (size_t)(end - line));
    if (dir == NULL || end - dir < 4 || kind_of(dir[1]) == TD_FRAME_NONE)
        return;
    struct feed_message message = {.text = dir + 3,
                                   .bytes = (uint32_t)(end - dir - 3),
                                   .recv_ns = strtoll(line, NULL, 10),
                                   .kind = kind_of(dir[1])};
    if (message.kind == TD_FRAME_WS_BINARY)
        message.bytes = decode_base64(dir + 3, message.bytes);
    message.base =
        message.kind == TD_FRAME_HTTP ||
        memmem(message.text, message.bytes < 40 ? message.bytes : 40, "snapshot", 8) != NULL;
    feed->bases += message.base;
    feed->bytes += message.base ? 0 : message.bytes;
    feed->message[feed->count++] = message;
}

struct feed feed_file(const char *path, const char *venue)
{
    struct feed feed = {.name = venue, .venue = venue};
    feed.text = malloc(CAPTURE_BYTES_MAX);
    size_t bytes = unpack(path, feed.text), lines = 1;
    for (size_t i = 0; i < bytes; i++)
        lines += feed.text[i] == '\n';
    feed.message = malloc(lines * sizeof *feed.message);
    for (char *line = feed.text, *end; line < feed.text + bytes; line = end + 1) {
        end = memchr(line, '\n', bytes - (size_t)(line - feed.text));
        end = end ? end : feed.text + bytes;
        add_line(&feed, line, end);
    }
    return feed;
}

struct feed feed_capture(const char *file, const char *venue)
{
    const char *shared = getenv("TAPEDECK_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/captures/%s", shared ? shared : "../shared", file);
    return feed_file(path, venue);
}

struct feed feed_named(const char *name, size_t messages)
{
    if (strcmp(name, "reference") == 0)
        return feed_make(messages, 20260921);
    if (strcmp(name, "coinbase") == 0)
        return feed_capture("COINBASE.ws.28.zst", "coinbase");
    if (strcmp(name, "binance") == 0)
        return feed_capture("BINANCE_BTCUSDT_2024.ws.1.zst", "binance");
    fprintf(stderr, "unknown feed: %s; there are reference, coinbase and binance\n", name);
    exit(2);
}

struct td_frame feed_frame(const struct feed_message *message)
{
    bool http = message->kind == TD_FRAME_HTTP;
    return (struct td_frame){.recv_ns = message->recv_ns,
                             .mono_ns = message->recv_ns,
                             .payload = message->text,
                             .bytes = message->bytes,
                             .conn = 1,
                             .kind = message->kind,
                             .status = http ? 200 : 0,
                             .origin = http ? TD_ORIGIN_REST : TD_ORIGIN_WS};
}

void bench_figure(const char *stage, const char *feed, const char *what, double value,
                  const char *unit)
{
    printf("figure\t%s.%s.%s\t%.6g\t%s\n", stage, feed, what, value, unit);
    fflush(stdout);
}
