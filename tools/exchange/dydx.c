/* dYdX v4 (the indexer) as seen by its clients.
 *
 *   < {"type":"connected","connection_id","message_id":0}
 *   > {"type":"subscribe","channel":"v4_orderbook","id":"BTC-USD"}        v4_trades, v4_markets (no id); "batched"
 *   < {"type":"subscribed","connection_id","message_id":1,"channel","id","contents":{"bids":[{"price","size"}],"asks"}}
 *   < {"type":"channel_data","connection_id","message_id":2,"id","channel":"v4_orderbook","version","contents":{"bids":[["px","sz"]],"asks"}}
 *   < ... v4_trades contents {"trades":[{"id":hex,"size","price","side":"BUY","createdAt":ISO,"type":"LIMIT"}]}; newest first when subscribed
 *
 * message_id counts all that the connection was told.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LISTED_TRADES = 30 };

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"v4_orderbook", SAY_BOOK}, {"v4_trades", SAY_TRADE}};
enum { CHANNELS = sizeof channels / sizeof *channels };

/* BTC-USD-PERP is BTC-USD. */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    const char *perp = strstr(symbol, "-PERP");
    td_text_copy(raw, TD_SYMBOL_MAX, symbol, perp ? (size_t)(perp - symbol) : strlen(symbol));
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_object(struct td_str *out, const struct market *market, bool ask,
                       struct level level)
{
    (void)ask;
    td_str_add(out, "{\"price\":\"");
    shape_price(out, market, level.price_steps);
    td_str_add(out, "\",\"size\":\"");
    shape_size(out, market, level.size_steps);
    td_str_add(out, "\"}");
}

static struct td_str *open_push(struct house *house, const char *type, const char *channel,
                                const struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"type\":\"%s\",\"connection_id\":\"f4e0\",\"message_id\":", type);
    house_put_seq(out);
    td_str_add_format(out, ",\"id\":\"%s\",\"channel\":\"%s\",\"version\":\"1.0.0\",\"contents\":",
                      market->is.raw, channel);
    return out;
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "channel_data", "v4_orderbook", market);
    (void)depth;
    td_str_add(out, "{\"bids\":[");
    unsigned put = shape_touched(out, market, batch, false, shape_strings);
    td_str_add(out, "],\"asks\":[");
    put += shape_touched(out, market, batch, true, shape_strings);
    td_str_add(out, "]}}");
    return put;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "subscribed", "v4_orderbook", market);
    td_str_add(out, "{\"bids\":[");
    shape_side(out, market, false, UINT32_MAX, put_object);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, UINT32_MAX, put_object);
    td_str_add(out, "]}}");
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"id\":\"03f8a1c200000002%016llx\"", (unsigned long long)trade->id);
    shape_size_member(out, market, "size", trade->size_steps);
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add_format(out, ",\"side\":\"%s\",\"createdAt\":\"", trade->taker_buys ? "BUY" : "SELL");
    spell_utc(out, trade->time_us / 1000 * 1000);
    out->bytes -= 4; /* to the millisecond */
    td_str_add_format(out, "Z\",\"type\":\"%s\",\"createdAtHeight\":\"1\"}",
                      trade->id % 41 == 0 ? "LIQUIDATED" : "LIMIT");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "channel_data", "v4_trades", market);
    td_str_add(out, "{\"trades\":[");
    put_trade(out, market, trade);
    td_str_add(out, "]}}");
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "subscribed", "v4_trades", market);
    td_str_add(out, "{\"trades\":[");
    for (uint64_t id = market->trades; id > market->trades - LISTED_TRADES; id--) {
        td_str_add(out, id < market->trades ? "," : "");
        put_trade(out, market, market_trade(market, id));
    }
    td_str_add(out, "]}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void greet(struct listener *listener)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"type\":\"connected\",\"connection_id\":\"f4e0\",\"message_id\":");
    house_put_seq(out);
    td_str_add_char(out, '}');
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void answer(struct listener *listener, const char *type, const char *words)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"type\":\"%s\",\"connection_id\":\"f4e0\",\"message_id\":", type);
    house_put_seq(out);
    td_str_add(out, words);
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    bool follow = json_equals(json, json_member(json, 0, "type"), "subscribe");
    struct market *market = house_ask(listener, json_plain(json, 0, "id"));
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, json_member(json, 0, "channel"), channels[c].name))
        c++;
    if (json_equals(json, json_member(json, 0, "channel"), "v4_markets")) {
        answer(listener, "subscribed",
               ",\"channel\":\"v4_markets\",\"contents\":{\"markets\":{}}}");
        return;
    }
    if (market == NULL || c == CHANNELS) {
        answer(listener, "error", ",\"message\":\"Invalid subscription id for channel\"}");
        return;
    }
    house_tell(house, market);
    bool taken = house_follow(listener, market, channels[c].say, follow);
    if (!follow) {
        char words[128];
        struct td_str out = td_str_on(words, sizeof words);
        td_str_add_format(&out, ",\"channel\":\"%s\",\"id\":\"%s\"}", channels[c].name,
                          market->is.raw);
        answer(listener, "unsubscribed", words);
    } else if (taken) {
        if (channels[c].say == SAY_BOOK)
            tell_snapshot(house, market);
        else
            tell_trade_list(house, market);
        house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
    }
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/v4/perpetualMarkets"))
        return 404;
    td_str_add(out, "{\"markets\":{");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        td_str_add_format(out,
                          "%s\"%s\":{\"clobPairId\":\"%u\",\"ticker\":\"%s\",\"status\":\"ACTIVE\","
                          "\"tickSize\":\"",
                          i ? "," : "", is->raw, i, is->raw);
        shape_step(out, is->price_scale);
        td_str_add(out, "\",\"stepSize\":\"");
        shape_step(out, is->size_scale);
        td_str_add(out, "\",\"oraclePrice\":\"1\",\"volume24H\":\"1000\",\"nextFundingRate\":\"0."
                        "00001\",\"openInterest\":\"5\"}");
    }
    td_str_add(out, "}}");
    return 200;
}

const struct feed feed_dydx = {
    .name = "dydx",
    .ws_path = "/v4/ws",
    .quote = "USD-PERP",
    .levels_a_side = 200,
    .levels_max = 4000,
    .depths = 1,
    .marked = true,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .greet = greet,
    .hear = hear,
    .page = page,
    .ws_ping_s = 30,
};
