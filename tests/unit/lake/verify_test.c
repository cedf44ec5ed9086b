#include "lake/verify.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_store.h"
#include "lake/files.h"
#include "lake/verb.h"
#include "segments.h"

struct heard {
    char text[4096]; /* lines "kind: what" */
};

static void hear(void *ctx, const char *path, const char *kind, const char *what)
{
    struct heard *heard = ctx;
    size_t at = strlen(heard->text);
    (void)path;
    snprintf(heard->text + at, sizeof heard->text - at, "%s: %s\n", kind, what);
}

static struct verify check_dir(const char *dir, bool quick, struct heard *heard)
{
    struct file_list list = {0};
    struct verify v = {.tell = hear, .ctx = heard, .quick = quick};
    heard->text[0] = 0;
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct file_entry *file = files_at(&list, i);
        if (file->is_receipt)
            verify_receipt_alone(&v, file->path);
        else
            verify_segment(&v, file->path);
    }
    files_free(&list);
    verify_free(&v);
    return v;
}

/* First file below dir whose path holds `part`. */
static void find(const char *dir, const char *part, bool receipt, char *out, size_t cap)
{
    struct file_list list = {0};
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    out[0] = 0;
    for (size_t i = 0; i < list.count && !out[0]; i++)
        if (strstr(files_at(&list, i)->path, part) && files_at(&list, i)->is_receipt == receipt)
            snprintf(out, cap, "%s", files_at(&list, i)->path);
    files_free(&list);
    CHECK(out[0] != 0);
}

static const char *fresh(void)
{
    const char *dir = test_tmpdir();
    segments_make(dir, false);
    return dir;
}

static void run(const char *format, const char *a, const char *b)
{
    char command[4096];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(command, sizeof command, format, a, b);
#pragma GCC diagnostic pop
    CHECK_EQ_I64(system(command), 0);
}

/* For tests/cli: leaves the directory where TAPE_FIXTURE says, of large segments with TAPE_FIXTURE_LARGE. */
TEST(fixture)
{
    const char *dir = getenv("TAPE_FIXTURE");
    if (!dir)
        SKIP("TAPE_FIXTURE is not set");
    if (getenv("TAPE_FIXTURE_LARGE"))
        segments_make_large(dir);
    else
        segments_make(dir, false);
}

TEST(the_recorders_files_are_fine)
{
    struct heard heard;
    struct verify v = check_dir(fresh(), false, &heard);
    CHECK_EQ_STR(heard.text, "");
    CHECK_EQ_I64(v.code, EXIT_FINE);
    CHECK_EQ_I64(v.files, 6);
    CHECK_EQ_I64(v.rows, SEGMENTS_FRAMES + SEGMENTS_FRAMES / 3 + 2);
}

