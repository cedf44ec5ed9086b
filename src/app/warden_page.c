#include "app/warden_page.h"

#include <math.h>
#include <string.h>

#include "app/source_health.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/seal.h"
#include "base/text.h"

static struct deck_status status; /* main thread only; too large for the stack */

static void copy(char *out, size_t cap, const char *text)
{
    td_text_copy(out, cap, text, strlen(text));
}

void warden_page_begin(struct warden *warden)
{
    struct page_deck *page = &warden->view->deck;
    const struct deck *deck = warden->params.deck;
    const struct td_clock *clock = &deck->params.os->clock;
    copy(page->build, sizeof page->build, deck_build());
    copy(page->deck, sizeof page->deck, deck->params.name);
    copy(page->data_dir, sizeof page->data_dir, deck->params.data_dir);
    page->start_cause = deck->recovery.note.cause;
    page->since_ns = clock->wall_ns(clock->ctx);
    page->journal_cap_bytes = deck->params.journal_max_bytes;
    page->clock_error_ns = -1;
}

/* ---- today ------------------------------------------------------------------------------------------------------------ */

/* What the counters stood at when this UTC day, or this process, began. */
static void begin_day(struct warden *warden, int64_t wall_ns)
{
    struct page_deck *page = &warden->view->deck;
    int64_t day_ns = wall_ns / (24 * TD_NS_PER_HOUR) * (24 * TD_NS_PER_HOUR);
    if (day_ns == page->day_ns)
        return;
    page->day_ns = day_ns;
    warden->day_journal_bytes = td_metric_get(TD_M_journal_bytes);
    warden->day_segment_bytes = td_metric_get(TD_M_segment_bytes);
    memcpy(warden->day_reconnects, warden->reconnects, sizeof warden->day_reconnects);
}

/* One row for all streams (SPEC 3.7). */
static bool is_device_wide(enum td_gap_kind kind)
{
    return kind == TD_GAP_START || kind == TD_GAP_STOP || kind == TD_GAP_POWER_LOSS ||
           kind == TD_GAP_CRASH || kind == TD_GAP_SHED || kind == TD_GAP_JOURNAL_FULL ||
           kind == TD_GAP_DISK_ERROR || kind == TD_GAP_CLOCK_STEP;
}

/* Days until the disk is full, from what today wrote in the part of the day (or of this run) that is over. */
static double days_left(const struct page_deck *page)
{
    int64_t from_ns = page->since_ns > page->day_ns ? page->since_ns : page->day_ns;
    double days = (double)(page->published_ns - from_ns) / (24.0 * (double)TD_NS_PER_HOUR);
    enum { MINUTES_MIN = 10 };
    if (page->disk_free_bytes < 0 || page->segment_today_bytes == 0 || days * 24 * 60 < MINUTES_MIN)
        return -1;
    return (double)page->disk_free_bytes / ((double)page->segment_today_bytes / days);
}

/* ---- parts -------------------------------------------------------------------------------------------------------------- */

static void fill_deck(struct warden *warden)
{
    struct page_deck *page = &warden->view->deck;
    struct deck *deck = warden->params.deck;
    const struct td_disk *disk = &deck->params.os->disk;
    struct writer_stats written = writer_stats(deck->writer);
    td_err journal_err = atomic_load(&deck->journal_err);
    double seconds =
        (double)(page->published_mono_ns - warden->published_mono_ns) / (double)TD_NS_PER_S;
    uint64_t syncs = td_metric_get(TD_M_journal_syncs);
    copy(page->writer_error, sizeof page->writer_error,
         written.last_err < 0 ? td_err_text(written.last_err) : "");
    copy(page->journal_error, sizeof page->journal_error,
         journal_err < 0 ? td_err_text(journal_err) : "");
    page->last_tick_ns = status.recv_ns;
    page->journal_held_bytes = deck->journal != NULL ? journal_held_bytes(deck->journal) : 0;
    page->journal_today_bytes =
        (int64_t)(td_metric_get(TD_M_journal_bytes) - warden->day_journal_bytes);
    page->journal_frame = td_metric_get(TD_M_log_frame);
    page->synced_frame = atomic_load(&deck->synced_frame);
    page->syncs_per_s = seconds > 0 ? (double)(syncs - warden->syncs) / seconds : 0;
    warden->syncs = syncs;
    page->core_frame = td_metric_get(TD_M_core_frame);
    page->core_lag_frames =
        page->journal_frame > page->core_frame ? page->journal_frame - page->core_frame : 0;
    page->core_lag_ms = (int64_t)td_metric_get(TD_M_core_lag_ms);
    page->replaying = status.from_files;
    page->queue_percent = framelog_fill_percent(deck->log);
    page->pool_percent = status.pool_percent;
    page->shed_level = warden->shed;
    page->segments = written.segments;
    page->segments_remade = written.remade;
    page->segments_differ = written.differs;
    page->allocations = td_seal_violations();
    page->segment_today_bytes =
        (int64_t)(td_metric_get(TD_M_segment_bytes) - warden->day_segment_bytes);
    page->written_today_bytes = page->journal_today_bytes + page->segment_today_bytes;
    page->disk_free_bytes = disk->free_bytes(disk->ctx, deck->params.data_dir);
    page->disk_days = days_left(page);
    page->clock_state = status.device.clock_state;
    page->clock_method = status.device.clock_method;
    page->clock_offset_ns = status.device.clock_offset_ns;
    page->clock_error_ns = status.device.clock_error_ns;
    for (unsigned k = 0; k < TD_GAP_KINDS; k++)
        page->gaps_today[k] = is_device_wide((enum td_gap_kind)k) ? status.device.gaps_today[k] : 0;
}

