#include "proxy/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/os_linux.h"

enum { MARK_LISTENER = PROXY_LINKS * LINK_WAYS, MARK_INPUT, WAIT_MS_MAX = 1000 };

static volatile sig_atomic_t interrupted;

void proxy_interrupt(int signal)
{
    interrupted = signal;
}

static int64_t now_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx);
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(struct proxy *proxy, int how, int fd, uint32_t events, uint32_t mark)
{
    struct epoll_event event = {.events = events, .data.u32 = mark};
    epoll_ctl(proxy->epoll, how, fd, &event);
}

static bool open_door(struct proxy *proxy)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(proxy->port);
    socklen_t bytes = sizeof address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, bytes) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &bytes) < 0) {
        close(fd);
        return false;
    }
    proxy->port = ntohs(address.sin_port);
    proxy->listener = fd;
    watch(proxy, EPOLL_CTL_ADD, fd, EPOLLIN, MARK_LISTENER);
    return true;
}

bool proxy_init(struct proxy *proxy, int port, int server_port, uint64_t seed)
{
    memset(proxy, 0, sizeof *proxy);
    proxy->epoll = epoll_create1(EPOLL_CLOEXEC);
    proxy->port = port;
    proxy->server_port = server_port;
    proxy->dice = seed;
    for (int i = 0; i < PROXY_LINKS; i++)
        proxy->link[i].fd[LINK_UP] = proxy->link[i].fd[LINK_DOWN] = -1;
    /* A file or /dev/null as standard input has no events: then nothing is asked. */
    watch(proxy, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, MARK_INPUT);
    return open_door(proxy);
}

/* ---- control ---------------------------------------------------------------------------------------------------------- */

static unsigned give_links(struct proxy *proxy, struct fault fault)
{
    unsigned given = 0;
    for (int i = 0; i < PROXY_LINKS; i++)
        if (proxy->link[i].fd[LINK_UP] >= 0) {
            link_fault(&proxy->link[i], fault, now_ns());
            given++;
        }
    return given;
}

static void give_shape(struct shape *shape, struct fault fault)
{
    switch (fault.kind) {
    case FAULT_SPLIT:
        shape->split_bytes = fault.amount;
        break;
    case FAULT_MERGE:
        shape->merge_ns = fault.amount * TD_NS_PER_MS;
        break;
    case FAULT_DRIP:
        shape->drip_per_s = fault.amount;
        break;
    default:
        shape->delay_ns = fault.amount * TD_NS_PER_MS;
    }
}

static void give_door(struct proxy *proxy, struct fault fault)
{
    int64_t until_ns = now_ns() + fault.amount * TD_NS_PER_MS;
    if (fault.kind == FAULT_MUTE) {
        proxy->mute_until_ns = until_ns;
        return;
    }
    proxy->refuse_until_ns = until_ns;
    if (proxy->listener >= 0)
        close(proxy->listener);
    proxy->listener = -1;
}

static void clear(struct proxy *proxy)
{
    proxy->shape = (struct shape){0};
    proxy->has_next = false;
    proxy->refuse_until_ns = proxy->mute_until_ns = 0;
    for (int i = 0; i < PROXY_LINKS; i++)
        for (int way = 0; way < LINK_WAYS; way++)
            proxy->link[i].flow[way].next_write_ns = 0;
}

/* Links that it reaches, negative when it is none. */
static int obey(struct proxy *proxy, const char *line)
{
    struct fault fault;
    bool next = strncmp(line, "next ", 5) == 0;
    const char *text = next ? line + 5 : line;
    if (strcmp(line, "clear") == 0)
        return clear(proxy), 0;
    if (strcmp(line, "stop") == 0)
        return proxy->stops = true, 0;
    if (!fault_read(text, strlen(text), &fault) ||
        (next && fault_place(fault.kind) != FAULT_OF_LINK))
        return -1;
    if (next) {
        proxy->next = fault;
        proxy->has_next = true;
        return 0;
    }
    if (fault_place(fault.kind) == FAULT_OF_LINK)
        return (int)give_links(proxy, fault);
    if (fault_place(fault.kind) == FAULT_OF_SHAPE)
        give_shape(&proxy->shape, fault);
    else
        give_door(proxy, fault);
    return 0;
}

void proxy_command(struct proxy *proxy, const char *line)
{
    int reached = obey(proxy, line);
    if (reached < 0)
        printf("refused %s\n", line);
    else
        printf("ok %s links=%d\n", line, reached);
    fflush(stdout);
}

