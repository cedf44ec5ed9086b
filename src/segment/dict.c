#include "segment/dict.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"

static uint32_t slots_for(uint32_t values)
{
    uint32_t slots = 64;
    while (slots < values * 2)
        slots *= 2;
    return slots;
}

/* The sort needs a second array of keys and one of ids; the hash table is done with by then and large enough for the keys. */
size_t dict_footprint(uint32_t rows_max)
{
    size_t slots = slots_for(rows_max);
    return slots * sizeof(uint32_t) + (size_t)rows_max * (8 + 4 + 4 + 4);
}

void dict_init(struct dict *dict, void *mem, uint32_t rows_max)
{
    dict->rows_max = rows_max;
    dict->slot = mem;
    dict->key = (uint64_t *)(void *)(dict->slot + slots_for(rows_max));
    dict->id = (uint32_t *)(void *)(dict->key + rows_max);
    dict->rank = dict->id + rows_max;
    dict->count = 0;
}

/* Third uint32 array of the footprint: order of the sort. */
static uint32_t *order_of(const struct dict *dict)
{
    return dict->rank + dict->rows_max;
}

/* Pattern whose unsigned order is the order of the values. */
static uint64_t sortable(uint64_t value, enum dict_order order)
{
    uint64_t top = UINT64_C(1) << 63;
    if (order == DICT_DOUBLE && (value & top))
        return ~value;
    return value ^ top;
}

static uint64_t unsortable(uint64_t key, enum dict_order order)
{
    uint64_t top = UINT64_C(1) << 63;
    if (order == DICT_DOUBLE && !(key & top))
        return ~key;
    return key ^ top;
}

static bool collect(struct dict *dict, const uint64_t *value, uint32_t count, uint32_t distinct_max,
                    enum dict_order order)
{
    uint32_t slots = slots_for(count), mask = slots - 1, distinct = 0;
    memset(dict->slot, 0, slots * sizeof *dict->slot);
    for (uint32_t i = 0; i < count; i++) {
        if (i && value[i] == value[i - 1]) {
            dict->id[i] = dict->id[i - 1];
            continue;
        }
        uint64_t key = sortable(value[i], order);
        uint32_t at = (uint32_t)td_hash_u64(key) & mask;
        while (dict->slot[at] && dict->key[dict->slot[at] - 1] != key)
            at = (at + 1) & mask;
        if (!dict->slot[at]) {
            if (distinct == distinct_max)
                return false;
            dict->key[distinct] = key;
            dict->slot[at] = ++distinct;
        }
        dict->id[i] = dict->slot[at] - 1;
    }
    dict->count = distinct;
    return true;
}

struct sort_arrays {
    uint64_t *key;
    uint32_t *place;
};

static void radix_pass(struct sort_arrays from, struct sort_arrays to, uint32_t count,
                       unsigned shift, uint32_t histogram[256])
{
    uint32_t start = 0;
    for (unsigned b = 0; b < 256; b++) {
        uint32_t in_bucket = histogram[b];
        histogram[b] = start;
        start += in_bucket;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = histogram[from.key[i] >> shift & 255]++;
        to.key[at] = from.key[i];
        to.place[at] = from.place[i];
    }
}

/* Least significant byte first; bytes that all keys share cost nothing, which for prices of one instrument are most. */
static void sort_keys(struct dict *dict)
{
    static const unsigned passes = 8;
    uint32_t histogram[8][256] = {{0}}, count = dict->count;
    for (uint32_t i = 0; i < count; i++)
        for (unsigned p = 0; p < passes; p++)
            histogram[p][dict->key[i] >> (8 * p) & 255]++;
    struct sort_arrays from = {dict->key, order_of(dict)};
    struct sort_arrays to = {(uint64_t *)(void *)dict->slot, dict->rank};
    for (uint32_t i = 0; i < count; i++)
        from.place[i] = i;
    for (unsigned p = 0; p < passes; p++) {
        if (histogram[p][dict->key[0] >> (8 * p) & 255] == count)
            continue;
        radix_pass(from, to, count, 8 * p, histogram[p]);
        struct sort_arrays swap = from;
        from = to;
        to = swap;
    }
    if (from.key != dict->key) {
        memcpy(dict->key, from.key, count * sizeof *from.key);
        memcpy(order_of(dict), from.place, count * sizeof *from.place);
    }
}

bool dict_numbers(struct dict *dict, const uint64_t *value, uint32_t count, enum dict_order order,
                  uint32_t distinct_max)
{
    if (!count || !collect(dict, value, count, distinct_max, order))
        return false;
    sort_keys(dict);
    const uint32_t *place = order_of(dict);
    for (uint32_t i = 0; i < dict->count; i++)
        dict->rank[place[i]] = i;
    for (uint32_t i = 0; i < dict->count; i++)
        dict->key[i] = unsortable(dict->key[i], order);
    for (uint32_t i = 0; i < count; i++)
        dict->id[i] = dict->rank[dict->id[i]];
    return true;
}

void dict_small(struct dict *dict, const uint64_t *value, uint32_t count)
{
    bool seen[256] = {false};
    uint8_t place[256] = {0};
    for (uint32_t i = 0; i < count; i++) {
        TD_ASSERT(value[i] < 256, "a small value fits a byte");
        seen[value[i]] = true;
    }
    dict->count = 0;
    for (unsigned v = 0; v < 256; v++)
        if (seen[v]) {
            place[v] = (uint8_t)dict->count;
            dict->key[dict->count++] = v;
        }
    for (uint32_t i = 0; i < count; i++)
        dict->id[i] = place[value[i]];
}

/* Place 0 is the empty text of a required column. */
static const char *text_at(const struct group_view *view, uint64_t place, size_t *bytes)
{
    *bytes = 0;
    return place ? group_view_text(view, (row_text)place, bytes) : "";
}

static bool same_text(const struct group_view *view, uint64_t place, const char *text, size_t bytes)
{
    size_t other_bytes;
    const char *other = text_at(view, place, &other_bytes);
    return other_bytes == bytes && memcmp(other, text, bytes) == 0;
}

bool dict_texts(struct dict *dict, const struct group_view *view, const uint64_t *place,
                uint32_t count, uint32_t distinct_max)
{
    uint32_t slots = slots_for(count), mask = slots - 1, distinct = 0;
    memset(dict->slot, 0, slots * sizeof *dict->slot);
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes;
        const char *text = text_at(view, place[i], &bytes);
        uint32_t at = (uint32_t)td_hash64(text, bytes, 0) & mask;
        while (dict->slot[at] && !same_text(view, dict->key[dict->slot[at] - 1], text, bytes))
            at = (at + 1) & mask;
        if (!dict->slot[at]) {
            if (distinct == distinct_max)
                return false;
            dict->key[distinct] = place[i];
            dict->slot[at] = ++distinct;
        }
        dict->id[i] = dict->slot[at] - 1;
    }
    dict->count = distinct;
    return true;
}
