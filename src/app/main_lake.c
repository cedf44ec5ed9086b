/* The companion `tape`: works on segments on any host; the verbs are in lake/ and sync/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/drain.h"
#include "app/feature_config.h"
#include "app/sync_config.h"
#include "base/rights.h"
#include "lake/stores.h"
#include "lake/verb.h"
#include "store/account.h"
#include "store/place.h"
#include "store/wait.h"
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

/* What [sync] says of a store is of those that `to` names; keys are by environment and secrets file. */
static td_err open_store(const char *name, struct store *out)
{
    static struct sync_settings settings;
    if (load_sync(NULL, &settings) != EXIT_FINE)
        return TD_E_CONFIG;
    bool of_config = settings.to[0] == 0 || strncmp(settings.to, name, 5) == 0;
    struct account_input input = {.secrets_file = settings.secrets_file,
                                  .ca_file = settings.ca_file,
                                  .environment = environ,
                                  .errors = stderr};
    if (of_config) {
        input.endpoint = settings.endpoint_url;
        input.region = settings.region;
        input.style = settings.style;
        input.dialect = settings.dialect;
        input.insecure = settings.insecure;
    }
    return store_open(name, &input, td_os_linux(), STORES_TOGETHER, stderr, out);
}

/* Only who names a store, or carries to one, gets at the network. */
static enum td_rights_kind kind_of(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "sync") == 0)
        return TD_RIGHTS_SYNC;
    for (int i = 1; i < argc; i++) {
        const char *value = strncmp(argv[i], "--", 2) == 0 ? strchr(argv[i], '=') : NULL;
        if (place_is_remote(value ? value + 1 : argv[i]))
            return TD_RIGHTS_SYNC;
    }
    const char *home = getenv("DATA_ROOT");
    return home && place_is_remote(home) ? TD_RIGHTS_SYNC : TD_RIGHTS_TAPE;
}

int main(int argc, char **argv)
{
    enum td_rights_kind kind = kind_of(argc, argv);
    if (kind == TD_RIGHTS_SYNC) /* keys of a store are in its memory: none of it goes into a file */
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (td_rights_possible())
        td_rights_filter(kind); /* an old kernel goes without */
    stores_by(open_store);
    verb_journal_drain_by(drain);
    verb_features_by(load_features);
    verb_sync_by(load_sync);
    return tape_main(verbs, argc, argv);
}
