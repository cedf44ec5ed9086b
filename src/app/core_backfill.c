/* Trades that ids show to be missing, from the venue's history (SPEC I17). The ledger has told the hole when it showed; when trades of it
   came, its gap is closed once more: action backfilled, and how many are missing still.

   What comes so late moves nothing but rows: no features, no newest trades, no last id. Asked for page by page, newest first, while the
   answers bring something; three that bring nothing end it. Larger holes are filled at their newer end alone. The newest trades do not
   know what came so, hence a hole that is done is remembered until another one needs its place: a list after the next subscribe, or a
   second connection, may repeat its trades. */
#include <string.h>

#include "app/core_parts.h"
#include "base/log.h"
#include "base/state.h"
#include "base/text.h"

#define FIRST_NS TD_NS_PER_S /* a history may be behind its stream */
#define AGAIN_NS (10 * TD_NS_PER_S)
enum { TRIES = 3, PAGE_IDS = 1000 };

static bool is_here(const struct core_backfill *hole, int64_t id)
{
    uint64_t at = (uint64_t)(id - hole->first_id);
    return (hole->here[at / 64] >> at % 64 & 1) != 0;
}

static struct core_backfill *hole_of(struct core_instrument *in, int64_t id)
{
    for (unsigned h = 0; h < CORE_BACKFILLS; h++) {
        struct core_backfill *hole = &in->backfill[h];
        if (hole->last_id != 0 && id >= hole->first_id && id <= hole->last_id)
            return hole;
    }
    return NULL;
}

bool core_backfill_has(struct core_instrument *in, int64_t id)
{
    const struct core_backfill *hole = hole_of(in, id);
    return hole != NULL && is_here(hole, id);
}

/* A free place, or that of the oldest one that is done. NULL: all are being filled. */
static struct core_backfill *place(struct core_instrument *in)
{
    struct core_backfill *oldest = NULL;
    for (unsigned h = 0; h < CORE_BACKFILLS; h++) {
        struct core_backfill *hole = &in->backfill[h];
        if (hole->last_id == 0)
            return hole;
        if (hole->done && (oldest == NULL || hole->last_id < oldest->last_id))
            oldest = hole;
    }
    return oldest;
}

void core_backfill_open(struct core *core, unsigned index, const struct core_lost_trades *lost)
{
    struct core_instrument *in = &core->instrument[index];
    struct core_backfill *hole = place(in);
    if (in->venue->trades_url == NULL || lost->last_id < lost->first_id || hole == NULL)
        return; /* many at once: this one stays a hole */
    int64_t first = lost->first_id;
    if (lost->last_id - first >= CORE_BACKFILL_IDS)
        first = lost->last_id - CORE_BACKFILL_IDS + 1;
    *hole = (struct core_backfill){.lost = *lost,
                                   .first_id = first,
                                   .last_id = lost->last_id,
                                   .left = (uint32_t)(lost->last_id - first + 1),
                                   .ask_ns = core_pace_ns(core) + FIRST_NS};
}

/* ---- the end ----------------------------------------------------------------------------------- */

static void end(struct core *core, unsigned index, struct core_backfill *hole)
{
    int64_t all = hole->lost.last_id - hole->lost.first_id + 1;
    int64_t missed = hole->left + (hole->first_id - hole->lost.first_id);
    char text[TD_TEXT_MAX];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "%lld of %lld trades came later", (long long)(all - missed),
                      (long long)all);
    struct ledger_note note = {.kind = (enum td_gap_kind)hole->lost.hole.kind,
                               .action = TD_GAP_ACT_BACKFILLED,
                               .seq_from = hole->lost.first_id - 1,
                               .seq_to = hole->lost.last_id + 1,
                               .has_seq = true,
                               .missed = missed,
                               .has_missed = true,
                               .note = text};
    if (missed < all) {
        TD_INFO("core", "exchange=%s symbol=%s event=backfilled trades=%lld missing=%lld",
                core->instrument[index].venue->name,
                instruments_peek(core->instruments, index)->symbol, (long long)(all - missed),
                (long long)missed);
        ledger_again(core, index, TD_CHANNEL_TRADES, &hole->lost.hole, hole->lost.to_ns, &note);
    }
    hole->done = true;
}

