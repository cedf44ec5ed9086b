/* Trades, tickers and heartbeats inside the core: ids that repeat, ids that are missing, rows. */
#include "app/core_parts.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"

static uint8_t row_flags(struct core_instrument *in, enum td_channel channel,
                         const struct td_event *event)
{
    uint8_t flags = 0;
    if (event->flags & TD_EVF_NO_EVENT_TIME)
        flags |= TD_ROW_NO_EVENT_TIME;
    if (event->flags & TD_EVF_BACKFILL)
        return flags | TD_ROW_BACKFILL;
    if (event->flags & TD_EVF_LISTED)
        return flags | TD_ROW_SNAPSHOT; /* old trades: their stamps lie in the past by nature */
    if (event->event_ns < in->last_event_ns[channel]) {
        flags |= TD_ROW_TIME_BACK;
        td_metric_add(TD_M_ts_regressions, 1);
    } else {
        in->last_event_ns[channel] = event->event_ns;
    }
    return flags;
}

static void trade_head(struct core *core, int stream, const struct td_event *event)
{
    const struct td_frame *frame = core->frame;
    bool backfill = event->flags & TD_EVF_BACKFILL;
    struct row_head head = {.frame = frame->number,
                            .recv_ns = frame->recv_ns,
                            .event_ns = event->event_ns,
                            .seq = event->seq_last,
                            .conn = frame->conn,
                            .origin = backfill ? TD_ORIGIN_BACKFILL : frame->origin,
                            .has_seq = event->flags & TD_EVF_HAS_SEQ ? 1 : 0};
    groups_head(core->groups, stream, &head);
}

static void trade_row(struct core *core, const struct td_event *event, bool last)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    if (core_sheds(core, TD_SHED_TRADES))
        return;
    in->today.rows[TD_CHANNEL_TRADES]++;
    const struct instrument *instrument = instruments_at(core->instruments, event->instrument);
    const struct td_trade *trade = &event->trade;
    int stream = in->stream[ROW_TRADES];
    trade_head(core, stream, event);
    struct row_trade *row = groups_append(core->groups, stream);
    row->price = td_steps_to_double(trade->price_steps, instrument->price_scale);
    row->size = td_steps_to_double(trade->size_steps, instrument->size_scale);
    row->price_text = core_big_text(core, stream, trade->price_steps, instrument->price_scale);
    row->size_text = core_big_text(core, stream, trade->size_steps, instrument->size_scale);
    in->price_bits |= core_bits(trade->price_steps);
    in->size_bits |= core_bits(trade->size_steps);
    row->trade_id = trade->trade_id;
    if (trade->uid.at != NULL)
        row->uid = groups_text(core->groups, stream, trade->uid.at, trade->uid.bytes);
    if (trade->side_raw.at != NULL && trade->side_raw.bytes > 0) /* no word is null */
        row->side_raw =
            groups_text(core->groups, stream, trade->side_raw.at, trade->side_raw.bytes);
    row->taker = trade->taker;
    row->flags = row_flags(in, TD_CHANNEL_TRADES, event);
    row->flags |=
        (uint8_t)((last ? TD_ROW_LAST : 0) | (event->flags & TD_EVF_AGGREGATED ? TD_ROW_CLEAR : 0) |
                  (event->flags & TD_EVF_LIQUIDATION ? TD_ROW_IMPLIED : 0));
    in->trades++;
    td_metric_add(TD_M_rows_trades, 1);
}

static void trades_missing(struct core *core, unsigned index, int64_t last_id, int64_t next_id)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.kind = TD_GAP_TRADE_ID,
                               .seq_from = last_id,
                               .seq_to = next_id,
                               .has_seq = true,
                               .missed = next_id - last_id - 1,
                               .has_missed = true};
    in->trade_gaps++;
    in->trades_missed += (uint64_t)note.missed;
    in->today.missed += (uint64_t)note.missed;
    td_metric_add(TD_M_trade_gaps, 1);
    td_metric_add(TD_M_trades_missed, (uint64_t)note.missed);
    struct core_lost_trades lost = {.first_id = last_id + 1,
                                    .last_id = next_id - 1,
                                    .hole = in->hole[TD_CHANNEL_TRADES],
                                    .to_ns = core->frame->recv_ns};
    if (lost.hole.open) {
        ledger_close(core, index, TD_CHANNEL_TRADES,
                     &note); /* a disconnect's hole: now its size is known */
    } else {
        int64_t good_ns = in->last_good_ns[TD_CHANNEL_TRADES];
        lost.hole.kind = TD_GAP_TRADE_ID;
        lost.hole.from_ns = good_ns != 0 ? good_ns : core->frame->recv_ns;
        lost.hole.gap_id = ledger_passed(core, index, TD_CHANNEL_TRADES, &note);
    }
    lost.hole.open = false;
    core_backfill_open(core, index, &lost);
}

