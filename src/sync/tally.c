#include "sync/tally.h"

#include <string.h>

#include "base/text.h"

const char *const sync_health_words[SYNC_HEALTHS] = {
    [SYNC_HEALTH_FINE] = "fine",
    [SYNC_HEALTH_OFFLINE] = "offline",
    [SYNC_HEALTH_BUSY] = "busy",
    [SYNC_HEALTH_DENIED] = "denied",
    [SYNC_HEALTH_SKEWED] = "skewed",
    [SYNC_HEALTH_NO_BUCKET] = "no-bucket",
    [SYNC_HEALTH_WRONG_REGION] = "wrong-region",
    [SYNC_HEALTH_UNTRUSTED] = "untrusted",
    [SYNC_HEALTH_LOCAL] = "local",
    [SYNC_HEALTH_DAMAGED] = "damaged",
};

const char *const sync_health_advice[SYNC_HEALTHS] = {
    [SYNC_HEALTH_FINE] = "Nothing to do.",
    [SYNC_HEALTH_OFFLINE] =
        "Check the network and the endpoint; files wait here and go on by themselves.",
    [SYNC_HEALTH_BUSY] =
        "The store asks for patience; nothing to do unless it lasts: then fewer workers.",
    [SYNC_HEALTH_DENIED] =
        "Check the keys and what they may do: read, write and list in the bucket.",
    [SYNC_HEALTH_SKEWED] = "Set the clock: the store refuses requests of another time.",
    [SYNC_HEALTH_NO_BUCKET] = "Make the bucket, or correct its name.",
    [SYNC_HEALTH_WRONG_REGION] = "Set the bucket's region.",
    [SYNC_HEALTH_UNTRUSTED] =
        "Check the endpoint's name and the clock, or give the store's certificate as ca_file.",
    [SYNC_HEALTH_LOCAL] =
        "Files here cannot be read or written: look at room, rights and the disk.",
    [SYNC_HEALTH_DAMAGED] =
        "Look at the failures named: a file and its receipt, or here and the store, differ.",
};

enum sync_health sync_health_of(const struct store_result *result)
{
    switch (result->outcome) {
    case STORE_LOST:
        return SYNC_HEALTH_OFFLINE;
    case STORE_AGAIN:
        return SYNC_HEALTH_BUSY;
    case STORE_DENIED:
        return SYNC_HEALTH_DENIED;
    case STORE_SKEWED:
        return SYNC_HEALTH_SKEWED;
    case STORE_NO_BUCKET:
        return SYNC_HEALTH_NO_BUCKET;
    case STORE_WRONG_REGION:
        return SYNC_HEALTH_WRONG_REGION;
    case STORE_UNTRUSTED:
        return SYNC_HEALTH_UNTRUSTED;
    case STORE_LOCAL:
        return SYNC_HEALTH_LOCAL;
    case STORE_DAMAGED:
    case STORE_REFUSED:
    case STORE_UNSUPPORTED:
    case STORE_NO_UPLOAD:
        return SYNC_HEALTH_DAMAGED;
    default:
        return SYNC_HEALTH_FINE;
    }
}

bool sync_health_ends_pass(enum sync_health health)
{
    return health == SYNC_HEALTH_DENIED || health == SYNC_HEALTH_SKEWED ||
           health == SYNC_HEALTH_NO_BUCKET || health == SYNC_HEALTH_WRONG_REGION ||
           health == SYNC_HEALTH_UNTRUSTED;
}

void tally_failure(struct sync_tally *tally, const char *key, const char *end,
                   const struct store_result *why)
{
    tally->failures++;
    if (tally->failures > SYNC_FAILURES_MAX)
        return;
    struct sync_failure *failure = &tally->failure[tally->failures - 1];
    size_t bytes = strlen(key), room = sizeof failure->key - 1;
    const char *from = bytes > room ? key + bytes - room : key;
    td_text_copy(failure->key, sizeof failure->key, from, strlen(from));
    td_text_copy(failure->end, sizeof failure->end, end, strlen(end));
    td_text_copy(failure->words, sizeof failure->words, why->words,
                 strnlen(why->words, sizeof why->words));
    failure->outcome = why->outcome;
}
