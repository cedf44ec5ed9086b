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
