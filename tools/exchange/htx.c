/* HTX spot as seen by its clients; every frame is gzip.
 *
 *   < {"ping":ms}   each 5 s   > {"pong":ms}
 *   > {"sub":"market.btcusdt.mbp.400","id":"1"}   < {"id":"1","status":"ok","subbed":"market.btcusdt.mbp.400","ts":ms}
 *   < {"ch":"market.btcusdt.mbp.400","ts":ms,"tick":{"seqNum":n,"prevSeqNum":n,"bids":[[px,sz]],"asks":[]}}
 *   > {"req":"market.btcusdt.mbp.400","id":"2"}   < {"id":"2","rep":"market.btcusdt.mbp.400","status":"ok","data":{"seqNum",...}}
 *   < {"ch":"market.btcusdt.trade.detail","tick":{"data":[{"id":27 digits,"tradeId","ts","amount","price","direction"}]}}
 *
 * A message names its predecessor; the base comes on the socket. Bare numbers as Java prints them: exponents from 1E7 on and below 1E-3.
 */
#include <ctype.h>
#include <string.h>

#include "base/decimal.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LEVELS = 400, ASK_S = 5, ANSWER_S = 11, JAVA_PLAIN_FROM = -3, JAVA_PLAIN_TO = 7 };

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"mbp.400", SAY_BOOK},
                {"trade.detail", SAY_TRADE},
                {"bbo", SAY_TICKER},
                {"ticker", SAY_DERIVED}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('\0', symbol, raw);
    for (char *at = raw; *at; at++)
        *at = (char)tolower((unsigned char)*at);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

static void put_number(struct td_str *out, int64_t steps, int scale)
{
    char digits[32], text[TD_DECIMAL_TEXT_MAX];
    struct td_str all = td_str_on(digits, sizeof digits);
    td_str_add_i64(&all, steps);
    int exponent = (int)all.bytes - 1 - scale;
    if (steps == 0 || (exponent >= JAVA_PLAIN_FROM && exponent < JAVA_PLAIN_TO)) {
        size_t bytes = td_decimal_from_steps(steps, scale, text);
        td_str_add_bytes(out, text, bytes);
        td_str_add(out, memchr(text, '.', bytes) ? "" : ".0");
        return;
    }
    while (all.bytes > 2 && digits[all.bytes - 1] == '0')
        all.bytes--;
    td_str_add_char(out, digits[0]);
    td_str_add_char(out, '.');
    td_str_add_bytes(out, all.bytes > 1 ? digits + 1 : "0", all.bytes > 1 ? all.bytes - 1 : 1);
    td_str_add_format(out, "E%d", exponent);
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add_char(out, '[');
    put_number(out, level.price_steps, market->is.price_scale);
    td_str_add_char(out, ',');
    put_number(out, level.size_steps, market->is.size_scale);
    td_str_add_char(out, ']');
}

static void put_member(struct td_str *out, const char *key, int64_t steps, int scale)
{
    td_str_add_format(out, ",\"%s\":", key);
    put_number(out, steps, scale);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static struct td_str *open_push(struct house *house, const struct market *market,
                                const char *channel, int64_t time_us)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"ch\":\"market.%s.%s\",\"ts\":%lld,\"tick\":{", market->is.raw,
                      channel, (long long)(time_us / 1000));
    return out;
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, channels[0].name, batch->time_us);
    (void)depth;
    td_str_add_format(out, "\"seqNum\":%llu,\"prevSeqNum\":%llu,\"bids\":[",
                      (unsigned long long)batch->last_seq,
                      (unsigned long long)(batch->first_seq - 1));
    shape_touched(out, market, batch, false, put_level);
    td_str_add(out, "],\"asks\":[");
    shape_touched(out, market, batch, true, put_level);
    td_str_add(out, "]}}");
    return batch->count;
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, channels[1].name, trade->time_us);
    long long ms = trade->time_us / 1000;
    unsigned long long id = trade->id;
    td_str_add_format(out,
                      "\"id\":%llu,\"ts\":%lld,\"data\":[{\"id\":100182534526255757%09llu,"
                      "\"ts\":%lld,\"tradeId\":102500%09llu",
                      (unsigned long long)++market->orders, ms, id, ms, id);
    put_member(out, "amount", trade->size_steps, market->is.size_scale);
    put_member(out, "price", trade->price_steps, market->is.price_scale);
    td_str_add_format(out, ",\"direction\":\"%s\"}]}}", trade->taker_buys ? "buy" : "sell");
}

