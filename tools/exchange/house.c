#include "exchange/house.h"

#include <string.h>

#include "base/decimal.h"
#include "base/err.h"
#include "exchange/garble.h"
#include "exchange/guard.h"
#include "exchange/mark.h"
#include "exchange/memory.h"

enum {
    JSON_TOKENS = 8192,  /* of one text from a client */
    ORDERS_A_STEP = 256, /* at most, until one of them makes the venue speak */
    BIG_SIZE_RANK = 5,
};

const char *say_name(enum say say)
{
    static const char *const names[SAY_KINDS] = {"book",     "trade",   "ticker",      "heartbeat",
                                                 "snapshot", "derived", "liquidation", "answer"};
    return names[say];
}

/* ---- markets ---------------------------------------------------------------------------------------------------------- */

void house_init(struct house *house, const struct feed *feed, struct history *history,
                uint64_t seed)
{
    memset(house, 0, sizeof *house);
    house->feed = feed;
    house->history = history;
    house->dice = seed ^ UINT64_C(0x486F757365);
    faults_init(&house->faults, seed ^ UINT64_C(0x4661756C74));
    house->json = json_init(memory_take(json_footprint(JSON_TOKENS)), JSON_TOKENS);
    house->text = td_str_on(memory_take(HOUSE_TEXT_BYTES), HOUSE_TEXT_BYTES);
    house->held.text = memory_take(HOUSE_HELD_BYTES);
    house->patched = memory_take(HOUSE_TEXT_BYTES);
}

struct market *house_add(struct house *house, struct market_params params)
{
    const struct feed *feed = house->feed;
    if (house->markets == HOUSE_MARKETS_MAX)
        return NULL;
    struct market *market = &house->market[house->markets++];
    feed->spell(params.symbol, params.raw);
    params.levels_a_side = feed->levels_a_side;
    params.levels_max = feed->levels_max;
    params.seq_per_change = feed->seq_per_change;
    params.first_seq = feed->first_seq;
    market_init(market, &params, memory_take(2 * sizeof(struct level) * feed->levels_max),
                house->history);
    if (feed->after_book)
        feed->after_book(market);
    return market;
}

struct market *house_find(struct house *house, const char *name, size_t bytes)
{
    for (unsigned i = 0; i < house->markets; i++) {
        const struct market_params *is = &house->market[i].is;
        if ((strlen(is->raw) == bytes && memcmp(is->raw, name, bytes) == 0) ||
            (strlen(is->symbol) == bytes && memcmp(is->symbol, name, bytes) == 0))
            return &house->market[i];
    }
    return NULL;
}

/* ---- listeners -------------------------------------------------------------------------------------------------------- */

bool house_join(struct house *house, struct listener *listener)
{
    if (house->listeners == HOUSE_LISTENERS_MAX)
        return false;
    listener->house = house;
    listener->heard_us = listener->said_us = house->now_us;
    listener->next_ask_us = house->now_us + house->feed->ask_s * INT64_C(1000000);
    house->listener[house->listeners++] = listener;
    house->joined++;
    if (!house->recorded && house->feed->greet)
        house->feed->greet(listener);
    return true;
}

void house_leave(struct listener *listener)
{
    struct house *house = listener->house;
    for (unsigned i = 0; house && i < house->listeners; i++)
        if (house->listener[i] == listener) {
            house->listener[i] = house->listener[--house->listeners];
            break;
        }
    listener->house = NULL;
}

void house_hear(struct listener *listener, const char *text, size_t bytes)
{
    struct house *house = listener->house;
    const struct feed *feed = house->feed;
    if (house->recorded || !guard_hear(listener))
        return;
    if (feed->ping_text && strlen(feed->ping_text) == bytes &&
        memcmp(feed->ping_text, text, bytes) == 0) {
        td_str_add(house_text(house), feed->pong_text);
        house_say(listener, (struct house_told){.say = SAY_ANSWER});
    } else if (json_parse(house->json, text, bytes) > 0) {
        feed->hear(listener);
    }
}

static bool follows(const struct listener *listener, unsigned market)
{
    return listener->wants[market] &
           (1u << SAY_BOOK | 1u << SAY_TRADE | 1u << SAY_TICKER | 1u << SAY_DERIVED);
}

bool house_is_followed(const struct house *house)
{
    for (unsigned i = 0; i < house->listeners; i++)
        for (unsigned m = 0; m < house->markets; m++)
            if (follows(house->listener[i], m))
                return true;
    return false;
}

