/* A client of one venue of the exchange: what it is told goes through the recorder's own parser into the plainest book there is, so
   that the exchange's texts and books are judged by code that is not its own. */
#ifndef TEST_EXCHANGE_RIG_H
#define TEST_EXCHANGE_RIG_H

#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/decimal.h"
#include "exchange/gzip.h"
#include "exchange/house.h"
#include "exchange/symbols.h"
#include "test.h"
#include "venue/inflate.h"
#include "venue/venue.h"

enum { RIG_LEVELS = 8000, RIG_MARKETS = 4, RIG_CHANGES = 1 << 20, RIG_TOKENS = 100000 };
#define RIG_TIME_US INT64_C(1767323045000000)

struct rig_book {
    struct level side[2][RIG_LEVELS];
    unsigned count[2];
};

struct rig {
    struct listener listener; /* first: the house hands it back */
    struct house house;
    struct history history;
    const struct venue *venue;
    struct venue_ctx ctx;
    struct venue_sink sink;
    struct rig_book book[RIG_MARKETS];
    uint64_t seen[TD_EVENT_KINDS], buckets[TD_BUCKETS], texts, listed, listings, checked;
    int64_t last_ns[RIG_MARKETS], last_seq[RIG_MARKETS], last_trade[RIG_MARKETS];
    unsigned depth; /* of a pruned book, 0 = all of it */
    bool us_stamps; /* of messages: no two the same */
    bool loud;      /* show what is malformed */
    enum fault_kind how;
    struct fault acted;
    char last_text[1 << 16];
};

static struct rig rig;
static struct td_event rig_events[TD_BATCH_EVENTS_MAX];
static struct td_level rig_levels[TD_BATCH_LEVELS_MAX];

/* ---- the client's book ------------------------------------------------------------------------------------------------ */

static inline void rig_set(struct rig_book *book, int ask, int64_t price, int64_t size)
{
    struct level *side = book->side[ask];
    unsigned at = 0, *count = &book->count[ask];
    while (at < *count && side[at].price_steps != price)
        at++;
    if (size == 0 && at < *count) {
        side[at] = side[--*count];
    } else if (size > 0) {
        CHECK(at < RIG_LEVELS);
        side[at] = (struct level){price, size};
        *count += at == *count;
    }
}

static inline int rig_down(const void *a, const void *b)
{
    int64_t left = ((const struct level *)a)->price_steps,
            right = ((const struct level *)b)->price_steps;
    return left < right ? 1 : left > right ? -1 : 0;
}

static inline int rig_up(const void *a, const void *b)
{
    return rig_down(b, a);
}

static inline void rig_sort(struct rig_book *book)
{
    qsort(book->side[BID], book->count[BID], sizeof(struct level), rig_down);
    qsort(book->side[ASK], book->count[ASK], sizeof(struct level), rig_up);
    for (int ask = 0; ask < 2; ask++)
        if (rig.depth && book->count[ask] > rig.depth)
            book->count[ask] = rig.depth;
}

/* Text as the venue prints it, without the point and the zeros before. */
static inline void rig_token(char *out, size_t cap, int64_t steps, int scale)
{
    char text[512], *to = text;
    snprintf(text, sizeof text, "%lld.%0*lld", (long long)(steps / td_pow10(scale)),
             scale ? scale : 1, (long long)(steps % td_pow10(scale)));
    if (scale == 0)
        *strchr(text, '.') = '\0';
    for (char *from = text; *from; from++)
        if (*from != '.' && (to > text || *from != '0'))
            *to++ = *from;
    *to = '\0';
    td_text_copy(out + strlen(out), cap - strlen(out), text, strlen(text));
}

static inline uint32_t rig_checksum(struct rig_book *book, const struct instrument *instrument)
{
    char text[1024] = "";
    rig_sort(book);
    for (int ask = 1; ask >= 0; ask--)
        for (unsigned i = 0; i < 10 && i < book->count[ask]; i++) {
            rig_token(text, sizeof text, book->side[ask][i].price_steps, instrument->price_scale);
            rig_token(text, sizeof text, book->side[ask][i].size_steps, instrument->size_scale);
        }
    return td_crc32(0, text, strlen(text));
}

