#include "net/utf8.h"

#include <string.h>

static bool lead_byte(struct utf8 *state, uint8_t c)
{
    state->low = 0x80, state->high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF)
        state->need = 1;
    else if (c >= 0xE0 && c <= 0xEF)
        state->need = 2;
    else if (c >= 0xF0 && c <= 0xF4)
        state->need = 3;
    else
        return false;
    if (c == 0xE0)
        state->low = 0xA0; /* below: overlong */
    if (c == 0xED)
        state->high = 0x9F; /* above: surrogates */
    if (c == 0xF0)
        state->low = 0x90;
    if (c == 0xF4)
        state->high = 0x8F; /* above: beyond U+10FFFF */
    return true;
}

/* Market data is ASCII nearly always: eight bytes a step until one has its top bit set. */
static size_t ascii_run(const char *text, size_t bytes)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= bytes; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < bytes && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

bool utf8_feed(struct utf8 *state, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (state->need == 0) {
            i += ascii_run(text + i, bytes - i);
            if (i == bytes)
                return true;
            if (!lead_byte(state, (uint8_t)text[i]))
                return false;
            continue;
        }
        uint8_t c = (uint8_t)text[i];
        if (c < state->low || c > state->high)
            return false;
        state->low = 0x80, state->high = 0xBF;
        state->need--;
    }
    return true;
}
