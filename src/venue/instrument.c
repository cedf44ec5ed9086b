#include "venue/instrument.h"

#include <string.h>

#include "base/hash.h"
#include "base/state.h"
#include "base/text.h"
#include "venue/spelling.h"

/* A name of up to 16 bytes is held whole in two words (the last eight bytes overlap the first), so
   finding it is one hash and one compare of registers; longer names are compared as text too. */
struct name_key {
    uint64_t head, tail;
    uint32_t bytes;
};

struct slot {
    uint64_t head, tail;
    uint32_t bytes;
    uint16_t source;
    uint16_t index_plus1; /* 0 = free */
};

struct instruments {
    unsigned capacity, count, slot_mask;
    bool discover;
    uint64_t refused;
    struct instrument *items;
    struct slot *slots;
};

_Static_assert(TD_INSTRUMENTS_MAX < UINT16_MAX, "a slot numbers instruments in 16 bits");

static uint64_t load_bytes(const char *at, unsigned bytes)
{
    uint64_t word = 0;
    memcpy(&word, at, bytes);
    return word;
}

static struct name_key key_of(const char *raw, size_t bytes)
{
    struct name_key key = {0, 0, (uint32_t)bytes};
    if (bytes >= 8) {
        key.head = load_bytes(raw, 8);
        key.tail = load_bytes(raw + bytes - 8, 8);
    } else if (bytes >= 4) {
        key.head = load_bytes(raw, 4);
        key.tail = load_bytes(raw + bytes - 4, 4);
    } else if (bytes) {
        key.head = (unsigned char)raw[0] | (uint64_t)(unsigned char)raw[bytes / 2] << 8;
        key.tail = (unsigned char)raw[bytes - 1];
    }
    return key;
}

static unsigned slot_of(const struct instruments *table, const struct name_key *key,
                        uint16_t source)
{
    uint64_t hash = td_hash_fold(key->head ^ UINT64_C(0x9E3779B97F4A7C15) ^ source,
                                 key->tail ^ UINT64_C(0xA0761D6478BD642F) ^ key->bytes);
    return (unsigned)hash & table->slot_mask;
}

static unsigned slots_for(unsigned capacity)
{
    unsigned slots = 4;
    while (slots < 2 * capacity)
        slots *= 2;
    return slots;
}

size_t instruments_footprint(unsigned capacity)
{
    return sizeof(struct instruments) + slots_for(capacity) * sizeof(struct slot) +
           capacity * sizeof(struct instrument);
}

struct instruments *instruments_init(void *mem, unsigned capacity)
{
    TD_ASSERT(capacity < UINT16_MAX, "more instruments than a slot can number");
    memset(mem, 0, instruments_footprint(capacity));
    struct instruments *table = mem;
    table->capacity = capacity;
    table->slot_mask = slots_for(capacity) - 1;
    table->slots = (struct slot *)(table + 1);
    table->items = (struct instrument *)(table->slots + table->slot_mask + 1);
    return table;
}

int instruments_find(const struct instruments *table, uint16_t source, const char *raw,
                     size_t raw_bytes)
{
    struct name_key key = key_of(raw, raw_bytes);
    for (unsigned at = slot_of(table, &key, source);; at = (at + 1) & table->slot_mask) {
        const struct slot *slot = &table->slots[at];
        if (slot->index_plus1 == 0)
            return -1;
        if (slot->head != key.head || slot->tail != key.tail || slot->bytes != key.bytes ||
            slot->source != source)
            continue;
        int index = slot->index_plus1 - 1;
        if (raw_bytes <= 16 || memcmp(table->items[index].raw, raw, raw_bytes) == 0)
            return index;
    }
}

static void place(struct instruments *table, const struct name_key *key, uint16_t source,
                  unsigned index)
{
    unsigned at = slot_of(table, key, source);
    while (table->slots[at].index_plus1)
        at = (at + 1) & table->slot_mask;
    table->slots[at] =
        (struct slot){key->head, key->tail, key->bytes, source, (uint16_t)(index + 1)};
}

