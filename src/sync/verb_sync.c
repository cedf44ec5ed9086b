#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "lake/verb.h"
#include "sync/lock.h"
#include "sync/low.h"
#include "sync/pass.h"
#include "sync/report.h"
#include "sync/settings.h"
#include "sync/stop.h"

static int (*load_settings)(const char *path, struct sync_settings *settings);

void verb_sync_by(int (*load)(const char *path, struct sync_settings *settings))
{
    load_settings = load;
}

/* One run of the verb. */
struct session {
    struct sync_options options;
    const struct td_os *os;
    struct watch watch;
    struct sync_tally tally;
    struct pass_end end;
};

/* ---- passes ----------------------------------------------------------------------------------- */

static void report(struct session *s)
{
    const struct report report = {.options = &s->options,
                                  .tally = &s->tally,
                                  .status = &s->watch.status,
                                  .duration_ns = s->end.duration_ns,
                                  .interrupted = s->end.interrupted,
                                  .exit_code = s->end.code};
    if (s->options.json)
        report_json(stdout, &report);
    else
        report_words(stdout, &report);
    fflush(stdout);
}

/* A pass of a service that found nothing to do says nothing. */
static bool is_worth_words(const struct session *s)
{
    const struct sync_tally *t = &s->tally;
    return !s->options.continuous || s->options.json || s->end.health != SYNC_HEALTH_FINE ||
           t->sent + t->removed + t->there - t->marked_before > 0 || s->watch.status.passes == 1;
}

static void pass(struct session *s)
{
    if (s->options.dry_run && s->options.json)
        report_json_begin(stdout);
    pass_run(&s->options, s->os, &s->watch, &s->tally, &s->end);
    if (is_worth_words(s))
        report(s);
}

static int64_t wall_ns(const struct session *s)
{
    return s->os->clock.wall_ns(s->os->clock.ctx);
}

static void wait_for(struct session *s, enum sync_phase phase, int64_t ns)
{
    watch_waits(&s->watch, phase, wall_ns(s) + ns);
    stop_sleep_until(s->os->clock.mono_ns(s->os->clock.ctx) + ns);
}

/* Slept in pieces: the clock may be set meanwhile. */
static void wait_out_quiet_hours(struct session *s)
{
    bool said = false;
    for (int64_t ns; !stop_wished() && (ns = pace_quiet_ns(&s->options.quiet, wall_ns(s))) > 0;) {
        if (!said)
            fprintf(stderr, "sync: quiet hours, for %" PRId64 " minutes\n",
                    ns / TD_NS_PER_S / 60 + 1);
        said = true;
        wait_for(s, SYNC_PHASE_QUIET, ns > 60 * TD_NS_PER_S ? 60 * TD_NS_PER_S : ns);
    }
}

static int run_once(struct session *s)
{
    do {
        wait_out_quiet_hours(s);
        if (stop_wished())
            return EXIT_FOUND;
        pass(s);
    } while (s->end.interrupted && !stop_wished());
    return s->end.interrupted && s->end.code == EXIT_FINE ? EXIT_FOUND : s->end.code;
}

/* Only a configuration that cannot work ends it, and only at its start: all else may heal. */
static int run_continuous(struct session *s)
{
    for (bool first = true; !stop_wished(); first = false) {
        wait_out_quiet_hours(s);
        if (stop_wished())
            break;
        pass(s);
        if (first && s->end.code == EXIT_CONFIG)
            return s->end.code;
        if (!stop_wished())
            wait_for(s, SYNC_PHASE_WAIT, s->options.set.interval_s * TD_NS_PER_S);
    }
    return EXIT_FINE;
}

/* ---- the verb --------------------------------------------------------------------------------- */

static int refuse_state_dir(const struct sync_options *o, td_err err)
{
    verb_complain("Give --state-dir a folder that can be written; of a source that cannot, "
                  "--no-marks too.",
                  "sync: %s cannot be written: %s", o->state_dir,
                  err == TD_E_IO ? strerror(errno) : td_err_text(err));
    return EXIT_DISK;
}

static int take_lock(const struct sync_options *o, const struct td_os *os, int *lock)
{
    int64_t holder = 0;
    td_err err = os->disk.make_dirs(os->disk.ctx, o->state_dir);
    *lock = err ? err : lock_take(o->state_dir, &holder);
    if (*lock >= 0)
        return 0;
    if (*lock != TD_E_BUSY)
        return refuse_state_dir(o, *lock);
    char whose[32] = "another process";
    if (holder > 0) /* it may be about to write its number */
        snprintf(whose, sizeof whose, "process %" PRId64, holder);
    verb_complain("Wait for it, stop it, or give this one another --state-dir and source.",
                  "sync: %s is at it already (%s)", whose, o->state_dir);
    return EXIT_DISK;
}

