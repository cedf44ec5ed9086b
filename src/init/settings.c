#include "init/settings.h"

#include <arpa/inet.h>
#include <ini.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "app/config_loader.h"
#include "base/text.h"
#include "init/settings_name.h"

/* The lines are kept here beside inih, as app/config_file.c does it: a complaint names the line, and a line that is no setting gets one. */

enum key { KEY_NAME, KEY_ADDRESS, KEY_GATEWAY, KEY_DNS, KEY_NTP, KEYS };
static const char *const key_names[KEYS] = {"name", "address", "gateway", "dns", "ntp"};

struct reader {
    struct settings *out;
    struct td_str complaints;
    const char *next, *end, *line;
    size_t line_bytes;
    int number;
    bool pending, skip;
    int seen[KEYS]; /* line, 0: not yet */
};

static const struct {
    const char *name, *instead;
} other_names[] = {
    {"hostname", "it is called name here"},
    {"ip", "it is called address here, as in address = 192.168.1.20/24"},
    {"netmask", "it is part of the address, as in address = 192.168.1.20/24"},
    {"router", "it is called gateway here"},
    {"nameserver", "it is called dns here"},
    {"server", "time servers are called ntp here"},
    {"ssid", "there is no Wi-Fi: the box needs a network cable"},
    {"wifi", "there is no Wi-Fi: the box needs a network cable"},
    {"psk", "there is no Wi-Fi: the box needs a network cable"},
    {"password", "there is no Wi-Fi and no login: it does nothing"},
};

/* ---- complaints ---- */

