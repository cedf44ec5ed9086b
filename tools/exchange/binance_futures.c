/* Binance USD-M and COIN-M futures as seen by their clients: spot's messages with these differences.
 *
 *   < {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":ms,"T":ms,"s","U","u","pu":u of the one before,"b","a"}}   COIN-M has "ps"
 *   < aggTrade {"e","E","a":id,"s","p","q","f","l","T","m"} · bookTicker with E and T
 *   < markPriceUpdate {"e","E","s","p","i","P","r","T"} each second · forceOrder {"e","E","o":{"s","S","q","p","ap","z","T",...}} now and then
 *   GET /fapi/v1/depth, /dapi/v1/depth: {"lastUpdateId","E","T","bids","asks"}; /fapi/v1/exchangeInfo, /dapi/v1/exchangeInfo
 *
 * USD-M is dialled on /public for books and their top, on /market for the rest.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "venue/spelling.h"

enum { BASE_LEVELS = 1000, LIQUIDATION_S = 5 };

static const struct {
    const char *stream;
    uint8_t say;
} streams[] = {{"@depth@100ms", SAY_BOOK},  {"@aggTrade", SAY_TRADE},
               {"@bookTicker", SAY_TICKER}, {"@markPrice@1s", SAY_DERIVED},
               {"@markPrice", SAY_DERIVED}, {"@forceOrder", SAY_DERIVED}};
enum { STREAMS = sizeof streams / sizeof *streams };

/* BTC-USDT-PERP is BTCUSDT; BTC-USD-PERP is BTCUSD_PERP. */
static void spell_linear(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    spelling_perp(symbol, pair);
    shape_spell('\0', pair, raw);
}

static void spell_inverse(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    spell_linear(symbol, raw);
    spelling_add(raw, "_PERP");
}

