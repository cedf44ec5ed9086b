/* The state page as one JSON object: every value under the name it has in app/page.h. */
#include <inttypes.h>
#include <string.h>

#include "app/report.h"
#include "app/start.h"
#include "app/status.h"
#include "base/text.h"

static void text(FILE *out, const char *key, const char *value)
{
    char escaped[6 * 512 + 1]; /* the longest text of the page, all of it control characters */
    struct td_str str = td_str_on(escaped, sizeof escaped);
    td_str_add_json(&str, value, strlen(value));
    fprintf(out, "\"%s\":\"%s\",", key, escaped);
}

static void whole(FILE *out, const char *key, int64_t value)
{
    fprintf(out, "\"%s\":%" PRId64 ",", key, value);
}

static void count(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, "\"%s\":%" PRIu64 ",", key, value);
}

static void real(FILE *out, const char *key, double value)
{
    fprintf(out, "\"%s\":%.6f,", key, value);
}

static void absent_below_0(FILE *out, const char *key, double value)
{
    if (value < 0)
        fprintf(out, "\"%s\":null,", key);
    else
        real(out, key, value);
}

static void gaps(FILE *out, const uint32_t gaps[TD_GAP_KINDS])
{
    const char *comma = "";
    fputs("\"gaps_today\":{", out);
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (gaps[kind]) {
            fprintf(out, "%s\"%s\":%" PRIu32, comma, report_gap_word((enum td_gap_kind)kind),
                    gaps[kind]);
            comma = ",";
        }
    fputs("}", out);
}

static void source_json(const struct status *status, const struct page_source *source, FILE *out)
{
    static const char *const words[PAGE_SOURCE_STATES] = {"connecting", "up", "backoff"};
    fputc('{', out);
    text(out, "name", source->name);
    text(out, "state", words[source->state]);
    text(out, "error", source->error);
    real(out, "frames_per_s", source->frames_per_s);
    real(out, "bytes_per_s", source->bytes_per_s);
    count(out, "frames", source->frames);
    count(out, "errors", source->errors);
    count(out, "reconnects_today", source->reconnects_today);
    fprintf(out, "\"age_ms\":%" PRId64 "}", status_age_ms(status, source->last_mono_ns));
}

static void book_open_json(const struct page_book *book, FILE *out)
{
    if (book->open_kind == PAGE_KIND_NONE) {
        fputs("\"open\":null,", out);
        return;
    }
    text(out, "open", report_gap_word((enum td_gap_kind)book->open_kind));
    whole(out, "open_since_ns", book->open_since_ns);
}

static void model_json(const struct page_model *model, FILE *out)
{
    fputs("\"model\":{", out);
    text(out, "id", model->id);
    count(out, "horizon_ms", model->horizon_ms);
    fprintf(out, "\"ready\":%s,", model->ready ? "true" : "false");
    real(out, "ready_percent", model->ready_percent);
    count(out, "samples_total", model->samples_total);
    count(out, "samples_change", model->samples_change);
    count(out, "samples_no_change", model->samples_no_change);
    count(out, "waiting", model->waiting);
    absent_below_0(out, "accuracy", model->accuracy);
    absent_below_0(out, "balanced_accuracy", model->balanced_accuracy);
    absent_below_0(out, "brier", model->brier);
    absent_below_0(out, "base_rate", model->base_rate);
    if (model->probability < 0)
        fputs("\"probability\":null},", out);
    else
        fprintf(out, "\"probability\":%.6f},", model->probability);
}

static void features_json(const struct page_book *book, FILE *out)
{
    fprintf(out, "\"has_features\":%s,", book->has_features == 1 ? "true" : "false");
    count(out, "feature_events", book->feature_events);
    count(out, "feature_rows", book->feature_rows);
    count(out, "feature_withheld", book->feature_withheld);
    count(out, "feature_window_full", book->feature_window_full);
    count(out, "predictions", book->predictions);
    count(out, "models", book->models);
    if (book->models > 0)
        model_json(&book->model, out);
    else
        fputs("\"model\":null,", out);
}

