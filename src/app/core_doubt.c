/* Frames that cannot be used: which bucket they end in, and which books can no longer be believed because of them. */
#include <string.h>

#include "app/core_parts.h"
#include "base/log.h"
#include "base/text.h"

/* In quotes: one symbol may begin with another. */
static bool frame_names(const struct td_frame *frame, const struct instrument *instrument)
{
    char quoted[TD_SYMBOL_MAX + 2];
    struct td_str out = td_str_on(quoted, sizeof quoted);
    td_str_add_format(&out, "\"%s\"", instrument->raw);
    return memmem(frame->payload, frame->bytes, out.at, out.bytes) != NULL;
}

/* `known`: lost already, for a reason of its own; -1 none. */
static unsigned lose_books(struct core *core, bool all, int known)
{
    unsigned lost = 0;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_at(core->instruments, i);
        if (!(core_frame_brings(core, i) & 1u << TD_CHANNEL_BOOK) ||
            !(all || frame_names(core->frame, instrument)))
            continue;
        lost++;
        if ((int)i != known)
            core_book_lost(core, i, TD_BOOK_BROKEN, TD_GAP_PARSE, TD_GAP_ACT_RESYNC,
                           "a frame could not be read");
    }
    return lost;
}

/* Where nothing in the stream shows a hole, a frame that cannot be used may have been a change of a book: the books it names start
   over, all of the source when it is no JSON and names none. A checksum covers the touch alone, so the books a frame names start
   over there too. Elsewhere the sequence will tell. */
static void distrust(struct core *core, const struct venue *venue, int known)
{
    const struct td_frame *frame = core->frame;
    bool counted = venue->rule == SYNC_CONN1 && core->numbered != CORE_UNNUMBERED;
    if (frame->kind == TD_FRAME_HTTP ||
        (venue->rule != SYNC_NONE && venue->rule != SYNC_SUM && !counted))
        return;
    if (lose_books(core, false, known) == 0 && (venue->rule == SYNC_NONE || counted) &&
        json_parse(core->json, frame->payload, frame->bytes) < 0)
        lose_books(core, true, known);
}

/* Ids that rise by one show by themselves what a frame that could not be read has held; elsewhere it may have been trades of the symbols it
   names, of all that come this way when it is no JSON and names none. Tickers stand for themselves: the next one tells all. */
static void doubt_trades(struct core *core, const struct venue *venue)
{
    const struct ledger_note note = {.kind = TD_GAP_PARSE,
                                     .note = "a frame could not be read; it may have held trades"};
    const struct td_frame *frame = core->frame;
    unsigned named = 0;
    if (venue->trade_id_plus1 || frame->kind == TD_FRAME_HTTP)
        return;
    for (unsigned pass = 0; pass < 2 && named == 0; pass++) {
        if (pass == 1 && json_parse(core->json, frame->payload, frame->bytes) >= 0)
            return;
        for (unsigned i = 0; i < core->instrument_count; i++) {
            bool comes = core_frame_brings(core, i) & 1u << TD_CHANNEL_TRADES;
            if (!comes || !(pass == 1 || frame_names(frame, instruments_at(core->instruments, i))))
                continue;
            named++;
            if (!core->instrument[i].hole[TD_CHANNEL_TRADES].open) /* else it covers this frame */
                ledger_passed(core, i, TD_CHANNEL_TRADES, &note);
        }
    }
}

/* A number that no scale can hold: the symbol's book is not to be believed until a fresh image comes. What it held goes, or it
   would keep the fresh image's finer scale from fitting. */
static void overflow(struct core *core)
{
    int index = core->sink.need_instrument;
    if (index < 0)
        return;
    core_book_lost(core, (unsigned)index, TD_BOOK_BROKEN, TD_GAP_OVERFLOW, TD_GAP_ACT_RESYNC,
                   "number beyond 64-bit steps; the frame is in the journal");
    book_clear(core->instrument[index].book);
}

const char *core_shown(const struct td_frame *frame, char shown[CORE_SHOWN_MAX])
{
    unsigned bytes = frame->bytes < CORE_SHOWN_MAX ? frame->bytes : CORE_SHOWN_MAX - 1;
    for (unsigned i = 0; i < bytes; i++)
        shown[i] = frame->payload[i] >= ' ' && frame->payload[i] <= '~' ? frame->payload[i] : '?';
    shown[bytes] = '\0';
    return shown;
}

static void malformed(const struct core *core, const struct venue *venue)
{
    char shown[CORE_SHOWN_MAX];
    const struct td_frame *frame = core->frame;
    TD_WARN("core", "source=%s frame=%llu event=malformed bytes=%u payload=\"%s\"", venue->name,
            (unsigned long long)frame->number, frame->bytes, core_shown(frame, shown));
}

void core_doubt(struct core *core, int got)
{
    const struct venue *venue = core->source[core->frame->source].params.venue;
    core->bucket = got == TD_E_OVERFLOW ? TD_BUCKET_ABSURD : got < 0 ? TD_BUCKET_MALFORMED : got;
    if (got == TD_E_OVERFLOW)
        overflow(core);
    if (core->bucket == TD_BUCKET_IGNORED && core->sink.leaving)
        core_overlap_notice(core);
    if (core->bucket == TD_BUCKET_MALFORMED)
        malformed(core, venue);
    if (core->bucket != TD_BUCKET_MALFORMED && core->bucket != TD_BUCKET_ABSURD)
        return;
    distrust(core, venue, got == TD_E_OVERFLOW ? core->sink.need_instrument : -1);
    if (core->bucket == TD_BUCKET_MALFORMED)
        doubt_trades(core, venue);
    if (core->frame->kind == TD_FRAME_HTTP)
        core_answer_failed(core);
}

void core_answer_failed(struct core *core)
{
    uint16_t source = core->frame->source;
    int64_t now_ns = core_pace_ns(core);
    if (core_is_list(core, source))
        core->source[source].list_after_ns = now_ns + 60 * TD_NS_PER_S;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        struct core_instrument *in = &core->instrument[i];
        bool waits = in->hold != NULL && !in->sync.have_base && !in->want_resync;
        if (waits && instruments_at(core->instruments, i)->source == source)
            core_want_resync(core, i, now_ns + 10 * TD_NS_PER_S);
    }
}
