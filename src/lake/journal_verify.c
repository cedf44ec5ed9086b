#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lake/journal_actions.h"
#include "lake/show.h"
#include "lake/verb.h"

struct check {
    struct journal_dir *dir;
    struct progress progress;
    bool json, hole; /* hole: one was told since the last frame */
    int code;
    uint64_t told, frames, last_number;
};

/* ---- for all actions ---- */

void journal_cost(char out[JOURNAL_COST_MAX], const struct journal_damage *damage)
{
    struct td_str text = td_str_on(out, JOURNAL_COST_MAX);
    uint64_t before = damage->frame_before, after = damage->frame_after;
    if (after == 0 && before == 0)
        td_str_add(&text, "no frame is readable");
    else if (after == 0)
        td_str_add_format(&text,
                          "nothing is readable behind frame %" PRIu64
                          "; a recorder that was cut off, or that is writing now, leaves this too",
                          before);
    else if (before == 0)
        td_str_add_format(&text, "frames before %" PRIu64 " are lost", after);
    else
        td_str_add_format(&text, "frames between %" PRIu64 " and %" PRIu64 " are lost", before,
                          after);
}

int journal_damage_code(const struct journal_damage *damage)
{
    return damage->err == TD_E_JOURNAL_CORRUPT ? EXIT_CORRUPT : EXIT_DISK;
}

struct progress journal_progress(const struct journal_dir *dir)
{
    int64_t bytes = 0;
    for (uint32_t i = 0; i < dir->folder->count; i++)
        bytes += dir->file[i].used_bytes;
    return progress_start(dir->folder->count, bytes);
}

int journal_step(struct journal_dir *dir, struct progress *progress, struct td_frame *frame,
                 struct journal_damage *damage)
{
    uint32_t was = dir->at;
    int got = journal_dir_next(dir, frame, damage);
    for (; was < dir->at; was++) {
        progress_file(progress);
        progress_moved(progress, dir->file[was].used_bytes);
    }
    return got;
}

/* ---- telling ---- */

struct problem {
    const char *file, *kind, *what;
    int64_t offset; /* -1: of the file as a whole */
    uint64_t frame_before, frame_after;
};

static void tell_json(const struct check *c, const struct problem *problem)
{
    const char *const part[] = {"file",        problem->file, "kind",
                                problem->kind, "what",        problem->what};
    fputs(c->told ? ",\n    {" : "\n    {", stdout);
    for (int i = 0; i < 6; i += 2) {
        printf("%s\"%s\": ", i ? ", " : "", part[i]);
        show_json_text(stdout, part[i + 1], strlen(part[i + 1]));
    }
    if (problem->offset >= 0)
        printf(", \"offset\": %" PRId64, problem->offset);
    printf(", \"frame_before\": %" PRIu64 ", \"frame_after\": %" PRIu64 "}", problem->frame_before,
           problem->frame_after);
}

static void tell(struct check *c, int code, struct problem problem)
{
    progress_clear(&c->progress);
    if (c->json) {
        tell_json(c, &problem);
    } else {
        show_plain_text(stdout, problem.file, strlen(problem.file));
        if (problem.offset >= 0)
            printf(": offset %" PRId64, problem.offset);
        printf(": %s: %s\n", problem.kind, problem.what);
    }
    c->told++;
    c->code = verb_worse(c->code, code);
}

/* ---- the checks ---- */

static void check_header(struct check *c, const struct journal_dir_file *file)
{
    if (file->header_whole || file->unused)
        return;
    tell(c, EXIT_CORRUPT,
         (struct problem){.file = file->name,
                          .kind = "header",
                          .what =
                              file->sequence
                                  ? "the file's header is damaged; its blocks are found without it"
                                  : "neither the header nor the first block is readable"});
}

/* Files are made whole, so behind the last block there is room, unless the file is full. A file that others follow needs no
   such guess: the next one's first block says what must have come before. */
