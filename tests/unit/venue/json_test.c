#include "venue/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "test.h"

static struct json *json(void)
{
    static struct json *one;
    if (!one)
        one = json_init(malloc(json_footprint(64)), 64);
    return one;
}

static int parse(const char *text)
{
    return json_parse(json(), text, strlen(text));
}

static const char *text_of(struct td_text text)
{
    static char out[64];
    if (!text.at)
        return NULL;
    memcpy(out, text.at, text.bytes);
    out[text.bytes] = '\0';
    return out;
}

TEST(members_items_and_texts)
{
    CHECK_EQ_I64(parse("{\"a\":1,\"b\":[\"x\",{\"c\":\"y\"},3],\"d\":null,\"a\":2}"), 14);
    CHECK_EQ_STR(text_of(json_plain(json(), 0, "a")), "1");
    int b = json_member(json(), 0, "b");
    CHECK(json_is_array(json(), b) && !json_is_object(json(), b));
    CHECK_EQ_U64(json_size(json(), b), 3);
    CHECK_EQ_STR(text_of(json_text(json(), json_item(json(), b, 0))), "x");
    CHECK_EQ_STR(text_of(json_plain(json(), json_item(json(), b, 1), "c")), "y");
    CHECK_EQ_STR(text_of(json_text(json(), json_item(json(), b, 2))), "3");
    CHECK_EQ_I64(json_item(json(), b, 3), -1);
    CHECK_EQ_STR(text_of(json_plain(json(), 0, "d")), NULL);
    CHECK_EQ_I64(json_member(json(), 0, "c"), -1);
    CHECK_EQ_I64(json_member(json(), b, "a"), -1);
    CHECK_EQ_STR(text_of(json_text(json(), -1)), NULL);
}

TEST(walks_pass_over_what_is_nested)
{
    unsigned count = 0;
    CHECK(parse("[[1,[2,3]],{\"a\":{\"b\":[4]}},5,[],6]") > 0);
    for (int item = json_first(json(), 0); item >= 0; item = json_next(json(), item))
        count++;
    CHECK_EQ_U64(count, 5);
    CHECK(parse("{\"a\":{\"x\":{\"y\":1}},\"b\":[[]],\"c\":3}") > 0);
    count = 0;
    for (int key = json_first(json(), 0); key >= 0; key = json_next(json(), key))
        count++;
    CHECK_EQ_U64(count, 3);
    CHECK(parse("[]") > 0);
    CHECK_EQ_I64(json_first(json(), 0), -1);
}

TEST(plain_values_are_strings_and_numbers)
{
    CHECK(parse("{\"s\":\"t\",\"n\":-1.5,\"t\":true,\"f\":false,\"z\":null,\"o\":{},\"l\":[]}") >
          0);
    CHECK_EQ_STR(text_of(json_plain(json(), 0, "s")), "t");
    CHECK_EQ_STR(text_of(json_plain(json(), 0, "n")), "-1.5");
    static const char *const others[] = {"t", "f", "z", "o", "l", "none"};
    for (size_t i = 0; i < 6; i++)
        CHECK(json_plain(json(), 0, others[i]).at == NULL);
}

TEST(integers_are_from_zero_on)
{
    int64_t value;
    CHECK(parse("{\"a\":7,\"b\":\"8\",\"c\":-1,\"d\":1.5,\"e\":null}") > 0);
    CHECK(json_integer(json(), 0, "a", &value) && value == 7);
    CHECK(json_integer(json(), 0, "b", &value) && value == 8);
    CHECK(!json_integer(json(), 0, "c", &value));
    CHECK(!json_integer(json(), 0, "d", &value));
    CHECK(!json_integer(json(), 0, "e", &value));
}

TEST(damaged_documents_are_refused)
{
    static const char *const bad[] = {"",     "{",          "[1 2]", "{\"a\" 1}", "{}{}",
                                      "[1,]", "{\"a\":1,}", "nope",  "{\"a\":01}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(parse(bad[i]), TD_E_VENUE_JSON);
    CHECK_EQ_I64(json_member(json(), 0, "a"), -1);
}

TEST(a_full_arena_says_so)
{
    char text[256];
    for (int items = 63; items < 65; items++) {
        struct td_str out = td_str_on(text, sizeof text);
        for (int i = 0; i < items; i++)
            td_str_add(&out, i ? ",1" : "[1");
        td_str_add_char(&out, ']');
        CHECK_EQ_I64(parse(text), items == 63 ? 64 : TD_E_NO_ROOM);
    }
}
