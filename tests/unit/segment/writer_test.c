#include "segment/writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/decimal.h"
#include "base/log.h"
#include "folder.h"
#include "print_rows.h"
#include "sample.h"
#include "test.h"

/* ---- tests -------------------------------------------------------------------------------------- */

static void write_all_tables(struct rig *rig)
{
    struct groups *groups = rig->groups;
    sample_book(groups, groups_stream(groups, ROW_BOOK, "coinbase", "BTC/USD"), 70000, 13);
    sample_book(groups, groups_stream(groups, ROW_BOOK, "kraken", "\xE2\x82\xBF-\xE2\x82\xAC"), 1,
                1);
    sample_trades(groups, groups_stream(groups, ROW_TRADES, "coinbase", "BTC/USD"), 3000);
    sample_ticker(groups, groups_stream(groups, ROW_TICKER, "coinbase", "BTC/USD"), 500);
    sample_gaps(groups, groups_stream(groups, ROW_GAPS, "_all", "_all"), 40);
    sample_instruments(groups, groups_stream(groups, ROW_INSTRUMENTS, "coinbase", "BTC/USD"), 5);
    groups_stream(groups, ROW_GAPS, "coinbase", "silent");
    sample_clock(groups, groups_stream(groups, ROW_CLOCK, "_all", "_all"), 60);
    sample_features(groups, groups_stream(groups, ROW_FEATURES, "coinbase", "BTC/USD"),
                    FEATURES_ROWS);
    sample_predictions(groups, groups_stream(groups, ROW_PREDICTIONS, "coinbase", "BTC/USD"),
                       PREDICTIONS_ROWS);
}

/* With SEGMENT_TREE in the environment the files go there (without DELTA_BINARY_PACKED when SEGMENT_COMPAT is set):
 * tests/compat/segment_test.sh has other readers open them. */
TEST(all_tables_are_written)
{
    const char *dir = getenv("SEGMENT_TREE");
    struct rig rig;
    if (dir) {
        print_features(dir);
        print_predictions(dir);
    } else {
        dir = fresh_dir("all");
    }
    CHECK_EQ_I64(
        rig_open(&rig, (struct rig_options){.dir = dir, .compat = getenv("SEGMENT_COMPAT")}), 0);
    write_all_tables(&rig);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    struct writer_stats stats = writer_stats(rig.writer);
    CHECK_EQ_U64(stats.rows[ROW_BOOK], 70001);
    CHECK_EQ_U64(stats.segments, 9);
    CHECK_EQ_U64(stats.groups, 10);
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 9);
    CHECK_EQ_I64(count_files(dir, RECEIPTS), 9);
    CHECK_EQ_I64(count_files(dir, ACTIVE), 0);
    CHECK_EQ_I64(
        count_files(dir,
                    "ready/book/exchange=coinbase/symbol=BTC-USD/year=2026/month=06/day=09/hour=04/"
                    "deck1_20260609T041500Z_00001.parquet"),
        1);
    CHECK_EQ_I64(
        count_files(
            dir, "ready/book/exchange=kraken/symbol=\xE2\x82\xBF-\xE2\x82\xAC/*/*/*/*/*.parquet"),
        1);
    rig_close(&rig);
}

TEST(two_runs_give_identical_bytes)
{
    const char *dir[2] = {fresh_dir("run1"), fresh_dir("run2")};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir[i]}), 0);
        write_all_tables(&rig);
        if (i)
            rig_drain(&rig);
        CHECK_EQ_I64(rig_stop(&rig), 0);
        rig_close(&rig);
    }
    check_same_trees(dir[0], dir[1]);
}

TEST(a_file_is_sealed_at_its_size)
{
    const char *dir = fresh_dir("size");
    struct rig rig;
    CHECK_EQ_I64(
        rig_open(&rig, (struct rig_options){.dir = dir, .rows_max = 1000, .segment_bytes = 10000}),
        0);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 5000);
    rig_drain(&rig);
    int before = count_files(dir, SEGMENTS);
    CHECK(before >= 1);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK(count_files(dir, SEGMENTS) > before || count_files(dir, ACTIVE) == 0);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/*/*_00002.parquet"), 1);
    rig_close(&rig);
}

TEST(a_restart_never_takes_a_standing_name)
{
    const char *dir = fresh_dir("restart");
    for (int i = 0; i < 3; i++) {
        struct rig rig;
        CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
        sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 10 + i);
        CHECK_EQ_I64(rig_stop(&rig), 0);
        rig_close(&rig);
    }
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 3);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/*/*_00003.parquet"), 1);
}

