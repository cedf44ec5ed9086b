/* Bitget v3 as seen by its clients: spot, and USDT perpetuals under a name of their own.
 *
 *   > {"op":"subscribe","args":[{"instType":"spot","topic":"books","symbol":"BTCUSDT"},...]}
 *   < {"event":"subscribe","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"}}   one an arg
 *   < {"arg":{...},"action":"snapshot"|"update","data":[{"a":[["px","sz"]],"b":[],"checksum":0,"pseq":n,"seq":n,"ts":"ms"}],"ts":ms}
 *   > ping   < pong
 *
 * A message names its predecessor; a snapshot has none, 0. The checksum is 0. Old trades come first, newest at the head.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 200, LISTED_TRADES = 50, SAYS_MAX = 10, CHANNELS_MAX = 1000 };
static const struct shape_view view = {.levels = LEVELS, .tells_lost = true};

static const struct {
    const char *name;
    uint8_t say;
} topics[] = {{"books", SAY_BOOK}, {"publicTrade", SAY_TRADE}, {"ticker", SAY_TICKER}};
enum { TOPICS = sizeof topics / sizeof *topics };

static bool is_futures(const struct house *house)
{
    return house->feed == &feed_bitget_futures;
}

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    shape_pair(symbol, pair);
    shape_spell('\0', pair, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_arg(struct td_str *out, const struct house *house, const struct market *market,
                    const char *topic)
{
    td_str_add_format(out, "\"arg\":{\"instType\":\"%s\",\"topic\":\"%s\",\"symbol\":\"%s\"}",
                      is_futures(house) ? "usdt-futures" : "spot", topic, market->is.raw);
}

static struct td_str *open_push(struct house *house, const struct market *market, const char *topic,
                                const char *action)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"action\":\"%s\",", action);
    put_arg(out, house, market, topic);
    td_str_add(out, ",\"data\":[");
    return out;
}

static void close_push(struct td_str *out, int64_t time_us)
{
    td_str_add_format(out, "],\"ts\":%lld}", (long long)(time_us / 1000));
}

static void close_book(struct td_str *out, uint64_t previous, uint64_t seq, int64_t time_us)
{
    td_str_add_format(out, "],\"checksum\":0,\"pseq\":%llu,\"seq\":%llu,\"ts\":\"%lld\"}",
                      (unsigned long long)previous, (unsigned long long)seq,
                      (long long)(time_us / 1000));
    close_push(out, time_us);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, "books", "update");
    td_str_add(out, "{\"a\":[");
    unsigned put = shape_view_side(out, market, batch, true, view, shape_strings);
    td_str_add(out, "],\"b\":[");
    put += shape_view_side(out, market, batch, false, view, shape_strings);
    close_book(out, market->view_seq[depth], batch->last_seq, batch->time_us);
    if (put > 0)
        market->view_seq[depth] = batch->last_seq;
    return put;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "books", "snapshot");
    td_str_add(out, "{\"a\":[");
    shape_side(out, market, true, LEVELS, shape_strings);
    td_str_add(out, "],\"b\":[");
    shape_side(out, market, false, LEVELS, shape_strings);
    close_book(out, 0, market->view_seq[0], market->time_us);
}

static void note_view(struct market *market)
{
    shape_view_note(market, view);
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"i\":\"12345678%09llu\"", (unsigned long long)trade->id);
    shape_price_member(out, market, "p", trade->price_steps);
    shape_size_member(out, market, "v", trade->size_steps);
    td_str_add_format(out, ",\"S\":\"%s\",\"T\":\"%lld\"}", trade->taker_buys ? "buy" : "sell",
                      (long long)(trade->time_us / 1000));
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "publicTrade", "update");
    put_trade(out, market, trade);
    close_push(out, trade->time_us);
}

static void tell_trade_list(struct house *house, const struct market *market)
{
    struct td_str *out = open_push(house, market, "publicTrade", "snapshot");
    for (unsigned i = 0; i < LISTED_TRADES; i++) {
        td_str_add(out, i ? "," : "");
        put_trade(out, market, market_trade(market, market->trades - i));
    }
    close_push(out, market->time_us);
}

static void put_derived(struct td_str *out, const struct market *market)
{
    struct market_derived derived = market_derived(market);
    shape_price_member(out, market, "markPrice", derived.mark_steps);
    shape_price_member(out, market, "indexPrice", derived.index_steps);
    shape_size_member(out, market, "openInterest", derived.interest_steps);
    td_str_add(out, ",\"fundingRate\":\"");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add_format(out, "\",\"nextFundingTime\":\"%lld\"",
                      (long long)(derived.next_funding_us / 1000));
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "ticker", "snapshot");
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    td_str_add_format(out, "{\"symbol\":\"%s\"", market->is.raw);
    shape_price_member(out, market, "lastPrice", trade->price_steps);
    shape_price_member(out, market, "openPrice24h", market->open_steps);
    shape_price_member(out, market, "highPrice24h", market->high_steps);
    shape_price_member(out, market, "lowPrice24h", market->low_steps);
    shape_price_member(out, market, "ask1Price", ask->price_steps);
    shape_size_member(out, market, "ask1Size", ask->size_steps);
    shape_price_member(out, market, "bid1Price", bid->price_steps);
    shape_size_member(out, market, "bid1Size", bid->size_steps);
    shape_size_member(out, market, "volume24h", market->volume_steps);
    if (is_futures(house))
        put_derived(out, market);
    td_str_add_char(out, '}');
    close_push(out, market_stamp(market));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void refuse(struct listener *listener, int arg, int code, const char *message)
{
    const struct json *json = listener->house->json;
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"event\":\"error\",\"arg\":{\"instType\":\"");
    shape_text(out, json_plain(json, arg, "instType"));
    td_str_add(out, "\",\"topic\":\"");
    shape_text(out, json_plain(json, arg, "topic"));
    td_str_add(out, "\",\"symbol\":\"");
    shape_text(out, json_plain(json, arg, "symbol"));
    td_str_add_format(out, "\"},\"code\":\"%d\",\"msg\":\"%s\"}", code, message);
    house_reply(listener);
}

static void acknowledge(struct listener *listener, const struct market *market, const char *topic,
                        bool subscribe)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"event\":\"%s\",", subscribe ? "subscribe" : "unsubscribe");
    put_arg(out, listener->house, market, topic);
    td_str_add_char(out, '}');
    house_reply(listener);
}

static void start_topic(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    if (say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        tell_ticker(house, market, market_trade(market, market->trades));
    house_begin(listener, market);
}

static void choose(struct listener *listener, int arg, bool subscribe)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    struct market *market = house_ask(listener, json_plain(json, arg, "symbol"));
    bool kind = json_equals(json, json_member(json, arg, "instType"),
                            is_futures(house) ? "usdt-futures" : "spot");
    unsigned t = 0;
    while (t < TOPICS && !json_equals(json, json_member(json, arg, "topic"), topics[t].name))
        t++;
    if (t == TOPICS || !kind || market == NULL) {
        refuse(listener, arg, 30001, "param error");
        return;
    }
    bool ack_first = dice_below(&house->dice, 2);
    house_tell(house, market);
    if (!house_follow(listener, market, topics[t].say, subscribe)) {
        refuse(listener, arg, 30007, "too many channels");
        return;
    }
    if (ack_first)
        acknowledge(listener, market, topics[t].name, subscribe);
    if (subscribe)
        start_topic(listener, market, topics[t].say);
    if (!ack_first)
        acknowledge(listener, market, topics[t].name, subscribe);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int op = json_member(json, 0, "op"), args = json_member(json, 0, "args");
    bool subscribe = json_equals(json, op, "subscribe");
    if (!subscribe && !json_equals(json, op, "unsubscribe")) {
        refuse(listener, -1, 30002, "op error");
        return;
    }
    for (int arg = json_first(json, args); arg >= 0; arg = json_next(json, arg))
        choose(listener, arg, subscribe);
}

/* ---- symbol list ------------------------------------------------------------------------------------------------------ */

