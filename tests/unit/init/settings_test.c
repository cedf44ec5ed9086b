#include "init/settings.h"

#include <stdio.h>

#include "test.h"

static struct settings out;

static void settle(const char *text)
{
    settings_read(&out, text, strlen(text));
}

static void check_defaults(void)
{
    CHECK_EQ_STR(out.name, "tapedeck");
    CHECK(out.dhcp);
    CHECK_EQ_STR(out.address, "");
    CHECK_EQ_STR(out.gateway, "");
    CHECK_EQ_STR(out.dns[0], "");
    CHECK_EQ_STR(out.ntp[0], "");
}

static void check_says(const char *words)
{
    if (!strstr(out.complaints, words))
        FAIL("\"%s\" is not in \"%s\"", words, out.complaints);
}

/* Exactly one complaint, in this line. */
static void check_line(int line)
{
    char begin[40];
    snprintf(begin, sizeof begin, "network.ini line %d: ", line);
    CHECK(strncmp(out.complaints, begin, strlen(begin)) == 0);
    CHECK(strchr(out.complaints, '\n') == out.complaints + strlen(out.complaints) - 1);
}

TEST(no_file_and_an_empty_one_are_the_defaults)
{
    settings_read(&out, NULL, 0);
    check_defaults();
    CHECK_EQ_STR(out.complaints, "");
    settle("");
    check_defaults();
    settle("; only words\r\n\r\n# and these\r\n[network]\r\nname =\r\naddress=\r\ndns = , ,\r\n");
    check_defaults();
    CHECK_EQ_STR(out.complaints, "");
}

TEST(every_key_is_read)
{
    settle(
        "[network]\nname = pi-attic\naddress = 192.168.1.20/24\ngateway = 192.168.1.1\n"
        "dns = 192.168.1.1, 2001:db8::53 9.9.9.9\n[time]\nntp = time.example.org, 10.0.0.1:1123\n");
    CHECK_EQ_STR(out.complaints, "");
    CHECK_EQ_STR(out.name, "pi-attic");
    CHECK(!out.dhcp);
    CHECK_EQ_STR(out.address, "192.168.1.20/24");
    CHECK_EQ_STR(out.gateway, "192.168.1.1");
    CHECK_EQ_STR(out.dns[1], "2001:db8::53");
    CHECK_EQ_STR(out.dns[2], "9.9.9.9");
    CHECK_EQ_STR(out.dns[3], "");
    CHECK_EQ_STR(out.ntp[0], "time.example.org");
    CHECK_EQ_STR(out.ntp[1], "10.0.0.1:1123");
}

TEST(notepad_files_are_read)
{
    settle("\xEF\xBB\xBF[Network]\r\n\tName\t=\tdeck-2\t; my box\r\n  ADDRESS = DHCP\r\nntp: "
           "a.example");
    CHECK_EQ_STR(out.complaints, "");
    CHECK_EQ_STR(out.name, "deck-2");
    CHECK(out.dhcp);
    CHECK_EQ_STR(out.ntp[0], "a.example");
    settle("name = a\r\rdns = 9.9.9.9\rx\n\r\ny");
    CHECK_EQ_STR(out.dns[0], "9.9.9.9");
    check_says("line 4: a setting");
    check_says("line 6: a setting");
}

TEST(utf16_is_named)
{
    settings_read(&out, "\xFF\xFEn\0a\0m\0e\0", 10);
    check_defaults();
    check_says("network.ini: the file is UTF-16");
    settings_read(&out, "\xFE\xFF\0n\0a", 6);
    check_says("UTF-16");
    settings_read(&out, "n\0a\0m\0e\0", 8);
    check_says("NUL bytes");
    check_defaults();
}

TEST(a_typo_names_its_line_and_the_nearest_key)
{
    settle("name = a\r\n\r\nadress = 192.168.1.20/24\r\n");
    check_line(3);
    check_says("there is no \"adress\"; do you mean \"address\"?");
    CHECK(out.dhcp);
    CHECK_EQ_STR(out.name, "a");
    settle("netmask = 255.255.255.0\n");
    check_line(1);
    check_says("part of the address");
    settle("SSID = home\n");
    check_says("needs a network cable");
    settle("frobnicate = 1\n");
    check_says("there are name, address, gateway, dns, ntp");
}

TEST(a_line_without_a_value_and_a_strange_section_are_named)
{
    settle("name\ndns = 9.9.9.9\n");
    check_line(1);
    check_says("a setting is written name = value");
    CHECK_EQ_STR(out.dns[0], "9.9.9.9");
    settle("[netwrk]\nname = b\n[network\n[network]\nname = c");
    check_says("line 1: \"[netwrk]\" is no section");
    check_says("line 3: \"[network\" is no section");
    CHECK_EQ_STR(out.name, "c");
    settle("dns = 9.9.9.9\ndns = 8.8.8.8\n");
    check_line(2);
    check_says("dns stands in line 1 already");
    CHECK_EQ_STR(out.dns[0], "9.9.9.9");
    settle("no end");
    check_line(1);
}

