#include "sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sim/dice.h"

enum { ROOM_TO_SEND = 64 << 10 };
#define SLOW_NS (3 * TD_NS_PER_S)

static void wake(void *arg, uint64_t what);

static struct link *link_of(struct net *net, int fd)
{
    TD_ASSERT(fd >= 0 && fd < NET_LINKS && net->link[fd].state != LINK_FREE,
              "a socket that is not open");
    return &net->link[fd];
}

/* News for this very connection, not for the next one in its place. */
static void wake_later(struct net *net, struct link *link, int64_t at_ns)
{
    uint64_t what = link->id * NET_LINKS + (uint64_t)(link - net->link);
    int64_t now_ns = net->world->now_ns;
    world_later(net->world, at_ns > now_ns ? at_ns - now_ns : 0, wake, net, what);
}

/* ---- to the client ---------------------------------------------------------------------------------------------------- */

static void make_room(struct link *link, size_t bytes)
{
    size_t used = (size_t)(link->put - link->out_base);
    size_t read = (size_t)(link->got - link->out_base);
    if (used + bytes <= link->out_cap)
        return;
    memmove(link->out, link->out + read, used - read);
    link->out_base = link->got;
    used -= read;
    if (used + bytes <= link->out_cap)
        return;
    while (link->out_cap < used + bytes)
        link->out_cap = link->out_cap ? 2 * link->out_cap : 64 << 10;
    link->out = realloc(link->out, link->out_cap);
    TD_ASSERT(link->out != NULL, "no memory for a connection");
}

static struct piece *last_piece(struct link *link)
{
    return link->piece_count > 0
               ? &link->piece[(link->piece_first + link->piece_count - 1) % LINK_PIECES]
               : NULL;
}

static void add_piece(struct net *net, struct link *link, struct piece piece)
{
    struct piece *last = last_piece(link);
    if (last && piece.at_ns < last->at_ns)
        piece.at_ns = last->at_ns;
    if (link->piece_count == LINK_PIECES) {
        last->end = piece.end; /* comes with the last one */
        last->at_ns = piece.at_ns;
    } else {
        link->piece[(link->piece_first + link->piece_count++) % LINK_PIECES] = piece;
    }
    wake_later(net, link, piece.at_ns);
}

static int64_t arrival_ns(struct net *net, struct link *link, size_t bytes)
{
    int64_t now_ns = net->world->now_ns, at_ns = now_ns + link->latency_ns;
    const struct piece *last = last_piece(link);
    at_ns = at_ns < link->stall_until_ns ? link->stall_until_ns : at_ns;
    at_ns = at_ns < net->down_until_ns ? net->down_until_ns : at_ns;
    if (link->bytes_per_s > 0) {
        int64_t from_ns = last && last->at_ns > now_ns ? last->at_ns : now_ns;
        int64_t done_ns = from_ns + (int64_t)bytes * TD_NS_PER_S / link->bytes_per_s;
        at_ns = at_ns < done_ns ? done_ns : at_ns;
    }
    return at_ns;
}

static uint32_t step_now(struct net *net, const struct link *link)
{
    if (net->world->now_ns >= link->odd_until_ns)
        return 0;
    return link->odd_step ? link->odd_step : (uint32_t)dice_between(&net->dice, 1, 60);
}

void link_put(struct link *link, struct net *net, const void *data, size_t bytes)
{
    if (link->state != LINK_UP || link->ended || link->reset || bytes == 0)
        return;
    make_room(link, bytes);
    memcpy(link->out + (link->put - link->out_base), data, bytes);
    int64_t at_ns = arrival_ns(net, link, bytes), now_ns = net->world->now_ns;
    net->bytes += bytes;
    /* One byte a second, then the rest. */
    for (int64_t t = now_ns; bytes > 1 && t + TD_NS_PER_S < link->drip_until_ns;
         t += TD_NS_PER_S, bytes--)
        add_piece(net, link, (struct piece){++link->put, t + TD_NS_PER_S, 1});
    link->put += bytes;
    at_ns = at_ns < link->drip_until_ns ? link->drip_until_ns : at_ns;
    add_piece(net, link, (struct piece){link->put, at_ns, step_now(net, link)});
}

