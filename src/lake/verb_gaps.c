#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utc.h"
#include "lake/gaps_show.h"
#include "lake/verb.h"

static const int64_t day_us = 24 * TD_NS_PER_HOUR / TD_NS_PER_US;

struct session {
    struct file_list list;
    struct inventory inventory;
    struct holes holes;
    struct gaps_show show;
    const char *deck;
    int64_t day_from_us; /* of --day */
    int kind;            /* of --kind, -1 any */
    bool open_only;
};

/* ---- options ---- */

static bool take_kind(const struct verb_args *args, struct session *s)
{
    const char *word = verb_value(args, "kind");
    s->kind = -1;
    if (!word)
        return true;
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (strcmp(word, hole_kind_word(kind)) == 0)
            s->kind = (int)kind;
    if (s->kind < 0)
        verb_complain("docs/OPERATE.md lists them: sequence, disconnect, silent, crash ...",
                      "--kind: there is no gap of kind '%s'", word);
    return s->kind >= 0;
}

static bool take_day(const struct verb_args *args, struct session *s)
{
    const char *text = verb_value(args, "day");
    int64_t ns;
    char full[40];
    if (!text)
        return true;
    s->show.one_day = true;
    snprintf(full, sizeof full, "%.10sT00:00:00Z", text);
    if (strlen(text) == 10 && td_utc_parse(full, strlen(full), &ns) == 0) {
        s->day_from_us = ns / TD_NS_PER_US;
        return true;
    }
    verb_complain("Write 2026-09-21 (UTC).", "--day: '%s' is not a day", text);
    return false;
}

static bool take_options(const struct verb_args *args, struct session *s)
{
    const char *no_color = getenv("NO_COLOR");
    s->deck = verb_value(args, "deck");
    s->open_only = verb_flag(args, "open");
    s->show.exchange = verb_value(args, "exchange");
    s->show.symbol = verb_value(args, "symbol");
    s->show.hourly = verb_flag(args, "hourly");
    s->show.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
    if (args->path_count > 1) {
        verb_complain(NULL, "gaps: give one data directory");
        return false;
    }
    return take_kind(args, s) && take_day(args, s);
}

/* ---- reading ---- */

static int collect(struct session *s, const char *path)
{
    td_err err = files_collect(&s->list, path);
    if (err == 0)
        err = inventory_of(&s->inventory, &s->list, s->deck);
    if (err == 0)
        return EXIT_FINE;
    verb_complain("Name a data directory, its ready/ or a folder below.", "%s: %s", path,
                  err == TD_E_NO_MEMORY ? td_err_text(err) : strerror(errno));
    return EXIT_DISK;
}

/* What of the stretch was recorded: no time before the first row or behind the last one is called missing. */
static void set_stretch(struct session *s)
{
    struct gaps_show *show = &s->show;
    int64_t first_us, last_us;
    inventory_extent(&s->inventory, &first_us, &last_us);
    show->from_us = show->one_day ? s->day_from_us : first_us;
    show->to_us = show->one_day ? s->day_from_us + day_us : last_us;
    show->begin_us = first_us > show->from_us ? first_us : show->from_us;
    show->end_us = last_us < show->to_us ? last_us : show->to_us;
    if (show->end_us < show->begin_us)
        show->end_us = show->begin_us;
}

/* The figures are then of what is left. */
static void keep_wanted(struct session *s)
{
    size_t kept = 0;
    struct hole *hole = (struct hole *)(void *)s->holes.holes.data;
    for (size_t i = 0; i < s->holes.count; i++)
        if ((s->kind < 0 || hole[i].kind == s->kind) &&
            (!s->open_only || hole[i].to_us == HOLE_OPEN))
            hole[kept++] = hole[i];
    s->holes.count = kept;
}

static int show_all(struct session *s, bool json)
{
    s->show.holes = &s->holes;
    s->show.inventory = &s->inventory;
    td_err err = json ? gaps_show_json(&s->show) : gaps_show_text(&s->show);
    if (err < 0) {
        verb_complain("Ask for one day with --day.", "gaps: %s", td_err_text(err));
        return EXIT_DISK;
    }
    return gaps_show_count(&s->show) ? EXIT_FOUND : EXIT_FINE;
}

static int find_gaps(struct session *s, bool json)
{
    struct holes_query query = {.deck = s->deck, .until_us = HOLE_OPEN};
    set_stretch(s);
    query.from_us = s->show.from_us;
    query.to_us = s->show.to_us;
    int code = holes_read(&s->holes, &s->list, &query);
    td_err err = inventory_add_streams(&s->inventory, s->show.from_us - s->show.from_us % day_us,
                                       s->show.to_us);
    if (err < 0) {
        verb_complain("Name a folder below ready/.", "gaps: %s", td_err_text(err));
        return EXIT_DISK;
    }
    keep_wanted(s);
    return verb_worse(code, show_all(s, json));
}

static int run(const struct verb_args *args)
{
    const char *home = getenv("DATA_ROOT");
    const char *path = args->path_count ? args->path[0] : home && *home ? home : ".";
    struct session s = {0};
    if (!take_options(args, &s))
        return EXIT_USAGE;
    int code = collect(&s, path);
    if (code == EXIT_FINE && s.inventory.count == 0) {
        verb_complain("Name a data directory with finished segments in ready/.",
                      "%s: no segments of the recorder", path);
        code = EXIT_DISK;
    }
    if (code == EXIT_FINE)
        code = find_gaps(&s, verb_flag(args, "json"));
    lake_buffer_free(&s.show.scratch);
    holes_free(&s.holes);
    inventory_free(&s.inventory);
    files_free(&s.list);
    return code;
}

const struct verb verb_gaps = {
    .name = "gaps",
    .summary = "what is missing: holes by stream and cause, completeness, certificates",
    .usage = "[DIR] [--day YYYY-MM-DD] [--exchange X] [--symbol S] [--kind K] [--open] [--hourly] "
             "[--json]",
    .detail =
        "Without DIR: the folder in DATA_ROOT, else the current one. Completeness is the share of "
        "the recorded time\n"
        "in which nothing was open in the ledger; a back-filled hole costs none. Only what is in "
        "ready/ is known:\n"
        "the running hour is told by `tapedeck status`.\n"
        "Exit code 0: no gaps. 1: gaps. 2: usage. 5: nothing to read. 6: a file of the ledger is "
        "damaged.",
    .example = "  tape gaps /data --day 2026-09-21",
    .option = {{"day", "D", "this day (UTC), with a strip of 24 hours a stream"},
               {"exchange", "X", "only this exchange"},
               {"symbol", "S", "only this symbol, as in the path"},
               {"kind", "K", "only gaps of this kind; figures too are of these alone"},
               {"open", NULL, "only those that are still open; figures too are of these alone"},
               {"hourly", NULL, "completeness hour by hour"},
               {"deck", "N", "only this recorder, where segments of several lie together"},
               {"json", NULL, "one JSON object with every gap"}},
    .run = run,
};
