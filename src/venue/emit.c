#include "venue/emit.h"

#include <string.h>
#include <strings.h>

#include "base/utc.h"
#include "net/utf8.h"
#include "venue/subscription.h"

void emit_clear(struct venue_sink *sink)
{
    sink->event_count = sink->level_count = 0;
    sink->need_instrument = sink->need_price_scale = sink->need_size_scale = -1;
    sink->overflowed = sink->has_conn_seq = sink->leaving = false;
}

void emit_open(struct emit *emit, struct venue_ctx *ctx, const struct td_frame *frame)
{
    *emit = (struct emit){.ctx = ctx, .frame = frame, .sink = ctx->sink, .index = -1};
    emit_clear(ctx->sink);
}

int emit_close(struct emit *emit, int bucket)
{
    if (bucket != TD_BUCKET_OK)
        return bucket;
    if (emit->absurd)
        return TD_BUCKET_ABSURD;
    return emit->late ? emit->late : TD_BUCKET_OK;
}

int emit_parse_family(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text text,
                      bool (*scan)(struct emit *, struct scan *), int (*read)(struct emit *),
                      const void *family)
{
    struct emit emit;
    if (!ctx->jsmn_only && !ctx->sink->unfit) {
        emit_open(&emit, ctx, frame);
        emit.family = family;
        struct scan cursor = {text.at, text.at + text.bytes};
        if (scan(&emit, &cursor) && cursor.at == cursor.end)
            return emit_close(&emit, TD_BUCKET_OK);
        ctx->sink->unfit = true;
    }
    emit_open(&emit, ctx, frame);
    emit.family = family;
    if (json_parse(ctx->json, text.at, text.bytes) < 0)
        return TD_BUCKET_MALFORMED;
    return emit_close(&emit, read(&emit));
}

int emit_parse(struct venue_ctx *ctx, const struct td_frame *frame, struct td_text text,
               bool (*scan)(struct emit *, struct scan *), int (*read)(struct emit *))
{
    return emit_parse_family(ctx, frame, text, scan, read, NULL);
}

/* ---- instruments ---- */

/* A name that is no text comes from a damaged frame: it would stand in paths, columns and reports. */
static int discover(struct venue_ctx *ctx, struct td_text raw,
                    td_err (*unify)(const char *, size_t, char[TD_SYMBOL_MAX]))
{
    char symbol[TD_SYMBOL_MAX], spelled[TD_SYMBOL_MAX];
    struct utf8 name = {0};
    if (!utf8_feed(&name, raw.at, raw.bytes) || !utf8_complete(&name))
        return -1;
    if (raw.bytes == 0 || raw.bytes >= TD_SYMBOL_MAX || unify(raw.at, raw.bytes, symbol) < 0)
        return -1;
    memcpy(spelled, raw.at, raw.bytes);
    spelled[raw.bytes] = '\0';
    return instruments_add(ctx->instruments, ctx->source, symbol, spelled);
}

bool emit_choose(struct emit *emit, struct td_text raw,
                 td_err (*unify)(const char *, size_t, char[TD_SYMBOL_MAX]))
{
    struct venue_ctx *ctx = emit->ctx;
    emit->index = instruments_find(ctx->instruments, ctx->source, raw.at, raw.bytes);
    if (emit->index < 0 && instruments_discovering(ctx->instruments))
        emit->index = discover(ctx, raw, unify);
    if (emit->index < 0)
        return false;
    emit->instrument = instruments_peek(ctx->instruments, (unsigned)emit->index);
    return true;
}

bool emit_choose_by_url(struct emit *emit, const char *key,
                        td_err (*unify)(const char *, size_t, char[TD_SYMBOL_MAX]))
{
    const struct td_frame *frame = emit->frame;
    const char *end = memchr(frame->payload, '\t', frame->bytes);
    const char *at =
        end ? memmem(frame->payload, (size_t)(end - frame->payload), key, strlen(key)) : NULL;
    if (!at)
        return false;
    at += strlen(key);
    const char *stop = memchr(at, '&', (size_t)(end - at));
    return emit_choose(emit, (struct td_text){at, (uint32_t)((stop ? stop : end) - at)}, unify);
}

bool emit_choose_id(struct emit *emit, int64_t id)
{
    const struct instruments *table = emit->ctx->instruments;
    for (unsigned i = 0; i < instruments_count(table); i++) {
        const struct instrument *instrument = instruments_peek(table, i);
        if (instrument->source != emit->ctx->source || subscription_id(instrument) != id)
            continue;
        emit->index = (int)i;
        emit->instrument = instrument;
        return true;
    }
    return false;
}

/* ---- times ---- */

static int64_t stamp(struct emit *emit, td_err err, int64_t ns)
{
    emit->absurd |= err == TD_E_RANGE;
    return err < 0 ? EMIT_NO_TIME : ns;
}

