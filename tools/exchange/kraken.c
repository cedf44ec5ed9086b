/* Kraken spot, API v2, as seen by its clients.
 *
 *   < {"channel":"status","type":"update","data":[...]}   on connecting
 *   > {"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":1000,"snapshot":true},"req_id":1}
 *   < {"method":"subscribe","result":{...},"success":true,...}   one a symbol, before or after its data
 *   < {"channel":"book","type":"snapshot"|"update","data":[{"symbol","bids":[{"price":n,"qty":n}],"asks","checksum","timestamp"}]}
 *
 * Numbers are bare, with all decimals. A feed of fixed depth: a level that comes into view is told, one that is pushed out is not.
 * The checksum covers the ten best levels of each side: asks, then bids, price and size without point and leading zeros.
 */
#include <string.h>

#include "base/crc.h"
#include "base/decimal.h"
#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { DEPTHS = MARKET_DEPTHS, CHECKED_LEVELS = 10, LISTED_TRADES = 50 };
static const uint16_t depths[DEPTHS] = {10, 25, 100, 500, 1000};

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"book", SAY_BOOK}, {"trade", SAY_TRADE}, {"ticker", SAY_TICKER}};

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    td_text_copy(raw, TD_SYMBOL_MAX, symbol, strlen(symbol));
    char *dash = strrchr(raw, '-');
    if (dash)
        *dash = '/';
}

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

static void put_price(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_fixed(out, steps, market->is.price_scale, market->is.price_scale);
}

static void put_size(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_fixed(out, steps, market->is.size_scale, market->is.size_scale);
}

/* All decimals are printed, so a number without point and leading zeros is its steps. */
static uint32_t checksum(const struct market *market)
{
    char text[2 * CHECKED_LEVELS * 2 * 24];
    struct td_str out = td_str_on(text, sizeof text);
    for (int ask = 1; ask >= 0; ask--)
        for (uint32_t i = 0; i < CHECKED_LEVELS; i++) {
            const struct level *level = levels_nth(&market->side[ask], i);
            if (level == NULL)
                break;
            td_str_add_i64(&out, level->price_steps);
            td_str_add_i64(&out, level->size_steps);
        }
    return td_crc32(0, out.at, out.bytes);
}

/* ---- book at a fixed depth -------------------------------------------------------------------------------------------- */

/* A level that is pushed out of the view is not told. */
static struct shape_view view_of(unsigned depth)
{
    return (struct shape_view){.depth = depth, .levels = depths[depth]};
}

static void note_bounds(struct market *market)
{
    for (unsigned depth = 0; depth < DEPTHS; depth++)
        shape_view_note(market, view_of(depth));
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add(out, "{\"price\":");
    put_price(out, market, level.price_steps);
    td_str_add(out, ",\"qty\":");
    put_size(out, market, level.size_steps);
    td_str_add_char(out, '}');
}

static void close_book(struct td_str *out, const struct market *market, int64_t time_us)
{
    td_str_add(out, "],\"checksum\":");
    td_str_add_i64(out, checksum(market));
    td_str_add(out, ",\"timestamp\":\"");
    spell_utc(out, time_us);
    td_str_add(out, "\"}]}");
}

static void open_book(struct td_str *out, const struct market *market, const char *type)
{
    td_str_add(out, "{\"channel\":\"book\",\"type\":\"");
    td_str_add(out, type);
    td_str_add(out, "\",\"data\":[{\"symbol\":\"");
    td_str_add(out, market->is.raw);
    td_str_add(out, "\",\"bids\":[");
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = house_text(house);
    open_book(out, market, "update");
    unsigned put = shape_view_side(out, market, batch, false, view_of(depth), put_level);
    td_str_add(out, "],\"asks\":[");
    put += shape_view_side(out, market, batch, true, view_of(depth), put_level);
    close_book(out, market, batch->time_us);
    return put;
}

static void tell_snapshot(struct house *house, struct market *market, unsigned depth)
{
    struct td_str *out = house_text(house);
    open_book(out, market, "snapshot");
    shape_side(out, market, false, depths[depth], put_level);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, depths[depth], put_level);
    close_book(out, market, market->time_us);
}

