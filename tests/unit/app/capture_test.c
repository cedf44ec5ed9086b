/* Recorded traffic read back: plain and packed, whole and damaged. */
#include "app/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "base/limits.h"
#include "test.h"

enum { FILE_MAX = 4 << 20 };

static const char *write_file(const void *data, size_t bytes)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/capture", test_tmpdir());
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(data, 1, bytes, file) == bytes && fclose(file) == 0);
    return path;
}

static size_t pack(const void *text, size_t bytes, void *out)
{
    size_t got = ZSTD_compress(out, FILE_MAX, text, bytes, 3);
    CHECK(!ZSTD_isError(got));
    return got;
}

static struct capture *open_at(const char *path, td_err expected)
{
    static void *mem;
    struct capture *capture = NULL;
    if (mem == NULL)
        mem = mmap(NULL, capture_footprint(), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(mem != MAP_FAILED);
    CHECK_EQ_I64(capture_open(mem, path, &capture), expected);
    return capture;
}

static struct capture *open_bytes(const void *data, size_t bytes)
{
    return open_at(write_file(data, bytes), 0);
}

static struct capture *open_text(const char *text)
{
    return open_bytes(text, strlen(text));
}

static void check_line(struct capture *capture, int64_t ns, char dir, const char *payload,
                       size_t bytes)
{
    const struct capture_line *line;
    int got = capture_peek(capture, &line);
    if (got != 1)
        FAIL("line is %d: %s", got, got < 0 ? capture_problem(capture) : "the end");
    CHECK_EQ_I64(line->recv_ns, ns);
    CHECK_EQ_I64(line->dir, dir);
    CHECK_EQ_U64(line->bytes, bytes);
    CHECK_EQ_MEM(line->payload, payload, bytes);
    capture_take(capture);
}

static void check_end(struct capture *capture)
{
    const struct capture_line *line;
    CHECK_EQ_I64(capture_peek(capture, &line), 0);
    CHECK_EQ_I64(capture_peek(capture, &line), 0);
    capture_close(capture);
}

/* Names the line and the reason, and stays so. */
static void check_problem(struct capture *capture, const char *line_text, const char *reason)
{
    const struct capture_line *line;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ_I64(capture_peek(capture, &line), TD_E_CAPTURE);
        if (!strstr(capture_problem(capture), line_text) ||
            !strstr(capture_problem(capture), reason))
            FAIL("problem is \"%s\", not %s: %s", capture_problem(capture), line_text, reason);
    }
    capture_close(capture);
}

static const char sample[] = "1767323045000000000\to\twss://x\n"
                             "1767323045000000001\t>\t{\"op\":\"subscribe\"}\n"
                             "1767323045000000002\t<\t{\"a\":\"with\ttab\"}\n"
                             "1767323045000000003\tb\tAAEC/w==\n"
                             "1767323045000000004\te\taGkKdGhlcmU=\n"
                             "1767323045000000005\th\thttps://x/y\t{}\n"
                             "1767323045000000006\t<\t\n";

static void check_sample(struct capture *capture)
{
    int64_t ns = INT64_C(1767323045000000000);
    check_line(capture, ns, 'o', "wss://x", 7);
    check_line(capture, ns + 1, '>', "{\"op\":\"subscribe\"}", 18);
    check_line(capture, ns + 2, '<', "{\"a\":\"with\ttab\"}", 16);
    check_line(capture, ns + 3, 'b', "\0\1\2\377", 4);
    check_line(capture, ns + 4, 'e', "hi\nthere", 8);
    check_line(capture, ns + 5, 'h', "https://x/y\t{}", 14);
    check_line(capture, ns + 6, '<', "", 0);
}

TEST(every_direction_is_read)
{
    struct capture *capture = open_text(sample);
    check_sample(capture);
    check_end(capture);
}

TEST(packed_reads_as_plain)
{
    static unsigned char packed[FILE_MAX];
    struct capture *capture = open_bytes(packed, pack(sample, sizeof sample - 1, packed));
    check_sample(capture);
    check_end(capture);
}

TEST(several_packed_frames_follow_each_other)
{
    static unsigned char packed[2 * FILE_MAX];
    size_t half = (size_t)(strstr(sample, "\tb\t") - sample); /* in the middle of a line */
    size_t bytes = pack(sample, half, packed);
    bytes += pack(sample + half, sizeof sample - 1 - half, packed + bytes);
    struct capture *capture = open_bytes(packed, bytes);
    check_sample(capture);
    check_end(capture);
}

TEST(a_line_stays_until_it_is_taken)
{
    const struct capture_line *first, *again;
    struct capture *capture = open_text(sample);
    CHECK_EQ_I64(capture_peek(capture, &first), 1);
    CHECK_EQ_I64(capture_peek(capture, &again), 1);
    CHECK(first == again && again->dir == 'o');
    check_sample(capture);
    check_end(capture);
}

TEST(an_empty_file_has_no_lines)
{
    check_end(open_text(""));
}

