/* Bybit v5 as seen by its clients: spot, and linear perpetuals under a name of their own.
 *
 *   > {"op":"subscribe","args":["orderbook.200.BTCUSDT","publicTrade.BTCUSDT","tickers.BTCUSDT","orderbook.1.BTCUSDT"]}
 *   < {"success":true,"ret_msg":"subscribe","op":"subscribe"}   before or behind the data
 *   < {"topic","type":"snapshot"|"delta","ts":ms,"data":{"s","b":[["px","sz"]],"a","u","seq"},"cts":ms}
 *
 * `u` rises by one a topic, `seq` with holes. orderbook.1 sends snapshots alone: the best prices of spot, whose tickers have none. A
 * linear ticker is told whole once, then what changed.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 200, SPOT_ARGS_MAX = 10 };
static const struct shape_view view = {.levels = LEVELS, .tells_lost = true};

static bool is_linear(const struct house *house)
{
    return house->feed == &feed_bybit_linear;
}

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    shape_pair(symbol, pair);
    shape_spell('\0', pair, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const struct market *market, const char *topic,
                                const char *type, int64_t time_us)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"topic\":\"%s.%s\",\"type\":\"%s\",\"ts\":%lld,\"data\":", topic,
                      market->is.raw, type, (long long)(time_us / 1000));
    return out;
}

static void close_book(struct td_str *out, struct market *market, uint64_t u, int64_t time_us)
{
    td_str_add_format(out, "],\"u\":%llu,\"seq\":%llu},\"cts\":%lld}", (unsigned long long)u,
                      (unsigned long long)(market->orders += 1 + u % 3),
                      (long long)(time_us / 1000 - 2));
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, "orderbook.200", "delta", batch->time_us);
    td_str_add_format(out, "{\"s\":\"%s\",\"b\":[", market->is.raw);
    unsigned put = shape_view_side(out, market, batch, false, view, shape_strings);
    td_str_add(out, "],\"a\":[");
    put += shape_view_side(out, market, batch, true, view, shape_strings);
    market->view_seq[depth] += put > 0;
    close_book(out, market, market->view_seq[depth], batch->time_us);
    return put;
}

static void tell_snapshot(struct house *house, struct market *market, const char *topic,
                          uint32_t levels, int64_t time_us)
{
    struct td_str *out = open_push(house, market, topic, "snapshot", time_us);
    td_str_add_format(out, "{\"s\":\"%s\",\"b\":[", market->is.raw);
    shape_side(out, market, false, levels, shape_strings);
    td_str_add(out, "],\"a\":[");
    shape_side(out, market, true, levels, shape_strings);
    close_book(out, market, levels == 1 ? market->orders : market->view_seq[0], time_us);
}

static void note_view(struct market *market)
{
    shape_view_note(market, view);
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "publicTrade", "snapshot", trade->time_us);
    unsigned long long id = trade->id;
    td_str_add_format(out, "[{\"T\":%lld,\"s\":\"%s\",\"S\":\"%s\"",
                      (long long)(trade->time_us / 1000), market->is.raw,
                      trade->taker_buys ? "Buy" : "Sell");
    shape_size_member(out, market, "v", trade->size_steps);
    shape_price_member(out, market, "p", trade->price_steps);
    if (is_linear(house))
        td_str_add_format(out, ",\"L\":\"ZeroPlusTick\",\"i\":\"5f1d3a2b-77aa-5c4e-8d21-%012llx\"",
                          id);
    else
        td_str_add_format(out, ",\"i\":\"2290000000%09llu\"", id);
    td_str_add_format(out, ",\"BT\":false,\"RPI\":false,\"seq\":%llu}]}",
                      (unsigned long long)++market->orders);
}

static void tell_liquidation(struct house *house, struct market *market,
                             const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "allLiquidation", "snapshot", trade->time_us);
    td_str_add_format(out, "[{\"T\":%lld,\"s\":\"%s\",\"S\":\"%s\"",
                      (long long)(trade->time_us / 1000), market->is.raw,
                      trade->taker_buys ? "Buy" : "Sell");
    shape_size_member(out, market, "v", trade->size_steps);
    shape_price_member(out, market, "p", trade->price_steps);
    td_str_add(out, "}]}");
}

static void put_best(struct td_str *out, const struct market *market)
{
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    shape_price_member(out, market, "bid1Price", bid->price_steps);
    shape_size_member(out, market, "bid1Size", bid->size_steps);
    shape_price_member(out, market, "ask1Price", ask->price_steps);
    shape_size_member(out, market, "ask1Size", ask->size_steps);
}

static void put_last(struct td_str *out, const struct market *market)
{
    shape_price_member(out, market, "lastPrice", market_trade(market, market->trades)->price_steps);
    shape_price_member(out, market, "highPrice24h", market->high_steps);
    shape_price_member(out, market, "lowPrice24h", market->low_steps);
    shape_price_member(out, market, "prevPrice24h", market->open_steps);
    shape_size_member(out, market, "volume24h", market->volume_steps);
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

static void close_ticker(struct td_str *out, struct market *market)
{
    td_str_add_format(out, "},\"cs\":%llu}", (unsigned long long)++market->orders);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    (void)trade;
    if (!is_linear(house)) {
        tell_snapshot(house, market, "orderbook.1", 1, market_stamp(market));
        return;
    }
    struct td_str *out = open_push(house, market, "tickers", "delta", market_stamp(market));
    td_str_add_format(out, "{\"symbol\":\"%s\"", market->is.raw);
    put_best(out, market);
    close_ticker(out, market);
}

/* Once a second: what the other tickers leave out. */
static void tell_derived(struct house *house, struct market *market)
{
    bool linear = is_linear(house);
    struct td_str *out =
        open_push(house, market, "tickers", linear ? "delta" : "snapshot", house->now_us);
    td_str_add_format(out, "{\"symbol\":\"%s\"", market->is.raw);
    put_last(out, market);
    if (linear)
        put_derived(out, market);
    close_ticker(out, market);
}

