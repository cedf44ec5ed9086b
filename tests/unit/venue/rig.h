/* What the venue tests share: one set of tables, a sink whose flush keeps counting, frames from texts and captures, and events
   as text. Header only: each test program is one file. */
#ifndef TEST_VENUE_RIG_H
#define TEST_VENUE_RIG_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/decimal.h"
#include "base/text.h"
#include "test.h"
#include "venue/inflate.h"
#include "venue/venue.h"

enum {
    RIG_INSTRUMENTS = 64,
    RIG_TOKENS = 400000,
    RIG_ROWS_BYTES = 8 << 20,
    RIG_FRAME_RECV_S = 1767323045,
};

struct rig {
    const struct venue *venue;
    struct venue_ctx ctx;
    struct venue_sink sink;
    struct td_frame frame;
    unsigned char state[VENUE_STATE_BYTES];
    uint64_t events[TD_EVENT_KINDS], levels[TD_EVENT_KINDS], listed, buckets[TD_BUCKETS];
    uint64_t flushes, retries, listings, overflows;
    int64_t level_sum; /* steps of all levels, so that none can be left out */
    struct td_str rows;
    bool print;
    int digits; /* of doubles: 17 tell any two apart, 15 are what a reader expects */
};

__attribute__((unused)) static struct td_event rig_events[TD_BATCH_EVENTS_MAX];
__attribute__((unused)) static struct td_level rig_levels[TD_BATCH_LEVELS_MAX];
__attribute__((unused)) static struct rig rig;

/* ---- events as text -------------------------------------------------------------------------------------------------- */

static inline void rig_number(struct td_str *out, int64_t steps, int scale)
{
    char text[TD_DECIMAL_TEXT_MAX];
    td_decimal_from_steps(steps, scale, text);
    td_str_add(out, text);
}

static inline void rig_print_levels(struct td_str *out, const struct td_event *event,
                                    const struct instrument *instrument)
{
    td_str_add_format(out, " seq=%" PRId64 "..%" PRId64, event->seq_first, event->seq_last);
    if (event->seq_prev != 0)
        td_str_add_format(out, " prev=%" PRId64, event->seq_prev);
    if (event->flags & TD_EVF_HAS_CHECKSUM)
        td_str_add_format(out, " checksum=%" PRIu32 " decimals=%d,%d", event->checksum,
                          event->price_decimals, event->size_decimals);
    for (uint32_t i = 0; i < event->level_count; i++) {
        const struct td_level *level = &rig_levels[event->level_first + i];
        td_str_add(out, level->side == TD_SIDE_BID ? " bid " : " ask ");
        rig_number(out, level->price_steps, instrument->price_scale);
        td_str_add_char(out, ' ');
        rig_number(out, level->size_steps, instrument->size_scale);
    }
}

static inline void rig_print_trade(struct td_str *out, const struct td_trade *trade,
                                   const struct instrument *instrument)
{
    static const char *const takers[] = {"unknown", "buy", "sell"};
    td_str_add_format(out, " taker=%s raw=%.*s id=", takers[trade->taker],
                      (int)trade->side_raw.bytes, trade->side_raw.at ? trade->side_raw.at : "");
    if (trade->uid.at)
        td_str_add_format(out, "'%.*s'", (int)trade->uid.bytes, trade->uid.at);
    else
        td_str_add_i64(out, trade->trade_id);
    td_str_add(out, " price=");
    rig_number(out, trade->price_steps, instrument->price_scale);
    td_str_add(out, " size=");
    rig_number(out, trade->size_steps, instrument->size_scale);
}

