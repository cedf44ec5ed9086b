/* The companion's verbs: each is one file verb_<name>.c that ends in one const struct verb, and one
   line in app/verbs.def. Options are declared, not parsed by hand, so that --help cannot drift. */
#ifndef TD_LAKE_VERB_H
#define TD_LAKE_VERB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Exit codes of all programs (fixed). */
enum {
    EXIT_FINE = 0,
    EXIT_FOUND = 1,
    EXIT_USAGE = 2,
    EXIT_CONFIG = 3,
    EXIT_NETWORK = 4,
    EXIT_DISK = 5,
    EXIT_CORRUPT = 6
};

enum { VERB_OPTIONS_MAX = 24 };

struct verb_option {
    const char *name;  /* without dashes */
    const char *value; /* placeholder; NULL: a switch */
    const char *help;
};

struct verb_args {
    const struct verb *verb;
    const char *value[VERB_OPTIONS_MAX]; /* as the verb's options; "" for a switch that is set, NULL
                                            for none */
    char **path;
    int path_count;
};

struct verb {
    const char *name, *summary;
    const char *usage;                           /* what follows `tape name` */
    const char *detail;                          /* paragraphs after the summary; may be "" */
    const char *example;                         /* whole lines */
    struct verb_option option[VERB_OPTIONS_MAX]; /* ends at name NULL */
    int paths_min;
    int (*run)(const struct verb_args *args); /* exit code */
};

/* Value of an option the verb declares; NULL when not given. */
const char *verb_value(const struct verb_args *args, const char *option);
bool verb_flag(const struct verb_args *args, const char *option);
/* A count >= 0, *value unchanged when the option is absent. False: complaint printed. */
bool verb_count(const struct verb_args *args, const char *option, int64_t *value);
/* A time (ISO-8601, a date, or seconds to nanoseconds since 1970) in ns, unchanged when absent.
 * False: complaint printed. */
bool verb_time(const struct verb_args *args, const char *option, int64_t *ns);

/* "tape: what: where" with what to do next on stderr. next may be NULL. */
void verb_complain(const char *next, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Exit code of an error: disk, corrupt ... */
int verb_exit(td_err err);
/* The code to leave with after both happened: corrupt over disk over network over found problems. */
int verb_worse(int a, int b);

/* `tape journal drain` needs the recorder's core, which lake does not know: the program gives what does it, before tape_main(). */
struct journal_drain {
    const char *path;   /* data folder or its journal/ */
    const char *out;    /* segments go to <out>/ready */
    const char *config; /* in place of the journal's own; NULL */
    bool whole, json;   /* whole: from the journal's beginning although there is a checkpoint */
};
void verb_journal_drain_by(int (*drain)(const struct journal_drain *request)); /* exit code */

/* The same for the configuration of features (--config of `tape features`): the program gives what reads a recorder's file. The exit code is
   0 or EXIT_CONFIG, complained of. */
struct features_params;
void verb_features_by(int (*load)(const char *path, struct features_params *params));

/* The program. `verbs` ends at NULL. */
int tape_main(const struct verb *const *verbs, int argc, char **argv);

#endif
