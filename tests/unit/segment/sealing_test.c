/* Every way the batch can be interrupted: the disk cut at each change, each call refused. What the next replay of the same rows leaves in
   ready/ must be what an undisturbed run leaves. */
#include "segment/sealing.h"

#include <fcntl.h>

#include "base/log.h"
#include "base/state.h"
#include "sample.h"
#include "sim/disk.h"
#include "test.h"

/* ---- a recorder of four streams ------------------------------------------------------------------- */

static struct sim_disk *card, *undisturbed, *start, *moment;
static struct td_os os;
static struct rig rig;
static bool rig_is_open;
enum { FILES = 5 }; /* of an undisturbed run */

static void use(struct sim_disk *disk)
{
    os = *td_os_linux();
    os.disk = *sim_disk_table(disk);
}

static void close_recorder(void)
{
    if (rig_is_open)
        rig_close(&rig);
    rig_is_open = false;
}

static td_err open_recorder(void)
{
    close_recorder();
    struct rig_options options = {.dir = "data",
                                  .os = &os,
                                  .streams_max = 4,
                                  .rows_max = 200,
                                  .level = 1,
                                  .pool_bytes = 24 * TD_PAGE_BYTES,
                                  .segment_bytes = 3000};
    rig_is_open = true;
    td_err err = rig_open(&rig, options);
    if (err == 0)
        writer_names_from_start(rig.writer);
    return err;
}

/* Two streams of one folder, a file sealed by size, an hour, a stop. */
static td_err play(unsigned more)
{
    struct groups *groups = rig.groups;
    int a = groups_stream(groups, ROW_TRADES, "x", "A:B"),
        b = groups_stream(groups, ROW_TRADES, "x", "A*B"),
        gaps = groups_stream(groups, ROW_GAPS, "_all", "_all");
    sample_trades(groups, a, 450);
    sample_trades(groups, b, 60 + (int)more);
    groups_seal_all(groups, GROUPS_SEAL_HOUR, 451);
    sample_gaps(groups, gaps, 9);
    sample_trades(groups, b, 20);
    return rig_stop(&rig);
}

static td_err play_all(void)
{
    td_err err = open_recorder();
    return err < 0 ? err : play(0);
}

/* As the deck does: the same process, everything thrown away, from the checkpoint (here: the start) again. */
static td_err start_over(void)
{
    td_err err = writer_reset(rig.writer);
    if (err < 0)
        return err;
    groups_reset(rig.groups);
    writer_names_from_start(rig.writer);
    rig.err = 0;
    return play(0);
}

static void quiet(void)
{
    td_log_setup(2, TD_LOG_OFF, NULL);
}

static void prepare(void)
{
    quiet();
    if (card != NULL)
        return;
    card = sim_disk_new(1 << 26);
    undisturbed = sim_disk_new(1 << 26);
    start = sim_disk_new(1 << 26);
    moment = sim_disk_new(1 << 26);
    use(undisturbed);
    CHECK_EQ_I64(play_all(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).segments, FILES);
    close_recorder();
}

/* ---- comparing ready/ ------------------------------------------------------------------------------- */

struct comparison {
    const struct sim_disk *other;
    unsigned files, segments, strange;
};

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), wanted = strlen(end);
    return bytes >= wanted && strcmp(text + bytes - wanted, end) == 0;
}

static void compare_one(void *arg, const char *path, int64_t bytes)
{
    static unsigned char here[1 << 20], there[1 << 20];
    struct comparison *c = arg;
    const struct sim_disk *disk = c->other == undisturbed ? card : undisturbed;
    c->files++;
    c->segments += ends_with(path, ".parquet");
    CHECK(bytes >= 0 && bytes <= (int64_t)sizeof here);
    if (sim_disk_peek(disk, path, here, sizeof here) != bytes ||
        sim_disk_peek(c->other, path, there, sizeof there) != bytes ||
        memcmp(here, there, (size_t)bytes) != 0)
        c->strange++;
}

static unsigned count_strange(const struct sim_disk *disk, const struct sim_disk *other,
                              unsigned *files)
{
    struct comparison c = {.other = other};
    sim_disk_walk(disk, "data/ready", compare_one, &c);
    *files = c.files;
    return c.strange;
}

