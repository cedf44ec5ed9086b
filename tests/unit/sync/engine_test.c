#include "sync/engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/local.h"
#include "sync/life.h"
#include "sync/mark.h"
#include "unit/test.h"

/* From a folder into a folder, on the real disk: the way through all the steps. What goes wrong meanwhile is tests/sync's. */

static const char hour[] = "book/exchange=x/symbol=y/year=2021/month=06/day=09/hour=04";

static char from_dir[512], to_dir[512], state_dir[512];

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(data, 1, bytes, file) == bytes);
    CHECK(fclose(file) == 0);
}

static void make_segment(const char *name, size_t bytes)
{
    char path[1024], hex[65], text[512];
    char *data = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (char)(i * 7 + bytes);
    struct store_identity identity = digest_of(data, bytes);
    identity_hex(identity.sha256, hex);
    snprintf(path, sizeof path, "%s/%s/%s.parquet", from_dir, hour, name);
    write_file(path, data, bytes);
    free(data);
    int length =
        snprintf(text, sizeof text,
                 "{\n  \"bytes\": %lld,\n  \"sha256\": \"%s\",\n  \"crc32c\": \"%08x\"\n}\n",
                 (long long)identity.bytes, hex, (unsigned)identity.crc32c);
    snprintf(path, sizeof path, "%s/%s/_%s.json", from_dir, hour, name);
    write_file(path, text, (size_t)length);
}

static void fresh(void)
{
    static unsigned count;
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[1024];
    count++;
    snprintf(from_dir, sizeof from_dir, "%s/%u/from", test_tmpdir(), count);
    snprintf(to_dir, sizeof to_dir, "%s/%u/to", test_tmpdir(), count);
    snprintf(state_dir, sizeof state_dir, "%s/%u/state", test_tmpdir(), count);
    snprintf(path, sizeof path, "%s/%s", from_dir, hour);
    CHECK_EQ_I64(disk->make_dirs(disk->ctx, path), 0);
}

struct names {
    const char *name[8];
    unsigned at;
};

static int next_name(void *arg, struct sync_item *item)
{
    struct names *names = arg;
    const char *name = names->name[names->at];
    if (!name)
        return 0;
    names->at++;
    *item = (struct sync_item){.kind = SYNC_SEGMENT};
    snprintf(item->from_key, sizeof item->from_key, "%s/%s.parquet", hour, name);
    snprintf(item->to_key, sizeof item->to_key, "bronze/%s/%s.parquet", hour, name);
    return 1;
}

static struct engine_params plain_params(struct store *from, struct store *to)
{
    return (struct engine_params){.os = td_os_linux(),
                                  .from = from,
                                  .to = to,
                                  .workers = 3,
                                  .state_dir = state_dir,
                                  .from_dir = from_dir,
                                  .marks = true,
                                  .keep_ns = INT64_MAX};
}

static struct sync_tally run(struct names names, void (*change)(struct engine_params *params))
{
    const struct td_os *os = td_os_linux();
    struct store from, to;
    struct sync_tally tally = {0};
    CHECK_EQ_I64(local_open(&os->disk, &os->random, from_dir, false, 4, &from), 0);
    CHECK_EQ_I64(local_open(&os->disk, &os->random, to_dir, true, 4, &to), 0);
    struct engine_params params = plain_params(&from, &to);
    params.source = (struct sync_source){next_name, &names};
    if (change)
        change(&params);
    CHECK_EQ_I64(engine_run(&params, &tally), 0);
    from.close(from.ctx);
    to.close(to.ctx);
    return tally;
}

static bool is_there(const char *folder, const char *prefix, const char *name)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s%s/%s", folder, prefix, hour, name);
    return access(path, F_OK) == 0;
}

static const struct names two = {{"a", "b"}, 0};

TEST(goes_and_is_marked_and_a_second_run_moves_nothing)
{
    fresh();
    make_segment("a", 1000);
    make_segment("b", 300000);
    struct sync_tally tally = run(two, NULL);
    CHECK_EQ_I64(tally.sent, 2);
    CHECK_EQ_I64(tally.sent_file_bytes, 301000);
    CHECK_EQ_I64(tally.health, SYNC_HEALTH_FINE);
    CHECK(is_there(to_dir, "bronze/", "a.parquet") && is_there(to_dir, "bronze/", "_a.json"));
    CHECK(is_there(from_dir, "", "_a.done") && is_there(from_dir, "", "_b.done"));
    tally = run(two, NULL);
    CHECK_EQ_I64(tally.marked_before, 2);
    CHECK_EQ_I64(tally.there, 2);
    CHECK_EQ_I64(tally.sent + tally.sent_bytes + tally.got_bytes, 0);
}

