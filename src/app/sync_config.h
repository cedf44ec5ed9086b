/* Section [sync] as `tape sync` takes it. Start-up thread. */
#ifndef TD_APP_SYNC_CONFIG_H
#define TD_APP_SYNC_CONFIG_H

#include "app/config.h"
#include "sync/settings.h"

/* Of a configuration that td_config_load or td_config_parse took. */
void sync_config_of(const struct td_config *config, struct sync_settings *out);

#endif
