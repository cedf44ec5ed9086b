#include "net/ws.h"

#include <string.h>

#include "base/limits.h"

/* wslay calls back for input; 0 means "nothing now" to it. */
static ssize_t recv_callback(uint8_t *out, size_t cap, int flags, void *arg)
{
    struct ws *ws = arg;
    size_t bytes = cap < ws->in_left ? cap : ws->in_left;
    (void)flags;
    if (bytes == 0)
        return -1;
    memcpy(out, ws->in, bytes);
    ws->in += bytes, ws->in_left -= bytes;
    return (ssize_t)bytes;
}

static int genmask_callback(uint8_t *out, size_t bytes, void *arg)
{
    struct ws *ws = arg;
    ws->params.random->fill(ws->params.random->ctx, out, bytes);
    return 0;
}

void ws_init(struct ws *ws, const struct ws_params *params)
{
    TD_ASSERT(wslay_frame_context_footprint() <= WS_CONTEXT_MAX,
              "wslay's context grew: raise WS_CONTEXT_MAX");
    memset(ws, 0, sizeof *ws);
    ws->params = *params;
    ws_reset(ws);
}

void ws_message_passed(struct ws *ws)
{
    ws->message = ws->params.buffer;
    ws->message_cap = ws->params.buffer_bytes;
    ws->message_bytes = 0;
    ws->message_opcode = 0;
    ws->large = false;
    memset(&ws->utf8, 0, sizeof ws->utf8);
}

void ws_reset(struct ws *ws)
{
    static const struct wslay_frame_callbacks callbacks = {
        .recv_callback = recv_callback,
        .genmask_callback = genmask_callback,
    };
    if (ws->large)
        ws->params.give_back(ws->params.arg);
    ws->frame = wslay_frame_context_place(ws->context, &callbacks, ws);
    ws_message_passed(ws);
    ws->in_frame = false, ws->dry = true;
    ws->chunk_left = 0, ws->control_bytes = 0, ws->close_code = 0;
}

static int refuse(struct ws *ws, uint16_t code)
{
    ws->close_code = code;
    return code == WSLAY_CODE_MESSAGE_TOO_BIG ? TD_E_NET_OVERSIZE : TD_E_NET_PROTOCOL;
}

/* Header of a frame: is it allowed here? */
static int begin_frame(struct ws *ws)
{
    const struct wslay_frame_iocb *iocb = &ws->iocb;
    if (iocb->mask || iocb->rsv)
        return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
    switch (iocb->opcode) {
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME:
        if (ws->message_opcode != 0)
            return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
        ws->message_opcode = iocb->opcode;
        break;
    case WSLAY_CONTINUATION_FRAME:
        if (ws->message_opcode == 0)
            return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
        break;
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG:
        ws->control_bytes = 0;
        break;
    default:
        return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
    }
    if (!wslay_is_ctrl_frame(iocb->opcode) &&
        iocb->payload_length > ws->params.large_bytes - ws->message_bytes)
        return refuse(ws, WSLAY_CODE_MESSAGE_TOO_BIG);
    ws->frame_left = iocb->payload_length;
    ws->in_frame = true;
    return 0;
}

static int make_room(struct ws *ws)
{
    if (ws->message_bytes + ws->frame_left <= ws->message_cap)
        return 0;
    char *place = ws->params.lend(ws->params.arg);
    if (place == NULL)
        return TD_E_AGAIN;
    memcpy(place, ws->message, ws->message_bytes);
    ws->message = place;
    ws->message_cap = ws->params.large_bytes;
    ws->large = true;
    return 0;
}

