#include "init/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#define S INT64_C(1000000000)

static char heard[65536];
static unsigned lines;

static void hear(void *arg, const char *line)
{
    (void)arg;
    size_t bytes = strlen(heard);
    snprintf(heard + bytes, sizeof heard - bytes, "%s|", line);
    lines++;
}

static struct output fresh(void)
{
    struct output output;
    memset(&output, 0, sizeof output);
    output_begin(&output, -1);
    heard[0] = '\0';
    lines = 0;
    return output;
}

static void take(struct output *output, const char *text, int64_t now_ns)
{
    output_take(output, text, strlen(text), now_ns, hear, NULL);
}

TEST(pieces_become_lines)
{
    struct output output = fresh();
    take(&output, "one\ntw", 0);
    take(&output, "o\r\n\nthr", 0);
    CHECK_EQ_STR(heard, "one|two|");
    CHECK_EQ_STR(output.last, "two");
    output_flush(&output, 0, hear, NULL);
    CHECK_EQ_STR(heard, "one|two|thr|");
    CHECK_EQ_STR(output.last, "thr");
}

TEST(what_is_no_plain_text_cannot_move_the_console)
{
    struct output output = fresh();
    take(&output, "\x1b[2Ja\tb\x07\xff\n", 0);
    CHECK_EQ_STR(heard, "?[2Ja b??|");
}

TEST(a_line_without_end_is_cut)
{
    struct output output = fresh();
    char text[3 * OUTPUT_LINE_MAX];
    memset(text, 'x', sizeof text);
    output_take(&output, text, sizeof text, 0, hear, NULL);
    take(&output, "\nnext\n", 0);
    CHECK_EQ_U64(strlen(heard), OUTPUT_LINE_MAX - 1 + 1 + 5);
    CHECK_EQ_STR(output.last, "next");
    CHECK_EQ_U64(lines, 2);
}

TEST(a_flood_is_bounded_and_said)
{
    struct output output = fresh();
    for (int i = 0; i < 1000; i++)
        take(&output, "flood\n", 0);
    CHECK_EQ_U64(lines, OUTPUT_BURST);
    take(&output, "last\n", S);
    CHECK(strstr(heard, "(940 lines passed over)|last|") != NULL);
    CHECK_EQ_STR(output.last, "last");
    for (int i = 0; i < 1000; i++)
        take(&output, "again\n", S);
    CHECK_EQ_U64(lines, OUTPUT_BURST + 2 + OUTPUT_PER_S - 1);
}

TEST(a_hint_set_in_below_the_reason_is_not_the_last_word)
{
    struct output output = fresh();
    take(&output, "it cannot start: the disk is full\n  look at the settings\n", S);
    CHECK_EQ_STR(output.last, "it cannot start: the disk is full");
    CHECK(strstr(heard, "look at the settings") != NULL);
}

TEST(the_last_line_is_kept_even_when_it_is_not_said)
{
    struct output output = fresh();
    for (int i = 0; i < 100; i++)
        take(&output, "flood\n", 0);
    take(&output, "why\n", 0);
    CHECK_EQ_STR(output.last, "why");
}

TEST(the_pipe_is_read_to_its_end)
{
    struct output output = fresh();
    int ends[2];
    CHECK_EQ_I64(pipe(ends), 0);
    CHECK_EQ_I64(write(ends[1], "said\nlast words", 15), 15);
    close(ends[1]);
    output_begin(&output, ends[0]);
    output_end(&output, "child", 0);
    CHECK_EQ_STR(output.last, "last words");
    CHECK_EQ_I64(output.fd, -1);
}
