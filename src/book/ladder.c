#include "book/ladder.h"

#include <string.h>

_Static_assert(LADDER_SLOTS % 4096 == 0, "whole words of the summary");

void ladder_clear(struct ladder *ladder)
{
    ladder->levels = 0;
    memset(ladder->sum, 0, sizeof(ladder->sum));
    memset(ladder->word, 0, sizeof(ladder->word));
}

void ladder_init(struct ladder *ladder)
{
    ladder->base = 0;
    ladder->inverse = ladder->unit = 0;
    ladder->twos = ladder->slots = 0;
    ladder_clear(ladder);
}

/* Newton: each step doubles the low bits that are right; odd * odd is 1 in the lowest three. */
static uint64_t inverse_of(uint64_t odd)
{
    uint64_t inverse = odd;

    for (int i = 0; i < 5; i++)
        inverse *= 2 - odd * inverse;
    return inverse;
}

void ladder_lay(struct ladder *ladder, int64_t base, uint64_t unit)
{
    uint64_t steps = ((uint64_t)INT64_MAX - (uint64_t)base) / unit;

    ladder->base = base;
    ladder->unit = unit;
    ladder->twos = (uint32_t)__builtin_ctzll(unit);
    ladder->inverse = inverse_of(unit >> ladder->twos);
    ladder->slots = steps < LADDER_SLOTS ? (uint32_t)steps + 1 : LADDER_SLOTS;
}

uint32_t ladder_next(const struct ladder *ladder, uint32_t slot)
{
    if (slot >= LADDER_SLOTS)
        return LADDER_SLOTS;
    uint32_t at = slot / 64;
    uint64_t word = ladder->word[at] >> (slot % 64);
    if (word != 0)
        return slot + (uint32_t)__builtin_ctzll(word);
    at++;
    for (uint32_t i = at / 64; i < LADDER_SUMS; i++) {
        uint64_t sum = ladder->sum[i];
        if (i == at / 64)
            sum &= ~UINT64_C(0) << (at % 64);
        if (sum != 0) {
            at = i * 64 + (uint32_t)__builtin_ctzll(sum);
            return at * 64 + (uint32_t)__builtin_ctzll(ladder->word[at]);
        }
    }
    return LADDER_SLOTS;
}

uint32_t ladder_last(const struct ladder *ladder)
{
    uint32_t i = LADDER_SUMS - 1;

    TD_ASSERT(ladder->levels > 0, "asked for the last level of none");
    while (ladder->sum[i] == 0)
        i--;
    uint32_t at = i * 64 + 63 - (uint32_t)__builtin_clzll(ladder->sum[i]);
    return at * 64 + 63 - (uint32_t)__builtin_clzll(ladder->word[at]);
}

/* Slots `first` to `last`, both in the window; word by word. */
static __int128 slots_sum(const struct ladder *ladder, uint32_t first, uint32_t last)
{
    uint64_t mask = ~UINT64_C(0) << (first % 64);
    __int128 sum = 0;

    for (uint32_t at = first / 64; at <= last / 64; at++, mask = ~UINT64_C(0)) {
        if (at == last / 64)
            mask &= ~UINT64_C(0) >> (63 - last % 64);
        for (uint64_t word = ladder->word[at] & mask; word != 0; word &= word - 1)
            sum += ladder->size[at * 64 + (uint32_t)__builtin_ctzll(word)];
    }
    return sum;
}

__int128 ladder_sum(const struct ladder *ladder, int64_t low, int64_t high)
{
    if (ladder->levels == 0 || high < ladder->base)
        return 0;
    uint64_t first = low <= ladder->base ? 0 : (uint64_t)low - (uint64_t)ladder->base;
    uint64_t last = (uint64_t)high - (uint64_t)ladder->base;
    if (ladder->unit != 1) {
        first = first / ladder->unit + (first % ladder->unit != 0);
        last /= ladder->unit;
    }
    if (last >= ladder->slots)
        last = ladder->slots - 1;
    return first > last ? 0 : slots_sum(ladder, (uint32_t)first, (uint32_t)last);
}

/* Move the levels down so that the first one stands in slot 0. */
static void ladder_compact(struct ladder *ladder, uint32_t first)
{
    for (uint32_t slot = first; slot < LADDER_SLOTS; slot = ladder_next(ladder, slot + 1)) {
        int64_t size, none;
        ladder_set(ladder, slot, 0, &size);
        ladder_set(ladder, slot - first, size, &none);
    }
}

static int64_t scaled_key(int64_t key, bool bid, int64_t factor)
{
    return bid ? ~(~key * factor) : key * factor;
}

/* The whole window still fits int64 after scaling. */
static bool window_fits(const struct ladder *ladder, bool bid, int64_t factor)
{
    int64_t price, last = ladder_key(ladder, ladder->slots - 1);
    uint64_t unit;

    return !__builtin_mul_overflow(bid ? ~ladder->base : ladder->base, factor, &price) &&
           !__builtin_mul_overflow(bid ? ~last : last, factor, &price) &&
           !__builtin_mul_overflow(ladder->unit, (uint64_t)factor, &unit);
}

void ladder_rescale(struct ladder *ladder, bool bid, int64_t price_factor, int64_t size_factor)
{
    if (ladder->slots == 0)
        return;
    for (uint32_t slot = ladder_next(ladder, 0); slot < LADDER_SLOTS;
         slot = ladder_next(ladder, slot + 1))
        ladder->size[slot] *= size_factor;
    if (window_fits(ladder, bid, price_factor)) {
        ladder_lay(ladder, scaled_key(ladder->base, bid, price_factor),
                   ladder->unit * (uint64_t)price_factor);
        return;
    }
    if (ladder->levels == 0) {
        ladder_init(ladder);
        return;
    }
    /* Near the end of int64 only the levels are known to fit: let the window begin at the best of
     * them. */
    uint32_t first = ladder_next(ladder, 0);
    int64_t base = scaled_key(ladder_key(ladder, first), bid, price_factor);
    uint64_t unit;
    if (__builtin_mul_overflow(ladder->unit, (uint64_t)price_factor, &unit))
        unit = 1; /* then there is a single level: two would be a unit apart */
    ladder_compact(ladder, first);
    ladder_lay(ladder, base, unit);
}
