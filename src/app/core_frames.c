/* Optional table frames: every message as it came, and what we sent, so that what no table models is not lost either. */
#include "app/core_parts.h"
#include "base/metrics.h"

static enum td_channel channel_of(uint8_t kind)
{
    switch (kind) {
    case TD_EVENT_SNAPSHOT:
    case TD_EVENT_DELTA:
        return TD_CHANNEL_BOOK;
    case TD_EVENT_TRADE:
        return TD_CHANNEL_TRADES;
    case TD_EVENT_TICKER:
        return TD_CHANNEL_TICKER;
    default:
        return TD_CHANNEL_ALL;
    }
}

/* 1 + channel of what was used of the frame; 0: of several, or nothing tells. */
static uint8_t channel_told(const struct core *core)
{
    const struct venue_sink *sink = &core->sink;
    if (core->frame->kind == TD_FRAME_SENT || core->bucket != TD_BUCKET_OK ||
        sink->event_count == 0)
        return 0;
    enum td_channel channel = channel_of(sink->event[0].kind);
    for (uint32_t i = 1; i < sink->event_count; i++)
        if (channel_of(sink->event[i].kind) != channel)
            return 0;
    return channel == TD_CHANNEL_ALL ? 0 : (uint8_t)(1 + channel);
}

static struct row_frame row_of(const struct core *core)
{
    const struct td_frame *frame = core->frame;
    bool sent = frame->kind == TD_FRAME_SENT, http = frame->kind == TD_FRAME_HTTP;
    uint32_t parts = (frame->bytes + GROUPS_BYTES_MAX - 1) / GROUPS_BYTES_MAX;
    return (struct row_frame){.parts = parts > 0 ? (int32_t)parts : 1,
                              .status = frame->status,
                              .channel = channel_told(core),
                              .kind = http                                ? ROW_FRAME_HTTP
                                      : frame->kind == TD_FRAME_WS_BINARY ? ROW_FRAME_WS_BINARY
                                                                          : ROW_FRAME_WS_TEXT,
                              .sent = sent,
                              .bucket = sent ? TD_BUCKET_OK : (uint8_t)core->bucket,
                              .has_status = http};
}

void core_frame_rows(struct core *core, const struct core_source *source)
{
    const struct td_frame *frame = core->frame;
    int stream = source->stream_frames;
    if (stream < 0 || core_sheds(core, TD_SHED_FRAMES))
        return;
    struct row_frame all = row_of(core);
    core_head(core, stream, frame->recv_ns, false, 0);
    for (int32_t part = 0; part < all.parts; part++) {
        uint32_t at = (uint32_t)part * GROUPS_BYTES_MAX, left = frame->bytes - at;
        struct row_frame *row = groups_append(core->groups, stream);
        uint32_t head = row->head;
        *row = all;
        row->head = head;
        row->part = part;
        row->payload = groups_bytes(core->groups, stream, frame->payload + at,
                                    left < GROUPS_BYTES_MAX ? left : GROUPS_BYTES_MAX);
    }
    td_metric_add(TD_M_rows_frames, (uint64_t)all.parts);
}
