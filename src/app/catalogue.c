#include "app/catalogue.h"

#include <ctype.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/text.h"

enum {
    TOKENS = 1 << 17,                  /* as the core's */
    SLOTS = 2 * CATALOGUE_ENTRIES_MAX, /* power of two */
};
_Static_assert((SLOTS & (SLOTS - 1)) == 0, "a slot is found by a mask");

struct catalogue {
    const struct venue *venue;
    unsigned count, listed;
    bool full;
    struct json *json;
    struct instruments *instruments; /* none: parsers want a table */
    struct venue_sink sink;
    uint16_t slot[SLOTS];                  /* by raw: index + 1 */
    uint16_t order[CATALOGUE_ENTRIES_MAX]; /* of the listed ones, by name */
    _Alignas(16) unsigned char state[VENUE_STATE_BYTES];
    struct td_event event[TD_BATCH_EVENTS_MAX];
    struct td_level level[TD_BATCH_LEVELS_MAX];
    struct catalogue_entry entry[CATALOGUE_ENTRIES_MAX];
};
_Static_assert(CATALOGUE_ENTRIES_MAX < UINT16_MAX, "a slot numbers entries in 16 bits");

static size_t aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t catalogue_footprint(void)
{
    return aligned(sizeof(struct catalogue)) + aligned(json_footprint(TOKENS)) +
           instruments_footprint(1);
}

struct catalogue *catalogue_init(void *mem, const struct venue *venue)
{
    struct catalogue *c = mem;
    unsigned char *behind = (unsigned char *)mem + aligned(sizeof *c);
    c->venue = venue;
    c->count = c->listed = 0;
    c->full = false;
    memset(c->slot, 0, sizeof c->slot);
    memset(c->state, 0, sizeof c->state);
    c->json = json_init(behind, TOKENS);
    c->instruments = instruments_init(behind + aligned(json_footprint(TOKENS)), 1);
    c->sink = (struct venue_sink){.event = c->event, .level = c->level};
    return c;
}

/* ---- taking ------------------------------------------------------------------------------------ */

static uint16_t *slot_of(struct catalogue *c, const char *raw, size_t bytes)
{
    size_t at = td_hash64(raw, bytes, 0) & (SLOTS - 1);
    for (;; at = (at + 1) & (SLOTS - 1)) {
        if (c->slot[at] == 0)
            return &c->slot[at];
        const char *other = c->entry[c->slot[at] - 1].raw;
        if (strlen(other) == bytes && memcmp(other, raw, bytes) == 0)
            return &c->slot[at];
    }
}

/* What the name says, for lists that tell no more than names. */
static void take_name(struct catalogue_entry *entry)
{
    struct instrument named = {.kind = INSTRUMENT_SPOT};
    memcpy(named.symbol, entry->symbol, sizeof named.symbol);
    instrument_take_name(&named);
    entry->kind = named.kind;
    td_text_copy(entry->base, sizeof entry->base, named.base, strlen(named.base));
    td_text_copy(entry->quote, sizeof entry->quote, named.quote, strlen(named.quote));
}

/* The entry of that name, a new one when there is none; NULL: no name, or no room. */
static struct catalogue_entry *entry_of(struct catalogue *c, struct td_text raw)
{
    if (raw.at == NULL || raw.bytes == 0 || raw.bytes >= TD_SYMBOL_MAX)
        return NULL;
    uint16_t *slot = slot_of(c, raw.at, raw.bytes);
    if (*slot != 0)
        return &c->entry[*slot - 1];
    c->full |= c->count == CATALOGUE_ENTRIES_MAX;
    if (c->full)
        return NULL;
    struct catalogue_entry *entry = &c->entry[c->count];
    memset(entry, 0, sizeof *entry);
    td_text_copy(entry->raw, sizeof entry->raw, raw.at, raw.bytes);
    if (c->venue->unify(raw.at, raw.bytes, entry->symbol) < 0)
        td_text_copy(entry->symbol, sizeof entry->symbol, raw.at, raw.bytes);
    take_name(entry);
    *slot = (uint16_t)++c->count;
    return entry;
}

static void fill(char *out, size_t cap, struct td_text text)
{
    if (text.at != NULL)
        td_text_copy(out, cap, text.at, text.bytes);
}

static bool volume_alone(const struct venue_listing *listing)
{
    return listing->volume.at != NULL && listing->base.at == NULL && listing->quote.at == NULL &&
           listing->price_step.at == NULL && listing->size_step.at == NULL &&
           listing->status.at == NULL && listing->kind == INSTRUMENT_SPOT;
}

