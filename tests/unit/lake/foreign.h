/* Files made by other writers, once a test program, by foreign.py and the Python of TAPEDECK_PYTHON. */
#ifndef TD_TEST_FOREIGN_H
#define TD_TEST_FOREIGN_H

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

/* Folder with the files; skips the test when there is no such Python. */
static inline const char *foreign_files(void)
{
    static const char *made;
    const char *python = getenv("TAPEDECK_PYTHON");
    char command[4096];
    if (made)
        return made;
    if (!python || !*python)
        SKIP("TAPEDECK_PYTHON (with pyarrow) is not set");
    const char *dir = test_tmpdir();
    snprintf(command, sizeof command, "'%s' tests/unit/lake/foreign.py '%s'", python, dir);
    /* The sanitizer's preload must not reach Python. */
    if (system(command) != 0)
        FAIL("foreign.py failed");
    made = dir;
    return made;
}

/* The file's bytes; the caller frees. */
static inline unsigned char *foreign_load(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    CHECK(in != NULL);
    fseek(in, 0, SEEK_END);
    *bytes = (size_t)ftell(in);
    rewind(in);
    unsigned char *data = malloc(*bytes + 1);
    CHECK(data != NULL);
    CHECK_EQ_U64(fread(data, 1, *bytes, in), *bytes);
    fclose(in);
    return data;
}

#endif
