#include "exchange/guard.h"

#include <string.h>

enum { CLOSE_POLICY = 1008, CLOSE_AWAY = 1001 };
#define SECOND_US INT64_C(1000000)

static void put_out(struct listener *listener, int code, uint64_t *violations)
{
    struct fault fault = {.kind = FAULT_CLOSE, .count = 1, .amount = code};
    (*violations)++;
    listener->act(listener, &fault);
}

bool guard_hear(struct listener *listener)
{
    struct house *house = listener->house;
    listener->heard_us = house->now_us;
    if (house->now_us - listener->said_us >= SECOND_US) {
        listener->said_us = house->now_us;
        listener->said = 0;
    }
    listener->said++;
    if (house->feed->says_max == 0 || listener->said <= house->feed->says_max)
        return true;
    put_out(listener, CLOSE_POLICY, &house->violations.rate);
    return false;
}

void guard_beat(struct listener *listener)
{
    struct house *house = listener->house;
    const struct feed *feed = house->feed;
    int64_t now_us = house->now_us;
    if (feed->ask && now_us >= listener->next_ask_us) {
        listener->next_ask_us = now_us + feed->ask_s * SECOND_US;
        listener->asked_us = listener->asked_us ? listener->asked_us : now_us;
        feed->ask(listener);
    }
    if (listener->asked_us && now_us - listener->asked_us > feed->answer_s * SECOND_US) {
        listener->asked_us = 0;
        put_out(listener, CLOSE_AWAY, &house->violations.unanswered);
    }
    if (listener->leave_us && now_us >= listener->leave_us) {
        struct fault fault = {.kind = FAULT_CLOSE, .count = 1, .amount = CLOSE_AWAY};
        listener->leave_us = 0;
        listener->act(listener, &fault);
    }
    if (feed->idle_s && now_us - listener->heard_us > feed->idle_s * SECOND_US) {
        listener->heard_us = now_us;
        put_out(listener, CLOSE_AWAY, &house->violations.idle);
    }
}

bool guard_notice(struct house *house, int64_t ms)
{
    unsigned told = 0;
    for (unsigned i = house->feed->notice ? house->listeners : 0; i-- > 0;) {
        struct listener *listener = house->listener[i];
        if (listener->leave_us == 0)
            listener->leave_us = house->now_us + ms * 1000;
        house->feed->notice(listener);
        told++;
    }
    return told > 0;
}

void house_answered(struct listener *listener)
{
    listener->asked_us = 0;
}

struct market *house_ask(struct listener *listener, struct td_text name)
{
    struct house *house = listener->house;
    struct market *market = house_find(house, name.at, name.bytes);
    if (market == NULL || !house->refuses[house_index(house, market)])
        return market;
    house->refused++;
    return NULL;
}

bool house_follow(struct listener *listener, const struct market *market, enum say say, bool follow)
{
    struct house *house = listener->house;
    unsigned index = house_index(house, market);
    uint8_t bit = (uint8_t)(1u << say);
    bool follows = listener->wants[index] & bit;
    unsigned following = listener->following + (unsigned)follow - (unsigned)follows;
    if (follow && !follows && house->feed->channels_max && following > house->feed->channels_max) {
        house->violations.channels++;
        return false;
    }
    listener->following = following;
    listener->wants[index] =
        follow ? listener->wants[index] | bit : listener->wants[index] & (uint8_t)~bit;
    house->awake[index] |= follow;
    return true;
}
