/* One venue's traffic for core_state_again_test, dense enough to fill windows of 900 s, with what a state may forget standing before each SEAL:
   waiting trades, finer numbers, weights, symbols that go and come, images, pauses, clock steps, hours, shedding, a reconnect. */
#ifndef TD_TEST_APP_AGAIN_INPUT_H
#define TD_TEST_APP_AGAIN_INPUT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/event.h"
#include "base/limits.h"
#include "test.h"

enum {
    FRAMES_MAX = 36000,
    TEXT_MAX = 4096,
    LEVELS = 40,   /* a side of an image */
    WARM = 9500,   /* frames before the first state: the windows of 900 s are full */
    EVENTS = 1000, /* between two states */
    LAST = 5000,   /* behind the last */
    SYMBOLS = 3,
};
static const char *const symbols[SYMBOLS] = {"BTC-USD", "ETH-USD", "SOL-USD"};
static const char two[] = "[coinbase]\nsymbols = BTC-USD, ETH-USD\n";
static const char other_two[] = "[coinbase]\nsymbols = BTC-USD, SOL-USD\n";

struct market {
    int bid, ask; /* in cents */
};

static struct {
    struct td_frame frame[FRAMES_MAX];
    unsigned count;
    uint64_t random;
    int64_t wall_ns, mono_ns, ticked_ns, trade_id;
    uint32_t conn;
    struct market market[SYMBOLS];
} input;

static unsigned draw(unsigned below)
{
    input.random = input.random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)((input.random >> 33) % below);
}

static void say(enum td_frame_kind kind, uint16_t status, const char *text)
{
    bool device =
        kind != TD_FRAME_WS_TEXT && kind != TD_FRAME_CONN_OPEN && kind != TD_FRAME_CONN_CLOSE;
    size_t bytes = strlen(text);
    char *kept = malloc(bytes + 1);
    CHECK(input.count < FRAMES_MAX);
    memcpy(kept, text, bytes + 1);
    input.frame[input.count] = (struct td_frame){.number = input.count + 1,
                                                 .recv_ns = input.wall_ns,
                                                 .mono_ns = input.mono_ns,
                                                 .payload = kept,
                                                 .bytes = (uint32_t)bytes,
                                                 .conn = device ? 0 : input.conn,
                                                 .source = device ? TD_SOURCE_NONE : 0,
                                                 .status = status,
                                                 .kind = (uint8_t)kind};
    input.count++;
}

static void pass(int64_t ns)
{
    input.wall_ns += ns;
    input.mono_ns += ns;
}

/* The venue's clock is the true one: it does not step with ours, and is some milliseconds behind. */
static const char *stamp(void)
{
    static char out[48];
    int64_t ns = INT64_C(1780978500) * TD_NS_PER_S + input.mono_ns - draw(20) * TD_NS_PER_MS;
    time_t second = (time_t)(ns / TD_NS_PER_S);
    struct tm utc;
    gmtime_r(&second, &utc);
    size_t bytes = strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + bytes, sizeof out - bytes, ".%06dZ", (int)(ns % TD_NS_PER_S / 1000));
    return out;
}

static const char *size_of(void)
{
    static char out[4][32];
    static unsigned next;
    char *at = out[next++ % 4];
    snprintf(at, sizeof out[0], "%u.%04u", draw(9), 1 + draw(9999));
    return at;
}

static void image(unsigned s)
{
    static char text[TEXT_MAX];
    struct market *market = &input.market[s];
    int used =
        snprintf(text, sizeof text, "{\"type\":\"snapshot\",\"product_id\":\"%s\"", symbols[s]);
    market->bid = 10000;
    market->ask = 10002;
    for (int side = 0; side < 2; side++) {
        used +=
            snprintf(text + used, sizeof text - (size_t)used, side ? ",\"asks\":[" : ",\"bids\":[");
        for (int i = 0; i < LEVELS; i++) {
            int cents = side ? market->ask + i : market->bid - i;
            used += snprintf(text + used, sizeof text - (size_t)used, "%s[\"%d.%02d\",\"%s\"]",
                             i ? "," : "", cents / 100, cents % 100, size_of());
        }
        used += snprintf(text + used, sizeof text - (size_t)used, "]");
    }
    snprintf(text + used, sizeof text - (size_t)used, "}");
    say(TD_FRAME_WS_TEXT, 0, text);
}

static void change(unsigned s, bool bid, const char *price, const char *size)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text,
             "{\"type\":\"l2update\",\"product_id\":\"%s\",\"changes\":[[\"%s\",\"%s\",\"%s\"]],"
             "\"time\":\"%s\"}",
             symbols[s], bid ? "buy" : "sell", price, size, stamp());
    say(TD_FRAME_WS_TEXT, 0, text);
}

/* The touch moves a cent, or a level changes its size. */
static void move(unsigned s)
{
    struct market *market = &input.market[s];
    bool bid = draw(2), wide = market->ask - market->bid > 1 + (int)draw(6);
    int *touch = bid ? &market->bid : &market->ask, in = bid ? 1 : -1;
    int cents = *touch - in * (int)draw(LEVELS / 2);
    const char *size = size_of();
    char price[32];
    if (draw(3) == 0) {
        if (wide) {
            *touch = cents = *touch + in;
        } else if (market->ask - market->bid < 20) {
            cents = *touch;
            *touch -= in;
            size = "0";
        }
    }
    snprintf(price, sizeof price, "%d.%02d", cents / 100, cents % 100);
    change(s, bid, price, size);
    if (strcmp(size, "0") == 0) { /* what lay behind is there for certain */
        snprintf(price, sizeof price, "%d.%02d", *touch / 100, *touch % 100);
        change(s, bid, price, size_of());
    }
}

