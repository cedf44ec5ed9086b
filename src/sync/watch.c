#include "sync/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "lake/show.h"
#include "sync/stop.h"

enum { SAY_S = 60, WRITE_S = 60, FAILURES_SAID_MAX = SYNC_FAILURES_MAX };

static int64_t mono_ns(const struct watch *watch)
{
    return watch->os->clock.mono_ns(watch->os->clock.ctx);
}

static int64_t wall_ns(const struct watch *watch)
{
    return watch->os->clock.wall_ns(watch->os->clock.ctx);
}

static void copy(char *out, size_t cap, const char *text)
{
    td_text_copy(out, cap, text, strlen(text));
}

/* ---- the file --------------------------------------------------------------------------------- */

/* Until something was asked in this pass the health of before stands. */
static void refresh_health(struct sync_status *status, const struct watch *watch)
{
    enum sync_health health = watch->tally->health;
    if (health == SYNC_HEALTH_FINE && watch->progress.files_done == 0)
        return;
    status->health = health;
    copy(status->advice, sizeof status->advice,
         health == SYNC_HEALTH_FINE ? "" : sync_health_advice[health]);
    if (health == SYNC_HEALTH_FINE)
        status->words[0] = 0;
    else if (watch->tally->failures > 0)
        copy(status->words, sizeof status->words, watch->tally->failure[0].words);
}

static void refresh_backlog(struct sync_status *status, const struct watch *watch)
{
    if (watch->todo_segments < 0)
        return;
    status->backlog_segments = watch->todo_segments - watch->proven;
    status->backlog_bytes = watch->todo_bytes - watch->proven_bytes;
    if (status->backlog_segments <= 0) /* or more came meanwhile: the next walk counts them */
        status->backlog_segments = status->backlog_bytes = status->oldest_backlog_ns = 0;
    if (status->backlog_bytes < 0)
        status->backlog_bytes = 0;
}

/* Sums as they are now, in the middle of a pass. */
static void refresh(struct watch *watch)
{
    struct sync_status *status = &watch->status;
    const struct sync_tally *tally = watch->tally;
    status->updated_ns = wall_ns(watch);
    if (tally == NULL)
        return;
    refresh_health(status, watch);
    refresh_backlog(status, watch);
    status->failed = tally->failed;
    status->blocked = tally->blocked;
    status->conflicts = tally->conflicts;
    status->sent_total = watch->before.sent_total + tally->sent;
    status->sent_bytes_total = watch->before.sent_bytes_total + tally->sent_file_bytes;
    status->removed_total = watch->before.removed_total + tally->removed;
    if (tally->last_verified_ns)
        status->last_verified_ns = tally->last_verified_ns;
}

/* A full disk or a folder that may not be written is told by sync itself; the status is not what it stops for. */
static void write_status(struct watch *watch)
{
    refresh(watch);
    watch->written_ns = mono_ns(watch);
    if (watch->path[0] && sync_status_write(&watch->os->disk, watch->path, &watch->status) < 0)
        watch->written_ns -= WRITE_S * TD_NS_PER_S / 2; /* sooner again */
}

void watch_begin(struct watch *watch, const struct sync_options *options, const struct td_os *os)
{
    struct sync_status *status = &watch->status;
    *watch = (struct watch){.os = os, .options = options, .todo_segments = -1, .todo_bytes = -1};
    copy(watch->path, sizeof watch->path, options->status_path);
    if (!watch->path[0] || sync_status_read(&os->disk, watch->path, status) < 0)
        *status = (struct sync_status){.backlog_segments = -1, .backlog_bytes = -1};
    copy(status->from, sizeof status->from, options->from_text);
    char before[sizeof status->to];
    copy(before, sizeof before, status->to);
    copy(status->to, sizeof status->to, options->to_text);
    watch->was_there = status->sent_total > 0 && strcmp(before, status->to) == 0;
    status->pid = getpid();
    status->started_ns = wall_ns(watch);
    status->health = SYNC_HEALTH_FINE;
    status->words[0] = status->advice[0] = 0;
}

void watch_pass(struct watch *watch, const struct sync_tally *tally, const struct backlog *backlog)
{
    struct sync_status *status = &watch->status;
    watch->before = *status;
    watch->tally = tally;
    watch->scan = NULL;
    watch->proven = watch->proven_bytes = watch->marked_seen = 0;
    watch->failures_said = watch->said_sent = 0;
    watch->todo_segments = backlog ? backlog->segments : -1;
    watch->todo_bytes = backlog ? backlog->bytes : -1;
    status->oldest_backlog_ns = backlog ? backlog->oldest_ns : 0;
    status->phase = SYNC_PHASE_PASS;
    status->next_ns = 0;
    watch->progress = progress_start(0, 0);
    watch->said_ns = mono_ns(watch);
    write_status(watch);
}

void watch_pass_ended(struct watch *watch, enum sync_health health, const char *words)
{
    struct sync_status *status = &watch->status;
    progress_clear(&watch->progress);
    refresh(watch);
    watch->tally = NULL;
    watch->scan = NULL;
    status->passes++;
    status->health = health;
    copy(status->words, sizeof status->words, words);
    copy(status->advice, sizeof status->advice,
         health == SYNC_HEALTH_FINE ? "" : sync_health_advice[health]);
}

