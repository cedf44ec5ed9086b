#include "sync/pass.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "store/wait.h"
#include "sync/reach.h"
#include "sync/stop.h"

/* Which part of the source goes where (SPEC Y5). */
struct leg {
    const char *from, *to;
    bool plain; /* files that are no segments too */
};
enum { LEGS_MAX = 3 };
/* A segment without a receipt is said once it is so old: whoever carries it here sends the receipt last. */
#define MIN_AGE_NS (60 * TD_NS_PER_S)
static const struct leg legs[][LEGS_MAX] = {
    [LAYOUT_DECK] = {{"ready/", "bronze/", false}, {"certificates/", "certificates/", true}},
    [LAYOUT_SEGMENTS] = {{"", "bronze/", false}},
    [LAYOUT_BACK] = {{"bronze/", "ready/", false}, {"certificates/", "certificates/", true}},
    [LAYOUT_SAME] = {{"", "", true}},
};

struct pass {
    const struct sync_options *options;
    const struct td_os *os;
    struct watch *watch;
    struct sync_tally *tally;
    struct reach reach;
    struct scan *scan;
    bool cut; /* nothing new is begun any more */
    td_err err;
};

/* Quiet hours and a wish to stop end the pass between two objects: what is under way is finished, or found again by asking. */
static int next_item(void *arg, struct sync_item *item)
{
    struct pass *pass = arg;
    const struct td_clock *clock = &pass->os->clock;
    if (stop_wished() || pace_quiet_ns(&pass->options->quiet, clock->wall_ns(clock->ctx)) > 0) {
        pass->cut = true;
        return 0;
    }
    struct sync_source source = scan_source(pass->scan);
    return source.next(source.arg, item);
}

static struct engine_params engine_for(struct pass *pass, const struct leg *leg)
{
    const struct sync_options *o = pass->options;
    bool local = o->from.kind == PLACE_LOCAL;
    return (struct engine_params){
        .os = pass->os,
        .from = &pass->reach.from,
        .to = &pass->reach.to,
        .source = {next_item, pass},
        .workers = (unsigned)o->set.workers,
        .state_dir = o->state_dir,
        .from_dir = local ? o->from.prefix : NULL,
        .marks = o->marks,
        .may_delete = o->may_delete,
        .keep_ns = o->set.keep_days < 0 ? INT64_MAX : o->set.keep_days * 24 * TD_NS_PER_HOUR,
        .free_bytes = o->set.free_bytes,
        .from_prefix = leg->from,
        .to_prefix = leg->to,
        .dry_run = o->dry_run,
        .read_back = o->set.read_back,
        .plain = leg->plain,
        .ended = watch_ended,
        .bytes = watch_bytes,
        .arg = pass->watch,
        .stopped = watch_stopped,
    };
}

/* A source that cannot be listed is said as its objects' failures are. */
static void note_list(struct pass *pass, const struct leg *leg)
{
    const struct store_result *why = scan_failed(pass->scan);
    if (why == NULL)
        return;
    pass->tally->health = sync_health_of(why);
    tally_failure(pass->tally, leg->from, "not listed", why);
}

static td_err run_leg(struct pass *pass, const struct leg *leg)
{
    struct scan_params params = {.os = pass->os,
                                 .from = &pass->reach.list,
                                 .from_prefix = leg->from,
                                 .to_prefix = leg->to,
                                 .paths = pass->options->set.paths,
                                 .plain = leg->plain,
                                 .to_deck = pass->options->to_deck,
                                 .min_age_ns = MIN_AGE_NS};
    TD_TRY(scan_open(&params, stderr, &pass->scan));
    pass->watch->scan = pass->scan;
    struct engine_params engine = engine_for(pass, leg);
    td_err err = engine_run(&engine, pass->tally);
    note_list(pass, leg);
    pass->watch->scan = NULL;
    scan_close(pass->scan);
    return err;
}

/* A leg that ended badly keeps its health: the next one must not hide it. */
static td_err run_legs(struct pass *pass, const struct leg *leg)
{
    enum sync_health worst = SYNC_HEALTH_FINE;
    for (int i = 0; i < LEGS_MAX && leg[i].from && !pass->cut && !pass->err; i++) {
        pass->err = run_leg(pass, &leg[i]);
        if (pass->tally->health != SYNC_HEALTH_FINE)
            worst = pass->tally->health;
        if (sync_health_ends_pass(worst) || worst == SYNC_HEALTH_OFFLINE)
            break;
    }
    pass->tally->health = worst;
    return pass->err;
}

/* A store's names may be a deck's, below bronze/; if there are none they are taken as they are. */
static void run_all(struct pass *pass)
{
    enum sync_layout layout = pass->options->layout;
    bool back = pass->options->download && pass->options->from.kind != PLACE_LOCAL;
    run_legs(pass, legs[back ? LAYOUT_BACK : layout]);
    if (back && !pass->err && !pass->cut && pass->tally->found == 0 &&
        pass->tally->health == SYNC_HEALTH_FINE)
        run_legs(pass, legs[LAYOUT_SAME]);
    pass->cut |= stop_wished();
}