static void put_listed(struct td_str *out, const struct market_params *is, bool futures)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    td_str_add_format(out, "{\"symbol\":\"%s\",\"baseCoin\":\"%.*s\",\"quoteCoin\":\"%.*s\",",
                      is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at);
    if (!futures) {
        td_str_add_format(out,
                          "\"pricePrecision\":\"%d\",\"quantityPrecision\":\"%d\","
                          "\"status\":\"online\"}",
                          is->price_scale, is->size_scale);
        return;
    }
    td_str_add_format(out,
                      "\"pricePlace\":\"%d\",\"priceEndStep\":\"1\",\"volumePlace\":\"%d\","
                      "\"symbolType\":\"perpetual\",\"symbolStatus\":\"normal\","
                      "\"sizeMultiplier\":\"",
                      is->price_scale, is->size_scale);
    shape_step(out, is->size_scale);
    td_str_add(out, "\"}");
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    bool futures = is_futures(house);
    if (!shape_is_path(target,
                       futures ? "/api/v2/mix/market/contracts" : "/api/v2/spot/public/symbols"))
        return 404;
    td_str_add_format(out,
                      "{\"code\":\"00000\",\"msg\":\"success\",\"requestTime\":%lld,\"data\":[",
                      (long long)(house->now_us / 1000));
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is, futures);
    }
    td_str_add(out, "]}");
    return 200;
}

#define BITGET(its_name, its_quote)                                                                \
    {                                                                                              \
        .name = its_name, .quote = its_quote, .first_seq = 900000, .levels_a_side = 260,           \
        .levels_max = 4000, .depths = 1, .shown = LEVELS, .bad_at = "\"b\":[",                     \
        .bad_level = "[\"99999999999999999999.9\",\"1\"]", .spell = spell_symbol,                  \
        .book = tell_book, .after_book = note_view, .trade = tell_trade, .ticker = tell_ticker,    \
        .hear = hear, .page = page, .ping_text = "ping", .pong_text = "pong", .idle_s = 60,        \
        .says_max = SAYS_MAX, .channels_max = CHANNELS_MAX,                                        \
    }

const struct feed feed_bitget = BITGET("bitget", "USDT");
const struct feed feed_bitget_futures = BITGET("bitget_futures", "USDT-PERP");
