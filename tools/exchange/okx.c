/* OKX v5 as seen by its clients: spot, and perpetuals as SWAP.
 *
 *   > {"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"},{"channel":"trades","instId":"BTC-USDT"},...]}
 *   < {"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}   one an arg, before or after its data
 *   < {"arg":{...},"action":"snapshot"|"update","data":[{"asks":[["px","sz","0","n"]],"bids","ts":"ms","checksum","prevSeqId","seqId"}]}
 *   > ping   < pong
 *
 * Numbers in their shortest form. 400 levels a side are shown. A message names its predecessor; an empty one that names itself is a sign of life. The checksum is 0
 * today; every other market carries the one of before, which clients still have to understand.
 */
#include <string.h>

#include "base/crc.h"
#include "exchange/dice.h"
#include "exchange/shape.h"
#include "exchange/spell.h"

enum { LEVELS = 400, SUMMED = 25, SIGN_OF_LIFE_S = 10 };
static const struct shape_view view = {.levels = LEVELS, .tells_lost = true};

static const struct {
    const char *name;
    uint8_t say;
} channels[] = {{"books", SAY_BOOK},           {"trades", SAY_TRADE},
                {"trades-all", SAY_TRADE},     {"tickers", SAY_TICKER},
                {"mark-price", SAY_DERIVED},   {"funding-rate", SAY_DERIVED},
                {"open-interest", SAY_DERIVED}};
enum { CHANNELS = sizeof channels / sizeof *channels };

static void spell_symbol(const char *symbol, char raw[TD_SYMBOL_MAX])
{
    shape_spell('-', symbol, raw);
    char *perp = strstr(raw, "-PERP");
    if (perp)
        memcpy(perp, "-SWAP", 5);
}

/* ---- data ------------------------------------------------------------------------------------------------------------- */

static long long ms_of(int64_t time_us)
{
    return time_us / 1000;
}

static void put_level(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    shape_short_strings(out, market, ask, level);
    out->bytes--; /* its bracket */
    td_str_add_format(out, ",\"0\",\"%u\"]",
                      level.size_steps ? 1 + (unsigned)(level.size_steps % 7) : 0);
}

static int32_t checksum(const struct house *house, const struct market *market)
{
    char text[2 * SUMMED * 48];
    struct td_str out = td_str_on(text, sizeof text);
    if (house_index(house, market) % 2 != 0)
        return 0;
    for (uint32_t i = 0; i < SUMMED; i++)
        for (int ask = 0; ask < 2; ask++) {
            const struct level *level = levels_nth(&market->side[ask], i);
            if (level == NULL)
                continue;
            td_str_add(&out, out.bytes ? ":" : "");
            spell_trimmed(&out, level->price_steps, market->is.price_scale);
            td_str_add_char(&out, ':');
            shape_size(&out, market, level->size_steps);
        }
    return (int32_t)td_crc32(0, out.at, out.bytes);
}

static struct td_str *open_push(struct house *house, const struct market *market,
                                const char *channel)
{
    struct td_str *out = house_text(house);
    td_str_add_format(out, "{\"arg\":{\"channel\":\"%s\",\"instId\":\"%s\"},", channel,
                      market->is.raw);
    return out;
}

static void close_book(struct house *house, const struct market *market, int64_t time_us,
                       long long previous, uint64_t seq)
{
    td_str_add_format(&house->text,
                      "],\"ts\":\"%lld\",\"checksum\":%d,\"prevSeqId\":%lld,\"seqId\":%llu}]}",
                      ms_of(time_us), checksum(house, market), previous, (unsigned long long)seq);
}

static unsigned tell_book(struct house *house, struct market *market,
                          const struct market_batch *batch, unsigned depth)
{
    struct td_str *out = open_push(house, market, "books");
    td_str_add(out, "\"action\":\"update\",\"data\":[{\"asks\":[");
    unsigned put = shape_view_side(out, market, batch, true, view, put_level);
    td_str_add(out, "],\"bids\":[");
    put += shape_view_side(out, market, batch, false, view, put_level);
    close_book(house, market, batch->time_us, (long long)market->view_seq[depth], batch->last_seq);
    if (put > 0)
        market->view_seq[depth] = batch->last_seq;
    return put;
}

static void tell_snapshot(struct house *house, struct market *market)
{
    struct td_str *out = open_push(house, market, "books");
    td_str_add(out, "\"action\":\"snapshot\",\"data\":[{\"asks\":[");
    shape_side(out, market, true, LEVELS, put_level);
    td_str_add(out, "],\"bids\":[");
    shape_side(out, market, false, LEVELS, put_level);
    close_book(house, market, market->time_us, -1, market->view_seq[0]);
}

static void note_view(struct market *market)
{
    shape_view_note(market, view);
}

static void tell_trade(struct house *house, struct market *market, const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "trades");
    td_str_add_format(out, "\"data\":[{\"instId\":\"%s\",\"tradeId\":\"%llu\"", market->is.raw,
                      (unsigned long long)trade->id);
    shape_price_member(out, market, "px", trade->price_steps);
    shape_size_member(out, market, "sz", trade->size_steps);
    td_str_add_format(out, ",\"side\":\"%s\",\"ts\":\"%lld\",\"count\":\"1\"}]}",
                      trade->taker_buys ? "buy" : "sell", ms_of(trade->time_us));
}

