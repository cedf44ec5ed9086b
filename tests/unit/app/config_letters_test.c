/* What editors, Notepad above all, do to a file. Byte order mark, UTF-16 and long lines: config_test. */
#include "test.h"

#include <stdio.h>

#include "app/config.h"
#include "app/configure.h"
#include "app/exits.h"

static struct td_config config;
static char said[8192];

static const char *known_venue(unsigned index)
{
    return index == 0 ? "coinbase" : NULL;
}

static td_err parse(const char *text)
{
    memset(said, 0, sizeof said);
    FILE *errors = fmemopen(said, sizeof said, "w");
    CHECK(errors != NULL);
    td_err err = td_config_parse(&config, "x.ini", text, strlen(text), known_venue, errors);
    fclose(errors);
    return err;
}

static void expect_flaw(const char *text, const char *wanted)
{
    CHECK_EQ_I64(parse(text), TD_E_CONFIG);
    CHECK_EQ_STR(said, wanted);
}

TEST(line_ends_of_any_system)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (unsigned i = 0; i < 3; i++) {
        char text[200], wanted[200];
        snprintf(text, sizeof text, "[deck]%sid = pi%s%s[coinbase]%ssymbols = BTC-USD%s", ends[i],
                 ends[i], ends[i], ends[i], i == 1 ? "" : ends[i]);
        CHECK_EQ_I64(parse(text), 0);
        CHECK_EQ_STR(config.deck.id, "pi");
        CHECK_EQ_STR(config.venue[0].symbols, "BTC-USD");
        snprintf(text, sizeof text, "[deck]%s%sidd = pi%s", ends[i], ends[i], ends[i]);
        snprintf(wanted, sizeof wanted,
                 "x.ini:3:1: unknown key \"idd\" in [deck]; did you mean \"id\"?\n    idd = pi\n"
                 "    ^\n");
        expect_flaw(text, wanted);
    }
}

TEST(tabs_are_spaces)
{
    CHECK_EQ_I64(
        parse("[deck]\t\n\tid\t=\tpi\t\n[\tcoinbase\t]\nsymbols\t= BTC-USD,\tETH-USD\t; two\n"), 0);
    CHECK_EQ_STR(config.deck.id, "pi");
    CHECK_EQ_STR(config.venue[0].symbols, "BTC-USD,ETH-USD");
    expect_flaw("[journal]\n\tsync_ms\t=\tsoon\n",
                "x.ini:2:12: \"soon\" is not a whole number\n    \tsync_ms\t=\tsoon\n"
                "    \t       \t \t^\n");
}

TEST(quotes_around_a_value)
{
    static const char *const pairs[][2] = {{"\"", "\""},
                                           {"'", "'"},
                                           {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                           {"\xE2\x80\x98", "\xE2\x80\x99"},
                                           {"\xE2\x80\x9E", "\xE2\x80\x9C"},
                                           {"\xC2\xAB", "\xC2\xBB"}};
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char line[100], wanted[300];
        snprintf(line, sizeof line, "[deck]\ndata_dir = %s/data%s ; it\xE2\x80\x99s there\n",
                 pairs[i][0], pairs[i][1]);
        snprintf(wanted, sizeof wanted,
                 "x.ini:2:12: a value stands without quotes, as in: symbols = BTC-USD\n    %.*s\n"
                 "               ^\n",
                 (int)strcspn(line + 7, "\n"), line + 7);
        expect_flaw(line, wanted);
        snprintf(line, sizeof line, "[deck]\nid = pi%s\n", pairs[i][1]);
        CHECK_EQ_I64(parse(line), TD_E_CONFIG);
        CHECK(strncmp(said, "x.ini:2:8: a value stands without quotes", 40) == 0);
    }
    /* Inside of a value, and in comments, they are letters. */
    CHECK_EQ_I64(parse("[coinbase]\nsymbols = BTC-USD\nurl = wss://h/?q=\"x\"\n"), 0);
    CHECK_EQ_I64(
        parse("[deck]\n; \xE2\x80\x9Chello\xE2\x80\x9D\ndata_dir = /mum\xE2\x80\x99s/data ; "
              "\xE2\x80\x9Cours\xE2\x80\x9D\n"),
        0);
    CHECK_EQ_STR(config.deck.data_dir, "/mum\xE2\x80\x99s/data");
}

