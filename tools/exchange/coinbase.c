/* Coinbase Exchange as seen by its clients.
 *
 *   > {"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch","matches","ticker","heartbeat"]}
 *   < {"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]},...]}   before or after the data
 *   < {"type":"snapshot","product_id","asks":[["px","sz"],...],"bids"} · l2update · match and last_match · ticker · heartbeat
 *
 * The book has no number on the wire: the oracle counts its l2update messages. `side` of a match is the maker's, of a ticker the
 * taker's.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/dice.h"
#include "exchange/house.h"
#include "exchange/spell.h"

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"level2_batch", SAY_BOOK},
                {"matches", SAY_TRADE},
                {"ticker", SAY_TICKER},
                {"heartbeat", SAY_HEARTBEAT}};

enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol));
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_price(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_fixed(out, steps, market->is.price_scale, market->is.price_scale);
}

static void put_level(struct td_str *out, const struct market *market, struct level level)
{
    td_str_add(out, "\"");
    put_price(out, market, level.price_steps);
    td_str_add(out, "\",\"");
    spell_trimmed(out, level.size_steps, market->is.size_scale);
    td_str_add(out, "\"]");
}

static void put_side(struct td_str *out, const struct market *market, const struct levels *side)
{
    for (uint32_t i = 0; i < side->count; i++) {
        td_str_add(out, i ? ",[" : "[");
        put_level(out, market, *levels_nth(side, i));
    }
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    (void)depth;
    td_str_add(out, "{\"type\":\"l2update\",\"product_id\":\"");
    td_str_add(out, market->is.raw);
    td_str_add(out, "\",\"changes\":[");
    for (unsigned i = 0; i < batch->count; i++) {
        const struct market_touched *touched = &batch->touched[i];
        int64_t size = levels_size(&market->side[touched->ask], touched->price_steps);
        td_str_add(out, i ? ",[" : "[");
        td_str_add(out, touched->ask ? "\"sell\"," : "\"buy\",");
        put_level(out, market, (struct level){touched->price_steps, size});
    }
    td_str_add(out, "],\"time\":\"");
    spell_utc(out, batch->time_us);
    td_str_add(out, "\"}");
    return batch->count;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"type\":\"snapshot\",\"product_id\":\"");
    td_str_add(out, market->is.raw);
    td_str_add(out, "\",\"asks\":[");
    put_side(out, market, &market->side[ASK]);
    td_str_add(out, "],\"bids\":[");
    put_side(out, market, &market->side[BID]);
    td_str_add(out, "],\"time\":\"");
    spell_utc(out, market->time_us);
    td_str_add(out, "\"}");
}

static void tell_match(struct house *house, struct market *market, const struct market_trade *trade,
                       const char *type)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"type\":\"%s\",\"trade_id\":%llu,\"maker_order_id\":\"", type,
                      (unsigned long long)trade->id);
    spell_uuid(out, &house->dice);
    td_str_add(out, "\",\"taker_order_id\":\"");
    spell_uuid(out, &house->dice);
    td_str_add_format(out, "\",\"side\":\"%s\",\"size\":\"", trade->taker_buys ? "sell" : "buy");
    spell_trimmed(out, trade->size_steps, market->is.size_scale);
    td_str_add(out, "\",\"price\":\"");
    put_price(out, market, trade->price_steps);
    td_str_add_format(out, "\",\"product_id\":\"%s\",\"sequence\":%llu,\"time\":\"", market->is.raw,
                      (unsigned long long)++market->orders);
    spell_utc(out, trade->time_us);
    td_str_add(out, "\"}");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    tell_match(house, market, trade, "match");
}

static void put_value(struct td_str *out, const char *key, int64_t steps, int scale, int decimals)
{
    td_str_add_format(out, ",\"%s\":\"", key);
    if (decimals < 0)
        spell_trimmed(out, steps, scale);
    else
        spell_fixed(out, steps, scale, decimals);
    td_str_add_char(out, '"');
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    int px = market->is.price_scale, sz = market->is.size_scale;
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    td_str_add_format(out, "{\"type\":\"ticker\",\"sequence\":%llu,\"product_id\":\"%s\"",
                      (unsigned long long)market->orders, market->is.raw);
    put_value(out, "price", trade->price_steps, px, px);
    put_value(out, "open_24h", market->open_steps, px, px);
    put_value(out, "volume_24h", market->volume_steps, sz, 8 > sz ? 8 : sz);
    put_value(out, "low_24h", market->low_steps, px, px);
    put_value(out, "high_24h", market->high_steps, px, px);
    put_value(out, "volume_30d", market->volume_steps, sz, 8 > sz ? 8 : sz);
    put_value(out, "best_bid", bid->price_steps, px, px);
    put_value(out, "best_bid_size", bid->size_steps, sz, -1);
    put_value(out, "best_ask", ask->price_steps, px, px);
    put_value(out, "best_ask_size", ask->size_steps, sz, -1);
    td_str_add_format(out, ",\"side\":\"%s\",\"time\":\"", trade->taker_buys ? "buy" : "sell");
    spell_utc(out, trade->time_us);
    td_str_add_format(out, "\",\"trade_id\":%llu", (unsigned long long)trade->id);
    put_value(out, "last_size", trade->size_steps, sz, -1);
    td_str_add_char(out, '}');
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_text(struct listener *listener, const struct market *market, enum say say)
{
    house_say(listener, (struct house_told){.market = market, .say = say});
}

static void refuse(struct listener *listener, const char *reason, struct td_text what)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(
        out, "{\"type\":\"error\",\"message\":\"Failed to subscribe\",\"reason\":\"%s ", reason);
    td_str_add_bytes(out, what.at, what.bytes);
    td_str_add(out, "\"}");
    say_text(listener, NULL, SAY_ANSWER);
}

static void acknowledge(struct listener *listener)
{
    struct house *house = listener->house;
    struct td_str *out = house_text(house);
    bool any = false;
    td_str_add(out, "{\"type\":\"subscriptions\",\"channels\":[");
    for (unsigned c = 0; c < CHANNELS; c++) {
        bool first = true;
        for (unsigned i = 0; i < house->markets; i++) {
            if (!(listener->wants[i] & 1u << channels[c].say))
                continue;
            if (first)
                td_str_add_format(out, "%s{\"name\":\"%s\",\"product_ids\":[", any ? "," : "",
                                  channels[c].name);
            td_str_add_format(out, "%s\"%s\"", first ? "" : ",", house->market[i].is.raw);
            first = false;
        }
        if (!first)
            td_str_add(out, "]}");
        any |= !first;
    }
    td_str_add(out, "]}");
    say_text(listener, NULL, SAY_ANSWER);
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    const struct market_trade *last = market_trade(market, market->trades);
    if (say == SAY_BOOK) {
        house_tell(house, market);
        tell_snapshot(house, market);
        say_text(listener, market, SAY_SNAPSHOT);
    } else if (say == SAY_TRADE) {
        tell_match(house, market, last, "last_match");
        say_text(listener, market, SAY_SNAPSHOT);
    } else if (say == SAY_TICKER) {
        tell_ticker(house, market, last);
        say_text(listener, market, SAY_TICKER);
    }
}

static void choose_product(struct listener *listener, struct td_text product, enum say say,
                           bool subscribe)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, product);
    if (market == NULL) {
        refuse(listener, "not a valid product:", product);
        return;
    }
    unsigned index = house_index(house, market);
    if (!subscribe) {
        listener->wants[index] &= (uint8_t) ~(1u << say);
        return;
    }
    start_channel(listener, market, say);
    listener->wants[index] |= (uint8_t)(1u << say);
    house->awake[index] = true;
}

/* A channel stands as its name, or as an object with its own products. */
static void choose_channel(struct listener *listener, int channel, int products, bool subscribe)
{
    const struct json *json = listener->house->json;
    if (json_is_object(json, channel)) {
        int own = json_member(json, channel, "product_ids");
        products = own >= 0 ? own : products;
        channel = json_member(json, channel, "name");
    }
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, channel, channels[c].name))
        c++;
    if (c == CHANNELS) {
        refuse(listener, "channel is unknown or needs a login:", json_text(json, channel));
        return;
    }
    for (int p = json_first(json, products); p >= 0; p = json_next(json, p))
        choose_product(listener, json_text(json, p), channels[c].say, subscribe);
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int type = json_member(json, 0, "type"), list = json_member(json, 0, "channels");
    bool subscribe = json_equals(json, type, "subscribe");
    if (!subscribe && !json_equals(json, type, "unsubscribe")) {
        refuse(listener, "unknown message", json_text(json, type));
        return;
    }
    bool ack_first = dice_below(&house->dice, 2);
    if (ack_first)
        acknowledge(listener);
    for (int c = json_first(json, list); c >= 0; c = json_next(json, c))
        choose_channel(listener, c, json_member(json, 0, "product_ids"), subscribe);
    acknowledge(listener);
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    for (unsigned i = 0; i < house->markets; i++) {
        struct market *market = &house->market[i];
        if (!(listener->wants[i] & 1u << SAY_HEARTBEAT))
            continue;
        struct td_str *out = house_text(house);
        td_str_add_format(out,
                          "{\"type\":\"heartbeat\",\"sequence\":%llu,\"last_trade_id\":%llu,"
                          "\"product_id\":\"%s\",\"time\":\"",
                          (unsigned long long)market->orders, (unsigned long long)market->trades,
                          market->is.raw);
        spell_utc(out, house->now_us > market->time_us ? house->now_us : market->time_us);
        td_str_add(out, "\"}");
        say_text(listener, market, SAY_HEARTBEAT);
    }
}

