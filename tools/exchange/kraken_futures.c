/* Kraken Futures, version 1, as seen by its clients.
 *
 *   < {"event":"info","version":1}
 *   > {"event":"subscribe","feed":"book","product_ids":["PF_XBTUSD"]}      trade, ticker, heartbeat (without ids)
 *   < {"event":"subscribed","feed":"book","product_ids":["PF_XBTUSD"]}     names in capitals, whatever was sent
 *   < {"feed":"book_snapshot","product_id","timestamp":ms,"seq":17,"tickSize":null,"bids":[{"price":n,"qty":n}],"asks"}
 *   < {"feed":"book","product_id","side":"buy"|"sell","seq":18,"price":n,"qty":n,"timestamp":ms}      one level each, seq + 1 a product
 *   < {"feed":"trade_snapshot","product_id","trades":[100 old ones]} · {"feed":"trade","product_id","uid","side","type":"fill",...}
 *   < {"feed":"ticker","product_id","bid","ask","bid_size","ask_size","last","markPrice","index","openInterest","funding_rate",...}
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LISTED_TRADES = 60 };

static const struct {
    const char *feed;
    uint8_t say;
} channels[] = {{"book", SAY_BOOK}, {"trade", SAY_TRADE}, {"ticker", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

/* BTC-USD-PERP is PF_XBTUSD. */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    bool bitcoin = strncmp(symbol, "BTC-", 4) == 0;
    const char *dash = strchr(symbol, '-');
    td_str_add(&out, "PF_");
    td_str_add_bytes(&out, bitcoin ? "XBT" : symbol, bitcoin ? 3 : (size_t)(dash - symbol));
    td_str_add_bytes(&out, dash + 1, strcspn(dash + 1, "-"));
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_number(struct td_str *out, const struct market *market, const char *key,
                       int64_t steps, bool price)
{
    td_str_add_format(out, ",\"%s\":", key);
    if (price)
        shape_price(out, market, steps);
    else
        spell_fixed(out, steps, market->is.size_scale,
                    market->is.size_scale > 0 ? market->is.size_scale : 1);
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    size_t at = out->bytes;
    put_number(out, market, "price", level.price_steps, true);
    out->at[at] = '{';
    put_number(out, market, "qty", level.size_steps, false);
    td_str_add_char(out, '}');
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    const struct market_touched *touched = &batch->touched[0];
    td_str_add_format(out, "{\"feed\":\"book\",\"product_id\":\"%s\",\"side\":\"%s\",\"seq\":%llu",
                      market->is.raw, touched->ask ? "sell" : "buy",
                      (unsigned long long)++market->view_seq[depth]);
    put_number(out, market, "price", touched->price_steps, true);
    put_number(out, market, "qty", levels_size(&market->side[touched->ask], touched->price_steps),
               false);
    td_str_add_format(out, ",\"timestamp\":%lld}", (long long)(batch->time_us / 1000));
    return 1;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(
        out,
        "{\"feed\":\"book_snapshot\",\"product_id\":\"%s\",\"timestamp\":%lld,\"seq\":%llu,"
        "\"tickSize\":null,\"bids\":[",
        market->is.raw, (long long)(market->time_us / 1000),
        (unsigned long long)market->view_seq[0]);
    shape_side(out, market, false, UINT32_MAX, put_level);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, UINT32_MAX, put_level);
    td_str_add(out, "]}");
}