int64_t emit_time_utc(struct emit *emit, struct td_text text)
{
    int64_t ns = 0;
    if (!text.at)
        return EMIT_NO_TIME;
    if (text.bytes == SCAN_UTC_BYTES && scan_utc_us(text.at, &ns))
        return ns;
    td_err err = td_utc_parse(text.at, text.bytes, &ns);
    return stamp(emit, err, ns);
}

int64_t emit_time_epoch(struct emit *emit, struct td_text text)
{
    int64_t ns = 0;
    if (!text.at)
        return EMIT_NO_TIME;
    td_err err = td_epoch_parse(text.at, text.bytes, &ns);
    return stamp(emit, err, ns);
}

/* ---- events ---- */

/* Complete events go on their way; the first pass only starts the array over, since it merely
 * checks and counts. */
static void flush_events(struct venue_sink *sink)
{
    if (sink->flush)
        sink->flush(sink);
    else
        sink->overflowed = true;
    sink->event_count = sink->level_count = 0;
}

void emit_begin(struct emit *emit, enum td_event_kind kind, int64_t event_ns)
{
    struct venue_sink *sink = emit->sink;
    if (sink->event_count == TD_BATCH_EVENTS_MAX) {
        flush_events(sink);
        emit->flushes++;
    }
    struct td_event *event = &sink->event[sink->event_count++];
    event->kind = (uint8_t)kind;
    event->flags = event_ns == EMIT_NO_TIME ? TD_EVF_NO_EVENT_TIME : 0;
    event->instrument = (uint16_t)emit->index;
    event->event_ns = event_ns == EMIT_NO_TIME ? emit->frame->recv_ns : event_ns;
    event->seq_first = event->seq_last = event->seq_prev = 0;
    event->checksum = 0;
    event->price_decimals = event->size_decimals = 0;
    event->level_first = sink->level_count;
    event->level_count = 0;
    event->last_trade_id = -1;
    if (kind == TD_EVENT_TICKER)
        memset(&event->ticker, 0, sizeof event->ticker);
    emit->event = event;
}

void emit_end(struct emit *emit)
{
    emit->event->level_count = emit->sink->level_count - emit->event->level_first;
}

void emit_stamp(struct emit *emit, int64_t event_ns)
{
    struct td_event *event = emit->event;
    bool known = event_ns != EMIT_NO_TIME;
    event->event_ns = known ? event_ns : emit->frame->recv_ns;
    event->flags =
        (uint16_t)((event->flags & ~TD_EVF_NO_EVENT_TIME) | (known ? 0 : TD_EVF_NO_EVENT_TIME));
}

void emit_sequence(struct emit *emit, int64_t prev, int64_t first, int64_t last)
{
    emit->event->seq_prev = prev;
    emit->event->seq_first = first;
    emit->event->seq_last = last;
    emit->event->flags |= TD_EVF_HAS_SEQ;
}

void emit_flush_levels(struct emit *emit)
{
    struct venue_sink *sink = emit->sink;
    if (!sink->flush) {
        sink->overflowed = true;
        sink->level_count = emit->event->level_first % TD_BATCH_LEVELS_MAX;
        emit->event->level_first = sink->level_count;
        return;
    }
    emit_end(emit);
    emit->event->flags |= TD_EVF_CONTINUES;
    struct td_event rest = *emit->event;
    sink->flush(sink);
    rest.flags = (uint16_t)((rest.flags & ~TD_EVF_CONTINUES) | TD_EVF_CONTINUED);
    rest.level_first = rest.level_count = 0;
    sink->event[0] = rest;
    sink->event_count = 1;
    sink->level_count = 0;
    emit->event = &sink->event[0];
}

/* ---- numbers ---- */

/* Scales are told for one instrument a frame; the rare second one gets its turn at the retry. An
   overflow names the instrument whatever stood there, because it ends in a gap row for that one. */
static void note_finer(struct emit *emit, int scale, bool is_price)
{
    struct venue_sink *sink = emit->sink;
    if (emit->late == TD_E_OVERFLOW)
        return;
    emit->late = TD_E_OFF_GRID;
    if (sink->need_instrument >= 0 && sink->need_instrument != emit->index)
        return;
    sink->need_instrument = emit->index;
    int *need = is_price ? &sink->need_price_scale : &sink->need_size_scale;
    if (scale > *need)
        *need = scale;
}

static void note_overflow(struct emit *emit)
{
    if (emit->late == TD_E_OVERFLOW)
        return;
    emit->late = TD_E_OVERFLOW;
    emit->sink->need_instrument = emit->index;
}

