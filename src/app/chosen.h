/* Symbols that the configuration chooses by patterns: resolved against the venues' lists before anything is laid out, and again when a list
   comes or the configuration is read anew. Behind this the configuration holds plain names, and so does its journalled text. Main
   thread. */
#ifndef TD_APP_CHOSEN_H
#define TD_APP_CHOSEN_H

#include <stdbool.h>

#include "app/config.h"

struct setup;
struct wire_note;

struct chosen {
    bool any;            /* some section chooses by patterns */
    void *catalogue_mem; /* while recording, where patterns are; else NULL */
    uint32_t volumes;    /* bits of the sections that choose by volume */
    char patterns[TD_SOURCES_MAX][TD_CONFIG_SYMBOLS_MAX]; /* by section, as configured; "": names */
};

/* setup->config is read, nothing is made of it yet: patterns become names, from the network where setup->options.lists says so and else from
   the kept lists. Names alone need no list; a kept one is looked at, and what it lacks is told. EXIT_FINE, EXIT_CONFIG, or
   EXIT_NETWORK: there is no list at all. */
int chosen_begin(struct setup *setup);

/* The same of a configuration that was read while recording, from the kept lists and within the room there is: what has none is named and
   left out. False: it cannot be taken, and was told. */
bool chosen_again(struct setup *setup, struct td_config *next);

/* Lists came: true when the symbols are others now, and *note is to be published (setup.h, setup_reload). */
bool chosen_listed(struct setup *setup, struct wire_note *note);

#endif
