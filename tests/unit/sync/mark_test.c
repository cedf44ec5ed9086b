#include "sync/marked.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "store/digest.h"
#include "unit/test.h"

static char segment[1024];
static const struct td_disk *disk;

static void fresh(void)
{
    static unsigned count;
    char folder[900];
    disk = &td_os_linux()->disk;
    snprintf(folder, sizeof folder, "%s/%u", test_tmpdir(), count++);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, folder), 0);
    snprintf(segment, sizeof segment, "%s/d.parquet", folder);
}

static int64_t load(char *out, size_t cap)
{
    char path[1100];
    CHECK(mark_path_beside(segment, ".done", path, sizeof path));
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    size_t bytes = fread(out, 1, cap - 1, file);
    fclose(file);
    out[bytes] = 0;
    return (int64_t)bytes;
}

TEST(written_mark_is_found_for_its_destination_and_bytes_alone)
{
    fresh();
    const struct store_identity ours = digest_of("abc", 3), other = digest_of("abd", 3);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b/p", &ours), 0);
    CHECK_EQ_I64(mark_whole(disk, segment, "s3://b/p", &ours, 1), 0);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b/p", &ours), 1);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b/p", NULL), 1);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b/p", &other), 0);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b", &ours), 0);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://b/p2", NULL), 0);
}

TEST(its_text_is_a_line_a_destination)
{
    char text[2048];
    fresh();
    const struct store_identity ours = digest_of("abc", 3);
    CHECK_EQ_I64(mark_whole(disk, segment, "/a \"b\"", &ours, INT64_C(1790000000000000000)), 0);
    CHECK(load(text, sizeof text) > 0);
    CHECK_EQ_STR(text, "{\"to\": \"/a \\\"b\\\"\", \"bytes\": 3, \"sha256\": "
                       "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\", "
                       "\"verified\": \"2026-09-21T14:13:20.000000Z\"}\n");
    CHECK_EQ_I64(mark_read(disk, segment, "/a \"b\"", &ours), 1);
}

TEST(lines_of_other_destinations_stay_and_ours_is_there_once)
{
    char text[4096];
    fresh();
    const struct store_identity ours = digest_of("abc", 3), later = digest_of("abcd", 4);
    CHECK_EQ_I64(mark_whole(disk, segment, "s3://one", &ours, 1), 0);
    CHECK_EQ_I64(mark_whole(disk, segment, "s3://two", &ours, 2), 0);
    CHECK_EQ_I64(mark_whole(disk, segment, "s3://one", &later, 3), 0);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://one", &later), 1);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://one", &ours), 0);
    CHECK_EQ_I64(mark_read(disk, segment, "s3://two", &ours), 1);
    int64_t bytes = load(text, sizeof text);
    int lines = 0;
    for (int64_t i = 0; i < bytes; i++)
        lines += text[i] == '\n';
    CHECK_EQ_I64(lines, 2);
}

TEST(many_destinations_never_pass_the_largest_size)
{
    static char text[MARK_MAX + 1];
    fresh();
    const struct store_identity ours = digest_of("abc", 3);
    for (int i = 0; i < 120; i++) {
        char to[64];
        snprintf(to, sizeof to, "s3://bucket-%d/prefix", i);
        CHECK_EQ_I64(mark_whole(disk, segment, to, &ours, i), 0);
        CHECK_EQ_I64(mark_read(disk, segment, to, &ours), 1);
    }
    CHECK(load(text, sizeof text) < MARK_MAX);
}

TEST(torn_or_strange_text_says_nothing)
{
    static const char *const texts[] = {"",
                                        "\n\n",
                                        "{",
                                        "{\"to\": \"s3://one\"}",
                                        "[\"to\", \"s3://one\"]",
                                        "{\"to\": {\"to\": 1}, \"bytes\": 3, \"sha256\": \"x\"}",
                                        "{\"bytes\": 3, \"sha256\": \"x\", \"to\"",
                                        "{\"to\": \"s3://one\", \"bytes\": -3, \"sha256\": \"x\"}"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CHECK(!mark_says(texts[i], strlen(texts[i]), "s3://one", NULL));
    const char *good =
        "garbage\n{\"to\": \"s3://one\", \"bytes\": 3, \"sha256\": \"x\", \"new\": 1}";
    CHECK(mark_says(good, strlen(good), "s3://one", NULL));
}

TEST(taken_back_it_is_gone_and_twice_is_fine)
{
    char text[64];
    fresh();
    const struct store_identity ours = digest_of("abc", 3);
    CHECK_EQ_I64(mark_whole(disk, segment, "s3://one", &ours, 1), 0);
    CHECK_EQ_I64(mark_remove(disk, segment), 0);
    CHECK_EQ_I64(mark_remove(disk, segment), 0);
    CHECK_EQ_I64(load(text, sizeof text), -1);
}

TEST(only_segments_have_something_beside_them)
{
    char out[64];
    CHECK(mark_path_beside("a/b.parquet", ".done", out, sizeof out));
    CHECK_EQ_STR(out, "a/_b.done");
    CHECK(!mark_path_beside("a/b.json", ".done", out, sizeof out));
    CHECK(!mark_path_beside("a/.parquet", ".done", out, sizeof out));
    CHECK(!mark_path_beside("a/b.parquet", ".done", out, 9));
}