/* ---- trades and ticker ------------------------------------------------------------------------------------------------ */

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"symbol\":\"%s\",\"side\":\"%s\",\"price\":", market->is.raw,
                      trade->taker_buys ? "buy" : "sell");
    put_price(out, market, trade->price_steps);
    td_str_add(out, ",\"qty\":");
    put_size(out, market, trade->size_steps);
    td_str_add_format(out, ",\"ord_type\":\"%s\",\"trade_id\":%llu,\"timestamp\":\"",
                      trade->id % 3 ? "market" : "limit", (unsigned long long)trade->id);
    spell_utc(out, trade->time_us);
    td_str_add(out, "\"}");
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"channel\":\"trade\",\"type\":\"update\",\"data\":[");
    put_trade(out, market, trade);
    td_str_add(out, "]}");
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"channel\":\"trade\",\"type\":\"snapshot\",\"data\":[");
    for (uint64_t id = market->trades - LISTED_TRADES + 1; id <= market->trades; id++) {
        put_trade(out, market, market_trade(market, id));
        td_str_add(out, id < market->trades ? "," : "");
    }
    td_str_add(out, "]}");
}

static void put_prices(struct td_str *out, const struct market *market,
                       const struct market_trade *last)
{
    const struct {
        const char *key;
        int64_t steps;
    } values[] = {{"last", last->price_steps},
                  {"low", market->low_steps},
                  {"high", market->high_steps},
                  {"vwap", (market->low_steps + market->high_steps) / 2}};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        td_str_add_format(out, ",\"%s\":", values[i].key);
        put_price(out, market, values[i].steps);
    }
    td_str_add(out, ",\"volume\":");
    put_size(out, market, market->volume_steps);
}

static void put_change(struct td_str *out, const struct market *market,
                       const struct market_trade *last)
{
    int64_t change = last->price_steps - market->open_steps;
    int64_t basis_points = change * 10000 / market->open_steps;
    td_str_add(out, change < 0 ? ",\"change\":-" : ",\"change\":");
    put_price(out, market, change < 0 ? -change : change);
    td_str_add(out, basis_points < 0 ? ",\"change_pct\":-" : ",\"change_pct\":");
    spell_fixed(out, basis_points < 0 ? -basis_points : basis_points, 2, 2);
}

