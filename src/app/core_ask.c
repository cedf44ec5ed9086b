/* What the core wants from the world: bases, resubscriptions, symbol lists, reconnects. Paced by the frames' own stamps, so that
   replay asks for the same things at the same frames (and is not answered). */
#include <string.h>

#include "app/core_parts.h"
#include "base/log.h"
#include "base/metrics.h"

/* A book asks for a new base or snapshot at most so often (RELIABILITY 5: <= 1 per symbol in 10 s); twice as seldom each time that it
   brought no minute of proven book, down to one in five minutes. */
#define RESYNC_GAP_NS (10 * TD_NS_PER_S)
#define RESYNC_GAP_MAX_NS (300 * TD_NS_PER_S)
/* A request may be lost, or its answer: a book that still has no base this long after is asked for again. */
#define RESYNC_AGAIN_NS (60 * TD_NS_PER_S)
enum { RESYNC_BURST = 10, FAILS_MAX = 5, SUBSCRIBE_GAP_MS = 100 /* where a venue states none */ };

static void ask(struct core *core, const struct wire_request *request)
{
    if (core->params.request != NULL)
        core->params.request(core->params.request_arg, request);
}

void core_want_resync(struct core *core, unsigned index, int64_t after_ns)
{
    struct core_instrument *in = &core->instrument[index];
    if (!in->want_resync && in->resync_after_ns < after_ns)
        in->resync_after_ns = after_ns;
    in->want_resync = true;
    core_ask_due(core, instruments_at(core->instruments, index)->source);
}

static void ask_base(struct core *core, const struct core_source *source,
                     const struct instrument *instrument)
{
    struct wire_request request = {.kind = WIRE_REQUEST_FETCH, .source = instrument->source};
    size_t bytes = source->params.venue->base_url(source->params.rest_url, instrument, request.text,
                                                  sizeof request.text);
    request.bytes = (uint32_t)bytes;
    if (bytes > 0)
        ask(core, &request);
}

/* False: the venue has no text for that. */
static bool ask_resubscribe(struct core *core, const struct core_source *source,
                            const struct instrument *instrument, uint32_t conn)
{
    const struct venue *venue = source->params.venue;
    for (unsigned n = 0; venue->resubscribe != NULL; n++) {
        struct wire_request request = {
            .kind = WIRE_REQUEST_SEND, .source = instrument->source, .conn = conn};
        size_t bytes = venue->resubscribe(instrument, n, request.text, sizeof request.text);
        if (bytes == 0)
            return n > 0;
        request.bytes = (uint32_t)bytes;
        ask(core, &request);
    }
    return false;
}

/* An image comes with a new connection alone. That one knows nothing of the pauses of its books: the one that made this book suspect is
   kept, or a quiet symbol would end the connection of all the others each minute. */
static void ask_connection(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    unsigned at = core_line_of(core, index, TD_CHANNEL_BOOK);
    struct core_line *line = &core->source[instrument->source].line[at];
    int64_t now_ns = core_pace_ns(core), pause_ns = now_ns - in->book_heard_ns;
    if (!core_may_remake(line, now_ns)) {
        in->want_resync = true;
        in->resync_after_ns = line->remake_after_ns;
        return;
    }
    if (in->book_heard_ns != 0 && pause_ns > in->longest_pause_ns)
        in->longest_pause_ns = pause_ns;
    core_ask_reconnect(core, instrument->source, core_conn_of(core, index));
}

/* The venue's pace, with a burst: next_ask_ns is when the last request would have been due had all waited their turn. */
static bool pace_allows(struct core_source *source, int64_t now_ns)
{
    const struct venue *venue = source->params.venue;
    uint32_t gap_ms = venue->base_gap_ms > 0        ? venue->base_gap_ms
                      : venue->subscribe_gap_ms > 0 ? venue->subscribe_gap_ms
                                                    : SUBSCRIBE_GAP_MS;
    int64_t gap_ns = gap_ms * TD_NS_PER_MS;
    if (source->next_ask_ns - now_ns > (RESYNC_BURST - 1) * gap_ns)
        return false;
    source->next_ask_ns = (source->next_ask_ns > now_ns ? source->next_ask_ns : now_ns) + gap_ns;
    return true;
}