static void read_back_too(struct engine_params *params)
{
    params->read_back = true;
}

TEST(reads_back_when_asked_to)
{
    fresh();
    make_segment("a", 1000);
    struct sync_tally tally = run((struct names){{"a"}, 0}, read_back_too);
    CHECK_EQ_I64(tally.sent, 1);
    CHECK(tally.got_bytes >= 1000);
}

static void dry(struct engine_params *params)
{
    params->dry_run = true;
}

TEST(dry_run_tells_and_does_nothing)
{
    fresh();
    make_segment("a", 1000);
    struct sync_tally tally = run((struct names){{"a"}, 0}, dry);
    CHECK_EQ_I64(tally.sent, 1);
    CHECK(!is_there(to_dir, "bronze/", "a.parquet"));
    CHECK(!is_there(from_dir, "", "_a.done"));
    CHECK(access(state_dir, F_OK) != 0);
}

TEST(file_that_is_not_its_receipts_is_blocked)
{
    char path[1200];
    fresh();
    make_segment("a", 1000);
    make_segment("b", 1000);
    snprintf(path, sizeof path, "%s/%s/a.parquet", from_dir, hour);
    int file = open(path, O_WRONLY);
    CHECK(file >= 0 && pwrite(file, "?", 1, 500) == 1 && close(file) == 0);
    struct sync_tally tally = run(two, NULL);
    CHECK_EQ_I64(tally.blocked, 1);
    CHECK_EQ_I64(tally.sent, 1);
    CHECK_EQ_I64(tally.health, SYNC_HEALTH_DAMAGED);
    CHECK_EQ_STR(tally.failure[0].end, "blocked");
    CHECK(!is_there(to_dir, "bronze/", "a.parquet"));
}

TEST(missing_receipt_blocks_and_a_missing_file_is_gone)
{
    char path[1200];
    fresh();
    make_segment("a", 1000);
    snprintf(path, sizeof path, "%s/%s/_a.json", from_dir, hour);
    CHECK(unlink(path) == 0);
    struct sync_tally tally = run(two, NULL);
    CHECK_EQ_I64(tally.blocked, 1);
    CHECK_EQ_I64(tally.gone, 1);
}

static void make_room(struct engine_params *params)
{
    params->may_delete = true;
    params->keep_ns = 0;
}

TEST(goes_here_only_after_the_copy_is_proven)
{
    char path[1200];
    fresh();
    make_segment("a", 1000);
    make_segment("b", 2000);
    run(two, NULL);
    snprintf(path, sizeof path, "%s/bronze/%s/b.parquet", to_dir, hour);
    int file = open(path, O_WRONLY);
    CHECK(file >= 0 && pwrite(file, "?", 1, 500) == 1 && close(file) == 0);
    struct sync_tally tally = run(two, make_room);
    CHECK_EQ_I64(tally.removed, 1);
    CHECK_EQ_I64(tally.removed_bytes, 1000);
    CHECK_EQ_I64(tally.kept, 1);
    CHECK(!is_there(from_dir, "", "a.parquet") && !is_there(from_dir, "", "_a.json") &&
          !is_there(from_dir, "", "_a.done"));
    CHECK(is_there(from_dir, "", "b.parquet") && is_there(from_dir, "", "_b.json"));
    CHECK(!is_there(from_dir, "", "_b.done"));
    CHECK(is_there(to_dir, "bronze/", "a.parquet"));
}

TEST(empty_folders_of_hours_that_are_over_go_too)
{
    char path[1200];
    fresh();
    make_segment("a", 1000);
    struct sync_tally tally = run((struct names){{"a"}, 0}, make_room);
    CHECK_EQ_I64(tally.removed, 1);
    CHECK_EQ_I64(tally.sent, 1);
    snprintf(path, sizeof path, "%s/book/exchange=x/symbol=y/year=2021", from_dir);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/book/exchange=x/symbol=y", from_dir);
    CHECK(access(path, F_OK) == 0);
}

TEST(another_object_of_the_name_is_a_conflict)
{
    fresh();
    make_segment("a", 1000);
    run((struct names){{"a"}, 0}, NULL);
    make_segment("a", 1001);
    struct sync_tally tally = run((struct names){{"a"}, 0}, NULL);
    CHECK_EQ_I64(tally.conflicts, 1);
    CHECK_EQ_I64(tally.marked_before, 0);
}
