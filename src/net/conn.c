#include "net/conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/conn_live.h"
#include "net/conn_token.h"

#define CLOSE_WAIT_NS TD_NS_PER_S
#define CONNECT_GAP_NS TD_NS_PER_S

static char *lend_large(void *arg)
{
    struct conn *conn = arg;
    return framelog_jumbo_lend(conn->env->sink.log);
}

static void give_back_large(void *arg)
{
    struct conn *conn = arg;
    framelog_jumbo_return(conn->env->sink.log);
}

void conn_init(struct conn *conn, struct conn_env *env, uint8_t slot)
{
    memset(conn, 0, offsetof(struct conn, plain));
    conn->env = env;
    conn->state = CONN_STOPPED;
    stream_init(&conn->stream, &env->stream, slot);
    struct ws_params params = {
        .random = &env->stream.os->random,
        .buffer = conn->buffer,
        .buffer_bytes = sizeof conn->buffer,
        .lend = lend_large,
        .give_back = give_back_large,
        .arg = conn,
        .large_bytes = TD_FRAME_BYTES_MAX,
    };
    ws_init(&conn->ws, &params);
}

td_err conn_assign(struct conn *conn, const struct wire_endpoint *endpoint,
                   struct wire_health *health, void *subscribe_arg)
{
    TD_ASSERT(conn->endpoint == NULL && conn->number == 0, "only a free connection is given away");
    TD_FAIL_IF(endpoint->source >= TD_SOURCES_MAX, TD_E_RANGE);
    TD_TRY(url_parse(&conn->url, endpoint->url, strlen(endpoint->url)));
    TD_FAIL_IF(!conn->url.websocket, TD_E_SYNTAX);
    if (endpoint->token_url)
        TD_TRY(conn_token_check(endpoint));
    conn->endpoint = endpoint, conn->health = health;
    conn->next_subscribe_arg = subscribe_arg;
    conn->token_tls_mode = TLS_MODE_NEWEST;
    conn->backoff = (struct backoff){0};
    conn->leads = conn->planned = conn->ended = false;
    conn->wait_until_ns = 0;
    conn->expires_ns = INT64_MAX;
    conn->state = CONN_WAIT;
    return 0;
}

void conn_release(struct conn *conn)
{
    conn->endpoint = NULL;
    conn->state = CONN_STOPPED;
}

static uint32_t random_32(const struct conn *conn)
{
    uint32_t value;
    const struct td_random *random = &conn->env->stream.os->random;
    random->fill(random->ctx, &value, sizeof value);
    return value;
}

/* What the endpoint's connection does; one that overlaps has no say in it. */
static void set_health(struct conn *conn, enum wire_state state)
{
    if (!conn->leads)
        return;
    atomic_store_explicit(&conn->health->state, state, memory_order_relaxed);
    atomic_store_explicit(&conn->health->conn, conn->number, memory_order_relaxed);
}

void conn_lead(struct conn *conn)
{
    conn->leads = true;
    set_health(conn, conn->subscribed ? WIRE_SUBSCRIBED : WIRE_CONNECTING);
    if (conn->number != 0)
        atomic_store_explicit(&conn->health->connected_mono_ns, conn->opened_ns,
                              memory_order_relaxed);
}

/* ---- ends ---- */

static void schedule(struct conn *conn, int64_t now_ns, int64_t delay_ns)
{
    conn->state = conn->stop ? CONN_STOPPED : CONN_WAIT;
    conn->wait_until_ns = now_ns + delay_ns;
    conn->number = 0;
    conn->subscribed = false;
    conn->ended = true;
    set_health(conn, WIRE_BACKOFF);
    if (conn->leads)
        atomic_store_explicit(&conn->health->next_try_mono_ns, conn->wait_until_ns,
                              memory_order_relaxed);
}

static void note_end(struct conn *conn, int64_t delay_ns)
{
    struct wire_health *health = conn->health;
    atomic_store_explicit(&health->last_err, conn->end_err, memory_order_relaxed);
    if (conn->end_err < 0)
        atomic_fetch_add_explicit(&health->errors, 1, memory_order_relaxed);
    td_log(conn->end_err < 0 ? TD_LOG_WARN : TD_LOG_INFO, "net",
           "source=%s event=%s conn=%" PRIu32 " err=%s status=%u next_try_ms=%" PRId64
           " reason=\"%s\"",
           conn->endpoint->name,
           conn->planned  ? "dropped"
           : conn->number ? "disconnected"
                          : "connect_failed",
           conn->number, td_err_name(conn->end_err), (unsigned)conn->end_code,
           delay_ns / TD_NS_PER_MS, conn->end_words);
}

