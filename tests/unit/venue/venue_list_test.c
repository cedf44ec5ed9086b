#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "venue/venue.h"

TEST(every_venue_is_found_by_its_name_and_none_twice)
{
    unsigned count = 0;
    for (; venue_at(count); count++) {
        const struct venue *venue = venue_at(count);
        CHECK(venue_find(venue->name) == venue);
        CHECK(strlen(venue->name) < TD_EXCHANGE_NAME_MAX);
    }
    CHECK(count >= 3);
    CHECK(venue_find("template") == NULL);
    CHECK(venue_find("") == NULL);
}

/* What the core calls without asking must be there. */
TEST(descriptors_are_whole)
{
    for (unsigned i = 0; venue_at(i); i++) {
        const struct venue *venue = venue_at(i);
        CHECK(venue->title && venue->ws_url && venue->rest_url);
        CHECK(venue->spell && venue->unify && venue->subscribe && venue->parse);
        CHECK(venue->list_url == NULL || venue->parse_http != NULL);
        CHECK(venue->resync == VENUE_RESYNC_BASE ? venue->base_url != NULL
                                                 : venue->resubscribe != NULL);
        CHECK(venue->rule != SYNC_SUM || venue->checksum != VENUE_CHECKSUM_NONE);
        CHECK(venue->ping_text == NULL ||
              venue->ping_interval_ms > 0); /* no text: a WebSocket ping */
    }
}

/* The place of a venue in the list is the first byte of its seeds, below the two bits that say HTTP and binary. */
static int place_of_seed(const char *folder, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *seed = fopen(path, "rb");
    int first = seed ? fgetc(seed) : EOF;
    if (seed)
        fclose(seed);
    return first == EOF ? -1 : first & 0x3F;
}

TEST(seeds_of_the_fuzz_target_begin_with_the_place_of_the_venue_in_their_name)
{
    enum { PLACES = 64 };
    static const char folder[] = "tests/fuzz/seeds/venue";
    unsigned seen[PLACES] = {0};
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char name[256];
        snprintf(name, sizeof name, "%s", entry->d_name);
        char *dash = strrchr(name, '-');
        if (entry->d_name[0] == '.' || dash == NULL)
            continue;
        *dash = '\0';
        int place = place_of_seed(folder, entry->d_name);
        CHECK(place >= 0);
        const struct venue *venue = venue_at((unsigned)place);
        CHECK_EQ_STR(venue ? venue->name : "no venue", name);
        seen[place]++;
    }
    closedir(dir);
    for (unsigned i = 0; venue_at(i); i++)
        CHECK(i < PLACES && seen[i] > 0);
}

TEST(a_slip_of_the_finger_finds_the_name)
{
    CHECK_EQ_STR(venue_nearest("conbase"), "coinbase");
    CHECK_EQ_STR(venue_nearest("binnace"), "binance");
    CHECK_EQ_STR(venue_nearest("karken"), "kraken");
    CHECK_EQ_STR(venue_nearest("weather"), NULL);
    CHECK_EQ_STR(venue_nearest(""), NULL);
}