static void book_json(const struct status *status, const struct page_book *book, FILE *out)
{
    static const char *const lamps[] = {"green", "amber", "red"};
    fputc('{', out);
    text(out, "exchange", book->exchange);
    text(out, "symbol", book->symbol);
    text(out, "lamp", lamps[status_lamp_of(status, book)]);
    text(out, "state", report_state_word((enum td_book_state)book->state));
    count(out, "channels", book->channels);
    count(out, "bid_levels", book->bid_levels);
    count(out, "ask_levels", book->ask_levels);
    text(out, "bid", book->bid);
    text(out, "bid_size", book->bid_size);
    text(out, "ask", book->ask);
    text(out, "ask_size", book->ask_size);
    count(out, "changes", book->changes);
    count(out, "trades", book->trades);
    count(out, "resyncs", book->resyncs);
    count(out, "trades_today", book->trades_today);
    count(out, "trades_missed_today", book->trades_missed_today);
    whole(out, "proven_ms_today", book->proven_ms_today);
    whole(out, "covered_ms_today", book->covered_ms_today);
    absent_below_0(out, "completeness_today", book->completeness_today);
    whole(out, "age_ms", status_age_ms(status, book->last_mono_ns));
    features_json(book, out);
    book_open_json(book, out);
    gaps(out, book->gaps_today);
    fputc('}', out);
}

/* What cannot be read is null. */
static void card_json(const struct page_card *card, FILE *out)
{
    double own = (double)card->logical_today_bytes;
    fprintf(out, "\"card\":{\"known\":%s,", card->known == 1 ? "true" : "false");
    whole(out, "since_ns", card->since_ns);
    whole(out, "device_ever_bytes", card->device_ever_bytes);
    whole(out, "device_today_bytes", card->device_today_bytes);
    whole(out, "device_boot_bytes", card->device_boot_bytes);
    whole(out, "partition_boot_bytes", card->partition_boot_bytes);
    whole(out, "logical_ever_bytes", card->logical_ever_bytes);
    whole(out, "logical_today_bytes", card->logical_today_bytes);
    absent_below_0(out, "ratio_today",
                   card->known == 1 && own > 0 ? (double)card->device_today_bytes / own : -1);
    count(out, "syncs_ever", card->syncs_ever);
    count(out, "syncs_today", card->syncs_today);
    count(out, "flushes_boot", card->flushes_boot);
    whole(out, "size_bytes", card->size_bytes);
    whole(out, "budget_bytes", card->budget_bytes);
    absent_below_0(out, "day_rate_bytes",
                   card->day_rate_bytes > 0 ? (double)card->day_rate_bytes : -1);
    absent_below_0(out, "today_rate_bytes",
                   card->today_rate_bytes > 0 ? (double)card->today_rate_bytes : -1);
    absent_below_0(out, "life_years", card->known == 1 ? card->life_years : -1);
    absent_below_0(out, "used_share", card->known == 1 ? card->used_share : -1);
    fprintf(out, "\"cuts\":%" PRIu32 "},", card->cuts);
}

static void board_json(const struct page_board *board, FILE *out)
{
    static const char *const flags[PAGE_FLAGS] = {"null", "false", "true"};
    fputs("\"board\":{", out);
    if (board->has_temperature == 1)
        real(out, "temperature_celsius", (double)board->temperature_mc / 1000);
    else
        fputs("\"temperature_celsius\":null,", out);
    fprintf(out, "\"low_voltage\":%s,\"throttled\":%s,", flags[board->low_voltage],
            flags[board->throttled]);
    count(out, "low_voltage_seen", board->low_voltage_seen);
    count(out, "throttled_seen", board->throttled_seen);
    count(out, "cpu_khz", board->cpu_khz);
    count(out, "cpu_limit_khz", board->cpu_limit_khz);
    fprintf(out, "\"cpu_max_khz\":%" PRIu32 "},", board->cpu_max_khz);
}

