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

TEST(a_path_says_when_its_hour_begins)
{
    struct path_partition partition;
    CHECK_EQ_I64(path_parse("t/exchange=x/symbol=s/year=1970/month=1/day=2/hour=3", &partition), 0);
    CHECK_EQ_I64(path_hour_ns(&partition), 27 * TD_NS_PER_HOUR);
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

TEST(each_part_of_a_path_is_looked_at)
{
    static const char *const bad[] = {
        "/exchange=a/symbol=b/year=2026/month=6/day=9/hour=4",
        "book/symbol=b/symbol=b/year=2026/month=6/day=9/hour=4",
        "book/exchange=a/symbol/year=2026/month=6/day=9/hour=4",
        "book/exchange=a/symbol=/year=2026/month=6/day=9/hour=4",
        "book/exchange=a/symbol=b/year=1969/month=6/day=9/hour=4",
        "book/exchange=a/symbol=b/year=2026/month=0/day=9/hour=4",
        "book/exchange=a/symbol=b/year=2026/month=6/day=32/hour=4",
        "book/exchange=a/symbol=b/year=2026/month=6/day=9/hour=24",
        "book/exchange=a/symbol=b/year=2026/month=6/day=9/minute=4",
        "book/exchange=a/symbol=b/year=2026/month=6/day=9",
        "book/exchange=a/symbol=b/year=99999999999999999999/month=6/day=9/hour=4",
    };
    struct path_partition back;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ_I64(path_parse(bad[i], &back), TD_E_SYNTAX);
    CHECK_EQ_I64(path_parse("a//book/exchange=a/symbol=b/year=2026/month=6/day=9/hour=0", &back),
                 0);
}

TEST(counters_that_are_none_read_as_zero)
{
    CHECK_EQ_U64(path_counter("_00007.parquet"), 0);
    CHECK_EQ_U64(path_counter("a_.parquet"), 0);
    CHECK_EQ_U64(path_counter("a_4294967296.parquet"), 0);
    CHECK_EQ_U64(path_counter("a_99999999999999999999.parquet"), 0);
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
    CHECK_EQ_I64(path_join(root, "0123456789.parquet", folder), TD_E_RANGE);
    char deck[PATH_NAME_MAX], name[PATH_NAME_MAX], receipt[PATH_NAME_MAX];
    memset(deck, 'd', sizeof deck);
    deck[PATH_NAME_MAX - 1] = 0;
    CHECK_EQ_I64(path_name(deck, hour_ns, 1, name), TD_E_RANGE);
    CHECK_EQ_I64(path_receipt(".parquet", receipt), TD_E_SYNTAX);
}