static int64_t delay_after_end(struct conn *conn, int64_t now_ns)
{
    bool soon = conn->end_err == 0 || conn->end_err == TD_E_NET_TIMEOUT;
    if (conn->planned)
        return 0;
    return soon ? backoff_silent(&conn->backoff, random_32(conn))
                : backoff_failed(&conn->backoff, now_ns, random_32(conn), 0);
}

/* The frame about the end comes first: what follows in the log belongs to the next connection. */
static void report(struct conn *conn, int64_t now_ns)
{
    struct td_frame frame = {
        .kind = TD_FRAME_CONN_CLOSE, .origin = TD_ORIGIN_WS, .source = conn->endpoint->source};
    frame.conn = conn->number;
    frame.status = conn->planned ? TD_CLOSE_PLANNED
                   : conn->stop  ? TD_CLOSE_BY_STOP
                                 : conn->end_code;
    frame.payload = conn->end_words, frame.bytes = (uint32_t)strlen(conn->end_words);
    if (sink_put_now(&conn->env->sink, &frame) < 0)
        return;
    td_metric_add(TD_M_connections_closed, 1);
    atomic_fetch_add_explicit(&conn->health->disconnects, 1, memory_order_relaxed);
    int64_t delay_ns = delay_after_end(conn, now_ns);
    note_end(conn, delay_ns);
    schedule(conn, now_ns, delay_ns);
}

void conn_end(struct conn *conn, int64_t now_ns, td_err err, uint16_t code, const char *words)
{
    if (conn->state != CONN_CLOSING) { /* there the reason is ours and already known */
        conn->end_err = err, conn->end_code = code;
        if (err < 0)
            snprintf(conn->end_words, sizeof conn->end_words, "%s: %s", td_err_name(err),
                     words && *words ? words : td_err_text(err));
        else
            snprintf(conn->end_words, sizeof conn->end_words, "%s", words);
    }
    if (conn_token_is_under_way(conn))
        conn_token_leave(conn);
    stream_close(&conn->stream);
    ws_reset(&conn->ws);
    conn->has_message = conn->has_pong = conn->wants_large = false;
    conn->answer_bytes = 0;
    if (conn->number != 0) {
        conn->state = CONN_REPORT;
        report(conn, now_ns);
        return;
    }
    int64_t wall_ns = conn->env->stream.os->clock.wall_ns(conn->env->stream.os->clock.ctx);
    int64_t after_ns =
        err == TD_E_NET_REFUSED && code ? http_hold_ns(&conn->http.head, wall_ns) : 0;
    int64_t *free_ns = &conn->env->connect_free_ns[conn->endpoint->source];
    if (after_ns > 0 && now_ns + after_ns > *free_ns)
        *free_ns = now_ns + after_ns; /* it is said to the whole source */
    int64_t delay_ns = backoff_failed(&conn->backoff, now_ns, random_32(conn), after_ns);
    note_end(conn, delay_ns);
    schedule(conn, now_ns, delay_ns);
}

/* ---- connecting ---- */

void conn_dial(struct conn *conn, int64_t now_ns)
{
    conn->state = CONN_DIAL;
    conn->plain_left = conn->out_bytes = 0;
    stream_open(&conn->stream, conn->url.host, conn->url.port, conn->url.tls, now_ns);
}

static void begin_connect(struct conn *conn, int64_t now_ns)
{
    int64_t *free_ns = &conn->env->connect_free_ns[conn->endpoint->source];
    if (now_ns < conn->wait_until_ns)
        return;
    if (now_ns < *free_ns) {
        conn->wait_until_ns = *free_ns;
        return;
    }
    *free_ns = now_ns + CONNECT_GAP_NS;
    set_health(conn, WIRE_CONNECTING);
    atomic_fetch_add_explicit(&conn->health->attempts, 1, memory_order_relaxed);
    conn->plain_left = conn->out_bytes = 0;
    if (conn->endpoint->token_url)
        conn_token_begin(conn, now_ns);
    else
        conn_dial(conn, now_ns);
}