/* ---- what it hears ---------------------------------------------------------------------------------------------------- */

/* What the venue's rule says of the next message. */
static inline void rig_follow(const struct td_event *event)
{
    int64_t *last = &rig.last_seq[event->instrument];
    uint8_t rule = rig.venue->rule;
    if (event->kind == TD_EVENT_DELTA && *last && rule == SYNC_RANGE)
        CHECK_EQ_I64(event->seq_first, *last + 1);
    if (event->kind == TD_EVENT_DELTA && *last && rule == SYNC_PREV)
        CHECK_EQ_I64(event->seq_prev, *last);
    if (event->kind == TD_EVENT_DELTA && *last && rule == SYNC_BOOK1)
        CHECK_EQ_I64(event->seq_last, *last + 1);
    if (event->kind == TD_EVENT_DELTA || (rule != SYNC_RANGE && event->seq_last))
        *last = event->seq_last;
    if (event->kind == TD_EVENT_DELTA && rig.us_stamps) { /* they name the message */
        CHECK(event->event_ns > rig.last_ns[event->instrument]);
        rig.last_ns[event->instrument] = event->event_ns;
    }
}

static inline void rig_take_book(const struct td_event *event)
{
    struct rig_book *book = &rig.book[event->instrument];
    if (event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUED))
        book->count[BID] = book->count[ASK] = 0;
    for (uint32_t i = 0; i < event->level_count; i++) {
        const struct td_level *level = &rig_levels[event->level_first + i];
        rig_set(book, level->side == TD_SIDE_ASK, level->price_steps, level->size_steps);
    }
    if (event->flags & TD_EVF_HAS_CHECKSUM && rig.venue->checksum == VENUE_CHECKSUM_KRAKEN) {
        CHECK_EQ_U64(rig_checksum(book, instruments_peek(rig.ctx.instruments, event->instrument)),
                     event->checksum);
        rig.checked++;
    }
    if (rig.depth && rig.venue->book_depth) /* what is pushed out is not told */
        rig_sort(book);
    rig_follow(event);
}

/* Ids that are not plain numbers end in the exchange's own: in hexadecimal where they are not all digits. */
static inline int64_t rig_trade_number(const struct td_trade *trade)
{
    char text[16] = "";
    if (trade->uid.at == NULL)
        return trade->trade_id % 1000000000;
    bool digits = strspn(trade->uid.at, "0123456789") >= trade->uid.bytes;
    unsigned keep = digits ? 9 : 8, from = trade->uid.bytes > keep ? trade->uid.bytes - keep : 0;
    td_text_copy(text, sizeof text, trade->uid.at + from, trade->uid.bytes - from);
    return strtoll(text, NULL, digits ? 10 : 16);
}

static inline void rig_take_trade(const struct td_event *event)
{
    int64_t *last = &rig.last_trade[event->instrument], id = rig_trade_number(&event->trade);
    const struct market_trade *trade =
        market_trade(&rig.house.market[event->instrument], (uint64_t)id);
    if (event->flags & TD_EVF_LISTED || id <= *last) /* not every venue says that they are old */
        rig.listed++;
    else if (*last)
        CHECK_EQ_I64(id, *last + 1);
    *last = id > *last ? id : *last;
    CHECK_EQ_U64(trade->id, (uint64_t)id);
    CHECK_EQ_I64(event->trade.price_steps, trade->price_steps);
    CHECK_EQ_I64(event->trade.size_steps, trade->size_steps);
    CHECK_EQ_I64(event->trade.taker, trade->taker_buys ? TD_TAKER_BUY : TD_TAKER_SELL);
}

static inline void rig_take(struct venue_sink *sink)
{
    for (uint32_t i = 0; i < sink->event_count; i++) {
        const struct td_event *event = &sink->event[i];
        rig.seen[event->kind]++;
        if (event->kind <= TD_EVENT_DELTA) {
            rig_take_book(event);
            rig_sort(&rig.book[event->instrument]); /* what is pushed out is not told */
        } else if (event->kind == TD_EVENT_TRADE)
            rig_take_trade(event);
    }
}

