#include "base/limits.h"
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"

static const struct td_disk *disk(void)
{
    return &td_os_linux()->disk;
}

static const char *path_of(const char *name)
{
    static char paths[4][600];
    static unsigned turn;
    static const char *folder;
    if (!folder)
        folder = test_tmpdir();
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

TEST(clocks)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    int64_t first = clock->mono_ns(clock->ctx);
    CHECK(clock->mono_ns(clock->ctx) >= first);
    CHECK(clock->wall_ns(clock->ctx) > INT64_C(1700000000) * 1000000000);
}

TEST(random_fills_all)
{
    unsigned char a[512] = {0}, b[512] = {0};
    td_os_linux()->random.fill(NULL, a, sizeof a);
    td_os_linux()->random.fill(NULL, b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
    unsigned zeros = 0;
    for (size_t i = sizeof a - 64; i < sizeof a; i++)
        zeros += a[i] == 0;
    CHECK(zeros < 32);
}

TEST(write_and_read_back)
{
    int file = disk()->open(NULL, path_of("data"), O_CREAT | O_RDWR, 0600);
    CHECK(file >= 0);
    CHECK_EQ_I64(disk()->write_at(NULL, file, "world", 5, 6), 5);
    CHECK_EQ_I64(disk()->write_at(NULL, file, "hello ", 6, 0), 6);
    CHECK_EQ_I64(disk()->size(NULL, file), 11);
    CHECK_EQ_I64(disk()->sync_data(NULL, file), 0);
    CHECK_EQ_I64(disk()->sync_all(NULL, file), 0);
    CHECK_EQ_I64(disk()->drop_cache(NULL, file), 0);
    char text[20] = {0};
    CHECK_EQ_I64(disk()->read_at(NULL, file, text, sizeof text, 0), 11);
    CHECK_EQ_STR(text, "hello world");
    CHECK_EQ_I64(disk()->read_at(NULL, file, text, 5, 11), 0);
    CHECK_EQ_I64(disk()->truncate(NULL, file, 5), 0);
    CHECK_EQ_I64(disk()->size(NULL, file), 5);
    CHECK_EQ_I64(disk()->preallocate(NULL, file, 8192), 0);
    CHECK_EQ_I64(disk()->size(NULL, file), 8192);
    CHECK_EQ_I64(disk()->close(NULL, file), 0);
}

TEST(errors_have_names)
{
    CHECK_EQ_I64(disk()->open(NULL, path_of("absent"), O_RDONLY, 0), TD_E_MISSING);
    CHECK_EQ_I64(td_os_errno(), ENOENT);
    int file = disk()->open(NULL, path_of("once"), O_CREAT | O_EXCL | O_RDWR, 0600);
    CHECK(file >= 0);
    disk()->close(NULL, file);
    CHECK_EQ_I64(disk()->open(NULL, path_of("once"), O_CREAT | O_EXCL | O_RDWR, 0600), TD_E_EXISTS);
    CHECK_EQ_I64(disk()->unlink(NULL, path_of("absent")), TD_E_MISSING);
    CHECK_EQ_I64(disk()->read_at(NULL, -1, &file, 1, 0), TD_E_IO);
    CHECK_EQ_I64(disk()->write_at(NULL, -1, &file, 1, 0), TD_E_IO);
    CHECK_EQ_I64(disk()->close(NULL, -1), TD_E_IO);
    CHECK_EQ_I64(disk()->free_bytes(NULL, path_of("absent")), TD_E_MISSING);
    int full = disk()->open(NULL, "/dev/full", O_WRONLY, 0);
    if (full >= 0) {
        CHECK_EQ_I64(disk()->write_at(NULL, full, "x", 1, 0), TD_E_DISK_FULL);
        disk()->close(NULL, full);
    }
}

struct seen {
    int folders, files, stop_after;
};

static int count(void *arg, const char *name, bool is_dir)
{
    struct seen *seen = arg;
    CHECK(name[0] != '.');
    is_dir ? seen->folders++ : seen->files++;
    return seen->stop_after && seen->folders + seen->files >= seen->stop_after ? 42 : 0;
}

/* More entries than one read of the folder gives. */
TEST(folders_made_listed_moved_removed)
{
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("tree/a//b/c/")), 0);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("tree/a/b")), 0);
    for (int i = 0; i < 300; i++) {
        char name[64];
        snprintf(name, sizeof name, "tree/file_with_a_longish_name_%03d", i);
        int file = disk()->open(NULL, path_of(name), O_CREAT | O_WRONLY, 0600);
        CHECK(file >= 0);
        disk()->close(NULL, file);
    }
    struct seen seen = {0};
    CHECK_EQ_I64(disk()->list(NULL, path_of("tree"), count, &seen), 0);
    CHECK_EQ_I64(seen.folders, 1);
    CHECK_EQ_I64(seen.files, 300);
    seen = (struct seen){.stop_after = 7};
    CHECK_EQ_I64(disk()->list(NULL, path_of("tree"), count, &seen), 42);
    CHECK_EQ_I64(seen.folders + seen.files, 7);
    CHECK_EQ_I64(disk()->rename(NULL, path_of("tree"), path_of("moved")), 0);
    CHECK_EQ_I64(disk()->list(NULL, path_of("tree"), count, &seen), TD_E_MISSING);
    CHECK_EQ_I64(disk()->remove_tree(NULL, path_of("moved")), 0);
    CHECK_EQ_I64(disk()->remove_tree(NULL, path_of("moved")), TD_E_MISSING);
}

