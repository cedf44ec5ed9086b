#include "base/state.h"

#include <stdlib.h>

#include "test.h"

struct sample {
    uint64_t u64;
    int64_t i64;
    uint32_t u32, count;
    int32_t i32;
    uint16_t u16;
    uint8_t u8;
    int8_t i8;
    bool flag;
    double real;
    unsigned char raw[5];
    char text[12];
};

static void describe(struct td_state *state, struct sample *s)
{
    td_state_mark(state, 7);
    td_state_u64(state, &s->u64);
    td_state_i64(state, &s->i64);
    td_state_u32(state, &s->u32);
    td_state_i32(state, &s->i32);
    td_state_u16(state, &s->u16);
    td_state_u8(state, &s->u8);
    td_state_i8(state, &s->i8);
    td_state_bool(state, &s->flag);
    td_state_double(state, &s->real);
    td_state_raw(state, s->raw, sizeof s->raw);
    td_state_text(state, s->text, sizeof s->text);
    s->count = td_state_count(state, s->count, 1000);
    td_state_mark(state, 9);
}

static const struct sample samples[] = {
    {.text = ""},
    {1, -1, 1, 1, -1, 1, 1, -1, true, -0.0, {1, 2, 3}, "BTC-USD"},
    {UINT64_MAX,
     INT64_MIN,
     UINT32_MAX,
     1000,
     INT32_MIN,
     UINT16_MAX,
     UINT8_MAX,
     INT8_MIN,
     true,
     1e308,
     {255, 255, 255, 255, 255},
     "12345678901"},
    {127, INT64_MAX, 128, 999, INT32_MAX, 16384, 127, INT8_MAX, false, 5e-324, {0}, "x"},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void check_equal(const struct sample *a, const struct sample *b)
{
    CHECK_EQ_U64(a->u64, b->u64);
    CHECK_EQ_I64(a->i64, b->i64);
    CHECK_EQ_U64(a->u32, b->u32);
    CHECK_EQ_U64(a->count, b->count);
    CHECK_EQ_I64(a->i32, b->i32);
    CHECK_EQ_U64(a->u16, b->u16);
    CHECK_EQ_U64(a->u8, b->u8);
    CHECK_EQ_I64(a->i8, b->i8);
    CHECK_EQ_I64(a->flag, b->flag);
    CHECK_EQ_F64(a->real, b->real);
    CHECK_EQ_MEM(a->raw, b->raw, sizeof a->raw);
    CHECK_EQ_STR(a->text, b->text);
}

/* In memory of just its size, so that a read past the end is seen. */
static unsigned char *saved(const struct sample *from, size_t *bytes)
{
    unsigned char buffer[256];
    struct sample copy = *from;
    struct td_state state = td_state_save(buffer, sizeof buffer);
    describe(&state, &copy);
    CHECK(!state.failed);
    check_equal(&copy, from);
    unsigned char *exact = malloc(state.used);
    memcpy(exact, buffer, state.used);
    *bytes = state.used;
    return exact;
}

TEST(what_is_saved_is_loaded)
{
    for (unsigned i = 0; i < SAMPLES; i++) {
        size_t bytes;
        unsigned char *exact = saved(&samples[i], &bytes);
        struct sample read;
        memset(&read, 0xAA, sizeof read);
        struct td_state state = td_state_load(exact, bytes);
        describe(&state, &read);
        CHECK(!state.failed);
        CHECK_EQ_U64(state.used, bytes);
        check_equal(&read, &samples[i]);
        free(exact);
    }
}

TEST(small_numbers_are_short)
{
    unsigned char buffer[16];
    struct td_state state = td_state_save(buffer, sizeof buffer);
    int64_t value = -64;
    td_state_i64(&state, &value);
    CHECK_EQ_U64(state.used, 1);
    value = 64;
    td_state_i64(&state, &value);
    CHECK_EQ_U64(state.used, 3);
}

TEST(a_missing_end_fails_and_leaves_zeros)
{
    for (unsigned i = 0; i < SAMPLES; i++) {
        size_t bytes;
        unsigned char *exact = saved(&samples[i], &bytes);
        for (size_t cut = 0; cut < bytes; cut++) {
            unsigned char *part = malloc(cut ? cut : 1);
            memcpy(part, exact, cut);
            struct sample read;
            memset(&read, 0xAA, sizeof read);
            struct td_state state = td_state_load(part, cut);
            describe(&state, &read);
            CHECK(state.failed);
            CHECK(memchr(read.text, '\0', sizeof read.text) != NULL);
            free(part);
        }
        free(exact);
    }
}

TEST(too_small_a_buffer_fails_without_a_byte_beyond_it)
{
    size_t bytes;
    free(saved(&samples[2], &bytes));
    for (size_t cap = 0; cap < bytes; cap++) {
        unsigned char *part = malloc(cap ? cap : 1);
        struct sample copy = samples[2];
        struct td_state state = td_state_save(part, cap);
        describe(&state, &copy);
        CHECK(state.failed);
        CHECK(state.used <= cap);
        free(part);
    }
}

/* Whatever the bytes say, values stay in their bounds. */
TEST(any_byte_may_be_another)
{
    for (unsigned i = 0; i < SAMPLES; i++) {
        size_t bytes;
        unsigned char *exact = saved(&samples[i], &bytes);
        for (size_t at = 0; at < bytes; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                struct sample read;
                exact[at] ^= (unsigned char)(1u << bit);
                struct td_state state = td_state_load(exact, bytes);
                describe(&state, &read);
                CHECK(read.count <= 1000 && memchr(read.text, '\0', sizeof read.text) != NULL);
                exact[at] ^= (unsigned char)(1u << bit);
            }
        free(exact);
    }
}

static bool loads_u64(const unsigned char *bytes, size_t count, uint64_t *value)
{
    struct td_state state = td_state_load(bytes, count);
    td_state_u64(&state, value);
    return !state.failed;
}

TEST(numbers_beyond_64_bits_are_refused)
{
    static const unsigned char most[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 1};
    static const unsigned char beyond[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 2};
    static const unsigned char endless[11] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1};
    uint64_t value;
    CHECK(loads_u64(most, sizeof most, &value));
    CHECK_EQ_U64(value, UINT64_MAX);
    CHECK(!loads_u64(beyond, sizeof beyond, &value));
    CHECK(!loads_u64(endless, sizeof endless, &value));
}

