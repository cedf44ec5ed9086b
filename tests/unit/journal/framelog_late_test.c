#include <pthread.h>
#include <stdatomic.h>

#include "frames.h"
#include "journal/framelog_handle.h"

/* The same functions once more, with a place where the others can come between look and hold. */
static void (*between)(struct framelog *log);
static struct framelog *between_log;
static void come_between(void);
#define framelog_let_go watched_let_go
#define framelog_rejoin watched_rejoin
#define framelog_core_at watched_core_at
#define framelog_held_up_by watched_held_up_by
#undef atomic_store
#define atomic_store(at, value)                                                                    \
    (come_between(), atomic_store_explicit(at, value, memory_order_seq_cst))
#include "journal/framelog_late.c"
#undef framelog_let_go
#undef framelog_rejoin
#undef framelog_core_at
#undef framelog_held_up_by

static void come_between(void)
{
    void (*now)(struct framelog *) = between;
    between = NULL;
    if (now)
        now(between_log);
}

enum { TERM = 64 << 10, TERMS = 3, PAYLOAD = 1000, JUMBO = 200000 };

struct desk {
    void *mem;
    struct framelog *log;
};

static struct desk setup(void)
{
    struct desk d = {.mem = aligned_alloc(64, framelog_footprint())};
    struct framelog_params params = {NULL, TERM, TERMS};
    CHECK_EQ_I64(framelog_open(d.mem, &params, &d.log), 0);
    return d;
}

static void teardown(struct desk *d)
{
    framelog_close(d->log, true);
    free(d->mem);
}

static td_err append(struct framelog *log, uint32_t bytes)
{
    static char payload[JUMBO];
    struct td_frame frame = {.kind = TD_FRAME_WS_TEXT, .payload = payload, .bytes = bytes};
    return framelog_append(log, &frame);
}

static unsigned fill(struct framelog *log)
{
    unsigned count = 0;
    while (append(log, PAYLOAD) == 0)
        count++;
    return count;
}

/* Reads up to `most` frames, releases, and returns the number of the last one. */
static uint64_t take(struct framelog *log, enum framelog_reader who, unsigned most)
{
    struct td_frame frame = {0};
    for (unsigned i = 0; i < most && framelog_read(log, who, &frame); i++)
        ;
    framelog_release(log, who);
    return frame.number;
}

static void expect_next(struct framelog *log, uint64_t number)
{
    struct td_frame frame;
    CHECK_EQ_I64(framelog_read(log, FRAMELOG_CORE, &frame), 1);
    CHECK_EQ_U64(frame.number, number);
}

TEST(the_producer_goes_on_without_a_reader_that_let_go)
{
    struct desk d = setup();
    struct td_frame frame;
    unsigned count = fill(d.log);
    CHECK_EQ_U64(take(d.log, FRAMELOG_JOURNAL, count), count);
    CHECK_EQ_I64(append(d.log, PAYLOAD), TD_E_AGAIN);
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK_EQ_U64(framelog_fill_percent(d.log), 0);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 0);
    CHECK(fill(d.log) > 0);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 0);
    framelog_release(d.log, FRAMELOG_CORE); /* holds nothing still */
    take(d.log, FRAMELOG_JOURNAL, 10 * count);
    CHECK(fill(d.log) > 0);
    teardown(&d);
}

TEST(what_the_journal_has_not_released_can_be_rejoined_all_else_not)
{
    struct desk d = setup();
    framelog_let_go(d.log, FRAMELOG_CORE);
    for (unsigned round = 0; round < 9; round++) {
        fill(d.log);
        uint64_t held = take(d.log, FRAMELOG_JOURNAL, 40);
        uint64_t newest = framelog_next(d.log) - 1;
        if (held > 1)
            CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, held - 1), 0);
        CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, newest + 1), 0);
        for (uint64_t after = held; after < newest; after += 1 + after % 7) {
            CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, after), 1);
            expect_next(d.log, after + 1);
            framelog_let_go(d.log, FRAMELOG_CORE);
        }
        CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, newest), 1);
        struct td_frame frame;
        CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 0);
        framelog_let_go(d.log, FRAMELOG_CORE);
    }
    teardown(&d);
}

TEST(rejoining_an_empty_log_at_its_newest_frame_only)
{
    struct desk d = setup();
    framelog_set_next(d.log, 501);
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 499), 0);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 501), 0);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 500), 1);
    CHECK_EQ_I64(append(d.log, 1), 0);
    expect_next(d.log, 501);
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK_EQ_U64(take(d.log, FRAMELOG_JOURNAL, 5), 501);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 500), 0);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 501), 1);
    teardown(&d);
}

