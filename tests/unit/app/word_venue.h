/* A venue of plain words whose rule a test chooses. Books have one level a side.

   B name seq bid ask          snapshot (by HTTP: a base)
   C name prev first last bid  change: a bid of size 1; bid 0: no level at all
   T name id                   trade
   H name id id ...            history of trades, newest first, as the answer to trades_url
   R name                      the venue refuses the subscription */
#ifndef TD_TEST_APP_WORD_VENUE_H
#define TD_TEST_APP_WORD_VENUE_H

#include "core_bench.h"

#include "venue/emit.h"
#include "venue/subscription.h"

static td_err fake_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    snprintf(raw, TD_SYMBOL_MAX, "%s", symbol);
    return 0;
}

static td_err fake_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static inline struct td_text fake_word(const char **at, const char *end)
{
    while (*at < end && **at == ' ')
        (*at)++;
    struct td_text word = {*at, 0};
    while (*at < end && **at != ' ')
        (*at)++;
    word.bytes = (uint32_t)(*at - word.at);
    return word;
}

static inline int64_t fake_number(const char **at, const char *end)
{
    struct td_text word = fake_word(at, end);
    int64_t value = 0;
    for (uint32_t i = 0; i < word.bytes; i++)
        value = 10 * value + (word.at[i] - '0');
    return value;
}

static inline void fake_book(struct emit *emit, char what, const char **at, const char *end)
{
    emit_begin(emit, what == 'B' ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, EMIT_NO_TIME);
    if (what == 'C') {
        emit->event->seq_prev = fake_number(at, end);
        emit->event->seq_first = fake_number(at, end);
    }
    emit->event->seq_last = fake_number(at, end);
    emit->event->flags |= TD_EVF_HAS_SEQ;
    int64_t bid = fake_number(at, end);
    if (bid != 0)
        emit_steps(emit, TD_SIDE_BID, bid, 1);
    if (what == 'B')
        emit_steps(emit, TD_SIDE_ASK, fake_number(at, end), 1);
    emit_end(emit);
}

static inline void fake_trades(struct emit *emit, char what, const char **at, const char *end)
{
    do {
        struct emit_trade trade = {.price = {"100", 3},
                                   .size = {"1", 1},
                                   .id = fake_word(at, end),
                                   .event_ns = EMIT_NO_TIME,
                                   .taker = TD_TAKER_BUY,
                                   .flags = what == 'H' ? TD_EVF_BACKFILL : 0};
        emit_trade(emit, &trade);
    } while (*at < end);
}

static inline int fake_read(struct venue_ctx *ctx, const struct td_frame *frame,
                            struct td_text text)
{
    struct emit emit;
    const char *at = text.at, *end = at + text.bytes;
    struct td_text what = fake_word(&at, end), name = fake_word(&at, end);
    emit_open(&emit, ctx, frame);
    if (what.bytes != 1 || !emit_choose(&emit, name, fake_unify))
        return emit_close(&emit, TD_BUCKET_IGNORED);
    if (*what.at == 'B' || *what.at == 'C')
        fake_book(&emit, *what.at, &at, end);
    else if (*what.at == 'R')
        emit_refused(&emit);
    else if (at < end)
        fake_trades(&emit, *what.at, &at, end);
    return emit_close(&emit, TD_BUCKET_OK);
}

static int fake_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    return fake_read(ctx, frame, (struct td_text){frame->payload, frame->bytes});
}

static int fake_parse_http(struct venue_ctx *ctx, struct td_text url, struct td_text body,
                           const struct td_frame *frame)
{
    (void)url;
    return fake_read(ctx, frame, body);
}

static size_t fake_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                             size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, "subscribe ");
    return subscription_text(&out, subscription_batch(sub, n, 10, &out, subscription_put_raw));
}

static size_t fake_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                               size_t cap)
{
    return n > 0 ? 0 : (size_t)snprintf(buffer, cap, "renew %s", instrument->raw);
}

static size_t fake_base_url(const char *rest_url, const struct instrument *instrument, char *buffer,
                            size_t cap)
{
    return (size_t)snprintf(buffer, cap, "%s/base/%s", rest_url, instrument->raw);
}

static size_t fake_list_url(const char *rest_url, const struct venue_subscription *sub, unsigned n,
                            char *buffer, size_t cap)
{
    (void)rest_url, (void)sub, (void)n, (void)buffer, (void)cap;
    return 0;
}

static size_t fake_trades_url(const char *rest_url, const struct instrument *instrument,
                              int64_t first_id, int64_t last_id, char *buffer, size_t cap)
{
    return (size_t)snprintf(buffer, cap, "%s/trades/%s?first=%lld&last=%lld", rest_url,
                            instrument->raw, (long long)first_id, (long long)last_id);
}

static struct venue fake_venue;

/* Before start_venue(). */
static inline void fake_rule(enum sync_rule rule, enum venue_resync resync)
{
    fake_venue = (struct venue){.name = "fake",
                                .title = "Fake",
                                .ws_url = "wss://fake.invalid",
                                .rest_url = "https://fake.invalid",
                                .rule = rule,
                                .resync = resync,
                                .trade_id_plus1 = true,
                                .spell = fake_spell,
                                .unify = fake_unify,
                                .subscribe = fake_subscribe,
                                .resubscribe = fake_resubscribe,
                                .base_url = fake_base_url,
                                .list_url = fake_list_url,
                                .trades_url = fake_trades_url,
                                .parse = fake_parse,
                                .parse_http = fake_parse_http};
}

static inline void answer(const char *url, const char *body)
{
    char out[16 << 10];
    snprintf(out, sizeof out, "%s\t%s", url, body);
    step(TD_FRAME_HTTP, out, 200);
}

/* What was asked for that holds these words; NULL none. */
static inline const char *asked(const char *words)
{
    for (unsigned i = 0; i < bench.asked_count; i++) {
        bench.asked[i].text[bench.asked[i].bytes] = '\0';
        if (strstr(bench.asked[i].text, words) != NULL)
            return bench.asked[i].text;
    }
    return NULL;
}

#endif
