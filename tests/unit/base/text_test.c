#include "test.h"

#include "base/text.h"

TEST(builds_and_terminates)
{
    char buffer[64];
    struct td_str str = td_str_on(buffer, sizeof buffer);
    CHECK_EQ_STR(buffer, "");
    td_str_add(&str, "a=");
    td_str_add_i64(&str, INT64_MIN);
    td_str_add_char(&str, ' ');
    td_str_add_i64(&str, 0);
    td_str_add_format(&str, " %02d", 7);
    td_str_add_bytes(&str, "xyz", 2);
    CHECK_EQ_STR(buffer, "a=-9223372036854775808 0 07xy");
    CHECK_EQ_U64(str.bytes, strlen(buffer));
    CHECK(!str.cut);
}

TEST(cuts_at_the_end_and_says_so)
{
    char buffer[12];
    memset(buffer, '#', sizeof buffer);
    struct td_str str = td_str_on(buffer, 8);
    td_str_add(&str, "1234567");
    CHECK(!str.cut);
    td_str_add(&str, "8");
    CHECK(str.cut);
    CHECK_EQ_STR(buffer, "1234567");
    td_str_add_format(&str, "%d", 12345);
    td_str_add_i64(&str, 5);
    CHECK_EQ_STR(buffer, "1234567");
    CHECK_EQ_MEM(buffer + 8, "####", 4);
}

TEST(format_is_cut_in_its_middle)
{
    char buffer[8];
    struct td_str str = td_str_on(buffer, sizeof buffer);
    td_str_add_format(&str, "%s-%d", "abcde", 12345);
    CHECK_EQ_STR(buffer, "abcde-1");
    CHECK(str.cut);
    CHECK_EQ_U64(str.bytes, 7);
}

TEST(json_text)
{
    char buffer[100];
    struct td_str str = td_str_on(buffer, sizeof buffer);
    td_str_add_json(&str, "a\"b\\c\n\x01\t/\xC3\xA9\0z", 13);
    CHECK_EQ_STR(buffer, "a\\\"b\\\\c\\n\\u0001\\t/\xC3\xA9\\u0000z");
}

TEST(copy)
{
    char out[4];
    CHECK(td_text_copy(out, sizeof out, "abcdef", 3));
    CHECK_EQ_STR(out, "abc");
    CHECK(!td_text_copy(out, sizeof out, "abcdef", 4));
    CHECK_EQ_STR(out, "abc");
    CHECK(td_text_copy(out, sizeof out, NULL, 0));
    CHECK_EQ_STR(out, "");
}

TEST(nocase)
{
    CHECK(td_text_equal_nocase("Btc-USD", "bTC-usd"));
    CHECK(!td_text_equal_nocase("btc", "btc-"));
    CHECK(!td_text_equal_nocase("btc-", "btc"));
    CHECK(!td_text_equal_nocase("[", "{"));
    CHECK(td_text_equal_nocase("", ""));
}

TEST(distance)
{
    CHECK_EQ_U64(td_text_distance("", ""), 0);
    CHECK_EQ_U64(td_text_distance("sync_ms", "sync_ms"), 0);
    CHECK_EQ_U64(td_text_distance("", "abc"), 3);
    CHECK_EQ_U64(td_text_distance("abc", ""), 3);
    CHECK_EQ_U64(td_text_distance("snyc_ms", "sync_ms"), 1);
    CHECK_EQ_U64(td_text_distance("kitten", "sitting"), 3);
    CHECK_EQ_U64(td_text_distance("zstd_levle", "zstd_level"), 1);
    char text[100];
    memset(text, 'a', 80);
    text[80] = 0;
    CHECK_EQ_U64(td_text_distance(text, "a"), 64);
}
