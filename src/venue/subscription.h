/* Texts of subscriptions: the n-th batch of a source's instruments, written one after the other.
 * Pure; wire thread. */
#ifndef TD_VENUE_SUBSCRIPTION_H
#define TD_VENUE_SUBSCRIPTION_H

#include "base/text.h"
#include "venue/venue.h"

/* Writes the instruments numbered batch * size .. of sub->source through `put`, commas between;
 * returns how many. */
unsigned subscription_batch(const struct venue_subscription *sub, unsigned batch, unsigned size,
                            struct td_str *out,
                            void (*put)(const struct venue_subscription *sub,
                                        const struct instrument *instrument, struct td_str *out));

/* Where a message carries one symbol and one channel: the n-th of the connection's instruments, each with its channels in their order.
   NULL: no more. */
const struct instrument *subscription_single(const struct venue_subscription *sub, unsigned n,
                                             enum td_channel *channel);

/* "BTC/USD" in quotes: what most venues list. */
void subscription_put_raw(const struct venue_subscription *sub, const struct instrument *instrument,
                          struct td_str *out);

/* For venues whose texts name one channel each: the n-th text is about `channel` and about batch `batch`; the channels of a batch stand
   together. False: none is recorded. */
bool subscription_channel(const struct venue_subscription *sub, unsigned n,
                          enum td_channel *channel, unsigned *batch);

/* Number of a request about one instrument, for venues that answer with the number alone (emit_choose_id finds whose). */
uint32_t subscription_id(const struct instrument *instrument);

/* Bytes of a finished text, 0 when it has no instruments. A cut text is our own mistake: the buffer
 * must hold a batch. */
size_t subscription_text(const struct td_str *out, unsigned instruments);

/* rest_url and path joined; 0 when it does not fit. */
size_t subscription_url(const char *rest_url, const char *path, char *out, size_t cap);

#endif
