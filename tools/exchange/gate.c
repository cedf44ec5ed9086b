/* Gate v4 as seen by its clients: spot, and USDT perpetuals under a name of their own.
 *
 *   > {"time":s,"channel":"spot.obu","event":"subscribe","payload":["ob.BTC_USDT.400"]}
 *   < {"time":s,"time_ms":ms,"channel":"spot.obu","event":"subscribe","payload":[...],"result":{"status":"success"}}
 *   < {"channel":"spot.obu","result":{"t":ms,"full":true,"s":"ob.BTC_USDT.400","U":n,"u":n,"b":[["px","sz"]],"a":[]},"time_ms":ms}
 *   < {"channel":"spot.trades","event":"update","result":{"id","create_time_ms":"ms.frac","side","currency_pair","amount","price"}}
 *   > {"time":s,"channel":"spot.ping"}   < {"time":s,"channel":"spot.pong","event":"","result":null}
 *
 * The first message of a book is whole; then each begins one behind the end of the last. Of futures trades the sign of the size is
 * the taker's side, and a list holds them.
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 400 };

static const struct {
    const char *spot, *futures;
    uint8_t say;
} channels[] = {{"spot.obu", "futures.obu", SAY_BOOK},
                {"spot.trades", "futures.trades", SAY_TRADE},
                {"spot.book_ticker", "futures.book_ticker", SAY_TICKER},
                {"spot.tickers", "futures.tickers", SAY_DERIVED},
                {"", "futures.public_liquidates", SAY_LIQUIDATION}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static bool is_futures(const struct house *house)
{
    return house->feed == &feed_gate_futures;
}

static const char *channel_name(const struct house *house, unsigned c)
{
    return is_futures(house) ? channels[c].futures : channels[c].spot;
}

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    shape_pair(symbol, pair);
    shape_spell('_', pair, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, unsigned c, int64_t time_us)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out,
                      "{\"time\":%lld,\"time_ms\":%lld,\"channel\":\"%s\",\"event\":\"update\","
                      "\"result\":",
                      (long long)(time_us / 1000000), (long long)(time_us / 1000),
                      channel_name(house, c));
    return out;
}

static void open_book(struct house *house, const struct market *market, int64_t time_us, bool full,
                      uint64_t first, uint64_t last)
{
    td_str_add_format(house_text(house),
                      "{\"channel\":\"%s\",\"result\":{\"t\":%lld,%s\"s\":\"ob.%s.%d\",\"U\":%llu,"
                      "\"u\":%llu,\"b\":[",
                      channel_name(house, 0), (long long)(time_us / 1000),
                      full ? "\"full\":true," : "", market->is.raw, LEVELS,
                      (unsigned long long)first, (unsigned long long)last);
}

static void close_book(struct house *house, int64_t time_us)
{
    long long ms = time_us / 1000;
    td_str_add_format(&house->text, "]},\"time_ms\":%lld}", ms + 1);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    (void)depth;
    open_book(house, market, batch->time_us, false, batch->first_seq, batch->last_seq);
    shape_touched(&house->text, market, batch, false, shape_strings);
    td_str_add(&house->text, "],\"a\":[");
    shape_touched(&house->text, market, batch, true, shape_strings);
    close_book(house, batch->time_us);
    return batch->count;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    open_book(house, market, market->time_us, true, market->seq_told, market->seq_told);
    shape_side(&house->text, market, false, LEVELS, shape_strings);
    td_str_add(&house->text, "],\"a\":[");
    shape_side(&house->text, market, true, LEVELS, shape_strings);
    close_book(house, market->time_us);
}

static void put_futures_trade(struct td_str *out, const struct market *market,
                              const struct market_trade *trade)
{
    td_str_add_format(out, "[{\"size\":\"%s", trade->taker_buys ? "" : "-");
    shape_size(out, market, trade->size_steps);
    td_str_add_format(out,
                      "\",\"id\":%llu,\"create_time\":%lld,\"create_time_ms\":%lld,"
                      "\"contract\":\"%s\"",
                      (unsigned long long)trade->id, (long long)(trade->time_us / 1000000),
                      (long long)(trade->time_us / 1000), market->is.raw);
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add(out, "}]");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, 1, trade->time_us);
    if (is_futures(house)) {
        put_futures_trade(out, market, trade);
    } else {
        td_str_add_format(out,
                          "{\"id\":%llu,\"create_time\":%lld,\"create_time_ms\":\"%lld.%03lld\","
                          "\"side\":\"%s\",\"currency_pair\":\"%s\"",
                          (unsigned long long)trade->id, (long long)(trade->time_us / 1000000),
                          (long long)(trade->time_us / 1000), (long long)(trade->time_us % 1000),
                          trade->taker_buys ? "buy" : "sell", market->is.raw);
        shape_size_member(out, market, "amount", trade->size_steps);
        shape_price_member(out, market, "price", trade->price_steps);
        td_str_add_char(out, '}');
    }
    td_str_add_char(out, '}');
}

/* Best prices. */
static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    int64_t time_us = market_stamp(market);
    struct td_str *out = open_push(house, 2, time_us);
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"t\":%lld,\"u\":%llu,\"s\":\"%s\"", (long long)(time_us / 1000),
                      (unsigned long long)market->seq_told, market->is.raw);
    shape_price_member(out, market, "b", bid->price_steps);
    shape_size_member(out, market, "B", bid->size_steps);
    shape_price_member(out, market, "a", ask->price_steps);
    shape_size_member(out, market, "A", ask->size_steps);
    td_str_add(out, "}}");
}

