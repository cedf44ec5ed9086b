/* Messages of table frames, their parts joined. One thread. */
#ifndef TD_LAKE_FRAME_ROWS_H
#define TD_LAKE_FRAME_ROWS_H

#include "lake/alloc.h"
#include "lake/reader.h"

struct frame_message {
    const char *exchange, *channel, *kind, *bucket; /* NUL-terminated; channel "" none */
    int64_t recv_ns, frame, conn, status;           /* status -1: none */
    bool sent;
    const uint8_t *payload;
    size_t bytes;
};

struct frame_rows {
    bool (*take)(void *arg, const struct frame_message *message); /* false: enough */
    void *arg;
    int64_t from_us, to_us; /* of the receive time; from <= t < to */
    struct lake_buffer payload;
    uint64_t torn; /* messages whose parts are not all there */
};

/* All messages of one file, in order. Exit code; the complaint is made. */
int frame_rows_file(struct frame_rows *rows, const char *path);
void frame_rows_free(struct frame_rows *rows);

#endif
