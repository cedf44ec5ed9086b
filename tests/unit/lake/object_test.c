#include "lake/object.h"

#include <stdlib.h>
#include <unistd.h>

#include "fake_store.h"

#define PATH "s3://bucket/bronze/o.parquet"

enum { MB = 1 << 20 };

/* An object of so many bytes, each its place's. */
static uint8_t *given(int64_t bytes)
{
    static uint8_t *data;
    free(data);
    data = malloc((size_t)bytes + 1);
    for (int64_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    fake_begin();
    fake_put("bronze/o.parquet", data, bytes);
    return data;
}

static struct object *opened(void)
{
    struct object *object;
    CHECK_EQ_I64(object_open(PATH, &object), 0);
    return object;
}

static void reads(struct object *object, const uint8_t *data, int64_t at, size_t bytes)
{
    uint8_t *out = malloc(bytes);
    CHECK_EQ_I64(object_read(object, at, out, bytes), 0);
    CHECK_EQ_MEM(out, data + at, bytes);
    free(out);
}

TEST(size_and_end_come_with_one_request)
{
    const uint8_t *data = given(3 * MB);
    struct object *object = opened();
    CHECK_EQ_I64(object_bytes(object), 3 * MB);
    reads(object, data, 3 * MB - 8, 8);
    reads(object, data, 3 * MB - OBJECT_TAIL_BYTES, 100);
    CHECK_EQ_I64(fake.gets, 1);
    CHECK_EQ_I64(fake.heads + fake.lists, 0);
    CHECK_EQ_I64(fake.sent, OBJECT_TAIL_BYTES);
    object_close(object);
}

TEST(a_small_object_is_one_request)
{
    const uint8_t *data = given(5000);
    struct object *object = opened();
    reads(object, data, 0, 5000);
    reads(object, data, 17, 4);
    CHECK_EQ_I64(fake.gets, 1);
    object_close(object);
}

TEST(an_empty_object)
{
    given(0);
    struct object *object = opened();
    CHECK_EQ_I64(object_bytes(object), 0);
    object_close(object);
}

TEST(of_a_long_footer_only_the_front_is_fetched)
{
    const uint8_t *data = given(3 * MB);
    struct object *object = opened();
    reads(object, data, 3 * MB - 100000, 100000 - 8);
    CHECK_EQ_I64(fake.sent, 100000);
    object_close(object);
}

TEST(ranges_that_lie_close_are_fetched_as_one)
{
    const uint8_t *data = given(20 * MB);
    struct object *object = opened();
    struct object_range range[] = {{5000000, 1000}, {1000, 1000}, {2000, 1000}, {30000, 1000}};
    object_expect(object, range, 4);
    reads(object, data, 1000, 1000);
    CHECK_EQ_I64(fake.gets, 3);
    CHECK_EQ_I64(fake.sent, OBJECT_TAIL_BYTES + 30000 + 1000);
    reads(object, data, 2000, 1000);
    reads(object, data, 30500, 500);
    reads(object, data, 5000000, 1000);
    CHECK_EQ_I64(fake.gets, 3);
    object_close(object);
}

/* 40 ranges of 1 kB, a megabyte apart: sixteen at once, and none of what lies between. */
TEST(ranges_that_lie_apart_are_fetched_together)
{
    const uint8_t *data = given(40 * MB);
    struct object *object = opened();
    struct object_range range[40];
    for (int i = 0; i < 40; i++)
        range[i] = (struct object_range){1000 + (int64_t)i * MB, 1000};
    object_expect(object, range, 40);
    reads(object, data, range[0].at, 1000);
    CHECK_EQ_I64(fake.gets, 1 + 16);
    for (int i = 0; i < 40; i++)
        reads(object, data, range[i].at, 1000);
    CHECK_EQ_I64(fake.gets, 1 + 40);
    CHECK_EQ_I64(fake.sent, OBJECT_TAIL_BYTES + 40000);
    object_close(object);
}

/* One of several answers is short, and the next one of the same is not. */
TEST(of_several_the_one_that_fails_is_asked_for_again)
{
    const uint8_t *data = given(4 * MB);
    struct object *object = opened();
    struct object_range range[] = {{1000, 1000}, {MB, 1000}, {2 * MB, 1000}};
    object_expect(object, range, 3);
    fake.shorter = true;
    fake.spared = fake.gets + 1;
    fake.lies_left = 1;
    reads(object, data, 1000, 1000);
    CHECK_EQ_I64(fake.gets, 1 + 3 + 1);
    reads(object, data, MB, 1000);
    reads(object, data, 2 * MB, 1000);
    CHECK_EQ_I64(fake.gets, 1 + 3 + 1);
    object_close(object);
}

/* 200 chunks of 100 kB: not one request a chunk, and never more in memory than the limit. */
TEST(what_is_fetched_at_once_grows_to_a_limit)
{
    const uint8_t *data = given(20 * MB);
    struct object *object = opened();
    struct object_range range[200];
    int64_t before = 0, most = 0;
    for (int i = 0; i < 200; i++)
        range[i] = (struct object_range){4 + i * 100000, 100000};
    object_expect(object, range, 200);
    for (int i = 0; i < 200; i++) {
        before = fake.sent;
        reads(object, data, range[i].at, 100000);
        most = fake.sent - before > most ? fake.sent - before : most;
        CHECK(i > 0 || fake.sent - before <= OBJECT_FETCH_FIRST);
    }
    CHECK(most <= OBJECT_FETCH_BYTES);
    CHECK(fake.gets <= 8);
    CHECK_EQ_I64(fake.sent, OBJECT_TAIL_BYTES + 20000000);
    object_close(object);
}

TEST(a_store_without_suffix_ranges)
{
    const uint8_t *data = given(2 * MB);
    fake.no_suffix = true;
    struct object *object = opened();
    CHECK_EQ_I64(fake.heads, 1);
    reads(object, data, 2 * MB - 8, 8);
    reads(object, data, 77, 1000);
    object_close(object);
}

static void fails(int64_t at, size_t bytes, td_err err, const char *why)
{
    struct object *object = opened();
    uint8_t *out = malloc(bytes);
    CHECK_EQ_I64(object_read(object, at, out, bytes), err);
    CHECK(strstr(stores_why(), why) != NULL);
    free(out);
    object_close(object);
}

TEST(a_store_that_ignores_ranges_is_an_error)
{
    struct object *object;
    given(2 * MB);
    fake.whole = true;
    CHECK_EQ_I64(object_open(PATH, &object), TD_E_NET_PROTOCOL);
    CHECK(strstr(stores_why(), "more than the range asked for") != NULL);
    CHECK(object == NULL);
    fake.spared = fake.gets + 1;
    fails(1000, 5000, TD_E_NET_PROTOCOL, "more than the range asked for");
}

TEST(an_answer_that_is_short_is_an_error)
{
    given(2 * MB);
    fake.shorter = true;
    fake.spared = 1;
    fails(1000, 5000, TD_E_NET_PROTOCOL, "4999 of 5000 bytes");
}

TEST(an_object_that_is_replaced_is_noticed)
{
    given(2 * MB);
    fake.replaced = true;
    fake.spared = 1;
    fails(1000, 5000, TD_E_NET_PROTOCOL, "was replaced");
}

TEST(refusals_have_words)
{
    struct object *object;
    given(1000);
    CHECK_EQ_I64(object_open("s3://bucket/nothing", &object), TD_E_MISSING);
    fake.fate = STORE_DENIED;
    CHECK_EQ_I64(object_open(PATH, &object), TD_E_NET_REFUSED);
    CHECK(strstr(stores_why(), "denied: as the test wants") != NULL);
    CHECK(strstr(stores_advice(), "S3_ACCESS_KEY") != NULL);
}

TEST(all_of_it_is_fetched_once)
{
    int64_t bytes = 2 * OBJECT_WHOLE_BYTES + 12345;
    const uint8_t *data = given(bytes);
    char path[512];
    struct object *object = opened();
    snprintf(path, sizeof path, "%s/copy", test_tmpdir());
    FILE *file = fopen(path, "w+");
    CHECK_EQ_I64(object_save(object, fileno(file)), 0);
    uint8_t *copy = malloc((size_t)bytes + 1);
    CHECK_EQ_I64(fread(copy, 1, (size_t)bytes + 1, file), bytes);
    CHECK_EQ_MEM(copy, data, (size_t)bytes);
    CHECK_EQ_I64(fake.sent, bytes);
    CHECK_EQ_I64(fake.gets, 3);
    free(copy);
    fclose(file);
    object_close(object);
}

TEST(several_ends_are_fetched_at_once)
{
    static const char *const paths[] = {PATH, "s3://bucket/nothing", "s3://bucket/empty", "/a/file",
                                        "s3://bucket/two"};
    const uint8_t *data = given(3 * MB);
    struct object *object;
    fake_put("two", data, 100);
    fake_put("empty", data, 0);
    object_ahead(paths, 5);
    unsigned before = fake.gets;
    object = opened();
    reads(object, data, 3 * MB - 8, 8);
    object_close(object);
    CHECK_EQ_I64(object_open("s3://bucket/two", &object), 0);
    reads(object, data, 0, 100);
    object_close(object);
    CHECK_EQ_I64(fake.gets, before);
    CHECK_EQ_I64(object_open("s3://bucket/nothing", &object), TD_E_MISSING);
    CHECK_EQ_I64(object_open("s3://bucket/empty", &object), 0);
    object_close(object);
    /* Once only: it may have changed since. */
    object_close(opened());
    CHECK(fake.gets > before);
    object_ahead(paths, 0);
}