TEST(a_missing_file_is_named)
{
    char path[512];
    snprintf(path, sizeof path, "%s/none.zst", test_tmpdir());
    struct capture *capture = open_at(path, TD_E_MISSING);
    CHECK(strstr(capture_problem(capture), "none.zst") != NULL);
}

/* ---- long lines --------------------------------------------------------------------------------- */

/* `count` lines of `bytes` letters each, each line of its own letter. */
static size_t put_lines(char *out, int count, size_t bytes)
{
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(out + used, 16, "%d\t<\t", i + 1);
        memset(out + used, 'a' + i, bytes);
        used += bytes;
        out[used++] = '\n';
    }
    return used;
}

static void check_lines(struct capture *capture, int count, size_t bytes)
{
    char *payload = malloc(bytes);
    for (int i = 0; i < count; i++) {
        memset(payload, 'a' + i, bytes);
        check_line(capture, i + 1, '<', payload, bytes);
    }
    check_end(capture);
    free(payload);
}

TEST(long_lines_come_whole)
{
    static char text[FILE_MAX];
    static unsigned char packed[FILE_MAX];
    size_t lengths[] = {100, 131072 - 4, 131072 - 3, 131072, 700001};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t bytes = put_lines(text, 5, lengths[i]);
        check_lines(open_bytes(text, bytes), 5, lengths[i]);
        check_lines(open_bytes(packed, pack(text, bytes, packed)), 5, lengths[i]);
    }
}

/* The last block is read as a whole while its text only half fits into one step. */
TEST(text_that_waits_inside_zstd_is_not_a_truncation)
{
    static char text[FILE_MAX];
    static unsigned char packed[FILE_MAX];
    size_t bytes = put_lines(text, 2, 100000);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_outBuffer out = {packed, sizeof packed, 0};
    ZSTD_inBuffer first = {text, bytes / 2, 0}, second = {text + bytes / 2, bytes - bytes / 2, 0};
    CHECK(ZSTD_compressStream2(context, &out, &first, ZSTD_e_flush) == 0);
    CHECK(ZSTD_compressStream2(context, &out, &second, ZSTD_e_end) == 0);
    ZSTD_freeCCtx(context);
    check_lines(open_bytes(packed, out.pos), 2, 100000);
}

TEST(a_line_beyond_the_largest_frame_is_refused)
{
    const char *path = write_file("1\t<\tx", 5);
    CHECK(truncate(path, 2 * (off_t)TD_FRAME_BYTES_MAX) == 0);
    check_problem(open_at(path, 0), "line 1", "longer than the largest frame");
}

/* ---- damage ------------------------------------------------------------------------------------- */

TEST(a_cut_packed_file_is_truncated)
{
    static char text[FILE_MAX];
    static unsigned char packed[FILE_MAX];
    size_t bytes = put_lines(text, 20, 50000); /* several blocks: the first lines can be read */
    size_t whole = pack(text, bytes, packed);
    for (size_t cut = whole / 2; cut < whole; cut += whole / 10 + 1) {
        const struct capture_line *line;
        struct capture *capture = open_bytes(packed, cut);
        int got;
        while ((got = capture_peek(capture, &line)) == 1)
            capture_take(capture);
        CHECK_EQ_I64(got, TD_E_CAPTURE);
        check_problem(capture, "line ", "truncated");
    }
}

TEST(a_flipped_packed_file_is_damaged)
{
    static unsigned char packed[FILE_MAX];
    size_t bytes = pack(sample, sizeof sample - 1, packed);
    packed[5] ^= 0x40;
    packed[7] ^= 0xff;
    struct capture *capture = open_bytes(packed, bytes);
    const struct capture_line *line;
    int got;
    while ((got = capture_peek(capture, &line)) == 1)
        capture_take(capture);
    CHECK_EQ_I64(got, TD_E_CAPTURE);
    capture_close(capture);
}

TEST(a_last_line_without_its_end_is_truncated)
{
    struct capture *capture = open_text("1\t<\tone\n2\t<\ttw");
    check_line(capture, 1, '<', "one", 3);
    check_problem(capture, "line 2", "truncated");
}

TEST(bad_base64_is_named)
{
    struct capture *capture = open_text("1\t<\tone\n2\tb\tA*==\n");
    check_line(capture, 1, '<', "one", 3);
    check_problem(capture, "line 2", "not base64");
    check_problem(open_text("1\te\tAAA\n"), "line 1", "not base64");
}

TEST(lines_of_another_form_are_named)
{
    static const char nul[] = "1\t\0\tx\n";
    check_problem(open_text("hello\n"), "line 1", "TAB");
    check_problem(open_text("\n"), "line 1", "TAB");
    check_problem(open_text("1\t<\n"), "line 1", "TAB");
    check_problem(open_text("1\t<<\tx\n"), "line 1", "TAB");
    check_problem(open_text("now\t<\tx\n"), "line 1", "nanoseconds");
    check_problem(open_text("99999999999999999999\t<\tx\n"), "line 1", "nanoseconds");
    check_problem(open_text("1\tq\tx\n"), "line 1", "direction");
    check_problem(open_bytes(nul, sizeof nul - 1), "line 1", "direction");
}
