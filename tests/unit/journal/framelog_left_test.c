#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "frames.h"
#include "journal/framelog_map.h"

/* The fuzz target, so that its inputs run here too. */
#include "fuzz/framelog_left_fuzz.c"

enum { TERM = 64 << 10, TERMS = 3, JUMBO_EACH = 50, JUMBO = 150000 };

static uint32_t bytes_of(uint64_t n)
{
    return n % JUMBO_EACH == 0 ? JUMBO : (uint32_t)(n * 37 % 3000);
}

static const char *log_path(void)
{
    static char path[256];
    td_log_setup(2, TD_LOG_OFF, NULL);
    snprintf(path, sizeof path, "%s/left.log", test_tmpdir());
    return path;
}

static struct framelog *open_log(void *mem, const char *path)
{
    struct framelog_params params = {path, TERM, TERMS};
    struct framelog *log;
    CHECK_EQ_I64(framelog_open(mem, &params, &log), 0);
    return log;
}

static td_err append(struct framelog *log, uint64_t n, char *buffer)
{
    struct td_frame frame = {.recv_ns = (int64_t)n, .bytes = bytes_of(n), .payload = buffer};
    frames_fill(buffer, frame.bytes, n);
    return framelog_append(log, &frame);
}

/* What is in the file: every frame right, numbers rising by one. */
struct found {
    uint64_t first, last, epoch, core_at;
};

static struct found read_left(const char *path)
{
    void *mem = malloc(framelog_left_footprint());
    char *expected = malloc(JUMBO);
    struct framelog_left *left;
    struct td_frame frame;
    struct found got = {0};
    CHECK_EQ_I64(framelog_left_open(mem, path, &left), 0);
    got.epoch = framelog_left_epoch(left);
    got.core_at = framelog_left_core_at(left);
    while (framelog_left_next(left, &frame)) {
        CHECK(got.first == 0 || frame.number == got.last + 1);
        CHECK_EQ_U64(frame.bytes, bytes_of(frame.number));
        CHECK_EQ_I64(frame.recv_ns, (int64_t)frame.number);
        frames_fill(expected, frame.bytes, frame.number);
        CHECK(frame.bytes == 0 || memcmp(frame.payload, expected, frame.bytes) == 0);
        got.first = got.first ? got.first : frame.number;
        got.last = frame.number;
    }
    framelog_left_close(left);
    free(expected);
    free(mem);
    return got;
}

static td_err open_left(const char *path)
{
    void *mem = malloc(framelog_left_footprint());
    struct framelog_left *left;
    td_err err = framelog_left_open(mem, path, &left);
    if (err == 0)
        framelog_left_close(left);
    free(mem);
    return err;
}

/* A log with frames 1 .. count of which the journal has released `released`, closed and left there. */
static void leave_log(const char *path, uint64_t count, uint64_t released)
{
    void *mem = aligned_alloc(64, framelog_footprint());
    char *buffer = malloc(JUMBO);
    struct td_frame frame;
    struct framelog *log = open_log(mem, path);
    framelog_set_epoch(log, 12);
    for (uint64_t n = 1; n <= count; n++)
        CHECK_EQ_I64(append(log, n, buffer), 0);
    for (uint64_t n = 1; n <= released; n++)
        CHECK_EQ_I64(framelog_read(log, FRAMELOG_JOURNAL, &frame), 1);
    framelog_release(log, FRAMELOG_JOURNAL);
    framelog_core_at(log, 3);
    framelog_close(log, false);
    free(buffer);
    free(mem);
}

TEST(what_the_journal_had_not_released_is_given)
{
    const char *path = log_path();
    leave_log(path, 70, 20);
    struct found got = read_left(path);
    CHECK_EQ_U64(got.first, 21);
    CHECK_EQ_U64(got.last, 70);
    CHECK_EQ_U64(got.epoch, 12);
    CHECK_EQ_U64(got.core_at, 3);
    leave_log(path, 70, 70);
    CHECK_EQ_U64(read_left(path).first, 0);
    leave_log(path, 0, 0);
    CHECK_EQ_U64(read_left(path).first, 0);
}

