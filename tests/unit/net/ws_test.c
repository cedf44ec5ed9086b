#include "net/ws.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "test.h"

enum { SMALL = 256, LARGE = 16 << 20 };

/* A socket's other end: one ws, its lent place, and what it made of the input as text. */
struct bench {
    struct ws ws;
    struct td_random random;
    char buffer[SMALL], *large;
    bool lent, refuse;
    int lends, returns;
    char story[4096];
};

static void fill_constant(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    memset(out, 0x5a, bytes);
}

static char *lend(void *arg)
{
    struct bench *bench = arg;
    if (bench->refuse)
        return NULL;
    CHECK(!bench->lent);
    bench->lent = true;
    bench->lends++;
    return bench->large;
}

static void give_back(void *arg)
{
    struct bench *bench = arg;
    CHECK(bench->lent);
    bench->lent = false;
    bench->returns++;
}

static struct bench *bench_new(void)
{
    static struct bench bench; /* one at a time */
    static char *large;
    if (large == NULL)
        large = malloc(LARGE);
    memset(&bench, 0, sizeof bench);
    bench.large = large;
    bench.random.fill = fill_constant;
    struct ws_params params = {.random = &bench.random,
                               .buffer = bench.buffer,
                               .buffer_bytes = SMALL,
                               .lend = lend,
                               .give_back = give_back,
                               .arg = &bench,
                               .large_bytes = LARGE};
    ws_init(&bench.ws, &params);
    return &bench;
}

static void tell(struct bench *bench, const char *kind, const void *data, size_t bytes)
{
    size_t used = strlen(bench->story);
    snprintf(bench->story + used, sizeof bench->story - used, "%s(%.*s)", kind, (int)bytes,
             (const char *)data);
}

/* Steps until the input is used up. 0, or the error. */
static int feed(struct bench *bench, const char *at, size_t left)
{
    struct ws *ws = &bench->ws;
    for (;;) {
        int part = ws_step(ws, &at, &left);
        switch (part) {
        case WS_MORE:
            CHECK(left == 0 && !ws_has_input(ws));
            return 0;
        case WS_TEXT:
        case WS_BINARY:
            tell(bench, part == WS_TEXT ? "text" : "binary", ws->message, ws->message_bytes);
            bench->lent = false; /* the reader of the message has the place now */
            ws_message_passed(ws);
            break;
        case WS_PING:
        case WS_PONG:
            tell(bench, part == WS_PING ? "ping" : "pong", ws->control, ws->control_bytes);
            break;
        case WS_CLOSE: {
            char code[8];
            tell(bench, "close", code, (size_t)snprintf(code, sizeof code, "%u", ws->close_code));
            break;
        }
        default:
            return part;
        }
    }
}

#define FEED(bench, bytes) feed(bench, bytes, sizeof bytes - 1)

/* Input -> story and result, whole and split at every byte. */
static void expect_story(const char *input, size_t bytes, const char *story, int result)
{
    for (size_t cut = 0; cut <= bytes; cut++) {
        struct bench *bench = bench_new();
        int err = feed(bench, input, cut);
        if (err == 0)
            err = feed(bench, input + cut, bytes - cut);
        CHECK_EQ_I64(err, result);
        CHECK_EQ_STR(bench->story, story);
    }
}

#define STORY(input, story) expect_story(input, sizeof input - 1, story, 0)
#define REFUSED(input, code)                                                                       \
    do {                                                                                           \
        struct bench *refused_bench = bench_new();                                                 \
        CHECK_EQ_I64(FEED(refused_bench, input), TD_E_NET_PROTOCOL);                               \
        CHECK_EQ_I64(refused_bench->ws.close_code, code);                                          \
        expect_story(input, sizeof input - 1, refused_bench->story, TD_E_NET_PROTOCOL);            \
    } while (0)

TEST(short_messages)
{
    STORY("\x81\x00", "text()");
    STORY("\x81\x01x", "text(x)");
    STORY("\x82\x02"
          "ab"
          "\x81\x03"
          "cde",
          "binary(ab)text(cde)");
    STORY("\x81\x05hello\x89\x02pp\x8a\x00", "text(hello)ping(pp)pong()");
}

TEST(extended_lengths)
{
    char input[4 + 200] = "\x81\x7e\x00\xc8", story[300] = "text(";
    memset(input + 4, 'z', 200);
    memset(story + 5, 'z', 200);
    story[205] = ')';
    expect_story(input, sizeof input, story, 0);
    REFUSED("\x81\x7e\x00\x7dxxxx", 1002);                         /* not the shortest form */
    REFUSED("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xffxxxx", 1002); /* the same */
    REFUSED("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00xxxx", 1002); /* top bit */
}

