#include "venue/instrument.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct instruments *table_of(unsigned capacity)
{
    static unsigned char *mem;
    free(mem);
    mem = malloc(instruments_footprint(capacity));
    return instruments_init(mem, capacity);
}

TEST(names_of_every_length_are_found_and_no_others)
{
    char name[TD_SYMBOL_MAX];
    struct instruments *table = table_of(40);
    for (int bytes = 1; bytes < TD_SYMBOL_MAX; bytes++) {
        snprintf(name, sizeof name, "%0*d", bytes, 0);
        CHECK_EQ_I64(instruments_add(table, 3, name, name), bytes - 1);
    }
    for (int bytes = 1; bytes < TD_SYMBOL_MAX; bytes++) {
        snprintf(name, sizeof name, "%0*d", bytes, 0);
        CHECK_EQ_I64(instruments_find(table, 3, name, (size_t)bytes), bytes - 1);
        CHECK_EQ_I64(instruments_find(table, 4, name, (size_t)bytes), -1);
        for (int at = 0; at < bytes; at++) {
            name[at] ^= 1;
            CHECK_EQ_I64(instruments_find(table, 3, name, (size_t)bytes), -1);
            name[at] ^= 1;
        }
    }
    CHECK_EQ_I64(instruments_find(table, 3, "", 0), -1);
}

TEST(a_name_says_what_it_is_until_a_list_does)
{
    static const struct {
        const char *symbol, *base, *quote, *strike;
        uint8_t kind, option;
    } names[] = {
        {"BTC-USD", "BTC", "USD", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
        {"BTC-USD-PERP", "BTC", "USD", "", INSTRUMENT_PERP, INSTRUMENT_NO_OPTION},
        {"ETH-USDT-20261225", "ETH", "USDT", "", INSTRUMENT_FUTURE, INSTRUMENT_NO_OPTION},
        {"BTC-20261225-50000-C", "BTC", "", "50000", INSTRUMENT_OPTION, INSTRUMENT_CALL},
        {"ETH-20261225-0.5-P", "ETH", "", "0.5", INSTRUMENT_OPTION, INSTRUMENT_PUT},
        {"BTC-USD-PERPETUAL", "", "", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
        {"BTC-20261225-50000-X", "", "", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
        {"BTC-2026122-50000-C", "", "", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
        {"BTC-USD-2026122A", "", "", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
        {"BTCUSD", "", "", "", INSTRUMENT_SPOT, INSTRUMENT_NO_OPTION},
    };
    struct instruments *table = table_of(16);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int index = instruments_add(table, 0, names[i].symbol, names[i].symbol);
        const struct instrument *got = instruments_peek(table, (unsigned)index);
        CHECK_EQ_STR(got->base, names[i].base);
        CHECK_EQ_STR(got->quote, names[i].quote);
        CHECK_EQ_STR(got->strike, names[i].strike);
        CHECK_EQ_I64(got->kind, names[i].kind);
        CHECK_EQ_I64(got->option, names[i].option);
    }
}

TEST(a_full_table_finds_all_and_takes_no_more)
{
    char name[TD_SYMBOL_MAX];
    struct instruments *table = table_of(512);
    for (int i = 0; i < 512; i++) {
        snprintf(name, sizeof name, "C%d-USD", i);
        CHECK_EQ_I64(instruments_add(table, (uint16_t)(i % 4), name, name), i);
    }
    for (int i = 0; i < 512; i++) {
        snprintf(name, sizeof name, "C%d-USD", i);
        CHECK_EQ_I64(instruments_find(table, (uint16_t)(i % 4), name, strlen(name)), i);
        CHECK_EQ_STR(instruments_peek(table, (unsigned)i)->raw, name);
    }
    CHECK_EQ_I64(instruments_add(table, 0, "X-USD", "X-USD"), TD_E_NO_ROOM);
    CHECK_EQ_U64(instruments_refused(table), 1);
    CHECK_EQ_U64(instruments_count(table), 512);
}

TEST(a_name_stands_once_a_source)
{
    struct instruments *table = table_of(4);
    CHECK_EQ_I64(instruments_add(table, 0, "BTC-USD", "BTC/USD"), 0);
    CHECK_EQ_I64(instruments_add(table, 0, "OTHER", "BTC/USD"), TD_E_EXISTS);
    CHECK_EQ_I64(instruments_add(table, 1, "BTC-USD", "BTC/USD"), 1);
    CHECK_EQ_STR(instruments_at(table, 1)->symbol, "BTC-USD");
    CHECK_EQ_I64(instruments_at(table, 1)->source, 1);
    CHECK(!instruments_at(table, 1)->listed);
}

TEST(texts_too_long_are_refused)
{
    char forty[TD_SYMBOL_MAX + 1];
    memset(forty, 'A', TD_SYMBOL_MAX);
    forty[TD_SYMBOL_MAX] = '\0';
    struct instruments *table = table_of(4);
    CHECK_EQ_I64(instruments_add(table, 0, forty, "A"), TD_E_RANGE);
    CHECK_EQ_I64(instruments_add(table, 0, "A", forty), TD_E_RANGE);
    CHECK_EQ_I64(instruments_add(table, 0, forty + 1, forty + 1), 0);
}

TEST(discovery_is_off_until_asked_for)
{
    struct instruments *table = table_of(1);
    CHECK(!instruments_discovering(table));
    instruments_discover(table, true);
    CHECK(instruments_discovering(table));
}

TEST(symbols_are_safe_in_paths)
{
    static const char *const pairs[][2] = {
        {"BTC/USD", "BTC-USD"},   {"a\\b:c*d?e\"f<g>h|i", "a-b-c-d-e-f-g-h-i"},
        {"x\ny\177z%", "x-y-z-"}, {"", "unknown"},
        {"BTC-USD", "BTC-USD"},   {"\303\244", "\303\244"}};
    char out[TD_SYMBOL_MAX];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        symbol_sanitise(pairs[i][0], strlen(pairs[i][0]), out);
        CHECK_EQ_STR(out, pairs[i][1]);
    }
    char longer[100];
    memset(longer, 'B', sizeof longer);
    symbol_sanitise(longer, sizeof longer, out);
    CHECK_EQ_U64(strlen(out), TD_SYMBOL_MAX - 1);
}