TEST(letters_nobody_sees)
{
    expect_flaw("[journal]\nsync_ms\xC2\xA0= 500\n",
                "x.ini:2:8: a no-break space, as web pages have them: write a plain space here\n"
                "    sync_ms\xC2\xA0= 500\n           ^\n");
    expect_flaw("[journal]\n\xE2\x80\x8Bsync_ms = 500\n",
                "x.ini:2:1: an invisible letter (zero-width space): write this line anew\n"
                "    \xE2\x80\x8Bsync_ms = 500\n    ^\n");
    /* Two files in one: the second one's mark stands inside. Its section's settings are not blamed for it. */
    expect_flaw("[deck]\nid = pi\n\xEF\xBB\xBF[coinbase]\nsymbols = BTC-USD\n",
                "x.ini:3:1: a byte order mark, invisible: write this line anew\n"
                "    \xEF\xBB\xBF[coinbase]\n    ^\n");
}

/* Windows-1252: an umlaut is one byte. In comments it harms nobody. */
TEST(ansi)
{
    CHECK_EQ_I64(parse("; K\xFC"
                       "che\n[deck]\nid = pi ; K\xFC"
                       "che\n"),
                 0);
    CHECK_EQ_STR(config.deck.id, "pi");
    expect_flaw("[deck]\ndata_dir = /K\xFC"
                "che\n",
                "x.ini:2:14: a letter that is not UTF-8 (\"ANSI\" in Notepad): save the file as "
                "UTF-8\n    data_dir = /K\xFC"
                "che\n                 ^\n");
    CHECK_EQ_I64(parse("[deck]\nid = \x93pi\x94\n"), TD_E_CONFIG); /* its curly quotes */
    CHECK(strstr(said, "x.ini:2:6: a letter that is not UTF-8"));
    CHECK_EQ_I64(parse("[deck]\ndata_dir = /K\xC3\xBC"
                       "che\n"),
                 0);
    CHECK_EQ_STR(config.deck.data_dir, "/K\xC3\xBC"
                                       "che");
}

TEST(a_spoiled_section_skips_what_follows)
{
    expect_flaw("[coin\xC2\xA0"
                "base]\nsymbols = BTC-USD\nnonsense = 1\n[deck]\nid = pi\n",
                "x.ini:1:6: a no-break space, as web pages have them: write a plain space here\n"
                "    [coin\xC2\xA0"
                "base]\n         ^\n");
    CHECK_EQ_STR(config.deck.id, "pi");
}

/* `tapedeck config --config FILE`, and so `tapedeck record`: both load through the same. */
static int run(const char *text, size_t bytes)
{
    char path[600];
    snprintf(path, sizeof path, "%s/notepad.ini", test_tmpdir());
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(text, 1, bytes, file) == bytes && fclose(file) == 0);
    char *args[] = {(char *)"config", (char *)"--config", path, NULL};
    return configure_main(3, args);
}

TEST(from_the_command_line)
{
    static const char fine[] = "\xEF\xBB\xBF[coinbase]\r\nsymbols = BTC-USD\r\n";
    static const char typo[] = "\xEF\xBB\xBF[coinbase]\r\nsymbls = BTC-USD\r\n";
    static const char wide[] = "\xFF\xFE[\0c\0]\0\r\0\n\0";
    CHECK_EQ_I64(run(fine, sizeof fine - 1), EXIT_FINE);
    CHECK_EQ_I64(run(typo, sizeof typo - 1), EXIT_CONFIG);
    CHECK_EQ_I64(run(wide, sizeof wide - 1), EXIT_CONFIG);
}
