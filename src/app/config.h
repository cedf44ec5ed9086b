/* The configuration: one INI file, the environment and the command line become one plain struct.
   Precedence: command line > environment > file > default; where each value came from is kept. An
   unknown key is an error that shows its line. Start-up thread only; nothing is allocated (the file
   is read into a static buffer). */
#ifndef TD_APP_CONFIG_H
#define TD_APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/limits.h"

enum {
    TD_CONFIG_PATH_MAX = 512,      /* bytes with NUL, paths and addresses */
    TD_CONFIG_SYMBOLS_MAX = 8192,  /* as many as instruments, of 16 bytes */
    TD_CONFIG_FEATURES_MAX = 2048, /* lists of columns, models */
    TD_CONFIG_FILE_MAX = 256 << 10,
    TD_CONFIG_CORE_MAX = 320 << 10, /* buffer that always holds td_config_core_text */
    TD_CONFIG_ERRORS_MAX = 20,      /* shown; the rest is counted */
};

enum td_config_origin { TD_FROM_DEFAULT, TD_FROM_FILE, TD_FROM_ENVIRONMENT, TD_FROM_COMMAND_LINE };

enum td_config_key {
#define KEY(section, name, ...) TD_KEY_##section##_##name,
#include "app/config_keys.def"
    TD_CONFIG_KEYS
};

enum td_config_venue_key {
#define VENUE_KEY(name, ...) TD_VENUE_KEY_##name,
#include "app/config_keys.def"
    TD_CONFIG_VENUE_KEYS
};

/* One section that bears a venue's name. Its index in td_config.venue is frame.source, so a
 * disabled one keeps its place. */
struct td_config_venue {
    char name[TD_EXCHANGE_NAME_MAX];
    bool enabled;
    uint8_t channels;                  /* bits (1 << enum td_channel) */
    int silence_s, conn_life_s;        /* effective: net's when not given here */
    char url[TD_CONFIG_PATH_MAX];      /* "": the venue's own */
    char rest_url[TD_CONFIG_PATH_MAX]; /* "": the venue's own */
    char api_key[TD_CONFIG_PATH_MAX];  /* "": subscriptions are not signed */
    char api_secret_file[TD_CONFIG_PATH_MAX];
    char symbols[TD_CONFIG_SYMBOLS_MAX];  /* upper case, commas, no spaces */
    unsigned symbol_first, symbol_count;  /* the same as entries of td_config.symbol */
    uint8_t origin[TD_CONFIG_VENUE_KEYS]; /* enum td_config_origin */
};

