/* Bitfinex v2 as seen by its clients.
 *
 *   < {"event":"info","version":2,"platform":{"status":1}}
 *   > {"event":"conf","flags":196608}   65536 numbers all messages, 131072 sends checksums
 *   > {"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250"}   one channel a message
 *   < {"event":"subscribed","channel":"book","chanId":17,"symbol":"tBTCUSD",...}
 *   < [17,[[px,count,amount],...],1]   [17,[px,count,amount],2]   [17,"cs",int32,3]   [18,"te",[id,ms,amount,px],4]   [17,"hb",5]
 *
 * Amounts below 0 are asks or sales; count 0 takes a level away, its amount +1 or -1 names the side. The last element counts all of a
 * connection, but not the JSON objects. 250 levels a side are all there are. Numbers in their shortest form.
 */
#include <string.h>

#include "base/crc.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum {
    LEVELS = 250,
    SUMMED = 25,
    SUM_EVERY = 8,
    HEARTBEAT_S = 15,
    CHANNELS_MAX = 25,
    LISTED_TRADES = 30,
    FLAG_CHECKSUM = 131072,
    FIRST_CHANNEL = 100,
};

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"book", SAY_BOOK}, {"trades", SAY_TRADE}, {"ticker", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

/* tBTCUSD, and a colon where the base is longer than usual: tDOGE:USD */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    shape_spell(strcspn(symbol, "-") > 3 ? ':' : '\0', symbol, pair);
    td_str_add_char(&out, 't');
    td_str_add(&out, pair);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, enum say say)
{
    struct td_str *out = house_text(house);
    td_str_add_char(out, '[');
    house_put_channel(out, say);
    td_str_add_char(out, ',');
    return out;
}

static void close_push(struct td_str *out)
{
    td_str_add_char(out, ',');
    house_put_seq(out);
    td_str_add_char(out, ']');
}

static void put_price(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_trimmed(out, steps, market->is.price_scale);
}

static void put_amount(struct td_str *out, const struct market *market, bool negative,
                       int64_t steps)
{
    td_str_add(out, negative ? "-" : "");
    shape_size(out, market, steps);
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    td_str_add_char(out, '[');
    put_price(out, market, level.price_steps);
    if (level.size_steps == 0) {
        td_str_add(out, ask ? ",0,-1]" : ",0,1]");
        return;
    }
    td_str_add_format(out, ",%u,", 1 + (unsigned)(level.size_steps % 9));
    put_amount(out, market, ask, level.size_steps);
    td_str_add_char(out, ']');
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, SAY_BOOK);
    (void)depth;
    shape_touched(out, market, batch, batch->touched[0].ask, put_level);
    close_push(out);
    return 1;
}

static int32_t checksum(const struct market *market)
{
    char text[2 * SUMMED * 48];
    struct td_str out = td_str_on(text, sizeof text);
    for (uint32_t i = 0; i < SUMMED; i++)
        for (int ask = 0; ask < 2; ask++) {
            const struct level *level = levels_nth(&market->side[ask], i);
            if (level == NULL)
                continue;
            td_str_add(&out, out.bytes ? ":" : "");
            put_price(&out, market, level->price_steps);
            td_str_add_char(&out, ':');
            put_amount(&out, market, ask, level->size_steps);
        }
    return (int32_t)td_crc32(0, out.at, out.bytes);
}

static bool tell_sum(struct house *house, struct market *market)
{
    bool wanted = false;
    for (unsigned i = 0; i < house->listeners; i++)
        wanted |= (house->listener[i]->marks & FLAG_CHECKSUM) != 0;
    if (!wanted || market->seq_told % SUM_EVERY != 0)
        return false;
    struct td_str *out = open_push(house, SAY_BOOK);
    td_str_add(out, "\"cs\",");
    td_str_add_i64(out, checksum(market));
    close_push(out);
    return true;
}

