/* Poloniex as seen by its clients.
 *
 *   > {"event":"subscribe","channel":["book_lv2"],"symbols":["BTC_USDT"]}      trades, ticker
 *   < {"channel":"book_lv2","event":"subscribe","symbols":["BTC_USDT"]}
 *   < {"channel":"book_lv2","data":[{"symbol","createTime","asks":[["px","sz"]],"bids","lastId","id","ts"}],"action":"snapshot"|"update"}
 *   < {"channel":"trades","data":[{"symbol","amount","quantity","takerSide","createTime","price","id","ts"}]}
 *   > {"event":"ping"}   < {"event":"pong"}
 *
 * 20 levels a side are shown: what is pushed out is not told, what comes into view is.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 20 };
static const struct shape_view view = {.levels = LEVELS};

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"book_lv2", SAY_BOOK}, {"trades", SAY_TRADE}, {"ticker", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('_', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void open_book(struct td_str *out, const struct market *market, int64_t time_us)
{
    td_str_add_format(
        out,
        "{\"channel\":\"book_lv2\",\"data\":[{\"symbol\":\"%s\",\"createTime\":%lld,\"asks\":[",
        market->is.raw, (long long)(time_us / 1000));
}

static void close_book(struct td_str *out, uint64_t last, uint64_t id, int64_t time_us,
                       const char *action)
{
    long long ms = time_us / 1000;
    td_str_add_format(out, "],\"lastId\":%llu,\"id\":%llu,\"ts\":%lld}],\"action\":\"%s\"}",
                      (unsigned long long)last, (unsigned long long)id, ms + 5, action);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    open_book(out, market, batch->time_us);
    unsigned put = shape_view_side(out, market, batch, true, view, shape_strings);
    td_str_add(out, "],\"bids\":[");
    put += shape_view_side(out, market, batch, false, view, shape_strings);
    close_book(out, market->view_seq[depth], batch->last_seq, batch->time_us, "update");
    if (put > 0)
        market->view_seq[depth] = batch->last_seq;
    return put;
}

static void note_view(struct market *market)
{
    shape_view_note(market, view);
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    uint64_t id = market->view_seq[0];
    note_view(market);
    open_book(out, market, market->time_us);
    shape_side(out, market, true, LEVELS, shape_strings);
    td_str_add(out, "],\"bids\":[");
    shape_side(out, market, false, LEVELS, shape_strings);
    close_book(out, id > 0 ? id - 1 : 0, id, market->time_us, "snapshot");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    long long ms = trade->time_us / 1000;
    td_str_add_format(out, "{\"channel\":\"trades\",\"data\":[{\"symbol\":\"%s\",\"amount\":\"1\"",
                      market->is.raw);
    shape_size_member(out, market, "quantity", trade->size_steps);
    td_str_add_format(out, ",\"takerSide\":\"%s\",\"createTime\":%lld",
                      trade->taker_buys ? "buy" : "sell", ms);
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add_format(out, ",\"id\":\"%llu\",\"ts\":%lld}]}", (unsigned long long)trade->id,
                      ms + 5);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    long long ms = market_stamp(market) / 1000;
    (void)trade;
    td_str_add_format(out,
                      "{\"channel\":\"ticker\",\"data\":[{\"symbol\":\"%s\",\"startTime\":%lld",
                      market->is.raw, ms - 86400000);
    shape_price_member(out, market, "open", market->open_steps);
    shape_price_member(out, market, "high", market->high_steps);
    shape_price_member(out, market, "low", market->low_steps);
    shape_price_member(out, market, "close", market_trade(market, market->trades)->price_steps);
    shape_size_member(out, market, "quantity", market->volume_steps);
    td_str_add_format(out,
                      ",\"amount\":\"1\",\"tradeCount\":%llu,\"dailyChange\":\"0.01\","
                      "\"closeTime\":%lld,\"displayName\":\"%s\",\"ts\":%lld}]}",
                      (unsigned long long)market->trades, ms, market->is.symbol, ms + 5);
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_text(struct listener *listener, const struct market *market, enum say say)
{
    house_say(listener, (struct house_told){.market = market, .say = say});
}

static void refuse(struct listener *listener, const char *why)
{
    td_str_add_format(house_text(listener->house), "{\"event\":\"error\",\"message\":\"%s\"}", why);
    say_text(listener, NULL, SAY_ANSWER);
}

static void follow_one(struct listener *listener, struct td_text name, unsigned channel,
                       bool follow)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, name);
    if (market == NULL) {
        refuse(listener, "Symbol not found");
        return;
    }
    td_str_add_format(house_text(house),
                      "{\"channel\":\"%s\",\"event\":\"%s\",\"symbols\":[\"%s\"]}",
                      channels[channel].name, follow ? "subscribe" : "unsubscribe", market->is.raw);
    say_text(listener, NULL, SAY_ANSWER);
    house_tell(house, market);
    if (!house_follow(listener, market, channels[channel].say, follow) || !follow ||
        channels[channel].say != SAY_BOOK)
        return;
    tell_snapshot(house, market);
    say_text(listener, market, SAY_SNAPSHOT);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int event = json_member(json, 0, "event"), list = json_member(json, 0, "channel"),
        symbols = json_member(json, 0, "symbols");
    bool follow = json_equals(json, event, "subscribe");
    if (json_equals(json, event, "ping")) {
        td_str_add(house_text(listener->house), "{\"event\":\"pong\"}");
        say_text(listener, NULL, SAY_ANSWER);
        return;
    }
    if (!follow && !json_equals(json, event, "unsubscribe")) {
        refuse(listener, "Bad request");
        return;
    }
    for (int name = json_first(json, list); name >= 0; name = json_next(json, name)) {
        unsigned c = 0;
        while (c < CHANNELS && !json_equals(json, name, channels[c].name))
            c++;
        if (c == CHANNELS)
            refuse(listener, "Channel not found");
        for (int symbol = json_first(json, symbols); symbol >= 0 && c < CHANNELS;
             symbol = json_next(json, symbol))
            follow_one(listener, json_text(json, symbol), c, follow);
    }
}

/* Pretty printed, as the venue does. */
static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/markets"))
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(
            out,
            "%s {  \"symbol\" : \"%s\",  \"baseCurrencyName\" : \"%.*s\",  \"quoteCurrencyName\" : "
            "\"%.*s\",  \"displayName\" : \"%.*s/%.*s\",  \"state\" : \"NORMAL\",  "
            "\"visibleStartTime\" : 1659018816626,  \"tradableStartTime\" : 1659018816626,  "
            "\"symbolTradeLimit\" : {    \"symbol\" : \"%s\",    \"priceScale\" : %d,    "
            "\"quantityScale\" : %d,    \"amountScale\" : 8,    \"minQuantity\" : \"1\",    "
            "\"minAmount\" : \"1\",    \"highestBid\" : \"0\",    \"lowestAsk\" : \"0\"  }}",
            i ? "," : "", is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
            (int)base.bytes, base.at, (int)quote.bytes, quote.at, is->raw, is->price_scale,
            is->size_scale);
    }
    td_str_add_char(out, ']');
    return 200;
}

const struct feed feed_poloniex = {
    .name = "poloniex",
    .ws_path = "/ws/public",
    .quote = "USDT",
    .first_seq = 4485000,
    .levels_a_side = 60,
    .levels_max = 2000,
    .depths = 1,
    .shown = LEVELS,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .after_book = note_view,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .page = page,
    .idle_s = 30,
};
