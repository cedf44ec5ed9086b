#include "sync/scan.h"

#include "test.h"

static const struct {
    const char *glob, *key;
    bool matches;
} cases[] = {
    {"a/b", "a/b", true},
    {"a/b", "a/bc", false},
    {"a/b", "a/", false},
    {"", "", false},
    {"", "a", false},
    {"*", "a", true},
    {"*", "", true},
    {"*", "a/b", false},
    {"*.parquet", "x.parquet", true},
    {"*.parquet", "a/x.parquet", false},
    {"**", "a/b/c", true},
    {"**.parquet", "a/b/c.parquet", true},
    {"**.parquet", "a/b/c.json", false},
    {"**/x", "x", true},
    {"**/x", "a/b/x", true},
    {"**/x", "ax", false},
    {"a/**/x", "a/x", true},
    {"a/**/x", "a/b/c/x", true},
    {"a/**/x", "a/bx", false},
    {"a/**/x", "ab/x", false},
    {"a/**/**/x", "a/x", true},
    {"a/**", "a/b/c", true},
    {"a/**", "ab/c", false},
    {"a**c", "a/b/c", true},
    {"book/exchange=*/**", "book/exchange=coinbase/symbol=BTC-USD/x.parquet", true},
    {"book/exchange=*", "book/exchange=coinbase/symbol=BTC-USD/x.parquet", false},
    {"book/exchange=*/symbol=BTC-*/**", "book/exchange=a/symbol=BTC-EUR/year=2026/x", true},
    {"book/exchange=*/symbol=BTC-*/**", "book/exchange=a/symbol=ETH-EUR/year=2026/x", false},
    {"**/symbol=?TC-USD/**", "book/exchange=a/symbol=BTC-USD/x", true},
    {"?", "/", false},
    {"a?b", "a/b", false},
    {"a?b", "axb", true},
    /* a folder's name takes all below it */
    {"book", "book/x/y", true},
    {"book/", "book/x/y", true},
    {"book", "books/x", false},
    {"book/", "book", false},
    {"*/x", "a/x/y", true},
    {"*/x*", "a/x/y", false},
    {"boo?", "book/x", true},
    /* no other character means anything */
    {"[ab]", "a", false},
    {"[ab]", "[ab]", true},
    {"a{b,c}", "ab", false},
    {"a+b=%41", "a+b=%41", true},
    {"\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true},
    {"***", "a/b", true},
};

TEST(globs)
{
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (scan_matches(cases[i].glob, cases[i].key) != cases[i].matches)
            FAIL("glob %s, key %s: not %d", cases[i].glob, cases[i].key, cases[i].matches);
}

/* The plain meaning, try by try: what scan_matches must say without folders and whole parts. */
static bool slow(const char *glob, const char *key)
{
    if (*glob == 0)
        return *key == 0;
    if (glob[0] == '*') {
        bool across = glob[1] == '*';
        const char *rest = glob + (across ? 2 : 1);
        for (;; key++) {
            if (slow(rest, key))
                return true;
            if (*key == 0 || (*key == '/' && !across))
                return false;
        }
    }
    return *key != 0 && (*glob == '?' ? *key != '/' : *glob == *key) && slow(glob + 1, key + 1);
}

TEST(globs_as_by_trying)
{
    static const char letters[] = "ab/*?";
    uint32_t state = 3, matched = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char glob[12], key[12];
        unsigned bytes[2];
        for (unsigned t = 0; t < 2; t++) {
            state = state * 1664525 + 1013904223;
            bytes[t] = (state >> 16) % 9;
            for (unsigned b = 0; b < bytes[t]; b++) {
                state = state * 1664525 + 1013904223;
                (t ? key : glob)[b] = letters[(state >> 16) % (t ? 3 : 5)];
            }
            (t ? key : glob)[bytes[t]] = 0;
        }
        const char *slash = strrchr(glob, '/');
        if (bytes[0] == 0 || strstr(glob, "**") || strchr(slash ? slash : glob, '*') == NULL)
            continue;
        matched += slow(glob, key);
        if (scan_matches(glob, key) != slow(glob, key))
            FAIL("glob %s, key %s: not %d", glob, key, slow(glob, key));
    }
    CHECK(matched > 1000);
}

/* Time is the product of the lengths, never more. */
TEST(a_glob_of_stars_is_no_trap)
{
    char glob[PLACE_KEY_MAX], key[PLACE_KEY_MAX];
    for (unsigned i = 0; i < sizeof glob - 1; i++) {
        glob[i] = i % 2 ? 'a' : '*';
        key[i] = 'a';
    }
    glob[sizeof glob - 1] = key[sizeof key - 1] = 0;
    CHECK(scan_matches(glob, key));
    glob[sizeof glob - 2] = 'b';
    CHECK(!scan_matches(glob, key));
}