/* A venue that counts anew sends ids far below the last one for ever: they are no repeats once several in a row count on from each
   other. Lists that a venue repeats do so too, and a second connection that is behind: neither is asked. */
static bool counts_anew(struct core *core, const struct td_event *event, bool stored)
{
    enum { REPEATS = 5 };
    struct core_instrument *in = &core->instrument[event->instrument];
    int64_t id = event->trade.trade_id;
    if (event->flags & TD_EVF_LISTED ||
        core_is_doubled(core, event->instrument, TD_CHANNEL_TRADES) ||
        in->last_trade_id - id <= TD_TRADES_KEPT)
        return false;
    in->repeats = id - 1 == in->repeat_id ? in->repeats + 1 : 1;
    in->repeat_id = id;
    if (in->repeats < REPEATS)
        return false;
    struct ledger_note note = {.kind = TD_GAP_TRADE_ID,
                               .seq_from = in->last_trade_id,
                               .seq_to = id,
                               .has_seq = true,
                               .missed = stored ? 0 : REPEATS - 1,
                               .has_missed = true,
                               .note = "the venue counts its trades anew"};
    in->trade_gaps++;
    in->trades_missed += (uint64_t)note.missed;
    in->today.missed += (uint64_t)note.missed;
    ledger_passed(core, event->instrument, TD_CHANNEL_TRADES, &note);
    in->heartbeat_trade_id = -1;
    core_backfill_forget(core, event->instrument);
    return true;
}

/* An id below the last one: true when it came late, and not before. */
static bool came_late(struct core *core, unsigned index, int64_t id)
{
    struct core_instrument *in = &core->instrument[index];
    return core_backfill_takes(core, index, id) ||
           (!core_backfill_has(in, id) && trade_ring_lacks(in->newest, id));
}

static bool counts_by_one(struct core *core, const struct td_event *event)
{
    return event->trade.uid.at == NULL &&
           core_source_of(core, event->instrument)->params.venue->trade_id_plus1;
}

/* True when the trade is new: a repeated id (the list after a subscribe, the other of two connections) is not stored twice. Ids of most
   venues are names, in whatever order they come: any that none of the newest trades has is new. Those that rise by one show what was
   missed; a lower one that none of the newest trades has came late, and is stored where it arrived. */
static bool trade_is_new(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    int64_t id = event->trade.trade_id;
    if (!counts_by_one(core, event))
        return !trade_ring_has(in->newest, &event->trade);
    if (id < 0)
        return true;
    if (!in->have_trade_id && !trade_ring_lacks(in->newest, id))
        return false; /* from before the symbol left and came back */
    if (in->have_trade_id && id <= in->last_trade_id) {
        bool late = came_late(core, event->instrument, id);
        if (!counts_anew(core, event, late))
            return late;
    } else if (in->have_trade_id && id - 1 > in->last_trade_id) {
        trades_missing(core, event->instrument, in->last_trade_id, id);
    }
    in->repeats = 0;
    in->have_trade_id = true;
    in->last_trade_id = id;
    return true;
}

/* True when the trade is to be stored: a repeat is not, nor what cannot be. */
static bool accept_trade(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    const struct instrument *instrument = instruments_at(core->instruments, event->instrument);
    if (event->trade.price_steps <= 0 || event->trade.size_steps <= 0) {
        struct ledger_note note = {.kind = TD_GAP_PARSE,
                                   .note = "trade without a positive price and size"};
        core->bucket = TD_BUCKET_ABSURD;
        ledger_passed(core, event->instrument, TD_CHANNEL_TRADES, &note);
        return false;
    }
    if (!core_conn_takes_trade(core, event) || !trade_is_new(core, event)) {
        if (core->bucket == TD_BUCKET_OK)
            core->bucket = TD_BUCKET_STALE;
        return false;
    }
    struct ledger_note good = {.action = TD_GAP_ACT_NONE};
    ledger_close(core, event->instrument, TD_CHANNEL_TRADES, &good);
    core_features_trade(core, event);
    trade_ring_add(in->newest, &event->trade, event->event_ns, instrument->price_scale,
                   instrument->size_scale);
    if (core->bucket == TD_BUCKET_STALE)
        core->bucket = TD_BUCKET_PARTIAL; /* some of the list were repeats, some were new */
    return true;
}

