/* The frame log that a killed process left, on hostile bytes. The input's first byte says how it is used: as the file's first bytes
   with the records behind them, or as records alone behind a right header, their laps mended so that the checks behind are
   reached. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/framelog.h"
#include "journal/framelog_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { LEFT_TERM = 64 << 10, LEFT_TERMS = 3, LEFT_JUMBO = 1000 };

static const struct framelog_params left_params = {NULL, LEFT_TERM, LEFT_TERMS};

/* One file for all inputs: what one wrote is taken out again for the next. */
static int left_file(char path[64])
{
    snprintf(path, 64, "/tmp/framelog-left-%d", (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)framelog_bytes(&left_params)) != 0)
        abort();
    return fd;
}

static void left_put(int fd, const void *data, size_t bytes, size_t offset)
{
    if (pwrite(fd, data, bytes, (off_t)offset) != (ssize_t)bytes)
        abort();
}

static void left_put_header(int fd, uint64_t released, uint64_t head, uint64_t jumbo)
{
    struct framelog_page page = {.magic = FRAMELOG_MAGIC,
                                 .version = FRAMELOG_VERSION,
                                 .page_bytes = FRAMELOG_PAGE_BYTES,
                                 .term_bytes = LEFT_TERM,
                                 .terms = LEFT_TERMS,
                                 .jumbo_bytes = TD_FRAME_BYTES_MAX,
                                 .mapping_bytes = framelog_bytes(&left_params),
                                 .head = head,
                                 .jumbo = jumbo};
    page.reader[FRAMELOG_JOURNAL].released = released;
    left_put(fd, &page, sizeof page, 0);
}

/* Records one behind the other in the first term; the length in each commit word is the input's. */
static void left_put_records(int fd, const uint8_t *data, size_t bytes)
{
    static uint8_t term[LEFT_TERM];
    static const char jumbo[LEFT_JUMBO] = {1};
    uint64_t jumbo_end = 0;
    bytes = bytes < sizeof term ? bytes : sizeof term;
    memcpy(term, data, bytes);
    for (size_t at = 0; at + sizeof(struct framelog_record) <= bytes;) {
        uint64_t word;
        uint16_t flags;
        memcpy(&word, term + at, sizeof word);
        memcpy(&flags, term + at + offsetof(struct framelog_record, flags), sizeof flags);
        uint32_t length = (uint32_t)word;
        word = UINT64_C(1) << 32 | length;
        memcpy(term + at, &word, sizeof word);
        if (length == 0 || length > bytes - at)
            break;
        at += length;
        if (flags & FRAMELOG_JUMBO)
            jumbo_end = at;
    }
    left_put_header(fd, 0, bytes / FRAMELOG_ALIGN * FRAMELOG_ALIGN, jumbo_end);
    left_put(fd, term, bytes, FRAMELOG_PAGE_BYTES);
    left_put(fd, jumbo, sizeof jumbo, FRAMELOG_PAGE_BYTES + LEFT_TERM * LEFT_TERMS);
}

/* The header as far as it goes, then the records. */
static void left_put_file(int fd, const uint8_t *data, size_t bytes)
{
    size_t header = bytes < sizeof(struct framelog_page) ? bytes : sizeof(struct framelog_page);
    left_put(fd, data, header, 0);
    bytes -= header;
    bytes = bytes < (size_t)LEFT_TERM * LEFT_TERMS ? bytes : (size_t)LEFT_TERM * LEFT_TERMS;
    left_put(fd, data + header, bytes, FRAMELOG_PAGE_BYTES);
}

static void left_read_all(const char *path)
{
    static char mem[1024];
    struct framelog_left *left;
    struct td_frame frame;
    uint64_t last = 0, frames = 0;
    volatile uint64_t sum = 0;
    if (framelog_left_footprint() > sizeof mem)
        abort();
    if (framelog_left_open(mem, path, &left) < 0)
        return;
    sum += framelog_left_core_at(left) + framelog_left_epoch(left);
    while (framelog_left_next(left, &frame)) {
        if (frame.number == 0 || (last && frame.number != last + 1) ||
            ++frames > (size_t)LEFT_TERM * LEFT_TERMS / sizeof(struct framelog_record))
            abort();
        last = frame.number;
        for (uint32_t i = 0; i < frame.bytes; i++)
            sum += (uint8_t)frame.payload[i];
    }
    framelog_left_close(left);
    (void)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[64];
    if (bytes < 1)
        return 0;
    int fd = left_file(path);
    if (data[0] % 2 == 0)
        left_put_file(fd, data + 1, bytes - 1);
    else
        left_put_records(fd, data + 1, bytes - 1);
    left_read_all(path);
    close(fd);
    unlink(path);
    return 0;
}