static void fill_source(struct warden *warden, unsigned at, double seconds)
{
    struct page_source *page = &warden->view->source[at];
    const struct core_source_status *source = &status.source[at];
    struct source_health health = source_health(warden->params.deck, at);
    copy(page->name, sizeof page->name, source->name);
    page->conn = source->conn;
    page->frames_per_s = seconds > 0 && source->frames >= page->frames
                             ? (double)(source->frames - page->frames) / seconds
                             : 0;
    page->bytes_per_s = seconds > 0 && source->bytes >= warden->source_bytes[at]
                            ? (double)(source->bytes - warden->source_bytes[at]) / seconds
                            : 0;
    warden->source_bytes[at] = source->bytes;
    page->frames = source->frames;
    page->errors = source->bucket[TD_BUCKET_MALFORMED] + source->bucket[TD_BUCKET_GAP] +
                   source->bucket[TD_BUCKET_ABSURD];
    if (health.lines == 0)
        return;
    static const enum page_source_state states[3] = {PAGE_CONNECTING, PAGE_UP, PAGE_BACKOFF};
    page->state = states[health.state];
    copy(page->error, sizeof page->error, health.last_err < 0 ? td_err_text(health.last_err) : "");
    warden->reconnects[at] = health.disconnects;
    page->reconnects_today = warden->reconnects[at] - warden->day_reconnects[at];
    page->last_mono_ns = health.last_message_mono_ns;
    page->next_try_mono_ns = page->state == PAGE_BACKOFF ? health.next_try_mono_ns : 0;
    page->silence_ms = health.silence_ms;
}

static void digits(char out[PAGE_NUMBER_MAX], bool has, int64_t steps, int scale)
{
    char text[TD_DECIMAL_TEXT_MAX];
    size_t bytes = has ? td_decimal_from_steps(steps, scale, text) : 0;
    td_text_copy(out, PAGE_NUMBER_MAX, text, bytes);
}

static unsigned source_of(const struct warden *warden, const char *exchange)
{
    unsigned at = 0;
    while (at + 1 < warden->view->deck.source_count &&
           strcmp(warden->view->source[at].name, exchange) != 0)
        at++;
    return at;
}

static double or_unknown(double share)
{
    return isfinite(share) ? share : -1;
}

static void fill_model(struct page_book *page, const struct core_model_status *model)
{
    const struct model_stats *stats = &model->stats;
    copy(page->model.id, sizeof page->model.id, model->id);
    page->model.horizon_ms = model->horizon_ms;
    page->model.ready = stats->ready;
    page->model.samples_total = stats->samples_total;
    page->model.samples_change = stats->samples_change;
    page->model.samples_no_change = stats->samples_no_change;
    page->model.waiting = stats->waiting;
    page->model.ready_percent = stats->ready_pct;
    page->model.accuracy = or_unknown(stats->accuracy);
    page->model.balanced_accuracy = or_unknown(stats->balanced_accuracy);
    page->model.brier = or_unknown(stats->brier);
    page->model.base_rate = or_unknown(stats->base_rate);
    page->model.probability = or_unknown(stats->probability);
}

static void fill_features(struct page_book *page, const struct core_book_status *book)
{
    page->has_features = book->has_features;
    page->feature_events = book->features.events;
    page->feature_rows = book->feature_rows;
    page->feature_withheld = book->features.withheld;
    page->feature_window_full = book->features.window_full;
    page->predictions = book->predictions;
    page->models = book->model_count;
    if (book->model_count > 0)
        fill_model(page, &book->model);
}

