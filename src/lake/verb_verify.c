#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lake/files.h"
#include "lake/progress.h"
#include "lake/show.h"
#include "lake/verb.h"
#include "lake/verify.h"

struct session {
    bool json, colour;
    int64_t told, open;
    struct progress progress;
};

static void tell(void *ctx, const char *path, const char *kind, const char *what)
{
    struct session *s = ctx;
    progress_clear(&s->progress);
    if (s->json) {
        const char *const part[] = {"path", path, "kind", kind, "what", what};
        fputs(s->told ? ",\n    {" : "\n    {", stdout);
        for (int i = 0; i < 6; i += 2) {
            printf("%s\"%s\": ", i ? ", " : "", part[i]);
            show_json_text(stdout, part[i + 1], strlen(part[i + 1]));
        }
        fputc('}', stdout);
    } else {
        show_plain_text(stdout, path, strlen(path));
        printf(": %s%s%s: ", s->colour ? "\033[31m" : "", kind, s->colour ? "\033[0m" : "");
        show_plain_text(stdout, what, strlen(what));
        fputc('\n', stdout);
    }
    s->told++;
}

static void moved(void *ctx, int64_t bytes)
{
    progress_moved(&((struct session *)ctx)->progress, bytes);
}

static void measure(const struct file_list *list, int64_t *files, int64_t *bytes)
{
    *files = *bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct file_entry *file = files_at(list, i);
        if (file->is_receipt || file->is_open)
            continue;
        ++*files;
        *bytes += file->bytes;
    }
}

static bool segment_is_there(struct file_list *list, const char *receipt)
{
    char segment[4096];
    return !receipt_segment_path(receipt, segment, sizeof segment) || files_have(list, segment);
}

static void verify_all(struct verify *v, struct session *s, struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct file_entry *file = files_at(list, i);
        if (file->is_open) {
            s->open += !file->is_receipt;
        } else if (file->is_receipt) {
            if (!segment_is_there(list, file->path))
                verify_receipt_alone(v, file->path);
        } else {
            verify_segment(v, file->path);
            progress_file(&s->progress);
        }
    }
    progress_clear(&s->progress);
}

static void summary(const struct verify *v, const struct session *s)
{
    char bytes[24];
    show_bytes(v->bytes, bytes);
    if (s->json) {
        printf("%s],\n  \"segments\": %" PRId64 ", \"rows\": %" PRId64 ", \"bytes\": %" PRId64
               ", \"open\": %" PRId64 ", \"certificates\": %" PRId64
               ", \"certificates_not_made_again\": %" PRId64 ", \"violations\": %" PRId64
               ", \"ok\": %s\n}\n",
               s->told ? "\n  " : "", v->files, v->rows, v->bytes, s->open, v->certificates,
               v->not_made_again, v->violations, v->problems ? "false" : "true");
        return;
    }
    printf("%" PRId64 " segments, %" PRId64 " rows, %s: ", v->files, v->rows, bytes);
    if (v->problems)
        printf("%" PRId64 " problems", v->problems);
    else
        fputs(v->quick ? "fine as far as footers and receipts say" : "all fine", stdout);
    if (v->certificates)
        printf(", %" PRId64 " certificates", v->certificates);
    if (v->not_made_again)
        printf(" (%" PRId64 " by hash and chain alone: their segments are not here)",
               v->not_made_again);
    if (s->open)
        printf(", %" PRId64 " open ones not looked at", s->open);
    fputc('\n', stdout);
}

static int collect(const struct verb_args *args, struct file_list *list)
{
    int code = EXIT_FINE;
    for (int i = 0; i < args->path_count && !code; i++)
        code = files_collect_or_complain(list, args->path[i]);
    return code;
}

static int run(const struct verb_args *args)
{
    struct file_list list = {0};
    const char *no_color = getenv("NO_COLOR");
    struct session s = {.json = verb_flag(args, "json")};
    struct verify v = {.quick = verb_flag(args, "quick"), .tell = tell, .moved = moved, .ctx = &s};
    int64_t files, bytes;
    int code = collect(args, &list);
    if (!code) {
        measure(&list, &files, &bytes);
        s.progress = progress_start(files, bytes);
        s.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
        fputs(s.json ? "{\n  \"problems\": [" : "", stdout);
        verify_all(&v, &s, &list);
        for (int i = 0; i < args->path_count && !v.quick; i++)
            verify_certificates(&v, args->path[i]);
        summary(&v, &s);
        code = v.code;
    }
    if (verb_flag(args, "verbose"))
        files_tell_asked();
    verify_free(&v);
    files_free(&list);
    return code;
}

const struct verb verb_verify = {
    .name = "verify",
    .summary = "check segments and certificates: pages, statistics, schema, receipts, chain",
    .usage = "PATH... [--quick] [--json] [--verbose]",
    .detail =
        "Of a data directory its certificates too are made again and compared, and their chain "
        "followed.\n"
        "Exit code 0: all fine. 1: problems (statistics, path, range, receipt, orphans, "
        "certificates). 4: the\n"
        "store refused. 5: the disk refused. 6: damaged bytes. Files of other makers are checked "
        "as "
        "far as the Parquet\n"
        "format goes. Each object of a store (s3://, gs://) is fetched once, into a file without a "
        "name in TMPDIR (/tmp).",
    .example = "  tape verify /data && echo safe to copy",
    .option = {{"quick", NULL, "footers, schemas and receipts' numbers only; no page is read"},
               {"json", NULL, "one JSON object instead of lines"},
               {"verbose", NULL, "say on stderr what was asked of a store"}},
    .paths_min = 1,
    .run = run,
};
