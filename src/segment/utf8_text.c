#include "segment/utf8_text.h"

#include <stdint.h>
#include <string.h>

/* Bytes that the lead byte announces, 0 for bytes that cannot lead. */
static size_t announced(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

size_t utf8_text_char(const char *text, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = bytes ? announced(at[0]) : 0;
    if (length == 0 || length > bytes)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

/* Nearly every text is plain ASCII, and some tables keep one a row: those are copied by a plain loop, for a call to copy one byte costs
   more than the byte. */
size_t utf8_text_clean(const char *text, size_t bytes, char *out, size_t cap)
{
    size_t used = 0;
    while (used < bytes && used < cap && (unsigned char)text[used] < 0x80) {
        out[used] = text[used];
        used++;
    }
    for (size_t i = used; i < bytes;) {
        size_t length = utf8_text_char(text + i, bytes - i);
        size_t step = length ? length : 1;
        if (used + step > cap)
            break;
        if (length)
            memcpy(out + used, text + i, length);
        else
            out[used] = '?';
        used += step;
        i += step;
    }
    return used;
}
