/* WebSocket frames as a server sees them: masked ones come in whole, plain ones go out. Its own code, so that the recorder's side
   is not checked by itself. */
#ifndef EXCHANGE_FRAME_H
#define EXCHANGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_opcode {
    FRAME_MORE = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10
};

enum { FRAME_HEAD_MAX = 10, FRAME_ACCEPT_BYTES = 28 };

struct frame {
    enum frame_opcode opcode;
    bool final;
    char *payload; /* in the input, unmasked in place */
    size_t bytes;
};

/* Bytes of the input that the frame took; 0: not all there yet; -1: not a frame that a client may send. */
int64_t frame_take(struct frame *frame, char *at, size_t bytes);

/* Head of a frame to send; its length. */
size_t frame_head(char head[FRAME_HEAD_MAX], enum frame_opcode opcode, bool final, size_t bytes);

/* Sec-WebSocket-Accept for a key; not NUL-terminated. */
void frame_accept(const char *key, size_t key_bytes, char accept[FRAME_ACCEPT_BYTES]);

#endif