TEST(a_flipped_byte_anywhere_is_found)
{
    struct heard heard;
    char path[1024];
    const char *dir = fresh();
    struct stat st;
    find(dir, "/instruments/", false, path, sizeof path);
    CHECK_EQ_I64(stat(path, &st), 0);
    for (long at = 0; at < st.st_size; at += 7) {
        FILE *f = fopen(path, "r+b");
        fseek(f, at, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(byte ^ 0x10, f);
        fclose(f);
        struct verify v = check_dir(path, false, &heard);
        if (v.code != EXIT_CORRUPT)
            FAIL("byte %ld: code %d: %s", at, v.code, heard.text);
        f = fopen(path, "r+b");
        fseek(f, at, SEEK_SET);
        fputc(byte, f);
        fclose(f);
    }
    CHECK_EQ_I64(check_dir(path, false, &heard).code, EXIT_FINE);
}

TEST(a_segment_in_a_wrong_folder_is_found)
{
    struct heard heard;
    const char *dir = fresh();
    char path[1024];
    run("mv '%s'/ready/trades/exchange=coinbase '%s'/ready/trades/exchange=kraken", dir, dir);
    find(dir, "/trades/", false, path, sizeof path);
    struct verify v = check_dir(path, false, &heard);
    CHECK_EQ_I64(v.code, EXIT_FOUND);
    CHECK(strstr(heard.text,
                 "path: column exchange holds 'coinbase' in row 0, the path says 'kraken'") !=
          NULL);
    CHECK(strstr(heard.text,
                 "path: the file's metadata names exchange 'coinbase', the path 'kraken'") != NULL);
}

TEST(a_wrong_hour_is_found)
{
    struct heard heard;
    const char *dir = fresh();
    char path[1024];
    run("mv '%s'/ready/trades/*/*/*/*/*/hour=04 "
        "'%s'/ready/trades/exchange=coinbase/symbol=BTC-USD/year=2026/month=09/day=21/hour=07",
        dir, dir);
    find(dir, "/hour=07/", false, path, sizeof path);
    struct verify v = check_dir(path, false, &heard);
    CHECK_EQ_I64(v.code, EXIT_FOUND);
    CHECK(strstr(heard.text, "path: column hour holds 4 in row 0, the path says 7") != NULL);
    CHECK(strstr(heard.text, "rows were received outside of the path's hour") != NULL);
}

TEST(orphans_are_found_on_both_sides)
{
    struct heard heard;
    const char *dir = fresh();
    char path[1024];
    find(dir, "/gaps/", true, path, sizeof path);
    CHECK_EQ_I64(unlink(path), 0);
    CHECK_EQ_I64(check_dir(dir, false, &heard).code, EXIT_FOUND);
    CHECK_EQ_STR(heard.text, "orphan: segment without a receipt\n");
    find(dir, "/gaps/", false, path, sizeof path);
    CHECK_EQ_I64(unlink(path), 0);
    find(dir, "/instruments/", false, path, sizeof path);
    CHECK_EQ_I64(unlink(path), 0);
    CHECK_EQ_I64(check_dir(dir, false, &heard).code, EXIT_FOUND);
    CHECK_EQ_STR(heard.text, "orphan: receipt without its segment\n");
}

TEST(a_receipt_that_lies_is_found)
{
    struct heard heard;
    const char *dir = fresh();
    char path[1024];
    find(dir, "/trades/", true, path, sizeof path);
    run("sed -i 's/\"rows\": [0-9]*/\"rows\": 4/; s/\"journal_last_frame\": "
        "[0-9]*/\"journal_last_frame\": 5/' '%s'%s",
        path, "");
    struct verify v = check_dir(dir, true, &heard);
    CHECK_EQ_I64(v.code, EXIT_FOUND);
    CHECK_EQ_STR(heard.text, "receipt: rows is 66, the receipt says 4\n");
    check_dir(dir, false, &heard);
    CHECK(strstr(heard.text, "receipt: rows come from frames 3 to 198, the receipt says 1 to 5") !=
              NULL ||
          strstr(heard.text, "receipt: rows come from frames 3 to 198, the receipt says 3 to 5") !=
              NULL);
}

TEST(values_out_of_range_are_counted)
{
    struct heard heard;
    const char *dir = test_tmpdir();
    segments_make(dir, true);
    struct verify v = check_dir(dir, false, &heard);
    CHECK_EQ_I64(v.code, EXIT_FOUND);
    CHECK_EQ_I64(v.violations, 2);
    CHECK(strstr(heard.text, "range: 1 values out of range, the first: price is not positive in "
                             "row 10 of its row group") != NULL);
    CHECK(strstr(heard.text, "range: 1 values out of range, the first: size is not positive in row "
                             "2 of its row group") != NULL);
}

/* Offset of the last place in the file where these bytes stand: the footer's copy. */
static long last_place(const char *path, const unsigned char *bytes, size_t count)
{
    static unsigned char data[1 << 20];
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t size = fread(data, 1, sizeof data, f);
    fclose(f);
    for (size_t at = size - count; at > 0; at--)
        if (memcmp(data + at, bytes, count) == 0)
            return (long)at;
    FAIL("the bytes are not in the file");
}

TEST(wrong_statistics_are_found)
{
    struct heard heard;
    char path[1024];
    unsigned char min[8];
    struct reader *reader = NULL;
    find(fresh(), "/trades/", false, path, sizeof path);
    CHECK_EQ_I64(reader_open(path, NULL, &reader), 0);
    int column = footer_column(reader_meta(reader), "frame");
    memcpy(min, reader_meta(reader)->group[0].chunk[column].stats.min.at, 8);
    reader_close(reader);
    FILE *f = fopen(path, "r+b");
    fseek(f, last_place(path, min, 8), SEEK_SET);
    fputc(min[0] + 1, f);
    fclose(f);
    CHECK_EQ_I64(check_dir(path, false, &heard).code, EXIT_CORRUPT); /* the hash knows as well */
    CHECK(strstr(heard.text, "statistics: min of column frame is wrong in row group 0\n") != NULL);
}

/* A path and a table, but columns of another maker. */
TEST(a_foreign_schema_is_found)
{
    struct heard heard;
    char path[1024];
    const char *dir = fresh();
    find(dir, "/gaps/", false, path, sizeof path);
    run("cp '%s' \"$(dirname \"$(find '%s/ready/trades' -name '*.parquet' | head -n "
        "1)\")/a_b_1.parquet\"",
        path, dir);
    find(dir, "/a_b_1", false, path, sizeof path);
    CHECK_EQ_I64(check_dir(path, false, &heard).code, EXIT_FOUND);
    CHECK(strstr(heard.text, "schema: column gap_id stands where trade_id belongs\n") != NULL);
    CHECK(strstr(heard.text, "path: the file's metadata names table 'gaps', the path 'trades'\n") !=
          NULL);
    CHECK(strstr(heard.text, "path: column deck holds 'test_deck' in row 0, the path says 'a'\n") !=
          NULL);
}

/* ---- in a store ---- */

TEST(objects_of_a_store_are_read_once)
{
    struct heard heard;
    int64_t bytes = 0, objects = 0;
    fake_begin();
    fake_fill(fresh(), "lake/", "bronze");
    for (unsigned i = 0; i < fake.count; i++) {
        bytes += fake.object[i].bytes;
        objects++;
    }
    struct verify v = check_dir("s3://bucket/lake", false, &heard);
    CHECK_EQ_STR(heard.text, "");
    CHECK_EQ_I64(v.code, EXIT_FINE);
    CHECK_EQ_I64(v.files, 6);
    CHECK_EQ_I64(v.rows, 402);
    CHECK_EQ_I64(fake.sent, bytes);
    CHECK_EQ_I64(fake.gets, objects);
}

TEST(an_object_with_a_flipped_bit_is_found)
{
    struct heard heard;
    fake_begin();
    fake_fill(fresh(), "lake/", "bronze");
    for (unsigned i = 0; i < fake.count; i++)
        if (strstr(fake.object[i].key, "/book/") && strstr(fake.object[i].key, ".parquet"))
            ((uint8_t *)(uintptr_t)fake.object[i].data)[fake.object[i].bytes / 3] ^= 4;
    struct verify v = check_dir("s3://bucket/lake/bronze/book", false, &heard);
    CHECK_EQ_I64(v.code, EXIT_CORRUPT);
    CHECK(strstr(heard.text, "page: ") != NULL);
    CHECK(strstr(heard.text, "hash: sha256 is") != NULL);
}

TEST(a_store_that_answers_wrongly_is_no_damaged_segment)
{
    struct heard heard;
    fake_begin();
    fake_fill(fresh(), "", "bronze");
    fake.shorter = true;
    struct verify v = check_dir("s3://bucket/bronze/gaps", false, &heard);
    CHECK_EQ_I64(v.code, EXIT_NETWORK);
    CHECK(strstr(heard.text, "network: the store sends ") != NULL);
}

TEST(bytes_from_another_place_are_never_rows)
{
    struct heard heard;
    fake_begin();
    fake_fill(fresh(), "", "bronze");
    fake.shifted = true;
    struct verify v = check_dir("s3://bucket/bronze/trades", true, &heard);
    CHECK_EQ_I64(v.code, EXIT_CORRUPT);
    CHECK_EQ_I64(v.rows, 0);
    CHECK(strstr(heard.text, "not a Parquet file") || strstr(heard.text, "torn"));
}