static void trade(unsigned s)
{
    char text[TEXT_MAX];
    bool buys = draw(2);
    int cents = buys ? input.market[s].ask : input.market[s].bid;
    snprintf(text, sizeof text,
             "{\"type\":\"match\",\"trade_id\":%lld,\"maker_order_id\":\"a\",\"taker_order_id\":"
             "\"b\",\"side\":\"%s\",\"size\":\"%s\",\"price\":\"%d.%02d\",\"product_id\":\"%s\","
             "\"sequence\":7,\"time\":\"%s\"}",
             (long long)++input.trade_id, buys ? "sell" : "buy", size_of(), cents / 100,
             cents % 100, symbols[s], stamp());
    say(TD_FRAME_WS_TEXT, 0, text);
}

static void traffic(unsigned frames, unsigned second)
{
    for (unsigned end = input.count + frames; input.count < end;) {
        unsigned s = draw(4) ? 0 : second;
        if (draw(4) == 0 && s == 0)
            trade(s);
        else
            move(s);
        pass((1 + (int64_t)draw(190)) * TD_NS_PER_MS);
        if (input.mono_ns - input.ticked_ns >= TD_NS_PER_S) {
            say(TD_FRAME_TICK, 0, "");
            input.ticked_ns = input.mono_ns;
        }
    }
}

static void open_again(unsigned second)
{
    say(TD_FRAME_CONN_CLOSE, 1006, "peer closed");
    pass(2 * TD_NS_PER_S);
    say(TD_FRAME_TICK, 0, "");
    input.conn++;
    say(TD_FRAME_CONN_OPEN, 0, "wss://x");
    image(0);
    image(second);
}

/* What stands before a state: each a thing that the state may have forgotten. */

static void nothing(void)
{
}
static void waiting_trades(void)
{
    for (int i = 0; i < 40; i++)
        trade(0);
}
/* More than may wait: the oldest count at once. */
static void many_trades(void)
{
    for (int i = 0; i < 1100; i++)
        trade(0);
}

/* The windows empty by time after they were full: rows say for a while that they are short. */
static void slow(void)
{
    for (int i = 0; i < 2; i++) {
        pass(290 * TD_NS_PER_S);
        move(0);
    }
}

static void finer(void)
{
    change(0, true, "99.95123456", "0.00000001");
    change(0, false, "100.51000001", "7");
}
static void weights(void)
{
    say(TD_FRAME_WEIGHTS, 0, ""); /* made when the first run comes to it */
}
static void others(void)
{
    say(TD_FRAME_CONFIG, 0, other_two);
    image(2);
    traffic(50, 2);
}
static void back(void)
{
    say(TD_FRAME_CONFIG, 0, two);
    image(1);
    traffic(50, 1);
}
static void new_image(void)
{
    image(0);
}
static void first_samples(void)
{
    open_again(1);
}
static void pause_long(void)
{
    pass(301 * TD_NS_PER_S);
    move(0);
}
static void clock_back(void)
{
    input.wall_ns -= TD_NS_PER_HOUR; /* seals by itself */
    trade(0);
    move(0);
}
static void next_hour(void)
{
    input.wall_ns += TD_NS_PER_HOUR;
    move(0);
}
static void shed(void)
{
    say(TD_FRAME_SHED, 0, "level=4 free_mb=3 why=test");
    traffic(100, 1);
    say(TD_FRAME_SHED, 0, "level=0 free_mb=300 why=test");
}

static void (*const before[])(void) = {
    nothing, finer,       weights,    others,     back,      waiting_trades, new_image,    weights,
    slow,    many_trades, pause_long, clock_back, next_hour, shed,           first_samples};

static void make_input(void)
{
    for (unsigned i = 0; i < input.count; i++)
        free((void *)(uintptr_t)input.frame[i].payload);
    memset(&input, 0, sizeof input);
    input.random = 12;
    input.wall_ns = INT64_C(1780978500) * TD_NS_PER_S;
    input.conn = 1;
    say(TD_FRAME_START, 0, "tapedeck version 0.1.0 (build abc)\ncause=first\n");
    say(TD_FRAME_CONFIG, 0, two);
    say(TD_FRAME_CONN_OPEN, 0, "wss://x");
    image(0);
    image(1);
}

/* The whole of it: after a long while the first state, then each thing with its state behind it, then as much as must be equal. */
static void fill_input(void)
{
    make_input();
    traffic(WARM, 1);
    for (unsigned i = 0; i < sizeof before / sizeof *before; i++) {
        before[i]();
        say(TD_FRAME_SEAL, 0, "test");
        traffic(EVENTS, 1);
    }
    traffic(LAST, 1);
    say(TD_FRAME_CONN_CLOSE, TD_CLOSE_BY_STOP, "recorder stops");
    say(TD_FRAME_STOP, 0, "");
}

#endif
