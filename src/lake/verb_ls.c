#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lake/files.h"
#include "lake/receipt.h"
#include "lake/segment_info.h"
#include "lake/show.h"
#include "lake/verb.h"

enum { TABLES_MAX = 64, TABLE_WIDTH = 15, STATE_MAX = 64 };

struct total {
    char table[PATH_TABLE_MAX];
    int64_t files, rows, bytes;
};

struct listing {
    bool json, quick;
    int code;
    int64_t printed;
    unsigned total_count;
    struct total total[TABLES_MAX];
};

static void add_total(struct listing *l, const struct segment_info *info, int64_t bytes)
{
    unsigned at = 0;
    while (at < l->total_count && strcmp(l->total[at].table, info->partition.table) != 0)
        at++;
    if (at == TABLES_MAX)
        return;
    if (at == l->total_count) {
        l->total_count++;
        memcpy(l->total[at].table, info->partition.table, sizeof info->partition.table);
    }
    l->total[at].files++;
    l->total[at].rows += info->rows > 0 ? info->rows : 0;
    l->total[at].bytes += bytes;
}

/* "2026-09-21" of a table that `tape` derived, which has no receipts (days.h); NULL for other paths. */
static const char *derived_day(const char *path)
{
    static const char form[] = "/date=";
    const char *day = strstr(path, form);
    day = day ? day + sizeof form - 1 : NULL;
    return day && strcspn(day, "/") == 10 ? day : NULL;
}

/* What its name says behind the deck: "trades-60s". */
static void derived_text(const char *path, char out[STATE_MAX])
{
    const char *name = strrchr(path, '/'), *rest = name ? strrchr(name, '_') : NULL;
    struct td_str text = td_str_on(out, STATE_MAX);
    td_str_add(&text, "derived");
    if (rest)
        td_str_add_format(&text, " %.*s", (int)strcspn(rest + 1, "."), rest + 1);
}

/* Receipt against the file as far as that goes without reading it. */
static const char *receipt_state(struct listing *l, const struct file_entry *file, int64_t rows)
{
    struct receipt receipt;
    td_err err = receipt_load(file->path, &receipt);
    if (err == TD_E_MISSING)
        return "no receipt";
    if (err && err != TD_E_SYNTAX) {
        verb_complain(NULL, "%s: its receipt: %s", file->path, source_error());
        l->code = verb_worse(l->code, verb_exit(err));
    }
    if (err || !receipt.has[RECEIPT_ROWS] || !receipt.has[RECEIPT_BYTES])
        return "receipt unreadable";
    bool equal =
        receipt.number[RECEIPT_BYTES] == file->bytes && receipt.number[RECEIPT_ROWS] == rows;
    return equal ? "ok" : "receipt differs";
}

/* "2026-09-21T04", the day alone of a derived table; empty where the path does not say. */
static void hour_text(const struct segment_info *info, const char *path, char out[24])
{
    const struct path_partition *p = &info->partition;
    const char *day = derived_day(path);
    struct td_str text = td_str_on(out, 24);
    if (!info->has_partition && day)
        td_str_add_bytes(&text, day, 10);
    else if (info->has_partition)
        td_str_add_format(&text, "%04d-%02d-%02dT%02d", p->year, p->month, p->day, p->hour);
}

static void print_json(const struct file_entry *file, const struct segment_info *info,
                       const char *state, bool first)
{
    const struct path_partition *partition = &info->partition;
    char from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX], hour[24];
    hour_text(info, file->path, hour);
    const char *const text[] = {"path",     file->path,
                                "table",    partition->table,
                                "exchange", partition->exchange,
                                "symbol",   partition->symbol,
                                "hour",     hour,
                                "state",    state};
    fputs(first ? "\n    {" : ",\n    {", stdout);
    for (int i = 0; i < 12; i += 2) {
        printf("%s\"%s\": ", i ? ", " : "", text[i]);
        show_json_text(stdout, text[i + 1], strlen(text[i + 1]));
    }
    printf(", \"bytes\": %" PRId64, file->bytes);
    if (info->rows >= 0)
        printf(", \"rows\": %" PRId64, info->rows);
    else
        fputs(", \"rows\": null", stdout);
    if (info->has_times) {
        show_time_us(info->from_us, from);
        show_time_us(info->to_us, to);
        printf(", \"from\": \"%s\", \"to\": \"%s\"}", from, to);
    } else {
        fputs(", \"from\": null, \"to\": null}", stdout);
    }
}

/* "04:00:00.12-04:59:59.99": the hour column says the rest. */
static void time_range(const struct segment_info *info, char out[40])
{
    char from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX];
    out[0] = 0;
    if (!info->has_times)
        return;
    size_t a = show_time_us(info->from_us, from), b = show_time_us(info->to_us, to);
    if (a > 19 && b > 19)
        snprintf(out, 40, "%.11s-%.11s", from + 11, to + 11);
}

static void print_row(const struct file_entry *file, const struct segment_info *info,
                      const char *state)
{
    const struct path_partition *partition = &info->partition;
    char hour[24], range[40], rows[24] = "-", per_row[24] = "-";
    hour_text(info, file->path, hour);
    time_range(info, range);
    if (info->rows >= 0)
        snprintf(rows, sizeof rows, "%" PRId64, info->rows);
    if (info->rows > 0)
        snprintf(per_row, sizeof per_row, "%.2f", (double)file->bytes / (double)info->rows);
    int width = show_plain_text(stdout, partition->table, strlen(partition->table));
    printf("%*s ", width < TABLE_WIDTH ? TABLE_WIDTH - width : 0, "");
    width = show_plain_text(stdout, partition->exchange, strlen(partition->exchange));
    printf("%*s ", width < 10 ? 10 - width : 0, "");
    width = show_plain_text(stdout, partition->symbol, strlen(partition->symbol));
    printf("%*s %-13s %10s %11" PRId64 " %7s  %-23s  %s\n", width < 12 ? 12 - width : 0, "", hour,
           rows, file->bytes, per_row, range, state);
}

