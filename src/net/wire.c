#include "net/wire.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/clockwork.h"
#include "net/fetch.h"
#include "net/links.h"

#define EVENTS_A_TURN 64
#define SLEEP_MS_MAX 100 /* so that a clock that jumps does no harm */
#define LARGE_POLL_MS                                                                              \
    5 /* while a message waits for the jumbo slot, which has no bell of its own \
                          */
#define STALL_SLEEP_MS 20 /* a stop is noticed within this */
#define STOP_WAIT_NS (2 * TD_NS_PER_S)

struct wire {
    struct wire_params params;
    struct conn_env env;
    struct resolver resolver;
    struct tls *tls;
    struct td_ring *requests, *notes;
    struct wire_health *health;
    struct links links;
    struct fetch_pool *fetches;
    int kick_fd; /* -1: a world with names of its own has no descriptors either */
    _Atomic bool stop;
    enum { WIRE_IDLE = 0, WIRE_RUNNING, WIRE_STOPPING, WIRE_STOPPED } phase;
    struct clockwork clock;
    struct clockwork_reading reading; /* of the clock, to be told; when has_reading */
    bool has_reading, stalled;
    int64_t stalled_at_ns, paused_at_ns, stop_at_ns, next_tick_ns;
    uint32_t bell_seen;
};

/* ---- memory ---- */

static size_t aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static struct tls_params tls_params_of(const struct wire_params *params)
{
    return (struct tls_params){.random = &params->os->random,
                               .ca_pem = params->ca_pem,
                               .ca_bytes = params->ca_bytes,
                               .arena_bytes = params->tls_arena_bytes};
}

size_t wire_footprint(const struct wire_params *params)
{
    struct tls_params tls = tls_params_of(params);
    return aligned(sizeof(struct wire)) + aligned(tls_footprint(&tls)) +
           aligned(td_ring_footprint(WIRE_REQUEST_DEPTH, sizeof(struct wire_request))) +
           aligned(td_ring_footprint(WIRE_NOTE_DEPTH, sizeof(struct wire_note))) +
           aligned(params->endpoint_count * sizeof(struct wire_health)) +
           aligned(links_footprint(params->endpoint_count)) + aligned(sizeof(struct fetch_pool));
}

static void *carve(char **at, size_t bytes)
{
    void *part = *at;
    *at += aligned(bytes);
    return part;
}

/* Watched from here on; events that come before the loop runs wait for it. */
static td_err open_loop(struct wire *wire)
{
    const struct td_socket *socket = &wire->params.os->socket;
    wire->kick_fd = -1;
    if (wire->params.os->names)
        return 0;
    wire->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    TD_FAIL_IF(wire->kick_fd < 0, TD_E_IO);
    TD_TRY(socket->watch(socket->ctx, wire->kick_fd, &wire->kick_fd));
    return socket->watch(socket->ctx, wire->resolver.fd, &wire->resolver);
}

static void close_loop(struct wire *wire)
{
    const struct td_socket *socket = &wire->params.os->socket;
    if (wire->kick_fd < 0)
        return;
    socket->unwatch(socket->ctx, wire->resolver.fd);
    socket->unwatch(socket->ctx, wire->kick_fd);
    close(wire->kick_fd);
}

td_err wire_init(void *mem, const struct wire_params *params, struct wire **out)
{
    char *at = mem;
    struct wire *wire = carve(&at, sizeof *wire);
    struct tls_params tls = tls_params_of(params);
    TD_FAIL_IF(params->endpoint_count > TD_CONNS_MAX, TD_E_RANGE);
    memset(wire, 0, sizeof *wire);
    wire->params = *params;
    wire->env.next_number = params->first_conn ? params->first_conn : 1;
    wire->clock.floor = params->clock_floor;
    wire->env.sink = (struct sink){.log = params->log, .clock = &params->os->clock};
    wire->env.stream.os = params->os;
    wire->env.stream.resolver = &wire->resolver;
    wire->env.stream.connect_timeout_ns = params->connect_timeout_ms * TD_NS_PER_MS;
    void *tls_mem = carve(&at, tls_footprint(&tls));
    wire->requests =
        td_ring_init(carve(&at, td_ring_footprint(WIRE_REQUEST_DEPTH, sizeof(struct wire_request))),
                     WIRE_REQUEST_DEPTH, sizeof(struct wire_request));
    wire->notes =
        td_ring_init(carve(&at, td_ring_footprint(WIRE_NOTE_DEPTH, sizeof(struct wire_note))),
                     WIRE_NOTE_DEPTH, sizeof(struct wire_note));
    wire->health = carve(&at, params->endpoint_count * sizeof *wire->health);
    memset(wire->health, 0, params->endpoint_count * sizeof *wire->health);
    void *links_mem = carve(&at, links_footprint(params->endpoint_count));
    wire->fetches = carve(&at, sizeof *wire->fetches);
    TD_TRY(links_init(&wire->links, links_mem, params->endpoints, wire->health,
                      params->endpoint_count, &wire->env));
    fetch_init(wire->fetches, &wire->env.stream, &wire->env.sink,
               (uint8_t)(params->endpoint_count + 1));
    TD_TRY(tls_init(tls_mem, &tls, &wire->tls));
    wire->env.stream.tls = wire->tls;
    td_err err = resolve_open(&wire->resolver, params->os->names);
    if (err < 0) {
        tls_close(wire->tls);
        return err;
    }
    TD_TRY(open_loop(wire));
    TD_INFO("net", "event=ready endpoints=%u first_cipher=%s arena_used=%zu",
            params->endpoint_count, tls_prefers_chacha(wire->tls) ? "chacha20-poly1305" : "aes-gcm",
            tls_arena_peak(wire->tls));
    *out = wire;
    return 0;
}

