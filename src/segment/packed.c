#include "segment/packed.h"

#include <string.h>

#include "base/limits.h"

static const uint8_t widths[] = {[FEATURE_DOUBLE] = sizeof(double),
                                 [FEATURE_FLOAT] = sizeof(float),
                                 [FEATURE_INT] = sizeof(int32_t),
                                 [FEATURE_WORD] = sizeof(uint8_t)};

static const uint8_t types[FEATURES] = {
#define FEATURE(id, name, set, type, ...) [FEATURE_##name] = FEATURE_##type,
#include "features/feature_list.def"
#undef FEATURE
};

_Static_assert(sizeof(struct packed_row) + FEATURES * sizeof(double) <= TD_PAGE_BYTES,
               "a row fits a page");

void packed_layout_init(struct packed_layout *layout, const struct feature_mask *on)
{
    size_t at = sizeof(struct packed_row), count = 0;
    memset(layout, 0, sizeof *layout);
    for (unsigned type = FEATURE_DOUBLE; type <= FEATURE_WORD; type++) {
        for (unsigned f = 0; f < FEATURES; f++) {
            if (types[f] != type || (on && !feature_mask_has(on, f)))
                continue;
            feature_mask_add(&layout->on, f);
            layout->list[count++] = (uint16_t)f;
            layout->at[f] = (uint16_t)at;
            at += widths[type];
        }
        layout->end[type] = (uint16_t)count;
    }
    layout->row_bytes = (uint16_t)((at + 7) & ~(size_t)7);
}

static void take_away(struct packed_row *row, unsigned feature)
{
    row->present.word[feature / 64] &= ~(UINT64_C(1) << (feature % 64));
}

static void put_doubles(const struct packed_layout *layout, const double *value,
                        unsigned char *packed)
{
    for (unsigned i = 0; i < layout->end[FEATURE_DOUBLE]; i++)
        memcpy(packed + layout->at[layout->list[i]], &value[layout->list[i]], sizeof *value);
}

/* Beyond a float's range the cast gives infinity, which no column holds. What is not present may be anything. */
static void put_floats(const struct packed_layout *layout, const double *value,
                       unsigned char *packed)
{
    for (unsigned i = layout->end[FEATURE_DOUBLE]; i < layout->end[FEATURE_FLOAT]; i++) {
        unsigned f = layout->list[i];
        float real = (float)value[f];
        if (!isfinite(real))
            take_away((struct packed_row *)(void *)packed, f);
        memcpy(packed + layout->at[f], &real, sizeof real);
    }
}

static void put_integers(const struct packed_layout *layout, const double *value,
                         unsigned char *packed)
{
    for (unsigned i = layout->end[FEATURE_FLOAT]; i < layout->end[FEATURE_WORD]; i++) {
        unsigned f = layout->list[i];
        bool fits = value[f] >= INT32_MIN && value[f] <= INT32_MAX;
        int32_t number = fits ? (int32_t)value[f] : 0;
        if (!fits)
            take_away((struct packed_row *)(void *)packed, f);
        memcpy(packed + layout->at[f], &number, widths[types[f]]); /* little-endian */
    }
}

void packed_put(const struct packed_layout *layout, const struct row_features *row,
                unsigned char *packed)
{
    struct packed_row *to = (struct packed_row *)(void *)packed;
    for (unsigned w = 0; w < FEATURE_MASK_WORDS; w++)
        to->present.word[w] = row->feature.present.word[w] & layout->on.word[w];
    to->interval_ms = row->interval_ms;
    to->events = row->events;
    to->flags = row->flags;
    put_doubles(layout, row->feature.value, packed);
    put_floats(layout, row->feature.value, packed);
    put_integers(layout, row->feature.value, packed);
}

bool packed_get(const struct packed_layout *layout, const unsigned char *packed, unsigned feature,
                double *value)
{
    const struct packed_row *from = (const struct packed_row *)(const void *)packed;
    float real;
    int32_t number = 0;
    if (!feature_mask_has(&from->present, feature))
        return false;
    packed += layout->at[feature];
    if (types[feature] == FEATURE_DOUBLE) {
        memcpy(value, packed, sizeof *value);
    } else if (types[feature] == FEATURE_FLOAT) {
        memcpy(&real, packed, sizeof real);
        *value = (double)real;
    } else {
        memcpy(&number, packed, widths[types[feature]]);
        *value = number;
    }
    *value += 0.0;
    return true;
}

void packed_take(const struct packed_layout *layout, const unsigned char *packed,
                 struct row_features *row)
{
    const struct packed_row *from = (const struct packed_row *)(const void *)packed;
    double value;
    feature_row_clear(&row->feature);
    for (unsigned i = 0; i < layout->end[FEATURE_WORD]; i++)
        if (packed_get(layout, packed, layout->list[i], &value))
            feature_put(&row->feature, layout->list[i], value);
    row->interval_ms = from->interval_ms;
    row->events = from->events;
    row->head = from->head;
    row->flags = from->flags;
}
