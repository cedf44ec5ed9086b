#include "app/capture.h"

#include <fcntl.h>
#include <mbedtls/base64.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY /* static workspaces */
#include <zstd.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/text.h"

enum {
    LINE_BYTES_MAX =
        TD_FRAME_BYTES_MAX + 4096 + TD_FRAME_BYTES_MAX / 3, /* base64 is a third longer */
    READ_BYTES = 128 << 10,
    WINDOW_LOG_MAX = 27,
    PROBLEM_BYTES = 320,
};

struct capture {
    const char *path;
    int fd;
    bool zstd, file_ended, frame_open, have_line;
    ZSTD_DCtx *stream;
    ZSTD_inBuffer in;
    size_t text_start, text_end; /* decoded bytes not yet taken, in text[] */
    uint64_t line_number;
    struct capture_line line;
    char problem[PROBLEM_BYTES];
    unsigned char input[READ_BYTES];
    char text[LINE_BYTES_MAX]; /* touched only as far as the longest line needs */
};

size_t capture_footprint(void)
{
    return sizeof(struct capture) + ZSTD_estimateDStreamSize(1u << WINDOW_LOG_MAX) + 64;
}

static td_err problem(struct capture *c, const char *what)
{
    struct td_str out = td_str_on(c->problem, sizeof c->problem);
    td_str_add_format(&out, "%s line %llu: %s", c->path, (unsigned long long)c->line_number + 1,
                      what);
    return TD_E_CAPTURE;
}

const char *capture_problem(const struct capture *capture)
{
    return capture->problem;
}

td_err capture_open(void *mem, const char *path, struct capture **capture)
{
    struct capture *c = mem;
    unsigned char magic[4] = {0};
    memset(c, 0, offsetof(struct capture, input));
    c->path = path;
    c->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (c->fd < 0) {
        problem(c, "cannot be opened");
        *capture = c;
        return TD_E_MISSING;
    }
    ssize_t got = pread(c->fd, magic, sizeof magic, 0);
    static const unsigned char zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    c->zstd = got == 4 && memcmp(magic, zstd_magic, 4) == 0;
    size_t room = ZSTD_estimateDStreamSize(1u << WINDOW_LOG_MAX);
    unsigned char *workspace = (unsigned char *)mem + ((sizeof *c + 63) & ~(size_t)63);
    c->stream = ZSTD_initStaticDStream(workspace, room);
    TD_ASSERT(c->stream != NULL, "zstd's own estimate of its workspace is too small");
    ZSTD_DCtx_setParameter(c->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    *capture = c;
    return 0;
}

void capture_close(struct capture *capture)
{
    if (capture->fd >= 0)
        close(capture->fd);
    capture->fd = -1;
}

static td_err read_input(struct capture *c)
{
    ssize_t got = read(c->fd, c->input, sizeof c->input);
    if (got < 0)
        return problem(c, "cannot be read");
    c->in = (ZSTD_inBuffer){c->input, (size_t)got, 0};
    c->file_ended = got == 0;
    return 0;
}

/* More decoded text behind text_end. 0, or an error; at the end of the file nothing is added. */
static td_err decode_more(struct capture *c)
{
    if (c->text_start > 0) {
        memmove(c->text, c->text + c->text_start, c->text_end - c->text_start);
        c->text_end -= c->text_start;
        c->text_start = 0;
    }
    if (c->text_end == sizeof c->text)
        return problem(c, "line is longer than the largest frame");
    if (c->in.pos == c->in.size)
        TD_TRY(read_input(c));
    if (c->file_ended)
        return c->frame_open ? problem(c, "zstd data is cut off; the file is truncated") : 0;
    size_t room = sizeof c->text - c->text_end;
    if (!c->zstd) {
        size_t bytes = c->in.size - c->in.pos < room ? c->in.size - c->in.pos : room;
        memcpy(c->text + c->text_end, c->input + c->in.pos, bytes);
        c->in.pos += bytes;
        c->text_end += bytes;
        return 0;
    }
    ZSTD_outBuffer out = {c->text + c->text_end, room < READ_BYTES ? room : READ_BYTES, 0};
    size_t left = ZSTD_decompressStream(c->stream, &out, &c->in);
    if (ZSTD_isError(left))
        return problem(c, "zstd data is damaged");
    c->frame_open = left != 0;
    c->text_end += out.pos;
    return 0;
}

/* base64 in place: the decoded bytes are fewer. */
static td_err decode_base64(struct capture *c, char *at, uint32_t *bytes)
{
    size_t got = 0;
    if (mbedtls_base64_decode((unsigned char *)at, *bytes, &got, (const unsigned char *)at,
                              *bytes) != 0)
        return problem(c, "payload is not base64");
    *bytes = (uint32_t)got;
    return 0;
}

static td_err split_line(struct capture *c, char *at, size_t bytes)
{
    char *first = memchr(at, '\t', bytes);
    if (first == NULL || first + 2 >= at + bytes || first[2] != '\t')
        return problem(c, "is not `time TAB direction TAB payload`");
    if (td_integer_parse(at, (size_t)(first - at), &c->line.recv_ns) < 0)
        return problem(c, "time is not a number of nanoseconds");
    char *payload = first + 3;
    c->line.dir = first[1];
    c->line.payload = payload;
    c->line.bytes = (uint32_t)(at + bytes - payload);
    if (memchr("o><beh", c->line.dir, 6) == NULL)
        return problem(c, "unknown direction");
    if (c->line.dir == 'b' || c->line.dir == 'e')
        TD_TRY(decode_base64(c, payload, &c->line.bytes));
    return 0;
}

int capture_peek(struct capture *c, const struct capture_line **line)
{
    *line = &c->line;
    if (c->have_line)
        return 1;
    size_t searched = 0;
    for (;;) {
        char *from = c->text + c->text_start;
        size_t bytes = c->text_end - c->text_start;
        char *end = bytes > searched ? memchr(from + searched, '\n', bytes - searched) : NULL;
        if (end != NULL) {
            TD_TRY(split_line(c, from, (size_t)(end - from)));
            c->text_start += (size_t)(end - from) + 1;
            c->have_line = true;
            c->line_number++;
            return 1;
        }
        if (c->file_ended)
            return bytes == 0 ? 0 : problem(c, "last line has no end; the file is truncated");
        searched = bytes;
        TD_TRY(decode_more(c));
    }
}

void capture_take(struct capture *capture)
{
    capture->have_line = false;
}