/* A term ends in padding of which only the head was ever written: the pages behind it are holes of the file. */
TEST(what_stands_behind_an_untouched_end_of_a_term_is_given)
{
    enum { LARGE = 30000 };
    static char payload[LARGE];
    char path[64]; /* where the log is in life: only there an untouched page is a hole */
    snprintf(path, sizeof path, "/dev/shm/tapedeck-left-test-%d", (int)getpid());
    void *mem = aligned_alloc(64, (framelog_footprint() + 63) / 64 * 64);
    void *left_mem = malloc(framelog_left_footprint());
    struct framelog *log = open_log(mem, path);
    struct framelog_left *left;
    struct td_frame frame;
    for (unsigned n = 0; n < 3; n++) {
        frame = (struct td_frame){.bytes = LARGE, .payload = payload};
        CHECK_EQ_I64(framelog_append(log, &frame), 0);
    }
    framelog_close(log, false);
    CHECK_EQ_I64(framelog_left_open(left_mem, path, &left), 0);
    for (unsigned n = 1; n <= 3; n++) {
        CHECK_EQ_I64(framelog_left_next(left, &frame), 1);
        CHECK_EQ_U64(frame.number, n);
    }
    CHECK_EQ_I64(framelog_left_next(left, &frame), 0);
    framelog_left_close(left);
    unlink(path);
    free(left_mem);
    free(mem);
}

TEST(no_log_a_living_one_and_other_things_at_its_place)
{
    const char *path = log_path();
    unlink(path);
    CHECK_EQ_I64(open_left(path), TD_E_MISSING);
    void *mem = aligned_alloc(64, framelog_footprint());
    struct framelog *log = open_log(mem, path);
    CHECK_EQ_I64(open_left(path), TD_E_BUSY);
    framelog_close(log, false);
    CHECK_EQ_I64(open_left(path), 0);
    CHECK_EQ_I64(truncate(path, 5000), 0);
    CHECK_EQ_I64(open_left(path), TD_E_UNSUPPORTED);
    CHECK_EQ_I64(truncate(path, 0), 0);
    CHECK_EQ_I64(open_left(path), TD_E_UNSUPPORTED);
    unlink(path);
    CHECK_EQ_I64(symlink("/dev/null", path), 0);
    CHECK_EQ_I64(open_left(path), TD_E_UNSUPPORTED);
    unlink(path);
    CHECK_EQ_I64(mkdir(path, 0700), 0);
    CHECK_EQ_I64(open_left(path), TD_E_UNSUPPORTED);
    rmdir(path);
    CHECK_EQ_I64(mkfifo(path, 0600), 0);
    CHECK_EQ_I64(open_left(path), TD_E_UNSUPPORTED);
    unlink(path);
    free(mem);
}

TEST(it_can_be_replaced_while_it_is_open)
{
    const char *path = log_path();
    leave_log(path, 30, 10);
    void *mem = aligned_alloc(64, framelog_footprint()), *left_mem = malloc(4096);
    struct framelog_left *left;
    struct td_frame frame;
    CHECK_EQ_I64(framelog_left_open(left_mem, path, &left), 0);
    struct framelog *log = open_log(mem, path);
    CHECK_EQ_I64(framelog_left_next(left, &frame), 1);
    CHECK_EQ_U64(frame.number, 11);
    framelog_left_close(left);
    framelog_close(log, true);
    free(left_mem);
    free(mem);
}

static int lowest_free_fd(void)
{
    int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
}

