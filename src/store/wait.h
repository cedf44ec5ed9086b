/* One operation at a time on a store, with patience: for callers that have nothing else to do meanwhile (tape ls, cat, verify). */
#ifndef TD_STORE_WAIT_H
#define TD_STORE_WAIT_H

#include <stdio.h>

#include "base/os.h"
#include "store/store.h"

/* Asks and waits; read-only verbs are retried as store/retry.h says (a GET's sink is told by begin()), writing ones are not (what may have happened is the caller's). The result is in call->result. */
enum store_outcome store_ask(const struct store *store, const struct td_os *os,
                             struct store_call *call);

/* Opens what the text names: a folder by local_open, else account_load and remote_open. Complaints go to `errors`; TD_E_SYNTAX, TD_E_CONFIG, TD_E_MISSING, TD_E_IO. */
struct account_input;
td_err store_open(const char *text, const struct account_input *input, const struct td_os *os,
                  unsigned calls_max, FILE *errors, struct store *out);

#endif