static void fill_book(struct warden *warden, unsigned at)
{
    struct page_book *page = &warden->view->book[at];
    const struct core_book_status *book = &status.book[at];
    const struct book_view *view = &book->view;
    copy(page->exchange, sizeof page->exchange, book->exchange);
    copy(page->symbol, sizeof page->symbol, book->symbol);
    page->source = source_of(warden, book->exchange);
    page->state = book->state;
    page->channels = warden->params.deck->params.source[page->source].channels;
    page->bid_levels = book->bid_levels;
    page->ask_levels = book->ask_levels;
    digits(page->bid, view->has_bid, view->bid_steps, book->price_scale);
    digits(page->bid_size, view->has_bid, view->bid_size_steps, book->size_scale);
    digits(page->ask, view->has_ask, view->ask_steps, book->price_scale);
    digits(page->ask_size, view->has_ask, view->ask_size_steps, book->size_scale);
    const struct page_deck *deck = &warden->view->deck;
    page->last_mono_ns = book->last_recv_ns == 0
                             ? 0
                             : deck->published_mono_ns - (deck->published_ns - book->last_recv_ns);
    page->changes = book->changes;
    page->trades = book->trades;
    page->resyncs = book->resyncs;
    page->trades_today = book->rows_today[TD_CHANNEL_TRADES];
    page->trades_missed_today = book->trades_missed_today;
    page->proven_ms_today = (int64_t)book->state_ms_today[TD_BOOK_PROVEN];
    page->covered_ms_today = 0;
    for (unsigned s = 0; s < CORE_TIMES; s++)
        page->covered_ms_today += (int64_t)book->state_ms_today[s];
    double all = (double)page->covered_ms_today;
    page->completeness_today = all > 0 ? (double)page->proven_ms_today / all : -1;
    fill_features(page, book);
    page->open_kind = book->hole_open ? book->hole_kind : PAGE_KIND_NONE;
    page->open_channel = book->hole_channel;
    page->open_since_ns = book->hole_open ? book->hole_from_ns : 0;
    page->latest_kind = PAGE_KIND_NONE;
    for (unsigned k = 0; k < TD_GAP_KINDS; k++) {
        page->gaps_today[k] = book->gaps_today[k];
        if (book->gaps_today[k] > 0)
            page->latest_kind = k;
    }
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------- */

/* Each alarm is said once when it begins and once when it is over. */
static void say_alarms(struct warden *warden, uint64_t alarms)
{
    for (unsigned i = 0; i < PAGE_ALARMS; i++) {
        const struct page_alarm_words *words = &page_alarm_words[i];
        uint64_t bit = UINT64_C(1) << i;
        if ((alarms & bit) != 0 && (warden->alarms & bit) == 0)
            TD_WARN("alarm", "event=begins name=%s what=\"%s\" next=\"%s\"", words->name,
                    words->what, words->next);
        if ((alarms & bit) == 0 && (warden->alarms & bit) != 0)
            TD_WARN("alarm", "event=over name=%s", words->name);
    }
    warden->alarms = alarms;
}

static void fill(struct warden *warden)
{
    struct page_view *view = warden->view;
    const struct deck *deck = warden->params.deck;
    const struct td_clock *clock = &deck->params.os->clock;
    deck_status_copy(warden->params.deck, &status);
    view->deck.published_ns = clock->wall_ns(clock->ctx);
    view->deck.published_mono_ns = clock->mono_ns(clock->ctx);
    begin_day(warden, view->deck.published_ns);
    double seconds =
        (double)(view->deck.published_mono_ns - warden->published_mono_ns) / (double)TD_NS_PER_S;
    if (warden->published_mono_ns == 0)
        seconds = 0;
    view->deck.source_count = status.source_count;
    view->deck.book_total = status.book_count;
    view->deck.book_count =
        status.book_count < DECK_STATUS_BOOKS_MAX ? status.book_count : DECK_STATUS_BOOKS_MAX;
    fill_deck(warden);
    for (unsigned s = 0; s < view->deck.source_count; s++)
        fill_source(warden, s, seconds);
    for (unsigned b = 0; b < view->deck.book_count; b++)
        fill_book(warden, b);
    warden->published_mono_ns = view->deck.published_mono_ns;
    view->deck.alarms = page_alarms(view);
}

void warden_page_publish(struct warden *warden)
{
    fill(warden);
    say_alarms(warden, warden->view->deck.alarms);
    page_publish(&warden->page, warden->view);
}

void warden_page_end(struct warden *warden)
{
    const struct td_clock *clock = &warden->params.deck->params.os->clock;
    fill(warden);
    page_end(&warden->page, warden->view, clock->wall_ns(clock->ctx));
}
