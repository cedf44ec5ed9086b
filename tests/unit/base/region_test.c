#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/region.h"

TEST(parts_are_zeroed_aligned_and_apart)
{
    struct td_region region;
    CHECK_EQ_I64(td_region_open(&region, 10000), 0);
    CHECK(region.bytes >= 10000);
    unsigned char *a = td_region_take(&region, "a", 100), *b = td_region_take(&region, "b", 1);
    unsigned char *c = td_region_take(&region, "c", 5000);
    CHECK((uintptr_t)a % 64 == 0 && (uintptr_t)b % 64 == 0 && (uintptr_t)c % 64 == 0);
    CHECK(b >= a + 100 && c >= b + 1 && c + 5000 <= region.base + region.bytes);
    for (int i = 0; i < 5000; i++)
        CHECK(c[i] == 0);
    CHECK_EQ_I64(region.part_count, 3);
    CHECK_EQ_I64(region.used, (c + 5000) - region.base);
    td_region_close(&region);
    CHECK(region.base == NULL);
}

TEST(impossible_size_is_an_error)
{
    struct td_region region;
    CHECK_EQ_I64(td_region_open(&region, 0), TD_E_NO_MEMORY);
    CHECK_EQ_I64(td_region_open(&region, (size_t)1 << 60), TD_E_NO_MEMORY);
    CHECK_EQ_I64(td_region_open(&region, SIZE_MAX), TD_E_NO_MEMORY);
    td_region_close(&region);
}

static void take_after_seal(struct td_region *region)
{
    td_region_seal(region, false);
    td_region_take(region, "late", 1);
}

static void take_too_much(struct td_region *region)
{
    td_region_take(region, "all", region->bytes);
    td_region_take(region, "more", 1);
}

static void aborts(void (*misuse)(struct td_region *))
{
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        struct td_region region;
        if (td_region_open(&region, 4096) == 0)
            misuse(&region);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

TEST(misuse_stops_the_process)
{
    aborts(take_after_seal);
    aborts(take_too_much);
}

static void printed(const struct td_region *region, bool json, char *out, size_t cap)
{
    FILE *file = fmemopen(out, cap, "w");
    td_region_print(region, file, json);
    fclose(file);
}

TEST(prints_the_plan)
{
    struct td_region region;
    char text[1000];
    CHECK_EQ_I64(td_region_open(&region, 1 << 20), 0);
    td_region_take(&region, "book pool", 64);
    td_region_take(&region, "log", 1000);
    printed(&region, true, text, sizeof text);
    CHECK_EQ_STR(text,
                 "[{\"name\":\"book pool\",\"bytes\":64},{\"name\":\"log\",\"bytes\":1000}]\n");
    printed(&region, false, text, sizeof text);
    CHECK(strstr(text, "book pool") && strstr(text, "1064 B") && strstr(text, "sum"));
    td_region_close(&region);
}
