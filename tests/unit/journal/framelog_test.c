#include "journal/framelog.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames.h"
#include "journal/framelog_layout.h"
#include "journal/framelog_map.h"

enum { TERM = 64 << 10, TERMS = 3 };

struct desk {
    void *mem;
    struct framelog *log;
    char path[256];
};

static struct desk setup(bool named)
{
    struct desk d = {.mem = aligned_alloc(64, framelog_footprint())};
    snprintf(d.path, sizeof d.path, "%s/frames.log", named ? test_tmpdir() : "");
    struct framelog_params params = {named ? d.path : NULL, TERM, TERMS};
    CHECK_EQ_I64(framelog_open(d.mem, &params, &d.log), 0);
    return d;
}

static void teardown(struct desk *d)
{
    framelog_close(d->log, true);
    free(d->mem);
}

static td_err append(struct framelog *log, const char *payload, uint32_t bytes)
{
    struct td_frame frame = {.kind = TD_FRAME_WS_TEXT, .payload = payload, .bytes = bytes};
    return framelog_append(log, &frame);
}

static void release_both(struct framelog *log)
{
    framelog_release(log, FRAMELOG_JOURNAL);
    framelog_release(log, FRAMELOG_CORE);
}

TEST(a_frame_comes_back_with_all_its_fields)
{
    struct desk d = setup(false);
    struct td_frame put = {.recv_ns = -5,
                           .mono_ns = 6,
                           .payload = "hello",
                           .bytes = 5,
                           .conn = 7,
                           .source = 8,
                           .status = 9,
                           .kind = TD_FRAME_HTTP,
                           .origin = TD_ORIGIN_REST};
    struct td_frame got;
    framelog_set_next(d.log, 41);
    CHECK_EQ_I64(framelog_append(d.log, &put), 0);
    CHECK_EQ_U64(put.number, 41);
    CHECK_EQ_U64(framelog_next(d.log), 42);
    for (int who = 0; who < FRAMELOG_READERS; who++) {
        CHECK_EQ_I64(framelog_read(d.log, who, &got), 1);
        CHECK(frames_equal(&put, &got));
        CHECK_EQ_I64(framelog_read(d.log, who, &got), 0);
    }
    teardown(&d);
}

TEST(full_until_both_readers_released)
{
    struct desk d = setup(false);
    static char payload[1000];
    struct td_frame frame;
    int appended = 0;
    while (append(d.log, payload, sizeof payload) == 0)
        appended++;
    CHECK(appended > TERM * (TERMS - 1) / 1064);
    CHECK(framelog_fill_percent(d.log) > 90);
    for (int i = 0; i < appended; i++)
        CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_JOURNAL, &frame), 1);
    framelog_release(d.log, FRAMELOG_JOURNAL);
    CHECK_EQ_I64(append(d.log, payload, sizeof payload), TD_E_AGAIN);
    for (int i = 0; i < appended; i++) {
        CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 1);
        CHECK_EQ_U64(frame.number, (uint64_t)i + 1);
    }
    CHECK_EQ_I64(append(d.log, payload, sizeof payload), TD_E_AGAIN);
    framelog_release(d.log, FRAMELOG_CORE);
    CHECK_EQ_I64(append(d.log, payload, sizeof payload), 0);
    CHECK(framelog_fill_percent(d.log) < 50);
    teardown(&d);
}

TEST(all_lengths_around_the_term_end)
{
    struct desk d = setup(false);
    struct frames frames = {2, 0, malloc(TERM)};
    struct td_frame got;
    for (uint32_t bytes = 0; bytes <= TERM / 2; bytes += bytes < 300 ? 1 : 1237) {
        frames_fill(frames.buffer, bytes, bytes);
        CHECK_EQ_I64(append(d.log, frames.buffer, bytes), 0);
        for (int who = 0; who < FRAMELOG_READERS; who++) {
            CHECK_EQ_I64(framelog_read(d.log, who, &got), 1);
            CHECK_EQ_U64(got.bytes, bytes);
            CHECK(memcmp(got.payload, frames.buffer, bytes) == 0);
        }
        release_both(d.log);
    }
    free(frames.buffer);
    teardown(&d);
}

static size_t resident_pages(const char *at, size_t bytes)
{
    static unsigned char page[TD_FRAME_BYTES_MAX / 4096];
    size_t count = 0;
    CHECK(mincore((void *)at, bytes, page) == 0);
    for (size_t i = 0; i < bytes / 4096; i++)
        count += page[i] & 1;
    return count;
}

