/* What a venue's connections say and hear beside subscriptions and data, for the wire: answers to what it asks, where
   its addresses come from, who subscribes. Part of setup. */
#ifndef TD_APP_SETUP_TALK_H
#define TD_APP_SETUP_TALK_H

#include "app/setup.h"

/* Completes an endpoint whose venue and subscriber are set. Start-up thread; what the wire calls later runs on its own. EXIT_FINE, or
   EXIT_CONFIG where the section's key is of no use (said). */
int setup_talk(struct setup *setup, const struct td_config_venue *section, unsigned endpoint);

#endif
