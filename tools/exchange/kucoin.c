/* KuCoin's classic spot feed as seen by its clients.
 *
 *   POST /api/v1/bullet-public   {"code":"200000","data":{"token","instanceServers":[{"endpoint":"wss://...","pingInterval":18000}]}}
 *   dial endpoint?token=...&connectId=...   < {"id","type":"welcome"}
 *   > {"id","type":"subscribe","topic":"/market/level2:BTC-USDT,ETH-USDT","response":true}   < {"id","type":"ack"}
 *   < {"type":"message","topic","subject":"trade.l2update","data":{"symbol","changes":{"asks":[["px","sz","seq"]],"bids":[]},
 *      "sequenceStart","sequenceEnd","time"}}
 *   GET /api/v1/market/orderbook/level2_100?symbol=BTC-USDT   {"code":"200000","data":{"time","sequence":"n","bids":[],"asks":[]}}
 *
 * Each change has a number. An entry with price 0 carries nothing but one. A base has 100 levels a side, all there are here.
 */
#include <string.h>

#include "exchange/shape.h"

enum { LEVELS = 100, EMPTY_EVERY = 5, SYMBOLS_A_TOPIC = 100 };
static const char token[] = "2neAiuYvAU61ZDXANAGAsiL4";

static const struct {
    const char *topic;
    uint8_t say;
} topics[] = {
    {"/market/level2:", SAY_BOOK}, {"/market/match:", SAY_TRADE}, {"/market/ticker:", SAY_TICKER}};
enum { TOPICS = sizeof topics / sizeof *topics };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('-', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const struct market *market, const char *topic,
                                const char *subject)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"type\":\"message\",\"topic\":\"%s%s\",\"subject\":\"%s\",\"data\":{",
                      topic, market->is.raw, subject);
    return out;
}

/* Of one side; every change a number of its own, the last one that of the message. */
static unsigned put_changes(struct td_str *out, const struct market *market,
                            const struct market_batch *batch, bool ask)
{
    unsigned count = 0;
    for (unsigned i = 0; i < batch->count; i++) {
        const struct market_touched *touched = &batch->touched[i];
        bool last = i + 1 == batch->count;
        if (touched->ask != ask)
            continue;
        td_str_add(out, count++ ? "," : "");
        shape_strings(out, market, ask,
                      (struct level){touched->price_steps,
                                     levels_size(&market->side[ask], touched->price_steps)});
        out->bytes--; /* its bracket */
        td_str_add_format(out, ",\"%llu\"]",
                          (unsigned long long)(last ? batch->last_seq : batch->first_seq + i));
    }
    return count;
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, topics[0].topic, "trade.l2update");
    (void)depth;
    td_str_add(out, "\"changes\":{\"asks\":[");
    unsigned asks = put_changes(out, market, batch, true);
    if (batch->first_seq % EMPTY_EVERY == 0)
        td_str_add_format(out, "%s[\"0\",\"0\",\"%llu\"]", asks ? "," : "",
                          (unsigned long long)batch->last_seq);
    td_str_add(out, "],\"bids\":[");
    put_changes(out, market, batch, false);
    td_str_add_format(out,
                      "]},\"sequenceEnd\":%llu,\"sequenceStart\":%llu,\"symbol\":\"%s\","
                      "\"time\":%lld}}",
                      (unsigned long long)batch->last_seq, (unsigned long long)batch->first_seq,
                      market->is.raw, (long long)(batch->time_us / 1000));
    return batch->count;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, topics[1].topic, "trade.l3match");
    td_str_add_format(
        out, "\"sequence\":\"%llu\",\"type\":\"match\",\"symbol\":\"%s\",\"side\":\"%s\"",
        (unsigned long long)++market->orders, market->is.raw, trade->taker_buys ? "buy" : "sell");
    shape_size_member(out, market, "size", trade->size_steps);
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add_format(out,
                      ",\"time\":\"%lld123\",\"tradeId\":\"65f1e0aac0de0000%08llx\","
                      "\"makerOrderId\":\"65f1e0aa01\",\"takerOrderId\":\"65f1e0aa02\"}}",
                      (long long)trade->time_us, (unsigned long long)trade->id);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, topics[2].topic, "trade.ticker");
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    td_str_add_format(out, "\"sequence\":\"%llu\"", (unsigned long long)market->seq_told);
    shape_price_member(out, market, "bestAsk", ask->price_steps);
    shape_size_member(out, market, "bestAskSize", ask->size_steps);
    shape_price_member(out, market, "bestBid", bid->price_steps);
    shape_size_member(out, market, "bestBidSize", bid->size_steps);
    shape_price_member(out, market, "price", trade->price_steps);
    shape_size_member(out, market, "size", trade->size_steps);
    td_str_add_format(out, ",\"time\":%lld}}", (long long)(market_stamp(market) / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_error(struct listener *listener, int code, const char *what, struct td_text whom)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"id\":\"");
    shape_text(out, json_plain(listener->house->json, 0, "id"));
    td_str_add_format(out, "\",\"type\":\"error\",\"code\":%d,\"data\":\"%s", code, what);
    shape_text(out, whom);
    td_str_add(out, "\"}");
    house_reply(listener);
}

