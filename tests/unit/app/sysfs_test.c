#include "app/sysfs.h"

#include "fake_sys.h"

TEST(values_are_read_behind_the_root)
{
    const char *root = test_tmpdir();
    char text[SYSFS_TEXT_MAX];
    int64_t value = 7, many[4] = {0};
    sys_put(root, "/sys/a/temp", "-48123\n");
    sys_put(root, "/sys/a/type", "cpu-thermal \n");
    sys_put(root, "/sys/a/stat", "   1 22\t333 \n 4444 5\n");
    sys_put(root, "/sys/a/wrong", "1 x 3\n");
    sys_put(root, "/sys/a/empty", "%s", "");
    CHECK(sysfs_number(root, "/sys/a/temp", &value));
    CHECK_EQ_I64(value, -48123);
    CHECK(sysfs_text(root, "/sys/a/type", text));
    CHECK_EQ_STR(text, "cpu-thermal");
    CHECK_EQ_U64(sysfs_numbers(root, "/sys/a/stat", many, 4), 4);
    CHECK(many[0] == 1 && many[1] == 22 && many[2] == 333 && many[3] == 4444);
    CHECK_EQ_U64(sysfs_numbers(root, "/sys/a/wrong", many, 4), 1);
    CHECK(!sysfs_number(root, "/sys/a/type", &value) &&
          !sysfs_number(root, "/sys/a/empty", &value));
    CHECK_EQ_I64(value, -48123); /* left alone */
}

TEST(what_is_not_there_is_said)
{
    const char *root = test_tmpdir();
    char text[SYSFS_TEXT_MAX] = "before", path[2 * SYSFS_PATH_MAX];
    int64_t value;
    CHECK(!sysfs_text(root, "/sys/nothing", text));
    CHECK_EQ_STR(text, "");
    CHECK(!sysfs_text(root, "/", text)); /* a folder */
    CHECK_EQ_U64(sysfs_numbers(root, "/sys/nothing", &value, 1), 0);
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CHECK(!sysfs_text(root, path, text));
}

TEST(a_long_file_is_cut)
{
    const char *root = test_tmpdir();
    char text[SYSFS_TEXT_MAX];
    sys_put(root, "/sys/long", "%0700d", 5);
    CHECK(sysfs_text(root, "/sys/long", text));
    CHECK_EQ_U64(strlen(text), SYSFS_TEXT_MAX - 1);
}
