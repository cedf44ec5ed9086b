/* A recording in the captures' form, held in memory and given to each client from its beginning. */
#ifndef EXCHANGE_PLAY_H
#define EXCHANGE_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exchange/house.h"

struct play_line {
    int64_t recv_ns;
    const char *payload;
    uint32_t bytes, order;
    bool http;
};

struct play {
    struct play_line *line;
    size_t lines;
    double speed; /* 1 as recorded, 0 as fast as it is read */
};

/* Where one client is. */
struct play_cursor {
    bool begun;
    size_t next;
    int64_t begun_us;
};

/* Adds the received frames and HTTP answers of a file, in order of time with those already there. False with a message on stderr. */
bool play_add(struct play *play, const char *path);

void play_begin(struct play_cursor *cursor, int64_t now_us);
/* The next frame that is due, NULL: none now (then *due_us says when, INT64_MAX at the end). */
const struct play_line *play_next(const struct play *play, struct play_cursor *cursor,
                                  int64_t now_us, int64_t *due_us);

/* Recorded answer to a GET: of several the first from the cursor's place on, else the last. NULL: never recorded. The target is
   compared without scheme, host and the limit of levels. */
const struct play_line *play_answer(const struct play *play, size_t from, const char *target,
                                    const char **body, size_t *body_bytes);

#endif