static void put_derived(struct td_str *out, const struct market *market)
{
    struct market_derived derived = market_derived(market);
    shape_price_member(out, market, "mark_price", derived.mark_steps);
    shape_price_member(out, market, "index_price", derived.index_steps);
    shape_size_member(out, market, "total_size", derived.interest_steps);
    td_str_add(out, ",\"funding_rate\":\"");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add_char(out, '"');
}

static void tell_day(struct house *house, struct market *market)
{
    bool futures = is_futures(house);
    struct td_str *out = open_push(house, 3, house->now_us);
    td_str_add_format(out, "%s{\"%s\":\"%s\"", futures ? "[" : "",
                      futures ? "contract" : "currency_pair", market->is.raw);
    shape_price_member(out, market, "last", market_trade(market, market->trades)->price_steps);
    shape_price_member(out, market, "lowest_ask", levels_nth(&market->side[ASK], 0)->price_steps);
    shape_price_member(out, market, "highest_bid", levels_nth(&market->side[BID], 0)->price_steps);
    shape_price_member(out, market, "high_24h", market->high_steps);
    shape_price_member(out, market, "low_24h", market->low_steps);
    td_str_add(out, ",\"change_percentage\":\"-0.41\"");
    shape_size_member(out, market, futures ? "volume_24h_base" : "base_volume",
                      market->volume_steps);
    if (futures)
        put_derived(out, market);
    td_str_add(out, futures ? "}]}" : "}}");
}