/* Newest first; `after` leaves out that id and all newer ones. */
static int trades_page(struct house *house, const char *target)
{
    const char *end = strstr(target, "/trades"), *after = strstr(target, "after=");
    struct market *market = end ? house_find(house, target, (size_t)(end - target)) : NULL;
    struct td_str *out = house_text(house);
    if (market == NULL)
        return 404;
    uint64_t below = after ? strtoull(after + 6, NULL, 10) : market->trades + 1;
    uint64_t kept = market->trades < MARKET_TRADES_KEPT ? market->trades : MARKET_TRADES_KEPT;
    bool first = true;
    td_str_add_char(out, '[');
    for (uint64_t n = 0; n < kept; n++) {
        const struct market_trade *trade = market_trade(market, market->trades - n);
        if (trade->id >= below)
            continue;
        td_str_add_format(out, "%s{\"trade_id\":%llu,\"side\":\"%s\"", first ? "" : ",",
                          (unsigned long long)trade->id, trade->taker_buys ? "sell" : "buy");
        put_value(out, "size", trade->size_steps, market->is.size_scale, -1);
        put_value(out, "price", trade->price_steps, market->is.price_scale, market->is.price_scale);
        td_str_add(out, ",\"time\":\"");
        spell_utc(out, trade->time_us);
        td_str_add(out, "\"}");
        first = false;
    }
    td_str_add_char(out, ']');
    return 200;
}

