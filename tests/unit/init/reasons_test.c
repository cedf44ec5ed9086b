#include "init/reasons.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

/* One history: the lines are the process's. */
TEST(the_newest_come_first_and_outlive_a_restart)
{
    const char *folder = test_tmpdir();
    char path[512], many[512];
    snprintf(path, sizeof path, "%s/reasons", folder);
    snprintf(many, sizeof many, "%s/many", folder);
    CHECK_EQ_STR(reasons_at(0), "");
    reasons_add("first: %d", 1);
    reasons_add("second");
    CHECK(reasons_unsaved());
    CHECK(strstr(reasons_at(0), " second") != NULL);
    CHECK(strstr(reasons_at(1), " first: 1") != NULL);
    CHECK_EQ_STR(reasons_at(2), "");
    CHECK_EQ_I64(reasons_save(path), 0);
    reasons_saved();
    CHECK(!reasons_unsaved());

    for (int i = 0; i < 3 * REASONS_KEPT; i++)
        reasons_add("line %d", i);
    CHECK(strstr(reasons_at(0), "line 299") != NULL);
    CHECK(strstr(reasons_at(REASONS_KEPT - 1), "line 200") != NULL);
    CHECK_EQ_STR(reasons_at(REASONS_KEPT), "");

    /* A restart, and lines before the card was there: those of the file stand before them. */
    CHECK_EQ_I64(reasons_save(many), 0);
    reasons_load(path);
    CHECK(strstr(reasons_at(0), "line 299") != NULL);
    FILE *kept = fopen(many, "r");
    CHECK(kept != NULL);
    char line[512];
    unsigned count = 0;
    while (fgets(line, sizeof line, kept) != NULL)
        count++;
    fclose(kept);
    CHECK_EQ_U64(count, REASONS_KEPT);

    reasons_add("a line that is longer than a reason may be: %0200d", 7);
    CHECK_EQ_U64(strlen(reasons_at(0)), REASON_MAX - 1);
}
