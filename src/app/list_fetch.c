#include "app/list_fetch.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/log.h"
#include "journal/framelog.h"
#include "net/wire.h"

enum {
    TERM_BYTES = 1 << 20,
    TERMS = 3,
    TLS_BYTES = 1 << 20,
    TRIES = 2, /* of one page */
    PAGES_MAX = 1024,
    PAUSE_MS = 2,
};
#define DEADLINE_NS (120 * TD_NS_PER_S)

/* Where one venue's list stands. */
struct task {
    struct list_ask *ask;
    struct list_writer writer;
    unsigned page, tries;
    bool waits, volumes_done, ended;
    int64_t after_ns; /* the next request not before */
};

struct fetch_run {
    const struct list_fetch_params *params;
    void *catalogue_mem;
    struct framelog *log;
    struct wire *wire;
    void *log_mem, *wire_mem;
    size_t wire_bytes;
    struct task task[TD_SOURCES_MAX];
    unsigned count;
};

static int64_t mono_ns(const struct fetch_run *run)
{
    return run->params->os->clock.mono_ns(run->params->os->clock.ctx);
}

static void *map(size_t bytes)
{
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TD_ASSERT(mem != MAP_FAILED, "no memory at start");
    return mem;
}

/* ---- one venue ---------------------------------------------------------------------------------- */

static void give_up(struct task *task, const char *wrong)
{
    list_writer_drop(&task->writer);
    task->ask->wrong = wrong;
    task->ended = true;
}

static void finish(struct fetch_run *run, struct task *task)
{
    struct catalogue *catalogue = catalogue_init(run->catalogue_mem, task->ask->venue);
    td_err err = list_writer_end(&task->writer, catalogue);
    task->ended = true;
    task->ask->fetched = err == 0;
    if (err < 0)
        task->ask->wrong = err == TD_E_SYNTAX    ? "the answer is not this venue's symbol list"
                           : err == TD_E_NO_ROOM ? "the list is longer than this build holds"
                                                 : td_err_text(err);
}

/* Text of the next request; 0: there is none left. */
static size_t next_url(const struct task *task, char *out, size_t cap)
{
    const struct list_ask *ask = task->ask;
    size_t bytes = task->page < PAGES_MAX
                       ? venue_list_url(ask->venue, ask->rest_url, &ask->sub, task->page, out, cap)
                       : 0;
    bool volumes = bytes == 0 && ask->volumes && !task->volumes_done;
    return volumes ? venue_volume_url(ask->venue, ask->rest_url, &ask->sub, out, cap) : bytes;
}

static void ask_next(struct fetch_run *run, struct task *task, unsigned index)
{
    struct wire_request request = {.kind = WIRE_REQUEST_FETCH, .source = (uint16_t)index};
    request.bytes = (uint32_t)next_url(task, request.text, sizeof request.text);
    if (request.bytes == 0 && task->ask->answers == 0) {
        give_up(task, "the venue lists symbols one by one: it is asked only for those configured");
        return;
    }
    if (request.bytes == 0) {
        finish(run, task);
        return;
    }
    struct wire_request *slot = td_ring_claim(wire_requests(run->wire));
    if (slot == NULL)
        return;
    memcpy(slot, &request, sizeof request);
    td_ring_publish(wire_requests(run->wire));
    wire_kick(run->wire);
    task->waits = true;
}

/* Bases are asked for at this pace for hours; a list is a handful of requests. */
static int64_t pause_ns(const struct venue *venue)
{
    return (venue->base_gap_ms < 500 ? venue->base_gap_ms : 500) * TD_NS_PER_MS;
}

/* A list is one without volumes too, unless it is the volumes that are wanted of it. */
static void refused(struct task *task, int status, bool page)
{
    struct list_ask *ask = task->ask;
    ask->status = status;
    if (++task->tries < TRIES)
        return;
    if (page || ask->volumes_needed) {
        give_up(task, status == 0 ? "no answer" : "the venue refuses");
        return;
    }
    task->volumes_done = ask->without_volumes = true;
}

static void take_answer(struct fetch_run *run, const struct td_frame *frame)
{
    struct task *task = &run->task[frame->source];
    char url[TD_URL_MAX];
    if (frame->kind != TD_FRAME_HTTP || frame->source >= run->count || !task->waits)
        return;
    task->waits = false;
    task->after_ns = mono_ns(run) + pause_ns(task->ask->venue);
    bool page = venue_list_url(task->ask->venue, task->ask->rest_url, &task->ask->sub, task->page,
                               url, sizeof url) > 0;
    if (frame->status != 200) {
        refused(task, frame->status, page);
        return;
    }
    list_writer_add(&task->writer, frame->recv_ns, frame->payload, frame->bytes);
    task->ask->answers++;
    task->ask->bytes += frame->bytes;
    task->tries = 0;
    if (page)
        task->page++;
    else
        task->volumes_done = true;
    if (next_url(task, url, sizeof url) == 0)
        task->after_ns = 0; /* nothing is asked any more */
}

