#include "store/listing.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_FIRST = 16 << 10, TABLE_FIRST = 128 };

struct listed {
    size_t at; /* in text; a pointer into it once it grows no more */
    const char *key;
    int64_t bytes;
    bool is_prefix;
};

/* Doubles a table until it holds `needed`. */
static td_err make_room(void **table, size_t item_bytes, size_t needed, size_t first, size_t *cap)
{
    size_t wanted = *cap ? *cap : first;
    if (needed <= *cap)
        return 0;
    while (wanted < needed)
        wanted *= 2;
    void *grown = realloc(*table, wanted * item_bytes);
    TD_FAIL_IF(grown == NULL, TD_E_NO_MEMORY);
    *table = grown;
    *cap = wanted;
    return 0;
}

static td_err make_table_room(void **table, size_t item_bytes, uint32_t count, uint32_t *cap)
{
    size_t room = *cap;
    TD_FAIL_IF(count >= LISTING_NAMES_MAX, TD_E_RANGE);
    TD_TRY(make_room(table, item_bytes, (size_t)count + 1, TABLE_FIRST, &room));
    *cap = (uint32_t)room;
    return 0;
}

td_err listing_add(struct listing *listing, const char *name, size_t name_bytes, int64_t bytes,
                   bool is_prefix)
{
    void *names = listing->name, *text = listing->text;
    td_err err =
        make_table_room(&names, sizeof *listing->name, listing->names, &listing->names_cap);
    listing->name = names;
    if (err == 0)
        err = make_room(&text, 1, listing->text_bytes + name_bytes + 1, TEXT_FIRST,
                        &listing->text_cap);
    listing->text = text;
    TD_TRY(err);
    listing->name[listing->names++] =
        (struct listed){.at = listing->text_bytes, .bytes = bytes, .is_prefix = is_prefix};
    memcpy(listing->text + listing->text_bytes, name, name_bytes);
    listing->text[listing->text_bytes + name_bytes] = 0;
    listing->text_bytes += name_bytes + 1;
    return 0;
}

td_err listing_add_part(struct listing *listing, const struct store_part *part)
{
    void *parts = listing->part;
    td_err err =
        make_table_room(&parts, sizeof *listing->part, listing->parts, &listing->parts_cap);
    listing->part = parts;
    TD_TRY(err);
    listing->part[listing->parts++] = *part;
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)((found - digits) % 16) : -1;
}

/* In place; false: it is not encoded so, or hides a NUL. */
static bool decode(char *text)
{
    char *out = text;
    for (; *text; text++, out++) {
        *out = *text == '+' ? ' ' : *text;
        if (*text != '%')
            continue;
        int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);
        if (low < 0 || high + low == 0)
            return false;
        *out = (char)(high * 16 + low);
        text += 2;
    }
    *out = 0;
    return true;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->key, ((const struct listed *)b)->key);
}

/* Every name lies below what was asked for: a store that does not know the parameter would show us all it has. */
static td_err resolve(struct listing *listing, const struct place *place, const struct store_op *op,
                      bool encoded)
{
    char asked[PLACE_KEY_MAX], below[PLACE_KEY_MAX];
    TD_ASSERT(place_key(place, op->key, asked) && place_key(place, "", below),
              "the request had the same");
    for (uint32_t i = 0; i < listing->names; i++) {
        char *name = listing->text + listing->name[i].at;
        TD_FAIL_IF((encoded && !decode(name)) || strlen(name) >= PLACE_KEY_MAX ||
                       strncmp(name, asked, strlen(asked)) != 0,
                   TD_E_NET_PROTOCOL);
        listing->name[i].key = name + strlen(below);
    }
    return 0;
}

td_err listing_show(struct listing *listing, const struct place *place, const struct store_op *op,
                    bool encoded, bool *shown)
{
    *shown = false;
    TD_TRY(resolve(listing, place, op, encoded));
    *shown = true;
    if (listing->names > 1)
        qsort(listing->name, listing->names, sizeof *listing->name, by_key);
    for (uint32_t i = 0; i < listing->names; i++) {
        const struct listed *name = &listing->name[i];
        struct store_entry entry = {name->key, name->bytes, name->is_prefix};
        /* The folder itself, as some browsers make it. */
        if (entry.key[0])
            TD_TRY(op->visit.entry(op->visit.arg, &entry));
    }
    return 0;
}

td_err listing_show_parts(const struct listing *listing, const struct store_op *op)
{
    for (uint32_t i = 0; i < listing->parts; i++)
        TD_TRY(op->parts.part(op->parts.arg, &listing->part[i]));
    return 0;
}

void listing_close(struct listing *listing)
{
    free(listing->text);
    free(listing->name);
    free(listing->part);
    *listing = (struct listing){.names = 0};
}
