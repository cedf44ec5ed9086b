#include "net/stream.h"

#include <stdio.h>

#include "base/limits.h"
#include "test.h"

/* A lying socket table: which addresses take a connection, what is received. */
struct world {
    char tried[256];   /* addresses in the order they were tried */
    const char *takes; /* the one that connects; others as `others` says */
    int others;        /* 0: no answer, negative: refused */
    const char *input; /* received piece by piece, up to piece_bytes each; NULL: nothing now */
    size_t input_bytes, piece_bytes;
    bool current_takes, ended;
    int watch_result;
    void *watched; /* by whom; NULL: the socket is closed */
    int64_t wall_ns;
};

static struct world world;

static int fake_connect(void *ctx, const char *ip, uint16_t port)
{
    (void)ctx;
    size_t used = strlen(world.tried);
    snprintf(world.tried + used, sizeof world.tried - used, "%s:%u ", ip, (unsigned)port);
    world.current_takes = world.takes && strcmp(ip, world.takes) == 0;
    return 7;
}

static int fake_connected(void *ctx, int fd)
{
    (void)ctx, (void)fd;
    return world.current_takes ? 1 : world.others;
}

static int64_t fake_send(void *ctx, int fd, const void *data, size_t bytes)
{
    (void)ctx, (void)fd, (void)data;
    return bytes > 10 ? 10 : bytes == 1 ? TD_E_AGAIN : (int64_t)bytes;
}

static int64_t fake_recv(void *ctx, int fd, void *data, size_t cap)
{
    (void)ctx, (void)fd;
    size_t bytes = world.input_bytes < world.piece_bytes ? world.input_bytes : world.piece_bytes;
    bytes = bytes < cap ? bytes : cap;
    if (bytes == 0)
        return world.ended ? 0 : TD_E_AGAIN;
    memcpy(data, world.input, bytes);
    world.input += bytes, world.input_bytes -= bytes;
    return (int64_t)bytes;
}

static void fake_close(void *ctx, int fd)
{
    (void)ctx, (void)fd;
    world.watched = NULL;
}

static int fake_watch(void *ctx, int fd, void *tag)
{
    (void)ctx, (void)fd;
    world.watched = tag;
    return world.watch_result;
}

static int64_t fake_clock(void *ctx)
{
    (void)ctx;
    return world.wall_ns++;
}

static struct stream stream;
static struct stream_env env;

static void open_stream(const char *host, unsigned addresses)
{
    static const struct td_os os = {
        .clock = {.wall_ns = fake_clock, .mono_ns = fake_clock},
        .socket = {.connect = fake_connect,
                   .connected = fake_connected,
                   .send = fake_send,
                   .recv = fake_recv,
                   .close = fake_close,
                   .watch = fake_watch},
    };
    env = (struct stream_env){.os = &os, .connect_timeout_ns = 8 * TD_NS_PER_S};
    stream_init(&stream, &env, 5);
    stream_open(&stream, host, 443, false, 0);
    struct resolve_answer answer = {.id = stream.id, .count = addresses};
    for (unsigned i = 0; i < addresses; i++)
        snprintf(answer.address[i], RESOLVE_TEXT_MAX, "192.0.2.%u", i + 1);
    if (strcmp(host, "localhost") != 0)
        CHECK(stream_resolved(&stream, &answer));
}

TEST(refused_addresses_are_passed_over_at_once)
{
    world = (struct world){.takes = "192.0.2.3", .others = TD_E_IO};
    open_stream("venue.example", 3);
    int result = 0;
    for (int i = 0; i < 4 && result == 0; i++)
        result = stream_step(&stream, 0);
    CHECK_EQ_I64(result, 1);
    CHECK_EQ_STR(world.tried, "192.0.2.1:443 192.0.2.2:443 192.0.2.3:443 ");
    stream_close(&stream);
}

