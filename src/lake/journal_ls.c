#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lake/journal_actions.h"
#include "lake/show.h"
#include "lake/verb.h"

struct damage_list {
    struct lake_buffer buffer; /* struct journal_damage */
    size_t count;
};

/* Reads everything, for what only the frames tell: times, and holes. */
static int walk(struct journal_dir *dir, struct damage_list *list)
{
    struct progress progress = journal_progress(dir);
    struct td_frame frame;
    struct journal_damage damage;
    int got, code = EXIT_FINE;
    while ((got = journal_step(dir, &progress, &frame, &damage)) != 0) {
        if (got > 0)
            continue;
        code = verb_worse(code, journal_damage_code(&damage));
        if (lake_append(&list->buffer, &damage, sizeof damage) < 0) {
            verb_complain(NULL, "%s: %s", dir->path, td_err_text(TD_E_NO_MEMORY));
            return verb_worse(code, EXIT_DISK);
        }
        list->count++;
    }
    progress_clear(&progress);
    return code;
}

static const char *state(const struct journal_dir_file *file)
{
    return file->unused          ? "unused"
           : file->sequence == 0 ? "unreadable"
           : file->holes         ? "damaged"
           : !file->header_whole ? "header damaged"
                                 : "ok";
}

static void range(char out[48], uint64_t first, uint64_t last, bool any)
{
    if (!any)
        snprintf(out, 48, "-");
    else if (first == last)
        snprintf(out, 48, "%" PRIu64, first);
    else
        snprintf(out, 48, "%" PRIu64 "-%" PRIu64, first, last);
}

/* Whole seconds: the columns are many. */
static void time_text(char out[SHOW_NUMBER_MAX], int64_t ns, bool any)
{
    size_t bytes = any ? show_time_us(ns / 1000, out) : 0;
    if (bytes == 0)
        snprintf(out, SHOW_NUMBER_MAX, "-");
    else if (bytes > 20)
        memcpy(out + 19, "Z", 2);
}

static void print_row(const struct journal_dir_file *file)
{
    char epoch[48], blocks[48], frames[48], from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX];
    range(epoch, file->epoch_first, file->epoch_last, file->blocks);
    range(blocks, file->block_first, file->block_last, file->blocks);
    range(frames, file->frame_first, file->frame_last, file->frames);
    time_text(from, file->from_ns, file->frames);
    time_text(to, file->to_ns, file->frames);
    printf("%-12s %7s %15s %23s  %-20s  %-20s %11" PRId64 "  %s", file->name, epoch, blocks, frames,
           from, to, file->used_bytes, state(file));
    if (file->holes)
        printf(", %" PRIu64 " holes", file->holes);
    putchar('\n');
}

static void print_json(const struct journal_dir_file *file, bool first)
{
    char from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX];
    fputs(first ? "\n    {\"file\": " : ",\n    {\"file\": ", stdout);
    show_json_text(stdout, file->name, strlen(file->name));
    printf(", \"sequence\": %" PRIu64 ", \"state\": \"%s\", \"bytes\": %" PRId64
           ", \"file_bytes\": %" PRId64 ", \"blocks\": %" PRIu64,
           file->sequence, state(file), file->used_bytes, file->file_bytes, file->blocks);
    if (file->blocks)
        printf(", \"block_first\": %" PRIu64 ", \"block_last\": %" PRIu64
               ", \"epoch_first\": %" PRIu64 ", \"epoch_last\": %" PRIu64,
               file->block_first, file->block_last, file->epoch_first, file->epoch_last);
    printf(", \"frames\": %" PRIu64, file->frames);
    if (file->frames) {
        show_time_us(file->from_ns / 1000, from);
        show_time_us(file->to_ns / 1000, to);
        printf(", \"frame_first\": %" PRIu64 ", \"frame_last\": %" PRIu64
               ", \"from\": \"%s\", \"to\": \"%s\"",
               file->frame_first, file->frame_last, from, to);
    }
    printf(", \"holes\": %" PRIu64 "}", file->holes);
}

static void print_damage(const struct damage_list *list, bool json)
{
    const struct journal_damage *damage = (const void *)list->buffer.data;
    for (size_t i = 0; i < list->count; i++, damage++) {
        char cost[JOURNAL_COST_MAX];
        journal_cost(cost, damage);
        if (!json) {
            printf("%s%s: offset %" PRId64 ": %s: %s\n", i ? "" : "\n", damage->file,
                   damage->offset, td_err_text(damage->err), cost);
            continue;
        }
        fputs(i ? ",\n    {\"file\": " : "\n    {\"file\": ", stdout);
        show_json_text(stdout, damage->file, strlen(damage->file));
        printf(", \"offset\": %" PRId64 ", \"error\": \"%s\", \"frame_before\": %" PRIu64
               ", \"frame_after\": %" PRIu64 "}",
               damage->offset, td_err_name(damage->err), damage->frame_before, damage->frame_after);
    }
}

static void print_total(const struct journal_dir *dir, const struct damage_list *list, bool json)
{
    uint64_t blocks = 0, frames = 0;
    int64_t used_bytes = 0;
    char size[24];
    for (uint32_t i = 0; i < dir->folder->count; i++) {
        blocks += dir->file[i].blocks;
        frames += dir->file[i].frames;
        used_bytes += dir->file[i].used_bytes;
    }
    show_bytes(used_bytes, size);
    if (json)
        printf("  \"totals\": {\"files\": %" PRIu32 ", \"blocks\": %" PRIu64
               ", \"frames\": %" PRIu64 ", \"bytes\": %" PRId64 ", \"holes\": %zu}\n}\n",
               dir->folder->count, blocks, frames, used_bytes, list->count);
    else
        printf("\n%" PRIu32 " files, %" PRIu64 " blocks, %" PRIu64 " frames, %s, %zu holes\n",
               dir->folder->count, blocks, frames, size, list->count);
}

int journal_ls(struct journal_dir *dir, bool json)
{
    struct damage_list list = {0};
    int code = walk(dir, &list);
    if (json)
        fputs("{\n  \"files\": [", stdout);
    else
        puts("file           epoch          blocks                  frames  from                  "
             "to                         bytes  state");
    for (uint32_t i = 0; i < dir->folder->count; i++) {
        const struct journal_dir_file *file = &dir->file[i];
        if (json)
            print_json(file, i == 0);
        else
            print_row(file);
        if (!file->header_whole && !file->unused)
            code = verb_worse(code, EXIT_CORRUPT);
    }
    fputs(json ? "\n  ],\n  \"damage\": [" : "", stdout);
    print_damage(&list, json);
    fputs(!json ? "" : list.count ? "\n  ],\n" : "],\n", stdout);
    print_total(dir, &list, json);
    lake_buffer_free(&list.buffer);
    return code;
}