static unsigned mode_of(const char *name)
{
    struct stat status;
    CHECK(stat(path_of(name), &status) == 0);
    return status.st_mode & 07777;
}

/* What a folder is shared with the group for, goes on below it; and nowhere else. */
TEST(folders_below_a_shared_one_are_shared)
{
    mode_t mask = umask(07);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("deck/ready")), 0);
    CHECK_EQ_I64(mode_of("deck/ready"), 0750);
    CHECK(chmod(path_of("deck/ready"), 01770) == 0);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("deck/ready/book/hour=04")), 0);
    CHECK_EQ_I64(mode_of("deck/ready/book"), 01770);
    CHECK_EQ_I64(mode_of("deck/ready/book/hour=04"), 01770);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("deck/active/book")), 0);
    CHECK_EQ_I64(mode_of("deck/active/book"), 0750);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("world")), 0);
    CHECK(chmod(path_of("world"), 01777) == 0);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("world/own")), 0);
    CHECK_EQ_I64(mode_of("world/own"), 0750);
    umask(mask);
}

TEST(a_file_in_the_way_is_an_error)
{
    int file = disk()->open(NULL, path_of("plain"), O_CREAT | O_WRONLY, 0600);
    disk()->close(NULL, file);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("plain")), TD_E_EXISTS);
    CHECK(disk()->make_dirs(NULL, path_of("plain/below")) < 0);
    CHECK_EQ_I64(disk()->make_dirs(NULL, ""), TD_E_RANGE);
}

/* Marks and states are read in folders that another process writes too: it must not be able to hold the reader. */
TEST(a_pipe_in_a_files_place_holds_nobody)
{
    char text[8];
    CHECK(mkfifo(path_of("pipe"), 0600) == 0);
    alarm(20);
    int file = disk()->open(NULL, path_of("pipe"), O_RDONLY, 0);
    if (file >= 0) {
        CHECK(disk()->read_at(NULL, file, text, sizeof text, 0) < 0);
        disk()->close(NULL, file);
    }
    CHECK(disk()->open(NULL, path_of("pipe"), O_WRONLY | O_CREAT, 0600) < 0);
    alarm(0);
}

/* Links are removed, not followed. */
TEST(remove_tree_stays_inside)
{
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("outside")), 0);
    CHECK_EQ_I64(disk()->make_dirs(NULL, path_of("inside")), 0);
    int file = disk()->open(NULL, path_of("outside/kept"), O_CREAT | O_WRONLY, 0600);
    disk()->close(NULL, file);
    CHECK(symlink(path_of("outside"), path_of("inside/link")) == 0);
    CHECK_EQ_I64(disk()->remove_tree(NULL, path_of("inside")), 0);
    CHECK(access(path_of("outside/kept"), F_OK) == 0);
    CHECK(access(path_of("inside"), F_OK) != 0);
}

TEST(free_space)
{
    CHECK(disk()->free_bytes(NULL, test_tmpdir()) > 0);
}

static int listener(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, bytes) == 0 && listen(fd, 1) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &bytes) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

TEST(socket_to_a_peer_and_back)
{
    const struct td_socket *net = &td_os_linux()->socket;
    uint16_t port;
    int listening = listener(&port);
    int fd = net->connect(NULL, "127.0.0.1", port);
    CHECK(fd >= 0);
    int peer = accept(listening, NULL, NULL);
    CHECK(peer >= 0);
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    CHECK(poll(&writable, 1, 5000) == 1);
    CHECK_EQ_I64(net->connected(NULL, fd), 1);
    int no_delay = 0;
    socklen_t bytes = sizeof no_delay;
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &bytes) == 0 && no_delay);
    char text[8];
    CHECK_EQ_I64(net->recv(NULL, fd, text, sizeof text), TD_E_AGAIN);
    CHECK_EQ_I64(net->send(NULL, fd, "ping", 4), 4);
    CHECK_EQ_I64(read(peer, text, sizeof text), 4);
    CHECK_EQ_I64(write(peer, "pong", 4), 4);
    close(peer);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    CHECK(poll(&readable, 1, 5000) == 1);
    CHECK_EQ_I64(net->recv(NULL, fd, text, sizeof text), 4);
    CHECK(poll(&readable, 1, 5000) == 1);
    CHECK_EQ_I64(net->recv(NULL, fd, text, sizeof text), 0);
    net->close(NULL, fd);
    close(listening);
}

