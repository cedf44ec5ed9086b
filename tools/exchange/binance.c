/* Binance spot as seen by its clients.
 *
 *   > {"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@trade","btcusdt@bookTicker"],"id":1}
 *   < {"result":null,"id":1}
 *   < {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":ms,"s":"BTCUSDT","U":first,"u":last,"b":[["px","sz"]],"a":[]}}
 *   GET /api/v3/depth?symbol=BTCUSDT&limit=5000   {"lastUpdateId":n,"bids":[],"asks":[]}
 *
 * Each change of the book has a number; a message carries U..u of all that it gathers, so a base often lies inside a message that
 * is not yet told.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/house.h"
#include "exchange/spell.h"

enum { DECIMALS = 8, BASE_LEVELS = 100, BASE_LEVELS_MAX = 5000 };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    size_t bytes = 0;
    for (; *symbol && bytes + 1 < TD_SYMBOL_MAX; symbol++)
        if (*symbol != '-')
            raw[bytes++] = *symbol;
    raw[bytes] = '\0';
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_number(struct td_str *out, int64_t steps, int scale)
{
    spell_fixed(out, steps, scale, scale > DECIMALS ? scale : DECIMALS);
}

static void put_level(struct td_str *out, const struct market *market, struct level level,
                      bool first)
{
    td_str_add(out, first ? "[\"" : ",[\"");
    put_number(out, level.price_steps, market->is.price_scale);
    td_str_add(out, "\",\"");
    put_number(out, level.size_steps, market->is.size_scale);
    td_str_add(out, "\"]");
}

static void put_lower(struct td_str *out, const char *text)
{
    for (; *text; text++)
        td_str_add_char(out, (char)tolower((unsigned char)*text));
}

/* The envelope stays open: `data` and a brace end it. */
static struct td_str *open_stream(struct house *house, const struct market *market,
                                  const char *stream)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"stream\":\"");
    put_lower(out, market->is.raw);
    td_str_add(out, stream);
    td_str_add(out, "\",\"data\":");
    return out;
}

static void put_touched(struct td_str *out, const struct market *market,
                        const struct market_batch *batch, bool ask)
{
    bool first = true;
    for (unsigned i = 0; i < batch->count; i++) {
        int64_t price = batch->touched[i].price_steps;
        if (batch->touched[i].ask != ask)
            continue;
        put_level(out, market, (struct level){price, levels_size(&market->side[ask], price)},
                  first);
        first = false;
    }
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_stream(house, market, "@depth@100ms");
    (void)depth;
    td_str_add(out, "{\"e\":\"depthUpdate\",\"E\":");
    td_str_add_i64(out, batch->time_us / 1000);
    td_str_add(out, ",\"s\":\"");
    td_str_add(out, market->is.raw);
    td_str_add(out, "\",\"U\":");
    td_str_add_i64(out, (int64_t)batch->first_seq);
    td_str_add(out, ",\"u\":");
    td_str_add_i64(out, (int64_t)batch->last_seq);
    td_str_add(out, ",\"b\":[");
    put_touched(out, market, batch, false);
    td_str_add(out, "],\"a\":[");
    put_touched(out, market, batch, true);
    td_str_add(out, "]}}");
    return batch->count;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_stream(house, market, "@trade");
    long long ms = trade->time_us / 1000;
    td_str_add_format(out, "{\"e\":\"trade\",\"E\":%lld,\"s\":\"%s\",\"t\":%llu,\"p\":\"", ms,
                      market->is.raw, (unsigned long long)trade->id);
    put_number(out, trade->price_steps, market->is.price_scale);
    td_str_add(out, "\",\"q\":\"");
    put_number(out, trade->size_steps, market->is.size_scale);
    td_str_add_format(out, "\",\"T\":%lld,\"m\":%s,\"M\":true}}", ms,
                      trade->taker_buys ? "false" : "true");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_stream(house, market, "@bookTicker");
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"u\":%llu,\"s\":\"%s\",\"b\":\"",
                      (unsigned long long)market->seq_open, market->is.raw);
    put_number(out, bid->price_steps, market->is.price_scale);
    td_str_add(out, "\",\"B\":\"");
    put_number(out, bid->size_steps, market->is.size_scale);
    td_str_add(out, "\",\"a\":\"");
    put_number(out, ask->price_steps, market->is.price_scale);
    td_str_add(out, "\",\"A\":\"");
    put_number(out, ask->size_steps, market->is.size_scale);
    td_str_add(out, "\"}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *stream;
    uint8_t say;
} streams[] = {{"@depth@100ms", SAY_BOOK},
               {"@depth", SAY_BOOK},
               {"@trade", SAY_TRADE},
               {"@bookTicker", SAY_TICKER}};

