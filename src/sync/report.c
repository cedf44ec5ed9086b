#include "sync/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utc.h"
#include "lake/show.h"

static double seconds(const struct report *r)
{
    return (double)r->duration_ns / TD_NS_PER_S;
}

/* Not getrusage's, which a process has from whoever started it. -1: the kernel does not tell. */
static int64_t peak_kb(void)
{
    char line[128];
    long kb = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && kb < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

/* ---- words ------------------------------------------------------------------------------------ */

static void line(FILE *out, const char *what, int64_t count, int64_t bytes)
{
    char text[24];
    fprintf(out, "  %-16s %9" PRId64, what, count);
    if (bytes > 0) {
        show_bytes(bytes, text);
        fprintf(out, "   %s", text);
    }
    fputc('\n', out);
}

static void line_if(FILE *out, const char *what, int64_t count, int64_t bytes)
{
    if (count > 0)
        line(out, what, count, bytes);
}

static void wire(FILE *out, const struct report *r)
{
    char sent[24], got[24], rate[24];
    int64_t both = r->tally->sent_bytes + r->tally->got_bytes;
    show_bytes(r->tally->sent_bytes, sent);
    show_bytes(r->tally->got_bytes, got);
    show_bytes(seconds(r) > 0 ? (int64_t)((double)both / seconds(r)) : 0, rate);
    fprintf(out, "  %s out, %s in, in %.1f s (%s/s)\n", sent, got, seconds(r), rate);
}

/* Of those behind each other that have the same end and words, one key stands for all. */
static bool is_same(const struct sync_failure *a, const struct sync_failure *b)
{
    return strcmp(a->words, b->words) == 0 && strcmp(a->end, b->end) == 0;
}

static void failure(FILE *out, const struct sync_failure *f, int64_t more)
{
    fputs("  ", out);
    show_plain_text(out, f->key, strlen(f->key));
    if (more > 0)
        fprintf(out, " and %" PRId64 " more", more);
    fprintf(out, ": %s (%s)%s", f->end, store_outcome_words[f->outcome], f->words[0] ? ": " : "");
    show_plain_text(out, f->words, strlen(f->words));
    fputc('\n', out);
}

static void failures(FILE *out, const struct sync_tally *tally)
{
    int64_t shown = tally->failures < SYNC_FAILURES_MAX ? tally->failures : SYNC_FAILURES_MAX;
    if (shown > 0)
        fputs("not well:\n", out);
    for (int64_t i = 0, next; i < shown; i = next) {
        for (next = i + 1; next < shown && is_same(&tally->failure[i], &tally->failure[next]);)
            next++;
        failure(out, &tally->failure[i], next - i - 1);
    }
    if (tally->failures > shown)
        fprintf(out, "  and %" PRId64 " more\n", tally->failures - shown);
}

static void backlog(FILE *out, const struct sync_status *status)
{
    char bytes[24], when[TD_UTC_TEXT_MAX];
    if (status->backlog_segments <= 0)
        return;
    show_bytes(status->backlog_bytes, bytes);
    fprintf(out, "still to go: %" PRId64 " segments, %s", status->backlog_segments, bytes);
    if (status->oldest_backlog_ns) {
        td_utc_iso(status->oldest_backlog_ns, when);
        fprintf(out, ", the oldest of %.13s:00 UTC", when);
    }
    fputc('\n', out);
}

void report_words(FILE *out, const struct report *r)
{
    const struct sync_tally *t = r->tally;
    bool dry = r->options->dry_run;
    fprintf(out, "%s -> %s%s%s\n", r->options->from_text, r->options->to_text,
            dry ? " (dry run: nothing was sent, nothing deleted)" : "",
            r->interrupted ? " (stopped before its end)" : "");
    line(out, "found", t->found, 0);
    line(out, dry ? "would be sent" : "sent", t->sent, t->sent_file_bytes);
    line(out, "already there", t->there, 0);
    line(out, dry ? "would be deleted" : "deleted here", t->removed, t->removed_bytes);
    line(out, "failed", t->failed, 0);
    line_if(out, "blocked", t->blocked, 0);
    line_if(out, "conflicts", t->conflicts, 0);
    line_if(out, "kept, unproven", t->kept, 0);
    line_if(out, "gone meanwhile", t->gone, 0);
    line_if(out, "tried again", t->retries, 0);
    line_if(out, "parts kept", t->resumed_parts, 0);
    wire(out, r);
    failures(out, t);
    backlog(out, r->status);
    if (r->status->health == SYNC_HEALTH_FINE)
        return;
    fprintf(out, "%s: ", sync_health_words[r->status->health]);
    if (r->status->words[0]) {
        size_t bytes = strlen(r->status->words);
        show_plain_text(out, r->status->words, bytes);
        fputs(r->status->words[bytes - 1] == '.' ? " " : ". ", out);
    }
    fprintf(out, "%s\n", sync_health_advice[r->status->health]);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void text(FILE *out, const char *name, const char *value)
{
    fprintf(out, "\"%s\": ", name);
    show_json_text(out, value, strlen(value));
    fputs(", ", out);
}

static void number(FILE *out, const char *name, int64_t value)
{
    fprintf(out, "\"%s\": %" PRId64 ", ", name, value);
}

static void numbers(FILE *out, const struct report *r)
{
    const struct sync_tally *t = r->tally;
    const struct {
        const char *name;
        int64_t value;
    } all[] = {
        {"found", t->found},
        {"sent", t->sent},
        {"there", t->there},
        {"marked_before", t->marked_before},
        {"failed", t->failed},
        {"blocked", t->blocked},
        {"conflicts", t->conflicts},
        {"removed", t->removed},
        {"kept", t->kept},
        {"gone", t->gone},
        {"sent_bytes", t->sent_bytes},
        {"got_bytes", t->got_bytes},
        {"sent_file_bytes", t->sent_file_bytes},
        {"removed_bytes", t->removed_bytes},
        {"retries", t->retries},
        {"resumed_parts", t->resumed_parts},
        {"backlog_segments", r->status->backlog_segments},
        {"backlog_bytes", r->status->backlog_bytes},
        {"peak_memory_kb", peak_kb()},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        number(out, all[i].name, all[i].value);
}

static void json_failures(FILE *out, const struct sync_tally *tally)
{
    int64_t shown = tally->failures < SYNC_FAILURES_MAX ? tally->failures : SYNC_FAILURES_MAX;
    number(out, "errors_total", tally->failures);
    fputs("\"errors\": [", out);
    for (int64_t i = 0; i < shown; i++) {
        const struct sync_failure *failure = &tally->failure[i];
        fputs(i ? ", {" : "{", out);
        text(out, "key", failure->key);
        text(out, "end", failure->end);
        text(out, "reason", store_outcome_words[failure->outcome]);
        fputs("\"words\": ", out);
        show_json_text(out, failure->words, strlen(failure->words));
        fputc('}', out);
    }
    fputs("]", out);
}

void report_json_begin(FILE *out)
{
    fputs("{\"would\": [", out);
}

void report_json(FILE *out, const struct report *r)
{
    bool dry = r->options->dry_run;
    enum sync_health health = r->status->health;
    fputs(dry ? "], " : "{", out);
    text(out, "from", r->options->from_text);
    text(out, "to", r->options->to_text);
    text(out, "mode", r->options->continuous ? "continuous" : "once");
    fprintf(out, "\"dry_run\": %s, \"interrupted\": %s, ", dry ? "true" : "false",
            r->interrupted ? "true" : "false");
    numbers(out, r);
    fprintf(out, "\"duration_s\": %.3f, ", seconds(r));
    text(out, "health", sync_health_words[health]);
    text(out, "words", r->status->words);
    text(out, "advice", health == SYNC_HEALTH_FINE ? "" : sync_health_advice[health]);
    number(out, "exit_code", r->exit_code);
    json_failures(out, r->tally);
    fputs("}\n", out);
    fflush(out);
}