static void put_best(struct td_str *out, const struct market *market, const char *size_key_of[2])
{
    static const char *const keys[2] = {"bid", "ask"};
    for (int ask = 0; ask < 2; ask++) {
        const struct level *best = levels_nth(&market->side[ask], 0);
        put_member(out, keys[ask], best->price_steps, market->is.price_scale);
        put_member(out, size_key_of[ask], best->size_steps, market->is.size_scale);
    }
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    int64_t time_us = market_stamp(market);
    struct td_str *out = open_push(house, market, channels[2].name, time_us);
    (void)trade;
    td_str_add_format(out, "\"symbol\":\"%s\",\"seqId\":%llu,\"quoteTime\":%lld", market->is.raw,
                      (unsigned long long)market->seq_told, (long long)(time_us / 1000));
    put_best(out, market, (const char *[2]){"bidSize", "askSize"});
    td_str_add(out, "}}");
}

/* The ticker of a day, once a second. */
static void tell_day(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, channels[3].name, house->now_us);
    const struct market_trade *last = market_trade(market, market->trades);
    int px = market->is.price_scale, sz = market->is.size_scale;
    td_str_add(out, "\"count\":17");
    put_member(out, "open", market->open_steps, px);
    put_member(out, "high", market->high_steps, px);
    put_member(out, "low", market->low_steps, px);
    put_member(out, "close", last->price_steps, px);
    put_member(out, "amount", market->volume_steps, sz);
    put_best(out, market, (const char *[2]){"bidSize", "askSize"});
    put_member(out, "lastPrice", last->price_steps, px);
    put_member(out, "lastSize", last->size_steps, sz);
    td_str_add(out, "}}");
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void ask(struct listener *listener)
{
    td_str_add_format(house_text(listener->house), "{\"ping\":%lld}",
                      (long long)(listener->house->now_us / 1000));
    house_reply(listener);
}

static struct td_str *open_answer(struct listener *listener)
{
    struct td_str *out = house_text(listener->house);
    td_str_add(out, "{\"id\":\"");
    shape_text(out, json_plain(listener->house->json, 0, "id"));
    td_str_add(out, "\",");
    return out;
}

static void refuse(struct listener *listener, const char *reason, struct td_text what)
{
    struct td_str *out = open_answer(listener);
    td_str_add_format(out,
                      "\"status\":\"error\",\"ts\":%lld,\"err-code\":\"bad-request\","
                      "\"err-msg\":\"%s ",
                      (long long)(listener->house->now_us / 1000), reason);
    shape_text(out, what);
    td_str_add(out, "\"}");
    house_reply(listener);
}

static void acknowledge(struct listener *listener, const char *word, struct td_text topic)
{
    struct td_str *out = open_answer(listener);
    td_str_add_format(out, "\"status\":\"ok\",\"%s\":\"", word);
    shape_text(out, topic);
    td_str_add_format(out, "\",\"ts\":%lld}", (long long)(listener->house->now_us / 1000));
    house_reply(listener);
}

