/* The screen of `tapedeck status`. */
#include <inttypes.h>
#include <string.h>

#include "app/report.h"
#include "app/start.h"
#include "app/status.h"
#include "app/words.h"
#include "base/utc.h"

static const double low_days = 14;

static const char *paint(const struct status *status, enum status_lamp lamp)
{
    static const char *const colour[] = {"\033[32m", "\033[33m", "\033[31m"};
    return status->colour ? colour[lamp] : "";
}

static const char *plain(const struct status *status)
{
    return status->colour ? "\033[0m" : "";
}

/* ---- short texts ---- */

static int64_t ms_between(int64_t from_ns, int64_t to_ns)
{
    int64_t ns;
    return __builtin_sub_overflow(to_ns, from_ns, &ns) || ns < 0 ? -1 : ns / TD_NS_PER_MS;
}

static const char *moment_text(int64_t ns, char out[TD_UTC_TEXT_MAX])
{
    if (!td_utc_plausible(ns)) {
        snprintf(out, TD_UTC_TEXT_MAX, "-");
        return out;
    }
    size_t bytes = td_utc_iso(ns, out);
    if (bytes > 19)
        memcpy(out + 19, "Z", 2);
    return out;
}

static void print_gaps(const uint32_t gaps[TD_GAP_KINDS], FILE *out)
{
    const char *comma = "";
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (gaps[kind]) {
            fprintf(out, "%s%" PRIu32 " %s", comma, gaps[kind],
                    report_gap_word((enum td_gap_kind)kind));
            comma = ", ";
        }
    fputs(*comma ? "" : "none", out);
}

/* ---- parts ---- */

static void print_head(const struct status *status, FILE *out)
{
    const struct page_deck *deck = &status->view->deck;
    char since[TD_UTC_TEXT_MAX], for_long[WORDS_MAX];
    static const char *const after[START_CAUSES] = {[START_FIRST] = "",
                                                    [START_STOP] = ", after a stop",
                                                    [START_CRASH] = ", after a crash",
                                                    [START_POWER_LOSS] = ", after a loss of power"};
    enum status_lamp lamp = status->life == PAGE_ALIVE ? STATUS_GOOD : STATUS_BAD;
    fprintf(out, "%s: %s", deck->deck, paint(status, lamp));
    if (status->life == PAGE_ALIVE || status->life == PAGE_STALLED)
        fprintf(out, "%s%s since %s (%s)%s",
                status->life == PAGE_ALIVE ? "recording" : "NOT ANSWERING; started", plain(status),
                moment_text(deck->since_ns, since),
                words_span(ms_between(deck->since_ns, deck->published_ns), for_long),
                after[deck->start_cause]);
    else if (status->life == PAGE_ENDED)
        fprintf(out, "NOT RECORDING%s: stopped in order at %s", plain(status),
                moment_text(deck->ended_ns, since));
    else
        fprintf(out, "NOT RECORDING%s: process %" PRIu32 " is gone, last heard of at %s",
                plain(status), status->pid, moment_text(deck->published_ns, since));
    fprintf(out, "\n%s  process %" PRIu32 "  data in %s\n", deck->build, status->pid,
            deck->data_dir);
    if (status->life == PAGE_STALLED)
        fprintf(out, "  it has said nothing for %s: look whether the machine hangs; restart it\n",
                words_span(status_age_ms(status, deck->published_mono_ns), for_long));
    else if (status->life != PAGE_ALIVE)
        fprintf(out, "  start it: tapedeck record; what follows is what it said last\n");
    fputc('\n', out);
}

static void print_sources(const struct status *status, FILE *out)
{
    static const char *const words[PAGE_SOURCE_STATES] = {"connecting", "up", "backoff"};
    fprintf(out, "%-10s %-10s %9s %9s %8s %11s\n", "source", "state", "msg/s", "kB/s", "age",
            "reconnects");
    for (uint32_t i = 0; i < status->view->deck.source_count; i++) {
        const struct page_source *source = &status->view->source[i];
        char age[WORDS_MAX];
        fprintf(out, "%-10s %s%-10s%s %9.1f %9.1f %8s %11" PRIu64 "  %s\n", source->name,
                paint(status, source->state == PAGE_UP ? STATUS_GOOD : STATUS_BAD),
                words[source->state], plain(status), source->frames_per_s,
                source->bytes_per_s / 1e3,
                words_span(status_age_ms(status, source->last_mono_ns), age),
                source->reconnects_today, source->error);
    }
    fputc('\n', out);
}

