/* Bitvavo as seen by its clients.
 *
 *   > {"action":"subscribe","channels":[{"name":"book","markets":["BTC-EUR"]},{"name":"trades",...},{"name":"ticker",...}]}
 *   < {"event":"subscribed","subscriptions":{"book":["BTC-EUR"]}}
 *   < {"event":"book","market","nonce":18,"bids":[["px","sz"]],"asks"}        nonce + 1 a market
 *   > {"action":"getBook","market":"BTC-EUR"}   < {"action":"getBook","response":{"market","nonce":17,"bids","asks"}}
 *   < {"event":"trade","timestamp":ms,"market","id":uuid,"amount","price","side"} · {"event":"ticker","market","bestBid",...}
 *   GET /v2/markets
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"book", SAY_BOOK}, {"trades", SAY_TRADE}, {"ticker", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('-', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    (void)depth;
    td_str_add_format(out, "{\"event\":\"book\",\"market\":\"%s\",\"nonce\":%llu,\"bids\":[",
                      market->is.raw, (unsigned long long)batch->last_seq);
    unsigned put = shape_touched(out, market, batch, false, shape_strings);
    td_str_add(out, "],\"asks\":[");
    put += shape_touched(out, market, batch, true, shape_strings);
    td_str_add(out, "]}");
    return put;
}

static void tell_base(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(
        out, "{\"action\":\"getBook\",\"response\":{\"market\":\"%s\",\"nonce\":%llu,\"bids\":[",
        market->is.raw, (unsigned long long)market->seq_told);
    shape_side(out, market, false, UINT32_MAX, shape_strings);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, UINT32_MAX, shape_strings);
    td_str_add(out, "]}}");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"event\":\"trade\",\"timestamp\":%lld,\"market\":\"%s\",\"id\":\"",
                      (long long)(trade->time_us / 1000), market->is.raw);
    td_str_add_format(out, "8b3e7e72-950c-4c4e-8ab8-%012llx", (unsigned long long)trade->id);
    td_str_add_char(out, '"');
    shape_size_member(out, market, "amount", trade->size_steps);
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add_format(out, ",\"side\":\"%s\"}", trade->taker_buys ? "buy" : "sell");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"event\":\"ticker\",\"market\":\"%s\"", market->is.raw);
    shape_price_member(out, market, "bestBid", bid->price_steps);
    shape_size_member(out, market, "bestBidSize", bid->size_steps);
    shape_price_member(out, market, "bestAsk", ask->price_steps);
    shape_size_member(out, market, "bestAskSize", ask->size_steps);
    shape_price_member(out, market, "lastPrice", market_trade(market, market->trades)->price_steps);
    td_str_add_char(out, '}');
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener)
{
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void refuse(struct listener *listener, const char *action, int code, const char *why)
{
    td_str_add_format(house_text(listener->house),
                      "{\"action\":\"%s\",\"errorCode\":%d,\"error\":\"%s\"}", action, code, why);
    answer(listener);
}

static void follow_markets(struct listener *listener, int wish, bool follow)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, json_member(json, wish, "name"), channels[c].name))
        c++;
    if (c == CHANNELS) {
        refuse(listener, "subscribe", 203, "channel is unknown");
        return;
    }
    int markets = json_member(json, wish, "markets");
    for (int name = json_first(json, markets); name >= 0; name = json_next(json, name)) {
        struct market *market = house_ask(listener, json_text(json, name));
        if (market == NULL) {
            refuse(listener, "subscribe", 205, "market parameter is invalid.");
            continue;
        }
        house_tell(house, market);
        house_follow(listener, market, channels[c].say, follow);
        td_str_add_format(house_text(house),
                          "{\"event\":\"%s\",\"subscriptions\":{\"%s\":[\"%s\"]}}",
                          follow ? "subscribed" : "unsubscribed", channels[c].name, market->is.raw);
        answer(listener);
    }
}

static void give_base(struct listener *listener)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, json_plain(house->json, 0, "market"));
    if (market == NULL) {
        refuse(listener, "getBook", 205, "market parameter is invalid.");
        return;
    }
    house_tell(house, market);
    tell_base(house, market);
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int action = json_member(json, 0, "action"), list = json_member(json, 0, "channels");
    bool follow = json_equals(json, action, "subscribe");
    if (json_equals(json, action, "getBook")) {
        give_base(listener);
        return;
    }
    if (!follow && !json_equals(json, action, "unsubscribe")) {
        refuse(listener, "unknown", 110, "Invalid action.");
        return;
    }
    for (int wish = json_first(json, list); wish >= 0; wish = json_next(json, wish))
        follow_markets(listener, wish, follow);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/v2/markets"))
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(
            out,
            "%s{\"market\":\"%s\",\"status\":\"trading\",\"base\":\"%.*s\",\"quote\":\"%.*s\","
            "\"pricePrecision\":%d,\"quantityDecimals\":%d,\"tickSize\":\"",
            i ? "," : "", is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
            is->price_scale, is->size_scale);
        shape_step(out, is->price_scale);
        td_str_add(out, "\",\"minOrderInBaseAsset\":\"0.0001\",\"minOrderInQuoteAsset\":\"5\","
                        "\"orderTypes\":[\"market\"]}");
    }
    td_str_add_char(out, ']');
    return 200;
}

const struct feed feed_bitvavo = {
    .name = "bitvavo",
    .ws_path = "/v2/",
    .quote = "EUR",
    .first_seq = 4000,
    .levels_a_side = 300,
    .levels_max = 8000,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .page = page,
};
