#include "init/console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { WAIT_MS = 200, DRAIN_TURNS = 200, DRAIN_PAUSE_MS = 10 };

static int console_fd = -1, kmsg_fd = -1;
/* It took nothing last time (a terminal sent XOFF): it is not waited for again before it takes something, for a flood of lines that each wait
   would outlast the watchdog. */
static bool stalled;

void console_open(void)
{
    int null_fd = open("/dev/null", O_RDWR);
    console_fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
    for (int fd = 0; fd <= 2 && null_fd >= 0; fd++)
        if (fd != console_fd && fd != kmsg_fd && fd != null_fd)
            dup2(fd > 0 && console_fd >= 0 ? console_fd : null_fd, fd);
    if (null_fd > 2)
        close(null_fd);
}

/* All of it, or what the console takes until it has stalled for WAIT_MS. */
static void put(const char *text, size_t bytes)
{
    while (bytes > 0) {
        struct pollfd ready = {console_fd, POLLOUT, 0};
        ssize_t wrote = console_fd < 0 ? -1 : write(console_fd, text, bytes);
        if (wrote > 0) {
            stalled = false;
            text += wrote;
            bytes -= (size_t)wrote;
        } else if (console_fd < 0 || stalled || poll(&ready, 1, WAIT_MS) <= 0) {
            stalled = true;
            return;
        }
    }
}

static void tell(const char *who, const char *line, char level)
{
    char text[CONSOLE_LINE_MAX + 64];
    struct td_str str = td_str_on(text, sizeof text - 1);
    td_str_add_format(&str, "<%c>%s: %s", level, who, line);
    ssize_t ignored = kmsg_fd < 0 ? 0 : write(kmsg_fd, text, str.bytes);
    (void)ignored;
    text[str.bytes] = '\n';
    put(text + 3, str.bytes - 2);
}

void say(const char *format, ...)
{
    char line[CONSOLE_LINE_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    tell("init", line, '5');
}

void console_child(const char *who, const char *line)
{
    tell(who, line, '6');
}

void console_text(const char *text, size_t bytes)
{
    put(text, bytes);
}

void console_drain(void)
{
    const struct timespec pause = {0, DRAIN_PAUSE_MS * 1000000};
    int left = 0;
    for (int i = 0; i < DRAIN_TURNS; i++) {
        if (console_fd < 0 || ioctl(console_fd, TIOCOUTQ, &left) != 0 || left == 0)
            break;
        nanosleep(&pause, NULL);
    }
    nanosleep(&pause, NULL); /* the last bytes stand in the sender itself */
}
