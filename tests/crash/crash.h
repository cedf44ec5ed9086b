/* Power cuts and kills: a subject (the journal alone, the whole deck, updates of the system) runs once on a recorded card; then, for each point of that record,
   the card is brought to what a cut there may leave, and the subject recovers on it and is judged.

   A point is (entries, cut): so many changes of the record were made, the last of them perhaps in part, and of what was unsynced by
   then `cut` decides what is there. */
#ifndef TD_CRASH_H
#define TD_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/disk.h"

/* What a subject had said when a change was about to be made. */
struct crash_note {
    uint64_t promised; /* frames up to this one are safe from a power cut */
    uint64_t taken;    /* ... up to this one it was given at all: safe from a kill */
    uint64_t keep;     /* frames before this one were given up by the subject itself */
};

struct crash_run {
    struct sim_disk *disk;            /* recording */
    struct sim_disk *before;          /* the same card before the first entry */
    struct crash_note now;            /* kept up to date by the subject */
    const _Atomic uint64_t *promised; /* where the subject itself keeps it; NULL: in `now` */
    struct crash_note *note;          /* one before each entry */
    uint32_t notes, notes_cap;
    void (*at_entry)(void *arg, uint32_t entry); /* called before each change too; NULL: nobody */
    void *at_arg;
};

enum { CRASH_WHY_MAX = 600 };

struct crash_point {
    uint64_t number;  /* of the list of all points */
    uint32_t entries; /* made, the last one perhaps in part */
    bool torn;
    bool kill; /* not the power but the process */
    struct sim_cut cut;
};

/* One recovery: what is known of the card it finds, and what is to be said of it. */
struct crash_trial {
    const struct crash_point *point;
    struct crash_note expect;
    const struct crash_run *past; /* the run that was cut */
    struct crash_run *run;        /* the trial is recorded here for a second cut; NULL: not */
    void *memory; /* the subject's: state of the trial before, for the second recovery */
    bool second;
    char why[CRASH_WHY_MAX];
};

struct crash_subject {
    const char *name;
    size_t memory_bytes; /* of a trial */
    /* Once: runs to its end on run->disk, calling run's note by crash_watch(). */
    void (*reference)(struct crash_run *run);
    /* Recovers on the card, goes on recording, stops; judges. False: trial->why says what is wrong. */
    bool (*recover)(struct sim_disk *disk, struct crash_trial *trial);
    /* For kills: the file of the frame log from now on, NULL: none. NULL: this subject has no frame log. */
    void (*set_log_path)(const char *path);
    /* Puts a planted bug into the reference that no fault of the card could be; NULL: there are none. */
    void (*plant)(const char *name);
};
extern const struct crash_subject crash_journal, crash_deck, crash_update;

/* Starts the record of run->disk; every change is noted with run->now. Copies the card to run->before. */
void crash_watch(struct crash_run *run);
void crash_unwatch(struct crash_run *run);

__attribute__((format(printf, 2, 3))) bool crash_fails(struct crash_trial *trial,
                                                       const char *format, ...);

/* ---- planted bugs (plants.c): the check must find each ------------------------------------------------------------------ */

struct crash_plant {
    const char *name, *subject, *what;
    struct sim_fault fault;
};
extern const struct crash_plant crash_plants[];
extern const unsigned crash_plant_count;

/* ---- points (points.c) ------------------------------------------------------------------------------------------------------ */

struct crash_points {
    const struct crash_run *run;
    uint64_t seed, all; /* how many there are without repeating */
    uint64_t *tears;    /* sectors torn in the entries before each */
};
void crash_points_init(struct crash_points *points, const struct crash_run *run, uint64_t seed);
struct crash_point crash_point_at(const struct crash_points *points, uint64_t number);
/* What was promised at that point. */
struct crash_note crash_note_at(const struct crash_run *run, const struct crash_point *point);
/* A point of a recovery's record, drawn from the seed. */
struct crash_point crash_point_drawn(const struct crash_run *run, uint64_t seed);

uint64_t crash_random(uint64_t *state);

#endif
