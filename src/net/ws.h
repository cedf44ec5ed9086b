/* WebSocket as a client sees it, on wslay's frame layer: bytes in, messages and control frames out;
   whole frames as bytes to send. Checks what the RFC wants checked: masked or reserved frames,
   opcodes, fragmentation, UTF-8, close codes. Messages are assembled in the caller's buffer; one
   that does not fit borrows a large place through `lend`. */
#ifndef TD_NET_WS_H
#define TD_NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wslay/wslay.h>
#include <wslay/wslay_place.h>

#include "base/err.h"
#include "base/os.h"
#include "net/utf8.h"

enum {
    WS_CONTROL_MAX = 125,
    WS_HEADER_MAX = 14,
    WS_CONTEXT_MAX = 4608, /* wslay's frame context: 4 KiB of input and its state */
};

struct ws_params {
    const struct td_random *random; /* mask keys */
    char *buffer;
    size_t buffer_bytes;
    /* A place of large_bytes for one message, NULL while there is none; given back unused by
       give_back, or handed on by the owner of the message (ws_message_passed). */
    char *(*lend)(void *arg);
    void (*give_back)(void *arg);
    void *arg;
    size_t large_bytes;
};

enum ws_part {
    WS_MORE = 0, /* wants more input */
    WS_TEXT,     /* ws->message, ws->message_bytes */
    WS_BINARY,   /* same */
    WS_PING,     /* ws->control, ws->control_bytes: to be answered with the same bytes */
    WS_PONG,     /* same */
    WS_CLOSE     /* ws->close_code (0: none given); ws->control + 2 is the reason */
};

struct ws {
    struct ws_params params;
    wslay_frame_context_ptr frame;
    _Alignas(16) uint8_t context[WS_CONTEXT_MAX];
    const char *in; /* input of the current step */
    size_t in_left;

    char *message;
    size_t message_bytes, message_cap;
    uint8_t message_opcode; /* 0: none open */
    bool large;             /* the message stands in the lent place */
    struct utf8 utf8;

    struct wslay_frame_iocb iocb; /* current frame */
    const uint8_t *chunk; /* received bytes of it that are not stored yet; in wslay's buffer */
    size_t chunk_left;
    uint64_t frame_left;
    bool in_frame;
    bool dry; /* the last step wanted more input */

    uint8_t control[WS_CONTROL_MAX];
    uint8_t control_bytes;
    uint16_t close_code;
};

/* params->random and the buffer are the caller's and outlive ws. */
void ws_init(struct ws *ws, const struct ws_params *params);

/* New connection, or the end of one. A lent place is given back. */
void ws_reset(struct ws *ws);

/* Takes from *at (*left bytes), advances both. enum ws_part; TD_E_AGAIN: no large place now, call
   again with the same rest; TD_E_NET_PROTOCOL (ws->close_code is what to tell the peer: 1002 or
   1007), TD_E_NET_OVERSIZE (1009). */
int ws_step(struct ws *ws, const char **at, size_t *left);

/* wslay holds input that a step may still make something of: step again before giving more. */
static inline bool ws_has_input(const struct ws *ws)
{
    return !ws->dry;
}

/* After WS_TEXT and WS_BINARY: the message was dealt with (a lent place now belongs to whom it was
   handed). Must be called before the next step. */
void ws_message_passed(struct ws *ws);

/* One whole masked frame into out. Its length, or TD_E_NO_ROOM (cap below bytes + WS_HEADER_MAX).
 */
int ws_write(struct ws *ws, enum wslay_opcode opcode, const void *data, size_t bytes, char *out,
             size_t cap);
int ws_write_close(struct ws *ws, uint16_t code, char *out, size_t cap); /* code 0: without one */

#endif
