#include "segment/path.h"

#include "base/limits.h"
#include "test.h"

static const int64_t hour_ns = INT64_C(1780977600) * TD_NS_PER_S; /* 2026-06-09 04:00 */

static void sanitises(const char *text, const char *want)
{
    char out[PATH_VALUE_MAX];
    path_sanitise(text, strlen(text), out, sizeof out);
    CHECK_EQ_STR(out, want);
}

TEST(values_become_fit_for_paths)
{
    sanitises("BTC-USD", "BTC-USD");
    sanitises("BTC/USD", "BTC-USD");
    sanitises("a\\b:c*d?e\"f<g>h|i%j", "a-b-c-d-e-f-g-h-i-j");
    sanitises("x\ny\x7Fz", "x-y-z");
    sanitises("", "unknown");
    sanitises("\xE2\x82\xBF-USD", "\xE2\x82\xBF-USD");
    sanitises("\xFF", "-");
    sanitises("1234567890123456789012345678901234567\xE2\x82\xBF",
              "1234567890123456789012345678901234567");
}

TEST(folders_are_built_padded_and_parsed_again)
{
    struct path_partition partition, back;
    char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
    memset(&partition, 0, sizeof partition);
    memset(&back, 0, sizeof back);
    path_partition_of(&partition, "book", "kraken", "BTC/USD", hour_ns);
    CHECK_EQ_I64(path_folder("/d/ready", &partition, folder), 0);
    CHECK_EQ_STR(folder,
                 "/d/ready/book/exchange=kraken/symbol=BTC-USD/year=2026/month=06/day=09/hour=04");
    CHECK_EQ_I64(path_join(folder, "x.parquet", path), 0);
    CHECK_EQ_I64(path_parse(path, &back), 0);
    CHECK_EQ_MEM(&back, &partition, sizeof back);
    CHECK_EQ_I64(path_parse("book/exchange=a/symbol=b/year=2026/month=6/day=9/hour=4", &back), 0);
    CHECK_EQ_I64(back.month, 6);
}

TEST(paths_that_are_none_are_refused)
{
    struct path_partition back;
    CHECK_EQ_I64(path_parse("", &back), TD_E_SYNTAX);
    CHECK_EQ_I64(path_parse("exchange=a/symbol=b/year=2026/month=6/day=9/hour=4", &back),
                 TD_E_SYNTAX);
    CHECK_EQ_I64(path_parse("book/exchange=a/symbol=b/year=2026/month=13/day=9/hour=4", &back),
                 TD_E_SYNTAX);
    CHECK_EQ_I64(path_parse("book/exchange=/symbol=b/year=2026/month=1/day=9/hour=4", &back),
                 TD_E_SYNTAX);
    CHECK_EQ_I64(path_parse("book/exchange=a/symbol=b/year=x/month=1/day=9/hour=4", &back),
                 TD_E_SYNTAX);
}

TEST(names_carry_start_and_counter)
{
    char name[PATH_NAME_MAX], receipt[PATH_NAME_MAX];
    CHECK_EQ_I64(path_name("deck1", hour_ns + 15 * 60 * TD_NS_PER_S + 999, 7, name), 0);
    CHECK_EQ_STR(name, "deck1_20260609T041500Z_00007.parquet");
    CHECK_EQ_I64(path_receipt(name, receipt), 0);
    CHECK_EQ_STR(receipt, "_deck1_20260609T041500Z_00007.json");
    CHECK_EQ_U64(path_counter(name), 7);
    CHECK_EQ_U64(path_counter("deck1_20260609T041500Z_123456.parquet"), 123456);
    CHECK_EQ_U64(path_counter("deck1_20260609T041500Z_00007.tmp"), 0);
    CHECK_EQ_U64(path_counter("notes.parquet"), 0);
    CHECK_EQ_U64(path_counter("a_x7.parquet"), 0);
    CHECK_EQ_I64(path_receipt("a.txt", receipt), TD_E_SYNTAX);
}

TEST(what_does_not_fit_is_an_error)
{
    struct path_partition partition;
    char root[PATH_MAX_BYTES], folder[PATH_MAX_BYTES];
    memset(root, 'r', sizeof root);
    root[PATH_MAX_BYTES - 10] = 0;
    path_partition_of(&partition, "book", "a", "b", hour_ns);
    CHECK_EQ_I64(path_folder(root, &partition, folder), TD_E_RANGE);
}