void wire_close(struct wire *wire)
{
    links_abandon(&wire->links);
    fetch_stop(wire->fetches);
    close_loop(wire);
    resolve_close(&wire->resolver);
    tls_close(wire->tls);
}

/* ---- other threads ---- */

struct td_ring *wire_requests(struct wire *wire)
{
    return wire->requests;
}

struct td_ring *wire_notes(struct wire *wire)
{
    return wire->notes;
}

void wire_kick(struct wire *wire)
{
    uint64_t one = 1;
    if (wire->kick_fd < 0)
        return;
    ssize_t written = write(wire->kick_fd, &one, sizeof one);
    (void)written; /* a full counter means that it is kicked already */
}

void wire_stop(struct wire *wire)
{
    atomic_store(&wire->stop, true);
    wire_kick(wire);
}

const struct wire_health *wire_health(const struct wire *wire, unsigned endpoint)
{
    TD_ASSERT(endpoint < wire->params.endpoint_count, "endpoints are counted from 0");
    return &wire->health[endpoint];
}

size_t wire_tls_arena_peak(const struct wire *wire)
{
    return tls_arena_peak(wire->tls);
}

/* ---- the loop ---- */

static int64_t mono_ns(const struct wire *wire)
{
    return wire->params.os->clock.mono_ns(wire->params.os->clock.ctx);
}

/* A connection that is no longer up: what was meant for it is void, its successor subscribes anew. TD_E_AGAIN: the request stays
   in the ring. */
static td_err serve_conn(struct wire *wire, const struct wire_request *request, int64_t now_ns)
{
    struct conn *conn = links_find(&wire->links, request->source, request->conn);
    if (conn == NULL)
        return 0;
    if (request->kind == WIRE_REQUEST_SEND)
        return conn_send(conn, request->text, request->bytes);
    if (request->kind == WIRE_REQUEST_DROP)
        links_drop(&wire->links, conn, now_ns);
    else if (request->kind == WIRE_REQUEST_OVERLAP)
        links_replace(&wire->links, conn, now_ns);
    else
        conn_reconnect(conn, now_ns);
    return 0;
}

static td_err serve(struct wire *wire, const struct wire_request *request, int64_t now_ns)
{
    TD_ASSERT(request->bytes < TD_URL_MAX && request->source < TD_SOURCES_MAX,
              "requests are the core's own");
    if (request->kind != WIRE_REQUEST_FETCH)
        return serve_conn(wire, request, now_ns);
    td_err err = fetch_ask(wire->fetches, request->source, request->text, request->bytes);
    return err == TD_E_AGAIN
               ? fetch_refuse(wire->fetches, request->source, request->text, request->bytes)
               : err;
}

static void serve_requests(struct wire *wire, int64_t now_ns)
{
    struct wire_request *request;
    while ((request = td_ring_peek(wire->requests)) != NULL && serve(wire, request, now_ns) == 0)
        td_ring_release(wire->requests);
}