static void put_positions(const char *path, uint64_t released, uint64_t head)
{
    FILE *file = fopen(path, "r+b");
    struct framelog_page page;
    CHECK(file != NULL && fread(&page, sizeof page, 1, file) == 1);
    page.reader[FRAMELOG_JOURNAL].released = released;
    page.head = head;
    CHECK(fseek(file, 0, SEEK_SET) == 0 && fwrite(&page, sizeof page, 1, file) == 1);
    fclose(file);
}

/* Nothing is read from a place where the journal cannot have been, and a file that is refused is let go of. */
TEST(positions_that_cannot_be_are_refused)
{
    const char *path = log_path();
    const uint64_t ring = (uint64_t)TERM * TERMS, align = FRAMELOG_ALIGN;
    const struct {
        uint64_t released, head;
        td_err err;
    } tries[] = {{0, ring, 0},
                 {align, ring + align, 0},
                 {align / 2, ring, TD_E_UNSUPPORTED},
                 {2 * align, align, TD_E_UNSUPPORTED},
                 {0, ring + align, TD_E_UNSUPPORTED},
                 {UINT64_MAX - align + 1, UINT64_MAX, TD_E_UNSUPPORTED}};
    leave_log(path, 20, 0);
    int fd = lowest_free_fd();
    for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        put_positions(path, tries[i].released, tries[i].head);
        CHECK_EQ_I64(open_left(path), tries[i].err);
        CHECK_EQ_I64(lowest_free_fd(), fd);
    }
}

/* ---- killed ---- */

/* Appends until it is killed; each number that has been appended is told through the pipe. */
static void append_for_ever(const char *path, bool release, int told)
{
    void *mem = aligned_alloc(64, framelog_footprint());
    char *buffer = malloc(JUMBO);
    struct framelog *log = open_log(mem, path);
    for (uint64_t n = 1;; n++) {
        while (append(log, n, buffer) == TD_E_AGAIN) {
            struct td_frame read;
            if (!release)
                pause();
            for (int who = 0; who < FRAMELOG_READERS; who++) {
                for (int i = 0; i < 20 && framelog_read(log, who, &read); i++)
                    ;
                framelog_release(log, who);
            }
        }
        if (write(told, &n, sizeof n) != (ssize_t)sizeof n)
            _exit(1);
    }
}

/* Kills the child after `appends` were told; returns the last number told. */
static uint64_t kill_after(const char *path, bool release, int appends)
{
    int told[2];
    uint64_t n = 0;
    CHECK(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0)
        append_for_ever(path, release, told[1]);
    close(told[1]);
    for (int i = 0; i < appends; i++)
        CHECK(read(told[0], &n, sizeof n) == (ssize_t)sizeof n);
    kill(child, SIGKILL);
    while (read(told[0], &n, sizeof n) == (ssize_t)sizeof n)
        ;
    close(told[0]);
    waitpid(child, NULL, 0);
    return n;
}

TEST(a_killed_writer_leaves_every_frame_from_the_journals_position_on)
{
    const char *path = log_path();
    for (int run = 0; run < 30; run++) {
        uint64_t n = kill_after(path, true, 150 + run * 61);
        struct found got = read_left(path);
        CHECK(got.last == n || got.last == n + 1);
        CHECK(got.first > 1 || n < 200);
    }
    for (int run = 1; run < 90; run += 7) {
        uint64_t n = kill_after(path, false, run);
        struct found got = read_left(path);
        CHECK(got.last == n || got.last == n + 1);
        CHECK_EQ_U64(got.first, 1);
    }
}

/* ---- damaged ---- */

static uint8_t *whole_file(const char *path, size_t bytes)
{
    uint8_t *all = malloc(bytes);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(all, 1, bytes, file) == bytes);
    fclose(file);
    return all;
}

static void patch(const char *path, size_t offset, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL && fseek(file, (long)offset, SEEK_SET) == 0 &&
          fwrite(data, 1, bytes, file) == bytes);
    fclose(file);
}

