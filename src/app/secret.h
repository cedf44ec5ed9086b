/* The key that signs subscriptions at venues that take one: read once at the start, kept out of dumps, used on the wire thread. Nothing of
   it is printed, and it is in no configuration text. */
#ifndef TD_APP_SECRET_H
#define TD_APP_SECRET_H

#include <stdbool.h>

#include "app/config.h"
#include "base/os.h"
#include "venue/venue.h"

struct secret;

/* The section's key; *out is NULL where it names none or the venue takes none. Problems are said on stderr; EXIT_FINE or EXIT_CONFIG. The
   memory lives as long as the process. */
int secret_load(const struct venue *venue, const struct td_config_venue *section,
                const struct td_os *os, struct secret **out);

/* wire_endpoint.sign with the secret as its argument: a JSON object gets a member "jwt" at its end, for the log `...`. */
size_t secret_sign(void *arg, bool secret, struct td_text text, char *out, size_t cap);

#endif