TEST(socket_refused_and_bad_address)
{
    const struct td_socket *net = &td_os_linux()->socket;
    uint16_t port;
    close(listener(&port));
    int fd = net->connect(NULL, "127.0.0.1", port);
    if (fd >= 0) {
        struct pollfd any = {.fd = fd, .events = POLLOUT};
        CHECK(poll(&any, 1, 5000) == 1);
        CHECK(net->connected(NULL, fd) < 0);
        net->close(NULL, fd);
    }
    CHECK_EQ_I64(td_os_errno(), ECONNREFUSED);
    CHECK_EQ_I64(net->connect(NULL, "not an address", 1), TD_E_SYNTAX);
}

/* Waits until the tag has been told something; fails after five seconds. */
static struct td_socket_event await_tag(const struct td_socket *net, void *tag)
{
    struct td_socket_event events[8];
    for (int looks = 0; looks < 50; looks++) {
        int count = net->wait(NULL, events, 8, 100);
        for (int i = 0; i < count; i++)
            if (events[i].tag == tag)
                return events[i];
    }
    FAIL("nothing was told");
}

TEST(socket_tells_its_edges_until_it_is_closed)
{
    const struct td_socket *net = &td_os_linux()->socket;
    struct td_socket_event events[8];
    uint16_t port;
    char text[8];
    int listening = listener(&port), tag, other;
    int fd = net->connect(NULL, "127.0.0.1", port);
    CHECK_EQ_I64(net->watch(NULL, fd, &tag), 0);
    CHECK(net->watch(NULL, fd, &other) < 0); /* once a socket */
    int peer = accept(listening, NULL, NULL);
    CHECK(await_tag(net, &tag).writable);
    CHECK_EQ_I64(net->wait(NULL, events, 8, 0), 0); /* an edge is told once */
    CHECK_EQ_I64(write(peer, "news", 4), 4);
    CHECK(await_tag(net, &tag).readable);
    CHECK_EQ_I64(net->wait(NULL, events, 8, 0), 0);
    CHECK_EQ_I64(net->recv(NULL, fd, text, sizeof text), 4);
    net->unwatch(NULL, fd);
    CHECK_EQ_I64(write(peer, "more", 4), 4);
    CHECK_EQ_I64(net->wait(NULL, events, 8, 0), 0);
    CHECK_EQ_I64(net->watch(NULL, fd, &other), 0);
    CHECK(await_tag(net, &other).readable);
    close(peer);
    CHECK(await_tag(net, &other).broken);
    int copy = dup(fd); /* as a child that was forked meanwhile would hold it */
    net->close(NULL, fd);
    CHECK_EQ_I64(net->wait(NULL, events, 8, 0), 0);
    close(copy);
    close(listening);
    CHECK(net->watch(NULL, fd, &tag) < 0);
}

TEST(no_descriptor_left_is_an_error_and_passes)
{
    const struct td_socket *net = &td_os_linux()->socket;
    uint16_t port;
    int listening = listener(&port);
    struct rlimit old, tight;
    CHECK_EQ_I64(getrlimit(RLIMIT_NOFILE, &old), 0);
    tight = (struct rlimit){3, old.rlim_max};
    CHECK_EQ_I64(setrlimit(RLIMIT_NOFILE, &tight), 0);
    int fd = net->connect(NULL, "127.0.0.1", port), reason = td_os_errno();
    CHECK_EQ_I64(setrlimit(RLIMIT_NOFILE, &old), 0);
    CHECK_EQ_I64(fd, TD_E_IO);
    CHECK_EQ_I64(reason, EMFILE);
    fd = net->connect(NULL, "127.0.0.1", port);
    CHECK(fd >= 0);
    net->close(NULL, fd);
    close(listening);
}

TEST(kernel_says_what_it_knows_of_its_clock)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    struct td_discipline look = {.error_ns = -1};
    if (clock->discipline(clock->ctx, &look) < 0)
        SKIP("adjtimex is not allowed here");
    CHECK(look.error_ns >= 0);
    CHECK(look.freq_ppb >= -500000 && look.freq_ppb <= 500000); /* the kernel's own limit */
    CHECK(look.offset_ns >= -TD_NS_PER_S && look.offset_ns <= TD_NS_PER_S);
}
