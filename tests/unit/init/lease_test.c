/* What a DHCP server says, honest and hostile: nothing but addresses comes through. */
#include "init/lease.h"

#include <string.h>

#include "base/text.h"
#include "test.h"

#define ENVIRONMENT(...) ((char *const[]){(char *)"PATH=/bin", __VA_ARGS__, NULL})
#define BASE (char *)"interface=eth0", (char *)"ip=192.168.1.20", (char *)"mask=24"

static bool is_address(const char *text)
{
    uint32_t value;
    return lease_address(text, strlen(text), &value);
}

TEST(addresses_are_dotted_quads_and_nothing_else)
{
    uint32_t value = 0;
    CHECK(lease_address("192.168.1.20", 12, &value));
    CHECK_EQ_U64(value, 0xc0a80114);
    CHECK(is_address("1.2.3.4") && is_address("223.255.255.255"));
    static const char *const bad[] = {
        "",           "1.2.3",     "1.2.3.",    "1.2.3.4.",        "1.2.3.4.5",      "1.2.3.256",
        "1.2.3.-4",   "1..3.4",    " 1.2.3.4",  "1.2.3.4 ",        "1.2.3.4\n",      "0.0.0.0",
        "0.1.2.3",    "127.0.0.1", "224.0.0.1", "255.255.255.255", "1.2.3.0x4",      "0001.2.3.4",
        "1.2.3.4/24", "::1",       "a.b.c.d",   "1.2.3.4;date",    "999999999.1.1.1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (is_address(bad[i]))
            FAIL("taken for an address: %s", bad[i]);
}

TEST(an_ordinary_lease)
{
    struct lease lease;
    char text[LEASE_TEXT_MAX];
    CHECK_EQ_I64(
        lease_read(&lease, ENVIRONMENT(BASE, (char *)"router=192.168.1.1",
                                       (char *)"dns=192.168.1.1 9.9.9.9",
                                       (char *)"ntpsrv=192.168.1.2", (char *)"lease=86400")),
        0);
    lease.until_s = 90000;
    lease_text(&lease, text);
    CHECK_EQ_STR(text, "interface=eth0\nip=192.168.1.20\nmask=24\nrouter=192.168.1.1\n"
                       "dns=192.168.1.1 9.9.9.9\nntpsrv=192.168.1.2\nlease=86400\nuntil=90000\n");
    lease_resolv(lease.dns, lease.dns_count, text);
    CHECK_EQ_STR(text, "nameserver 192.168.1.1\nnameserver 9.9.9.9\n" LEASE_RESOLV_OPTIONS);
}

TEST(the_file_says_what_the_lease_was)
{
    struct lease lease, again;
    char text[LEASE_TEXT_MAX];
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(BASE, (char *)"router=192.168.1.1",
                                                (char *)"dns=1.1.1.1 2.2.2.2 3.3.3.3",
                                                (char *)"ntpsrv=4.4.4.4", (char *)"lease=600")),
                 0);
    lease.until_s = 12345;
    lease_text(&lease, text);
    CHECK_EQ_I64(lease_parse(&again, text), 0);
    char text_again[LEASE_TEXT_MAX];
    lease_text(&again, text_again);
    CHECK_EQ_STR(text, text_again);
}

TEST(without_address_mask_or_interface_there_is_no_lease)
{
    struct lease lease;
    char *const none[] = {NULL};
    CHECK_EQ_I64(lease_read(&lease, none), TD_E_SYNTAX);
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT((char *)"interface=eth0", (char *)"mask=24")),
                 TD_E_SYNTAX);
    CHECK_EQ_I64(
        lease_read(&lease, ENVIRONMENT((char *)"interface=eth0", (char *)"ip=192.168.1.20")),
        TD_E_SYNTAX);
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT((char *)"ip=192.168.1.20", (char *)"mask=24")),
                 TD_E_SYNTAX);
}

TEST(masks_and_interfaces_that_are_none)
{
    static const char *const bad[][2] = {
        {"eth0", "33"},   {"eth0", "-1"},  {"eth0", "24 "},
        {"eth0", "0"},    {"eth0", "x"},   {"eth0", "99999999999999999999"},
        {"../etc", "24"}, {"eth0;", "24"}, {"eth0\nip=1", "24"},
        {"", "24"},       {"ETH0", "24"},  {"a123456789012345", "24"}};
    struct lease lease;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char interface[64], mask[64];
        struct td_str a = td_str_on(interface, sizeof interface);
        struct td_str b = td_str_on(mask, sizeof mask);
        td_str_add_format(&a, "interface=%s", bad[i][0]);
        td_str_add_format(&b, "mask=%s", bad[i][1]);
        if (lease_read(&lease, ENVIRONMENT(interface, (char *)"ip=192.168.1.20", mask)) == 0)
            FAIL("taken: interface %s, mask %s", bad[i][0], bad[i][1]);
    }
}

