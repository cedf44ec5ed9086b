#include "exchange/control.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "exchange/memory.h"
#include "exchange/shape.h"
#include "exchange/spell.h"
#include "exchange/symbols.h"

void control_init(struct control *control, struct house *house, unsigned houses, uint64_t seed,
                  int64_t rate)
{
    unsigned most = 0;
    *control = (struct control){.house = house, .houses = houses, .seed = seed, .rate = rate};
    for (unsigned i = 0; i < houses; i++)
        most = house[i].feed->levels_max > most ? house[i].feed->levels_max : most;
    for (int ask = 0; ask < 2; ask++)
        levels_lay_out(&control->scratch[ask], memory_take(most * sizeof(struct level)), most,
                       !ask);
}

struct house *control_house(struct control *control, const char *name, size_t bytes)
{
    for (unsigned i = 0; i < control->houses; i++)
        if (strlen(control->house[i].feed->name) == bytes &&
            memcmp(control->house[i].feed->name, name, bytes) == 0)
            return &control->house[i];
    return NULL;
}

/* ---- query ------------------------------------------------------------------------------------------------------------ */

static int64_t query_number(const char *target, const char *key, int64_t absent)
{
    struct td_text text = shape_query(target, key);
    int64_t value;
    return text.bytes && td_integer_parse(text.at, text.bytes, &value) == 0 ? value : absent;
}

static int fail(struct td_str *out, int status, const char *what)
{
    td_str_add_format(out, "{\"error\":\"%s\"}", what);
    return status;
}

/* ---- /oracle ---------------------------------------------------------------------------------------------------------- */

static void put_side(struct td_str *out, const struct market *market, const struct levels *side,
                     int64_t depth)
{
    const struct level *level;
    for (uint32_t i = 0; i < depth && (level = levels_nth(side, i)); i++) {
        td_str_add(out, i ? ",[\"" : "[\"");
        spell_trimmed(out, level->price_steps, market->is.price_scale);
        td_str_add(out, "\",\"");
        spell_trimmed(out, level->size_steps, market->is.size_scale);
        td_str_add(out, "\"]");
    }
}

/* Where the book stands after taking back: number and time of the last change that stayed. */
static struct moment moment_of(const struct market *market, struct moment asked)
{
    uint64_t number = market->last_change;
    const struct change *change;
    while ((change = history_at(market->history, number)) != NULL &&
           (change->seq > asked.seq || change->time_us > asked.time_us))
        number = change->before;
    return change ? (struct moment){change->seq, change->time_us}
                  : (struct moment){market->is.first_seq, 0};
}

static int book_page(struct control *control, struct house *house, struct market *market,
                     const char *target, struct td_str *out)
{
    int64_t seq = query_number(target, "seq", (int64_t)market->seq_told);
    struct moment asked = {(uint64_t)seq, query_number(target, "time_us", INT64_MAX - 1)};
    if (seq < 0 || (uint64_t)seq > market->seq_open)
        return fail(out, 404, "that number is not told yet");
    for (int ask = 0; ask < 2; ask++)
        levels_copy(&control->scratch[ask], &market->side[ask]);
    if (asked.seq > market->seq_told) /* Binance: a base may lie inside a message to come */
        asked.time_us = INT64_MAX;
    if (!history_rewind(house->history, market->last_change, asked, control->scratch))
        return fail(out, 410, "too long ago: the history does not reach so far");
    struct moment is = moment_of(market, asked);
    td_str_add_format(out,
                      "{\"venue\":\"%s\",\"symbol\":\"%s\",\"raw\":\"%s\",\"seq\":%llu,"
                      "\"last_seq\":%llu,\"time_us\":%lld,\"price_scale\":%d,\"size_scale\":%d,"
                      "\"bids\":[",
                      house->feed->name, market->is.symbol, market->is.raw,
                      (unsigned long long)is.seq, (unsigned long long)market->seq_told,
                      (long long)is.time_us, market->is.price_scale, market->is.size_scale);
    int64_t depth = query_number(target, "depth", INT64_MAX);
    put_side(out, market, &control->scratch[BID], depth);
    td_str_add(out, "],\"asks\":[");
    put_side(out, market, &control->scratch[ASK], depth);
    td_str_add(out, "]}");
    return 200;
}