/* The card's ready/ is that of the undisturbed run: nothing twice, nothing missing, nothing else. */
static void check_as_undisturbed(const char *what, unsigned at)
{
    unsigned here, there, strange = count_strange(card, undisturbed, &here);
    count_strange(undisturbed, card, &there);
    if (strange != 0 || here != there)
        printf("    %s %u: %u files, %u of them strange; wanted %u\n", what, at, here, strange,
               there);
    CHECK_EQ_U64(strange, 0);
    CHECK_EQ_U64(here, there);
}

static void whole_or_absent(void *arg, const char *path, int64_t bytes)
{
    struct comparison *c = arg;
    if (ends_with(path, ".parquet"))
        compare_one(c, path, bytes);
}

/* Right after the interruption: no segment in ready/ that is not whole. (All there can be are those of the undisturbed run.) */
static void check_none_torn(void)
{
    struct comparison c = {.other = undisturbed};
    sim_disk_walk(card, "data/ready", whole_or_absent, &c);
    CHECK_EQ_U64(c.strange, 0);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

TEST(a_replay_finds_all_files_equal)
{
    prepare();
    sim_disk_reset(card);
    use(card);
    CHECK_EQ_I64(play_all(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).remade, 0);
    CHECK_EQ_I64(play_all(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).remade, FILES);
    CHECK_EQ_U64(writer_stats(rig.writer).segments, 0);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 0);
    CHECK_EQ_I64(start_over(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).remade, 2 * FILES);
    check_as_undisturbed("replay", 0);
    close_recorder();
}

static void cut_card(enum sim_cut_mode mode, uint64_t seed)
{
    uint32_t last = sim_disk_sequence(card);
    struct sim_cut cut = {mode, seed, last ? (uint32_t)(seed * 7919 % last) : 0};
    sim_disk_cut(card, &cut);
}

static void recover(const char *what, unsigned at)
{
    check_none_torn();
    CHECK_EQ_I64(play_all(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 0);
    check_as_undisturbed(what, at);
    close_recorder();
}

/* The power goes before each change of a first run, and again within the recovery. */
TEST(a_cut_at_each_change_converges)
{
    prepare();
    sim_disk_reset(start);
    use(start);
    sim_disk_copy(moment, start);
    sim_disk_record(start, NULL);
    CHECK_EQ_I64(play_all(), 0);
    close_recorder();
    uint32_t entries = sim_disk_entries(start);
    CHECK(entries > 60);
    for (uint32_t i = 0; i <= entries; i++) {
        for (unsigned mode = 0; mode < SIM_CUT_MODES; mode++)
            for (unsigned seed = 0; seed < (mode == SIM_CUT_RANDOM ? 6 : 1); seed++) {
                sim_disk_copy(card, moment);
                use(card);
                cut_card((enum sim_cut_mode)mode, i * 31 + seed);
                recover(sim_cut_words[mode], i);
            }
        if (i < entries)
            sim_disk_redo(moment, start, i);
    }
}

TEST(a_second_cut_within_the_recovery_converges)
{
    prepare();
    for (unsigned seed = 1; seed <= 120; seed++) {
        sim_disk_reset(card);
        use(card);
        struct sim_fault dead = {.kind = SIM_FAULT_ERROR,
                                 .ops = SIM_OPS_CHANGING,
                                 .skip = seed * 37 % 100,
                                 .err = TD_E_IO};
        for (unsigned round = 0; round < 2; round++) {
            sim_disk_fault(card, &dead); /* from there on nothing is written: then the power goes */
            play_all();
            close_recorder();
            sim_disk_faults_clear(card);
            cut_card(SIM_CUT_RANDOM, seed + round);
            dead.skip = seed * 53 % 120;
        }
        recover("seed", seed);
    }
}

static uint64_t calls_of(const struct sim_disk *disk)
{
    struct sim_disk_counts counts = sim_disk_counts(disk);
    uint64_t sum = 0;
    for (unsigned op = 0; op < SIM_OPS; op++)
        sum += op == SIM_OP_CREATE ? 0 : counts.calls[op];
    return sum;
}

/* Faults that a reader may pass over (a look at what stands) need not stop the writer; all others must, and none may show in ready/. */
static void refuse_call(uint64_t n, uint64_t times, td_err err, bool again)
{
    struct sim_fault fault = {
        .kind = SIM_FAULT_ERROR, .ops = ~0u, .skip = n, .times = times, .err = err};
    sim_disk_reset(card);
    use(card);
    if (again)
        CHECK_EQ_I64(play_all(), 0);
    sim_disk_fault(card, &fault);
    td_err got = play_all();
    check_none_torn();
    sim_disk_faults_clear(card);
    if (got < 0 && rig.writer == NULL) /* the process did not come up: the supervisor's turn */
        CHECK_EQ_I64(play_all(), 0);
    else if (got < 0) {
        CHECK_EQ_I64(writer_stats(rig.writer).last_err, got);
        CHECK_EQ_I64(start_over(), 0);
    }
    CHECK_EQ_I64(writer_stats(rig.writer).last_err, 0);
    check_as_undisturbed("call", (unsigned)n);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 0);
    close_recorder();
}

