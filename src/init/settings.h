/* network.ini of the card: how the box is called, its address, where time comes from. Every key may be missing, the file too. Read once at
   boot. Notepad's BOM and CRLF are fine. */
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

#endif
