#include "app/venues.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/exits.h"
#include "venue/venue.h"

static const char *rule_word(uint8_t rule)
{
    static const char *const words[] = {"none",   "range",        "previous",
                                        "book+1", "connection+1", "checksum"};
    return words[rule];
}

static void print(const struct venue *venue, bool json, bool first)
{
    if (json)
        printf("%s{\"name\":\"%s\",\"title\":\"%s\",\"rule\":\"%s\",\"url\":\"%s\",\"rest_url\":\"%"
               "s\"}",
               first ? "" : ",", venue->name, venue->title, rule_word(venue->rule), venue->ws_url,
               venue->rest_url);
    else
        printf("%-12s %-20s %-12s %s\n", venue->name, venue->title, rule_word(venue->rule),
               venue->ws_url);
}

int venues_main(int argc, char **argv)
{
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            printf("tapedeck venues [--json]: name, title, sequence rule and endpoint of each "
                   "venue\n\nexample\n  tapedeck venues --json\n");
            return EXIT_FINE;
        } else {
            fprintf(stderr, "tapedeck venues: unknown option: %s\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    if (json)
        printf("[");
    else
        printf("%-12s %-20s %-12s %s\n", "name", "title", "rule", "endpoint");
    for (unsigned i = 0; venue_at(i) != NULL; i++)
        print(venue_at(i), json, i == 0);
    if (json)
        printf("]\n");
    return EXIT_FINE;
}