/* ---- all of them -------------------------------------------------------------------------------- */

static td_err open_wire(struct fetch_run *run)
{
    const struct list_fetch_params *params = run->params;
    struct framelog_params log = {.term_bytes = TERM_BYTES, .terms = TERMS};
    TD_TRY(framelog_open(run->log_mem = map(framelog_footprint()), &log, &run->log));
    framelog_let_go(run->log, FRAMELOG_JOURNAL);
    struct wire_params wire = {.os = params->os,
                               .log = run->log,
                               .ca_pem = params->ca_pem,
                               .ca_bytes = params->ca_bytes,
                               .connect_timeout_ms = params->connect_timeout_ms,
                               .tls_arena_bytes = TLS_BYTES};
    run->wire_bytes = wire_footprint(&wire);
    run->wire_mem = map(run->wire_bytes);
    td_err err = wire_init(run->wire_mem, &wire, &run->wire);
    if (err < 0)
        framelog_close(run->log, true);
    return err;
}

static void draw(const struct fetch_run *run, bool last)
{
    unsigned ended = 0, answers = 0;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < run->count; i++) {
        ended += run->task[i].ended;
        answers += run->task[i].ask->answers;
        bytes += run->task[i].ask->bytes;
    }
    if (run->params->progress)
        fprintf(stderr, "\r\033[Ksymbol lists: %u of %u venues, %u answers, %.1f MB%s", ended,
                run->count, answers, (double)bytes / 1e6, last ? "\r\033[K" : "");
}

/* True: something is left to be waited for. */
static bool turn(struct fetch_run *run)
{
    bool busy = wire_turn(run->wire) != 0, left = false;
    struct td_frame frame;
    while (framelog_read(run->log, FRAMELOG_CORE, &frame) == 1) {
        take_answer(run, &frame);
        framelog_release(run->log, FRAMELOG_CORE);
        draw(run, false);
    }
    for (unsigned i = 0; i < run->count; i++) {
        struct task *task = &run->task[i];
        if (!task->ended && !task->waits && mono_ns(run) >= task->after_ns)
            ask_next(run, task, i);
        left |= !task->ended;
    }
    if (left && !busy)
        nanosleep(&(struct timespec){0, PAUSE_MS * TD_NS_PER_MS}, NULL);
    return left;
}

static void begin_task(struct fetch_run *run, struct task *task, struct list_ask *ask)
{
    *task = (struct task){.ask = ask};
    ask->fetched = ask->without_volumes = false;
    ask->wrong = NULL;
    ask->status = 0;
    ask->answers = 0;
    ask->bytes = 0;
    td_err err = list_writer_open(&task->writer, &run->params->os->disk, run->params->data_dir,
                                  ask->venue->name);
    if (err < 0)
        give_up(task, td_err_text(err));
}

static bool all_fetched(const struct list_ask *asks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!asks[i].fetched)
            return false;
    return true;
}

bool lists_fetch(const struct list_fetch_params *params, void *catalogue_mem, struct list_ask *asks,
                 unsigned count)
{
    static struct fetch_run run; /* large; one thread, as the header says */
    TD_ASSERT(count <= TD_SOURCES_MAX, "one list a source");
    memset(&run, 0, sizeof run);
    run.params = params;
    run.catalogue_mem = catalogue_mem;
    run.count = count;
    td_err err = open_wire(&run);
    for (unsigned i = 0; i < count; i++) {
        begin_task(&run, &run.task[i], &asks[i]);
        if (err < 0)
            give_up(&run.task[i], td_err_text(err));
    }
    if (err < 0)
        return false;
    wire_begin(run.wire);
    int64_t end_ns = mono_ns(&run) + DEADLINE_NS;
    while (turn(&run) && mono_ns(&run) < end_ns)
        ;
    for (unsigned i = 0; i < count; i++)
        if (!run.task[i].ended)
            give_up(&run.task[i], "not whole within two minutes");
    draw(&run, true);
    wire_close(run.wire);
    framelog_close(run.log, true);
    munmap(run.wire_mem, run.wire_bytes);
    munmap(run.log_mem, framelog_footprint());
    return all_fetched(asks, count);
}
