#include "net/links.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

/* An overlap that nobody takes up gives the spare place to an endpoint that waits for it, and waits as long itself. */
#define PATIENCE_NS (600 * TD_NS_PER_S)

static size_t aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t links_footprint(unsigned endpoint_count)
{
    return aligned(endpoint_count * sizeof(struct link)) +
           (endpoint_count + 1) * aligned(sizeof(struct conn));
}

/* ---- places ---- */

static unsigned index_of(const struct links *links, const struct conn *conn)
{
    return (unsigned)(conn->endpoint - links->endpoints);
}

static bool is_free(const struct conn *conn)
{
    return conn->endpoint == NULL;
}

static struct conn *free_place(struct links *links)
{
    for (unsigned i = 0; i <= links->count; i++)
        if (is_free(&links->conns[i]))
            return &links->conns[i];
    return NULL;
}

/* The other connection of the same endpoint that is to stay; NULL: none. */
static struct conn *partner(struct links *links, const struct conn *conn)
{
    for (unsigned i = 0; i <= links->count; i++) {
        struct conn *other = &links->conns[i];
        if (other != conn && other->endpoint == conn->endpoint && !other->planned)
            return other;
    }
    return NULL;
}

static td_err assign(struct links *links, struct conn *conn, unsigned i)
{
    struct link *link = &links->links[i];
    TD_TRY(conn_assign(conn, &links->endpoints[i], &links->health[i], link->subscribe_arg));
    conn->backoff = link->backoff;
    return 0;
}

td_err links_init(struct links *links, void *mem, const struct wire_endpoint *endpoints,
                  struct wire_health *health, unsigned endpoint_count, struct conn_env *env)
{
    size_t link_bytes = aligned(endpoint_count * sizeof(struct link));
    *links = (struct links){
        .env = env, .endpoints = endpoints, .health = health, .count = endpoint_count};
    links->links = mem;
    memset(links->links, 0, link_bytes);
    links->conns = (struct conn *)(void *)((char *)mem + link_bytes);
    for (unsigned i = 0; i <= endpoint_count; i++)
        conn_init(&links->conns[i], env, (uint8_t)i);
    for (unsigned i = 0; i < endpoint_count; i++) {
        links->links[i].subscribe_arg = endpoints[i].subscribe_arg;
        links->links[i].lead = &links->conns[i];
        td_err err = assign(links, &links->conns[i], i);
        if (err < 0) {
            TD_ERROR("net", "source=%s event=bad_url err=%s url=%s", endpoints[i].name,
                     td_err_name(err), endpoints[i].url);
            return err;
        }
        conn_lead(&links->conns[i]);
    }
    return 0;
}

/* ---- overlaps ---- */

static void promote(struct links *links, struct conn *conn)
{
    struct link *link = &links->links[index_of(links, conn)];
    link->lead = conn;
    link->backoff = (struct backoff){0};
    conn_lead(conn);
    TD_INFO("net", "source=%s event=took_over conn=%" PRIu32, conn->endpoint->name, conn->number);
}

/* A connection came to its end: an only one tries again by itself, of two the other goes on. */
static void settle(struct links *links, struct conn *conn)
{
    if (!conn->ended)
        return;
    conn->ended = false;
    struct link *link = &links->links[index_of(links, conn)];
    struct conn *other = partner(links, conn);
    if (link->lead == conn && other == NULL)
        return;
    if (link->lead == conn)
        promote(links, other);
    else if (!conn->planned) {
        link->backoff = conn->backoff;
        link->overlap_due_ns = conn->wait_until_ns;
    }
    conn_release(conn);
}

static int64_t overlap_due_ns(const struct links *links, unsigned i)
{
    const struct link *link = &links->links[i];
    for (unsigned c = 0; c <= links->count; c++)
        if (&links->conns[c] != link->lead && links->conns[c].endpoint == &links->endpoints[i])
            return INT64_MAX; /* it has its second one */
    if (link->lead->state != CONN_LIVE || link->lead->expires_ns == INT64_MAX)
        return INT64_MAX;
    return link->lead->expires_ns > link->overlap_due_ns ? link->lead->expires_ns
                                                         : link->overlap_due_ns;
}

/* The endpoint whose turn it is; links->count: none has a wish. */
static unsigned next_overlap(const struct links *links, int64_t *due_ns)
{
    unsigned next = links->count;
    *due_ns = INT64_MAX;
    for (unsigned i = 0; i < links->count; i++) {
        int64_t one_ns = overlap_due_ns(links, i);
        if (one_ns < *due_ns)
            *due_ns = one_ns, next = i;
    }
    return next;
}

/* The overlap that holds the spare place; NULL: there is none, or it is on its way out. */
static struct conn *overlap(struct links *links)
{
    for (unsigned i = 0; i <= links->count; i++) {
        struct conn *conn = &links->conns[i];
        if (!is_free(conn) && !conn->planned && links->links[index_of(links, conn)].lead != conn)
            return conn;
    }
    return NULL;
}