/* Their names are sanitised alike: one folder, a file each. */
TEST(two_streams_of_one_folder_do_not_meet)
{
    const char *dir = fresh_dir("alike");
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    sample_book(rig.groups, groups_stream(rig.groups, ROW_BOOK, "coinbase", "A:B"), 100, 3);
    sample_book(rig.groups, groups_stream(rig.groups, ROW_BOOK, "coinbase", "A*B"), 50, 3);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).rows[ROW_BOOK], 150);
    CHECK_EQ_I64(count_files(dir, "ready/book/*/symbol=A-B/*/*/*/*/*_00001.parquet"), 1);
    CHECK_EQ_I64(count_files(dir, "ready/book/*/symbol=A-B/*/*/*/*/*_00002.parquet"), 1);
    rig_close(&rig);
}

TEST(another_hour_is_another_folder)
{
    const char *dir = fresh_dir("hour");
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    int stream = groups_stream(rig.groups, ROW_TRADES, "x", "y");
    for (int i = 0; i < 3; i++) {
        struct row_head head = sample_head((uint64_t)i + 1);
        head.recv_ns += (i == 1) * TD_NS_PER_HOUR; /* forth and back: a stepped clock */
        groups_head(rig.groups, stream, &head);
        struct row_trade *row = groups_append(rig.groups, stream);
        row->price = row->size = 1;
    }
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/hour=04/*.parquet"), 2);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/hour=05/*.parquet"), 1);
    rig_close(&rig);
}

/* Hours come again and again, seals too: a counter that began anew in each folder would give a name twice. */
TEST(a_clock_that_steps_back_and_forth_never_gives_a_name_twice)
{
    const char *dir = fresh_dir("steps");
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    writer_names_from_start(rig.writer);
    int stream = groups_stream(rig.groups, ROW_TRADES, "x", "y");
    for (int i = 0; i < 12; i++) {
        struct row_head head = sample_head(1); /* the very same second each time */
        head.frame = (uint64_t)i + 1;
        head.recv_ns += (i % 3 - 1) * TD_NS_PER_HOUR;
        groups_head(rig.groups, stream, &head);
        struct row_trade *row = groups_append(rig.groups, stream);
        row->price = row->size = 1;
        if (i % 2)
            groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, head.frame + 1);
    }
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 12);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/hour=03/*.parquet"), 4);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/*/*_00012.parquet"), 1);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 0);
    rig_close(&rig);
}

struct seals {
    uint64_t frame[4];
    enum groups_seal why[4];
    unsigned count;
    int files; /* in ready/ when it was called last */
    const char *dir;
    td_err answer;
};

static td_err note_seal(void *arg, uint64_t frame, enum groups_seal why)
{
    struct seals *seals = arg;
    seals->frame[seals->count] = frame;
    seals->why[seals->count++] = why;
    seals->files = count_files(seals->dir, SEGMENTS);
    return seals->answer;
}

