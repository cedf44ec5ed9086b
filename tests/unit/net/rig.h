/* A wire on its own thread and the reader of its frames, for tests against loopback servers. The clock may run faster than the
   world's, so that backoffs of seconds pass in milliseconds. */
#ifndef TD_TEST_NET_RIG_H
#define TD_TEST_NET_RIG_H

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/seal.h"
#include "net/loopback.h"
#include "net/wire.h"

struct fast_clock {
    int64_t start_ns, speed;
};

static inline int64_t real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * TD_NS_PER_S + now.tv_nsec;
}

static inline int64_t fast_ns(void *ctx)
{
    const struct fast_clock *clock = ctx;
    return clock->start_ns + (real_ns() - clock->start_ns) * clock->speed;
}

struct rig {
    struct td_os os;
    struct fast_clock clock;
    struct framelog *log;
    struct wire *wire;
    struct wire_endpoint endpoint[3];
    struct wire_params params;
    char url[3][128];
    pthread_t thread;
    void *log_mem, *wire_mem;
    char *payload; /* of the last frame, NUL-terminated */
};

static inline void *rig_thread(void *arg)
{
    wire_run(arg);
    return NULL;
}

static inline void rig_open(struct rig *rig, int64_t speed)
{
    memset(rig, 0, sizeof *rig);
    td_log_setup(2, getenv("TEST_LOG") ? TD_LOG_DEBUG : TD_LOG_OFF, NULL);
    rig->os = *td_os_linux();
    rig->clock = (struct fast_clock){real_ns(), speed};
    rig->os.clock =
        (struct td_clock){.wall_ns = rig->os.clock.wall_ns, .mono_ns = fast_ns, .ctx = &rig->clock};
    rig->params = (struct wire_params){
        .os = &rig->os,
        .ca_pem = certs()->root.pem,
        .ca_bytes = strlen(certs()->root.pem),
        .endpoints = rig->endpoint,
        .connect_timeout_ms = (uint32_t)(10000 * speed),
        .tls_arena_bytes = 1 << 20,
    };
}

static inline struct wire_endpoint *rig_endpoint(struct rig *rig, const char *scheme,
                                                 const char *host, int port)
{
    unsigned i = rig->params.endpoint_count++;
    snprintf(rig->url[i], sizeof rig->url[i], "%s://%s:%d/feed?n=%u", scheme, host, port, i);
    rig->endpoint[i] =
        (struct wire_endpoint){.source = (uint16_t)i, .name = "test", .url = rig->url[i]};
    return &rig->endpoint[i];
}

static inline void rig_run_with_log(struct rig *rig, const struct framelog_params *log_params)
{
    rig->log_mem = aligned_alloc(64, (framelog_footprint() + 63) & ~(size_t)63);
    CHECK_EQ_I64(framelog_open(rig->log_mem, log_params, &rig->log), 0);
    rig->params.log = rig->log;
    rig->wire_mem = aligned_alloc(64, (wire_footprint(&rig->params) + 63) & ~(size_t)63);
    rig->payload = malloc(TD_FRAME_BYTES_MAX + 1);
    fflush(NULL); /* wire_init forks */
    CHECK_EQ_I64(wire_init(rig->wire_mem, &rig->params, &rig->wire), 0);
    td_seal(); /* from here on an allocation in the wire or its libraries is a failure */
    CHECK_EQ_I64(pthread_create(&rig->thread, NULL, rig_thread, rig->wire), 0);
}

static inline void rig_run(struct rig *rig)
{
    rig_run_with_log(rig, &(struct framelog_params){.term_bytes = 1 << 20, .terms = 3});
}

static inline bool rig_poll(struct rig *rig, struct td_frame *frame)
{
    struct td_frame other;
    while (framelog_read(rig->log, FRAMELOG_JOURNAL, &other) == 1)
        framelog_release(rig->log, FRAMELOG_JOURNAL);
    if (framelog_read(rig->log, FRAMELOG_CORE, frame) != 1)
        return false;
    memcpy(rig->payload, frame->payload, frame->bytes);
    rig->payload[frame->bytes] = 0;
    frame->payload = rig->payload;
    framelog_release(rig->log, FRAMELOG_CORE);
    return true;
}

/* The next frame; fails the test when none comes for half a minute. */
static inline struct td_frame rig_frame(struct rig *rig)
{
    struct td_frame frame;
    struct td_doorbell *bell = framelog_bell_appended(rig->log);
    int64_t give_up_ns = real_ns() + 30 * TD_NS_PER_S;
    for (;;) {
        uint32_t seen = td_doorbell_seen(bell);
        if (rig_poll(rig, &frame))
            return frame;
        if (real_ns() > give_up_ns)
            FAIL("no frame came");
        td_doorbell_wait(bell, seen, 1000);
    }
}

static inline struct td_frame rig_expect(struct rig *rig, enum td_frame_kind kind,
                                         const char *payload)
{
    struct td_frame frame = rig_frame(rig);
    CHECK_EQ_I64(frame.kind, kind);
    if (payload)
        CHECK_EQ_STR(rig->payload, payload);
    return frame;
}

/* The health is written by the wire's thread: look until it holds, no frame tells of it. */
static inline void rig_await_error(struct rig *rig, unsigned endpoint, td_err err)
{
    const struct wire_health *health = wire_health(rig->wire, endpoint);
    int64_t give_up_ns = real_ns() + 30 * TD_NS_PER_S;
    while (atomic_load(&health->last_err) != err) {
        if (real_ns() > give_up_ns)
            FAIL("last error is %s, not %s", td_err_name(atomic_load(&health->last_err)),
                 td_err_name(err));
        sched_yield();
    }
}

static inline void rig_ask_conn(struct rig *rig, enum wire_request_kind kind, uint16_t source,
                                uint32_t conn, const char *text)
{
    struct wire_request *request = td_ring_claim(wire_requests(rig->wire));
    CHECK(request != NULL);
    request->kind = kind, request->source = source, request->conn = conn;
    request->bytes = (uint32_t)strlen(text);
    memcpy(request->text, text, request->bytes);
    td_ring_publish(wire_requests(rig->wire));
    wire_kick(rig->wire);
}

static inline void rig_ask(struct rig *rig, enum wire_request_kind kind, uint16_t source,
                           const char *text)
{
    rig_ask_conn(rig, kind, source, 0, text);
}

static inline void rig_stop(struct rig *rig)
{
    wire_stop(rig->wire);
    pthread_join(rig->thread, NULL);
    CHECK_EQ_U64(td_seal_violations(), 0);
}

/* After rig_stop. */
static inline void rig_free(struct rig *rig, struct server *server)
{
    td_unseal();
    wire_close(rig->wire);
    framelog_close(rig->log, false);
    free(rig->log_mem);
    free(rig->wire_mem);
    free(rig->payload);
    if (server)
        server_stop(server);
}

static inline void rig_close(struct rig *rig, struct server *server)
{
    rig_stop(rig);
    rig_free(rig, server);
}

#endif