static void tell_snapshot(struct house *house, const struct market *market)
{
    struct td_str *out = open_push(house, SAY_BOOK);
    td_str_add_char(out, '[');
    shape_side(out, market, false, LEVELS, put_level);
    td_str_add_char(out, ',');
    shape_side(out, market, true, LEVELS, put_level);
    td_str_add_char(out, ']');
    close_push(out);
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "[%llu,%lld,", (unsigned long long)trade->id,
                      (long long)(trade->time_us / 1000));
    put_amount(out, market, !trade->taker_buys, trade->size_steps);
    td_str_add_char(out, ',');
    put_price(out, market, trade->price_steps);
    td_str_add_char(out, ']');
}

static void tell_trade_as(struct house *house, const struct market *market,
                          const struct market_trade *trade, const char *type)
{
    struct td_str *out = open_push(house, SAY_TRADE);
    td_str_add_format(out, "\"%s\",", type);
    put_trade(out, market, trade);
    close_push(out);
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    tell_trade_as(house, market, trade, "te");
}

static void tell_settled(struct house *house, struct market *market,
                         const struct market_trade *trade)
{
    tell_trade_as(house, market, trade, "tu");
}

static void tell_trade_list(struct house *house, const struct market *market)
{
    struct td_str *out = open_push(house, SAY_TRADE);
    for (unsigned i = 0; i < LISTED_TRADES; i++) {
        td_str_add_char(out, i ? ',' : '[');
        put_trade(out, market, market_trade(market, market->trades - i));
    }
    td_str_add_char(out, ']');
    close_push(out);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, SAY_TICKER);
    for (int ask = 0; ask < 2; ask++) {
        const struct level *best = levels_nth(&market->side[ask], 0);
        td_str_add_char(out, ask ? ',' : '[');
        put_price(out, market, best->price_steps);
        td_str_add_char(out, ',');
        put_amount(out, market, false, best->size_steps);
    }
    td_str_add(out, ",-12.300000000000001,-0.0041,");
    put_price(out, market, trade->price_steps);
    td_str_add_char(out, ',');
    put_amount(out, market, false, market->volume_steps);
    td_str_add_char(out, ',');
    put_price(out, market, market->high_steps);
    td_str_add_char(out, ',');
    put_price(out, market, market->low_steps);
    td_str_add_char(out, ']');
    close_push(out);
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener)
{
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void greet(struct listener *listener)
{
    listener->seq = 1;
    td_str_add(house_text(listener->house),
               "{\"event\":\"info\",\"version\":2,\"serverId\":\"a4d3ae55\","
               "\"platform\":{\"status\":1}}");
    answer(listener);
}

static void refuse(struct listener *listener, const char *reason, int code)
{
    const struct json *json = listener->house->json;
    struct td_text channel = json_plain(json, 0, "channel"), symbol = json_plain(json, 0, "symbol");
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"event\":\"error\",\"channel\":\"");
    shape_text(out, channel);
    td_str_add(out, "\",\"symbol\":\"");
    shape_text(out, symbol);
    td_str_add_format(out, "\",\"msg\":\"%s\",\"code\":%d}", reason, code);
    answer(listener);
}