static void begin_upgrade(struct conn *conn, int64_t now_ns)
{
    uint8_t random[16];
    const struct td_random *source = &conn->env->stream.os->random;
    source->fill(source->ctx, random, sizeof random);
    http_key(random, conn->key);
    http_start(&conn->http);
    int bytes =
        http_upgrade(conn->out, sizeof conn->out, &conn->url, conn->key, conn->endpoint->headers);
    TD_ASSERT(bytes > 0, "the request of a URL within its limit fits");
    conn->out_bytes = (size_t)bytes;
    conn->deadline_ns = now_ns + conn->env->stream.connect_timeout_ns;
    conn->state = CONN_UPGRADE;
}

static void refuse_upgrade(struct conn *conn, int64_t now_ns, td_err err)
{
    char words[CONN_WORDS_MAX - 32];
    const struct http_head *head = &conn->http.head;
    snprintf(words, sizeof words, "http status %d%s%s%s%s", head->status,
             head->content_type[0] ? ", " : "", head->content_type,
             head->retry_after[0] ? ", retry after " : "", head->retry_after);
    conn_end(conn, now_ns, err, err == TD_E_NET_REFUSED ? (uint16_t)head->status : 0, words);
}

/* The head is complete; what follows it in conn->plain is WebSocket already. */
static void end_upgrade(struct conn *conn, int64_t now_ns)
{
    td_err err = http_upgrade_check(&conn->http.head, conn->key);
    if (err < 0) {
        refuse_upgrade(conn, now_ns, err);
        return;
    }
    ws_reset(&conn->ws);
    conn->state = CONN_ANNOUNCE;
}

static void step_upgrade(struct conn *conn, int64_t now_ns)
{
    int64_t got = conn_flush(conn);
    while (got >= 0 && conn->state == CONN_UPGRADE && (got = conn_fill_plain(conn)) > 0) {
        int part = http_step(&conn->http, &conn->plain_at, &conn->plain_left);
        if (part == HTTP_HEAD)
            end_upgrade(conn, now_ns);
        if (part < 0)
            conn_end(conn, now_ns, part, 0, "the answer to the upgrade is not HTTP");
    }
    if (conn->state != CONN_UPGRADE)
        return;
    if (got < 0)
        conn_end(conn, now_ns, (td_err)got, 0, conn->stream.detail);
    else if (now_ns >= conn->deadline_ns)
        conn_end(conn, now_ns, TD_E_NET_TIMEOUT, 0, "no answer to the upgrade");
}

/* Old ages differ by up to a twentieth, so that what began together does not end together. */
static int64_t life_ns(const struct conn *conn)
{
    int64_t most_ns = conn->endpoint->life_s * TD_NS_PER_S;
    uint64_t spread_ns = (uint64_t)most_ns / 20;
    return most_ns - (int64_t)((unsigned __int128)spread_ns * random_32(conn) / UINT32_MAX);
}

static void begin_live(struct conn *conn, int64_t now_ns)
{
    conn->number = conn->env->next_number++;
    conn->state = CONN_LIVE;
    conn->opened_ns = now_ns;
    conn->expires_ns = conn->endpoint->life_s ? now_ns + life_ns(conn) : INT64_MAX;
    conn->subscribe_arg = conn->next_subscribe_arg;
    conn->subscribed = false, conn->subscribe_next = 0, conn->pings_unanswered = 0;
    conn->last_data_ns = now_ns;
    conn->next_subscribe_ns = now_ns + conn->endpoint->subscribe_delay_ms * TD_NS_PER_MS;
    conn->next_ping_ns = now_ns + conn->endpoint->ping_interval_ms * TD_NS_PER_MS;
    td_metric_add(TD_M_connections_opened, 1);
    atomic_fetch_add_explicit(&conn->health->connects, 1, memory_order_relaxed);
    if (conn->leads)
        conn_lead(conn);
}

/* The configured one says where; after a token handshake it is the address that was dialled, without its secret. */
static size_t address_text(const struct conn *conn, char *out, size_t cap)
{
    char authority[URL_AUTHORITY_MAX];
    const struct url *url = &conn->url;
    if (conn->endpoint->token_url == NULL)
        return (size_t)snprintf(out, cap, "%s", conn->endpoint->url);
    url_authority(url, authority);
    return (size_t)snprintf(out, cap, "%s://%s%.*s", url->tls ? "wss" : "ws", authority,
                            (int)strcspn(url->target, "?"), url->target);
}

