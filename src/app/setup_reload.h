/* A configuration that was read again, compared with the one in force. For setup.c and its test. Main thread. */
#ifndef TD_APP_SETUP_RELOAD_H
#define TD_APP_SETUP_RELOAD_H

#include "app/setup.h"

/* As setup_reload, of a configuration that is read already. */
bool setup_take(struct setup *setup, const struct td_config *next, struct wire_note *note);

#endif