void link_end(struct link *link, struct net *net, td_err err)
{
    if (link->state != LINK_UP || link->ended)
        return;
    link->ended = true;
    link->end_err = err;
    wake_later(net, link, arrival_ns(net, link, 0));
}

void link_reset(struct link *link, struct net *net, td_err err)
{
    if (link->state != LINK_UP || link->reset)
        return;
    link->reset = true;
    link->reset_err = err;
    wake_later(net, link, net->world->now_ns);
}

/* ---- events ----------------------------------------------------------------------------------------------------------- */

static void hand_over(struct net *net, struct link *link)
{
    if (link->in_bytes > 0 && !link->half_open && link->server)
        net->came(net->arg, link);
}

static void become_up(struct net *net, struct link *link)
{
    link->state = LINK_UP;
    link->writable = true;
    if (link->refusal == 0)
        net->accepted(net->arg, link);
}

static void wake(void *arg, uint64_t what)
{
    struct net *net = arg;
    struct link *link = &net->link[what % NET_LINKS];
    if (link->id != what / NET_LINKS || link->state == LINK_FREE)
        return;
    if (link->state == LINK_CLOSED) { /* the last the server hears of it */
        if (link->server)
            net->gone(net->arg, link);
        link->state = LINK_FREE;
        return;
    }
    if (link->state == LINK_CONNECTING && net->world->now_ns >= link->connected_ns)
        become_up(net, link);
    link->readable = link->writable = true;
    hand_over(net, link);
}

/* ---- the recorder's table --------------------------------------------------------------------------------------------- */

/* 10.host.0.n */
static bool read_address(const char *ip, unsigned *host, unsigned *n)
{
    unsigned a, b, c;
    return sscanf(ip, "%u.%u.%u.%u", &a, &b, &c, n) == 4 && (*host = b) < NET_HOSTS;
}

static bool is_alive(const struct net *net, unsigned host, unsigned n)
{
    unsigned first = net->host[host].first;
    return n == first + 1 || (n == first && !net->host[host].dead_first);
}

static void spoil_connect(struct net *net, struct link *link)
{
    struct kinds *kinds = &net->world->kinds;
    enum kind kind = kinds_take(kinds, PLACE_CONNECT);
    switch (kind) {
    case KIND_NONE:
        return;
    case KIND_connect_refused:
        link->refusal = TD_E_IO;
        break;
    case KIND_connect_silent:
        link->connected_ns = INT64_MAX;
        break;
    case KIND_connect_slow:
        link->connected_ns += SLOW_NS;
        break;
    case KIND_connect_eof:
        link->ended = true;
        break;
    case KIND_tls_expired:
    case KIND_tls_not_yet:
    case KIND_tls_wrong_host:
    case KIND_tls_unknown_ca:
        link->reset = true, link->reset_err = TD_E_NET_CERT;
        break;
    default:
        link->reset = true, link->reset_err = kind == KIND_tls_alert ? TD_E_NET_TLS : TD_E_IO;
    }
    kinds_fired(kinds, kind);
}

static struct link *free_link(struct net *net)
{
    for (unsigned i = 0; i < NET_LINKS; i++)
        if (net->link[i].state == LINK_FREE)
            return &net->link[i];
    return NULL;
}

static void clear_link(struct net *net, struct link *link)
{
    char *out = link->out, *in = link->in;
    size_t out_cap = link->out_cap, in_cap = link->in_cap;
    memset(link, 0, sizeof *link);
    link->out = out, link->in = in;
    link->out_cap = out_cap, link->in_cap = in_cap;
    link->id = ++net->next_id;
    link->latency_ns = (int64_t)dice_between(&net->dice, 2, 60) * TD_NS_PER_MS;
}

