/* The wired network as network.ini wants it, watched: cable in and out, an address that comes or changes, time servers that the lease names. */
#ifndef TD_INIT_NETWORK_H
#define TD_INIT_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/settings.h"

/* Host name, interfaces, DHCP or the static address. The settings stay with the caller and live on. */
void network_begin(const struct settings *settings);
/* About once a second. */
void network_turn(void);
bool network_has_address(void);
bool network_has_cable(void);
/* chronyd from now on, with the servers that are known; started anew when the lease names others. */
void network_begin_time(void);
/* "192.168.1.20 (DHCP)", "no cable": without a network it begins with "no ". */
void network_address(char *out, size_t cap);

#endif
