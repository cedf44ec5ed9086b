#include "exchange/spell.h"

#include "test.h"

static const char *fixed(int64_t steps, int scale, int decimals)
{
    static char text[64];
    struct td_str out = td_str_on(text, sizeof text);
    spell_fixed(&out, steps, scale, decimals);
    return text;
}

TEST(fixed_numbers_keep_their_zeros)
{
    CHECK_EQ_STR(fixed(12345, 2, 2), "123.45");
    CHECK_EQ_STR(fixed(12300, 2, 8), "123.00000000");
    CHECK_EQ_STR(fixed(5, 3, 3), "0.005");
    CHECK_EQ_STR(fixed(0, 8, 8), "0.00000000");
    CHECK_EQ_STR(fixed(700, 0, 0), "700");
    CHECK_EQ_STR(fixed(700, 0, 1), "700.0");
    CHECK_EQ_STR(fixed(INT64_MAX, 10, 10), "922337203.6854775807");
}

TEST(times_have_microseconds)
{
    char text[64];
    struct td_str out = td_str_on(text, sizeof text);
    spell_utc(&out, INT64_C(1767323045678901));
    CHECK_EQ_STR(text, "2026-01-02T03:04:05.678901Z");
}

TEST(ids_have_their_form_and_follow_the_seed)
{
    char text[2][64];
    for (int i = 0; i < 2; i++) {
        uint64_t dice = 4;
        struct td_str out = td_str_on(text[i], sizeof text[i]);
        spell_uuid(&out, &dice);
    }
    CHECK_EQ_STR(text[0], text[1]);
    CHECK_EQ_U64(strlen(text[0]), 36);
    CHECK_EQ_U64(strspn(text[0], "0123456789abcdef-"), 36);
    CHECK(text[0][8] == '-' && text[0][14] == '4' && text[0][23] == '-');
}
