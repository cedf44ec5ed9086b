#include "sync/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sync/engine.h"
#include "sync/status.h"

enum { DAYS_MAX = 36500, INTERVAL_MAX_S = 86400 };

static bool copy(char *out, size_t cap, const char *text)
{
    return td_text_copy(out, cap, text, strlen(text));
}

static int usage(const char *next, const char *option, const char *text)
{
    verb_complain(next, "sync: --%s: '%s'", option, text);
    return EXIT_USAGE;
}

/* ---- single options --------------------------------------------------------------------------- */

/* One of two words; *second unchanged when the option is absent. */
static int take_word(const struct verb_args *args, const char *option, const char *const words[2],
                     const char *next, bool *second)
{
    const char *text = verb_value(args, option);
    if (!text)
        return 0;
    *second = strcmp(text, words[1]) == 0;
    return *second || strcmp(text, words[0]) == 0 ? 0 : usage(next, option, text);
}

static int take_count(const struct verb_args *args, const char *option, int least, int most,
                      int *value)
{
    int64_t wide = *value;
    if (!verb_value(args, option))
        return 0;
    if (!verb_count(args, option, &wide))
        return EXIT_USAGE;
    if (wide < least || wide > most) {
        verb_complain(NULL, "sync: --%s is %d to %d", option, least, most);
        return EXIT_USAGE;
    }
    *value = (int)wide;
    return 0;
}

static int take_text(const struct verb_args *args, const char *option, char *out, size_t cap,
                     bool *given)
{
    const char *text = verb_value(args, option);
    if (!text)
        return 0;
    *given = true;
    return copy(out, cap, text) ? 0 : usage("That is too long.", option, text);
}

/* The configuration's were found sound when it was read. */
static int take_pace(const struct verb_args *args, struct sync_options *o)
{
    bool given = false;
    int code = take_text(args, "bandwidth", o->set.bandwidth, sizeof o->set.bandwidth, &given);
    if (!code && pace_bytes_parse(o->set.bandwidth, &o->bytes_per_s) < 0)
        code = usage(PACE_BYTES_FORM, "bandwidth", o->set.bandwidth);
    if (code)
        return code;
    code = take_text(args, "quiet-hours", o->set.quiet_hours, sizeof o->set.quiet_hours, &given);
    if (!code && pace_hours_parse(&o->quiet, o->set.quiet_hours) < 0)
        code = usage(PACE_HOURS_FORM, "quiet-hours", o->set.quiet_hours);
    return code;
}

static int take_store(const struct verb_args *args, struct sync_options *o)
{
    bool given = false;
    int code = take_text(args, "endpoint-url", o->set.endpoint_url, sizeof o->set.endpoint_url,
                         &o->endpoint_given);
    if (!code)
        code = take_text(args, "region", o->set.region, sizeof o->set.region, &o->region_given);
    if (!code)
        code = take_text(args, "secrets", o->set.secrets_file, sizeof o->set.secrets_file,
                         &o->secrets_given);
    if (!code)
        code = take_text(args, "ca-file", o->set.ca_file, sizeof o->set.ca_file, &o->ca_given);
    if (!code)
        code = take_text(args, "paths", o->set.paths, sizeof o->set.paths, &given);
    if (!code && o->set.paths[0] && o->set.paths[strspn(o->set.paths, " \t,")] == 0) {
        usage("There is no glob in it.", "paths", o->set.paths);
        code = given ? EXIT_USAGE : EXIT_CONFIG;
    }
    o->from_endpoint_url = verb_value(args, "from-endpoint-url");
    o->from_secrets = verb_value(args, "from-secrets");
    return code;
}

static int take_flags(const struct verb_args *args, struct sync_options *o)
{
    static const char *const modes[] = {"once", "continuous"};
    static const char *const directions[] = {"upload", "download"};
    int code = take_word(args, "mode", modes, "Give once or continuous.", &o->continuous);
    if (!code)
        code = take_word(args, "direction", directions, "Give upload or download.", &o->download);
    if (!code)
        code = take_count(args, "interval", 1, INTERVAL_MAX_S, &o->set.interval_s);
    if (!code)
        code = take_count(args, "max-workers", 1, SYNC_WORKERS_MAX, &o->set.workers);
    if (!code)
        code = take_count(args, "keep-days", 0, DAYS_MAX, &o->set.keep_days);
    if (verb_flag(args, "service")) {
        o->continuous = true;
        o->set.deletes = false;
    }
    o->json = verb_flag(args, "json");
    o->dry_run = verb_flag(args, "dry-run");
    o->marks = !verb_flag(args, "no-marks");
    o->set.read_back |= verb_flag(args, "read-back");
    if (!code && o->dry_run && o->continuous) {
        verb_complain("A dry run is one pass: leave --mode continuous out.",
                      "sync: --dry-run with --mode continuous");
        code = EXIT_USAGE;
    }
    return code;
}