static int store_chunk(struct ws *ws)
{
    if (wslay_is_ctrl_frame(ws->iocb.opcode)) {
        TD_ASSERT(ws->control_bytes + ws->chunk_left <= WS_CONTROL_MAX,
                  "wslay bounds control frames");
        memcpy(ws->control + ws->control_bytes, ws->chunk, ws->chunk_left);
        ws->control_bytes = (uint8_t)(ws->control_bytes + ws->chunk_left);
    } else {
        TD_TRY(make_room(ws));
        if (ws->message_opcode == WSLAY_TEXT_FRAME &&
            !utf8_feed(&ws->utf8, (const char *)ws->chunk, ws->chunk_left))
            return refuse(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
        memcpy(ws->message + ws->message_bytes, ws->chunk, ws->chunk_left);
        ws->message_bytes += ws->chunk_left;
    }
    ws->frame_left -= ws->chunk_left;
    ws->chunk_left = 0;
    return 0;
}

static bool close_code_allowed(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static int end_close(struct ws *ws)
{
    struct utf8 utf8 = {0};
    ws->close_code = 0;
    if (ws->control_bytes == 0)
        return WS_CLOSE;
    if (ws->control_bytes == 1)
        return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
    uint16_t code = (uint16_t)(ws->control[0] << 8 | ws->control[1]);
    if (!close_code_allowed(code))
        return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
    if (!utf8_feed(&utf8, (const char *)ws->control + 2, ws->control_bytes - 2u) ||
        !utf8_complete(&utf8))
        return refuse(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
    ws->close_code = code;
    return WS_CLOSE;
}

static int end_frame(struct ws *ws)
{
    ws->in_frame = false;
    switch (ws->iocb.opcode) {
    case WSLAY_PING:
        return WS_PING;
    case WSLAY_PONG:
        return WS_PONG;
    case WSLAY_CONNECTION_CLOSE:
        return end_close(ws);
    default:
        break;
    }
    if (!ws->iocb.fin)
        return WS_MORE;
    if (ws->message_opcode == WSLAY_BINARY_FRAME)
        return WS_BINARY;
    return utf8_complete(&ws->utf8) ? WS_TEXT : refuse(ws, WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA);
}

/* One piece of a frame from wslay, or what is left of the last one. WS_MORE, a part, or an error.
 */
static int step_frame(struct ws *ws)
{
    if (ws->chunk_left == 0) {
        ssize_t got = wslay_frame_recv(ws->frame, &ws->iocb);
        if (got == WSLAY_ERR_WANT_READ) {
            ws->dry = true;
            return WS_MORE;
        }
        if (got < 0)
            return refuse(ws, WSLAY_CODE_PROTOCOL_ERROR);
        if (!ws->in_frame)
            TD_TRY(begin_frame(ws));
        ws->chunk = ws->iocb.data;
        ws->chunk_left = (size_t)got;
    }
    if (ws->chunk_left > 0)
        TD_TRY(store_chunk(ws));
    return ws->frame_left == 0 ? end_frame(ws) : WS_MORE;
}

int ws_step(struct ws *ws, const char **at, size_t *left)
{
    int part = WS_MORE;
    ws->dry = false;
    ws->in = *at, ws->in_left = *left;
    while (part == WS_MORE && !ws->dry)
        part = step_frame(ws);
    *at = ws->in, *left = ws->in_left;
    return part;
}

int ws_write(struct ws *ws, enum wslay_opcode opcode, const void *data, size_t bytes, char *out,
             size_t cap)
{
    struct wslay_frame_iocb iocb = {.fin = 1,
                                    .opcode = opcode,
                                    .payload_length = bytes,
                                    .mask = 1,
                                    .data = data,
                                    .data_length = bytes};
    size_t taken;
    TD_FAIL_IF(cap < bytes + WS_HEADER_MAX, TD_E_NO_ROOM);
    ssize_t written = wslay_frame_write(ws->frame, &iocb, (uint8_t *)out, cap, &taken);
    TD_ASSERT(written > 0 && taken == bytes, "a frame is written whole");
    return (int)written;
}

int ws_write_close(struct ws *ws, uint16_t code, char *out, size_t cap)
{
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    return ws_write(ws, WSLAY_CONNECTION_CLOSE, payload, code == 0 ? 0 : 2, out, cap);
}
