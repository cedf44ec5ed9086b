#include "exchange/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/capture.h"
#include "exchange/memory.h"

enum {
    LINES_MAX = 4 << 20,
    TEXT_BYTES = 512 << 20, /* of one file; only touched pages cost anything */
};

static int by_time(const void *a, const void *b)
{
    const struct play_line *left = a, *right = b;
    if (left->recv_ns != right->recv_ns)
        return left->recv_ns < right->recv_ns ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

static bool keep(struct play *play, const struct capture_line *line, char **text, size_t *room)
{
    if (play->lines == LINES_MAX || line->bytes > *room)
        return false;
    memcpy(*text, line->payload, line->bytes);
    play->line[play->lines] = (struct play_line){.recv_ns = line->recv_ns,
                                                 .payload = *text,
                                                 .bytes = line->bytes,
                                                 .order = (uint32_t)play->lines,
                                                 .http = line->dir == 'h'};
    play->lines++;
    *text += line->bytes;
    *room -= line->bytes;
    return true;
}

bool play_add(struct play *play, const char *path)
{
    static void *reader; /* one at a time */
    struct capture *capture;
    const struct capture_line *line;
    char *text = memory_take(TEXT_BYTES);
    size_t room = TEXT_BYTES;
    int more;
    if (play->line == NULL)
        play->line = memory_take(LINES_MAX * sizeof *play->line);
    if (reader == NULL)
        reader = memory_take(capture_footprint());
    if (capture_open(reader, path, &capture) < 0) {
        fprintf(stderr, "exchange: %s\n", capture_problem(capture));
        return false;
    }
    while ((more = capture_peek(capture, &line)) > 0) {
        if (strchr("<beh", line->dir) && !keep(play, line, &text, &room)) {
            fprintf(stderr, "exchange: %s is too long to be played\n", path);
            return false;
        }
        capture_take(capture);
    }
    if (more < 0)
        fprintf(stderr, "exchange: %s\n", capture_problem(capture));
    capture_close(capture);
    qsort(play->line, play->lines, sizeof *play->line, by_time);
    return more == 0;
}

void play_begin(struct play_cursor *cursor, int64_t now_us)
{
    if (!cursor->begun)
        *cursor = (struct play_cursor){.begun = true, .begun_us = now_us};
}

/* Frames only: answers are given when they are asked for. */
static void skip_answers(const struct play *play, struct play_cursor *cursor)
{
    while (cursor->next < play->lines && play->line[cursor->next].http)
        cursor->next++;
}

static int64_t first_frame_ns(const struct play *play)
{
    size_t i = 0;
    while (i + 1 < play->lines && play->line[i].http)
        i++;
    return play->line[i].recv_ns;
}

const struct play_line *play_next(const struct play *play, struct play_cursor *cursor,
                                  int64_t now_us, int64_t *due_us)
{
    *due_us = INT64_MAX;
    skip_answers(play, cursor);
    if (!cursor->begun || cursor->next == play->lines)
        return NULL;
    const struct play_line *line = &play->line[cursor->next];
    if (play->speed > 0) {
        double since_us = (double)(line->recv_ns - first_frame_ns(play)) / 1e3 / play->speed;
        *due_us = cursor->begun_us + (int64_t)since_us;
        if (now_us < *due_us)
            return NULL;
    }
    cursor->next++;
    return line;
}

/* Of the URL, what stands behind the host. */
static const char *path_of(const char *url, size_t *bytes)
{
    const char *end = url + *bytes, *host = memmem(url, *bytes, "://", 3);
    const char *path = host ? memchr(host + 3, '/', (size_t)(end - host - 3)) : url;
    *bytes = path ? (size_t)(end - path) : 0;
    return path;
}

static size_t without_limit(const char *target, size_t bytes)
{
    const char *limit = memmem(target, bytes, "&limit=", 7);
    return limit ? (size_t)(limit - target) : bytes;
}

const struct play_line *play_answer(const struct play *play, size_t from, const char *target,
                                    const char **body, size_t *body_bytes)
{
    const struct play_line *found = NULL;
    size_t wanted = without_limit(target, strlen(target));
    for (size_t i = 0; i < play->lines && (found == NULL || found < play->line + from); i++) {
        const struct play_line *line = &play->line[i];
        const char *tab = line->http ? memchr(line->payload, '\t', line->bytes) : NULL;
        if (tab == NULL)
            continue;
        size_t bytes = (size_t)(tab - line->payload);
        const char *path = path_of(line->payload, &bytes);
        if (path == NULL || without_limit(path, bytes) != wanted ||
            memcmp(path, target, wanted) != 0)
            continue;
        found = line;
        *body = tab + 1;
        *body_bytes = line->bytes - (size_t)(tab + 1 - line->payload);
    }
    return found;
}
