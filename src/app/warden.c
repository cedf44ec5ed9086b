#include "app/warden.h"

#include <string.h>

#include "app/reserve.h"
#include "app/retention.h"
#include "app/warden_page.h"
#include "app/warden_wear.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

enum {
    DISK_EVERY_S = 10,
    RESERVE_EVERY_S = 60,
    SEAL_EVERY_S = 300,
    LATE_MS = 1000,
    NOTE_MAX = 512
};

static int64_t mono_ns(const struct warden *warden)
{
    const struct td_clock *clock = &warden->params.deck->params.os->clock;
    return clock->mono_ns(clock->ctx);
}

static int64_t wall_ns(const struct warden *warden)
{
    const struct td_clock *clock = &warden->params.deck->params.os->clock;
    return clock->wall_ns(clock->ctx);
}

static bool due(const struct warden *warden, int64_t *next_ns, int64_t every_s)
{
    int64_t now_ns = mono_ns(warden);
    if (now_ns < *next_ns)
        return false;
    *next_ns = now_ns + every_s * TD_NS_PER_S;
    return true;
}

/* ---- what failed ---------------------------------------------------------------------------------------------------- */

static bool tell(struct warden *warden, enum td_gap_kind kind, int64_t from_ns, const char *words)
{
    static const char *const kinds[TD_GAP_KINDS] = {[TD_GAP_DISK_ERROR] = "disk_error",
                                                    [TD_GAP_JOURNAL_FULL] = "journal_full",
                                                    [TD_GAP_SHED] = "shed"};
    char text[NOTE_MAX];
    struct td_str note = td_str_on(text, sizeof text);
    td_str_add_format(&note, "kind=%s from_ns=%lld to_ns=%lld note=%s", kinds[kind],
                      (long long)from_ns, (long long)wall_ns(warden), words);
    return deck_note(warden->params.deck, TD_FRAME_NOTE, text, note.bytes);
}

/* A trouble is told when it is over; a note that finds no room is told a turn later. */
static void follow(struct warden *warden, struct warden_trouble *trouble, td_err now,
                   const char *what)
{
    char words[NOTE_MAX / 2];
    struct td_str text = td_str_on(words, sizeof words);
    if (now < 0 && trouble->err == 0)
        *trouble = (struct warden_trouble){now, wall_ns(warden)};
    if (now < 0 || trouble->err == 0)
        return;
    td_str_add_format(&text, "%s: %s", what, td_err_text(trouble->err));
    enum td_gap_kind kind =
        trouble->err == TD_E_JOURNAL_FULL ? TD_GAP_JOURNAL_FULL : TD_GAP_DISK_ERROR;
    if (tell(warden, kind, trouble->from_ns, words))
        trouble->err = 0;
}

/* A frame log that is full takes no note: kept until one finds room, for the journal says it once. */
static void tell_doubt(struct warden *warden)
{
    char words[NOTE_MAX / 2];
    struct td_str text = td_str_on(words, sizeof words);
    uint64_t last = 0, first = journal_doubt(warden->params.deck->journal, &last);
    if (first != 0 && (warden->doubt_first == 0 || first < warden->doubt_first))
        warden->doubt_first = first;
    if (first != 0 && last > warden->doubt_last)
        warden->doubt_last = last;
    if (warden->doubt_first == 0)
        return;
    td_str_add_format(&text, "a sync failed: a power cut may still take frames %llu to %llu",
                      (unsigned long long)warden->doubt_first,
                      (unsigned long long)warden->doubt_last);
    if (tell(warden, TD_GAP_DISK_ERROR, wall_ns(warden), words))
        warden->doubt_first = warden->doubt_last = 0;
}

/* ---- the journal's size ------------------------------------------------------------------------------------------------ */

/* The hour's seal and checkpoint are brought forward before the cap is reached: at the cap itself no frame could say so any more. */
static void watch_journal(struct warden *warden)
{
    struct deck *deck = warden->params.deck;
    int64_t held = journal_held_bytes(deck->journal), cap = deck->params.journal_max_bytes;
    if (held <= cap / 4 * 3 || !due(warden, &warden->next_seal_ns, SEAL_EVERY_S))
        return;
    static const char why[] = "journal_three_quarters";
    TD_WARN("deck", "event=journal_large held_bytes=%lld cap_bytes=%lld next=\"sealing early\"",
            (long long)held, (long long)cap);
    deck_note(deck, TD_FRAME_SEAL, why, sizeof why - 1);
}

/* ---- room on the disk ---------------------------------------------------------------------------------------------------- */

static void say_deleted(void *arg, const struct retention_item *item)
{
    (void)arg;
    TD_WARN("deck", "event=deleted file=%s bytes=%lld verified=%d", item->path,
            (long long)item->bytes, item->verified);
}

/* What no store had is gone for good then: the ledger says so. */
static void tell_deleted(struct warden *warden)
{
    char words[NOTE_MAX / 2];
    struct td_str text = td_str_on(words, sizeof words);
    if (warden->deleted == 0)
        return;
    td_str_add_format(&text, "%llu sealed segments that no store had were deleted to make room",
                      (unsigned long long)warden->deleted);
    if (tell(warden, TD_GAP_SHED, wall_ns(warden), words))
        warden->deleted = 0;
}