struct td_config {
    struct {
        char id[TD_DECK_NAME_MAX];
        char data_dir[TD_CONFIG_PATH_MAX];
        int log_level; /* enum td_log_level */
        int stats_interval_s;
        char shm_dir[TD_CONFIG_PATH_MAX];
        int queue_mb;  /* MiB, power of two */
        int memory_mb; /* 0: four fifths of the machine */
        int spare_symbols, stop_s;
        bool rights;
    } deck;
    struct {
        int sync_ms, max_mb, file_mb, level;
    } journal;
    struct {
        int zstd_level, max_mb, rows_max, pool_mb;
        bool compat, frames;
    } segment;
    struct {
        int pool_levels, max_depth;
    } book;
    struct {
        char sets[128], without[TD_CONFIG_FEATURES_MAX], with[TD_CONFIG_FEATURES_MAX];
        int emit; /* enum core_emit */
        int window_events;
        double vpin_bucket_volume; /* 0: auto */
        int vpin_window_buckets;
        int spread_regime; /* 1: dynamic */
        double spread_tight_percentile, spread_wide_percentile, spread_tight_threshold_bps,
            max_state_staleness_seconds;
        int spread_regime_window, kyle_lambda_window; /* enum window_horizon */
        int ofi_levels;
        double ofi_decay_alpha;
        int session; /* enum session_kind */
        int compat;  /* 1: quotewatch */
    } features;
    struct {
        char models[TD_CONFIG_FEATURES_MAX];
        double tau;
        int buffer, label_max_gap_ms;
        double eta, alpha;
        int ready_per_class, accuracy_window, accuracy_min;
        char weights_file[TD_CONFIG_PATH_MAX]; /* "": none */
    } model;
    struct {
        int reserve_mb, free_mb;
        bool delete_unverified;
    } disk;
    struct {
        int bytes_gb, cycles; /* GB of 10^9 bytes, 0: the device's own; 0: no judgement */
        double amplification;
        int budget_mb; /* MB of 10^6 bytes a day, 0: none */
    } card;
    struct {
        int wait_s;
    } clock;
    struct {
        char ca_file[TD_CONFIG_PATH_MAX]; /* "": roots_find() searches */
        int connect_timeout_s, silence_s, conn_life_s, max_reconnect_attempts;
    } net;
    struct {
        bool enabled;
        char to[TD_CONFIG_PATH_MAX];
        int direction;                         /* 1: download */
        char endpoint_url[TD_CONFIG_PATH_MAX]; /* "": the cloud's own */
        bool insecure;
        char region[64];
        int style, dialect;                    /* 0: auto; else the place in the key's words */
        char secrets_file[TD_CONFIG_PATH_MAX]; /* its path alone: keys never come in here */
        char paths[1024];
        int interval_seconds, max_workers;
        char bandwidth[32], quiet_hours[256]; /* texts of sync/pace.h, found sound */
        bool delete_after_transfer;
        int keep_days; /* -1: never by age */
        bool read_back;
        int nice;
    } sync;
    unsigned venue_count;
    struct td_config_venue venue[TD_SOURCES_MAX];
    unsigned symbol_count;
    char symbol[TD_INSTRUMENTS_MAX][TD_SYMBOL_MAX];
    char file[TD_CONFIG_PATH_MAX];  /* read from; "" when there was none */
    uint8_t origin[TD_CONFIG_KEYS]; /* enum td_config_origin */
};

struct td_config_input {
    const char *path;         /* --config; NULL: TAPEDECK_CONFIG, ./tapedeck.ini,
                                 ~/.config/tapedeck/tapedeck.ini,
                                /etc/tapedeck/tapedeck.ini, nothing */
    char *const *environment; /* "NAME=value", ends with NULL; NULL: none */
    const char *const *sets;  /* command line: "journal.sync_ms=500", "coinbase.symbols=BTC-USD" */
    unsigned set_count;
    const char *(*venue_name)(unsigned index); /* known venues; NULL past the last */
    bool no_symbols_needed;   /* a section may name none: nothing is to be recorded */
    bool skip_unknown_venues; /* an unknown section is named and left out; the others run on */
    FILE *errors;             /* file:line:column, the line, a caret, the reason; NULL: silent */
};

/* Fills all of *config. 0; TD_E_CONFIG when something is wrong (said on `errors`, up to
   TD_CONFIG_ERRORS_MAX); TD_E_MISSING when a file that was named does not exist (said too). */
td_err td_config_load(struct td_config *config, const struct td_config_input *input);

/* The same from a text alone (the CONFIG frame of a journal): defaults, then the text. `label`
 * stands for the file name. */
td_err td_config_parse(struct td_config *config, const char *label, const char *text, size_t bytes,
                       const char *(*venue_name)(unsigned index), FILE *errors);

/* Effective configuration with the origin of each value: INI that can be read back, or one JSON
 * object. */
void td_config_print(const struct td_config *config, FILE *out, bool json);

/* Canonical INI of what shapes the core's output: equal settings give equal bytes. Length
   (NUL-terminated), or TD_E_NO_ROOM. */
int td_config_core_text(const struct td_config *config, char *out, size_t cap);

/* 16 hex digits of the core text's hash. */
void td_config_hash(const char *core_text, size_t bytes, char out[17]);

/* A host name as deck id: lower case, letters, digits and hyphens; "deck" when nothing is left. */
void td_config_deck_id(const char *host, char out[TD_DECK_NAME_MAX]);

const char *td_config_origin_name(enum td_config_origin origin); /* "command line" */

#endif