TEST(fragments_with_control_frames_between)
{
    STORY("\x01\x03one\x00\x03two\x80\x05three", "text(onetwothree)");
    STORY("\x01\x03one\x89\x04ping\x00\x00\x8a\x01q\x80\x03two", "ping(ping)pong(q)text(onetwo)");
    STORY("\x02\x00\x80\x00\x81\x01x", "binary()text(x)");
}

TEST(fragmentation_rules)
{
    REFUSED("\x80\x01x", 1002);              /* continues nothing */
    REFUSED("\x01\x01x\x81\x01y", 1002);     /* new message inside one */
    REFUSED("\x09\x01x\x80\x00", 1002);      /* fragmented ping */
    REFUSED("\x08\x00\x80\x00", 1002);       /* fragmented close */
    REFUSED("\x89\x7e\x00\x7exxxxxx", 1002); /* long ping */
}

TEST(masked_and_reserved)
{
    REFUSED("\x81\x81\x01\x02\x03\x04y", 1002);
    REFUSED("\x81\x80\x01\x02\x03\x04", 1002);
    REFUSED("\xc1\x01x", 1002);
    REFUSED("\xa1\x01x", 1002);
    REFUSED("\x91\x01x", 1002);
    REFUSED("\x83\x01x", 1002);
    REFUSED("\x87\x01x", 1002);
    REFUSED("\x8b\x01x", 1002);
    REFUSED("\x8f\x01x", 1002);
    REFUSED("\x81\x02ok\x83\x01x", 1002); /* what came before was told */
}

TEST(text_must_be_utf8)
{
    STORY("\x81\x02\xc3\xa9", "text(\xc3\xa9)");
    STORY("\x01\x01\xc3\x80\x01\xa9", "text(\xc3\xa9)"); /* a letter over two fragments */
    STORY("\x82\x01\xff", "binary(\xff)");
    REFUSED("\x81\x01\xff", 1007);
    REFUSED("\x81\x01\xc3", 1007);
    REFUSED("\x01\x01\xc3\x80\x01x", 1007);
    STORY("\x81\x01x\x81\x01y", "text(x)text(y)");
}

TEST(close_frames)
{
    STORY("\x88\x00", "close(0)");
    STORY("\x88\x02\x03\xe8", "close(1000)");
    STORY("\x88\x05\x03\xf4"
          "bye",
          "close(1012)");
    STORY("\x88\x02\x0f\xa0", "close(4000)");
    REFUSED("\x88\x01\x03", 1002);
    REFUSED("\x88\x02\x03\xed", 1002); /* 1005 never travels */
    REFUSED("\x88\x02\x03\xee", 1002); /* nor 1006 */
    REFUSED("\x88\x02\x00\x00", 1002);
    REFUSED("\x88\x02\x13\x88", 1002); /* 5000 */
    REFUSED("\x88\x03\x03\xe8\xff", 1007);
}

TEST(flood_of_pings_needs_no_memory)
{
    struct bench *bench = bench_new();
    for (int i = 0; i < 100000; i++) {
        bench->story[0] = 0;
        CHECK_EQ_I64(FEED(bench, "\x89\x04"
                                 "beat"),
                     0);
    }
    CHECK_EQ_STR(bench->story, "ping(beat)");
    CHECK_EQ_I64(bench->lends, 0);
}

/* header of a frame of `bytes`, then feed that many 'a' */
static int feed_large(struct bench *bench, unsigned first_byte, uint64_t bytes)
{
    static char zeros[1 << 16];
    unsigned char head[10] = {(unsigned char)first_byte, 127};
    memset(zeros, 'a', sizeof zeros);
    for (int i = 0; i < 8; i++)
        head[2 + i] = (unsigned char)(bytes >> 8 * (7 - i));
    int err = feed(bench, (const char *)head, sizeof head);
    while (err == 0 && bytes > 0) {
        size_t piece = bytes < sizeof zeros ? (size_t)bytes : sizeof zeros;
        err = feed(bench, zeros, piece);
        bytes -= piece;
    }
    return err;
}

