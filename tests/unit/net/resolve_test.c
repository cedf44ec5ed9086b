#include "net/resolve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "test.h"

TEST(addresses_in_text_need_nobody)
{
    struct resolve_answer answer;
    CHECK_EQ_I64(resolve_known("192.0.2.7", &answer), 1);
    CHECK_EQ_I64(answer.count, 1);
    CHECK_EQ_STR(answer.address[0], "192.0.2.7");
    CHECK_EQ_I64(resolve_known("2001:db8::7", &answer), 1);
    CHECK_EQ_STR(answer.address[0], "2001:db8::7");
    CHECK_EQ_I64(resolve_known("LocalHost", &answer), 1);
    CHECK_EQ_I64(answer.count, 2);
    CHECK_EQ_STR(answer.address[0], "127.0.0.1");
    CHECK_EQ_STR(answer.address[1], "::1");
    CHECK_EQ_I64(resolve_known("192.0.2", &answer), 0);
    CHECK_EQ_I64(resolve_known("venue.example", &answer), 0);
}

static struct resolve_answer await_answer(struct resolver *resolver)
{
    struct pollfd look = {.fd = resolver->fd, .events = POLLIN};
    struct resolve_answer answer;
    while (resolve_poll(resolver, &answer) == 0)
        if (poll(&look, 1, 60000) == 0)
            FAIL("no answer came");
    return answer;
}

/* The name .invalid never exists (RFC 6761); the address in text goes through getaddrinfo as a name would. */
TEST(children_answer_with_the_id_of_the_question)
{
    struct resolver resolver;
    CHECK_EQ_I64(resolve_open(&resolver, NULL), 0);
    CHECK_EQ_I64(resolve_ask(&resolver, 7, "127.0.0.1"), 0);
    struct resolve_answer answer = await_answer(&resolver);
    CHECK_EQ_I64(answer.id, 7);
    CHECK_EQ_I64(answer.err, 0);
    CHECK_EQ_I64(answer.count, 1);
    CHECK_EQ_STR(answer.address[0], "127.0.0.1");
    CHECK_EQ_I64(resolve_ask(&resolver, 8, "name with blanks.invalid"), 0);
    answer = await_answer(&resolver);
    CHECK_EQ_I64(answer.id, 8);
    CHECK_EQ_I64(answer.err, TD_E_NET_RESOLVE);
    CHECK_EQ_I64(answer.count, 0);
    resolve_close(&resolver);
}

TEST(dead_children_are_made_anew)
{
    struct resolver resolver;
    td_log_setup(2, TD_LOG_OFF, NULL);
    CHECK_EQ_I64(resolve_open(&resolver, NULL), 0);
    for (unsigned i = 0; i < RESOLVE_CHILDREN; i++) {
        siginfo_t info;
        CHECK_EQ_I64(kill(resolver.child[i], SIGKILL), 0);
        CHECK_EQ_I64(waitid(P_PID, (id_t)resolver.child[i], &info, WEXITED | WNOWAIT), 0);
    }
    CHECK_EQ_I64(resolve_ask(&resolver, 1, "127.0.0.1"), 0);
    CHECK_EQ_I64(await_answer(&resolver).id, 1);
    resolve_close(&resolver);
}

TEST(closing_leaves_no_child)
{
    struct resolver resolver;
    CHECK_EQ_I64(resolve_open(&resolver, NULL), 0);
    pid_t child = resolver.child[0];
    resolve_close(&resolver);
    CHECK(kill(child, 0) == -1 && errno == ESRCH);
}

/* The recorder is killed: its resolvers see the end of the pair although siblings were forked from the same parent. */
TEST(children_end_with_their_parent)
{
    int report[2];
    CHECK_EQ_I64(pipe(report), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct resolver resolver;
        if (resolve_open(&resolver, NULL) < 0 ||
            write(report[1], resolver.child, sizeof resolver.child) < 0)
            _exit(1);
        raise(SIGKILL);
    }
    pid_t child[RESOLVE_CHILDREN];
    CHECK_EQ_I64(read(report[0], child, sizeof child), (int64_t)sizeof child);
    waitpid(parent, NULL, 0);
    /* The write end was inherited by the children's parent alone; each child closed all it did not need, so once they are
       gone or have closed it, only ours is left. */
    close(report[1]);
    char byte;
    CHECK_EQ_I64(read(report[0], &byte, 1), 0);
    for (unsigned i = 0; i < RESOLVE_CHILDREN;
         i++) { /* orphans: reaped by init, seen as gone or as zombies */
        char path[64], state = 'Z';
        int64_t looks = 0;
        do {
            CHECK(++looks < 10000000);
            snprintf(path, sizeof path, "/proc/%d/stat", (int)child[i]);
            FILE *file = fopen(path, "r");
            if (file == NULL)
                break;
            if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
                state = 'Z';
            fclose(file);
        } while (state != 'Z' && state != 'X');
    }
    close(report[0]);
}

static int told_ask(void *ctx, uint32_t id, const char *host)
{
    *(uint32_t *)ctx = id;
    return strcmp(host, "192.0.2.9") == 0 ? 0 : TD_E_AGAIN;
}

static int told_poll(void *ctx, uint32_t *id, int32_t *err, uint32_t *count, char (*address)[46])
{
    uint32_t *asked = ctx;
    if (*asked == 0)
        return 0;
    *id = *asked, *asked = 0, *err = 0, *count = 1;
    snprintf(address[0], 46, "198.51.100.1");
    return 1;
}

/* A world with names of its own: no child, no descriptor, and addresses are asked for like names. */
TEST(names_of_the_world_need_no_children)
{
    uint32_t asked = 0;
    struct td_names names = {told_ask, told_poll, &asked};
    struct resolver resolver;
    struct resolve_answer answer;
    CHECK_EQ_I64(resolve_open(&resolver, &names), 0);
    CHECK_EQ_I64(resolver.fd, -1);
    for (unsigned i = 0; i < RESOLVE_CHILDREN; i++)
        CHECK_EQ_I64(resolver.child[i], 0);
    CHECK_EQ_I64(resolve_poll(&resolver, &answer), 0);
    CHECK_EQ_I64(resolve_ask(&resolver, 5, "192.0.2.9"), 0);
    CHECK_EQ_I64(resolve_poll(&resolver, &answer), 1);
    CHECK_EQ_I64(answer.id, 5);
    CHECK_EQ_STR(answer.address[0], "198.51.100.1");
    CHECK_EQ_I64(resolve_ask(&resolver, 6, "busy"), TD_E_AGAIN);
    resolve_close(&resolver);
}
