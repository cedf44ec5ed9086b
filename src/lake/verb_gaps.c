#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utc.h"
#include "lake/certificate.h"
#include "lake/gaps_show.h"
#include "lake/verb.h"
#include "store/place.h"

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
    const char *certificates; /* folder that they go to; NULL: none are asked for */
    char certificates_of_data[CERTIFICATE_PATH_MAX];
};

static const char *data_dir(const struct verb_args *args)
{
    const char *home = getenv("DATA_ROOT");
    return args->path_count ? args->path[0] : home && *home ? home : ".";
}

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

static bool has_ready(const char *dir)
{
    char path[CERTIFICATE_PATH_MAX];
    snprintf(path, sizeof path, "%s/ready", dir);
    return access(path, F_OK) == 0;
}

static bool take_certificate(const struct verb_args *args, struct session *s)
{
    s->certificates = verb_value(args, "certificate");
    if (verb_flag(args, "export")) {
        snprintf(s->certificates_of_data, sizeof s->certificates_of_data, "%s/certificates",
                 data_dir(args));
        s->certificates = s->certificates_of_data;
    }
    if (verb_flag(args, "export") && !has_ready(data_dir(args))) {
        verb_complain("Name the data directory itself, or a folder with --certificate OUT.",
                      "%s: holds no ready/", data_dir(args));
        return false;
    }
    if (s->certificates && place_is_remote(s->certificates)) {
        verb_complain("Name a folder with --certificate OUT.",
                      "gaps: certificates cannot be written into a store");
        return false;
    }
    if (!s->certificates || s->show.one_day)
        return true;
    verb_complain("Add --day 2026-09-21.", "gaps: a certificate is of one day");
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
    return take_kind(args, s) && take_day(args, s) && take_certificate(args, s);
}

/* ---- reading ---- */

static int collect(struct session *s, const char *path)
{
    int code = files_collect_or_complain(&s->list, path);
    td_err err = code ? 0 : inventory_of(&s->inventory, &s->list, s->deck);
    if (err == 0)
        return code;
    verb_complain("Name a data directory, its ready/ or a folder below.", "%s: %s", path,
                  td_err_text(err));
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
    query.to_us = s->show.end_us; /* so that a stop behind which nothing stands is no gap */
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

/* ---- certificates ---- */

/* One that stands is never replaced: later ones are linked to its bytes. */
static int keep_or_write(const struct certificate_order *order, const char *path,
                         const struct lake_buffer *text, const struct lake_buffer *stood)
{
    bool stands = order->stored != NULL;
    if (stands &&
        (stood->bytes != text->bytes || memcmp(stood->data, text->data, text->bytes) != 0)) {
        verb_complain("`tape verify` shows where. Delete it and all later ones to certify anew.",
                      "%s stands already and says otherwise", path);
        return EXIT_FOUND;
    }
    if (!stands && order->previous.later) {
        verb_complain("Certify days in their order, or delete the later ones.",
                      "%s: certificates of later days stand already", path);
        return EXIT_FOUND;
    }
    if (!stands && certificate_write(path, text) < 0) {
        verb_complain(NULL, "%s: %s", path, strerror(errno));
        return EXIT_DISK;
    }
    puts(path);
    return EXIT_FINE;
}

static int certify_exchange(struct session *s, const char *exchange)
{
    struct certificate_order order = {.list = &s->list,
                                      .deck = s->deck ? s->deck : inventory_deck(&s->inventory),
                                      .exchange = exchange,
                                      .day_us = s->day_from_us};
    struct lake_buffer text = {0}, stood = {0};
    char date[CERTIFICATE_DATE_MAX], path[CERTIFICATE_PATH_MAX];
    int code = EXIT_DISK;
    certificate_date(s->day_from_us, date);
    if (certificate_path(s->certificates, exchange, date, path) < 0 ||
        certificate_previous(s->certificates, exchange, date, &order.previous) < 0) {
        verb_complain(NULL, "%s: %s", s->certificates, strerror(errno));
    } else {
        if (certificate_read(path, &stood) == 0)
            order.stored = (const char *)stood.data;
        code = certificate_make(&order, &text);
        code = code ? code : keep_or_write(&order, path, &text, &stood);
    }
    lake_buffer_free(&text);
    lake_buffer_free(&stood);
    return code;
}

/* Each exchange of the day, in the order of their names. */
static int certify(struct session *s)
{
    const char *last = "_all";
    int code = EXIT_FINE;
    bool any = false;
    if (!s->deck && !inventory_deck(&s->inventory)) {
        verb_complain("Name one with --deck.", "gaps: segments of several recorders lie here");
        return EXIT_USAGE;
    }
    for (;;) {
        const char *next = NULL;
        for (size_t i = 0; i < s->inventory.count; i++) {
            const struct inventory_segment *segment = inventory_at(&s->inventory, i);
            const char *exchange = segment->partition.exchange;
            if (segment->hour_us >= s->day_from_us && segment->hour_us < s->day_from_us + day_us &&
                strcmp(exchange, last) > 0 && (!next || strcmp(exchange, next) < 0) &&
                (!s->show.exchange || strcmp(exchange, s->show.exchange) == 0))
                next = exchange;
        }
        if (!next)
            break;
        any = true;
        code = verb_worse(code, certify_exchange(s, next));
        last = next;
    }
    if (!any)
        verb_complain("`tape ls` shows what there is.", "gaps: nothing was recorded that day");
    return any ? code : EXIT_USAGE;
}

static int run(const struct verb_args *args)
{
    const char *path = data_dir(args);
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
        code = s.certificates ? certify(&s) : find_gaps(&s, verb_flag(args, "json"));
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
             "[--json] [--export | --certificate OUT]",
    .detail =
        "Without DIR: the folder in DATA_ROOT, else the current one. Completeness is the share of "
        "the recorded time\n"
        "in which nothing was open in the ledger; a back-filled hole costs none. Only what is in "
        "ready/ is known:\n"
        "the running hour is told by `tapedeck status`.\n"
        "A certificate states a finished day of an exchange (completeness, gaps, every segment "
        "with "
        "its sha256) and is\n"
        "chained to the one before; `tape verify` makes it again. It needs an hour recorded after "
        "the day.\n"
        "Exit code 0: no gaps, or the certificates are written. 1: gaps. 2: usage. 5: nothing to "
        "read. 6: a file of\n"
        "the ledger is damaged.",
    .example = "  tape gaps /data --day 2026-09-21\n"
               "  tape gaps /data --day 2026-09-21 --export",
    .option = {{"day", "D", "this day (UTC), with a strip of 24 hours a stream"},
               {"exchange", "X", "only this exchange"},
               {"symbol", "S", "only this symbol, as in the path"},
               {"kind", "K", "only gaps of this kind; figures too are of these alone"},
               {"open", NULL, "only those that are still open; figures too are of these alone"},
               {"hourly", NULL, "completeness hour by hour"},
               {"deck", "N", "only this recorder, where segments of several lie together"},
               {"export", NULL, "write the day's certificates into DIR/certificates"},
               {"certificate", "OUT", "write them into this folder"},
               {"json", NULL, "one JSON object with every gap"}},
    .run = run,
};
