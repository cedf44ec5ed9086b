#include "net/utf8.h"

#include "test.h"

static bool whole(const char *text, size_t bytes)
{
    struct utf8 state = {0};
    return utf8_feed(&state, text, bytes) && utf8_complete(&state);
}

static bool at_any_split(const char *text, size_t bytes)
{
    bool first = whole(text, bytes);
    for (size_t cut = 0; cut <= bytes; cut++) {
        struct utf8 state = {0};
        bool split = utf8_feed(&state, text, cut) && utf8_feed(&state, text + cut, bytes - cut);
        CHECK_EQ_I64(split && utf8_complete(&state), first);
    }
    return first;
}

#define IS(text) CHECK(at_any_split(text, sizeof text - 1))
#define IS_NOT(text) CHECK(!at_any_split(text, sizeof text - 1))

TEST(accepts_every_length_and_its_bounds)
{
    IS("");
    IS("plain ascii that is longer than one word of eight bytes \x7f");
    IS("\0 with a NUL");
    IS("\xc2\x80 \xdf\xbf");
    IS("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf");
    IS("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    IS("caf\xc3\xa9 12345678 \xe2\x82\xbf 0.001 \xf0\x9f\x9a\x80");
}

TEST(refuses_what_is_not)
{
    IS_NOT("\x80");
    IS_NOT("abcdefgh\xbf");
    IS_NOT("\xc0\xaf");         /* overlong / */
    IS_NOT("\xc1\xbf");         /* overlong */
    IS_NOT("\xe0\x9f\xbf");     /* overlong */
    IS_NOT("\xf0\x8f\xbf\xbf"); /* overlong */
    IS_NOT("\xed\xa0\x80");     /* surrogate */
    IS_NOT("\xf4\x90\x80\x80"); /* beyond U+10FFFF */
    IS_NOT("\xf5\x80\x80\x80");
    IS_NOT("\xff");
    IS_NOT("\xe2\x82"); /* cut */
    IS_NOT("\xe2\x28\xa1");
    IS_NOT("12345678\xc3"
           "12345678");
}

/* Every two-byte text against a rule of two lines. */
TEST(all_pairs_of_bytes)
{
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            char text[2] = {(char)a, (char)b};
            bool ascii = a < 128 && b < 128,
                 pair = a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF;
            CHECK_EQ_I64(whole(text, 2), ascii || pair);
        }
}
