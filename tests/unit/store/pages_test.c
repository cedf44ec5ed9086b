#include "store/pages.h"

#include <stdio.h>

#include "test.h"

static struct pages pages;

/* Pages 1..lead, then a circle of `circle` for ever; how many are read until it is seen, 0: never. */
static unsigned read_circle(unsigned lead, unsigned circle)
{
    char token[16];
    pages = (struct pages){.count = 0};
    for (unsigned page = 1; page < 10000; page++) {
        unsigned at = page <= lead ? page : lead + (page - lead - 1) % circle + 1;
        snprintf(token, sizeof token, "t%u", at);
        if (!pages_next(&pages, token))
            return page;
    }
    return 0;
}

TEST(a_list_goes_from_token_to_token_and_ends)
{
    pages = (struct pages){.count = 0};
    CHECK(pages_token(&pages) == NULL);
    CHECK(pages_next(&pages, "a"));
    CHECK_EQ_STR(pages_token(&pages), "a");
    CHECK(pages_next(&pages, ""));
    CHECK(pages_token(&pages) == NULL);
}

TEST(a_long_list_is_no_circle)
{
    CHECK_EQ_I64(read_circle(10000, 1), 0);
}

TEST(circles_of_any_length_are_seen)
{
    CHECK_EQ_I64(read_circle(0, 1), 2);
    for (unsigned lead = 0; lead < 40; lead++)
        for (unsigned circle = 1; circle < 40; circle++) {
            unsigned seen = read_circle(lead, circle);
            CHECK(seen > lead + circle - (circle > 1));
            CHECK(seen <= 4 * (lead + circle));
        }
}