TEST(jumbo_pages_go_back_when_both_are_past)
{
    struct desk d = setup(true);
    struct td_frame frame;
    char *slot = framelog_jumbo_lend(d.log);
    CHECK(slot != NULL);
    CHECK(framelog_jumbo_lend(d.log) == NULL);
    memset(slot, 'x', TD_FRAME_BYTES_MAX);
    CHECK_EQ_I64(append(d.log, slot, TD_FRAME_BYTES_MAX), 0);
    CHECK_EQ_U64(resident_pages(slot, TD_FRAME_BYTES_MAX), TD_FRAME_BYTES_MAX / 4096);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_JOURNAL, &frame), 1);
    CHECK_EQ_U64(frame.bytes, TD_FRAME_BYTES_MAX);
    CHECK(frame.payload[0] == 'x' && frame.payload[TD_FRAME_BYTES_MAX - 1] == 'x');
    framelog_release(d.log, FRAMELOG_JOURNAL);
    CHECK(framelog_jumbo_lend(d.log) == NULL);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 1);
    framelog_release(d.log, FRAMELOG_CORE);
    CHECK_EQ_U64(resident_pages(slot, TD_FRAME_BYTES_MAX), 0);
    slot = framelog_jumbo_lend(d.log);
    CHECK(slot != NULL);
    slot[5] = 1;
    framelog_jumbo_return(d.log);
    CHECK_EQ_U64(resident_pages(slot, TD_FRAME_BYTES_MAX), 0);
    teardown(&d);
}

TEST(large_payload_takes_the_slot_by_itself)
{
    struct desk d = setup(false);
    char *payload = malloc(TD_FRAME_BYTES_MAX + 1);
    struct td_frame frame;
    frames_fill(payload, 100000, 9);
    CHECK_EQ_I64(append(d.log, payload, 100000), 0);
    CHECK_EQ_I64(append(d.log, payload, 100000), TD_E_AGAIN);
    CHECK_EQ_I64(append(d.log, payload, 10), 0);
    for (int who = 0; who < FRAMELOG_READERS; who++) {
        CHECK_EQ_I64(framelog_read(d.log, who, &frame), 1);
        CHECK(frame.bytes == 100000 && memcmp(frame.payload, payload, 100000) == 0);
        framelog_release(d.log, who);
    }
    CHECK_EQ_I64(append(d.log, payload, 100000), 0);
    CHECK_EQ_I64(append(d.log, payload, TD_FRAME_BYTES_MAX + 1u), TD_E_NET_OVERSIZE);
    free(payload);
    teardown(&d);
}

TEST(finished_when_all_is_read)
{
    struct desk d = setup(false);
    struct td_frame frame;
    CHECK_EQ_I64(append(d.log, "a", 1), 0);
    CHECK(!framelog_finished(d.log, FRAMELOG_CORE));
    framelog_finish(d.log);
    CHECK(!framelog_finished(d.log, FRAMELOG_CORE));
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 1);
    CHECK(framelog_finished(d.log, FRAMELOG_CORE));
    CHECK(!framelog_finished(d.log, FRAMELOG_JOURNAL));
    teardown(&d);
}

