#include "lake/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