static inline void rig_print_ticker(struct td_str *out, const struct td_event *event)
{
    static const char *const names[TD_TICKER_FIELDS] = {
        "bid",        "bid_size", "ask",   "ask_size", "last",          "last_size",    "open",
        "high",       "low",      "close", "vwap",     "base_volume",   "quote_volume", "change",
        "percentage", "mark",     "index", "funding",  "open_interest", "liq_price",    "liq_size"};
    td_str_add_format(out, " kind=%d", event->ticker.kind);
    if (event->flags & TD_EVF_HAS_SEQ)
        td_str_add_format(out, " seq=%" PRId64, event->seq_last);
    for (int field = 0; field < TD_TICKER_FIELDS; field++)
        if (event->ticker.present >> field & 1)
            td_str_add_format(out, " %s=%.*g", names[field], rig.digits,
                              event->ticker.value[field]);
    if (event->ticker.next_funding_ns != 0)
        td_str_add_format(out, " next_funding=%" PRId64, event->ticker.next_funding_ns);
    if (event->ticker.liq_taker != TD_TAKER_UNKNOWN)
        td_str_add(out, event->ticker.liq_taker == TD_TAKER_BUY ? " liq=buy" : " liq=sell");
}

static inline void rig_print(struct td_str *out, const struct td_event *event,
                             const struct instrument *instrument)
{
    static const char *const kinds[] = {"?",      "snapshot",  "delta",  "trade",
                                        "ticker", "heartbeat", "refused"};
    td_str_add_format(out, "%s %s ns=%" PRId64 " flags=%d", kinds[event->kind], instrument->symbol,
                      event->event_ns, event->flags);
    if (event->kind == TD_EVENT_SNAPSHOT || event->kind == TD_EVENT_DELTA)
        rig_print_levels(out, event, instrument);
    else if (event->kind == TD_EVENT_TRADE)
        rig_print_trade(out, &event->trade, instrument);
    else if (event->kind == TD_EVENT_TICKER)
        rig_print_ticker(out, event);
    else if (event->kind == TD_EVENT_HEARTBEAT)
        td_str_add_format(out, " last_trade_id=%" PRId64, event->last_trade_id);
    td_str_add_char(out, '\n');
}

/* ---- the rig --------------------------------------------------------------------------------------------------------- */

static inline void rig_take(struct venue_sink *sink)
{
    for (uint32_t i = 0; i < sink->event_count; i++) {
        const struct td_event *event = &sink->event[i];
        rig.events[event->kind] += !(event->flags & TD_EVF_CONTINUED);
        rig.listed += (event->flags & TD_EVF_LISTED) != 0;
        if (event->kind == TD_EVENT_SNAPSHOT || event->kind == TD_EVENT_DELTA) {
            CHECK(event->level_first + event->level_count <= sink->level_count);
            rig.levels[event->kind] += event->level_count;
            for (uint32_t l = 0; l < event->level_count; l++) {
                const struct td_level *level = &sink->level[event->level_first + l];
                rig.level_sum =
                    (int64_t)((uint64_t)rig.level_sum + (uint64_t)level->price_steps * 3 +
                              (uint64_t)level->size_steps * 7 + level->side);
            }
        }
        if (rig.print)
            rig_print(&rig.rows, event, instruments_peek(rig.ctx.instruments, event->instrument));
    }
}

static inline void rig_flush(struct venue_sink *sink)
{
    rig.flushes++;
    rig_take(sink);
}

static inline void rig_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    (void)ctx;
    rig.listings++;
    CHECK(listing->raw.at != NULL && listing->raw.bytes > 0);
}

/* Empty tables in memory that all tests of a program use one after the other; `discover` takes in every name that comes. */
static inline void rig_open(const struct venue *venue, bool discover)
{
    static unsigned char *instruments, *json, *inflate;
    static char *rows;
    if (!instruments) {
        instruments = malloc(instruments_footprint(RIG_INSTRUMENTS));
        json = malloc(json_footprint(RIG_TOKENS));
        inflate = malloc(inflate_footprint(TD_INFLATED_MAX));
        rows = malloc(RIG_ROWS_BYTES);
    }
    memset(&rig, 0, sizeof rig);
    rig.venue = venue;
    rig.digits = 15;
    rig.sink = (struct venue_sink){.event = rig_events, .level = rig_levels, .flush = rig_flush};
    rig.ctx = (struct venue_ctx){.instruments = instruments_init(instruments, RIG_INSTRUMENTS),
                                 .json = json_init(json, RIG_TOKENS),
                                 .inflate = inflate_init(inflate, TD_INFLATED_MAX),
                                 .sink = &rig.sink,
                                 .state = rig.state,
                                 .listing = rig_listing};
    rig.rows = td_str_on(rows, RIG_ROWS_BYTES);
    instruments_discover(rig.ctx.instruments, discover);
}