/* Told for each seal, rows or none, when its files stand in ready/ and the journal holds all frames before the one that caused it. */
TEST(a_seal_is_told_when_all_of_it_stands)
{
    static _Atomic uint64_t synced;
    struct seals seals = {.dir = fresh_dir("sealed")};
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = seals.dir,
                                                     .synced_frame = &synced,
                                                     .sealed = note_seal,
                                                     .sealed_arg = &seals}),
                 0);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 1);
    rig_drain(&rig);
    CHECK_EQ_U64(seals.count, 1); /* nothing came before frame 1 */
    CHECK_EQ_I64(seals.files, 0);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 10);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 15);
    atomic_store(&synced, 13);
    rig_drain(&rig); /* the rows are safe, frames 11 to 14 are not */
    CHECK_EQ_U64(seals.count, 1);
    atomic_store(&synced, 14);
    rig_drain(&rig);
    CHECK_EQ_U64(seals.count, 2);
    CHECK_EQ_U64(seals.frame[1], 15);
    CHECK_EQ_I64(seals.why[1], GROUPS_SEAL_HOUR);
    CHECK_EQ_I64(seals.files, 1);
    CHECK_EQ_U64(writer_stats(rig.writer).sealed_frame, 15);
    atomic_store(&synced, UINT64_MAX);
    groups_seal_all(rig.groups, GROUPS_SEAL_STOP, 20);
    rig_drain(&rig);
    CHECK_EQ_U64(seals.count, 3);
    CHECK_EQ_I64(seals.why[2], GROUPS_SEAL_STOP);
    CHECK_EQ_I64(seals.files, 1);
    rig_close(&rig);
}

/* The checkpoint's error stops the writer as one of its own would; what comes then is given back without waiting for any sync. */
TEST(after_an_error_nothing_is_held_up)
{
    static _Atomic uint64_t synced;
    struct seals seals = {.dir = fresh_dir("refused"), .answer = TD_E_IO};
    struct rig rig;
    td_log_setup(2, TD_LOG_OFF, NULL);
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = seals.dir,
                                                     .rows_max = 100,
                                                     .pool_bytes = 16 * TD_PAGE_BYTES,
                                                     .synced_frame = &synced,
                                                     .sealed = note_seal,
                                                     .sealed_arg = &seals}),
                 0);
    atomic_store(&synced, 0);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 1);
    rig_drain(&rig);
    CHECK_EQ_I64(writer_stats(rig.writer).last_err, TD_E_IO);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 20000);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 30000);
    while (rig_step(&rig) != 0)
        ;
    CHECK(groups_queue_empty(rig.groups));
    CHECK_EQ_U64(seals.count, 1); /* nobody is told of a seal that is none */
    CHECK_EQ_I64(count_files(seals.dir, ACTIVE), 0);
    CHECK_EQ_I64(writer_reset(rig.writer), 0);
    CHECK_EQ_I64(writer_stats(rig.writer).last_err, 0);
    rig_close(&rig);
}

/* 90,000.12 is exact at two decimals and not at eleven: rows written before keep the coarser scale. */
TEST(a_finer_scale_starts_a_file_where_prices_stand)
{
    const char *dir = fresh_dir("scale");
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    int book = groups_stream(rig.groups, ROW_BOOK, "x", "y");
    int gaps = groups_stream(rig.groups, ROW_GAPS, "x", "y");
    for (int scale = 2; scale <= 11; scale += 9) {
        groups_scales(rig.groups, book, scale, 8, false);
        groups_scales(rig.groups, gaps, scale, 8, false);
        sample_book(rig.groups, book, 2, 1);
        sample_gaps(rig.groups, gaps, 2);
        groups_scales(rig.groups, book, scale, 8, false); /* no change: no cut */
        sample_book(rig.groups, book, 2, 1);
    }
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_I64(count_files(dir, "ready/book/*/*/*/*/*/*/*.parquet"), 2);
    CHECK_EQ_I64(count_files(dir, "ready/gaps/*/*/*/*/*/*/*.parquet"), 1);
    rig_close(&rig);
}

TEST(leftovers_of_a_crash_are_dropped)
{
    const char *dir = fresh_dir("leftover");
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 10);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 1);
    rig_step(&rig); /* the group only, not the seal */
    CHECK_EQ_I64(count_files(dir, ACTIVE), 1);
    rig_close(&rig);
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    CHECK_EQ_I64(count_files(dir, ACTIVE), 0);
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 0);
    rig_close(&rig);
}

TEST(a_group_waits_for_the_journal)
{
    const char *dir = fresh_dir("journal");
    static _Atomic uint64_t synced;
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir, .synced_frame = &synced}), 0);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "y"), 10);
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 11);
    atomic_store(&synced, 9);
    CHECK_EQ_I64(writer_step(rig.writer), 0);
    atomic_store(&synced, 10);
    CHECK_EQ_I64(writer_step(rig.writer), 1);
    CHECK_EQ_I64(writer_step(rig.writer), 1);
    CHECK_EQ_I64(writer_step(rig.writer), 0);
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 1);
    rig_close(&rig);
}

