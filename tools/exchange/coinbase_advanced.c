/* Coinbase Advanced Trade as seen by its clients.
 *
 *   > {"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}   level2, market_trades, ticker, heartbeats
 *   < {"channel":"l2_data","timestamp":ns,"sequence_num":0,"events":[{"type":"snapshot"|"update","product_id",
 *      "updates":[{"side":"bid"|"offer","event_time","price_level":"px","new_quantity":"sz"}]}]}
 *   < {"channel":"subscriptions",...,"events":[{"subscriptions":{"level2":["BTC-USD"]}}]}   behind the first data
 *
 * sequence_num begins at 0 on each connection and counts all that is said there. The side of a trade is the maker's; the trades of
 * one order come together, newest first.
 */
#include <string.h>

#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LISTED_TRADES = 60, MARK_HEARTBEATS = 1, ABSENT_EVERY = 16 };

static const struct {
    const char *name, *pushed;
    uint8_t say;
} channels[] = {{"level2", "l2_data", SAY_BOOK},
                {"market_trades", "market_trades", SAY_TRADE},
                {"ticker", "ticker", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('-', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const char *channel, int64_t time_us)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"channel\":\"%s\",\"timestamp\":\"", channel);
    shape_utc_ns(out, time_us);
    td_str_add(out, "\",\"sequence_num\":");
    house_put_seq(out);
    td_str_add(out, ",\"events\":[{");
    return out;
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    td_str_add_format(out, "{\"side\":\"%s\",\"event_time\":\"", ask ? "offer" : "bid");
    spell_utc(out, market->time_us);
    td_str_add_char(out, '"');
    shape_price_member(out, market, "price_level", level.price_steps);
    shape_size_member(out, market, "new_quantity", level.size_steps);
    td_str_add_char(out, '}');
}

/* Now and then a level that never was is taken away. */
static void put_absent(struct td_str *out, const struct market *market)
{
    const struct levels *asks = &market->side[ASK];
    int64_t price = levels_nth(asks, asks->count - 1)->price_steps + 7;
    td_str_add_char(out, ',');
    put_level(out, market, true, (struct level){price, 0});
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "l2_data", batch->time_us);
    (void)depth;
    td_str_add_format(out, "\"type\":\"update\",\"product_id\":\"%s\",\"updates\":[",
                      market->is.raw);
    unsigned bids = shape_touched(out, market, batch, false, put_level);
    td_str_add(out, bids && bids < batch->count ? "," : "");
    shape_touched(out, market, batch, true, put_level);
    if (batch->last_seq % ABSENT_EVERY == 0)
        put_absent(out, market);
    td_str_add(out, "]}]}");
    return batch->count;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "l2_data", market->time_us);
    td_str_add_format(out, "\"type\":\"snapshot\",\"product_id\":\"%s\",\"updates\":[",
                      market->is.raw);
    shape_side(out, market, false, UINT32_MAX, put_level);
    td_str_add_char(out, ',');
    shape_side(out, market, true, UINT32_MAX, put_level);
    td_str_add(out, "]}]}");
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"product_id\":\"%s\",\"trade_id\":\"%llu\"", market->is.raw,
                      (unsigned long long)trade->id);
    shape_price_member(out, market, "price", trade->price_steps);
    shape_size_member(out, market, "size", trade->size_steps);
    td_str_add(out, ",\"time\":\"");
    spell_utc(out, trade->time_us);
    td_str_add_format(out, "\",\"side\":\"%s\"}", trade->taker_buys ? "SELL" : "BUY");
}

static void tell_trades(struct house *house, const struct market *market, const char *type,
                        uint64_t first)
{
    struct td_str *out = open_push(house, "market_trades", market->time_us);
    td_str_add_format(out, "\"type\":\"%s\",\"trades\":[", type);
    for (uint64_t id = market->trades; id >= first; id--) {
        put_trade(out, market, market_trade(market, id));
        td_str_add(out, id > first ? "," : "");
    }
    td_str_add(out, "]}]}");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    if (trade->id == market->trades)
        tell_trades(house, market, "update", market->trades_told + 1);
}

static void tell_ticker_as(struct house *house, const struct market *market, const char *type)
{
    struct td_str *out = open_push(house, "ticker", house->now_us);
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    td_str_add_format(out,
                      "\"type\":\"%s\",\"tickers\":[{\"type\":\"ticker\",\"product_id\":\"%s\"",
                      type, market->is.raw);
    shape_price_member(out, market, "price", market_trade(market, market->trades)->price_steps);
    shape_size_member(out, market, "volume_24_h", market->volume_steps);
    shape_price_member(out, market, "low_24_h", market->low_steps);
    shape_price_member(out, market, "high_24_h", market->high_steps);
    shape_price_member(out, market, "low_52_w", market->low_steps);
    shape_price_member(out, market, "high_52_w", market->high_steps);
    td_str_add(out, ",\"price_percent_chg_24_h\":\"-0.41\"");
    shape_price_member(out, market, "best_bid", bid->price_steps);
    shape_price_member(out, market, "best_ask", ask->price_steps);
    shape_size_member(out, market, "best_bid_quantity", bid->size_steps);
    shape_size_member(out, market, "best_ask_quantity", ask->size_steps);
    td_str_add(out, "}]}]}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    (void)trade;
    tell_ticker_as(house, market, "update");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener)
{
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void refuse(struct listener *listener, const char *reason, struct td_text what)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"type\":\"error\",\"message\":\"%s", reason);
    shape_text(out, what);
    td_str_add(out, "\"}");
    answer(listener);
}