bool core_ask_trades(struct core *core, unsigned index, int64_t first_id, int64_t last_id)
{
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    struct core_source *source = &core->source[instrument->source];
    struct wire_request request = {.kind = WIRE_REQUEST_FETCH, .source = instrument->source};
    if (!pace_allows(source, core_pace_ns(core)))
        return false;
    request.bytes = (uint32_t)source->params.venue->trades_url(
        source->params.rest_url, instrument, first_id, last_id, request.text, sizeof request.text);
    if (request.bytes > 0)
        ask(core, &request);
    return true;
}

static int64_t quarantine_ns(struct core_instrument *in)
{
    int64_t gap_ns = RESYNC_GAP_NS << in->fails;
    in->fails += in->fails < FAILS_MAX;
    return gap_ns < RESYNC_GAP_MAX_NS ? gap_ns : RESYNC_GAP_MAX_NS;
}

/* Ask for every book of the source that is due, as far as the venue's pace allows now. */
void core_ask_due(struct core *core, uint16_t source_index)
{
    struct core_source *source = &core->source[source_index];
    const struct venue *venue = source->params.venue;
    int64_t now_ns = core_pace_ns(core);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        struct core_instrument *in = &core->instrument[i];
        const struct instrument *instrument = instruments_at(core->instruments, i);
        if (!in->want_resync || in->voice.refused || instrument->source != source_index ||
            now_ns < in->resync_after_ns || !core_book_up(core, i))
            continue;
        if (!pace_allows(source, now_ns))
            return;
        in->want_resync = false;
        in->resync_after_ns = now_ns + quarantine_ns(in);
        if (venue->resync == VENUE_RESYNC_BASE)
            ask_base(core, source, instrument);
        else if (!ask_resubscribe(core, source, instrument, core_conn_of(core, i)))
            ask_connection(core, i);
    }
}

void core_ask_overdue(struct core *core, uint16_t source_index)
{
    const struct core_source *source = &core->source[source_index];
    if (!(source->params.channels & (1u << TD_CHANNEL_BOOK)))
        return;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct core_instrument *in = &core->instrument[i];
        const struct instrument *instrument = instruments_at(core->instruments, i);
        bool exists = instrument->listed || !source->list_known;
        if (instrument->source == source_index && exists && !in->voice.refused &&
            !in->sync.have_base && !in->want_resync && core_book_heard(core, i) &&
            core_pace_ns(core) - in->resync_after_ns > RESYNC_AGAIN_NS)
            core_want_resync(core, i, 0);
    }
}

/* ---- the symbol list --------------------------------------------------------------------------- */

static struct venue_subscription all_of(const struct core *core, uint16_t source_index)
{
    return (struct venue_subscription){.instruments = core->instruments,
                                       .source = source_index,
                                       .every_shard = true,
                                       .channels = core->source[source_index].params.channels};
}

static size_t list_url(const struct core *core, uint16_t source_index, unsigned page, char *out,
                       size_t cap)
{
    const struct core_source_params *params = &core->source[source_index].params;
    struct venue_subscription sub = all_of(core, source_index);
    return venue_list_url(params->venue, params->rest_url, &sub, page, out, cap);
}

static size_t volume_url(const struct core *core, uint16_t source_index, char *out, size_t cap)
{
    const struct core_source_params *params = &core->source[source_index].params;
    struct venue_subscription sub = all_of(core, source_index);
    return venue_volume_url(params->venue, params->rest_url, &sub, out, cap);
}