/* market.btcusdt.mbp.400: its market; the channel's index, CHANNELS when unknown. */
static struct market *read_topic(struct listener *listener, struct td_text topic, unsigned *channel)
{
    static const char head[] = "market.";
    uint32_t head_bytes = sizeof head - 1;
    *channel = CHANNELS;
    if (topic.bytes <= head_bytes || memcmp(topic.at, head, head_bytes) != 0)
        return NULL;
    const char *symbol = topic.at + head_bytes, *end = topic.at + topic.bytes;
    const char *dot = memchr(symbol, '.', (size_t)(end - symbol));
    if (dot == NULL)
        return NULL;
    for (unsigned c = 0; c < CHANNELS; c++)
        if (strlen(channels[c].name) == (size_t)(end - dot - 1) &&
            memcmp(channels[c].name, dot + 1, (size_t)(end - dot - 1)) == 0)
            *channel = c;
    return house_ask(listener, (struct td_text){symbol, (uint32_t)(dot - symbol)});
}

static void give_base(struct listener *listener, struct market *market, struct td_text topic)
{
    house_tell(listener->house, market);
    struct td_str *out = open_answer(listener);
    td_str_add(out, "\"rep\":\"");
    shape_text(out, topic);
    td_str_add_format(out, "\",\"status\":\"ok\",\"ts\":%lld,\"data\":{\"seqNum\":%llu,\"bids\":[",
                      (long long)(market->time_us / 1000), (unsigned long long)market->seq_told);
    shape_side(out, market, false, LEVELS, put_level);
    td_str_add(out, "],\"asks\":[");
    shape_side(out, market, true, LEVELS, put_level);
    td_str_add(out, "]}}");
    house_begin(listener, market);
}

static void choose(struct listener *listener, struct market *market, unsigned c, bool subscribe)
{
    house_tell(listener->house, market);
    house_follow(listener, market, channels[c].say, subscribe);
    if (!subscribe || channels[c].say != SAY_TRADE)
        return;
    tell_trade(listener->house, market, market_trade(market, market->trades));
    house_begin(listener, market);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    struct td_text sub = json_plain(json, 0, "sub"), unsub = json_plain(json, 0, "unsub"),
                   req = json_plain(json, 0, "req");
    struct td_text topic = sub.at ? sub : unsub.at ? unsub : req;
    unsigned channel;
    if (json_member(json, 0, "pong") >= 0) {
        house_answered(listener);
        return;
    }
    struct market *market = topic.at ? read_topic(listener, topic, &channel) : NULL;
    if (market == NULL || channel == CHANNELS || (req.at && channels[channel].say != SAY_BOOK)) {
        refuse(listener, market ? "invalid topic" : "invalid symbol", topic.at ? topic : req);
    } else if (req.at) {
        give_base(listener, market, topic);
    } else {
        acknowledge(listener, sub.at ? "subbed" : "unsubbed", topic);
        choose(listener, market, channel, sub.at != NULL);
    }
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    if (!shape_is_path(target, "/v1/common/symbols"))
        return 404;
    td_str_add(out, "{\"status\":\"ok\",\"data\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        struct td_text base = shape_base(is), quote = shape_quote(is);
        td_str_add_format(out,
                          "%s{\"base-currency\":\"%.*s\",\"quote-currency\":\"%.*s\","
                          "\"price-precision\":%d,\"amount-precision\":%d,\"value-precision\":8,"
                          "\"symbol-partition\":\"main\",\"symbol\":\"%s\",\"state\":\"online\"}",
                          i ? "," : "", (int)base.bytes, is->raw, (int)quote.bytes,
                          is->raw + base.bytes, is->price_scale, is->size_scale, is->raw);
    }
    td_str_add(out, "]}");
    return 200;
}

const struct feed feed_htx = {
    .name = "htx",
    .quote = "USDT",
    .frames = FRAMES_GZIP,
    .seq_per_change = true,
    .first_seq = 7000000,
    .levels_a_side = 300,
    .levels_max = LEVELS,
    .depths = 1,
    .bad_at = "\"bids\":[",
    .bad_level = "[9.9999999999E25,1.0]",
    .spell = spell_symbol,
    .book = tell_book,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .derived = tell_day,
    .hear = hear,
    .page = page,
    .ask = ask,
    .ask_s = ASK_S,
    .answer_s = ANSWER_S,
};
