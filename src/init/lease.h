/* What a DHCP server said, taken apart from its own words: only addresses that are addresses come through, written anew, so that nothing of
   a hostile server's text reaches a file or the console. Pure but for lease_load and lease_save. */
#ifndef TD_INIT_LEASE_H
#define TD_INIT_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LEASE_LIST_MAX = 3, LEASE_TEXT_MAX = 512, LEASE_SECONDS_MIN = 60, LEASE_INTERFACE_MAX = 16 };

/* Addresses in host order; 0: none. */
struct lease {
    char interface[LEASE_INTERFACE_MAX];
    uint32_t address, router;
    unsigned prefix;
    uint32_t dns[LEASE_LIST_MAX], ntp[LEASE_LIST_MAX];
    unsigned dns_count, ntp_count;
    int64_t seconds; /* granted; 0: not said */
    int64_t until_s; /* CLOCK_BOOTTIME; set by the hook */
};

enum lease_event { LEASE_IGNORED, LEASE_BOUND, LEASE_GONE, LEASE_REFUSED };

/* udhcpc's word for what happened. */
enum lease_event lease_event(const char *word);
/* A dotted quad and nothing else; 0.0.0.0, loopback, multicast and beyond are none. */
bool lease_address(const char *text, size_t bytes, uint32_t *address);
/* From udhcpc's environment ("name=value" texts, NULL at the end). TD_E_SYNTAX: no usable address, mask or interface; what else is unusable
   is left out. A router outside the net is left out too. */
td_err lease_read(struct lease *lease, char *const *environment);

/* The file INIT_LEASE: key=value lines. Returns bytes. */
size_t lease_text(const struct lease *lease, char out[LEASE_TEXT_MAX]);
/* TD_E_SYNTAX: not one of lease_text. */
td_err lease_parse(struct lease *lease, const char *text);
/* resolv.conf: a name that nobody answers for is given up in seconds. Returns bytes. */
#define LEASE_RESOLV_OPTIONS "options timeout:2 attempts:3\n"
size_t lease_resolv(const uint32_t *dns, unsigned count, char out[LEASE_TEXT_MAX]);
/* "192.168.1.20". Returns out. */
const char *lease_address_text(uint32_t address, char out[16]);

/* Where this file stands the name servers are network.ini's, and resolv.conf is left alone. */
#define LEASE_NAMES_FIXED "/run/names"

td_err lease_load(struct lease *lease);
td_err lease_save(const struct lease *lease);

#endif
