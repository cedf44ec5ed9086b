#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

static char said[4096];

/* Runs `speak` with the log going to a file and keeps what it wrote. */
static void capture(enum td_log_level level, int64_t (*now_ns)(void), void (*speak)(void))
{
    char path[512];
    snprintf(path, sizeof path, "%s/log", test_tmpdir());
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    CHECK(fd >= 0);
    td_log_setup(fd, level, now_ns);
    speak();
    ssize_t got = pread(fd, said, sizeof said - 1, 0);
    CHECK(got >= 0);
    said[got] = 0;
    td_log_setup(STDERR_FILENO, TD_LOG_INFO, NULL);
    close(fd);
}

static int64_t fixed_ns(void)
{
    return INT64_C(1790049600123999999);
}

static void one_line(void)
{
    TD_INFO("net", "source=%s event=connected", "coinbase");
}

static void all_levels(void)
{
    TD_DEBUG("a", "n=%d", 1);
    TD_INFO("a", "n=%d", 2);
    TD_WARN("a", "n=%d", 3);
    TD_ERROR("a", "n=%d", 4);
}

static void hostile(void)
{
    TD_WARN("net", "text=%s", "a\nERROR forged\r\x1b[31m");
}

static void very_long(void)
{
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    TD_INFO("net", "%s", text);
}

TEST(line_with_stamp)
{
    capture(TD_LOG_INFO, fixed_ns, one_line);
    CHECK_EQ_STR(said, "2026-09-22T04:00:00.123Z INFO net source=coinbase event=connected\n");
}

TEST(line_without_stamp)
{
    capture(TD_LOG_INFO, NULL, one_line);
    CHECK_EQ_STR(said, "INFO net source=coinbase event=connected\n");
}

TEST(levels_filter)
{
    capture(TD_LOG_WARN, NULL, all_levels);
    CHECK_EQ_STR(said, "WARN a n=3\nERROR a n=4\n");
    capture(TD_LOG_DEBUG, NULL, all_levels);
    CHECK_EQ_STR(said, "DEBUG a n=1\nINFO a n=2\nWARN a n=3\nERROR a n=4\n");
    capture(TD_LOG_OFF, NULL, all_levels);
    CHECK_EQ_STR(said, "");
}

TEST(peer_text_cannot_start_a_line)
{
    capture(TD_LOG_INFO, NULL, hostile);
    CHECK_EQ_STR(said, "WARN net text=a ERROR forged  [31m\n");
}

TEST(long_line_is_cut)
{
    capture(TD_LOG_INFO, NULL, very_long);
    CHECK_EQ_I64(strlen(said), strlen("INFO net ") + 1000 + 1);
    CHECK(said[strlen(said) - 1] == '\n');
}

TEST(unwritable_line_is_counted)
{
    uint64_t before = td_log_dropped();
    td_log_setup(-1, TD_LOG_INFO, NULL);
    one_line();
    td_log_setup(STDERR_FILENO, TD_LOG_INFO, NULL);
    CHECK_EQ_U64(td_log_dropped(), before + 1);
}
