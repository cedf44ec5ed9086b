#include "init/lease.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "init/file.h"
#include "init/places.h"
#include "init/textfile.h"

enum lease_event lease_event(const char *word)
{
    if (strcmp(word, "bound") == 0 || strcmp(word, "renew") == 0)
        return LEASE_BOUND;
    /* "leasefail": nobody answers, and the lease that is kept may be over by now. */
    if (strcmp(word, "deconfig") == 0 || strcmp(word, "leasefail") == 0)
        return LEASE_GONE;
    return strcmp(word, "nak") == 0 ? LEASE_REFUSED : LEASE_IGNORED;
}

bool lease_address(const char *text, size_t bytes, uint32_t *address)
{
    uint32_t value = 0;
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        uint32_t number = 0, digits = 0;
        for (; at < bytes && text[at] >= '0' && text[at] <= '9' && digits < 3; at++, digits++)
            number = number * 10 + (uint32_t)(text[at] - '0');
        if (digits == 0 || number > 255 || (part < 3 && (at == bytes || text[at++] != '.')))
            return false;
        value = value << 8 | number;
    }
    *address = value;
    return at == bytes && value >> 24 != 0 && value >> 24 != 127 && value >> 24 < 224;
}

static uint32_t mask_of(unsigned prefix)
{
    return prefix == 0 ? 0 : ~(uint32_t)0 << (32 - prefix);
}

/* ---- udhcpc's environment ------------------------------------------------------------------------------------------ */

/* The last one wins, as the environment has it; NULL: none. */
static const char *value_of(char *const *environment, const char *name)
{
    const char *value = NULL;
    size_t bytes = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, bytes) == 0 && (*environment)[bytes] == '=')
            value = *environment + bytes + 1;
    return value;
}

/* Decimal digits alone; negative: not that, or larger than a lease can be. */
static int64_t number(const char *text)
{
    int64_t value = 0;
    if (text == NULL || *text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > UINT32_MAX)
            return -1;
        value = value * 10 + (*text - '0');
    }
    return value;
}

/* Words between blanks that are addresses, up to cap; the others are left out. */
static unsigned addresses(const char *text, uint32_t *out, unsigned cap)
{
    unsigned count = 0;
    while (text != NULL && *text != '\0' && count < cap) {
        size_t bytes = strcspn(text, " ");
        count += lease_address(text, bytes, &out[count]);
        text += bytes + strspn(text + bytes, " ");
    }
    return count;
}

static bool interface_is_plain(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t bytes = name == NULL ? 0 : strlen(name);
    return bytes > 0 && bytes < LEASE_INTERFACE_MAX && strspn(name, allowed) == bytes;
}

/* A host address of a net that has room for two. */
static bool fits(uint32_t address, unsigned prefix)
{
    uint32_t host = address & ~mask_of(prefix);
    return prefix >= 1 && prefix <= 32 && (prefix >= 31 || (host != 0 && host != ~mask_of(prefix)));
}

td_err lease_read(struct lease *lease, char *const *environment)
{
    *lease = (struct lease){0};
    const char *interface = value_of(environment, "interface");
    const char *address = value_of(environment, "ip");
    int64_t prefix = number(value_of(environment, "mask"));
    TD_FAIL_IF(!interface_is_plain(interface) || address == NULL, TD_E_SYNTAX);
    TD_FAIL_IF(!lease_address(address, strlen(address), &lease->address), TD_E_SYNTAX);
    TD_FAIL_IF(prefix < 0 || prefix > 32 || !fits(lease->address, (unsigned)prefix), TD_E_SYNTAX);
    td_text_copy(lease->interface, sizeof lease->interface, interface, strlen(interface));
    lease->prefix = (unsigned)prefix;
    uint32_t mask = mask_of(lease->prefix);
    if (addresses(value_of(environment, "router"), &lease->router, 1) == 0 ||
        (lease->prefix < 31 && (lease->router & mask) != (lease->address & mask)))
        lease->router = 0;
    lease->dns_count = addresses(value_of(environment, "dns"), lease->dns, LEASE_LIST_MAX);
    lease->ntp_count = addresses(value_of(environment, "ntpsrv"), lease->ntp, LEASE_LIST_MAX);
    int64_t seconds = number(value_of(environment, "lease"));
    lease->seconds = seconds < 0 || seconds > UINT32_MAX ? 0 : seconds;
    return 0;
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

const char *lease_address_text(uint32_t address, char out[16])
{
    struct td_str str = td_str_on(out, 16);
    td_str_add_format(&str, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                      address & 255);
    return out;
}

static void add_list(struct td_str *str, const char *key, const uint32_t *list, unsigned count)
{
    char text[16];
    td_str_add(str, key);
    for (unsigned i = 0; i < count; i++)
        td_str_add_format(str, "%s%s", i == 0 ? "" : " ", lease_address_text(list[i], text));
    td_str_add_char(str, '\n');
}

size_t lease_text(const struct lease *lease, char out[LEASE_TEXT_MAX])
{
    struct td_str str = td_str_on(out, LEASE_TEXT_MAX);
    td_str_add_format(&str, "interface=%s\n", lease->interface);
    add_list(&str, "ip=", &lease->address, 1);
    td_str_add_format(&str, "mask=%u\n", lease->prefix);
    add_list(&str, "router=", &lease->router, lease->router != 0);
    add_list(&str, "dns=", lease->dns, lease->dns_count);
    add_list(&str, "ntpsrv=", lease->ntp, lease->ntp_count);
    td_str_add_format(&str, "lease=%lld\nuntil=%lld\n", (long long)lease->seconds,
                      (long long)lease->until_s);
    return str.bytes;
}

/* Its lines are an environment. */
td_err lease_parse(struct lease *lease, const char *text)
{
    char lines[LEASE_TEXT_MAX];
    char *line[16] = {NULL};
    TD_FAIL_IF(!td_text_copy(lines, sizeof lines, text, strlen(text)), TD_E_SYNTAX);
    unsigned count = 0;
    for (char *at = lines; *at != '\0' && count < 15;) {
        line[count++] = at;
        at += strcspn(at, "\n");
        if (*at != '\0')
            *at++ = '\0';
    }
    TD_TRY(lease_read(lease, line));
    int64_t until = number(value_of(line, "until"));
    lease->until_s = until < 0 ? 0 : until;
    return 0;
}

size_t lease_resolv(const uint32_t *dns, unsigned count, char out[LEASE_TEXT_MAX])
{
    char text[16];
    struct td_str str = td_str_on(out, LEASE_TEXT_MAX);
    for (unsigned i = 0; i < count; i++)
        td_str_add_format(&str, "nameserver %s\n", lease_address_text(dns[i], text));
    td_str_add(&str, LEASE_RESOLV_OPTIONS);
    return str.bytes;
}

td_err lease_load(struct lease *lease)
{
    char text[LEASE_TEXT_MAX];
    int64_t bytes = textfile_read(INIT_LEASE, text, sizeof text);
    TD_FAIL_IF(bytes < 0, (td_err)bytes);
    return lease_parse(lease, text);
}

td_err lease_save(const struct lease *lease)
{
    static const struct file_rights readable = {.mode = 0644};
    char text[LEASE_TEXT_MAX];
    size_t bytes = lease_resolv(lease->dns, lease->dns_count, text);
    if (access(LEASE_NAMES_FIXED, F_OK) != 0)
        TD_TRY(file_replace(INIT_RESOLV_CONF, text, bytes, &readable));
    bytes = lease_text(lease, text);
    return file_replace(INIT_LEASE, text, bytes, &readable);
}