/* A trade of the venue's history: stored where it is missing, and nothing else follows from it. */
static bool accept_backfill(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    const struct td_trade *trade = &event->trade;
    bool valid = trade->price_steps > 0 && trade->size_steps > 0 && trade->uid.at == NULL;
    if (!valid || !core_backfill_takes(core, event->instrument, trade->trade_id))
        return false;
    in->trades_missed -= in->trades_missed > 0;
    in->today.missed -= in->today.missed > 0;
    return true;
}

/* A list of old trades says nothing of the book now. */
static void note_trades(struct core *core, const struct td_event *first, bool stored)
{
    struct core_instrument *in = &core->instrument[first->instrument];
    in->today.frames[TD_CHANNEL_TRADES]++;
    if (!stored || first->flags & TD_EVF_BACKFILL)
        return;
    in->last_good_ns[TD_CHANNEL_TRADES] = core->frame->recv_ns;
    if (in->traded_ns == 0 && !(first->flags & TD_EVF_LISTED))
        in->traded_ns = core_pace_ns(core);
}

/* A run of trade events of one frame. Some venues list newest first: the older one is taken first then, so that ids rise. What is
   stored is known before the first row, since the last one says so. */
void core_trades(struct core *core, const struct td_event *events, uint32_t count)
{
    static const struct td_event *taken[TD_BATCH_EVENTS_MAX]; /* core thread only */
    uint32_t rows = 0;
    bool backfill = events[0].flags & TD_EVF_BACKFILL;
    bool falling = count > 1 && events[0].instrument == events[count - 1].instrument &&
                   events[0].trade.trade_id > events[count - 1].trade.trade_id;
    for (uint32_t i = 0; i < count; i++) {
        const struct td_event *event = &events[falling ? count - 1 - i : i];
        if (backfill ? accept_backfill(core, event) : accept_trade(core, event))
            taken[rows++] = event;
    }
    if (backfill && rows == 0)
        core->bucket = TD_BUCKET_STALE;
    note_trades(core, events, rows > 0);
    for (uint32_t i = 0; i < rows; i++)
        trade_row(core, taken[i], i + 1 == rows);
    core_backfill_settle(core, events[0].instrument);
}

static void ticker_row(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    int stream = in->stream[ROW_TICKER];
    core_head(core, stream, event->event_ns, event->flags & TD_EVF_HAS_SEQ, event->seq_last);
    struct row_ticker *row = groups_append(core->groups, stream);
    for (unsigned field = 0; field < TD_TICKER_FIELDS; field++)
        row->value[field] = event->ticker.value[field];
    row->present = event->ticker.present;
    row->kind = event->ticker.kind;
    row->next_funding_ns = event->ticker.next_funding_ns;
    row->liq_taker = event->ticker.liq_taker;
    row->flags = row_flags(in, TD_CHANNEL_TICKER, event) | TD_ROW_LAST;
    in->today.rows[TD_CHANNEL_TICKER]++;
    td_metric_add(TD_M_rows_ticker, 1);
}

void core_ticker(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    struct ledger_note good = {.action = TD_GAP_ACT_NONE};
    if (!core_conn_takes(core, event->instrument)) {
        core->bucket = TD_BUCKET_STALE;
        return;
    }
    in->today.frames[TD_CHANNEL_TICKER]++;
    ledger_close(core, event->instrument, TD_CHANNEL_TICKER, &good);
    in->last_good_ns[TD_CHANNEL_TICKER] = core->frame->recv_ns;
    if (!core_sheds(core, TD_SHED_TICKER))
        ticker_row(core, event);
}

/* A heartbeat names the venue's last trade. It may run ahead of the match it names, so a trade counts as missed only when it
   has not come by the next heartbeat. */
void core_heartbeat(struct core *core, const struct td_event *event)
{
    struct core_instrument *in = &core->instrument[event->instrument];
    int64_t named = in->heartbeat_trade_id;
    if (!core_conn_takes(core, event->instrument))
        return;
    if (named >= 0 && in->have_trade_id && named > in->last_trade_id) {
        trades_missing(core, event->instrument, in->last_trade_id, named + 1);
        in->last_trade_id = named;
    }
    in->heartbeat_trade_id = event->last_trade_id;
}