static void choose_stream(struct listener *listener, struct td_text name, bool subscribe)
{
    const char *at = memchr(name.at, '@', name.bytes);
    char raw[TD_SYMBOL_MAX] = "", stream[TD_SYMBOL_MAX] = "";
    if (at == NULL || at - name.at >= TD_SYMBOL_MAX)
        return;
    for (size_t i = 0; i < (size_t)(at - name.at); i++)
        raw[i] = (char)toupper((unsigned char)name.at[i]);
    td_text_copy(stream, sizeof stream, at, (size_t)(name.at + name.bytes - at));
    struct market *market = house_ask(listener, (struct td_text){raw, (uint32_t)strlen(raw)});
    for (unsigned i = 0; market && i < sizeof streams / sizeof *streams; i++) {
        if (strcmp(stream, streams[i].stream) != 0)
            continue;
        house_follow(listener, market, streams[i].say, subscribe);
    }
}

/* An unknown stream is accepted and stays silent, as there. */
static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int method = json_member(json, 0, "method"), list = json_member(json, 0, "params");
    bool subscribe = json_equals(json, method, "SUBSCRIBE");
    struct td_text id = json_plain(json, 0, "id");
    struct td_str *out = house_text(house);
    if (!subscribe && !json_equals(json, method, "UNSUBSCRIBE")) {
        td_str_add(out, "{\"error\":{\"code\":2,\"msg\":\"Invalid request: unknown method\"}");
    } else {
        for (int p = json_first(json, list); p >= 0; p = json_next(json, p))
            choose_stream(listener, json_text(json, p), subscribe);
        td_str_add(out, "{\"result\":null");
    }
    td_str_add(out, ",\"id\":");
    td_str_add_bytes(out, id.at ? id.at : "null", id.at ? id.bytes : 4);
    td_str_add_char(out, '}');
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void put_base_side(struct td_str *out, const struct market *market, bool ask, uint32_t limit)
{
    const struct level *level;
    for (uint32_t i = 0; i < limit && (level = levels_nth(&market->side[ask], i)); i++)
        put_level(out, market, *level, i == 0);
}

