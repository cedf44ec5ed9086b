#include "venue/spelling.h"

#include "test.h"

TEST(dates_are_six_digits_of_a_day)
{
    char date[SPELLING_DATE_BYTES];
    CHECK(spelling_long_date("261225", 6, date));
    CHECK_EQ_STR(date, "20261225");
    CHECK(!spelling_long_date("2612251", 7, date));
    CHECK(!spelling_long_date("261325", 6, date));
    CHECK(!spelling_long_date("261200", 6, date));
    CHECK(!spelling_long_date("26122x", 6, date));
}

TEST(a_dated_future_is_a_pair_and_a_day)
{
    char pair[TD_SYMBOL_MAX] = "", date[SPELLING_DATE_BYTES];
    CHECK(spelling_dated("BTC-USD-20261225", pair, date));
    CHECK_EQ_STR(pair, "BTC-USD");
    CHECK_EQ_STR(date, "20261225");
    CHECK(!spelling_dated("BTC-USD", pair, date));
    CHECK(!spelling_dated("BTC-USD-PERP", pair, date));
    CHECK(!spelling_dated("BTC-20261301", pair, date));
    CHECK(!spelling_dated("", pair, date));
}

TEST(months_have_names)
{
    static const char *const dates[][2] = {
        {"25DEC26", "20261225"}, {"5JAN26", "20260105"}, {"31MAY27", "20270531"}};
    static const char *const bad[] = {"25DEZ26",  "32DEC26", "0DEC26", "DEC26",
                                      "125DEC26", "xxDEC26", "25DECxx"};
    char text[SPELLING_DATE_BYTES];
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        CHECK(spelling_date_of_month(dates[i][0], strlen(dates[i][0]), text));
        CHECK_EQ_STR(text, dates[i][1]);
        CHECK(spelling_month_of_date(dates[i][1], 8, text));
        CHECK_EQ_STR(text, dates[i][0]);
    }
    CHECK(spelling_date_of_month("05JAN26", 7, text));
    CHECK_EQ_STR(text, "20260105");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!spelling_date_of_month(bad[i], strlen(bad[i]), text));
    CHECK(!spelling_month_of_date("20261325", 8, text));
    CHECK(!spelling_month_of_date("19261225", 8, text));
    CHECK(!spelling_month_of_date("2026122", 7, text));
}

TEST(parts_stand_between_dashes)
{
    struct td_text part[3];
    CHECK_EQ_U64(spelling_parts("BTC-USD-PERP", 12, part, 3), 3);
    CHECK(spelling_is(part[0], "BTC") && spelling_is(part[2], "PERP"));
    CHECK(!spelling_is(part[2], "PER") && !spelling_is(part[2], "PERPS"));
    CHECK_EQ_U64(spelling_parts("BTC", 3, part, 3), 1);
    CHECK_EQ_U64(spelling_parts("A-B-C-D", 7, part, 3), 0);
    CHECK_EQ_U64(spelling_parts("A--B", 4, part, 3), 0);
    CHECK_EQ_U64(spelling_parts("A-", 2, part, 3), 0);
    CHECK_EQ_U64(spelling_parts("", 0, part, 3), 0);
}