static void start_channel(struct listener *listener, struct market *market, unsigned c)
{
    struct house *house = listener->house;
    unsigned index = house_index(house, market);
    uint32_t id = FIRST_CHANNEL + ++listener->channels_given;
    listener->channel[index][channels[c].say] = id;
    td_str_add_format(
        house_text(house),
        "{\"event\":\"subscribed\",\"channel\":\"%s\",\"chanId\":%u,\"symbol\":\"%s\","
        "%s\"pair\":\"%s\"}",
        channels[c].name, id, market->is.raw,
        channels[c].say == SAY_BOOK ? "\"prec\":\"P0\",\"freq\":\"F0\",\"len\":\"250\"," : "",
        market->is.raw + 1);
    answer(listener);
    if (channels[c].say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (channels[c].say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        tell_ticker(house, market, market_trade(market, market->trades));
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

static void subscribe(struct listener *listener)
{
    const struct json *json = listener->house->json;
    struct market *market = house_ask(listener, json_plain(json, 0, "symbol"));
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, json_member(json, 0, "channel"), channels[c].name))
        c++;
    if (c == CHANNELS) {
        refuse(listener, "channel: unknown", 10300);
    } else if (market == NULL) {
        refuse(listener, "symbol: invalid", 10300);
    } else if (house_follows(listener, market, channels[c].say)) {
        refuse(listener, "subscribe: dup", 10301);
    } else {
        house_tell(listener->house, market);
        if (house_follow(listener, market, channels[c].say, true))
            start_channel(listener, market, c);
        else
            refuse(listener, "channels: too many", 10305);
    }
}

static void unsubscribe(struct listener *listener)
{
    struct house *house = listener->house;
    int64_t id = -1;
    json_integer(house->json, 0, "chanId", &id);
    for (unsigned i = 0; i < house->markets; i++)
        for (unsigned say = 0; say < SAY_KINDS; say++) {
            if (id <= 0 || listener->channel[i][say] != id)
                continue;
            listener->channel[i][say] = 0;
            house_follow(listener, &house->market[i], say, false);
            td_str_add_format(house_text(house),
                              "{\"event\":\"unsubscribed\",\"status\":\"OK\",\"chanId\":%lld}",
                              (long long)id);
            answer(listener);
            return;
        }
    refuse(listener, "unsubscribe: invalid", 10400);
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int event = json_member(json, 0, "event");
    int64_t flags = 0;
    if (json_equals(json, event, "subscribe")) {
        subscribe(listener);
    } else if (json_equals(json, event, "unsubscribe")) {
        unsubscribe(listener);
    } else if (json_equals(json, event, "conf") && json_integer(json, 0, "flags", &flags)) {
        listener->marks = (uint32_t)flags;
        td_str_add_format(house_text(house),
                          "{\"event\":\"conf\",\"status\":\"OK\",\"flags\":%lld}",
                          (long long)flags);
        answer(listener);
    } else {
        refuse(listener, "event: unknown", 10000);
    }
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    for (unsigned i = 0; i < house->markets; i++)
        for (unsigned c = 0; c < CHANNELS; c++) {
            if (!house_follows(listener, &house->market[i], channels[c].say) ||
                house->now_us / 1000000 % HEARTBEAT_S != (i + c) % HEARTBEAT_S)
                continue;
            struct td_str *out = open_push(house, channels[c].say);
            td_str_add(out, "\"hb\"");
            close_push(out);
            house_say(listener,
                      (struct house_told){.market = &house->market[i], .say = SAY_HEARTBEAT});
        }
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    bool futures = shape_is_path(target, "/v2/conf/pub:list:pair:futures");
    if (!futures && !shape_is_path(target, "/v2/conf/pub:list:pair:exchange"))
        return 404;
    td_str_add(out, "[[");
    for (unsigned i = 0; !futures && i < house->markets; i++)
        td_str_add_format(out, "%s\"%s\"", i ? "," : "", house->market[i].is.raw + 1);
    td_str_add(out, "]]");
    return 200;
}

static void say_notice(struct listener *listener)
{
    td_str_add(house_text(listener->house),
               "{\"event\":\"info\",\"code\":20051,\"msg\":\"Stopping. Please try to reconnect\"}");
    house_reply(listener);
}

const struct feed feed_bitfinex = {
    .name = "bitfinex",
    .quote = "USD",
    .levels_a_side = 200,
    .levels_max = LEVELS,
    .depths = 1,
    .marked = true,
    .one_level_each = true,
    .checksum_at = "\"cs\",",
    .book_sum = tell_sum,
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .trade_again = tell_settled,
    .ticker = tell_ticker,
    .greet = greet,
    .hear = hear,
    .beat = beat,
    .page = page,
    .notice = say_notice,
    .channels_max = CHANNELS_MAX,
};
