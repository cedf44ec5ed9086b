#include "exchange/garble.h"

#include <string.h>

#include "exchange/dice.h"

void garble_any(struct house *house)
{
    struct td_str *text = &house->text;
    if (dice_below(&house->dice, 2)) {
        text->bytes = 1 + dice_below(&house->dice, text->bytes - 1);
        return;
    }
    for (unsigned i = 0; i < 3; i++)
        text->at[dice_below(&house->dice, text->bytes)] ^= (char)(1 << dice_below(&house->dice, 6));
}

bool garble_checksum(struct house *house)
{
    const char *key = house->feed->checksum_at ? house->feed->checksum_at : "\"checksum\":";
    char *at = memmem(house->text.at, house->text.bytes, key, strlen(key));
    if (at == NULL)
        return false;
    at += strlen(key);
    while (at[1] >= '0' && at[1] <= '9')
        at++;
    *at = *at == '9' ? '0' : (char)(*at + 1);
    return true;
}

bool garble_level(struct house *house)
{
    const char *mark = house->feed->bad_at, *bad = house->feed->bad_level;
    struct td_str *text = &house->text;
    char *at = mark ? memmem(text->at, text->bytes, mark, strlen(mark)) : NULL;
    if (at == NULL || text->bytes + strlen(bad) + 1 >= HOUSE_TEXT_BYTES)
        return false;
    at += strlen(mark);
    bool comma = *at != ']';
    size_t behind = (size_t)(text->at + text->bytes - at), more = strlen(bad) + comma;
    memmove(at + more, at, behind);
    memcpy(at, bad, strlen(bad));
    if (comma)
        at[more - 1] = ',';
    text->bytes += more;
    return true;
}