static inline int rig_parse(const char *text, size_t bytes, int kind)
{
    struct td_frame frame = {.number = ++rig.texts,
                             .recv_ns = RIG_TIME_US * TD_NS_PER_US,
                             .payload = text,
                             .bytes = (uint32_t)bytes,
                             .status = kind == TD_FRAME_HTTP ? 200 : 0,
                             .kind = (uint8_t)kind};
    int bucket = venue_parse(rig.venue, &rig.ctx, &frame);
    CHECK(bucket >= 0);
    if (bucket >= 0)
        rig.buckets[bucket]++;
    if (bucket == TD_BUCKET_OK)
        rig_take(&rig.sink);
    return bucket;
}

static inline bool rig_say(struct listener *listener, const char *text, size_t bytes,
                           enum fault_kind how)
{
    enum house_frames frames = listener->house->feed->frames;
    size_t packed = frames == FRAMES_GZIP ? gzip_bound(bytes) : bytes;
    char *copy = malloc(packed); /* exact, so that a look too far is seen */
    if (frames == FRAMES_GZIP)
        packed = gzip_pack(text, bytes, copy);
    else
        memcpy(copy, text, bytes);
    uint64_t bad = rig.buckets[TD_BUCKET_MALFORMED];
    rig_parse(copy, packed, frames == FRAMES_TEXT ? TD_FRAME_WS_TEXT : TD_FRAME_WS_BINARY);
    free(copy);
    if (rig.buckets[TD_BUCKET_MALFORMED] > bad && rig.loud)
        printf("    malformed: %.*s\n", bytes < 600 ? (int)bytes : 600, text);
    rig.how = how;
    td_text_copy(rig.last_text, sizeof rig.last_text, text, bytes);
    char answer[1024];
    struct td_text said = {text, (uint32_t)bytes};
    size_t reply = rig.venue->answer ? rig.venue->answer(said, answer, sizeof answer) : 0;
    if (reply > 0)
        house_hear(listener, answer, reply);
    return true;
}

static inline void rig_act(struct listener *listener, const struct fault *fault)
{
    (void)listener;
    rig.acted = *fault;
}

static inline void rig_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    CHECK(listing->raw.at != NULL);
    rig.listings++;
}

