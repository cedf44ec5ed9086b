#include "exchange/shape.h"

#include <string.h>

#include "exchange/spell.h"

/* ---- numbers ---------------------------------------------------------------------------------------------------------- */

void shape_price(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_fixed(out, steps, market->is.price_scale, market->is.price_scale);
}

void shape_size(struct td_str *out, const struct market *market, int64_t steps)
{
    spell_trimmed(out, steps, market->is.size_scale);
}

void shape_price_member(struct td_str *out, const struct market *market, const char *key,
                        int64_t steps)
{
    td_str_add_format(out, ",\"%s\":\"", key);
    shape_price(out, market, steps);
    td_str_add_char(out, '"');
}

void shape_size_member(struct td_str *out, const struct market *market, const char *key,
                       int64_t steps)
{
    td_str_add_format(out, ",\"%s\":\"", key);
    shape_size(out, market, steps);
    td_str_add_char(out, '"');
}

void shape_step(struct td_str *out, int scale)
{
    spell_fixed(out, 1, scale, scale);
}

void shape_utc_ns(struct td_str *out, int64_t time_us)
{
    spell_utc(out, time_us);
    out->bytes--; /* the Z */
    td_str_add(out, "234Z");
}

void shape_signed_e8(struct td_str *out, int64_t value_e8)
{
    td_str_add(out, value_e8 < 0 ? "-" : "");
    spell_trimmed(out, value_e8 < 0 ? -value_e8 : value_e8, 8);
}

/* ---- levels ----------------------------------------------------------------------------------------------------------- */

void shape_strings(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add(out, "[\"");
    shape_price(out, market, level.price_steps);
    td_str_add(out, "\",\"");
    shape_size(out, market, level.size_steps);
    td_str_add(out, "\"]");
}

void shape_short_strings(struct td_str *out, const struct market *market, bool ask,
                         struct level level)
{
    (void)ask;
    td_str_add(out, "[\"");
    spell_trimmed(out, level.price_steps, market->is.price_scale);
    td_str_add(out, "\",\"");
    shape_size(out, market, level.size_steps);
    td_str_add(out, "\"]");
}

void shape_numbers(struct td_str *out, const struct market *market, bool ask, struct level level)
{
    (void)ask;
    td_str_add_char(out, '[');
    shape_price(out, market, level.price_steps);
    td_str_add_char(out, ',');
    shape_size(out, market, level.size_steps);
    td_str_add_char(out, ']');
}

static void put_next(struct td_str *out, const struct market *market, bool ask, struct level level,
                     shape_level *put, unsigned *count)
{
    td_str_add(out, (*count)++ ? "," : "");
    put(out, market, ask, level);
}

static struct level now_at(const struct market *market, const struct market_touched *touched)
{
    return (struct level){touched->price_steps,
                          levels_size(&market->side[touched->ask], touched->price_steps)};
}

unsigned shape_touched(struct td_str *out, const struct market *market,
                       const struct market_batch *batch, bool ask, shape_level *put)
{
    unsigned count = 0;
    for (unsigned i = 0; i < batch->count; i++)
        if (batch->touched[i].ask == ask)
            put_next(out, market, ask, now_at(market, &batch->touched[i]), put, &count);
    return count;
}

unsigned shape_side(struct td_str *out, const struct market *market, bool ask, uint32_t levels,
                    shape_level *put)
{
    const struct level *level;
    unsigned count = 0;
    for (uint32_t i = 0; i < levels && (level = levels_nth(&market->side[ask], i)); i++)
        put_next(out, market, ask, *level, put, &count);
    return count;
}

/* ---- fixed depth ------------------------------------------------------------------------------------------------------ */

static int64_t worst_in_view(const struct market *market, bool ask, uint32_t levels)
{
    const struct level *worst = levels_nth(&market->side[ask], levels - 1);
    return worst ? worst->price_steps : ask ? INT64_MAX : 0;
}

static bool within(int64_t price, int64_t bound, bool ask)
{
    return ask ? price <= bound : price >= bound;
}