/* ---- telling ---------------------------------------------------------------------------------------------------------- */

struct td_str *house_text(struct house *house)
{
    house->text.bytes = 0;
    house->text.cut = false;
    return &house->text;
}

static void count(struct house *house, struct house_told told)
{
    if (told.market == NULL)
        return;
    struct house_count *to = &house->count[house_index(house, told.market)];
    to->messages[told.say]++;
    to->changes += told.changes;
}

static bool wants(const struct house *house, const struct listener *listener,
                  struct house_told told)
{
    unsigned market = house_index(house, told.market);
    return listener->wants[market] & 1u << told.say &&
           (told.say != SAY_BOOK || listener->depth[market] == told.depth);
}

/* `copy`: again what was said last, under the same number. */
static void say_to_all(struct house *house, struct house_told told, enum fault_kind how, bool copy)
{
    house->telling = told;
    for (unsigned i = 0; i < house->listeners; i++) {
        struct listener *listener = house->listener[i];
        if (!wants(house, listener, told))
            continue;
        uint64_t seq = copy ? listener->seq - house->numbered : listener->seq;
        listener->seq = seq + house->numbered;
        if (mark_deliver(listener, house->text.at, house->text.bytes, how, seq))
            count(house, told);
    }
}

/* Its number is used up, told or not. */
static void skip_number(struct house *house, struct house_told told)
{
    for (unsigned i = 0; i < house->listeners; i++)
        if (wants(house, house->listener[i], told)) {
            house->listener[i]->held_seq = house->listener[i]->seq;
            house->listener[i]->seq += house->numbered;
        }
}

/* A message that was held back leaves behind the next of its kind. */
static void release_held(struct house *house, struct house_told told)
{
    const struct house_told *held = &house->held.told;
    if (!house->held.full || held->market != told.market || held->say != told.say ||
        held->depth != told.depth)
        return;
    house->held.full = false;
    house->telling = *held;
    for (unsigned i = 0; i < house->listeners; i++)
        if (wants(house, house->listener[i], *held) &&
            mark_deliver(house->listener[i], house->held.text, house->held.bytes, FAULT_NONE,
                         house->listener[i]->held_seq))
            count(house, *held);
}

static bool hold(struct house *house, struct house_told told)
{
    if (house->held.full || house->text.bytes > HOUSE_HELD_BYTES)
        return false;
    memcpy(house->held.text, house->text.at, house->text.bytes);
    house->held.bytes = house->text.bytes;
    house->held.told = told;
    return house->held.full = true;
}

/* A fault that does something to the text. False: this message does not offer what it needs. */
static bool do_to_text(struct house *house, struct house_told *told, enum fault_kind kind)
{
    switch (kind) {
    case FAULT_REORDER:
        return hold(house, *told);
    case FAULT_GARBAGE:
        told->changes = 0;
        garble_any(house);
        return true;
    case FAULT_WRONG_CHECKSUM:
        return garble_checksum(house);
    case FAULT_BAD_LEVEL:
        return garble_level(house);
    default:
        return true;
    }
}

static void act_on_all(struct house *house, struct house_told told, const struct fault *fault)
{
    for (unsigned i = house->listeners; i-- > 0;)
        if (wants(house, house->listener[i], told))
            house->listener[i]->act(house->listener[i], fault);
}

static bool is_heard(const struct house *house, struct house_told told)
{
    for (unsigned i = 0; i < house->listeners; i++)
        if (wants(house, house->listener[i], told))
            return true;
    return false;
}

void house_broadcast(struct house *house, struct house_told told)
{
    struct faults *faults = &house->faults;
    TD_ASSERT(!house->text.cut, "a message outgrew the text buffer");
    if (!is_heard(house, told))
        return;
    house->numbered = mark_is_numbered(house);
    struct fault fault =
        faults_pick(faults, (int)house_index(house, told.market), told.say, told.say == SAY_BOOK);
    if (!do_to_text(house, &told, fault.kind)) {
        faults_give_back(faults, fault);
        fault.kind = FAULT_NONE;
    }
    if (fault.kind == FAULT_DROP || fault.kind == FAULT_REORDER)
        skip_number(house, told);
    else
        say_to_all(house, told, fault.kind, false);
    if (fault.kind == FAULT_DUPLICATE)
        say_to_all(house, told, FAULT_NONE, true);
    if (fault.kind != FAULT_REORDER)
        release_held(house, told);
    if (fault_place(fault.kind) == FAULT_PLACE_CONNECTION)
        act_on_all(house, told, &fault);
    if (fault_place(fault.kind) == FAULT_PLACE_BOOK) {
        fault.market = (int)house_index(house, told.market);
        faults->injected[fault.kind]--; /* house_act notes it */
        house->later = fault;
    }
}