static int trades_page(const struct house *house, const struct market *market, struct td_str *out)
{
    unsigned index = house_index(house, market);
    td_str_add_format(out,
                      "{\"venue\":\"%s\",\"symbol\":\"%s\",\"last_id\":%llu,\"sent\":%llu,"
                      "\"recent\":[",
                      house->feed->name, market->is.symbol, (unsigned long long)market->trades,
                      (unsigned long long)house->count[index].messages[SAY_TRADE]);
    for (uint64_t id = market->trades - MARKET_TRADES_KEPT + 1; id <= market->trades; id++) {
        const struct market_trade *trade = market_trade(market, id);
        td_str_add_format(out, "{\"id\":%llu,\"taker\":\"%s\",\"time_us\":%lld,\"price\":\"",
                          (unsigned long long)id, trade->taker_buys ? "buy" : "sell",
                          (long long)trade->time_us);
        spell_trimmed(out, trade->price_steps, market->is.price_scale);
        td_str_add(out, "\",\"size\":\"");
        spell_trimmed(out, trade->size_steps, market->is.size_scale);
        td_str_add(out, id < market->trades ? "\"}," : "\"}");
    }
    td_str_add(out, "]}");
    return 200;
}

static void put_count(struct td_str *out, const struct house_count *count)
{
    for (unsigned say = 0; say < SAY_ANSWER; say++)
        td_str_add_format(out, "\"%s\":%llu,", say_name(say),
                          (unsigned long long)count->messages[say]);
    td_str_add_format(out, "\"changes\":%llu}", (unsigned long long)count->changes);
}

static void put_house(struct td_str *out, const struct house *house)
{
    td_str_add_format(out, "\"%s\":{\"listeners\":%u,\"joined\":%llu,\"symbols\":{",
                      house->feed->name, house->listeners, (unsigned long long)house->joined);
    for (unsigned i = 0; i < house->markets; i++) {
        td_str_add_format(out, "%s\"%s\":{\"seq\":%llu,\"trades\":%llu,", i ? "," : "",
                          house->market[i].is.symbol, (unsigned long long)house->market[i].seq_told,
                          (unsigned long long)house->market[i].trades);
        put_count(out, &house->count[i]);
    }
    td_str_add(out, "},\"faults\":{");
    for (unsigned kind = 1; kind < FAULT_COUNT; kind++)
        td_str_add_format(out, "%s\"%s\":%llu", kind > 1 ? "," : "", fault_name(kind),
                          (unsigned long long)house->faults.injected[kind]);
    const struct house_violations *violations = &house->violations;
    td_str_add_format(
        out,
        "},\"armed\":%u,\"refused\":%llu,\"violations\":{\"rate\":%llu,"
        "\"channels\":%llu,\"unanswered\":%llu,\"idle\":%llu}}",
        house->faults.armed_count, (unsigned long long)house->refused,
        (unsigned long long)violations->rate, (unsigned long long)violations->channels,
        (unsigned long long)violations->unanswered, (unsigned long long)violations->idle);
}

static int sent_page(const struct control *control, struct td_str *out)
{
    td_str_add_format(out,
                      "{\"seed\":%llu,\"paused\":%s,\"rate\":%lld,\"steps_left\":%llu,"
                      "\"clients\":%u,\"clients_dropped\":%llu,\"unsynced\":%u,\"venues\":{",
                      (unsigned long long)control->seed, control->paused ? "true" : "false",
                      (long long)control->rate, (unsigned long long)control->steps,
                      control->clients, (unsigned long long)control->dropped_slow,
                      control->unsynced);
    for (unsigned i = 0; i < control->houses; i++) {
        td_str_add(out, i ? "," : "");
        put_house(out, &control->house[i]);
    }
    td_str_add(out, "}}");
    return 200;
}

