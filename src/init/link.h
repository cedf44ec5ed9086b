/* The wired network: interfaces up, carrier, IPv4 address and default route by rtnetlink. IPv6 configures itself in the kernel. */
#ifndef TD_INIT_LINK_H
#define TD_INIT_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LINK_WIRED "eth0"

/* TD_E_MISSING: no such interface. */
td_err link_up(const char *interface);
bool link_has_carrier(const char *interface);
/* The first global IPv4 address, host order; 0 none. */
uint32_t link_address(const char *interface);

/* The only IPv4 address of the interface from now on, and the default route by router (0: none). What stands already is left standing, so
   that connections live on. */
td_err link_set(const char *interface, uint32_t address, unsigned prefix, uint32_t router);
/* No IPv4 address. */
td_err link_clear(const char *interface);

/* "192.168.1.20/24": host order. TD_E_SYNTAX. */
td_err link_parse(const char *text, uint32_t *address, unsigned *prefix);

#endif
