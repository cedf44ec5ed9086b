/* Blocks of at most 64 different keys, each with how often it is in, for most spreads are as wide as the one before. A full block is split; one
   that, with a neighbour, falls to three quarters of a block is merged, so that neighbours always hold more than that together and the pool has
   a bound. Weights, that is keys with their repeats, are summed in groups of 32 blocks for the rank. */
#include "features/order.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/shift.h"

enum { KEYS = 64, MERGE = KEYS * 3 / 4, GROUP = 32 };

struct block {
    int64_t key[KEYS];
    uint32_t times[KEYS];
};

struct order {
    uint32_t capacity, count, blocks, blocks_max, free_blocks;
    int64_t *first;   /* smallest key of each block, by place */
    uint32_t *keys;   /* how many different ones it holds */
    uint32_t *weight; /* and with their repeats */
    uint32_t *number; /* which block; behind `blocks` the free ones */
    uint32_t *group;  /* weight of each group of places */
    struct block *block;
};

/* Neighbours hold more than MERGE keys together, except beside an only block; one more while a split is under way. */
static uint32_t blocks_for(uint32_t capacity)
{
    return 2 * (capacity / MERGE + 1) + 2;
}

static uint32_t groups_for(uint32_t blocks)
{
    return (blocks + GROUP - 1) / GROUP;
}

static size_t padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t order_footprint(uint32_t capacity)
{
    size_t blocks = blocks_for(capacity);
    return padded(sizeof(struct order)) + padded(blocks * sizeof(int64_t)) +
           3 * padded(blocks * sizeof(uint32_t)) +
           padded(groups_for((uint32_t)blocks) * sizeof(uint32_t)) + blocks * sizeof(struct block);
}

struct order *order_init(void *mem, uint32_t capacity)
{
    struct order *order = mem;
    unsigned char *at = (unsigned char *)mem + padded(sizeof *order);
    *order = (struct order){.capacity = capacity, .blocks_max = blocks_for(capacity)};
    order->first = (int64_t *)at;
    at += padded(order->blocks_max * sizeof *order->first);
    order->keys = (uint32_t *)at;
    at += padded(order->blocks_max * sizeof *order->keys);
    order->weight = (uint32_t *)at;
    at += padded(order->blocks_max * sizeof *order->weight);
    order->number = (uint32_t *)at;
    at += padded(order->blocks_max * sizeof *order->number);
    order->group = (uint32_t *)at;
    at += padded(groups_for(order->blocks_max) * sizeof *order->group);
    order->block = (struct block *)at;
    order_clear(order);
    return order;
}

void order_clear(struct order *order)
{
    order->count = order->blocks = 0;
    for (uint32_t i = 0; i < order->blocks_max; i++)
        order->number[i] = i;
    memset(order->group, 0, groups_for(order->blocks_max) * sizeof *order->group);
}

uint32_t order_count(const struct order *order)
{
    return order->count;
}

/* Last place whose first key is not above `key` (0 when none is): the key lies there or nowhere. */
static uint32_t place_of(const struct order *order, int64_t key)
{
    const int64_t *base = order->first;
    uint32_t length = order->blocks;
    while (length > 1) {
        uint32_t half = length / 2;
        base += base[half] <= key ? half : 0;
        length -= half;
    }
    return (uint32_t)(base - order->first);
}

/* Keys of the block strictly below `key`. */
static uint32_t below_in(const struct block *block, uint32_t keys, int64_t key)
{
    const int64_t *base = block->key;
    if (keys == 0)
        return 0;
    while (keys > 1) {
        uint32_t half = keys / 2;
        base += base[half - 1] < key ? half : 0;
        keys -= half;
    }
    return (uint32_t)(base - block->key) + (*base < key);
}

/* Weight of the keys before the one at `at` of a place. */
static uint32_t rank_of(const struct order *order, uint32_t place, uint32_t at)
{
    const struct block *block = &order->block[order->number[place]];
    uint32_t sum = 0, group = place / GROUP;
    for (uint32_t i = 0; i < group; i++)
        sum += order->group[i];
    for (uint32_t i = group * GROUP; i < place; i++)
        sum += order->weight[i];
    for (uint32_t i = 0; i < at; i++)
        sum += block->times[i];
    return sum;
}

static void weigh(struct order *order, uint32_t place, int32_t more)
{
    order->weight[place] += (uint32_t)more;
    order->group[place / GROUP] += (uint32_t)more;
    order->count += (uint32_t)more;
}

static void groups_again(struct order *order, uint32_t from_place)
{
    for (uint32_t g = from_place / GROUP; g < groups_for(order->blocks_max); g++) {
        uint32_t end = (g + 1) * GROUP < order->blocks ? (g + 1) * GROUP : order->blocks, sum = 0;
        for (uint32_t i = g * GROUP; i < end; i++)
            sum += order->weight[i];
        order->group[g] = sum;
    }
}

/* As td_shift_in and td_shift_out. */
static void shift_in_32(uint32_t *at, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t next = at[i];
        at[i] = value;
        value = next;
    }
}

static void shift_out_32(uint32_t *at, uint32_t count)
{
    uint32_t value = at[count];
    for (uint32_t i = count; i-- > 0;) {
        uint32_t before = at[i];
        at[i] = value;
        value = before;
    }
}

