#include "sim/kinds.h"

#include <string.h>

#include "sim/dice.h"

static const struct {
    const char *name, *what;
    uint8_t place, weight;
} table[KINDS] = {
    {"none", "", PLACES, 0},
#define X(name, place, weight, what) {#name, what, PLACE_##place, weight},
#include "sim/kinds.def"
#undef X
};

const char *kind_name(enum kind kind)
{
    return table[kind].name;
}

const char *kind_what(enum kind kind)
{
    return table[kind].what;
}

enum kind_place kind_place(enum kind kind)
{
    return table[kind].place;
}

/* A tenth of the kinds is left out of a run, another tenth is ten times as frequent: runs differ in character. */
void kinds_init(struct kinds *kinds, uint64_t seed)
{
    memset(kinds, 0, sizeof *kinds);
    kinds->dice = seed ^ UINT64_C(0x4B696E6473);
    for (unsigned kind = 1; kind < KINDS; kind++) {
        uint64_t roll = dice_below(&kinds->dice, 10);
        uint32_t share = roll == 0 ? 0 : roll == 1 ? 100 : 10;
        kinds->odds[kind] = share * table[kind].weight;
        kinds->odds_sum += kinds->odds[kind];
    }
}

enum kind kinds_draw(struct kinds *kinds)
{
    uint64_t at = dice_below(&kinds->dice, kinds->odds_sum);
    unsigned kind = 1;
    while (at >= kinds->odds[kind])
        at -= kinds->odds[kind++];
    return (enum kind)kind;
}

void kinds_arm(struct kinds *kinds, enum kind kind)
{
    if (kinds->off || kinds->armed[kind])
        return;
    kinds->armed[kind] = true;
    kinds->armed_at[table[kind].place]++;
}

enum kind kinds_take(struct kinds *kinds, enum kind_place place)
{
    if (kinds->armed_at[place] == 0)
        return KIND_NONE;
    for (unsigned i = 0; i < KINDS; i++) { /* by turns: one that fits nowhere holds up no other */
        unsigned kind = kinds->turn++ % KINDS;
        if (kinds->armed[kind] && table[kind].place == place) {
            kinds->armed[kind] = false;
            kinds->armed_at[place]--;
            return (enum kind)kind;
        }
    }
    return KIND_NONE;
}

bool kinds_take_one(struct kinds *kinds, enum kind kind)
{
    if (!kinds->armed[kind])
        return false;
    kinds->armed[kind] = false;
    kinds->armed_at[table[kind].place]--;
    return true;
}

void kinds_fired(struct kinds *kinds, enum kind kind)
{
    kinds->fired[kind]++;
}

void kinds_disarm_all(struct kinds *kinds)
{
    memset(kinds->armed, 0, sizeof kinds->armed);
    memset(kinds->armed_at, 0, sizeof kinds->armed_at);
}

unsigned kinds_seen(const uint64_t fired[KINDS])
{
    unsigned seen = 0;
    for (unsigned kind = 1; kind < KINDS; kind++)
        seen += fired[kind] > 0;
    return seen;
}

void kinds_print(const uint64_t fired[KINDS], FILE *out)
{
    for (unsigned kind = 1; kind < KINDS; kind++)
        fprintf(out, "  %-22s %8llu  %s\n", table[kind].name, (unsigned long long)fired[kind],
                table[kind].what);
}
