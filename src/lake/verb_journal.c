#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lake/journal_actions.h"
#include "lake/journal_show.h"
#include "lake/verb.h"

/* ---- dump ---- */

struct dump {
    bool json, one_source, mixed;
    int64_t from_frame, limit, source;
    int first_source; /* of the lines printed, -1: none yet */
    uint64_t left_out, spaced;
};

static bool take_dump(const struct verb_args *args, struct dump *dump)
{
    *dump = (struct dump){.json = verb_flag(args, "json"),
                          .one_source = verb_flag(args, "source"),
                          .limit = INT64_MAX,
                          .first_source = -1};
    return verb_count(args, "from-frame", &dump->from_frame) &&
           verb_count(args, "limit", &dump->limit) && verb_count(args, "source", &dump->source);
}

/* True: a line was printed. */
static bool dump_line(struct dump *dump, const struct td_frame *frame)
{
    enum journal_line line = journal_show_capture(stdout, frame);
    dump->left_out += line == JOURNAL_LINE_CANNOT;
    dump->spaced += line == JOURNAL_LINE_SPACED;
    if (line != JOURNAL_LINE_EXACT && line != JOURNAL_LINE_SPACED)
        return false;
    if (dump->first_source < 0)
        dump->first_source = frame->source;
    dump->mixed |= dump->first_source != frame->source;
    return true;
}

static void dump_frame(struct dump *dump, const struct td_frame *frame)
{
    if (dump->one_source && frame->source != dump->source)
        return;
    if (dump->json)
        journal_show_json(stdout, frame);
    else if (!dump_line(dump, frame))
        return;
    dump->limit--;
}

static void dump_notes(const struct dump *dump)
{
    if (dump->mixed)
        verb_complain("Dump each with --source N; --json shows which there are.",
                      "the lines are of several venues, and replay takes one venue a file");
    if (dump->left_out)
        verb_complain("--json prints them.",
                      "left out: %" PRIu64
                      " HTTP answers other than 200, which captures cannot tell",
                      dump->left_out);
    if (dump->spaced)
        verb_complain("--json prints them as they are.",
                      "%" PRIu64 " lines have spaces in place of line breaks", dump->spaced);
}

static int dump_all(struct journal_dir *dir, struct dump *dump)
{
    struct td_frame frame;
    struct journal_damage damage;
    int got, code = EXIT_FINE;
    while (dump->limit > 0 && !ferror(stdout) &&
           (got = journal_dir_next(dir, &frame, &damage)) != 0) {
        if (got > 0) {
            dump_frame(dump, &frame);
            continue;
        }
        char cost[JOURNAL_COST_MAX];
        journal_cost(cost, &damage);
        verb_complain(NULL, "%s: offset %" PRId64 ": %s: %s", damage.file, damage.offset,
                      td_err_text(damage.err), cost);
        code = verb_worse(code, journal_damage_code(&damage));
    }
    dump_notes(dump);
    return code;
}

/* ---- the verb ---- */

static const char *const actions[] = {"ls", "dump", "verify", "drain"};
enum { ACTION_LS, ACTION_DUMP, ACTION_VERIFY, ACTION_DRAIN, ACTIONS };

static int (*drain_by)(const struct journal_drain *request);

void verb_journal_drain_by(int (*drain)(const struct journal_drain *request))
{
    drain_by = drain;
}

/* Options that belong to one action alone. */
static const struct {
    const char *name;
    int action;
} own_options[] = {{"from-frame", ACTION_DUMP}, {"limit", ACTION_DUMP},   {"source", ACTION_DUMP},
                   {"out", ACTION_DRAIN},       {"config", ACTION_DRAIN}, {"whole", ACTION_DRAIN}};

static int find_action(const struct verb_args *args)
{
    int action = 0;
    while (action < ACTIONS && strcmp(args->path[0], actions[action]) != 0)
        action++;
    if (action == ACTIONS || args->path_count != 2) {
        verb_complain("Write `tape journal ls PATH`, `dump PATH`, `verify PATH` or `drain PATH`.",
                      action == ACTIONS ? "journal: unknown action '%s'"
                                        : "journal %s: give one PATH",
                      args->path[0]);
        return -1;
    }
    for (size_t i = 0; i < sizeof own_options / sizeof own_options[0]; i++)
        if (action != own_options[i].action && verb_flag(args, own_options[i].name)) {
            char next[64];
            snprintf(next, sizeof next, "It belongs to `tape journal %s`.",
                     actions[own_options[i].action]);
            verb_complain(next, "journal %s: --%s means nothing", actions[action],
                          own_options[i].name);
            return -1;
        }
    return action;
}