/* Room in the directory for a block at `place`; the first free block becomes it. */
static void place_open(struct order *order, uint32_t place)
{
    TD_ASSERT(order->blocks < order->blocks_max, "blocks of an order have a bound");
    uint32_t tail = order->blocks - place;
    uint32_t number = order->number[order->blocks++];
    td_shift_in(&order->first[place], tail, 0);
    shift_in_32(&order->keys[place], tail, 0);
    shift_in_32(&order->weight[place], tail, 0);
    shift_in_32(&order->number[place], tail, number);
}

static void place_close(struct order *order, uint32_t place)
{
    uint32_t tail = --order->blocks - place;
    uint32_t number = order->number[place];
    td_shift_out(&order->first[place], tail);
    shift_out_32(&order->keys[place], tail);
    shift_out_32(&order->weight[place], tail);
    shift_out_32(&order->number[place], tail);
    order->number[order->blocks] = number;
}

/* The block behind joins this one. */
static void merge(struct order *order, uint32_t place)
{
    struct block *to = &order->block[order->number[place]];
    const struct block *from = &order->block[order->number[place + 1]];
    memcpy(&to->key[order->keys[place]], from->key, order->keys[place + 1] * sizeof *to->key);
    memcpy(&to->times[order->keys[place]], from->times, order->keys[place + 1] * sizeof *to->times);
    order->keys[place] += order->keys[place + 1];
    order->weight[place] += order->weight[place + 1];
    order->first[place] = to->key[0];
    place_close(order, place + 1);
    groups_again(order, place);
}

/* Merges a place with the one behind it where both are thin; true when it did. */
static bool join(struct order *order, uint32_t place)
{
    if (place + 1 >= order->blocks || order->keys[place] + order->keys[place + 1] > MERGE)
        return false;
    merge(order, place);
    return true;
}

static uint32_t weight_of(const struct block *block, uint32_t keys)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < keys; i++)
        sum += block->times[i];
    return sum;
}

static void split(struct order *order, uint32_t place)
{
    place_open(order, place + 1);
    struct block *from = &order->block[order->number[place]];
    struct block *to = &order->block[order->number[place + 1]];
    memcpy(to->key, &from->key[KEYS / 2], sizeof to->key / 2);
    memcpy(to->times, &from->times[KEYS / 2], sizeof to->times / 2);
    order->keys[place] = order->keys[place + 1] = KEYS / 2;
    order->weight[place] = weight_of(from, KEYS / 2);
    order->weight[place + 1] = weight_of(to, KEYS / 2);
    order->first[place + 1] = to->key[0];
    groups_again(order, place);
    join(order, place + 1); /* halves may be thin beside their neighbours */
    if (place > 0)
        join(order, place - 1);
}

/* A key that is not in yet; the place it came to. */
static uint32_t key_add(struct order *order, uint32_t place, int64_t key)
{
    if (order->keys[place] == KEYS) {
        split(order, place);
        place = place_of(order, key);
    }
    struct block *block = &order->block[order->number[place]];
    uint32_t keys = order->keys[place]++, at = below_in(block, keys, key);
    td_shift_in(&block->key[at], keys - at, key);
    shift_in_32(&block->times[at], keys - at, 0);
    order->first[place] = block->key[0];
    return place;
}

static bool is_at(const struct order *order, uint32_t place, uint32_t at, int64_t key)
{
    return at < order->keys[place] && order->block[order->number[place]].key[at] == key;
}

uint32_t order_insert(struct order *order, int64_t key)
{
    TD_ASSERT(order->count < order->capacity, "an order has room for its window");
    if (order->blocks == 0)
        place_open(order, 0);
    uint32_t place = place_of(order, key);
    uint32_t at = below_in(&order->block[order->number[place]], order->keys[place], key);
    if (!is_at(order, place, at, key)) {
        place = key_add(order, place, key);
        at = below_in(&order->block[order->number[place]], order->keys[place], key);
    }
    order->block[order->number[place]].times[at]++;
    weigh(order, place, 1);
    return rank_of(order, place, at);
}

static void thin_out(struct order *order, uint32_t place)
{
    if (join(order, place) || (place > 0 && join(order, place - 1)) || order->keys[place] > 0)
        return;
    place_close(order, place);
    groups_again(order, place);
}

static void key_take(struct order *order, uint32_t place, uint32_t at)
{
    struct block *block = &order->block[order->number[place]];
    uint32_t keys = --order->keys[place];
    td_shift_out(&block->key[at], keys - at);
    shift_out_32(&block->times[at], keys - at);
    if (keys > 0)
        order->first[place] = block->key[0];
    thin_out(order, place);
}

void order_remove(struct order *order, int64_t key)
{
    TD_ASSERT(order->count > 0, "what leaves an order is in it");
    uint32_t place = place_of(order, key);
    struct block *block = &order->block[order->number[place]];
    uint32_t at = below_in(block, order->keys[place], key);
    TD_ASSERT(is_at(order, place, at, key), "what leaves an order is in it");
    weigh(order, place, -1);
    if (--block->times[at] == 0)
        key_take(order, place, at);
}

uint32_t order_below(const struct order *order, int64_t key)
{
    if (order->blocks == 0)
        return 0;
    uint32_t place = place_of(order, key);
    return rank_of(order, place,
                   below_in(&order->block[order->number[place]], order->keys[place], key));
}
