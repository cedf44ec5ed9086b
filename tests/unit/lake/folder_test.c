#include "lake/folder.h"

#include <stdlib.h>

#include "fake_store.h"

static const char *names(const char *path, td_err want)
{
    static char out[512];
    struct folder folder = {0};
    out[0] = 0;
    CHECK_EQ_I64(folder_read(&folder, path), want);
    for (size_t i = 0; i < folder.count && !want; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s ", folder_name(&folder, i));
    CHECK(want || !folder_has(&folder, "nobody"));
    CHECK(want || folder_has(&folder, "b.json"));
    folder_free(&folder);
    return out;
}

TEST(disk_and_store_give_the_same_names)
{
    const char *dir = test_tmpdir();
    char command[512];
    snprintf(command, sizeof command,
             "mkdir -p '%s/f/deep/er' '%s/f-2' && cd '%s/f' && touch z a b.json deep/x", dir, dir,
             dir);
    CHECK_EQ_I64(system(command), 0);
    snprintf(command, sizeof command, "%s/f", dir);
    CHECK_EQ_STR(names(command, 0), "a b.json deep z ");
    fake_begin();
    fake.page = 2;
    fake_put("t/f/z", "", 0);
    fake_put("t/f/a", "", 0);
    fake_put("t/f/b.json", "", 0);
    fake_put("t/f/deep/x", "", 0);
    fake_put("t/f/deep/er/y", "", 0);
    fake_put("t/f-2/q", "", 0);
    CHECK_EQ_STR(names("s3://bucket/t/f", 0), "a b.json deep z ");
    CHECK_EQ_STR(names("s3://bucket/t/f/", 0), "a b.json deep z ");
}

TEST(none_there)
{
    fake_begin();
    names("s3://bucket/t/f", TD_E_MISSING);
    names("/nonexistent/folder", TD_E_MISSING);
    fake.fate = STORE_DENIED;
    names("s3://bucket/t/f", TD_E_NET_REFUSED);
}
