#include "init/link.h"

#include "test.h"

TEST(an_address_with_its_prefix)
{
    uint32_t address;
    unsigned prefix;
    CHECK_EQ_I64(link_parse("192.168.1.20/24", &address, &prefix), 0);
    CHECK_EQ_U64(address, 0xc0a80114);
    CHECK_EQ_U64(prefix, 24);
    CHECK_EQ_I64(link_parse("10.0.0.1/8", &address, &prefix), 0);
    CHECK_EQ_U64(prefix, 8);
}

TEST(what_is_none)
{
    static const char *const bad[] = {"",          "192.168.1.20",     "192.168.1.20/",
                                      "/24",       "192.168.1.20/33",  "192.168.1.20/0",
                                      "1.2.3.4/a", "192.168.1.20/24x", "192.168.1.20/-1",
                                      "1.2.3/24",  "192.168.1.20/024", "192.168.1.20 /24",
                                      "::1/64",    "127.0.0.1/8"};
    uint32_t address;
    unsigned prefix;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (link_parse(bad[i], &address, &prefix) != TD_E_SYNTAX)
            FAIL("taken: %s", bad[i]);
}

TEST(an_interface_that_is_not_there)
{
    CHECK_EQ_I64(link_up("td-none0"), TD_E_MISSING);
    CHECK(!link_has_carrier("td-none0"));
    CHECK_EQ_U64(link_address("td-none0"), 0);
    CHECK_EQ_I64(link_set("td-none0", 0xc0a80114, 24, 0), TD_E_MISSING);
}
