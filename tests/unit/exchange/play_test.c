#include "exchange/play.h"

#include <stdio.h>

#include "test.h"

static void write_file(const char *name, const char *text, char path[256])
{
    snprintf(path, 256, "%s/%s", test_tmpdir(), name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fputs(text, file);
    CHECK_EQ_I64(fclose(file), 0);
}

static void load(struct play *play)
{
    char path[256];
    *play = (struct play){.speed = 2};
    write_file("frames",
               "1000000000\to\twss://x\n1000000000\t>\thello\n2000000000\t<\tone\n"
               "4000000000\t<\ttwo\n",
               path);
    CHECK(play_add(play, path));
    write_file("answers",
               "1500000000\th\thttps://h/api?symbol=A&limit=1000\tfirst\n"
               "3000000000\th\thttps://h/api?symbol=A&limit=1000\tsecond\n",
               path);
    CHECK(play_add(play, path));
}

TEST(frames_come_in_time_at_the_speed)
{
    struct play play;
    struct play_cursor cursor = {0};
    int64_t due;
    load(&play);
    CHECK(play_next(&play, &cursor, 1000, &due) == NULL); /* not begun */
    play_begin(&cursor, 5000);
    const struct play_line *line = play_next(&play, &cursor, 5000, &due);
    CHECK(line != NULL);
    CHECK_EQ_MEM(line->payload, "one", 3);
    CHECK(play_next(&play, &cursor, 1004999, &due) == NULL);
    CHECK_EQ_I64(due, 1005000);
    line = play_next(&play, &cursor, 1005000, &due);
    CHECK(line != NULL);
    CHECK_EQ_MEM(line->payload, "two", 3);
    CHECK(play_next(&play, &cursor, 9000000, &due) == NULL);
    CHECK_EQ_I64(due, INT64_MAX);
}

TEST(answers_fit_the_place)
{
    struct play play;
    const char *body;
    size_t bytes;
    load(&play);
    CHECK(play_answer(&play, 0, "/api?symbol=A&limit=5", &body, &bytes) != NULL);
    CHECK_EQ_U64(bytes, 5);
    CHECK_EQ_MEM(body, "first", 5);
    CHECK(play_answer(&play, 2, "/api?symbol=A", &body, &bytes) != NULL);
    CHECK_EQ_MEM(body, "second", 6);
    CHECK(play_answer(&play, 4, "/api?symbol=A", &body, &bytes) != NULL);
    CHECK_EQ_MEM(body, "second", 6);
    CHECK(play_answer(&play, 0, "/api?symbol=B", &body, &bytes) == NULL);
}

TEST(damaged_files_are_refused)
{
    struct play play = {.speed = 1};
    char path[256];
    write_file("damaged", "no recording\n", path);
    CHECK(!play_add(&play, path));
    CHECK(!play_add(&play, "/nonexistent/file"));
}

TEST(recording_is_played_whole)
{
    if (!test_shared())
        SKIP("no captures");
    struct play play = {0};
    struct play_cursor cursor = {0};
    int64_t due;
    unsigned frames = 0;
    char path[256];
    snprintf(path, sizeof path, "%s/captures/COINBASE.ws.28.zst", test_shared());
    CHECK(play_add(&play, path));
    play_begin(&cursor, 0);
    while (play_next(&play, &cursor, 0, &due))
        frames++;
    CHECK_EQ_U64(frames, 6630);
}
