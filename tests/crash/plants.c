/* Bugs as a careless recorder might have them, put between its calls and the card. */
#include "crash/crash.h"

#define DATA (1u << SIM_OP_SYNC_DATA)
#define ALL (1u << SIM_OP_SYNC_ALL)

const struct crash_plant crash_plants[] = {
    {"journal-unsynced",
     "journal",
     "the journal's sync is forgotten",
     {.kind = SIM_FAULT_LIE, .ops = DATA, .path = "journal/"}},
    {"journal-late",
     "journal",
     "a promise is given before its sync",
     {.kind = SIM_FAULT_LATE, .ops = DATA, .path = "journal/"}},
    {"journal-name",
     "journal",
     "a new journal file's name is not synced",
     {.kind = SIM_FAULT_LIE, .ops = ALL, .path = "journal/"}},
    {"journal-last-write",
     "journal",
     "the sync comes before the last write",
     {.kind = SIM_FAULT_PARTIAL, .ops = DATA, .path = "journal/"}},
    {"journal-one-in-ten",
     "journal",
     "one sync in ten is forgotten",
     {.kind = SIM_FAULT_LIE, .ops = DATA, .path = "journal/", .odds = 6554}},
    {"rename-first",
     "deck",
     "segments are renamed before they are synced",
     {.kind = SIM_FAULT_LATE, .ops = ALL, .path = "active/"}},
    {"footer-unsynced",
     "deck",
     "the footer is written after the sync",
     {.kind = SIM_FAULT_PARTIAL, .ops = ALL, .path = "active/"}},
    {"ready-unsynced",
     "deck",
     "the renames into ready/ are not synced",
     {.kind = SIM_FAULT_LIE, .ops = ALL, .path = "ready/"}},
    {"deck-journal-late",
     "deck",
     "a promise is given before its sync",
     {.kind = SIM_FAULT_LATE, .ops = DATA, .path = "journal/"}},
};
const unsigned crash_plant_count = sizeof crash_plants / sizeof crash_plants[0];
