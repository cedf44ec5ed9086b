#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rights.h"
#include "base/seal.h"
#include "base/text.h"

struct request {
    uint32_t id;
    char host[RESOLVE_HOST_MAX];
};

static void add_address(struct resolve_answer *answer, const char *text)
{
    if (answer->count == RESOLVE_ADDRESSES_MAX)
        return;
    td_text_copy(answer->address[answer->count], RESOLVE_TEXT_MAX, text, strlen(text));
    answer->count++;
}

int resolve_known(const char *host, struct resolve_answer *answer)
{
    struct in6_addr address; /* large enough for both kinds */
    memset(answer, 0, sizeof *answer);
    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1) {
        add_address(answer, host);
        return 1;
    }
    if (strcasecmp(host, "localhost") == 0) {
        add_address(answer, "127.0.0.1");
        add_address(answer, "::1");
        return 1;
    }
    return 0;
}

/* ---- child ---- */

static void look_up(const struct request *request, struct resolve_answer *answer)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    memset(answer, 0, sizeof *answer);
    answer->id = request->id;
    if (getaddrinfo(request->host, NULL, &hints, &found) == 0)
        for (struct addrinfo *at = found; at; at = at->ai_next) {
            char text[RESOLVE_TEXT_MAX];
            const void *address =
                at->ai_family == AF_INET
                    ? (const void *)&((const struct sockaddr_in *)(void *)at->ai_addr)->sin_addr
                    : (const void *)&((const struct sockaddr_in6 *)(void *)at->ai_addr)->sin6_addr;
            if (inet_ntop(at->ai_family, address, text, sizeof text))
                add_address(answer, text);
        }
    if (found)
        freeaddrinfo(found);
    answer->err = answer->count > 0 ? 0 : TD_E_NET_RESOLVE;
}

/* Keep stdio and our own end; files, sockets and the parent's end of the pair are none of the
   child's business, and while a copy of that end stood open, the end of the parent would not be
   seen. */
static int keep_only(int fd)
{
    int kept = dup2(fd, 3);
    syscall(SYS_close_range, 4u, ~0u, 0u);
    return kept;
}

static void child_main(int fd, pid_t parent)
{
    struct request request;
    struct resolve_answer answer;
    td_unseal(); /* getaddrinfo allocates; this process is apart from the recorder's memory */
    prctl(PR_SET_NAME, "resolver");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the keyboard's ctrl-C is for the parent, which still drains */
    signal(SIGTERM, SIG_DFL);
    fd = keep_only(fd);
    td_rights_close(TD_RIGHTS_RESOLVER); /* where there is no filter the parent has said so */
    while (getppid() == parent) {
        ssize_t got = recv(fd, &request, sizeof request, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof request)
            break;
        request.host[RESOLVE_HOST_MAX - 1] = 0;
        look_up(&request, &answer);
        if (send(fd, &answer, sizeof answer, MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

/* ---- parent ---- */

static td_err spawn(struct resolver *resolver, unsigned slot)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child_main(resolver->child_fd, parent);
    TD_FAIL_IF(pid < 0, TD_E_IO);
    resolver->child[slot] = pid;
    return 0;
}

td_err resolve_open(struct resolver *resolver, const struct td_names *names)
{
    int pair[2] = {-1, -1};
    memset(resolver, 0, sizeof *resolver);
    resolver->names = names;
    resolver->fd = resolver->child_fd = -1;
    if (names)
        return 0;
    TD_FAIL_IF(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0, TD_E_IO);
    resolver->fd = pair[0], resolver->child_fd = pair[1];
    for (unsigned i = 0; i < RESOLVE_CHILDREN; i++)
        if (spawn(resolver, i) < 0) {
            resolve_close(resolver);
            return TD_E_IO;
        }
    return 0;
}

void resolve_close(struct resolver *resolver)
{
    if (resolver->names)
        return;
    close(resolver->fd);
    close(resolver->child_fd);
    for (unsigned i = 0; i < RESOLVE_CHILDREN; i++)
        if (resolver->child[i] > 0) {
            kill(resolver->child[i], SIGKILL);
            waitpid(resolver->child[i], NULL, 0);
            resolver->child[i] = 0;
        }
}

/* A child that the kernel took (memory) or that died is made anew: without it no connection would
 * ever come back. */
static void revive(struct resolver *resolver)
{
    for (unsigned i = 0; i < RESOLVE_CHILDREN; i++) {
        int status = 0;
        if (resolver->child[i] > 0 && waitpid(resolver->child[i], &status, WNOHANG) == 0)
            continue;
        TD_WARN("net", "event=resolver_restarted slot=%u%s", i,
                td_rights_broken(status)
                    ? " reason=\"a system call that is not on its list\" next=\"the kernel's "
                      "log has its number; deck.rights = false lets it pass\""
                    : "");
        resolver->child[i] = 0;
        spawn(resolver, i);
    }
}

td_err resolve_ask(struct resolver *resolver, uint32_t id, const char *host)
{
    struct request request = {.id = id};
    TD_FAIL_IF(strlen(host) >= sizeof request.host, TD_E_NET_RESOLVE);
    if (resolver->names)
        return resolver->names->ask(resolver->names->ctx, id, host);
    memcpy(request.host, host, strlen(host));
    revive(resolver);
    if (send(resolver->fd, &request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL) ==
        (ssize_t)sizeof request)
        return 0;
    return errno == EAGAIN ? TD_E_AGAIN : TD_E_NET_RESOLVE;
}

int resolve_poll(struct resolver *resolver, struct resolve_answer *answer)
{
    const struct td_names *names = resolver->names;
    if (names) {
        int got =
            names->poll(names->ctx, &answer->id, &answer->err, &answer->count, answer->address);
        TD_ASSERT(got != 1 || answer->count <= RESOLVE_ADDRESSES_MAX,
                  "a world of our own keeps its word");
        return got == 1;
    }
    ssize_t got = recv(resolver->fd, answer, sizeof *answer, MSG_DONTWAIT);
    if (got != (ssize_t)sizeof *answer)
        return 0;
    if (answer->count > RESOLVE_ADDRESSES_MAX)
        answer->count = 0;
    for (unsigned i = 0; i < answer->count; i++)
        answer->address[i][RESOLVE_TEXT_MAX - 1] = 0;
    return 1;
}
