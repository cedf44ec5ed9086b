#include "net/fetch.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"

#define FETCH_TIMEOUT_NS (30 * TD_NS_PER_S)

void fetch_init(struct fetch_pool *pool, const struct stream_env *env, struct sink *sink,
                uint8_t first_slot)
{
    memset(pool, 0, offsetof(struct fetch_pool, slot));
    pool->sink = sink;
    pool->os = env->os;
    for (unsigned i = 0; i < FETCH_SLOTS; i++) {
        struct fetch *fetch = &pool->slot[i];
        memset(fetch, 0, offsetof(struct fetch, in));
        stream_init(&fetch->stream, env, (uint8_t)(first_slot + i));
    }
}

static struct fetch_ask *queued(struct fetch_pool *pool, unsigned i)
{
    return &pool->queue[(pool->queue_first + i) % FETCH_QUEUE];
}

/* A source that is held back, or answers slowly, must leave room for the others. */
td_err fetch_ask(struct fetch_pool *pool, uint16_t source, const char *url, size_t url_bytes)
{
    TD_ASSERT(source < TD_SOURCES_MAX && url_bytes < TD_URL_MAX, "the request ring bounds both");
    unsigned waiting = 0;
    for (unsigned i = 0; i < pool->queue_count; i++) {
        const struct fetch_ask *other = queued(pool, i);
        if (other->source != source)
            continue;
        if (other->url_bytes == url_bytes && memcmp(other->url, url, url_bytes) == 0)
            return 0;
        waiting++;
    }
    TD_FAIL_IF(waiting >= FETCH_QUEUE - pool->queue_count, TD_E_AGAIN);
    struct fetch_ask *ask = queued(pool, pool->queue_count);
    ask->source = source;
    ask->url_bytes = (uint16_t)url_bytes;
    memcpy(ask->url, url, url_bytes);
    pool->queue_count++;
    return 0;
}

td_err fetch_refuse(struct fetch_pool *pool, uint16_t source, const char *url, size_t url_bytes)
{
    char text[TD_URL_MAX + 1];
    struct td_frame frame = {.kind = TD_FRAME_HTTP,
                             .origin = TD_ORIGIN_REST,
                             .source = source,
                             .payload = text,
                             .bytes = (uint32_t)url_bytes + 1};
    memcpy(text, url, url_bytes);
    text[url_bytes] = '\t';
    return sink_put_now(pool->sink, &frame);
}

/* ---- answers ---- */

static void put_answer(struct fetch_pool *pool, struct fetch *fetch)
{
    bool received = fetch->status != 0;
    struct td_frame frame = {
        .kind = TD_FRAME_HTTP, .origin = TD_ORIGIN_REST, .source = fetch->ask.source};
    frame.status = fetch->status;
    frame.payload = fetch->answer,
    frame.bytes = (uint32_t)(fetch->ask.url_bytes + 1 + fetch->body_bytes);
    frame.recv_ns = fetch->stream.recv_ns, frame.mono_ns = fetch->stream.mono_ns;
    if ((received ? sink_put(pool->sink, &frame) : sink_put_now(pool->sink, &frame)) < 0)
        return;
    fetch->state = FETCH_FREE; /* a large place went to the log with the frame */
    fetch->large = false;
}

static void finish(struct fetch_pool *pool, struct fetch *fetch, uint16_t status)
{
    stream_close(&fetch->stream);
    fetch->wants_large = false;
    fetch->body_left = 0;
    fetch->status = status;
    fetch->state = FETCH_ANSWER;
    put_answer(pool, fetch);
}

static void place_in_buffer(struct fetch *fetch)
{
    fetch->answer = fetch->buffer, fetch->cap = sizeof fetch->buffer;
    memcpy(fetch->answer, fetch->ask.url, fetch->ask.url_bytes);
    fetch->answer[fetch->ask.url_bytes] = '\t';
    fetch->body_bytes = 0;
}

static void fail(struct fetch_pool *pool, struct fetch *fetch, td_err err)
{
    TD_WARN("net", "source=%u event=fetch_failed err=%s url=%.*s reason=\"%s\"",
            (unsigned)fetch->ask.source, td_err_name(err), (int)fetch->ask.url_bytes,
            fetch->ask.url, fetch->stream.detail[0] ? fetch->stream.detail : td_err_text(err));
    if (fetch->large)
        framelog_jumbo_return(pool->sink->log);
    fetch->large = false;
    place_in_buffer(fetch);
    finish(pool, fetch, 0);
}

