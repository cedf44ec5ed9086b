#include "init/textfile.h"

#include <stdio.h>

#include "test.h"

TEST(values_of_lines)
{
    char out[16];
    static const char text[] = "version=0.5.0\nslot=a=b\nempty=\nlast=x";
    CHECK_EQ_STR(textfile_value(text, "version", out, sizeof out), "0.5.0");
    CHECK_EQ_STR(textfile_value(text, "slot", out, sizeof out), "a=b");
    CHECK_EQ_STR(textfile_value(text, "empty", out, sizeof out), "");
    CHECK_EQ_STR(textfile_value(text, "last", out, sizeof out), "x");
    CHECK_EQ_STR(textfile_value(text, "ersion", out, sizeof out), "");
    CHECK_EQ_STR(textfile_value(text, "versio", out, sizeof out), "");
    CHECK_EQ_STR(textfile_value("", "version", out, sizeof out), "");
}

TEST(a_long_value_is_cut)
{
    char out[4];
    CHECK_EQ_STR(textfile_value("key=abcdef\n", "key", out, sizeof out), "abc");
}

TEST(a_file_and_none)
{
    char path[512], out[16];
    snprintf(path, sizeof path, "%s/file", test_tmpdir());
    CHECK_EQ_I64(textfile_read(path, out, sizeof out), TD_E_MISSING);
    CHECK_EQ_STR(out, "");
    CHECK_EQ_I64(textfile_set(path, "word"), TD_E_MISSING);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK_EQ_I64(textfile_set(path, "word"), 0);
    CHECK_EQ_I64(textfile_read(path, out, sizeof out), 4);
    CHECK_EQ_STR(out, "word");
}