static inline int rig_try(void)
{
    return venue_parse(rig.venue, &rig.ctx, &rig.frame);
}

/* As the core does: a finer number grows the scale and the frame is parsed again. */
static inline int rig_parse_frame(void)
{
    int result = rig_try();
    for (int tries = 0; result == TD_E_OFF_GRID && tries < 3; tries++) {
        struct instrument *instrument =
            instruments_at(rig.ctx.instruments, (unsigned)rig.sink.need_instrument);
        CHECK(rig.sink.need_price_scale > instrument->price_scale ||
              rig.sink.need_size_scale > instrument->size_scale);
        if (rig.sink.need_price_scale >= 0)
            instrument->price_scale = (int8_t)rig.sink.need_price_scale;
        if (rig.sink.need_size_scale >= 0)
            instrument->size_scale = (int8_t)rig.sink.need_size_scale;
        rig.retries++;
        result = rig_try();
    }
    rig.overflows += result == TD_E_OVERFLOW;
    if (result >= 0)
        rig.buckets[result]++;
    if (result == TD_BUCKET_OK)
        rig_take(&rig.sink);
    else
        CHECK(rig.sink.event_count == 0);
    return result;
}

static inline int rig_parse_bytes(const char *text, size_t bytes)
{
    rig.frame = (struct td_frame){.number = 1,
                                  .recv_ns = RIG_FRAME_RECV_S * TD_NS_PER_S,
                                  .payload = text,
                                  .bytes = (uint32_t)bytes,
                                  .kind = TD_FRAME_WS_TEXT};
    return rig_parse_frame();
}

static inline int rig_parse(const char *text)
{
    return rig_parse_bytes(text, strlen(text));
}

static inline int rig_parse_http(const char *url_tab_body, size_t bytes)
{
    rig.frame = (struct td_frame){.recv_ns = RIG_FRAME_RECV_S * TD_NS_PER_S,
                                  .payload = url_tab_body,
                                  .bytes = (uint32_t)bytes,
                                  .status = 200,
                                  .kind = TD_FRAME_HTTP};
    return rig_parse_frame();
}

/* The rows of one text, in a place of the rig's; "" with the bucket in front when it gave none. */
static inline const char *rig_rows(const char *text)
{
    static const char *const names[] = {"ok",  "ignored", "partial", "malformed",
                                        "gap", "stale",   "absurd"};
    rig.rows.bytes = 0;
    rig.rows.at[0] = '\0';
    rig.print = true;
    int result = rig_parse(text);
    if (result > 0)
        return names[result];
    return result < 0 ? td_err_name(result) : rig.rows.at;
}

static inline void rig_add(const char *symbol, const char *raw, int price_scale, int size_scale)
{
    int index = instruments_add(rig.ctx.instruments, 0, symbol, raw);
    CHECK(index >= 0);
    struct instrument *instrument = instruments_at(rig.ctx.instruments, (unsigned)index);
    instrument->price_scale = (int8_t)price_scale;
    instrument->size_scale = (int8_t)size_scale;
}

/* ---- captures -------------------------------------------------------------------------------------------------------- */

struct rig_file {
    char *text;
    size_t bytes, at;
};

