/* Hand-made traffic for the deck's tests: frame i is the same whenever it is asked for. */
#ifndef TEST_APP_DECK_FEED_H
#define TEST_APP_DECK_FEED_H

#include <stdarg.h>
#include <stdio.h>

#include "app/deck.h"
#include "base/event.h"
#include "base/utc.h"
#include "test.h"

enum { FRAMES = 4000, SYMBOLS = 2, PAYLOAD_MAX = 2048 };

/* 35 s before the full hour, 10 ms a frame: the hour's seal comes at frame 3500. */
static const int64_t start_ns = 1700002800 * TD_NS_PER_S - 35 * TD_NS_PER_S;
static const int64_t step_ns = 10 * TD_NS_PER_MS;
static const char *const symbols[SYMBOLS] = {"BTC-USD", "ETH-USD"};

struct made {
    struct td_frame frame;
    char payload[PAYLOAD_MAX];
};

static void put(struct made *made, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct made *made, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    made->frame.bytes = (uint32_t)vsnprintf(made->payload, sizeof made->payload, format, args);
    va_end(args);
    CHECK(made->frame.bytes < sizeof made->payload);
}

/* Its sizes are as fine as any that follow: a finer one would begin files of its own. */
static void put_snapshot(struct made *made, const char *symbol)
{
    char asks[PAYLOAD_MAX / 3] = "", bids[PAYLOAD_MAX / 3] = "";
    for (int i = 0; i < 20; i++) {
        snprintf(asks + strlen(asks), sizeof asks - strlen(asks), "%s[\"%d.25\",\"%d.5001\"]",
                 i ? "," : "", 20001 + i, i + 1);
        snprintf(bids + strlen(bids), sizeof bids - strlen(bids), "%s[\"%d.75\",\"0.0%d\"]",
                 i ? "," : "", 19999 - i, i + 1);
    }
    put(made, "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[%s],\"bids\":[%s]}", symbol,
        asks, bids);
}

static void put_change(struct made *made, int i, const char *symbol, const char *time)
{
    put(made,
        "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"%d.75\",\"%d.125\"],["
        "\"sell\",\"%d.25\",\"%d.5\"]],"
        "\"time\":\"%s\"}",
        symbol, 19999 - i % 37, i % 5, 20001 + i % 41, i % 7, time);
}

/* The trade id skips one now and then, so that the ledger has rows too. */
static void put_match(struct made *made, int i, const char *symbol, const char *time)
{
    put(made,
        "{\"type\":\"match\",\"trade_id\":%d,\"maker_order_id\":\"a\",\"taker_order_id\":\"b\","
        "\"side\":\"%s\",\"size\":\"0.%03d1\","
        "\"price\":\"20000.%02d\",\"product_id\":\"%s\",\"sequence\":%d,\"time\":\"%s\"}",
        1000 + i / 8 + i / 800, i % 3 ? "sell" : "buy", i % 1000, i % 100, symbol, i, time);
}

static void put_text(struct made *made, int i)
{
    const char *symbol = symbols[i / 8 % SYMBOLS];
    char time[TD_UTC_TEXT_MAX];
    td_utc_iso(made->frame.recv_ns - 3 * TD_NS_PER_MS, time);
    if (i == 1 || i == 2)
        put_snapshot(made, symbols[i - 1]);
    else if (i % 8 == 3)
        put_match(made, i, symbol, time);
    else if (i % 100 == 5)
        put(made,
            "{\"type\":\"heartbeat\",\"sequence\":%d,\"last_trade_id\":0,\"product_id\":\"%s\","
            "\"time\":\"%s\"}",
            i, symbol, time);
    else if (i % 1000 == 777)
        put(made, "{\"type\":\"l2update\",\"product_id\":");
    else
        put_change(made, i, symbol, time);
}

static const struct made *made(int i)
{
    static struct made m;
    m.frame = (struct td_frame){.recv_ns = start_ns + i * step_ns,
                                .mono_ns = 5000000 + i * step_ns,
                                .conn = 1,
                                .kind = TD_FRAME_WS_TEXT,
                                .origin = TD_ORIGIN_WS};
    if (i == 0) {
        m.frame.kind = TD_FRAME_CONN_OPEN;
        put(&m, "wss://exchange.example");
    } else if (i % 100 == 99) {
        m.frame = (struct td_frame){.recv_ns = m.frame.recv_ns,
                                    .mono_ns = m.frame.mono_ns,
                                    .source = TD_SOURCE_NONE,
                                    .kind = TD_FRAME_TICK};
    } else if (i == 50) {
        m.frame.kind = TD_FRAME_HTTP;
        m.frame.origin = TD_ORIGIN_REST;
        m.frame.status = 503;
        put(&m, "https://exchange.example/products\tbusy");
    } else {
        put_text(&m, i);
    }
    m.frame.payload = m.payload;
    return &m;
}

/* Nothing that zstd could make smaller: xorshift. Number of the last frame. */
static inline uint64_t feed_noise(struct deck *deck, unsigned frames, int64_t recv_ns)
{
    static char noise[100 << 10];
    static uint64_t state = 88172645463325252u;
    struct td_frame frame = made(1)->frame;
    for (unsigned n = 0; n < frames; n++) {
        for (size_t i = 0; i < sizeof noise; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            noise[i] = (char)state;
        }
        frame.recv_ns = recv_ns;
        frame.payload = noise, frame.bytes = sizeof noise;
        deck_feed(deck, &frame);
    }
    return frame.number;
}

#endif
