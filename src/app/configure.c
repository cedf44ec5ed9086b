#include "app/configure.h"

#include <getopt.h>
#include <string.h>

#include "app/exits.h"
#include "app/setup.h"
#include "app/topology.h"
#include "base/log.h"

static void usage(FILE *out)
{
    fprintf(out,
            "tapedeck config: check the configuration; say what is wrong with line and caret\n\n"
            "  tapedeck config [--effective] [--config FILE] [--sources LIST] [--set "
            "section.key=value]... [--json]\n\n"
            "  --effective   print every value and where it came from, the memory plan, threads "
            "and queues\n\n"
            "example\n  tapedeck config --effective --config tapedeck.ini\n\n"
            "exit codes: 0 fine, 2 usage, 3 configuration\n");
}

static void print_plan(const struct setup *setup, bool json)
{
    struct deck_plan plan = deck_plan_of(&setup->deck);
    if (json)
        printf(",\"memory\":[");
    else
        printf("\n; memory plan, fixed at start\n");
    for (unsigned i = 0; i < plan.count; i++) {
        if (json)
            printf("%s{\"part\":\"%s\",\"bytes\":%zu}", i == 0 ? "" : ",", plan.part[i].name,
                   plan.part[i].bytes);
        else
            printf(";   %-34s %10.2f MiB\n", plan.part[i].name,
                   (double)plan.part[i].bytes / (1 << 20));
    }
    if (json)
        printf("],\"memory_bytes\":%zu}\n", deck_plan_bytes(&plan));
    else
        printf(";   %-34s %10.2f MiB\n\n", "sum", (double)deck_plan_bytes(&plan) / (1 << 20));
}

static void print_effective(const struct setup *setup, bool json)
{
    if (json)
        printf("{\"config\":");
    td_config_print(&setup->config, stdout, json);
    print_plan(setup, json);
    if (!json)
        topology_print(stdout);
}

int configure_main(int argc, char **argv)
{
    static struct setup setup;
    static struct setup_options options;
    static const struct option names[] = {
        {"effective", no_argument, NULL, 'e'},
        {"config", required_argument, NULL, 'c'},
        {"sources", required_argument, NULL, 'S'},
        {"set", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    bool effective = false, json = false;
    options.lists = SETUP_LISTS_KEPT;
    int option;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (option == 'e')
            effective = true;
        else if (option == 'j')
            json = true;
        else if (option == 'h')
            return usage(stdout), EXIT_FINE;
        else if (option == '?')
            return EXIT_USAGE;
        else
            setup_option(&options,
                         option == 'c'   ? "config"
                         : option == 'S' ? "sources"
                                         : "set",
                         optarg);
    }
    td_log_setup(2, TD_LOG_WARN, NULL);
    int bad = setup_load(&setup, &options);
    if (bad != EXIT_FINE)
        return bad;
    if (effective)
        print_effective(&setup, json);
    /* As the recorder asks at its start: what it would refuse there is said here. */
    struct deck_plan plan = deck_plan_of(&setup.deck);
    if (deck_plan_fits(&plan, setup.deck.memory_max_bytes) < 0)
        return EXIT_CONFIG;
    if (!effective)
        printf("configuration is fine: %u venue(s), %u symbol(s)%s%s\n", setup_sources(&setup),
               instruments_count(setup.instruments), setup.config.file[0] != '\0' ? ", file " : "",
               setup.config.file);
    return EXIT_FINE;
}