/* The whole set, each time. */
static void acknowledge(struct listener *listener)
{
    struct house *house = listener->house;
    struct td_str *out = open_push(house, "subscriptions", house->now_us);
    td_str_add(out, "\"subscriptions\":{");
    const char *comma = "";
    for (unsigned c = 0; c < CHANNELS; c++) {
        bool any = false;
        for (unsigned i = 0; i < house->markets; i++) {
            const struct market *market = &house->market[i];
            if (!house_follows(listener, market, channels[c].say))
                continue;
            if (any)
                td_str_add_format(out, ",\"%s\"", market->is.raw);
            else
                td_str_add_format(out, "%s\"%s\":[\"%s\"", comma, channels[c].name, market->is.raw);
            any = true;
        }
        td_str_add(out, any ? "]" : "");
        comma = any ? "," : comma;
    }
    if (listener->marks & MARK_HEARTBEATS)
        td_str_add_format(out, "%s\"heartbeats\":[\"heartbeats\"]", comma);
    td_str_add(out, "}}]}");
    answer(listener);
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    house_tell(house, market);
    if (say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (say == SAY_TRADE)
        tell_trades(house, market, "snapshot", market->trades - LISTED_TRADES + 1);
    else
        tell_ticker_as(house, market, "snapshot");
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void choose(struct listener *listener, struct td_text product, enum say say, bool subscribe)
{
    struct market *market = house_ask(listener, product);
    if (market == NULL) {
        refuse(listener, "Invalid product_id: ", product);
        return;
    }
    if (subscribe)
        start_channel(listener, market, say);
    house_follow(listener, market, say, subscribe);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int type = json_member(json, 0, "type"), channel = json_member(json, 0, "channel");
    bool subscribe = json_equals(json, type, "subscribe");
    int products = json_member(json, 0, "product_ids");
    unsigned c = 0;
    if (!subscribe && !json_equals(json, type, "unsubscribe")) {
        refuse(listener, "unknown type: ", json_text(json, type));
        return;
    }
    while (c < CHANNELS && !json_equals(json, channel, channels[c].name))
        c++;
    if (json_equals(json, channel, "heartbeats")) {
        listener->marks = subscribe ? MARK_HEARTBEATS : 0;
    } else if (c == CHANNELS) {
        refuse(listener, "unknown channel: ", json_text(json, channel));
        return;
    }
    for (int p = c < CHANNELS ? json_first(json, products) : -1; p >= 0; p = json_next(json, p))
        choose(listener, json_text(json, p), channels[c].say, subscribe);
    acknowledge(listener);
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    char now[40];
    struct td_str time = td_str_on(now, sizeof now);
    if (!(listener->marks & MARK_HEARTBEATS))
        return;
    spell_utc(&time, house->now_us);
    struct td_str *out = open_push(house, "heartbeats", house->now_us);
    td_str_add_format(out,
                      "\"current_time\":\"%.10s %.11s +0000 UTC m=+%lld.25\","
                      "\"heartbeat_counter\":%lld}]}",
                      now, now + 11, (long long)(house->now_us / 1000000 % 100000),
                      (long long)(house->now_us / 1000000 % 100000));
    house_say(listener, (struct house_told){.say = SAY_HEARTBEAT});
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/api/v3/brokerage/market/products"))
        return 404;
    td_str_add(out, "{\"products\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(out, "%s{\"product_id\":\"%s\",\"quote_increment\":\"", i ? "," : "",
                          is->raw);
        shape_step(out, is->price_scale);
        td_str_add(out, "\",\"base_increment\":\"");
        shape_step(out, is->size_scale);
        td_str_add_format(out,
                          "\",\"is_disabled\":false,\"view_only\":false,\"status\":\"online\","
                          "\"product_type\":\"SPOT\",\"base_currency_id\":\"%.*s\","
                          "\"quote_currency_id\":\"%.*s\"}",
                          (int)base.bytes, base.at, (int)quote.bytes, quote.at);
    }
    td_str_add_format(out, "],\"num_products\":%u}", house->markets);
    return 200;
}

const struct feed feed_coinbase_advanced = {
    .name = "coinbase_advanced",
    .quote = "USD",
    .levels_a_side = 1500,
    .levels_max = 12000,
    .depths = 1,
    .marked = true,
    .bad_at = "\"updates\":[",
    .bad_level = "{\"side\":\"offer\",\"event_time\":\"2026-01-02T03:04:05.000000Z\","
                 "\"price_level\":\"99999999999999999999.99\",\"new_quantity\":\"1\"}",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .beat = beat,
    .page = page,
    .says_max = 8,
};
