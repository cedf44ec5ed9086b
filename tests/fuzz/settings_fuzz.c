/* network.ini as a card may hold it, and the DHCP server's words beside it. Whatever they are, a name is a label, an address a machine's, a
   complaint one plain line, and what chronyd reads has no line that is not ours. */
#include <stdio.h>
#include <string.h>

#include "init/clock.h"
#include "init/settings.h"
#include "init/settings_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_complaints(const char *text)
{
    const size_t bytes = strlen(text);
    TD_ASSERT(bytes < SETTINGS_COMPLAINTS_MAX, "complaints stay in their room");
    for (const char *line = text; *line;) {
        TD_ASSERT(strncmp(line, "network.ini", strnlen(line, 11)) == 0, "each says where");
        for (; *line && *line != '\n'; line++)
            TD_ASSERT(*line >= ' ' && *line <= '~', "in plain text");
        line += *line == '\n';
    }
}

static void check_settings(const struct settings *settings)
{
    char host[SETTINGS_HOST_MAX];
    unsigned port;
    TD_ASSERT(settings_is_label(settings->name, strlen(settings->name)), "a name is a label");
    TD_ASSERT(settings->dhcp == (settings->address[0] == 0), "DHCP or an address");
    TD_ASSERT(!settings->gateway[0] || settings_is_address(settings->gateway), "a gateway");
    TD_ASSERT(!settings->gateway[0] || !settings->dhcp, "with a fixed address alone");
    for (unsigned i = 0; i < SETTINGS_LIST_MAX; i++) {
        TD_ASSERT(!settings->dns[i][0] || settings_is_address(settings->dns[i]), "a name server");
        TD_ASSERT(!settings->ntp[i][0] || settings_server(settings->ntp[i], host, &port) == 0,
                  "a time server");
    }
}

/* "server HOST iburst", "server HOST port N iburst", and the six lines that end the file. */
static void check_chrony(char *text)
{
    static const char *const ours[] = {"makestep 1 1", "driftfile ", "pidfile ",
                                       "port 0",       "cmdport 0",  "bindcmdaddress /"};
    unsigned rest = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        char host[SETTINGS_HOST_MAX] = "";
        unsigned port = 0;
        bool server = rest == 0 && (sscanf(line, "server %255s port %u iburst", host, &port) == 2 ||
                                    sscanf(line, "server %255s iburst", host) == 1);
        if (server) {
            char same[SETTINGS_HOST_MAX];
            unsigned other;
            TD_ASSERT(settings_server(host, same, &other) == 0 && other == 0, "a host alone");
        } else {
            TD_ASSERT(rest < 6 && strncmp(line, ours[rest], strlen(ours[rest])) == 0, "our line");
            rest++;
        }
    }
    TD_ASSERT(rest == 6, "all of ours");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct settings settings, again;
    static char lease[CLOCK_LEASE_MAX], text[CLOCK_TEXT_MAX], words[CLOCK_SOURCE_MAX];
    settings_read(&settings, (const char *)data, bytes);
    check_complaints(settings.complaints);
    check_settings(&settings);
    size_t kept = bytes < sizeof lease ? bytes : sizeof lease - 1;
    if (kept)
        memcpy(lease, data, kept);
    lease[kept] = 0;
    clock_chrony_text(&settings, lease, false, text);
    check_chrony(text);
    clock_sources_of(&settings, lease, words);
    settings_read(&again, (const char *)data, bytes);
    TD_ASSERT(memcmp(&settings, &again, sizeof settings) == 0, "the same again");
    return 0;
}