static void say_type(struct listener *listener, struct td_text id, const char *type)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"id\":\"");
    shape_text(out, id);
    td_str_add_format(out, "\",\"type\":\"%s\"}", type);
    house_reply(listener);
}

/* Who comes without the token is told so and heard no further. */
static bool has_token(const struct listener *listener)
{
    struct td_text given = shape_query(listener->path, "token");
    return given.bytes == sizeof token - 1 && memcmp(given.at, token, given.bytes) == 0;
}

static void greet(struct listener *listener)
{
    struct fault away = {.kind = FAULT_CLOSE, .count = 1, .amount = 1008};
    if (has_token(listener)) {
        say_type(listener, shape_query(listener->path, "connectId"), "welcome");
        return;
    }
    td_str_add(house_text(listener->house),
               "{\"id\":\"\",\"type\":\"error\",\"code\":401,\"data\":\"token is invalid\"}");
    house_reply(listener);
    listener->act(listener, &away);
}

static bool choose_all(struct listener *listener, struct td_text names, enum say say,
                       bool subscribe)
{
    const char *end = names.at + names.bytes;
    unsigned symbols = 0;
    for (const char *at = names.at; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct td_text name = {at, (uint32_t)((comma ? comma : end) - at)};
        struct market *market = house_ask(listener, name);
        if (market == NULL || ++symbols > SYMBOLS_A_TOPIC)
            return false;
        house_tell(listener->house, market);
        house_follow(listener, market, say, subscribe);
        at = comma ? comma + 1 : end;
    }
    return symbols > 0;
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int type = json_member(json, 0, "type");
    struct td_text id = json_plain(json, 0, "id"), topic = json_plain(json, 0, "topic");
    bool subscribe = json_equals(json, type, "subscribe");
    if (!has_token(listener))
        return;
    if (json_equals(json, type, "ping")) {
        say_type(listener, id, "pong");
        return;
    }
    for (unsigned t = 0; t < TOPICS && (subscribe || json_equals(json, type, "unsubscribe")); t++) {
        uint32_t bytes = (uint32_t)strlen(topics[t].topic);
        if (topic.bytes <= bytes || memcmp(topic.at, topics[t].topic, bytes) != 0)
            continue;
        struct td_text names = {topic.at + bytes, topic.bytes - bytes};
        if (!choose_all(listener, names, topics[t].say, subscribe))
            break;
        say_type(listener, id, "ack");
        return;
    }
    say_error(listener, 404, "topic is not found: ", topic);
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

static int token_page(struct house *house)
{
    td_str_add_format(&house->text,
                      "{\"code\":\"200000\",\"data\":{\"token\":\"%s\",\"instanceServers\":[{"
                      "\"endpoint\":\"wss://localhost:%d/kucoin/endpoint\",\"encrypt\":true,"
                      "\"protocol\":\"websocket\",\"pingInterval\":18000,\"pingTimeout\":10000}]}}",
                      token, house->port);
    return 200;
}

static int base_page(struct house *house, const char *target)
{
    struct td_text name = shape_query(target, "symbol");
    struct market *market = house_find(house, name.at, name.bytes);
    struct td_str *out = &house->text;
    if (market == NULL) {
        td_str_add(out, "{\"code\":\"400100\",\"msg\":\"symbol not exists\"}");
        return 400;
    }
    td_str_add_format(
        out, "{\"code\":\"200000\",\"data\":{\"time\":%lld,\"sequence\":\"%llu\",\"bids\":[",
        (long long)(house->now_us / 1000), (unsigned long long)market->seq_open);
    shape_side(out, market, false, LEVELS, shape_strings);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, LEVELS, shape_strings);
    td_str_add(out, "]}}");
    return 200;
}

static int list_page(struct house *house)
{
    struct td_str *out = &house->text;
    td_str_add(out, "{\"code\":\"200000\",\"data\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(out,
                          "%s{\"symbol\":\"%s\",\"name\":\"%s\",\"baseCurrency\":\"%.*s\","
                          "\"quoteCurrency\":\"%.*s\",\"enableTrading\":true,\"baseIncrement\":\"",
                          i ? "," : "", is->raw, is->raw, (int)base.bytes, base.at,
                          (int)quote.bytes, quote.at);
        shape_step(out, is->size_scale);
        td_str_add(out, "\",\"priceIncrement\":\"");
        shape_step(out, is->price_scale);
        td_str_add(out, "\"}");
    }
    td_str_add(out, "]}");
    return 200;
}

static int page(struct house *house, const char *target)
{
    house_text(house);
    if (shape_is_path(target, "/api/v1/bullet-public"))
        return house->posted ? token_page(house) : 404;
    if (shape_is_path(target, "/api/v1/market/orderbook/level2_100"))
        return base_page(house, target);
    return shape_is_path(target, "/api/v2/symbols") ? list_page(house) : 404;
}

const struct feed feed_kucoin = {
    .name = "kucoin",
    .quote = "USDT",
    .seq_per_change = true,
    .first_seq = 3000000,
    .levels_a_side = 80,
    .levels_max = LEVELS,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.9\",\"1\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .greet = greet,
    .hear = hear,
    .page = page,
    .idle_s = 60,
};