static void announce(struct conn *conn, int64_t now_ns)
{
    struct td_frame frame = {
        .kind = TD_FRAME_CONN_OPEN, .origin = TD_ORIGIN_WS, .source = conn->endpoint->source};
    frame.conn = conn->env->next_number;
    frame.status = (uint16_t)((conn->leads ? 0 : TD_OPEN_OVERLAP) | conn->endpoint->line
                                                                        << TD_OPEN_LINE_SHIFT);
    frame.bytes = (uint32_t)address_text(conn, conn->env->text, sizeof conn->env->text);
    frame.payload = conn->env->text;
    if (sink_put_now(&conn->env->sink, &frame) < 0)
        return;
    begin_live(conn, now_ns);
    TD_INFO("net", "source=%s event=connected conn=%" PRIu32 " host=%s tls=%s",
            conn->endpoint->name, conn->number, conn->url.host,
            conn->url.tls ? tls_suite(&conn->stream.session) : "none");
}

bool conn_step(struct conn *conn, int64_t now_ns)
{
    if (conn->state == CONN_WAIT)
        begin_connect(conn, now_ns);
    if (conn_token_is_under_way(conn))
        conn_token_step(conn, now_ns);
    if (conn->state == CONN_DIAL) {
        int up = stream_step(&conn->stream, now_ns);
        if (up == 1)
            begin_upgrade(conn, now_ns);
        if (up < 0)
            conn_end(conn, now_ns, up, 0, conn->stream.detail);
    }
    if (conn->state == CONN_UPGRADE)
        step_upgrade(conn, now_ns);
    if (conn->state == CONN_ANNOUNCE)
        announce(conn, now_ns);
    if (conn->state == CONN_REPORT)
        report(conn, now_ns);
    return (conn->state == CONN_LIVE || conn->state == CONN_CLOSING) && conn_live(conn, now_ns);
}

int64_t conn_due_ns(const struct conn *conn)
{
    switch (conn->state) {
    case CONN_WAIT:
        return conn->wait_until_ns;
    case CONN_TOKEN_DIAL:
    case CONN_DIAL:
        return stream_deadline_ns(&conn->stream);
    case CONN_TOKEN_ASK:
    case CONN_UPGRADE:
    case CONN_CLOSING:
        return conn->deadline_ns;
    case CONN_LIVE:
        return conn_live_due_ns(conn);
    case CONN_ANNOUNCE:
    case CONN_REPORT:
        return 0;
    case CONN_STOPPED:
        break;
    }
    return INT64_MAX;
}

void conn_forgive(struct conn *conn, int64_t paused_ns)
{
    conn->deadline_ns += paused_ns;
    conn->last_data_ns += paused_ns;
    conn->stream.deadline_ns += paused_ns;
}

/* ---- orders from outside ---- */

static void begin_close(struct conn *conn, int64_t now_ns, uint16_t code, const char *words)
{
    conn_queue_close(conn, code);
    conn->end_err = 0, conn->end_code = code;
    snprintf(conn->end_words, sizeof conn->end_words, "%s", words);
    conn->state = CONN_CLOSING;
    conn->deadline_ns = now_ns + CLOSE_WAIT_NS;
}

void conn_reconnect(struct conn *conn, int64_t now_ns)
{
    if (conn->state ==
        CONN_LIVE) /* else a new connection is on its way already, at the pace of its schedule */
        begin_close(conn, now_ns, WSLAY_CODE_NORMAL_CLOSURE, "reconnect asked for");
}

void conn_drop(struct conn *conn, int64_t now_ns, const char *words)
{
    TD_ASSERT(conn->state == CONN_LIVE, "only what is up is dropped");
    conn->planned = true;
    conn->leads = false;
    begin_close(conn, now_ns, WSLAY_CODE_NORMAL_CLOSURE, words);
}

void conn_stop(struct conn *conn, int64_t now_ns)
{
    conn->stop = true;
    if (conn->state == CONN_LIVE)
        begin_close(conn, now_ns, WSLAY_CODE_GOING_AWAY, "recorder stops");
    else if (conn->state != CONN_CLOSING && conn->state != CONN_REPORT) {
        stream_close(&conn->stream);
        conn->state = CONN_STOPPED;
    }
}

void conn_abandon(struct conn *conn)
{
    if (conn->state == CONN_CLOSING)
        conn_end(conn, conn->deadline_ns, 0, conn->end_code, NULL);
    stream_close(&conn->stream);
    ws_reset(&conn->ws);
    conn->state = CONN_STOPPED;
}
