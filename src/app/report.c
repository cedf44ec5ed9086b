#include "app/report.h"

#include <sys/resource.h>

#include "base/metrics.h"
#include "base/seal.h"
#include "segment/schema.h"

static const char *const bucket_words[TD_BUCKETS] = {"ok",  "ignored", "partial", "malformed",
                                                     "gap", "stale",   "absurd"};
static const char *const state_words[4] = {"syncing", "proven", "stale", "broken"};
static const char *const gap_words[TD_GAP_KINDS] = {
    "start",      "stop",       "power_loss",   "crash",  "disconnect",
    "sequence",   "checksum",   "crossed",      "silent", "trade_id",
    "parse",      "oversize",   "overflow",     "shed",   "journal_full",
    "disk_error", "clock_step", "venue_notice", "planned"};

const char *report_bucket_word(enum td_bucket bucket)
{
    return bucket_words[bucket];
}

const char *report_gap_word(enum td_gap_kind kind)
{
    return gap_words[kind];
}

const char *report_state_word(enum td_book_state state)
{
    return state_words[state];
}

struct totals {
    uint64_t frames, bucket[TD_BUCKETS], state[4], rows[ROW_TABLES];
    long peak_rss_kb;
    struct writer_stats written;
    struct journal_stats journal;
};

static struct totals total_of(const struct report *report)
{
    struct totals t = {0};
    struct rusage usage;
    const struct core *core = report->deck->core;
    for (unsigned s = 0; s < core_source_count(core); s++) {
        struct core_source_status status = core_source_status(core, s);
        t.frames += status.frames;
        for (unsigned b = 0; b < TD_BUCKETS; b++)
            t.bucket[b] += status.bucket[b];
    }
    for (unsigned i = 0; i < core_book_count(core); i++)
        t.state[core_book_status(core, i).state]++;
    for (unsigned table = 0; table < ROW_TABLES; table++)
        t.rows[table] = groups_rows(report->deck->groups, (enum row_table)table);
    getrusage(RUSAGE_SELF, &usage);
    t.peak_rss_kb = usage.ru_maxrss;
    t.written = writer_stats(report->deck->writer);
    if (report->deck->journal != NULL)
        t.journal = journal_stats(report->deck->journal);
    return t;
}

static void print_sources_json(const struct core *core, FILE *out)
{
    fprintf(out, "\"sources\":[");
    for (unsigned s = 0; s < core_source_count(core); s++) {
        struct core_source_status source = core_source_status(core, s);
        fprintf(out, "%s{\"exchange\":\"%s\",\"frames\":%llu,\"skew_ms\":[", s == 0 ? "" : ",",
                source.name, (unsigned long long)source.frames);
        for (unsigned b = 0; b < CORE_SKEW_BUCKETS - 1; b++)
            fprintf(out, "{\"up_to\":%d,\"events\":%llu},", core_skew_bounds_ms[b],
                    (unsigned long long)source.skew[b]);
        fprintf(out, "{\"above\":%d,\"events\":%llu}]}", core_skew_bounds_ms[CORE_SKEW_BUCKETS - 2],
                (unsigned long long)source.skew[CORE_SKEW_BUCKETS - 1]);
    }
    fprintf(out, "],");
}

/* Share of the trades that were received; 1 where nothing is known to be missing. */
static double completeness(const struct core_book_status *book)
{
    uint64_t all = book->trades + book->trades_missed;
    return all == 0 ? 1.0 : (double)book->trades / (double)all;
}

static void print_books_json(const struct core *core, FILE *out)
{
    fprintf(out, "\"books\":[");
    for (unsigned i = 0; i < core_book_count(core); i++) {
        struct core_book_status b = core_book_status(core, i);
        fprintf(out,
                "%s{\"exchange\":\"%s\",\"symbol\":\"%s\",\"state\":\"%s\",\"bid_levels\":%u,\"ask_"
                "levels\":%u,"
                "\"changes\":%llu,\"trades\":%llu,\"trade_gaps\":%llu,\"trades_missed\":%llu,"
                "\"completeness\":%.6f,\"resyncs\":%llu}",
                i == 0 ? "" : ",", b.exchange, b.symbol, state_words[b.state], b.bid_levels,
                b.ask_levels, (unsigned long long)b.changes, (unsigned long long)b.trades,
                (unsigned long long)b.trade_gaps, (unsigned long long)b.trades_missed,
                completeness(&b), (unsigned long long)b.resyncs);
    }
    fprintf(out, "]");
}