TEST(a_rejoined_reader_holds_terms_and_jumbo_slot_again)
{
    struct desk d = setup();
    struct td_frame frame;
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK_EQ_I64(append(d.log, JUMBO), 0);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 0), 1);
    fill(d.log);
    take(d.log, FRAMELOG_JOURNAL, 10000);
    CHECK(framelog_jumbo_lend(d.log) == NULL);
    CHECK_EQ_I64(append(d.log, PAYLOAD), TD_E_AGAIN);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 1);
    CHECK_EQ_U64(frame.bytes, JUMBO);
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK(framelog_jumbo_lend(d.log) != NULL);
    framelog_jumbo_return(d.log);
    CHECK_EQ_I64(append(d.log, PAYLOAD), 0);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 0), 0);
    CHECK(framelog_jumbo_lend(d.log) != NULL); /* a rejoin that failed holds nothing */
    teardown(&d);
}

TEST(a_reader_that_let_go_is_never_finished)
{
    struct desk d = setup();
    CHECK_EQ_I64(append(d.log, 5), 0);
    framelog_finish(d.log);
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK(!framelog_finished(d.log, FRAMELOG_CORE));
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 1), 1);
    CHECK(framelog_finished(d.log, FRAMELOG_CORE));
    teardown(&d);
}

TEST(without_the_journal_nothing_can_be_rejoined)
{
    struct desk d = setup();
    CHECK_EQ_I64(append(d.log, 5), 0);
    framelog_let_go(d.log, FRAMELOG_CORE);
    framelog_let_go(d.log, FRAMELOG_JOURNAL);
    CHECK_EQ_I64(framelog_rejoin(d.log, FRAMELOG_CORE, 0), 0);
    CHECK_EQ_U64(framelog_fill_percent(d.log), 0);
    teardown(&d);
}

TEST(held_up_by_the_one_that_is_late_alone)
{
    struct desk d = setup();
    unsigned count = fill(d.log);
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_CORE, 50));
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_JOURNAL, 50));
    take(d.log, FRAMELOG_JOURNAL, count / 4);
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_CORE, 50));
    take(d.log, FRAMELOG_JOURNAL, count);
    CHECK(framelog_held_up_by(d.log, FRAMELOG_CORE, 50));
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_CORE, 100));
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_JOURNAL, 50));
    framelog_let_go(d.log, FRAMELOG_CORE);
    CHECK(!framelog_held_up_by(d.log, FRAMELOG_CORE, 50));
    fill(d.log);
    CHECK(framelog_held_up_by(d.log, FRAMELOG_JOURNAL, 50));
    teardown(&d);
}

/* The journal releases all and the producer enters the oldest term, after the late reader has looked and before it holds: the
   producer asks nobody about that term again. */
static void journal_and_producer_move(struct framelog *log)
{
    take(log, FRAMELOG_JOURNAL, 100000);
    CHECK_EQ_I64(append(log, PAYLOAD), 0);
}

TEST(a_hold_that_comes_too_late_is_seen)
{
    struct desk d = setup();
    struct td_frame frame;
    framelog_let_go(d.log, FRAMELOG_CORE);
    uint64_t count = fill(d.log);
    take(d.log, FRAMELOG_JOURNAL, 10);
    between_log = d.log;
    between = journal_and_producer_move;
    CHECK_EQ_I64(watched_rejoin(d.log, FRAMELOG_CORE, 10), 0);
    fill(d.log);
    CHECK_EQ_I64(framelog_read(d.log, FRAMELOG_CORE, &frame), 0);
    CHECK_EQ_I64(watched_rejoin(d.log, FRAMELOG_CORE, count), 1);
    expect_next(d.log, count + 1);
    teardown(&d);
}

/* ---- threads ---- */

enum { LOAD_FRAMES = 60000, JUMBO_EACH = 3001 };

struct load {
    struct framelog *log;
    _Atomic uint64_t written; /* newest frame in the journal's files, so to say */
    unsigned rejoined, refused;
};

static uint32_t load_bytes(uint64_t n)
{
    return n % JUMBO_EACH == 0 ? JUMBO : (uint32_t)(n * 31 % 700);
}