static void refuse_each_call(uint64_t times, td_err err, bool again)
{
    prepare();
    sim_disk_reset(card);
    use(card);
    CHECK_EQ_I64(play_all(), 0);
    uint64_t calls = calls_of(card);
    CHECK_EQ_I64(play_all(), 0);
    calls = again ? calls_of(card) - calls : calls;
    close_recorder();
    CHECK(calls > 80);
    for (uint64_t n = 0; n < calls; n++)
        refuse_call(n, times, err, again);
}

TEST(each_call_refused_once_with_an_error)
{
    refuse_each_call(1, TD_E_IO, false);
}

TEST(each_call_refused_once_for_want_of_room)
{
    refuse_each_call(1, TD_E_DISK_FULL, false);
}

TEST(from_each_call_on_nothing_works)
{
    refuse_each_call(0, TD_E_IO, false);
}

TEST(each_call_of_a_replay_refused_once)
{
    refuse_each_call(1, TD_E_IO, true);
}

TEST(a_disk_that_becomes_read_only)
{
    prepare();
    sim_disk_reset(card);
    use(card);
    CHECK_EQ_I64(open_recorder(), 0);
    sim_disk_read_only(card, true);
    CHECK(play(0) < 0);
    CHECK(writer_reset(rig.writer) < 0); /* leftovers that cannot be deleted */
    CHECK(writer_stats(rig.writer).last_err < 0);
    sim_disk_read_only(card, false);
    CHECK_EQ_I64(start_over(), 0);
    check_as_undisturbed("read only", 0);
    close_recorder();
}

TEST(folders_that_vanish)
{
    static const char *const gone[] = {"data/active", "data/ready", "data"};
    prepare();
    for (unsigned i = 0; i < 3; i++) {
        sim_disk_reset(card);
        use(card);
        CHECK_EQ_I64(open_recorder(), 0);
        CHECK(sim_disk_vanish(card, gone[i]));
        if (play(0) < 0)
            CHECK_EQ_I64(start_over(), 0);
        check_as_undisturbed(gone[i], i);
        close_recorder();
    }
}

/* ---- files of the name that are not ours ------------------------------------------------------------ */

#define FOLDER "data/ready/trades/exchange=x/symbol=A-B/year=2026/month=06/day=09/hour=04/"
#define FIRST "deck1_20260609T041500Z_00001"