static void make_room(struct warden *warden)
{
    const struct warden_params *params = &warden->params;
    struct retention_params retention = {.disk = &params->deck->params.os->disk,
                                         .data_dir = params->deck->params.data_dir,
                                         .wanted_free_bytes = params->free_bytes,
                                         .may_delete_unverified = params->delete_unverified,
                                         .visit = say_deleted};
    struct retention_result result;
    if (retention_free(&retention, &result) == 0)
        warden->deleted += result.unverified;
}

/* How much of what is stored must go, by the room that is left: trades last. The core may still hold the level that the last run ended with,
   so the first word of a run is said in any case. A step back asks for a tenth more room than the step had. */
static enum td_shed shed_for(const struct warden *warden, int64_t free_bytes)
{
    static const struct {
        unsigned percent;
        enum td_shed level;
    } steps[] = {
        {20, TD_SHED_TRADES}, {40, TD_SHED_BOOK}, {60, TD_SHED_DEPTH}, {100, TD_SHED_TICKER}};
    int64_t percent = free_bytes / (warden->params.free_bytes / 100 + 1);
    if (warden->params.free_bytes == 0)
        return TD_SHED_NONE;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int64_t until = steps[i].percent + (warden->shed >= steps[i].level ? 10 : 0);
        if (percent < until)
            return steps[i].level;
    }
    return TD_SHED_NONE;
}

static void set_shed(struct warden *warden, enum td_shed level, int64_t free_bytes)
{
    char text[NOTE_MAX];
    struct td_str note = td_str_on(text, sizeof text);
    if (level == warden->shed && warden->shed_told)
        return;
    td_str_add_format(&note, "level=%d free_mb=%lld why=disk", (int)level,
                      (long long)(free_bytes >> 20));
    if (!deck_note(warden->params.deck, TD_FRAME_SHED, text, note.bytes))
        return;
    if (level != warden->shed)
        TD_WARN("deck", "event=shed level=%d before=%d free_mb=%lld", (int)level, (int)warden->shed,
                (long long)(free_bytes >> 20));
    warden->shed = level;
    warden->shed_told = true;
}

static void watch_disk(struct warden *warden)
{
    const struct warden_params *params = &warden->params;
    const struct td_disk *disk = &params->deck->params.os->disk;
    const char *data_dir = params->deck->params.data_dir;
    int64_t free_bytes = disk->free_bytes(disk->ctx, data_dir);
    if (free_bytes < 0)
        return;
    if (free_bytes < params->free_bytes) {
        make_room(warden);
        free_bytes = disk->free_bytes(disk->ctx, data_dir);
    }
    set_shed(warden, shed_for(warden, free_bytes), free_bytes);
}

static void watch_reserve(struct warden *warden)
{
    const struct warden_params *params = &warden->params;
    const struct td_disk *disk = &params->deck->params.os->disk;
    const char *data_dir = params->deck->params.data_dir;
    if (params->reserve_bytes == 0)
        return;
    if (warden->writer.err == TD_E_DISK_FULL || warden->journal.err == TD_E_DISK_FULL)
        reserve_spend(disk, data_dir);
    else if (warden->shed == TD_SHED_NONE && due(warden, &warden->next_reserve_ns, RESERVE_EVERY_S))
        reserve_keep(disk, data_dir, params->reserve_bytes);
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------- */

static void watch_lag(struct warden *warden)
{
    uint64_t log = td_metric_get(TD_M_log_frame), core = td_metric_get(TD_M_core_frame);
    static struct deck_status status; /* main thread only */
    deck_status_copy(warden->params.deck, &status);
    int64_t lag_ms = log > core ? (wall_ns(warden) - status.recv_ns) / TD_NS_PER_MS : 0;
    bool late = lag_ms > LATE_MS;
    td_metric_set(TD_M_core_lag_ms, lag_ms > 0 ? (uint64_t)lag_ms : 0);
    if (late && !warden->late)
        TD_WARN("deck", "event=core_lags frames=%llu ms=%lld", (unsigned long long)(log - core),
                (long long)lag_ms);
    warden->late = late;
}

void warden_init(struct warden *warden, const struct warden_params *params, struct page_view *view)
{
    memset(warden, 0, sizeof *warden);
    warden->params = *params;
    warden->shed_told = params->deck->recovery.note.cause == START_FIRST;
    warden->view = params->page_path != NULL ? view : NULL;
    warden_wear_begin(warden);
    if (params->page_path == NULL)
        return;
    td_err err = page_create(&warden->page, params->page_path);
    if (err < 0)
        TD_WARN("deck", "event=no_state_page path=%s error=%s", params->page_path,
                td_err_name(err));
    warden_page_begin(warden);
}

void warden_turn(struct warden *warden)
{
    struct deck *deck = warden->params.deck;
    if (deck->journal != NULL) {
        follow(warden, &warden->journal, atomic_load(&deck->journal_err),
               "the journal took no frames");
        follow(warden, &warden->writer, writer_stats(deck->writer).last_err,
               "segments could not be written and were made again from the journal");
        tell_doubt(warden);
        watch_journal(warden);
    }
    if (due(warden, &warden->next_disk_ns, DISK_EVERY_S))
        watch_disk(warden);
    tell_deleted(warden);
    watch_reserve(warden);
    watch_lag(warden);
    warden_wear_turn(warden);
    if (warden->view != NULL)
        warden_page_publish(warden);
}

void warden_end(struct warden *warden)
{
    warden_wear_end(warden);
    if (warden->view != NULL)
        warden_page_end(warden);
}
