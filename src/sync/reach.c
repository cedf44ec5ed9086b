#include "sync/reach.h"

#include <fcntl.h>
#include <string.h>

#include "store/account.h"
#include "store/local.h"
#include "store/remote.h"
#include "sync/nothing.h"

extern char **environ;

enum { VARIABLES_MAX = 4096 };

/* What a variable is about, so that the command line can win over it. */
enum about { ENDPOINT = 1, REGION = 2, KEYS = 4, TRUST = 8 };

static const struct {
    const char *name;
    enum about about;
} variables[] = {
    {"S3_ENDPOINT", ENDPOINT},
    {"AWS_ENDPOINT_URL_S3", ENDPOINT},
    {"AWS_ENDPOINT_URL", ENDPOINT},
    {"GCS_ENDPOINT", ENDPOINT},
    {"STORAGE_EMULATOR_HOST", ENDPOINT},
    {"S3_REGION", REGION},
    {"AWS_REGION", REGION},
    {"AWS_DEFAULT_REGION", REGION},
    {"S3_ACCESS_KEY", KEYS},
    {"S3_SECRET_KEY", KEYS},
    {"S3_SESSION_TOKEN", KEYS},
    {"AWS_ACCESS_KEY_ID", KEYS},
    {"AWS_SECRET_ACCESS_KEY", KEYS},
    {"AWS_SESSION_TOKEN", KEYS},
    {"GCS_ACCESS_KEY", KEYS},
    {"GCS_SECRET_KEY", KEYS},
    {"GOOGLE_APPLICATION_CREDENTIALS", KEYS},
    {"SSL_CERT_FILE", TRUST},
};

static unsigned about(const char *variable)
{
    size_t bytes = strcspn(variable, "=");
    for (unsigned i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strlen(variables[i].name) == bytes && memcmp(variables[i].name, variable, bytes) == 0)
            return variables[i].about;
    return 0;
}

/* The environment without what the command line has said. */
static char *const *environment_without(unsigned without)
{
    static char *left[VARIABLES_MAX];
    unsigned count = 0;
    for (char **at = environ; *at && count + 1 < VARIABLES_MAX; at++)
        if (!(about(*at) & without))
            left[count++] = *at;
    left[count] = NULL;
    return left;
}

/* The configuration's address is of the kind of store that sync.to names. */
static bool is_configured(const struct sync_options *o, const struct place *place)
{
    enum place_kind kind = strncmp(o->set.to, "gs://", 5) == 0 ? PLACE_GCS : PLACE_S3;
    return place->kind == kind;
}

static td_err load_account(struct store_account *account, const struct sync_options *o,
                           const struct place *place, FILE *errors)
{
    bool is_source = place == &o->from, other = is_source && o->to.kind != PLACE_LOCAL;
    bool fits = is_configured(o, place);
    unsigned without = o->ca_given ? TRUST : 0;
    struct account_input input = {.style = fits ? o->set.style : NULL,
                                  .dialect = fits ? o->set.dialect : NULL,
                                  .ca_file = o->set.ca_file,
                                  .secrets_file = o->set.secrets_file,
                                  .insecure = o->set.insecure,
                                  .errors = errors};
    if (o->endpoint_given ? !other : fits)
        input.endpoint = o->set.endpoint_url;
    if (o->region_given ? !other : fits)
        input.region = o->set.region;
    without |= o->endpoint_given && !other ? ENDPOINT : 0;
    without |= o->region_given && !other ? REGION : 0;
    without |= o->secrets_given && !other ? KEYS : 0;
    if (is_source && o->from_endpoint_url) {
        input.endpoint = o->from_endpoint_url;
        input.region = NULL;
        without |= ENDPOINT | REGION;
    }
    if (is_source && o->from_secrets) {
        input.secrets_file = o->from_secrets;
        without |= KEYS;
    }
    input.environment = environment_without(without);
    return account_load(account, place, &input);
}

static td_err open_remote(const struct sync_options *o, const struct place *place, unsigned calls,
                          const struct td_os *os, FILE *errors, struct store *out)
{
    static struct remote_params params;
    bool both = o->from.kind != PLACE_LOCAL && o->to.kind != PLACE_LOCAL;
    params = (struct remote_params){.place = *place,
                                    .os = os,
                                    .calls_max = calls,
                                    .bytes_per_s = both ? o->bytes_per_s / 2 : o->bytes_per_s};
    td_err err = load_account(&params.account, o, place, errors);
    if (!err)
        err = remote_open(&params, errors, out);
    account_forget(&params.account);
    return err;
}

static td_err open_folder(const struct sync_options *o, const struct place *place, unsigned calls,
                          const struct td_os *os, FILE *errors, struct store *out)
{
    td_err err = local_open(&os->disk, &os->random, place->prefix, false, calls, out);
    if (err == TD_E_MISSING && place == &o->to && o->dry_run) {
        *out = nothing_store(place->prefix);
        return 0;
    }
    if (err)
        fprintf(errors, "tape: sync: %s: %s\n", place->prefix, td_err_text(err));
    return err;
}

/* Marks say what lies there: an empty folder in its place would be filled with what comes from now on alone. */
static td_err make_folder(const struct sync_options *o, bool was_there, const struct td_os *os,
                          FILE *errors)
{
    const struct td_disk *disk = &os->disk;
    if (o->to.kind != PLACE_LOCAL || o->dry_run)
        return 0;
    int file = disk->open(disk->ctx, o->to.prefix, O_RDONLY | O_DIRECTORY, 0);
    if (file >= 0)
        return disk->close(disk->ctx, file);
    if (file == TD_E_MISSING && !was_there)
        file = disk->make_dirs(disk->ctx, o->to.prefix);
    else if (file == TD_E_MISSING)
        fprintf(errors,
                "tape: sync: %s: the folder is not there any more\n"
                "      Is its disk mounted? To begin anew make the folder.\n",
                o->to.prefix);
    return file == TD_E_MISSING ? file : 0; /* any other reason is said when it is opened */
}

static td_err open_end(const struct sync_options *o, const struct place *place, unsigned calls,
                       const struct td_os *os, FILE *errors, struct store *out)
{
    return place->kind == PLACE_LOCAL ? open_folder(o, place, calls, os, errors, out)
                                      : open_remote(o, place, calls, os, errors, out);
}

td_err reach_open(struct reach *reach, const struct sync_options *options, bool was_there,
                  const struct td_os *os, FILE *errors)
{
    unsigned calls = (unsigned)options->set.workers;
    TD_TRY(make_folder(options, was_there, os, errors));
    TD_TRY(open_end(options, &options->from, calls, os, errors, &reach->from));
    td_err err = open_end(options, &options->from, 1, os, errors, &reach->list);
    if (!err) {
        err = open_end(options, &options->to, calls, os, errors, &reach->to);
        if (err)
            reach->list.close(reach->list.ctx);
    }
    if (err)
        reach->from.close(reach->from.ctx);
    return err;
}

void reach_close(struct reach *reach)
{
    reach->to.close(reach->to.ctx);
    reach->list.close(reach->list.ctx);
    reach->from.close(reach->from.ctx);
}