TEST(values_beyond_their_type_are_refused)
{
    unsigned char buffer[16];
    struct td_state save = td_state_save(buffer, sizeof buffer);
    uint64_t wide = 256;
    td_state_u64(&save, &wide);
    struct td_state load = td_state_load(buffer, save.used);
    uint8_t narrow = 5;
    td_state_u8(&load, &narrow);
    CHECK(load.failed);
    CHECK_EQ_U64(narrow, 0);
    load = td_state_load(buffer, save.used);
    bool flag = true;
    td_state_bool(&load, &flag);
    CHECK(load.failed && !flag);
    load = td_state_load(buffer, save.used);
    CHECK_EQ_U64(td_state_count(&load, 0, 255), 0);
    CHECK(load.failed);
}

TEST(another_section_is_refused_where_it_begins)
{
    unsigned char buffer[16];
    struct td_state save = td_state_save(buffer, sizeof buffer);
    td_state_mark(&save, 0x424f4f4b);
    struct td_state load = td_state_load(buffer, save.used);
    td_state_mark(&load, 0x54524144);
    CHECK(load.failed);
}

/* Two numbers in a stretch, one behind it; 0: no room. */
static size_t save_stretch(unsigned char *buffer, size_t cap)
{
    struct td_state save = td_state_save(buffer, cap);
    uint64_t inside = 300, behind = 7;
    size_t begun = td_state_begin(&save);
    td_state_u64(&save, &inside);
    td_state_u64(&save, &inside);
    td_state_end(&save, begun);
    td_state_u64(&save, &behind);
    return save.failed ? 0 : save.used;
}

TEST(a_stretch_is_loaded_or_passed_over)
{
    unsigned char buffer[32];
    uint64_t value = 0;
    size_t bytes = save_stretch(buffer, sizeof buffer);
    CHECK_EQ_U64(bytes, 4 + 2 + 2 + 1);
    struct td_state load = td_state_load(buffer, bytes);
    size_t begun = td_state_begin(&load);
    td_state_u64(&load, &value);
    td_state_u64(&load, &value);
    td_state_end(&load, begun);
    CHECK_EQ_U64(value, 300);
    td_state_u64(&load, &value);
    CHECK(!load.failed && value == 7);
    load = td_state_load(buffer, bytes);
    td_state_pass(&load, td_state_begin(&load));
    td_state_u64(&load, &value);
    CHECK(!load.failed && value == 7);
}

TEST(a_stretch_that_ends_elsewhere_is_refused)
{
    unsigned char buffer[32];
    uint64_t value = 0;
    size_t bytes = save_stretch(buffer, sizeof buffer);
    struct td_state load = td_state_load(buffer, bytes);
    size_t begun = td_state_begin(&load);
    td_state_u64(&load, &value);
    td_state_end(&load, begun);
    CHECK(load.failed);
    buffer[0] = 6; /* longer than what there is */
    load = td_state_load(buffer, bytes);
    begun = td_state_begin(&load);
    CHECK(load.failed);
    td_state_pass(&load, begun);
    td_state_u64(&load, &value);
    CHECK_EQ_U64(value, 0);
    for (size_t cap = 0; cap < bytes; cap++)
        CHECK_EQ_U64(save_stretch(buffer, cap), 0);
}
