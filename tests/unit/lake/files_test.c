#include "lake/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_store.h"
#include "test.h"

static const char *tree(const char *commands)
{
    char command[1024];
    const char *dir = test_tmpdir();
    snprintf(command, sizeof command, "cd '%s' && %s", dir, commands);
    CHECK_EQ_I64(system(command), 0);
    return dir;
}

/* Paths below dir as one text. */
static const char *listed(const char *dir)
{
    static char out[2048];
    struct file_list list = {0};
    size_t at = 0;
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    out[0] = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct file_entry *file = files_at(&list, i);
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s%s ", file->path + strlen(dir),
                               file->is_open ? "+open" : "", file->is_receipt ? "+receipt" : "");
    }
    files_free(&list);
    return out;
}

TEST(a_data_directory_is_active_and_ready)
{
    const char *dir =
        tree("mkdir -p active/t ready/t/b ready/t/a journal && touch active/t/x.parquet "
             "ready/t/b/1.parquet ready/t/a/2.parquet ready/t/a/_2.json journal/j.parquet");
    CHECK_EQ_STR(listed(dir),
                 "/active/t/x.parquet+open /ready/t/a/2.parquet /ready/t/a/_2.json+receipt "
                 "/ready/t/b/1.parquet ");
}

TEST(other_files_are_passed_over)
{
    const char *dir =
        tree("touch a.parquet b.csv _c.parquet .d.parquet e.json _f.json && ln -s . loop");
    CHECK_EQ_STR(listed(dir), "/_f.json+receipt /a.parquet ");
}

TEST(a_path_that_is_not_there)
{
    struct file_list list = {0};
    CHECK_EQ_I64(files_collect(&list, "/nonexistent/folder"), TD_E_MISSING);
    files_free(&list);
}

/* ---- stores ---- */

TEST(a_lake_is_its_layers_in_the_order_of_a_walk)
{
    fake_begin();
    fake_put("lake/silver/s.parquet", "x", 1);
    fake_put("lake/certificates/exchange=x/date=2026-09-21.json", "x", 1);
    fake_put("lake/bronze/trades/symbol=A/1.parquet", "xy", 2);
    fake_put("lake/bronze/trades/symbol=A/_1.json", "x", 1);
    fake_put("lake/bronze/trades/symbol=A-B/2.parquet", "x", 1);
    fake_put("lake/bronze/trades/symbol=A/_1.done", "x", 1);
    CHECK_EQ_STR(listed("s3://bucket/lake"),
                 "/bronze/trades/symbol=A/1.parquet /bronze/trades/symbol=A/_1.json+receipt "
                 "/bronze/trades/symbol=A-B/2.parquet ");
    CHECK_EQ_I64(fake.lists, 2);
    CHECK_EQ_STR(listed("s3://bucket/lake/bronze/trades"),
                 "/symbol=A/1.parquet /symbol=A/_1.json+receipt /symbol=A-B/2.parquet ");
    CHECK_EQ_I64(fake.lists, 3);
    CHECK_EQ_I64(fake.gets + fake.heads, 0);
}

TEST(a_prefix_without_layers_is_all_below_it)
{
    fake_begin();
    fake.page = 1;
    fake_put("x/silver/s.parquet", "x", 1);
    fake_put("x/a.parquet", "x", 1);
    fake_put("xy/no.parquet", "x", 1);
    CHECK_EQ_STR(listed("s3://bucket/x"), "/a.parquet /silver/s.parquet ");
}

TEST(one_object_and_none)
{
    struct file_list list = {0};
    fake_begin();
    CHECK_EQ_STR(listed("s3://bucket"), "");
    fake_put("x/a.parquet", "xyz", 3);
    fake_put("x/notes", "x", 1);
    CHECK_EQ_I64(files_collect(&list, "s3://bucket/x/a.parquet"), 0);
    CHECK_EQ_I64(files_collect(&list, "s3://bucket/x/notes"), 0);
    CHECK_EQ_I64(list.count, 2);
    CHECK_EQ_I64(files_at(&list, 0)->bytes, 3);
    CHECK_EQ_I64(files_collect(&list, "s3://bucket/x/b.parquet"), TD_E_MISSING);
    CHECK_EQ_I64(files_collect(&list, "s3://bucket/y"), TD_E_MISSING);
    CHECK_EQ_I64(files_collect(&list, "s3://B/y"), TD_E_SYNTAX);
    files_free(&list);
}

TEST(whether_a_path_is_in_the_list)
{
    struct file_list list = {0};
    fake_begin();
    CHECK(!files_have(&list, "s3://bucket/a.parquet"));
    fake_put("c.parquet", "x", 1);
    fake_put("a.parquet", "x", 1);
    CHECK_EQ_I64(files_collect(&list, "s3://bucket"), 0);
    CHECK(files_have(&list, "s3://bucket/a.parquet"));
    CHECK(!files_have(&list, "s3://bucket/b.parquet"));
    files_free(&list);
}