static void put_ticker(struct house *house, struct market *market, const char *type)
{
    struct td_str *out = house_text(house);
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    const struct market_trade *last = market_trade(market, market->trades);
    td_str_add_format(out, "{\"channel\":\"ticker\",\"type\":\"%s\",\"data\":[{\"symbol\":\"%s\"",
                      type, market->is.raw);
    td_str_add(out, ",\"bid\":");
    put_price(out, market, bid->price_steps);
    td_str_add(out, ",\"bid_qty\":");
    put_size(out, market, bid->size_steps);
    td_str_add(out, ",\"ask\":");
    put_price(out, market, ask->price_steps);
    td_str_add(out, ",\"ask_qty\":");
    put_size(out, market, ask->size_steps);
    put_prices(out, market, last);
    put_change(out, market, last);
    td_str_add(out, ",\"timestamp\":\"");
    spell_utc(out, market_stamp(market));
    td_str_add(out, "\"}]}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    (void)trade;
    put_ticker(house, market, "update");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void say_text(struct listener *listener, const struct market *market, enum say say)
{
    house_say(listener, (struct house_told){.market = market, .say = say});
}

static void put_envelope_end(struct td_str *out, const struct house *house)
{
    struct td_text id = json_plain(house->json, 0, "req_id");
    if (id.at) {
        td_str_add(out, ",\"req_id\":");
        td_str_add_bytes(out, id.at, id.bytes);
    }
    td_str_add(out, ",\"time_in\":\"");
    spell_utc(out, house->now_us);
    td_str_add(out, "\",\"time_out\":\"");
    spell_utc(out, house->now_us + 50);
    td_str_add(out, "\"}");
}

static void refuse(struct listener *listener, const char *reason, struct td_text symbol)
{
    struct td_str *out = house_text(listener->house);
    struct td_text method = json_plain(listener->house->json, 0, "method");
    td_str_add_format(out, "{\"error\":\"%s ", reason);
    td_str_add_bytes(out, symbol.at, symbol.bytes);
    td_str_add(out, "\",\"method\":\"");
    td_str_add_bytes(out, method.at, method.bytes);
    td_str_add(out, "\",\"success\":false,\"symbol\":\"");
    td_str_add_bytes(out, symbol.at, symbol.bytes);
    td_str_add_char(out, '"');
    put_envelope_end(out, listener->house);
    say_text(listener, NULL, SAY_ANSWER);
}

struct wish {
    bool subscribe, snapshot;
    unsigned channel, depth;
};

static void acknowledge(struct listener *listener, const struct market *market, struct wish wish)
{
    struct td_str *out = house_text(listener->house);
    td_str_add_format(out, "{\"method\":\"%s\",\"result\":{\"channel\":\"%s\"",
                      wish.subscribe ? "subscribe" : "unsubscribe", channels[wish.channel].name);
    if (channels[wish.channel].say == SAY_BOOK)
        td_str_add_format(out, ",\"depth\":%u", depths[wish.depth]);
    td_str_add_format(out, ",\"snapshot\":%s,\"symbol\":\"%s\"},\"success\":true",
                      wish.snapshot ? "true" : "false", market->is.raw);
    put_envelope_end(out, listener->house);
    say_text(listener, NULL, SAY_ANSWER);
}

static void start_channel(struct listener *listener, struct market *market, struct wish wish)
{
    struct house *house = listener->house;
    if (channels[wish.channel].say == SAY_BOOK)
        tell_snapshot(house, market, wish.depth);
    else if (channels[wish.channel].say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        put_ticker(house, market, "snapshot");
    say_text(listener, market, SAY_SNAPSHOT);
}

static void choose(struct listener *listener, struct td_text symbol, struct wish wish)
{
    struct house *house = listener->house;
    struct market *market = house_ask(listener, symbol);
    if (market == NULL) {
        refuse(listener, "Currency pair not supported", symbol);
        return;
    }
    unsigned index = house_index(house, market);
    uint8_t bit = (uint8_t)(1u << channels[wish.channel].say);
    bool ack_first = dice_below(&house->dice, 2);
    house_tell(house, market);
    if (ack_first)
        acknowledge(listener, market, wish);
    if (!wish.subscribe) {
        listener->wants[index] &= (uint8_t)~bit;
    } else {
        listener->wants[index] |= bit;
        house->awake[index] = true;
        if (channels[wish.channel].say == SAY_BOOK)
            listener->depth[index] = (uint8_t)wish.depth;
        if (wish.snapshot)
            start_channel(listener, market, wish);
    }
    if (!ack_first)
        acknowledge(listener, market, wish);
}

static bool read_wish(const struct json *json, int params, struct wish *wish)
{
    int64_t depth = depths[0];
    int channel = json_member(json, params, "channel");
    while (wish->channel < sizeof channels / sizeof *channels &&
           !json_equals(json, channel, channels[wish->channel].name))
        wish->channel++;
    json_integer(json, params, "depth", &depth);
    while (wish->depth < DEPTHS && depths[wish->depth] != depth)
        wish->depth++;
    wish->snapshot = !json_equals(json, json_member(json, params, "snapshot"), "false");
    return wish->channel < sizeof channels / sizeof *channels && wish->depth < DEPTHS;
}

static void hear(struct listener *listener)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    int method = json_member(json, 0, "method"), params = json_member(json, 0, "params");
    struct wish wish = {.subscribe = json_equals(json, method, "subscribe")};
    if (json_equals(json, method, "ping")) {
        struct td_str *out = house_text(house);
        td_str_add(out, "{\"method\":\"pong\"");
        put_envelope_end(out, house);
        say_text(listener, NULL, SAY_ANSWER);
        return;
    }
    if ((!wish.subscribe && !json_equals(json, method, "unsubscribe")) ||
        !read_wish(json, params, &wish)) {
        refuse(listener, "Malformed request", (struct td_text){"", 0});
        return;
    }
    int list = json_member(json, params, "symbol");
    for (int s = json_first(json, list); s >= 0; s = json_next(json, s))
        choose(listener, json_text(json, s), wish);
}

static void greet(struct listener *listener)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.0\","
                    "\"system\":\"online\",\"api_version\":\"v2\"}]}");
    say_text(listener, NULL, SAY_ANSWER);
}

static void beat(struct listener *listener)
{
    bool any = false;
    for (unsigned i = 0; i < listener->house->markets; i++)
        any |= listener->wants[i] != 0;
    if (!any)
        return;
    td_str_add(house_text(listener->house), "{\"channel\":\"heartbeat\"}");
    say_text(listener, NULL, SAY_HEARTBEAT);
}

/* ---- symbol list: still with the names of v1 -------------------------------------------------------------------------- */

