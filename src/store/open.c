#include <stdio.h>

#include "store/account.h"
#include "store/local.h"
#include "store/remote.h"
#include "store/wait.h"

static td_err open_folder(const char *folder, const struct td_os *os, unsigned calls_max,
                          FILE *errors, struct store *out)
{
    td_err err = local_open(&os->disk, &os->random, folder, false, calls_max, out);
    if (err < 0)
        fprintf(errors, "%s: %s\n", folder, td_err_text(err));
    return err;
}

td_err store_open(const char *text, const struct account_input *input, const struct td_os *os,
                  unsigned calls_max, FILE *errors, struct store *out)
{
    struct remote_params params = {.os = os, .calls_max = calls_max};
    td_err err = place_parse(&params.place, text);
    if (err < 0) {
        fprintf(errors, "%s: %s\n", text,
                err == TD_E_RANGE
                    ? "longer than any store takes"
                    : "neither a folder nor s3://bucket/prefix or gs://bucket/prefix");
        return err;
    }
    if (params.place.kind == PLACE_LOCAL)
        return open_folder(params.place.prefix, os, calls_max, errors, out);
    err = account_load(&params.account, &params.place, input);
    if (err == 0)
        err = remote_open(&params, errors, out);
    account_forget(&params.account);
    return err;
}
