#include "init/report_words.h"

#include "test.h"

TEST(figures_in_words)
{
    char out[WORDS_MAX];
    CHECK_EQ_STR(words_span(-1, out), "-");
    CHECK_EQ_STR(words_span(0, out), "0.0 s");
    CHECK_EQ_STR(words_span(9999, out), "9.9 s");
    CHECK_EQ_STR(words_span(10000, out), "10 s");
    CHECK_EQ_STR(words_span(119999, out), "119 s");
    CHECK_EQ_STR(words_span(120000, out), "2 min");
    CHECK_EQ_STR(words_span(7200000, out), "2 h 0 min");
    CHECK_EQ_STR(words_span(48 * 3600000LL, out), "2 days");
    CHECK_EQ_STR(words_bytes(0, out), "0 B");
    CHECK_EQ_STR(words_bytes(999, out), "999 B");
    CHECK_EQ_STR(words_bytes(1000, out), "1.0 kB");
    CHECK_EQ_STR(words_bytes(INT64_MAX, out), "9223.4 PB");
    CHECK_EQ_STR(words_moment(INT64_C(1795312440) * 1000000000, out), "2026-11-22 01:54 UTC");
    CHECK_EQ_STR(words_moment(0, out), "an unknown time");
    CHECK_EQ_STR(words_share(-1, out), "-");
    CHECK_EQ_STR(words_share(0.9999999, out), "99.9999 %");
    CHECK_EQ_STR(words_share(1, out), "100 %");
}

TEST(a_sheet_keeps_lines_apart)
{
    static char text[REPORT_TEXT_MAX];
    struct sheet sheet = {.text = td_str_on(text, sizeof text), .line_end = "\r\n"};
    sheet_line(&sheet, "a%sb", "\n\t\177");
    sheet_lines(&sheet, "one\ntwo\n\nthree");
    sheet_lines(&sheet, "");
    CHECK_EQ_STR(text, "a???b\r\n  one\r\n  two\r\n  \r\n  three\r\n");
}

TEST(a_long_line_is_cut)
{
    static char text[REPORT_TEXT_MAX], large[1000];
    struct sheet sheet = {.text = td_str_on(text, sizeof text), .line_end = "\n"};
    memset(large, 'x', sizeof large - 1);
    sheet_line(&sheet, "%s", large);
    sheet_lines(&sheet, large);
    CHECK_EQ_I64((int64_t)strlen(text), 2 * REPORT_LINE_MAX);
}
