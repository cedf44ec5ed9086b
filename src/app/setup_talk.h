/* What a venue's connections say and hear beside subscriptions and data, for the wire: answers to what it asks. Part of setup. */
#ifndef TD_APP_SETUP_TALK_H
#define TD_APP_SETUP_TALK_H

#include "app/setup.h"

/* Completes an endpoint whose venue and subscriber are set. Start-up thread; what the wire calls later runs on its own. */
void setup_talk(struct setup *setup, unsigned endpoint);

#endif
