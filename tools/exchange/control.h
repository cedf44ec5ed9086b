/* What a test asks and commands over HTTP: /oracle/... and /control/... Texts only; the server carries out what `struct control` says. */
#ifndef EXCHANGE_CONTROL_H
#define EXCHANGE_CONTROL_H

#include "exchange/house.h"

struct control {
    struct house *house; /* [houses] */
    unsigned houses;
    uint64_t seed;
    bool paused, stopping;
    int64_t rate;          /* messages a second, 0 as fast as they are read */
    uint64_t steps;        /* messages still to be made while paused */
    uint64_t dropped_slow; /* clients that did not read */
    unsigned clients;
    uint64_t sync;            /* number of the last /control/sync */
    unsigned unsynced;        /* clients that have not yet read all that was told before it */
    struct levels scratch[2]; /* an earlier book is made here */
};

/* Takes memory (memory.h) for the scratch. */
void control_init(struct control *control, struct house *house, unsigned houses, uint64_t seed,
                  int64_t rate);

/* Target of a GET, path and query. Status; the JSON body stands in `out`. 404: not one of ours. */
int control_answer(struct control *control, const char *target, struct td_str *out);

struct house *control_house(struct control *control, const char *name, size_t bytes);

/* "VENUE:SYMBOL": listed, but refused to whoever asks for it. False: there is none such. */
bool control_refuse(struct control *control, const char *text);

/* "kind:probability" or "venue/kind:probability", all venues without a name. False: not such a text. */
bool control_throw(struct control *control, const char *text);

#endif
