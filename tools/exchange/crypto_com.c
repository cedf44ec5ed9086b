/* Crypto.com Exchange as seen by its clients.
 *
 *   > {"id":1,"method":"subscribe","params":{"channels":["book.BTC_USDT.50","trade.BTC_USDT","ticker.BTC_USDT"],"book_subscription_type":...}}
 *   < {"id":1,"method":"subscribe","code":0}
 *   < {"id":-1,"code":0,"method":"subscribe","result":{"instrument_name","subscription":"book.BTC_USDT.50","channel":"book","depth":50,
 *      "data":[{"asks":[["px","sz","n"]],"bids","t":ms,"tt","u":17}]}}                     the whole view, then
 *   < ... "channel":"book.update","data":[{"update":{"asks","bids"},"t","tt","u":18,"pu":17}]   an empty one is a sign of life
 *   < ... "channel":"trade","data":[{"d","s":"BUY"|"SELL","p","q","t","i","m"}]   newest first · "ticker": {"a","b","bs","k","ks","h","l",...}
 *   < {"id":N,"method":"public/heartbeat","code":0}     > {"id":N,"method":"public/respond-heartbeat"} within five seconds
 */
#include <string.h>

#include "exchange/dice.h"
#include "exchange/shape.h"

enum { LEVELS = 50, ASK_S = 30, ANSWER_S = 5, LISTED_TRADES = 20 };
static const struct shape_view view = {.levels = LEVELS, .tells_lost = true};

static const struct {
    const char *prefix;
    uint8_t say;
} channels[] = {{"book.", SAY_BOOK}, {"trade.", SAY_TRADE}, {"ticker.", SAY_TICKER}};

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('_', symbol, raw);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    shape_strings(out, market, ask, level);
    out->bytes--; /* its bracket */
    td_str_add(out, level.size_steps ? ",\"1\"]" : ",\"0\"]");
}

static struct td_str *open_push(struct house *house, const struct market *market,
                                const char *prefix, const char *channel)
{
    struct td_str *out = house_text(house);
    bool book = prefix == channels[0].prefix;
    td_str_add_format(
        out,
        "{\"id\":-1,\"code\":0,\"method\":\"subscribe\",\"result\":{\"instrument_name\":\"%s\","
        "\"subscription\":\"%s%s%s\",\"channel\":\"%s\",%s\"data\":[",
        market->is.raw, prefix, market->is.raw, book ? ".50" : "", channel,
        book ? "\"depth\":50," : "");
    return out;
}

static void put_times(struct td_str *out, int64_t time_us)
{
    long long ms = time_us / 1000;
    td_str_add_format(out, ",\"t\":%lld,\"tt\":%lld", ms, ms);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, "book.", "book.update");
    td_str_add(out, "{\"update\":{\"asks\":[");
    unsigned put = shape_view_side(out, market, batch, true, view, put_level);
    td_str_add(out, "],\"bids\":[");
    put += shape_view_side(out, market, batch, false, view, put_level);
    td_str_add(out, "]}");
    put_times(out, batch->time_us);
    td_str_add_format(out, ",\"u\":%llu,\"pu\":%llu}]}}", (unsigned long long)batch->last_seq,
                      (unsigned long long)market->view_seq[depth]);
    if (put > 0)
        market->view_seq[depth] = batch->last_seq;
    return put;
}

static void note_view(struct market *market)
{
    shape_view_note(market, view);
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "book.", "book");
    note_view(market);
    td_str_add(out, "{\"asks\":[");
    shape_side(out, market, true, LEVELS, put_level);
    td_str_add(out, "],\"bids\":[");
    shape_side(out, market, false, LEVELS, put_level);
    td_str_add_char(out, ']');
    put_times(out, market->time_us);
    td_str_add_format(out, ",\"u\":%llu}]}}", (unsigned long long)market->view_seq[0]);
}

static void put_trade(struct td_str *out, const struct market *market,
                      const struct market_trade *trade)
{
    td_str_add_format(out, "{\"d\":\"%llu\",\"t\":%lld,\"s\":\"%s\"", (unsigned long long)trade->id,
                      (long long)(trade->time_us / 1000), trade->taker_buys ? "BUY" : "SELL");
    shape_price_member(out, market, "p", trade->price_steps);
    shape_size_member(out, market, "q", trade->size_steps);
    td_str_add_format(out, ",\"i\":\"%s\",\"m\":\"%llu\"}", market->is.raw,
                      (unsigned long long)trade->id);
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "trade.", "trade");
    put_trade(out, market, trade);
    td_str_add(out, "]}}");
}

