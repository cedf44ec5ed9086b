#include "sync/upload.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "store/digest.h"
#include "unit/test.h"

static const struct td_disk *disk;
static char state[900];
static struct upload upload, loaded;

static struct upload_of fresh(void)
{
    static unsigned count;
    char path[1000];
    disk = &td_os_linux()->disk;
    snprintf(state, sizeof state, "%s/%u", test_tmpdir(), count++);
    snprintf(path, sizeof path, "%s/uploads", state);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
    memset(&upload, 0, sizeof upload);
    strncpy(upload.id, "id with blank % and \xc3\xa9", sizeof upload.id - 1);
    upload.part_bytes = 8;
    return (struct upload_of){state, "s3://bucket/a b", "key=1/x.parquet", digest_of("abc", 3)};
}

static void add_part(const struct upload_of *of, uint32_t number, const char *etag)
{
    struct store_part part = {.number = number, .bytes = 8};
    strncpy(part.etag, etag, sizeof part.etag - 1);
    CHECK_EQ_I64(upload_part(disk, of, &upload, &part), 0);
}

TEST(what_was_recorded_is_found_again)
{
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_load(disk, &of, &loaded), 0);
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    add_part(&of, 1, "\"a b\"");
    add_part(&of, 2, "");
    add_part(&of, 3, "-");
    CHECK_EQ_I64(upload_load(disk, &of, &loaded), 1);
    CHECK_EQ_STR(loaded.id, upload.id);
    CHECK_EQ_I64(loaded.part_bytes, 8);
    CHECK_EQ_I64(loaded.parts, 3);
    CHECK_EQ_STR(loaded.part[0].etag, "\"a b\"");
    CHECK_EQ_STR(loaded.part[1].etag, "");
    CHECK_EQ_STR(loaded.part[2].etag, "-");
    CHECK_EQ_I64(loaded.part[2].number, 3);
}

TEST(record_of_another_object_is_none_of_ours)
{
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    struct upload_of other = of;
    other.key = "key=2/x.parquet";
    CHECK_EQ_I64(upload_load(disk, &other, &loaded), 0);
    other = of;
    other.to = "s3://bucket/a";
    CHECK_EQ_I64(upload_load(disk, &other, &loaded), 0);
    other = of;
    other.identity = digest_of("abd", 3);
    CHECK_EQ_I64(upload_load(disk, &other, &loaded), 0);
}

TEST(part_sent_again_takes_the_place_of_what_came_behind)
{
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    add_part(&of, 1, "one");
    add_part(&of, 2, "two");
    add_part(&of, 3, "three");
    upload.parts = 1; /* the store has but the first */
    add_part(&of, 2, "two again");
    CHECK_EQ_I64(upload_load(disk, &of, &loaded), 1);
    CHECK_EQ_I64(loaded.parts, 2);
    CHECK_EQ_STR(loaded.part[1].etag, "two again");
}

static int64_t load_text(char *text, size_t cap)
{
    char command[1200];
    snprintf(command, sizeof command, "cat '%s'/uploads/*", state);
    FILE *pipe = popen(command, "r");
    CHECK(pipe != NULL);
    size_t bytes = fread(text, 1, cap, pipe);
    pclose(pipe);
    return (int64_t)bytes;
}

TEST(torn_at_any_byte_it_has_the_parts_that_are_whole)
{
    static char text[4096];
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    int64_t first = load_text(text, sizeof text);
    add_part(&of, 1, "one");
    int64_t second = load_text(text, sizeof text);
    add_part(&of, 2, "two");
    int64_t all = load_text(text, sizeof text);
    CHECK(first > 0 && second > first && all > second);
    for (int64_t cut = 0; cut <= all; cut++) {
        bool whole = upload_parse(text, (size_t)cut, &of, &loaded);
        CHECK_EQ_I64(whole, cut >= first);
        CHECK_EQ_I64(loaded.parts, cut >= all ? 2 : cut >= second);
    }
}

/* A power cut tore the last line; what is added behind it counts. */
TEST(goes_on_behind_a_torn_line)
{
    char path[1200], command[1300];
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    add_part(&of, 1, "one");
    add_part(&of, 2, "a name that is longer than those that come");
    snprintf(path, sizeof path, "%s/uploads", state);
    snprintf(command, sizeof command, "truncate -s -20 '%s'/*", path);
    CHECK(system(command) == 0);
    CHECK_EQ_I64(upload_load(disk, &of, &upload), 1);
    CHECK_EQ_I64(upload.parts, 1);
    add_part(&of, 2, "two");
    add_part(&of, 3, "three");
    CHECK_EQ_I64(upload_load(disk, &of, &loaded), 1);
    CHECK_EQ_I64(loaded.parts, 3);
    CHECK_EQ_STR(loaded.part[1].etag, "two");
}

TEST(flipped_anywhere_it_never_tells_what_was_not_recorded)
{
    static char text[4096], bent[4096];
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    add_part(&of, 1, "one");
    int64_t all = load_text(text, sizeof text);
    for (int64_t at = 0; at < all; at++) {
        memcpy(bent, text, (size_t)all);
        bent[at] ^= 1;
        bool taken = upload_parse(bent, (size_t)all, &of, &loaded);
        CHECK(!taken || loaded.parts == 0);
        CHECK(!taken || strcmp(loaded.id, upload.id) == 0);
    }
}

TEST(forgotten_it_is_gone_and_twice_is_fine)
{
    struct upload_of of = fresh();
    CHECK_EQ_I64(upload_begin(disk, &of, &upload), 0);
    CHECK_EQ_I64(upload_forget(disk, &of), 0);
    CHECK_EQ_I64(upload_forget(disk, &of), 0);
    CHECK_EQ_I64(upload_load(disk, &of, &loaded), 0);
}

TEST(parts_grow_where_there_would_be_too_many)
{
    int64_t wanted = STORE_PART_BYTES;
    CHECK_EQ_I64(upload_part_bytes(100, wanted), wanted);
    CHECK_EQ_I64(upload_part_bytes(wanted * UPLOAD_PARTS_MAX, wanted), wanted);
    int64_t more = wanted * UPLOAD_PARTS_MAX + 1;
    CHECK(upload_part_bytes(more, wanted) * UPLOAD_PARTS_MAX >= more);
}
