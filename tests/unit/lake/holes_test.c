/* Rows of the ledger become holes: over files, hours, days, runs. With LEDGER_FIXTURE=DIR the test `fixture` fills DIR for the
   checks of the command line. */
#include "lake/holes.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lake/verb.h"
#include "ledger.h"

static struct file_list list;
static struct holes holes;

static int64_t us_of(int64_t second)
{
    return LEDGER_DAY_NS / 1000 + second * 1000000;
}

static int read_all(const char *dir, int64_t from, int64_t to)
{
    struct holes_query query = {.from_us = us_of(from), .to_us = us_of(to), .until_us = HOLE_OPEN};
    holes_free(&holes);
    files_free(&list);
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    return holes_read(&holes, &list, &query);
}

static void done(void)
{
    holes_free(&holes);
    files_free(&list);
}

static const struct hole *find(int64_t gap_id)
{
    for (size_t i = 0; i < holes.count; i++)
        if (holes_at(&holes, i)->gap_id == gap_id)
            return holes_at(&holes, i);
    return NULL;
}

/* What the ledger says of an hour, in order. */
static void say_hour(struct ledger_made *l, int64_t hour)
{
    int64_t at = hour * LEDGER_HOUR;
    struct ledger_says sequence = {.id = 2,
                                   .at = 2 * LEDGER_HOUR - 30,
                                   .from = 2 * LEDGER_HOUR - 60,
                                   .to = -1,
                                   .kind = TD_GAP_SEQUENCE,
                                   .action = TD_GAP_ACT_RESYNC};
    struct ledger_says disconnect = {.id = 6,
                                     .at = LEDGER_DAY - 100,
                                     .from = LEDGER_DAY - 100,
                                     .to = -1,
                                     .kind = TD_GAP_DISCONNECT};
    struct ledger_says trades = {.id = 3,
                                 .from = at + 200,
                                 .to = at + 210,
                                 .kind = TD_GAP_TRADE_ID,
                                 .channel = TD_CHANNEL_TRADES,
                                 .missed = 12};
    if (hour == 1)
        ledger_gap(l, LEDGER_BTC, sequence);
    if (hour == 2) {
        sequence.at = sequence.to = at + 60;
        ledger_gap(l, LEDGER_BTC, sequence);
    }
    if (hour == 3) {
        ledger_clock(l, at + 100, 7000000);
        ledger_hole(l, LEDGER_BTC, trades);
        trades.at = at + 230; /* all of them came from the venue's history */
        trades.action = TD_GAP_ACT_BACKFILLED;
        trades.missed = 0;
        ledger_gap(l, LEDGER_BTC, trades);
        trades = (struct ledger_says){.id = 4,
                                      .from = at + 300,
                                      .to = at + 310,
                                      .kind = TD_GAP_TRADE_ID,
                                      .channel = TD_CHANNEL_TRADES,
                                      .missed = 5};
        ledger_hole(l, LEDGER_BTC, trades);
    }
    if (hour == 4)
        ledger_hole(l, LEDGER_DEVICE,
                    (struct ledger_says){.id = 5,
                                         .from = at + 100,
                                         .to = at + 400,
                                         .kind = TD_GAP_CRASH,
                                         .channel = TD_CHANNEL_ALL});
    if (hour == 23)
        ledger_gap(l, LEDGER_ETH, disconnect);
    if (hour == 24) {
        disconnect.at = disconnect.to = at + 50;
        disconnect.action = TD_GAP_ACT_RECONNECT;
        ledger_gap(l, LEDGER_ETH, disconnect);
        ledger_gap(
            l, LEDGER_BTC,
            (struct ledger_says){
                .id = 7, .at = at + 200, .from = at + 190, .to = -1, .kind = TD_GAP_CHECKSUM});
    }
}

/* Holes over an hour, over midnight, of the device, filled ones, one that stays open. */
static void make(const char *dir)
{
    struct ledger_made l;
    ledger_begin(&l, dir);
    ledger_gap(&l, LEDGER_DEVICE,
               (struct ledger_says){.id = 1,
                                    .at = 10,
                                    .from = 10,
                                    .to = 10,
                                    .kind = TD_GAP_START,
                                    .channel = TD_CHANNEL_ALL});
    ledger_clock(&l, 10, 5000);
    for (int64_t hour = 0; hour < 26; hour++) {
        ledger_data(&l, LEDGER_BTC_BOOK, hour * LEDGER_HOUR + 10);
        ledger_data(&l, LEDGER_BTC_TRADES, hour * LEDGER_HOUR + 11);
        ledger_data(&l, LEDGER_ETH_BOOK, hour * LEDGER_HOUR + 12);
        ledger_data(&l, LEDGER_KRAKEN_BOOK, hour * LEDGER_HOUR + 13);
        say_hour(&l, hour);
    }
    ledger_end(&l);
}

TEST(fixture)
{
    const char *dir = getenv("LEDGER_FIXTURE");
    if (!dir)
        SKIP("only with LEDGER_FIXTURE");
    make(dir);
}