static void check_length(struct check *c, const struct journal_dir_file *file)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i + 1 < c->dir->folder->count; i++)
        if (longest < c->dir->file[i].file_bytes)
            longest = c->dir->file[i].file_bytes;
    bool odd = file->file_bytes % JOURNAL_PAGE != 0 || file->file_bytes < JOURNAL_FILE_BYTES_MIN;
    bool ends_early = file->used_bytes >= file->file_bytes && file->file_bytes != longest;
    if (!file->unused && (odd || ends_early))
        tell(c, EXIT_FOUND,
             (struct problem){
                 .file = file->name,
                 .kind = "cut",
                 .what = "the file is shorter than it was made; what stood behind may be lost",
                 .offset = file->file_bytes,
                 .frame_before = file->last_frame});
}

static void check_number(struct check *c, const struct td_frame *frame)
{
    char what[JOURNAL_COST_MAX];
    if (c->last_number && !c->hole && frame->number != c->last_number + 1) {
        snprintf(what, sizeof what,
                 "no block is damaged, but frames between %" PRIu64 " and %" PRIu64 " are missing",
                 c->last_number, frame->number);
        tell(c, EXIT_FOUND,
             (struct problem){c->dir->file[c->dir->at].name, "jump", what, -1, c->last_number,
                              frame->number});
    }
    c->last_number = frame->number;
    c->hole = false;
    c->frames++;
}

static void check_damage(struct check *c, const struct journal_damage *damage)
{
    char cost[JOURNAL_COST_MAX], what[2 * JOURNAL_COST_MAX];
    journal_cost(cost, damage);
    snprintf(what, sizeof what, "%s: %s", td_err_text(damage->err), cost);
    tell(c, journal_damage_code(damage),
         (struct problem){damage->file, "damage", what, damage->offset, damage->frame_before,
                          damage->frame_after});
    c->hole = true;
}

static void check_frames(struct check *c)
{
    struct td_frame frame;
    struct journal_damage damage;
    int got;
    while ((got = journal_step(c->dir, &c->progress, &frame, &damage)) != 0) {
        if (got > 0)
            check_number(c, &frame);
        else
            check_damage(c, &damage);
    }
    progress_clear(&c->progress);
}

static void print_total(const struct check *c)
{
    uint64_t blocks = 0;
    int64_t used_bytes = 0;
    char size[24];
    for (uint32_t i = 0; i < c->dir->folder->count; i++) {
        blocks += c->dir->file[i].blocks;
        used_bytes += c->dir->file[i].used_bytes;
    }
    show_bytes(used_bytes, size);
    if (c->json)
        printf("%s],\n  \"files\": %" PRIu32 ", \"blocks\": %" PRIu64 ", \"frames\": %" PRIu64
               ", \"bytes\": %" PRId64 ", \"ok\": %s\n}\n",
               c->told ? "\n  " : "", c->dir->folder->count, blocks, c->frames, used_bytes,
               c->told ? "false" : "true");
    else if (c->told)
        printf("%" PRIu32 " files, %" PRIu64 " blocks, %" PRIu64 " frames, %s: %" PRIu64
               " problems\n",
               c->dir->folder->count, blocks, c->frames, size, c->told);
    else
        printf("%" PRIu32 " files, %" PRIu64 " blocks, %" PRIu64 " frames, %s: all fine\n",
               c->dir->folder->count, blocks, c->frames, size);
}

int journal_verify(struct journal_dir *dir, bool json)
{
    struct check c = {.dir = dir, .json = json, .progress = journal_progress(dir)};
    fputs(json ? "{\n  \"problems\": [" : "", stdout);
    for (uint32_t i = 0; i < dir->folder->count; i++)
        check_header(&c, &dir->file[i]);
    check_frames(&c);
    check_length(&c, &dir->file[dir->folder->count - 1]);
    print_total(&c);
    return c.code;
}
