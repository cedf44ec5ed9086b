/* network.ini of the card: how the box is called, its address, where time comes from. Every key may be missing, the file too. Read once at
   boot. Notepad's BOM and CRLF are fine. Sections [network] and [time] may be written and are not asked for; comments begin with ; or #.

     name    = tapedeck                       one label of RFC 1123: letters, digits, hyphens
     address = dhcp | 192.168.1.20/24         IPv4; with a fixed one:
     gateway = 192.168.1.1
     dns     = 192.168.1.1, 9.9.9.9           with DHCP: in place of what it says; none with a fixed address: the gateway is asked
     ntp     = time.example.org, 10.0.0.1:123 in place of every other server */
#ifndef TD_INIT_SETTINGS_H
#define TD_INIT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    SETTINGS_NAME_MAX = 64,
    SETTINGS_LIST_MAX = 4,
    SETTINGS_HOST_MAX = 256,
    SETTINGS_COMPLAINTS_MAX = 1024
};

struct settings {
    char name[SETTINGS_NAME_MAX]; /* host and mDNS name; default tapedeck */
    bool dhcp;                    /* address = dhcp, the default */
    char address[48];             /* "192.168.1.20/24" */
    char gateway[48];
    char dns[SETTINGS_LIST_MAX][48];
    char ntp[SETTINGS_LIST_MAX]
            [SETTINGS_HOST_MAX]; /* "host" or "host:port"; default: DHCP's, else public ones */
    /* "" or lines "network.ini line 4: ...", for the report; the key keeps its default then. */
    char complaints[SETTINGS_COMPLAINTS_MAX];
};

/* text: the file's bytes, NULL when there is none. Never fails: what is wrong is a complaint. */
void settings_read(struct settings *settings, const char *text, size_t bytes);

/* "host", "host:port", "1.2.3.4:123", "[2001:db8::1]:123", "2001:db8::1": host without brackets, port 0 where none is given. Anything else,
   so every text that could mean more than a server in another program's configuration, is TD_E_SYNTAX. */
td_err settings_server(const char *text, char host[SETTINGS_HOST_MAX], unsigned *port);
/* An IPv4 or IPv6 address, nothing else. */
bool settings_is_address(const char *text);

#endif