/* ---- places ----------------------------------------------------------------------------------- */

/* Real path of as much of it as stands; `path`, an absolute one, is cut behind that. free() it. NULL: nothing stands. */
static char *real_beginning(char *path)
{
    char *real = NULL;
    while ((real = realpath(path[0] ? path : "/", NULL)) == NULL) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return NULL;
        *slash = 0;
    }
    return real;
}

/* Without "." and empty parts. True: there is a ".." too. */
static bool add_parts(struct td_str *str, const char *path)
{
    bool up = false;
    for (const char *at = path; *at;) {
        size_t bytes = strcspn(at, "/");
        if (bytes > 0 && !(bytes == 1 && *at == '.')) {
            td_str_add_char(str, '/');
            td_str_add_bytes(str, at, bytes);
            up |= bytes == 2 && memcmp(at, "..", 2) == 0;
        }
        at += bytes + (at[bytes] == '/');
    }
    return up;
}

/* Behind a link ".." leads elsewhere than the words do. */
static void resolve_up(char *path, size_t cap)
{
    char stands[OPTIONS_PATH_MAX], whole[OPTIONS_PATH_MAX];
    struct td_str str = td_str_on(whole, sizeof whole);
    char *real = copy(stands, sizeof stands, path) ? real_beginning(stands) : NULL;
    if (real == NULL)
        return;
    td_str_add_format(&str, "%s%s", real[1] ? real : "", path + strlen(stands));
    if (!str.cut && str.bytes > 0 && str.bytes < cap)
        memcpy(path, whole, str.bytes + 1);
    free(real);
}

/* Marks name the destination: a folder has one name wherever sync was started from. */
static int make_absolute(struct place *place)
{
    char folder[OPTIONS_PATH_MAX], path[sizeof place->prefix];
    struct td_str str = td_str_on(path, sizeof path);
    bool up =
        place->prefix[0] != '/' && getcwd(folder, sizeof folder) != NULL && add_parts(&str, folder);
    up |= add_parts(&str, place->prefix);
    if (str.bytes == 0)
        td_str_add_char(&str, '/');
    if (str.cut) {
        verb_complain(NULL, "sync: the path of %s is too long", place->prefix);
        return EXIT_USAGE;
    }
    if (up)
        resolve_up(path, sizeof path);
    memcpy(place->prefix, path, strlen(path) + 1);
    return 0;
}

/* "s3:/bucket": a folder of that name is nobody's wish, and a copy in it no second one. */
static bool is_half_written(const char *text)
{
    return !place_is_remote(text) && (strncmp(text, "s3:", 3) == 0 || strncmp(text, "gs:", 3) == 0);
}

static int parse_place(struct place *place, char out[OPTIONS_PLACE_MAX], const char *text)
{
    if (is_half_written(text) || place_parse(place, text) < 0 ||
        !copy(out, OPTIONS_PLACE_MAX, text)) {
        verb_complain("A place is a folder, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX.",
                      "sync: '%s' is no place that can be reached", text);
        return EXIT_USAGE;
    }
    return place->kind == PLACE_LOCAL ? make_absolute(place) : 0;
}

/* What stands on the command line, and for the rest the configuration: the deck's folder at one end, sync.to at the other. */
static int choose_places(const struct verb_args *args, struct sync_options *o, const char **from,
                         const char **to)
{
    const char *source = verb_value(args, "source");
    int given = args->path_count + (source != NULL);
    if (given > 2) {
        verb_complain("Give FROM and TO; the configuration knows those that are left out.",
                      "sync: more than two places");
        return EXIT_USAGE;
    }
    const char *first = source ? source : given ? args->path[0] : NULL;
    const char *second = given == 2 ? args->path[source ? 0 : 1] : NULL;
    bool first_is_to = given == 1 && !source && place_is_remote(first) != o->download;
    *from = first_is_to || !first ? (o->download ? o->set.to : o->set.data_dir) : first;
    *to = first_is_to ? first : second ? second : o->download ? o->set.data_dir : o->set.to;
    if (**from && **to)
        return 0;
    verb_complain("Give s3://BUCKET/PREFIX, or set sync.to in tapedeck.ini, or S3_BUCKET.",
                  "sync: no place to carry %s", **to ? "from" : "to");
    return EXIT_CONFIG;
}

