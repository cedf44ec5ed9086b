/* How the connections of one source are, all together. Any thread, while the wire stands. */
#ifndef TD_APP_SOURCE_HEALTH_H
#define TD_APP_SOURCE_HEALTH_H

#include "app/deck.h"

struct source_health {
    unsigned lines;        /* connections it is to have; 0: it is not recorded */
    enum wire_state state; /* up: all of them are */
    int32_t last_err;      /* of one that is not up; 0 none */
    uint64_t disconnects, errors;
    int64_t last_message_mono_ns; /* the newest of any, 0 none */
    int64_t next_try_mono_ns;     /* the first that is tried again, 0 none */
    uint32_t silence_ms;
};

struct source_health source_health(const struct deck *deck, unsigned source);

#endif