/* The writer had filled in a record, wholly or in part, and was killed before it committed it. */
TEST(a_record_half_written_is_not_there)
{
    const char *path = log_path();
    char *buffer = malloc(JUMBO);
    for (uint32_t written = 8; written < 400; written += 13) {
        leave_log(path, 20, 0);
        uint8_t *all = whole_file(path, FRAMELOG_PAGE_BYTES + TERM);
        const struct framelog_page *page = (const void *)all;
        size_t head = FRAMELOG_PAGE_BYTES + page->head;
        struct framelog_record next = {.payload_bytes = 700, .number = 21, .kind = 1};
        memset(buffer, 'x', 800);
        memcpy(buffer, &next, sizeof next);
        patch(path, head + 8, buffer + 8, written - 8 + 1);
        CHECK_EQ_U64(read_left(path).last, 20);
        /* killed between the commit and the move of the head */
        uint64_t before = page->head - 64;
        patch(path, offsetof(struct framelog_page, head), &before, sizeof before);
        CHECK_EQ_U64(read_left(path).last, 20);
        free(all);
    }
    free(buffer);
}

/* Any one byte of the header and of the first records changed: no frame out of order, and those before the change come. */
TEST(every_byte_changed)
{
    const char *path = log_path();
    void *mem = malloc(framelog_left_footprint());
    leave_log(path, 12, 0);
    size_t bytes = FRAMELOG_PAGE_BYTES + 6000;
    uint8_t *all = whole_file(path, bytes);
    for (size_t i = 0; i < bytes;
         i += i == sizeof(struct framelog_page) ? FRAMELOG_PAGE_BYTES - i : 1) {
        uint8_t changed = all[i] ^ (uint8_t)(1 << i % 8);
        struct framelog_left *left;
        struct td_frame frame;
        uint64_t last = 0;
        patch(path, i, &changed, 1);
        if (framelog_left_open(mem, path, &left) == 0) {
            while (framelog_left_next(left, &frame)) {
                CHECK(last == 0 || frame.number == last + 1);
                last = frame.number;
            }
            framelog_left_close(left);
        } else {
            CHECK(i < FRAMELOG_PAGE_BYTES);
        }
        CHECK(i < FRAMELOG_PAGE_BYTES + 5000 || last >= 2);
        patch(path, i, &all[i], 1);
    }
    CHECK_EQ_U64(read_left(path).last, 12);
    free(all);
    free(mem);
}

/* A jumbo record whose slot holds nothing (any more) is damage: its frame is not made up of zeros. */
TEST(a_jumbo_record_without_its_slot_ends_the_reading)
{
    const char *path = log_path();
    leave_log(path, JUMBO_EACH, 0);
    CHECK_EQ_U64(read_left(path).last, JUMBO_EACH);
    const uint64_t wrong[] = {FRAMELOG_JUMBO_FREE, FRAMELOG_JUMBO_LENT, 4711};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        patch(path, offsetof(struct framelog_page, jumbo), &wrong[i], sizeof wrong[i]);
        CHECK_EQ_U64(read_left(path).last, JUMBO_EACH - 1);
    }
}

TEST(thousands_of_hostile_records)
{
    uint8_t input[800];
    uint64_t state = 9;
    log_path();
    for (int run = 0; run < 2000; run++) {
        size_t at = 1;
        for (uint64_t n = 1; at + 300 < sizeof input; n++) {
            uint32_t payload = (uint32_t)(frames_random(&state) % 150);
            uint32_t length = (uint32_t)(sizeof(struct framelog_record) + payload + 15) / 16 * 16;
            struct framelog_record record = {
                .commit = length, .payload_bytes = payload, .number = n, .flags = n % 5 ? 0 : 2};
            memcpy(input + at, &record, sizeof record);
            at += length;
        }
        for (uint64_t flips = frames_random(&state) % 5; flips > 0; flips--)
            input[1 + frames_random(&state) % (at - 1)] = (uint8_t)frames_random(&state);
        input[0] = 1;
        LLVMFuzzerTestOneInput(input, at);
    }
}
