#include "lake/journal_show.h"

#include <inttypes.h>
#include <mbedtls/base64.h>
#include <stdbool.h>
#include <string.h>

#include "lake/show.h"
#include "net/utf8.h"

enum { BASE64_STEP = 3 * 1024 }; /* whole groups of three, so that steps join without padding */

static bool is_utf8(const struct td_frame *frame)
{
    struct utf8 state = {0};
    return utf8_feed(&state, frame->payload, frame->bytes) && utf8_complete(&state);
}

static bool has_break(const struct td_frame *frame)
{
    return frame->bytes > 0 && (memchr(frame->payload, '\n', frame->bytes) ||
                                memchr(frame->payload, '\r', frame->bytes));
}

static void put_base64(FILE *out, const struct td_frame *frame)
{
    unsigned char text[BASE64_STEP / 3 * 4 + 1];
    for (uint32_t at = 0; at < frame->bytes; at += BASE64_STEP) {
        uint32_t left = frame->bytes - at, step = left < BASE64_STEP ? left : BASE64_STEP;
        size_t bytes = 0;
        int bad = mbedtls_base64_encode(text, sizeof text, &bytes,
                                        (const unsigned char *)frame->payload + at, step);
        TD_ASSERT(bad == 0, "four characters for three bytes are room enough");
        fwrite(text, 1, bytes, out);
    }
}

static void put_spaced(FILE *out, const struct td_frame *frame)
{
    for (uint32_t at = 0; at < frame->bytes; at++) {
        char c = frame->payload[at];
        putc(c == '\n' || c == '\r' ? ' ' : c, out);
    }
}

/* ---- captures' form ---- */

/* 0: the form has no line for it. */
static char direction(const struct td_frame *frame)
{
    switch (frame->kind) {
    case TD_FRAME_CONN_OPEN:
        return 'o';
    case TD_FRAME_SENT:
        return '>';
    case TD_FRAME_WS_TEXT:
        return has_break(frame) || !is_utf8(frame) ? 'e' : '<';
    case TD_FRAME_WS_BINARY:
        return 'b';
    case TD_FRAME_HTTP:
        return 'h';
    default:
        return 0;
    }
}

enum journal_line journal_show_capture(FILE *out, const struct td_frame *frame)
{
    char dir = direction(frame);
    bool coded = dir == 'b' || dir == 'e', spaced = !coded && has_break(frame);
    if (!dir)
        return JOURNAL_LINE_NONE;
    if (dir == 'h' && frame->status != 200)
        return JOURNAL_LINE_CANNOT;
    fprintf(out, "%" PRId64 "\t%c\t", frame->recv_ns, dir);
    if (coded)
        put_base64(out, frame);
    else if (spaced)
        put_spaced(out, frame);
    else
        fwrite(frame->payload, 1, frame->bytes, out);
    putc('\n', out);
    return spaced ? JOURNAL_LINE_SPACED : JOURNAL_LINE_EXACT;
}

/* ---- JSON ---- */

static const char *kind_word(unsigned kind)
{
    static const char *const word[TD_FRAME_KINDS] = {
        "none",  "text", "binary", "http",  "tick", "open", "close", "sent",
        "start", "stop", "config", "clock", "seal", "shed", "note",  "weights"};
    _Static_assert(TD_FRAME_KINDS == 16, "a word for each kind");
    return kind < TD_FRAME_KINDS ? word[kind] : "unknown";
}

static const char *origin_word(unsigned origin)
{
    static const char *const word[] = {"ws", "rest", "backfill", "sim", "import"};
    return origin < sizeof word / sizeof word[0] ? word[origin] : "unknown";
}

void journal_show_json(FILE *out, const struct td_frame *frame)
{
    fprintf(out,
            "{\"frame\":%" PRIu64 ",\"kind\":\"%s\",\"recv_ns\":%" PRId64 ",\"mono_ns\":%" PRId64
            ",\"origin\":\"%s\",\"conn\":%" PRIu32 ",\"status\":%u,",
            frame->number, kind_word(frame->kind), frame->recv_ns, frame->mono_ns,
            origin_word(frame->origin), frame->conn, frame->status);
    if (frame->source == TD_SOURCE_NONE)
        fputs("\"source\":null,", out);
    else
        fprintf(out, "\"source\":%u,", frame->source);
    if (is_utf8(frame)) {
        fputs("\"payload\":", out);
        show_json_text(out, frame->payload, frame->bytes);
    } else {
        fputs("\"payload_base64\":\"", out);
        put_base64(out, frame);
        putc('"', out);
    }
    fputs("}\n", out);
}
