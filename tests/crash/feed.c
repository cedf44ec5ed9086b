/* Hand-made traffic of three venues: bursts of a second, half a minute apart, so that two hours are a few thousand frames. */
#include "crash/feed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utc.h"

enum { BURST = 12, BURST_GAP_S = 30, FRAME_GAP_MS = 100, TEXT_MAX = 1600 };

/* 20 minutes before a full hour. */
#define FEED_START_NS (INT64_C(1780978800) * TD_NS_PER_S + 40 * 60 * TD_NS_PER_S)

static struct td_frame frames[FEED_FRAMES];

int64_t feed_time(int index)
{
    return FEED_START_NS + (int64_t)(index / BURST) * BURST_GAP_S * TD_NS_PER_S +
           (index % BURST) * FRAME_GAP_MS * TD_NS_PER_MS;
}

bool feed_pauses_after(int index)
{
    return index % BURST == BURST - 1;
}

__attribute__((format(printf, 2, 3))) static void say(struct td_frame *frame, const char *format,
                                                      ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    TD_ASSERT(bytes > 0 && bytes < TEXT_MAX, "a frame that fits");
    char *kept = malloc((size_t)bytes);
    TD_ASSERT(kept != NULL, "memory for the feed");
    memcpy(kept, text, (size_t)bytes);
    frame->payload = kept;
    frame->bytes = (uint32_t)bytes;
}

/* ---- Coinbase: a book and trades of two symbols ---------------------------------------------------------------------- */

static void coinbase_snapshot(struct td_frame *frame, const char *symbol)
{
    char asks[600] = "", bids[600] = "";
    size_t a = 0, b = 0;
    for (int i = 0; i < 20; i++) {
        a += (size_t)snprintf(asks + a, sizeof asks - a, "%s[\"%d.25\",\"%d.5001\"]", i ? "," : "",
                              20001 + i, i + 1);
        b += (size_t)snprintf(bids + b, sizeof bids - b, "%s[\"%d.75\",\"0.0%d\"]", i ? "," : "",
                              19999 - i, i + 1);
    }
    say(frame, "{\"type\":\"snapshot\",\"product_id\":\"%s\",\"asks\":[%s],\"bids\":[%s]}", symbol,
        asks, bids);
}

static void coinbase(struct td_frame *frame, int i, const char *time)
{
    const char *symbol = i / 6 % 2 ? "ETH-USD" : "BTC-USD";
    if (i % 6 == 2)
        say(frame,
            "{\"type\":\"match\",\"trade_id\":%d,\"maker_order_id\":\"a\",\"taker_order_id\":\"b\","
            "\"side\":\"%s\",\"size\":\"0.%03d1\",\"price\":\"20000.%02d\",\"product_id\":\"%s\","
            "\"sequence\":%d,\"time\":\"%s\"}",
            1000 + i / 12 + i / 800, i % 5 ? "sell" : "buy", i % 1000, i % 100, symbol, i, time);
    else
        say(frame,
            "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"buy\",\"%d.75\",\"%d."
            "125\"],[\"sell\",\"%d.25\",\"%d.5\"]],\"time\":\"%s\"}",
            symbol, 19999 - i % 37, i % 5, 20001 + i % 41, i % 7, time);
}

/* ---- Kraken: trades and a ticker; Binance: a book that hangs on a numbered base ------------------------------------------ */

static void kraken(struct td_frame *frame, int i, const char *time)
{
    if (i % 8 == 3)
        say(frame,
            "{\"channel\":\"ticker\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\","
            "\"bid\":%d.3,\"bid_qty\":7.1,\"ask\":%d.5,\"ask_qty\":0.2,\"last\":%d.3,\"volume\":%d."
            "5,\"vwap\":101.9,\"low\":100.0,\"high\":104.0,\"change\":-1.5,\"change_pct\":-1.46}]}",
            20000 + i % 7, 20000 + i % 7, 20000 + i % 7, i);
    else
        say(frame,
            "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[{\"symbol\":\"BTC/USD\",\"side\":"
            "\"%s\",\"price\":%d.3,\"qty\":0.%d,\"ord_type\":\"limit\",\"trade_id\":%d,"
            "\"timestamp\":\"%s\"}]}",
            i % 3 ? "sell" : "buy", 20000 + i % 11, i % 9 + 1, 100 + i / 4, time);
}

static void binance(struct td_frame *frame, int i)
{
    long long ms = (long long)(frame->recv_ns / TD_NS_PER_MS) - 5;
    if (i % 8 == 7)
        say(frame,
            "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":%lld,\"s\":\"BTCUSDT\","
            "\"t\":%d,\"p\":\"20000.%02d000000\",\"q\":\"0.%02d000000\",\"T\":%lld,\"m\":%s,"
            "\"M\":true}}",
            ms, 7 + i / 8, i % 100, i % 90 + 1, ms, i % 3 ? "true" : "false");
    else
        say(frame,
            "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%lld,\"s\":"
            "\"BTCUSDT\",\"U\":%d,\"u\":%d,\"b\":[[\"%d.40000000\",\"%d.00000000\"]],\"a\":[[\"%d."
            "50000000\",\"0.%02d000000\"]]}}",
            ms, 11 + i, 11 + i, 20000 - i % 23, i % 4, 20001 + i % 29, i % 100);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------- */

static void open_venue(struct td_frame *frame, int i)
{
    frame->kind = TD_FRAME_CONN_OPEN;
    frame->source = (uint16_t)i;
    frame->conn = (uint32_t)i + 1;
    say(frame, "wss://venue%d.example", i);
}

static void base_of_binance(struct td_frame *frame)
{
    frame->kind = TD_FRAME_HTTP;
    frame->origin = TD_ORIGIN_REST;
    frame->status = 200;
    frame->source = 2;
    frame->conn = 0;
    say(frame,
        "https://example.invalid/api/v3/depth?symbol=BTCUSDT&limit=5000\t{\"lastUpdateId\":30,"
        "\"bids\":[[\"20000.40000000\",\"1.50000000\"]],\"asks\":[[\"20001.50000000\","
        "\"0.20000000\"],[\"999999.00000000\",\"0.00000043\"]]}");
}

static void make(struct td_frame *frame, int i)
{
    char time[TD_UTC_TEXT_MAX];
    *frame = (struct td_frame){.recv_ns = feed_time(i),
                               .mono_ns = feed_time(i) - FEED_START_NS + TD_NS_PER_S,
                               .kind = TD_FRAME_WS_TEXT};
    td_utc_iso(frame->recv_ns - 3 * TD_NS_PER_MS, time);
    if (i < FEED_VENUES) {
        open_venue(frame, i);
    } else if (i % 60 == 59) {
        frame->source = TD_SOURCE_NONE;
        frame->kind = TD_FRAME_TICK;
    } else if (i == 24) {
        base_of_binance(frame);
    } else {
        frame->source = (uint16_t)(i % 4 == 3 ? 1 : i % 4 == 1 ? 2 : 0);
        frame->conn = frame->source + 1u;
        if (i == 4 || i == 6)
            coinbase_snapshot(frame, i == 4 ? "BTC-USD" : "ETH-USD");
        else if (frame->source == 0)
            coinbase(frame, i, time);
        else if (frame->source == 1)
            kraken(frame, i / 4, time);
        else
            binance(frame, i / 4);
    }
}

const struct td_frame *feed_frame(int index)
{
    TD_ASSERT(index >= 0 && index < FEED_FRAMES, "a frame of the feed");
    if (frames[index].kind == 0)
        make(&frames[index], index);
    return &frames[index];
}
