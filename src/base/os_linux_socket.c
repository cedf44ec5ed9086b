#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/os_linux.h"

enum { EVENTS_A_WAIT = 64 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Length of the address, 0 when the text is none. */
static socklen_t parse_address(const char *ip, uint16_t port, union address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, ip, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, ip, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return sizeof address->v6;
    }
    return 0;
}

int os_socket_connect(void *ctx, const char *ip, uint16_t port)
{
    (void)ctx;
    union address address;
    socklen_t bytes = parse_address(ip, port, &address);
    TD_FAIL_IF(bytes == 0, TD_E_SYNTAX);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return os_refused();
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, &address.any, bytes) < 0 && errno != EINPROGRESS) {
        td_err err = os_refused();
        close(fd);
        return err;
    }
    return fd;
}

int os_socket_connected(void *ctx, int fd)
{
    (void)ctx;
    struct pollfd look = {.fd = fd, .events = POLLOUT};
    int ready = poll(&look, 1, 0);
    if (ready <= 0)
        return ready == 0 || errno == EINTR ? 0 : os_refused();
    int reason = 0;
    socklen_t bytes = sizeof reason;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &bytes) < 0)
        return os_refused();
    errno = reason;
    return reason ? os_refused() : 1;
}

int64_t os_socket_send(void *ctx, int fd, const void *data, size_t bytes)
{
    (void)ctx;
    ssize_t put = send(fd, data, bytes, MSG_NOSIGNAL);
    return put >= 0 ? put : errno == EINTR ? TD_E_AGAIN : os_refused();
}

int64_t os_socket_recv(void *ctx, int fd, void *data, size_t bytes)
{
    (void)ctx;
    ssize_t got = recv(fd, data, bytes, 0);
    return got >= 0 ? got : errno == EINTR ? TD_E_AGAIN : os_refused();
}

/* ---- readiness ---- */

/* One epoll a process, made at the first watch: the recorder has one thread that waits. */
static _Atomic int shared_epoll = -1;

static int epoll_fd(void)
{
    int fd = atomic_load(&shared_epoll), none = -1;
    if (fd >= 0)
        return fd;
    fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd >= 0 && !atomic_compare_exchange_strong(&shared_epoll, &none, fd)) {
        close(fd);
        fd = none;
    }
    return fd;
}

/* Edges, not levels: who is told reads or writes until TD_E_AGAIN. */
int os_socket_watch(void *ctx, int fd, void *tag)
{
    (void)ctx;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = tag};
    int epoll = epoll_fd();
    return epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? os_refused() : 0;
}

void os_socket_unwatch(void *ctx, int fd)
{
    (void)ctx;
    struct epoll_event unused = {0};
    int epoll = atomic_load(&shared_epoll);
    if (epoll >= 0)
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &unused);
}

int os_socket_wait(void *ctx, struct td_socket_event *events, unsigned cap, int timeout_ms)
{
    (void)ctx;
    struct epoll_event ready[EVENTS_A_WAIT];
    int epoll = epoll_fd();
    if (epoll < 0)
        return os_refused();
    int count =
        epoll_wait(epoll, ready, (int)(cap < EVENTS_A_WAIT ? cap : EVENTS_A_WAIT), timeout_ms);
    if (count < 0)
        return errno == EINTR ? 0 : os_refused();
    for (int i = 0; i < count; i++)
        events[i] = (struct td_socket_event){
            .tag = ready[i].data.ptr,
            .readable = ready[i].events & EPOLLIN,
            .writable = ready[i].events & EPOLLOUT,
            .broken = ready[i].events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP),
        };
    return count;
}

/* Out of the epoll by hand: a child that was forked meanwhile may hold the socket open for a moment longer. */
void os_socket_close(void *ctx, int fd)
{
    os_socket_unwatch(ctx, fd);
    close(fd);
}
