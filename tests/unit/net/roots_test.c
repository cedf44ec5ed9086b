#include "net/roots.h"

#include <stdio.h>
#include <unistd.h>

#include "test.h"

TEST(given_certificates_win)
{
    char out[ROOTS_PATH_MAX];
    CHECK_EQ_STR(roots_find("/my/ca.pem", out), "/my/ca.pem");
    const char *found = roots_find("", out);
    CHECK(found == NULL || access(found, R_OK) == 0);
}

TEST(the_text_has_its_end)
{
    char path[512];
    const char *pem, *why;
    size_t bytes;
    snprintf(path, sizeof path, "%s/roots", test_tmpdir());
    FILE *file = fopen(path, "w");
    /* Just a page: the NUL comes from behind the file. */
    for (long i = 0; i < sysconf(_SC_PAGESIZE); i++)
        fputc('x', file);
    fclose(file);
    CHECK_EQ_I64(roots_read(path, &pem, &bytes, &why), 0);
    CHECK_EQ_I64((int64_t)bytes, sysconf(_SC_PAGESIZE) + 1);
    CHECK(pem[0] == 'x' && pem[bytes - 2] == 'x' && pem[bytes - 1] == 0);
    roots_release(pem, bytes);
}

TEST(what_cannot_be_read_says_why)
{
    char path[512];
    const char *pem, *why = "";
    size_t bytes;
    CHECK_EQ_I64(roots_read("/nowhere/roots.pem", &pem, &bytes, &why), TD_E_IO);
    CHECK_EQ_STR(why, "No such file or directory");
    CHECK_EQ_I64(roots_read(test_tmpdir(), &pem, &bytes, &why), TD_E_IO);
    CHECK_EQ_STR(why, "cannot be read");
    snprintf(path, sizeof path, "%s/large", test_tmpdir());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && ftruncate(fileno(file), (4 << 20) + 1) == 0);
    fclose(file);
    CHECK_EQ_I64(roots_read(path, &pem, &bytes, &why), TD_E_RANGE);
    CHECK_EQ_STR(why, "too large");
}
