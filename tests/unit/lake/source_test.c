#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lake/source.h"

/* Beside segments others write too: a pipe in a receipt's place must not hold who reads it. */
TEST(only_a_file_is_a_source)
{
    char path[600];
    struct source source;
    snprintf(path, sizeof path, "%s/_pipe.json", test_tmpdir());
    CHECK(mkfifo(path, 0600) == 0);
    alarm(20);
    CHECK_EQ_I64(source_open(&source, path), TD_E_IO);
    alarm(0);
    CHECK_EQ_I64(source_open(&source, test_tmpdir()), TD_E_IO);
    snprintf(path, sizeof path, "%s/none", test_tmpdir());
    CHECK_EQ_I64(source_open(&source, path), TD_E_MISSING);
}
