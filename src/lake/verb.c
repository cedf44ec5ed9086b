#include "lake/verb.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/build.h"
#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"
#include "lake/show.h"

enum { NEAR = 3 };

/* ---- for the verbs ---- */

void verb_complain(const char *next, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fflush(stdout);
    fputs("tape: ", stderr);
    show_plain_text(stderr, line, strlen(line));
    fputc('\n', stderr);
    if (next)
        fprintf(stderr, "      %s\n", next);
}

static int option_index(const struct verb *verb, const char *name, size_t bytes)
{
    for (int i = 0; i < VERB_OPTIONS_MAX && verb->option[i].name; i++)
        if (strlen(verb->option[i].name) == bytes && memcmp(verb->option[i].name, name, bytes) == 0)
            return i;
    return -1;
}

const char *verb_value(const struct verb_args *args, const char *option)
{
    int index = option_index(args->verb, option, strlen(option));
    TD_ASSERT(index >= 0, "a verb asks only for options it declares");
    return args->value[index];
}

bool verb_flag(const struct verb_args *args, const char *option)
{
    return verb_value(args, option) != NULL;
}

bool verb_count(const struct verb_args *args, const char *option, int64_t *value)
{
    const char *text = verb_value(args, option);
    if (!text || (td_integer_parse(text, strlen(text), value) == 0 && *value >= 0))
        return true;
    verb_complain("Give a whole number from 0 up.", "--%s: '%s' is not a count", option, text);
    return false;
}

static td_err parse_time(const char *text, int64_t *ns)
{
    char full[48];
    struct td_str whole = td_str_on(full, sizeof full);
    size_t bytes = strlen(text);
    if (td_utc_parse(text, bytes, ns) == 0 || td_epoch_parse(text, bytes, ns) == 0)
        return 0;
    /* A bare date or minute: fill up what is missing. */
    td_str_add(&whole, text);
    td_str_add(&whole, bytes == 10   ? "T00:00:00Z"
                       : bytes == 13 ? ":00:00Z"
                       : bytes == 16 ? ":00Z"
                                     : "Z");
    return td_utc_parse(full, whole.bytes, ns);
}

bool verb_time(const struct verb_args *args, const char *option, int64_t *ns)
{
    const char *text = verb_value(args, option);
    if (!text || parse_time(text, ns) == 0)
        return true;
    verb_complain("Write 2026-09-21T04:00:00Z, 2026-09-21 or seconds since 1970 (UTC).",
                  "--%s: '%s' is not a time", option, text);
    return false;
}

int verb_exit(td_err err)
{
    switch (err) {
    case 0:
        return EXIT_FINE;
    case TD_E_PARQUET:
    case TD_E_PARQUET_CRC:
        return EXIT_CORRUPT;
    case TD_E_UNSUPPORTED:
        return EXIT_FOUND;
    case TD_E_CONFIG:
        return EXIT_CONFIG;
    case TD_E_NET_CLOSED:
    case TD_E_NET_TLS:
    case TD_E_NET_CERT:
    case TD_E_NET_RESOLVE:
    case TD_E_NET_REFUSED:
    case TD_E_NET_PROTOCOL:
    case TD_E_NET_OVERSIZE:
    case TD_E_NET_TIMEOUT:
        return EXIT_NETWORK;
    default:
        return EXIT_DISK;
    }
}

int verb_worse(int a, int b)
{
    static const int order[] = {EXIT_USAGE, EXIT_CONFIG,  EXIT_CORRUPT,
                                EXIT_DISK,  EXIT_NETWORK, EXIT_FOUND};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_FINE;
}

/* ---- help ---- */

static void print_help(const struct verb *const *verbs)
{
    puts("tape: look into, check and carry away what Tapedeck recorded\n\nusage: tape VERB "
         "[options] [PATH...]\n");
    for (int i = 0; verbs[i]; i++)
        printf("  %-15s %s\n", verbs[i]->name, verbs[i]->summary);
    puts("\n  tape VERB --help   options and an example\n  tape --version\n");
    puts("PATH is a data directory, its ready/, any folder below, or one .parquet file; or the "
         "same in a");
    puts("store: s3://bucket/folder, gs://bucket/folder (keys: environment, section [sync]).");
    puts("exit codes: 0 fine, 1 found problems, 2 usage, 3 configuration, 4 network, 5 disk, 6 "
         "corrupt "
         "data");
    puts("example: tape ls /data");
}

