/* HitBTC, BeQuant and FMFW, version 3, as seen by their clients: one engine, three houses.
 *
 *   > {"method":"subscribe","ch":"orderbook/full","params":{"symbols":["BTCUSDT"]},"id":1}     trades, ticker/1s
 *   < {"result":{"ch":"orderbook/full","subscriptions":["BTCUSDT"]},"id":1}
 *   < {"ch":"orderbook/full","snapshot":{"BTCUSDT":{"t":ms,"s":17,"a":[["px","sz"]],"b":[]}}}, then "update": s + 1 a symbol
 *   < {"ch":"trades","snapshot":{"BTCUSDT":[100 old ones]}}, then "update": {"t","i","p","q","s"}
 *   < {"ch":"ticker/1s","data":{"BTCUSDT":{"t","a","A","b","B","c","o","h","l","v","q","p","P","L"}}}
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LISTED_TRADES = 60 };

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"orderbook/full", SAY_BOOK}, {"trades", SAY_TRADE}, {"ticker/1s", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('\0', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const char *channel, const char *kind,
                                const struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"ch\":\"%s\",\"%s\":{\"%s\":", channel, kind, market->is.raw);
    return out;
}

static void open_book(struct td_str *out, int64_t time_us, uint64_t seq)
{
    td_str_add_format(out, "{\"t\":%lld,\"s\":%llu,\"a\":[", (long long)(time_us / 1000),
                      (unsigned long long)seq);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "orderbook/full", "update", market);
    (void)depth;
    open_book(out, batch->time_us, batch->last_seq);
    unsigned put = shape_touched(out, market, batch, true, shape_strings);
    td_str_add(out, "],\"b\":[");
    put += shape_touched(out, market, batch, false, shape_strings);
    td_str_add(out, "]}}}");
    return put;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "orderbook/full", "snapshot", market);
    open_book(out, market->time_us, market->seq_told);
    shape_side(out, market, true, UINT32_MAX, shape_strings);
    td_str_add(out, "],\"b\":[");
    shape_side(out, market, false, UINT32_MAX, shape_strings);
    td_str_add(out, "]}}}");
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"t\":%lld,\"i\":%llu", (long long)(trade->time_us / 1000),
                      (unsigned long long)trade->id);
    shape_price_member(out, market, "p", trade->price_steps);
    shape_size_member(out, market, "q", trade->size_steps);
    td_str_add_format(out, ",\"s\":\"%s\"}", trade->taker_buys ? "buy" : "sell");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "trades", "update", market);
    td_str_add_char(out, '[');
    put_trade(out, market, trade);
    td_str_add(out, "]}}");
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "trades", "snapshot", market);
    td_str_add_char(out, '[');
    for (uint64_t id = market->trades - LISTED_TRADES + 1; id <= market->trades; id++) {
        put_trade(out, market, market_trade(market, id));
        td_str_add(out, id < market->trades ? "," : "");
    }
    td_str_add(out, "]}}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "ticker/1s", "data", market);
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"t\":%lld", (long long)(market_stamp(market) / 1000));
    shape_price_member(out, market, "a", ask->price_steps);
    shape_size_member(out, market, "A", ask->size_steps);
    shape_price_member(out, market, "b", bid->price_steps);
    shape_size_member(out, market, "B", bid->size_steps);
    shape_price_member(out, market, "c", market_trade(market, market->trades)->price_steps);
    shape_price_member(out, market, "o", market->open_steps);
    shape_price_member(out, market, "h", market->high_steps);
    shape_price_member(out, market, "l", market->low_steps);
    shape_size_member(out, market, "v", market->volume_steps);
    td_str_add_format(out, ",\"q\":\"1\",\"p\":\"0.01\",\"P\":\"0.02\",\"L\":%llu}}}",
                      (unsigned long long)market->trades);
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void put_id(struct td_str *out, const struct json *json)
{
    struct td_text id = json_plain(json, 0, "id");
    td_str_add(out, ",\"id\":");
    td_str_add_bytes(out, id.at ? id.at : "null", id.at ? id.bytes : 4);
    td_str_add_char(out, '}');
}

static void refuse(struct listener *listener, int code, const char *message)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"error\":{\"code\":%d,\"message\":\"%s\",\"description\":\"\"}", code,
                      message);
    put_id(out, listener->house->json);
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    if (say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        return;
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void follow_all(struct listener *listener, int symbols, unsigned c, bool follow)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    for (int symbol = json_first(json, symbols); symbol >= 0; symbol = json_next(json, symbol)) {
        struct market *market = house_ask(listener, json_text(json, symbol));
        if (market == NULL) {
            refuse(listener, 2001, "Symbol not found");
            continue;
        }
        struct td_str *out = house_text(house);
        td_str_add_format(out, "{\"result\":{\"ch\":\"%s\",\"subscriptions\":[\"%s\"]}",
                          channels[c].name, market->is.raw);
        put_id(out, json);
        house_say(listener, (struct house_told){.say = SAY_ANSWER});
        house_tell(house, market);
        if (house_follow(listener, market, channels[c].say, follow) && follow)
            start_channel(listener, market, channels[c].say);
    }
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int method = json_member(json, 0, "method"), channel = json_member(json, 0, "ch"),
        params = json_member(json, 0, "params");
    bool follow = json_equals(json, method, "subscribe");
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, channel, channels[c].name))
        c++;
    if ((!follow && !json_equals(json, method, "unsubscribe")) || c == CHANNELS)
        refuse(listener, 1002, "Bad request");
    else
        follow_all(listener, json_member(json, params, "symbols"), c, follow);
}

/* An object by name. */
static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/api/3/public/symbol"))
        return 404;
    td_str_add_char(out, '{');
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(
            out,
            "%s\"%s\":{\"type\":\"spot\",\"base_currency\":\"%.*s\",\"quote_currency\":\"%.*s\","
            "\"status\":\"working\",\"quantity_increment\":\"",
            i ? "," : "", is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at);
        shape_step(out, is->size_scale);
        td_str_add(out, "\",\"tick_size\":\"");
        shape_step(out, is->price_scale);
        td_str_add(
            out, "\",\"take_rate\":\"0.0025\",\"make_rate\":\"0.001\",\"fee_currency\":\"USDT\"}");
    }
    td_str_add_char(out, '}');
    return 200;
}

#define HOUSE(word)                                                                                \
    {                                                                                              \
        .name = word, .ws_path = "/api/3/ws/public", .quote = "USDT", .first_seq = 800,            \
        .levels_a_side = 300, .levels_max = 8000, .depths = 1, .bad_at = "\"a\":[",                \
        .bad_level = "[\"99999999999999999999.99\",\"1\"]", .spell = spell_symbol,                 \
        .book = tell_book, .trade = tell_trade, .ticker = tell_ticker, .hear = hear, .page = page  \
    }

const struct feed feed_hitbtc = HOUSE("hitbtc");
const struct feed feed_bequant = HOUSE("bequant");
const struct feed feed_fmfw = HOUSE("fmfw");