void house_say(struct listener *listener, struct house_told told)
{
    struct house *house = listener->house;
    TD_ASSERT(!house->text.cut, "a message outgrew the text buffer");
    house->telling = told;
    uint64_t seq = listener->seq;
    listener->seq += mark_is_numbered(house);
    if (mark_deliver(listener, house->text.at, house->text.bytes, FAULT_NONE, seq))
        count(house, told);
}

void house_play(struct listener *listener, const char *text, size_t bytes)
{
    struct house *house = listener->house;
    struct house_told told = {.say = SAY_BOOK};
    struct fault fault = faults_pick(&house->faults, FAULT_ANY, SAY_BOOK, true);
    td_str_add_bytes(house_text(house), text, bytes);
    bool message = fault_place(fault.kind) == FAULT_PLACE_MESSAGE && fault.kind != FAULT_REORDER;
    if (fault.kind != FAULT_NONE && fault_place(fault.kind) != FAULT_PLACE_CONNECTION &&
        !(message && do_to_text(house, &told, fault.kind))) {
        house->faults.injected[fault.kind]--;
        fault.kind = FAULT_NONE;
    }
    for (int copies = fault.kind == FAULT_DROP        ? 0
                      : fault.kind == FAULT_DUPLICATE ? 2
                                                      : 1;
         copies > 0; copies--)
        listener->say(listener, house->text.at, house->text.bytes, fault.kind);
    if (fault_place(fault.kind) == FAULT_PLACE_CONNECTION)
        listener->act(listener, &fault);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static unsigned tell_ticker(struct house *house, struct market *market,
                            const struct market_trade *trade)
{
    if (house->feed->ticker == NULL)
        return 0;
    house->feed->ticker(house, market, trade);
    house_broadcast(house, (struct house_told){.market = market, .say = SAY_TICKER});
    return 1;
}

static unsigned tell_trade(struct house *house, struct market *market, uint64_t id)
{
    const struct market_trade *trade = market_trade(market, id);
    house_text(house);
    house->feed->trade(house, market, trade);
    if (house->text.bytes > 0)
        house_broadcast(house, (struct house_told){.market = market, .say = SAY_TRADE});
    if (house->feed->trade_again) {
        house->feed->trade_again(house, market, trade);
        house_broadcast(house, (struct house_told){.market = market, .say = SAY_TRADE});
    }
    if (house->feed->liquidation && market_is_liquidation(trade)) {
        house->feed->liquidation(house, market, trade);
        house_broadcast(house, (struct house_told){.market = market, .say = SAY_LIQUIDATION});
    }
    return 1 + (house->feed->ticker_per_trade ? tell_ticker(house, market, trade) : 0);
}

static void tell_book(struct house *house, struct market *market, const struct market_batch *batch,
                      unsigned depth, bool more)
{
    struct house_told told = {.market = market, .say = SAY_BOOK, .depth = depth, .more = more};
    if (is_heard(house, told))
        told.changes = house->feed->book(house, market, batch, depth);
    else if (!house->feed->one_level_each)
        market->view_seq[depth] = batch->last_seq;
    if (told.changes > 0)
        house_broadcast(house, told);
}

static void tell_one_by_one(struct house *house, struct market *market,
                            const struct market_batch *batch, unsigned depth)
{
    struct market_batch one = *batch;
    one.count = 1;
    for (unsigned i = 0; i < batch->count; i++) {
        one.touched[0] = batch->touched[i];
        tell_book(house, market, &one, depth, i + 1 < batch->count);
    }
}

void house_tell(struct house *house, struct market *market)
{
    const struct feed *feed = house->feed;
    struct market_batch batch;
    if (!market_tell(market, &batch))
        return;
    for (unsigned depth = 0; depth < feed->depths; depth++) {
        struct house_told sum = {.market = market, .say = SAY_BOOK, .depth = depth};
        if (feed->one_level_each)
            tell_one_by_one(house, market, &batch, depth);
        else
            tell_book(house, market, &batch, depth, false);
        if (feed->book_sum && is_heard(house, sum) && feed->book_sum(house, market))
            house_broadcast(house, sum);
    }
    if (feed->after_book)
        feed->after_book(market);
}

void house_tell_all(struct house *house)
{
    for (unsigned i = 0; i < house->markets; i++)
        house_tell(house, &house->market[i]);
}

static struct market *next_market(struct house *house)
{
    for (unsigned i = 0; i < house->markets; i++) {
        unsigned index = house->turn++ % house->markets;
        if (house->awake[index])
            return &house->market[index];
    }
    return NULL;
}

unsigned house_step(struct house *house, int64_t now_us)
{
    struct market *market = house->recorded ? NULL : next_market(house);
    unsigned told = 0;
    house->now_us = now_us;
    for (unsigned i = 0; market && i < ORDERS_A_STEP && told == 0; i++) {
        uint64_t trades = market->trades_told = market->trades;
        market->now_us = now_us;
        bool full = market_step(market);
        while (trades < market->trades)
            told += tell_trade(house, market, ++trades);
        if (!full)
            continue;
        house_tell(house, market);
        told++;
        if (!house->feed->ticker_per_trade && market_touch_moved(market))
            told += tell_ticker(house, market, market_trade(market, market->trades));
    }
    struct fault later = house->later;
    house->later.kind = FAULT_NONE;
    if (later.kind != FAULT_NONE)
        house_act(house, &later);
    return told;
}

void house_beat(struct house *house, int64_t now_us)
{
    const struct feed *feed = house->feed;
    house->now_us = now_us;
    for (unsigned i = house->recorded ? 0 : house->listeners; i-- > 0;) {
        if (feed->beat)
            feed->beat(house->listener[i]);
        guard_beat(house->listener[i]);
    }
    for (unsigned i = 0; i < house->markets && feed->derived && !house->recorded; i++) {
        struct house_told told = {.market = &house->market[i], .say = SAY_DERIVED};
        if (!is_heard(house, told))
            continue;
        feed->derived(house, &house->market[i]);
        house_broadcast(house, told);
    }
}

/* ---- faults done at once ---------------------------------------------------------------------------------------------- */

/* A venue whose books are not told in one piece is given a text that is long for nothing. */
static void say_blanks(struct house *house)
{
    struct td_str *out = house_text(house);
    td_str_add(out, "{\"method\":\"pong\",\"id\":0,\"result\":null");
    TD_ASSERT(out->cap > HOUSE_JUMBO_BYTES + 2, "the text buffer holds a jumbo");
    memset(out->at + out->bytes, ' ', HOUSE_JUMBO_BYTES - out->bytes);
    out->bytes = HOUSE_JUMBO_BYTES;
    td_str_add_char(out, '}');
    for (unsigned i = 0; i < house->listeners; i++)
        house_say(house->listener[i], (struct house_told){.say = SAY_ANSWER});
}

static void jumbo(struct house *house, struct market *market)
{
    enum { LEVEL_BYTES = 26 }; /* as a level of Bitcoin is printed */
    if (house->feed->renew == NULL) {
        say_blanks(house);
        return;
    }
    house_tell(house, market);
    uint32_t there = market->side[BID].count + market->side[ASK].count;
    uint32_t wanted = HOUSE_JUMBO_BYTES / LEVEL_BYTES;
    if (there < wanted)
        market_deepen(market, (wanted - there) / 2);
    house->feed->renew(house, market);
}

static void big_size(struct house *house, struct market *market)
{
    const struct level *level = levels_nth(&market->side[ASK], BIG_SIZE_RANK);
    market_set(market, ASK, level->price_steps, TD_STEPS_EXACT_MAX + 1);
    house_tell(house, market);
}

bool house_act(struct house *house, const struct fault *fault)
{
    faults_note(&house->faults, fault->kind);
    if (fault->kind == FAULT_NOTICE)
        return guard_notice(house, fault->amount);
    if (fault_place(fault->kind) == FAULT_PLACE_CONNECTION) {
        for (unsigned i = house->listeners; i-- > 0;)
            house->listener[i]->act(house->listener[i], fault);
        return true;
    }
    for (unsigned i = 0; i < house->markets; i++) {
        if (fault->market == FAULT_ANY ? !house->awake[i] : (unsigned)fault->market != i)
            continue;
        if (fault->kind == FAULT_JUMBO)
            jumbo(house, &house->market[i]);
        else
            big_size(house, &house->market[i]);
        return true;
    }
    return false;
}
