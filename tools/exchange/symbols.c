#include "exchange/symbols.h"

#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"

/* Prices and scales as real books have them: some with many decimals, some sizes without any. */
static const struct base {
    const char *name;
    int64_t price_steps;
    int8_t price_scale, size_scale;
} bases[] = {
    {"BTC", 6731042, 2, 8},  {"ETH", 345127, 2, 8},  {"SOL", 15432, 2, 6}, {"XRP", 52310, 5, 6},
    {"DOGE", 1234567, 7, 1}, {"ADA", 4512, 4, 2},    {"LTC", 8731, 2, 8},  {"LINK", 14210, 3, 2},
    {"SHIB", 24310, 9, 0},   {"PEPE", 81230, 10, 0}, {"DOT", 7215, 3, 3},  {"AVAX", 3572, 2, 4},
    {"BCH", 47211, 2, 8},    {"XLM", 111230, 6, 6},  {"ATOM", 8931, 3, 2}, {"UNI", 7712, 3, 6},
    {"NEAR", 5123, 3, 3},    {"ETC", 2613, 2, 4},    {"FIL", 5871, 3, 3},  {"AAVE", 9123, 2, 6},
    {"ALGO", 18123, 5, 1},   {"XTZ", 9321, 4, 2},    {"EOS", 7812, 4, 1},  {"MKR", 2451200, 2, 6},
    {"COMP", 5213, 2, 4},    {"SNX", 2871, 3, 3},    {"CRV", 41230, 5, 2}, {"YFI", 673100, 2, 6},
    {"SUSHI", 11230, 4, 3},  {"ZEC", 2312, 2, 8},    {"DASH", 3123, 2, 8}, {"BAT", 231200, 6, 1},
};

enum { BASES = sizeof bases / sizeof *bases };

/* A name that nobody told us of: something plausible that depends on the name alone. */
static struct base invent(const char *symbol)
{
    uint64_t hash = td_hash64(symbol, strlen(symbol), 1);
    return (struct base){symbol, (int64_t)(20000 + hash % 900000), (int8_t)(2 + hash % 3),
                         (int8_t)(2 + hash / 7 % 6)};
}

static struct base base_of(const char *symbol)
{
    size_t bytes = strcspn(symbol, "-");
    for (unsigned i = 0; i < BASES; i++)
        if (strlen(bases[i].name) == bytes && memcmp(bases[i].name, symbol, bytes) == 0)
            return bases[i];
    return invent(symbol);
}

static bool add(struct house *house, const char *symbol, uint64_t seed, int64_t time_us)
{
    struct base base = base_of(symbol);
    struct market_params params = {
        .price_steps = base.price_steps,
        .price_scale = base.price_scale,
        .size_scale = base.size_scale,
        .time_us = time_us,
        .seed = td_hash64(symbol, strlen(symbol),
                          td_hash64(house->feed->name, strlen(house->feed->name), seed)),
    };
    if (!td_text_copy(params.symbol, sizeof params.symbol, symbol, strlen(symbol)))
        return false;
    return house_add(house, params) != NULL;
}

static bool add_first(struct house *house, int64_t count, uint64_t seed, int64_t time_us)
{
    for (int64_t i = 0; i < count; i++) {
        char symbol[TD_SYMBOL_MAX];
        struct td_str out = td_str_on(symbol, sizeof symbol);
        td_str_add(&out, bases[i].name);
        td_str_add_char(&out, '-');
        td_str_add(&out, house->feed->quote);
        if (!add(house, symbol, seed, time_us))
            return false;
    }
    return true;
}

bool symbols_add(struct house *house, const char *list, uint64_t seed, int64_t time_us)
{
    int64_t count;
    if (td_integer_parse(list, strlen(list), &count) == 0)
        return count >= 0 && count <= BASES && add_first(house, count, seed, time_us);
    while (*list) {
        char symbol[TD_SYMBOL_MAX];
        size_t bytes = strcspn(list, ",");
        if (!td_text_copy(symbol, sizeof symbol, list, bytes) || !strchr(symbol, '-') ||
            house_find(house, symbol, bytes) || !add(house, symbol, seed, time_us))
            return false;
        list += bytes + (list[bytes] == ',');
    }
    return true;
}
