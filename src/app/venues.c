#include "app/venues.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/exits.h"
#include "base/event.h"
#include "venue/venue.h"

static const char *rule_word(uint8_t rule)
{
    static const char *const words[] = {"none",   "range",        "previous",
                                        "book+1", "connection+1", "checksum"};
    return words[rule];
}

static const char *const channel_words[TD_CHANNEL_ALL] = {"book", "trades", "ticker"};

/* Channels that some endpoint of the venue carries. */
static uint32_t channels_of(const struct venue *venue)
{
    uint32_t channels = 0;
    for (unsigned e = 0; e < venue_endpoints(venue); e++)
        channels |= venue_endpoint_at(venue, e).channels;
    return channels;
}

static void print_channels(uint32_t channels, const char *quote)
{
    bool first = true;
    for (unsigned c = 0; c < TD_CHANNEL_ALL; c++)
        if (channels & 1u << c) {
            printf("%s%s%s%s", first ? "" : ",", quote, channel_words[c], quote);
            first = false;
        }
}

static void print_json(const struct venue *venue, bool first)
{
    printf("%s\n{\"name\":\"%s\",\"title\":\"%s\",\"rule\":\"%s\",\"checksum\":%s,\"url\":\"%s\","
           "\"rest_url\":\"%s\",\"channels\":[",
           first ? "" : ",", venue->name, venue->title, rule_word(venue->rule),
           venue->checksum != VENUE_CHECKSUM_NONE ? "true" : "false", venue->ws_url,
           venue->rest_url);
    print_channels(channels_of(venue), "\"");
    printf("],\"endpoints\":[");
    for (unsigned e = 0; e < venue_endpoints(venue); e++) {
        struct venue_endpoint endpoint = venue_endpoint_at(venue, e);
        printf("%s{\"url\":\"%s%s\",\"channels\":[", e > 0 ? "," : "", venue->ws_url,
               endpoint.path != NULL ? endpoint.path : "");
        print_channels(endpoint.channels, "\"");
        printf("]}");
    }
    printf("],\"volumes\":%s,\"trade_history\":%s}", venue->volume_url != NULL ? "true" : "false",
           venue->trades_url != NULL ? "true" : "false");
}

/* One line for each endpoint; the venue's own words on the first. */
static void print_plain(const struct venue *venue)
{
    for (unsigned e = 0; e < venue_endpoints(venue); e++) {
        struct venue_endpoint endpoint = venue_endpoint_at(venue, e);
        printf("%-18s %-26s %-13s %s%s  ", e == 0 ? venue->name : "", e == 0 ? venue->title : "",
               e == 0 ? rule_word(venue->rule) : "", venue->ws_url,
               endpoint.path != NULL ? endpoint.path : "");
        print_channels(endpoint.channels, "");
        printf("\n");
    }
}

static void usage(void)
{
    printf("tapedeck venues [--json]: name, title, sequence rule, endpoints and channels of each "
           "venue\n\nThe rule says what proves that no change of a book is missing: numbers that "
           "follow on each other,\na checksum, or none (then a new snapshot does). docs/VENUES.md "
           "says how well each is proven;\n`tapedeck symbols VENUE` lists what it trades.\n\n"
           "example\n  tapedeck venues --json\n");
}

int venues_main(int argc, char **argv)
{
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            usage();
            return EXIT_FINE;
        } else {
            fprintf(stderr, "tapedeck venues: unknown option: %s\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    if (json)
        printf("[");
    else
        printf("%-18s %-26s %-13s %s\n", "name", "title", "rule", "endpoint, channels");
    for (unsigned i = 0; venue_at(i) != NULL; i++) {
        if (json)
            print_json(venue_at(i), i == 0);
        else
            print_plain(venue_at(i));
    }
    if (json)
        printf("]\n");
    return EXIT_FINE;
}
