#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sync/status.h"

static const struct sync_status sample = {
    .from = "/data/deck",
    .to = "s3://bucket/a \"b\"\\c",
    .pid = 4711,
    .phase = SYNC_PHASE_WAIT,
    .health = SYNC_HEALTH_NO_BUCKET,
    .words = "NoSuchBucket\nline two",
    .advice = "Make the bucket.",
    .started_ns = INT64_C(1790000000123456000),
    .updated_ns = INT64_C(1790000001000000000),
    .next_ns = INT64_C(1790000301000000000),
    .backlog_segments = 12,
    .backlog_bytes = INT64_C(5000000000),
    .oldest_backlog_ns = INT64_C(1789998000000000000),
    .failed = 1,
    .blocked = 2,
    .conflicts = 3,
    .passes = 40,
    .sent_total = 5000,
    .sent_bytes_total = INT64_C(1) << 45,
    .removed_total = 7,
};
static char text[STATUS_BYTES_MAX];
static struct sync_status got;

TEST(reads_back_what_was_written)
{
    size_t bytes = sync_status_text(&sample, text);
    CHECK_EQ_U64(bytes, strlen(text));
    CHECK_EQ_I64(sync_status_parse(text, bytes, &got), 0);
    CHECK_EQ_STR(got.from, sample.from);
    CHECK_EQ_STR(got.to, sample.to);
    CHECK_EQ_STR(got.words, sample.words);
    CHECK_EQ_STR(got.advice, sample.advice);
    CHECK_EQ_I64(got.pid, 4711);
    CHECK_EQ_I64(got.phase, SYNC_PHASE_WAIT);
    CHECK_EQ_I64(got.health, SYNC_HEALTH_NO_BUCKET);
    CHECK_EQ_I64(got.started_ns, sample.started_ns);
    CHECK_EQ_I64(got.updated_ns, sample.updated_ns);
    CHECK_EQ_I64(got.next_ns, sample.next_ns);
    CHECK_EQ_I64(got.backlog_segments, 12);
    CHECK_EQ_I64(got.backlog_bytes, sample.backlog_bytes);
    CHECK_EQ_I64(got.oldest_backlog_ns, sample.oldest_backlog_ns);
    CHECK_EQ_I64(got.last_verified_ns, 0);
    CHECK_EQ_I64(got.failed, 1);
    CHECK_EQ_I64(got.blocked, 2);
    CHECK_EQ_I64(got.conflicts, 3);
    CHECK_EQ_I64(got.passes, 40);
    CHECK_EQ_I64(got.sent_total, 5000);
    CHECK_EQ_I64(got.sent_bytes_total, INT64_C(1) << 45);
    CHECK_EQ_I64(got.removed_total, 7);
}

TEST(its_keys_stand_in_the_format)
{
    sync_status_text(&sample, text);
    CHECK(strncmp(text, "{\n\"version\": 1,\n\"health\": \"no-bucket\",\n", 38) == 0);
    CHECK(strstr(text, "\"backlog_segments\": 12,\n\"backlog_bytes\": 5000000000,\n"));
    CHECK(strstr(text, "\"oldest_backlog_utc\": \"2026-09-21T13:40:00"));
    CHECK(strstr(text, "\"last_verified_utc\": null,\n"));
}

TEST(a_bare_control_character_goes_no_further)
{
    static const char hostile[] =
        "{\"version\": 1, \"words\": \"\033]0;own\a\177\", \"to\": \"\\u001bx\"}";
    CHECK_EQ_I64(sync_status_parse(hostile, sizeof hostile - 1, &got), 0);
    CHECK_EQ_STR(got.words, "?]0;own??");
    CHECK_EQ_STR(got.to, "?x");
}

TEST(the_longest_of_all_fits)
{
    struct sync_status longest = sample;
    memset(longest.from, 1, sizeof longest.from - 1);
    memset(longest.to, 1, sizeof longest.to - 1);
    memset(longest.words, 1, sizeof longest.words - 1);
    memset(longest.advice, 1, sizeof longest.advice - 1);
    size_t bytes = sync_status_text(&longest, text);
    CHECK(bytes < sizeof text - 1);
    CHECK_EQ_I64(sync_status_parse(text, bytes, &got), 0);
    CHECK_EQ_I64(got.removed_total, 7);
}

static td_err parse(const char *json)
{
    return sync_status_parse(json, strlen(json), &got);
}

TEST(later_writers_and_damage)
{
    CHECK_EQ_I64(
        parse("{\"version\": 1, \"health\": \"fine\", \"new\": {\"failed\": 9}, \"x\": []}"), 0);
    CHECK_EQ_I64(got.failed, 0);
    CHECK_EQ_I64(got.backlog_segments, -1);
    CHECK_EQ_I64(parse("{\"version\": 2}"), TD_E_UNSUPPORTED);
    CHECK_EQ_I64(parse(""), TD_E_SYNTAX);
    CHECK_EQ_I64(parse("[]"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse("{\"health\": \"splendid\"}"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse("{\"phase\": null}"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse("{\"pid\": {}}"), TD_E_SYNTAX);
    CHECK_EQ_I64(parse("{\"pid\": \"me\"}"), TD_E_SYNTAX);
    size_t bytes = sync_status_text(&sample, text);
    for (size_t cut = 0; cut + 2 < bytes; cut++)
        if (sync_status_parse(text, cut, &got) == 0)
            FAIL("a text cut at %zu was taken", cut);
}

TEST(a_file_by_rename)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[512];
    CHECK(sync_status_path(test_tmpdir(), path, sizeof path));
    CHECK_EQ_I64(sync_status_read(disk, path, &got), TD_E_MISSING);
    CHECK_EQ_I64(sync_status_write(disk, path, &sample), 0);
    CHECK_EQ_I64(sync_status_write(disk, path, &sample), 0);
    CHECK_EQ_I64(sync_status_read(disk, path, &got), 0);
    CHECK_EQ_STR(got.to, sample.to);
    char beside[520];
    snprintf(beside, sizeof beside, "%s.new", path);
    CHECK(access(beside, F_OK) != 0);
    CHECK(!sync_status_path("/a/folder", path, 10));
}
