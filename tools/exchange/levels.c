#include "exchange/levels.h"

#include <string.h>

#include "base/err.h"

void levels_lay_out(struct levels *levels, struct level *memory, uint32_t cap, bool bids)
{
    *levels = (struct levels){.at = memory, .cap = cap, .bids = bids};
}

static bool is_worse(const struct levels *levels, int64_t a, int64_t b)
{
    return levels->bids ? a < b : a > b;
}

/* Where the price stands or would stand. */
static uint32_t place_of(const struct levels *levels, int64_t price_steps)
{
    uint32_t low = 0, high = levels->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_worse(levels, levels->at[middle].price_steps, price_steps))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool stands_at(const struct levels *levels, uint32_t place, int64_t price_steps)
{
    return place < levels->count && levels->at[place].price_steps == price_steps;
}

int64_t levels_size(const struct levels *levels, int64_t price_steps)
{
    uint32_t place = place_of(levels, price_steps);
    return stands_at(levels, place, price_steps) ? levels->at[place].size_steps : 0;
}

int64_t levels_set(struct levels *levels, int64_t price_steps, int64_t size_steps)
{
    uint32_t place = place_of(levels, price_steps);
    struct level *level = &levels->at[place];
    uint32_t behind = levels->count - place;
    if (stands_at(levels, place, price_steps)) {
        int64_t old = level->size_steps;
        level->size_steps = size_steps;
        if (size_steps == 0) {
            memmove(level, level + 1, (behind - 1) * sizeof *level);
            levels->count--;
        }
        return old;
    }
    if (size_steps == 0)
        return 0;
    TD_ASSERT(levels->count < levels->cap, "a side of the true book is full");
    memmove(level + 1, level, behind * sizeof *level);
    *level = (struct level){price_steps, size_steps};
    levels->count++;
    return 0;
}

const struct level *levels_nth(const struct levels *levels, uint32_t rank)
{
    return rank < levels->count ? &levels->at[levels->count - 1 - rank] : NULL;
}

uint32_t levels_deepen(struct levels *levels, uint32_t count, int64_t size_steps)
{
    if (levels->count == 0)
        return 0;
    int64_t worst = levels->at[0].price_steps;
    uint32_t room = levels->cap - levels->count;
    if (count > room)
        count = room;
    if (levels->bids && count > worst - 1)
        count = (uint32_t)(worst - 1);
    memmove(levels->at + count, levels->at, levels->count * sizeof *levels->at);
    for (uint32_t i = 0; i < count; i++) {
        int64_t away = (int64_t)count - i;
        levels->at[i] = (struct level){levels->bids ? worst - away : worst + away, size_steps + i};
    }
    levels->count += count;
    return count;
}

void levels_copy(struct levels *dst, const struct levels *src)
{
    TD_ASSERT(src->count <= dst->cap, "the copy of a side has no room");
    memcpy(dst->at, src->at, src->count * sizeof *src->at);
    dst->count = src->count;
    dst->bids = src->bids;
}