static void copy_part(char *out, size_t cap, struct td_text part)
{
    if (part.bytes < cap)
        td_text_copy(out, cap, part.at, part.bytes);
}

static bool is_date(struct td_text part)
{
    bool digits = part.bytes == 8;
    for (uint32_t i = 0; digits && i < part.bytes; i++)
        digits = part.at[i] >= '0' && part.at[i] <= '9';
    return digits;
}

void instrument_take_name(struct instrument *item)
{
    struct td_text part[4];
    unsigned parts = spelling_parts(item->symbol, strlen(item->symbol), part, 4);
    bool option =
        parts == 4 && is_date(part[1]) && (spelling_is(part[3], "C") || spelling_is(part[3], "P"));
    bool perp = parts == 3 && spelling_is(part[2], "PERP");
    bool future = parts == 3 && is_date(part[2]);
    if (option) {
        item->kind = INSTRUMENT_OPTION;
        item->option = spelling_is(part[3], "C") ? INSTRUMENT_CALL : INSTRUMENT_PUT;
        copy_part(item->base, sizeof item->base, part[0]);
        copy_part(item->strike, sizeof item->strike, part[2]);
        return;
    }
    if (parts != 2 && !perp && !future)
        return;
    item->kind = perp ? INSTRUMENT_PERP : future ? INSTRUMENT_FUTURE : INSTRUMENT_SPOT;
    copy_part(item->base, sizeof item->base, part[0]);
    copy_part(item->quote, sizeof item->quote, part[1]);
}

/* The entry's name is new and fits. */
static int fill(struct instruments *table, unsigned index, uint16_t source, const char *symbol,
                const char *raw)
{
    struct instrument *item = &table->items[index];
    size_t raw_bytes = strlen(raw);
    memset(item, 0, sizeof *item);
    symbol_sanitise(symbol, strlen(symbol), item->symbol);
    memcpy(item->raw, raw, raw_bytes);
    item->source = source;
    instrument_take_name(item);
    struct name_key key = key_of(raw, raw_bytes);
    place(table, &key, source, index);
    return (int)index;
}

int instruments_add(struct instruments *table, uint16_t source, const char *symbol, const char *raw)
{
    size_t raw_bytes = strlen(raw);
    TD_FAIL_IF(raw_bytes >= TD_SYMBOL_MAX || strlen(symbol) >= TD_SYMBOL_MAX, TD_E_RANGE);
    TD_FAIL_IF(instruments_find(table, source, raw, raw_bytes) >= 0, TD_E_EXISTS);
    if (table->count == table->capacity) {
        table->refused++;
        return TD_E_NO_ROOM;
    }
    unsigned index = table->count++;
    return fill(table, index, source, symbol, raw);
}

unsigned instruments_count(const struct instruments *table)
{
    return table->count;
}

struct instrument *instruments_at(struct instruments *table, unsigned index)
{
    TD_ASSERT(index < table->count, "no such instrument");
    return &table->items[index];
}

const struct instrument *instruments_peek(const struct instruments *table, unsigned index)
{
    TD_ASSERT(index < table->count, "no such instrument");
    return &table->items[index];
}

void instruments_discover(struct instruments *table, bool on)
{
    table->discover = on;
}

uint64_t instruments_refused(const struct instruments *table)
{
    return table->refused;
}

bool instruments_discovering(const struct instruments *table)
{
    return table->discover;
}

void symbol_sanitise(const char *text, size_t bytes, char out[TD_SYMBOL_MAX])
{
    if (bytes == 0) {
        td_text_copy(out, TD_SYMBOL_MAX, "unknown", strlen("unknown"));
        return;
    }
    if (bytes > TD_SYMBOL_MAX - 1)
        bytes = TD_SYMBOL_MAX - 1;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        bool unsafe = c < 0x20 || c == 0x7F || strchr("/\\:*?\"<>|%", c);
        out[i] = unsafe ? '-' : (char)c;
    }
    out[bytes] = '\0';
}