static void print_book(const struct status *status, const struct page_book *book, FILE *out)
{
    static const char *const lamps[] = {"good", "wait", "BAD"};
    enum status_lamp lamp = status_lamp_of(status, book);
    bool has_book = book->channels & 1u << TD_CHANNEL_BOOK;
    char age[WORDS_MAX], share[WORDS_MAX];
    fprintf(out, "%s%-4s%s %-10s %-12s %8s %-8s %14s %14s %10s  ", paint(status, lamp), lamps[lamp],
            plain(status), book->exchange, book->symbol,
            words_span(status_age_ms(status, book->last_mono_ns), age),
            has_book ? report_state_word((enum td_book_state)book->state) : "no book",
            book->bid[0] ? book->bid : "-", book->ask[0] ? book->ask : "-",
            words_share(book->completeness_today, share));
    print_gaps(book->gaps_today, out);
    if (book->trades_missed_today)
        fprintf(out, ", %" PRIu64 " trades missed", book->trades_missed_today);
    if (book->open_kind != PAGE_KIND_NONE)
        fprintf(out, "  %sopen: %s for %s%s", paint(status, STATUS_BAD),
                report_gap_word((enum td_gap_kind)book->open_kind),
                words_span(ms_between(book->open_since_ns, status->view->deck.published_ns), age),
                plain(status));
    fputc('\n', out);
}

static void print_books(const struct status *status, FILE *out)
{
    const struct page_deck *deck = &status->view->deck;
    fprintf(out, "%-4s %-10s %-12s %8s %-8s %14s %14s %10s  %s\n", "", "exchange", "symbol", "age",
            "book", "bid", "ask", "complete", "gaps today");
    for (uint32_t i = 0; i < deck->book_count; i++)
        print_book(status, &status->view->book[i], out);
    if (deck->book_total > deck->book_count)
        fprintf(out, "and %" PRIu32 " more\n", deck->book_total - deck->book_count);
    fprintf(out, "     whole device, gaps today: ");
    print_gaps(deck->gaps_today, out);
    fputs("\n\n", out);
}

static void print_model(const struct page_book *book, FILE *out)
{
    const struct page_model *model = &book->model;
    fprintf(out, "     %-10s %-12s %s, %" PRIu32 " ms: ", book->exchange, book->symbol, model->id,
            model->horizon_ms);
    if (!model->ready)
        fprintf(out, "learning, %.0f %% ready, %" PRIu64 " samples", model->ready_percent,
                model->samples_total);
    else if (model->probability >= 0)
        fprintf(out, "a move with %.0f %%", model->probability * 100);
    else
        fprintf(out, "ready");
    if (model->accuracy >= 0)
        fprintf(out, ", right in %.1f %%, base rate %.1f %%", model->accuracy * 100,
                model->base_rate * 100);
    fputc('\n', out);
}

/* Nothing is said where neither is on. */
static void print_features(const struct status *status, FILE *out)
{
    const struct page_deck *deck = &status->view->deck;
    uint64_t events = 0, rows = 0, full = 0, predictions = 0;
    bool any = false;
    for (uint32_t i = 0; i < deck->book_count; i++) {
        const struct page_book *book = &status->view->book[i];
        any |= book->has_features == 1;
        events += book->feature_events;
        rows += book->feature_rows;
        full += book->feature_window_full;
        predictions += book->predictions;
    }
    if (!any)
        return;
    fprintf(out, "features %" PRIu64 " book events, %" PRIu64 " rows, %" PRIu64 " predictions",
            events, rows, predictions);
    if (full > 0)
        fprintf(out, ", %" PRIu64 " events left a full window early", full);
    fputc('\n', out);
    for (uint32_t i = 0; i < deck->book_count; i++)
        if (status->view->book[i].models > 0)
            print_model(&status->view->book[i], out);
    fputc('\n', out);
}