TEST(names_outside_rfc_1123_are_refused)
{
    static const char *const bad[] = {
        "-a",  "a-",      "a_b",
        "a b", "a.local", "t\xC3\xA4",
        "a;b", "\"a\"",   "a123456789012345678901234567890123456789012345678901234567890123"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "name = %s\n", bad[i]);
        settle(text);
        CHECK_EQ_STR(out.name, "tapedeck");
        check_line(1);
        for (const char *at = out.complaints; *at; at++)
            CHECK(*at == '\n' || (*at >= ' ' && *at <= '~'));
    }
    settle("name = a12345678901234567890123456789012345678901234567890123456789012\n");
    CHECK_EQ_STR(out.complaints, "");
    CHECK_EQ_I64((int64_t)strlen(out.name), 63);
}

TEST(bad_addresses_leave_dhcp)
{
    static const char *const bad[] = {"192.168.1.20",
                                      "192.168.1/24",
                                      "192.168.1.256/24",
                                      "192.168.1.20/33",
                                      "192.168.1.20/0",
                                      "192.168.1.20/31",
                                      "192.168.1.0/24",
                                      "192.168.1.255/24",
                                      "127.0.0.1/8",
                                      "224.0.0.1/24",
                                      "0.0.0.1/8",
                                      "192.168.1.20/24x",
                                      "192.168.1.20/",
                                      "192.168.1.20/255.255.255.0",
                                      "fe80::1/64",
                                      "192.168.1.20/ 24",
                                      "static"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "address = %s\ngateway = 192.168.1.1\n", bad[i]);
        settle(text);
        check_line(1);
        CHECK(out.dhcp);
        CHECK_EQ_STR(out.address, "");
        CHECK_EQ_STR(out.gateway, "");
    }
}

TEST(gateway_must_be_reachable)
{
    settle("address = 10.0.0.2/24\ngateway = 10.0.1.1\n");
    check_line(2);
    check_says("not in the net of address");
    CHECK_EQ_STR(out.gateway, "");
    settle("address = 10.0.0.2/24\ngateway = 10.0.0.2\n");
    check_says("the box's own address");
    settle("address = 10.0.0.2/24\n");
    check_line(1);
    check_says("needs gateway");
    CHECK(!out.dhcp);
    settle("gateway = 10.0.0.1\n");
    check_line(1);
    check_says("fixed address alone");
    settle("address = 10.0.0.2/24\ngateway = 10.0.0.1\n");
    CHECK_EQ_STR(out.complaints, "");
    CHECK_EQ_STR(out.dns[0], "10.0.0.1");
}

TEST(list_items_fail_alone)
{
    settle("ntp = good.example, bad_host, 10.0.0.1:0, [2001:db8::1]:123, x.example:99999\n");
    CHECK_EQ_STR(out.ntp[0], "good.example");
    CHECK_EQ_STR(out.ntp[1], "[2001:db8::1]:123");
    CHECK_EQ_STR(out.ntp[2], "");
    check_says("\"bad_host\" is no time server");
    check_says("\"10.0.0.1:0\" is no time server");
    check_says("\"x.example:99999\" is no time server");
    settle("dns = 1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5\n");
    check_line(1);
    CHECK_EQ_STR(out.dns[3], "4.4.4.4");
    settle("dns = router.local\n");
    check_says("is no address of a name server");
}

TEST(many_complaints_stay_in_their_room)
{
    char text[8192] = "";
    for (int i = 0; i < 400; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "zzzzzzzzz = %d\n", i);
    settle(text);
    CHECK(strlen(out.complaints) < SETTINGS_COMPLAINTS_MAX);
    check_defaults();
}

TEST(a_line_past_every_limit_is_passed_over)
{
    static char text[20000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "name = ", 7);
    memcpy(text + sizeof text - 20, "\ndns = 9.9.9.9\n", 15);
    settle(text);
    check_says("line 1: the line is too long");
    CHECK_EQ_STR(out.name, "tapedeck");
    CHECK_EQ_STR(out.dns[0], "9.9.9.9");
}

/* The delivered file: as it stands, and with every ; taken away. */
static size_t delivered(char *out, size_t cap, bool uncommented, const char *line_end)
{
    static char file[8192];
    FILE *in = fopen("rootfs/card/network.ini", "r");
    CHECK(in != NULL);
    size_t bytes = fread(file, 1, sizeof file - 1, in), used = 0;
    fclose(in);
    file[bytes] = 0;
    for (char *line = file, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        bool setting = line[0] == ';' && line[1] >= 'a' && line[1] <= 'z' && strstr(line, " = ") &&
                       strcmp(line, ";address = dhcp") != 0;
        used += (size_t)snprintf(out + used, cap - used, "%s%s", line + (setting && uncommented),
                                 line_end);
    }
    return used;
}

TEST(the_delivered_file_sets_nothing_and_offers_what_is_taken)
{
    static char text[16384];
    settings_read(&out, text, delivered(text, sizeof text, false, "\n"));
    CHECK_EQ_STR(out.complaints, "");
    check_defaults();
    settings_read(&out, text, delivered(text, sizeof text, true, "\r\n"));
    CHECK_EQ_STR(out.complaints, "");
    CHECK_EQ_STR(out.name, "tapedeck");
    CHECK_EQ_STR(out.address, "192.168.1.20/24");
    CHECK_EQ_STR(out.gateway, "192.168.1.1");
    CHECK_EQ_STR(out.dns[1], "9.9.9.9");
    CHECK_EQ_STR(out.ntp[1], "192.168.1.1");
}