static void put_file(const char *path, const void *data, size_t bytes)
{
    const struct td_disk *disk = &os.disk;
    int handle = disk->open(disk->ctx, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(handle >= 0);
    CHECK_EQ_I64(disk->write_at(disk->ctx, handle, data, bytes, 0), (int64_t)bytes);
    CHECK_EQ_I64(disk->sync_all(disk->ctx, handle), 0);
    CHECK_EQ_I64(disk->close(disk->ctx, handle), 0);
}

static void standing_card(void)
{
    prepare();
    sim_disk_reset(card);
    use(card);
    CHECK_EQ_I64(play_all(), 0);
}

TEST(a_missing_receipt_comes_back)
{
    standing_card();
    CHECK(sim_disk_vanish(card, FOLDER "_" FIRST ".json"));
    recover("no receipt", 0);
    standing_card();
    put_file(FOLDER "_" FIRST ".json", "{}", 2);
    recover("receipt of nothing", 0);
}

TEST(a_receipt_without_its_segment_gets_it)
{
    standing_card();
    CHECK(sim_disk_vanish(card, FOLDER FIRST ".parquet"));
    recover("no segment", 0);
}

TEST(a_damaged_file_is_mended_by_its_equal)
{
    standing_card();
    CHECK(sim_disk_rot(card, FOLDER FIRST ".parquet", 700, 4));
    CHECK_EQ_I64(play_all(), 0);
    check_as_undisturbed("rot", 0);
    standing_card();
    int file = sim_disk_fault(card, &(struct sim_fault){.kind = SIM_FAULT_ERROR,
                                                        .ops = 1u << SIM_OP_READ,
                                                        .path = "ready/trades",
                                                        .err = TD_E_IO});
    CHECK_EQ_I64(play_all(), 0);
    CHECK(sim_disk_fired(card, file) > 0);
    sim_disk_faults_clear(card);
    check_as_undisturbed("cannot be read", 0);
    close_recorder();
}

/* A replay that gives other bytes for the same frames is told, and what stood there first is kept. */
TEST(a_file_that_differs_but_holds_the_same_frames_is_kept)
{
    standing_card();
    CHECK_EQ_I64(open_recorder(), 0);
    struct groups *groups = rig.groups;
    int a = groups_stream(groups, ROW_TRADES, "x", "A:B");
    sample_trades(groups, a, 190); /* fewer rows of the same frames, under the first file's name */
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 1);
    CHECK_EQ_U64(writer_stats(rig.writer).segments, 0);
    check_as_undisturbed("covered", 0);
    close_recorder();
}

/* A receipt alone says nothing of a file that nobody can read: ours is published beside it. */
TEST(a_file_that_differs_and_cannot_be_read_is_not_relied_on)
{
    standing_card();
    CHECK_EQ_I64(open_recorder(), 0);
    int fault = sim_disk_fault(card, &(struct sim_fault){.kind = SIM_FAULT_ERROR,
                                                         .ops = 1u << SIM_OP_READ,
                                                         .path = FOLDER FIRST ".parquet",
                                                         .err = TD_E_IO});
    sample_trades(rig.groups, groups_stream(rig.groups, ROW_TRADES, "x", "A:B"), 190);
    CHECK_EQ_I64(rig_stop(&rig), 0);
    CHECK(sim_disk_fired(card, fault) > 0);
    sim_disk_faults_clear(card);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 1);
    CHECK_EQ_U64(writer_stats(rig.writer).segments, 1);
    close_recorder();
}

/* More frames than the standing file has: nothing is lost, nothing is overwritten, and again each time. */
TEST(a_file_that_holds_more_takes_the_next_number)
{
    for (unsigned round = 0; round < 3; round++) {
        if (round == 0) {
            standing_card();
            CHECK(sim_disk_vanish(card, "data/ready"));
            CHECK_EQ_I64(os.disk.make_dirs(os.disk.ctx, FOLDER), 0);
            put_file(FOLDER FIRST ".parquet", "PAR1 something PAR1", 19);
        }
        CHECK_EQ_I64(play_all(), 0);
        CHECK_EQ_U64(writer_stats(rig.writer).differs, 1);
        CHECK_EQ_U64(writer_stats(rig.writer).segments, round == 0 ? FILES : 0);
        CHECK_EQ_U64(writer_stats(rig.writer).remade, round == 0 ? 0 : FILES);
        CHECK(sim_disk_exists(card, FOLDER "deck1_20260609T041500Z_00002.parquet"));
        CHECK(sim_disk_exists(card, FOLDER "_deck1_20260609T041500Z_00002.json"));
        char text[20] = "";
        CHECK_EQ_I64(sim_disk_peek(card, FOLDER FIRST ".parquet", text, 19), 19);
        CHECK_EQ_STR(text, "PAR1 something PAR1");
        close_recorder();
    }
}

TEST(a_folder_of_that_name_is_gone_round)
{
    prepare();
    sim_disk_reset(card);
    use(card);
    CHECK_EQ_I64(os.disk.make_dirs(os.disk.ctx, FOLDER FIRST ".parquet"), 0);
    CHECK_EQ_I64(play_all(), 0);
    CHECK_EQ_U64(writer_stats(rig.writer).differs, 1);
    CHECK_EQ_U64(writer_stats(rig.writer).segments, FILES);
    close_recorder();
}
