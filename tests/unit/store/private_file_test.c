#include "store/private_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char path[256];

static const char *read_with(mode_t mode, const void *data, size_t bytes, char *out, size_t *count)
{
    snprintf(path, sizeof path, "%s/secret", test_tmpdir());
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK_EQ_U64(fwrite(data, 1, bytes, file), bytes);
    CHECK_EQ_I64(fclose(file), 0);
    CHECK_EQ_I64(chmod(path, mode), 0);
    return private_file_read(path, out, count);
}

TEST(a_file_of_ones_own_is_read_whole)
{
    char out[PRIVATE_FILE_MAX];
    size_t bytes;
    CHECK(read_with(0600, "abc\n", 4, out, &bytes) == NULL);
    CHECK_EQ_U64(bytes, 4);
    CHECK_EQ_STR(out, "abc\n");
    CHECK(read_with(0400, "", 0, out, &bytes) == NULL);
    CHECK_EQ_STR(out, "");
}

TEST(what_others_may_read_or_change_is_refused)
{
    static const mode_t modes[] = {0604, 0602, 0640, 0620, 0644, 0666, 0610, 0601};
    char out[PRIVATE_FILE_MAX];
    size_t bytes;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *why = read_with(modes[i], "abc", 3, out, &bytes);
        CHECK(why != NULL && strstr(why, "chmod 600") != NULL);
        CHECK_EQ_STR(out, "");
        CHECK_EQ_U64(bytes, 0);
    }
}

TEST(what_is_no_text_file_is_refused)
{
    static char large[PRIVATE_FILE_MAX];
    char out[PRIVATE_FILE_MAX];
    size_t bytes;
    memset(large, 'l', sizeof large);
    CHECK_EQ_STR(private_file_read(test_tmpdir(), out, &bytes), "it is no file");
    CHECK_EQ_STR(private_file_read("/dev/null", out, &bytes), "it is no file");
    CHECK_EQ_STR(read_with(0600, "a\0b", 3, out, &bytes), "it is no text");
    CHECK_EQ_STR(read_with(0600, large, sizeof large, out, &bytes), "it is too long");
    CHECK(read_with(0600, large, sizeof large - 1, out, &bytes) == NULL);
    CHECK_EQ_U64(bytes, sizeof large - 1);
    unlink(path);
    CHECK_EQ_STR(private_file_read(path, out, &bytes), strerror(ENOENT));
}