/* sent, <venue>/<symbol>, trades/<venue>/<symbol>; a symbol as BASE-QUOTE or in the venue's spelling. */
static int oracle(struct control *control, const char *target, const char *rest, struct td_str *out)
{
    size_t bytes = strcspn(rest, "?");
    if (bytes == 4 && memcmp(rest, "sent", 4) == 0)
        return sent_page(control, out);
    bool trades = strncmp(rest, "trades/", 7) == 0;
    rest += trades ? 7 : 0;
    size_t venue_bytes = strcspn(rest, "/?");
    struct house *house = control_house(control, rest, venue_bytes);
    if (house == NULL || rest[venue_bytes] != '/')
        return fail(out, 404, "no such venue");
    const char *symbol = rest + venue_bytes + 1;
    struct market *market = house_find(house, symbol, strcspn(symbol, "?"));
    if (market == NULL)
        return fail(out, 404, "no such symbol");
    return trades ? trades_page(house, market, out)
                  : book_page(control, house, market, target, out);
}

/* ---- /control --------------------------------------------------------------------------------------------------------- */

static bool read_fault(struct house *house, const char *target, struct fault *fault)
{
    static const char *const amounts[] = {"ms", "code", "status"};
    struct td_text kind = shape_query(target, "kind"), symbol = shape_query(target, "symbol"),
                   channel = shape_query(target, "channel");
    *fault = (struct fault){.kind = fault_named(kind.at, kind.bytes),
                            .market = FAULT_ANY,
                            .channel = SAY_BOOK,
                            .count = (unsigned)query_number(target, "count", 1)};
    for (unsigned i = 0; i < sizeof amounts / sizeof *amounts; i++)
        fault->amount = query_number(target, amounts[i], fault->amount);
    struct market *market = house_find(house, symbol.at, symbol.bytes);
    if (market)
        fault->market = (int)house_index(house, market);
    for (int say = 0; channel.bytes && say < SAY_KINDS; say++)
        if (strlen(say_name(say)) == channel.bytes &&
            memcmp(say_name(say), channel.at, channel.bytes) == 0)
            fault->channel = say;
    if (channel.bytes == 3 && memcmp(channel.at, "any", 3) == 0)
        fault->channel = FAULT_ANY;
    return fault->kind != FAULT_NONE && fault->count > 0 && (symbol.bytes == 0 || market);
}

/* What happens to connections and books happens now, the rest when its occasion comes. */
static bool give_fault(struct house *house, struct fault fault)
{
    enum fault_place place = fault_place(fault.kind);
    if (fault.amount == 0)
        fault.amount = house->faults.amount[fault.kind];
    if (place == FAULT_PLACE_CONNECTION || place == FAULT_PLACE_BOOK ||
        place == FAULT_PLACE_FAREWELL)
        return house_act(house, &fault);
    return faults_arm(&house->faults, fault);
}

static int fault_command(struct control *control, const char *target, struct td_str *out)
{
    struct td_text venue = shape_query(target, "venue");
    unsigned given = 0;
    for (unsigned i = 0; i < control->houses; i++) {
        struct house *house = &control->house[i];
        struct fault fault;
        if (venue.bytes && control_house(control, venue.at, venue.bytes) != house)
            continue;
        if (!read_fault(house, target, &fault))
            return fail(out, 400, "kind, symbol or count is not known here");
        given += give_fault(house, fault);
    }
    td_str_add_format(out, "{\"given\":%u}", given);
    return given ? 200 : 409;
}

