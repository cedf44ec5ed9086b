#include "segment/utf8_text.h"

#include "test.h"

static void cleans(const char *text, size_t bytes, size_t cap, const char *want)
{
    char out[64];
    size_t length = utf8_text_clean(text, bytes, out, cap);
    out[length] = 0;
    CHECK_EQ_STR(out, want);
}

TEST(good_text_passes)
{
    cleans("BTC\xE2\x82\xAC \xF0\x9F\x98\x80", 11, 60, "BTC\xE2\x82\xAC \xF0\x9F\x98\x80");
    cleans("", 0, 60, "");
}

TEST(bytes_that_are_no_character_become_question_marks)
{
    cleans("a\x80z", 3, 60, "a?z");
    cleans("\xC0\xAF", 2, 60, "??");           /* overlong */
    cleans("\xED\xA0\x80", 3, 60, "???");      /* surrogate */
    cleans("\xF4\x90\x80\x80", 4, 60, "????"); /* beyond U+10FFFF */
    cleans("\xE2\x82", 2, 60, "??");           /* cut */
    cleans("\xF0\x80\x80\x80", 4, 60, "????"); /* overlong */
}

TEST(long_text_is_cut_at_a_character)
{
    cleans("ab\xE2\x82\xAC", 5, 4, "ab");
    cleans("ab\xE2\x82\xAC", 5, 5, "ab\xE2\x82\xAC");
}