static void make_room(struct links *links, int64_t now_ns)
{
    struct conn *conn = overlap(links);
    if (conn == NULL || conn->state != CONN_LIVE || now_ns - conn->opened_ns < PATIENCE_NS)
        return;
    links->links[index_of(links, conn)].overlap_due_ns = now_ns + PATIENCE_NS;
    conn_drop(conn, now_ns, "nobody took the second connection up");
}

static void begin_overlap(struct links *links, int64_t now_ns)
{
    int64_t due_ns;
    unsigned i = next_overlap(links, &due_ns);
    if (i == links->count || now_ns < due_ns)
        return;
    struct conn *conn = free_place(links), *lead = links->links[i].lead;
    if (conn == NULL) {
        make_room(links, now_ns);
        return;
    }
    td_err err = assign(links, conn, i);
    TD_ASSERT(err == 0, "the lead has the same URL");
    conn->stream.tls_mode = lead->stream.tls_mode; /* which this host is known to take */
    TD_INFO("net", "source=%s event=overlap old=%" PRIu32 " age_s=%" PRId64, conn->endpoint->name,
            lead->number, (now_ns - lead->opened_ns) / TD_NS_PER_S);
}

void links_drop(struct links *links, struct conn *conn, int64_t now_ns)
{
    struct conn *other = partner(links, conn);
    struct link *link = &links->links[index_of(links, conn)];
    if (conn->state != CONN_LIVE || other == NULL || other->state != CONN_LIVE) {
        TD_WARN("net", "source=%s event=drop_refused conn=%" PRIu32, conn->endpoint->name,
                conn->number);
        return;
    }
    if (link->lead == conn)
        promote(links, other);
    else
        link->overlap_due_ns = now_ns + PATIENCE_NS;
    conn_drop(conn, now_ns, "another connection took over");
}

void links_replace(struct links *links, struct conn *conn, int64_t now_ns)
{
    struct link *link = &links->links[index_of(links, conn)];
    if (link->lead != conn)
        return;
    if (conn->expires_ns > now_ns)
        conn->expires_ns = now_ns;
    if (link->overlap_due_ns > now_ns && link->backoff.failures == 0)
        link->overlap_due_ns = now_ns;
}

/* ---- all of them ---- */

bool links_step(struct links *links, int64_t now_ns)
{
    bool more = false;
    for (unsigned i = 0; i <= links->count && !links->env->sink.full; i++)
        if (!is_free(&links->conns[i])) {
            more |= conn_step(&links->conns[i], now_ns);
            settle(links, &links->conns[i]);
        }
    begin_overlap(links, now_ns);
    return more;
}

int64_t links_due_ns(const struct links *links)
{
    int64_t due_ns = INT64_MAX;
    bool room = false;
    for (unsigned i = 0; i <= links->count; i++) {
        int64_t conn_ns = conn_due_ns(&links->conns[i]);
        due_ns = conn_ns < due_ns ? conn_ns : due_ns;
        room |= is_free(&links->conns[i]);
    }
    int64_t overlap_ns;
    next_overlap(links, &overlap_ns);
    return room && overlap_ns < due_ns ? overlap_ns : due_ns;
}

void links_forgive(struct links *links, int64_t paused_ns)
{
    for (unsigned i = 0; i <= links->count; i++)
        conn_forgive(&links->conns[i], paused_ns);
}

bool links_want_large(const struct links *links)
{
    for (unsigned i = 0; i <= links->count; i++)
        if (links->conns[i].wants_large)
            return true;
    return false;
}

bool links_resolved(struct links *links, const struct resolve_answer *answer)
{
    unsigned slot = answer->id & 255;
    if (slot > links->count)
        return false;
    stream_resolved(&links->conns[slot].stream, answer);
    return true;
}

struct conn *links_find(struct links *links, uint16_t source, uint32_t number)
{
    struct conn *oldest = NULL;
    for (unsigned i = 0; i <= links->count; i++) {
        struct conn *conn = &links->conns[i];
        if (is_free(conn) || conn->endpoint->source != source || conn->state != CONN_LIVE)
            continue;
        if (number == conn->number)
            return conn;
        if (number == 0 && (oldest == NULL || conn->number < oldest->number))
            oldest = conn;
    }
    return oldest;
}

void links_subscribe_args(struct links *links, void *const *args)
{
    for (unsigned i = 0; i < links->count; i++)
        links->links[i].subscribe_arg = args[i];
    for (unsigned c = 0; c <= links->count; c++)
        if (!is_free(&links->conns[c]))
            links->conns[c].next_subscribe_arg = args[index_of(links, &links->conns[c])];
}

void links_stop(struct links *links, int64_t now_ns)
{
    for (unsigned i = 0; i <= links->count; i++)
        if (!is_free(&links->conns[i]))
            conn_stop(&links->conns[i], now_ns);
}

bool links_stopped(const struct links *links)
{
    for (unsigned i = 0; i <= links->count; i++)
        if (links->conns[i].state != CONN_STOPPED)
            return false;
    return true;
}

void links_abandon(struct links *links)
{
    for (unsigned i = 0; i <= links->count; i++)
        if (!is_free(&links->conns[i]))
            conn_abandon(&links->conns[i]);
}
