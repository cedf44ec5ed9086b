#include <errno.h>
#include <string.h>

#include "lake/cat_file.h"
#include "lake/files.h"
#include "lake/verb.h"
#include "segment/path.h"

static bool take_format(const struct verb_args *args, enum show_format *format)
{
    static const char *const name[] = {"text", "csv", "jsonl"};
    const char *text = verb_value(args, "format");
    for (int i = 0; i < 3; i++)
        if (!text || strcmp(text, name[i]) == 0) {
            *format = (enum show_format)i;
            return true;
        }
    verb_complain("Formats are text, csv and jsonl.", "--format: unknown format '%s'", text);
    return false;
}

/* Both ends round up to the stored microsecond, so that [from, to) keeps its meaning. */
static int64_t us_up(int64_t ns)
{
    return ns / 1000 + (ns % 1000 > 0);
}

static bool take_request(const struct verb_args *args, struct cat_request *request)
{
    int64_t from = 0, to = 0;
    request->rows_left = INT64_MAX;
    request->columns = verb_value(args, "columns");
    request->symbol = verb_value(args, "symbol");
    request->exchange = verb_value(args, "exchange");
    request->has_from = verb_flag(args, "from");
    request->has_to = verb_flag(args, "to");
    request->exact = verb_flag(args, "exact");
    if (!take_format(args, &request->format) || !verb_time(args, "from", &from) ||
        !verb_time(args, "to", &to) || !verb_count(args, "limit", &request->rows_left))
        return false;
    request->from_us = us_up(from);
    request->to_us = us_up(to);
    return true;
}

static bool differs(const char *wanted, const char *is)
{
    return wanted && strcmp(wanted, is) != 0;
}

/* The path can rule a file out before it is opened. */
static bool skipped(const struct verb_args *args, const struct file_entry *file)
{
    struct path_partition partition;
    if (file->is_receipt || file->is_open)
        return true;
    if (path_parse(file->path, &partition) < 0)
        return false;
    return differs(verb_value(args, "table"), partition.table) ||
           differs(verb_value(args, "exchange"), partition.exchange) ||
           differs(verb_value(args, "symbol"), partition.symbol);
}

static int print_all(const struct verb_args *args, const struct file_list *list,
                     struct cat_request *request)
{
    int code = EXIT_FINE;
    size_t done = 0;
    for (size_t i = 0;
         i < list->count && request->rows_left > 0 && code != EXIT_USAGE && !ferror(stdout); i++) {
        if (skipped(args, files_at(list, i)))
            continue;
        done++;
        code = verb_worse(code, cat_file(request, files_at(list, i)->path));
    }
    if (!done && request->rows_left > 0) {
        verb_complain(
            "`tape ls` shows what is there. Files below active/ are readable once sealed.",
            "no sealed segment matches");
        code = verb_worse(code, EXIT_FOUND);
    }
    if (request->inexact) {
        verb_complain("The file's metadata lacks price_scale or size_scale.",
                      "%llu values could not be given in the venue's digits",
                      (unsigned long long)request->inexact);
        code = verb_worse(code, EXIT_FOUND);
    }
    return code;
}

static int run(const struct verb_args *args)
{
    static struct cat_request request;
    struct file_list list = {0};
    int code = EXIT_FINE;
    if (!take_request(args, &request))
        return EXIT_USAGE;
    for (int i = 0; i < args->path_count && !code; i++)
        code = files_collect_or_complain(&list, args->path[i]);
    code = code ? code : print_all(args, &list, &request);
    if (verb_flag(args, "verbose"))
        files_tell_asked();
    files_free(&list);
    return code;
}

const struct verb verb_cat = {
    .name = "cat",
    .summary = "print rows with the venue's exact digits",
    .usage =
        "PATH... [--format text|csv|jsonl] [--columns a,b] [--table T] [--exchange X] [--symbol S] "
        "[--from T] [--to T] [--limit N] [--exact] [--verbose]",
    .detail = "Files in path order, rows in stored order; row groups that --from and --to rule out "
              "are not read.\n"
              "Times are UTC. Null is - in text, empty in csv, null in jsonl. Text leaves away the "
              "columns that the\n"
              "path or the lineage gives, and of a table as wide as features all but the first; "
              "--columns all shows them.\n"
              "Of a store (s3://, gs://) only the chosen columns' bytes are read.",
    .example =
        "  tape cat /data --table trades --symbol BTC-USD --from 2026-09-21T04:00 --limit 20",
    .option = {{"format", "F", "text (default), csv or jsonl"},
               {"columns", "a,b", "these columns in this order, or all"},
               {"table", "T",
                "book, trades, ticker, gaps, instruments, clock, features, predictions, frames"},
               {"exchange", "X", "only this exchange"},
               {"symbol", "S", "only this symbol, as in the path"},
               {"from", "T",
                "receive time from (included): 2026-09-21T04:00:00Z, 2026-09-21 or seconds"},
               {"to", "T", "receive time to (not included)"},
               {"limit", "N", "stop after N rows"},
               {"exact", NULL,
                "quote prices and sizes in jsonl so that no parser rounds them; exit 1 if one is "
                "inexact"},
               {"verbose", NULL, "say on stderr what was asked of a store"}},
    .paths_min = 1,
    .run = run,
};