static td_err to_steps(struct emit *emit, struct td_text text, bool is_price, int64_t *steps)
{
    int scale = is_price ? emit->instrument->price_scale : emit->instrument->size_scale;
    *steps = 0;
    TD_FAIL_IF(!text.at, TD_E_SYNTAX);
    td_err err = td_decimal_to_steps(text.at, text.bytes, scale, steps);
    if (err == 0)
        return 0;
    *steps = 0;
    if (err == TD_E_OFF_GRID) {
        int finer = td_decimal_scale(text.at, text.bytes);
        if (finer >= 0)
            note_finer(emit, finer, is_price);
        else
            note_overflow(emit);
        return 0;
    }
    TD_FAIL_IF(err != TD_E_OVERFLOW, TD_E_SYNTAX);
    note_overflow(emit);
    return 0;
}

td_err emit_price(struct emit *emit, struct td_text text, int64_t *steps)
{
    return to_steps(emit, text, true, steps);
}

/* The sign is asked of the text: a negative size that is off the grid or too large is still no
 * size. */
td_err emit_size(struct emit *emit, struct td_text text, int64_t *steps)
{
    TD_FAIL_IF(text.bytes && *text.at == '-', TD_E_SYNTAX);
    return to_steps(emit, text, false, steps);
}

td_err emit_level(struct emit *emit, enum td_side side, struct td_text price, struct td_text size)
{
    int64_t price_steps, size_steps;
    TD_TRY(emit_price(emit, price, &price_steps));
    TD_TRY(emit_size(emit, size, &size_steps));
    emit_steps(emit, side, price_steps, size_steps);
    return 0;
}

td_err emit_read_levels(struct emit *emit, int list, enum td_side side)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level)) {
        TD_FAIL_IF(!json_is_array(json, level) || json_size(json, level) < 2, TD_E_VENUE_JSON);
        int price = json_first(json, level), size = json_next(json, price);
        TD_TRY(emit_level(emit, side, json_text(json, price), json_text(json, size)));
    }
    return 0;
}

bool emit_scan_levels(struct emit *emit, struct scan *scan, enum td_side side)
{
    int64_t price_steps, size_steps;
    unsigned decimals;
    if (SCAN(scan, "]"))
        return true;
    do {
        if (!SCAN(scan, "[\"") || !emit_scan_steps(emit, scan, true, &price_steps, &decimals) ||
            !SCAN(scan, "\",\"") || !emit_scan_steps(emit, scan, false, &size_steps, &decimals) ||
            !SCAN(scan, "\"]"))
            return false;
        emit_steps(emit, side, price_steps, size_steps);
    } while (SCAN(scan, ","));
    return SCAN(scan, "]");
}

td_err emit_read_level_objects(struct emit *emit, int list, enum td_side side,
                               const char *price_key, const char *size_key)
{
    const struct json *json = emit->ctx->json;
    TD_FAIL_IF(!json_is_array(json, list), TD_E_VENUE_JSON);
    for (int level = json_first(json, list); level >= 0; level = json_next(json, level))
        TD_TRY(emit_level(emit, side, json_plain(json, level, price_key),
                          json_plain(json, level, size_key)));
    return 0;
}

void emit_refused(struct emit *emit)
{
    emit_begin(emit, TD_EVENT_REFUSED, EMIT_NO_TIME);
}

void emit_conn_seq(struct emit *emit, int64_t seq)
{
    emit->sink->has_conn_seq = true;
    emit->sink->conn_seq = seq;
}

unsigned emit_decimals(struct td_text number)
{
    const char *end = number.at + number.bytes, *point = memchr(number.at, '.', number.bytes);
    unsigned count = 0;
    for (point = point ? point + 1 : end; point < end && (unsigned char)(*point - '0') <= 9;
         point++)
        count++;
    return count;
}

bool emit_scan_number(struct emit *emit, struct scan *scan, bool is_price, int64_t *steps,
                      unsigned *decimals)
{
    struct td_text number;
    int scale = is_price ? emit->instrument->price_scale : emit->instrument->size_scale;
    if (scan_decimal(scan, scale, steps, decimals))
        return true;
    if (!scan_number_text(scan, &number))
        return false;
    *decimals = emit_decimals(number);
    return (is_price ? emit_price(emit, number, steps) : emit_size(emit, number, steps)) == 0;
}

/* ---- trades and tickers ---- */

uint8_t emit_taker(struct td_text word)
{
    if (word.bytes == 3 && strncasecmp(word.at, "buy", 3) == 0)
        return TD_TAKER_BUY;
    return word.bytes == 4 && strncasecmp(word.at, "sell", 4) == 0 ? TD_TAKER_SELL
                                                                   : TD_TAKER_UNKNOWN;
}

