/* Deribit as seen by its clients: perpetuals, by JSON-RPC.
 *
 *   > {"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["book.BTC-PERPETUAL.100ms",...]}}
 *   < {"jsonrpc":"2.0","id":1,"result":["book.BTC-PERPETUAL.100ms",...],"usIn":us,"usOut":us}   those that were accepted
 *   < {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"snapshot"|"change",
 *      "timestamp":ms,"instrument_name","change_id","prev_change_id","bids":[["new"|"change"|"delete",px,amount]],"asks"}}}
 *   > public/set_heartbeat {"interval":30}   < heartbeat, test_request   > public/test
 *
 * A message names its predecessor. Bare numbers.
 */
#include <string.h>

#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LEVELS = 1000, CHANNELS_MAX = 500, ASK_S = 10, ANSWER_S = 5, MARK_HEARTBEAT = 1 };

static const struct {
    const char *head;
    uint8_t say;
} channels[] = {{"book.", SAY_BOOK}, {"trades.", SAY_TRADE}, {"ticker.", SAY_TICKER}};
enum { CHANNELS = sizeof channels / sizeof *channels };

/* BTC-PERPETUAL for what settles in the coin, BTC_USDC-PERPETUAL for what settles in dollars. */
static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    char pair[TD_SYMBOL_MAX];
    struct td_str out = td_str_on(raw, TD_SYMBOL_MAX);
    shape_pair(symbol, pair);
    size_t base = strcspn(pair, "-");
    bool coin = strcmp(pair + base, "-USD") == 0;
    td_str_add_bytes(&out, pair, base);
    td_str_add(&out, coin ? "" : "_");
    td_str_add(&out, coin || !pair[base] ? "" : pair + base + 1);
    td_str_add(&out, strstr(symbol, "-PERP") ? "-PERPETUAL" : "");
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const struct market *market, const char *head)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out,
                      "{\"jsonrpc\":\"2.0\",\"method\":\"subscription\",\"params\":{\"channel\":\""
                      "%s%s.100ms\",\"data\":",
                      head, market->is.raw);
    return out;
}

static void put_number(struct td_str *out, int64_t steps, int scale)
{
    spell_trimmed(out, steps, scale);
}

static void put_as(struct td_str *out, const struct market *market, const char *action,
                   struct level level)
{
    td_str_add_format(out, "[\"%s\",", action);
    put_number(out, level.price_steps, market->is.price_scale);
    td_str_add_char(out, ',');
    put_number(out, level.size_steps, market->is.size_scale);
    td_str_add_char(out, ']');
}

static void put_new(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    put_as(out, market, "new", level);
}

/* "new" and "change" tell the same to who sets sizes: by turns. */
static void put_change(struct td_str *out, const struct market *market, bool ask,
                       struct level level)
{
    (void)ask;
    put_as(out, market,
           level.size_steps == 0        ? "delete"
           : level.price_steps % 2 == 0 ? "new"
                                        : "change",
           level);
}

static void open_book(struct td_str *out, const struct market *market, const char *type,
                      int64_t time_us, uint64_t seq)
{
    td_str_add_format(out,
                      "{\"type\":\"%s\",\"timestamp\":%lld,\"instrument_name\":\"%s\","
                      "\"change_id\":%llu,",
                      type, (long long)(time_us / 1000), market->is.raw, (unsigned long long)seq);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, "book.");
    (void)depth;
    open_book(out, market, "change", batch->time_us, batch->last_seq);
    td_str_add_format(out, "\"prev_change_id\":%llu,\"bids\":[",
                      (unsigned long long)(batch->first_seq - 1));
    shape_touched(out, market, batch, false, put_change);
    td_str_add(out, "],\"asks\":[");
    shape_touched(out, market, batch, true, put_change);
    td_str_add(out, "]}}}");
    return batch->count;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "book.");
    open_book(out, market, "snapshot", market->time_us, market->seq_told);
    td_str_add(out, "\"bids\":[");
    shape_side(out, market, false, LEVELS, put_new);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, LEVELS, put_new);
    td_str_add(out, "]}}}");
}

static void put_member(struct td_str *out, const char *key, int64_t steps, int scale)
{
    td_str_add_format(out, ",\"%s\":", key);
    put_number(out, steps, scale);
}