TEST(large_message_borrows_the_large_place)
{
    struct bench *bench = bench_new();
    CHECK_EQ_I64(feed_large(bench, 0x82, LARGE), 0);
    CHECK(strncmp(bench->story, "binary(aaaa", 11) == 0);
    CHECK_EQ_I64(bench->lends, 1);
    CHECK_EQ_I64(bench->returns, 0); /* it went on with the message */
    CHECK(bench->large[0] == 'a' && bench->large[LARGE - 1] == 'a');
    bench->story[0] = 0;
    CHECK_EQ_I64(FEED(bench, "\x81\x05small"),
                 0); /* the next one stands in the small buffer again */
    CHECK_EQ_STR(bench->story, "text(small)");
    CHECK_EQ_I64(bench->lends, 1);
}

TEST(message_that_grows_moves_over)
{
    struct bench *bench = bench_new();
    CHECK_EQ_I64(FEED(bench, "\x01\x06start "), 0);
    CHECK_EQ_I64(bench->lends, 0);
    CHECK_EQ_I64(feed_large(bench, 0x00, 100000), 0);
    CHECK_EQ_I64(bench->lends, 1);
    CHECK_EQ_I64(FEED(bench, "\x80\x04 end"), 0);
    CHECK_EQ_MEM(bench->large, "start aaaa", 10);
    CHECK_EQ_MEM(bench->large + 6 + 100000, " end", 4);
}

TEST(oversize_is_refused_at_the_header)
{
    struct bench *bench = bench_new();
    CHECK_EQ_I64(FEED(bench, "\x82\x7f\x00\x00\x00\x00\x01\x00\x00\x01x"), TD_E_NET_OVERSIZE);
    CHECK_EQ_I64(bench->ws.close_code, 1009);
    CHECK_EQ_I64(bench->lends, 0);

    bench = bench_new();
    CHECK_EQ_I64(feed_large(bench, 0x02, LARGE - 1), 0); /* fragments count together */
    CHECK_EQ_I64(FEED(bench, "\x00\x01x"), 0);
    CHECK_EQ_I64(FEED(bench, "\x80\x01x"), TD_E_NET_OVERSIZE);
    ws_reset(&bench->ws);
    CHECK_EQ_I64(bench->returns, 1);
}

TEST(waits_while_the_large_place_is_taken)
{
    struct bench *bench = bench_new();
    char input[4 + 1000] = "\x82\x7e\x03\xe8";
    memset(input + 4, 'b', 1000);
    bench->refuse = true;
    const char *at = input;
    size_t left = sizeof input;
    for (int i = 0; i < 3; i++)
        CHECK_EQ_I64(ws_step(&bench->ws, &at, &left), TD_E_AGAIN);
    bench->refuse = false;
    CHECK_EQ_I64(ws_step(&bench->ws, &at, &left), WS_BINARY);
    CHECK_EQ_U64(bench->ws.message_bytes, 1000);
    CHECK_EQ_MEM(bench->ws.message, input + 4, 1000);
}

TEST(reset_forgets_half_a_message)
{
    struct bench *bench = bench_new();
    CHECK_EQ_I64(FEED(bench, "\x01\x05hal"), 0);
    ws_reset(&bench->ws);
    CHECK_EQ_I64(FEED(bench, "\x81\x03new"), 0);
    CHECK_EQ_STR(bench->story, "text(new)");
    bench->story[0] = 0;
    CHECK_EQ_I64(FEED(bench, "\x82\x7e\xff\xffx"), 0);
    CHECK_EQ_I64(bench->lends, 1);
    ws_reset(&bench->ws);
    CHECK_EQ_I64(bench->returns, 1);
}

TEST(frames_to_send_are_masked)
{
    struct bench *bench = bench_new();
    char out[400], big[200];
    CHECK_EQ_I64(ws_write(&bench->ws, WSLAY_TEXT_FRAME, "abc", 3, out, sizeof out), 9);
    CHECK_EQ_MEM(out, "\x81\x83\x5a\x5a\x5a\x5a\x3b\x38\x39", 9);
    CHECK_EQ_I64(ws_write_close(&bench->ws, 1000, out, sizeof out), 8);
    CHECK_EQ_MEM(out, "\x88\x82\x5a\x5a\x5a\x5a\x59\xb2", 8);
    CHECK_EQ_I64(ws_write_close(&bench->ws, 0, out, sizeof out), 6);
    memset(big, 'x', sizeof big);
    CHECK_EQ_I64(ws_write(&bench->ws, WSLAY_TEXT_FRAME, big, 200, out, sizeof out), 208);
    CHECK_EQ_I64(ws_write(&bench->ws, WSLAY_TEXT_FRAME, big, 200, out, 213), TD_E_NO_ROOM);
    CHECK_EQ_I64(ws_write(&bench->ws, WSLAY_TEXT_FRAME, big, 200, out, 214),
                 208); /* nothing was left half done */
}
