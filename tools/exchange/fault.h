/* Faults on command: armed for the next messages of a venue (and symbol), or thrown with a probability by the seed. Each that was
   injected is counted. */
#ifndef EXCHANGE_FAULT_H
#define EXCHANGE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens to: a message; the connections that hear it; the book itself; the next upgrade; the next HTTP answer; a connection after a word of farewell (on command
   alone). */
#define FAULT_KINDS(X)                                                                             \
    X(DROP, "drop", MESSAGE)                                                                       \
    X(DUPLICATE, "duplicate", MESSAGE)                                                             \
    X(REORDER, "reorder", MESSAGE)                                                                 \
    X(GARBAGE, "garbage", MESSAGE)                                                                 \
    X(WRONG_CHECKSUM, "wrong_checksum", MESSAGE)                                                   \
    X(BAD_LEVEL, "bad_level", MESSAGE)                                                             \
    X(SLOW, "slow", MESSAGE)                                                                       \
    X(FRAGMENT, "fragment", MESSAGE)                                                               \
    X(STALL, "stall", CONNECTION)                                                                  \
    X(CLOSE, "close", CONNECTION)                                                                  \
    X(EOF, "eof", CONNECTION)                                                                      \
    X(RST, "rst", CONNECTION)                                                                      \
    X(JUMBO, "jumbo", BOOK)                                                                        \
    X(BIG_SIZE, "big_size", BOOK)                                                                  \
    X(HTML, "html", UPGRADE)                                                                       \
    X(REFUSE, "refuse", UPGRADE)                                                                   \
    X(HTTP_HTML, "http_html", ANSWER)                                                              \
    X(HTTP_REFUSE, "http_refuse", ANSWER)                                                          \
    X(NOTICE, "notice", FAREWELL)

enum fault_kind {
    FAULT_NONE,
#define X(name, text, place) FAULT_##name,
    FAULT_KINDS(X)
#undef X
        FAULT_COUNT
};
enum fault_place {
    FAULT_PLACE_NOWHERE,
    FAULT_PLACE_MESSAGE,
    FAULT_PLACE_CONNECTION,
    FAULT_PLACE_BOOK,
    FAULT_PLACE_UPGRADE,
    FAULT_PLACE_ANSWER,
    FAULT_PLACE_FAREWELL
};

enum { FAULT_ARMED_MAX = 64, FAULT_ANY = -1 };

struct fault {
    enum fault_kind kind;
    int market;  /* index, FAULT_ANY */
    int channel; /* enum say, FAULT_ANY */
    unsigned count;
    int64_t amount; /* stall, notice: ms; close: code; refuse: status */
};

struct faults { /* of one venue */
    struct fault armed[FAULT_ARMED_MAX];
    unsigned armed_count;
    uint32_t per_million[FAULT_COUNT];
    int64_t amount[FAULT_COUNT]; /* of the thrown ones and of those that came without */
    uint64_t injected[FAULT_COUNT];
    uint64_t dice;
};

/* FAULT_NONE when there is no such kind. */
enum fault_kind fault_named(const char *name, size_t bytes);
const char *fault_name(enum fault_kind kind);
enum fault_place fault_place(enum fault_kind kind);

void faults_init(struct faults *faults, uint64_t seed);
/* False: too many stand armed. amount 0: the kind's own. */
bool faults_arm(struct faults *faults, struct fault fault);

/* The fault for a message, or FAULT_NONE; it counts as injected unless given back. `thrown`: may probabilities speak? */
struct fault faults_pick(struct faults *faults, int market, int channel, bool thrown);
void faults_give_back(struct faults *faults, struct fault fault);
/* The same for an upgrade or an HTTP answer. */
struct fault faults_pick_at(struct faults *faults, enum fault_place place);
/* A fault that is carried out at once. */
void faults_note(struct faults *faults, enum fault_kind kind);

#endif