static void put_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = &house->text;
    td_str_add_format(out, "{\"feed\":\"trade\",\"product_id\":\"%s\",\"uid\":\"", market->is.raw);
    td_str_add_format(out, "8b3e7e72-950c-4c4e-8ab8-%012llx", (unsigned long long)trade->id);
    td_str_add_format(out, "\",\"side\":\"%s\",\"type\":\"%s\",\"seq\":%llu,\"time\":%lld",
                      trade->taker_buys ? "buy" : "sell",
                      trade->id % 37 == 0 ? "liquidation" : "fill", (unsigned long long)trade->id,
                      (long long)(trade->time_us / 1000));
    put_number(out, market, "qty", trade->size_steps, false);
    put_number(out, market, "price", trade->price_steps, true);
    td_str_add_char(out, '}');
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    house_text(house);
    put_trade(house, market, trade);
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"feed\":\"trade_snapshot\",\"product_id\":\"%s\",\"trades\":[",
                      market->is.raw);
    for (uint64_t id = market->trades; id > market->trades - LISTED_TRADES; id--) {
        td_str_add(out, id < market->trades ? "," : "");
        put_trade(house, market, market_trade(market, id));
    }
    td_str_add(out, "]}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    struct market_derived derived = market_derived(market);
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"time\":%lld,\"feed\":\"ticker\",\"product_id\":\"%s\"",
                      (long long)(market_stamp(market) / 1000), market->is.raw);
    put_number(out, market, "bid", bid->price_steps, true);
    put_number(out, market, "ask", ask->price_steps, true);
    put_number(out, market, "bid_size", bid->size_steps, false);
    put_number(out, market, "ask_size", ask->size_steps, false);
    put_number(out, market, "volume", market->volume_steps, false);
    td_str_add_format(out, ",\"dtm\":0,\"leverage\":\"50x\"");
    put_number(out, market, "index", derived.index_steps, true);
    put_number(out, market, "last", market_trade(market, market->trades)->price_steps, true);
    td_str_add(out,
               ",\"change\":0.5,\"suspended\":false,\"tag\":\"perpetual\",\"pair\":\"XBT:USD\"");
    put_number(out, market, "openInterest", derived.interest_steps, false);
    put_number(out, market, "markPrice", derived.mark_steps, true);
    td_str_add_format(out, ",\"maturityTime\":0,\"funding_rate\":");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add_format(out, ",\"next_funding_rate_time\":%lld,\"post_only\":false}",
                      (long long)(derived.next_funding_us / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_text(struct listener *listener, const struct market *market, enum say say)
{
    house_say(listener, (struct house_told){.market = market, .say = say});
}

static void greet(struct listener *listener)
{
    td_str_add(house_text(listener->house), "{\"event\":\"info\",\"version\":1}");
    say_text(listener, NULL, SAY_ANSWER);
}

static void follow_one(struct listener *listener, struct td_text name, unsigned c, bool follow)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, name);
    struct td_str *out = house_text(house);
    if (market == NULL) {
        td_str_add(out, "{\"event\":\"error\",\"message\":\"Invalid product id\"}");
        say_text(listener, NULL, SAY_ANSWER);
        return;
    }
    td_str_add_format(out, "{\"event\":\"%s\",\"feed\":\"%s\",\"product_ids\":[\"%s\"]}",
                      follow ? "subscribed" : "unsubscribed", channels[c].feed, market->is.raw);
    say_text(listener, NULL, SAY_ANSWER);
    house_tell(house, market);
    if (!house_follow(listener, market, channels[c].say, follow) || !follow)
        return;
    if (channels[c].say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (channels[c].say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        tell_ticker(house, market, NULL);
    say_text(listener, market, SAY_SNAPSHOT);
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int event = json_member(json, 0, "event"), feed = json_member(json, 0, "feed"),
        products = json_member(json, 0, "product_ids");
    bool follow = json_equals(json, event, "subscribe");
    unsigned c = 0;
    if (json_equals(json, feed, "heartbeat")) {
        td_str_add(house_text(house), "{\"event\":\"subscribed\",\"feed\":\"heartbeat\"}");
        say_text(listener, NULL, SAY_ANSWER);
        listener->marks = 1;
        return;
    }
    while (c < CHANNELS && !json_equals(json, feed, channels[c].feed))
        c++;
    if (c == CHANNELS || (!follow && !json_equals(json, event, "unsubscribe"))) {
        td_str_add(house_text(house), "{\"event\":\"error\",\"message\":\"Invalid feed\"}");
        say_text(listener, NULL, SAY_ANSWER);
        return;
    }
    for (int product = json_first(json, products); product >= 0; product = json_next(json, product))
        follow_one(listener, json_text(json, product), c, follow);
}

static void beat(struct listener *listener)
{
    if (listener->marks == 0)
        return;
    td_str_add_format(house_text(listener->house), "{\"feed\":\"heartbeat\",\"time\":%lld}",
                      (long long)(listener->house->now_us / 1000));
    say_text(listener, NULL, SAY_HEARTBEAT);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/derivatives/api/v3/instruments"))
        return 404;
    td_str_add(out, "{\"result\":\"success\",\"instruments\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(out, "%s{\"symbol\":\"%s\",\"type\":\"flexible_futures\",\"tickSize\":",
                          i ? "," : "", is->raw);
        shape_step(out, is->price_scale);
        td_str_add_format(
            out,
            ",\"contractSize\":1,\"tradeable\":true,\"contractValueTradePrecision\":%d,"
            "\"base\":\"%.*s\",\"quote\":\"%.*s\",\"pair\":\"%.*s:%.*s\"}",
            is->size_scale, (int)base.bytes, base.at, (int)quote.bytes, quote.at, (int)base.bytes,
            base.at, (int)quote.bytes, quote.at);
    }
    td_str_add(out, "],\"serverTime\":\"2026-01-02T03:04:05.678Z\"}");
    return 200;
}

const struct feed feed_kraken_futures = {
    .name = "kraken_futures",
    .ws_path = "/ws/v1",
    .quote = "USD-PERP",
    .seq_per_change = true,
    .first_seq = 90000,
    .levels_a_side = 300,
    .levels_max = 8000,
    .depths = 1,
    .one_level_each = true,
    .bad_at = "\"qty\":",
    .bad_level = "99999999999999999999",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .greet = greet,
    .hear = hear,
    .beat = beat,
    .page = page,
};