static inline struct rig_file rig_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        FAIL("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    size_t packed_bytes = (size_t)ftell(file);
    rewind(file);
    char *packed = malloc(packed_bytes + 1);
    CHECK(fread(packed, 1, packed_bytes, file) == packed_bytes);
    fclose(file);
    packed[packed_bytes] = '\0';
    size_t name = strlen(path);
    if (name < 4 || strcmp(path + name - 4, ".zst") != 0)
        return (struct rig_file){packed, packed_bytes, 0};
    struct rig_file out = {malloc(16 << 20), 0, 0};
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {packed, packed_bytes, 0};
    ZSTD_outBuffer to = {out.text, 16 << 20, 0};
    while (from.pos < from.size) {
        size_t left = ZSTD_decompressStream(stream, &to, &from);
        CHECK(!ZSTD_isError(left) && to.pos < to.size);
    }
    ZSTD_freeDStream(stream);
    free(packed);
    out.bytes = to.pos;
    return out;
}

static inline struct rig_file rig_capture(const char *name)
{
    const char *shared = test_shared();
    char path[512];
    if (!shared)
        SKIP("no captures here");
    snprintf(path, sizeof path, "%s/captures/%s.zst", shared, name);
    return rig_read(path);
}

/* In place: what comes out is shorter. */
static inline size_t rig_undo_base64(char *text, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t word = 0, bits = 0;
    size_t out = 0;
    for (size_t i = 0; i < bytes && text[i] != '='; i++) {
        const char *digit = memchr(digits, text[i], sizeof digits - 1);
        CHECK(digit != NULL);
        word = word << 6 | (uint32_t)(digit - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            text[out++] = (char)(word >> bits);
        }
    }
    return out;
}

/* The next received line as rig.frame; false at the end. */
static inline bool rig_next(struct rig_file *file)
{
    while (file->at < file->bytes) {
        char *line = file->text + file->at;
        char *end = memchr(line, '\n', file->bytes - file->at);
        CHECK(end != NULL);
        file->at = (size_t)(end + 1 - file->text);
        char *direction = strchr(line, '\t') + 1;
        if (!strchr("<hbe", *direction))
            continue;
        bool http = *direction == 'h', binary = *direction == 'b',
             coded = binary || *direction == 'e';
        size_t bytes = (size_t)(end - direction - 2);
        if (coded)
            bytes = rig_undo_base64(direction + 2, bytes);
        rig.frame = (struct td_frame){.number = rig.frame.number + 1,
                                      .recv_ns = strtoll(line, NULL, 10),
                                      .payload = direction + 2,
                                      .bytes = (uint32_t)bytes,
                                      .status = http ? 200 : 0,
                                      .kind = http     ? TD_FRAME_HTTP
                                              : binary ? TD_FRAME_WS_BINARY
                                                       : TD_FRAME_WS_TEXT};
        return true;
    }
    return false;
}

/* All frames of a capture through the venue, counted. A number too large for the instrument's scale is counted alone. */
static inline void rig_play(const char *name)
{
    struct rig_file file = rig_capture(name);
    while (rig_next(&file)) {
        int result = rig_parse_frame();
        CHECK(result >= 0 || result == TD_E_OVERFLOW);
    }
    free(file.text);
}

/* Every frame both ways: the same bucket or error, and the same rows. `respell` may put another text into rig.frame. */
static inline void rig_compare(const char *name, void (*respell)(void))
{
    struct rig_file file = rig_capture(name);
    static char scanned[1 << 20];
    rig.print = true;
    rig.digits = 17;
    while (rig_next(&file)) {
        if (respell)
            respell();
        int results[2];
        for (int way = 0; way < 2; way++) {
            rig.ctx.jsmn_only = way;
            rig.rows.bytes = 0;
            rig.rows.at[0] = '\0';
            results[way] = rig_parse_frame();
            if (way == 0)
                CHECK(td_text_copy(scanned, sizeof scanned, rig.rows.at, rig.rows.bytes));
        }
        CHECK_EQ_I64(results[0], results[1]);
        CHECK_EQ_STR(scanned, rig.rows.at);
    }
    rig.ctx.jsmn_only = false;
    rig.print = false;
    free(file.text);
}

/* Sequence numbers of a capture's books, each against the one before of the same instrument. Every one must hold; how many were looked at. */
static inline bool rig_link_range(const struct td_event *event, int64_t last)
{
    return event->seq_first == last + 1;
}