TEST(both_rows_become_one_hole)
{
    const char *dir = test_tmpdir();
    make(dir);
    CHECK_EQ_I64(read_all(dir, 0, LEDGER_DAY), EXIT_FINE);
    CHECK_EQ_I64(holes.count, 5); /* a start is no hole; number 7 is the next day's */
    const struct hole *over_hour = find(2);
    CHECK(over_hour != NULL && over_hour->kind == TD_GAP_SEQUENCE);
    CHECK_EQ_I64(over_hour->from_us, us_of(2 * LEDGER_HOUR - 60));
    CHECK_EQ_I64(over_hour->to_us, us_of(2 * LEDGER_HOUR + 60));
    CHECK_EQ_STR(holes_stream(&holes, over_hour->stream)->symbol, "BTC-USD");
    CHECK(find(3) != NULL && find(3)->missed == 12 && find(3)->action == TD_GAP_ACT_BACKFILLED);
    CHECK(find(5) != NULL && holes_of_device(holes_stream(&holes, find(5)->stream)));
    CHECK(find(6) != NULL && find(6)->to_us == us_of(LEDGER_DAY + 50));
    done();
}

TEST(the_day_after_has_what_was_open_at_midnight)
{
    const char *dir = test_tmpdir();
    make(dir);
    CHECK_EQ_I64(read_all(dir, LEDGER_DAY, 2 * LEDGER_DAY), EXIT_FINE);
    CHECK_EQ_I64(holes.count, 2);
    CHECK(find(6) != NULL && find(6)->from_us == us_of(LEDGER_DAY - 100));
    CHECK(find(7) != NULL && find(7)->to_us == HOLE_OPEN);
    done();
}

TEST(rows_of_later_are_not_known_yet)
{
    const char *dir = test_tmpdir();
    struct holes_query query = {
        .from_us = us_of(0), .to_us = us_of(LEDGER_DAY), .until_us = us_of(LEDGER_DAY)};
    make(dir);
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    CHECK_EQ_I64(holes_read(&holes, &list, &query), EXIT_FINE);
    CHECK(find(6) != NULL && find(6)->to_us == HOLE_OPEN);
    done();
}

/* A stop lasts until whatever begins the next run; what was open when a journal was lost is not open for ever. */
TEST(runs)
{
    const char *dir = test_tmpdir();
    struct ledger_made l;
    ledger_begin(&l, dir);
    ledger_gap(
        &l, LEDGER_DEVICE,
        (struct ledger_says){.id = 1, .at = 100, .from = 100, .to = -1, .kind = TD_GAP_STOP});
    ledger_gap(
        &l, LEDGER_DEVICE,
        (struct ledger_says){.id = 2, .at = 150, .from = 150, .to = 150, .kind = TD_GAP_START});
    ledger_gap(
        &l, LEDGER_DEVICE,
        (struct ledger_says){.id = 3, .at = 200, .from = 200, .to = -1, .kind = TD_GAP_STOP});
    ledger_gap(&l, LEDGER_DEVICE,
               (struct ledger_says){
                   .id = 4, .at = 260, .from = 205, .to = 260, .kind = TD_GAP_POWER_LOSS});
    ledger_gap(
        &l, LEDGER_BTC,
        (struct ledger_says){.id = 9, .at = 300, .from = 300, .to = -1, .kind = TD_GAP_SILENT});
    ledger_gap(
        &l, LEDGER_BTC,
        (struct ledger_says){.id = 2, .at = 400, .from = 390, .to = -1, .kind = TD_GAP_CROSSED});
    ledger_gap(
        &l, LEDGER_ETH,
        (struct ledger_says){.id = 8, .at = 410, .from = 405, .to = 410, .kind = TD_GAP_SILENT});
    ledger_end(&l);
    CHECK_EQ_I64(read_all(dir, 0, LEDGER_DAY), EXIT_FINE);
    CHECK_EQ_I64(holes.count, 6);
    CHECK(find(1) != NULL && find(1)->to_us == us_of(150));
    CHECK(find(3) != NULL && find(3)->to_us == us_of(260));
    CHECK(find(4) != NULL && find(4)->to_us == us_of(260));
    CHECK(find(9) != NULL && find(9)->abandoned && find(9)->to_us == us_of(390));
    CHECK(find(2) != NULL && !find(2)->abandoned && find(2)->to_us == HOLE_OPEN);
    CHECK(find(8) != NULL && find(8)->from_us == us_of(405)); /* its opening is not here */
    done();
}

TEST(a_damaged_file_is_named_and_the_others_are_read)
{
    const char *dir = test_tmpdir();
    char path[512] = "";
    make(dir);
    CHECK_EQ_I64(files_collect(&list, dir), 0);
    for (size_t i = 0; i < list.count; i++)
        if (strstr(files_at(&list, i)->path, "gaps/exchange=_all") != NULL &&
            strstr(files_at(&list, i)->path, "hour=04") != NULL && !files_at(&list, i)->is_receipt)
            snprintf(path, sizeof path, "%s", files_at(&list, i)->path);
    CHECK(path[0] != 0 && truncate(path, 100) == 0);
    files_free(&list);
    CHECK_EQ_I64(read_all(dir, 0, LEDGER_DAY), EXIT_CORRUPT);
    CHECK_EQ_I64(holes.count, 4);
    done();
}

TEST(names)
{
    char deck[TD_DECK_NAME_MAX];
    CHECK(segment_deck("my_deck_20260609T041500Z_00001.parquet", deck));
    CHECK_EQ_STR(deck, "my_deck");
    CHECK(!segment_deck("part-0000.parquet", deck));
    CHECK(!segment_deck("20260609T041500Z_00001.parquet", deck));
    CHECK_EQ_STR(hole_kind_word(TD_GAP_PLANNED), "planned");
    CHECK_EQ_STR(hole_channel_word(TD_CHANNEL_ALL), "all");
}
