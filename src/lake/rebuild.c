#include "lake/rebuild.h"

#include <string.h>

#include "lake/verb.h"

enum { LEVELS_MAX = 1 << 20, ALIGN = 64 };

/* Aligned memory of a buffer. NULL: none. */
static void *room(struct lake_buffer *buffer, size_t bytes)
{
    if (lake_reserve(buffer, bytes + ALIGN) < 0)
        return NULL;
    uintptr_t at = ((uintptr_t)buffer->data + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1);
    return (void *)at;
}

int rebuild_open(struct rebuild *rebuild, const struct lake_stream *stream, unsigned tables,
                 const struct features_params *params)
{
    memset(rebuild, 0, sizeof *rebuild);
    rebuild->stream = stream;
    void *pool = room(&rebuild->pool_memory, book_pool_footprint(LEVELS_MAX));
    void *book = room(&rebuild->book_memory, book_footprint());
    void *engine = params ? room(&rebuild->engine_memory, features_footprint(params)) : NULL;
    if (!pool || !book || (params && !engine)) {
        verb_complain(NULL, "no memory for a book and its features");
        return rebuild->code = verb_exit(TD_E_NO_MEMORY);
    }
    rebuild->book = book_init(book, book_pool_init(pool, LEVELS_MAX));
    rebuild->features = params ? features_init(engine, params) : NULL;
    feed_open(&rebuild->feed, stream, tables);
    return rebuild->code = feed_code(&rebuild->feed);
}

bool rebuild_next(struct rebuild *rebuild)
{
    if (rebuild->code)
        return false;
    bool got = feed_next(&rebuild->feed, &rebuild->event);
    rebuild->code = feed_code(&rebuild->feed);
    rebuild->rows += got ? (rebuild->event.is_trade ? 1 : rebuild->event.level_count) : 0;
    return got;
}

void rebuild_close(struct rebuild *rebuild)
{
    feed_close(&rebuild->feed);
    lake_buffer_free(&rebuild->pool_memory);
    lake_buffer_free(&rebuild->book_memory);
    lake_buffer_free(&rebuild->engine_memory);
}

/* ---- events ---------------------------------------------------------------------------------- */

bool rebuild_two_sided(const struct rebuild *rebuild)
{
    return book_levels(rebuild->book, TD_SIDE_BID) && book_levels(rebuild->book, TD_SIDE_ASK) &&
           !book_crossed(rebuild->book);
}

/* Listed trades are old ones told again, back-filled ones come after the book events that they belong to: the core does not feed them. */
static void feed_trade(struct rebuild *rebuild)
{
    const struct feed_event *event = &rebuild->event;
    struct feature_trade trade = {feed_event_ns(&event->head), event->price_steps,
                                  event->size_steps, event->taker};
    if (rebuild->features && !(event->head.flags & TD_ROW_SNAPSHOT) &&
        event->head.origin != TD_ORIGIN_BACKFILL)
        features_trade(rebuild->features, &trade);
}

/* An image clears before its first level, whatever the flags of single rows; the engine is told of changes alone. */
static bool apply_levels(struct rebuild *rebuild, bool image)
{
    const struct feed_event *event = &rebuild->event;
    if (event->first_flags & TD_ROW_CLEAR)
        book_clear(rebuild->book);
    for (uint32_t i = 0; i < event->level_count; i++) {
        const struct feed_level *level = &event->level[i];
        int64_t was;
        if (level->flags & TD_ROW_MARKER)
            continue;
        if (book_set_was(rebuild->book, level->side, level->price_steps, level->size_steps, &was) <
            0)
            return false;
        if (rebuild->features && !image)
            features_level(rebuild->features, level->side, level->price_steps, was,
                           level->size_steps);
    }
    if (image)
        book_settle(rebuild->book);
    return true;
}

static enum rebuild_what fire(struct rebuild *rebuild)
{
    const struct feed_event *event = &rebuild->event;
    if (event->level_count == 1 && event->first_flags & TD_ROW_MARKER)
        return REBUILD_WITHHELD;
    bool fired = rebuild->features
                     ? features_book(rebuild->features, rebuild->book, rebuild->stream->price_scale,
                                     rebuild->stream->size_scale, feed_event_ns(&event->head))
                     : rebuild_two_sided(rebuild);
    return fired ? REBUILD_FIRED : REBUILD_WITHHELD;
}

static enum rebuild_what apply_book(struct rebuild *rebuild)
{
    const struct feed_event *event = &rebuild->event;
    bool image = event->first_flags & (TD_ROW_SNAPSHOT | TD_ROW_CLEAR), was = rebuild->proven;
    if (!apply_levels(rebuild, image)) {
        verb_complain(NULL, "%s %s: the book has more levels than there is memory for",
                      rebuild->stream->exchange, rebuild->stream->symbol);
        rebuild->code = verb_exit(TD_E_NO_MEMORY);
        return REBUILD_UNPROVEN;
    }
    rebuild->proven = event->state == TD_BOOK_PROVEN;
    if (rebuild->features && image)
        features_snapshot(rebuild->features);
    if (rebuild->features && was && !rebuild->proven)
        features_lost(rebuild->features);
    if (!rebuild->proven)
        return REBUILD_UNPROVEN;
    return image ? REBUILD_IMAGE : fire(rebuild);
}

enum rebuild_what rebuild_apply(struct rebuild *rebuild)
{
    if (!rebuild->event.is_trade)
        return apply_book(rebuild);
    feed_trade(rebuild);
    return REBUILD_TRADE;
}
