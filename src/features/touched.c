#include "features/touched.h"

#include <string.h>

#include "base/hash.h"
#include "base/state.h"

void touched_day(struct touched *t)
{
    memset(t->count, 0, sizeof t->count);
    t->today = 0;
}

/* A double, so that a finer scale changes nothing. */
static uint64_t key_of(uint8_t kind, double price)
{
    uint64_t bits;

    memcpy(&bits, &price, sizeof bits);
    return td_hash_u64(bits) + kind; /* neighbours in the table, apart in the key */
}

/* The level's slot, or the free one where it would stand: the day's limit keeps slots free. */
static uint32_t slot_of(const struct touched *t, uint64_t key)
{
    uint32_t slot = (uint32_t)td_hash_u64(key) % TOUCHED_SLOTS;

    while (t->count[slot] != 0 && t->key[slot] != key)
        slot = (slot + 1) % TOUCHED_SLOTS;
    return slot;
}

uint32_t touched_before(const struct touched *t, uint8_t kind, double price)
{
    return t->count[slot_of(t, key_of(kind, price))];
}

bool touched_add(struct touched *t, uint8_t kind, double price)
{
    if (t->today >= TOUCHED_DAY_MOST) {
        t->refused++;
        return false;
    }
    uint64_t key = key_of(kind, price);
    uint32_t slot = slot_of(t, key);
    t->key[slot] = key;
    t->count[slot]++;
    t->today++;
    return true;
}

/* Only the slots in use, in the order of the table: two tables with the same touches may differ in their order, the answers do not. */
void touched_state(struct touched *t, struct td_state *state)
{
    uint32_t used = 0, from = 0;

    for (uint32_t i = 0; i < TOUCHED_SLOTS && !state->loading; i++)
        used += t->count[i] != 0;
    t->today = td_state_count(state, t->today, TOUCHED_DAY_MOST);
    td_state_u64(state, &t->refused);
    used = td_state_count(state, used, TOUCHED_DAY_MOST);
    for (uint32_t i = 0; i < used; i++, from++) {
        while (!state->loading && t->count[from] == 0)
            from++;
        from = td_state_count(state, from, TOUCHED_SLOTS - 1);
        td_state_u64(state, &t->key[from]);
        td_state_u16(state, &t->count[from]);
    }
}