bool core_backfill_takes(struct core *core, unsigned index, int64_t id)
{
    struct core_instrument *in = &core->instrument[index];
    struct core_backfill *hole = hole_of(in, id);
    if (hole == NULL || hole->done || is_here(hole, id))
        return false;
    uint64_t at = (uint64_t)(id - hole->first_id);
    hole->here[at / 64] |= UINT64_C(1) << at % 64;
    hole->left--;
    hole->tries = 0;
    hole->ask_ns = core_pace_ns(core);
    return true;
}

void core_backfill_settle(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    for (unsigned h = 0; h < CORE_BACKFILLS; h++)
        if (in->backfill[h].left == 0 && in->backfill[h].last_id != 0 && !in->backfill[h].done)
            end(core, index, &in->backfill[h]);
}

void core_backfill_forget(struct core *core, unsigned index)
{
    struct core_instrument *in = &core->instrument[index];
    for (unsigned h = 0; h < CORE_BACKFILLS; h++)
        if (in->backfill[h].last_id != 0 && !in->backfill[h].done)
            end(core, index, &in->backfill[h]);
    memset(in->backfill, 0, sizeof in->backfill);
}

/* ---- once a second ----------------------------------------------------------------------------- */

/* The newest id that is not here, and as many before it as an answer brings. False: the venue's pace does not allow it now. */
static bool ask(struct core *core, unsigned index, struct core_backfill *hole)
{
    int64_t last = hole->last_id, now_ns = core_pace_ns(core);
    while (is_here(hole, last))
        last--;
    int64_t first = last - hole->first_id < PAGE_IDS ? hole->first_id : last - PAGE_IDS + 1;
    if (!core_ask_trades(core, index, first, last))
        return false;
    hole->ask_ns = now_ns + (AGAIN_NS << hole->tries);
    hole->tries++;
    return true;
}

static bool tend(struct core *core, unsigned index)
{
    for (unsigned h = 0; h < CORE_BACKFILLS; h++) {
        struct core_backfill *hole = &core->instrument[index].backfill[h];
        if (hole->last_id == 0 || hole->done || core_pace_ns(core) < hole->ask_ns)
            continue;
        if (hole->tries >= TRIES)
            end(core, index, hole);
        else if (!ask(core, index, hole))
            return false;
    }
    return true;
}

void core_backfill_tick(struct core *core, uint16_t source)
{
    if (!core_any_up(&core->source[source]) ||
        core->source[source].params.venue->trades_url == NULL)
        return;
    for (unsigned i = 0; i < core->instrument_count; i++)
        if (instruments_peek(core->instruments, i)->source == source && !tend(core, i))
            return;
}

/* The clock of ask_ns begins anew. */
void core_backfill_restart(struct core_instrument *in)
{
    for (unsigned h = 0; h < CORE_BACKFILLS; h++)
        in->backfill[h].ask_ns = 0;
}

/* ---- state ------------------------------------------------------------------------------------- */

static void one_state(struct core_backfill *hole, struct td_state *state)
{
    bool used = hole->last_id != 0;
    td_state_bool(state, &used);
    if (!used)
        return;
    hole->left = td_state_count(state, hole->left, CORE_BACKFILL_IDS);
    td_state_bool(state, &hole->done);
    td_state_i64(state, &hole->lost.first_id);
    td_state_i64(state, &hole->lost.last_id);
    core_hole_state(state, &hole->lost.hole);
    td_state_i64(state, &hole->lost.to_ns);
    td_state_i64(state, &hole->first_id);
    td_state_i64(state, &hole->last_id);
    td_state_i64(state, &hole->ask_ns);
    td_state_u8(state, &hole->tries);
    for (unsigned w = 0; w < CORE_BACKFILL_WORDS; w++)
        td_state_u64(state, &hole->here[w]);
    if (hole->first_id < 1 || hole->first_id > hole->last_id ||
        hole->last_id - hole->first_id >= CORE_BACKFILL_IDS || hole->tries > TRIES ||
        (hole->left == 0 && !hole->done))
        state->failed = true;
}

void core_backfill_state(struct core_instrument *in, struct td_state *state)
{
    for (unsigned h = 0; h < CORE_BACKFILLS; h++)
        one_state(&in->backfill[h], state);
}
