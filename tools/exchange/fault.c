#include "exchange/fault.h"

#include <string.h>

#include "exchange/dice.h"

enum {
    STALL_MS = 3000,
    NOTICE_MS = 30000,
    CLOSE_CODE = 1001,
    REFUSE_STATUS = 429,
};

static const char *const names[FAULT_COUNT] = {"none",
#define X(name, text, place) text,
                                               FAULT_KINDS(X)
#undef X
};
static const uint8_t places[FAULT_COUNT] = {FAULT_PLACE_NOWHERE,
#define X(name, text, place) FAULT_PLACE_##place,
                                            FAULT_KINDS(X)
#undef X
};

enum fault_kind fault_named(const char *name, size_t bytes)
{
    for (unsigned kind = 1; kind < FAULT_COUNT; kind++)
        if (strlen(names[kind]) == bytes && memcmp(names[kind], name, bytes) == 0)
            return kind;
    return FAULT_NONE;
}

const char *fault_name(enum fault_kind kind)
{
    return names[kind];
}

enum fault_place fault_place(enum fault_kind kind)
{
    return places[kind];
}

void faults_init(struct faults *faults, uint64_t seed)
{
    *faults = (struct faults){.dice = seed};
    faults->amount[FAULT_STALL] = STALL_MS;
    faults->amount[FAULT_NOTICE] = NOTICE_MS;
    faults->amount[FAULT_CLOSE] = CLOSE_CODE;
    faults->amount[FAULT_REFUSE] = faults->amount[FAULT_HTTP_REFUSE] = REFUSE_STATUS;
}

bool faults_arm(struct faults *faults, struct fault fault)
{
    if (faults->armed_count == FAULT_ARMED_MAX)
        return false;
    if (fault.amount == 0)
        fault.amount = faults->amount[fault.kind];
    faults->armed[faults->armed_count++] = fault;
    return true;
}

static struct fault spend(struct faults *faults, unsigned i)
{
    struct fault fault = faults->armed[i];
    faults->injected[fault.kind]++;
    if (--faults->armed[i].count == 0) {
        faults->armed_count--;
        memmove(&faults->armed[i], &faults->armed[i + 1],
                (faults->armed_count - i) * sizeof *faults->armed);
    }
    fault.count = 1;
    return fault;
}

static bool speaks_of_messages(enum fault_kind kind)
{
    return places[kind] <= FAULT_PLACE_BOOK;
}

struct fault faults_pick(struct faults *faults, int market, int channel, bool thrown)
{
    for (unsigned i = 0; i < faults->armed_count; i++) {
        const struct fault *fault = &faults->armed[i];
        if (speaks_of_messages(fault->kind) &&
            (fault->market == FAULT_ANY || fault->market == market) &&
            (fault->channel == FAULT_ANY || fault->channel == channel))
            return spend(faults, i);
    }
    for (unsigned kind = 1; thrown && kind < FAULT_COUNT; kind++) {
        uint32_t chance = faults->per_million[kind];
        if (!speaks_of_messages(kind) || !chance || dice_below(&faults->dice, 1000000) >= chance)
            continue;
        faults->injected[kind]++;
        return (struct fault){kind, market, channel, 1, faults->amount[kind]};
    }
    return (struct fault){.kind = FAULT_NONE};
}

void faults_give_back(struct faults *faults, struct fault fault)
{
    faults->injected[fault.kind]--;
    faults_arm(faults, fault);
}

struct fault faults_pick_at(struct faults *faults, enum fault_place place)
{
    for (unsigned i = 0; i < faults->armed_count; i++)
        if (places[faults->armed[i].kind] == place)
            return spend(faults, i);
    for (unsigned kind = 1; kind < FAULT_COUNT; kind++) {
        uint32_t chance = faults->per_million[kind];
        if (places[kind] != place || !chance || dice_below(&faults->dice, 1000000) >= chance)
            continue;
        faults->injected[kind]++;
        return (struct fault){kind, FAULT_ANY, FAULT_ANY, 1, faults->amount[kind]};
    }
    return (struct fault){.kind = FAULT_NONE};
}

void faults_note(struct faults *faults, enum fault_kind kind)
{
    faults->injected[kind]++;
}
