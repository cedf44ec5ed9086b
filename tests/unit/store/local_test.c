#include "store/local.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local_rig.h"

static struct rig rig;

/* ---- one card in memory ----------------------------------------------------------------------------- */

static struct sim_disk *card;

static void on_card(void)
{
    if (card == NULL)
        card = sim_disk_new(0);
    sim_disk_reset(card);
    sim_disk_capacity(card, 1 << 30);
    rig_open(&rig, sim_disk_table(card), "lake");
}

static const char *on_disk(void)
{
    static char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", test_tmpdir(), "lake");
    td_os_linux()->disk.remove_tree(NULL, folder);
    rig_open(&rig, &td_os_linux()->disk, folder);
    return folder;
}

static void done(void)
{
    rig.store.close(rig.store.ctx);
}

static void count_file(void *arg, const char *path, int64_t bytes)
{
    (void)path;
    (void)bytes;
    ++*(unsigned *)arg;
}

static unsigned files_on_card(void)
{
    unsigned files = 0;
    sim_disk_walk(card, "", count_file, &files);
    return files;
}

/* ---- put, ask, get ------------------------------------------------------------------------------------ */

TEST(an_object_is_there_as_it_was_put)
{
    on_disk();
    CHECK_EQ_I64(rig_do(&rig, STORE_PROBE, ""), STORE_FINE);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a/b=1/x.parquet"), STORE_ABSENT);
    CHECK_EQ_I64(rig_put(&rig, "a/b=1/x.parquet", "hello", true), STORE_FINE);
    CHECK_EQ_I64(rig.result.sent_bytes, 5);
    CHECK(rig_holds(&rig, "a/b=1/x.parquet", "hello"));
    CHECK_EQ_I64(rig_get(&rig, "a/b=1/x.parquet", 0, -1), STORE_FINE);
    CHECK_EQ_I64(rig.result.bytes, 5);
    CHECK(rig.got_bytes == 5 && memcmp(rig.got, "hello", 5) == 0);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){0}), STORE_FINE);
    CHECK_EQ_STR(rig.keys, "a/b=1/x.parquet 5\n");
    done();
}

TEST(names_as_they_are)
{
    static const char *const key[] = {"a+b", "a:b", "d/\xc3\xa9 e", "%41", "k=v/z z", "empty"};
    on_disk();
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ_I64(rig_put(&rig, key[i], i < 5 ? key[i] : "", true), STORE_FINE);
    for (unsigned i = 0; i < 6; i++)
        CHECK(rig_holds(&rig, key[i], i < 5 ? key[i] : ""));
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "A"), STORE_ABSENT);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){0}), STORE_FINE);
    CHECK_EQ_STR(rig.keys, "%41 3\na+b 3\na:b 3\nd/\xc3\xa9 e 6\nempty 0\nk=v/z z 7\n");
    done();
}

TEST(ranges)
{
    static const struct {
        int64_t at, bytes;
        const char *wanted; /* NULL: refused */
    } range[] = {
        {0, -1, "0123456789"},
        {3, 4, "3456"},
        {3, -1, "3456789"},
        {8, 100, "89"},
        {-1, 3, "789"},
        {-1, 100, "0123456789"},
        {0, 0, ""},
        {10, 1, NULL},
        {11, -1, NULL},
        {INT64_MAX, INT64_MAX, NULL},
    };
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "x", "0123456789", false), STORE_FINE);
    for (unsigned i = 0; i < sizeof range / sizeof *range; i++) {
        enum store_outcome outcome = rig_get(&rig, "x", range[i].at, range[i].bytes);
        CHECK_EQ_I64(outcome, range[i].wanted ? STORE_FINE : STORE_REFUSED);
        if (range[i].wanted == NULL)
            continue;
        CHECK_EQ_U64(rig.got_bytes, strlen(range[i].wanted));
        CHECK_EQ_MEM(rig.got, range[i].wanted, rig.got_bytes);
        CHECK_EQ_I64(rig.result.bytes, 10);
        CHECK_EQ_I64(rig.result.got_bytes, (int64_t)rig.got_bytes);
    }
    CHECK_EQ_I64(rig_put(&rig, "nothing", "", false), STORE_FINE);
    CHECK_EQ_I64(rig_get(&rig, "nothing", 0, -1), STORE_FINE);
    CHECK_EQ_U64(rig.got_bytes, 0);
    done();
}

