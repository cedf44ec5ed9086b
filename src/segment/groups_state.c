#include <string.h>

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

int groups_find(const struct groups *groups, enum row_table table, const char *exchange,
                const char *symbol)
{
    for (uint32_t i = 0; i < groups->stream_count; i++) {
        const struct stream *stream = &groups->stream[i];
        if (stream->table == table && strcmp(stream->exchange, exchange) == 0 &&
            strcmp(stream->symbol, symbol) == 0)
            return (int)i;
    }
    return -1;
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
    if (state->loading)
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
    if (stream == NULL && !state->failed && found.table < ROW_TABLES) { /* it may come back */
        int added = groups_stream(groups, found.table, found.exchange, found.symbol);
        stream = added >= 0 ? &groups->stream[added] : NULL;
    }
    if (stream == NULL)
        return;
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
    for (uint32_t i = 0; state->loading && i < count && !state->failed; i++)
        load_stream(groups, state);
    /* By name: in what order streams came decides nothing, so it is not kept. */
    for (struct stream *s = state->loading ? NULL : groups->first_by_name; s; s = s->next_by_name)
        stream_state(s, state);
}
