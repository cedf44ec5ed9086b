#include "init/sheet.h"

#include "test.h"

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
