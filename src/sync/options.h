/* What one run of `tape sync` is to do: the configuration, and over it the command line. */
#ifndef TD_SYNC_OPTIONS_H
#define TD_SYNC_OPTIONS_H

#include "lake/verb.h"
#include "store/place.h"
#include "sync/pace.h"
#include "sync/settings.h"

enum { OPTIONS_PLACE_MAX = PLACE_BUCKET_MAX + PLACE_KEY_MAX + 8, OPTIONS_PATH_MAX = 1200 };

/* Which keys of the source become which of the destination (SPEC Y5). */
enum sync_layout {
    LAYOUT_DECK,     /* ready/ -> bronze/, certificates/ -> certificates/ */
    LAYOUT_SEGMENTS, /* the folder is a ready/: all of it -> bronze/ */
    LAYOUT_BACK,     /* bronze/ -> ready/, certificates/ -> certificates/ */
    LAYOUT_SAME      /* every name as it is */
};

struct sync_options {
    struct sync_settings set; /* with what the command line says */
    struct place from, to;
    char from_text[OPTIONS_PLACE_MAX], to_text[OPTIONS_PLACE_MAX]; /* as a person writes them */
    char state_dir[OPTIONS_PATH_MAX];
    char status_path[OPTIONS_PATH_MAX]; /* of status.json; "" of a dry run: it has none */
    enum sync_layout layout;
    struct pace_hours quiet;
    int64_t bytes_per_s; /* 0 no limit */
    bool download, continuous, dry_run, may_delete, marks, json;
    bool to_deck; /* TO is a data directory that a recorder writes, or wrote */
    bool endpoint_given, region_given, ca_given,
        secrets_given; /* on the command line: the environment's is not asked */
    const char *from_endpoint_url, *from_secrets; /* NULL: as the destination's */
};

/* Options that `tape sync` declares; see verb_sync.c. Exit code: 0, EXIT_USAGE, EXIT_CONFIG, EXIT_DISK, complained of. The layout of a remote source
   is LAYOUT_SAME until its names were looked at. */
int options_of(const struct verb_args *args, const struct sync_settings *settings,
               struct sync_options *out);

#endif