static void tell_liquidation(struct house *house, struct market *market,
                             const struct market_trade *trade)
{
    struct td_str *out = open_push(house, 4, trade->time_us);
    td_str_add_format(out, "[{\"size\":\"%s", trade->taker_buys ? "" : "-");
    shape_size(out, market, trade->size_steps);
    td_str_add_char(out, '"');
    shape_price_member(out, market, "price", trade->price_steps);
    td_str_add_format(out, ",\"contract\":\"%s\",\"time\":%lld,\"time_ms\":%lld}]}", market->is.raw,
                      (long long)(trade->time_us / 1000000), (long long)(trade->time_us / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

/* `error`: NULL when it is accepted. */
static void acknowledge(struct listener *listener, struct td_text name, const char *error)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"time\":%lld,\"time_ms\":%lld,\"channel\":\"",
                      (long long)(house->now_us / 1000000), (long long)(house->now_us / 1000));
    shape_text(out, json_plain(json, 0, "channel"));
    td_str_add(out, "\",\"event\":\"");
    shape_text(out, json_plain(json, 0, "event"));
    td_str_add(out, "\",\"payload\":[\"");
    shape_text(out, name);
    td_str_add(out, "\"],");
    if (error)
        td_str_add_format(out, "\"error\":{\"code\":2,\"message\":\"%s", error);
    if (error)
        shape_text(out, name);
    td_str_add(out, error ? "\"},\"result\":null}"
                          : "\"error\":null,\"result\":{\"status\":\"success\"}}");
    house_reply(listener);
}

/* BTC_USDT of ob.BTC_USDT.400 */
static struct td_text pair_of(struct td_text name)
{
    const char *end = name.at + name.bytes;
    if (name.bytes < 3 || memcmp(name.at, "ob.", 3) != 0)
        return name;
    const char *dot = memchr(name.at + 3, '.', name.bytes - 3);
    return (struct td_text){name.at + 3, (uint32_t)((dot ? dot : end) - name.at - 3)};
}

static void choose(struct listener *listener, struct td_text name, unsigned c, bool subscribe)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, pair_of(name));
    if (market == NULL) {
        acknowledge(listener, name, "unknown currency pair: ");
        return;
    }
    bool ack_first = dice_below(&house->dice, 2);
    house_tell(house, market);
    if (ack_first)
        acknowledge(listener, name, NULL);
    house_follow(listener, market, channels[c].say, subscribe);
    if (subscribe && channels[c].say == SAY_BOOK) {
        tell_snapshot(house, market);
        house_begin(listener, market);
    }
    if (!ack_first)
        acknowledge(listener, name, NULL);
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int channel = json_member(json, 0, "channel"), event = json_member(json, 0, "event");
    int payload = json_member(json, 0, "payload");
    const char *kind = is_futures(house) ? "futures" : "spot";
    struct td_text name = json_text(json, channel);
    unsigned c = 0;
    if (name.bytes > 5 && memcmp(name.at + name.bytes - 5, ".ping", 5) == 0) {
        td_str_add_format(house_text(house),
                          "{\"time\":%lld,\"channel\":\"%s.pong\",\"event\":\"\",\"result\":null}",
                          (long long)(house->now_us / 1000000), kind);
        house_reply(listener);
        return;
    }
    while (c < CHANNELS && !json_equals(json, channel, channel_name(house, c)))
        c++;
    bool subscribe = json_equals(json, event, "subscribe");
    if (c == CHANNELS || (!subscribe && !json_equals(json, event, "unsubscribe"))) {
        acknowledge(listener, name, "unknown channel or event: ");
        return;
    }
    for (int p = json_first(json, payload); p >= 0; p = json_next(json, p))
        choose(listener, json_text(json, p), c, subscribe);
}

/* ---- symbol list ------------------------------------------------------------------------------------------------------ */

static void put_listed(struct td_str *out, const struct market_params *is, bool futures)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    if (!futures) {
        td_str_add_format(out,
                          "{\"id\":\"%s\",\"base\":\"%.*s\",\"quote\":\"%.*s\","
                          "\"amount_precision\":%d,\"precision\":%d,\"trade_status\":\"tradable\"}",
                          is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
                          is->size_scale, is->price_scale);
        return;
    }
    td_str_add_format(out,
                      "{\"name\":\"%s\",\"type\":\"direct\",\"quanto_multiplier\":\"0.0001\","
                      "\"in_delisting\":false,\"order_price_round\":\"",
                      is->raw);
    shape_step(out, is->price_scale);
    td_str_add(out, "\"}");
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    bool futures = is_futures(house);
    if (!shape_is_path(target,
                       futures ? "/api/v4/futures/usdt/contracts" : "/api/v4/spot/currency_pairs"))
        return 404;
    td_str_add_char(out, '[');
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is, futures);
    }
    td_str_add_char(out, ']');
    return 200;
}

#define GATE(its_name, its_quote)                                                                  \
    {                                                                                              \
        .name = its_name, .quote = its_quote, .seq_per_change = true, .first_seq = 4000000,        \
        .levels_a_side = 300, .levels_max = LEVELS, .depths = 1, .bad_at = "\"b\":[",              \
        .bad_level = "[\"99999999999999999999.9\",\"1\"]", .spell = spell_symbol,                  \
        .book = tell_book, .trade = tell_trade, .ticker = tell_ticker, .derived = tell_day,        \
        .liquidation = tell_liquidation, .hear = hear, .page = page, .ws_ping_s = 15,              \
    }

const struct feed feed_gate = GATE("gate", "USDT");
const struct feed feed_gate_futures = GATE("gate_futures", "USDT-PERP");
