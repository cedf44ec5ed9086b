#include "lake/rebuild.h"

#include <string.h>

#include "base/decimal.h"
#include "lake/verb.h"

enum { LEVELS_MAX = 1 << 20, ALIGN = 64 };
enum { SCALE_RECV, SCALE_PRICE, SCALE_SIZE };
static const char *const scale_names[] = {"ts_recv", "price_scale", "size_scale", NULL};

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
    cursor_open(&rebuild->scales, stream, STREAM_INSTRUMENTS, scale_names);
    rebuild->have_scale = cursor_next(&rebuild->scales);
    if (!rebuild->have_scale) {
        rebuild->price_scale = stream->price_scale;
        rebuild->size_scale = stream->size_scale;
    }
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
    cursor_close(&rebuild->scales);
    lake_buffer_free(&rebuild->pool_memory);
    lake_buffer_free(&rebuild->book_memory);
    lake_buffer_free(&rebuild->engine_memory);
}

/* ---- scales ---------------------------------------------------------------------------------- */

/* Sums of fixed point round by the step: they are the recorder's only if its steps grow finer where they did then. */
static void refine(struct rebuild *rebuild, int price_scale, int size_scale)
{
    const struct lake_stream *stream = rebuild->stream;
    price_scale = price_scale > stream->price_scale ? stream->price_scale : price_scale;
    size_scale = size_scale > stream->size_scale ? stream->size_scale : size_scale;
    int price_more = price_scale - rebuild->price_scale,
        size_more = size_scale - rebuild->size_scale;
    price_more = price_more > 0 ? price_more : 0;
    size_more = size_more > 0 ? size_more : 0;
    if (!price_more && !size_more)
        return;
    rebuild->price_scale += price_more;
    rebuild->size_scale += size_more;
    int64_t price_factor = td_pow10(price_more), size_factor = td_pow10(size_more);
    if (book_rescale(rebuild->book, price_factor, size_factor) < 0) {
        verb_complain(NULL, "%s %s: its levels do not fit finer steps", stream->exchange,
                      stream->symbol);
        rebuild->code = EXIT_FOUND;
    }
    if (rebuild->features)
        features_rescale(rebuild->features, price_factor, size_factor);
}

/* What the ledger of instruments said by the time of this event. */
static void follow_scales(struct rebuild *rebuild, int64_t recv_us)
{
    int64_t since, price, size;
    while (rebuild->have_scale && cursor_whole(&rebuild->scales, SCALE_RECV, &since) &&
           since <= recv_us) {
        if (cursor_whole(&rebuild->scales, SCALE_PRICE, &price) &&
            cursor_whole(&rebuild->scales, SCALE_SIZE, &size))
            refine(rebuild, (int)price, (int)size);
        rebuild->have_scale = cursor_next(&rebuild->scales);
    }
    rebuild->code = verb_worse(rebuild->code, rebuild->scales.code);
}

/* Steps of the stream's scales in the rebuild's; where they are not whole the scales grow finer at once. */
static void narrow(struct rebuild *rebuild, int64_t *price_steps, int64_t *size_steps)
{
    const struct lake_stream *stream = rebuild->stream;
    int64_t price = td_pow10(stream->price_scale - rebuild->price_scale),
            size = td_pow10(stream->size_scale - rebuild->size_scale);
    if (*price_steps % price || *size_steps % size) {
        refine(rebuild, stream->price_scale, stream->size_scale);
        return;
    }
    *price_steps /= price;
    *size_steps /= size;
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
    narrow(rebuild, &trade.price_steps, &trade.size_steps);
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
        struct feed_level level = event->level[i];
        int64_t was;
        if (level.flags & TD_ROW_MARKER)
            continue;
        narrow(rebuild, &level.price_steps, &level.size_steps);
        if (book_set_was(rebuild->book, level.side, level.price_steps, level.size_steps, &was) < 0)
            return false;
        if (rebuild->features && !image)
            features_level(rebuild->features, level.side, level.price_steps, was, level.size_steps);
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
                     ? features_book(rebuild->features, rebuild->book, rebuild->price_scale,
                                     rebuild->size_scale, feed_event_ns(&event->head))
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
    follow_scales(rebuild, rebuild->event.head.recv_us);
    if (!rebuild->event.is_trade)
        return apply_book(rebuild);
    feed_trade(rebuild);
    return REBUILD_TRADE;
}