static void option_text(const struct verb_option *option, char out[40])
{
    snprintf(out, 40, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
}

/* Column of the options' texts: behind the longest of them. */
static int option_width(const struct verb *verb)
{
    int width = 18;
    char left[40];
    for (int i = 0; i < VERB_OPTIONS_MAX && verb->option[i].name; i++) {
        option_text(&verb->option[i], left);
        width = (int)strlen(left) > width ? (int)strlen(left) : width;
    }
    return width;
}

static void print_verb_help(const struct verb *verb)
{
    int width = option_width(verb);
    printf("tape %s: %s\n\nusage: tape %s %s\n", verb->name, verb->summary, verb->name,
           verb->usage);
    if (verb->detail[0])
        printf("\n%s\n", verb->detail);
    puts("");
    for (int i = 0; i < VERB_OPTIONS_MAX && verb->option[i].name; i++) {
        char left[40];
        option_text(&verb->option[i], left);
        printf("  %-*s %s\n", width, left, verb->option[i].help);
    }
    printf("  %-*s %s\n\nexample:\n%s\n", width, "--help", "this text", verb->example);
}

/* ---- command line ---- */

static int unknown_option(const struct verb *verb, const char *arg, size_t bytes)
{
    char name[64], next[128];
    unsigned best = NEAR;
    td_text_copy(name, sizeof name, arg, bytes);
    snprintf(next, sizeof next, "See `tape %s --help`.", verb->name);
    for (int i = 0; i < VERB_OPTIONS_MAX && verb->option[i].name; i++) {
        unsigned distance = td_text_distance(name, verb->option[i].name);
        if (distance < best) {
            best = distance;
            snprintf(next, sizeof next, "Did you mean --%s?", verb->option[i].name);
        }
    }
    verb_complain(next, "%s: unknown option --%s", verb->name, name);
    return EXIT_USAGE;
}

/* One option at argv[*at]; moves *at over a value that stands apart. */
static int take_option(struct verb_args *args, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    size_t bytes = equals ? (size_t)(equals - name) : strlen(name);
    int index = option_index(args->verb, name, bytes);
    if (index < 0)
        return unknown_option(args->verb, name, bytes);
    const struct verb_option *option = &args->verb->option[index];
    if (!option->value && equals) {
        verb_complain(NULL, "%s: --%s takes no value", args->verb->name, option->name);
        return EXIT_USAGE;
    }
    if (option->value && !equals && *at + 1 == argc) {
        verb_complain(NULL, "%s: --%s needs a value: --%s %s", args->verb->name, option->name,
                      option->name, option->value);
        return EXIT_USAGE;
    }
    args->value[index] = !option->value ? "" : equals ? equals + 1 : argv[++*at];
    return EXIT_FINE;
}

/* Paths are gathered at the front of argv. */
static int parse_args(struct verb_args *args, int argc, char **argv)
{
    bool options = true;
    args->path = argv;
    for (int at = 0; at < argc; at++) {
        int code = EXIT_FINE;
        if (options && strcmp(argv[at], "--") == 0)
            options = false;
        else if (options && strncmp(argv[at], "--", 2) == 0)
            code = take_option(args, argc, argv, &at);
        else if (options && argv[at][0] == '-' && argv[at][1])
            code = unknown_option(args->verb, argv[at] + 1, strlen(argv[at]) - 1);
        else
            args->path[args->path_count++] = argv[at];
        if (code)
            return code;
    }
    if (args->path_count >= args->verb->paths_min)
        return EXIT_FINE;
    verb_complain("Give a data directory, a folder below it, or .parquet files.",
                  "%s: no PATH given", args->verb->name);
    return EXIT_USAGE;
}

static int unknown_verb(const struct verb *const *verbs, const char *name)
{
    char next[128] = "See `tape --help` for the verbs.";
    unsigned best = NEAR;
    for (int i = 0; verbs[i]; i++) {
        unsigned distance = td_text_distance(name, verbs[i]->name);
        if (distance < best) {
            best = distance;
            snprintf(next, sizeof next, "Did you mean `tape %s`?", verbs[i]->name);
        }
    }
    verb_complain(next, "unknown verb '%s'", name);
    return EXIT_USAGE;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct verb_args args = {.verb = verb};
    if (wants_help(argc, argv)) {
        print_verb_help(verb);
        return EXIT_FINE;
    }
    int code = parse_args(&args, argc, argv);
    return code ? code : verb->run(&args);
}

static int dispatch(const struct verb *const *verbs, int argc, char **argv)
{
    if (argc < 2) {
        verb_complain("See `tape --help` for the verbs.", "no verb given");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tape %s (build %s)\n", td_build_version(), td_build_hash());
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "help") == 0 && argc == 2)
        argv[1] = "--help";
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(verbs);
        return EXIT_FINE;
    }
    for (int i = 0; verbs[i]; i++)
        if (strcmp(argv[1], verbs[i]->name) == 0)
            return run_verb(verbs[i], argc - 2, argv + 2);
    return unknown_verb(verbs, argv[1]);
}

int tape_main(const struct verb *const *verbs, int argc, char **argv)
{
    /* `tape cat ... | head` ends quietly: a closed pipe is a failed write, not a signal. */
    signal(SIGPIPE, SIG_IGN);
    int code = dispatch(verbs, argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
        perror("tape: writing the output");
        code = verb_worse(code, EXIT_DISK);
    }
    return code;
}
