/* A file of recorded traffic, plain or zstd, on any bytes: lines come in bounds until the end or a complaint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/capture.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The reader wants a file by name. */
static int capture_file(const uint8_t *data, size_t bytes, char path[64])
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static void *mem;
    const struct capture_line *line;
    struct capture *capture;
    char path[64];
    uint64_t sum = 0;
    int got, fd = capture_file(data, bytes, path);
    if (mem == NULL)
        mem = malloc(capture_footprint());
    if (capture_open(mem, path, &capture) < 0)
        abort();
    while ((got = capture_peek(capture, &line)) > 0 && sum < UINT64_C(64) << 20) {
        TD_ASSERT(line->bytes <= TD_FRAME_BYTES_MAX, "a line holds at most a frame");
        for (uint32_t i = 0; i < line->bytes; i += 64)
            sum += (uint8_t)line->payload[i];
        sum += line->bytes;
        capture_take(capture);
    }
    TD_ASSERT(got >= 0 || capture_problem(capture)[0] != 0, "a complaint has words");
    capture_close(capture);
    close(fd);
    return 0;
}
