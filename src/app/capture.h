/* Recorded traffic in the captures' form: one line a frame, `<recv_ns>\t<dir>\t<payload>`, plain or zstd; dir o opened, > sent, < text,
   b binary (base64), e text as base64, h HTTP answer (URL, tab, body). Several files are merged by time.
   Memory is the caller's; one thread. */
#ifndef TD_APP_CAPTURE_H
#define TD_APP_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct capture;

struct capture_line {
    int64_t recv_ns;
    char dir;
    const char *payload; /* decoded; valid until the next line of the same capture */
    uint32_t bytes;
};

size_t capture_footprint(void);

/* `path` is kept, not copied. TD_E_MISSING, TD_E_IO, TD_E_CAPTURE. */
td_err capture_open(void *mem, const char *path, struct capture **capture);

/* Look at the next line without taking it: 1, 0 at the end, TD_E_CAPTURE (truncated or damaged: capture_problem says where). */
int capture_peek(struct capture *capture, const struct capture_line **line);
void capture_take(struct capture *capture);

/* "FILE line N: what": static inside the capture. */
const char *capture_problem(const struct capture *capture);
void capture_close(struct capture *capture);

#endif