static int depth_page(struct house *house, const char *query)
{
    struct td_str *out = house_text(house);
    const char *symbol = strstr(query, "symbol="), *limit = strstr(query, "limit=");
    symbol = symbol ? symbol + 7 : "";
    struct market *market = house_find(house, symbol, strcspn(symbol, "&"));
    uint32_t levels = limit ? (uint32_t)strtoul(limit + 6, NULL, 10) : BASE_LEVELS;
    if (market == NULL) {
        td_str_add(out, "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
        return 400;
    }
    if (levels > BASE_LEVELS_MAX)
        levels = BASE_LEVELS_MAX;
    td_str_add_format(out, "{\"lastUpdateId\":%llu,\"bids\":[",
                      (unsigned long long)market->seq_open);
    put_base_side(out, market, false, levels);
    td_str_add(out, "],\"asks\":[");
    put_base_side(out, market, true, levels);
    td_str_add(out, "]}");
    return 200;
}

static void put_listed(struct td_str *out, const struct market_params *is)
{
    const char *dash = strchr(is->symbol, '-');
    td_str_add_format(out,
                      "{\"symbol\":\"%s\",\"status\":\"TRADING\",\"baseAsset\":\"%.*s\","
                      "\"quoteAsset\":\"%s\",\"filters\":[{\"filterType\":\"PRICE_FILTER\","
                      "\"tickSize\":\"",
                      is->raw, (int)(dash - is->symbol), is->symbol, dash + 1);
    put_number(out, 1, is->price_scale);
    td_str_add(out, "\"},{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"");
    put_number(out, 1, is->size_scale);
    td_str_add(out, "\"}]}");
}

/* The later listed, the busier: what is chosen by volume is then not what a list begins with. */
static int volumes_page(struct house *house)
{
    struct td_str *out = house_text(house);
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++)
        td_str_add_format(out, "%s{\"symbol\":\"%s\",\"quoteVolume\":\"%u.50\"}", i ? "," : "",
                          house->market[i].is.raw, 1000 * (i + 1));
    td_str_add_char(out, ']');
    return 200;
}

/* The newest, oldest first. */
static int trades_page(struct house *house, const char *query)
{
    struct td_str *out = house_text(house);
    const char *symbol = strstr(query, "symbol=");
    symbol = symbol ? symbol + 7 : "";
    struct market *market = house_find(house, symbol, strcspn(symbol, "&"));
    if (market == NULL)
        return 400;
    uint64_t kept = market->trades < MARKET_TRADES_KEPT ? market->trades : MARKET_TRADES_KEPT;
    td_str_add_char(out, '[');
    for (uint64_t n = kept; n-- > 0;) {
        const struct market_trade *trade = market_trade(market, market->trades - n);
        td_str_add_format(out, "{\"id\":%llu,\"price\":\"", (unsigned long long)trade->id);
        put_number(out, trade->price_steps, market->is.price_scale);
        td_str_add(out, "\",\"qty\":\"");
        put_number(out, trade->size_steps, market->is.size_scale);
        td_str_add_format(out, "\",\"time\":%lld,\"isBuyerMaker\":%s,\"isBestMatch\":true}%s",
                          (long long)(trade->time_us / 1000), trade->taker_buys ? "false" : "true",
                          n > 0 ? "," : "");
    }
    td_str_add_char(out, ']');
    return 200;
}

static int page(struct house *house, const char *target)
{
    static const char trades[] = "/api/v3/trades?";
    if (strncmp(target, trades, sizeof trades - 1) == 0)
        return trades_page(house, target + sizeof trades - 1);
    static const char depth[] = "/api/v3/depth?";
    if (strncmp(target, depth, sizeof depth - 1) == 0)
        return depth_page(house, target + sizeof depth - 1);
    if (strcmp(target, "/api/v3/ticker/24hr") == 0)
        return volumes_page(house);
    if (strcmp(target, "/api/v3/exchangeInfo") != 0)
        return 404;
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"symbols\":[",
                      (long long)(house->now_us / 1000));
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is);
    }
    td_str_add(out, "]}");
    return 200;
}

static void say_notice(struct listener *listener)
{
    td_str_add_format(house_text(listener->house), "{\"e\":\"serverShutdown\",\"E\":%lld}",
                      (long long)(listener->house->now_us / 1000));
    house_reply(listener);
}

/* One engine under several names. */
#define SPOT(its_name)                                                                             \
    {                                                                                              \
        .name = its_name, .ws_path = "/stream", .quote = "USDT", .ws_ping_s = 20, .says_max = 5,   \
        .channels_max = 1024, .seq_per_change = true, .first_seq = 1000000, .levels_a_side = 1500, \
        .levels_max = 12000, .depths = 1, .bad_at = "\"b\":[",                                     \
        .bad_level = "[\"99999999999999999999.99000000\",\"1.00000000\"]", .spell = spell_symbol,  \
        .book = tell_book, .trade = tell_trade, .ticker = tell_ticker, .hear = hear, .page = page, \
        .notice = say_notice,                                                                      \
    }

const struct feed feed_binance = SPOT("binance");
const struct feed feed_binance_us = SPOT("binance_us");