static inline bool rig_link_prev(const struct td_event *event, int64_t last)
{
    return event->seq_prev == last;
}

static inline uint64_t rig_links(const char *name, bool (*holds)(const struct td_event *, int64_t))
{
    static int64_t last[RIG_INSTRUMENTS];
    struct rig_file file = rig_capture(name);
    uint64_t links = 0;
    memset(last, 0, sizeof last);
    while (rig_next(&file)) {
        CHECK(rig_parse_frame() >= 0);
        for (uint32_t i = 0; i < rig.sink.event_count; i++) {
            const struct td_event *event = &rig.sink.event[i];
            bool book = event->kind == TD_EVENT_SNAPSHOT || event->kind == TD_EVENT_DELTA;
            if (!book || !(event->flags & TD_EVF_HAS_SEQ))
                continue;
            if (event->kind == TD_EVENT_DELTA && last[event->instrument] != 0) {
                CHECK(holds(event, last[event->instrument]));
                links++;
            }
            last[event->instrument] = event->seq_last;
        }
    }
    free(file.text);
    return links;
}

/* ---- damage ---------------------------------------------------------------------------------------------------------- */

/* Cut after every byte: no crash, no rows. The copy has no room behind it, so a look too far is seen. */
static inline void rig_truncate(const char *text)
{
    for (size_t bytes = 0; bytes < strlen(text); bytes++) {
        char *copy = malloc(bytes + 1); /* malloc(0) may be NULL */
        memcpy(copy, text, bytes);
        copy = realloc(copy, bytes ? bytes : 1);
        int result = rig_parse_bytes(copy, bytes);
        CHECK_EQ_I64(result, TD_BUCKET_MALFORMED);
        free(copy);
    }
}

/* Bits flipped by a fixed seed: whatever it becomes, both ways agree about it. */
static inline void rig_garble(const char *text, unsigned rounds)
{
    uint64_t seed = 1;
    size_t bytes = strlen(text);
    char *rows = malloc(1 << 16);
    rig.print = true;
    for (unsigned round = 0; round < rounds; round++) {
        char *copy = malloc(bytes);
        memcpy(copy, text, bytes);
        for (unsigned flips = 1 + round % 3; flips > 0; flips--) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            copy[(seed >> 33) % bytes] ^= (char)(1 << (seed >> 20 & 7));
        }
        int results[2];
        for (int way = 0; way < 2; way++) {
            rig.ctx.jsmn_only = way;
            rig.rows.bytes = 0;
            rig.rows.at[0] = '\0';
            results[way] = rig_parse_bytes(copy, bytes);
            if (way == 0)
                CHECK(td_text_copy(rows, 1 << 16, rig.rows.at, rig.rows.bytes));
        }
        if (results[0] != results[1] || strcmp(rows, rig.rows.at) != 0)
            FAIL("scan %d and jsmn %d differ on %.*s", results[0], results[1], (int)bytes, copy);
        free(copy);
    }
    rig.ctx.jsmn_only = false;
    rig.print = false;
    free(rows);
}

/* Hand-made traffic with the rows it must give (tests/samples/README.md). */
static inline void rig_sample(const char *venue)
{
    char path[128];
    snprintf(path, sizeof path, "tests/samples/%s/hand_made.capture", venue);
    struct rig_file file = rig_read(path);
    snprintf(path, sizeof path, "tests/samples/%s/hand_made.rows", venue);
    struct rig_file want = rig_read(path);
    static const char *const names[] = {"ok",  "ignored", "partial", "malformed",
                                        "gap", "stale",   "absurd"};
    rig.print = true;
    while (rig_next(&file)) {
        int result = rig_parse_frame();
        if (result != TD_BUCKET_OK)
            td_str_add_format(&rig.rows, "%s\n", result < 0 ? td_err_name(result) : names[result]);
    }
    CHECK_EQ_STR(rig.rows.at, want.text);
    free(file.text);
    free(want.text);
}

#endif