static bool in_batch(const struct market_batch *batch, bool ask, int64_t price)
{
    for (unsigned i = 0; i < batch->count; i++)
        if (batch->touched[i].ask == ask && batch->touched[i].price_steps == price)
            return true;
    return false;
}

static void put_lost(struct td_str *out, const struct market *market,
                     const struct market_batch *batch, bool ask, struct shape_view view,
                     shape_level *put, unsigned *count)
{
    int64_t before = market->bound[view.depth][ask];
    for (uint32_t rank = view.levels;; rank++) {
        const struct level *level = levels_nth(&market->side[ask], rank);
        if (level == NULL || !within(level->price_steps, before, ask))
            return;
        if (!in_batch(batch, ask, level->price_steps))
            put_next(out, market, ask, (struct level){level->price_steps, 0}, put, count);
    }
}

unsigned shape_view_side(struct td_str *out, const struct market *market,
                         const struct market_batch *batch, bool ask, struct shape_view view,
                         shape_level *put)
{
    int64_t before = market->bound[view.depth][ask];
    int64_t after = worst_in_view(market, ask, view.levels);
    unsigned count = 0;
    for (unsigned i = 0; i < batch->count; i++) {
        struct level level = now_at(market, &batch->touched[i]);
        bool shown = within(level.price_steps, after, ask);
        if (batch->touched[i].ask != ask || (!shown && !within(level.price_steps, before, ask)))
            continue;
        if (!shown && view.tells_lost)
            level.size_steps = 0;
        put_next(out, market, ask, level, put, &count);
    }
    for (uint32_t rank = view.levels; rank-- > 0;) {
        const struct level *level = levels_nth(&market->side[ask], rank);
        if (level && within(level->price_steps, before, ask))
            break;
        if (level && !in_batch(batch, ask, level->price_steps))
            put_next(out, market, ask, *level, put, &count);
    }
    if (view.tells_lost)
        put_lost(out, market, batch, ask, view, put, &count);
    return count;
}

void shape_view_note(struct market *market, struct shape_view view)
{
    for (int ask = 0; ask < 2; ask++)
        market->bound[view.depth][ask] = worst_in_view(market, ask, view.levels);
}

/* ---- names and queries ------------------------------------------------------------------------------------------------ */

void shape_spell(char separator, const char *symbol, char raw[TD_SYMBOL_MAX])
{
    size_t bytes = 0;
    for (; *symbol && bytes + 1 < TD_SYMBOL_MAX; symbol++)
        if (*symbol != '-')
            raw[bytes++] = *symbol;
        else if (separator)
            raw[bytes++] = separator;
    raw[bytes] = '\0';
}

struct td_text shape_base(const struct market_params *is)
{
    return (struct td_text){is->symbol, (uint32_t)strcspn(is->symbol, "-")};
}

struct td_text shape_quote(const struct market_params *is)
{
    const char *quote = is->symbol + strcspn(is->symbol, "-");
    quote += *quote == '-';
    return (struct td_text){quote, (uint32_t)strcspn(quote, "-")};
}

void shape_pair(const char *symbol, char pair[TD_SYMBOL_MAX])
{
    const char *perp = strstr(symbol, "-PERP");
    td_text_copy(pair, TD_SYMBOL_MAX, symbol, perp ? (size_t)(perp - symbol) : strlen(symbol));
}

bool shape_is_perpetual(const struct market_params *is)
{
    return strstr(is->symbol, "-PERP") != NULL;
}

struct td_text shape_query(const char *target, const char *key)
{
    size_t key_bytes = strlen(key);
    for (const char *at = strpbrk(target, "?&"); at; at = strpbrk(at + 1, "?&"))
        if (strncmp(at + 1, key, key_bytes) == 0 && at[1 + key_bytes] == '=') {
            const char *value = at + key_bytes + 2;
            return (struct td_text){value, (uint32_t)strcspn(value, "&")};
        }
    return (struct td_text){"", 0};
}

bool shape_is_path(const char *target, const char *path)
{
    size_t bytes = strcspn(target, "?");
    return strlen(path) == bytes && memcmp(target, path, bytes) == 0;
}