/* A limit that was hit again was left alone too shortly. */
static int64_t hold_of(struct fetch_pool *pool, const struct fetch *fetch)
{
    const struct http_head *head = &fetch->http.head;
    uint8_t *refusals = &pool->refusals[fetch->ask.source];
    int64_t wall_ns = pool->os->clock.wall_ns(pool->os->clock.ctx);
    int64_t hold_ns = http_hold_ns(head, wall_ns);
    if (head->status == 503 || http_retry_after_ns(head, wall_ns) > 0)
        return hold_ns;
    hold_ns <<= *refusals;
    *refusals += *refusals < FETCH_DOUBLINGS;
    return hold_ns;
}

static void succeed(struct fetch_pool *pool, struct fetch *fetch, int64_t now_ns)
{
    int status = fetch->http.head.status;
    bool limited = status == 418 || status == 429 || status == 503;
    if (!limited)
        pool->refusals[fetch->ask.source] = 0;
    if (limited) {
        int64_t hold_ns = hold_of(pool, fetch);
        pool->hold_until_ns[fetch->ask.source] = now_ns + hold_ns;
        TD_WARN("net", "source=%u event=fetch_limited status=%d retry_after_s=%lld",
                (unsigned)fetch->ask.source, status, (long long)(hold_ns / TD_NS_PER_S));
    }
    finish(pool, fetch, (uint16_t)status);
}

/* ---- one GET ---- */

static void start(struct fetch_pool *pool, struct fetch *fetch, const struct fetch_ask *ask,
                  int64_t now_ns)
{
    fetch->ask = *ask;
    fetch->in_left = fetch->body_left = fetch->out_at = 0;
    fetch->stream.detail[0] = 0;
    place_in_buffer(fetch);
    td_err err = url_parse(&fetch->url, ask->url, ask->url_bytes);
    int bytes = err < 0 || fetch->url.websocket
                    ? TD_E_SYNTAX
                    : http_get(fetch->out, sizeof fetch->out, &fetch->url);
    if (bytes < 0) {
        fail(pool, fetch, err < 0 ? err : bytes);
        return;
    }
    fetch->out_bytes = (size_t)bytes;
    fetch->deadline_ns = now_ns + FETCH_TIMEOUT_NS;
    fetch->state = FETCH_DIAL;
    fetch->dialled_again = false;
    fetch->stream.tls_mode = TLS_MODE_NEWEST; /* the slot's last host says nothing about this one */
    http_start(&fetch->http);
    stream_open(&fetch->stream, fetch->url.host, fetch->url.port, fetch->url.tls, now_ns);
}

static int grow(struct fetch_pool *pool, struct fetch *fetch, size_t used)
{
    char *place = framelog_jumbo_lend(pool->sink->log);
    fetch->wants_large = place == NULL;
    if (place == NULL)
        return TD_E_AGAIN;
    memcpy(place, fetch->answer, used);
    fetch->answer = place, fetch->cap = TD_FRAME_BYTES_MAX;
    fetch->large = true;
    return 0;
}

static int store_body(struct fetch_pool *pool, struct fetch *fetch)
{
    size_t used = fetch->ask.url_bytes + 1u + fetch->body_bytes;
    TD_FAIL_IF(used + fetch->body_left > TD_FRAME_BYTES_MAX, TD_E_NET_OVERSIZE);
    if (used + fetch->body_left > fetch->cap)
        TD_TRY(grow(pool, fetch, used));
    memcpy(fetch->answer + used, fetch->body, fetch->body_left);
    fetch->body_bytes += fetch->body_left;
    fetch->body_left = 0;
    return 0;
}

static int send_request(struct fetch *fetch)
{
    while (fetch->out_at < fetch->out_bytes) {
        int64_t sent = stream_write(&fetch->stream, fetch->out + fetch->out_at,
                                    fetch->out_bytes - fetch->out_at);
        if (sent <= 0)
            return (int)sent;
        fetch->out_at += (size_t)sent;
    }
    return 0;
}

/* HTTP_END: complete; HTTP_MORE: not yet, or an error (TD_E_AGAIN: no large place now). */
static int receive(struct fetch_pool *pool, struct fetch *fetch)
{
    for (;;) {
        if (fetch->body_left > 0)
            TD_TRY(store_body(pool, fetch));
        int part = http_step(&fetch->http, &fetch->in_at, &fetch->in_left);
        if (part == HTTP_BODY)
            fetch->body = fetch->http.body, fetch->body_left = fetch->http.body_bytes;
        if (part == HTTP_END || part < 0)
            return part;
        if (part != HTTP_MORE)
            continue;
        int64_t got = stream_read(&fetch->stream, fetch->in, sizeof fetch->in);
        if (got == TD_E_NET_CLOSED)
            return http_closed(&fetch->http);
        if (got <= 0)
            return (int)got;
        fetch->in_at = fetch->in, fetch->in_left = (size_t)got;
    }
}