TEST(a_body_of_a_file)
{
    static char text[300 << 10];
    on_card();
    const struct td_disk *disk = sim_disk_table(card);
    int file = disk->open(disk->ctx, "body", O_RDWR | O_CREAT, 0644);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 251);
    CHECK_EQ_I64(disk->write_at(disk->ctx, file, text, sizeof text, 0), (int64_t)sizeof text);
    struct store_op op = {.verb = STORE_PUT,
                          .key = "x",
                          .body = {.disk = disk, .file = file, .at = 1000, .bytes = 250 << 10},
                          .body_identity = digest_of(text + 1000, 250 << 10)};
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_FINE);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "x"), STORE_FINE);
    CHECK(identity_equal(&rig.result.identity, &op.body_identity));
    op.body.at = (int64_t)sizeof text - 1000; /* shorter than it says */
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_LOCAL);
    CHECK_EQ_I64(rig.result.err, TD_E_END);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "x"), STORE_FINE);
    CHECK(identity_equal(&rig.result.identity, &op.body_identity));
    CHECK_EQ_U64(files_on_card(), 2);
    disk->close(disk->ctx, file);
    done();
}

TEST(bytes_that_were_not_announced_leave_nothing)
{
    on_card();
    struct store_op op = {.verb = STORE_PUT,
                          .key = "a/b/x",
                          .body = {.data = "hellp", .bytes = 5},
                          .body_identity = digest_of("hello", 5)};
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_DAMAGED);
    op.body.bytes = 4;
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_DAMAGED);
    CHECK_EQ_U64(files_on_card(), 0);
    CHECK(!sim_disk_exists(card, "lake/a"));
    CHECK_EQ_I64(rig_put(&rig, "a/b/x", "old", false), STORE_FINE);
    CHECK_EQ_I64(rig_ask(&rig, &op), STORE_DAMAGED);
    CHECK(rig_holds(&rig, "a/b/x", "old"));
    done();
}

TEST(what_exists_is_replaced_unless_asked_not_to)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "x", "one", true), STORE_FINE);
    CHECK_EQ_I64(rig_put(&rig, "x", "two", true), STORE_EXISTS);
    CHECK(rig_holds(&rig, "x", "one"));
    CHECK_EQ_I64(rig_put(&rig, "x", "two", false), STORE_FINE);
    CHECK(rig_holds(&rig, "x", "two"));
    done();
}

/* The page cache says what was written, the card another thing: the sum of HEAD is the card's. */
TEST(head_reads_what_the_card_holds)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "x", "hello", true), STORE_FINE);
    CHECK(sim_disk_rot(card, "lake/x", 2, 0x10));
    CHECK(!rig_holds(&rig, "x", "hello"));
    CHECK_EQ_I64(rig.result.outcome, STORE_FINE);
    CHECK_EQ_I64(rig.result.bytes, 5);
    done();
}

/* ---- names that are none ---------------------------------------------------------------------------- */

TEST(hostile_keys_are_refused)
{
    static const char *const key[] = {"",       "/",     "/etc/x",      "..",           "../x",
                                      "a/../x", "a/..",  ".",           "./x",          "a/./x",
                                      "a//x",   "a/",    "a\\..\\x",    "\\x",          ".hidden",
                                      "a/.x",   "a/...", ".tape-parts", ".tape-parts/x"};
    static const enum store_verb verb[] = {STORE_HEAD, STORE_GET, STORE_DELETE, STORE_PARTS_OPEN};
    char longest[1200];
    on_card();
    for (unsigned i = 0; i < sizeof key / sizeof *key; i++) {
        CHECK_EQ_I64(rig_put(&rig, key[i], "x", false), STORE_REFUSED);
        for (unsigned v = 0; v < 4; v++)
            CHECK_EQ_I64(rig_do(&rig, verb[v], key[i]), STORE_REFUSED);
    }
    memset(longest, 'x', sizeof longest);
    longest[256] = 0; /* a part */
    CHECK_EQ_I64(rig_put(&rig, longest, "x", false), STORE_REFUSED);
    for (unsigned i = 0; i < 1025; i++)
        longest[i] = i % 50 == 49 ? '/' : 'x';
    longest[1025] = 0;
    CHECK_EQ_I64(rig_put(&rig, longest, "x", false), STORE_REFUSED);
    CHECK_EQ_U64(files_on_card(), 0);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){.key = "../"}), STORE_REFUSED);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){.key = "/etc/"}), STORE_REFUSED);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){.key = ".tape-parts/"}), STORE_REFUSED);
    done();
}

