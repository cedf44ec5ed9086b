#include "app/patterns.h"

#include <stdlib.h>

#include "test.h"

/* ---- text --------------------------------------------------------------------------------------- */

TEST(a_pattern_is_known_by_its_form)
{
    CHECK(pattern_is("ETH-*", 5));
    CHECK(pattern_is("BTC-US?", 7));
    CHECK(pattern_is("TOP:20:USDT", 11));
    CHECK(!pattern_is("BTC-USD", 7));
    CHECK(!pattern_is("TOP-USD", 7));
    CHECK(patterns_in("BTC-USD,ETH-*") && !patterns_in("BTC-USD,ETH-USD") && !patterns_in(""));
    CHECK(patterns_in_top("A-B,TOP:3:USD") && !patterns_in_top("A-B,C-*"));
}

TEST(what_is_wrong_with_a_top_is_told)
{
    static const char *const good[] = {"TOP:1:USD", "TOP:20:USDT", "TOP:5:USDT:PERP", "ETH-*"};
    static const char *const bad[] = {"TOP:",        "TOP:0:USD",  "TOP:-1:USD",       "TOP:5:",
                                      "TOP:513:USD", "TOP:X:USDT", "TOP:5:USD:SPOTTY", "TOP:5"};
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(pattern_flaw(good[i], strlen(good[i])) == NULL);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(pattern_flaw(bad[i], strlen(bad[i])) != NULL);
}

TEST(wildcards_match_as_in_a_shell)
{
    CHECK(pattern_match("ETH-*", "ETH-USD") && pattern_match("ETH-*", "ETH-USDT-PERP"));
    CHECK(!pattern_match("ETH-*", "STETH-USD"));
    CHECK(pattern_match("*-USDT-PERP", "BTC-USDT-PERP"));
    CHECK(!pattern_match("*-USDT-PERP", "BTC-USDT-PERPX"));
    CHECK(pattern_match("B?C-USD*", "BTC-USDT") && !pattern_match("B?C-USD", "BC-USD"));
    CHECK(pattern_match("*", "") && pattern_match("*-*-*", "A-B-C") &&
          !pattern_match("*-*-*", "A-B"));
    CHECK(pattern_match("*A*AB", "AAAAB") && !pattern_match("", "A") && pattern_match("", ""));
}

/* ---- resolving ---------------------------------------------------------------------------------- */

static const char products[] =
    "https://x/products\t["
    "{\"id\":\"BTC-USDT\",\"base_currency\":\"BTC\",\"quote_currency\":\"USDT\",\"status\":"
    "\"online\"},"
    "{\"id\":\"BTC-USDC\",\"base_currency\":\"BTC\",\"quote_currency\":\"USDC\",\"status\":"
    "\"online\"},"
    "{\"id\":\"ETH-USDT\",\"base_currency\":\"ETH\",\"quote_currency\":\"USDT\",\"status\":"
    "\"online\"},"
    "{\"id\":\"SOL-USDT\",\"base_currency\":\"SOL\",\"quote_currency\":\"USDT\",\"status\":"
    "\"online\"},"
    "{\"id\":\"OLD-USDT\",\"base_currency\":\"OLD\",\"quote_currency\":\"USDT\",\"status\":"
    "\"delisted\"}]";

static struct catalogue *catalogue;
static struct pattern_names names;

static bool resolve(const char *list, bool strict, char *said, size_t cap)
{
    static void *mem;
    if (mem == NULL)
        mem = calloc(1, catalogue_footprint());
    catalogue = catalogue_init(mem, venue_find("coinbase"));
    CHECK_EQ_I64(catalogue_take(catalogue, products, sizeof products - 1), 0);
    catalogue_finish(catalogue);
    FILE *errors = fmemopen(said, cap, "w");
    bool good = patterns_resolve(catalogue, list, strict, &names, errors);
    fclose(errors);
    return good;
}

static const char *text(void)
{
    static char out[1024];
    CHECK(patterns_text(&names, out, sizeof out));
    return out;
}

TEST(wildcards_take_what_is_traded_sorted_and_once)
{
    char said[512] = "";
    CHECK(resolve("SOL-USDT,*-USDT,BTC-*", true, said, sizeof said));
    CHECK_EQ_STR(text(), "BTC-USDC,BTC-USDT,ETH-USDT,SOL-USDT");
    CHECK_EQ_STR(said, "");
}

TEST(a_wildcard_that_matches_nothing_is_told)
{
    char said[512] = "";
    CHECK(resolve("DOGE-*", true, said, sizeof said));
    CHECK_EQ_I64(names.count, 0);
    CHECK(strstr(said, "[coinbase] DOGE-* matches no symbol") != NULL);
}

TEST(a_name_that_is_not_listed_is_told_its_variants)
{
    char said[512] = "";
    CHECK(resolve("BTC-USD,ETH-USDT", true, said, sizeof said));
    CHECK_EQ_STR(text(), "ETH-USDT");
    CHECK(strstr(said, "BTC-USD is not in the venue's list and is left out; it has BTC-USDC, "
                       "BTC-USDT") != NULL);
    CHECK(resolve("BTC-USD,ETH-USDT", false, said, sizeof said));
    CHECK_EQ_STR(text(), "BTC-USD,ETH-USDT");
}

TEST(a_misspelled_name_is_told_the_nearest)
{
    char said[512] = "";
    CHECK(resolve("SOLX-USDT", true, said, sizeof said));
    CHECK(strstr(said, "did you mean SOL-USDT?") != NULL);
}

TEST(a_top_without_volumes_cannot_be_resolved)
{
    char said[512] = "";
    CHECK(!resolve("TOP:2:USDT", true, said, sizeof said));
    CHECK(strstr(said, "this venue does not tell them: name the symbols") != NULL);
}

TEST(a_list_that_does_not_fit_is_cut_and_counted)
{
    char small[12], said[64] = "";
    CHECK(resolve("*-USDT", true, said, sizeof said));
    CHECK(!patterns_text(&names, small, sizeof small));
}