static void print_disk(const struct status *status, FILE *out)
{
    const struct page_deck *deck = &status->view->deck;
    char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];
    fprintf(out, "disk     %s written today (journal %s, segments %s)",
            words_bytes(deck->written_today_bytes, a), words_bytes(deck->journal_today_bytes, b),
            words_bytes(deck->segment_today_bytes, c));
    if (deck->disk_free_bytes >= 0)
        fprintf(out, ", %s free", words_bytes(deck->disk_free_bytes, a));
    if (deck->disk_days >= 0)
        fprintf(out, ", %sfull in %.1f days at this rate%s",
                paint(status, deck->disk_days < low_days ? STATUS_WAIT : STATUS_GOOD),
                deck->disk_days, plain(status));
    fprintf(out,
            "\njournal  %s of %s held, safe up to frame %" PRIu64 " of %" PRIu64 ", %.2f syncs/s\n",
            words_bytes(deck->journal_held_bytes, a), words_bytes(deck->journal_cap_bytes, b),
            deck->synced_frame, deck->journal_frame, deck->syncs_per_s);
}

static void print_card(const struct status *status, FILE *out)
{
    const struct page_card *card = &status->view->deck.card;
    char a[WORDS_MAX], b[WORDS_MAX], since[TD_UTC_TEXT_MAX];
    if (card->known == 0)
        return;
    fprintf(out, "card     %s written today, %s since %s", words_bytes(card->device_today_bytes, a),
            words_bytes(card->device_ever_bytes, b), moment_text(card->since_ns, since));
    if (card->logical_today_bytes > 0)
        fprintf(out, "; %.2f times the recorder's own %s",
                (double)card->device_today_bytes / (double)card->logical_today_bytes,
                words_bytes(card->logical_today_bytes, a));
    fprintf(out, ", %" PRIu64 " syncs", card->syncs_today);
    if (card->cuts > 0)
        fprintf(out, "\n         %" PRIu32 " power cuts, each hides up to an hour of it",
                card->cuts);
    if (card->life_years >= 0)
        fprintf(out, "\n         lasts %s%.1f %s%s at %s a day",
                paint(status, card->worn == 1 ? STATUS_WAIT : STATUS_GOOD),
                card->life_years < 1 ? card->life_years * 365 : card->life_years,
                card->life_years < 1 ? "days" : "years", plain(status),
                words_bytes(card->day_rate_bytes, a));
    if (card->used_share >= 0)
        fprintf(out, "%s%.2f %% of its endurance used",
                card->life_years >= 0 ? ", " : "\n         ", card->used_share * 100);
    if (card->budget_bytes > 0)
        fprintf(out, ", budget %s a day, now %s%s%s", words_bytes(card->budget_bytes, a),
                paint(status, card->over_budget == 1 ? STATUS_WAIT : STATUS_GOOD),
                card->today_rate_bytes > 0 ? words_bytes(card->today_rate_bytes, b)
                                           : "not known yet",
                plain(status));
    fputc('\n', out);
}

/* What a machine does not show is not spoken of. */
static void print_board(const struct status *status, FILE *out)
{
    static const char *const voltage[PAGE_FLAGS] = {NULL, "voltage fine", "VOLTAGE TOO LOW"};
    static const char *const throttled[PAGE_FLAGS] = {NULL, "not slowed down", "SLOWED DOWN"};
    const struct page_board *board = &status->view->deck.board;
    const char *comma = "board    ";
    bool bad = board->low_voltage == PAGE_FLAG_YES || board->throttled == PAGE_FLAG_YES;
    if (board->has_temperature == 1)
        fprintf(out, "%s%s%.1f C%s", comma,
                paint(status, board->is_hot ? STATUS_WAIT : STATUS_GOOD),
                (double)board->temperature_mc / 1000, plain(status));
    comma = board->has_temperature == 1 ? ", " : comma;
    const char *words[] = {voltage[board->low_voltage], throttled[board->throttled]};
    for (unsigned i = 0; i < 2; i++)
        if (words[i] != NULL) {
            fprintf(out, "%s%s%s%s", comma, paint(status, bad ? STATUS_WAIT : STATUS_GOOD),
                    words[i], plain(status));
            comma = ", ";
        }
    if (board->cpu_khz > 0 && board->cpu_max_khz > 0) {
        fprintf(out, "%s%" PRIu32 " of %" PRIu32 " MHz", comma, board->cpu_khz / 1000,
                board->cpu_max_khz / 1000);
        comma = ", ";
    }
    if (board->low_voltage_seen > 0)
        fprintf(out, "%svoltage too low in %" PRIu32 " readings since the start", comma,
                board->low_voltage_seen);
    fputs(*comma == ',' ? "\n" : "", out);
}