static int page(struct house *house, const char *target)
{
    static const char products[] = "/products/";
    if (strncmp(target, products, sizeof products - 1) == 0)
        return trades_page(house, target + sizeof products - 1);
    struct td_str *out = house_text(house);
    if (strcmp(target, "/products") != 0)
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        const char *dash = strchr(is->symbol, '-');
        td_str_add_format(out,
                          "%s{\"id\":\"%s\",\"base_currency\":\"%.*s\",\"quote_currency\":\"%s\"",
                          i ? "," : "", is->raw, (int)(dash - is->symbol), is->symbol, dash + 1);
        put_value(out, "quote_increment", 1, is->price_scale, -1);
        put_value(out, "base_increment", 1, is->size_scale, -1);
        td_str_add(out, ",\"post_only\":false,\"status\":\"online\",\"trading_disabled\":false}");
    }
    td_str_add_char(out, ']');
    return 200;
}

static void renew(struct house *house, struct market *market)
{
    tell_snapshot(house, market);
    for (unsigned i = 0; i < house->listeners; i++)
        if (house->listener[i]->wants[house_index(house, market)] & 1u << SAY_BOOK)
            say_text(house->listener[i], market, SAY_SNAPSHOT);
}

const struct feed feed_coinbase = {
    .name = "coinbase",
    .quote = "USD",
    .levels_a_side = 1500,
    .levels_max = 160000,
    .depths = 1,
    .bad_at = "\"changes\":[",
    .bad_level = "[\"sell\",\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker_per_trade = true,
    .ticker = tell_ticker,
    .hear = hear,
    .beat = beat,
    .page = page,
    .renew = renew,
};
