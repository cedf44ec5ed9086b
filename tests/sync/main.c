/* `make sync-sim`: many runs of the engine in a world that lies; planted bugs are found. A failure prints its seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sync/world.h"

const struct plant_text plant_texts[PLANTS] = {
    [PLANT_NONE] = {"none", ""},
    [PLANT_EXISTENCE] = {"existence", "an object that is there counts as equal"},
    [PLANT_CLAIM] = {"claim", "what its writer claimed counts as the store's own sum"},
    [PLANT_UNREAD] = {"unread", "reading back is left out"},
    [PLANT_UNASKED] = {"unasked", "deletion trusts what was asked once"},
    [PLANT_RECEIPT_FIRST] = {"receipt-first", "the receipt goes with the segment"},
    [PLANT_OVERWRITE] = {"overwrite", "a PUT without asking and without a condition"},
    [PLANT_NO_RECORD] = {"no-record", "the record of an upload is not found again"},
    [PLANT_NO_MARK] = {"no-mark", "marks are not found again"},
    [PLANT_MARK_UNSYNCED] = {"unsynced", "nothing is synced: marks are renamed as they are"},
    [PLANT_FALSE_MARK] = {"false-mark", "a mark that is not true any more stays"},
    [PLANT_EARLY] = {"early", "a segment goes as soon as it is sent"},
};

static struct world world;

static const char *value(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return NULL;
}

static bool flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

static uint64_t number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *text = value(argc, argv, name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t run_all(uint64_t seed, uint64_t runs, uint64_t *passed)
{
    uint64_t failed = 0;
    for (uint64_t i = 0; i < runs; i++) {
        unsigned long long at = seed + i;
        if (world_run(&world, at, PLANT_NONE)) {
            *passed += 1;
            continue;
        }
        failed++;
        printf("FAILED sync-sim --seed %llu --runs 1: %s\n", at, world.why);
    }
    printf("sync-sim: %llu runs from seed %llu, %llu deletions here, %llu proofs\n",
           (unsigned long long)runs, (unsigned long long)seed, (unsigned long long)world.deletions,
           (unsigned long long)world.proofs);
    return failed;
}

static bool is_found(uint64_t seed, uint64_t runs, enum plant plant)
{
    for (uint64_t i = 0; i < runs; i++) {
        unsigned long long at = seed + i;
        if (world_run(&world, at, plant))
            continue;
        printf("plant %s (%s): found by seed %llu: %s\n", plant_texts[plant].name,
               plant_texts[plant].what, at, world.why);
        return true;
    }
    printf("plant %s (%s): NOT FOUND in %llu runs\n", plant_texts[plant].name,
           plant_texts[plant].what, (unsigned long long)runs);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t seed = number(argc, argv, "--seed", 1), runs = number(argc, argv, "--runs", 1000);
    uint64_t passed = 0, failed = 0;
    const char *plant = value(argc, argv, "--plant");
    td_log_setup(2, TD_LOG_OFF, NULL);
    world.verbose = flag(argc, argv, "-v");
    for (int p = PLANT_NONE + 1; plant && p < PLANTS; p++)
        if (strcmp(plant, "all") == 0 || strcmp(plant, plant_texts[p].name) == 0)
            *(is_found(seed, runs, (enum plant)p) ? &passed : &failed) += 1;
    if (!plant)
        failed = run_all(seed, runs, &passed);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    return failed != 0 || passed == 0;
}