static void tell_ticker(struct house *house, struct market *market,
                        const struct market_trade *trade)
{
    struct td_str *out = open_push(house, market, "tickers");
    const struct level *bid = levels_nth(&market->side[BID], 0);
    const struct level *ask = levels_nth(&market->side[ASK], 0);
    td_str_add_format(out, "\"data\":[{\"instType\":\"%s\",\"instId\":\"%s\"",
                      shape_is_perpetual(&market->is) ? "SWAP" : "SPOT", market->is.raw);
    shape_price_member(out, market, "last", trade->price_steps);
    shape_size_member(out, market, "lastSz", trade->size_steps);
    shape_price_member(out, market, "askPx", ask->price_steps);
    shape_size_member(out, market, "askSz", ask->size_steps);
    shape_price_member(out, market, "bidPx", bid->price_steps);
    shape_size_member(out, market, "bidSz", bid->size_steps);
    shape_price_member(out, market, "open24h", market->open_steps);
    shape_price_member(out, market, "high24h", market->high_steps);
    shape_price_member(out, market, "low24h", market->low_steps);
    shape_size_member(out, market, "vol24h", market->volume_steps);
    td_str_add_format(out, ",\"ts\":\"%lld\"}]}", ms_of(market_stamp(market)));
}

/* By turns, a second each. */
static void tell_derived(struct house *house, struct market *market)
{
    struct market_derived derived = market_derived(market);
    unsigned turn = (unsigned)(house->now_us / 1000000 % 3);
    struct td_str *out = open_push(house, market, channels[4 + turn].name);
    td_str_add_format(out, "\"data\":[{\"instType\":\"SWAP\",\"instId\":\"%s\"", market->is.raw);
    if (turn == 0) {
        shape_price_member(out, market, "markPx", derived.mark_steps);
    } else if (turn == 1) {
        td_str_add(out, ",\"fundingRate\":\"");
        shape_signed_e8(out, derived.funding_e8);
        td_str_add_format(out, "\",\"fundingTime\":\"%lld\",\"nextFundingTime\":\"%lld\"",
                          ms_of(derived.next_funding_us),
                          ms_of(derived.next_funding_us) + 8 * 3600000);
    } else {
        shape_size_member(out, market, "oi", derived.interest_steps);
        shape_size_member(out, market, "oiCcy", derived.interest_steps);
    }
    td_str_add_format(out, ",\"ts\":\"%lld\"}]}", ms_of(house->now_us));
}

/* ---- conversation ----------------------------------------------------------------------------------------------------- */

static void answer(struct listener *listener)
{
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}

static void refuse(struct listener *listener, const char *code, const char *message)
{
    td_str_add_format(
        house_text(listener->house),
        "{\"event\":\"error\",\"code\":\"%s\",\"msg\":\"%s\",\"connId\":\"a4d3ae55\"}", code,
        message);
    answer(listener);
}

/* The message names the arg, so that a client knows whom it concerns. */
static void refuse_arg(struct listener *listener, struct td_text channel, struct td_text name)
{
    char message[256];
    struct td_str out = td_str_on(message, sizeof message);
    td_str_add(&out, "Wrong URL or channel:");
    td_str_add_bytes(&out, channel.at, channel.bytes);
    td_str_add(&out, ",instId:");
    td_str_add_bytes(&out, name.at, name.bytes);
    td_str_add(&out, " doesn't exist. Please use the correct URL, channel and parameters "
                     "referring to API document.");
    refuse(listener, "60018", message);
}

static void acknowledge(struct listener *listener, const char *channel, const struct market *market,
                        bool subscribe)
{
    td_str_add_format(house_text(listener->house),
                      "{\"event\":\"%s\",\"arg\":{\"channel\":\"%s\",\"instId\":\"%s\"},"
                      "\"connId\":\"a4d3ae55\"}",
                      subscribe ? "subscribe" : "unsubscribe", channel, market->is.raw);
    answer(listener);
}

static void start_channel(struct listener *listener, struct market *market, enum say say)
{
    struct house *house = listener->house;
    struct house_told told = {.market = market, .say = SAY_SNAPSHOT};
    if (say == SAY_BOOK)
        tell_snapshot(house, market);
    else if (say == SAY_TICKER)
        tell_ticker(house, market, market_trade(market, market->trades));
    else
        return;
    house_say(listener, told);
}

static void choose(struct listener *listener, int arg, bool subscribe)
{
    struct house *house = listener->house;
    const struct json *json = house->json;
    struct td_text name = json_plain(json, arg, "instId"),
                   channel = json_plain(json, arg, "channel");
    struct market *market = house_ask(listener, name);
    unsigned c = 0;
    while (c < CHANNELS && !json_equals(json, json_member(json, arg, "channel"), channels[c].name))
        c++;
    if (market == NULL || c == CHANNELS) {
        refuse_arg(listener, channel, name);
        return;
    }
    bool ack_first = dice_below(&house->dice, 2);
    house_tell(house, market);
    if (ack_first)
        acknowledge(listener, channels[c].name, market, subscribe);
    if (house_follow(listener, market, channels[c].say, subscribe) && subscribe)
        start_channel(listener, market, channels[c].say);
    if (!ack_first)
        acknowledge(listener, channels[c].name, market, subscribe);
}