TEST(links_are_not_followed)
{
    const char *folder = on_disk();
    char link[700], outside[600];
    snprintf(outside, sizeof outside, "%s/outside", test_tmpdir());
    CHECK(mkdir(outside, 0755) == 0 || access(outside, F_OK) == 0);
    snprintf(link, sizeof link, "%s/out", folder);
    CHECK_EQ_I64(symlink(outside, link), 0);
    CHECK_EQ_I64(rig_put(&rig, "out/x", "x", false), STORE_REFUSED);
    CHECK_EQ_I64(rig_put(&rig, "out", "x", false), STORE_REFUSED);
    snprintf(link, sizeof link, "%s/file", outside);
    int file = open(link, O_RDWR | O_CREAT, 0644);
    CHECK(file >= 0 && close(file) == 0);
    char inside[600];
    snprintf(inside, sizeof inside, "%s/file", folder);
    CHECK_EQ_I64(symlink(link, inside), 0);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "out/file"), STORE_ABSENT);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "file"), STORE_ABSENT);
    CHECK_EQ_I64(rig_get(&rig, "file", 0, -1), STORE_ABSENT);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "out/file"), STORE_FINE);
    CHECK_EQ_I64(access(link, F_OK), 0);
    CHECK_EQ_I64(rig_put(&rig, "real", "x", false), STORE_FINE);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){0}), STORE_FINE);
    CHECK_EQ_STR(rig.keys, "real 1\n");
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){.key = "out/"}), STORE_FINE);
    CHECK_EQ_STR(rig.keys, "");
    done();
}

TEST(a_file_in_the_way_and_a_folder_of_the_name)
{
    on_disk();
    CHECK_EQ_I64(rig_put(&rig, "a/b", "x", false), STORE_FINE);
    CHECK_EQ_I64(rig_put(&rig, "a/b/c", "x", false), STORE_REFUSED);
    CHECK_EQ_I64(rig_put(&rig, "a", "x", false), STORE_REFUSED);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a"), STORE_ABSENT);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "a/b/c"), STORE_ABSENT);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a"), STORE_FINE);
    CHECK(rig_holds(&rig, "a/b", "x"));
    done();
}

/* ---- delete ------------------------------------------------------------------------------------------- */

TEST(emptied_folders_go_with_the_last_object)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "a/b/x", "x", false), STORE_FINE);
    CHECK_EQ_I64(rig_put(&rig, "a/b/y", "y", false), STORE_FINE);
    CHECK_EQ_I64(rig_put(&rig, "a/z", "z", false), STORE_FINE);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a/b/x"), STORE_FINE);
    CHECK(sim_disk_exists(card, "lake/a/b"));
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a/b/y"), STORE_FINE);
    CHECK(!sim_disk_exists(card, "lake/a/b") && sim_disk_exists(card, "lake/a"));
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a/b/y"), STORE_FINE);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a/z"), STORE_FINE);
    CHECK(!sim_disk_exists(card, "lake/a") && sim_disk_exists(card, "lake"));
    done();
}

TEST(deleted_is_deleted_after_a_power_cut)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "a/x", "x", false), STORE_FINE);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "a/x"), STORE_FINE);
    done();
    sim_disk_cut(card, &(struct sim_cut){.mode = SIM_CUT_NONE});
    CHECK_EQ_U64(files_on_card(), 0);
}

/* ---- a bad disk ---------------------------------------------------------------------------------------- */

TEST(a_full_disk_is_said_and_leaves_nothing)
{
    static char text[64 << 10];
    on_card();
    memset(text, 'x', sizeof text - 1);
    CHECK_EQ_I64(rig_put(&rig, "a/small", "x", false), STORE_FINE);
    sim_disk_capacity(card, 32 << 10);
    CHECK_EQ_I64(rig_put(&rig, "b/large", text, false), STORE_LOCAL);
    CHECK_EQ_I64(rig.result.err, TD_E_DISK_FULL);
    CHECK(strstr(rig.result.words, "full") != NULL);
    CHECK_EQ_U64(files_on_card(), 1);
    CHECK(!sim_disk_exists(card, "lake/b"));
    sim_disk_capacity(card, 1 << 30);
    CHECK_EQ_I64(rig_put(&rig, "b/large", text, false), STORE_FINE);
    done();
}

TEST(a_disk_that_may_not_be_written)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "x", "x", false), STORE_FINE);
    sim_disk_read_only(card, true);
    CHECK_EQ_I64(rig_put(&rig, "y", "y", false), STORE_LOCAL);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "x"), STORE_LOCAL);
    CHECK(rig_holds(&rig, "x", "x"));
    sim_disk_read_only(card, false);
    done();
}

