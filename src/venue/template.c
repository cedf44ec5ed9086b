/* Template of a venue: copy it to <name>.c, put its line into venue_list.h, fill in, keep the order. It compiles and stands
   in no list. The form below is the simplest that exists: quoted numbers, one object a message, no sequence.

   book   {"type":"book","full":true,"symbol":"BTC-USD","ms":1767323045678,"bids":[["101.4","2"],...],"asks":[...]}
            full: a snapshot, else absolute sizes of the levels that changed, zero deletes
   trade  {"type":"trade","symbol":"BTC-USD","ms":1767323045678,"id":7,"side":"buy","price":"101.5","size":"0.04"}
            side is the taker's

   Sequence: none, so a hole cannot be seen and a snapshot alone proves the book [U]. State here with its mark what a
   program has checked on recorded frames. */
#include <string.h>

#include "venue/emit.h"
#include "venue/listing.h"
#include "venue/subscription.h"

/* ---- constants: limits and paces, each with its reason ---- */

enum { SYMBOLS_A_MESSAGE = 10 };

static td_err template_unify(const char *raw, size_t raw_bytes, char symbol[TD_SYMBOL_MAX])
{
    TD_FAIL_IF(raw_bytes == 0 || raw_bytes >= TD_SYMBOL_MAX, TD_E_VENUE_SYMBOL);
    symbol_sanitise(raw, raw_bytes, symbol);
    return 0;
}

static td_err template_spell(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    return td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol)) ? 0 : TD_E_VENUE_SYMBOL;
}

/* ---- fixed form: only for messages that come often; it refuses what it does not know ---- */

static bool template_scan(struct emit *emit, struct scan *scan)
{
    (void)emit;
    (void)scan;
    return false;
}

/* ---- parse ---- */

static int read_book(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    bool full = json_equals(json, json_member(json, 0, "full"), "true");
    int64_t event_ns = emit_time_epoch(emit, json_plain(json, 0, "ms"));
    emit_begin(emit, full ? TD_EVENT_SNAPSHOT : TD_EVENT_DELTA, event_ns);
    if (emit_read_levels(emit, json_member(json, 0, "bids"), TD_SIDE_BID) < 0 ||
        emit_read_levels(emit, json_member(json, 0, "asks"), TD_SIDE_ASK) < 0)
        return TD_BUCKET_MALFORMED;
    emit_end(emit);
    return TD_BUCKET_OK;
}

static int read_trade(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    struct emit_trade trade = {
        .price = json_plain(json, 0, "price"),
        .size = json_plain(json, 0, "size"),
        .id = json_plain(json, 0, "id"),
        .side_raw = json_plain(json, 0, "side"),
        .event_ns = emit_time_epoch(emit, json_plain(json, 0, "ms")),
    };
    trade.taker = emit_taker(trade.side_raw);
    return emit_trade(emit, &trade) < 0 ? TD_BUCKET_MALFORMED : TD_BUCKET_OK;
}

/* ---- classify: what is not data is ignored by name, what has no name is malformed ---- */

static int template_read(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int type = json_member(json, 0, "type");
    if (json_equals(json, type, "subscribed"))
        return TD_BUCKET_IGNORED;
    bool book = json_equals(json, type, "book");
    struct td_text symbol = json_plain(json, 0, "symbol");
    if ((!book && !json_equals(json, type, "trade")) || !symbol.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, symbol, template_unify))
        return TD_BUCKET_IGNORED;
    return book ? read_book(emit) : read_trade(emit);
}

static int template_parse(struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_text text = {frame->payload, frame->bytes};
    return emit_parse(ctx, frame, text, template_scan, template_read);
}

/* ---- subscribe and resync ---- */

static size_t template_subscribe(const struct venue_subscription *sub, unsigned n, char *buffer,
                                 size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, "{\"op\":\"subscribe\",\"symbols\":[");
    unsigned count = subscription_batch(sub, n, SYMBOLS_A_MESSAGE, &out, subscription_put_raw);
    td_str_add(&out, "]}");
    return subscription_text(&out, count);
}

static size_t template_resubscribe(const struct instrument *instrument, unsigned n, char *buffer,
                                   size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    if (n > 0)
        return 0;
    td_str_add_format(&out, "{\"op\":\"subscribe\",\"symbols\":[\"%s\"]}", instrument->raw);
    return out.cut ? 0 : out.bytes;
}

static size_t template_list_url(const char *rest_url, const struct venue_subscription *sub,
                                unsigned n, char *buffer, size_t cap)
{
    (void)sub;
    return n > 0 ? 0 : subscription_url(rest_url, "/symbols", buffer, cap);
}

/* ---- descriptor ---- */

const struct venue venue_template = {
    .name = "template",
    .title = "Template",
    .ws_url = "wss://template.invalid",
    .rest_url = "https://template.invalid",
    .rule = SYNC_NONE,
    .checksum = VENUE_CHECKSUM_NONE,
    .resync = VENUE_RESYNC_SUBSCRIBE,
    .has_event_time = true,
    .crossed_is_error = true,
    .spell = template_spell,
    .unify = template_unify,
    .subscribe = template_subscribe,
    .resubscribe = template_resubscribe,
    .list_url = template_list_url,
    .parse = template_parse,
};