/* What others have to say to the log, as frames, in their order. */
static void append_notes(struct wire *wire)
{
    const struct wire_note *note;
    while ((note = td_ring_peek(wire->notes)) != NULL) {
        struct td_frame frame = {
            .kind = note->kind, .origin = TD_ORIGIN_WS, .source = TD_SOURCE_NONE};
        TD_ASSERT(note->bytes <= sizeof note->text, "notes are the recorder's own");
        frame.payload = note->text, frame.bytes = note->bytes;
        if (sink_put_now(&wire->env.sink, &frame) < 0)
            return;
        if (note->kind == TD_FRAME_CONFIG && note->subscribe_args)
            links_subscribe_args(&wire->links, note->subscribe_args);
        td_ring_release(wire->notes);
    }
}

/* Just before a tick, so that a step is told before the time that it moved is. A reading that finds no room is told later and no other
   is taken meanwhile: no step is lost. */
static void tell_clock(struct wire *wire, int64_t now_ns)
{
    char text[CLOCKWORK_TEXT_MAX];
    struct td_frame frame = {
        .kind = TD_FRAME_CLOCK, .origin = TD_ORIGIN_WS, .source = TD_SOURCE_NONE};
    if (!wire->has_reading && (!wire->clock.started || now_ns >= wire->next_tick_ns)) {
        struct clockwork_sample sample = clockwork_look(&wire->params.os->clock);
        wire->has_reading = clockwork_tick(&wire->clock, &sample, &wire->reading);
    }
    if (!wire->has_reading)
        return;
    frame.payload = text, frame.bytes = (uint32_t)clockwork_write(&wire->reading, text);
    wire->has_reading = sink_put_now(&wire->env.sink, &frame) < 0;
}

/* Ticks keep the phase of the first one; after a pause the missed ones are not made up, since
 * nothing was read either. */
static void tick(struct wire *wire, int64_t now_ns)
{
    int64_t step_ns = wire->params.tick_ms * TD_NS_PER_MS;
    struct td_frame frame = {
        .kind = TD_FRAME_TICK, .origin = TD_ORIGIN_WS, .source = TD_SOURCE_NONE};
    if (step_ns == 0)
        return;
    tell_clock(wire, now_ns);
    if (now_ns < wire->next_tick_ns)
        return;
    if (sink_put_now(&wire->env.sink, &frame) < 0)
        return;
    wire->next_tick_ns += ((now_ns - wire->next_tick_ns) / step_ns + 1) * step_ns;
}

static bool step_all(struct wire *wire, int64_t now_ns)
{
    bool more = false;
    serve_requests(wire, now_ns);
    append_notes(wire);
    tick(wire, now_ns);
    more |= links_step(&wire->links, now_ns);
    if (!wire->env.sink.full)
        more |= fetch_step(wire->fetches, now_ns);
    return more;
}

static void take_answers(struct wire *wire)
{
    struct resolve_answer answer;
    while (resolve_poll(&wire->resolver, &answer)) {
        if (!links_resolved(&wire->links, &answer))
            fetch_resolved(wire->fetches, &answer);
    }
}

static void take_event(struct wire *wire, const struct td_socket_event *event)
{
    uint64_t kicks;
    struct stream *stream = event->tag;
    if (event->tag == &wire->kick_fd) {
        ssize_t got = read(wire->kick_fd, &kicks, sizeof kicks);
        (void)got; /* only there to be woken by */
    } else if (event->tag == &wire->resolver)
        take_answers(wire);
    else {
        stream->readable |= event->broken || event->readable;
        stream->writable |= event->broken || event->writable;
    }
}

static void take_events(struct wire *wire, int timeout_ms)
{
    struct td_socket_event events[EVENTS_A_TURN];
    const struct td_socket *socket = &wire->params.os->socket;
    int count = socket->wait(socket->ctx, events, EVENTS_A_TURN, timeout_ms);
    for (int i = 0; i < count; i++)
        take_event(wire, &events[i]);
    if (wire->params.os->names) /* they have no descriptor to be watched */
        take_answers(wire);
}

static bool waits_for_large(const struct wire *wire)
{
    return links_want_large(&wire->links) || fetch_wants_large(wire->fetches);
}

int64_t wire_due_ns(const struct wire *wire)
{
    int64_t now_ns = mono_ns(wire), due_ns = fetch_due_ns(wire->fetches, now_ns);
    if (wire->stalled)
        return now_ns + STALL_SLEEP_MS * TD_NS_PER_MS;
    if (wire->params.tick_ms && wire->next_tick_ns < due_ns)
        due_ns = wire->next_tick_ns;
    int64_t links_ns = links_due_ns(&wire->links);
    due_ns = links_ns < due_ns ? links_ns : due_ns;
    if (waits_for_large(wire) && now_ns + LARGE_POLL_MS * TD_NS_PER_MS < due_ns)
        due_ns = now_ns + LARGE_POLL_MS * TD_NS_PER_MS;
    return due_ns;
}