/* Those of one order together. */
static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    if (trade->id != market->trades)
        return;
    struct td_str *out = open_push(house, market, "trades.");
    for (uint64_t id = market->trades_told + 1; id <= market->trades; id++) {
        const struct market_trade *each = market_trade(market, id);
        td_str_add_format(out,
                          "%s{\"trade_seq\":%llu,\"trade_id\":\"%llu\",\"timestamp\":%lld,"
                          "\"tick_direction\":0,\"instrument_name\":\"%s\",\"direction\":\"%s\"",
                          id == market->trades_told + 1 ? "[" : ",", (unsigned long long)id,
                          (unsigned long long)id, (long long)(each->time_us / 1000), market->is.raw,
                          each->taker_buys ? "buy" : "sell");
        if (market_is_liquidation(each))
            td_str_add(out, ",\"liquidation\":\"T\"");
        put_member(out, "price", each->price_steps, market->is.price_scale);
        put_member(out, "amount", each->size_steps, market->is.size_scale);
        td_str_add_char(out, '}');
    }
    td_str_add(out, "]}}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "ticker.");
    struct market_derived derived = market_derived(market);
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    int px = market->is.price_scale, sz = market->is.size_scale;
    td_str_add_format(out, "{\"timestamp\":%lld,\"state\":\"open\",\"instrument_name\":\"%s\"",
                      (long long)(market_stamp(market) / 1000), market->is.raw);
    put_member(out, "best_bid_price", bid->price_steps, px);
    put_member(out, "best_bid_amount", bid->size_steps, sz);
    put_member(out, "best_ask_price", ask->price_steps, px);
    put_member(out, "best_ask_amount", ask->size_steps, sz);
    put_member(out, "last_price", trade->price_steps, px);
    put_member(out, "mark_price", derived.mark_steps, px);
    put_member(out, "index_price", derived.index_steps, px);
    put_member(out, "open_interest", derived.interest_steps, sz);
    td_str_add(out, ",\"current_funding\":");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add(out, ",\"funding_8h\":");
    shape_signed_e8(out, derived.funding_e8);
    td_str_add(out, ",\"stats\":{\"volume\":17.5");
    put_member(out, "high", market->high_steps, px);
    put_member(out, "low", market->low_steps, px);
    td_str_add(out, "}}}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static struct td_str *open_answer(struct listener *listener)
{
    struct td_text id = json_plain(listener->house->json, 0, "id");
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"jsonrpc\":\"2.0\",");
    if (id.at) {
        td_str_add(out, "\"id\":");
        shape_text(out, id);
        td_str_add_char(out, ',');
    }
    return out;
}

static void close_answer(struct listener *listener, struct td_str *out)
{
    long long now_us = listener->house->now_us;
    td_str_add_format(out, ",\"usIn\":%lld,\"usOut\":%lld,\"usDiff\":90,\"testnet\":false}", now_us,
                      now_us + 90);
    house_reply(listener);
}

static void refuse(struct listener *listener, int code, const char *message)
{
    struct td_str *out = open_answer(listener);
    td_str_add_format(out, "\"error\":{\"code\":%d,\"message\":\"%s\"}", code, message);
    close_answer(listener, out);
}

/* Only who set a heartbeat is asked for a sign of life. */
static void ask(struct listener *listener)
{
    if (!(listener->marks & MARK_HEARTBEAT)) {
        house_answered(listener);
        return;
    }
    td_str_add(
        house_text(listener->house),
        "{\"jsonrpc\":\"2.0\",\"method\":\"heartbeat\",\"params\":{\"type\":\"test_request\"}}");
    house_reply(listener);
}

/* book.BTC-PERPETUAL.100ms; NULL: no such, and what ends in .raw needs a login. */
static struct market *read_channel(struct listener *listener, struct td_text name, unsigned *c)
{
    static const char every[] = ".100ms";
    uint32_t end = name.bytes - (uint32_t)(sizeof every - 1);
    if (name.bytes < sizeof every || memcmp(name.at + end, every, sizeof every - 1) != 0)
        return NULL;
    for (*c = 0; *c < CHANNELS; ++*c) {
        uint32_t head = (uint32_t)strlen(channels[*c].head);
        if (end > head && memcmp(name.at, channels[*c].head, head) == 0)
            return house_ask(listener, (struct td_text){name.at + head, end - head});
    }
    return NULL;
}

/* The answer names what was accepted; the data follow. */
static void choose_all(struct listener *listener, int list, bool subscribe)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    unsigned c, accepted = 0;
    struct td_str *out = open_answer(listener);
    td_str_add(out, "\"result\":[");
    for (int n = json_first(json, list); n >= 0; n = json_next(json, n)) {
        const struct market *market = read_channel(listener, json_text(json, n), &c);
        if (market == NULL || !house_follow(listener, market, channels[c].say, subscribe))
            continue;
        td_str_add(out, accepted++ ? ",\"" : "\"");
        shape_text(out, json_text(json, n));
        td_str_add_char(out, '"');
    }
    td_str_add_char(out, ']');
    close_answer(listener, out);
    for (int n = subscribe ? json_first(json, list) : -1; n >= 0; n = json_next(json, n)) {
        struct market *market = read_channel(listener, json_text(json, n), &c);
        if (market == NULL || channels[c].say == SAY_TRADE)
            continue;
        if (channels[c].say == SAY_BOOK)
            tell_snapshot(house, market);
        else
            tell_ticker(house, market, market_trade(market, market->trades));
        house_begin(listener, market);
    }
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int method = json_member(json, 0, "method"), params = json_member(json, 0, "params");
    bool subscribe = json_equals(json, method, "public/subscribe");
    if (subscribe || json_equals(json, method, "public/unsubscribe")) {
        house_tell_all(house);
        choose_all(listener, json_member(json, params, "channels"), subscribe);
    } else if (json_equals(json, method, "public/set_heartbeat")) {
        listener->marks |= MARK_HEARTBEAT;
        struct td_str *out = open_answer(listener);
        td_str_add(out, "\"result\":\"ok\"");
        close_answer(listener, out);
    } else if (json_equals(json, method, "public/test")) {
        house_answered(listener);
        struct td_str *out = open_answer(listener);
        td_str_add(out, "\"result\":{\"version\":\"1.2.26\"}");
        close_answer(listener, out);
    } else {
        refuse(listener, -32601, "Method not found");
    }
}