/* A handshake that fails is tried once more, in the other TLS mode: nothing of the request was sent yet. */
static int dial(struct fetch *fetch, int64_t now_ns)
{
    int result = stream_step(&fetch->stream, now_ns);
    if (result != TD_E_NET_TLS || fetch->dialled_again)
        return result;
    fetch->dialled_again = true;
    stream_close(&fetch->stream);
    stream_open(&fetch->stream, fetch->url.host, fetch->url.port, fetch->url.tls, now_ns);
    return 0;
}

static void step_slot(struct fetch_pool *pool, struct fetch *fetch, int64_t now_ns)
{
    int result = 0;
    if (fetch->state == FETCH_DIAL) {
        result = dial(fetch, now_ns);
        if (result == 1)
            fetch->state = FETCH_EXCHANGE;
    }
    if (fetch->state == FETCH_EXCHANGE) {
        result = send_request(fetch);
        if (result == 0)
            result = receive(pool, fetch);
        if (result == HTTP_END)
            succeed(pool, fetch, now_ns);
    }
    if (fetch->state == FETCH_ANSWER)
        put_answer(pool, fetch);
    else if (result < 0 && result != TD_E_AGAIN)
        fail(pool, fetch, result);
    else if (fetch->state != FETCH_FREE && now_ns >= fetch->deadline_ns)
        fail(pool, fetch, TD_E_NET_TIMEOUT);
}

/* ---- the pool ---- */

static bool source_busy(const struct fetch_pool *pool, uint16_t source)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++)
        if (pool->slot[i].state != FETCH_FREE && pool->slot[i].ask.source == source)
            return true;
    return false;
}

static struct fetch *free_slot(struct fetch_pool *pool)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++)
        if (pool->slot[i].state == FETCH_FREE)
            return &pool->slot[i];
    return NULL;
}

/* Takes out the i-th; the ones before it move back by one place, so that order holds. */
static void take_out(struct fetch_pool *pool, unsigned i)
{
    for (; i > 0; i--)
        *queued(pool, i) = *queued(pool, i - 1);
    pool->queue_first = (pool->queue_first + 1) % FETCH_QUEUE;
    pool->queue_count--;
}

static void start_queued(struct fetch_pool *pool, int64_t now_ns)
{
    for (unsigned i = 0; i < pool->queue_count;) {
        struct fetch_ask *ask = queued(pool, i);
        struct fetch *fetch = free_slot(pool);
        if (fetch == NULL)
            return;
        if (source_busy(pool, ask->source) || now_ns < pool->hold_until_ns[ask->source]) {
            i++;
            continue;
        }
        start(pool, fetch, ask, now_ns);
        take_out(pool, i);
    }
}

bool fetch_step(struct fetch_pool *pool, int64_t now_ns)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++)
        if (pool->slot[i].state != FETCH_FREE)
            step_slot(pool, &pool->slot[i], now_ns);
    unsigned before = pool->queue_count;
    start_queued(pool, now_ns);
    return pool->queue_count != before;
}

int64_t fetch_due_ns(const struct fetch_pool *pool, int64_t now_ns)
{
    int64_t due_ns = INT64_MAX;
    for (unsigned i = 0; i < FETCH_SLOTS; i++) {
        const struct fetch *fetch = &pool->slot[i];
        int64_t dial_ns = stream_deadline_ns(&fetch->stream);
        if (fetch->state != FETCH_FREE && fetch->deadline_ns < due_ns)
            due_ns = fetch->deadline_ns;
        if (fetch->state == FETCH_DIAL && dial_ns < due_ns)
            due_ns = dial_ns;
    }
    for (unsigned i = 0; i < TD_SOURCES_MAX && pool->queue_count > 0; i++)
        if (pool->hold_until_ns[i] > now_ns && pool->hold_until_ns[i] < due_ns)
            due_ns = pool->hold_until_ns[i];
    return due_ns;
}

bool fetch_resolved(struct fetch_pool *pool, const struct resolve_answer *answer)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++)
        if (stream_resolved(&pool->slot[i].stream, answer))
            return true;
    return false;
}

void fetch_forgive(struct fetch_pool *pool, int64_t paused_ns)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++) {
        pool->slot[i].deadline_ns += paused_ns;
        pool->slot[i].stream.deadline_ns += paused_ns;
    }
}

bool fetch_wants_large(const struct fetch_pool *pool)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++)
        if (pool->slot[i].wants_large)
            return true;
    return false;
}

void fetch_stop(struct fetch_pool *pool)
{
    for (unsigned i = 0; i < FETCH_SLOTS; i++) {
        struct fetch *fetch = &pool->slot[i];
        stream_close(&fetch->stream);
        if (fetch->large)
            framelog_jumbo_return(pool->sink->log);
        fetch->large = fetch->wants_large = false;
        fetch->state = FETCH_FREE;
    }
    pool->queue_count = 0;
}