static int net_connect(void *ctx, const char *ip, uint16_t port)
{
    struct net *net = ctx;
    struct link *link = free_link(net);
    struct kinds *kinds = &net->world->kinds;
    unsigned host = 0, n = 0;
    (void)port;
    TD_FAIL_IF(!read_address(ip, &host, &n), TD_E_IO);
    if (kinds_take_one(kinds, KIND_connect_no_handle)) {
        kinds_fired(kinds, KIND_connect_no_handle);
        return TD_E_IO;
    }
    TD_ASSERT(link != NULL, "the recorder holds too many sockets");
    clear_link(net, link);
    link->state = LINK_CONNECTING;
    link->host = host;
    link->connected_ns = net->world->now_ns + link->latency_ns;
    if (!is_alive(net, host, n))
        link->connected_ns = INT64_MAX;
    if (net->world->now_ns < net->down_until_ns)
        link->connected_ns = INT64_MAX;
    spoil_connect(net, link);
    if (link->connected_ns != INT64_MAX)
        wake_later(net, link, link->connected_ns);
    return (int)(link - net->link);
}

static int net_connected(void *ctx, int fd)
{
    struct link *link = link_of(ctx, fd);
    if (link->state == LINK_CONNECTING)
        return 0;
    return link->refusal < 0 ? link->refusal : 1;
}

static int64_t net_send(void *ctx, int fd, const void *data, size_t bytes)
{
    struct net *net = ctx;
    struct link *link = link_of(net, fd);
    TD_FAIL_IF(link->reset, link->reset_err);
    int64_t until_ns = link->blocked_until_ns;
    until_ns = until_ns < net->down_until_ns ? net->down_until_ns : until_ns;
    if (net->world->now_ns < until_ns) {
        wake_later(net, link, until_ns);
        return TD_E_AGAIN;
    }
    if (link->in_bytes >= ROOM_TO_SEND)
        return TD_E_AGAIN; /* nobody takes it: half open */
    if (bytes > 1 && dice_once_in(&net->dice, 8))
        bytes = (size_t)dice_between(&net->dice, 1, bytes);
    if (link->in_bytes + bytes > link->in_cap) {
        link->in_cap = 2 * (link->in_bytes + bytes);
        link->in = realloc(link->in, link->in_cap);
        TD_ASSERT(link->in != NULL, "no memory for a connection");
    }
    memcpy(link->in + link->in_bytes, data, bytes);
    link->in_bytes += bytes;
    wake_later(net, link, net->world->now_ns + link->latency_ns);
    return (int64_t)bytes;
}

/* Bytes that have arrived and may be read at once. */
static size_t arrived(struct net *net, struct link *link, size_t cap)
{
    uint64_t end = link->got;
    while (link->piece_count > 0) {
        const struct piece *piece = &link->piece[link->piece_first];
        if (piece->at_ns > net->world->now_ns || end - link->got >= cap)
            break;
        if (piece->step > 0) {
            uint64_t most = link->got + piece->step;
            if (end == link->got)
                end = most < piece->end ? most : piece->end;
            if (end == piece->end) {
                link->piece_first = (link->piece_first + 1) % LINK_PIECES;
                link->piece_count--;
            }
            break;
        }
        end = piece->end;
        if (end - link->got > cap)
            break;
        link->piece_first = (link->piece_first + 1) % LINK_PIECES;
        link->piece_count--;
    }
    return end - link->got < cap ? (size_t)(end - link->got) : cap;
}

static int64_t net_recv(void *ctx, int fd, void *data, size_t cap)
{
    struct net *net = ctx;
    struct link *link = link_of(net, fd);
    TD_FAIL_IF(link->reset, link->reset_err);
    size_t bytes = link->half_open ? 0 : arrived(net, link, cap);
    if (bytes == 0 && link->ended && !link->half_open && link->got == link->put)
        return link->end_err;
    if (bytes == 0)
        return TD_E_AGAIN;
    if (world_plant(net->world, PLANT_SWALLOW)) {
        link->got += bytes;
        net->read(net->arg, link, world_mono_ns(net->world));
        return TD_E_AGAIN;
    }
    memcpy(data, link->out + (link->got - link->out_base), bytes);
    link->got += bytes;
    net->unstamped = link;
    return (int64_t)bytes;
}

/* stream reads the wall clock, then this one, right after the bytes. */
static void stamp(void *arg, int64_t mono_ns)
{
    struct net *net = arg;
    struct link *link = net->unstamped;
    net->unstamped = NULL;
    if (link && link->server)
        net->read(net->arg, link, mono_ns);
}

