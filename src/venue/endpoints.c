#include <limits.h>
#include <string.h>

#include "venue/venue.h"

unsigned venue_endpoints(const struct venue *venue)
{
    unsigned count = 0;
    while (count < VENUE_ENDPOINTS_MAX && venue->endpoint[count].path != NULL)
        count++;
    return count > 0 ? count : 1;
}

struct venue_endpoint venue_endpoint_at(const struct venue *venue, unsigned index)
{
    TD_ASSERT(index < venue_endpoints(venue), "endpoints are counted from 0");
    if (venue->endpoint[index].path != NULL)
        return venue->endpoint[index];
    return (struct venue_endpoint){"", UINT32_MAX};
}

/* The connection that carries most channels is full first. */
unsigned venue_shard_symbols(const struct venue *venue, uint32_t channels)
{
    unsigned most = 1;
    for (unsigned i = 0; i < venue_endpoints(venue); i++) {
        uint32_t carried = venue_endpoint_at(venue, i).channels & channels;
        unsigned count = (unsigned)__builtin_popcount(carried);
        most = count > most ? count : most;
    }
    unsigned symbols = venue->conn_channels_max / most;
    return venue->conn_channels_max == 0 ? UINT_MAX : symbols > 0 ? symbols : 1;
}

unsigned venue_shards_max(const struct venue *venue)
{
    return TD_LINES_MAX / venue_endpoints(venue);
}

/* Wire and core ask alike and in the same order, so that both come to the same lines. */
int venue_shard_free(const struct venue *venue, uint32_t channels, const struct instruments *table,
                     uint16_t source, unsigned shards)
{
    unsigned members[TD_LINES_MAX] = {0}, most = venue_shard_symbols(venue, channels);
    TD_ASSERT(shards <= TD_LINES_MAX, "a shard is at least one line");
    for (unsigned i = 0; i < instruments_count(table); i++) {
        const struct instrument *instrument = instruments_peek(table, i);
        if (instrument->source == source && instrument->shard < shards)
            members[instrument->shard]++;
    }
    for (unsigned shard = 0; shard < shards; shard++)
        if (members[shard] < most)
            return (int)shard;
    return -1;
}

size_t venue_list_url(const struct venue *venue, const char *rest_url,
                      const struct venue_subscription *sub, unsigned n, char *out, size_t cap)
{
    return venue->list_url == NULL ? 0 : venue->list_url(rest_url, sub, n, out, cap);
}

size_t venue_volume_url(const struct venue *venue, const char *rest_url,
                        const struct venue_subscription *sub, char *out, size_t cap)
{
    char page[TD_URL_MAX];
    if (venue->volume_url == NULL)
        return 0;
    size_t bytes = venue->volume_url(rest_url, out, cap);
    size_t page_bytes = venue_list_url(venue, rest_url, sub, 0, page, sizeof page);
    return page_bytes == bytes && memcmp(page, out, bytes) == 0 ? 0 : bytes;
}
