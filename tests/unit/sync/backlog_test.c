#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "sync/backlog.h"
#include "sync/marked.h"

#define HOUR "trades/exchange=x/symbol=A-B/year=2026/month=09/day=21/hour="

static const char to[] = "s3://bucket/prefix";
static struct backlog backlog;

static const char *path_of(const char *name)
{
    static char path[1024];
    static const char *folder;
    folder = folder ? folder : test_tmpdir();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, unsigned bytes)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", path_of(name));
    *strrchr(folder, '/') = 0;
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, folder), 0);
    int file = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(file >= 0);
    CHECK_EQ_I64(ftruncate(file, bytes), 0);
    close(file);
}

static void mark(const char *name, const char *destination)
{
    struct store_identity identity = {.bytes = 1};
    CHECK_EQ_I64(mark_whole(&td_os_linux()->disk, path_of(name), destination, &identity,
                            INT64_C(1790000000) * TD_NS_PER_S),
                 0);
}

static td_err count(bool (*stopped)(void *arg))
{
    return backlog_count(&td_os_linux()->disk, path_of("ready"), to, stopped, NULL, &backlog);
}

TEST(segments_without_a_mark_of_this_destination)
{
    CHECK_EQ_I64(count(NULL), 0);
    CHECK_EQ_I64(backlog.segments, 0);
    put("ready/" HOUR "04/a.parquet", 100);
    put("ready/" HOUR "04/_a.json", 7);
    put("ready/" HOUR "05/b.parquet", 200);
    put("ready/" HOUR "06/c.parquet", 400);
    put("ready/" HOUR "06/.tmp.parquet", 800);
    put("ready/elsewhere/d.parquet", 1600);
    mark("ready/" HOUR "04/a.parquet", to);
    mark("ready/" HOUR "06/c.parquet", "s3://bucket/other");
    CHECK_EQ_I64(count(NULL), 0);
    CHECK_EQ_I64(backlog.segments, 3);
    CHECK_EQ_I64(backlog.bytes, 2200);
    CHECK_EQ_I64(backlog.oldest_ns, INT64_C(1789966800) * TD_NS_PER_S); /* 2026-09-21T05 */
    mark("ready/" HOUR "06/c.parquet", to);
    mark("ready/" HOUR "05/b.parquet", to);
    mark("ready/elsewhere/d.parquet", to);
    CHECK_EQ_I64(count(NULL), 0);
    CHECK_EQ_I64(backlog.segments, 0);
    CHECK_EQ_I64(backlog.oldest_ns, 0);
}

static bool at_once(void *arg)
{
    (void)arg;
    return true;
}

TEST(ends_when_it_is_told_to)
{
    put("ready/" HOUR "07/e.parquet", 1);
    CHECK_EQ_I64(count(at_once), TD_E_AGAIN);
}
