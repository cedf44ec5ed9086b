#include <string.h>

#include "base/utc.h"
#include "venue/emit.h"
#include "venue/inflate.h"
#include "venue/venue.h"

/* An HTTP payload is the URL, a tab and the body. */
static int parse_answer(const struct venue *venue, struct venue_ctx *ctx,
                        const struct td_frame *frame)
{
    if (frame->status != 200 || !venue->parse_http)
        return TD_BUCKET_IGNORED;
    const char *tab = memchr(frame->payload, '\t', frame->bytes);
    if (!tab)
        return TD_BUCKET_MALFORMED;
    struct td_text url = {frame->payload, (uint32_t)(tab - frame->payload)};
    struct td_text body = {tab + 1, frame->bytes - url.bytes - 1};
    return venue->parse_http(ctx, url, body, frame);
}

static int parse_once(const struct venue *venue, struct venue_ctx *ctx,
                      const struct td_frame *frame)
{
    if (frame->kind == TD_FRAME_HTTP)
        return parse_answer(venue, ctx, frame);
    return venue->parse(ctx, frame);
}

/* The same frame with its text unpacked, where it was packed. 0, or the bucket that it ends in. */
static int unpack(const struct venue *venue, struct venue_ctx *ctx, struct td_frame *frame)
{
    struct td_text text;
    if (venue->compression == VENUE_PLAIN || frame->kind != TD_FRAME_WS_BINARY)
        return 0;
    TD_ASSERT(ctx->inflate, "a venue that compresses has memory to unpack in");
    td_err err = inflate_frame(ctx->inflate, (enum venue_compression)venue->compression,
                               (struct td_text){frame->payload, frame->bytes}, &text);
    if (err < 0)
        return err == TD_E_NO_ROOM ? TD_BUCKET_ABSURD : TD_BUCKET_MALFORMED;
    frame->payload = text.at, frame->bytes = text.bytes;
    return 0;
}

static bool is_pong(const struct venue *venue, const struct td_frame *frame)
{
    return venue->pong_text && frame->kind != TD_FRAME_HTTP &&
           frame->bytes == strlen(venue->pong_text) &&
           memcmp(frame->payload, venue->pong_text, frame->bytes) == 0;
}

/* What every parser must leave behind; a stamp that cannot be is the venue's fault, the rest would
 * be ours. */
static bool times_plausible(const struct venue_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->sink->event_count; i++) {
        const struct td_event *event = &ctx->sink->event[i];
        TD_ASSERT(event->instrument < instruments_count(ctx->instruments),
                  "event of no instrument");
        if (!(event->flags & TD_EVF_NO_EVENT_TIME) && !td_utc_plausible(event->event_ns))
            return false;
    }
    return true;
}

/* A frame counts as a whole or not at all, so one that is too large for the sink is read twice:
   first to see that it is good to its last byte, then to hand it on in pieces. */
static int parse_twice(const struct venue *venue, struct venue_ctx *ctx,
                       const struct td_frame *frame)
{
    struct venue_sink *sink = ctx->sink;
    void (*flush)(struct venue_sink *) = sink->flush;
    sink->flush = NULL;
    int result = parse_once(venue, ctx, frame);
    sink->flush = flush;
    if (result == TD_BUCKET_OK && !times_plausible(ctx))
        result = TD_BUCKET_ABSURD;
    if (result == TD_BUCKET_OK && sink->overflowed) {
        TD_ASSERT(flush, "a frame larger than the sink needs a flush");
        emit_clear(sink);
        result = parse_once(venue, ctx, frame);
        TD_ASSERT(result == TD_BUCKET_OK, "the second pass reads what the first has read");
    } else if (result != TD_BUCKET_OK) {
        sink->event_count = sink->level_count = 0;
    }
    return result;
}

int venue_parse(const struct venue *venue, struct venue_ctx *ctx, const struct td_frame *frame)
{
    struct td_frame plain = *frame;
    TD_ASSERT(frame->kind == TD_FRAME_WS_TEXT || frame->kind == TD_FRAME_WS_BINARY ||
                  frame->kind == TD_FRAME_HTTP,
              "only received frames are parsed");
    ctx->sink->unfit = false;
    emit_clear(ctx->sink);
    int bucket = unpack(venue, ctx, &plain);
    if (bucket != 0)
        return bucket;
    return is_pong(venue, &plain) ? TD_BUCKET_IGNORED : parse_twice(venue, ctx, &plain);
}
