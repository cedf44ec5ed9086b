/* Hyperliquid as seen by its clients.
 *
 *   > {"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}        trades, bbo, activeAssetCtx
 *   < {"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{...}}}
 *   < {"channel":"l2Book","data":{"coin":"BTC","time":ms,"levels":[[{"px","sz","n"}],[...]]}}    20 and 20, whole each time
 *   < {"channel":"trades","data":[{"coin","side":"B"|"A","px","sz","time","hash","tid","users":[..]}]}   a list of old ones first
 *   < {"channel":"activeAssetCtx","data":{"coin","ctx":{"funding","openInterest","markPx","oraclePx",...}}}
 *   > {"method":"ping"}   < {"channel":"pong"}
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 20, LISTED_TRADES = 20 };

static const struct {
    const char *type;
    uint8_t say;
} channels[] = {{"l2Book", SAY_BOOK},
                {"trades", SAY_TRADE},
                {"bbo", SAY_TICKER},
                {"activeAssetCtx", SAY_DERIVED}};

/* BTC-USD-PERP is the coin BTC. */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    td_text_copy(raw, TD_SYMBOL_MAX, symbol, strcspn(symbol, "-"));
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add(out, "{\"px\":\"");
    shape_price(out, market, level.price_steps);
    td_str_add(out, "\",\"sz\":\"");
    shape_size(out, market, level.size_steps);
    td_str_add_format(out, "\",\"n\":%d}", 1 + (int)(level.size_steps % 5));
}

static struct td_str *open_push(struct house *house, const char *channel)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"channel\":\"%s\",\"data\":", channel);
    return out;
}

static void put_book(struct house *house, struct market *market, int64_t time_us)
{
    struct td_str *out = open_push(house, "l2Book");
    td_str_add_format(out, "{\"coin\":\"%s\",\"time\":%lld,\"levels\":[[", market->is.raw,
                      (long long)(time_us / 1000));
    shape_side(out, market, false, LEVELS, put_level);
    td_str_add(out, "],[");
    shape_side(out, market, true, LEVELS, put_level);
    td_str_add(out, "]]}}");
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    (void)depth;
    put_book(house, market, batch->time_us);
    return batch->count;
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"coin\":\"%s\",\"side\":\"%s\"", market->is.raw,
                      trade->taker_buys ? "B" : "A");
    shape_price_member(out, market, "px", trade->price_steps);
    shape_size_member(out, market, "sz", trade->size_steps);
    td_str_add_format(
        out, ",\"time\":%lld,\"hash\":\"0x%016llx\",\"tid\":%llu,\"users\":[\"0x1\",\"0x2\"]}",
        (long long)(trade->time_us / 1000), (unsigned long long)trade->id,
        (unsigned long long)trade->id);
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "trades");
    td_str_add_char(out, '[');
    put_trade(out, market, trade);
    td_str_add(out, "]}");
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, "trades");
    td_str_add_char(out, '[');
    for (uint64_t id = market->trades; id > market->trades - LISTED_TRADES; id--) {
        td_str_add(out, id < market->trades ? "," : "");
        put_trade(out, market, market_trade(market, id));
    }
    td_str_add(out, "]}");
}

static void tell_top(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, "bbo");
    (void)trade;
    td_str_add_format(out, "{\"coin\":\"%s\",\"time\":%lld,\"bbo\":[", market->is.raw,
                      (long long)(market_stamp(market) / 1000));
    put_level(out, market, false, *levels_nth(&market->side[BID], 0));
    td_str_add_char(out, ',');
    put_level(out, market, true, *levels_nth(&market->side[ASK], 0));
    td_str_add(out, "]}}");
}

static void tell_derived(struct house *house, struct market *market)
{
    struct market_derived derived = market_derived(market);
    struct td_str *out = open_push(house, "activeAssetCtx");
    td_str_add_format(out, "{\"coin\":\"%s\",\"ctx\":{\"funding\":\"", market->is.raw);
    shape_signed_e8(out, derived.funding_e8);
    td_str_add_char(out, '"');
    shape_size_member(out, market, "openInterest", derived.interest_steps);
    shape_price_member(out, market, "prevDayPx", market->open_steps);
    td_str_add(out, ",\"dayNtlVlm\":\"1.0\",\"premium\":\"0.0\"");
    shape_price_member(out, market, "oraclePx", derived.index_steps);
    shape_price_member(out, market, "markPx", derived.mark_steps);
    shape_price_member(out, market, "midPx", derived.index_steps);
    td_str_add(out, ",\"impactPxs\":null}}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void refuse(struct listener *listener)
{
    td_str_add(house_text(listener->house),
               "{\"channel\":\"error\",\"data\":\"Invalid subscription\"}");
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    struct house_told told = {.market = market, .say = SAY_SNAPSHOT};
    house_tell(house, market);
    if (say == SAY_BOOK)
        put_book(house, market, market->time_us);
    else if (say == SAY_TRADE)
        tell_trade_list(house, market);
    else if (say == SAY_DERIVED)
        tell_derived(house, market);
    else
        return;
    house_say(listener, told);
}

static void choose(struct listener *listener, bool follow)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int wish = json_member(json, 0, "subscription");
    struct td_text coin = json_plain(json, wish, "coin");
    struct market *market = house_ask(listener, coin);
    unsigned c = 0;
    while (c < sizeof channels / sizeof *channels &&
           !json_equals(json, json_member(json, wish, "type"), channels[c].type))
        c++;
    if (market == NULL || c == sizeof channels / sizeof *channels) {
        refuse(listener);
        return;
    }
    struct td_str *out = house_text(house);
    td_str_add_format(out,
                      "{\"channel\":\"subscriptionResponse\",\"data\":{\"method\":\"%s\","
                      "\"subscription\":{\"type\":\"%s\",\"coin\":\"%s\"}}}",
                      follow ? "subscribe" : "unsubscribe", channels[c].type, market->is.raw);
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
    if (house_follow(listener, market, channels[c].say, follow) && follow)
        start_channel(listener, market, channels[c].say);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int method = json_member(json, 0, "method");
    if (json_equals(json, method, "ping")) {
        td_str_add(house_text(listener->house), "{\"channel\":\"pong\"}");
        house_say(listener, (struct house_told){.say = SAY_ANSWER});
    } else if (json_equals(json, method, "subscribe") || json_equals(json, method, "unsubscribe")) {
        choose(listener, json_equals(json, method, "subscribe"));
    } else {
        refuse(listener);
    }
}

/* POST /info {"type":"meta"}; what is asked stands in the body. */
static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (strcmp(target, "/info") != 0)
        return 404;
    td_str_add(out, "{\"universe\":[");
    for (unsigned i = 0; i < house->markets; i++)
        td_str_add_format(out, "%s{\"szDecimals\":%d,\"name\":\"%s\",\"maxLeverage\":50}",
                          i ? "," : "", house->market[i].is.size_scale, house->market[i].is.raw);
    td_str_add(out, "]}");
    return 200;
}

const struct feed feed_hyperliquid = {
    .name = "hyperliquid",
    .ws_path = "/ws",
    .quote = "USD-PERP",
    .levels_a_side = 60,
    .levels_max = 2000,
    .depths = 1,
    .shown = LEVELS,
    .bad_at = "\"levels\":[[",
    .bad_level = "{\"px\":\"99999999999999999999.9\",\"sz\":\"1\",\"n\":1}",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_top,
    .derived = tell_derived,
    .hear = hear,
    .page = page,
    .idle_s = 60,
};
