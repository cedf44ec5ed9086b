#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lake/feed.h"
#include "lake/progress.h"
#include "lake/scores.h"
#include "lake/show.h"
#include "lake/verb.h"

enum { GROUPS_MAX = 4096, MODEL_NAME_MAX = 64, REASONS = 5 };

/* One model on one instrument, or on all of them (exchange ""). */
struct group {
    char model[MODEL_NAME_MAX], exchange[PATH_VALUE_MAX], symbol[PATH_VALUE_MAX];
    int64_t horizon_ms;
    uint64_t rows, reason[REASONS];
    struct scores scores;
};

struct work {
    struct lake_buffer groups;
    size_t count;
    bool ready_only;
    const char *model; /* NULL: any */
};

enum { MODEL = FEED_HEAD_COLUMNS, HORIZON, PREDICTION, PROBABILITY, READY, LABEL, REASON };
static const char *const names[] = {FEED_HEAD_NAMES, "model_id",    "horizon_ms",
                                    "prediction",    "probability", "ready",
                                    "label",         "reason",      NULL};
static const char *const reasons[REASONS + 1] = {"labeled", "stale",    "flushed",
                                                 "evicted", "shutdown", NULL};

static struct group *group_at(const struct work *work, size_t index)
{
    return (struct group *)(void *)work->groups.data + index;
}

/* The group of that name, made when it is not there; NULL: no memory. */
static struct group *group_of(struct work *work, const char *model, size_t bytes, int64_t horizon,
                              const char *exchange, const char *symbol)
{
    struct group fresh = {.horizon_ms = horizon};
    td_text_copy(fresh.model, sizeof fresh.model, model, bytes);
    td_text_copy(fresh.exchange, sizeof fresh.exchange, exchange, strlen(exchange));
    td_text_copy(fresh.symbol, sizeof fresh.symbol, symbol, strlen(symbol));
    for (size_t i = 0; i < work->count; i++) {
        struct group *group = group_at(work, i);
        if (group->horizon_ms == horizon && strcmp(group->model, fresh.model) == 0 &&
            strcmp(group->exchange, fresh.exchange) == 0 &&
            strcmp(group->symbol, fresh.symbol) == 0)
            return group;
    }
    if (work->count == GROUPS_MAX || lake_append(&work->groups, &fresh, sizeof fresh) < 0)
        return NULL;
    return group_at(work, work->count++);
}

/* ---- reading --------------------------------------------------------------------------------- */

static td_err take_row(const struct cursor *cursor, struct group *group)
{
    int64_t prediction, label;
    double probability = NAN;
    int reason = cursor_word(cursor, REASON, reasons);
    group->rows++;
    if (reason >= 0)
        group->reason[reason]++;
    if (!cursor_whole(cursor, PREDICTION, &prediction) || !cursor_whole(cursor, LABEL, &label))
        return 0;
    cursor_real(cursor, PROBABILITY, &probability);
    return scores_add(&group->scores, (int)prediction, (int)label, (float)probability);
}

static int run_stream(struct work *work, const struct lake_stream *stream,
                      struct progress *progress)
{
    struct cursor cursor;
    int64_t seen = 0;
    td_err err = 0;
    cursor_open(&cursor, stream, STREAM_PREDICTIONS, names);
    while (!err && cursor_next(&cursor)) {
        const char *model = "";
        size_t bytes = 0;
        int64_t horizon = 0, ready = 0;
        cursor_text(&cursor, MODEL, &model, &bytes);
        cursor_whole(&cursor, HORIZON, &horizon);
        cursor_whole(&cursor, READY, &ready);
        progress_moved(progress, cursor.bytes - seen);
        seen = cursor.bytes;
        if ((work->ready_only && !ready) ||
            (work->model &&
             (strlen(work->model) != bytes || memcmp(model, work->model, bytes) != 0)))
            continue;
        struct group *group =
            group_of(work, model, bytes, horizon, stream->exchange, stream->symbol);
        err = group ? take_row(&cursor, group) : TD_E_NO_MEMORY;
    }
    if (err)
        verb_complain("Choose one by --symbol or --model.", "too many predictions at once: %s",
                      td_err_text(err));
    int code = cursor.code;
    cursor_close(&cursor);
    return verb_worse(code, verb_exit(err));
}

