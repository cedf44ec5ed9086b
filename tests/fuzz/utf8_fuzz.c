/* Both readers of UTF-8 against a plain one: the incremental one of the wire, cut anywhere, and the one that cleans texts for columns.
   The first byte says where it is cut. */
#include <string.h>

#include "base/err.h"
#include "net/utf8.h"
#include "segment/utf8_text.h"

enum { UTF8_FUZZ_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Length of the character at `at` by its code point, 0 when there is none. */
static size_t plain_char(const uint8_t *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80             ? 1
                    : (at[0] & 0xe0) == 0xc0 ? 2
                    : (at[0] & 0xf0) == 0xe0 ? 3
                    : (at[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (length == 0 || length > left)
        return 0;
    uint32_t point = length == 1 ? at[0] : at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    bool wrong = point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000);
    return wrong ? 0 : length;
}

static bool plain_text(const uint8_t *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length)
        if ((length = plain_char(text + at, bytes - at)) == 0)
            return false;
    return true;
}

static void check_clean(const uint8_t *text, size_t bytes, size_t cap)
{
    static char out[UTF8_FUZZ_MAX];
    size_t length = utf8_text_clean((const char *)text, bytes, out, cap);
    TD_ASSERT(length <= cap, "within its bound");
    TD_ASSERT(plain_text((const uint8_t *)out, length), "clean is clean");
    if (plain_text(text, bytes))
        TD_ASSERT(length <= bytes && memcmp(out, text, length) == 0 &&
                      (length == bytes || length + 4 > cap),
                  "what is clean stays");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct utf8 state = {0};
    if (bytes < 1 || bytes > UTF8_FUZZ_MAX)
        return 0;
    const uint8_t *text = data + 1;
    size_t left = bytes - 1, cut = left ? data[0] % (left + 1) : 0;
    bool fed = utf8_feed(&state, (const char *)text, cut) &&
               utf8_feed(&state, (const char *)text + cut, left - cut) && utf8_complete(&state);
    TD_ASSERT(fed == plain_text(text, left), "the wire's reader agrees");
    for (size_t at = 0; at < left; at++)
        TD_ASSERT(utf8_text_char((const char *)text + at, left - at) ==
                      plain_char(text + at, left - at),
                  "the columns' reader agrees");
    check_clean(text, left, left);
    check_clean(text, left, cut);
    return 0;
}
