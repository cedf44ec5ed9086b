/* Symbols that a venue refuses, and those that go down with them: some venues refuse a whole batch because of one name in it.

   A name that the venue refuses is said once and asked for again every quarter of an hour. One of several that says nothing for 20 s after
   its connection opened is subscribed to again, alone and ever more seldom, whether the venue named a culprit or not: what was refused for
   another's sake comes then, and what does not come although an image was due is the culprit. A quiet symbol loses nothing by a second
   subscription. */
#include "app/core_parts.h"
#include "base/log.h"

#define QUIET_NS (20 * TD_NS_PER_S)
#define RETRY_NS (900 * TD_NS_PER_S)
#define A_TICK_NS TD_NS_PER_S
enum {
    NAMED_AFTER = 3, /* subscriptions alone without a word */
    DOUBLINGS = 6,
    GAP_MS = 100, /* where a venue states none */
    TEXTS = 3,    /* of one symbol: a channel each, at the most */
};

/* ---- who is named ------------------------------------------------------------------------------ */

/* What is open on a channel that brought nothing ends; from here on the reason is known. */
static void tell(struct core *core, unsigned index, const char *text)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note end = {.note = text}, note = {.kind = TD_GAP_VENUE_NOTICE, .note = text};
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++) {
        const struct core_hole *hole = &in->hole[channel];
        bool told = hole->open && hole->kind == TD_GAP_VENUE_NOTICE;
        bool good = !hole->open && in->last_good_ns[channel] != 0;
        if (told || good || !core_has_channel(core, index, (enum td_channel)channel))
            continue;
        ledger_close(core, index, (enum td_channel)channel, &end);
        ledger_open_now(core, index, (enum td_channel)channel, &note);
    }
}

static void quarantine(struct core *core, unsigned index, const char *text)
{
    struct core_voice *voice = &core->instrument[index].voice;
    const struct instrument *instrument = instruments_peek(core->instruments, index);
    const char *exchange = core->instrument[index].venue->name;
    int64_t now_ns = core_pace_ns(core);
    if (now_ns >= voice->said_ns)
        TD_ERROR(
            "core",
            "exchange=%s symbol=%s event=refused reason=\"%s\" next=\"see tapedeck symbols %s; "
            "it is asked for again every 15 min\"",
            exchange, instrument->symbol, text, exchange);
    voice->said_ns = now_ns + RETRY_NS;
    tell(core, index, text);
    if (voice->spoke)
        return; /* one channel of several */
    voice->refused = true;
    voice->ask_ns = now_ns + RETRY_NS;
}

void core_refused(struct core *core, unsigned index)
{
    quarantine(core, index, "the venue refuses the symbol");
}

/* ---- who speaks -------------------------------------------------------------------------------- */

void core_voice_begin(struct core *core, unsigned index)
{
    struct core_voice *voice = &core->instrument[index].voice;
    voice->spoke = false;
    voice->alone = 0;
    if (!voice->refused)
        voice->ask_ns = core_pace_ns(core) + QUIET_NS;
}

void core_voice_opened(struct core *core)
{
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == core->frame->source &&
            core_line_of(core, i, TD_CHANNEL_BOOK) == core->frame->status >> TD_OPEN_LINE_SHIFT)
            core_voice_begin(core, i);
}

void core_voice_heard(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    if (core->line != core_line_of(core, index, TD_CHANNEL_BOOK))
        return;
    bool waited = in->voice.refused || in->voice.alone > 0;
    in->voice.spoke = true;
    in->voice.refused = false;
    if (!waited)
        return;
    TD_INFO("core", "exchange=%s symbol=%s event=subscribed_alone", in->venue->name,
            instruments_peek(core->instruments, index)->symbol);
    if (in->hold != NULL && !in->sync.have_base)
        core_want_resync(core, index, core_pace_ns(core) + TD_NS_PER_S);
}

/* ---- once a second ----------------------------------------------------------------------------- */

struct company {
    unsigned symbols, speaking;
};

static struct company company_of(const struct core *core, uint16_t source)
{
    struct company company = {0};
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == source) {
            company.symbols++;
            company.speaking += core->instrument[i].voice.spoke;
        }
    return company;
}

/* The venue's pace, spread over the ticks. */
static bool pace_allows(struct core_source *source, int64_t now_ns)
{
    uint32_t gap_ms = source->params.venue->subscribe_gap_ms;
    int64_t gap_ns = TEXTS * (gap_ms > 0 ? gap_ms : GAP_MS) * TD_NS_PER_MS;
    if (source->next_alone_ns - now_ns >= A_TICK_NS)
        return false;
    source->next_alone_ns =
        (source->next_alone_ns > now_ns ? source->next_alone_ns : now_ns) + gap_ns;
    return true;
}

static int64_t patience_ns(uint32_t alone)
{
    int64_t ns = QUIET_NS << (alone < DOUBLINGS ? alone : DOUBLINGS);
    return ns < RETRY_NS ? ns : RETRY_NS;
}

/* Its subscription brings an image, so silence says something. */
static bool owes_an_image(const struct core *core, unsigned index)
{
    return core_has_channel(core, index, TD_CHANNEL_BOOK) &&
           core->instrument[index].venue->resync == VENUE_RESYNC_SUBSCRIBE;
}

static void ask_alone(struct core *core, unsigned index, const struct company *company)
{
    struct core_voice *voice = &core->instrument[index].voice;
    if (!voice->refused && voice->alone >= NAMED_AFTER && company->speaking > 0 &&
        owes_an_image(core, index)) {
        quarantine(core, index, "the venue says nothing of the symbol");
        return;
    }
    voice->alone++;
    voice->ask_ns = core_pace_ns(core) + (voice->refused ? RETRY_NS : patience_ns(voice->alone));
    core_tell_wire(core, index, core->instrument[index].venue->subscribe);
}

void core_refuse_tick(struct core *core, uint16_t source_index)
{
    struct core_source *source = &core->source[source_index];
    struct company company = company_of(core, source_index);
    int64_t now_ns = core_pace_ns(core);
    if (company.speaking == company.symbols)
        return;
    for (unsigned i = 0; i < core->instrument_count; i++) {
        const struct core_voice *voice = &core->instrument[i].voice;
        const struct instrument *instrument = instruments_peek(core->instruments, i);
        bool exists = instrument->listed || !source->list_known;
        if (instrument->source != source_index || !exists || voice->spoke || voice->ask_ns == 0 ||
            !core_book_up(core, i) || now_ns < voice->ask_ns ||
            (company.symbols < 2 && !voice->refused))
            continue;
        if (!pace_allows(source, now_ns))
            return;
        ask_alone(core, i, &company);
    }
}