TEST(an_address_that_is_the_net_itself_or_its_broadcast_is_refused)
{
    struct lease lease;
    char *eth = (char *)"interface=eth0", *mask = (char *)"mask=24";
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(eth, (char *)"ip=192.168.1.0", mask)), TD_E_SYNTAX);
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(eth, (char *)"ip=192.168.1.255", mask)),
                 TD_E_SYNTAX);
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(eth, (char *)"ip=192.168.1.1", (char *)"mask=32")),
                 0);
}

TEST(a_router_outside_the_net_is_left_out)
{
    struct lease lease;
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(BASE, (char *)"router=10.0.0.1")), 0);
    CHECK_EQ_U64(lease.router, 0);
}

/* The server's own text never reaches a file: lines of its making would be servers of its choice, or worse. */
TEST(hostile_words_inject_nothing)
{
    static const char *const values[] = {
        "9.9.9.9\nnameserver", "9.9.9.9\\n1.1.1.1", "$(reboot)", "`id`",        "9.9.9.9;reboot",
        "\n\nntpsrv=1.1.1.1",  "9.9.9.9\ttab",      "\x1b[2J",   "\xff\xfe\xff"};
    struct lease lease;
    char text[LEASE_TEXT_MAX];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char dns[128], ntp[128], router[128];
        struct td_str a = td_str_on(dns, sizeof dns), b = td_str_on(ntp, sizeof ntp);
        struct td_str c = td_str_on(router, sizeof router);
        td_str_add_format(&a, "dns=%s", values[i]);
        td_str_add_format(&b, "ntpsrv=%s", values[i]);
        td_str_add_format(&c, "router=%s", values[i]);
        CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(BASE, dns, ntp, router)), 0);
        CHECK_EQ_U64(lease.dns_count + lease.ntp_count + lease.router, 0);
        lease_resolv(lease.dns, lease.dns_count, text);
        CHECK_EQ_STR(text, LEASE_RESOLV_OPTIONS);
        lease_text(&lease, text);
        CHECK_EQ_STR(text, "interface=eth0\nip=192.168.1.20\nmask=24\nrouter=\ndns=\nntpsrv=\n"
                           "lease=0\nuntil=0\n");
    }
}

TEST(good_words_among_bad_ones_are_kept)
{
    struct lease lease;
    CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(BASE, (char *)"dns=x 9.9.9.9 0.0.0.0  8.8.8.8 ;")),
                 0);
    CHECK_EQ_U64(lease.dns_count, 2);
    CHECK_EQ_U64(lease.dns[1], 0x08080808);
}

TEST(a_list_without_end_is_cut)
{
    struct lease lease;
    CHECK_EQ_I64(
        lease_read(&lease,
                   ENVIRONMENT(BASE, (char *)"dns=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5")),
        0);
    CHECK_EQ_U64(lease.dns_count, LEASE_LIST_MAX);
}

TEST(a_time_that_is_none_is_not_said)
{
    static const char *const bad[] = {"lease=", "lease=-1", "lease=1e9", "lease=99999999999"};
    struct lease lease;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_EQ_I64(lease_read(&lease, ENVIRONMENT(BASE, (char *)bad[i])), 0);
        CHECK_EQ_I64(lease.seconds, 0);
    }
}

TEST(a_file_that_is_no_lease)
{
    static const char *const bad[] = {"",
                                      "\n\n",
                                      "ip=1.2.3.4",
                                      "interface=eth0\nip=1.2.3.4\n",
                                      "interface=eth0\nip=1.2.3.4\nmask=ab\n",
                                      "=\n=\n="};
    struct lease lease;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ_I64(lease_parse(&lease, bad[i]), TD_E_SYNTAX);
}

TEST(words_for_events)
{
    CHECK_EQ_I64(lease_event("bound"), LEASE_BOUND);
    CHECK_EQ_I64(lease_event("renew"), LEASE_BOUND);
    CHECK_EQ_I64(lease_event("deconfig"), LEASE_GONE);
    CHECK_EQ_I64(lease_event("nak"), LEASE_REFUSED);
    CHECK_EQ_I64(lease_event("leasefail"), LEASE_GONE);
    CHECK_EQ_I64(lease_event("bound "), LEASE_IGNORED);
}
