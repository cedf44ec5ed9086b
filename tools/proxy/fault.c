#include "proxy/fault.h"

#include <string.h>

#include "base/decimal.h"

static const struct {
    const char *name;
    enum fault_place place;
    int64_t amount; /* when none is given */
} kinds[FAULT_KINDS] = {
    [FAULT_STALL] = {"stall", FAULT_OF_LINK, 3000},
    [FAULT_BLACKHOLE] = {"blackhole", FAULT_OF_LINK, 0},
    [FAULT_RST] = {"rst", FAULT_OF_LINK, 0},
    [FAULT_TRUNCATE] = {"truncate", FAULT_OF_LINK, 0},
    [FAULT_FLIP] = {"flip", FAULT_OF_LINK, 0},
    [FAULT_EOF_DOWN] = {"eof_down", FAULT_OF_LINK, 0},
    [FAULT_EOF_UP] = {"eof_up", FAULT_OF_LINK, 0},
    [FAULT_CUT] = {"cut", FAULT_OF_LINK, 10000},
    [FAULT_SPLIT] = {"split", FAULT_OF_SHAPE, 16},
    [FAULT_MERGE] = {"merge", FAULT_OF_SHAPE, 200},
    [FAULT_DRIP] = {"drip", FAULT_OF_SHAPE, 1},
    [FAULT_DELAY] = {"delay", FAULT_OF_SHAPE, 200},
    [FAULT_REFUSE] = {"refuse", FAULT_OF_DOOR, 3000},
    [FAULT_MUTE] = {"mute", FAULT_OF_DOOR, 3000},
};

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

enum fault_place fault_place(enum fault_kind kind)
{
    return kinds[kind].place;
}

bool fault_read(const char *text, size_t bytes, struct fault *fault)
{
    const char *colon = memchr(text, ':', bytes);
    size_t name_bytes = colon ? (size_t)(colon - text) : bytes;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (strlen(kinds[kind].name) != name_bytes ||
            memcmp(kinds[kind].name, text, name_bytes) != 0)
            continue;
        *fault = (struct fault){(enum fault_kind)kind, kinds[kind].amount};
        return !colon ||
               (td_integer_parse(colon + 1, bytes - name_bytes - 1, &fault->amount) == 0 &&
                fault->amount > 0);
    }
    return false;
}