static const char *read_footer(struct listing *l, const struct file_entry *file,
                               struct segment_info *info)
{
    struct reader *reader = NULL;
    td_err err = reader_open(file->path, NULL, &reader);
    const char *state = "unreadable";
    if (err == 0) {
        segment_info_footer(info, reader_meta(reader));
        state = receipt_state(l, file, info->rows);
    } else {
        l->code = verb_worse(l->code, verb_exit(err));
        verb_complain("`tape verify` tells more; the recorder makes a damaged segment again from "
                      "its journal.",
                      "%s: %s", file->path, reader_why(reader));
    }
    reader_close(reader);
    return state;
}

/* What `tape ls --quick` shows: no footer is read. False: the receipt does not say all of it. */
static bool read_receipt(const struct file_entry *file, struct segment_info *info,
                         const char **state)
{
    struct receipt receipt;
    if (!info->has_partition || receipt_load(file->path, &receipt) < 0 ||
        !receipt.has[RECEIPT_ROWS] || !receipt.has[RECEIPT_BYTES])
        return false;
    info->rows = receipt.number[RECEIPT_ROWS];
    info->has_times = receipt.has[RECEIPT_RECV_MIN_US] && receipt.has[RECEIPT_RECV_MAX_US];
    info->from_us = receipt.number[RECEIPT_RECV_MIN_US];
    info->to_us = receipt.number[RECEIPT_RECV_MAX_US];
    *state = receipt.number[RECEIPT_BYTES] == file->bytes ? "ok" : "receipt differs";
    return true;
}

static void list_file(struct listing *l, const struct file_entry *file)
{
    struct segment_info info;
    segment_info_path(&info, file->path);
    const char *state = "open";
    if (!file->is_open && !(l->quick && read_receipt(file, &info, &state)))
        state = read_footer(l, file, &info);
    char derived[STATE_MAX];
    if (!info.has_partition && info.rows >= 0 && derived_day(file->path)) {
        derived_text(file->path, derived);
        state = derived;
    }
    if (!info.partition.table[0])
        td_text_copy(info.partition.table, sizeof info.partition.table, "other", 5);
    if (l->json)
        print_json(file, &info, state, l->printed == 0);
    else
        print_row(file, &info, state);
    l->printed++;
    add_total(l, &info, file->bytes);
}

static void print_totals(const struct listing *l)
{
    for (unsigned i = 0; i < l->total_count; i++) {
        const struct total *t = &l->total[i];
        char size[24];
        show_bytes(t->bytes, size);
        if (l->json) {
            fputs(i ? ", " : "", stdout);
            show_json_text(stdout, t->table, strlen(t->table));
            printf(": {\"segments\": %" PRId64 ", \"rows\": %" PRId64 ", \"bytes\": %" PRId64 "}",
                   t->files, t->rows, t->bytes);
        } else {
            printf("%s%s: %" PRId64 " segments, %" PRId64 " rows, %s", i ? "" : "\n", t->table,
                   t->files, t->rows, size);
            printf(t->rows ? ", %.2f bytes a row\n" : "\n",
                   (double)t->bytes / (double)(t->rows ? t->rows : 1));
        }
    }
}

static int collect(const struct verb_args *args, struct file_list *list)
{
    const char *home = getenv("DATA_ROOT");
    char *fallback[] = {(char *)(home && *home ? home : ".")};
    char **path = args->path_count ? args->path : fallback;
    int count = args->path_count ? args->path_count : 1;
    int code = EXIT_FINE;
    for (int i = 0; i < count && !code; i++)
        code = files_collect_or_complain(list, path[i]);
    return code;
}

static int run(const struct verb_args *args)
{
    struct file_list list = {0};
    struct listing l = {.json = verb_flag(args, "json"),
                        .quick = verb_flag(args, "quick"),
                        .code = collect(args, &list)};
    if (l.json)
        fputs("{\n  \"segments\": [", stdout);
    else
        puts(
            "table           exchange   symbol       hour                rows       bytes   B/row  "
            "received                 state");
    for (size_t i = 0; i < list.count; i++) {
        files_ahead(&list, i, l.quick ? FILES_RECEIPTS : FILES_BOTH);
        if (!files_at(&list, i)->is_receipt)
            list_file(&l, files_at(&list, i));
    }
    fputs(l.json ? "\n  ],\n  \"totals\": {" : "", stdout);
    print_totals(&l);
    fputs(l.json ? "}\n}\n" : l.printed ? "" : "no segments\n", stdout);
    if (verb_flag(args, "verbose"))
        files_tell_asked();
    files_free(&list);
    return l.code;
}

const struct verb verb_ls = {
    .name = "ls",
    .summary = "list segments with rows, bytes, time range and receipt",
    .usage = "[PATH...] [--quick] [--json] [--verbose]",
    .detail =
        "Without PATH: the folder in DATA_ROOT, else the current one. Files below active/ "
        "are shown as open.\n"
        "Of a segment in a store (s3://, gs://) its footer and receipt are read, with --quick "
        "its receipt alone.",
    .example = "  tape ls /data/ready/trades",
    .option = {{"quick", NULL, "by receipts: footers are read only where there is none"},
               {"json", NULL, "one JSON object instead of a table"},
               {"verbose", NULL, "say on stderr what was asked of a store"}},
    .run = run,
};
