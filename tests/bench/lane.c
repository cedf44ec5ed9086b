#include "lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/inflate.h"

enum { TOKENS = 400000, POOL_LEVELS = 1 << 19 };

static void apply(struct lane *lane, const struct td_event *event)
{
    for (uint32_t i = 0; i < event->level_count; i++) {
        const struct td_level *level = &lane->sink.level[event->level_first + i];
        if (lane->kept != NULL) {
            lane->kept[lane->kept_count] = *level;
            lane->kept_book[lane->kept_count++] = event->instrument;
        }
        if (lane->apply && (event->kind == TD_EVENT_DELTA || level->size_steps > 0))
            book_set(lane->book[event->instrument], level->side, level->price_steps,
                     level->size_steps);
    }
    if (lane->apply && event->kind == TD_EVENT_SNAPSHOT && !(event->flags & TD_EVF_CONTINUES))
        book_settle(lane->book[event->instrument]);
    lane->levels += event->level_count;
}

static void take_events(struct venue_sink *sink)
{
    struct lane *lane = sink->flush_arg;
    lane->events += sink->event_count;
    for (uint32_t e = 0; e < sink->event_count; e++)
        if (sink->event[e].kind == TD_EVENT_SNAPSHOT || sink->event[e].kind == TD_EVENT_DELTA)
            apply(lane, &sink->event[e]);
}

static void rescale(struct lane *lane)
{
    struct instrument *in =
        instruments_at(lane->ctx.instruments, (unsigned)lane->sink.need_instrument);
    if (lane->sink.need_price_scale > in->price_scale)
        in->price_scale = (int8_t)lane->sink.need_price_scale;
    if (lane->sink.need_size_scale > in->size_scale)
        in->size_scale = (int8_t)lane->sink.need_size_scale;
}

void lane_parse(struct lane *lane, const struct feed_message *message)
{
    struct td_frame frame = feed_frame(message);
    int got;
    while ((got = venue_parse(lane->venue, &lane->ctx, &frame)) == TD_E_OFF_GRID)
        rescale(lane);
    if (got == TD_BUCKET_OK)
        take_events(&lane->sink);
}

void lane_open(struct lane *lane, const struct feed *feed)
{
    struct book_pool *pool = book_pool_init(malloc(book_pool_footprint(POOL_LEVELS)), POOL_LEVELS);
    *lane = (struct lane){.feed = feed, .venue = venue_find(feed->venue)};
    lane->sink = (struct venue_sink){.event = malloc(TD_BATCH_EVENTS_MAX * sizeof(struct td_event)),
                                     .level = malloc(TD_BATCH_LEVELS_MAX * sizeof(struct td_level)),
                                     .flush = take_events,
                                     .flush_arg = lane};
    lane->ctx = (struct venue_ctx){
        .instruments =
            instruments_init(malloc(instruments_footprint(LANE_SYMBOLS_MAX)), LANE_SYMBOLS_MAX),
        .json = json_init(malloc(json_footprint(TOKENS)), TOKENS),
        .inflate = inflate_init(malloc(inflate_footprint(TD_INFLATED_MAX)), TD_INFLATED_MAX),
        .sink = &lane->sink,
        .state = calloc(1, VENUE_STATE_BYTES)};
    instruments_discover(lane->ctx.instruments, true);
    for (size_t i = 0; i < feed->count; i++)
        lane_parse(lane, &feed->message[i]);
    instruments_discover(lane->ctx.instruments, false);
    for (unsigned i = 0; i < instruments_count(lane->ctx.instruments); i++)
        lane->book[i] = book_init(malloc(book_footprint()), pool);
    lane->events = lane->levels = 0;
}

void lane_rewind(struct lane *lane)
{
    bool applied = lane->apply;
    struct td_level *kept = lane->kept;
    lane->kept = NULL;
    lane->apply = true;
    for (unsigned i = 0; i < instruments_count(lane->ctx.instruments); i++)
        book_clear(lane->book[i]);
    for (size_t i = 0; i < lane->feed->count; i++)
        if (lane->feed->message[i].base)
            lane_parse(lane, &lane->feed->message[i]);
    lane->apply = applied;
    lane->kept = kept;
    lane->events = lane->levels = 0;
}
