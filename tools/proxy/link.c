#include "proxy/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "exchange/dice.h"

void link_init(struct link *link, unsigned number, int client, int server)
{
    int on = 1;
    memset(link, 0, sizeof *link);
    link->fd[LINK_UP] = client;
    link->fd[LINK_DOWN] = server;
    link->number = number;
    for (int way = 0; way < LINK_WAYS; way++)
        if (link->fd[way] >= 0) /* each write is to be a packet */
            setsockopt(link->fd[way], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->swallows[LINK_UP] = server < 0;
}

void link_tell(const struct link *link, enum fault_kind kind)
{
    printf("fired %s link=%u\n", fault_name(kind), link->number);
    fflush(stdout);
}

void link_close(struct link *link, bool reset)
{
    struct linger now = {1, 0};
    if (reset)
        setsockopt(link->fd[LINK_UP], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    for (int way = 0; way < LINK_WAYS; way++)
        if (link->fd[way] >= 0)
            close(link->fd[way]);
    link->fd[LINK_UP] = link->fd[LINK_DOWN] = -1;
}

/* Where a way leads: the other one's beginning. */
static int goal(const struct link *link, int way)
{
    return link->fd[!way];
}

static void shut(struct link *link, int way)
{
    link->shut[way] = link->swallows[way] = true;
    flow_drop(&link->flow[way]);
    if (goal(link, way) >= 0)
        shutdown(goal(link, way), SHUT_WR);
}

void link_fault(struct link *link, struct fault fault, int64_t now_ns)
{
    switch (fault.kind) {
    case FAULT_STALL:
        link->stalled_until_ns = now_ns + fault.amount * TD_NS_PER_MS;
        break;
    case FAULT_BLACKHOLE:
        link->swallows[LINK_UP] = link->swallows[LINK_DOWN] = true;
        break;
    case FAULT_EOF_DOWN:
        shut(link, LINK_DOWN);
        break;
    case FAULT_EOF_UP:
        shut(link, LINK_UP);
        break;
    case FAULT_CUT:
        link->cut_bytes = fault.amount;
        return;
    default:
        link->armed |= 1u << fault.kind;
        return;
    }
    link_tell(link, fault.kind);
}

/* ---- one way ---------------------------------------------------------------------------------------------------------- */

/* False: the connection broke. */
static bool read_way(struct link *link, int way, const struct shape *shape, int64_t now_ns)
{
    struct flow *flow = &link->flow[way];
    size_t room = flow_room(flow);
    if (link->fd[way] < 0 || link->ended[way] || room == 0)
        return true;
    ssize_t got = recv(link->fd[way], flow->data + flow->held, room, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        link->ended[way] = true;
    else if (!link->swallows[way])
        flow_took(flow, shape, (size_t)got, now_ns);
    return true;
}

/* How many of the next bytes pass before an armed fault strikes; *kind: which one strikes behind them. */
static size_t before_fault(struct link *link, size_t bytes, uint64_t *dice, enum fault_kind *kind)
{
    struct record record = link->down;
    uint8_t *data = link->flow[LINK_DOWN].data;
    *kind = FAULT_KINDS;
    if (link->cut_bytes && (int64_t)bytes >= link->cut_bytes) {
        bytes = (size_t)link->cut_bytes;
        *kind = FAULT_CUT;
    }
    for (size_t i = 0; link->armed && i < bytes; i++) {
        if (!record_take(&record, data[i]))
            continue;
        if (link->armed & 1u << FAULT_FLIP) {
            data[i] ^= (uint8_t)(1u << dice_below(dice, 8));
            link->armed &= ~(1u << FAULT_FLIP);
            link_tell(link, FAULT_FLIP);
            continue;
        }
        *kind = link->armed & 1u << FAULT_RST ? FAULT_RST : FAULT_TRUNCATE;
        return i + 1;
    }
    return bytes;
}

static bool send_some(struct link *link, int way, size_t bytes, ssize_t *sent)
{
    *sent = send(goal(link, way), link->flow[way].data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    link->blocked[way] = *sent < 0 && errno == EAGAIN;
    return *sent >= 0 || link->blocked[way] || errno == EINTR;
}

/* False: the connection broke, or a fault ended it (then it is closed already). */
static bool write_way(struct link *link, int way, const struct shape *shape, uint64_t *dice,
                      int64_t now_ns)
{
    struct flow *flow = &link->flow[way];
    enum fault_kind kind = FAULT_KINDS;
    ssize_t sent;
    size_t bytes = link->swallows[way] ? 0 : flow_ready(flow, shape, dice, now_ns);
    if (bytes > 0 && way == LINK_DOWN)
        bytes = before_fault(link, bytes, dice, &kind);
    if (bytes == 0)
        return true;
    if (!send_some(link, way, bytes, &sent))
        return false;
    if (sent <= 0)
        return true;
    for (ssize_t i = 0; way == LINK_DOWN && i < sent; i++)
        record_take(&link->down, flow->data[i]);
    link->cut_bytes -= way == LINK_DOWN && link->cut_bytes ? sent : 0;
    flow_wrote(flow, shape, (size_t)sent, now_ns);
    if (kind == FAULT_KINDS || (size_t)sent < bytes)
        return true;
    link_tell(link, kind);
    link_close(link, kind == FAULT_RST);
    return false;
}

/* An end is passed on behind the last byte; what is swallowed has none. */
static void pass_end(struct link *link, int way)
{
    if (link->ended[way] && !link->shut[way] && !link->swallows[way] && link->flow[way].held == 0)
        shut(link, way);
}

/* One of the two has nothing more to say and hears nothing more; or the client of a link that swallows has gone. */
static bool is_over(const struct link *link)
{
    if (link->swallows[LINK_UP] && link->ended[LINK_UP])
        return true;
    return (link->ended[LINK_UP] && link->shut[LINK_DOWN]) ||
           (link->ended[LINK_DOWN] && link->shut[LINK_UP]);
}

/* ---- both ------------------------------------------------------------------------------------------------------------- */

bool link_turn(struct link *link, const struct shape *shape, uint64_t *dice, int64_t now_ns)
{
    bool whole = true;
    if (now_ns < link->stalled_until_ns)
        return true;
    for (int way = 0; way < LINK_WAYS && whole; way++) {
        whole = read_way(link, way, shape, now_ns) && write_way(link, way, shape, dice, now_ns);
        if (whole)
            pass_end(link, way);
    }
    if (whole && !is_over(link))
        return true;
    if (link->fd[LINK_UP] >= 0)
        link_close(link, !whole);
    return false;
}

uint32_t link_wants(const struct link *link, int way, int64_t now_ns)
{
    bool stalled = now_ns < link->stalled_until_ns;
    bool reads = !stalled && !link->ended[way] && flow_room(&link->flow[way]) > 0;
    bool writes = !stalled && link->blocked[!way];
    return (reads ? (uint32_t)EPOLLIN : 0) | (writes ? (uint32_t)EPOLLOUT : 0);
}

int64_t link_due_ns(const struct link *link, int64_t now_ns)
{
    int64_t due_ns = INT64_MAX;
    if (now_ns < link->stalled_until_ns)
        return link->stalled_until_ns;
    for (int way = 0; way < LINK_WAYS; way++) {
        int64_t way_ns =
            link->blocked[way] || link->swallows[way] ? INT64_MAX : flow_due_ns(&link->flow[way]);
        due_ns = way_ns < due_ns ? way_ns : due_ns;
    }
    return due_ns;
}
