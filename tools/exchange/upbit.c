/* Upbit as seen by its clients: JSON in binary frames.
 *
 *   > [{"ticket":"x"},{"type":"orderbook","codes":["KRW-BTC"]},{"type":"trade","codes":["KRW-BTC"],"isOnlyRealtime":true},{"format":"SIMPLE"}]
 *       an array replaces all that was asked for before
 *   < {"ty":"orderbook","cd":"KRW-BTC","tms":ms,"tas","tbs","obu":[{"ap","bp","as","bs"},...],"st":"SNAPSHOT"|"REALTIME"}   whole each time
 *   < {"ty":"trade","cd","tms","td","ttm","ttms","tp","tv","ab":"ASK"|"BID","pcp","c","cp","sid","st"}
 *   < {"ty":"ticker","cd","op","hp","lp","tp","tv","tms",...}
 *   > PING   < {"status":"UP"}
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 30 };

static const struct {
    const char *type;
    uint8_t say;
} channels[] = {{"orderbook", SAY_BOOK}, {"trade", SAY_TRADE}, {"ticker", SAY_TICKER}};

/* BTC-KRW is KRW-BTC there. */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    const char *dash = strchr(symbol, '-');
    td_str_add_format(&out, "%s-%.*s", dash + 1, (int)(dash - symbol), symbol);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_number(struct td_str *out, const struct market *market, const char *key,
                       const struct level *level, bool price)
{
    td_str_add_format(out, "%s\"%s\":", out->at[out->bytes - 1] == '{' ? "" : ",", key);
    if (level == NULL)
        td_str_add(out, "0.0");
    else if (price)
        shape_price(out, market, level->price_steps);
    else
        shape_size(out, market, level->size_steps);
}

static void put_book(struct house *house, struct market *market, int64_t time_us, const char *st)
{
    struct td_str *out = house_text(house);
    td_str_add_format(
        out, "{\"ty\":\"orderbook\",\"cd\":\"%s\",\"tms\":%lld,\"tas\":1.0,\"tbs\":1.0,\"obu\":[",
        market->is.raw, (long long)(time_us / 1000));
    for (uint32_t i = 0; i < LEVELS; i++) {
        const struct level *ask = levels_nth(&market->side[ASK], i),
                           *bid = levels_nth(&market->side[BID], i);
        if (ask == NULL && bid == NULL)
            break;
        td_str_add(out, i > 0 ? ",{" : "{");
        put_number(out, market, "ap", ask, true);
        put_number(out, market, "bp", bid, true);
        put_number(out, market, "as", ask, false);
        put_number(out, market, "bs", bid, false);
        td_str_add_char(out, '}');
    }
    td_str_add_format(out, "],\"st\":\"%s\"}", st);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    (void)depth;
    put_book(house, market, batch->time_us, "REALTIME");
    return batch->count;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    long long ms = trade->time_us / 1000;
    td_str_add_format(out,
                      "{\"ty\":\"trade\",\"cd\":\"%s\",\"tms\":%lld,\"td\":\"2026-01-02\","
                      "\"ttm\":\"03:04:05\",\"ttms\":%lld,\"tp\":",
                      market->is.raw, ms + 7, ms);
    shape_price(out, market, trade->price_steps);
    td_str_add(out, ",\"tv\":");
    shape_size(out, market, trade->size_steps);
    td_str_add_format(out,
                      ",\"ab\":\"%s\",\"pcp\":1.00000000,\"c\":\"RISE\",\"cp\":1.00000000,"
                      "\"sid\":%llu,\"st\":\"REALTIME\"}",
                      trade->taker_buys ? "BID" : "ASK", (unsigned long long)trade->id);
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    const struct {
        const char *key;
        int64_t steps;
    } prices[] = {{"op", market->open_steps},
                  {"hp", market->high_steps},
                  {"lp", market->low_steps},
                  {"tp", trade->price_steps}};
    td_str_add_format(out, "{\"ty\":\"ticker\",\"cd\":\"%s\"", market->is.raw);
    for (unsigned i = 0; i < sizeof prices / sizeof *prices; i++) {
        td_str_add_format(out, ",\"%s\":", prices[i].key);
        shape_price(out, market, prices[i].steps);
    }
    td_str_add(out, ",\"tv\":");
    shape_size(out, market, trade->size_steps);
    td_str_add(out, ",\"atv24h\":");
    shape_size(out, market, market->volume_steps);
    td_str_add_format(out, ",\"ab\":\"%s\",\"tms\":%lld,\"st\":\"REALTIME\"}",
                      trade->taker_buys ? "BID" : "ASK", (long long)(market_stamp(market) / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void follow_codes(struct listener *listener, const struct json *json, int wish, enum say say)
{
    struct house *house = listener->house;
    int codes = json_member(json, wish, "codes");
    for (int code = json_first(json, codes); code >= 0; code = json_next(json, code)) {
        struct market *market = house_ask(listener, json_text(json, code));
        if (market == NULL || !house_follow(listener, market, say, true))
            continue;
        house_tell(house, market);
        if (say != SAY_BOOK)
            continue;
        put_book(house, market, market->time_us, "SNAPSHOT");
        house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
    }
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    for (unsigned i = 0; i < house->markets; i++)
        for (unsigned c = 0; c < sizeof channels / sizeof *channels; c++)
            house_follow(listener, &house->market[i], channels[c].say, false);
    for (int wish = json_first(json, 0); wish >= 0; wish = json_next(json, wish))
        for (unsigned c = 0; c < sizeof channels / sizeof *channels; c++)
            if (json_equals(json, json_member(json, wish, "type"), channels[c].type))
                follow_codes(listener, json, wish, channels[c].say);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/v1/market/all"))
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++)
        td_str_add_format(out,
                          "%s{\"market\":\"%s\",\"korean_name\":\"%s\",\"english_name\":\"%s\"}",
                          i ? "," : "", house->market[i].is.raw, house->market[i].is.symbol,
                          house->market[i].is.symbol);
    td_str_add_char(out, ']');
    return 200;
}

const struct feed feed_upbit = {
    .name = "upbit",
    .ws_path = "/websocket/v1",
    .quote = "KRW",
    .levels_a_side = 60,
    .levels_max = 2000,
    .depths = 1,
    .shown = LEVELS,
    .frames = FRAMES_BINARY,
    .bad_at = "\"obu\":[",
    .bad_level = "{\"ap\":99999999999999999999.99,\"bp\":1.0,\"as\":1.0,\"bs\":1.0}",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker_per_trade = true,
    .ticker = tell_ticker,
    .hear = hear,
    .page = page,
    .ping_text = "PING",
    .pong_text = "{\"status\":\"UP\"}",
    .idle_s = 120,
};
