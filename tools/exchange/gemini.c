/* Gemini, market data v2, as seen by its clients.
 *
 *   > {"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD"]}]}      book and trades in one
 *   < {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy"|"sell","px","sz"],...],"trades":[50 old ones],"auction_events":[]}   first
 *   < {"type":"l2_updates","symbol","changes"}      no number, no time; a delete is "0"
 *   < {"type":"trade","symbol","event_id","timestamp":ms,"price","quantity","side":"buy"|"sell"}
 *   < {"type":"heartbeat","timestamp":ms}           each five seconds
 *   GET /v1/symbols, /v1/symbols/details/NAME
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "venue/spelling.h"

enum { LISTED_TRADES = 50, HEARTBEAT_S = 5 };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('\0', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_change(struct td_str *out, const struct market *market, bool ask,
                       struct level level)
{
    td_str_add(out, ask ? "[\"sell\",\"" : "[\"buy\",\"");
    shape_price(out, market, level.price_steps);
    td_str_add(out, "\",\"");
    shape_size(out, market, level.size_steps);
    td_str_add(out, "\"]");
}

static void open_changes(struct td_str *out, const struct market *market)
{
    td_str_add_format(out, "{\"type\":\"l2_updates\",\"symbol\":\"%s\",\"changes\":[",
                      market->is.raw);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    (void)depth;
    open_changes(out, market);
    unsigned put = shape_touched(out, market, batch, false, put_change);
    size_t before = out->bytes;
    td_str_add(out, put > 0 ? "," : "");
    unsigned asks = shape_touched(out, market, batch, true, put_change);
    out->bytes = asks > 0 ? out->bytes : before;
    td_str_add(out, "]}");
    return put + asks;
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(
        out, "{\"type\":\"trade\",\"symbol\":\"%s\",\"event_id\":%llu,\"timestamp\":%lld",
        market->is.raw, (unsigned long long)trade->id, (long long)(trade->time_us / 1000));
    shape_price_member(out, market, "price", trade->price_steps);
    shape_size_member(out, market, "quantity", trade->size_steps);
    td_str_add_format(out, ",\"side\":\"%s\"}", trade->taker_buys ? "buy" : "sell");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    put_trade(house_text(house), market, trade);
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    open_changes(out, market);
    shape_side(out, market, false, UINT32_MAX, put_change);
    td_str_add_char(out, ',');
    shape_side(out, market, true, UINT32_MAX, put_change);
    td_str_add(out, "],\"trades\":[");
    for (uint64_t id = market->trades; id > market->trades - LISTED_TRADES; id--) {
        td_str_add(out, id < market->trades ? "," : "");
        put_trade(out, market, market_trade(market, id));
    }
    td_str_add(out, "],\"auction_events\":[]}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void refuse(struct listener *listener)
{
    td_str_add(house_text(listener->house), "{\"result\":\"error\",\"reason\":\"InvalidJson\"}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void follow_one(struct listener *listener, struct td_text name, bool follow)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, name);
    if (market == NULL) {
        refuse(listener);
        return;
    }
    house_tell(house, market);
    bool taken = house_follow(listener, market, SAY_BOOK, follow) &&
                 house_follow(listener, market, SAY_TRADE, follow);
    if (!taken || !follow)
        return;
    tell_snapshot(house, market);
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int type = json_member(json, 0, "type"), wishes = json_member(json, 0, "subscriptions");
    bool follow = json_equals(json, type, "subscribe");
    if (!follow && !json_equals(json, type, "unsubscribe")) {
        refuse(listener);
        return;
    }
    for (int wish = json_first(json, wishes); wish >= 0; wish = json_next(json, wish)) {
        int symbols = json_member(json, wish, "symbols");
        if (!json_equals(json, json_member(json, wish, "name"), "l2"))
            refuse(listener);
        else
            for (int symbol = json_first(json, symbols); symbol >= 0;
                 symbol = json_next(json, symbol))
                follow_one(listener, json_text(json, symbol), follow);
    }
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    if (house->now_us / 1000000 % HEARTBEAT_S != 0)
        return;
    td_str_add_format(house_text(house), "{\"type\":\"heartbeat\",\"timestamp\":%lld}",
                      (long long)(house->now_us / 1000));
    house_say(listener, (struct house_told){.say = SAY_HEARTBEAT});
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

static int put_details(struct house *house, const struct market *market)
{
    struct td_str *out = house_text(house);
    struct td_text base = shape_base(&market->is), quote = shape_quote(&market->is);
    td_str_add_format(
        out,
        "{\"symbol\":\"%s\",\"base_currency\":\"%.*s\",\"quote_currency\":\"%.*s\",\"tick_size\":",
        market->is.raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at);
    shape_step(out, market->is.size_scale);
    td_str_add(out, ",\"quote_increment\":");
    shape_step(out, market->is.price_scale);
    td_str_add(out, ",\"min_order_size\":\"0.00001\",\"status\":\"open\"}");
    return 200;
}

static int put_symbols(struct house *house)
{
    struct td_str *out = house_text(house);
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        char name[TD_SYMBOL_MAX];
        td_text_copy(name, sizeof name, house->market[i].is.raw, strlen(house->market[i].is.raw));
        spelling_lower(name);
        td_str_add_format(out, "%s\"%s\"", i ? "," : "", name);
    }
    td_str_add_char(out, ']');
    return 200;
}

static int page(struct house *house, const char *target)
{
    static const char details[] = "/v1/symbols/details/";
    char name[TD_SYMBOL_MAX];
    if (strcmp(target, "/v1/symbols") == 0)
        return put_symbols(house);
    if (strncmp(target, details, sizeof details - 1) != 0 ||
        !td_text_copy(name, sizeof name, target + sizeof details - 1,
                      strlen(target + sizeof details - 1)))
        return 404;
    spelling_upper(name);
    const struct market *market = house_find(house, name, strlen(name));
    return market == NULL ? 404 : put_details(house, market);
}

const struct feed feed_gemini = {
    .name = "gemini",
    .ws_path = "/v2/marketdata/",
    .quote = "USD",
    .levels_a_side = 400,
    .levels_max = 8000,
    .depths = 1,
    .bad_at = "\"changes\":[",
    .bad_level = "[\"sell\",\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .hear = hear,
    .beat = beat,
    .page = page,
};