static void predict(struct rig *rig, int stream, uint64_t cause, uint64_t frame, int64_t recv_ns)
{
    struct row_head head = {.frame = frame, .recv_ns = recv_ns, .event_ns = recv_ns};
    groups_frame(rig->groups, cause);
    groups_head(rig->groups, stream, &head);
    struct row_prediction *row = groups_append(rig->groups, stream);
    row->model_id = groups_text(rig->groups, stream, "sgd-v1", 6);
    row->mid = 1;
}

/* What is labelled by frame 9 carries the head of frame 3: were it written with frame 3 alone synced, a power cut could leave a label of a
   frame that nobody has. */
TEST(a_group_waits_for_the_frame_that_caused_its_rows)
{
    const char *dir = fresh_dir("cause");
    static _Atomic uint64_t synced;
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir, .synced_frame = &synced}), 0);
    int stream = groups_stream(rig.groups, ROW_PREDICTIONS, "x", "y");
    predict(&rig, stream, 8, 3, RIG_START_NS);
    predict(&rig, stream, 9, 3, RIG_START_NS);
    predict(&rig, stream, 12, 10, RIG_START_NS + TD_NS_PER_HOUR); /* cuts the group before it */
    atomic_store(&synced, 3);
    CHECK_EQ_I64(writer_step(rig.writer), 0);
    atomic_store(&synced, 8);
    CHECK_EQ_I64(writer_step(rig.writer), 0);
    atomic_store(&synced, 9);
    CHECK_EQ_I64(writer_step(rig.writer), 1);
    CHECK_EQ_U64(writer_stats(rig.writer).rows[ROW_PREDICTIONS], 2);
    rig_close(&rig);
}

/* Scored before the full hour, labelled after its seal: the row goes to its own hour, in a file of its own under the next number. The first
   row of the new hour that reaches the disk closes such files of all streams. */
TEST(rows_of_the_hour_before_have_files_of_their_own)
{
    enum { FULL_HOUR = 45 * 60 };
    const char *dir = fresh_dir("late");
    int64_t hour_ns = RIG_START_NS + FULL_HOUR * TD_NS_PER_S;
    struct rig rig;
    int stream[2];
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir}), 0);
    writer_names_from_start(rig.writer);
    for (int s = 0; s < 2; s++) {
        stream[s] = groups_stream(rig.groups, ROW_PREDICTIONS, "x", s ? "b" : "a");
        predict(&rig, stream[s], 2, 1, hour_ns - 2 * TD_NS_PER_S);
    }
    groups_seal_all(rig.groups, GROUPS_SEAL_HOUR, 3);
    rig_drain(&rig);
    for (int s = 0; s < 2; s++) {
        predict(&rig, stream[s], 4, 2, hour_ns - TD_NS_PER_S);
        predict(&rig, stream[s], 6, 5, hour_ns + TD_NS_PER_S);
    }
    rig_drain(&rig);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/hour=04/*.parquet"), 2);
    CHECK_EQ_I64(count_files(dir, "active/*/*/*/*/*/*/hour=04/*_00002.parquet"), 2);
    predict(&rig, stream[1], 7, 7, hour_ns + TD_NS_PER_HOUR); /* the clock stepped: cuts a group */
    rig_drain(&rig);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/*/*/*/*/hour=04/*_00002.parquet"), 2);
    CHECK_EQ_I64(count_files(dir, "active/*/*/symbol=b/*/*/*/hour=05/*_00003.parquet"), 1);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_I64(count_files(dir, "ready/*/*/symbol=a/*/*/*/hour=05/*_00003.parquet"), 1);
    CHECK_EQ_I64(count_files(dir, SEGMENTS), 7);
    CHECK_EQ_I64(count_files(dir, ACTIVE), 0);
    rig_close(&rig);
}

/* Streams far beyond what the pool of footer metadata can hold at once are sealed early, in the same order each time. */
TEST(short_metadata_seals_early_and_alike)
{
    const char *dir[2] = {fresh_dir("meta1"), fresh_dir("meta2")};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir[i], .rows_max = 1, .level = 1}),
                     0);
        int a = groups_stream(rig.groups, ROW_FEATURES, "x", "a"),
            b = groups_stream(rig.groups, ROW_FEATURES, "x", "b");
        sample_features(rig.groups, b, 50);
        sample_features(rig.groups, a, 200);
        CHECK_EQ_I64(rig_stop(&rig), 0);
        rig_close(&rig);
    }
    CHECK(count_files(dir[0], "ready/features/exchange=x/symbol=a/*/*/*/*/*.parquet") > 1);
    CHECK_EQ_I64(count_files(dir[0], "ready/features/exchange=x/symbol=b/*/*/*/*/*.parquet"), 1);
    check_same_trees(dir[0], dir[1]);
}

