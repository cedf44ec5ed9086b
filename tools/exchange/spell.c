#include "exchange/spell.h"

#include "base/decimal.h"
#include "base/limits.h"
#include "base/utc.h"
#include "exchange/dice.h"

void spell_fixed(struct td_str *out, int64_t steps, int scale, int decimals)
{
    char digit[48];
    size_t at = sizeof digit;
    for (int i = scale; i < decimals; i++)
        digit[--at] = '0';
    for (int i = 0; i < scale; i++, steps /= 10)
        digit[--at] = (char)('0' + steps % 10);
    if (decimals > 0)
        digit[--at] = '.';
    do {
        digit[--at] = (char)('0' + steps % 10);
        steps /= 10;
    } while (steps > 0);
    td_str_add_bytes(out, digit + at, sizeof digit - at);
}

void spell_trimmed(struct td_str *out, int64_t steps, int scale)
{
    char text[TD_DECIMAL_TEXT_MAX];
    td_str_add_bytes(out, text, td_decimal_from_steps(steps, scale, text));
}

void spell_utc(struct td_str *out, int64_t time_us)
{
    char text[TD_UTC_TEXT_MAX];
    td_str_add_bytes(out, text, td_utc_iso(time_us * TD_NS_PER_US, text));
}

void spell_uuid(struct td_str *out, uint64_t *dice)
{
    static const char hex[] = "0123456789abcdef", form[] = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    uint64_t bits = 0;
    for (unsigned i = 0; form[i]; i++, bits >>= 4) {
        if (i % 16 == 0)
            bits = dice_throw(dice);
        td_str_add_char(out, form[i] == 'x' ? hex[bits & 15] : form[i]);
    }
}
