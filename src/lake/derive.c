#include "lake/derive.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "lake/show.h"
#include "store/place.h"

enum { DAY_MEMORY = 4 << 20 };

static int nothing_found(const struct verb_args *args)
{
    verb_complain("`tape ls` shows what is there. Files below active/ are readable once sealed.",
                  "%s: no sealed segment of that kind", args->verb->name);
    return EXIT_FOUND;
}

int derive_begin(struct derive *derive, const struct verb_args *args, unsigned tables)
{
    const char *input = verb_value(args, "input");
    char *one = (char *)input;
    memset(derive, 0, sizeof *derive);
    derive->args = args;
    derive->output = verb_value(args, "output");
    derive->force = verb_flag(args, "force");
    derive->dry_run = verb_flag(args, "dry-run");
    if (!input == !args->path_count || !derive->output) {
        verb_complain("Name what was recorded by --input and where to write by --output.",
                      "%s: --input or --output is missing", args->verb->name);
        return EXIT_USAGE;
    }
    if (place_is_remote(derive->output)) {
        verb_complain("Write to a folder; `tape sync` carries it to a store.",
                      "%s: --output is in a store", args->verb->name);
        return EXIT_USAGE;
    }
    struct streams_request request = {.path = input ? &one : args->path,
                                      .path_count = input ? 1 : args->path_count,
                                      .tables = tables,
                                      .exchange = verb_value(args, "exchange"),
                                      .symbol = verb_value(args, "symbol")};
    int code = streams_find(&derive->streams, &request);
    if (!code && !derive->streams.count)
        code = nothing_found(args);
    if (code)
        streams_free(&derive->streams);
    derive->progress = progress_start(0, derive->streams.bytes);
    return code;
}

void derive_moved(struct derive *derive, int64_t bytes)
{
    if (bytes == derive->bytes_seen)
        return;
    progress_moved(&derive->progress, bytes - derive->bytes_seen);
    derive->bytes_seen = bytes;
}

void derive_next_stream(struct derive *derive)
{
    derive->bytes_seen = 0;
}

struct days_params derive_days(struct derive *derive, const struct lake_stream *stream,
                               const struct table *table, const char *stem)
{
    return (struct days_params){.root = derive->output,
                                .stem = stem,
                                .table = table,
                                .stream = stream,
                                .memory = DAY_MEMORY,
                                .force = derive->force,
                                .dry_run = derive->dry_run,
                                .sums = &derive->sums};
}

static void report_json(const struct derive *derive, int code)
{
    const struct days_sums *s = &derive->sums;
    printf("{\"status\":\"%s\",\"streams\":%u,\"rows_read\":%llu,\"rows_written\":%llu,"
           "\"files_written\":%llu,\"files_skipped\":%llu,\"bytes_written\":%lld,"
           "\"dry_run\":%s,\"incomplete_rows\":%llu}\n",
           code                         ? "error"
           : s->rows || s->skipped == 0 ? (s->rows ? "success" : "empty")
                                        : "skipped",
           derive->streams.count, (unsigned long long)derive->rows_read,
           (unsigned long long)s->rows, (unsigned long long)s->files,
           (unsigned long long)s->skipped, (long long)s->bytes, derive->dry_run ? "true" : "false",
           (unsigned long long)derive->notes);
}

static void report_text(const struct derive *derive)
{
    const struct days_sums *s = &derive->sums;
    char bytes[24];
    show_bytes(s->bytes, bytes);
    printf("%u streams, %llu rows read; %s%llu rows in %llu files, %s\n", derive->streams.count,
           (unsigned long long)derive->rows_read, derive->dry_run ? "would write " : "wrote ",
           (unsigned long long)s->rows, (unsigned long long)s->files, bytes);
    if (s->skipped)
        printf("%llu files stood already and were left alone (--force writes them again)\n",
               (unsigned long long)s->skipped);
    if (derive->notes)
        printf("%llu %s\n", (unsigned long long)derive->notes, derive->note);
}

int derive_end(struct derive *derive, int code)
{
    progress_clear(&derive->progress);
    if (verb_flag(derive->args, "json"))
        report_json(derive, code);
    else if (!code)
        report_text(derive);
    streams_free(&derive->streams);
    return code;
}

unsigned derive_numbers(const char *option, const char *text, const char *none, int most,
                        unsigned cap, int *out)
{
    unsigned count = 0;
    int64_t last = 0, value;
    for (const char *at = text ? text : none; *at;) {
        size_t bytes = strcspn(at, ",");
        if (count == cap || td_integer_parse(at, bytes, &value) < 0 || value <= last ||
            value > most) {
            count = 0;
            break;
        }
        out[count++] = (int)(last = value);
        at += bytes + (at[bytes] == ',');
    }
    if (!count)
        verb_complain("Give rising whole numbers of seconds, as in 60,300.",
                      "--%s: '%s' is not such a list of at most %u, up to %d", option,
                      text ? text : none, cap, most);
    return count;
}
