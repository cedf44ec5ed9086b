/* bitFlyer as seen by its clients.
 *
 *   > {"method":"subscribe","params":{"channel":"lightning_board_BTC_JPY"}}
 *       also lightning_board_snapshot_, lightning_executions_, lightning_ticker_
 *   < {"jsonrpc":"2.0","method":"channelMessage","params":{"channel":"lightning_board_BTC_JPY","message":{"mid_price","bids":[{"price","size"}],"asks"}}}
 *   < ... lightning_executions_BTC_JPY: [{"id","side":"BUY"|"SELL","price","size","exec_date":7 decimals,...}]
 *
 * Nothing is numbered; the whole board comes again every five seconds.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { SNAPSHOT_S = 5 };

static const struct {
    const char *prefix;
    uint8_t say;
} channels[] = {{"lightning_board_snapshot_", SAY_SNAPSHOT},
                {"lightning_board_", SAY_BOOK},
                {"lightning_executions_", SAY_TRADE},
                {"lightning_ticker_", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('_', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add(out, "{\"price\":");
    shape_price(out, market, level.price_steps);
    td_str_add(out, ",\"size\":");
    if (level.size_steps == 0)
        td_str_add(out, "0.0");
    else
        shape_size(out, market, level.size_steps);
    td_str_add_char(out, '}');
}

static struct td_str *open_push(struct house *house, const char *prefix,
                                const struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(
        out,
        "{\"jsonrpc\":\"2.0\",\"method\":\"channelMessage\",\"params\":{\"channel\":\"%s%s\","
        "\"message\":",
        prefix, market->is.raw);
    return out;
}

static void open_board(struct td_str *out, const struct market *market)
{
    td_str_add(out, "{\"mid_price\":");
    shape_price(out, market, levels_nth(&market->side[BID], 0)->price_steps);
    td_str_add(out, ",\"bids\":[");
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "lightning_board_", market);
    (void)depth;
    open_board(out, market);
    unsigned put = shape_touched(out, market, batch, false, put_level);
    td_str_add(out, "],\"asks\":[");
    put += shape_touched(out, market, batch, true, put_level);
    td_str_add(out, "]}}}");
    return put;
}

static void put_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "lightning_board_snapshot_", market);
    open_board(out, market);
    shape_side(out, market, false, UINT32_MAX, put_level);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, UINT32_MAX, put_level);
    td_str_add(out, "]}}}");
}

/* Ten millionths, as the venue prints them. */
static void put_time(struct td_str *out, const char *key, int64_t time_us)
{
    td_str_add_format(out, ",\"%s\":\"", key);
    spell_utc(out, time_us);
    out->bytes--;
    td_str_add(out, "0Z\"");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "lightning_executions_", market);
    td_str_add_format(out,
                      "[{\"id\":%llu,\"side\":\"%s\",\"price\":", (unsigned long long)trade->id,
                      trade->taker_buys ? "BUY" : "SELL");
    shape_price(out, market, trade->price_steps);
    td_str_add(out, ",\"size\":");
    shape_size(out, market, trade->size_steps);
    put_time(out, "exec_date", trade->time_us);
    td_str_add(out, ",\"buy_child_order_acceptance_id\":\"JRF1\",\"sell_child_order_acceptance_"
                    "id\":\"JRF2\"}]}}");
}

static void put_number(struct td_str *out, const struct market *market, const char *key,
                       int64_t steps, bool price)
{
    td_str_add_format(out, ",\"%s\":", key);
    if (price)
        shape_price(out, market, steps);
    else
        shape_size(out, market, steps);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "lightning_ticker_", market);
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"product_code\":\"%s\",\"state\":\"RUNNING\"", market->is.raw);
    put_time(out, "timestamp", market_stamp(market));
    td_str_add_format(out, ",\"tick_id\":%llu", (unsigned long long)market->last_change);
    put_number(out, market, "best_bid", bid->price_steps, true);
    put_number(out, market, "best_ask", ask->price_steps, true);
    put_number(out, market, "best_bid_size", bid->size_steps, false);
    put_number(out, market, "best_ask_size", ask->size_steps, false);
    td_str_add(out, ",\"total_bid_depth\":1.0,\"total_ask_depth\":1.0,\"market_bid_size\":0.0,"
                    "\"market_ask_size\":0.0");
    put_number(out, market, "ltp", market_trade(market, market->trades)->price_steps, true);
    put_number(out, market, "volume", market->volume_steps, false);
    put_number(out, market, "volume_by_product", market->volume_steps, false);
    td_str_add(out, "}}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_snapshot(struct listener *listener, struct market *market)
{
    put_snapshot(listener->house, market);
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static struct market *named(struct listener *listener, struct td_text channel, unsigned *which)
{
    for (*which = 0; *which < CHANNELS; ++*which) {
        size_t bytes = strlen(channels[*which].prefix);
        if (channel.bytes > bytes && memcmp(channel.at, channels[*which].prefix, bytes) == 0)
            return house_ask(listener,
                             (struct td_text){channel.at + bytes, channel.bytes - (uint32_t)bytes});
    }
    return NULL;
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    struct td_text channel = json_plain(json, json_member(json, 0, "params"), "channel"),
                   id = json_plain(json, 0, "id");
    bool follow = json_equals(json, json_member(json, 0, "method"), "subscribe");
    unsigned which;
    struct market *market = named(listener, channel, &which);
    if (market != NULL) {
        house_tell(house, market);
        house_follow(listener, market, channels[which].say, follow);
        if (follow && channels[which].say == SAY_SNAPSHOT)
            say_snapshot(listener, market);
    }
    if (id.at == NULL)
        return;
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    td_str_add_bytes(out, id.at, id.bytes);
    td_str_add(out, market ? ",\"result\":true}"
                           : ",\"error\":{\"code\":-32602,\"message\":\"Invalid params\"}}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    for (unsigned i = 0; i < house->markets; i++)
        if (house_follows(listener, &house->market[i], SAY_SNAPSHOT) &&
            house->now_us / 1000000 % SNAPSHOT_S == i % SNAPSHOT_S) {
            house_tell(house, &house->market[i]);
            say_snapshot(listener, &house->market[i]);
        }
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (strncmp(target, "/v1/getmarkets", 14) != 0)
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++)
        td_str_add_format(out, "%s{\"product_code\":\"%s\",\"market_type\":\"Spot\"}", i ? "," : "",
                          house->market[i].is.raw);
    td_str_add_char(out, ']');
    return 200;
}

const struct feed feed_bitflyer = {
    .name = "bitflyer",
    .ws_path = "/json-rpc",
    .quote = "JPY",
    .levels_a_side = 300,
    .levels_max = 8000,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "{\"price\":99999999999999999999.99,\"size\":1.0}",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .beat = beat,
    .page = page,
};
