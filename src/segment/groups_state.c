#include "base/state.h"
#include "segment/groups_parts.h"

static struct stream *find_stream(struct groups *groups, const struct stream *wanted)
{
    for (uint32_t i = 0; i < groups->stream_count; i++)
        if (groups->stream[i].namesakes == wanted->namesakes &&
            stream_name_compare(stream_name_of(&groups->stream[i]), stream_name_of(wanted)) == 0)
            return &groups->stream[i];
    return NULL;
}

static void stream_state(struct stream *stream, struct td_state *state)
{
    uint8_t table = (uint8_t)stream->table;
    td_state_u8(state, &table);
    td_state_text(state, stream->exchange, sizeof stream->exchange);
    td_state_text(state, stream->symbol, sizeof stream->symbol);
    td_state_u16(state, &stream->namesakes);
    td_state_i8(state, &stream->price_scale);
    td_state_i8(state, &stream->size_scale);
    td_state_u32(state, &stream->scale_epoch);
    stream->table = (enum row_table)table;
}

static bool is_scale(int8_t scale)
{
    return scale >= 0 && scale <= TD_SCALE_MAX;
}

static void load_stream(struct groups *groups, struct td_state *state)
{
    struct stream found = {0};
    stream_state(&found, state);
    if (!is_scale(found.price_scale) || !is_scale(found.size_scale))
        state->failed = true;
    struct stream *stream = state->failed ? NULL : find_stream(groups, &found);
    if (stream == NULL)
        return; /* no longer configured */
    stream->price_scale = found.price_scale;
    stream->size_scale = found.size_scale;
    stream->scale_epoch = found.scale_epoch;
}

void groups_state(struct groups *groups, struct td_state *state)
{
    enum { STREAMS_MARK = 0x67727073, STREAMS_MAX = 1 << 20 };
    TD_ASSERT(groups->open_pages == 0, "rows are pending: state is saved and loaded at a seal");
    td_state_mark(state, STREAMS_MARK);
    uint32_t count = td_state_count(state, groups->stream_count, STREAMS_MAX);
    for (uint32_t i = 0; i < count && !state->failed; i++) {
        if (state->loading)
            load_stream(groups, state);
        else
            stream_state(&groups->stream[i], state);
    }
}
