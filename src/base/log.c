#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utc.h"

enum { MESSAGE_BYTES_MAX = 1000, LINE_BYTES_MAX = MESSAGE_BYTES_MAX + 120 };

static struct {
    int fd;
    enum td_log_level level;
    int64_t (*now_ns)(void);
} setup = {STDERR_FILENO, TD_LOG_INFO, NULL};

static _Atomic uint64_t dropped;

void td_log_setup(int fd, enum td_log_level level, int64_t (*now_ns)(void))
{
    setup.fd = fd;
    setup.level = level;
    setup.now_ns = now_ns;
}

uint64_t td_log_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}

/* Milliseconds are what a reader of a log wants; the iso text of utc.h carries microseconds. */
static size_t stamp(char *out, size_t cap)
{
    if (!setup.now_ns)
        return 0;
    struct td_utc at = td_utc_from_ns(setup.now_ns());
    int length =
        snprintf(out, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", at.year, at.month, at.day,
                 at.hour, at.minute, at.second, (int)(at.nanosecond / TD_NS_PER_MS));
    return length > 0 && (size_t)length < cap ? (size_t)length : 0;
}

/* A line is a record: control characters from a peer's text must not start a second one. */
static void flatten(char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            text[i] = ' ';
}

void td_log(enum td_log_level level, const char *where, const char *format, ...)
{
    static const char *const words[] = {"DEBUG", "INFO", "WARN", "ERROR", "OFF"};
    if (level < setup.level || level >= TD_LOG_OFF)
        return;
    char line[LINE_BYTES_MAX];
    size_t used = stamp(line, sizeof line);
    int head = snprintf(line + used, 64, "%s %.40s ", words[level], where);
    used += head > 0 ? (size_t)head : 0;
    va_list args;
    va_start(args, format);
    int body = vsnprintf(line + used, MESSAGE_BYTES_MAX + 1, format, args);
    va_end(args);
    if (body > 0) {
        size_t kept = body > MESSAGE_BYTES_MAX ? MESSAGE_BYTES_MAX : (size_t)body;
        flatten(line + used, kept);
        used += kept;
    }
    line[used++] = '\n';
    if (write(setup.fd, line, used) != (ssize_t)used)
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
}
