/* Which connections a source has. A line is one of them: shard * endpoints + endpoint. How many shards there are is fixed by a start
   (app/core_config.c); an instrument knows its own. */
#include "app/core_parts.h"

void core_lines_set(struct core_source *source, unsigned shards)
{
    source->endpoints = venue_endpoints(source->params.venue);
    source->shards = shards;
    TD_ASSERT(shards > 0 && core_lines(source) <= TD_LINES_MAX, "a source has 1 to 8 lines");
}

void core_lines_found(struct core *core)
{
    unsigned shards[TD_SOURCES_MAX + 1] = {0};
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_peek(core->instruments, i);
        if (instrument->shard >= shards[instrument->source])
            shards[instrument->source] = instrument->shard + 1u;
    }
    for (unsigned s = 0; s < core->params.source_count; s++)
        core_lines_set(&core->source[s], shards[s] > 0 ? shards[s] : 1);
}

static uint32_t endpoint_channels(const struct core_source *source, unsigned endpoint)
{
    return venue_endpoint_at(source->params.venue, endpoint).channels & source->params.channels;
}

uint32_t core_line_brings(const struct core *core, uint16_t source_index, unsigned line,
                          unsigned index)
{
    const struct core_source *source = &core->source[source_index];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    if (instrument->source != source_index || instrument->shard != line / source->endpoints)
        return 0;
    return endpoint_channels(source, line % source->endpoints);
}

uint32_t core_frame_brings(const struct core *core, unsigned index)
{
    return core_line_brings(core, core->frame->source, core->line, index);
}

unsigned core_line_of(const struct core *core, unsigned index, enum td_channel channel)
{
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    const struct core_source *source = &core->source[instrument->source];
    unsigned endpoint = 0;
    while (endpoint < source->endpoints && !(endpoint_channels(source, endpoint) & 1u << channel))
        endpoint++;
    unsigned line =
        instrument->shard * source->endpoints + (endpoint < source->endpoints ? endpoint : 0);
    TD_ASSERT(line < TD_LINES_MAX, "an instrument is on a line of its source");
    return line;
}

static const struct core_line *line_of(const struct core *core, unsigned index,
                                       enum td_channel channel)
{
    uint16_t source = instruments_peek(core->instruments, index)->source;
    return &core->source[source].line[core_line_of(core, index, channel)];
}

bool core_book_up(const struct core *core, unsigned index)
{
    return line_of(core, index, TD_CHANNEL_BOOK)->up;
}

bool core_book_heard(const struct core *core, unsigned index)
{
    const struct core_line *line = line_of(core, index, TD_CHANNEL_BOOK);
    return line->up && !line->silent;
}

bool core_is_doubled(const struct core *core, unsigned index, enum td_channel channel)
{
    return line_of(core, index, channel)->shadow_up;
}

bool core_any_up(const struct core_source *source)
{
    for (unsigned line = 0; line < core_lines(source); line++)
        if (source->line[line].up)
            return true;
    return false;
}

void core_lines_count(const struct core_source *source, unsigned *count, unsigned *up)
{
    *count = *up = 0;
    for (unsigned line = 0; line < core_lines(source); line++) {
        if (endpoint_channels(source, line % source->endpoints) == 0)
            continue;
        *count += 1;
        *up += source->line[line].up;
    }
}