static void *disk_thread(void *writer)
{
    writer_run(writer);
    return NULL;
}

/* A pool so small that the core must wait for pages: with a thread or without, the files are the same. */
TEST(a_disk_thread_writes_the_same_bytes)
{
    const char *dir[2] = {fresh_dir("inline"), fresh_dir("thread")};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        pthread_t thread;
        struct rig_options options = {.dir = dir[i], .pool_bytes = 64 * TD_PAGE_BYTES, .level = 1};
        CHECK_EQ_I64(rig_open(&rig, options), 0);
        if (i) {
            groups_inline(rig.groups, NULL, NULL);
            CHECK_EQ_I64(pthread_create(&thread, NULL, disk_thread, rig.writer), 0);
        }
        write_all_tables(&rig);
        groups_seal_all(rig.groups, GROUPS_SEAL_STOP, 0);
        if (i) {
            writer_finish(rig.writer);
            CHECK_EQ_I64(pthread_join(thread, NULL), 0);
        } else {
            rig_drain(&rig);
        }
        CHECK_EQ_I64(writer_stats(rig.writer).last_err, 0);
        CHECK_EQ_U64(writer_stats(rig.writer).rows[ROW_BOOK], 70001);
        rig_close(&rig);
    }
    check_same_trees(dir[0], dir[1]);
}

TEST(wrong_parameters_are_refused)
{
    struct rig rig;
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = fresh_dir("level"), .level = 20}),
                 TD_E_RANGE);
    rig_close(&rig);
}

/* ---- a disk that lies (one that fails: sealing_test.c) ------------------------------------------- */

static int reads, lie_at; /* the lie_at-th read gives a flipped bit */

static int64_t lying_read(void *ctx, int file, void *data, size_t bytes, int64_t offset)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    int64_t got = disk->read_at(ctx, file, data, bytes, offset);
    if (++reads == lie_at && got > 0)
        ((char *)data)[got / 2] ^= 4;
    return got;
}

static td_err run_with_liar(const char *dir, int at)
{
    struct td_os os = *td_os_linux();
    struct rig rig;
    os.disk.read_at = lying_read;
    reads = 0;
    lie_at = at;
    td_log_setup(2, TD_LOG_OFF, NULL); /* the writer says what stopped it */
    CHECK_EQ_I64(rig_open(&rig, (struct rig_options){.dir = dir, .rows_max = 500, .os = &os}), 0);
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "a"), 1200);
    sample_gaps(rig.groups, groups_stream(rig.groups, ROW_GAPS, "x", "b"), 30);
    td_err err = rig_stop(&rig);
    CHECK_EQ_I64(writer_stats(rig.writer).last_err, err);
    rig_close(&rig);
    return err;
}

TEST(a_flipped_bit_is_found_before_the_file_is_published)
{
    CHECK_EQ_I64(run_with_liar(fresh_dir("honest"), 0), 0);
    CHECK_EQ_I64(reads, 2); /* each of the two files once */
    for (int at = 1; at <= 2; at++) {
        const char *dir = fresh_dir(at == 1 ? "flip-1" : "flip-2");
        CHECK_EQ_I64(run_with_liar(dir, at), TD_E_SEGMENT_VERIFY);
        CHECK_EQ_I64(count_files(dir, SEGMENTS), 0);
    }
}
