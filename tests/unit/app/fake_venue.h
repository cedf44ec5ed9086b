/* The one venue there is in a test of connections: what it has of endpoints, limits and rules is the test's to say. It stands in for
   venue_list.c, so that configuration and state find it by its name.

   A message: NUMBER KIND SYMBOL N. NUMBER: of the connection, - none. KIND: S image, D change (N: its number, after N - 1), T trade (N: its
   id, negative: none), K ticker, H nothing, L the venue is about to close the connection. */
#ifndef TD_TEST_APP_FAKE_VENUE_H
#define TD_TEST_APP_FAKE_VENUE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "venue/emit.h"
#include "venue/subscription.h"
#include "venue/venue.h"

static struct td_text fake_text(const char *text)
{
    return (struct td_text){text, (uint32_t)strlen(text)};
}

static td_err fake_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err fake_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)) ? 0 : TD_E_VENUE_SYMBOL;
}

static bool fake_has_number;

static int fake_book(struct emit *emit, bool image, long long n)
{
    emit_begin(emit, image ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    emit->event->seq_prev = n - 1;
    emit->event->seq_first = emit->event->seq_last = n;
    if (fake_has_number)
        emit->event->flags |= TD_EVF_HAS_SEQ;
    char price[32];
    snprintf(price, sizeof price, "%lld", image ? 100 : 50 + n % 40);
    int bad = emit_level(emit, TD_SIDE_BID, fake_text(price), fake_text("1"));
    bad |= image ? emit_level(emit, TD_SIDE_ASK, fake_text("101"), fake_text("1")) : 0;
    emit_end(emit);
    return bad ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

static int fake_event(struct emit *emit, char kind, long long n)
{
    char id[32];
    snprintf(id, sizeof id, "%lld", n);
    if (kind == 'S' || kind == 'D')
        return fake_book(emit, kind == 'S', n);
    if (kind == 'T') {
        struct emit_trade trade = {.price = fake_text("100"),
                                   .size = fake_text("1"),
                                   .id = n < 0 ? (struct td_text){NULL, 0} : fake_text(id),
                                   .event_ns = EMIT_NO_TIME,
                                   .taker = TD_TAKER_BUY};
        return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
    }
    emit_begin(emit, TD_EVENT_TICKER, EMIT_NO_TIME);
    emit_ticker_value(emit, TD_TICKER_LAST, fake_text("100"));
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int fake_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    char text[128], number[32], kind, symbol[TD_SYMBOL_MAX];
    long long n = 0;
    struct emit emit;
    emit_open(&emit, ctx, frame);
    td_text_copy(text, sizeof text, frame->payload, frame->bytes);
    int words = sscanf(text, "%31s %c %39s %lld", number, &kind, symbol, &n);
    if (words < 1)
        return emit_close(&emit, TD_BUCKET_MALFORMED);
    if (number[0] != '-')
        emit_conn_seq(&emit, atoll(number));
    if (words == 2 && kind == 'L')
        return emit_close(&emit, emit_leaving(&emit));
    if (words < 4)
        return emit_close(&emit,
                          words >= 2 && kind == 'H' ? TD_BUCKET_IGNORED : TD_BUCKET_MALFORMED);
    if (!emit_choose(&emit, fake_text(symbol), fake_unify))
        return emit_close(&emit, TD_BUCKET_IGNORED);
    return emit_close(&emit, fake_event(&emit, kind, n));
}

static int64_t fake_wall_ns; /* of the last text */

static size_t fake_words(const char *verb, const struct venue_subscription *sub, unsigned n,
                         char *text, size_t cap)
{
    struct td_str out = td_str_on(text, cap);
    fake_wall_ns = sub->wall_ns;
    td_str_add_format(&out, "%s e%u s%u c%u ", verb, sub->endpoint, sub->shard, sub->channels);
    return subscription_text(&out, subscription_batch(sub, n, 100, &out, subscription_put_raw));
}

static size_t fake_subscribe(const struct venue_subscription *sub, unsigned n, char *out,
                             size_t cap)
{
    return fake_words("sub", sub, n, out, cap);
}

static size_t fake_unsubscribe(const struct venue_subscription *sub, unsigned n, char *out,
                               size_t cap)
{
    return fake_words("unsub", sub, n, out, cap);
}

static size_t fake_resubscribe(const struct instrument *instrument, unsigned n, char *text,
                               size_t cap)
{
    struct td_str out = td_str_on(text, cap);
    td_str_add_format(&out, "resub %s", instrument->raw);
    return n > 0 ? 0 : out.bytes;
}

static size_t fake_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *out, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/list", out, cap);
}

enum { FAKE_BOOK = 1, FAKE_TRADES = 2, FAKE_TICKER = 4 };

static struct venue fake;

static void fake_new(enum sync_rule rule)
{
    fake_has_number = rule == SYNC_PREV;
    fake = (struct venue){.name = "fake",
                          .title = "Fake",
                          .ws_url = "wss://fake.example",
                          .rest_url = "https://fake.example",
                          .rule = (uint8_t)rule,
                          .resync = VENUE_RESYNC_SUBSCRIBE,
                          .spell = fake_spell,
                          .unify = fake_unify,
                          .subscribe = fake_subscribe,
                          .unsubscribe = fake_unsubscribe,
                          .resubscribe = fake_resubscribe,
                          .list_url = fake_list_url,
                          .parse = fake_parse};
}

/* The book by one connection, trades and tickers by another. */
static inline void fake_split(void)
{
    fake.endpoint[0] = (struct venue_endpoint){"/book", FAKE_BOOK};
    fake.endpoint[1] = (struct venue_endpoint){"/rest", FAKE_TRADES | FAKE_TICKER};
}

const struct venue *venue_at(unsigned index)
{
    return index == 0 ? &fake : NULL;
}

const struct venue *venue_find(const char *name)
{
    return strcmp(name, "fake") == 0 ? &fake : NULL;
}

const char *venue_nearest(const char *name)
{
    (void)name;
    return NULL;
}

#endif
