/* `tape journal drain`, all but the replay itself: which journal, which configuration, what it says of the end. */
#include "app/drain.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "journal/journal.h"
#include "lake/journal_dir.h"
#include "test.h"

static struct {
    struct deck_params params;
    char journal[512], checkpoint[512];
    unsigned instruments, calls;
    struct deck_replayed gives;
    td_err err;
} seen;

static td_err replay(const struct deck_params *params, const char *journal_folder,
                     const char *checkpoint_dir, void (*moved)(void *arg, uint64_t frame),
                     void *arg, struct deck_replayed *replayed)
{
    (void)moved;
    (void)arg;
    seen.calls++;
    seen.params = *params;
    seen.instruments = instruments_count(params->instruments);
    snprintf(seen.journal, sizeof seen.journal, "%s", journal_folder);
    snprintf(seen.checkpoint, sizeof seen.checkpoint, "%s", checkpoint_dir ? checkpoint_dir : "");
    *replayed = seen.gives;
    return seen.err;
}

/* <dir>/journal with a start, and a configuration if there is a text. */
static void make_journal(const char *dir, const char *config)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s/journal", dir);
    struct journal_params params = {.disk = &td_os_linux()->disk,
                                    .folder = folder,
                                    .file_bytes = JOURNAL_FILE_BYTES_MIN,
                                    .max_bytes = 64 << 20,
                                    .level = 1,
                                    .zstd_frame_blocks = 4};
    struct journal *journal;
    uint64_t synced;
    size_t bytes = (journal_footprint(&params) + 63) & ~(size_t)63;
    void *mem = aligned_alloc(64, bytes);
    memset(mem, 0, bytes);
    CHECK_EQ_I64(journal_open(mem, &params, &journal), 0);
    struct td_frame frame = {.number = 1,
                             .recv_ns = INT64_C(1789948800) * TD_NS_PER_S,
                             .source = TD_SOURCE_NONE,
                             .kind = TD_FRAME_START,
                             .payload = "build",
                             .bytes = 5};
    CHECK_EQ_I64(journal_append(journal, &frame), 0);
    if (config) {
        frame.number = 2;
        frame.kind = TD_FRAME_CONFIG;
        frame.payload = config;
        frame.bytes = (uint32_t)strlen(config);
        CHECK_EQ_I64(journal_append(journal, &frame), 0);
    }
    CHECK_EQ_I64(journal_flush(journal), 0);
    CHECK_EQ_I64(journal_sync(journal, &synced), 0);
    CHECK_EQ_I64(journal_close(journal), 0);
    free(mem);
}

static int drain(const char *path, const char *config, bool whole)
{
    struct journal_drain request = {
        .path = path, .out = "elsewhere", .config = config, .whole = whole};
    seen.calls = 0;
    return drain_journal(&request, replay);
}

static const char config_text[] = "[deck]\nid = attic\n[segment]\nrows_max = 4096\n"
                                  "[coinbase]\nsymbols = BTC-USD,ETH-USD\n";

TEST(parameters_come_from_the_journal)
{
    char path[256];
    const char *dir = test_tmpdir();
    make_journal(dir, config_text);
    seen.gives = (struct deck_replayed){.frames = 2, .segments = 3};
    seen.err = 0;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FINE);
    CHECK_EQ_I64(seen.calls, 1);
    snprintf(path, sizeof path, "%s/journal", dir);
    CHECK_EQ_STR(seen.journal, path);
    CHECK_EQ_STR(seen.checkpoint, "");
    CHECK_EQ_STR(seen.params.name, "attic");
    CHECK_EQ_STR(seen.params.data_dir, "elsewhere");
    CHECK_EQ_I64(seen.params.group_rows, 4096);
    CHECK_EQ_I64(seen.instruments, 2);
    CHECK(!seen.params.journal && !seen.params.shm_path && seen.params.endpoint_count == 0);
    CHECK_EQ_I64(drain(path, NULL, false), EXIT_FINE); /* the folder itself */
    CHECK_EQ_STR(seen.journal, path);
}

TEST(a_checkpoint_is_used_unless_all_is_asked_for)
{
    char path[256];
    const char *dir = test_tmpdir();
    make_journal(dir, config_text);
    snprintf(path, sizeof path, "%s/checkpoint", dir);
    CHECK(mkdir(path, 0755) == 0);
    seen.err = 0;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FINE);
    CHECK_EQ_STR(seen.checkpoint, dir);
    CHECK_EQ_I64(drain(dir, NULL, true), EXIT_FINE);
    CHECK_EQ_STR(seen.checkpoint, "");
}

TEST(without_a_configuration_one_must_be_given)
{
    char path[256];
    const char *dir = test_tmpdir();
    make_journal(dir, NULL);
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_CONFIG);
    CHECK_EQ_I64(seen.calls, 0);
    snprintf(path, sizeof path, "%s/tapedeck.ini", dir);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(config_text, file) >= 0 && fclose(file) == 0);
    CHECK_EQ_I64(drain(dir, path, false), EXIT_FINE);
    CHECK_EQ_I64(seen.calls, 1);
    CHECK_EQ_I64(seen.params.group_rows, 4096);
}

TEST(exit_codes)
{
    const char *dir = test_tmpdir();
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FOUND); /* no journal */
    make_journal(dir, "[coinbase]\nsymbols = BTC-USD\nnonsense = 1\n");
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_CONFIG);
    dir = test_tmpdir();
    make_journal(dir, config_text);
    seen.gives = (struct deck_replayed){.frames = 2, .remade = 1};
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FINE);
    seen.gives.differs = 1;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FOUND);
    seen.gives.lost = 7;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_CORRUPT);
    seen.err = TD_E_BUSY;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_DISK);
    seen.err = TD_E_MISSING;
    CHECK_EQ_I64(drain(dir, NULL, false), EXIT_FOUND);
    seen.err = 0;
}
