#include "app/retention.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "sim/disk.h"
#include "test.h"

/* ---- a folder full of files ------------------------------------------------------------------------- */

/* 2026-06-09 00:00:00 UTC */
#define DAY_NS (INT64_C(1780963200) * TD_NS_PER_S)

struct place {
    const struct td_disk *disk;
    char root[300];
    char told[4096]; /* "<table> <symbol> <hour><?>," in the order of the calls */
    unsigned calls;
};

static void make_file(const struct place *place, const char *folder, const char *name,
                      int64_t bytes)
{
    static const char nothing[4096];
    char path[PATH_MAX_BYTES];
    CHECK_EQ_I64(path_join(folder, name, path), 0);
    int file = place->disk->open(place->disk->ctx, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(file >= 0);
    for (int64_t at = 0; at < bytes; at += (int64_t)sizeof nothing)
        CHECK(place->disk->write_at(place->disk->ctx, file, nothing, sizeof nothing, at) > 0);
    CHECK_EQ_I64(place->disk->close(place->disk->ctx, file), 0);
}

static void folder_of(const struct place *place, const char *table, const char *symbol,
                      int64_t hour, char out[PATH_MAX_BYTES])
{
    struct path_partition partition;
    char ready[320];
    snprintf(ready, sizeof ready, "%s/ready", place->root);
    path_partition_of(&partition, table, "x", symbol, DAY_NS + hour * TD_NS_PER_HOUR);
    CHECK_EQ_I64(path_folder(ready, &partition, out), 0);
}

enum { VERIFIED = 1, RECEIPT = 2 };
enum { BYTES = 8192 };

static void make_segment(const struct place *place, const char *table, const char *symbol,
                         int64_t hour, unsigned number, unsigned with)
{
    char folder[PATH_MAX_BYTES], name[PATH_NAME_MAX];
    folder_of(place, table, symbol, hour, folder);
    CHECK_EQ_I64(place->disk->make_dirs(place->disk->ctx, folder), 0);
    snprintf(name, sizeof name, "d_%05u.parquet", number);
    make_file(place, folder, name, BYTES);
    snprintf(name, sizeof name, "_d_%05u.json", number);
    if (with & RECEIPT)
        make_file(place, folder, name, 1);
    snprintf(name, sizeof name, "_d_%05u.done", number);
    if (with & VERIFIED)
        make_file(place, folder, name, 1);
}

static int count_entry(void *arg, const char *name, bool is_dir)
{
    (void)name;
    (void)is_dir;
    ++*(int *)arg;
    return 0;
}

/* Entries of that folder, -1: it is not there. */
static int entries(const struct place *place, const char *table, const char *symbol, int64_t hour)
{
    char folder[PATH_MAX_BYTES];
    int count = 0;
    folder_of(place, table, symbol, hour, folder);
    int err = place->disk->list(place->disk->ctx, folder, count_entry, &count);
    CHECK(err == 0 || err == TD_E_MISSING);
    return err < 0 ? -1 : count;
}

static void note(void *arg, const struct retention_item *item)
{
    struct place *place = arg;
    size_t told = strlen(place->told);
    struct td_str str = td_str_on(place->told + told, sizeof place->told - told);
    td_str_add_format(&str, "%s %s %d%s,", item->partition->table, item->partition->symbol,
                      (int)((item->hour_ns - DAY_NS) / TD_NS_PER_HOUR), item->verified ? "" : "?");
    CHECK_EQ_I64(item->bytes, BYTES);
    place->calls++;
}

/* Asks for so many segments' worth of room more than there is. */
static struct retention_result ask(struct place *place, int segments, bool unverified, bool dry)
{
    struct retention_result result;
    int64_t free_bytes = place->disk->free_bytes(place->disk->ctx, place->root);
    struct retention_params params = {.disk = place->disk,
                                      .data_dir = place->root,
                                      .wanted_free_bytes = free_bytes + (int64_t)segments * BYTES,
                                      .may_delete_unverified = unverified,
                                      .dry_run = dry,
                                      .visit = note,
                                      .visit_arg = place};
    place->told[0] = 0;
    place->calls = 0;
    CHECK(free_bytes >= 0);
    CHECK_EQ_I64(retention_free(&params, &result), 0);
    CHECK_EQ_U64(result.segments, place->calls);
    CHECK_EQ_I64(result.bytes, (int64_t)place->calls * BYTES);
    return result;
}

static struct sim_disk *card;

static struct place on_card(void)
{
    struct place place = {.root = "data"};
    if (card == NULL)
        card = sim_disk_new(INT64_C(1) << 33);
    sim_disk_reset(card);
    place.disk = sim_disk_table(card);
    CHECK_EQ_I64(place.disk->make_dirs(place.disk->ctx, "data/ready"), 0);
    return place;
}

static void fill(struct place *place)
{
    make_segment(place, "book", "A", 3, 1, VERIFIED | RECEIPT);
    make_segment(place, "book", "A", 1, 2, VERIFIED | RECEIPT);
    make_segment(place, "trades", "B", 1, 3, VERIFIED | RECEIPT);
    make_segment(place, "trades", "B", 0, 4, RECEIPT); /* older, not verified */
    make_segment(place, "gaps", "_all", 2, 5, VERIFIED);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static void take_apart(struct place *place)
{
    fill(place);
    struct retention_result result = ask(place, 0, true, false);
    CHECK(result.enough);
    CHECK_EQ_U64(place->calls, 0);
    result = ask(place, 2, false, true);
    CHECK(result.enough);
    CHECK_EQ_U64(result.segments, 2);
    CHECK_EQ_I64(entries(place, "book", "A", 1), 3); /* a dry run */
    result = ask(place, 3, false, false);
    CHECK(result.enough && result.err == 0);
    CHECK_EQ_U64(result.unverified, 0);
    CHECK(strcmp(place->told, "book A 1,trades B 1,gaps _all 2,") == 0 ||
          strcmp(place->told, "trades B 1,book A 1,gaps _all 2,") == 0);
    CHECK_EQ_I64(entries(place, "book", "A", 1), -1);
    CHECK_EQ_I64(entries(place, "book", "A", 3), 3);
    CHECK_EQ_I64(entries(place, "trades", "B", 0), 2);
    result = ask(place, 9, false, false);
    CHECK(!result.enough);
    CHECK_EQ_STR(place->told, "book A 3,");
    result = ask(place, 9, true, false);
    CHECK(!result.enough);
    CHECK_EQ_U64(result.unverified, 1);
    CHECK_EQ_STR(place->told, "trades B 0?,");
    CHECK_EQ_I64(entries(place, "trades", "B", 0), -1);
    char ready[320];
    int left = 0;
    snprintf(ready, sizeof ready, "%s/ready", place->root);
    CHECK_EQ_I64(place->disk->list(place->disk->ctx, ready, count_entry, &left), 0);
    CHECK_EQ_I64(left, 0); /* every folder went, ready/ stays */
}

TEST(the_oldest_verified_go_first_on_a_card)
{
    struct place place = on_card();
    take_apart(&place);
}

TEST(the_oldest_verified_go_first_in_a_real_folder)
{
    struct place place = {.disk = &td_os_linux()->disk};
    char ready[320];
    snprintf(place.root, sizeof place.root, "%s/deck", test_tmpdir());
    snprintf(ready, sizeof ready, "%s/ready", place.root);
    CHECK_EQ_I64(place.disk->make_dirs(NULL, ready), 0);
    take_apart(&place);
}

/* Years, months, days: numbers, not texts, and a bound that is behind the last folder of a level. */
TEST(hours_are_found_in_the_order_of_time)
{
    static const int64_t hours[] = {0, 23, 24, 30 * 24, 31 * 24 + 5, 250 * 24, 8760, 3 * 8760};
    struct place place = on_card();
    for (unsigned i = 0; i < 8; i++)
        make_segment(&place, i % 2 ? "book" : "trades", i % 3 ? "A" : "B", hours[7 - i], i,
                     VERIFIED | RECEIPT);
    char wanted[400] = "";
    struct td_str str = td_str_on(wanted, sizeof wanted);
    for (int i = 7; i >= 0; i--)
        td_str_add_format(&str, "%s %s %d,", i % 2 ? "book" : "trades", i % 3 ? "A" : "B",
                          (int)hours[7 - i]);
    CHECK(ask(&place, 8, false, true).enough);
    CHECK_EQ_STR(place.told, wanted);
    CHECK(ask(&place, 8, false, false).enough);
    CHECK_EQ_STR(place.told, wanted);
}

/* More in one folder than a batch holds, unverified between verified. */
TEST(a_full_folder_is_taken_in_parts)
{
    struct place place = on_card();
    for (unsigned i = 0; i < 500; i++)
        make_segment(&place, "book", "A", 0, i, i % 5 ? VERIFIED | RECEIPT : RECEIPT);
    CHECK_EQ_U64(ask(&place, 1000, false, true).segments, 400);
    CHECK_EQ_U64(ask(&place, 150, false, false).segments, 150);
    CHECK_EQ_U64(ask(&place, 1000, false, false).segments, 250);
    CHECK_EQ_I64(entries(&place, "book", "A", 0), 200);
    CHECK_EQ_U64(ask(&place, 1000, true, false).unverified, 100);
}

TEST(what_is_not_ours_is_left_alone)
{
    struct place place = on_card();
    char folder[PATH_MAX_BYTES];
    static const char *const strange[] = {
        "data/ready/book/exchange=x/symbol=A/year=2026/month=13/day=01/hour=01",
        "data/ready/book/exchange=x/symbol=A/year=2026/month=02/day=31/hour=01",
        "data/ready/book/exchange=x/symbol=A/year=+1/month=a", "data/ready/book/lost+found/deep/er",
        "data/ready/x"};
    for (unsigned i = 0; i < 5; i++) {
        CHECK_EQ_I64(place.disk->make_dirs(place.disk->ctx, strange[i]), 0);
        make_file(&place, strange[i], "note.txt", 1);
    }
    make_segment(&place, "book", "A", 1, 1, VERIFIED | RECEIPT);
    make_segment(&place, "book", "A", 2, 1, VERIFIED | RECEIPT);
    folder_of(&place, "book", "A", 1, folder);
    make_file(&place, folder, "mine.csv", 1);
    make_file(&place, folder, "_other.done.txt", 1);
    CHECK_EQ_U64(ask(&place, 100, true, false).segments, 2);
    CHECK_EQ_I64(entries(&place, "book", "A", 1), 2);
    for (unsigned i = 0; i < 5; i++)
        CHECK(sim_disk_exists(card, strange[i]));
}

/* A pass stopped after each of its changes: the next one ends at the same place. */
TEST(an_interrupted_pass_is_put_right)
{
    for (uint64_t at = 0;; at++) {
        struct place place = on_card();
        make_segment(&place, "book", "A", 0, 1, VERIFIED | RECEIPT);
        struct sim_fault fault = {
            .kind = SIM_FAULT_ERROR, .ops = SIM_OPS_CHANGING, .skip = at, .err = TD_E_IO};
        int index = sim_disk_fault(card, &fault);
        struct retention_result result;
        struct retention_params params = {
            .disk = place.disk, .data_dir = "data", .wanted_free_bytes = INT64_MAX / 2};
        CHECK_EQ_I64(retention_free(&params, &result), 0);
        bool stopped = sim_disk_fired(card, index) > 0;
        CHECK_EQ_I64(result.err, at < 3 ? TD_E_IO : 0);
        sim_disk_faults_clear(card);
        CHECK_EQ_I64(retention_free(&params, &result), 0);
        CHECK_EQ_I64(entries(&place, "book", "A", 0),
                     at < 3 ? -1 : entries(&place, "book", "A", 0));
        if (!stopped)
            break;
        CHECK(at < 20);
    }
}

/* What cannot be deleted does not stop what can. */
TEST(a_file_that_stays_is_passed_over)
{
    struct place place = on_card();
    for (unsigned i = 0; i < 3; i++)
        make_segment(&place, "book", "A", i, i, VERIFIED | RECEIPT);
    struct sim_fault fault = {.kind = SIM_FAULT_ERROR,
                              .ops = 1u << SIM_OP_UNLINK,
                              .path = "d_00000.parquet",
                              .err = TD_E_IO};
    sim_disk_fault(card, &fault);
    struct retention_result result;
    struct retention_params params = {
        .disk = place.disk, .data_dir = "data", .wanted_free_bytes = INT64_MAX / 2};
    CHECK_EQ_I64(retention_free(&params, &result), 0);
    CHECK_EQ_I64(result.err, TD_E_IO);
    CHECK_EQ_U64(result.segments, 2);
    CHECK_EQ_I64(entries(&place, "book", "A", 0), 3);
}