/* As many pages a second as the venue's pace allows, but few: bases are waited for, lists are not. */
static unsigned pages_a_turn(const struct venue *venue)
{
    enum { MOST = 4 };
    unsigned fit = venue->base_gap_ms > 0 ? 1000 / venue->base_gap_ms : MOST;
    return fit < 1 ? 1 : fit < MOST ? fit : MOST;
}

static void ask_pages(struct core *core, uint16_t source_index)
{
    struct core_source *source = &core->source[source_index];
    unsigned pages = pages_a_turn(source->params.venue);
    for (unsigned i = 0; i < pages && source->list_next != CORE_LIST_ASKED; i++) {
        struct wire_request request = {.kind = WIRE_REQUEST_FETCH, .source = source_index};
        request.bytes = (uint32_t)list_url(core, source_index, source->list_next, request.text,
                                           sizeof request.text);
        source->list_next = request.bytes > 0 ? source->list_next + 1 : CORE_LIST_ASKED;
        if (request.bytes > 0)
            ask(core, &request);
    }
}

/* Volumes mean nothing here: they are asked for on behalf of who chooses symbols by them, and only where that is wanted. */
static void ask_volumes(struct core *core, uint16_t source_index)
{
    struct wire_request request = {.kind = WIRE_REQUEST_FETCH, .source = source_index};
    if (!(core->params.ask_volumes & 1u << source_index))
        return;
    request.bytes = (uint32_t)volume_url(core, source_index, request.text, sizeof request.text);
    if (request.bytes > 0)
        ask(core, &request);
}

/* At each connect and once a day: listings and increments change. */
void core_ask_list_due(struct core *core, uint16_t source_index)
{
    struct core_source *source = &core->source[source_index];
    if (!core_any_up(source))
        return;
    if (core_pace_ns(core) >= source->list_after_ns) {
        source->list_after_ns = core_pace_ns(core) + 24 * TD_NS_PER_HOUR;
        source->list_next = source->list_came = 0;
        ask_volumes(core, source_index);
    }
    ask_pages(core, source_index);
}

static bool answers(const struct td_frame *frame, const char *url, size_t bytes)
{
    return bytes > 0 && frame->bytes > bytes && frame->payload[bytes] == '\t' &&
           memcmp(frame->payload, url, bytes) == 0;
}

bool core_is_list(const struct core *core, uint16_t source)
{
    char url[TD_URL_MAX];
    size_t bytes;
    for (unsigned page = 0; (bytes = list_url(core, source, page, url, sizeof url)) > 0; page++)
        if (answers(core->frame, url, bytes))
            return true;
    return false;
}

bool core_is_volumes(const struct core *core, uint16_t source)
{
    char url[TD_URL_MAX];
    return answers(core->frame, url, volume_url(core, source, url, sizeof url));
}

bool core_list_whole(struct core *core, uint16_t source)
{
    char url[TD_URL_MAX];
    unsigned pages = 0;
    if (core->frame->kind != TD_FRAME_HTTP || !core_is_list(core, source))
        return core->list_seen; /* a list that comes by the socket is one message */
    while (list_url(core, source, pages, url, sizeof url) > 0)
        pages++;
    core->source[source].list_came++;
    return core->source[source].list_came >= pages;
}

void core_ask_reconnect(struct core *core, uint16_t source_index, uint32_t conn)
{
    struct wire_request request = {
        .kind = WIRE_REQUEST_RECONNECT, .source = source_index, .conn = conn};
    ask(core, &request);
}

void core_ask_overlap(struct core *core, uint16_t source_index, uint32_t conn)
{
    struct wire_request request = {
        .kind = WIRE_REQUEST_OVERLAP, .source = source_index, .conn = conn};
    ask(core, &request);
}

void core_ask_drop(struct core *core, uint16_t source_index, uint32_t conn)
{
    struct wire_request request = {.kind = WIRE_REQUEST_DROP, .source = source_index, .conn = conn};
    ask(core, &request);
}