static void hear(struct listener *listener)
{
    const struct json *json = listener->house->json;
    int op = json_member(json, 0, "op"), args = json_member(json, 0, "args");
    bool subscribe = json_equals(json, op, "subscribe");
    if (!subscribe && !json_equals(json, op, "unsubscribe")) {
        refuse(listener, "60012", "Illegal request");
        return;
    }
    for (int arg = json_first(json, args); arg >= 0; arg = json_next(json, arg))
        choose(listener, arg, subscribe);
}

static void beat(struct listener *listener)
{
    struct house *house = listener->house;
    for (unsigned i = 0; i < house->markets; i++) {
        struct market *market = &house->market[i];
        if (!house_follows(listener, market, SAY_BOOK) ||
            house->now_us / 1000000 % SIGN_OF_LIFE_S != i % SIGN_OF_LIFE_S)
            continue;
        house_tell(house, market); /* its checksum is of what was told */
        struct td_str *out = open_push(house, market, "books");
        td_str_add(out, "\"action\":\"update\",\"data\":[{\"asks\":[],\"bids\":[");
        close_book(house, market, house->now_us, (long long)market->view_seq[0],
                   market->view_seq[0]);
        house_say(listener, (struct house_told){.market = market, .say = SAY_HEARTBEAT});
    }
}

/* ---- symbol list ------------------------------------------------------------------------------------------------------ */

static void put_listed(struct td_str *out, const struct market_params *is)
{
    struct td_text base = shape_base(is), quote = shape_quote(is);
    bool perpetual = shape_is_perpetual(is);
    td_str_add_format(out, "{\"instType\":\"%s\",\"instId\":\"%s\"", perpetual ? "SWAP" : "SPOT",
                      is->raw);
    if (perpetual)
        td_str_add_format(out,
                          ",\"baseCcy\":\"\",\"quoteCcy\":\"\",\"settleCcy\":\"%.*s\","
                          "\"ctVal\":\"0.01\",\"ctMult\":\"1\",\"ctValCcy\":\"%.*s\","
                          "\"ctType\":\"linear\",\"uly\":\"%.*s-%.*s\"",
                          (int)quote.bytes, quote.at, (int)base.bytes, base.at, (int)base.bytes,
                          base.at, (int)quote.bytes, quote.at);
    else
        td_str_add_format(out,
                          ",\"baseCcy\":\"%.*s\",\"quoteCcy\":\"%.*s\",\"settleCcy\":\"\","
                          "\"ctVal\":\"\",\"ctMult\":\"\",\"ctValCcy\":\"\",\"ctType\":\"\"",
                          (int)base.bytes, base.at, (int)quote.bytes, quote.at);
    td_str_add(out,
               ",\"expTime\":\"\",\"stk\":\"\",\"optType\":\"\",\"state\":\"live\",\"tickSz\":\"");
    shape_step(out, is->price_scale);
    td_str_add(out, "\",\"lotSz\":\"");
    shape_step(out, is->size_scale);
    td_str_add(out, "\"}");
}

static int page(struct house *house, const char *target)
{
    struct td_str *out = house_text(house);
    struct td_text type = shape_query(target, "instType");
    bool first = true;
    if (!shape_is_path(target, "/api/v5/public/instruments"))
        return 404;
    td_str_add(out, "{\"code\":\"0\",\"msg\":\"\",\"data\":[");
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        if (type.bytes != 4 || memcmp(type.at, shape_is_perpetual(is) ? "SWAP" : "SPOT", 4) != 0)
            continue;
        td_str_add(out, first ? "" : ",");
        put_listed(out, is);
        first = false;
    }
    td_str_add(out, "]}");
    return 200;
}

static void say_notice(struct listener *listener)
{
    td_str_add(house_text(listener->house),
               "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be "
               "closed for a "
               "service upgrade. Please reconnect.\",\"connId\":\"a4d3ae55\"}");
    house_reply(listener);
}

const struct feed feed_okx = {
    .name = "okx",
    .quote = "USDT",
    .first_seq = 500000,
    .levels_a_side = 450,
    .levels_max = 6000,
    .depths = 1,
    .shown = LEVELS,
    .bad_at = "\"bids\":[",
    .bad_level = "[\"99999999999999999999.9\",\"1\",\"0\",\"1\"]",
    .spell = spell_symbol,
    .book = tell_book,
    .after_book = note_view,
    .trade = tell_trade,
    .ticker = tell_ticker,
    .derived = tell_derived,
    .hear = hear,
    .beat = beat,
    .page = page,
    .notice = say_notice,
    .ping_text = "ping",
    .pong_text = "pong",
    .idle_s = 30,
};
