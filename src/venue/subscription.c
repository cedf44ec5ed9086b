#include "venue/subscription.h"

#include <string.h>

#include "base/hash.h"

static bool is_here(const struct venue_subscription *sub, const struct instrument *instrument)
{
    return instrument->source == sub->source &&
           (sub->every_shard || instrument->shard == sub->shard);
}

static enum td_channel nth_channel(uint32_t channels, unsigned n)
{
    while (n--)
        channels &= channels - 1;
    return (enum td_channel)__builtin_ctz(channels);
}

const struct instrument *subscription_single(const struct venue_subscription *sub, unsigned n,
                                             enum td_channel *channel)
{
    uint32_t channels = sub->channels & ((1u << TD_CHANNEL_ALL) - 1);
    unsigned each = (unsigned)__builtin_popcount(channels), of_source = 0;
    for (unsigned i = 0; each > 0 && i < instruments_count(sub->instruments); i++) {
        const struct instrument *instrument = instruments_peek(sub->instruments, i);
        if (!is_here(sub, instrument) || of_source++ != n / each)
            continue;
        *channel = nth_channel(channels, n % each);
        return instrument;
    }
    return NULL;
}

unsigned subscription_batch(const struct venue_subscription *sub, unsigned batch, unsigned size,
                            struct td_str *out,
                            void (*put)(const struct venue_subscription *sub,
                                        const struct instrument *instrument, struct td_str *out))
{
    unsigned of_source = 0, written = 0;
    for (unsigned i = 0; i < instruments_count(sub->instruments); i++) {
        const struct instrument *instrument = instruments_peek(sub->instruments, i);
        if (!is_here(sub, instrument) || of_source++ / size != batch)
            continue;
        if (written++)
            td_str_add_char(out, ',');
        put(sub, instrument, out);
    }
    return written;
}

void subscription_put_raw(const struct venue_subscription *sub, const struct instrument *instrument,
                          struct td_str *out)
{
    (void)sub;
    td_str_add_char(out, '"');
    td_str_add(out, instrument->raw);
    td_str_add_char(out, '"');
}

bool subscription_channel(const struct venue_subscription *sub, unsigned n,
                          enum td_channel *channel, unsigned *batch)
{
    uint32_t left = sub->channels & ((1u << TD_CHANNEL_ALL) - 1);
    unsigned count = (unsigned)__builtin_popcount(left);
    if (count == 0)
        return false;
    for (unsigned i = n % count; i > 0; i--)
        left &= left - 1;
    *channel = (enum td_channel)__builtin_ctz(left);
    *batch = n / count;
    return true;
}

uint32_t subscription_id(const struct instrument *instrument)
{
    return (uint32_t)td_hash64(instrument->raw, strlen(instrument->raw), 0) >> 1;
}

size_t subscription_text(const struct td_str *out, unsigned instruments)
{
    TD_ASSERT(!out->cut, "a subscription outgrew its buffer");
    return instruments ? out->bytes : 0;
}

size_t subscription_url(const char *rest_url, const char *path, char *buffer, size_t cap)
{
    struct td_str out = td_str_on(buffer, cap);
    td_str_add(&out, rest_url);
    td_str_add(&out, path);
    return out.cut ? 0 : out.bytes;
}
