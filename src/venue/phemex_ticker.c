/* Phemex's tickers [D]:

   inverse     {"market24h":{"open":90710000,"high":...,"low":...,"close":87425000,"indexPrice":...,"markPrice":...,
                "openInterest":7821141,"fundingRate":10000,"predFundingRate":7609,"symbol":"BTCUSD","turnover":...,
                "volume":125287131,"timestamp":ns},"timestamp":ns}
                 prices times 10^4, rates times 10^8, volume and open interest in contracts; a symbol a message, each second
   linear      {"method":"perp_market24h_pack_p.update","fields":["symbol","openRp","highRp","lowRp","lastRp","volumeRq",
                "turnoverRv","openInterestRv","indexRp","markRp","fundingRateRr","predFundingRateRr"],
                "data":[["BTCUSDT","101.5",...],...],"timestamp":ns,"type":"snapshot"|"incremental"}
                 decimal texts; the fields say what stands where */
#include "venue/phemex_ticker.h"

#include <string.h>

#include "venue/subscription.h"

static const struct {
    struct emit_ticker_key key;
    int scale;
} inverse_keys[] = {
    {{"open", TD_TICKER_OPEN}, PHEMEX_PRICE_SCALE},
    {{"high", TD_TICKER_HIGH}, PHEMEX_PRICE_SCALE},
    {{"low", TD_TICKER_LOW}, PHEMEX_PRICE_SCALE},
    {{"close", TD_TICKER_LAST}, PHEMEX_PRICE_SCALE},
    {{"indexPrice", TD_TICKER_INDEX_PRICE}, PHEMEX_PRICE_SCALE},
    {{"markPrice", TD_TICKER_MARK_PRICE}, PHEMEX_PRICE_SCALE},
    {{"fundingRate", TD_TICKER_FUNDING_RATE}, PHEMEX_RATIO_SCALE},
    {{"openInterest", TD_TICKER_OPEN_INTEREST}, 0},
    {{"volume", TD_TICKER_BASE_VOLUME}, 0},
};

static td_err scaled_value(struct emit *emit, enum td_ticker_field field, struct td_text digits,
                           int scale)
{
    char buffer[64];
    struct td_str out = td_str_on(buffer, sizeof buffer);
    td_str_add_bytes(&out, digits.at, digits.bytes);
    td_str_add_format(&out, "e-%d", scale);
    TD_FAIL_IF(out.cut, TD_E_SYNTAX);
    return emit_ticker_value(emit, field, (struct td_text){buffer, (uint32_t)out.bytes});
}

static void begin(struct emit *emit, struct td_text time)
{
    emit_begin(emit, TD_EVENT_TICKER, emit_time_epoch(emit, time));
    emit->event->ticker.kind = TD_TICKER_KIND_TICKER;
}

int phemex_read_inverse(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int data = json_member(json, 0, "market24h");
    struct td_text symbol = json_plain(json, data, "symbol");
    if (!symbol.at)
        return TD_BUCKET_MALFORMED;
    if (!emit_choose(emit, symbol, phemex_unify))
        return TD_BUCKET_IGNORED;
    begin(emit, json_plain(json, 0, "timestamp"));
    for (size_t i = 0; i < sizeof inverse_keys / sizeof *inverse_keys; i++) {
        struct td_text digits = json_plain(json, data, inverse_keys[i].key.key);
        if (digits.at && scaled_value(emit, (enum td_ticker_field)inverse_keys[i].key.field, digits,
                                      inverse_keys[i].scale) < 0)
            return TD_BUCKET_MALFORMED;
    }
    return emit->event->ticker.present ? TD_BUCKET_OK : TD_BUCKET_MALFORMED;
}

/* ---- linear ---- */

static const struct emit_ticker_key pack_keys[] = {
    {"openRp", TD_TICKER_OPEN},
    {"highRp", TD_TICKER_HIGH},
    {"lowRp", TD_TICKER_LOW},
    {"lastRp", TD_TICKER_LAST},
    {"volumeRq", TD_TICKER_BASE_VOLUME},
    {"turnoverRv", TD_TICKER_QUOTE_VOLUME},
    {"openInterestRv", TD_TICKER_OPEN_INTEREST},
    {"indexRp", TD_TICKER_INDEX_PRICE},
    {"markRp", TD_TICKER_MARK_PRICE},
    {"fundingRateRr", TD_TICKER_FUNDING_RATE},
};

static td_err pack_value(struct emit *emit, int field, struct td_text value)
{
    for (size_t i = 0; i < sizeof pack_keys / sizeof *pack_keys; i++)
        if (json_equals(emit->ctx->json, field, pack_keys[i].key))
            return emit_ticker_value(emit, (enum td_ticker_field)pack_keys[i].field, value);
    return 0;
}

/* The symbol stands first in fields and rows. */
static td_err read_row(struct emit *emit, int row, int fields, struct td_text time)
{
    const struct json *json = emit->ctx->json;
    int value = json_is_array(json, row) ? json_first(json, row) : -1;
    int field = json_first(json, fields);
    TD_FAIL_IF(!json_equals(json, field, "symbol") || !json_is_string(json, value),
               TD_E_VENUE_JSON);
    if (!emit_choose(emit, json_text(json, value), phemex_unify))
        return 0;
    begin(emit, time);
    for (;;) {
        field = json_next(json, field);
        value = json_next(json, value);
        if (field < 0 || value < 0)
            return field == value ? 0 : TD_E_VENUE_JSON;
        TD_TRY(pack_value(emit, field, json_text(json, value)));
    }
}

int phemex_read_pack(struct emit *emit)
{
    const struct json *json = emit->ctx->json;
    int fields = json_member(json, 0, "fields"), data = json_member(json, 0, "data");
    struct td_text time = json_plain(json, 0, "timestamp");
    if (!json_is_array(json, fields) || !json_is_array(json, data))
        return TD_BUCKET_MALFORMED;
    for (int row = json_first(json, data); row >= 0; row = json_next(json, row))
        if (read_row(emit, row, fields, time) < 0)
            return TD_BUCKET_MALFORMED;
    return emit->sink->event_count > 0 ? TD_BUCKET_OK : TD_BUCKET_IGNORED;
}

/* ---- which kind a name is of, and the texts: each about all symbols, so only where the connection has one of the kind ---- */

bool phemex_is_spot(const char *raw)
{
    return *raw == 's';
}

bool phemex_is_linear(const char *raw)
{
    size_t bytes = strlen(raw);
    const char *end = bytes > 4 ? raw + bytes - 4 : raw;
    return !phemex_is_spot(raw) && (strcmp(end, "USDT") == 0 || strcmp(end, "USDC") == 0);
}

static bool has_contract(const struct venue_subscription *sub, bool linear)
{
    struct venue_subscription one = *sub;
    enum td_channel channel;
    const struct instrument *instrument;
    one.channels = 1u << TD_CHANNEL_BOOK;
    for (unsigned n = 0; (instrument = subscription_single(&one, n, &channel)) != NULL; n++)
        if (!phemex_is_spot(instrument->raw) && phemex_is_linear(instrument->raw) == linear)
            return true;
    return false;
}

size_t phemex_ticker_text(const struct venue_subscription *sub, unsigned *n, char *buffer,
                          size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    for (int linear = 0; linear < 2; linear++)
        if (has_contract(sub, linear) && (*n)-- == 0) {
            td_str_add_format(&out, "{\"id\":0,\"method\":\"%s.subscribe\",\"params\":[]}",
                              linear ? "perp_market24h_pack_p" : "market24h");
            return subscription_text(&out, 1);
        }
    return 0;
}
