#include "app/words.h"

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
