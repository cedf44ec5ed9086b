/* From configuration to a deck's parameters: venues found, symbols spelled, endpoints, certificates. Shared by `record` and
   `config`. Start-up thread only. */
#ifndef TD_APP_SETUP_H
#define TD_APP_SETUP_H

#include <stdbool.h>
#include <stdio.h>

#include "app/chosen.h"
#include "app/config.h"
#include "app/deck.h"

enum { SETUP_SETS_MAX = 64, SETUP_PATH_MAX = 128 /* of an endpoint, behind the address */ };

struct setup_options {
    const char *config_path;
    const char *set[SETUP_SETS_MAX]; /* section.key=value */
    unsigned set_count;
    const char *sources; /* comma list: only these venues; NULL: all that are configured */
    uint8_t lists;       /* enum setup_lists */
    bool quiet;          /* what was chosen is not shown */
};

/* Where symbol lists come from when symbols are chosen by patterns. */
enum setup_lists {
    SETUP_LISTS_QUIET,  /* those that are kept; nothing is said of names */
    SETUP_LISTS_KEPT,   /* the same, and said */
    SETUP_LISTS_FETCHED /* the network; where that fails those that are kept */
};

/* What an endpoint's subscribe callback needs; its address is the callback's argument. */
struct setup_endpoint {
    const struct venue *venue;
    const struct deck_params *deck; /* whose clock stamps the texts */
    struct venue_subscription subscription;
    struct inflate *inflate; /* of what asks for an answer; NULL: the venue does not compress */
};

/* What the wire subscribes to after a reload. Two, in turn: the wire may look at the one before until it takes the note. */
struct setup_names {
    struct instruments *table;
    struct setup_endpoint subscriber[TD_CONNS_MAX];
    void *subscribe_args[TD_CONNS_MAX]; /* by endpoint */
};

struct setup {
    struct td_config config;
    struct setup_options options; /* as given to setup_load */
    struct chosen chosen;
    struct deck_params deck;
    struct instruments *instruments; /* as at the start; wire and core begin with it */
    unsigned shards[TD_SOURCES_MAX]; /* of each source's connections, from the start on */
    struct wire_endpoint endpoint[TD_CONNS_MAX];
    struct setup_endpoint subscriber[TD_CONNS_MAX];
    char url[TD_CONNS_MAX][TD_CONFIG_PATH_MAX + SETUP_PATH_MAX];
    char token_url[TD_CONNS_MAX][TD_CONFIG_PATH_MAX + SETUP_PATH_MAX];
    struct secret *secret[TD_SOURCES_MAX]; /* keys of sources that have one */
    struct inflate *inflate;               /* the endpoints'; NULL: none needs it */
    struct setup_names reloaded[2];
    unsigned reloads;
    char core_text[TD_CONFIG_CORE_MAX];
    char config_hash[17];
    char shm_path[TD_CONFIG_PATH_MAX + 64];
};

/* Takes one command-line option of those shared by the verbs (`--config`, `--set`, `--sources`): true when it was one. */
bool setup_option(struct setup_options *options, const char *name, const char *value);

/* Configuration -> deck parameters. Problems are said on stderr; returns an exit code (EXIT_FINE, EXIT_CONFIG;
   EXIT_NETWORK: symbols are chosen from a list that cannot be had). */
int setup_load(struct setup *setup, const struct setup_options *options);

/* Main thread, while the deck records and the wire has taken the note before (its ring is empty): reads the configuration again. A file
   that is wrong, or that names more symbols than there is room for, changes nothing and is said. What cannot change while recording
   is named and keeps its value. True: the symbols are others now, and *note (kind CONFIG) is to be published to the wire. */
struct wire_note;
bool setup_reload(struct setup *setup, struct wire_note *note);

/* Sources that are recorded. */
unsigned setup_sources(const struct setup *setup);

/* As setup_load, from the text of a CONFIG frame; `label` names it in complaints. */
int setup_from_text(struct setup *setup, const char *label, const char *text, size_t bytes);

/* The certificates: read into memory that lives as long as the process. EXIT_FINE or EXIT_CONFIG. */
int setup_certificates(struct setup *setup);

#endif