static void set_id(struct td_trade *out, struct td_text id)
{
    out->trade_id = id.at ? 0 : -1;
    out->uid = (struct td_text){NULL, 0};
    if (!id.at)
        return;
    bool as_printed = id.bytes == 1 || (id.bytes && *id.at != '0' && *id.at != '-');
    if (!as_printed || id.bytes > 18 || td_integer_parse(id.at, id.bytes, &out->trade_id) < 0)
        out->uid = id;
}

td_err emit_trade(struct emit *emit, const struct emit_trade *trade)
{
    int64_t price_steps, size_steps;
    TD_TRY(emit_price(emit, trade->price, &price_steps));
    TD_TRY(emit_size(emit, trade->size, &size_steps));
    emit_begin(emit, TD_EVENT_TRADE, trade->event_ns);
    struct td_trade *out = &emit->event->trade;
    set_id(out, trade->id);
    out->price_steps = price_steps;
    out->size_steps = size_steps;
    out->side_raw = trade->side_raw;
    out->taker = trade->taker;
    emit->event->flags |= trade->flags;
    return 0;
}

struct emit_run emit_run(const struct emit *emit)
{
    return (struct emit_run){emit->sink->event_count, emit->flushes};
}

void emit_reverse(struct emit *emit, struct emit_run run)
{
    struct td_event *event = emit->sink->event;
    if (run.flushes != emit->flushes)
        return;
    for (uint32_t a = run.first, b = emit->sink->event_count; a + 1 < b; a++) {
        struct td_event later = event[--b];
        event[b] = event[a];
        event[a] = later;
    }
}

td_err emit_ticker_value(struct emit *emit, enum td_ticker_field field, struct td_text text)
{
    struct td_ticker *ticker = &emit->event->ticker;
    TD_FAIL_IF(!text.at, TD_E_SYNTAX);
    if (text.bytes == 0 || (text.bytes == 4 && memcmp(text.at, "null", 4) == 0))
        return 0; /* a value the venue does not have is no fault of the frame */
    TD_FAIL_IF(td_decimal_to_double(text.at, text.bytes, &ticker->value[field]) < 0, TD_E_SYNTAX);
    ticker->present |= UINT32_C(1) << field;
    return 0;
}

td_err emit_read_ticker(struct emit *emit, int object, const struct emit_ticker_key *keys,
                        size_t count)
{
    const struct json *json = emit->ctx->json;
    for (size_t i = 0; i < count; i++) {
        int value = json_member(json, object, keys[i].key);
        if (value >= 0)
            TD_TRY(emit_ticker_value(emit, (enum td_ticker_field)keys[i].field,
                                     json_text(json, value)));
        TD_FAIL_IF(value < 0 && i == 0, TD_E_VENUE_JSON);
    }
    return 0;
}

/* Keys come in the order of the table as a rule, so the search goes on where the last one ended. */
static size_t find_key(const struct emit_ticker_key *keys, size_t count, size_t from,
                       struct td_text name)
{
    for (size_t tried = 0, i = from; tried < count; tried++, i++) {
        i = i < count ? i : 0;
        const char *key = keys[i].key;
        if (*key == *name.at && strlen(key) == name.bytes && memcmp(key, name.at, name.bytes) == 0)
            return i;
    }
    return count;
}

/* A name that stands twice is left to jsmn, which takes the first. */
bool emit_scan_ticker(struct emit *emit, struct scan *scan, const struct emit_ticker_key *keys,
                      size_t count)
{
    struct td_text name, value;
    size_t next = 0;
    do {
        if (!scan_string(scan, &name) || !SCAN(scan, ":") ||
            !(scan_string(scan, &value) || scan_number_text(scan, &value)))
            return false;
        size_t i = find_key(keys, count, next, name);
        if (i == count)
            continue;
        if (emit->event->ticker.present >> keys[i].field & 1 ||
            emit_ticker_value(emit, (enum td_ticker_field)keys[i].field, value) < 0)
            return false;
        next = i + 1;
    } while (SCAN(scan, ","));
    return emit->event->ticker.present >> keys[0].field & 1 && SCAN(scan, "}");
}

bool emit_scan_members(struct scan *scan, const char *const *head, unsigned heads,
                       const struct emit_ticker_key *keys, unsigned count, struct td_text *out)
{
    const char *name[SCAN_MEMBERS_MAX];
    TD_ASSERT(heads + count <= SCAN_MEMBERS_MAX, "a table of keys is short");
    for (unsigned i = 0; i < heads; i++)
        name[i] = head[i];
    for (unsigned i = 0; i < count; i++)
        name[heads + i] = keys[i].key;
    return scan_members(scan, name, heads + count, out);
}

bool emit_scan_values(struct emit *emit, const struct td_text *value,
                      const struct emit_ticker_key *keys, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (value[i].at ? emit_ticker_value(emit, (enum td_ticker_field)keys[i].field, value[i]) < 0
                        : i == 0)
            return false;
    return true;
}
