/* Blockchain.com as seen by its clients.
 *
 *   > {"action":"subscribe","channel":"l2","symbol":"BTC-USD"}       trades, ticker
 *   < {"seqnum":8,"event":"subscribed","channel":"l2","symbol":"BTC-USD","batching":false}
 *   < {"seqnum":9,"event":"snapshot"|"updated","channel":"l2","symbol","bids":[{"num":1,"px":n,"qty":n}],"asks","timestamp":RFC3339 us}
 *   < {"seqnum":10,"event":"updated","channel":"trades","symbol","timestamp","side":"sell","qty":n,"price":n,"trade_id":"text"}
 *
 * seqnum counts all that the connection was told. Numbers may bear an exponent.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"l2", SAY_BOOK}, {"trades", SAY_TRADE}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('-', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

/* 1E-5 of one step of 10^-5: small prices come that way. */
static void put_price(struct td_str *out, const struct market *market, int64_t steps)
{
    if (market->is.price_scale < 6)
        shape_price(out, market, steps);
    else
        td_str_add_format(out, "%lldE-%d", (long long)steps, market->is.price_scale);
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add_format(out, "{\"num\":%d,\"px\":", level.size_steps ? 1 : 0);
    put_price(out, market, level.price_steps);
    td_str_add(out, ",\"qty\":");
    if (level.size_steps)
        shape_size(out, market, level.size_steps);
    else
        td_str_add(out, "0.0");
    td_str_add_char(out, '}');
}

static struct td_str *open_push(struct house *house, const char *event, const char *channel,
                                const struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"seqnum\":");
    house_put_seq(out);
    td_str_add_format(out, ",\"event\":\"%s\",\"channel\":\"%s\",\"symbol\":\"%s\"", event, channel,
                      market->is.raw);
    return out;
}

static void put_time(struct td_str *out, int64_t time_us)
{
    td_str_add(out, ",\"timestamp\":\"");
    spell_utc(out, time_us);
    td_str_add_char(out, '"');
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "updated", "l2", market);
    (void)depth;
    td_str_add(out, ",\"bids\":[");
    unsigned put = shape_touched(out, market, batch, false, put_level);
    td_str_add(out, "],\"asks\":[");
    put += shape_touched(out, market, batch, true, put_level);
    td_str_add_char(out, ']');
    put_time(out, batch->time_us);
    td_str_add_char(out, '}');
    return put;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "snapshot", "l2", market);
    td_str_add(out, ",\"bids\":[");
    shape_side(out, market, false, UINT32_MAX, put_level);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, UINT32_MAX, put_level);
    td_str_add_char(out, ']');
    put_time(out, market->time_us);
    td_str_add_char(out, '}');
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "updated", "trades", market);
    put_time(out, trade->time_us);
    td_str_add_format(out, ",\"side\":\"%s\",\"qty\":", trade->taker_buys ? "buy" : "sell");
    shape_size(out, market, trade->size_steps);
    td_str_add(out, ",\"price\":");
    put_price(out, market, trade->price_steps);
    td_str_add_format(out, ",\"trade_id\":\"%llu\"}", (unsigned long long)trade->id);
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void refuse(struct listener *listener)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"seqnum\":");
    house_put_seq(out);
    td_str_add(out, ",\"event\":\"rejected\",\"channel\":\"l2\",\"text\":\"Invalid symbol\"}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int action = json_member(json, 0, "action"), channel = json_member(json, 0, "channel");
    bool follow = json_equals(json, action, "subscribe");
    struct market *market = house_ask(listener, json_plain(json, 0, "symbol"));
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, channel, channels[c].name))
        c++;
    if (market == NULL || c == CHANNELS) {
        refuse(listener);
        return;
    }
    house_tell(house, market);
    td_str_add(open_push(house, follow ? "subscribed" : "unsubscribed", channels[c].name, market),
               "}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
    if (!house_follow(listener, market, channels[c].say, follow) || !follow ||
        channels[c].say != SAY_BOOK)
        return;
    tell_snapshot(house, market);
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void put_listed(struct td_str *out, const struct market_params *is)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    td_str_add_format(
        out,
        "{\"symbol\":\"%s\",\"base_currency\":\"%.*s\",\"base_currency_scale\":%d,"
        "\"counter_currency\":\"%.*s\",\"counter_currency_scale\":2,\"min_price_increment\":1,"
        "\"min_price_increment_scale\":%d,\"min_order_size\":1,\"min_order_size_scale\":8,"
        "\"lot_size\":1,\"lot_size_scale\":%d,\"status\":\"open\",\"id\":1}",
        is->raw, (int)base.bytes, base.at, is->size_scale, (int)quote.bytes, quote.at,
        is->price_scale, is->size_scale);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    bool object = shape_is_path(target, "/v3/exchange/symbols");
    if (!object && !shape_is_path(target, "/mercury-gateway/v1/instruments"))
        return 404;
    td_str_add_char(out, object ? '{' : '[');
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        if (object)
            td_str_add_format(out, "\"%s\":", house->market[i].is.raw);
        put_listed(out, &house->market[i].is);
    }
    td_str_add_char(out, object ? '}' : ']');
    return 200;
}

const struct feed feed_blockchain = {
    .name = "blockchain",
    .ws_path = "/mercury-gateway/v1/ws",
    .quote = "USD",
    .levels_a_side = 200,
    .levels_max = 4000,
    .depths = 1,
    .marked = true,
    .bad_at = "\"bids\":[",
    .bad_level = "{\"num\":1,\"px\":99999999999999999999.99,\"qty\":1.0}",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .hear = hear,
    .page = page,
};