static int drain(const struct verb_args *args)
{
    const char *out = verb_value(args, "out");
    struct journal_drain request = {.path = args->path[1],
                                    .out = out ? out : "drained",
                                    .config = verb_value(args, "config"),
                                    .whole = verb_flag(args, "whole"),
                                    .json = verb_flag(args, "json")};
    if (drain_by)
        return drain_by(&request);
    verb_complain("Use the `tape` that came with this recorder.",
                  "journal drain: this program does not hold the recorder's core");
    return EXIT_USAGE;
}

static int open_complaint(td_err err, const char *path)
{
    verb_complain("Name a data directory, its journal/ or one .tdj file.", "%s: %s", path,
                  err == TD_E_IO ? strerror(td_os_errno()) : td_err_text(err));
    return EXIT_DISK;
}

static int act(struct journal_dir *dir, int action, struct dump *dump, const char *path)
{
    td_err err = journal_dir_open(dir, path);
    if (err < 0)
        return open_complaint(err, path);
    if (dir->folder->count == 0) {
        verb_complain("Name a data directory, its journal/ or one .tdj file.",
                      "%s: no journal files (000001.tdj ...)", path);
        return EXIT_FOUND;
    }
    err = action == ACTION_DUMP ? 0 : journal_dir_survey(dir);
    if (err == 0)
        err = journal_dir_read(dir, (uint64_t)dump->from_frame);
    if (err < 0)
        return open_complaint(err, path);
    return action == ACTION_DUMP ? dump_all(dir, dump)
           : action == ACTION_LS ? journal_ls(dir, dump->json)
                                 : journal_verify(dir, dump->json);
}

static int run(const struct verb_args *args)
{
    struct journal_dir dir = {0};
    struct dump dump;
    int action = find_action(args);
    if (action < 0 || !take_dump(args, &dump))
        return EXIT_USAGE;
    if (action == ACTION_DRAIN)
        return drain(args);
    int code = act(&dir, action, &dump, args->path[1]);
    journal_dir_close(&dir);
    return code;
}

const struct verb verb_journal = {
    .name = "journal",
    .summary = "list, print and check the journal of received frames",
    .usage =
        "ls|dump|verify|drain PATH [--json] [--from-frame N] [--limit N] [--source N] [--out DIR]",
    .detail =
        "ls: files with epochs, blocks, frames, times, bytes and damage. dump: what was received, "
        "in the form\n"
        "that `tapedeck replay` reads; a replay takes all connections of a venue as one. verify: "
        "walks through\n"
        "everything. drain: replays it through the recorder's own core into DIR/ready, on any "
        "host, "
        "from a card or a\n"
        "copy of its data; from the newest checkpoint where there is one. PATH is a data "
        "directory, "
        "its journal/ or,\n"
        "but for drain, one .tdj file; a recorder may be running.\n"
        "Exit code 0: all fine. 1: found something without damage (frames missing, a file cut "
        "short, no journal).\n"
        "6: damaged bytes.",
    .example = "  tape journal drain /media/card/data --out rescued\n"
               "  tape journal dump /data --source 0 >coinbase.capture\n"
               "  tapedeck replay --venue coinbase coinbase.capture --out again",
    .option = {{"json", NULL, "one JSON object; dump: every frame of any kind as a JSON line"},
               {"from-frame", "N", "dump: from this frame number on"},
               {"limit", "N", "dump: stop after N lines"},
               {"source", "N", "dump: only this venue (its place in the configuration, from 0)"},
               {"out", "DIR", "drain: the folder that gets ready/; without it ./drained"},
               {"config", "FILE", "drain: this configuration in place of the journal's own"},
               {"whole", NULL,
                "drain: from the journal's beginning although there is a checkpoint"}},
    .paths_min = 1,
    .run = run,
};