static bool is_folder(const char *folder, const char *below)
{
    char path[OPTIONS_PATH_MAX];
    struct td_str str = td_str_on(path, sizeof path);
    struct stat st;
    td_str_add_format(&str, "%s%s%s", folder, below[0] ? "/" : "", below);
    return !str.cut && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *last_part(const char *path, size_t *bytes)
{
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
        continue;
    *bytes = end - begin;
    return path + begin;
}

static enum sync_layout layout_of(const struct sync_options *o)
{
    const char *folder = o->from.prefix;
    size_t bytes;
    const char *name = last_part(folder, &bytes);
    if (o->from.kind != PLACE_LOCAL)
        return LAYOUT_SAME;
    if (o->download)
        return is_folder(folder, "bronze") ? LAYOUT_BACK : LAYOUT_SAME;
    if (is_folder(folder, "ready"))
        return LAYOUT_DECK;
    return bytes == 5 && memcmp(name, "ready", 5) == 0 ? LAYOUT_SEGMENTS : LAYOUT_SAME;
}

/* ---- two folders ------------------------------------------------------------------------------ */

/* Whether folder `inner`, or the part of its path that stands, is `outer` or lies in it. */
static bool lies_in(const char *inner, const char *outer)
{
    struct stat wanted, st;
    char path[OPTIONS_PATH_MAX];
    if (stat(outer, &wanted) != 0 || !copy(path, sizeof path, inner))
        return false;
    char *real = real_beginning(path);
    if (real == NULL)
        return false;
    bool found = false;
    for (size_t end = strlen(real); end > 0 && !found;) {
        found = stat(real, &st) == 0 && st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino;
        while (end > 0 && real[end - 1] != '/')
            end--;
        if (end > 1)
            end--;
        else if (real[1] == 0)
            break;
        real[end] = 0;
    }
    free(real);
    return found;
}

/* Of two names in a bucket. */
static bool lies_below(const char *inner, const char *outer)
{
    size_t bytes = strlen(outer);
    return strncmp(inner, outer, bytes) == 0 &&
           (bytes == 0 || inner[bytes] == '/' || inner[bytes] == 0);
}

static bool is_other_server(const struct sync_options *o)
{
    return o->from_endpoint_url && strcmp(o->from_endpoint_url, o->set.endpoint_url) != 0;
}

/* A copy inside itself would never end, and deleting what is "there already" would delete the only one. */
static int check_apart(const struct sync_options *o)
{
    if (o->from.kind != o->to.kind)
        return 0;
    bool same;
    if (o->from.kind == PLACE_LOCAL)
        same = lies_in(o->to.prefix, o->from.prefix) || lies_in(o->from.prefix, o->to.prefix);
    else
        same = strcmp(o->from.bucket, o->to.bucket) == 0 &&
               lies_below(o->to.prefix, o->from.prefix) && !is_other_server(o);
    if (!same)
        return 0;
    verb_complain("Name two places that have nothing in common.",
                  "sync: %s and %s are the same place, or one lies in the other", o->from_text,
                  o->to_text);
    return EXIT_USAGE;
}

/* ---- where sync keeps its own ------------------------------------------------------------------ */

static void deck_state(struct td_str *str, const char *folder, bool segments)
{
    size_t bytes, length = strlen(folder);
    const char *name = last_part(folder, &bytes);
    if (!segments)
        td_str_add_format(str, "%s/sync", folder);
    else if (name == folder)
        td_str_add(str, "sync");
    else
        td_str_add_format(str, "%.*ssync", (int)(length - strlen(name)), folder);
}

/* Beside a deck's data, hidden in another folder, in the user's own place where both ends are stores. */
static int choose_state_dir(const struct verb_args *args, struct sync_options *o)
{
    struct td_str str = td_str_on(o->state_dir, sizeof o->state_dir);
    const char *given = verb_value(args, "state-dir"), *home = getenv("HOME");
    const char *state_home = getenv("XDG_STATE_HOME");
    if (given)
        td_str_add(&str, given);
    else if (o->from.kind == PLACE_LOCAL &&
             (o->layout == LAYOUT_DECK || o->layout == LAYOUT_SEGMENTS))
        deck_state(&str, o->from.prefix, o->layout == LAYOUT_SEGMENTS);
    else if (o->from.kind == PLACE_LOCAL || o->to.kind == PLACE_LOCAL)
        td_str_add_format(&str, "%s/.tape-sync",
                          o->from.kind == PLACE_LOCAL ? o->from.prefix : o->to.prefix);
    else if (state_home && *state_home)
        td_str_add_format(&str, "%s/tapedeck/sync", state_home);
    else
        td_str_add_format(&str, "%s/.local/state/tapedeck/sync", home && *home ? home : ".");
    return str.cut ? usage("That is too long.", "state-dir", o->state_dir) : 0;
}

static int choose_status(const struct verb_args *args, struct sync_options *o)
{
    const char *given = verb_value(args, "status");
    bool fits = given ? copy(o->status_path, sizeof o->status_path, given)
                      : sync_status_path(o->state_dir, o->status_path, sizeof o->status_path);
    if (o->dry_run)
        o->status_path[0] = 0;
    return fits ? 0 : usage("That is too long.", "status", given ? given : o->state_dir);
}

static int take_places(const struct verb_args *args, struct sync_options *o)
{
    const char *from, *to;
    struct stat st;
    bool asked = verb_value(args, "direction") != NULL;
    int code = choose_places(args, o, &from, &to);
    if (code)
        return code;
    code = parse_place(&o->from, o->from_text, from);
    bool configured = code ? from == o->set.to : to == o->set.to;
    if (!code)
        code = parse_place(&o->to, o->to_text, to);
    if (code)
        return configured ? EXIT_CONFIG : code;
    bool leaves = o->from.kind == PLACE_LOCAL && o->to.kind != PLACE_LOCAL;
    bool comes = o->from.kind != PLACE_LOCAL && o->to.kind == PLACE_LOCAL;
    if (asked && (o->download ? leaves : comes)) {
        verb_complain("FROM comes first, TO second; --direction can be left out.",
                      "sync: from %s to %s is no %s", from, to,
                      o->download ? "download" : "upload");
        return EXIT_USAGE;
    }
    o->download = asked ? o->download : comes || (o->download && !leaves);
    if (o->from.kind == PLACE_LOCAL && (stat(o->from.prefix, &st) != 0 || !S_ISDIR(st.st_mode))) {
        verb_complain("Name a data directory, its ready/ or any folder.", "sync: %s: %s", from,
                      stat(o->from.prefix, &st) == 0 ? "it is no folder" : strerror(errno));
        return EXIT_DISK;
    }
    o->layout = layout_of(o);
    o->to_deck = o->to.kind == PLACE_LOCAL &&
                 (is_folder(o->to.prefix, "ready") || is_folder(o->to.prefix, "journal"));
    return check_apart(o);
}

/* Room is made in the deck's own folder alone; elsewhere, on a card that is read out or in a lake, only an age that was asked for deletes. */
static void choose_deletion(const struct verb_args *args, struct sync_options *o)
{
    struct stat own, from;
    bool is_own = o->from.kind == PLACE_LOCAL && !o->download && stat(o->set.data_dir, &own) == 0 &&
                  stat(o->from.prefix, &from) == 0 && own.st_dev == from.st_dev &&
                  own.st_ino == from.st_ino;
    o->may_delete = o->set.deletes && o->marks && !verb_flag(args, "no-delete") &&
                    (is_own || verb_value(args, "keep-days"));
    if (!is_own) {
        o->set.free_bytes = 0;
        if (!verb_value(args, "keep-days"))
            o->set.keep_days = -1;
    }
}

int options_of(const struct verb_args *args, const struct sync_settings *settings,
               struct sync_options *out)
{
    *out = (struct sync_options){.set = *settings, .download = settings->download};
    int code = take_flags(args, out);
    if (!code)
        code = take_pace(args, out);
    if (!code)
        code = take_store(args, out);
    if (!code)
        code = take_places(args, out);
    if (!code)
        code = choose_state_dir(args, out);
    if (!code)
        code = choose_status(args, out);
    out->marks &= out->from.kind == PLACE_LOCAL;
    choose_deletion(args, out);
    return code;
}