static void deck_json(const struct page_deck *deck, FILE *out)
{
    static const char *const clocks[] = {"unsynced", "stepped", "synced", "holdover"};
    text(out, "build", deck->build);
    text(out, "data_dir", deck->data_dir);
    text(out, "start_cause", start_cause_words[deck->start_cause]);
    whole(out, "since_ns", deck->since_ns);
    whole(out, "published_ns", deck->published_ns);
    whole(out, "ended_ns", deck->ended_ns);
    whole(out, "last_tick_ns", deck->last_tick_ns);
    whole(out, "journal_held_bytes", deck->journal_held_bytes);
    whole(out, "journal_cap_bytes", deck->journal_cap_bytes);
    whole(out, "journal_today_bytes", deck->journal_today_bytes);
    count(out, "journal_frame", deck->journal_frame);
    count(out, "synced_frame", deck->synced_frame);
    real(out, "syncs_per_s", deck->syncs_per_s);
    count(out, "core_frame", deck->core_frame);
    count(out, "core_lag_frames", deck->core_lag_frames);
    whole(out, "core_lag_ms", deck->core_lag_ms);
    fprintf(out, "\"replaying\":%s,", deck->replaying ? "true" : "false");
    count(out, "queue_percent", deck->queue_percent);
    count(out, "pool_percent", deck->pool_percent);
    count(out, "shed_level", deck->shed_level);
    count(out, "segments", deck->segments);
    count(out, "segments_remade", deck->segments_remade);
    count(out, "segments_differ", deck->segments_differ);
    count(out, "allocations", deck->allocations);
    whole(out, "segment_today_bytes", deck->segment_today_bytes);
    whole(out, "written_today_bytes", deck->written_today_bytes);
    whole(out, "disk_free_bytes", deck->disk_free_bytes);
    whole(out, "disk_total_bytes", deck->disk_total_bytes);
    absent_below_0(out, "disk_days", deck->disk_days);
    card_json(&deck->card, out);
    board_json(&deck->board, out);
    text(out, "clock_state", clocks[deck->clock_state]);
    whole(out, "clock_offset_ns", deck->clock_offset_ns);
    whole(out, "clock_error_ns", deck->clock_error_ns);
    text(out, "writer_error", deck->writer_error);
    text(out, "journal_error", deck->journal_error);
    gaps(out, deck->gaps_today);
}

static void alarms_json(const struct page_deck *deck, FILE *out)
{
    const char *comma = "";
    fputs(",\"alarms\":[", out);
    for (unsigned i = 0; i < PAGE_ALARMS; i++)
        if (deck->alarms >> i & 1) {
            fprintf(out, "%s{\"name\":\"%s\",\"red\":%s,", comma, page_alarm_words[i].name,
                    page_alarm_words[i].red ? "true" : "false");
            text(out, "what", page_alarm_words[i].what);
            fprintf(out, "\"next\":\"%s\"}", page_alarm_words[i].next);
            comma = ",";
        }
    fputc(']', out);
}

static void uploads_json(const struct sync_status *uploads, FILE *out)
{
    fputs(",\"uploads\":", out);
    if (uploads == NULL) {
        fputs("null", out);
        return;
    }
    fputc('{', out);
    text(out, "to", uploads->to);
    text(out, "health", sync_health_words[uploads->health]);
    text(out, "words", uploads->words);
    whole(out, "backlog_segments", uploads->backlog_segments);
    whole(out, "backlog_bytes", uploads->backlog_bytes);
    whole(out, "oldest_backlog_ns", uploads->oldest_backlog_ns);
    whole(out, "last_verified_ns", uploads->last_verified_ns);
    fprintf(out, "\"updated_ns\":%" PRId64 "}", uploads->updated_ns);
}

void status_json(const struct status *status, FILE *out)
{
    static const char *const lives[] = {"recording", "stalled", "dead", "stopped"};
    const struct page_view *view = status->view;
    fputc('{', out);
    text(out, "deck", view->deck.deck);
    text(out, "state", lives[status->life]);
    fprintf(out, "\"recording\":%s,", status->life == PAGE_ALIVE ? "true" : "false");
    count(out, "pid", status->pid);
    deck_json(&view->deck, out);
    alarms_json(&view->deck, out);
    uploads_json(status->uploads, out);
    fputs(",\"sources\":[", out);
    for (uint32_t i = 0; i < view->deck.source_count; i++) {
        fputs(i ? "," : "", out);
        source_json(status, &view->source[i], out);
    }
    fputs("],\"books\":[", out);
    for (uint32_t i = 0; i < view->deck.book_count; i++) {
        fputs(i ? "," : "", out);
        book_json(status, &view->book[i], out);
    }
    fputs("]}\n", out);
}
