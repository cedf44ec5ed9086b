#include "sync/walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "unit/test.h"

static const struct td_disk *disk;
static char root[600];

static void fresh(void)
{
    static unsigned count;
    disk = &td_os_linux()->disk;
    snprintf(root, sizeof root, "%s/%u", test_tmpdir(), count++);
}

/* A file of the table's hour. */
static void put(const char *table, const char *when, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/ready/%s/exchange=x/symbol=y/%s", root, table, when);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
    snprintf(path, sizeof path, "%s/ready/%s/exchange=x/symbol=y/%s/%s", root, table, when, name);
    int file = disk->open(disk->ctx, path, O_WRONLY | O_CREAT, 0644);
    CHECK(file >= 0);
    disk->close(disk->ctx, file);
}

static void put_marked(const char *table, const char *when, const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "%s.parquet", name);
    put(table, when, text);
    snprintf(text, sizeof text, "_%s.json", name);
    put(table, when, text);
    snprintf(text, sizeof text, "_%s.done", name);
    put(table, when, text);
}

static const char h3[] = "year=2026/month=06/day=09/hour=03",
                  h4[] = "year=2026/month=06/day=09/hour=04",
                  d10[] = "year=2026/month=06/day=10/hour=00",
                  before[] = "year=2025/month=12/day=31/hour=23";

TEST(oldest_hour_of_all_tables_comes_first)
{
    static struct oldest oldest;
    struct sync_item item;
    fresh();
    put_marked("trade", h4, "b");
    put_marked("book", d10, "c");
    put_marked("trade", before, "a");
    put_marked("book", h4, "z");
    put_marked("book", h3, "n");
    put("book", h3, "unmarked.parquet");
    oldest_begin(&oldest, disk, root, "ready/", "bronze/");
    static const char *const wanted[] = {
        "bronze/trade/exchange=x/symbol=y/year=2025/month=12/day=31/hour=23/a.parquet",
        "bronze/book/exchange=x/symbol=y/year=2026/month=06/day=09/hour=03/n.parquet",
        "bronze/book/exchange=x/symbol=y/year=2026/month=06/day=09/hour=04/z.parquet",
        "bronze/trade/exchange=x/symbol=y/year=2026/month=06/day=09/hour=04/b.parquet",
        "bronze/book/exchange=x/symbol=y/year=2026/month=06/day=10/hour=00/c.parquet"};
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        CHECK_EQ_I64(oldest_next(&oldest, &item), 1);
        CHECK_EQ_STR(item.to_key, wanted[i]);
        CHECK_EQ_I64(item.kind, SYNC_SEGMENT);
        CHECK(strncmp(item.from_key, "ready/", 6) == 0);
        CHECK_EQ_STR(item.from_key + 6, item.to_key + 7);
    }
    CHECK_EQ_I64(oldest_next(&oldest, &item), 0);
}

TEST(more_names_than_a_batch_all_come_in_order_while_they_go)
{
    static struct oldest oldest;
    struct sync_item item;
    char last[PLACE_KEY_MAX] = "", path[2048];
    fresh();
    for (int i = 0; i < 150; i++) {
        char name[32];
        snprintf(name, sizeof name, "s%03d", i * 37 % 150);
        put_marked("book", h3, name);
    }
    oldest_begin(&oldest, disk, root, "ready/", "bronze/");
    for (int i = 0; i < 150; i++) {
        CHECK_EQ_I64(oldest_next(&oldest, &item), 1);
        CHECK(strcmp(item.from_key, last) > 0);
        memcpy(last, item.from_key, sizeof last);
        snprintf(path, sizeof path, "%s/%s", root, item.from_key);
        if (i % 3)
            CHECK(unlink(path) == 0);
    }
    CHECK_EQ_I64(oldest_next(&oldest, &item), 0);
}

static bool is_there(const char *table, const char *when, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/ready/%s/exchange=x/symbol=y/%s/%s", root, table, when, name);
    return access(path, F_OK) == 0;
}

TEST(what_an_interrupted_deletion_left_goes)
{
    fresh();
    put_marked("book", h3, "whole");
    put("book", h3, "_left.json");
    put("book", h3, "_left.done");
    put("trade", h4, "_mark_alone.done");
    put("trade", h4, "_coming.json"); /* of a segment that may be renamed next */
    CHECK_EQ_I64(walk_leftovers(disk, root, "ready/"), 2);
    CHECK(!is_there("book", h3, "_left.json") && !is_there("book", h3, "_left.done"));
    CHECK(!is_there("trade", h4, "_mark_alone.done"));
    CHECK(is_there("trade", h4, "_coming.json"));
    CHECK(is_there("book", h3, "whole.parquet") && is_there("book", h3, "_whole.done"));
    CHECK_EQ_I64(walk_leftovers(disk, root, "ready/"), 0);
}