/* Where a handshake sends the client. */
static inline void rig_shake_hands(const struct feed *feed)
{
    char url[1024];
    rig.house.posted = true;
    CHECK_EQ_I64(feed->page(&rig.house, rig.venue->token_path), 200);
    struct td_text answer = {rig.house.text.at, (uint32_t)rig.house.text.bytes};
    CHECK(rig.venue->dial_url(answer, url, sizeof url) > 0);
    const char *path = strstr(url, feed->name) + strlen(feed->name);
    td_text_copy(rig.listener.path, sizeof rig.listener.path, path, strlen(path));
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------ */

static inline void rig_open(const struct feed *feed, const char *symbols, uint64_t seed)
{
    static struct change ring[RIG_CHANGES];
    memset(&rig, 0, sizeof rig);
    history_init(&rig.history, ring, RIG_CHANGES);
    house_init(&rig.house, feed, &rig.history, seed);
    CHECK(symbols_add(&rig.house, symbols, seed, RIG_TIME_US));
    CHECK(rig.house.markets <= RIG_MARKETS);
    rig.venue = venue_find(feed->name);
    rig.us_stamps = feed == &feed_coinbase || feed == &feed_kraken;
    rig.sink.event = rig_events;
    rig.sink.level = rig_levels;
    rig.ctx = (struct venue_ctx){.sink = &rig.sink, .listing = rig_listing};
    rig.ctx.instruments = instruments_init(malloc(instruments_footprint(16)), 16);
    rig.ctx.json = json_init(malloc(json_footprint(RIG_TOKENS)), RIG_TOKENS);
    rig.ctx.inflate = inflate_init(malloc(inflate_footprint(TD_INFLATED_MAX)), TD_INFLATED_MAX);
    rig.ctx.state = calloc(1, VENUE_STATE_BYTES);
    for (unsigned i = 0; i < rig.house.markets; i++) {
        const struct market_params *is = &rig.house.market[i].is;
        CHECK_EQ_I64(instruments_add(rig.ctx.instruments, 0, is->symbol, is->raw), i);
        struct instrument *instrument = instruments_at(rig.ctx.instruments, i);
        instrument->price_scale = (int8_t)is->price_scale;
        instrument->size_scale = (int8_t)is->size_scale;
    }
    rig.listener.say = rig_say;
    rig.listener.act = rig_act;
    rig.house.now_us = RIG_TIME_US + 600000000;
    if (rig.venue && rig.venue->token_path)
        rig_shake_hands(feed);
    CHECK(house_join(&rig.house, &rig.listener));
}

static inline void rig_close(void)
{
    free(rig.ctx.instruments);
    free(rig.ctx.json);
    free(rig.ctx.inflate);
    free(rig.ctx.state);
}

static inline void rig_hear(const char *text)
{
    house_hear(&rig.listener, text, strlen(text));
}

/* What the recorder itself would send to follow all there is. */
static inline void rig_subscribe(void)
{
    char text[8192];
    size_t bytes;
    for (unsigned e = 0; e < venue_endpoints(rig.venue); e++) {
        struct venue_subscription subscription = {.instruments = rig.ctx.instruments,
                                                  .channels =
                                                      7 & venue_endpoint_at(rig.venue, e).channels,
                                                  .endpoint = (uint8_t)e};
        for (unsigned n = 0;
             (bytes = rig.venue->subscribe(&subscription, n, text, sizeof text)) > 0; n++)
            house_hear(&rig.listener, text, bytes);
    }
}

static inline void rig_run(unsigned steps)
{
    for (unsigned i = 0; i < steps; i++)
        house_step(&rig.house, rig.house.now_us + 500);
}

/* The client's book is the true one, level by level. */
static inline void rig_check_books(void)
{
    house_tell_all(&rig.house);
    for (unsigned m = 0; m < rig.house.markets; m++) {
        struct rig_book *book = &rig.book[m];
        rig_sort(book);
        for (int ask = 0; ask < 2; ask++) {
            const struct levels *truth = &rig.house.market[m].side[ask];
            unsigned want = rig.depth && truth->count > rig.depth ? rig.depth : truth->count;
            CHECK_EQ_U64(book->count[ask], want);
            for (unsigned i = 0; i < want; i++) {
                CHECK_EQ_I64(book->side[ask][i].price_steps, levels_nth(truth, i)->price_steps);
                CHECK_EQ_I64(book->side[ask][i].size_steps, levels_nth(truth, i)->size_steps);
            }
        }
    }
}

static inline int rig_page(const char *target)
{
    char *text = malloc(HOUSE_TEXT_BYTES);
    house_text(&rig.house)->at[0] = '\0';
    CHECK_EQ_I64(rig.house.feed->page(&rig.house, target), 200);
    int bytes = snprintf(text, HOUSE_TEXT_BYTES, "https://localhost%s\t%.*s", target,
                         (int)rig.house.text.bytes, rig.house.text.at);
    int bucket = rig_parse(text, (size_t)bytes, TD_FRAME_HTTP);
    free(text);
    return bucket;
}

/* Books that come beside the stream. */
static inline void rig_take_bases(void)
{
    static const char host[] = "https://localhost";
    char text[4096];
    for (unsigned i = 0; i < instruments_count(rig.ctx.instruments); i++) {
        const struct instrument *instrument = instruments_peek(rig.ctx.instruments, i);
        size_t bytes = 0;
        if (rig.venue->resync == VENUE_RESYNC_BASE &&
            rig.venue->base_url(host, instrument, text, sizeof text) > 0)
            CHECK_EQ_I64(rig_page(text + sizeof host - 1), TD_BUCKET_OK);
        for (unsigned n = 0; rig.venue->resync == VENUE_RESYNC_REQUEST &&
                             (bytes = rig.venue->resubscribe(instrument, n, text, sizeof text)) > 0;
             n++)
            house_hear(&rig.listener, text, bytes);
    }
}

/* All pages of the symbol list. */
static inline void rig_list(void)
{
    static const char host[] = "https://localhost";
    struct venue_subscription subscription = {.instruments = rig.ctx.instruments, .channels = 7};
    char text[4096];
    for (unsigned n = 0; venue_list_url(rig.venue, host, &subscription, n, text, sizeof text) > 0;
         n++)
        rig_page(text + sizeof host - 1);
}

#endif
