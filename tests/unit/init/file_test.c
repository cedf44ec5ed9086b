#include "init/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char path[600];

static const char *in_tmp(const char *name)
{
    static const char *folder;
    if (!folder)
        folder = test_tmpdir();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

TEST(a_file_is_replaced_whole)
{
    char out[16];
    CHECK_EQ_I64(file_replace(in_tmp("a"), "first", 5, NULL), 0);
    CHECK_EQ_I64(
        file_replace(in_tmp("a"), "no", 2, &(struct file_rights){0640, getuid(), getgid()}), 0);
    CHECK_EQ_I64(file_read(in_tmp("a"), out, sizeof out), 2);
    CHECK_EQ_MEM(out, "no", 2);
    struct stat status;
    CHECK(stat(in_tmp("a"), &status) == 0);
    CHECK_EQ_I64(status.st_mode & 0777, 0640);
    CHECK(access(in_tmp("a.new"), F_OK) != 0);
}

TEST(a_file_that_was_left_by_a_cut_is_no_obstacle)
{
    int fd = open(in_tmp("b.new"), O_CREAT | O_WRONLY, 0400);
    CHECK(fd >= 0);
    close(fd);
    CHECK_EQ_I64(file_replace(in_tmp("b"), "x", 1, NULL), 0);
}

TEST(refusals_leave_the_old_file)
{
    char out[8];
    CHECK_EQ_I64(file_read(in_tmp("none"), out, sizeof out), TD_E_MISSING);
    CHECK_EQ_I64(file_read("/", out, sizeof out), TD_E_IO);
    CHECK_EQ_I64(file_replace(in_tmp("none/file"), "x", 1, NULL), TD_E_MISSING);
    CHECK_EQ_I64(file_make_folder(in_tmp("folder/deep")), 0);
    CHECK_EQ_I64(file_replace(in_tmp("folder"), "x", 1, NULL), TD_E_IO);
    CHECK(access(in_tmp("folder.new"), F_OK) != 0);
    CHECK_EQ_I64(file_replace(in_tmp("c"), "12345678", 8, NULL), 0);
    CHECK_EQ_I64(file_read(in_tmp("c"), out, 8), 8);
    CHECK_EQ_I64(file_read(in_tmp("c"), out, 7), TD_E_RANGE);
}

TEST(a_pipe_in_its_place_does_not_hold_init)
{
    char out[8];
    CHECK(mkfifo(in_tmp("pipe"), 0600) == 0);
    CHECK_EQ_I64(file_read(in_tmp("pipe"), out, sizeof out), TD_E_IO);
}

TEST(a_device_is_no_file)
{
    char out[8];
    CHECK_EQ_I64(file_read("/dev/zero", out, sizeof out), TD_E_IO);
}
