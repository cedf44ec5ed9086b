/* Is a text UTF-8? Incremental over any split (RFC 3629: no surrogates, no overlong forms, nothing
 * above U+10FFFF). Pure. */
#ifndef TD_NET_UTF8_H
#define TD_NET_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is the start of a text. */
struct utf8 {
    uint8_t need;      /* continuation bytes still to come */
    uint8_t low, high; /* bounds of the next one; 0 = the ordinary 0x80..0xBF */
};

bool utf8_feed(struct utf8 *state, const char *text,
               size_t bytes); /* false: it is not, and never will be */
static inline bool utf8_complete(const struct utf8 *state)
{
    return state->need == 0;
}

#endif