static void net_close(void *ctx, int fd)
{
    struct net *net = ctx;
    struct link *link = link_of(net, fd);
    link->state = LINK_CLOSED;
    link->watched = false;
    wake_later(net, link, net->world->now_ns + link->latency_ns);
}

static int net_watch(void *ctx, int fd, void *tag)
{
    struct link *link = link_of(ctx, fd);
    link->watched = true;
    link->tag = tag;
    return 0;
}

static void net_unwatch(void *ctx, int fd)
{
    link_of(ctx, fd)->watched = false;
}

static int net_wait(void *ctx, struct td_socket_event *events, unsigned cap, int timeout_ms)
{
    struct net *net = ctx;
    unsigned count = 0;
    TD_ASSERT(timeout_ms == 0, "nobody sleeps in a simulated world");
    for (unsigned i = 0; i < NET_LINKS && count < cap; i++) {
        struct link *link = &net->link[i];
        if (!link->watched || (!link->readable && !link->writable))
            continue;
        events[count++] = (struct td_socket_event){link->tag, link->readable, link->writable,
                                                   link->reset || link->refusal < 0};
        link->readable = link->writable = false;
    }
    return (int)count;
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

void net_init(struct net *net, struct world *world)
{
    memset(net, 0, sizeof *net);
    net->world = world;
    net->dice = world->seed ^ UINT64_C(0x4E6574);
    for (unsigned i = 0; i < NET_HOSTS; i++)
        net->host[i].first = 1;
    world->stamped = stamp;
    world->stamped_arg = net;
    world->os.socket = (struct td_socket){net_connect, net_connected, net_send, net_recv, net_close,
                                          net_watch,   net_unwatch,   net_wait, net};
    net_names_init(net);
}

void net_kill(struct net *net)
{
    for (unsigned i = 0; i < NET_LINKS; i++)
        if (net->link[i].state == LINK_CONNECTING || net->link[i].state == LINK_UP)
            net_close(net, (int)i);
    net->answers = 0;
    net->unstamped = NULL;
}

void net_down(struct net *net, int64_t for_ns)
{
    net->down_until_ns = net->world->now_ns + for_ns;
    for (unsigned i = 0; i < NET_LINKS; i++)
        if (net->link[i].state == LINK_UP && dice_once_in(&net->dice, 2))
            net->link[i].half_open = true;
}

bool net_spoil(struct net *net, struct link *link, enum kind kind)
{
    int64_t now_ns = net->world->now_ns;
    int64_t soon_ns = now_ns + (int64_t)dice_between(&net->dice, 2, 25) * TD_NS_PER_S;
    switch (kind) {
    case KIND_conn_rst:
        link_reset(link, net, TD_E_IO);
        break;
    case KIND_conn_eof:
        link_end(link, net, 0);
        break;
    case KIND_conn_tls_record:
        link_end(link, net, TD_E_NET_TLS);
        break;
    case KIND_conn_half_open:
        link->half_open = true;
        break;
    case KIND_conn_stall:
        link->stall_until_ns = soon_ns;
        break;
    case KIND_conn_stall_long:
        link->stall_until_ns = now_ns + (int64_t)dice_between(&net->dice, 70, 300) * TD_NS_PER_S;
        break;
    case KIND_conn_drip:
        link->drip_until_ns = soon_ns;
        break;
    case KIND_conn_split:
    case KIND_conn_odd_pieces:
        link->odd_until_ns = soon_ns;
        link->odd_step = kind == KIND_conn_split;
        break;
    case KIND_conn_latency:
        link->latency_ns = (int64_t)dice_between(&net->dice, 500, 4000) * TD_NS_PER_MS;
        break;
    case KIND_conn_thin:
        link->bytes_per_s = (int64_t)dice_between(&net->dice, 6, 60) * 1000;
        break;
    case KIND_conn_send_blocked:
        link->blocked_until_ns = soon_ns;
        break;
    default:
        return false;
    }
    return true;
}

void net_heal(struct net *net)
{
    net->down_until_ns = 0;
    for (unsigned i = 0; i < NET_HOSTS; i++)
        net->host[i].dead_first = false;
    for (unsigned i = 0; i < NET_LINKS; i++)
        net->link[i].bytes_per_s = 0;
}