static void put_listed(struct td_str *out, const struct market_params *is)
{
    const char *dash = strrchr(is->symbol, '-'), *quote = dash + 1;
    int base_bytes = (int)(dash - is->symbol);
    bool bitcoin = base_bytes == 3 && memcmp(is->symbol, "BTC", 3) == 0;
    bool doge = base_bytes == 4 && memcmp(is->symbol, "DOGE", 4) == 0;
    const char *base = bitcoin ? "XBT" : doge ? "XDG" : is->symbol;
    base_bytes = bitcoin || doge ? 3 : base_bytes;
    td_str_add_format(
        out,
        "\"%.*s%s\":{\"altname\":\"%.*s%s\",\"wsname\":\"%.*s\\/%s\",\"base\":\"%.*s\","
        "\"quote\":\"%s\",\"pair_decimals\":%d,\"lot_decimals\":%d,"
        "\"status\":\"online\"}",
        base_bytes, base, quote, base_bytes, base, quote, base_bytes, base, quote, base_bytes, base,
        quote, is->price_scale, is->size_scale);
}

/* "XBTUSD" of "BTC/USD". */
static void put_old_pair(struct td_str *out, const char *raw)
{
    const char *slash = strchr(raw, '/');
    bool btc = strncmp(raw, "BTC/", 4) == 0, doge = strncmp(raw, "DOGE/", 5) == 0;
    td_str_add_bytes(out,
                     btc    ? "XBT"
                     : doge ? "XDG"
                            : raw,
                     btc || doge ? 3 : (size_t)(slash - raw));
    td_str_add(out, slash + 1);
}

static struct market *paired(struct house *house, const char *pair, size_t bytes)
{
    for (unsigned i = 0; i < house->markets; i++) {
        char text[2 * TD_SYMBOL_MAX];
        struct td_str old = td_str_on(text, sizeof text);
        put_old_pair(&old, house->market[i].is.raw);
        if (old.bytes == bytes && memcmp(text, pair, bytes) == 0)
            return &house->market[i];
    }
    return NULL;
}

/* The newest, oldest first. */
static int trades_page(struct house *house, const char *pair)
{
    struct td_str *out = house_text(house);
    struct market *market = paired(house, pair, strcspn(pair, "&"));
    if (market == NULL) {
        td_str_add(out, "{\"error\":[\"EQuery:Unknown asset pair\"]}");
        return 200;
    }
    uint64_t kept = market->trades < MARKET_TRADES_KEPT ? market->trades : MARKET_TRADES_KEPT;
    td_str_add(out, "{\"error\":[],\"result\":{\"");
    put_old_pair(out, market->is.raw);
    td_str_add(out, "\":[");
    for (uint64_t n = kept; n-- > 0;) {
        const struct market_trade *trade = market_trade(market, market->trades - n);
        td_str_add(out, "[\"");
        put_price(out, market, trade->price_steps);
        td_str_add(out, "\",\"");
        put_size(out, market, trade->size_steps);
        td_str_add_format(out, "\",%lld.%06lld,\"%s\",\"m\",\"\",%llu]%s",
                          (long long)(trade->time_us / 1000000),
                          (long long)(trade->time_us % 1000000), trade->taker_buys ? "b" : "s",
                          (unsigned long long)trade->id, n > 0 ? "," : "");
    }
    td_str_add(out, "],\"last\":\"0\"}}");
    return 200;
}

static int page(struct house *house, const char *target)
{
    static const char trades[] = "/0/public/Trades?pair=";
    if (strncmp(target, trades, sizeof trades - 1) == 0)
        return trades_page(house, target + sizeof trades - 1);
    struct td_str *out = house_text(house);
    if (strcmp(target, "/0/public/AssetPairs") != 0)
        return 404;
    td_str_add(out, "{\"error\":[],\"result\":{");
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add(out, i ? "," : "");
        put_listed(out, &house->market[i].is);
    }
    td_str_add(out, "}}");
    return 200;
}

const struct feed feed_kraken = {
    .name = "kraken",
    .ws_path = "/v2",
    .quote = "USD",
    .levels_a_side = 1200,
    .levels_max = 12000,
    .depths = DEPTHS,
    .shown = 1000,
    .bad_at = "\"bids\":[",
    .bad_level = "{\"price\":99999999999999999999.9,\"qty\":1.00000000}",
    .spell = spell_symbol,
    .book = tell_book,
    .after_book = note_bounds,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .greet = greet,
    .hear = hear,
    .beat = beat,
    .page = page,
};
