#include "exchange/mark.h"

#include <string.h>

/* Control characters, which no JSON text holds. */
enum { MARK_SEQ = 0x01, MARK_CHANNEL = 0x10 };

void house_put_seq(struct td_str *out)
{
    td_str_add_char(out, MARK_SEQ);
}

void house_put_channel(struct td_str *out, enum say say)
{
    td_str_add_char(out, (char)(MARK_CHANNEL + say));
}

bool mark_is_numbered(const struct house *house)
{
    return house->feed->marked && memchr(house->text.at, MARK_SEQ, house->text.bytes);
}

static bool is_mark(char c)
{
    return c == MARK_SEQ || (c >= MARK_CHANNEL && c < MARK_CHANNEL + SAY_KINDS);
}

bool mark_deliver(struct listener *listener, const char *text, size_t bytes, enum fault_kind how,
                  uint64_t seq)
{
    struct house *house = listener->house;
    const struct market *market = house->telling.market;
    if (!house->feed->marked)
        return listener->say(listener, text, bytes, how);
    struct td_str out = td_str_on(house->patched, HOUSE_TEXT_BYTES);
    for (size_t at = 0, from = 0; at <= bytes; at++) {
        if (at < bytes && !is_mark(text[at]))
            continue;
        td_str_add_bytes(&out, text + from, at - from);
        from = at + 1;
        if (at == bytes)
            break;
        if (text[at] == MARK_SEQ)
            td_str_add_i64(&out, (int64_t)seq);
        else if (market)
            td_str_add_i64(&out,
                           listener->channel[house_index(house, market)][text[at] - MARK_CHANNEL]);
    }
    return listener->say(listener, out.at, out.bytes, how);
}
