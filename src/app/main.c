/* tapedeck: the recorder's program. One verb, one line in the list. */
#include <stdio.h>
#include <string.h>

#include "app/configure.h"
#include "app/deck.h"
#include "app/exits.h"
#include "app/record.h"
#include "app/replay.h"
#include "app/status.h"
#include "app/symbols.h"
#include "app/venues.h"
#include "base/rights.h"
#include "base/text.h"

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
    bool files_only; /* it may do what `tape` may: no network */
};

static const struct verb verbs[] = {
    {"record", record_main, "record the configured venues until told to stop", false},
    {"replay", replay_main, "feed recorded traffic through the same pipeline", true},
    {"status", status_main, "is it recording, is anything missing, how long will the disk last",
     true},
    {"config", configure_main, "check the configuration; print it, the memory plan and the threads",
     true},
    {"venues", venues_main, "list the venues this build speaks", true},
    {"symbols", symbols_main, "list what a venue trades, as the configuration names it", false},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void usage(FILE *out)
{
    fprintf(out, "tapedeck: records what crypto exchanges send, every order-book change and every "
                 "trade\n\n");
    for (unsigned i = 0; i < VERBS; i++)
        fprintf(out, "  tapedeck %-8s %s\n", verbs[i].name, verbs[i].does);
    fprintf(out, "\n  tapedeck VERB --help tells more; --version prints the build\n\n"
                 "example\n  tapedeck record --config tapedeck.ini\n");
}

static int unknown(const char *name)
{
    const char *near = NULL;
    unsigned best = 3;
    for (unsigned i = 0; i < VERBS; i++)
        if (td_text_distance(name, verbs[i].name) < best) {
            best = td_text_distance(name, verbs[i].name);
            near = verbs[i].name;
        }
    fprintf(stderr, "tapedeck: unknown verb: %s%s%s\n  `tapedeck --help` lists them\n", name,
            near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", deck_build());
        return EXIT_FINE;
    }
    for (unsigned i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            if (verbs[i].files_only && td_rights_possible())
                td_rights_filter(TD_RIGHTS_TAPE); /* an old kernel goes without */
            return verbs[i].run(argc - 1, argv + 1);
        }
    return unknown(argv[1]);
}
