/* Books that fall silent, stay crossed or fail again and again.

   Silence of one book cannot be told from quiet by the connection, which lives. So a book is stale
   - after 60 s without a message of it in which the same symbol traded: a trade changes a book;
   - after 60 s, or eight times its longest pause so far if that is more, without either. A quiet symbol is suspected once and asked for
     a fresh image; its own pause makes it trusted longer from then on.

   Where nothing proves that changes follow each other (venue->rebase_s), a book starts over now and then, so that a hole nobody saw does
   not stay in it for ever. */
#include "app/core_parts.h"
#include "base/log.h"
#include "base/metrics.h"

#define SILENCE_NS (60 * TD_NS_PER_S)
#define CROSSED_NS                                                                                 \
    (5 * TD_NS_PER_S) /* one frame may leave a book crossed; then the next must come */
#define MENDED_NS (60 * TD_NS_PER_S) /* proven so long: what failed before no longer counts */
#define FAILING_NS (600 * TD_NS_PER_S)
enum { PAUSES = 8, FAILING_TIMES = 3, FAILING_BOOKS = 3 };

/* ---- what happens to a book ------------------------------------------------------------------------------------------- */

void core_watch_book(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t now_ns = core_pace_ns(core);
    if (in->book_heard_ns != 0 && now_ns - in->book_heard_ns > in->longest_pause_ns)
        in->longest_pause_ns = now_ns - in->book_heard_ns;
    in->book_heard_ns = now_ns;
    in->traded_ns = 0;
}

/* A hole of the other channels of the same connection ends too: a symbol without trades would leave it open for hours. */
void core_watch_proven(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.action = TD_GAP_ACT_NONE, .note = "the book is proven again"};
    uint16_t source = instruments_peek(core->instruments, index)->source;
    unsigned line = core_line_of(core, index, TD_CHANNEL_BOOK);
    uint32_t channels = core_line_brings(core, source, line, index);
    for (unsigned channel = TD_CHANNEL_TRADES; channel < CORE_CHANNELS; channel++)
        if (channels & 1u << channel)
            ledger_close(core, index, (enum td_channel)channel, &note);
    core_count_book_time(core, index);
    in->proven_ns = core_pace_ns(core);
    in->want_resync = false;
}

void core_watch_lost(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    core_count_book_time(core, index);
    if (in->proven_ns != 0 && core_pace_ns(core) - in->proven_ns >= MENDED_NS)
        in->fails = 0;
    in->proven_ns = 0;
}

/* ---- a check that fails everywhere ------------------------------------------------------------------------------------- */

static bool failing(const struct core *core, const struct core_instrument *in)
{
    return in->breaks >= FAILING_TIMES && core_pace_ns(core) - in->breaks_from_ns <= FAILING_NS;
}

static bool all_failing(const struct core *core, uint16_t source)
{
    unsigned books = 0;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct instrument *instrument = instruments_peek(core->instruments, i);
        bool exists = instrument->listed || !core->source[source].list_known;
        if (instrument->source != source || !exists)
            continue;
        if (!failing(core, &core->instrument[i]))
            return false;
        books++;
    }
    return books >= FAILING_BOOKS;
}

/* Every book at once is no bad symbol: the venue changed its rule, or we read it wrongly. One line, not one a book. */
void core_watch_failed(struct core *core, unsigned index, enum td_gap_kind kind)
{
    struct core_instrument *in = &core->instrument[index];
    struct core_source *source = core_source_of(core, index);
    int64_t now_ns = core_pace_ns(core);
    if (in->breaks == 0 || now_ns - in->breaks_from_ns > FAILING_NS) {
        in->breaks = 0;
        in->breaks_from_ns = now_ns;
    }
    in->breaks++;
    if (now_ns < source->alarm_after_ns ||
        !all_failing(core, instruments_peek(core->instruments, index)->source))
        return;
    source->alarm_after_ns = now_ns + FAILING_NS;
    td_metric_add(TD_M_book_alarms, 1);
    TD_ERROR("core",
             "source=%s event=alarm error=\"the %s check fails on every book\" next=\"look for a "
             "notice of the venue; frames are kept\"",
             source->params.venue->name,
             kind == TD_GAP_CHECKSUM  ? "checksum"
             : kind == TD_GAP_CROSSED ? "crossed"
                                      : "sequence");
}

/* ---- once a second ----------------------------------------------------------------------------------------------------- */

static void check_age(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    int64_t age_ns = core_pace_ns(core) - in->book_heard_ns;
    if (in->book_heard_ns == 0)
        return;
    if (in->sync.crossed_frames > 0 && age_ns > CROSSED_NS)
        core_book_lost(core, index, TD_BOOK_BROKEN, TD_GAP_CROSSED, TD_GAP_ACT_RESYNC,
                       "left crossed, and nothing came after");
    else if (age_ns > SILENCE_NS && in->traded_ns != 0)
        core_book_lost(core, index, TD_BOOK_STALE, TD_GAP_SILENT, TD_GAP_ACT_RESYNC,
                       "trades came and no change of the book");
    else if (age_ns > SILENCE_NS && age_ns > PAUSES * in->longest_pause_ns)
        core_book_lost(core, index, TD_BOOK_STALE, TD_GAP_SILENT, TD_GAP_ACT_RESYNC,
                       "silent for longer than ever");
}

/* Symbols start over one after the other: each has its own span, between three quarters of the venue's and all of it. */
static bool rebase_due(const struct core *core, unsigned index)
{
    enum { SPANS = 64 };
    const struct core_instrument *in = &core->instrument[index];
    int64_t span_ns = in->venue->rebase_s * TD_NS_PER_S;
    span_ns -= span_ns / 4 / SPANS * (index % SPANS);
    return in->hold != NULL && span_ns > 0 && in->sync.state == TD_BOOK_PROVEN &&
           core_pace_ns(core) - in->proven_ns >= span_ns;
}

/* One of a source at a time. What comes until the new base is held behind it. */
static void rebase(struct core *core, uint16_t source)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == source && rebase_due(core, i) &&
            core_book_heard(core, i)) {
            int64_t seq_last = core->instrument[i].sync.seq_last;
            core_book_lost(core, i, TD_BOOK_SYNCING, TD_GAP_PLANNED, TD_GAP_ACT_RESYNC,
                           "the book starts over: a hole could not be seen here");
            core->instrument[i].sync.seq_floor = seq_last;
            return;
        }
}

void core_watch(struct core *core)
{
    core_count_time(core);
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (core->instrument[i].sync.state == TD_BOOK_PROVEN && core_book_heard(core, i))
            check_age(core, i);
    for (unsigned s = 0; s < core->params.source_count; s++)
        rebase(core, (uint16_t)s);
}