/* A venue lists more symbols from now on. */
static int list_command(struct control *control, const char *target, struct td_str *out)
{
    struct td_text venue = shape_query(target, "venue"), names = shape_query(target, "add");
    struct house *house = control_house(control, venue.at, venue.bytes);
    char list[512];
    if (house == NULL || names.bytes == 0 ||
        !td_text_copy(list, sizeof list, names.at, names.bytes) ||
        !symbols_add(house, list, 1, house->now_us))
        return fail(out, 400, "venue or names are not known here, or there are too many");
    td_str_add_format(out, "{\"listed\":%u}", house->markets);
    return 200;
}

static void tell_all(struct control *control)
{
    for (unsigned i = 0; i < control->houses; i++)
        house_tell_all(&control->house[i]);
}

static int command(struct control *control, const char *target, const char *rest,
                   struct td_str *out)
{
    size_t bytes = strcspn(rest, "?");
    if (bytes == 5 && memcmp(rest, "fault", 5) == 0)
        return fault_command(control, target, out);
    if (bytes == 6 && memcmp(rest, "disarm", 6) == 0) {
        for (unsigned i = 0; i < control->houses; i++)
            control->house[i].faults.armed_count = 0;
    } else if (bytes == 4 && memcmp(rest, "sync", 4) == 0) {
        control->sync++;
        control->unsynced = UINT_MAX; /* until the server has counted */
    } else if (bytes == 5 && memcmp(rest, "pause", 5) == 0) {
        tell_all(control);
        control->paused = true;
    } else if (bytes == 6 && memcmp(rest, "resume", 6) == 0) {
        control->paused = false;
        control->steps = 0;
    } else if (bytes == 4 && memcmp(rest, "step", 4) == 0) {
        control->paused = true;
        control->steps += (uint64_t)query_number(target, "count", 1);
    } else if (bytes == 4 && memcmp(rest, "rate", 4) == 0) {
        control->rate = query_number(target, "value", control->rate);
    } else if (bytes == 4 && memcmp(rest, "list", 4) == 0) {
        return list_command(control, target, out);
    } else if (bytes == 4 && memcmp(rest, "stop", 4) == 0) {
        control->stopping = true;
    } else {
        return fail(out, 404, "no such command");
    }
    td_str_add(out, "{\"ok\":true}");
    return 200;
}

int control_answer(struct control *control, const char *target, struct td_str *out)
{
    static const char oracle_path[] = "/oracle/", control_path[] = "/control/";
    if (strncmp(target, oracle_path, sizeof oracle_path - 1) == 0)
        return oracle(control, target, target + sizeof oracle_path - 1, out);
    if (strncmp(target, control_path, sizeof control_path - 1) == 0)
        return command(control, target, target + sizeof control_path - 1, out);
    return fail(out, 404, "no such page");
}

bool control_refuse(struct control *control, const char *text)
{
    size_t venue_bytes = strcspn(text, ":");
    struct house *house = control_house(control, text, venue_bytes);
    const char *symbol = text + venue_bytes + (text[venue_bytes] == ':');
    struct market *market = house ? house_find(house, symbol, strlen(symbol)) : NULL;
    if (market)
        house->refuses[house_index(house, market)] = true;
    return market != NULL;
}

bool control_throw(struct control *control, const char *text)
{
    size_t venue_bytes = strcspn(text, "/");
    struct house *only = NULL;
    if (text[venue_bytes] == '/') {
        only = control_house(control, text, venue_bytes);
        if (only == NULL)
            return false;
        text += venue_bytes + 1;
    }
    size_t kind_bytes = strcspn(text, ":");
    enum fault_kind kind = fault_named(text, kind_bytes);
    double chance;
    if (kind == FAULT_NONE || text[kind_bytes] != ':' ||
        td_decimal_to_double(text + kind_bytes + 1, strlen(text + kind_bytes + 1), &chance) < 0 ||
        chance < 0 || chance > 1)
        return false;
    for (unsigned i = 0; i < control->houses; i++)
        if (only == NULL || only == &control->house[i])
            control->house[i].faults.per_million[kind] = (uint32_t)(chance * 1e6 + 0.5);
    return true;
}