/* A disk that was pulled out leaves an empty place: it is not filled. */
TEST(a_folder_that_went_away_is_not_made_again)
{
    on_card();
    CHECK_EQ_I64(rig_put(&rig, "x", "x", false), STORE_FINE);
    CHECK(sim_disk_vanish(card, "lake"));
    CHECK_EQ_I64(rig_put(&rig, "y", "y", false), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_do(&rig, STORE_HEAD, "x"), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_get(&rig, "x", 0, -1), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_do(&rig, STORE_DELETE, "x"), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_do(&rig, STORE_PROBE, ""), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_list(&rig, (struct store_op){0}), STORE_NO_BUCKET);
    CHECK_EQ_I64(rig_do(&rig, STORE_PARTS_OPEN, "x"), STORE_NO_BUCKET);
    CHECK(!sim_disk_exists(card, "lake"));
    done();
}

/* Whatever call fails, and whenever: nothing of the old object is lost, and no file is left over. */
TEST(every_call_of_a_put_may_fail)
{
    for (uint64_t skip = 0;; skip++) {
        on_card();
        CHECK_EQ_I64(rig_put(&rig, "a/x", "old", false), STORE_FINE);
        struct sim_fault fault = {.kind = SIM_FAULT_ERROR,
                                  .ops = SIM_OPS_CHANGING & ~(1u << SIM_OP_UNLINK),
                                  .skip = skip,
                                  .times = 1,
                                  .err = TD_E_IO};
        int index = sim_disk_fault(card, &fault);
        enum store_outcome outcome = rig_put(&rig, "a/x", "new", false);
        bool fired = sim_disk_fired(card, index) > 0;
        sim_disk_faults_clear(card);
        CHECK_EQ_I64(outcome, fired ? STORE_LOCAL : STORE_FINE);
        CHECK(rig_holds(&rig, "a/x", "old") || rig_holds(&rig, "a/x", "new"));
        CHECK_EQ_U64(files_on_card(), 1);
        done();
        if (!fired)
            return;
    }
}

/* ---- power cuts ---------------------------------------------------------------------------------------- */

/* A card after the cut: its object is the old one, the new one or (where there was none) absent; no list shows anything else; it can be put,
   and then there is one file. */
struct cuts {
    struct sim_disk *copy, *after;
    bool was_there;
    unsigned made;
};

static void check_after(struct cuts *cuts, const struct sim_cut *cut)
{
    static struct rig found;
    unsigned files = 0;
    sim_disk_copy(cuts->after, cuts->copy);
    sim_disk_cut(cuts->after, cut);
    rig_open(&found, sim_disk_table(cuts->after), "lake");
    bool whole = rig_holds(&found, "a/x", "new") || rig_holds(&found, "a/x", "old");
    CHECK(whole || (!cuts->was_there && rig_do(&found, STORE_HEAD, "a/x") == STORE_ABSENT));
    CHECK_EQ_I64(rig_list(&found, (struct store_op){0}), STORE_FINE);
    CHECK_EQ_STR(found.keys, whole ? "a/x 3\n" : "");
    CHECK_EQ_I64(rig_put(&found, "a/x", "new", false), STORE_FINE);
    CHECK(rig_holds(&found, "a/x", "new"));
    sim_disk_walk(cuts->after, "", count_file, &files);
    CHECK_EQ_U64(files, 1);
    found.store.close(found.store.ctx);
    cuts->made++;
}

static void cut_here(void *arg, uint32_t entry)
{
    struct cuts *cuts = arg;
    (void)entry;
    sim_disk_copy(cuts->copy, card);
    for (int mode = 0; mode < SIM_CUT_MODES; mode++)
        for (uint64_t seed = 1; seed <= (mode == SIM_CUT_RANDOM ? 8 : 1); seed++)
            check_after(cuts, &(struct sim_cut){.mode = (enum sim_cut_mode)mode,
                                                .seed = seed,
                                                .upto = sim_disk_sequence(card) / 2});
}

static void cut_through(struct cuts *cuts)
{
    on_card();
    if (cuts->was_there)
        CHECK_EQ_I64(rig_put(&rig, "a/x", "old", false), STORE_FINE);
    sim_disk_on_change(card, cut_here, cuts);
    CHECK_EQ_I64(rig_put(&rig, "a/x", "new", false), STORE_FINE);
    sim_disk_on_change(card, NULL, NULL);
    done();
    sim_disk_cut(card, &(struct sim_cut){.mode = SIM_CUT_NONE});
    rig_open(&rig, sim_disk_table(card), "lake");
    CHECK(rig_holds(&rig, "a/x", "new"));
    done();
}

TEST(power_cut_at_every_change_of_a_put)
{
    struct cuts cuts = {.copy = sim_disk_new(0), .after = sim_disk_new(0)};
    cut_through(&cuts);
    CHECK(cuts.made >= 6 * 12);
    cuts.was_there = true;
    cut_through(&cuts);
    CHECK(cuts.made >= 11 * 12);
    sim_disk_free(cuts.copy);
    sim_disk_free(cuts.after);
}