static bool is_inverse(const struct house *house)
{
    return strcmp(house->feed->name, "binance_coinm") == 0;
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_stream(struct house *house, const struct market *market,
                                  const char *stream, const char *event, int64_t time_us)
{
    struct td_str *out = house_text(house);
    char name[TD_SYMBOL_MAX];
    td_text_copy(name, sizeof name, market->is.raw, strlen(market->is.raw));
    spelling_lower(name);
    td_str_add_format(out, "{\"stream\":\"%s%s\",\"data\":{\"e\":\"%s\",\"E\":%lld", name, stream,
                      event, (long long)(time_us / 1000));
    return out;
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_stream(house, market, "@depth@100ms", "depthUpdate", batch->time_us);
    td_str_add_format(out, ",\"T\":%lld,\"s\":\"%s\"", (long long)(batch->time_us / 1000),
                      market->is.raw);
    if (is_inverse(house))
        td_str_add_format(out, ",\"ps\":\"%.*s\"", (int)strcspn(market->is.raw, "_"),
                          market->is.raw);
    td_str_add_format(out, ",\"U\":%llu,\"u\":%llu,\"pu\":%llu,\"b\":[",
                      (unsigned long long)batch->first_seq, (unsigned long long)batch->last_seq,
                      (unsigned long long)market->view_seq[depth]);
    market->view_seq[depth] = batch->last_seq;
    unsigned put = shape_touched(out, market, batch, false, shape_strings);
    td_str_add(out, "],\"a\":[");
    put += shape_touched(out, market, batch, true, shape_strings);
    td_str_add(out, "]}}");
    return put;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_stream(house, market, "@aggTrade", "aggTrade", trade->time_us);
    td_str_add_format(out, ",\"a\":%llu,\"s\":\"%s\"", (unsigned long long)trade->id,
                      market->is.raw);
    shape_price_member(out, market, "p", trade->price_steps);
    shape_size_member(out, market, "q", trade->size_steps);
    td_str_add_format(out, ",\"f\":%llu,\"l\":%llu,\"T\":%lld,\"m\":%s}}",
                      (unsigned long long)trade->id, (unsigned long long)trade->id,
                      (long long)(trade->time_us / 1000), trade->taker_buys ? "false" : "true");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    int64_t time_us = market_stamp(market);
    struct td_str *out = house_text(house);
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    char name[TD_SYMBOL_MAX];
    (void)trade;
    td_text_copy(name, sizeof name, market->is.raw, strlen(market->is.raw));
    spelling_lower(name);
    td_str_add_format(
        out, "{\"stream\":\"%s@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":%llu,\"s\":\"%s\"",
        name, (unsigned long long)market->seq_open, market->is.raw);
    if (is_inverse(house))
        td_str_add_format(out, ",\"ps\":\"%.*s\"", (int)strcspn(market->is.raw, "_"),
                          market->is.raw);
    shape_price_member(out, market, "b", bid->price_steps);
    shape_size_member(out, market, "B", bid->size_steps);
    shape_price_member(out, market, "a", ask->price_steps);
    shape_size_member(out, market, "A", ask->size_steps);
    td_str_add_format(out, ",\"T\":%lld,\"E\":%lld}}", (long long)(time_us / 1000),
                      (long long)(time_us / 1000));
}

static void put_liquidation(struct house *house, const struct market *market)
{
    const struct market_trade *trade = market_trade(market, market->trades);
    struct td_str *out = open_stream(house, market, "@forceOrder", "forceOrder", house->now_us);
    td_str_add_format(out, ",\"o\":{\"s\":\"%s\",\"S\":\"%s\",\"o\":\"LIMIT\",\"f\":\"IOC\"",
                      market->is.raw, trade->taker_buys ? "BUY" : "SELL");
    shape_size_member(out, market, "q", trade->size_steps);
    shape_price_member(out, market, "p", trade->price_steps);
    shape_price_member(out, market, "ap", trade->price_steps);
    td_str_add(out, ",\"X\":\"FILLED\"");
    shape_size_member(out, market, "l", trade->size_steps);
    shape_size_member(out, market, "z", trade->size_steps);
    td_str_add_format(out, ",\"T\":%lld}}}", (long long)(house->now_us / 1000));
}

static void tell_derived(struct house *house, struct market *market)
{
    struct market_derived derived = market_derived(market);
    if (house->now_us / 1000000 % LIQUIDATION_S == 0) {
        put_liquidation(house, market);
        return;
    }
    struct td_str *out =
        open_stream(house, market, "@markPrice@1s", "markPriceUpdate", house->now_us);
    td_str_add_format(out, ",\"s\":\"%s\"", market->is.raw);
    shape_price_member(out, market, "p", derived.mark_steps);
    shape_price_member(out, market, "i", derived.index_steps);
    shape_price_member(out, market, "P", derived.index_steps);
    td_str_add(out, ",\"r\":\"");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add_format(out, "\",\"T\":%lld}}", (long long)(derived.next_funding_us / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void choose_stream(struct listener *listener, struct td_text name, bool subscribe)
{
    const char *at = memchr(name.at, '@', name.bytes);
    char raw[TD_SYMBOL_MAX] = "", stream[TD_SYMBOL_MAX] = "";
    if (at == NULL || !td_text_copy(raw, sizeof raw, name.at, (size_t)(at - name.at)))
        return;
    spelling_upper(raw);
    td_text_copy(stream, sizeof stream, at, (size_t)(name.at + name.bytes - at));
    struct market *market = house_ask(listener, (struct td_text){raw, (uint32_t)strlen(raw)});
    for (unsigned i = 0; market && i < STREAMS; i++)
        if (strcmp(stream, streams[i].stream) == 0)
            house_follow(listener, market, streams[i].say, subscribe);
}

/* An unknown stream is accepted and stays silent, as there. */
static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int method = json_member(json, 0, "method"), list = json_member(json, 0, "params");
    struct td_text id = json_plain(json, 0, "id");
    bool subscribe = json_equals(json, method, "SUBSCRIBE");
    bool known = subscribe || json_equals(json, method, "UNSUBSCRIBE");
    for (int p = json_first(json, list); known && p >= 0; p = json_next(json, p))
        choose_stream(listener, json_text(json, p), subscribe);
    struct td_str *out = house_text(house);
    td_str_add(out, known ? "{\"result\":null"
                          : "{\"error\":{\"code\":2,\"msg\":\"Invalid request: unknown method\"}");
    td_str_add(out, ",\"id\":");
    td_str_add_bytes(out, id.at ? id.at : "null", id.at ? id.bytes : 4);
    td_str_add_char(out, '}');
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

static int depth_page(struct house *house, const char *target)
{
    struct td_text name = shape_query(target, "symbol");
    struct td_str *out = house_text(house);
    struct market *market = house_find(house, name.at, name.bytes);
    long long ms = house->now_us / 1000;
    if (market == NULL) {
        td_str_add(out, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
        return 400;
    }
    td_str_add_format(out, "{\"lastUpdateId\":%llu,\"E\":%lld,\"T\":%lld,\"bids\":[",
                      (unsigned long long)market->seq_open, ms, ms);
    shape_side(out, market, false, BASE_LEVELS, shape_strings);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, BASE_LEVELS, shape_strings);
    td_str_add(out, "]}");
    return 200;
}

static void put_listed(struct td_str *out, const struct market_params *is, bool inverse)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    td_str_add_format(out,
                      "{\"symbol\":\"%s\",\"pair\":\"%.*s%.*s\",\"contractType\":\"PERPETUAL\","
                      "\"deliveryDate\":4133404800000,\"%s\":\"TRADING\",\"baseAsset\":\"%.*s\","
                      "\"quoteAsset\":\"%.*s\",\"marginAsset\":\"%.*s\",",
                      is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
                      inverse ? "contractStatus" : "status", (int)base.bytes, base.at,
                      (int)quote.bytes, quote.at, (int)(inverse ? base.bytes : quote.bytes),
                      inverse ? base.at : quote.at);
    td_str_add(out, inverse ? "\"contractSize\":100," : "");
    td_str_add(out, "\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"tickSize\":\"");
    shape_step(out, is->price_scale);
    td_str_add(out, "\"},{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"");
    shape_step(out, is->size_scale);
    td_str_add(out, "\"}]}");
}

static int list_page(struct house *house)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"timezone\":\"UTC\",\"symbols\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is, is_inverse(house));
    }
    td_str_add(out, "]}");
    return 200;
}

static int page(struct house *house, const char *target)
{
    const char *root = is_inverse(house) ? "/dapi/v1" : "/fapi/v1";
    if (strncmp(target, root, strlen(root)) != 0)
        return 404;
    target += strlen(root);
    return shape_is_path(target, "/depth")          ? depth_page(house, target)
           : shape_is_path(target, "/exchangeInfo") ? list_page(house)
                                                    : 404;
}

#define FUTURES(word, money, names)                                                                \
    {                                                                                              \
        .name = word, .quote = money, .seq_per_change = true, .first_seq = 600000,                 \
        .levels_a_side = 400, .levels_max = 8000, .depths = 1, .bad_at = "\"b\":[",                \
        .bad_level = "[\"99999999999999999999.99\",\"1\"]", .spell = names, .book = tell_book,     \
        .trade = tell_trade, .ticker = tell_ticker, .derived = tell_derived, .hear = hear,         \
        .page = page, .says_max = 10                                                               \
    }

const struct feed feed_binance_usdm = FUTURES("binance_usdm", "USDT-PERP", spell_linear);
const struct feed feed_binance_coinm = FUTURES("binance_coinm", "USD-PERP", spell_inverse);