/* The frame log is full: no socket is read until its readers have let something go. */
static void begin_stall(struct wire *wire, int64_t now_ns)
{
    if (wire->stalled)
        return;
    wire->stalled = true;
    wire->paused_at_ns = wire->stalled_at_ns = now_ns;
    td_metric_add(TD_M_log_stalls, 1);
    TD_WARN("net", "event=log_full reading=stopped");
}

/* What the peers did not say while nobody listened is not their silence. */
static void forgive(struct wire *wire, int64_t now_ns)
{
    int64_t paused_ns = now_ns - wire->paused_at_ns;
    wire->paused_at_ns = now_ns;
    links_forgive(&wire->links, paused_ns);
    fetch_forgive(wire->fetches, paused_ns);
}

static void end_stall(struct wire *wire, int64_t now_ns)
{
    wire->stalled = false;
    TD_WARN("net", "event=log_room reading=resumed paused_ms=%lld",
            (long long)((now_ns - wire->stalled_at_ns) / TD_NS_PER_MS));
}

/* Everything that can be done now. True: there is more to do at once. */
static bool work(struct wire *wire, int64_t now_ns)
{
    wire->bell_seen = td_doorbell_seen(framelog_bell_released(wire->params.log));
    wire->env.sink.full = false;
    if (wire->stalled)
        forgive(wire, now_ns);
    bool more = step_all(wire, now_ns);
    if (wire->env.sink.full) {
        begin_stall(wire, now_ns);
        return false;
    }
    if (wire->stalled)
        end_stall(wire, now_ns);
    return more;
}

/* ---- begin and end ---- */

static void begin_stop(struct wire *wire, int64_t now_ns)
{
    wire->phase = WIRE_STOPPING;
    wire->stop_at_ns = now_ns;
    fetch_stop(wire->fetches);
    links_stop(&wire->links, now_ns);
}

static void end_stop(struct wire *wire)
{
    links_abandon(&wire->links);
    wire->phase = WIRE_STOPPED;
}

static bool step(struct wire *wire)
{
    int64_t now_ns = mono_ns(wire);
    if (wire->phase == WIRE_RUNNING && atomic_load(&wire->stop))
        begin_stop(wire, now_ns);
    bool more = work(wire, now_ns);
    if (wire->phase == WIRE_STOPPING &&
        ((links_stopped(&wire->links) && td_ring_used(wire->notes) == 0) ||
         now_ns - wire->stop_at_ns >= STOP_WAIT_NS))
        end_stop(wire);
    return more;
}

void wire_begin(struct wire *wire)
{
    TD_ASSERT(wire->phase == WIRE_IDLE, "a wire begins once");
    wire->next_tick_ns = mono_ns(wire) + wire->params.tick_ms * TD_NS_PER_MS;
    wire->phase = WIRE_RUNNING;
}

int wire_turn(struct wire *wire)
{
    if (wire->phase == WIRE_IDLE || wire->phase == WIRE_STOPPED)
        return 0;
    take_events(wire, 0);
    return step(wire);
}

bool wire_stopped(const struct wire *wire)
{
    return wire->phase == WIRE_STOPPED || (wire->phase == WIRE_IDLE && atomic_load(&wire->stop));
}

/* ---- the thread ---- */

static int sleep_ms(const struct wire *wire)
{
    int64_t now_ns = mono_ns(wire), due_ns = wire_due_ns(wire);
    int64_t left_ms = due_ns <= now_ns ? 0 : (due_ns - now_ns + TD_NS_PER_MS - 1) / TD_NS_PER_MS;
    return left_ms < SLEEP_MS_MAX ? (int)left_ms : SLEEP_MS_MAX;
}

/* With a full log the sockets are left alone; only its readers and a stop are worth waking for. */
static void sleep_stalled(struct wire *wire)
{
    struct td_doorbell *released = framelog_bell_released(wire->params.log);
    do
        td_doorbell_wait(released, wire->bell_seen, STALL_SLEEP_MS);
    while (td_doorbell_seen(released) == wire->bell_seen && !atomic_load(&wire->stop));
}

void wire_run(struct wire *wire)
{
    wire_begin(wire);
    for (;;) {
        bool more = step(wire);
        if (wire->phase == WIRE_STOPPED)
            return;
        if (wire->stalled)
            sleep_stalled(wire);
        else
            take_events(wire, more ? 0 : sleep_ms(wire));
    }
}
