/* Text made fit for a STRING column: valid UTF-8, bounded. Pure, any thread. */
#ifndef TD_SEGMENT_UTF8_TEXT_H
#define TD_SEGMENT_UTF8_TEXT_H

#include <stddef.h>

/* Length of the UTF-8 character at text[0..bytes), 0 when it is not one (overlong, surrogate, beyond U+10FFFF, cut). */
size_t utf8_text_char(const char *text, size_t bytes);

/* Copies at most `cap` bytes, whole characters only; each byte that belongs to none becomes '?'. Returns the length; no NUL. */
size_t utf8_text_clean(const char *text, size_t bytes, char *out, size_t cap);

#endif
