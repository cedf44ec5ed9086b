/* The faults by name: where each acts, what its number means, and the text `KIND[:NUMBER]`. */
#ifndef TD_PROXY_FAULT_H
#define TD_PROXY_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    /* links: those that stand now, or the next one */
    FAULT_STALL,     /* ms: nothing passes and nothing is read, either way */
    FAULT_BLACKHOLE, /* all is swallowed, either way, also the end: half open */
    FAULT_RST,       /* in the middle of a record to the client */
    FAULT_TRUNCATE,  /* the end (FIN) in the middle of a record to the client */
    FAULT_FLIP,      /* one bit in the middle of a record to the client */
    FAULT_EOF_DOWN,  /* the client sees an end and may go on speaking */
    FAULT_EOF_UP,    /* the server sees an end and may go on speaking */
    FAULT_CUT,       /* end after so many bytes more to the client */
    /* shapes: all links, until `clear` */
    FAULT_SPLIT, /* writes of 1 to so many bytes */
    FAULT_MERGE, /* ms: what comes within is written at once */
    FAULT_DRIP,  /* bytes a second */
    FAULT_DELAY, /* ms later */
    /* the door: ms long */
    FAULT_REFUSE, /* connection refused */
    FAULT_MUTE,   /* accepted, and never a byte */
    FAULT_KINDS
};

enum fault_place { FAULT_OF_LINK, FAULT_OF_SHAPE, FAULT_OF_DOOR };

struct fault {
    enum fault_kind kind;
    int64_t amount;
};

const char *fault_name(enum fault_kind kind);
enum fault_place fault_place(enum fault_kind kind);
/* False: no such kind, or a number that is none. */
bool fault_read(const char *text, size_t bytes, struct fault *fault);

#endif
