#include "sync/reach.h"

#include "store/local.h"
#include "sync/nothing.h"

static td_err open_remote(const struct sync_options *o, const struct place *place,
                          const struct td_os *os, FILE *errors, struct store *out)
{
    (void)place;
    (void)os;
    (void)out;
    fprintf(errors, "tape: sync: %s: only folders can be reached\n",
            place == &o->to ? o->to_text : o->from_text);
    return TD_E_CONFIG;
}

static td_err open_folder(const struct sync_options *o, const struct place *place,
                          const struct td_os *os, FILE *errors, struct store *out)
{
    bool make = place == &o->to && !o->dry_run;
    td_err err =
        local_open(&os->disk, &os->random, place->prefix, make, (unsigned)o->set.workers, out);
    if (err == TD_E_MISSING && place == &o->to) {
        *out = nothing_store(place->prefix);
        return 0;
    }
    if (err)
        fprintf(errors, "tape: sync: %s: %s\n", place->prefix, td_err_text(err));
    return err;
}

static td_err open_end(const struct sync_options *o, const struct place *place,
                       const struct td_os *os, FILE *errors, struct store *out)
{
    return place->kind == PLACE_LOCAL ? open_folder(o, place, os, errors, out)
                                      : open_remote(o, place, os, errors, out);
}

td_err reach_open(struct reach *reach, const struct sync_options *options, const struct td_os *os,
                  FILE *errors)
{
    TD_TRY(open_end(options, &options->from, os, errors, &reach->from));
    td_err err = open_end(options, &options->from, os, errors, &reach->list);
    if (!err) {
        err = open_end(options, &options->to, os, errors, &reach->to);
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