static void complain(struct reader *in, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What is shown comes from a file: bytes that are no plain text become '?'. */
static void complain(struct reader *in, int number, const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *at = text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    if (number)
        td_str_add_format(&in->complaints, "network.ini line %d: %s\n", number, text);
    else
        td_str_add_format(&in->complaints, "network.ini: %s\n", text);
}

/* ---- values ---- */

static void set_name(struct reader *in, const char *value)
{
    size_t bytes = strlen(value);
    if (settings_is_label(value, bytes))
        td_text_copy(in->out->name, sizeof in->out->name, value, bytes);
    else
        complain(
            in, in->number,
            "\"%.40s\" is no name: up to 63 letters a-z, digits and hyphens, as in tapedeck-2; "
            "without .local",
            value);
}

static bool read_ip(const char *text, uint32_t *ip)
{
    struct in_addr bytes;
    if (inet_pton(AF_INET, text, &bytes) != 1)
        return false;
    *ip = ntohl(bytes.s_addr);
    return true;
}

/* Of a machine: not "this one", not loopback, not multicast. */
static bool is_machine(uint32_t ip)
{
    return ip >> 24 != 0 && ip >> 24 != 127 && ip >> 24 < 224;
}

static uint32_t mask_of(unsigned prefix)
{
    return ~(uint32_t)0 << (32 - prefix);
}

/* "192.168.1.20/24" and no other form; the first and the last address of a net are nobody's. */
static bool read_cidr(const char *text, uint32_t *ip, unsigned *prefix)
{
    char address[48];
    const char *slash = strchr(text, '/');
    size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;
    if (!slash || digits == 0 || digits > 2 || slash[1 + digits] ||
        !td_text_copy(address, sizeof address, text, (size_t)(slash - text)) ||
        !read_ip(address, ip))
        return false;
    *prefix = 0;
    for (const char *at = slash + 1; *at; at++)
        *prefix = *prefix * 10 + (unsigned)(*at - '0');
    if (*prefix < 1 || *prefix > 30 || !is_machine(*ip))
        return false;
    uint32_t host = *ip & ~mask_of(*prefix);
    return host != 0 && host != ~mask_of(*prefix);
}

static void set_address(struct reader *in, const char *value)
{
    uint32_t ip;
    unsigned prefix;
    if (td_text_equal_nocase(value, "dhcp") || td_text_equal_nocase(value, "auto"))
        return;
    if (read_cidr(value, &ip, &prefix)) {
        td_text_copy(in->out->address, sizeof in->out->address, value, strlen(value));
        in->out->dhcp = false;
    } else {
        complain(
            in, in->number,
            "\"%.40s\" is no address of a machine with the size of its net, as in "
            "192.168.1.20/24 (/24 is the mask 255.255.255.0); your router is asked for one (dhcp)",
            value);
    }
}

static void set_gateway(struct reader *in, const char *value)
{
    uint32_t ip;
    if (read_ip(value, &ip) && is_machine(ip))
        td_text_copy(in->out->gateway, sizeof in->out->gateway, value, strlen(value));
    else
        complain(in, in->number, "\"%.40s\" is no address, as in 192.168.1.1", value);
}

static bool add_dns(struct settings *out, unsigned at, const char *item)
{
    return settings_is_address(item) &&
           td_text_copy(out->dns[at], sizeof out->dns[at], item, strlen(item));
}

static bool add_ntp(struct settings *out, unsigned at, const char *item)
{
    char host[SETTINGS_HOST_MAX];
    unsigned port;
    return settings_server(item, host, &port) == 0 &&
           td_text_copy(out->ntp[at], sizeof out->ntp[at], item, strlen(item));
}

/* Items between commas or blanks; what is wrong is left out and the others are taken. */
static void set_list(struct reader *in, const char *value,
                     bool (*add)(struct settings *out, unsigned at, const char *item),
                     const char *what)
{
    unsigned count = 0;
    for (const char *at = value; *at;) {
        char item[SETTINGS_HOST_MAX];
        size_t bytes = strcspn(at, ", \t");
        bool whole = td_text_copy(item, sizeof item, at, bytes);
        at += bytes;
        at += strspn(at, ", \t");
        if (bytes == 0)
            continue;
        if (count == SETTINGS_LIST_MAX) {
            complain(in, in->number, "at most %d are taken; \"%.40s\" and what follows is left out",
                     SETTINGS_LIST_MAX, item);
            return;
        }
        if (whole && add(in->out, count, item))
            count++;
        else
            complain(in, in->number, "\"%.40s\" is no %s; it is left out", item, what);
    }
}

static void set_value(struct reader *in, enum key key, const char *value)
{
    switch (key) {
    case KEY_NAME:
        set_name(in, value);
        break;
    case KEY_ADDRESS:
        set_address(in, value);
        break;
    case KEY_GATEWAY:
        set_gateway(in, value);
        break;
    case KEY_DNS:
        set_list(in, value, add_dns, "address of a name server, as in 192.168.1.1");
        break;
    case KEY_NTP:
        set_list(in, value, add_ntp, "time server, as in time.example.org or 192.168.1.1:123");
        break;
    case KEYS:
        break;
    }
}

/* ---- lines ---- */

static void complain_unknown(struct reader *in, const char *name)
{
    struct config_nearest nearest = {.wanted = name, .distance = UINT32_MAX};
    for (unsigned i = 0; i < sizeof other_names / sizeof other_names[0]; i++)
        if (td_text_equal_nocase(name, other_names[i].name)) {
            complain(in, in->number, "there is no \"%.40s\": %s", name, other_names[i].instead);
            return;
        }
    for (unsigned key = 0; key < KEYS; key++)
        config_consider(&nearest, key_names[key]);
    if (nearest.name)
        complain(in, in->number, "there is no \"%.40s\"; do you mean \"%s\"?", name, nearest.name);
    else
        complain(in, in->number,
                 "there is no \"%.40s\"; there are name, address, gateway, dns, ntp", name);
}

static int on_setting(void *user, const char *section, const char *name, const char *value,
                      int line)
{
    struct reader *in = user;
    (void)section;
    (void)line;
    in->pending = false;
    enum key key = KEY_NAME;
    while (key < KEYS && !td_text_equal_nocase(name, key_names[key]))
        key++;
    if (in->skip)
        return 1;
    if (key == KEYS) {
        complain_unknown(in, name);
    } else if (in->seen[key]) {
        complain(in, in->number, "%s stands in line %d already, which counts", key_names[key],
                 in->seen[key]);
    } else {
        in->seen[key] = in->number;
        if (value[0])
            set_value(in, key, value);
    }
    return 1;
}

static bool is_section(const char *line, size_t bytes, const char *name)
{
    char text[64];
    while (bytes && (line[bytes - 1] == ' ' || line[bytes - 1] == '\t'))
        bytes--;
    return bytes > 2 && line[bytes - 1] == ']' &&
           td_text_copy(text, sizeof text, line + 1, bytes - 2) && td_text_equal_nocase(text, name);
}

static void look_at_line(struct reader *in)
{
    size_t at = 0;
    while (at < in->line_bytes && (in->line[at] == ' ' || in->line[at] == '\t'))
        at++;
    const char *text = in->line + at;
    size_t bytes = in->line_bytes - at;
    char first = bytes ? text[0] : 0;
    if (first == '[') {
        in->skip = !is_section(text, bytes, "network") && !is_section(text, bytes, "time");
        if (in->skip)
            complain(in, in->number, "\"%.*s\" is no section of this file; there is [network]",
                     bytes > 40 ? 40 : (int)bytes, text);
    } else {
        in->pending = first && first != ';' && first != '#' && !in->skip;
    }
}

/* inih's reader: one line a call, like fgets. */
static char *next_line(char *out, int cap, void *stream)
{
    struct reader *in = stream;
    if (in->pending)
        complain(in, in->number, "a setting is written name = value");
    in->pending = false;
    if (in->next == in->end)
        return NULL;
    in->line = in->next;
    while (in->next < in->end && *in->next != '\n' && *in->next != '\r')
        in->next++;
    in->line_bytes = (size_t)(in->next - in->line);
    /* LF, CR LF and CR alone. */
    in->next += in->next < in->end;
    in->next += in->next < in->end && in->next[-1] == '\r' && *in->next == '\n';
    in->number++;
    if (in->line_bytes + 2 > (size_t)cap) {
        complain(in, in->number, "the line is too long");
        in->line_bytes = 0;
    }
    look_at_line(in);
    struct td_str str = td_str_on(out, (size_t)cap);
    td_str_add_bytes(&str, in->line, in->line_bytes);
    td_str_add_char(&str, '\n');
    return out;
}

/* ---- the whole ---- */

/* A fixed address and its gateway must be of one net, else nothing is ever reached. */
static void check_gateway(struct reader *in)
{
    struct settings *out = in->out;
    uint32_t ip, gateway;
    unsigned prefix;
    if (out->dhcp) {
        if (out->gateway[0] && !in->seen[KEY_ADDRESS])
            complain(in, in->seen[KEY_GATEWAY], "gateway counts with a fixed address alone");
        out->gateway[0] = 0;
        return;
    }
    bool fits = read_cidr(out->address, &ip, &prefix);
    if (!out->gateway[0]) {
        if (!in->seen[KEY_GATEWAY])
            complain(in, in->seen[KEY_ADDRESS],
                     "a fixed address needs gateway = ... too, or nothing outside is reached");
    } else if (fits && read_ip(out->gateway, &gateway) &&
               (((gateway ^ ip) & mask_of(prefix)) != 0 || gateway == ip)) {
        complain(in, in->seen[KEY_GATEWAY],
                 gateway == ip ? "%s is the box's own address"
                               : "%s is not in the net of address; nothing outside is reached",
                 out->gateway);
        out->gateway[0] = 0;
    }
    if (!out->dns[0][0])
        td_text_copy(out->dns[0], sizeof out->dns[0], out->gateway, strlen(out->gateway));
}

static bool is_plain_text(struct reader *in, const char *text, size_t bytes)
{
    bool utf16 =
        bytes >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
    if (utf16 || memchr(text, 0, bytes))
        complain(in, 0, "%s; it is passed over: save it as UTF-8",
                 utf16
                     ? "the file is UTF-16 (\"Unicode\" in Notepad)"
                     : "the file holds NUL bytes: it is no plain text, or UTF-16 without its mark");
    return !utf16 && !memchr(text, 0, bytes);
}

void settings_read(struct settings *settings, const char *text, size_t bytes)
{
    *settings = (struct settings){.name = "tapedeck", .dhcp = true};
    struct reader in = {.out = settings,
                        .complaints = td_str_on(settings->complaints, SETTINGS_COMPLAINTS_MAX)};
    if (!text || !is_plain_text(&in, text, bytes))
        return;
    size_t mark = bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    in.next = text + mark;
    in.end = text + bytes;
    ini_parse_stream(next_line, &in, on_setting, &in);
    check_gateway(&in);
}
