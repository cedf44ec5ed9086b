#include "lake/alloc.h"

#include "test.h"

TEST(an_arena_stops_at_its_limit)
{
    struct lake_arena arena = {.limit = 1000};
    unsigned char *a = lake_take(&arena, 10, 30);
    CHECK(a != NULL);
    for (int i = 0; i < 300; i++)
        CHECK_EQ_I64(a[i], 0);
    CHECK(lake_take(&arena, 1, 900) == NULL);
    CHECK(lake_take(&arena, SIZE_MAX / 2, 4) == NULL);
    CHECK(lake_take(&arena, 0, 8) != NULL);
    CHECK_EQ_STR(lake_text(&arena, "abc", 2), "ab");
    lake_arena_free(&arena);
    CHECK_EQ_U64(arena.used, 0);
}

TEST(a_buffer_keeps_what_it_holds)
{
    struct lake_buffer buffer = {0};
    for (unsigned i = 0; i < 10000; i++)
        CHECK_EQ_I64(lake_append(&buffer, &i, sizeof i), 0);
    CHECK_EQ_U64(buffer.bytes, 40000);
    for (unsigned i = 0, value; i < 10000; i++) {
        memcpy(&value, buffer.data + 4 * i, 4);
        CHECK_EQ_U64(value, i);
    }
    CHECK_EQ_I64(lake_append(&buffer, "", SIZE_MAX / 2), TD_E_NO_MEMORY);
    CHECK_EQ_U64(buffer.bytes, 40000);
    lake_buffer_free(&buffer);
}