/* A service that has nothing to carry would learn of wrong keys or a lost bucket when the next hour is over: it asks, one small list. */
static void probe_idle(struct pass *pass)
{
    const struct sync_tally *tally = pass->tally;
    struct store_call call = {.op = {.verb = STORE_PROBE, .key = ""}};
    if (!pass->options->continuous || pass->reach.to.is_local || pass->cut || pass->err ||
        tally->found > tally->marked_before || tally->health != SYNC_HEALTH_FINE ||
        store_ask(&pass->reach.to, pass->os, &call) == STORE_FINE)
        return;
    pass->tally->health = sync_health_of(&call.result);
    tally_failure(pass->tally, pass->reach.to.name, "not reached", &call.result);
}

/* ---- what waits ------------------------------------------------------------------------------- */

static bool stopped(void *arg)
{
    (void)arg;
    return stop_wished();
}

/* Only with marks is it known without asking the store. */
static const struct backlog *count_backlog(const struct pass *pass, struct backlog *backlog)
{
    const struct sync_options *o = pass->options;
    char folder[OPTIONS_PATH_MAX];
    struct td_str str = td_str_on(folder, sizeof folder);
    td_str_add_format(&str, "%s%s", o->from.prefix, o->layout == LAYOUT_DECK ? "/ready" : "");
    if (!o->marks || o->set.paths[0] || str.cut ||
        backlog_count(&pass->os->disk, folder, store_known_as(&pass->reach.to), stopped, NULL,
                      backlog) < 0)
        return NULL;
    return backlog;
}

/* ---- its end ---------------------------------------------------------------------------------- */

static int code_of(const struct sync_tally *tally, enum sync_health health)
{
    switch (health) {
    case SYNC_HEALTH_OFFLINE:
    case SYNC_HEALTH_BUSY:
    case SYNC_HEALTH_DENIED:
    case SYNC_HEALTH_SKEWED:
    case SYNC_HEALTH_NO_BUCKET:
    case SYNC_HEALTH_WRONG_REGION:
    case SYNC_HEALTH_UNTRUSTED:
        return EXIT_NETWORK;
    case SYNC_HEALTH_LOCAL:
        return EXIT_DISK;
    default:
        return tally->failed + tally->blocked + tally->conflicts + tally->kept > 0 ? EXIT_FOUND
                                                                                   : EXIT_FINE;
    }
}

static enum sync_health health_of(const struct pass *pass)
{
    const struct sync_tally *tally = pass->tally;
    if (pass->err && tally->health == SYNC_HEALTH_FINE)
        return SYNC_HEALTH_LOCAL;
    if (tally->health == SYNC_HEALTH_FINE &&
        tally->failed + tally->blocked + tally->conflicts + tally->kept > 0)
        return SYNC_HEALTH_DAMAGED;
    return tally->health;
}

static void finish(const struct pass *pass, struct pass_end *end)
{
    const char *words = pass->tally->failures > 0 ? pass->tally->failure[0].words
                        : pass->err               ? td_err_text(pass->err)
                                                  : "";
    end->health = health_of(pass);
    if (end->health == SYNC_HEALTH_FINE)
        words = "";
    td_text_copy(end->words, sizeof end->words, words, strlen(words));
    end->code = code_of(pass->tally, end->health);
    end->interrupted = pass->cut;
    if (pass->err && pass->tally->failures == 0)
        verb_complain(sync_health_advice[end->health], "sync: %s", end->words);
}

/* Neither end could be opened: it was said why. */
static void finish_closed(td_err err, struct pass_end *end)
{
    bool config = err == TD_E_CONFIG || err == TD_E_SYNTAX;
    const char *words = config ? "keys, address or certificates cannot be used" : td_err_text(err);
    end->code = config ? EXIT_CONFIG : EXIT_DISK;
    end->health = config ? SYNC_HEALTH_DENIED : SYNC_HEALTH_LOCAL;
    td_text_copy(end->words, sizeof end->words, words, strlen(words));
}

void pass_run(const struct sync_options *options, const struct td_os *os, struct watch *watch,
              struct sync_tally *tally, struct pass_end *end)
{
    struct pass pass = {.options = options, .os = os, .watch = watch, .tally = tally};
    struct backlog backlog;
    int64_t begun = os->clock.mono_ns(os->clock.ctx);
    *tally = (struct sync_tally){0};
    *end = (struct pass_end){0};
    td_err err = reach_open(&pass.reach, options, watch->was_there, os, stderr);
    watch_pass(watch, tally, err ? NULL : count_backlog(&pass, &backlog));
    if (err) {
        finish_closed(err, end);
    } else {
        run_all(&pass);
        probe_idle(&pass);
        watch->was_there |= tally->sent > 0;
        finish(&pass, end);
        reach_close(&pass.reach);
    }
    end->duration_ns = os->clock.mono_ns(os->clock.ctx) - begun;
    watch_pass_ended(watch, end->health, end->words);
}