TEST(parameters_out_of_range_are_refused)
{
    void *mem = aligned_alloc(64, framelog_footprint());
    struct framelog *log;
    const struct framelog_params wrong[] = {
        {NULL, 1000, 3}, {NULL, 32 << 10, 3}, {NULL, TERM + 16, 3}, {NULL, TERM, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ_I64(framelog_open(mem, &wrong[i], &log), TD_E_RANGE);
    CHECK_EQ_I64(framelog_open(mem, &(struct framelog_params){"/no/such/folder/x", TERM, 3}, &log),
                 TD_E_IO);
    free(mem);
}

TEST(a_living_process_keeps_its_file)
{
    struct desk d = setup(true);
    struct framelog_map map;
    struct framelog_params params = {d.path, TERM, TERMS};
    CHECK_EQ_I64(framelog_map_open(&map, &params), TD_E_BUSY);
    CHECK_EQ_I64(access(d.path, F_OK), 0);
    framelog_close(d.log, false);
    CHECK_EQ_I64(framelog_map_open(&map, &params), 0);
    framelog_map_close(&map, true);
    free(d.mem);
}

/* ---- threads ---- */

enum { LOAD_FRAMES = 60000, JUMBO_EACH = 4001, JUMBO_BYTES = 200000 };

struct side {
    struct framelog *log;
    enum framelog_reader who;
};

static uint32_t load_bytes(uint64_t n)
{
    return n % JUMBO_EACH == 0 ? JUMBO_BYTES : (uint32_t)(n * 31 % 700);
}

static void *produce(void *arg)
{
    struct framelog *log = ((struct side *)arg)->log;
    char *payload = malloc(JUMBO_BYTES);
    for (uint64_t n = 1; n <= LOAD_FRAMES; n++) {
        struct td_frame frame = {.recv_ns = (int64_t)n, .bytes = load_bytes(n), .payload = payload};
        memset(payload, (int)(n & 127), frame.bytes);
        for (;;) {
            uint32_t seen = td_doorbell_seen(framelog_bell_released(log));
            if (framelog_append(log, &frame) == 0)
                break;
            td_doorbell_wait(framelog_bell_released(log), seen, -1);
        }
        CHECK_EQ_U64(frame.number, n);
    }
    framelog_finish(log);
    free(payload);
    return NULL;
}

static void *consume(void *arg)
{
    struct side *side = arg;
    struct td_frame frame;
    uint64_t n = 0;
    for (;;) {
        uint32_t seen = td_doorbell_seen(framelog_bell_appended(side->log));
        if (!framelog_read(side->log, side->who, &frame)) {
            framelog_release(side->log, side->who);
            if (framelog_finished(side->log, side->who))
                break;
            td_doorbell_wait(framelog_bell_appended(side->log), seen, -1);
            continue;
        }
        CHECK_EQ_U64(frame.number, ++n);
        CHECK_EQ_I64(frame.recv_ns, (int64_t)n);
        CHECK_EQ_U64(frame.bytes, load_bytes(n));
        for (uint32_t i = 0; i < frame.bytes; i += 61)
            CHECK(frame.payload[i] == (char)(n & 127));
        if (n % 64 == 0)
            framelog_release(side->log, side->who);
    }
    CHECK_EQ_U64(n, LOAD_FRAMES);
    return NULL;
}

TEST(producer_and_two_readers_under_load_with_jumbo_frames)
{
    struct desk d = setup(true);
    struct side side[3] = {{d.log, FRAMELOG_JOURNAL}, {d.log, FRAMELOG_CORE}, {d.log, 0}};
    pthread_t thread[3];
    CHECK(pthread_create(&thread[0], NULL, consume, &side[0]) == 0);
    CHECK(pthread_create(&thread[1], NULL, consume, &side[1]) == 0);
    CHECK(pthread_create(&thread[2], NULL, produce, &side[2]) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    CHECK_EQ_U64(framelog_fill_percent(d.log), 0);
    teardown(&d);
}

/* ---- a log that cannot be had -------------------------------------------------------------------------------------------- */

static td_err try_open(const char *path, uint32_t terms)
{
    void *mem = aligned_alloc(64, framelog_footprint());
    struct framelog *log;
    struct framelog_params params = {path, TERM, terms};
    td_err err = framelog_open(mem, &params, &log);
    if (err == 0)
        framelog_close(log, true);
    free(mem);
    return err;
}

/* tmpfs is memory: an unfinished file would keep it. Neither the descriptor nor the file is left, and what stood there stands. */
TEST(a_log_that_cannot_be_had_leaves_nothing)
{
    char path[256], made[300];
    snprintf(path, sizeof path, "%s/frames.log", test_tmpdir());
    snprintf(made, sizeof made, "%s.new", path);
    int fd = dup(STDERR_FILENO);
    close(fd);
    CHECK_EQ_I64(mkdir(path, 0700), 0); /* the finished log cannot take this name */
    CHECK_EQ_I64(try_open(path, TERMS), TD_E_IO);
    CHECK(access(made, F_OK) != 0);
    CHECK(access(path, F_OK) == 0);
    CHECK_EQ_I64(rmdir(path), 0);
    struct rlimit was, small = {1 << 20, RLIM_INFINITY};
    CHECK_EQ_I64(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ_I64(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_EQ_I64(try_open(path, 64), TD_E_IO);
    CHECK_EQ_I64(setrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK(access(made, F_OK) != 0);
    CHECK(access(path, F_OK) != 0);
    CHECK_EQ_I64(mkdir(made, 0700), 0); /* nor can it be made */
    CHECK_EQ_I64(try_open(path, TERMS), TD_E_IO);
    CHECK_EQ_I64(rmdir(made), 0);
    CHECK_EQ_I64(try_open(path, TERMS), 0);
    int again = dup(STDERR_FILENO);
    close(again);
    CHECK_EQ_I64(again, fd);
}

TEST(sizes_that_cannot_be_are_refused)
{
    static char name[FRAMELOG_PATH_MAX + 1];
    void *mem = aligned_alloc(64, framelog_footprint());
    struct framelog *log;
    memset(name, 'x', FRAMELOG_PATH_MAX);
    const struct framelog_params tries[] = {{NULL, FRAMELOG_TERM_BYTES_MIN / 2, TERMS},
                                            {NULL, UINT32_C(2) * FRAMELOG_TERM_BYTES_MAX, TERMS},
                                            {NULL, TERM + 4096, TERMS},
                                            {NULL, TERM, FRAMELOG_TERMS_MIN - 1},
                                            {name, TERM, TERMS}};
    for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++)
        CHECK_EQ_I64(framelog_open(mem, &tries[i], &log), TD_E_RANGE);
    free(mem);
}