/* A group for all instruments of a model, behind theirs. */
static td_err add_totals(struct work *work)
{
    size_t count = work->count;
    for (size_t i = 0; i < count; i++) {
        struct group part = *group_at(work, i); /* adding a group may move them */
        struct group *all = group_of(work, part.model, strlen(part.model), part.horizon_ms, "", "");
        TD_FAIL_IF(!all, TD_E_NO_MEMORY);
        all->rows += part.rows;
        for (int r = 0; r < REASONS; r++)
            all->reason[r] += part.reason[r];
        TD_TRY(scores_join(&all->scores, &part.scores));
    }
    return 0;
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_json_value(const char *name, double value)
{
    char number[SHOW_NUMBER_MAX] = "null";
    if (!isnan(value))
        show_double(value, number);
    printf(",\"%s\":%s", name, number);
}

static void show_json(struct work *work)
{
    printf("{\"models\":[");
    for (size_t i = 0; i < work->count; i++) {
        struct group *group = group_at(work, i);
        struct scores_of s = scores_of(&group->scores);
        printf("%s\n {\"model_id\":", i ? "," : "");
        show_json_text(stdout, group->model, strlen(group->model));
        printf(",\"horizon_ms\":%lld,\"exchange\":", (long long)group->horizon_ms);
        show_json_text(stdout, group->exchange, strlen(group->exchange));
        printf(",\"symbol\":");
        show_json_text(stdout, group->symbol, strlen(group->symbol));
        printf(",\"rows\":%llu,\"pairs\":%llu", (unsigned long long)group->rows,
               (unsigned long long)s.pairs);
        show_json_value("accuracy", s.accuracy);
        show_json_value("balanced_accuracy", s.balanced_accuracy);
        show_json_value("auc", s.auc);
        show_json_value("brier", s.brier);
        show_json_value("base_rate", s.base_rate);
        show_json_value("positive_rate", s.positive_rate);
        for (int r = 0; r < REASONS; r++)
            printf(",\"%s\":%llu", reasons[r], (unsigned long long)group->reason[r]);
        printf("}");
    }
    printf("]}\n");
}

static void show_share(double value)
{
    if (isnan(value))
        printf(" %8s", "-");
    else
        printf(" %8.4f", value);
}

static void show_table(struct work *work)
{
    printf("%-12s %8s %-12s %-14s %9s %8s %8s %8s %8s %8s\n", "model", "horizon", "exchange",
           "symbol", "pairs", "base", "accuracy", "balanced", "auc", "brier");
    for (size_t i = 0; i < work->count; i++) {
        struct group *group = group_at(work, i);
        struct scores_of s = scores_of(&group->scores);
        printf("%-12s %5lld ms %-12s %-14s %9llu", group->model, (long long)group->horizon_ms,
               group->exchange[0] ? group->exchange : "all", group->symbol,
               (unsigned long long)s.pairs);
        show_share(s.base_rate);
        show_share(s.accuracy);
        show_share(s.balanced_accuracy);
        show_share(s.auc);
        show_share(s.brier);
        printf("\n");
    }
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int evaluate(struct work *work, const struct streams *streams, bool json)
{
    struct progress progress = progress_start(0, streams->bytes);
    int code = EXIT_FINE;
    for (uint32_t i = 0; i < streams->count && !code; i++)
        code = run_stream(work, &streams->stream[i], &progress);
    progress_clear(&progress);
    code = code ? code : verb_exit(add_totals(work));
    if (!code && !work->count) {
        verb_complain("Models that are not ready yet are left out by --ready.",
                      "evaluate: no prediction matches");
        code = EXIT_FOUND;
    }
    if (!code && json)
        show_json(work);
    else if (!code)
        show_table(work);
    return code;
}

static int run(const struct verb_args *args)
{
    struct work work = {.ready_only = verb_flag(args, "ready"), .model = verb_value(args, "model")};
    const char *input = verb_value(args, "input");
    char *one = (char *)input;
    struct streams streams = {.count = 0};
    struct streams_request request = {.path = input ? &one : args->path,
                                      .path_count = input ? 1 : args->path_count,
                                      .tables = 1 << STREAM_PREDICTIONS,
                                      .exchange = verb_value(args, "exchange"),
                                      .symbol = verb_value(args, "symbol")};
    if (!input == !args->path_count) {
        verb_complain("Name what was recorded by --input, or as paths.",
                      "evaluate: --input is missing");
        return EXIT_USAGE;
    }
    int code = streams_find(&streams, &request);
    code = code ? code : evaluate(&work, &streams, verb_flag(args, "json"));
    for (size_t i = 0; i < work.count; i++)
        scores_free(&group_at(&work, i)->scores);
    lake_buffer_free(&work.groups);
    streams_free(&streams);
    return code;
}

const struct verb verb_evaluate = {
    .name = "evaluate",
    .summary = "how good the predictions were, beside the base rate",
    .usage = "--input DIR [--exchange X] [--symbol S] [--model M] [--ready] [--json]",
    .detail =
        "By model, horizon and instrument, then over all instruments. base is the share of the "
        "more frequent label: a\n"
        "model that does not beat it knows nothing. balanced is the mean of both labels' shares of "
        "hits, auc counts ties\n"
        "half, brier is the mean of (probability - label)^2. What is undefined is - (null in "
        "JSON). Rows without a label\n"
        "(stale, flushed, evicted, shutdown) are counted in the JSON alone. Takes four bytes a "
        "row.",
    .example = "  tape evaluate --input /data --symbol BTC-USD --ready",
    .option = {{"input", "DIR", "what was recorded: a data directory, a folder below or a segment"},
               {"exchange", "X", "only this exchange"},
               {"symbol", "S", "only this symbol"},
               {"model", "M", "only this model_id"},
               {"ready", NULL, "only predictions of a model that was ready"},
               {"json", NULL, "one object; counts by reason too"}},
    .run = run,
};
