#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SNAPSHOT_LEVELS = 4000, LEVELS_PER_UPDATE = 4, MESSAGE_BYTES_MAX = 420 };

static const char *const symbols[FEED_SYMBOLS] = {"BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD", "ADA-USD",
                                                  "DOT-USD", "LTC-USD", "BCH-USD", "UNI-USD", "AVA-USD"};

struct maker {
    uint64_t state;
    int64_t mid[FEED_SYMBOLS]; /* ticks of 0.01 */
    int64_t trade_id[FEED_SYMBOLS], sequence;
    int64_t now_us;
    char *at;
};

const char *feed_symbol(unsigned index)
{
    return symbols[index];
}

double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
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
    m->at += sprintf(m->at, "%lld.%02lld", (long long)(ticks / 100), (long long)(ticks % 100));
}

static void put_size(struct maker *m)
{
    uint64_t steps = draw(m) % 1000000000 + 1;
    m->at += sprintf(m->at, "%llu.%08llu", (unsigned long long)(steps / 100000000), (unsigned long long)(steps % 100000000));
}

static void put_time(struct maker *m)
{
    int64_t us = m->now_us % 60000000, minute = m->now_us / 60000000 % 60;
    m->at += sprintf(m->at, "\"2026-09-21T04:%02lld:%02lld.%06lldZ\"", (long long)minute, (long long)(us / 1000000),
                     (long long)(us % 1000000));
}

static void put_change(struct maker *m, int ask, int64_t ticks, int gone)
{
    m->at += sprintf(m->at, "[\"%s\",\"", ask ? "sell" : "buy");
    put_price(m, ticks);
    m->at += sprintf(m->at, "\",\"");
    if (gone)
        m->at += sprintf(m->at, "0.00000000");
    else
        put_size(m);
    m->at += sprintf(m->at, "\"]");
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
    m->at += sprintf(m->at, "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[", symbols[s]);
    for (int i = put_move(m, s); i < LEVELS_PER_UPDATE; i++) {
        int ask = (int)(draw(m) % 2);
        int64_t away = 1 + distance(m);
        put_change(m, ask, m->mid[s] + (ask ? away : -away), draw(m) % 5 < 2);
        if (i + 1 < LEVELS_PER_UPDATE)
            *m->at++ = ',';
    }
    m->at += sprintf(m->at, "],\"time\":");
    put_time(m);
    *m->at++ = '}';
}

static void put_match(struct maker *m, unsigned s)
{
    m->at += sprintf(m->at,
                     "{\"type\":\"match\",\"trade_id\":%lld,\"maker_order_id\":\"%016llx-%016llx\",\"taker_order_id\":\"%016llx\","
                     "\"side\":\"%s\",\"size\":\"",
                     (long long)++m->trade_id[s], (unsigned long long)draw(m), (unsigned long long)draw(m),
                     (unsigned long long)draw(m), draw(m) % 2 ? "buy" : "sell");
    put_size(m);
    m->at += sprintf(m->at, "\",\"price\":\"");
    put_price(m, m->mid[s]);
    m->at += sprintf(m->at, "\",\"product_id\":\"%s\",\"sequence\":%lld,\"time\":", symbols[s], (long long)++m->sequence);
    put_time(m);
    *m->at++ = '}';
}

static void put_heartbeat(struct maker *m, unsigned s)
{
    m->at += sprintf(m->at, "{\"type\":\"heartbeat\",\"sequence\":%lld,\"last_trade_id\":%lld,\"product_id\":\"%s\",\"time\":",
                     (long long)++m->sequence, (long long)m->trade_id[s], symbols[s]);
    put_time(m);
    *m->at++ = '}';
}

static void put_side(struct maker *m, unsigned s, int ask)
{
    for (int64_t i = 1; i <= SNAPSHOT_LEVELS; i++) {
        m->at += sprintf(m->at, "%s[\"", i == 1 ? "" : ",");
        put_price(m, m->mid[s] + (ask ? i : -i));
        m->at += sprintf(m->at, "\",\"");
        put_size(m);
        m->at += sprintf(m->at, "\"]");
    }
}

static void put_snapshot(struct maker *m, unsigned s)
{
    m->at += sprintf(m->at, "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[", symbols[s]);
    put_side(m, s, 1);
    m->at += sprintf(m->at, "],\"bids\":[");
    put_side(m, s, 0);
    m->at += sprintf(m->at, "]}");
}

static void add(struct feed *feed, struct maker *m, char *begin)
{
    feed->message[feed->count++] =
        (struct feed_message){begin, (uint32_t)(m->at - begin), (1790000000000000 + m->now_us) * 1000};
}

struct feed feed_make(size_t messages, uint64_t seed)
{
    struct feed feed = {0};
    struct maker m = {.state = seed, .now_us = 1};
    size_t room = messages * MESSAGE_BYTES_MAX + (size_t)FEED_SYMBOLS * SNAPSHOT_LEVELS * 2 * 40 + 4096;
    feed.text = malloc(room);
    feed.message = malloc((messages + FEED_SYMBOLS) * sizeof *feed.message);
    if (feed.text == NULL || feed.message == NULL)
        abort();
    m.at = feed.text;
    for (unsigned s = 0; s < FEED_SYMBOLS; s++) {
        char *begin = m.at;
        m.mid[s] = 6000000 / (s + 1) + 10000;
        put_snapshot(&m, s);
        add(&feed, &m, begin);
    }
    feed.snapshots = feed.count;
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
        feed.levels += kind < 86 ? LEVELS_PER_UPDATE : 0;
        feed.matches += kind >= 86 && kind < 98;
        feed.bytes += (size_t)(m.at - begin);
        add(&feed, &m, begin);
    }
    return feed;
}
