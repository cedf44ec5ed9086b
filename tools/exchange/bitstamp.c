/* Bitstamp as seen by its clients.
 *
 *   > {"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusd"}}     one channel a message; live_trades_btcusd, order_book_btcusd
 *   < {"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusd","data":{}}
 *   < {"event":"data","channel","data":{"timestamp":"s","microtimestamp":"us","bids":[["px","sz"]],"asks"}}   no number: joined by time
 *   < {"event":"trade","channel","data":{"id","timestamp","microtimestamp","amount","amount_str","price","price_str","type",...}}
 *   GET /api/v2/order_book/btcusd/   the whole book with its microtimestamp · /api/v2/markets/
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "venue/spelling.h"

enum { DECIMALS = 8, TOP_LEVELS = 100 };

static const struct {
    const char *prefix;
    uint8_t say;
} channels[] = {
    {"diff_order_book_", SAY_BOOK}, {"live_trades_", SAY_TRADE}, {"order_book_", SAY_TICKER}};

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('\0', symbol, raw);
    spelling_lower(raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_times(struct td_str *out, int64_t time_us, const char *space)
{
    td_str_add_format(out, "\"timestamp\":%s\"%lld\",%s\"microtimestamp\":%s\"%lld\"", space,
                      (long long)(time_us / 1000000), space, space, (long long)time_us);
}

static struct td_str *open_push(struct house *house, const char *event, const char *prefix,
                                const struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"event\":\"%s\",\"channel\":\"%s%s\",\"data\":{", event, prefix,
                      market->is.raw);
    return out;
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, "data", channels[0].prefix, market);
    (void)depth;
    put_times(out, batch->time_us, "");
    td_str_add(out, ",\"bids\":[");
    unsigned put = shape_touched(out, market, batch, false, shape_strings);
    td_str_add(out, "],\"asks\":[");
    put += shape_touched(out, market, batch, true, shape_strings);
    td_str_add(out, "]}}");
    return put;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "trade", channels[1].prefix, market);
    td_str_add_format(out, "\"id\":%llu,", (unsigned long long)trade->id);
    put_times(out, trade->time_us, "");
    td_str_add(out, ",\"amount\":");
    shape_size(out, market, trade->size_steps);
    shape_size_member(out, market, "amount_str", trade->size_steps);
    td_str_add(out, ",\"price\":");
    shape_price(out, market, trade->price_steps);
    shape_price_member(out, market, "price_str", trade->price_steps);
    unsigned long long order = trade->id;
    td_str_add_format(out, ",\"type\":%d,\"buy_order_id\":%llu,\"sell_order_id\":%llu}}",
                      trade->taker_buys ? 0 : 1, 2 * order, 2 * order + 1);
}

/* The hundred best levels, whole each time. */
static void tell_top(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "data", channels[2].prefix, market);
    (void)trade;
    put_times(out, market->time_us, "");
    td_str_add(out, ",\"bids\":[");
    shape_side(out, market, false, TOP_LEVELS, shape_strings);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, TOP_LEVELS, shape_strings);
    td_str_add(out, "]}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener, const char *event, struct td_text channel)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"event\":\"%s\",\"channel\":\"", event);
    td_str_add_bytes(out, channel.at, channel.bytes);
    td_str_add(out, "\",\"data\":{}}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void refuse(struct listener *listener, struct td_text channel)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"event\":\"bts:error\",\"channel\":\"");
    td_str_add_bytes(out, channel.at, channel.bytes);
    td_str_add(out, "\",\"data\":{\"code\":null,\"message\":\"Incorrect channel name\"}}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static bool takes(struct td_text channel, const char *prefix, struct td_text *name)
{
    size_t bytes = strlen(prefix);
    if (channel.bytes <= bytes || memcmp(channel.at, prefix, bytes) != 0)
        return false;
    *name = (struct td_text){channel.at + bytes, channel.bytes - (uint32_t)bytes};
    return true;
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int event = json_member(json, 0, "event");
    bool follow = json_equals(json, event, "bts:subscribe");
    struct td_text channel = json_plain(json, json_member(json, 0, "data"), "channel"), name;
    if (json_equals(json, event, "bts:heartbeat")) {
        td_str_add(
            house_text(house),
            "{\"event\":\"bts:heartbeat\",\"channel\":\"\",\"data\":{\"status\":\"success\"}}");
        house_say(listener, (struct house_told){.say = SAY_ANSWER});
        return;
    }
    for (unsigned i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!takes(channel, channels[i].prefix, &name))
            continue;
        struct market *market = house_ask(listener, name);
        if (market == NULL)
            break;
        house_tell(house, market);
        house_follow(listener, market, channels[i].say, follow);
        answer(listener, follow ? "bts:subscription_succeeded" : "bts:unsubscription_succeeded",
               channel);
        return;
    }
    refuse(listener, channel);
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

static int put_base(struct house *house, struct market *market)
{
    house_tell(house, market);
    struct td_str *out = house_text(house);
    td_str_add_char(out, '{');
    put_times(out, market->time_us, " ");
    td_str_add(out, ", \"bids\": [");
    shape_side(out, market, false, UINT32_MAX, shape_strings);
    td_str_add(out, "], \"asks\": [");
    shape_side(out, market, true, UINT32_MAX, shape_strings);
    td_str_add(out, "]}");
    return 200;
}

static int put_list(struct house *house)
{
    struct td_str *out = house_text(house);
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(
            out,
            "%s{\"name\": \"%.*s/%.*s\", \"url_symbol\": \"%s\", \"market_symbol\": \"%s\", "
            "\"base_decimals\": %d, \"counter_decimals\": %d, \"base_currency\": \"%.*s\", "
            "\"counter_currency\": \"%.*s\", \"trading\": \"Enabled\", "
            "\"instant_and_market_orders\": \"Enabled\", \"minimum_order\": \"10.0\", "
            "\"description\": \"\", \"market_type\": \"SPOT\"}",
            i ? ", " : "", (int)base.bytes, base.at, (int)quote.bytes, quote.at, is->raw, is->raw,
            is->size_scale, is->price_scale, (int)base.bytes, base.at, (int)quote.bytes, quote.at);
    }
    td_str_add_char(out, ']');
    return 200;
}

static int page(struct house *house, const char *target)
{
    static const char base[] = "/api/v2/order_book/";
    if (strcmp(target, "/api/v2/markets/") == 0)
        return put_list(house);
    if (strncmp(target, base, sizeof base - 1) != 0)
        return 404;
    const char *name = target + sizeof base - 1;
    struct market *market = house_find(house, name, strcspn(name, "/?"));
    return market == NULL ? 404 : put_base(house, market);
}

static void say_notice(struct listener *listener)
{
    td_str_add(house_text(listener->house),
               "{\"event\":\"bts:request_reconnect\",\"channel\":\"\",\"data\":\"\"}");
    house_reply(listener);
}

const struct feed feed_bitstamp = {
    .name = "bitstamp",
    .quote = "USD",
    .levels_a_side = 400,
    .levels_max = 8000,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.99\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_top,
    .hear = hear,
    .page = page,
    .notice = say_notice,
};