static void take_listing(struct venue_ctx *ctx, const struct venue_listing *listing)
{
    struct catalogue_entry *entry = entry_of(ctx->listing_arg, listing->raw);
    if (entry == NULL)
        return;
    if (listing->volume.at != NULL)
        entry->has_volume =
            td_decimal_to_double(listing->volume.at, listing->volume.bytes, &entry->volume) == 0;
    if (volume_alone(listing))
        return;
    entry->listed = true;
    if (listing->kind != INSTRUMENT_SPOT)
        entry->kind = listing->kind;
    fill(entry->base, sizeof entry->base, listing->base);
    fill(entry->quote, sizeof entry->quote, listing->quote);
    fill(entry->price_step, sizeof entry->price_step, listing->price_step);
    fill(entry->size_step, sizeof entry->size_step, listing->size_step);
    fill(entry->status, sizeof entry->status, listing->status);
}

td_err catalogue_take(struct catalogue *c, const char *payload, size_t bytes)
{
    struct td_frame frame = {.number = 1,
                             .payload = payload,
                             .bytes = (uint32_t)bytes,
                             .status = 200,
                             .kind = TD_FRAME_HTTP,
                             .origin = TD_ORIGIN_REST};
    struct venue_ctx ctx = {.instruments = c->instruments,
                            .json = c->json,
                            .sink = &c->sink,
                            .state = c->state,
                            .listing = take_listing,
                            .listing_arg = c};
    TD_FAIL_IF(bytes > TD_FRAME_BYTES_MAX, TD_E_SYNTAX);
    TD_FAIL_IF(venue_parse(c->venue, &ctx, &frame) != TD_BUCKET_OK, TD_E_SYNTAX);
    TD_FAIL_IF(c->full, TD_E_NO_ROOM);
    return 0;
}

/* ---- order: a heap, for qsort may allocate ------------------------------------------------------ */

static bool before(const struct catalogue *c, uint16_t a, uint16_t b)
{
    return strcmp(c->entry[a].symbol, c->entry[b].symbol) < 0;
}

static void sink_down(struct catalogue *c, unsigned at, unsigned count)
{
    for (unsigned child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && before(c, c->order[child], c->order[child + 1]);
        if (!before(c, c->order[at], c->order[child]))
            return;
        uint16_t other = c->order[at];
        c->order[at] = c->order[child];
        c->order[child] = other;
    }
}

void catalogue_finish(struct catalogue *c)
{
    c->listed = 0;
    for (unsigned i = 0; i < c->count; i++)
        if (c->entry[i].listed)
            c->order[c->listed++] = (uint16_t)i;
    for (unsigned i = c->listed / 2; i-- > 0;)
        sink_down(c, i, c->listed);
    for (unsigned left = c->listed; left > 1; left--) {
        uint16_t last = c->order[left - 1];
        c->order[left - 1] = c->order[0];
        c->order[0] = last;
        sink_down(c, 0, left - 1);
    }
}

/* ---- looking ------------------------------------------------------------------------------------ */

const struct venue *catalogue_venue(const struct catalogue *c)
{
    return c->venue;
}

unsigned catalogue_count(const struct catalogue *c)
{
    return c->listed;
}

const struct catalogue_entry *catalogue_at(const struct catalogue *c, unsigned index)
{
    TD_ASSERT(index < c->listed, "no such entry");
    return &c->entry[c->order[index]];
}

const struct catalogue_entry *catalogue_find(const struct catalogue *c, const char *symbol)
{
    char raw[TD_SYMBOL_MAX];
    unsigned low = 0, high = c->listed;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (strcmp(catalogue_at(c, middle)->symbol, symbol) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < c->listed && strcmp(catalogue_at(c, low)->symbol, symbol) == 0)
        return catalogue_at(c, low);
    for (unsigned i = 0; c->venue->spell(symbol, raw) == 0 && i < c->listed; i++)
        if (strcmp(catalogue_at(c, i)->raw, raw) == 0)
            return catalogue_at(c, i);
    return NULL;
}

static bool holds(const char *status, const char *word)
{
    size_t bytes = strlen(word);
    for (; *status != '\0'; status++) {
        size_t i = 0;
        while (i < bytes && tolower((unsigned char)status[i]) == word[i])
            i++;
        if (i == bytes)
            return true;
    }
    return false;
}

/* Venues have many words for trading and few for its absence. */
bool catalogue_tradable(const struct catalogue_entry *entry)
{
    static const char *const parts[] = {
        "break",  "halt",    "delist", "offline", "suspen", "pause",    "close",      "expire",
        "settl",  "deliver", "pre",    "pending", "test",   "disabled", "untradable", "inactive",
        "unlist", "hidden",  "maint",  "cancel",  "not_",   "end_of",   "auction",    "false"};
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (holds(entry->status, parts[i]))
            return false;
    return strcmp(entry->status, "0") != 0;
}

const char *catalogue_kind_word(uint8_t kind)
{
    static const char *const words[] = {"spot", "perp", "future", "option", "index"};
    return kind <= INSTRUMENT_INDEX ? words[kind] : "";
}