static int work(struct session *s)
{
    int lock = -1, code = s->options.dry_run ? 0 : take_lock(&s->options, s->os, &lock);
    if (code)
        return code;
    watch_begin(&s->watch, &s->options, s->os);
    code = s->options.continuous ? run_continuous(s) : run_once(s);
    watch_end(&s->watch);
    if (lock >= 0)
        lock_leave(lock);
    return code;
}

static int run(const struct verb_args *args)
{
    static struct sync_settings settings;
    static struct session session;
    session.os = td_os_linux();
    TD_ASSERT(load_settings != NULL, "the program gives what reads the configuration");
    int code = load_settings(verb_value(args, "config"), &settings);
    if (code || (verb_flag(args, "service") && !settings.enabled))
        return code;
    code = options_of(args, &settings, &session.options);
    if (code)
        return code;
    low_priority(settings.nice);
    stop_listen();
    return work(&session);
}

const struct verb verb_sync = {
    .name = "sync",
    .summary = "carry segments to an object store or a folder and prove them there",
    .usage = "[FROM] [TO] [--mode once|continuous] [--dry-run] [options]",
    .detail =
        "FROM and TO are folders, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX. Left out they are "
        "deck.data_dir and\n"
        "sync.to of the configuration, or S3_BUCKET. A deck's ready/ becomes bronze/ there, and "
        "comes back by\n"
        "download. Each object is verified by size and checksum, its receipt is sent last, then it "
        "is marked\n"
        "here; a run that finds the mark sends nothing. Deleted is only what was proven again just "
        "before: in the\n"
        "deck's own folder when disk.free_mb is short, anywhere by --keep-days.\n"
        "Keys come from the environment (S3_ACCESS_KEY and S3_SECRET_KEY, AWS_..., "
        "GCS_ACCESS_KEY and\n"
        "GCS_SECRET_KEY, GOOGLE_APPLICATION_CREDENTIALS) or from a secrets file, never from this "
        "line.\n"
        "Exit code 0: fine. 1: some items failed, are blocked or in conflict, or it was stopped. "
        "2: usage. 3: keys,\n"
        "address or configuration. 4: the network or the store refuses. 5: the disk, or another "
        "sync is at it.",
    .example = "  tape sync --dry-run\n"
               "  tape sync /data s3://market-data/attic --bandwidth 2M --quiet-hours 08:00-20:00\n"
               "  tape sync s3://market-data/attic /mirror --paths 'trades/**'\n"
               "  tape sync --mode continuous --interval 300 --no-delete",
    .option = {{"mode", "M", "once (default), or continuous: a pass each --interval"},
               {"interval", "S", "seconds between two passes (300)"},
               {"direction", "D", "upload or download, where the places do not tell"},
               {"source", "PATH", "the same as FROM"},
               {"paths", "GLOBS", "only names that match, commas between: 'trades/**,book/**'"},
               {"dry-run", NULL, "say what would be sent and deleted, do nothing"},
               {"no-delete", NULL, "delete nothing here"},
               {"keep-days", "N", "delete proven segments of that age here; 0: at once"},
               {"max-workers", "N", "objects under way at a time, 1 to 32 (5)"},
               {"bandwidth", "B", "bytes a second of all together: 500K, 2M"},
               {"quiet-hours", "H", "UTC, nothing is begun then: 08:00-20:00,23:30-00:30"},
               {"read-back", NULL, "read every object back, whatever the store vouches for"},
               {"no-marks", NULL, "write no marks beside the segments; deletes nothing then"},
               {"endpoint-url", "URL", "address of the store: https://HOST[:PORT]"},
               {"region", "R", "region of the bucket"},
               {"secrets", "FILE", "file with the keys, in place of the environment's"},
               {"from-endpoint-url", "URL", "the same of FROM, from store to store"},
               {"from-secrets", "FILE", "the same of FROM, from store to store"},
               {"state-dir", "DIR", "where sync keeps its own (DATA/sync)"},
               {"status", "FILE", "status.json, in place of the one in --state-dir"},
               {"ca-file", "FILE", "certificates to trust (PEM), in place of the usual ones"},
               {"service", NULL,
                "as a box's service: continuous, deletes nothing, ends with 0 where "
                "sync.enabled is false"},
               {"config", "FILE", "in place of the usual tapedeck.ini"},
               {"json", NULL, "statistics as one JSON object a pass"}},
    .run = run,
};