static void tell_trade_list(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "trade.", "trade");
    for (uint64_t id = market->trades; id > market->trades - LISTED_TRADES; id--) {
        td_str_add(out, id < market->trades ? "," : "");
        put_trade(out, market, market_trade(market, id));
    }
    td_str_add(out, "]}}");
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "ticker.", "ticker");
    const struct level *bid = levels_nth(&market->side[BID], 0),
                       *ask = levels_nth(&market->side[ASK], 0);
    (void)trade;
    td_str_add_format(out, "{\"i\":\"%s\"", market->is.raw);
    shape_price_member(out, market, "h", market->high_steps);
    shape_price_member(out, market, "l", market->low_steps);
    shape_price_member(out, market, "a", market_trade(market, market->trades)->price_steps);
    td_str_add(out, ",\"c\":\"0.01\"");
    shape_price_member(out, market, "b", bid->price_steps);
    shape_size_member(out, market, "bs", bid->size_steps);
    shape_price_member(out, market, "k", ask->price_steps);
    shape_size_member(out, market, "ks", ask->size_steps);
    shape_size_member(out, market, "v", market->volume_steps);
    td_str_add_format(out, ",\"vv\":\"1\",\"oi\":\"0\",\"t\":%lld}]}}",
                      (long long)(market_stamp(market) / 1000));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener, const char *method, int code)
{
    struct house *house = listener->house;
    struct td_text id = json_plain(house->json, 0, "id");
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"id\":");
    td_str_add_bytes(out, id.at ? id.at : "-1", id.at ? id.bytes : 2);
    td_str_add_format(out, ",\"method\":\"%s\",\"code\":%d}", method, code);
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void ask(struct listener *listener)
{
    td_str_add_format(house_text(listener->house),
                      "{\"id\":%lld,\"method\":\"public/heartbeat\",\"code\":0}",
                      (long long)(listener->house->now_us / 1000));
    house_say(listener, (struct house_told){.say = SAY_HEARTBEAT});
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    if (say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (say == SAY_TRADE)
        tell_trade_list(house, market);
    else
        tell_ticker(house, market, NULL);
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}

/* "book.BTC_USDT.50". False: no such channel or instrument. */
static bool choose(struct listener *listener, struct td_text channel, bool follow)
{
    for (unsigned c = 0; c < sizeof channels / sizeof *channels; c++) {
        size_t prefix = strlen(channels[c].prefix);
        if (channel.bytes <= prefix || memcmp(channel.at, channels[c].prefix, prefix) != 0)
            continue;
        const char *name = channel.at + prefix, *end = channel.at + channel.bytes;
        const char *dot = memchr(name, '.', (size_t)(end - name));
        struct market *market =
            house_ask(listener, (struct td_text){name, (uint32_t)((dot ? dot : end) - name)});
        if (market == NULL)
            return false;
        house_tell(listener->house, market);
        if (house_follow(listener, market, channels[c].say, follow) && follow)
            start_channel(listener, market, channels[c].say);
        return true;
    }
    return false;
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int method = json_member(json, 0, "method");
    int list = json_member(json, json_member(json, 0, "params"), "channels");
    bool follow = json_equals(json, method, "subscribe"), known = true;
    if (json_equals(json, method, "public/respond-heartbeat")) {
        house_answered(listener);
        return;
    }
    if (!follow && !json_equals(json, method, "unsubscribe")) {
        answer(listener, "ERROR", 40003);
        return;
    }
    answer(listener, follow ? "subscribe" : "unsubscribe", 0);
    for (int channel = json_first(json, list); channel >= 0; channel = json_next(json, channel))
        known &= choose(listener, json_text(json, channel), follow);
    if (!known)
        answer(listener, "subscribe", 40004);
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/exchange/v1/public/get-instruments"))
        return 404;
    td_str_add(
        out, "{\"id\":-1,\"method\":\"public/get-instruments\",\"code\":0,\"result\":{\"data\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(
            out,
            "%s{\"symbol\":\"%s\",\"inst_type\":\"CCY_PAIR\",\"display_name\":\"%.*s/%.*s\","
            "\"base_ccy\":\"%.*s\",\"quote_ccy\":\"%.*s\",\"quote_decimals\":%d,"
            "\"quantity_decimals\":%d,\"price_tick_size\":\"",
            i ? "," : "", is->raw, (int)base.bytes, base.at, (int)quote.bytes, quote.at,
            (int)base.bytes, base.at, (int)quote.bytes, quote.at, is->price_scale, is->size_scale);
        shape_step(out, is->price_scale);
        td_str_add(out, "\",\"qty_tick_size\":\"");
        shape_step(out, is->size_scale);
        td_str_add(out, "\",\"max_leverage\":\"50\",\"tradable\":true,\"expiry_timestamp_ms\":0}");
    }
    td_str_add(out, "]}}");
    return 200;
}

const struct feed feed_crypto_com = {
    .name = "crypto_com",
    .ws_path = "/exchange/v1/market",
    .quote = "USDT",
    .first_seq = 70000,
    .levels_a_side = 120,
    .levels_max = 4000,
    .depths = 1,
    .shown = LEVELS,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.99\",\"1\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .after_book = note_view,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .hear = hear,
    .page = page,
    .ask_s = ASK_S,
    .answer_s = ANSWER_S,
    .ask = ask,
    .channels_max = 400,
};