TEST(dead_address_costs_its_share_of_the_time)
{
    world = (struct world){.takes = "192.0.2.2", .others = 0};
    open_stream("venue.example", 2);
    CHECK_EQ_I64(stream_step(&stream, 0), 0);
    CHECK_EQ_I64(stream_deadline_ns(&stream), 2 * TD_NS_PER_S);
    CHECK_EQ_I64(stream_step(&stream, 2 * TD_NS_PER_S - 1), 0);
    CHECK_EQ_STR(world.tried, "192.0.2.1:443 ");
    CHECK_EQ_I64(stream_step(&stream, 2 * TD_NS_PER_S), 0);
    CHECK_EQ_I64(stream_step(&stream, 2 * TD_NS_PER_S), 1);
    CHECK_EQ_STR(world.tried, "192.0.2.1:443 192.0.2.2:443 ");
    CHECK_EQ_I64(stream_deadline_ns(&stream), INT64_MAX);
    stream_close(&stream);
}

TEST(all_refused)
{
    world = (struct world){.others = TD_E_IO};
    open_stream("localhost", 0);
    int result = 0;
    for (int i = 0; i < 5 && result == 0; i++)
        result = stream_step(&stream, 0);
    CHECK_EQ_I64(result, TD_E_NET_REFUSED);
    CHECK_EQ_STR(world.tried, "127.0.0.1:443 ::1:443 ");
    stream_close(&stream);
    stream_open(&stream, "localhost", 443, false, 0); /* the next try begins with the other one */
    world.tried[0] = 0;
    CHECK_EQ_I64(stream_step(&stream, 0), 0);
    CHECK_EQ_STR(world.tried, "::1:443 ");
    stream_close(&stream);
}

TEST(name_that_does_not_exist)
{
    world = (struct world){0};
    open_stream("venue.example", 0);
    CHECK_EQ_I64(stream_step(&stream, 0), TD_E_NET_RESOLVE);
    CHECK_EQ_STR(stream.detail, "no such host");
    stream_close(&stream);
}

TEST(answers_to_old_questions_are_not_taken)
{
    world = (struct world){.takes = "192.0.2.1"};
    open_stream("venue.example", 1);
    struct resolve_answer old = {.id = stream.id, .count = 1, .address = {"192.0.2.66"}};
    CHECK(!stream_resolved(&stream, &old)); /* answered already */
    stream_close(&stream);
    stream_open(&stream, "venue.example", 443, false, 0);
    CHECK(!stream_resolved(&stream, &old));
    CHECK_EQ_I64(stream.id & 255, 5);
    stream_close(&stream);
}

TEST(each_read_is_stamped)
{
    char out[8];
    world = (struct world){
        .takes = "192.0.2.1", .input = "abcdefghij", .input_bytes = 10, .piece_bytes = 6};
    open_stream("venue.example", 1);
    while (stream_step(&stream, 0) == 0)
        ;
    world.wall_ns = 1000;
    CHECK_EQ_I64(stream_read(&stream, out, 4), 4);
    CHECK_EQ_I64(stream.recv_ns, 1000);
    CHECK_EQ_I64(stream.mono_ns, 1001);
    CHECK_EQ_I64(stream_read(&stream, out, 4), 2); /* the rest of the same piece: same stamp */
    CHECK_EQ_I64(stream.recv_ns, 1000);
    CHECK_EQ_I64(stream_read(&stream, out, 4), 4);
    CHECK_EQ_MEM(out, "ghij", 4);
    CHECK_EQ_I64(stream.recv_ns, 1002);
    CHECK_EQ_I64(stream_read(&stream, out, 4), 0);
    CHECK(!stream.readable);
    world.ended = true;
    CHECK_EQ_I64(stream_read(&stream, out, 4), 0); /* not asked before the socket calls */
    stream.readable = true;
    CHECK_EQ_I64(stream_read(&stream, out, 4), TD_E_NET_CLOSED);
    stream_close(&stream);
}

TEST(short_and_blocked_writes)
{
    world = (struct world){.takes = "192.0.2.1"};
    open_stream("venue.example", 1);
    while (stream_step(&stream, 0) == 0)
        ;
    CHECK_EQ_I64(stream_write(&stream, "0123456789abcdef", 16), 10);
    CHECK_EQ_I64(stream_write(&stream, "x", 1), 0);
    CHECK(!stream.writable);
    CHECK_EQ_I64(stream_write(&stream, "ab", 2), 0); /* until the socket calls */
    stream.writable = true;
    CHECK_EQ_I64(stream_write(&stream, "ab", 2), 2);
    stream_close(&stream);
}