/* ---- change ------------------------------------------------------------------------------------ */

/* Names are few and change seldom: the index is made anew. */
static void rebuild(struct instruments *table)
{
    memset(table->slots, 0, (table->slot_mask + 1) * sizeof *table->slots);
    for (unsigned i = 0; i < table->count; i++) {
        const struct instrument *item = &table->items[i];
        struct name_key key = key_of(item->raw, strlen(item->raw));
        if (item->source != INSTRUMENT_RETIRED)
            place(table, &key, item->source, i);
    }
}

void instruments_copy(struct instruments *table, const struct instruments *from)
{
    TD_ASSERT(from->count <= table->capacity, "a copy has room for what is copied");
    table->count = from->count;
    memcpy(table->items, from->items, from->count * sizeof *from->items);
    rebuild(table);
}

void instruments_move(struct instruments *table, unsigned index, uint16_t source)
{
    instruments_at(table, index)->source = source;
    rebuild(table);
}

void instruments_renumber(struct instruments *table, const uint16_t to[TD_SOURCES_MAX + 1])
{
    for (unsigned i = 0; i < table->count; i++)
        table->items[i].source = to[table->items[i].source];
    rebuild(table);
}

int instruments_replace(struct instruments *table, unsigned index, uint16_t source,
                        const char *symbol, const char *raw)
{
    TD_ASSERT(instruments_at(table, index)->source == INSTRUMENT_RETIRED, "the place is free");
    TD_FAIL_IF(strlen(raw) >= TD_SYMBOL_MAX || strlen(symbol) >= TD_SYMBOL_MAX, TD_E_RANGE);
    TD_FAIL_IF(instruments_find(table, source, raw, strlen(raw)) >= 0, TD_E_EXISTS);
    return fill(table, index, source, symbol, raw);
}

/* ---- state ------------------------------------------------------------------------------------- */

static void item_state(struct instrument *item, struct td_state *state)
{
    td_state_text(state, item->symbol, sizeof item->symbol);
    td_state_text(state, item->raw, sizeof item->raw);
    td_state_text(state, item->base, sizeof item->base);
    td_state_text(state, item->quote, sizeof item->quote);
    td_state_text(state, item->price_step, sizeof item->price_step);
    td_state_text(state, item->size_step, sizeof item->size_step);
    td_state_text(state, item->status, sizeof item->status);
    item->source = (uint16_t)td_state_count(state, item->source, INSTRUMENT_RETIRED);
    td_state_i8(state, &item->price_scale);
    td_state_i8(state, &item->size_scale);
    td_state_bool(state, &item->listed);
    item->shard = (uint8_t)td_state_count(state, item->shard, TD_LINES_MAX - 1);
    item->kind = (uint8_t)td_state_count(state, item->kind, INSTRUMENT_INDEX);
    item->option = (uint8_t)td_state_count(state, item->option, INSTRUMENT_PUT);
    td_state_i64(state, &item->expiry_ns);
    td_state_text(state, item->contract_size, sizeof item->contract_size);
    td_state_text(state, item->contract_currency, sizeof item->contract_currency);
    td_state_text(state, item->strike, sizeof item->strike);
    if (item->price_scale < 0 || item->price_scale > TD_SCALE_MAX || item->size_scale < 0 ||
        item->size_scale > TD_SCALE_MAX)
        state->failed = true;
}

void instruments_state(struct instruments *table, struct td_state *state)
{
    unsigned count = td_state_count(state, table->count, table->capacity);
    if (state->loading)
        table->count = 0;
    for (unsigned i = 0; i < count && !state->failed; i++) {
        struct instrument *item = &table->items[i];
        if (state->loading)
            memset(item, 0, sizeof *item);
        item_state(item, state);
        table->count = i + 1 > table->count ? i + 1 : table->count;
    }
    if (state->loading)
        rebuild(table);
}