static void print_core(const struct status *status, FILE *out)
{
    static const char *const clocks[] = {"unsynced", "stepped", "synced", "holdover"};
    const struct page_deck *deck = &status->view->deck;
    char age[WORDS_MAX];
    fprintf(out,
            "core     %" PRIu64 " frames late (%s)%s, frame log %" PRIu32 " %%, rows %" PRIu32
            " %%, %" PRIu64 " segments",
            deck->core_lag_frames, words_span(deck->core_lag_ms, age),
            deck->replaying ? ", catching up from the journal" : "", deck->queue_percent,
            deck->pool_percent, deck->segments);
    if (deck->segments_remade)
        fprintf(out, " (%" PRIu64 " made again and equal)", deck->segments_remade);
    fprintf(out, "\nclock    %s, offset %.3f ms", clocks[deck->clock_state],
            (double)deck->clock_offset_ns / 1e6);
    if (deck->clock_error_ns >= 0)
        fprintf(out, ", error at most %.3f ms", (double)deck->clock_error_ns / 1e6);
    fputc('\n', out);
}

static void print_uploads(const struct status *status, FILE *out)
{
    const struct sync_status *uploads = status->uploads;
    char bytes[WORDS_MAX], moment[WORDS_MAX];
    if (uploads == NULL)
        return;
    bool fine = uploads->health == SYNC_HEALTH_FINE;
    fprintf(out, "uploads  to %s: %s%s%s", uploads->to,
            paint(status, fine ? STATUS_GOOD : STATUS_WAIT), sync_health_words[uploads->health],
            plain(status));
    if (uploads->backlog_segments >= 0)
        fprintf(out, ", %" PRId64 " files wait (%s)", uploads->backlog_segments,
                words_bytes(uploads->backlog_bytes, bytes));
    if (uploads->last_verified_ns != 0)
        fprintf(out, ", last one proven at %s", words_moment(uploads->last_verified_ns, moment));
    fprintf(out, "%s\n", uploads->phase == SYNC_PHASE_ENDED ? "; not running" : "");
    if (!fine)
        fprintf(out, "         %s%s%s\n", uploads->words, uploads->words[0] ? ": " : "",
                uploads->advice);
}

static void print_alarms(const struct status *status, FILE *out)
{
    const struct page_deck *deck = &status->view->deck;
    if (status->life == PAGE_ENDED)
        return; /* of a time that is over */
    fputc('\n', out);
    if (deck->alarms == 0 && status->life == PAGE_ALIVE)
        fprintf(out, "%sno alarms%s\n", paint(status, STATUS_GOOD), plain(status));
    for (unsigned i = 0; i < PAGE_ALARMS; i++)
        if (deck->alarms >> i & 1)
            fprintf(out, "%s%s%s%s\n  %s\n",
                    paint(status, page_alarm_words[i].red ? STATUS_BAD : STATUS_WAIT),
                    page_alarm_words[i].red ? "ALARM: " : "warning: ", page_alarm_words[i].what,
                    plain(status), page_alarm_words[i].next);
    if (deck->writer_error[0])
        fprintf(out, "  segments: %s\n", deck->writer_error);
    if (deck->journal_error[0])
        fprintf(out, "  journal: %s\n", deck->journal_error);
}

void status_text(const struct status *status, FILE *out)
{
    print_head(status, out);
    print_sources(status, out);
    print_books(status, out);
    print_features(status, out);
    print_disk(status, out);
    print_card(status, out);
    print_core(status, out);
    print_board(status, out);
    print_uploads(status, out);
    print_alarms(status, out);
}
