/* The companion `tape`: works on segments on any host; the verbs are in lake/ and sync/. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/drain.h"
#include "app/feature_config.h"
#include "app/sync_config.h"
#include "base/rights.h"
#include "lake/verb.h"
#include "store/place.h"
#include "venue/venue.h"

extern char **environ;

#define X(name) extern const struct verb verb_##name;
#include "app/verbs.def"
#undef X

static const struct verb *const verbs[] = {
#define X(name) &verb_##name,
#include "app/verbs.def"
#undef X
    NULL};

static int drain(const struct journal_drain *request)
{
    return drain_journal(request, deck_replay_journal);
}

static const char *venue_name(unsigned index)
{
    const struct venue *venue = venue_at(index);
    return venue == NULL ? NULL : venue->name;
}

/* NULL: complained of. */
static const struct td_config *load_config(const char *path)
{
    static struct td_config config;
    struct td_config_input input = {.path = path,
                                    .environment = environ,
                                    .venue_name = venue_name,
                                    .no_symbols_needed = true,
                                    .skip_unknown_venues = true,
                                    .errors = stderr};
    return td_config_load(&config, &input) < 0 ? NULL : &config;
}

static int load_features(const char *path, struct features_params *params)
{
    const struct td_config *config = load_config(path);
    if (config == NULL)
        return EXIT_CONFIG;
    *params = feature_config_of(config).features;
    return EXIT_FINE;
}

static int load_sync(const char *path, struct sync_settings *settings)
{
    const struct td_config *config = load_config(path);
    if (config == NULL)
        return EXIT_CONFIG;
    sync_config_of(config, settings);
    return EXIT_FINE;
}

/* Only who names a store, or carries to one, gets at the network. */
static enum td_rights_kind kind_of(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "sync") == 0)
        return TD_RIGHTS_SYNC;
    for (int i = 1; i < argc; i++)
        if (place_is_remote(argv[i]))
            return TD_RIGHTS_SYNC;
    return TD_RIGHTS_TAPE;
}

int main(int argc, char **argv)
{
    if (td_rights_possible())
        td_rights_filter(kind_of(argc, argv)); /* an old kernel goes without */
    verb_journal_drain_by(drain);
    verb_features_by(load_features);
    verb_sync_by(load_sync);
    return tape_main(verbs, argc, argv);
}
