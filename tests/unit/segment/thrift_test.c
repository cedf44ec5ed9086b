#include "segment/thrift.h"

#include "test.h"

struct bytes {
    unsigned char at[256];
    size_t used;
};

static void keep(void *sink, const void *data, size_t bytes)
{
    struct bytes *to = sink;
    memcpy(to->at + to->used, data, bytes);
    to->used += bytes;
}

TEST(fields_carry_the_step_from_the_last_id)
{
    struct bytes out = {.used = 0};
    struct thrift thrift = thrift_to(keep, &out);
    thrift_i32(&thrift, 1, 1);
    thrift_i64(&thrift, 3, -1);
    thrift_bool(&thrift, 4, true);
    thrift_bool(&thrift, 5, false);
    thrift_i16(&thrift, 30, 300);
    thrift_byte(&thrift, 31, 8);
    thrift_text(&thrift, 32, "ab");
    thrift_end(&thrift);
    CHECK_EQ_U64(out.used, 17);
    CHECK_EQ_MEM(out.at,
                 "\x15\x02\x26\x01\x11\x12\x04\x3C\xD8\x04\x13\x08\x18\x02"
                 "ab\0",
                 17);
    CHECK_EQ_U64(thrift.bytes, out.used);
}

TEST(structs_nest_and_lists_have_two_headers)
{
    struct bytes out = {.used = 0};
    struct thrift thrift = thrift_to(keep, &out);
    thrift_struct(&thrift, 5);
    thrift_i32(&thrift, 2, 7);
    thrift_end(&thrift);
    thrift_list(&thrift, 6, THRIFT_I32, 2);
    thrift_item_int(&thrift, 0);
    thrift_item_int(&thrift, 3);
    thrift_list(&thrift, 7, THRIFT_STRUCT, 20);
    for (int i = 0; i < 20; i++) {
        thrift_item_struct(&thrift);
        thrift_i32(&thrift, 1, 1);
        thrift_end(&thrift);
    }
    thrift_end(&thrift);
    CHECK_EQ_MEM(out.at, "\x5C\x25\x0E\0\x19\x25\0\x06\x19\xFC\x14\x15\x02\0\x15\x02\0", 17);
    CHECK_EQ_U64(out.used, 11 + 60 + 1);
}

TEST(counting_writes_nothing)
{
    struct thrift thrift = thrift_count();
    thrift_i64(&thrift, 1, INT64_MIN);
    thrift_end(&thrift);
    CHECK_EQ_U64(thrift.bytes, 1 + 10 + 1);
}