void watch_waits(struct watch *watch, enum sync_phase phase, int64_t until_ns)
{
    watch->status.phase = phase;
    watch->status.next_ns = until_ns;
    write_status(watch);
}

void watch_end(struct watch *watch)
{
    watch_waits(watch, SYNC_PHASE_ENDED, 0);
}

/* ---- for people ------------------------------------------------------------------------------- */

static void say_state(struct watch *watch, int64_t now)
{
    const struct sync_tally *tally = watch->tally;
    char sent[24], rate[24], left[48] = "";
    int64_t ns = now - watch->said_ns, bytes = tally->sent_bytes + tally->got_bytes;
    show_bytes(tally->sent_file_bytes, sent);
    show_bytes(ns > 0 ? (int64_t)((double)(bytes - watch->said_sent) * 1e9 / (double)ns) : 0, rate);
    if (watch->todo_segments >= 0)
        snprintf(left, sizeof left, ", %" PRId64 " segments to go",
                 watch->todo_segments > watch->proven ? watch->todo_segments - watch->proven : 0);
    fprintf(stderr,
            "sync: %s: %" PRId64 " sent (%s, %s/s now), %" PRId64 " there already, %" PRId64
            " not well%s\n",
            sync_health_words[tally->health], tally->sent, sent, rate, tally->there,
            tally->failed + tally->blocked + tally->conflicts, left);
    watch->said_ns = now;
    watch->said_sent = bytes;
}

/* Items listed so far stand in for a backlog that nobody counted. */
static void set_size(struct watch *watch)
{
    struct progress *progress = &watch->progress;
    if (watch->todo_segments >= 0) {
        progress->files = watch->todo_segments;
        progress->bytes = watch->todo_bytes;
    } else if (watch->scan) {
        scan_seen(watch->scan, &progress->files, &progress->bytes);
    }
    if (progress->files < progress->files_done)
        progress->files = progress->files_done;
}

/* Once a second is often enough for all that is not the terminal's line. */
static void turn(struct watch *watch)
{
    int64_t now = mono_ns(watch);
    if (watch->tally == NULL || now - watch->turned_ns < TD_NS_PER_S)
        return;
    watch->turned_ns = now;
    set_size(watch);
    progress_moved(&watch->progress, 0);
    if (!watch->progress.on && now - watch->said_ns >= SAY_S * TD_NS_PER_S)
        say_state(watch, now);
    bool changed =
        watch->tally->health != SYNC_HEALTH_FINE && watch->tally->health != watch->status.health;
    if (changed || now - watch->written_ns >= WRITE_S * TD_NS_PER_S)
        write_status(watch);
}

static void say_failure(struct watch *watch, const struct sync_item *item, enum job_end end,
                        const struct store_result *why)
{
    /* The table of a single run has them all at its end. */
    bool is_told_later = !watch->options->continuous && !watch->options->json;
    if (is_told_later || watch->failures_said++ >= FAILURES_SAID_MAX)
        return;
    progress_clear(&watch->progress);
    fputs("tape: sync: ", stderr);
    show_plain_text(stderr, item->from_key, strlen(item->from_key));
    fprintf(stderr, ": %s (%s): ", job_end_words[end], store_outcome_words[why->outcome]);
    show_plain_text(stderr, why->words, strlen(why->words));
    fputc('\n', stderr);
}

/* A dry run says what a run would do. */
static void list_item(struct watch *watch, const struct sync_item *item, enum job_end end)
{
    const char *what = end == JOB_SENT ? "send" : end == JOB_REMOVED ? "delete" : NULL;
    const char *key = end == JOB_REMOVED ? item->from_key : item->to_key;
    if (!what)
        return;
    progress_clear(&watch->progress);
    if (watch->options->json) {
        printf("%s\n    {\"would\": \"%s\", \"key\": ", watch->listed ? "," : "", what);
        show_json_text(stdout, key, strlen(key));
        printf(", \"bytes\": %" PRId64 "}", item->bytes);
    } else {
        printf("would %s ", what);
        show_plain_text(stdout, key, strlen(key));
        printf(" (%" PRId64 " bytes)\n", item->bytes);
    }
    watch->listed++;
}

void watch_ended(void *arg, const struct sync_item *item, enum job_end end,
                 const struct store_result *why)
{
    struct watch *watch = arg;
    bool was_marked = watch->tally->marked_before > watch->marked_seen;
    watch->marked_seen = watch->tally->marked_before;
    if (why)
        say_failure(watch, item, end, why);
    if (watch->options->dry_run)
        list_item(watch, item, end);
    if (was_marked)
        return;
    if (item->kind == SYNC_SEGMENT && (end == JOB_SENT || end == JOB_THERE)) {
        watch->proven++;
        watch->proven_bytes += item->bytes;
    }
    progress_file(&watch->progress);
    if (end != JOB_SENT)
        progress_moved(&watch->progress, item->bytes);
    turn(watch);
}

void watch_bytes(void *arg, int64_t sent, int64_t got)
{
    struct watch *watch = arg;
    set_size(watch);
    progress_moved(&watch->progress, watch->options->download ? got : sent);
    turn(watch);
}

bool watch_stopped(void *arg)
{
    turn(arg);
    return stop_wished();
}