/* Its end means nothing: who started the program may have no more to say. */
static void read_input(struct proxy *proxy)
{
    ssize_t got = read(STDIN_FILENO, proxy->line + proxy->line_bytes,
                       sizeof proxy->line - 1 - proxy->line_bytes);
    if (got <= 0) {
        watch(proxy, EPOLL_CTL_DEL, STDIN_FILENO, 0, MARK_INPUT);
        return;
    }
    proxy->line_bytes += (size_t)got;
    char *end;
    while ((end = memchr(proxy->line, '\n', proxy->line_bytes)) != NULL) {
        *end = 0;
        proxy_command(proxy, proxy->line);
        proxy->line_bytes -= (size_t)(end + 1 - proxy->line);
        memmove(proxy->line, end + 1, proxy->line_bytes);
    }
    if (proxy->line_bytes == sizeof proxy->line - 1) /* longer than any command */
        proxy->line_bytes = 0;
}

/* ---- links ------------------------------------------------------------------------------------------------------------ */

/* Loopback answers at once or never; -1 when the server is not there. */
static int reach_server(const struct proxy *proxy)
{
    struct sockaddr_in address = loopback(proxy->server_port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void begin_link(struct proxy *proxy, int i, int client)
{
    struct link *link = &proxy->link[i];
    bool mute = now_ns() < proxy->mute_until_ns;
    int server = mute ? -1 : reach_server(proxy);
    if (!mute && server < 0) {
        close(client);
        return;
    }
    link_init(link, ++proxy->accepted, client, server);
    for (int way = 0; way < LINK_WAYS; way++)
        if (link->fd[way] >= 0)
            watch(proxy, EPOLL_CTL_ADD, link->fd[way], 0, (uint32_t)(i * LINK_WAYS + way));
    memset(proxy->waits[i], 0, sizeof proxy->waits[i]);
    if (mute)
        link_tell(link, FAULT_MUTE);
    if (proxy->has_next && !mute) {
        proxy->has_next = false;
        link_fault(link, proxy->next, now_ns());
    }
}

static void accept_all(struct proxy *proxy)
{
    for (;;) {
        int i = 0, client = accept4(proxy->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0)
            return;
        while (i < PROXY_LINKS && proxy->link[i].fd[LINK_UP] >= 0)
            i++;
        if (i < PROXY_LINKS)
            begin_link(proxy, i, client);
        else
            close(client);
    }
}

/* The earliest time at which a link goes on by itself. */
static int64_t serve_links(struct proxy *proxy)
{
    int64_t due_ns = INT64_MAX, now = now_ns();
    for (int i = 0; i < PROXY_LINKS; i++) {
        struct link *link = &proxy->link[i];
        if (link->fd[LINK_UP] < 0 || !link_turn(link, &proxy->shape, &proxy->dice, now))
            continue;
        for (int way = 0; way < LINK_WAYS; way++) {
            uint32_t wants = link_wants(link, way, now);
            if (link->fd[way] >= 0 && wants != proxy->waits[i][way])
                watch(proxy, EPOLL_CTL_MOD, link->fd[way], wants, (uint32_t)(i * LINK_WAYS + way));
            proxy->waits[i][way] = wants;
        }
        int64_t link_ns = link_due_ns(link, now);
        due_ns = link_ns < due_ns ? link_ns : due_ns;
    }
    return due_ns;
}

/* Who resets a stalled link, or one that reads nothing now, is heard all the same. */
static void hear_break(struct proxy *proxy, const struct epoll_event *event)
{
    struct link *link = &proxy->link[event->data.u32 / LINK_WAYS];
    int way = (int)(event->data.u32 % LINK_WAYS);
    if (link->fd[LINK_UP] < 0 || !(event->events & EPOLLERR))
        return;
    if (way == LINK_DOWN && link->swallows[LINK_DOWN]) {
        close(link->fd[LINK_DOWN]);
        link->fd[LINK_DOWN] = -1;
    } else {
        link_close(link, true);
    }
}

static int wait_ms(int64_t due_ns)
{
    int64_t now = now_ns();
    if (due_ns <= now)
        return 0;
    int64_t ms = (due_ns - now + TD_NS_PER_MS - 1) / TD_NS_PER_MS;
    return ms < WAIT_MS_MAX ? (int)ms : WAIT_MS_MAX;
}

void proxy_run(struct proxy *proxy)
{
    struct epoll_event event[32];
    while (!proxy->stops && !interrupted) {
        int64_t due_ns = serve_links(proxy);
        if (proxy->listener < 0 && proxy->refuse_until_ns < due_ns)
            due_ns = proxy->refuse_until_ns;
        int count = epoll_wait(proxy->epoll, event, 32, wait_ms(due_ns));
        for (int i = 0; i < count; i++) {
            if (event[i].data.u32 == MARK_LISTENER)
                accept_all(proxy);
            else if (event[i].data.u32 == MARK_INPUT)
                read_input(proxy);
            else
                hear_break(proxy, &event[i]);
        }
        if (proxy->listener < 0 && now_ns() >= proxy->refuse_until_ns)
            open_door(proxy);
    }
    for (int i = 0; i < PROXY_LINKS; i++)
        if (proxy->link[i].fd[LINK_UP] >= 0)
            link_close(&proxy->link[i], false);
}