static void beat(struct listener *listener)
{
    if (!(listener->marks & MARK_HEARTBEAT) || listener->house->now_us / 1000000 % ASK_S != 0)
        return;
    td_str_add(
        house_text(listener->house),
        "{\"jsonrpc\":\"2.0\",\"method\":\"heartbeat\",\"params\":{\"type\":\"heartbeat\"}}");
    house_say(listener, (struct house_told){.say = SAY_HEARTBEAT});
}

/* ---- symbol list ------------------------------------------------------------------------------------------------------ */

static bool is_asked(const char *target, const char *key, struct td_text value)
{
    struct td_text asked = shape_query(target, key);
    return asked.bytes == 0 || (asked.bytes == 3 && memcmp(asked.at, "any", 3) == 0) ||
           (asked.bytes == value.bytes && memcmp(asked.at, value.at, value.bytes) == 0);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    const char *comma = "";
    if (!strstr(target, "public/get_instruments"))
        return 404;
    td_str_add(out, "{\"jsonrpc\":\"2.0\",\"result\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        bool coin = quote.bytes == 3 && memcmp(quote.at, "USD", 3) == 0;
        if (!is_asked(target, "currency", coin ? base : quote) ||
            !is_asked(target, "kind", (struct td_text){"future", 6}))
            continue;
        td_str_add_format(out,
                          "%s{\"instrument_name\":\"%s\",\"kind\":\"future\","
                          "\"settlement_period\":\"perpetual\",\"base_currency\":\"%.*s\","
                          "\"quote_currency\":\"%.*s\",\"is_active\":true,"
                          "\"expiration_timestamp\":32503708800000,\"contract_size\":10,"
                          "\"tick_size\":",
                          comma, is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at);
        shape_step(out, is->price_scale);
        td_str_add(out, ",\"min_trade_amount\":");
        shape_step(out, is->size_scale);
        td_str_add_char(out, '}');
        comma = ",";
    }
    td_str_add(out, "]}");
    return 200;
}

const struct feed feed_deribit = {
    .name = "deribit",
    .quote = "USDC-PERP",
    .seq_per_change = true,
    .first_seq = 60000000,
    .levels_a_side = 600,
    .levels_max = LEVELS,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"new\",99999999999999999999.5,10]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .beat = beat,
    .page = page,
    .ask = ask,
    .ask_s = ASK_S,
    .answer_s = ANSWER_S,
    .channels_max = CHANNELS_MAX,
};
