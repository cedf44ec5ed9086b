/* What the configuration says of sync, as plain texts and numbers: `tape sync` knows nothing of the recorder's configuration, the program
   fills this in. No secret is ever in here. */
#ifndef TD_SYNC_SETTINGS_H
#define TD_SYNC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { SETTINGS_PATH_MAX = 512, SETTINGS_LIST_MAX = 1024 };

struct sync_settings {
    char data_dir[SETTINGS_PATH_MAX];
    char to[SETTINGS_PATH_MAX];                                               /* "" nowhere */
    char endpoint_url[SETTINGS_PATH_MAX], region[64], style[16], dialect[16]; /* "" not said */
    bool insecure;
    char secrets_file[SETTINGS_PATH_MAX]; /* "" none */
    char ca_file[SETTINGS_PATH_MAX];      /* "" the usual places */
    char paths[SETTINGS_LIST_MAX];
    char bandwidth[32], quiet_hours[256]; /* sync/pace.h */
    bool enabled;                         /* asked for --service alone */
    bool download, deletes, read_back;
    int interval_s, workers, nice;
    int keep_days;      /* -1: not by age */
    int64_t free_bytes; /* 0: not by room */
};

/* The program gives what reads a recorder's file, before tape_main(). `path` NULL: where the recorder looks for it. The exit code is 0 or
   EXIT_CONFIG, complained of. */
void verb_sync_by(int (*load)(const char *path, struct sync_settings *settings));

#endif