static void tell_whole_ticker(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "tickers", "snapshot", house->now_us);
    td_str_add_format(out, "{\"symbol\":\"%s\"", market->is.raw);
    put_last(out, market);
    put_best(out, market);
    put_derived(out, market);
    close_ticker(out, market);
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void acknowledge(struct listener *listener, const char *op, const char *error)
{
    struct house *house = listener->house;
    struct td_text id = json_plain(house->json, 0, "req_id");
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"success\":%s,\"ret_msg\":\"%s\",\"conn_id\":\"a4d3ae55\",",
                      error ? "false" : "true",
                      error              ? error
                      : is_linear(house) ? ""
                                         : op);
    td_str_add(out, "\"req_id\":\"");
    shape_text(out, id);
    td_str_add_format(out, "\",\"op\":\"%s\"}", op);
    house_reply(listener);
}

static void pong(struct listener *listener)
{
    struct house *house = listener->house;
    if (is_linear(house))
        td_str_add_format(house_text(house),
                          "{\"req_id\":\"\",\"op\":\"pong\",\"args\":[\"%lld\"],"
                          "\"conn_id\":\"a4d3ae55\"}",
                          (long long)(house->now_us / 1000));
    else
        td_str_add(house_text(house), "{\"success\":true,\"ret_msg\":\"pong\","
                                      "\"conn_id\":\"a4d3ae55\",\"op\":\"ping\"}");
    house_reply(listener);
}

enum topic { BOOK, BEST, TRADES, TICKERS, LIQUIDATIONS, UNKNOWN };

static enum topic topic_of(struct td_text arg, struct td_text *symbol)
{
    static const char *const heads[] = {"orderbook.200.", "orderbook.1.", "publicTrade.",
                                        "tickers.", "allLiquidation."};
    for (enum topic topic = BOOK; topic < UNKNOWN; topic++) {
        uint32_t bytes = (uint32_t)strlen(heads[topic]);
        if (arg.bytes <= bytes || memcmp(arg.at, heads[topic], bytes) != 0)
            continue;
        *symbol = (struct td_text){arg.at + bytes, arg.bytes - bytes};
        return topic;
    }
    return UNKNOWN;
}

static void start_topic(struct listener *listener, struct market *market, enum topic topic)
{
    struct house *house = listener->house;
    house_tell(house, market);
    if (topic == BOOK)
        tell_snapshot(house, market, "orderbook.200", LEVELS, market->time_us);
    else if (topic == BEST)
        tell_snapshot(house, market, "orderbook.1", 1, market->time_us);
    else if (is_linear(house))
        tell_whole_ticker(house, market);
    else
        tell_derived(house, market);
    house_begin(listener, market);
}

static void choose(struct listener *listener, struct market *market, enum topic topic,
                   bool subscribe)
{
    bool linear = is_linear(listener->house);
    if (topic == LIQUIDATIONS)
        house_follow(listener, market, SAY_LIQUIDATION, subscribe);
    else if (subscribe && topic != TRADES)
        start_topic(listener, market, topic);
    if (topic == BOOK || topic == TRADES)
        house_follow(listener, market, topic == BOOK ? SAY_BOOK : SAY_TRADE, subscribe);
    if (topic == BEST || (topic == TICKERS && linear))
        house_follow(listener, market, SAY_TICKER, subscribe);
    if (topic == TICKERS)
        house_follow(listener, market, SAY_DERIVED, subscribe);
}