static void print_json(const struct report *report, const struct totals *t, FILE *out)
{
    const struct core *core = report->deck->core;
    fprintf(out, "{\"frames\":%llu,\"buckets\":{", (unsigned long long)t->frames);
    for (unsigned b = 0; b < TD_BUCKETS; b++)
        fprintf(out, "%s\"%s\":%llu", b == 0 ? "" : ",", bucket_words[b],
                (unsigned long long)t->bucket[b]);
    fprintf(out, "},\"rows\":{");
    for (unsigned table = 0; table < ROW_TABLES; table++)
        fprintf(out, "%s\"%s\":%llu", table == 0 ? "" : ",",
                schema_table((enum row_table)table)->name, (unsigned long long)t->rows[table]);
    fprintf(out, "},\"gaps\":{");
    for (unsigned k = 0, first = 1; k < TD_GAP_KINDS; k++)
        if (core_gaps_by_kind(core, (enum td_gap_kind)k) > 0) {
            fprintf(out, "%s\"%s\":%llu", first ? "" : ",", gap_words[k],
                    (unsigned long long)core_gaps_by_kind(core, (enum td_gap_kind)k));
            first = 0;
        }
    fprintf(out, "},");
    print_sources_json(core, out);
    print_books_json(core, out);
    fprintf(
        out,
        ",\"segments\":%llu,\"segment_bytes\":%llu,\"journal_bytes\":%llu,\"journal_syncs\":%llu,"
        "\"seconds\":%.3f,\"messages_per_second\":%.0f,\"peak_rss_kb\":%ld,\"allocations_after_"
        "seal\":%llu}\n",
        (unsigned long long)t->written.segments, (unsigned long long)t->written.segment_bytes,
        (unsigned long long)t->journal.written_bytes, (unsigned long long)t->journal.syncs,
        report->seconds, report->seconds > 0 ? (double)t->frames / report->seconds : 0,
        t->peak_rss_kb, (unsigned long long)td_seal_violations());
}

static void print_text(const struct report *report, const struct totals *t, FILE *out)
{
    const struct core *core = report->deck->core;
    fprintf(out, "frames    %10llu  ", (unsigned long long)t->frames);
    for (unsigned b = 0; b < TD_BUCKETS; b++)
        if (t->bucket[b] > 0)
            fprintf(out, " %s %llu", bucket_words[b], (unsigned long long)t->bucket[b]);
    fprintf(out, "\nrows                  ");
    for (unsigned table = 0; table < ROW_TABLES; table++)
        fprintf(out, " %s %llu", schema_table((enum row_table)table)->name,
                (unsigned long long)t->rows[table]);
    fprintf(out, "\ngaps                  ");
    for (unsigned k = 0; k < TD_GAP_KINDS; k++)
        if (core_gaps_by_kind(core, (enum td_gap_kind)k) > 0)
            fprintf(out, " %s %llu", gap_words[k],
                    (unsigned long long)core_gaps_by_kind(core, (enum td_gap_kind)k));
    fprintf(out, "\nbooks     %10u  ", core_book_count(core));
    for (unsigned s = 0; s < 4; s++)
        if (t->state[s] > 0)
            fprintf(out, " %s %llu", state_words[s], (unsigned long long)t->state[s]);
    fprintf(out, "\nsegments  %10llu   %.2f MB\n", (unsigned long long)t->written.segments,
            (double)t->written.segment_bytes / 1e6);
    if (report->deck->journal != NULL)
        fprintf(out, "journal   %10llu   blocks, %.2f MB, %llu syncs\n",
                (unsigned long long)t->journal.blocks, (double)t->journal.written_bytes / 1e6,
                (unsigned long long)t->journal.syncs);
    fprintf(out, "time      %10.3f s  %.0f messages/s\n", report->seconds,
            report->seconds > 0 ? (double)t->frames / report->seconds : 0);
    fprintf(out, "memory    %10.1f MB peak, %llu allocations after the seal\n",
            (double)t->peak_rss_kb / 1024, (unsigned long long)td_seal_violations());
}

void report_print(const struct report *report, FILE *out, bool json)
{
    struct totals t = total_of(report);
    if (json)
        print_json(report, &t, out);
    else
        print_text(report, &t, out);
}
