#include "app/view.h"

#include <string.h>

#include "app/report.h"
#include "app/source_health.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/seal.h"
#include "segment/schema.h"

enum { VIEW_BOOKS_MAX = 24 };

static const char *state_word(const struct source_health *health)
{
    static const char *const words[3] = {"connecting", "up", "backoff"};
    return health->lines == 0 ? "off" : words[health->state];
}

void view_init(struct view *view, struct deck *deck, FILE *out, bool screen, bool colour)
{
    memset(view, 0, sizeof *view);
    view->deck = deck;
    view->out = out;
    view->screen = screen;
    view->colour = colour;
}

static int64_t mono_ns(const struct view *view)
{
    const struct td_clock *clock = &view->deck->params.os->clock;
    return clock->mono_ns(clock->ctx);
}

static void line_end(struct view *view)
{
    fputs(view->screen ? "\033[K\n" : "\n", view->out);
    view->lines++;
}

/* Frames and bytes a second since the last drawing. */
static void rates(struct view *view, const struct deck_status *status, double seconds,
                  double *frames, double *bytes)
{
    for (unsigned s = 0; s < status->source_count; s++) {
        frames[s] =
            seconds > 0 ? (double)(status->source[s].frames - view->last_frames[s]) / seconds : 0;
        bytes[s] =
            seconds > 0 ? (double)(status->source[s].bytes - view->last_bytes[s]) / seconds : 0;
        view->last_frames[s] = status->source[s].frames;
        view->last_bytes[s] = status->source[s].bytes;
    }
}

static void draw_sources(struct view *view, const struct deck_status *status, double seconds)
{
    double frames[TD_SOURCES_MAX], bytes[TD_SOURCES_MAX];
    rates(view, status, seconds, frames, bytes);
    fprintf(view->out, "%-10s %-10s %9s %9s %10s %9s %6s", "source", "state", "msg/s", "kB/s",
            "frames", "age ms", "errors");
    line_end(view);
    for (unsigned s = 0; s < status->source_count; s++) {
        const struct core_source_status *source = &status->source[s];
        struct source_health health = source_health(view->deck, s);
        int64_t last_ns = health.last_message_mono_ns;
        int64_t age_ms = last_ns == 0 ? -1 : (mono_ns(view) - last_ns) / TD_NS_PER_MS;
        uint64_t bad = source->bucket[TD_BUCKET_MALFORMED] + source->bucket[TD_BUCKET_GAP] +
                       source->bucket[TD_BUCKET_ABSURD];
        fprintf(view->out, "%-10s %-10s %9.0f %9.1f %10llu %9lld %6llu", source->name,
                state_word(&health), frames[s], bytes[s] / 1e3, (unsigned long long)source->frames,
                (long long)age_ms, (unsigned long long)bad);
        line_end(view);
    }
}

static const char *state_colour(const struct view *view, uint8_t state)
{
    static const char *const colour[4] = {"\033[33m", "\033[32m", "\033[35m", "\033[31m"};
    return view->colour ? colour[state % 4] : "";
}

static void draw_books(struct view *view, const struct deck_status *status)
{
    fprintf(view->out, "%-10s %-12s %-8s %16s %9s %7s %7s %9s %8s", "book", "symbol", "state",
            "mid", "bps", "bids", "asks", "changes", "trades");
    line_end(view);
    for (unsigned i = 0; i < status->book_count && i < VIEW_BOOKS_MAX; i++) {
        const struct core_book_status *book = &status->book[i];
        fprintf(view->out, "%-10s %-12s %s%-8s%s ", book->exchange, book->symbol,
                state_colour(view, book->state), report_state_word((enum td_book_state)book->state),
                view->colour ? "\033[0m" : "");
        if (book->view.has_mid)
            fprintf(view->out, "%16.8g %9.3f", book->view.mid,
                    book->view.spread / book->view.mid * 1e4);
        else
            fprintf(view->out, "%16s %9s", "-", "-");
        fprintf(view->out, " %7u %7u %9llu %8llu", book->bid_levels, book->ask_levels,
                (unsigned long long)book->changes, (unsigned long long)book->trades);
        line_end(view);
    }
}

static void draw_deck(struct view *view, const struct deck_status *status)
{
    struct writer_stats written = writer_stats(view->deck->writer);
    fprintf(view->out, "rows      ");
    for (unsigned table = 0; table < ROW_TABLES; table++)
        fprintf(view->out, " %s %llu", schema_table((enum row_table)table)->name,
                (unsigned long long)groups_rows(view->deck->groups, (enum row_table)table));
    line_end(view);
    uint64_t logged = td_metric_get(TD_M_log_frame), core = td_metric_get(TD_M_core_frame);
    fprintf(view->out,
            "segments   %llu sealed, %.2f MB    journal %.2f MB, %llu syncs    core lag %llu "
            "frames    log %u %%    pool %u %%",
            (unsigned long long)written.segments, (double)written.segment_bytes / 1e6,
            (double)td_metric_get(TD_M_journal_bytes) / 1e6,
            (unsigned long long)td_metric_get(TD_M_journal_syncs),
            (unsigned long long)(logged > core ? logged - core : 0),
            framelog_fill_percent(view->deck->log), status->pool_percent);
    line_end(view);
    if (written.last_err < 0) {
        fprintf(view->out,
                "segments stopped: %s; the journal goes on, restart when the disk is well",
                td_err_text(written.last_err));
        line_end(view);
    }
    if (td_seal_violations() > 0) {
        fprintf(view->out, "allocations after the seal: %llu",
                (unsigned long long)td_seal_violations());
        line_end(view);
    }
}

void view_draw(struct view *view)
{
    static struct deck_status status; /* main thread only */
    deck_status_copy(view->deck, &status);
    int64_t now_ns = mono_ns(view);
    double seconds = view->last_mono_ns == 0 ? 0 : (double)(now_ns - view->last_mono_ns) / 1e9;
    view->last_mono_ns = now_ns;
    if (view->screen && view->lines > 0)
        fprintf(view->out, "\033[%uA", view->lines);
    view->lines = 0;
    draw_sources(view, &status, seconds);
    draw_books(view, &status);
    draw_deck(view, &status);
    fflush(view->out);
}

void view_log(struct view *view)
{
    static struct deck_status status; /* main thread only */
    deck_status_copy(view->deck, &status);
    for (unsigned s = 0; s < status.source_count; s++) {
        struct source_health health = source_health(view->deck, s);
        TD_INFO("stats", "source=%s state=%s frames=%llu reconnects=%llu errors=%llu",
                status.source[s].name, state_word(&health),
                (unsigned long long)status.source[s].frames, (unsigned long long)health.disconnects,
                (unsigned long long)health.errors);
    }
    struct writer_stats written = writer_stats(view->deck->writer);
    TD_INFO("stats",
            "rows_book=%llu rows_trades=%llu rows_ticker=%llu rows_gaps=%llu segments=%llu "
            "segment_bytes=%llu log_percent=%u",
            (unsigned long long)groups_rows(view->deck->groups, ROW_BOOK),
            (unsigned long long)groups_rows(view->deck->groups, ROW_TRADES),
            (unsigned long long)groups_rows(view->deck->groups, ROW_TICKER),
            (unsigned long long)groups_rows(view->deck->groups, ROW_GAPS),
            (unsigned long long)written.segments, (unsigned long long)written.segment_bytes,
            framelog_fill_percent(view->deck->log));
    if (written.last_err < 0)
        TD_ERROR("stats",
                 "event=segments_stopped error=%s next=\"the journal goes on; restart when the "
                 "disk is well\"",
                 td_err_name(written.last_err));
}