static void *produce(void *arg)
{
    struct framelog *log = ((struct load *)arg)->log;
    char *payload = malloc(JUMBO);
    for (uint64_t n = 1; n <= LOAD_FRAMES; n++) {
        struct td_frame frame = {.recv_ns = (int64_t)n, .bytes = load_bytes(n), .payload = payload};
        memset(payload, (int)(n & 127), frame.bytes);
        for (;;) {
            uint32_t seen = td_doorbell_seen(framelog_bell_released(log));
            if (framelog_append(log, &frame) == 0)
                break;
            td_doorbell_wait(framelog_bell_released(log), seen, -1);
        }
    }
    framelog_finish(log);
    free(payload);
    return NULL;
}

static void check_load(const struct td_frame *frame, uint64_t number)
{
    CHECK_EQ_U64(frame->number, number);
    CHECK_EQ_I64(frame->recv_ns, (int64_t)number);
    CHECK_EQ_U64(frame->bytes, load_bytes(number));
    for (uint32_t i = 0; i < frame->bytes; i += 61)
        CHECK(frame->payload[i] == (char)(number & 127));
}

static void *write_journal(void *arg)
{
    struct load *load = arg;
    struct td_frame frame;
    uint64_t n = 0;
    for (;;) {
        uint32_t seen = td_doorbell_seen(framelog_bell_appended(load->log));
        bool got = framelog_read(load->log, FRAMELOG_JOURNAL, &frame);
        if (got)
            check_load(&frame, ++n);
        if (!got || n % 64 == 0) {
            atomic_store(&load->written, n);
            framelog_release(load->log, FRAMELOG_JOURNAL);
        }
        if (got)
            continue;
        if (framelog_finished(load->log, FRAMELOG_JOURNAL))
            return NULL;
        td_doorbell_wait(framelog_bell_appended(load->log), seen, -1);
    }
}

/* Lets go and comes back after what stands in the files by then, or a little before that. */
static uint64_t go_and_rejoin(struct load *load, uint64_t n)
{
    framelog_let_go(load->log, FRAMELOG_CORE);
    for (uint64_t behind = n % 5;; behind = behind ? behind - 1 : 0) {
        uint64_t written = atomic_load(&load->written);
        if (written >= n + behind && framelog_rejoin(load->log, FRAMELOG_CORE, written - behind)) {
            load->rejoined++;
            return written - behind;
        }
        load->refused++;
    }
}

static void *step_core(void *arg)
{
    struct load *load = arg;
    struct td_frame frame;
    uint64_t n = 0, taken = 0;
    for (;;) {
        uint32_t seen = td_doorbell_seen(framelog_bell_appended(load->log));
        if (framelog_read(load->log, FRAMELOG_CORE, &frame)) {
            check_load(&frame, ++n);
            if (++taken % 37 == 0)
                n = go_and_rejoin(load, n);
            continue;
        }
        framelog_release(load->log, FRAMELOG_CORE);
        if (framelog_finished(load->log, FRAMELOG_CORE))
            break;
        td_doorbell_wait(framelog_bell_appended(load->log), seen, -1);
    }
    CHECK_EQ_U64(n, LOAD_FRAMES);
    return NULL;
}

TEST(letting_go_and_rejoining_under_load_never_misses_a_frame)
{
    struct desk d = setup();
    struct load load = {.log = d.log};
    void *(*const role[])(void *) = {produce, write_journal, step_core};
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&thread[i], NULL, role[i], &load) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    CHECK(load.rejoined > 0);
    CHECK_EQ_U64(framelog_fill_percent(d.log), 0);
    teardown(&d);
}

/* How much fits in again when the journal has taken all; the core let go before, and tries in vain to come back or does not. */
static unsigned fits_again(bool tries)
{
    struct desk d = setup();
    unsigned room = fill(d.log);
    watched_let_go(d.log, FRAMELOG_CORE);
    CHECK_EQ_U64(take(d.log, FRAMELOG_JOURNAL, room / 2), room / 2);
    CHECK(!tries || !watched_rejoin(d.log, FRAMELOG_CORE, 1)); /* what it wants is gone */
    take(d.log, FRAMELOG_JOURNAL, room);
    unsigned count = fill(d.log);
    CHECK(count > room / 2);
    CHECK(framelog_held_up_by(d.log, FRAMELOG_JOURNAL, 50));
    teardown(&d);
    return count;
}

TEST(a_refused_rejoin_holds_nothing_up)
{
    CHECK_EQ_U64(fits_again(true), fits_again(false));
}