/* One bad name and the whole message is refused. */
static bool all_known(struct listener *listener, int args, char *why, size_t cap)
{
    struct house *house = listener->house;
    struct td_str out = td_str_on(why, cap);
    struct td_text symbol;
    if (!is_linear(house) && json_size(house->json, args) > SPOT_ARGS_MAX) {
        house->violations.channels++;
        td_str_add(&out, "args size >10");
        return false;
    }
    for (int a = json_first(house->json, args); a >= 0; a = json_next(house->json, a)) {
        struct td_text arg = json_text(house->json, a);
        if (topic_of(arg, &symbol) != UNKNOWN && house_ask(listener, symbol))
            continue;
        td_str_add(&out, "error:handler not found,topic:");
        shape_text(&out, arg);
        return false;
    }
    return true;
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int op = json_member(json, 0, "op"), args = json_member(json, 0, "args");
    bool subscribe = json_equals(json, op, "subscribe");
    const char *word = subscribe ? "subscribe" : "unsubscribe";
    char why[256];
    if (json_equals(json, op, "ping")) {
        pong(listener);
        return;
    }
    if (!subscribe && !json_equals(json, op, "unsubscribe")) {
        acknowledge(listener, "", "error:unknown op");
        return;
    }
    if (!all_known(listener, args, why, sizeof why)) {
        acknowledge(listener, word, why);
        return;
    }
    bool ack_first = dice_below(&house->dice, 2);
    if (ack_first)
        acknowledge(listener, word, NULL);
    for (int a = json_first(json, args); a >= 0; a = json_next(json, a)) {
        struct td_text symbol;
        enum topic topic = topic_of(json_text(json, a), &symbol);
        choose(listener, house_ask(listener, symbol), topic, subscribe);
    }
    if (!ack_first)
        acknowledge(listener, word, NULL);
}

/* ---- symbol list ------------------------------------------------------------------------------------------------------ */

static void put_listed(struct td_str *out, const struct market_params *is, bool linear)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    td_str_add_format(out,
                      "{\"symbol\":\"%s\",\"baseCoin\":\"%.*s\",\"quoteCoin\":\"%.*s\","
                      "\"status\":\"Trading\",%s\"lotSizeFilter\":{\"%s\":\"",
                      is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
                      linear ? "\"contractType\":\"LinearPerpetual\",\"deliveryTime\":\"0\","
                               "\"settleCoin\":\"USDT\","
                             : "",
                      linear ? "qtyStep" : "basePrecision");
    shape_step(out, is->size_scale);
    td_str_add(out, "\"},\"priceFilter\":{\"tickSize\":\"");
    shape_step(out, is->price_scale);
    td_str_add(out, "\"}}");
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    const char *category = is_linear(house) ? "linear" : "spot";
    struct td_text asked = shape_query(target, "category");
    if (!shape_is_path(target, "/v5/market/instruments-info"))
        return 404;
    bool ours = asked.bytes == strlen(category) && memcmp(asked.at, category, asked.bytes) == 0;
    td_str_add(out, "{\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"category\":\"");
    shape_text(out, asked);
    td_str_add(out, "\",\"list\":[");
    for (unsigned i = 0; ours && i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is, is_linear(house));
    }
    td_str_add_format(out, "],\"nextPageCursor\":\"\"},\"retExtInfo\":{},\"time\":%lld}",
                      (long long)(house->now_us / 1000));
    return 200;
}

#define BYBIT(its_name, its_quote)                                                                 \
    {                                                                                              \
        .name = its_name, .quote = its_quote, .first_seq = 100, .levels_a_side = 260,              \
        .levels_max = 4000, .depths = 1, .shown = LEVELS, .bad_at = "\"b\":[",                     \
        .bad_level = "[\"99999999999999999999.9\",\"1\"]", .spell = spell_symbol,                  \
        .book = tell_book, .after_book = note_view, .trade = tell_trade, .ticker = tell_ticker,    \
        .derived = tell_derived, .liquidation = tell_liquidation, .hear = hear, .page = page,      \
        .idle_s = 600,                                                                             \
    }

const struct feed feed_bybit = BYBIT("bybit", "USDT");
const struct feed feed_bybit_linear = BYBIT("bybit_linear", "USDT-PERP");
